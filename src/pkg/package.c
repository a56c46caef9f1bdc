/* ring3 package: signability, files, catalog, signatures, in this order. docs: devtest/inf2cat,
 * install/inf-version-section (CatalogFile), install/inf-driverver-directive */
#include "pkg/package.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/util.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/authenticode_image.h"
#include "pkg/catalog.h"
#include "pkg/inf.h"
#include "pkg/inf_check.h"

#define INFS_MAX 64
#define OS_MAX 32
#define PATH_SIZE 4096

struct making {
    const struct package_config *config;
    const struct package_os *os[OS_MAX];
    int os_count;
    bool old;                           /* one of them needs the older list */
    char os_text[1024], member_text[256];
    const char *out;
    int errors;
};

static void say(const struct making *making, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct making *making, const char *format, ...)
{
    char line[PATH_SIZE + 512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    making->config->say(line);
}

static void add_text(char *text, size_t size, const char *more)
{
    size_t length = strlen(text);

    if (!strstr(text, more) || length == 0)
        snprintf(text + length, size - length, "%s%s", length ? "," : "", more);
}

static bool read_os(struct making *making, const char *list)
{
    for (const char *p = list; *p;) {
        size_t length = strcspn(p, ",");
        const struct package_os *os = package_os_find(p, length);

        if (!os)
            return error_set("'%.*s' is no version of Windows; devtest/inf2cat lists them, 10_X64 say", (int)length, p);
        if (!os->amd64)
            return error_set("%s: drivers for that processor are not built or packaged", os->name);
        if (making->os_count == OS_MAX)
            return error_set("more than %d versions of Windows", OS_MAX);
        making->os[making->os_count++] = os;
        making->old |= os->old;
        size_t used = strlen(making->os_text);
        snprintf(making->os_text + used, sizeof making->os_text - used, "%s%s", used ? "," : "", os->attribute);
        add_text(making->member_text, sizeof making->member_text, os->member);
        p += length + (p[length] == ',');
    }
    return making->os_count > 0 || error_set("--os needs a version of Windows, 10_X64 say");
}

/* --- signability --------------------------------------------------------------------------------------------------- */

static void unsignable(struct making *making, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void unsignable(struct making *making, const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    making->errors++;
    making->config->say(line);
}

/* mm/dd/yyyy as seconds at midnight UTC; -1: not a date. */
static time_t driver_date(const char *text)
{
    struct tm tm = { 0 };
    int month, day, year, used = 0;

    if (sscanf(text, "%2d%*1[/-]%2d%*1[/-]%4d%n", &month, &day, &year, &used) != 3 || text[used] || month < 1 || month > 12 ||
        day < 1 || day > 31 || year < 1980)
        return -1;
    tm.tm_mday = day;
    tm.tm_mon = month - 1;
    tm.tm_year = year - 1900;
    return timegm(&tm);
}

/* Today's midnight, as a date of the calendar the configuration wants. */
static time_t today(bool local)
{
    time_t now = time(NULL);
    struct tm tm;

    (void)(local ? localtime_r(&now, &tm) : gmtime_r(&now, &tm));
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    return timegm(&tm);
}

#define NEWEST_OS_DATE 1240272000       /* April 21, 2009 */

static time_t check_version(struct making *making, struct inf *inf)
{
    time_t date = driver_date(inf_version(inf, "DriverVer"));

    if (date < 0)
        unsignable(making, "22.9.6: %s: DriverVer is missing or not of the form mm/dd/yyyy,w.x.y.z", inf_name(inf));
    else if (date > today(making->config->local_time))
        unsignable(making, "22.9.7: %s: DriverVer %s is a date in the future", inf_name(inf), inf_version(inf, "DriverVer"));
    else if (date < NEWEST_OS_DATE)
        unsignable(making, "22.9.7: %s: DriverVer %s is older than 4/21/2009", inf_name(inf), inf_version(inf, "DriverVer"));
    return date < 0 ? 0 : date;
}

/* --- files --------------------------------------------------------------------------------------------------------- */

struct packed {
    char *name;                         /* with its directory in the package */
    uint8_t *data;
    size_t size;
};

struct package {
    struct packed *file;                /* [0] is the INF */
    int count;
};

static void free_package(struct package *package)
{
    for (int i = 0; i < package->count; i++) {
        free(package->file[i].name);
        free(package->file[i].data);
    }
    free(package->file);
    *package = (struct package){ 0 };
}

static bool path_of(char path[PATH_SIZE], const char *dir, const char *name)
{
    return snprintf(path, PATH_SIZE, "%s/%s", dir, name) < PATH_SIZE || error_set("%s/%s: the name is too long", dir, name);
}

/* The file of that name in the directory, whatever its case. */
static bool find_file(const char *dir, const char *name, char path[PATH_SIZE])
{
    const char *slash = strrchr(name, '/');
    char where[PATH_SIZE];
    bool found = false;
    char **list;

    if (!path_of(path, dir, name) || host_file_exists(path))
        return host_file_exists(path);
    snprintf(where, sizeof where, "%s/%.*s", dir, slash ? (int)(slash - name) : 0, name);
    list = host_list_dir(where, "");
    for (char **entry = list; entry && *entry && !found; entry++)
        if (!strcasecmp(*entry, slash ? slash + 1 : name))
            found = path_of(path, where, *entry);
    host_free_names(list);
    return found;
}

static bool add_packed(struct package *package, const char *name, const char *path)
{
    struct packed *more = realloc(package->file, ((size_t)package->count + 1) * sizeof *more), *file;

    if (!more)
        return error_set("out of memory");
    package->file = more;
    file = &package->file[package->count];
    *file = (struct packed){ .name = strdup(name) };
    if (!file->name || !host_read_file(path, SIGNED_FILE_LIMIT, &file->data, &file->size)) {
        free(file->name);
        return false;
    }
    package->count++;
    return true;
}

static bool collect(struct making *making, struct inf *inf, const char *inf_file, struct package *package)
{
    const struct inf_file *files = NULL;
    char path[PATH_SIZE], name[PATH_SIZE];
    int count = inf_files(inf, &files);

    if (!path_of(path, making->config->dir, inf_file) || !add_packed(package, inf_file, path))
        return false;
    if (count < 0)                      /* the number is that of a file without an entry */
        unsignable(making, strstr(error_text(), "[SourceDisksFiles] does not have it") ? "22.9.10: %s" : "22.9.1: %s", error_text());
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s%s%s", files[i].directory, *files[i].directory ? "/" : "", files[i].source);
        if (strstr(name, "../"))
            unsignable(making, "22.9.1: %s:%d: %s leaves the package's directory", inf_name(inf), files[i].number, name);
        else if (!find_file(making->config->dir, name, path))
            unsignable(making, "22.9.1: %s:%d: %s is installed, but it is not in the package", inf_name(inf), files[i].number, name);
        else if (!add_packed(package, name, path))
            return false;
    }
    return true;
}

/* --- the package --------------------------------------------------------------------------------------------------- */

static bool make_parents(const char *path)
{
    char parent[PATH_SIZE];

    snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
    return host_make_dirs(parent);
}

/* Writes the files, the images signed; what was signed is read again, for its digest. */
static bool write_files(struct making *making, struct package *package)
{
    const struct package_config *config = making->config;
    char path[PATH_SIZE];

    for (int i = 0; i < package->count; i++) {
        struct packed *file = &package->file[i];

        if (!path_of(path, making->out, file->name) || !make_parents(path) ||
            !host_replace_file(path, file->data, file->size, false))
            return false;
        if (!config->signer || signed_kind_of(file->data, file->size) != SIGNED_PE)
            continue;
        free(file->data);
        file->data = NULL;
        if (!authenticode_sign(path, config->signer, &config->signing) ||
            !host_read_file(path, SIGNED_FILE_LIMIT, &file->data, &file->size))
            return false;
        say(making, "signed %s", path);
    }
    return true;
}

static bool add_hardware_ids(struct catalog *catalog, struct inf *inf)
{
    const struct inf_model *models = NULL;
    int count = inf_models(inf, &models), number = 0;
    char name[32], lower[512];

    for (int i = 0; i < count; i++) {
        for (int j = 0; j < models[i].id_count; j++) {
            size_t k = 0;

            for (; models[i].id[j][k] && k + 1 < sizeof lower; k++)
                lower[k] = (char)(models[i].id[j][k] >= 'A' && models[i].id[j][k] <= 'Z' ? models[i].id[j][k] + 32
                                                                                         : models[i].id[j][k]);
            lower[k] = 0;
            snprintf(name, sizeof name, "HWID%d", ++number);
            if (!catalog_add_name(catalog, name, lower))
                return false;
        }
    }
    return true;
}

static const char *base_name(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

static bool write_catalog(struct making *making, struct inf *inf, const struct package *package, const char *name, time_t date)
{
    const struct package_config *config = making->config;
    struct catalog *catalog = catalog_new(making->old ? CATALOG_SHA1 : CATALOG_SHA256, date);
    char path[PATH_SIZE];
    bool good = catalog && path_of(path, making->out, name);

    for (int i = 0; good && i < package->count; i++)
        good = catalog_add_file(catalog, base_name(package->file[i].name), package->file[i].data, package->file[i].size,
                                making->member_text, config->page_hashes);
    good = good && add_hardware_ids(catalog, inf) && catalog_add_name(catalog, "OS", making->os_text) &&
           catalog_write(catalog, path);
    catalog_free(catalog);
    if (good)
        say(making, "catalog %s: %d files", path, package->count);
    if (good && config->signer) {
        struct authenticode_options options = config->signing;

        options.page_hashes = options.append = false;
        good = authenticode_sign(path, config->signer, &options);
        if (good)
            say(making, "signed %s", path);
    }
    return good;
}

static const char *catalog_name(struct inf *inf)
{
    static const char *const key[] = { "CatalogFile.NTamd64", "CatalogFile.NT", "CatalogFile" };

    for (size_t i = 0; i < countof(key); i++)
        if (*inf_version(inf, key[i]))
            return inf_version(inf, key[i]);
    return NULL;
}

static bool make_package(struct making *making, struct inf *inf, const char *inf_file)
{
    struct package package = { 0 };
    time_t date = check_version(making, inf);
    const char *catalog = catalog_name(inf);
    bool good;

    if (!catalog && !making->config->no_catalog)
        unsignable(making, "22.9.4: %s: [Version] has no CatalogFile for amd64; without it there is nothing to sign", inf_name(inf));
    good = collect(making, inf, inf_file, &package);
    if (good && making->errors == 0)
        good = write_files(making, &package) &&
               (making->config->no_catalog || write_catalog(making, inf, &package, catalog, date));
    free_package(&package);
    return good;
}

/* --- all of a directory -------------------------------------------------------------------------------------------- */

static bool is_inf(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && !strcasecmp(name + length - 4, ".inf");
}

/* Errors of the INF that every Windows minds; the numbers are InfVerif's. */
static void check_inf(struct making *making, const char *path)
{
    struct inf_report report;

    inf_check(path, &(struct inf_check_options){ .mode = INF_MODE_K }, &report);
    for (int i = 0; i < report.count; i++)
        if (report.problem[i].severity == INF_ERROR)
            unsignable(making, "%d: %s:%d: %s", report.problem[i].code, path, report.problem[i].line, report.problem[i].text);
    inf_report_free(&report);
}

static bool package_one(struct making *making, const char *name)
{
    char path[PATH_SIZE];
    struct inf *inf = path_of(path, making->config->dir, name) ? inf_open(path) : NULL;

    if (inf)
        check_inf(making, path);
    bool good = inf && make_package(making, inf, name);
    inf_close(inf);
    return good;
}

int package_make(const struct package_config *config)
{
    struct making making = { .config = config, .out = config->out };
    char out[PATH_SIZE], **list;
    int infs = 0;
    bool good;

    if (!read_os(&making, config->os ? config->os : "10_X64") || !(list = host_list_dir(config->dir, "")))
        return -1;
    good = config->out || path_of(out, config->dir, "package");
    if (!config->out)
        making.out = out;
    for (char **name = list; good && *name; name++) {
        if (!is_inf(*name))
            continue;
        infs++;
        good = package_one(&making, *name);
    }
    host_free_names(list);
    if (good && infs == 0)
        good = error_set("%s: there is no INF in it", config->dir);
    return good ? making.errors : -1;
}

/* --- a catalog against its package --------------------------------------------------------------------------------- */

static int compare(const struct catalog_contents *contents, struct inf *inf, const char *directory, const char *inf_file,
                   void (*say_line)(const char *line))
{
    const struct inf_file *files = NULL;
    int count = inf_files(inf, &files), result;
    const char **names = count < 0 ? NULL : calloc((size_t)count + 1, sizeof *names);

    if (!names)
        return -1;
    names[0] = inf_file;
    for (int i = 0; i < count; i++)
        names[i + 1] = files[i].source;
    result = catalog_compare(contents, directory, names, count + 1, say_line);
    free(names);
    return result;
}

int package_check_catalog(const char *catalog, const char *directory, void (*say_line)(const char *line))
{
    struct catalog_contents contents;
    char path[PATH_SIZE], **list;
    int result = -1;

    if (!catalog_open(catalog, &contents))
        return -1;
    if (!(list = host_list_dir(directory, ""))) {
        catalog_close(&contents);
        return -1;
    }
    error_set("%s: no INF in it names %s as its catalog", directory, base_name(catalog));
    for (char **name = list; *name && result < 0; name++) {
        struct inf *inf = is_inf(*name) && path_of(path, directory, *name) ? inf_open(path) : NULL;

        if (inf && catalog_name(inf) && !strcasecmp(catalog_name(inf), base_name(catalog)))
            result = compare(&contents, inf, directory, *name, say_line);
        inf_close(inf);
    }
    host_free_names(list);
    catalog_close(&contents);
    return result;
}
