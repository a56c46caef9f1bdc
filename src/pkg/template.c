/* Writing projects: the driver's files with its name replaced in all its spellings, then the files around them. */
#include "pkg/template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/util.h"
#include "host/dir.h"
#include "host/file.h"

#define NAME_LONGEST 32
#define FRAMEWORK "1.33"
#define LIBRARY "drivers/lib/"

#define NDIS "$(DDK_LIB_PATH)\\ndis.lib"
#define SECURE ";$(DDK_LIB_PATH)\\wdmsec.lib"

const struct template_kind template_kinds[] = {
    { "ndis-miniport", "An NDIS 6 miniport without hardware: virtual network cards on one hub", "vhub", "VHub",
      "@SYS@ '--root-device=ROOT\\@UPPER@' '--root-device=ROOT\\@UPPER@' --ip=10.0.0.1/24 --ip=10.0.0.2/24 --ping=10.0.0.2 --for=3s",
      "VFT2_DRV_NETWORK", "WDM", true, NDIS, NULL },
    { "ndis-intermediate", "An NDIS 6 intermediate driver: one adapter through, or one virtual adapter for each VLAN", "vlanmux", "VlanMux",
      "vionet @SYS@ --nic=slirp --ping=10.0.2.2 --for=3s", "VFT2_DRV_NETWORK", "WDM", false, NDIS,
      "its virtual miniports have no device of their own that the framework could drive, and NDIS handles the IRPs of both its edges" },
    { "ndis-filter", "An NDIS 6 filter: counts what passes an adapter, and can drop, delay and edit it", "lwfcount", "LwfCount",
      "vionet @SYS@ --nic=slirp --ping=10.0.2.2 --for=3s", "VFT2_DRV_NETWORK", "WDM", true, NDIS SECURE, NULL },
    { "ndis-protocol", "An NDIS 6 protocol with a device: programs read and write raw frames", "rawport", "RawPort",
      "vionet @SYS@ --nic=slirp --ping=10.0.2.2 --for=3s", "VFT2_DRV_NETWORK", "WDM", true, NDIS SECURE, NULL },
    { "wsk-client", "A Winsock Kernel client: an echo server for streams and datagrams", "wskecho", "WskEcho",
      "vionet @SYS@ --nic=slirp,hostfwd=tcp:127.0.0.1:17007:7 --for=3s", "VFT2_DRV_NETWORK", "WDM", true,
      "$(DDK_LIB_PATH)\\netio.lib", NULL },
    { "wfp-callout", "A callout driver of the Windows Filtering Platform: permits, blocks and watches connections", "warden", "Warden",
      "vionet @SYS@ --nic=slirp --ping=10.0.2.2 --for=3s", "VFT2_DRV_NETWORK", "KMDF", true,
      "$(DDK_LIB_PATH)\\fwpkclnt.lib;" NDIS SECURE ";uuid.lib", NULL },
    { "storport-miniport", "A Storport miniport for a PCI device: virtio disks, several queues, MSI-X", "vioblk", "VioBlk",
      "@SYS@ --disk=mem:64M --for=3s", "VFT2_DRV_SYSTEM", "WDM", false, "$(DDK_LIB_PATH)\\storport.lib",
      "Storport makes its devices and handles their IRPs, and a miniport may call nothing but Storport" },
    { "storport-virtual", "A Storport virtual miniport: a thinly provisioned disk in memory", "ramlun", "RamLun",
      "@SYS@ --for=3s", "VFT2_DRV_SYSTEM", "WDM", false, "$(DDK_LIB_PATH)\\storport.lib",
      "Storport makes its devices and handles their IRPs" },
    { 0 }
};

static const char *text_of(const char *name)
{
    for (const struct template_file *file = template_files; file->name; file++)
        if (!strcmp(file->name, name))
            return file->text;
    return NULL;
}

const struct template_kind *template_kind(const char *name)
{
    for (const struct template_kind *kind = template_kinds; kind->name; kind++)
        if (!strcmp(kind->name, name))
            return kind;
    return NULL;
}

/* --- names --------------------------------------------------------------------------------------------------------- */

/* The spellings of a name: as given, lower, upper, with a capital. */
struct spelling {
    char given[NAME_LONGEST + 1], lower[NAME_LONGEST + 1], upper[NAME_LONGEST + 1], capital[NAME_LONGEST + 1];
};

