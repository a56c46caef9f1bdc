#include "pkg/stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/inf_internal.h"

struct stamp {
    const char *path;
    const char *section;                /* -s */
    const char *date, *version;         /* -d, -v: NULL not given, "*" now */
    const char *architecture;           /* -a */
    const char *catalog;                /* -c */
    const char *kmdf, *umdf;            /* -k, -u */
    const char *ntverp;                 /* -i */
    bool set_version;                   /* DriverVer is written */
    int replaced[5];                    /* how often each variable was */
    char date_text[32], version_text[64], architecture_text[64];
};

/* --- options ------------------------------------------------------------------------------------------------------- */

/* The value behind an option, or NULL when another option or nothing follows. */
static const char *value_of(const char *const **option)
{
    const char *next = (*option)[1];

    if (!next || (next[0] == '-' && next[1]))
        return NULL;
    (*option)++;
    return next;
}

/* major.minor and, for UMDF, .service */
static bool is_framework_version(const char *text, int most)
{
    for (int parts = 1; *text >= '0' && *text <= '9'; parts++) {
        text += strspn(text, "0123456789");
        if (*text == 0)
            return parts >= 2 && parts <= most;
        text += *text == '.';
    }
    return false;
}

static bool read_options(struct stamp *stamp, const char *const *option)
{
    for (; *option; option++) {
        const char *name = *option, *value;
        char letter = name[0] == '-' && name[1] && !name[2] ? name[1] : '?';

        if (letter == 'n')
            continue;                   /* the caller's: more words */
        value = value_of(&option);
        switch (letter) {
        case 's': stamp->section = value; break;
        case 'd': stamp->date = value ? value : ""; break;
        case 'v': stamp->version = value ? value : ""; break;
        case 'a': stamp->architecture = value ? value : getenv("Platform"); break;
        case 'c': stamp->catalog = value; break;
        case 'k': stamp->kmdf = value; break;
        case 'u': stamp->umdf = value; break;
        case 'i': stamp->ntverp = value; break;
        default: return error_set("'%s' is no option of StampInf", name);
        }
        if (!value && strchr("sciku", letter))
            return error_set("option %s needs a value", name);
        if (strchr("ku", letter) && !is_framework_version(value, letter == 'k' ? 2 : 3))
            return error_set("option %s: '%s' is no version of the form %s", name, value, letter == 'k' ? "1.15" : "2.15.0");
        if (letter == 'd' || letter == 'v')
            stamp->set_version = true;
    }
    return true;
}

static const char *given(const char *option, const char *variable)
{
    const char *fallback = getenv(variable);

    return option && *option ? option : fallback && *fallback ? fallback : "";
}

/* The present time, and its milliseconds; SOURCE_DATE_EPOCH makes it repeatable. */
static int present(struct tm *tm)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    struct timespec now = { 0 };

    if (epoch && *epoch)
        now.tv_sec = (time_t)strtoll(epoch, NULL, 10);
    else
        clock_gettime(CLOCK_REALTIME, &now);
    (void)(epoch && *epoch ? gmtime_r(&now.tv_sec, tm) : localtime_r(&now.tv_sec, tm));
    return (int)(now.tv_nsec / 1000000);
}

static bool choose_date(struct stamp *stamp)
{
    const char *text = given(stamp->date, "STAMPINF_DATE");
    int month, day, year, used = 0;
    struct tm tm;

    if (*text && strcmp(text, "*") != 0) {
        if (sscanf(text, "%2d/%2d/%4d%n", &month, &day, &year, &used) != 3 || text[used] || month < 1 || month > 12 || day < 1 ||
            day > 31)
            return error_set("'%s' is no date of the form month/day/year", text);
        snprintf(stamp->date_text, sizeof stamp->date_text, "%02d/%02d/%04d", month, day, year);
        return true;
    }
    present(&tm);
    strftime(stamp->date_text, sizeof stamp->date_text, "%m/%d/%Y", &tm);
    return true;
}

