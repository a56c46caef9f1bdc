/* ring3 audit: one function for each group of rules; the names of rules stand where they are reported. */
#include "pkg/audit_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/util.h"
#include "host/file.h"
#include "pkg/inf.h"
#include "pkg/pdb.h"

#define NAME_MAX_LENGTH 256
#define CHARACTERISTIC_HIGH_ENTROPY 0x20
#define CHARACTERISTIC_DYNAMIC_BASE 0x40
#define CHARACTERISTIC_NX 0x100
#define CHARACTERISTIC_GUARD_CF 0x4000
#define MACHINE_AMD64 0x8664
#define DEBUG_CODEVIEW 2
#define SYMBOLS_LIMIT (1u << 30)
#define LOAD_CONFIG_COOKIE 88           /* offsets in IMAGE_LOAD_CONFIG_DIRECTORY64 */
#define LOAD_CONFIG_GUARD_FLAGS 144
#define GUARD_INSTRUMENTED 0x100

void audit_find(struct auditing *a, enum audit_severity severity, const char *rule, const char *advice, const char *format, ...)
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

const uint8_t *audit_at(const struct auditing *a, uint32_t rva, size_t size)
{
    for (unsigned i = 0; i < a->file.section_count; i++) {
        const struct pe_raw_section *s = &a->file.sections[i];

        if (rva >= s->rva && rva - s->rva < s->file_size && size <= s->file_size - (rva - s->rva))
            return a->file.data + s->file_offset + (rva - s->rva);
    }
    return NULL;
}

uint64_t audit_number(const uint8_t *p, int bytes)
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
        const uint8_t *p = audit_at(a, rva, length);

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
    for (const uint8_t *p; (p = audit_at(a, rva, 8)) != NULL; rva += 8) {
        uint64_t thunk = audit_number(p, 8);
        const char *name;

        if (thunk == 0)
            return true;
        if (thunk >> 63) {
            audit_find(a, AUDIT_WARNING, "import.ordinal", "import by name", "imports number %u of %s", (unsigned)(thunk & 0xffff), module);
            continue;
        }
        name = text_at(a, (uint32_t)thunk + 2);
        if (!name)
            return error_set("%s: imports of %s: a name lies outside the image", a->file.name, module);
        if (a->import_count == AUDIT_IMPORTS_MAX)
            return error_set("%s: more than %d imports", a->file.name, AUDIT_IMPORTS_MAX);
        a->import[a->import_count++] = (struct audit_import){ module, name };
    }
    return error_set("%s: imports of %s: the table ends outside the image", a->file.name, module);
}