static bool spell(struct spelling *s, const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > NAME_LONGEST || !isalpha((unsigned char)name[0]))
        return error_set("'%s' is no name for a driver: letters and digits, a letter first, at most %d", name, NAME_LONGEST);
    for (size_t i = 0; i <= length; i++) {
        if (name[i] && !isalnum((unsigned char)name[i]))
            return error_set("'%s' is no name for a driver: '%c' is neither letter nor digit", name, name[i]);
        s->given[i] = name[i];
        s->lower[i] = (char)tolower((unsigned char)name[i]);
        s->upper[i] = (char)toupper((unsigned char)name[i]);
        s->capital[i] = i == 0 ? s->upper[i] : s->lower[i];
    }
    return true;
}

/* A GUID that belongs to the project's name and a number. */
static void make_guid(const char *name, const char *which, char guid[40])
{
    char seed[256];
    uint8_t d[EVP_MAX_MD_SIZE];

    snprintf(seed, sizeof seed, "%s %s", name, which);
    EVP_Digest(seed, strlen(seed), d, NULL, EVP_sha256(), NULL);
    snprintf(guid, 40, "{%02X%02X%02X%02X-%02X%02X-4%X%02X-%X%X%02X-%02X%02X%02X%02X%02X%02X}", d[0], d[1], d[2], d[3], d[4], d[5],
             d[6] & 15, d[7], 8 | (d[8] & 3), d[9] & 15, d[10], d[11], d[12], d[13], d[14], d[15], d[16]);
}

/* --- text ---------------------------------------------------------------------------------------------------------- */

struct replacement {
    char from[64];
    char to[600];
};

struct filling {
    const struct template_kind *kind;
    const char *model;                  /* "wdm", "kmdf" */
    struct spelling old, new;
    struct replacement list[64];
    size_t count;
};

static void replace_by(struct filling *f, const char *from, const char *to)
{
    if (f->count == countof(f->list))
        abort();
    snprintf(f->list[f->count].from, sizeof f->list[0].from, "%s", from);
    snprintf(f->list[f->count++].to, sizeof f->list[0].to, "%s", to);
}

static bool framework(const struct filling *f)
{
    return !strcmp(f->model, "kmdf");
}

static bool is_hex_group(const char *text, int digits)
{
    for (int i = 0; i < digits; i++)
        if (!isxdigit((unsigned char)text[i]))
            return false;
    return true;
}

/* {8-4-4-4-12}: device classes stay, all other GUIDs of a driver become the project's own. */
static bool is_guid(const char *text)
{
    static const int group[] = { 8, 4, 4, 4, 12 };
    const char *at = text + 1;

    if (*text != '{')
        return false;
    for (int i = 0; i < 5; i++) {
        if (!is_hex_group(at, group[i]))
            return false;
        at += group[i];
        if (*at++ != (i < 4 ? '-' : '}'))
            return false;
    }
    return true;
}

/* Setup classes are Windows', not the driver's: 4d36e9xx, and the one of callout drivers. */
static bool is_setup_class(const char *guid)
{
    return strncasecmp(guid, "{4d36e97", 8) == 0 || strncasecmp(guid, "{57465043-616c-6c6f-7574-5f636c617373}", 38) == 0;
}

static void put_guid(FILE *out, const struct filling *f, const char *guid)
{
    char old[40], made[40];

    snprintf(old, sizeof old, "%.38s", guid);
    if (is_setup_class(guid)) {
        fputs(old, out);
        return;
    }
    make_guid(f->new.lower, old, made);
    fputs(made, out);
}

static void fill(FILE *out, const struct filling *f, const char *text)
{
    while (*text) {
        size_t i = 0;

        while (i < f->count && strncmp(text, f->list[i].from, strlen(f->list[i].from)) != 0)
            i++;
        if (i < f->count) {
            fputs(f->list[i].to, out);
            text += strlen(f->list[i].from);
        } else if (is_guid(text)) {
            put_guid(out, f, text);
            text += 38;
        } else {
            fputc(*text++, out);
        }
    }
}

static bool write_filled(const struct filling *f, const char *directory, const char *name, const char *text, bool program)
{
    char path[4096], *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    bool good;

    if (!out)
        abort();
    fill(out, f, text);
    fclose(out);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    good = host_write_file(path, result, size);
    free(result);
    if (good && program && chmod(path, 0755) != 0)
        good = error_set("%s: cannot be made executable", path);
    return good;
}

