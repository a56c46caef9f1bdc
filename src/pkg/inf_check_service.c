/* DDInstall.Services. docs: install/inf-addservice-directive, install/inf-delservice-directive, devtest/inf-verif-error-2084 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define ASSOCIATED 0x2u
#define FLAGS 0x7ffffu                  /* SPSVCINST_ flags that are defined */
#define START_SERVICE 0x800u

enum { BOOT_START, SYSTEM_START, AUTO_START, DEMAND_START, DISABLED };

static bool is_driver_type(unsigned long type)
{
    return type == 1 || type == 2 || type == 8;
}

static unsigned long number_in(const struct inf_section *section, const char *key, unsigned long fallback)
{
    unsigned long value;

    return number_of(inf_field(inf_line(section, key, NULL), 0), &value) ? value : fallback;
}

static void check_number(struct checking *c, const struct inf_section *section, const char *key, const char *allowed)
{
    const struct inf_line *line = inf_line(section, key, NULL);
    unsigned long value;
    char text[24];

    if (!line) {
        problem(c, 1013, section->number, "[%.100s] has no %s", section->name, key);
        return;
    }
    snprintf(text, sizeof text, " %lu ", number_of(inf_field(line, 0), &value) ? value : 9999);
    if (!strstr(allowed, text))
        problem(c, 1014, line->number, "%s = %.40s in [%.100s] is impossible", key, inf_field(line, 0), section->name);
}

/* ServiceBinary is a command line: a path between quotes or up to a space, then arguments. NULL when a quote stays open. */
static const char *path_of(struct checking *c, const char *command)
{
    const char *end = *command == '"' ? strchr(command + 1, '"') : command + strcspn(command, " \t");

    command += *command == '"';
    return end ? inf_copy(c->inf, command, (size_t)(end - command)) : NULL;
}

static void check_binary(struct checking *c, const struct inf_section *section, const char *service)
{
    static const char *const of_windows[] = { "WUDFRd.sys", "mshidkmdf.sys", NULL };
    static const char *const homes[] = { "wudfrd.inf", "mshidkmdf.inf" };
    const struct inf_line *line = inf_line(section, "ServiceBinary", NULL);
    const char *path = path_of(c, inf_field(line, 0)), *file = path ? file_part(path) : "";
    long dirid;

    if (!line) {
        problem(c, 1013, section->number, "[%.100s] has no ServiceBinary", section->name);
        return;
    }
    if (!path || !*file) {
        problem(c, 1254, line->number, "ServiceBinary '%.100s' of service %.60s names no file", inf_field(line, 0), service);
        return;
    }
    if (!dirid_of(path, &dirid))
        problem(c, 2085, line->number, "ServiceBinary '%.100s' does not begin with a directory number, %%13%%\\ say", path);
    else if (one_of(file, of_windows))
        problem(c, 2650, line->number, "%.60s is Windows': include %s and need its section", file, homes[strcasecmp(file, of_windows[0]) != 0]);
    else
        must_be_copied(c, section, file, line->number);
    check_path_dirid(c, path, line->number);
    if (c->display && number_in(section, "ServiceType", 0) == 1 && (!dirid_of(path, &dirid) || dirid != 13))
        problem(c, 2600, line->number, "ServiceBinary '%.100s' of a display driver must be below %%13%%", path);
}

/* Keys that only drivers, or only services of user mode, have. */
static void check_types(struct checking *c, const struct inf_section *section)
{
    static const char *const for_programs[] = { "RequiredPrivileges", "ServiceSidType", "DelayedAutoStart", "AddTrigger", "FailureActions", NULL };
    unsigned long type = number_in(section, "ServiceType", 0), start = number_in(section, "StartType", DEMAND_START);
    const struct inf_line *line;

    for (const char *const *key = for_programs; *key; key++)
        if ((line = inf_line(section, *key, NULL)) != NULL && is_driver_type(type))
            problem(c, 1252, line->number, "%s = %.40s is for services of user mode, not for ServiceType = %lu", *key, inf_field(line, 0), type);
    if ((line = inf_line(section, "BootFlags", NULL)) != NULL && !is_driver_type(type))
        problem(c, 1252, line->number, "BootFlags is for drivers, not for ServiceType = %lu", type);
    if (start <= SYSTEM_START && type && !is_driver_type(type) && (line = inf_line(section, "StartType", NULL)) != NULL)
        problem(c, 1252, line->number, "StartType = %lu is for drivers, not for ServiceType = %lu", start, type);
    if (c->display && type == 1 && start != DEMAND_START)
        problem(c, 2602, section->number, "the service of a display driver has StartType = 3, not %lu", start);
}

