/* [Manufacturer], Models, DDInstall and the sections that hang on it; [DefaultInstall]. docs: install/inf-manufacturer-section,
 * install/inf-models-section, install/inf-ddinstall-section, develop/creating-a-primitive-driver */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

/* --- DDInstall ----------------------------------------------------------------------------------------------------- */

static void check_reg_directive(struct checking *c, const struct inf_section *section, const char *directive, const char *service)
{
    const struct inf_line *line = NULL;

    while ((line = inf_line(section, directive, line)) != NULL)
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *values = refer(c, directive, line->field[i], line->number);

            if (values)
                check_registry(c, values, service, !strcasecmp(directive, "DelReg"));
        }
}

static void check_needs(struct checking *c, const struct inf_section *section)
{
    const struct inf_line *line = NULL;
    bool included = inf_line(section, "Include", NULL) != NULL;

    while ((line = inf_line(section, "Needs", line)) != NULL)
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *needed = inf_section(c->inf, line->field[i]);

            use(c, needed);
            if (!needed && !included)
                problem(c, inf_section(c->inf, "Version") ? 2651 : 1315, line->number,
                        "Needs = %.100s is not here, and no Include says where it is", line->field[i]);
        }
}

static void check_legacy(struct checking *c, const struct inf_section *section)
{
    static const char *const legacy[] = { "RenFiles", "UpdateInis", "UpdateIniFields", "Ini2Reg", "RegisterDlls", "UnregisterDlls",
                                          "ProfileItems", "LogConfig", "CoInstallers32", "DriverDatabase", "ExcludeId" };

    for (int i = 0; i < section->count; i++)
        for (size_t k = 0; section->line[i].key && k < countof(legacy); k++)
            if (!strcasecmp(section->line[i].key, legacy[k]))
                problem(c, 1300, section->line[i].number, "%s is a legacy directive", legacy[k]);
}

/* The sections that a DDInstall section has below its name. */
static void use_parts(struct checking *c, const char *base)
{
    static const char *const parts[] = { "HW", "Services", "CoInstallers", "Interfaces", "LogConfigOverride", "WMI", "Wdf", "Filters",
                                         "Events", "Components", "Software", "COM", "FactDef", "Power", "NetworkInterfaces", "Remove", "Remove.Services" };
    char name[400];

    for (size_t i = 0; i < countof(parts); i++) {
        const struct inf_section *section;
        const struct inf_line *line = NULL;

        snprintf(name, sizeof name, "%.255s.%s", base, parts[i]);
        section = inf_section(c->inf, name);
        use(c, section);
        if (!section)
            continue;
        check_reg_directive(c, section, "AddReg", NULL);
        if (!strcmp(parts[i], "CoInstallers"))
            problem(c, 1300, section->number, "[%s]: co-installers are legacy", section->name);
        while (!strcmp(parts[i], "Wdf") && (line = inf_line(section, "KmdfService", line)) != NULL)
            refer(c, "KmdfService", inf_field(line, 1), line->number);
        while (!strcmp(parts[i], "Filters") && (line = inf_line(section, "AddFilter", line)) != NULL)
            refer(c, "AddFilter", inf_field(line, 2), line->number);
        while (!strcmp(parts[i], "Interfaces") && (line = inf_line(section, "AddInterface", line)) != NULL) {
            const struct inf_section *added = *inf_field(line, 2) ? refer(c, "AddInterface", inf_field(line, 2), line->number) : NULL;

            if (added)
                check_reg_directive(c, added, "AddReg", NULL);
        }
        check_needs(c, section);
    }
}

/* A modifying lightweight filter says its class. docs: network/configuring-an-inf-file-for-a-modifying-filter-driver */
static void check_filter(struct checking *c, const struct inf_section *install)
{
    const struct inf_line *line = NULL;
    bool modifying = false, class = false;
    int number = install->number;

    while ((line = inf_line(install, "AddReg", line)) != NULL)
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *values = inf_section(c->inf, line->field[i]);

            for (int k = 0; values && k < values->count; k++) {
                const char *name = inf_field(&values->line[k], 2);
                unsigned long type = 0;

                if (!strcasecmp(name, "FilterType") && number_of(inf_field(&values->line[k], 4), &type) && type == 2) {
                    modifying = true;
                    number = values->line[k].number;
                }
                class |= !strcasecmp(name, "FilterClass") && *inf_field(&values->line[k], 4);
            }
        }
    if (modifying && !class)
        problem(c, 2418, number, "a modifying filter needs a FilterClass");
}