static bool read_imports(struct auditing *a)
{
    uint32_t rva = a->file.directory[DIRECTORY_IMPORT].rva;

    for (const uint8_t *p; rva && (p = audit_at(a, rva, 20)) != NULL; rva += 20) {
        uint32_t names = (uint32_t)audit_number(p, 4), module = (uint32_t)audit_number(p + 12, 4), table = (uint32_t)audit_number(p + 16, 4);
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

bool audit_imports_it(const struct auditing *a, const char *module, const char *name)
{
    for (int i = 0; i < a->import_count; i++)
        if ((!module || !strcasecmp(a->import[i].module, module)) && (!name || !strcmp(a->import[i].name, name)))
            return true;
    return false;
}

static const char *guess_kind(const struct auditing *a)
{
    if (audit_imports_it(a, "storport.sys", NULL))
        return "storport";
    if (audit_imports_it(a, "fwpkclnt.sys", NULL))
        return "wfp";
    if (audit_imports_it(a, "ndis.sys", NULL))
        return "ndis";
    if (audit_imports_it(a, "netio.sys", "WskRegister"))
        return "wsk";
    return audit_imports_it(a, "wdfldr.sys", NULL) ? "kmdf" : "wdm";
}

/* --- sections and flags -------------------------------------------------------------------------------------------- */

static void audit_sections(struct auditing *a)
{
    for (unsigned i = 0; i < a->file.section_count; i++) {
        const struct pe_raw_section *s = &a->file.sections[i];
        uint32_t flags = s->characteristics, iat = a->file.directory[12].rva;

        if ((flags & SECTION_EXECUTE) && (flags & (uint32_t)SECTION_WRITE))
            audit_find(a, AUDIT_ERROR, "section.write-execute", "split code and data: memory integrity refuses the image",
                 "section %s is writable and executable", s->name);
        if (!strcmp(s->name, "INIT") && !(flags & SECTION_DISCARDABLE))
            audit_find(a, AUDIT_WARNING, "section.init", "/section:INIT,d", "section INIT is not discardable");
        if (!strncmp(s->name, ".orpc", 5) || !strcmp(s->name, ".textbss"))
            audit_find(a, AUDIT_WARNING, "section.incremental", "link without /incremental", "section %s belongs to an incremental link", s->name);
        if (iat && (flags & SECTION_EXECUTE) && iat >= s->rva && iat - s->rva < s->size)
            audit_find(a, AUDIT_ERROR, "section.iat", "link without merging .idata or .rdata into code: memory integrity refuses the image",
                 "the import address table lies in the executable section %s", s->name);
    }
}

/* Whether sections lie closer than pages; then nothing else is looked at, because nothing loads such an image here. */
static bool audit_alignment(struct auditing *a)
{
    size_t at = a->image.checksum_at - 64 + 32;         /* both are in the optional header */
    uint32_t alignment = (uint32_t)audit_number(a->image.data + at, 4);

    if (!a->image.pe32plus || a->image.machine != MACHINE_AMD64 || alignment % 4096 == 0)
        return false;
    audit_find(a, AUDIT_ERROR, "section.alignment", "/align:4096 or DRIVER_ALIGNMENT=0x1000: memory integrity refuses the image",
               "sections are aligned to %u bytes, less than a page", alignment);
    return true;
}

static void audit_flags(struct auditing *a)
{
    uint16_t flags = a->image.dll_characteristics;

    /* An image without the directory whose relocations were not stripped has nothing to relocate. docs: win32/debug/pe-format "Characteristics" */
    if (a->file.relocations_stripped)
        audit_find(a, AUDIT_ERROR, "image.relocations", "link with /dynamicbase and without /fixed",
                   "the image's relocations were stripped: it loads at its preferred address or not at all");
    else if (!(flags & CHARACTERISTIC_DYNAMIC_BASE))
        audit_find(a, AUDIT_WARNING, "image.dynamic-base", "/dynamicbase", "the image does not ask for a random address");
    if (!(flags & CHARACTERISTIC_NX))
        audit_find(a, AUDIT_WARNING, "image.nx", "/nxcompat", "the image does not say that it works without executable data");
    if (!(flags & CHARACTERISTIC_HIGH_ENTROPY))
        audit_find(a, AUDIT_NOTE, "image.high-entropy", "/highentropyva", "the image does not ask for a 64-bit random address");
}

static void audit_load_config(struct auditing *a)
{
    uint32_t rva = a->file.directory[DIRECTORY_LOAD_CONFIG].rva;
    const uint8_t *size = rva ? audit_at(a, rva, 4) : NULL;
    const uint8_t *config = size ? audit_at(a, rva, audit_number(size, 4) < 512 ? audit_number(size, 4) : 512) : NULL;
    uint32_t length = config ? (uint32_t)audit_number(config, 4) : 0;

    if (length < LOAD_CONFIG_COOKIE + 8 || audit_number(config + LOAD_CONFIG_COOKIE, 8) == 0)
        audit_find(a, AUDIT_WARNING, "image.cookie", "compile with /GS and link the security cookie's library",
             "the load configuration names no security cookie");
    if (!(a->image.dll_characteristics & CHARACTERISTIC_GUARD_CF) || length < LOAD_CONFIG_GUARD_FLAGS + 4 ||
        !(audit_number(config + LOAD_CONFIG_GUARD_FLAGS, 4) & GUARD_INSTRUMENTED))
        audit_find(a, AUDIT_NOTE, "image.control-flow-guard", "/guard:cf for compiler and linker", "calls through pointers are not guarded");
}

static void audit_checksum(struct auditing *a)
{
    uint32_t real = signed_image_checksum(a->image.data, a->image.size, a->image.checksum_at);

    if (a->file.check_sum == 0)
        audit_find(a, AUDIT_NOTE, "image.checksum", "link with /release (ring3 build --release), or sign it", "the header has no checksum");
    else if (a->file.check_sum != real)
        audit_find(a, AUDIT_ERROR, "image.checksum", "the file was changed after it was linked or signed",
             "the header's checksum is 0x%x, the file's is 0x%x", a->file.check_sum, real);
    if (a->image.certificates_size == 0)
        audit_find(a, AUDIT_NOTE, "image.unsigned", "ring3 sign", "the image is not signed");
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
            part[k] = (uint16_t)audit_number(found + 8 + (k ^ 1) * 2, 2);
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
        audit_find(a, AUDIT_WARNING, "version.missing", "add an .rc file with a VERSIONINFO", "the image has no version resource");
        return;
    }
    if (inf_version_of(path, inf, sizeof inf) && sscanf(inf, "%u.%u.%u.%u", &want[0], &want[1], &want[2], &want[3]) == 4 &&
        (want[0] != have[0] || want[1] != have[1] || want[2] != have[2] || want[3] != have[3]))
        audit_find(a, AUDIT_WARNING, "version.inf", "stamp the INF and the resource with one version",
             "the image is version %u.%u.%u.%u, the INF's DriverVer says %s", have[0], have[1], have[2], have[3], inf);
}

/* --- symbols ------------------------------------------------------------------------------------------------------- */

/* The GUID of the CodeView record in the debug directory. */
static const uint8_t *symbols_guid(const struct auditing *a)
{
    uint32_t rva = a->file.directory[DIRECTORY_DEBUG].rva, count = a->file.directory[DIRECTORY_DEBUG].size / 28;

    for (uint32_t i = 0; rva && i < count; i++) {
        const uint8_t *entry = audit_at(a, rva + 28 * i, 28);
        const uint8_t *record = entry && audit_number(entry + 12, 4) == DEBUG_CODEVIEW
                                    ? audit_at(a, (uint32_t)audit_number(entry + 20, 4), 24) : NULL;

        if (record && !memcmp(record, "RSDS", 4))
            return record + 4;
    }
    return NULL;
}

static void audit_symbols(struct auditing *a, const char *path)
{
    const uint8_t *guid = symbols_guid(a);
    const char *dot = strrchr(path, '.');
    char name[4096];
    uint8_t *data, other[16];
    size_t size;

    snprintf(name, sizeof name, "%.*s.pdb", dot ? (int)(dot - path) : (int)strlen(path), path);
    if (!guid)
        audit_find(a, AUDIT_NOTE, "image.symbols", "link with /debug", "the image names no symbols; crash dumps will not be readable");
    if (!guid || !host_file_exists(name) || !host_read_file(name, SYMBOLS_LIMIT, &data, &size))
        return;
    if (!pdb_identity(name, data, size, other))
        audit_find(a, AUDIT_WARNING, "image.symbols", "keep the .pdb that the linker wrote", "%s", error_text());
    else if (memcmp(guid, other, 16) != 0)
        audit_find(a, AUDIT_WARNING, "image.symbols", "keep the .pdb of the same build beside the image", "%s belongs to another build",
                   name);
    free(data);
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
    good = host_read_file(path, PE_FILE_LIMIT, &data, &size) && signed_image_parse(&a->image, path, data, size);
    if (good && audit_alignment(a)) {
        report->kind = kind ? kind : "wdm";
    } else if (good && (good = parse_headers(&a->file, path, data, size) && read_imports(a))) {
        report->kind = kind ? kind : guess_kind(a);
        audit_imports(a);
        audit_kind(a);
        audit_pairs(a);
        audit_sections(a);
        audit_flags(a);
        audit_load_config(a);
        audit_checksum(a);
        audit_version(a, path);
        audit_code(a);
        audit_symbols(a, path);
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