static void check_ages(struct checking *c, const struct inf_section *section)
{
    static const struct { const char *key; unsigned long version; } ages[] = {
        { "ServiceSidType", INF_VERSION(10, 0, 19041) }, { "DelayedAutoStart", INF_VERSION(10, 0, 19041) },
        { "AddTrigger", INF_VERSION(10, 0, 19041) }, { "FailureActions", INF_VERSION(10, 0, 22621) },
        { "BootFlags", INF_VERSION(10, 0, 25398) },
    };
    const struct inf_line *line;

    for (size_t i = 0; i < countof(ages); i++)
        if ((line = inf_line(section, ages[i].key, NULL)) != NULL)
            since(c, ages[i].key, ages[i].version, line->number);
}

static void each_named(struct checking *c, const struct inf_section *section, const char *directive, enum inf_kind kind)
{
    const struct inf_line *line = NULL;

    while ((line = inf_line(section, directive, line)) != NULL)
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *named = refer(c, directive, kind, line->field[i], line->number);

            if (!named)
                continue;
            check_keys(c, named, kind);
            if (kind == KIND_TRIGGER && inf_line(named, "SubType", NULL) && !is_guid_text(inf_field(inf_line(named, "SubType", NULL), 0)))
                problem(c, 1019, named->number, "SubType '%.60s' of a trigger is no GUID", inf_field(inf_line(named, "SubType", NULL), 0));
        }
}

/* The same for sections that say the same in any order; what AddReg adds is compared for itself. */
static uint64_t content_of(const struct inf_section *section)
{
    uint64_t content = 0;

    for (int i = 0; i < section->count; i++) {
        const char *key = section->line[i].key ? section->line[i].key : "", *value = inf_field(&section->line[i], 0);

        if (strcasecmp(key, "AddReg") != 0)
            content += (uint64_t)inf_hash(key, strlen(key)) * 1000003 * (inf_hash(value, strlen(value)) + 1ull);
    }
    return content;
}

static void check_service_section(struct checking *c, const struct inf_section *section, const char *service, bool associated)
{
    struct set_by by = { .code = 1333, .line = section->number, .section = section, .content = content_of(section) };
    bool known;

    map_put_key(c, &c->services, &known, service);
    sets(c, &by, "%s", service);
    if (note_of(c, section)->walked)
        return;
    note_of(c, section)->walked = true;
    check_number(c, section, "ServiceType", " 1 2 8 16 32 80 96 272 288 ");
    check_number(c, section, "StartType", " 0 1 2 3 4 ");
    check_number(c, section, "ErrorControl", " 0 1 2 3 ");
    check_binary(c, section, service);
    check_keys(c, section, KIND_SERVICE);
    check_types(c, section);
    check_ages(c, section);
    each_named(c, section, "AddTrigger", KIND_TRIGGER);
    each_named(c, section, "FailureActions", KIND_FAILURE);
    if (associated && number_in(section, "StartType", DEMAND_START) == DISABLED)
        problem(c, 1251, section->number, "service %.60s is the device's and disabled", service);
    c->service = service;
    check_registry_directives(c, section);
    c->service = NULL;
}

static bool is_reserved(const char *name)
{
    static const char *const reserved[] = { "Tcpip", "NDIS", "NetBT", "AFD", "storport", "disk", "pci", "ACPI", "BFE", "mpssvc", "WdfLdr",
                                            "WUDFRd", "partmgr", "volmgr", "mountmgr", "fltmgr", "ksecdd", "CNG", NULL };

    return one_of(name, reserved);
}

