/* ring3 audit: one function for each group of rules; the names of rules stand where they are reported. */
#include "pkg/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/util.h"
#include "host/file.h"
#include "pe/file.h"
#include "pkg/authenticode_image.h"
#include "pkg/inf.h"

#define IMPORTS_MAX 4096
#define NAME_MAX_LENGTH 256
#define CHARACTERISTIC_HIGH_ENTROPY 0x20
#define CHARACTERISTIC_DYNAMIC_BASE 0x40
#define CHARACTERISTIC_NX 0x100
#define CHARACTERISTIC_GUARD_CF 0x4000
#define LOAD_CONFIG_COOKIE 88           /* offsets in IMAGE_LOAD_CONFIG_DIRECTORY64 */
#define LOAD_CONFIG_GUARD_FLAGS 144
#define GUARD_INSTRUMENTED 0x100

struct import {
    const char *module, *name;
};

struct auditing {
    struct audit_report *report;
    struct pe_file file;
    struct signed_image image;
    struct import import[IMPORTS_MAX];
    int import_count;
};

static void find(struct auditing *a, enum audit_severity severity, const char *rule, const char *advice, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
static void find(struct auditing *a, enum audit_severity severity, const char *rule, const char *advice, const char *format, ...)
{
    struct audit_report *report = a->report;
    struct audit_finding *more = realloc(report->finding, ((size_t)report->count + 1) * sizeof *more), *f;
    va_list args;

    if (!more)
        abort();
    report->finding = more;
    f = &more[report->count++];
    *f = (struct audit_finding){ .severity = severity, .rule = rule };
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    snprintf(f->advice, sizeof f->advice, "%s", advice);
    report->errors += severity == AUDIT_ERROR;
    report->warnings += severity == AUDIT_WARNING;
}

/* --- the file's bytes ---------------------------------------------------------------------------------------------- */

/* The bytes at an RVA, when `size` of them are in the file. */
static const uint8_t *at(const struct auditing *a, uint32_t rva, size_t size)
{
    for (unsigned i = 0; i < a->file.section_count; i++) {
        const struct pe_raw_section *s = &a->file.sections[i];

        if (rva >= s->rva && rva - s->rva < s->file_size && size <= s->file_size - (rva - s->rva))
            return a->file.data + s->file_offset + (rva - s->rva);
    }
    return NULL;
}

static uint64_t number(const uint8_t *p, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

/* The text at an RVA, NULL when it does not end soon or in the file. */
static const char *text_at(const struct auditing *a, uint32_t rva)
{
    for (size_t length = 1; length < NAME_MAX_LENGTH; length++) {
        const uint8_t *p = at(a, rva, length);

        if (!p)
            return NULL;
        if (p[length - 1] == 0)
            return (const char *)p;
    }
    return NULL;
}

/* --- imports ------------------------------------------------------------------------------------------------------- */

static bool read_thunks(struct auditing *a, const char *module, uint32_t rva)
{
    for (const uint8_t *p; (p = at(a, rva, 8)) != NULL; rva += 8) {
        uint64_t thunk = number(p, 8);
        const char *name;

        if (thunk == 0)
            return true;
        if (thunk >> 63) {
            find(a, AUDIT_WARNING, "import.ordinal", "import by name", "imports number %u of %s", (unsigned)(thunk & 0xffff), module);
            continue;
        }
        name = text_at(a, (uint32_t)thunk + 2);
        if (!name)
            return error_set("%s: imports of %s: a name lies outside the image", a->file.name, module);
        if (a->import_count == IMPORTS_MAX)
            return error_set("%s: more than %d imports", a->file.name, IMPORTS_MAX);
        a->import[a->import_count++] = (struct import){ module, name };
    }
    return error_set("%s: imports of %s: the table ends outside the image", a->file.name, module);
}

static bool read_imports(struct auditing *a)
{
    uint32_t rva = a->file.directory[DIRECTORY_IMPORT].rva;

    for (const uint8_t *p; rva && (p = at(a, rva, 20)) != NULL; rva += 20) {
        uint32_t names = (uint32_t)number(p, 4), module = (uint32_t)number(p + 12, 4), table = (uint32_t)number(p + 16, 4);
        const char *name;

        if (module == 0)
            break;
        name = text_at(a, module);
        if (!name)
            return error_set("%s: the name of an imported module lies outside the image", a->file.name);
        if (!read_thunks(a, name, names ? names : table))
            return false;
    }
    return true;
}

static bool imports(const struct auditing *a, const char *module, const char *name)
{
    for (int i = 0; i < a->import_count; i++)
        if (!strcasecmp(a->import[i].module, module) && (!name || !strcmp(a->import[i].name, name)))
            return true;
    return false;
}

static const char *guess_kind(const struct auditing *a)
{
    if (imports(a, "storport.sys", NULL))
        return "storport";
    if (imports(a, "fwpkclnt.sys", NULL))
        return "wfp";
    if (imports(a, "ndis.sys", NULL))
        return "ndis";
    if (imports(a, "netio.sys", "WskRegister"))
        return "wsk";
    return imports(a, "wdfldr.sys", NULL) ? "kmdf" : "wdm";
}

static bool is_kernel_module(const char *name)
{
    static const char *const known[] = { ".sys", ".exe" };
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < countof(known); i++)
        if (!strcasecmp(dot, known[i]))
            return true;
    return dot && (!strcasecmp(name, "hal.dll") || !strcasecmp(name, "kdcom.dll") || !strcasecmp(name, "bootvid.dll") ||
                   !strcasecmp(name, "ci.dll"));
}

static void audit_imports(struct auditing *a)
{
    for (int i = 0; i < a->import_count; i++) {
        const struct audit_function *function = audit_function(a->import[i].name);

        if (!is_kernel_module(a->import[i].module))
            find(a, AUDIT_ERROR, "import.user-mode", "a driver can only call kernel modules", "imports %s from %s",
                 a->import[i].name, a->import[i].module);
        if (function)
            find(a, function->severity, function->rule, function->instead, "%s %s", function->name, function->why);
    }
}

/* A Storport miniport stands on Storport alone; the C runtime's memory functions come from the kernel's image.
 * docs: storage/storport-driver-support-routines */
static void audit_storport(struct auditing *a)
{
    static const char *const allowed[] = { "memcpy", "memset", "memmove", "memcmp", "__C_specific_handler", "DbgPrint", "DbgPrintEx",
                                           "KeBugCheckEx", "WmiTraceMessage", "strcmp", "strncmp", "strlen", "__chkstk" };

    if (strcmp(a->report->kind, "storport") != 0)
        return;
    for (int i = 0; i < a->import_count; i++) {
        bool known = !strcasecmp(a->import[i].module, "storport.sys");

        for (size_t j = 0; j < countof(allowed) && !known; j++)
            known = !strcmp(a->import[i].name, allowed[j]);
        if (!known)
            find(a, AUDIT_WARNING, "storport.import", "use the StorPort function that does the same",
                 "a Storport miniport calls %s of %s", a->import[i].name, a->import[i].module);
    }
    if (!imports(a, "storport.sys", "StorPortInitialize"))
        find(a, AUDIT_ERROR, "storport.no-initialize", "DriverEntry calls StorPortInitialize", "it does not import StorPortInitialize");
}

/* --- sections and flags -------------------------------------------------------------------------------------------- */

static void audit_sections(struct auditing *a)
{
    for (unsigned i = 0; i < a->file.section_count; i++) {
        const struct pe_raw_section *s = &a->file.sections[i];
        uint32_t flags = s->characteristics, iat = a->file.directory[12].rva;

        if ((flags & SECTION_EXECUTE) && (flags & (uint32_t)SECTION_WRITE))
            find(a, AUDIT_ERROR, "section.write-execute", "split code and data: memory integrity refuses the image",
                 "section %s is writable and executable", s->name);
        if (!strcmp(s->name, "INIT") && !(flags & SECTION_DISCARDABLE))
            find(a, AUDIT_WARNING, "section.init", "/section:INIT,d", "section INIT is not discardable");
        if (!strncmp(s->name, ".orpc", 5) || !strcmp(s->name, ".textbss"))
            find(a, AUDIT_WARNING, "section.incremental", "link without /incremental", "section %s belongs to an incremental link", s->name);
        if (iat && (flags & SECTION_EXECUTE) && iat >= s->rva && iat - s->rva < s->size)
            find(a, AUDIT_ERROR, "section.iat", "link without merging .idata or .rdata into code: memory integrity refuses the image",
                 "the import address table lies in the executable section %s", s->name);
    }
}

static void audit_flags(struct auditing *a)
{
    uint16_t flags = a->image.dll_characteristics;

    if (a->file.relocations_stripped || !a->file.directory[DIRECTORY_RELOCATION].rva)
        find(a, AUDIT_ERROR, "image.relocations", "link with /dynamicbase and without /fixed", "the image has no relocations");
    else if (!(flags & CHARACTERISTIC_DYNAMIC_BASE))
        find(a, AUDIT_WARNING, "image.dynamic-base", "/dynamicbase", "the image does not ask for a random address");
    if (!(flags & CHARACTERISTIC_NX))
        find(a, AUDIT_WARNING, "image.nx", "/nxcompat", "the image does not say that it works without executable data");
    if (!(flags & CHARACTERISTIC_HIGH_ENTROPY))
        find(a, AUDIT_NOTE, "image.high-entropy", "/highentropyva", "the image does not ask for a 64-bit random address");
}

static void audit_load_config(struct auditing *a)
{
    uint32_t rva = a->file.directory[DIRECTORY_LOAD_CONFIG].rva;
    const uint8_t *size = rva ? at(a, rva, 4) : NULL;
    const uint8_t *config = size ? at(a, rva, number(size, 4) < 512 ? number(size, 4) : 512) : NULL;
    uint32_t length = config ? (uint32_t)number(config, 4) : 0;

    if (length < LOAD_CONFIG_COOKIE + 8 || number(config + LOAD_CONFIG_COOKIE, 8) == 0)
        find(a, AUDIT_WARNING, "image.cookie", "compile with /GS and link the security cookie's library",
             "the load configuration names no security cookie");
    if (!(a->image.dll_characteristics & CHARACTERISTIC_GUARD_CF) || length < LOAD_CONFIG_GUARD_FLAGS + 4 ||
        !(number(config + LOAD_CONFIG_GUARD_FLAGS, 4) & GUARD_INSTRUMENTED))
        find(a, AUDIT_NOTE, "image.control-flow-guard", "/guard:cf for compiler and linker", "calls through pointers are not guarded");
}

static void audit_checksum(struct auditing *a)
{
    uint32_t real = signed_image_checksum(a->image.data, a->image.size, a->image.checksum_at);

    if (a->file.check_sum == 0)
        find(a, AUDIT_NOTE, "image.checksum", "link with /release (ring3 build --release), or sign it", "the header has no checksum");
    else if (a->file.check_sum != real)
        find(a, AUDIT_ERROR, "image.checksum", "the file was changed after it was linked or signed",
             "the header's checksum is 0x%x, the file's is 0x%x", a->file.check_sum, real);
    if (a->image.certificates_size == 0)
        find(a, AUDIT_NOTE, "image.unsigned", "ring3 sign", "the image is not signed");
}

/* --- the version, in the image and in the INF ---------------------------------------------------------------------- */

/* The file version of VS_FIXEDFILEINFO, wherever in the resources it stands. */
static bool file_version(const struct auditing *a, uint16_t part[4])
{
    static const uint8_t signature[] = { 0xbd, 0x04, 0xef, 0xfe, 0x00, 0x00, 0x01, 0x00 };

    for (unsigned i = 0; i < a->file.section_count; i++) {
        const struct pe_raw_section *s = &a->file.sections[i];
        const uint8_t *data = a->file.data + s->file_offset, *found;

        if (strcmp(s->name, ".rsrc") != 0 || s->file_size < 16)
            continue;
        found = memmem(data, s->file_size - 8, signature, sizeof signature);
        if (!found || (size_t)(found - data) + 16 > s->file_size)
            return false;
        for (int k = 0; k < 4; k++)
            part[k] = (uint16_t)number(found + 8 + (k ^ 1) * 2, 2);
        return true;
    }
    return false;
}

/* DriverVer of NAME.inf beside the driver. */
static bool inf_version_of(const char *path, char *version, size_t size)
{
    char name[4096];
    const char *dot = strrchr(path, '.'), *comma;
    struct inf *inf;

    snprintf(name, sizeof name, "%.*s.inf", dot ? (int)(dot - path) : (int)strlen(path), path);
    if (!host_file_exists(name) || !(inf = inf_open(name)))
        return false;
    const struct inf_line *line = inf_line(inf_section(inf, "Version"), "DriverVer", NULL);
    comma = inf_field(line, 1);
    snprintf(version, size, "%s", comma);
    inf_close(inf);
    return version[0] != 0;
}

static void audit_version(struct auditing *a, const char *path)
{
    unsigned want[4];
    uint16_t have[4];
    char inf[64];

    if (!file_version(a, have)) {
        find(a, AUDIT_WARNING, "version.missing", "add an .rc file with a VERSIONINFO", "the image has no version resource");
        return;
    }
    if (inf_version_of(path, inf, sizeof inf) && sscanf(inf, "%u.%u.%u.%u", &want[0], &want[1], &want[2], &want[3]) == 4 &&
        (want[0] != have[0] || want[1] != have[1] || want[2] != have[2] || want[3] != have[3]))
        find(a, AUDIT_WARNING, "version.inf", "stamp the INF and the resource with one version",
             "the image is version %u.%u.%u.%u, the INF's DriverVer says %s", have[0], have[1], have[2], have[3], inf);
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

bool audit_driver(const char *path, const char *kind, struct audit_report *report)
{
    struct auditing *a = calloc(1, sizeof *a);
    uint8_t *data = NULL;
    size_t size;
    bool good;

    if (!a)
        abort();
    *report = (struct audit_report){ 0 };
    a->report = report;
    good = host_read_file(path, PE_FILE_LIMIT, &data, &size) && parse_headers(&a->file, path, data, size) &&
           signed_image_parse(&a->image, path, data, size) && read_imports(a);
    if (good) {
        report->kind = kind ? kind : guess_kind(a);
        audit_imports(a);
        audit_storport(a);
        audit_sections(a);
        audit_flags(a);
        audit_load_config(a);
        audit_checksum(a);
        audit_version(a, path);
    }
    free(data);
    free(a);
    if (!good)
        audit_free(report);
    return good;
}

void audit_free(struct audit_report *report)
{
    free(report->finding);
    *report = (struct audit_report){ 0 };
}
