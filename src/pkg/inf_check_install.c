/* DDInstall and the sections below its name. docs: install/inf-ddinstall-section, install/using-a-universal-inf-file,
 * install/summary-of-inf-directives */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

static const char *const suffixes[] = { "HW", "Services", "CoInstallers", "Interfaces", "LogConfigOverride", "WMI", "Wdf", "Filters",
                                        "Events", "Components", "Software", "COM", "FactDef", "Power", "NetworkInterfaces", "Remove",
                                        "NetworkProvider", "PrintProvider", "Winsock", "NetDrivers", NULL };

/* Every [NAME.SUFFIX] is hung on [NAME], so that a walk need not guess. */
void link_parts(struct checking *c)
{
    struct inf_section **by_index = calloc((size_t)c->inf->section_count + 1, sizeof *by_index);

    if (!by_index)
        abort();
    for (struct inf_section *section = c->inf->sections; section; section = section->next) {
        const char *dot = strrchr(section->name, '.');
        const struct inf_section *base = dot && one_of(dot + 1, suffixes) ? inf_index_find(c->inf, section->name, (size_t)(dot - section->name))
                                                                          : NULL;
        const struct inf_line *include = section->count < 1000 ? inf_line(section, "Include", NULL) : NULL;

        by_index[section->index] = section;
        for (int i = 0; include && i < include->count && !c->has_siblings; i++)
            c->has_siblings = inf_sibling(c->inf, include->field[i]) != NULL;
        if (base) {
            c->note[section->index].next_part = note_of(c, base)->part;
            note_of(c, base)->part = section->index + 1;
        }
    }
    c->section = by_index;
}

static const struct inf_section *first_part(struct checking *c, const struct inf_section *section)
{
    int part = note_of(c, section)->part;

    return part ? c->section[part - 1] : NULL;
}

static const struct inf_section *next_part(struct checking *c, const struct inf_section *part)
{
    int next = note_of(c, part)->next_part;

    return next ? c->section[next - 1] : NULL;
}

const struct inf_section *part_of(struct checking *c, const struct inf_section *section, const char *suffix)
{
    const struct inf_section *part = first_part(c, section);

    while (part && strcasecmp(strrchr(part->name, '.') + 1, suffix) != 0)
        part = next_part(c, part);
    return part;
}

void use_parts(struct checking *c, const struct inf_section *section)
{
    for (const struct inf_section *part = first_part(c, section); part; part = next_part(c, part))
        use(c, part);
}

/* --- directives ------------------------------------------------------------------------------------------------------ */

static void each_registry(struct checking *c, const struct inf_line *line, enum inf_kind kind)
{
    for (int i = 0; i < line->count; i++) {
        const struct inf_section *values = !*line->field[i] && line->count > 1 ? NULL : refer(c, line->key, kind, line->field[i], line->number);
        char name[300];

        if (!values)
            continue;
        snprintf(name, sizeof name, "%.255s.Security", values->name);
        use(c, inf_section(c->inf, name));
        check_registry(c, values, kind);
    }
}

void check_registry_directives(struct checking *c, const struct inf_section *section)
{
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];

        if (!line->key)
            continue;
        if (!strcasecmp(line->key, "AddReg"))
            each_registry(c, line, KIND_ADD_REG);
        else if (!strcasecmp(line->key, "DelReg"))
            each_registry(c, line, KIND_DEL_REG);
        else if (!strcasecmp(line->key, "BitReg"))
            each_registry(c, line, KIND_BIT_REG);
    }
}