static void check_event_log(struct checking *c, const struct inf_line *line)
{
    static const char *const types[] = { "System", "Application", "Security", NULL };
    const struct inf_section *events;

    if (*inf_field(line, 4) && !one_of(inf_field(line, 4), types))
        problem(c, 1250, line->number, "there is no event log '%.40s'; there are System, Application and Security", inf_field(line, 4));
    if (line->count > 6)
        problem(c, 1201, line->number, "AddService has six fields; '%.60s' is too much", inf_field(line, 6));
    events = *inf_field(line, 3) ? refer(c, "AddService", KIND_EVENT_LOG, inf_field(line, 3), line->number) : NULL;
    if (events && !note_of(c, events)->walked) {
        note_of(c, events)->walked = true;
        check_keys(c, events, KIND_EVENT_LOG);
        check_registry_directives(c, events);
    }
}

static void check_flags(struct checking *c, const struct inf_line *line, unsigned long *flags)
{
    *flags = 0;
    if (*inf_field(line, 1) && !number_of(inf_field(line, 1), flags))
        problem(c, 1082, line->number, "the flags '%.60s' of AddService are no number", inf_field(line, 1));
    else if (*flags & ~(unsigned long)FLAGS)
        problem(c, 1083, line->number, "AddService has flags 0x%lx that there are not, on %.60s", *flags & ~(unsigned long)FLAGS, inf_field(line, 0));
    if (c->extension && (*flags & ASSOCIATED))
        problem(c, 1383, line->number, "an extension has no service of the device's own (SPSVCINST_ASSOCSERVICE)");
}

/* One AddService; whether it is the device's service. */
static bool check_add_service(struct checking *c, const struct inf_section *services, const struct inf_line *line, const char **associated_name)
{
    const char *name = inf_field(line, 0);
    const struct inf_section *section;
    unsigned long flags;
    bool again;

    check_flags(c, line, &flags);
    if (!*name) {                       /* "AddService = ,2": a device without a driver */
        if (!(flags & ASSOCIATED))
            problem(c, 1253, line->number, "AddService names no service");
        if (*inf_field(line, 2))
            problem(c, 1272, line->number, "AddService names section [%.100s], but no service", inf_field(line, 2));
        return (flags & ASSOCIATED) != 0;
    }
    map_put(c, &c->once, &again, "%d|AddService|%s", services->index, name);
    if (again)
        problem(c, 1086, line->number, "service %.60s is added twice in [%.100s]", name, services->name);
    if (is_reserved(name))
        problem(c, 1293, line->number, "service name '%.60s' belongs to Windows", name);
    if ((flags & ASSOCIATED) && **associated_name && strcasecmp(*associated_name, name) != 0)
        problem(c, 1211, line->number, "both %.60s and %.60s want to be the device's service", *associated_name, name);
    if (flags & ASSOCIATED)
        *associated_name = name;
    section = refer_or(c, "AddService", KIND_SERVICE, inf_field(line, 2), line->number, 2006);
    if (section)
        check_service_section(c, section, name, (flags & ASSOCIATED) != 0);
    check_event_log(c, line);
    return (flags & ASSOCIATED) != 0;
}

bool check_services(struct checking *c, const struct inf_section *section)
{
    static const char *const known[] = { "AddService", "DelService", "Include", "Needs", NULL };
    const char *associated_name = "";
    bool associated = false;

    use(c, section);
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        const char *key = line->key ? line->key : inf_field(line, 0);

        if (!strcasecmp(key, "AddService"))
            associated |= check_add_service(c, section, line, &associated_name);
        else if (!strcasecmp(key, "DelService"))
            problem(c, 1309, line->number, "DelService deletes '%.60s'; Windows itself removes what it installed", inf_field(line, 0));
        else if (!one_of(key, known))
            problem(c, 1290, line->number, "[%.200s] has no directive '%.60s'", section->name, key);
    }
    return associated;
}
