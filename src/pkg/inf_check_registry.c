/* AddReg, DelReg and BitReg sections. docs: install/inf-addreg-directive, install/inf-delreg-directive, install/inf-bitreg-directive,
 * develop/driver-isolation, install/using-a-universal-inf-file, devtest/infverif_h */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define TYPE_MASK 0xffff0001u
#define TYPE_BINARY 0x00000001u
#define TYPE_MULTI 0x00010000u
#define TYPE_DWORD 0x00010001u
#define TYPE_EXPAND 0x00020000u
#define TYPE_NONE 0x00020001u
#define TYPE_QWORD 0x000b0001u
#define TYPE_SZ 0u
#define FLAG_DELETE 0x4u
#define FLAG_APPEND 0x8u
#define FLAG_KEY_ONLY 0x2010u
#define DELETE_STRING 0x18002u
#define STRING_TYPE 7u                  /* REG_MULTI_SZ */

static bool is_root(const char *root)
{
    static const char *const roots[] = { "HKR", "HKLM", "HKCR", "HKCU", "HKU", NULL };

    return one_of(root, roots);
}

/* Whether `key` is `base` or lies below it. */
static bool is_below(const char *key, const char *base)
{
    size_t length = strlen(base);

    return !strncasecmp(key, base, length) && (key[length] == 0 || key[length] == '\\');
}

static bool is_below_one(const char *key, const char *const *list)
{
    for (; *list; list++)
        if (is_below(key, *list))
            return true;
    return false;
}

/* --- where it goes ------------------------------------------------------------------------------------------------- */

/* What a signature still allows below HKLM. */
static bool excepted(const struct checking *c, const char *root, const char *key)
{
    static const char *const allowed[] = {
        "SYSTEM\\CurrentControlSet", "SOFTWARE\\Classes", "SOFTWARE\\Khronos", "SOFTWARE\\Microsoft\\Analog\\Providers",
        "SOFTWARE\\Microsoft\\Cellular\\MVSettings\\DeviceSpecific\\CellUX", "SOFTWARE\\Microsoft\\Cryptography\\Calais\\Readers",
        "SOFTWARE\\Microsoft\\Cryptography\\Calais\\SmartCards", "SOFTWARE\\Microsoft\\Cryptography\\DRM_RNG", "SOFTWARE\\Microsoft\\EAPOL",
        "SOFTWARE\\Microsoft\\Palm\\DelayManipulationDuration", "SOFTWARE\\Microsoft\\Shell\\OEM\\QuickActions\\ColorProfileQuickAction",
        "SOFTWARE\\Microsoft\\Speech_OneCore\\AudioInput", "SOFTWARE\\Microsoft\\Windows Media Foundation",
        "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\AdaptiveDisplayBrightness",
        "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc", "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32",
        "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ICM", "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\OpenGlDrivers",
        "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\Notify\\ScCertProp", "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths",
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Audio", "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication",
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Control Panel", "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Controls Folder",
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer", "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Reliability\\UserDefined",
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunOnce",
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall", "SOFTWARE\\Wow6432Node\\Microsoft\\Windows Media Foundation",
        "SOFTWARE\\Wow6432Node\\Khronos", "SOFTWARE\\WowAA32Node\\Microsoft\\Windows Media Foundation", "SOFTWARE\\WowAA32Node\\Khronos", NULL };

    if (c->options->mode != INF_MODE_H)
        return false;
    return !strcasecmp(root, "HKCR") || (!strcasecmp(root, "HKLM") && is_below_one(key, allowed));
}

/* What a universal INF may write outside HKR: COM classes and media transforms. */
static bool is_universal(const char *root, const char *key)
{
    static const char *const allowed[] = { "SOFTWARE\\Classes", "SOFTWARE\\Microsoft\\Windows Media Foundation",
                                           "SOFTWARE\\WOW6432Node\\Microsoft\\Windows Media Foundation",
                                           "SOFTWARE\\WOW3232Node\\Microsoft\\Windows Media Foundation", NULL };

    return !strcasecmp(root, "HKCR") || (!strcasecmp(root, "HKLM") && is_below_one(key, allowed));
}

