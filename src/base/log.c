#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static struct log_config config = { .level = LOG_INFO };
static const char *const level_names[] = { "error", "warn", "info", "debug", "trace" };

void log_configure(const struct log_config *c)
{
    config = *c;
}

bool log_wants(enum log_level level)
{
    return level <= config.level;
}

void log_line(enum log_level level, const char *who, const char *format, ...)
{
    char line[2048];
    int used = 0;
    va_list args;

    if (!log_wants(level))
        return;
    if (config.now_ns) {
        uint64_t ns = config.now_ns();
        used = snprintf(line, sizeof line, "[%4llu.%06llu] ", (unsigned long long)(ns / 1000000000u),
                        (unsigned long long)(ns / 1000u % 1000000u));
    }
    used += snprintf(line + used, sizeof line - (size_t)used, "%s: ", who);
    if (level <= LOG_WARN)
        used += snprintf(line + used, sizeof line - (size_t)used, "%s: ", level_names[level]);
    va_start(args, format);
    vsnprintf(line + used, sizeof line - (size_t)used, format, args);
    va_end(args);
    if (config.sink)
        config.sink(level, line);
    else
        fprintf(stderr, "%s\n", line);
}
