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
    char date_text[32], version_text[64];
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

static bool read_options(struct stamp *stamp, const char *const *option)
{
    for (; *option; option++) {
        const char *name = *option, *value;
        char letter = name[0] == '-' && name[1] && !name[2] ? name[1] : '?';

        if (letter == 'n')
            continue;                   /* more words while stamping */
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
        if (!value && strchr("scku", letter))
            return error_set("option %s needs a value", name);
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

/* The present time; SOURCE_DATE_EPOCH makes it repeatable. */
static void present(struct tm *tm)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t now = epoch && *epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);

    (void)(epoch && *epoch ? gmtime_r(&now, tm) : localtime_r(&now, tm));
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
    char path[4096];
    uint8_t *data;
    size_t size;
    int number[4] = { 0 };

    snprintf(path, sizeof path, "%s/ntverp.h", stamp->ntverp);
    if (!host_read_file(path, 1 << 20, &data, &size))
        return false;
    for (int i = 0; i < 4; i++) {
        const char *at = (const char *)data;

        while ((at = strstr(at, names[i])) != NULL) {
            at += strlen(names[i]);
            if (sscanf(at, " %d", &number[i]) == 1)
                break;
        }
    }
    free(data);
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
        present(&tm);
        snprintf(stamp->version_text, sizeof stamp->version_text, "%d.%d.%d.0", tm.tm_hour, tm.tm_min, tm.tm_sec);
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

static bool choose(struct stamp *stamp)
{
    static const struct { const char *given, *written; } architectures[] = {
        { "x64", "amd64" }, { "amd64", "amd64" }, { "x86", "x86" }, { "Win32", "x86" }, { "64", "ia64" }, { "ARM64", "ARM64" },
        { "ARM", "ARM" },
    };

    for (size_t i = 0; stamp->architecture && i < sizeof architectures / sizeof architectures[0]; i++)
        if (!strcasecmp(stamp->architecture, architectures[i].given)) {
            stamp->architecture = architectures[i].written;
            break;
        }
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

/* Copies a line, its $VARIABLES$ replaced. */
static void write_line(FILE *out, const struct stamp *stamp, const char *line, size_t length)
{
    char kmdf[16] = "", umdf[16] = "";
    if (stamp->kmdf)
        coinstaller_version(stamp->kmdf, kmdf);
    if (stamp->umdf)
        coinstaller_version(stamp->umdf, umdf);
    const struct { const char *name, *value; } variables[] = {
        { "$ARCH$", stamp->architecture }, { "$KMDFVERSION$", stamp->kmdf }, { "$KMDFCOINSTALLERVERSION$", stamp->kmdf ? kmdf : NULL },
        { "$UMDFVERSION$", stamp->umdf }, { "$UMDFCOINSTALLERVERSION$", stamp->umdf ? umdf : NULL },
    };

    while (length > 0) {
        size_t i = 0, count = sizeof variables / sizeof variables[0];

        while (i < count && (!variables[i].value || length < strlen(variables[i].name) ||
                             strncasecmp(line, variables[i].name, strlen(variables[i].name)) != 0))
            i++;
        if (i < count) {
            fputs(variables[i].value, out);
            line += strlen(variables[i].name);
            length -= strlen(variables[i].name);
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

static void write_driver_ver(FILE *out, const struct stamp *stamp, const char *old, size_t old_length, const char *end)
{
    const char *comma = memchr(old, ',', old_length);
    char version[64] = "";

    if (stamp->version_text[0])
        snprintf(version, sizeof version, "%s", stamp->version_text);
    else if (comma && comma - old < (long)old_length)
        sscanf(comma + 1, " %63[0-9.]", version);
    fprintf(out, "DriverVer = %s%s%s%s", stamp->date_text, version[0] ? "," : "", version, end);
}

/* What has been seen and is still to be written. */
struct progress {
    bool in_target, in_version, wrote_version, wrote_catalog;
    bool has_version, has_catalog;      /* the file has the entry: it is replaced where it stands */
};

/* Behind a section's header: the entries it lacks. */
static void begin_section(FILE *out, const struct stamp *stamp, struct progress *progress, const char *end)
{
    if (progress->in_target && stamp->set_version && !progress->wrote_version && !progress->has_version) {
        write_driver_ver(out, stamp, "", 0, end);
        progress->wrote_version = true;
    }
    if (progress->in_version && stamp->catalog && !progress->wrote_catalog && !progress->has_catalog) {
        fprintf(out, "CatalogFile = %s%s", stamp->catalog, end);
        progress->wrote_catalog = true;
    }
}

static void stamp_line(FILE *out, const struct stamp *stamp, struct progress *progress, const char *line, size_t length,
                       const char *end)
{
    const char *value;

    if (is_header(line, length, "")) {
        progress->in_target = is_header(line, length, stamp->section);
        progress->in_version = is_header(line, length, "Version");
        write_line(out, stamp, line, length);
        fputs(end, out);
        begin_section(out, stamp, progress, end);
        return;
    }
    if (progress->in_target && stamp->set_version && is_entry(line, length, "DriverVer", &value)) {
        if (!progress->wrote_version)
            write_driver_ver(out, stamp, value, length - (size_t)(value - line), end);
        progress->wrote_version = true;
    } else if (progress->in_version && stamp->catalog && is_entry(line, length, "CatalogFile", &value)) {
        if (!progress->wrote_catalog)
            fprintf(out, "CatalogFile = %s%s", stamp->catalog, end);
        progress->wrote_catalog = true;
    } else {
        write_line(out, stamp, line, length);
        fputs(end, out);
    }
}

/* The version that the file's own DriverVer has, for when none is given. */
static void keep_version(struct stamp *stamp, const char *text)
{
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        size_t length = strcspn(line, "\r\n");
        const char *value, *comma;

        if (is_entry(line, length, "DriverVer", &value) && (comma = memchr(value, ',', length - (size_t)(value - line))) != NULL)
            sscanf(comma + 1, " %63[0-9.]", stamp->version_text);
    }
    if (!stamp->version_text[0])
        strcpy(stamp->version_text, "1.0.0.0");
}

/* Whether a section of that name has the entry. */
static bool has_entry(const char *text, const char *section, const char *key)
{
    bool inside = false;

    for (const char *line = text, *value; line && *line; line = strchr(line, '\n'), line += line != NULL) {
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
    struct progress progress = { .has_version = has_entry(text, stamp->section, "DriverVer"),
                                 .has_catalog = has_entry(text, "Version", "CatalogFile") };
    const char *ending = strstr(text, "\r\n") ? "\r\n" : "\n";

    if (!out)
        abort();
    if (stamp->set_version && !stamp->version_text[0])
        keep_version(stamp, text);
    while (*text) {
        size_t length = strcspn(text, "\n"), whole = length + (text[length] == '\n');

        if (length > 0 && text[length - 1] == '\r')
            length--;
        stamp_line(out, stamp, &progress, text, length, text[whole - 1] == '\n' ? ending : "");
        text += whole;
    }
    fclose(out);
    if (stamp->set_version && !progress.wrote_version) {
        error_set("%s: there is no section [%s] for DriverVer", stamp->path, stamp->section);
        free(result);
        return NULL;
    }
    return result;
}

/* UTF-8 back to UTF-16LE with its mark. */
static uint8_t *to_utf16(const char *text, size_t *size)
{
    size_t length = strlen(text), used = 0;
    uint8_t *wide = malloc(2 * length + 4);

    if (!wide)
        abort();
    wide[used++] = 0xff;
    wide[used++] = 0xfe;
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
            wide[used++] = (uint8_t)unit[i];
            wide[used++] = (uint8_t)(unit[i] >> 8);
        }
    }
    *size = used;
    return wide;
}

bool stamp_file(const char *path, const char *result, const char *const *options)
{
    struct stamp stamp = { .path = path, .section = "Version" };
    uint8_t *data, *wide = NULL;
    char *text = NULL, *stamped = NULL;
    size_t size, stamped_size = 0, wide_size = 0;
    bool good;

    if (!host_read_file(path, INF_MAX_SIZE, &data, &size))
        return false;
    if (!options || !options[0]) {
        good = host_write_file(result, data, size);
        free(data);
        return good;
    }
    bool utf16 = size >= 2 && data[0] == 0xff && data[1] == 0xfe;
    good = read_options(&stamp, options) && choose(&stamp);
    if (good && utf16)
        good = inf_decode(path, data, size, &text);
    stamped = good ? stamp_text(&stamp, utf16 ? text : (const char *)data, &stamped_size) : NULL;
    if (stamped && utf16)
        wide = to_utf16(stamped, &wide_size);
    good = stamped && host_replace_file(result, wide ? (const void *)wide : stamped, wide ? wide_size : stamped_size, false);
    free(wide);
    free(stamped);
    free(text);
    free(data);
    return good;
}