static void check_absolute(struct checking *c, const char *root, const char *key, const char *name, const char *directive, int line)
{
    static const char *const closed[] = { "SAM", "SECURITY", "HARDWARE", NULL };
    bool machine = !strcasecmp(root, "HKLM"), com = is_below(key, "CLSID") && !strcasecmp(root, "HKCR");

    if (machine && is_below(key, "SYSTEM") && !is_below(key, "SYSTEM\\CurrentControlSet"))
        problem(c, 1222, line, "%s\\%.100s: below HKLM\\SYSTEM only CurrentControlSet may be changed", root, key);
    else if (machine && is_below_one(key, closed))
        problem(c, 1223, line, "%s\\%.100s may not be changed", root, key);
    if (!is_universal(root, key))
        problem(c, 1304, line, "%s to %s\\%.100s is a legacy operation; take HKR", directive, root, key);
    if (excepted(c, root, key))
        return;
    if (com)
        problem(c, 2660, line, "HKCR\\%.100s registers a COM class for all of Windows; it belongs below HKR", key);
    if (*name)
        problem(c, 1321, line, "%s\\%.100s, value '%.60s', is outside HKR", root, key, name);
    else
        problem(c, 1320, line, "%s\\%.100s is outside HKR", root, key);
}

/* HKR of a service: everything but Parameters is Windows'. */
static void check_service_key(struct checking *c, const char *key, const char *name, int line)
{
    static const char *const set_by_directives[] = { "Type", "Start", "ErrorControl", "ImagePath", "DisplayName", "Description", "Group", "Tag",
                                                     "ObjectName", "DependOnService", "DependOnGroup", NULL };

    if (!*key && one_of(name, set_by_directives))
        problem(c, 1430, line, "value '%.60s' of service %.60s is set by the directives of its section", name, c->service);
    if (!is_below(key, "Parameters"))
        problem(c, 1323, line, "service %.60s writes to %s'%.60s', which is not below Parameters", c->service, *key ? "key " : "value ",
                *key ? key : name);
}

/* --- what is written ----------------------------------------------------------------------------------------------- */

static bool is_byte(const char *text)
{
    size_t length;

    text += !strncasecmp(text, "0x", 2) ? 2 : 0;
    length = strlen(text);
    return length >= 1 && length <= 2 && strspn(text, "0123456789abcdefABCDEF") == length;
}

static void check_bytes(struct checking *c, const struct inf_line *line)
{
    for (int i = 4; i < line->count; i++)
        if (!is_byte(line->field[i]) && !(line->count == 5 && !*line->field[i])) {
            problem(c, 1267, line->number, "'%.60s' is no byte between 00 and FF", line->field[i]);
            break;
        }
}

static void check_number(struct checking *c, const struct inf_line *line, int bits)
{
    const char *text = inf_field(line, 4);
    unsigned long value;

    if (line->count == 5 && *text && (!number_of(text, &value) || (bits == 32 && value > 0xffffffffu && *text != '-')))
        problem(c, 1268, line->number, "'%.60s' is no number of %d bits", text, bits);
    else if (line->count > 5)
        check_bytes(c, line);
}

static void check_data(struct checking *c, const struct inf_line *line, unsigned long flags)
{
    unsigned long type = flags & TYPE_MASK, custom = flags >> 16;

    if ((flags & FLAG_APPEND) && type != TYPE_MULTI)
        problem(c, 1265, line->number, "value '%.60s' is appended to, but it is no list of strings (flags 0x%lx)", inf_field(line, 2), flags);
    if (type == TYPE_DWORD)
        check_number(c, line, 32);
    else if (type == TYPE_QWORD)
        check_number(c, line, 64);
    else if ((flags & 1) && custom == STRING_TYPE)
        problem(c, 1263, line->number, "flags 0x%lx give type %lu, which is a string's, to raw data", flags, custom);
    else if (type == TYPE_BINARY || type == TYPE_NONE || (flags & 1))
        check_bytes(c, line);
    else if (type != TYPE_SZ && type != TYPE_EXPAND && type != TYPE_MULTI)
        problem(c, 1264, line->number, "flags 0x%lx give type %lu, but not the flag for raw data (1)", flags, custom);
    if ((type == TYPE_SZ || type == TYPE_EXPAND) && line->count > 5)
        problem(c, 1201, line->number, "value '%.60s' has one string; '%.60s' is too much", inf_field(line, 2), inf_field(line, 5));
}