/* "@SYS@ ..." with the driver's place and the program. */
static void run_line(const struct filling *f, const char *program, const char *options, char *line, size_t size)
{
    char sys[64], *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct filling inner = { .kind = f->kind, .model = f->model, .old = f->old, .new = f->new };

    if (!out)
        abort();
    snprintf(sys, sizeof sys, "build/%s.sys", f->new.lower);
    replace_by(&inner, "@SYS@", sys);
    replace_by(&inner, "@UPPER@", f->new.upper);
    fill(out, &inner, f->kind->run);
    fclose(out);
    snprintf(line, size, "%s run %s%s", program, text, options);
    free(text);
}

static void prepare(struct filling *f)
{
    char guid[40], line[600];

    make_guid(f->new.lower, "project", guid);
    replace_by(f, "@NAME@", f->new.given);
    replace_by(f, "@LOWER@", f->new.lower);
    replace_by(f, "@UPPER@", f->new.upper);
    replace_by(f, "@GUID1@", guid);
    replace_by(f, "@WHAT@", f->kind->what);
    replace_by(f, "@SUBTYPE@", f->kind->subtype);
    replace_by(f, "@DRIVERTYPE@", framework(f) ? "KMDF" : "WDM");
    replace_by(f, "@MODEL@", framework(f) ? "the Kernel-Mode Driver Framework (KMDF)" : "the Windows Driver Model (WDM)");
    replace_by(f, "@KMDFBUILD@", framework(f) ? "kmdf = " FRAMEWORK "\n" : "");
    replace_by(f, "@KMDFVERSION@", framework(f) ? "    <KMDF_VERSION_MAJOR>1</KMDF_VERSION_MAJOR>\n    <KMDF_VERSION_MINOR>33</KMDF_VERSION_MINOR>\n" : "");
    replace_by(f, "@LIBRARIES@", f->kind->libraries);
    run_line(f, "ring3", "", line, sizeof line);
    replace_by(f, "@RUN@", line);
    run_line(f, "$(RING3)", "", line, sizeof line);
    replace_by(f, "@MAKERUN@", line);
    run_line(f, "\"$RING3\"", " $options", line, sizeof line);
    replace_by(f, "@TESTRUN@", line);
}

/* The driver's own name in its spellings. */
static void prepare_names(struct filling *f)
{
    replace_by(f, f->old.lower, f->new.lower);
    replace_by(f, f->old.upper, f->new.upper);
    replace_by(f, f->old.capital, f->new.given);
    replace_by(f, f->kind->camel, f->new.given);
    replace_by(f, "\"ring3\"", "\"Your company\"");
    replace_by(f, "\"ring3 ", "\"");
    replace_by(f, "ring3_", "my_");
}

/* --- the project --------------------------------------------------------------------------------------------------- */

/* The file of the model, which stands before the one of the same name that both models have; NULL: there is none. */
static const char *model_text(const struct filling *f, const char *base)
{
    char name[256];

    snprintf(name, sizeof name, "drivers/%s/%s/%s", f->kind->driver, f->model, base);
    return text_of(name);
}

/* Whether the file is one of the driver's in this model: "drivers/NAME/FILE", or "drivers/NAME/MODEL/FILE". */
static bool is_own(const struct filling *f, const char *name)
{
    size_t length = strlen("drivers/") + strlen(f->kind->driver);
    const char *base = strrchr(name, '/') + 1;

    if (strncmp(name, "drivers/", 8) != 0 || strncmp(name + 8, f->kind->driver, strlen(f->kind->driver)) != 0 || name[length] != '/')
        return false;
    if (base == name + length + 1)
        return !model_text(f, base);
    return !strncmp(name + length + 1, f->model, strlen(f->model)) && base == name + length + 2 + strlen(f->model);
}

/* Whether one of the driver's files includes that shared one. */
static bool uses_library(const struct filling *f, const char *header)
{
    char quoted[280];

    snprintf(quoted, sizeof quoted, "\"%s\"", header);
    for (const struct template_file *file = template_files; file->name; file++)
        if (is_own(f, file->name) && strstr(file->text, quoted))
            return true;
    return false;
}