/* Whether a service is there for the device. */
static bool check_install(struct checking *c, const struct inf_section *section)
{
    const struct inf_line *line = NULL;
    const struct inf_section *services;
    char name[400];

    use(c, section);
    while ((line = inf_line(section, "CopyFiles", line)) != NULL)
        check_copy(c, line);
    while ((line = inf_line(section, "DelFiles", line)) != NULL)
        for (int i = 0; i < line->count; i++)
            refer(c, "DelFiles", line->field[i], line->number);
    check_reg_directive(c, section, "AddReg", NULL);
    check_reg_directive(c, section, "DelReg", NULL);
    check_needs(c, section);
    check_legacy(c, section);
    check_filter(c, section);
    use_parts(c, section->name);
    snprintf(name, sizeof name, "%.255s.Services", section->name);
    services = inf_section(c->inf, name);
    return services && check_services(c, services);
}

/* --- models -------------------------------------------------------------------------------------------------------- */

static bool known_architecture(const char *text, size_t length)
{
    static const char *const known[] = { "", "x86", "amd64", "ia64", "arm", "arm64" };

    for (size_t i = 0; i < countof(known); i++)
        if (strlen(known[i]) == length && !strncasecmp(text, known[i], length))
            return true;
    return false;
}

static void check_decoration(struct checking *c, const char *decoration, const char *models, int line)
{
    const char *at = decoration + 2, *dot;
    unsigned major = 0, minor = 0, build = 0;

    if (strstr(decoration, "$ARCH$")) {
        if (!c->options->before_stamping)
            problem(c, 1274, line, "$ARCH$ in '%.60s' was not stamped; run ring3 inf stamp", decoration);
        return;
    }
    dot = strchr(at, '.');
    if (strncasecmp(decoration, "NT", 2) != 0 || !known_architecture(at, dot ? (size_t)(dot - at) : strlen(at)) ||
        (dot && strspn(dot, ".0123456789xXabcdefABCDEF") != strlen(dot))) {
        problem(c, 1287, line, "'%.60s' is no decoration of Models section %.60s", decoration, models);
        return;
    }
    if (dot && sscanf(dot, ".%u.%u...%u", &major, &minor, &build) == 3 && (major < 10 || build < 14310))
        problem(c, 1288, line, "'%.60s' has a build number; those begin with 10.0.14310", decoration);
}

static bool same_entry(const struct inf_line *a, const struct inf_line *b)
{
    if (a->count != b->count || !a->key || !b->key || strcasecmp(a->key, b->key) != 0)
        return false;
    for (int i = 0; i < a->count; i++)
        if (strcasecmp(a->field[i], b->field[i]) != 0)
            return false;
    return true;
}

static bool is_network_component(const struct checking *c)
{
    static const char *const classes[] = { "NetTrans", "NetService", "NetClient" };

    for (size_t i = 0; i < countof(classes); i++)
        if (!strcasecmp(inf_version(c->inf, "Class"), classes[i]))
            return true;
    return false;
}

/* Puts line i into the table of those before it; true when one of them says the same. */
static bool stands_twice(const struct inf_section *models, int i, int *seen, size_t slots)
{
    const struct inf_line *line = &models->line[i];
    const char *text = line->key ? line->key : "";
    size_t slot = inf_hash(text, strlen(text));

    for (int k = 0; k < line->count; k++)
        slot = slot * 31 + inf_hash(line->field[k], strlen(line->field[k]));
    for (slot %= slots; seen[slot] != 0; slot = (slot + 1) % slots)
        if (same_entry(line, &models->line[seen[slot] - 1]))
            return true;
    seen[slot] = i + 1;
    return false;
}

/* The number of hardware IDs. */
static int check_models(struct checking *c, const struct inf_section *models)
{
    size_t slots = (size_t)models->count * 2 + 1;
    int ids = 0, *seen = calloc(slots, sizeof *seen);

    if (!seen)
        abort();

    for (int i = 0; i < models->count; i++) {
        const struct inf_line *line = &models->line[i];
        const char *install = inf_field(line, 0);
        const struct inf_section *section;

        if (stands_twice(models, i, seen, slots))
            problem(c, 1294, line->number, "model '%.60s' stands twice in [%.100s]", line->key, models->name);
        if (!line->key || !*install) {
            problem(c, 1271, line->number, "a model reads: description = install section, hardware ID");
            continue;
        }
        ids += line->count > 1;
        section = inf_decorated(c->inf, install);
        if (!section)
            problem(c, 1203, line->number, "model '%.60s': there is no install section [%.100s]", line->key, install);
        else if (!is_used(c, section) && !check_install(c, section) && line->count > 1 && !is_network_component(c))
            problem(c, 1296, line->number, "%.60s has no service in [%.100s.Services]", inf_field(line, 1), section->name);
    }
    free(seen);
    return ids;
}