/* Paths that Windows may have resolved on another computer. */
static void check_paths(struct checking *c, const struct inf_line *line, unsigned long flags)
{
    for (int i = 4; i < line->count && !(flags & 1); i++) {
        const char *text = line->field[i];
        long dirid;

        if (dirid_of(text, &dirid) && dirid == 10)
            problem(c, 1257, line->number, "'%.100s' in a registry value: write %%%%SystemRoot%%%%, not the Windows directory", text);
        else if (dirid_of(text, &dirid) && (dirid == 11 || dirid == 12))
            problem(c, 1258, line->number, "'%.100s' in value '%.60s': write %%%%SystemRoot%%%%\\System32\\..., not directory %ld", text,
                    inf_field(line, 2), dirid);
        check_path_dirid(c, text, line->number);
    }
}

/* Values that Windows itself reads. docs: install/inf-addreg-directive (special keywords) */
static const struct {
    const char *name;
    unsigned long type;
} well_known[] = {
    { "DeviceCharacteristics", TYPE_DWORD }, { "DeviceType", TYPE_DWORD }, { "Exclusive", TYPE_DWORD }, { "EnumPropPages32", TYPE_SZ },
    { "LocationInformationOverride", TYPE_SZ }, { "ResourcePickerTags", TYPE_SZ }, { "ResourcePickerExceptions", TYPE_SZ },
};

static void check_filters(struct checking *c, const char *name, int line)
{
    if (strcasecmp(name, "UpperFilters") != 0 && strcasecmp(name, "LowerFilters") != 0)
        return;
    if (c->extension)
        problem(c, 1384, line, "%s in an extension: the order of filters is not told; write a .Filters section", name);
    problem(c, 1329, line, "%s: filters are added by a .Filters section, not by a value", name);
}

static void check_known_value(struct checking *c, const struct inf_line *line, unsigned long flags)
{
    static const char *const lists[] = { "UpperFilters", "LowerFilters", "CoInstallers32", NULL };
    static const char *const installers[] = { "CoInstallers32", "Installer32", NULL };
    const char *name = inf_field(line, 2);

    if (one_of(name, lists) && (flags & TYPE_MASK) != TYPE_MULTI)
        problem(c, 1225, line->number, "value '%.60s' must be a list of strings (0x00010000)", name);
    if (one_of(name, installers))
        problem(c, 1303, line->number, "%s: co-installers and class installers are not run any more", name);
    check_filters(c, name, line->number);
    for (size_t i = 0; i < countof(well_known); i++)
        if (!strcasecmp(name, well_known[i].name) && (flags & TYPE_MASK) != well_known[i].type)
            problem(c, 1431, line->number, "value '%.60s' has flags 0x%lx; Windows reads it as 0x%08lx", name, flags, well_known[i].type);
}

/* What all of Windows shares: values outside HKR, and those of services. */
static void set_value(struct checking *c, const struct inf_section *section, const struct inf_line *line)
{
    const char *root = inf_field(line, 0), *key = inf_field(line, 1), *name = inf_field(line, 2);
    bool relative = !strcasecmp(root, "HKR");
    struct set_by by = { .code = relative ? 1332 : 1331, .line = line->number, .section = section };

    if ((relative && !c->service) || line->count < 3)
        return;
    for (int i = 3; i < line->count; i++)
        by.content = by.content * 1000003 + inf_hash(line->field[i], strlen(line->field[i]));
    sets(c, &by, "%s\\%s\\%s%s%s", root, key, name, relative ? " of service " : "", relative ? c->service : "");
}