/* The name in the project: the driver's name is replaced, an INF is an INX. */
static void project_name(const struct filling *f, const char *file, char *name, size_t size)
{
    char stem[256];
    size_t length = strlen(f->old.lower), end;

    snprintf(stem, sizeof stem, "%s", file);
    if (!strncmp(file, f->old.lower, length))
        snprintf(stem, sizeof stem, "%s%s", f->new.lower, file + length);
    end = strlen(stem);
    if (end > 4 && !strcmp(stem + end - 4, ".inf"))
        stem[end - 1] = 'x';
    snprintf(name, size, "%s", stem);
}

/* The INF of a framework driver says which version it needs: after the first install section's services.
 * docs: wdf/specifying-wdf-directives-in-inf-files */
static char *framework_inf(const struct filling *f, const char *text)
{
    const char *services = strstr(text, ".Services]"), *start = services, *strings = strstr(text, "[Strings]");
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);

    if (!out || !services || !strings)
        abort();
    while (start[-1] != '[')
        start--;
    fprintf(out, "%.*s[%.*s.Wdf]\nKmdfService = %s, %s.Wdf\n\n[%s.Wdf]\nKmdfLibraryVersion = $KMDFVERSION$\n\n%s", (int)(strings - text), text,
            (int)(services - start), start, f->old.lower, f->kind->camel, f->kind->camel, strings);
    fclose(out);
    return result;
}

static bool write_source(const struct filling *f, const char *directory, const char *base, const char *text)
{
    char name[256], *more = NULL;
    bool good;

    project_name(f, base, name, sizeof name);
    if (framework(f) && !strcmp(base + strlen(base) - 4, ".inf"))
        more = framework_inf(f, text);
    good = write_filled(f, directory, name, more ? more : text, false);
    free(more);
    return good;
}

static bool write_sources(struct filling *f, const char *directory)
{
    for (const struct template_file *file = template_files; file->name; file++) {
        const char *base = strrchr(file->name, '/') + 1;
        bool shared = !strncmp(file->name, LIBRARY, strlen(LIBRARY));
        char header[256];

        snprintf(header, sizeof header, "%.*s.h", (int)strcspn(base, "."), base);
        if ((is_own(f, file->name) || (shared && uses_library(f, header))) && !write_source(f, directory, base, file->text))
            return false;
    }
    return true;
}

static bool write_around(const struct filling *f, const char *directory)
{
    static const struct { const char *template, *name; bool program; } files[] = {
        { "README.md", "README.md", false }, { "Makefile", "Makefile", false }, { "test.sh", "test.sh", true },
        { "driver.rc", "%s.rc", false }, { "driver.vcxproj", "%s.vcxproj", false }, { "ring3.build", "ring3.build", false },
        { "gitignore", ".gitignore", false }, { "ci.yml", ".github/workflows/ci.yml", false },
    };
    char name[256], template[64], path[4096];

    snprintf(path, sizeof path, "%s/.github/workflows", directory);
    if (!host_make_dirs(path))
        return false;
    for (size_t i = 0; i < countof(files); i++) {
        snprintf(template, sizeof template, "templates/%s", files[i].template);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(name, sizeof name, files[i].name, f->new.lower);
#pragma GCC diagnostic pop
        if (!write_filled(f, directory, name, text_of(template), files[i].program))
            return false;
    }
    return true;
}

bool template_has_model(const struct template_kind *kind, const char *model)
{
    return !strcasecmp(model, kind->driver_type) || kind->both_models;
}

bool template_write(const struct template_kind *kind, const char *model, const char *name, const char *directory)
{
    struct filling *f = calloc(1, sizeof *f), *sources;
    char entry[64];
    bool good;

    if (!f)
        abort();
    f->kind = kind;
    f->model = model ? model : !strcmp(kind->driver_type, "KMDF") ? "kmdf" : "wdm";
    snprintf(entry, sizeof entry, "drivers/%s/%s.inf", kind->driver, kind->driver);
    if (!text_of(entry)) {
        free(f);
        return error_set("%s: this ring3 has no sources to start from yet", kind->name);
    }
    good = spell(&f->new, name) && spell(&f->old, kind->driver) &&
           (!host_file_exists(directory) || error_set("%s: it is there already; nothing was written", directory)) &&
           host_make_dirs(directory);
    if (good) {
        sources = malloc(sizeof *sources);
        if (!sources)
            abort();
        *sources = *f;
        prepare_names(sources);
        prepare(f);
        good = write_sources(sources, directory) && write_around(f, directory);
        free(sources);
    }
    free(f);
    return good;
}