/* The numbers that Ntverp.h defines. */
static bool version_of_header(struct stamp *stamp)
{
    static const char *const names[] = { "VER_PRODUCTMAJORVERSION", "VER_PRODUCTMINORVERSION", "VER_PRODUCTBUILD", "VER_PRODUCTBUILD_QFE" };
    static const char *const files[] = { "ntverp.h", "Ntverp.h", "NtVerP.h", "NTVERP.H" };
    const char *missing = NULL;
    char path[4096];
    uint8_t *data;
    size_t size, file = 0;
    int number[4] = { 0 };

    do
        snprintf(path, sizeof path, "%s/%s", stamp->ntverp, files[file]);
    while (!host_file_exists(path) && ++file < sizeof files / sizeof files[0]);
    if (file == sizeof files / sizeof files[0])
        return error_set("%s: there is no Ntverp.h", stamp->ntverp);
    if (!host_read_file(path, 1 << 20, &data, &size))
        return false;
    for (int i = 0; i < 4; i++) {
        const char *at = (const char *)data;

        while ((at = strstr(at, names[i])) != NULL) {
            at += strlen(names[i]);
            if (sscanf(at, " %d", &number[i]) == 1)
                break;
        }
        missing = missing ? missing : at ? NULL : names[i];
    }
    free(data);
    if (missing)
        return error_set("%s: no %s with a number", path, missing);
    snprintf(stamp->version_text, sizeof stamp->version_text, "%d.%d.%d.%d", number[0], number[1], number[2], number[3]);
    return true;
}

static bool choose_version(struct stamp *stamp)
{
    const char *text = given(stamp->version, "STAMPINF_VERSION");
    int part[4], used = 0;
    struct tm tm;

    if (!*text)
        return stamp->ntverp ? version_of_header(stamp) : true;     /* what the file has stays */
    if (!strcmp(text, "*")) {
        int milliseconds = present(&tm);

        snprintf(stamp->version_text, sizeof stamp->version_text, "%d.%d.%d.%d", tm.tm_hour, tm.tm_min, tm.tm_sec, milliseconds);
        return true;
    }
    if (sscanf(text, "%d.%d.%d.%d%n", &part[0], &part[1], &part[2], &part[3], &used) != 4 || text[used])
        return error_set("'%s' is no version of the form w.x.y.z", text);
    for (int i = 0; i < 4; i++)
        if (part[i] < 0 || part[i] > 65535)
            return error_set("'%s': each part of a version is from 0 to 65535", text);
    snprintf(stamp->version_text, sizeof stamp->version_text, "%s", text);
    return true;
}

/* The names that the tool takes and Visual Studio's platforms, perhaps with the rest of a decoration: "x64.10.0...22000". */
static bool choose_architecture(struct stamp *stamp)
{
    static const struct { const char *given, *written; } architectures[] = {
        { "x64", "amd64" }, { "amd64", "amd64" }, { "x86", "x86" }, { "Win32", "x86" }, { "64", "ia64" }, { "ia64", "ia64" },
        { "ARM64", "ARM64" }, { "ARM", "ARM" },
    };
    size_t length = stamp->architecture ? strcspn(stamp->architecture, ".") : 0;

    if (!stamp->architecture || !*stamp->architecture)
        return true;
    for (size_t i = 0; i < sizeof architectures / sizeof architectures[0]; i++)
        if (strlen(architectures[i].given) == length && !strncasecmp(stamp->architecture, architectures[i].given, length)) {
            if (strspn(stamp->architecture + length, ".0123456789") != strlen(stamp->architecture + length) ||
                snprintf(stamp->architecture_text, sizeof stamp->architecture_text, "%s%s", architectures[i].written,
                         stamp->architecture + length) >= (int)sizeof stamp->architecture_text)
                break;
            stamp->architecture = stamp->architecture_text;
            return true;
        }
    return error_set("'%s' is no architecture; there are x86, x64 (amd64), 64 (ia64), ARM and ARM64, each with a version of Windows behind it "
                     "(x64.10.0...22000)", stamp->architecture);
}

static bool choose(struct stamp *stamp)
{
    if (!choose_architecture(stamp))
        return false;
    if (getenv("PRIVATE_DRIVER_PACKAGE")) {
        stamp->set_version = true;
        stamp->date = stamp->version = "*";
        stamp->catalog = stamp->catalog ? stamp->catalog : "delta.cat";
    }
    return !stamp->set_version || (choose_date(stamp) && choose_version(stamp));
}