/* docs: install/inf-addproperty-directive, install/inf-delproperty-directive */
static void check_property(struct checking *c, const struct inf_line *line, enum inf_kind kind)
{
    static const char *const names[] = { "DeviceModel", "DeviceVendorWebsite", "DeviceDetailedDescription", "DeviceDocumentationLink",
                                         "DeviceIcon", "DeviceBrandingIcon", "ContainerModelName", "ContainerManufacturer",
                                         "ContainerCategories", "ContainerIcon", NULL };
    const char *name = line->key ? line->key : inf_field(line, 0);
    unsigned long number;

    if (one_of(name, names)) {
        if (kind == KIND_ADD_PROPERTY && line->count < 5)
            problem(c, 1085, line->number, "property %s has no value", name);
        return;
    }
    if (!is_guid_text(name)) {
        problem(c, 1019, line->number, "'%.60s' is neither the name of a property nor a category's GUID", name);
        return;
    }
    if (!number_of(inf_field(line, 1), &number) || number < 2)
        problem(c, 1081, line->number, "'%.40s' is no property identifier; those begin with 2", inf_field(line, 1));
    if (kind == KIND_ADD_PROPERTY && line->count < 5)
        problem(c, 1085, line->number, "a property reads: {category}, identifier, type, flags, value");
    else if (kind == KIND_ADD_PROPERTY && !number_of(inf_field(line, 2), &number))
        problem(c, 1081, line->number, "'%.40s' is no type of a property", inf_field(line, 2));
}

static void each_property(struct checking *c, const struct inf_line *line, enum inf_kind kind)
{
    for (int i = 0; i < line->count; i++) {
        const struct inf_section *section = refer(c, line->key, kind, line->field[i], line->number);

        if (!section || note_of(c, section)->walked)
            continue;
        note_of(c, section)->walked = true;
        for (int k = 0; k < section->count; k++)
            check_property(c, &section->line[k], kind);
    }
    if (kind == KIND_DEL_PROPERTY)
        problem(c, 1308, line->number, "DelProperty deletes; Windows itself removes what it installed");
}

static void add_property(struct checking *c, const struct inf_line *line) { each_property(c, line, KIND_ADD_PROPERTY); }
static void del_property(struct checking *c, const struct inf_line *line) { each_property(c, line, KIND_DEL_PROPERTY); }
static void del_files(struct checking *c, const struct inf_line *line) { check_file_list(c, line, "DelFiles", KIND_DELETE); }
static void ren_files(struct checking *c, const struct inf_line *line) { check_file_list(c, line, "RenFiles", KIND_RENAME); }
static void nothing(struct checking *c, const struct inf_line *line) { (void)c; (void)line; }

/* docs: install/inf-copyinf-directive */
static void copy_inf(struct checking *c, const struct inf_line *line)
{
    for (int i = 0; i < line->count; i++) {
        const char *dot = strrchr(line->field[i], '.');

        if (!*line->field[i])
            problem(c, 1006, line->number, "CopyINF names no INF");
        else if (!dot || strcasecmp(dot, ".inf") != 0)
            problem(c, 1110, line->number, "CopyINF takes INF files; '%.100s' is none", line->field[i]);
    }
}

/* One byte, hexadecimal with or without 0x. docs: install/inf-featurescore-directive */
static void feature_score(struct checking *c, const struct inf_line *line)
{
    const char *text = inf_field(line, 0);
    char *end;
    unsigned long score = strtoul(text, &end, 16);

    if (!*text)
        problem(c, 1006, line->number, "FeatureScore has no value");
    else if (end == text || *end || score > 0xff)
        problem(c, 1245, line->number, "FeatureScore '%.40s' is no byte between 00 and FF", text);
}

static void driver_version(struct checking *c, const struct inf_line *line)
{
    if (*inf_field(line, 1) && !c->options->before_stamping)
        check_version_text(c, "DriverVer", inf_field(line, 1), line->number);
}

/* Names sections, but what those say is not installed any more. */
static void legacy_directive(struct checking *c, const struct inf_line *line)
{
    for (int i = 0; i < line->count; i++)
        use(c, inf_section(c->inf, line->field[i]));
    problem(c, 1300, line->number, "%s is a legacy directive", line->key);
}

static void legacy_operation(struct checking *c, const struct inf_line *line)
{
    for (int i = 0; i < line->count; i++)
        use(c, inf_section(c->inf, line->field[i]));
    problem(c, 1301, line->number, "%s is a legacy operation", line->key);
}