/* One Models section of a [Manufacturer] entry; decoration is "" for the undecorated one. */
static int check_decorated(struct checking *c, const char *base, const char *decoration, int line)
{
    const struct inf_section *models;
    char name[600];

    if (*decoration)
        check_decoration(c, decoration, base, line);
    snprintf(name, sizeof name, "%.255s%s%.255s", base, *decoration ? "." : "", decoration);
    models = inf_section(c->inf, name);
    if (!models)
        problem(c, 1203, line, "[Manufacturer]: there is no Models section [%.200s]", name);
    use(c, models);
    return models ? check_models(c, models) : 0;
}

/* Major, minor and build of a decoration as one number. */
static unsigned long version_of(const char *decoration)
{
    const char *dot = strchr(decoration, '.');
    unsigned major = 0, minor = 0, build = 0;

    if (dot && sscanf(dot, ".%u.%u...%u", &major, &minor, &build) < 2)
        sscanf(dot, ".%u", &major);
    return ((unsigned long)major * 256 + minor) * 1000000 + build;
}

/* The newest Windows' section first: the sections that only older ones use are judged more mildly. */
static int check_manufacturer_line(struct checking *c, const struct inf_line *line)
{
    const char *base = inf_field(line, 0);
    unsigned long newest = 0;
    int ids = 0;

    if (!*base) {
        problem(c, 1011, line->number, "[Manufacturer] entry '%.60s' names no Models section", line->key ? line->key : "");
        return 0;
    }
    if (line->count == 1)
        return check_decorated(c, base, "", line->number);
    for (int i = 1; i < line->count; i++)
        newest = version_of(line->field[i]) > newest ? version_of(line->field[i]) : newest;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 1; i < line->count; i++) {
            c->superseded = version_of(line->field[i]) < newest;
            if (c->superseded == (pass == 1))
                ids += check_decorated(c, base, line->field[i], line->number);
        }
    c->superseded = false;
    return ids;
}

void check_manufacturer(struct checking *c)
{
    const struct inf_section *section = inf_section(c->inf, "Manufacturer");
    int ids = 0;

    for (int i = 0; section && i < section->count; i++)
        ids += check_manufacturer_line(c, &section->line[i]);
    if (section && ids == 0)
        problem(c, 1297, section->number, "no hardware ID at all; a driver without device is a primitive driver ([DefaultInstall.NTamd64])");
}

/* --- primitive drivers ---------------------------------------------------------------------------------------------- */

static bool is_base(const char *name, const char *base)
{
    return !strncasecmp(name, base, strlen(base)) && (name[strlen(base)] == 0 || name[strlen(base)] == '.');
}

static bool has_architecture(const char *name, const char *base)
{
    return !strncasecmp(name + strlen(base), ".NT", 3) && known_architecture(name + strlen(base) + 3, strcspn(name + strlen(base) + 3, ".")) &&
           strcspn(name + strlen(base) + 3, ".") > 0;
}

static bool is_part(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && (!strcasecmp(dot, ".Services") || !strcasecmp(dot, ".Wdf") || !strcasecmp(dot, ".Events") || !strcasecmp(dot, ".Filters"));
}

void check_default_install(struct checking *c)
{
    bool install = false, uninstall = false;

    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next) {
        bool in = is_base(section->name, "DefaultInstall"), out = is_base(section->name, "DefaultUninstall");
        const struct inf_line *line;

        if ((!in && !out) || is_part(section->name))
            continue;
        install |= in;
        uninstall |= out;
        if (strstr(section->name, "$ARCH$")) {
            if (!c->options->before_stamping)
                problem(c, 1274, section->number, "$ARCH$ in [%.100s] was not stamped; run ring3 inf stamp", section->name);
        } else if (!has_architecture(section->name, in ? "DefaultInstall" : "DefaultUninstall"))
            problem(c, 1421, section->number, "[%s] needs an architecture: [%s.NTamd64]", section->name, in ? "DefaultInstall" : "DefaultUninstall");
        line = inf_line(section, "LegacyUninstall", NULL);
        if (out && strcmp(inf_field(line, 0), "1") != 0)
            problem(c, 1422, section->number, "[%s] needs LegacyUninstall = 1, so that newer Windows leaves it alone", section->name);
        if (in)
            check_install(c, section);
    }
    if (install && inf_section(c->inf, "Manufacturer"))
        problem(c, 1212, inf_section(c->inf, "Manufacturer")->number, "an INF has [Manufacturer] or [DefaultInstall], not both");
    if (!install && uninstall && !inf_section(c->inf, "Manufacturer"))
        problem(c, 1423, 0, "a primitive driver needs [DefaultInstall.NTamd64]");
}