/* --- text ---------------------------------------------------------------------------------------------------------- */

/* "1.15" as coinstaller names have it: 01015. */
static void coinstaller_version(const char *version, char text[16])
{
    int major = 0, minor = 0;

    sscanf(version, "%d.%d", &major, &minor);
    snprintf(text, 16, "%02d%03d", major, minor);
}

/* Their names count with case: what is left over is told by code 1274 of ring3 inf check. */
static const char *const variable_names[] = { "$ARCH$", "$KMDFVERSION$", "$KMDFCOINSTALLERVERSION$", "$UMDFVERSION$", "$UMDFCOINSTALLERVERSION$" };

/* Copies a line, its $VARIABLES$ replaced. */
static void write_line(FILE *out, struct stamp *stamp, const char *line, size_t length)
{
    char kmdf[16] = "", umdf[16] = "";
    if (stamp->kmdf)
        coinstaller_version(stamp->kmdf, kmdf);
    if (stamp->umdf)
        coinstaller_version(stamp->umdf, umdf);
    const char *const values[] = { stamp->architecture, stamp->kmdf, stamp->kmdf ? kmdf : NULL, stamp->umdf, stamp->umdf ? umdf : NULL };

    while (length > 0) {
        size_t i = 0, count = sizeof values / sizeof values[0];

        while (i < count && (!values[i] || length < strlen(variable_names[i]) || strncmp(line, variable_names[i], strlen(variable_names[i])) != 0))
            i++;
        if (i < count) {
            fputs(values[i], out);
            stamp->replaced[i]++;
            line += strlen(variable_names[i]);
            length -= strlen(variable_names[i]);
        } else {
            fputc(*line++, out);
            length--;
        }
    }
}

/* Whether the line is `KEY = ...`; *value is what follows. */
static bool is_entry(const char *line, size_t length, const char *key, const char **value)
{
    size_t key_length = strlen(key), at = 0;

    while (at < length && (line[at] == ' ' || line[at] == '\t'))
        at++;
    if (length - at < key_length || strncasecmp(line + at, key, key_length) != 0)
        return false;
    for (at += key_length; at < length && (line[at] == ' ' || line[at] == '\t');)
        at++;
    *value = line + at + 1;
    return at < length && line[at] == '=';
}

/* [name] at the start of the line. */
static bool is_header(const char *line, size_t length, const char *name)
{
    size_t at = 0, name_length = strlen(name);

    while (at < length && (line[at] == ' ' || line[at] == '\t'))
        at++;
    return at + name_length + 2 <= length && line[at] == '[' && (!*name || (!strncasecmp(line + at + 1, name, name_length) &&
                                                                             line[at + 1 + name_length] == ']'));
}

static void write_driver_ver(FILE *out, const struct stamp *stamp, const char *end)
{
    fprintf(out, "DriverVer = %s,%s%s", stamp->date_text, stamp->version_text, end);
}

/* What has been seen and is still to be written. */
struct progress {
    bool in_target, in_version, wrote_version, wrote_catalog;
    bool has_version, has_catalog;      /* the file has the entry: it is replaced where it stands */
    const char *ending;                 /* of the file's lines */
    bool goes_on;                       /* the entry that was replaced goes on in the next line */
};

static bool lacks_version(const struct stamp *stamp, const struct progress *progress)
{
    return progress->in_target && stamp->set_version && !progress->wrote_version && !progress->has_version;
}

static bool lacks_catalog(const struct stamp *stamp, const struct progress *progress)
{
    return progress->in_version && stamp->catalog && !progress->wrote_catalog && !progress->has_catalog;
}

static bool lacks_entries(const struct stamp *stamp, const struct progress *progress)
{
    return lacks_version(stamp, progress) || lacks_catalog(stamp, progress);
}