/* RegisterDlls and UnregisterDlls: dirid, subdirectory, file, ... */
static void legacy_files(struct checking *c, const struct inf_line *line)
{
    for (int i = 0; i < line->count; i++) {
        const struct inf_section *section = refer(c, line->key, KIND_LEGACY, line->field[i], line->number);

        for (int k = 0; section && k < section->count; k++)
            problem(c, 1302, section->line[k].number, "%s for '%.100s' is a legacy operation", line->key, inf_field(&section->line[k], 2));
    }
}

static void reboot(struct checking *c, const struct inf_line *line)
{
    problem(c, 2004, line->number, "Reboot asks the user to restart Windows; drivers do without");
}

static void exclude_id(struct checking *c, const struct inf_line *line)
{
    if (!*inf_field(line, 0))
        problem(c, 1006, line->number, "ExcludeID names no device");
    if (c->extension)
        problem(c, 1382, line->number, "an extension has no ExcludeID");
}

static void feature_score_of_base(struct checking *c, const struct inf_line *line)
{
    feature_score(c, line);
    if (c->extension)
        problem(c, 1382, line->number, "an extension has no FeatureScore; the base driver is ranked, not what is added to it");
}

static const struct {
    const char *name;
    void (*check)(struct checking *c, const struct inf_line *line);
} directives[] = {
    { "CopyFiles", check_copy }, { "DelFiles", del_files }, { "RenFiles", ren_files }, { "AddProperty", add_property },
    { "DelProperty", del_property }, { "CopyINF", copy_inf }, { "FeatureScore", feature_score_of_base }, { "DriverVer", driver_version },
    { "LogConfig", legacy_directive }, { "UpdateInis", legacy_operation }, { "UpdateIniFields", legacy_operation },
    { "Ini2Reg", legacy_operation }, { "ProfileItems", legacy_operation }, { "RegisterDlls", legacy_files },
    { "UnregisterDlls", legacy_files }, { "ExcludeId", exclude_id }, { "Include", nothing }, { "Needs", nothing }, { "AddReg", nothing },
    { "DelReg", nothing }, { "BitReg", nothing },
};

/* What belongs into the services' or another part, not here. */
static const char *const elsewhere[] = { "AddService", "DelService", "AddInterface", "AddFilter", "AddComponent", "AddSoftware",
                                         "AddEventProvider", "AddAutoLogger", "UpdateAutoLogger", "AddComServer", "KmdfService", "UmdfService",
                                         "UmdfServiceOrder", NULL };

static void check_directives(struct checking *c, const struct inf_section *section)
{
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];

        if (!line->key) {
            if (!strcasecmp(inf_field(line, 0), "Reboot"))
                reboot(c, line);
            continue;
        }
        for (size_t k = 0; k < countof(directives); k++)
            if (((line->key[0] ^ directives[k].name[0]) & 0x5f) == 0 && !strcasecmp(line->key, directives[k].name)) {
                directives[k].check(c, line);
                break;
            }
        if ((line->key[0] | 0x20) == 'a' || (line->key[0] | 0x20) == 'd' || (line->key[0] | 0x20) == 'k' || (line->key[0] | 0x20) == 'u')
            if (one_of(line->key, elsewhere))
                problem(c, 1290, line->number, "%s does not belong in [%.200s] itself, but in one of the sections below its name", line->key,
                        section->name);
    }
    check_registry_directives(c, section);
}

/* --- parts ------------------------------------------------------------------------------------------------------------- */

static void legacy_part(struct checking *c, const struct inf_section *part)
{
    problem(c, 1300, part->number, "[%.200s] is a legacy section", part->name);
}

/* [X.CoInstallers] registers DLLs that run while the driver is installed. docs: install/inf-ddinstall-coinstallers-section */
static void co_installers(struct checking *c, const struct inf_section *part)
{
    problem(c, 1303, part->number, "[%.200s]: co-installers are not run any more", part->name);
    check_directives(c, part);
}

