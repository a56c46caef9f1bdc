/* [System.DateTime]: the time of the build, by SOURCE_DATE_EPOCH when it is set, else now; UTC in the first case and for UtcNow, local otherwise.
 * Between its functions a time is the text MM/dd/yyyy HH:mm:ss, which is how one without a format comes out.
 * docs: dotnet/standard/base-types/custom-date-and-time-format-strings */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "pkg/msbuild_function.h"

static bool parse(const char *text, struct tm *at)
{
    int end = 0;

    memset(at, 0, sizeof *at);
    if (sscanf(text, "%2d/%2d/%4d %2d:%2d:%2d%n", &at->tm_mon, &at->tm_mday, &at->tm_year, &at->tm_hour, &at->tm_min, &at->tm_sec, &end) != 6 ||
        text[end] || at->tm_mon < 1 || at->tm_mon > 12)
        return false;
    at->tm_mon--;
    at->tm_year -= 1900;
    at->tm_isdst = -1;
    struct tm whole = *at;
    (void)timegm(&whole);                           /* the day of the week and of the year */
    at->tm_wday = whole.tm_wday;
    at->tm_yday = whole.tm_yday;
    return true;
}

const char *msbuild_time_function(const struct msbuild_call *c)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t now = epoch && *epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
    bool today = !strcasecmp(c->name, "Today"), universal = !strcasecmp(c->name, "UtcNow");
    struct tm at;
    char text[64];

    if (c->called || (!today && !universal && strcasecmp(c->name, "Now") != 0))
        return NULL;
    if (epoch || universal ? !gmtime_r(&now, &at) : !localtime_r(&now, &at))
        return NULL;
    strftime(text, sizeof text, today ? "%m/%d/%Y 00:00:00" : "%m/%d/%Y %H:%M:%S", &at);
    return msbuild_copy(c->place->project, text, strlen(text));
}

/* One letter of a format, `count` times; the length of what was put, 0: no letter of a format. */
static int put(char *to, size_t size, char letter, int count, const struct tm *at)
{
    static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
    static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                                          "November", "December" };
    int year = at->tm_year + 1900;

    switch (letter) {
    case 'y': return snprintf(to, size, "%0*d", count, count <= 2 ? year % 100 : year);
    case 'M': return count > 2 ? snprintf(to, size, "%.*s", count == 3 ? 3 : 9, months[at->tm_mon]) : snprintf(to, size, "%0*d", count, at->tm_mon + 1);
    case 'd': return count > 2 ? snprintf(to, size, "%.*s", count == 3 ? 3 : 9, days[at->tm_wday]) : snprintf(to, size, "%0*d", count, at->tm_mday);
    case 'H': return snprintf(to, size, "%0*d", count > 2 ? 2 : count, at->tm_hour);
    case 'h': return snprintf(to, size, "%0*d", count > 2 ? 2 : count, at->tm_hour % 12 ? at->tm_hour % 12 : 12);
    case 'm': return snprintf(to, size, "%0*d", count > 2 ? 2 : count, at->tm_min);
    case 's': return snprintf(to, size, "%0*d", count > 2 ? 2 : count, at->tm_sec);
    case 't': return snprintf(to, size, "%.*s", count > 1 ? 2 : 1, at->tm_hour < 12 ? "AM" : "PM");
    case 'f': return snprintf(to, size, "%0*d", count > 7 ? 7 : count, 0);
    default: return 0;
    }
}

/* A format of more than one character; those of one are the computer's language's, and refused. */
static const char *formatted(const struct msbuild_call *c, const char *format, const struct tm *at)
{
    char text[512];
    size_t used = 0;

    if (strlen(format) < 2)
        return NULL;
    while (*format && used < sizeof text - 16) {
        int count = 1, length;

        if (*format == '\'' || *format == '"') {
            const char *end = strchr(format + 1, *format);

            if (!end || (size_t)(end - format) > sizeof text - 16 - used)
                return NULL;
            memcpy(text + used, format + 1, (size_t)(end - format) - 1);
            used += (size_t)(end - format) - 1;
            format = end + 1;
            continue;
        }
        while (format[count] == *format && count < 9)
            count++;
        length = put(text + used, sizeof text - used, *format, count, at);
        if (length == 0) {
            format += *format == '\\' && format[1];
            text[used++] = *format++;
            continue;
        }
        used += (size_t)length;
        format += count;
    }
    return msbuild_copy(c->place->project, text, used);
}

const char *msbuild_time_method(const struct msbuild_call *c)
{
    struct tm at;

    if (!parse(c->self, &at))
        return NULL;
    const struct { const char *name; int value; } parts[] = {
        { "Year", at.tm_year + 1900 }, { "Month", at.tm_mon + 1 }, { "Day", at.tm_mday }, { "Hour", at.tm_hour },
        { "Minute", at.tm_min }, { "Second", at.tm_sec }, { "DayOfYear", at.tm_yday + 1 },
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!c->called && !strcasecmp(c->name, parts[i].name))
            return msbuild_number(c->place, parts[i].value);
    return c->count == 1 && !strcasecmp(c->name, "ToString") ? formatted(c, c->argument[0], &at) : NULL;
}