/* Behind a section's header: the entries it lacks. */
static void begin_section(FILE *out, const struct stamp *stamp, struct progress *progress, const char *end)
{
    if (lacks_version(stamp, progress)) {
        write_driver_ver(out, stamp, end);
        progress->wrote_version = true;
    }
    if (lacks_catalog(stamp, progress)) {
        fprintf(out, "CatalogFile = %s%s", stamp->catalog, end);
        progress->wrote_catalog = true;
    }
}

static bool ends_in_backslash(const char *line, size_t length)
{
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
        length--;
    return length > 0 && line[length - 1] == '\\';
}

static void stamp_line(FILE *out, struct stamp *stamp, struct progress *progress, const char *line, size_t length,
                       const char *end)
{
    const char *value;

    if (progress->goes_on) {
        progress->goes_on = ends_in_backslash(line, length);
        return;
    }
    if (is_header(line, length, "")) {
        progress->in_target = is_header(line, length, stamp->section);
        progress->in_version = is_header(line, length, "Version");
        write_line(out, stamp, line, length);
        end = lacks_entries(stamp, progress) ? progress->ending : end;      /* the file may end at the header */
        fputs(end, out);
        begin_section(out, stamp, progress, end);
        return;
    }
    if (progress->in_target && stamp->set_version && is_entry(line, length, "DriverVer", &value)) {
        if (!progress->wrote_version)
            write_driver_ver(out, stamp, end);
        progress->wrote_version = true;
        progress->goes_on = ends_in_backslash(line, length);
    } else if (progress->in_version && stamp->catalog && is_entry(line, length, "CatalogFile", &value)) {
        if (!progress->wrote_catalog)
            fprintf(out, "CatalogFile = %s%s", stamp->catalog, end);
        progress->wrote_catalog = true;
        progress->goes_on = ends_in_backslash(line, length);
    } else {
        write_line(out, stamp, line, length);
        fputs(end, out);
    }
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

/* The version that the file's own DriverVer has, for when none is given. */
static void keep_version(struct stamp *stamp, const char *text)
{
    for (const char *line = text; *line; line = next_line(line)) {
        size_t length = strcspn(line, "\r\n");
        const char *value, *comma;

        if (is_entry(line, length, "DriverVer", &value) && (comma = memchr(value, ',', length - (size_t)(value - line))) != NULL)
            sscanf(comma + 1 + strspn(comma + 1, " \t\\\r\n"), "%63[0-9.]", stamp->version_text);
    }
    if (!stamp->version_text[0])
        strcpy(stamp->version_text, "1.0.0.0");
}

/* Whether a section of that name has the entry. */
static bool has_entry(const char *text, const char *section, const char *key)
{
    bool inside = false;

    for (const char *line = text, *value; *line; line = next_line(line)) {
        size_t length = strcspn(line, "\r\n");

        if (is_header(line, length, ""))
            inside = is_header(line, length, section);
        else if (inside && is_entry(line, length, key, &value))
            return true;
    }
    return false;
}

static char *stamp_text(struct stamp *stamp, const char *text, size_t *size)
{
    char *result = NULL;
    FILE *out = open_memstream(&result, size);
    const char *ending = strstr(text, "\r\n") ? "\r\n" : "\n";
    struct progress progress = { .has_version = has_entry(text, stamp->section, "DriverVer"),
                                 .has_catalog = has_entry(text, "Version", "CatalogFile"), .ending = ending };

    if (!out)
        abort();
    if (stamp->set_version && !stamp->version_text[0])
        keep_version(stamp, text);
    while (*text) {
        size_t length = strcspn(text, "\n"), whole = length + (text[length] == '\n');
        bool both = length > 0 && whole > length && text[length - 1] == '\r';

        stamp_line(out, stamp, &progress, text, length - both, both ? "\r\n" : whole > length ? "\n" : "");
        text += whole;
    }
    fclose(out);
    if ((stamp->set_version && !progress.wrote_version) || (stamp->catalog && !progress.wrote_catalog)) {
        bool version = stamp->set_version && !progress.wrote_version;

        error_set("%s: there is no section [%s] for %s", stamp->path, version ? stamp->section : "Version", version ? "DriverVer" : "CatalogFile");
        free(result);
        return NULL;
    }
    return result;
}

/* What was stamped. */
static void tell(FILE *told, const struct stamp *stamp)
{
    if (stamp->set_version)
        fprintf(told, "[%s] DriverVer = %s,%s\n", stamp->section, stamp->date_text, stamp->version_text);
    if (stamp->catalog)
        fprintf(told, "[Version] CatalogFile = %s\n", stamp->catalog);
    for (size_t i = 0; i < sizeof variable_names / sizeof variable_names[0]; i++)
        if (stamp->replaced[i])
            fprintf(told, "%s replaced %d time%s\n", variable_names[i], stamp->replaced[i], stamp->replaced[i] == 1 ? "" : "s");
}

/* UTF-8 back to UTF-16 with its mark. */
static uint8_t *to_utf16(const char *text, bool big, size_t *size)
{
    size_t length = strlen(text), used = 0;
    uint8_t *wide = malloc(2 * length + 4);

    if (!wide)
        abort();
    wide[used++] = big ? 0xfe : 0xff;
    wide[used++] = big ? 0xff : 0xfe;
    for (const uint8_t *p = (const uint8_t *)text; *p;) {
        uint32_t c = *p++;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

        c &= more == 3 ? 7 : more == 2 ? 15 : more == 1 ? 31 : 127;
        for (; more > 0 && (*p & 0xc0) == 0x80; more--)
            c = c << 6 | (*p++ & 63);
        uint16_t unit[2] = { (uint16_t)c, 0 };
        if (c > 0xffff) {
            unit[0] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
            unit[1] = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
        }
        for (int i = 0; i < (c > 0xffff ? 2 : 1); i++) {
            wide[used++] = (uint8_t)(big ? unit[i] >> 8 : unit[i]);
            wide[used++] = (uint8_t)(big ? unit[i] : unit[i] >> 8);
        }
    }
    *size = used;
    return wide;
}

enum encoding { BYTES, UTF8_MARK, UTF16_LITTLE, UTF16_BIG };

static enum encoding encoding_of(const uint8_t *data, size_t size)
{
    if (size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
        return UTF8_MARK;
    if (size >= 2 && data[0] == 0xff && data[1] == 0xfe)
        return UTF16_LITTLE;
    return size >= 2 && data[0] == 0xfe && data[1] == 0xff ? UTF16_BIG : BYTES;
}

/* Stamps `text` and writes it in its encoding. */
static bool stamp_to(struct stamp *stamp, const char *text, enum encoding encoding, const char *result)
{
    size_t size, mark = encoding == UTF8_MARK ? 3 : 0;
    char *stamped = stamp_text(stamp, text + mark, &size), *whole;
    bool good;

    if (!stamped)
        return false;
    if (encoding >= UTF16_LITTLE)
        whole = (char *)to_utf16(stamped, encoding == UTF16_BIG, &size);
    else
        whole = malloc(mark + size + 1);
    if (!whole)
        abort();
    if (encoding < UTF16_LITTLE) {
        memcpy(whole, text, mark);
        memcpy(whole + mark, stamped, size);
        size += mark;
    }
    good = host_replace_file(result, whole, size, false);
    free(whole);
    free(stamped);
    return good;
}

bool stamp_file(const char *path, const char *result, const char *const *options, FILE *told)
{
    struct stamp stamp = { .path = path, .section = "Version" };
    enum encoding encoding;
    uint8_t *data;
    char *text = NULL;
    size_t size;
    bool good;

    if (!host_read_file(path, INF_MAX_SIZE, &data, &size))
        return false;
    if (!options || !options[0]) {
        good = host_write_file(result, data, size);
        free(data);
        return good;
    }
    encoding = encoding_of(data, size);
    good = read_options(&stamp, options) && choose(&stamp);
    if (good && encoding >= UTF16_LITTLE)
        good = inf_decode(path, data, size, &text);
    else if (good && memchr(data, 0, size))
        good = error_set("%s: there is a NUL character; INF files are ANSI or UTF-16 with its mark", path);
    if (good)
        good = stamp_to(&stamp, text ? text : (const char *)data, encoding, result);
    if (good && told)
        tell(told, &stamp);
    free(text);
    free(data);
    return good;
}