/* The services that go with a network component. docs: network/remove-section-in-a-network-inf-file */
static void use_removed_services(struct checking *c, const struct inf_section *section)
{
    char name[300];
    size_t length = (size_t)snprintf(name, sizeof name, "%.255s.Remove.Services", section->name);
    const struct inf_section *services = inf_index_find(c->inf, name, length);

    if (services)
        use(c, services);
}

static void walk_part(struct checking *c, const struct inf_section *part)
{
    const char *suffix = strrchr(part->name, '.') + 1;

    use(c, part);
    if (!strcasecmp(suffix, "Services"))
        return;
    if (!strcasecmp(suffix, "LogConfigOverride") || !strcasecmp(suffix, "FactDef"))
        legacy_part(c, part);
    else if (!strcasecmp(suffix, "CoInstallers"))
        co_installers(c, part);
    else if (!strcasecmp(suffix, "Wdf"))
        check_wdf(c, part);
    else if (!strcasecmp(suffix, "HW") || !strcasecmp(suffix, "Remove"))
        check_directives(c, part);
    else
        check_part(c, part, suffix);
    check_needs(c, part, suffix);
}

bool check_install(struct checking *c, const struct inf_section *section)
{
    struct note *note = note_of(c, section);
    const struct inf_section *services = part_of(c, section, "Services");
    bool needs;

    if (note->walked)
        return note->has_service;
    note->walked = true;
    if (note->kind == KIND_NONE)
        note->kind = KIND_INSTALL;
    c->install = section;
    use(c, section);
    check_directives(c, section);
    needs = check_needs(c, section, "");
    for (const struct inf_section *part = first_part(c, section); part; part = next_part(c, part))
        walk_part(c, part);
    if (services) {
        note->has_service = check_services(c, services);
        note->has_service |= check_needs(c, services, "Services");
    }
    if (c->network) {
        check_network_install(c, section);
        use_removed_services(c, section);
    }
    if (c->effect)
        check_effect(c, section);
    c->effect = NULL;
    if (!services && needs && (is_class(c, "Image") || is_class(c, "Camera")))
        note->has_service = true;       /* the class' own INF names the service in the section itself */
    c->install = NULL;
    return note->has_service;
}

/* --- classes ----------------------------------------------------------------------------------------------------------- */

/* {class of interfaces} = section [, 0]. docs: install/inf-interfaceinstall32-section */
static void check_interface_class(struct checking *c, const struct inf_line *line)
{
    const char *guid = line->key ? line->key : "";
    const struct inf_section *section;
    unsigned long flags;

    if (!is_guid_text(guid))
        problem(c, 1019, line->number, "'%.60s' in [InterfaceInstall32] is no GUID of a class", guid);
    if (*inf_field(line, 1) && (!number_of(inf_field(line, 1), &flags) || flags != 0))
        problem(c, 1083, line->number, "[InterfaceInstall32] has flags '%.40s' on %.60s; they are 0", inf_field(line, 1), guid);
    section = refer(c, "InterfaceInstall32", KIND_INTERFACE, inf_field(line, 0), line->number);
    if (section && !note_of(c, section)->walked) {
        note_of(c, section)->walked = true;
        check_interface_section(c, section);
    }
}

static bool is_for_all(const char *name, const char *base)
{
    size_t length = strlen(base);

    return !strncasecmp(name, base, length) && (name[length] == 0 || (!strncasecmp(name + length, ".NT", 3) && !strchr(name + length + 1, '.')));
}

void check_classes(struct checking *c)
{
    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next) {
        bool interfaces = is_for_all(section->name, "InterfaceInstall32");

        if (!interfaces && !is_for_all(section->name, "ClassInstall32"))
            continue;
        use(c, section);
        c->install = section;
        installs_on(c, section, window_of(c, "*", 0, NEVER));
        for (int i = 0; interfaces && i < section->count; i++)
            check_interface_class(c, &section->line[i]);
        if (!interfaces) {
            check_directives(c, section);
            for (const struct inf_section *part = first_part(c, section); part; part = next_part(c, part))
                walk_part(c, part);
        }
        c->install = NULL;
    }
}