static void check_added(struct checking *c, const struct inf_section *section, const struct inf_line *line, unsigned long flags)
{
    const char *key = inf_field(line, 1), *name = inf_field(line, 2);

    if (flags & FLAG_DELETE) {
        problem(c, 1308, line->number, "flag 4 of value '%.60s' deletes; Windows itself removes what it installed", name);
        return;
    }
    if (flags & FLAG_APPEND)
        problem(c, 1305, line->number, "%.60s\\%.60s is appended to; the outcome depends on who was there before", key, name);
    if ((flags & FLAG_KEY_ONLY) || line->count < 3)
        return;
    check_data(c, line, flags);
    check_paths(c, line, flags);
    if (!*key && !c->service)
        check_known_value(c, line, flags);
    check_class_value(c, line);
    set_value(c, section, line);
}

static void check_deleted(struct checking *c, const struct inf_line *line, unsigned long flags)
{
    if ((flags & DELETE_STRING) == DELETE_STRING) {
        if (!*inf_field(line, 4))
            problem(c, 1266, line->number, "value '%.60s': no string is named that should be deleted from the list", inf_field(line, 2));
        problem(c, 1305, line->number, "%.60s\\%.60s: a string is deleted from a list; the outcome depends on who was there before",
                inf_field(line, 1), inf_field(line, 2));
    } else {
        problem(c, 1308, line->number, "DelReg deletes %s\\%.100s; Windows itself removes what it installed", inf_field(line, 0), inf_field(line, 1));
    }
}

static void check_bits(struct checking *c, const struct inf_line *line)
{
    problem(c, 1308, line->number, "BitReg changes bits of a value that may be of any content");
    if (line->count < 6)
        problem(c, 1085, line->number, "an entry of BitReg reads: root, key, value, flags, mask, byte");
    else if (!is_byte(inf_field(line, 4)))
        problem(c, 1262, line->number, "mask '%.60s' is no byte", inf_field(line, 4));
}

/* Values right below HKR have the security of the key. */
static void check_security(struct checking *c, const struct inf_section *section)
{
    char name[300];
    const struct inf_section *security;

    snprintf(name, sizeof name, "%.255s.Security", section->name);
    security = inf_section(c->inf, name);
    for (int i = 0; security && i < section->count; i++)
        if (!strcasecmp(inf_field(&section->line[i], 0), "HKR") && !*inf_field(&section->line[i], 1)) {
            problem(c, 1226, section->line[i].number, "value '%.60s' right below HKR cannot have the security of [%.100s]",
                    inf_field(&section->line[i], 2), name);
            break;
        }
}

static void check_line(struct checking *c, const struct inf_section *section, const struct inf_line *line, enum inf_kind kind)
{
    static const char *const names[] = { "AddReg", "DelReg", "BitReg" };
    const char *root = inf_field(line, 0), *key = inf_field(line, 1), *name = inf_field(line, 2);
    unsigned long flags = 0;

    if (line->key || !is_root(root)) {
        problem(c, 1224, line->number, "'%.60s' is no root of the registry; there are HKCR, HKCU, HKLM, HKU and HKR", line->key ? line->key : root);
        return;
    }
    if (*inf_field(line, 3) && !number_of(inf_field(line, 3), &flags)) {
        problem(c, 1268, line->number, "the flags '%.60s' are no number", inf_field(line, 3));
        return;
    }
    if (strcasecmp(root, "HKR") != 0)
        check_absolute(c, root, key, name, names[kind - KIND_ADD_REG], line->number);
    else if (c->service && kind == KIND_ADD_REG)
        check_service_key(c, key, name, line->number);
    if (strchr(key, '\\') || (*key | 0x20) == 'c')
        check_class_key(c, key, line->number);
    if (kind == KIND_ADD_REG)
        check_added(c, section, line, flags);
    else if (kind == KIND_DEL_REG)
        check_deleted(c, line, flags);
    else
        check_bits(c, line);
}

void check_registry(struct checking *c, const struct inf_section *section, enum inf_kind kind)
{
    struct note *note = note_of(c, section);
    bool *walked = c->service ? &note->walked_service : &note->walked;

    if (*walked)
        return;
    *walked = true;
    if (kind == KIND_ADD_REG)
        check_security(c, section);
    for (int i = 0; i < section->count; i++)
        check_line(c, section, &section->line[i], kind);
}
