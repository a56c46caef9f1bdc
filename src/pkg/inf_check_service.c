/* DDInstall.Services. docs: install/inf-addservice-directive */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define ASSOCIATED 0x2u

static const char *file_part(const char *path)
{
    const char *slash = strrchr(path, '\\');

    return slash ? slash + 1 : path;
}

static void check_number(struct checking *c, const struct inf_section *section, const char *key, const char *allowed, bool required)
{
    const struct inf_line *line = inf_line(section, key, NULL);
    unsigned long value;
    char text[16];

    if (!line) {
        if (required)
            problem(c, 1013, section->number, "[%.100s] has no %s", section->name, key);
        return;
    }
    snprintf(text, sizeof text, " %lu ", number_of(inf_field(line, 0), &value) ? value : 9999);
    if (!strstr(allowed, text))
        problem(c, 1014, line->number, "%s = %.40s in [%.100s] is impossible", key, inf_field(line, 0), section->name);
}

static void check_binary(struct checking *c, const struct inf_section *section, const char *service)
{
    const struct inf_line *line = inf_line(section, "ServiceBinary", NULL);
    const char *path = inf_field(line, 0);

    if (!line) {
        problem(c, 1013, section->number, "[%.100s] has no ServiceBinary", section->name);
        return;
    }
    if (!*file_part(path))
        problem(c, 1254, line->number, "ServiceBinary '%.100s' of service %.60s names no file", path, service);
    else if (*path != '%')
        problem(c, 2085, line->number, "ServiceBinary '%.100s' does not begin with a directory number, %%13%%\\ say", path);
    else if (!is_copied(c, file_part(path)))
        problem(c, 2084, line->number, "ServiceBinary %.100s is not a file that CopyFiles copies", file_part(path));
}

static void check_keys(struct checking *c, const struct inf_section *section)
{
    static const char *const known[] = { "DisplayName", "Description", "ServiceType", "StartType", "ErrorControl", "ServiceBinary",
        "StartName", "AddReg", "DelReg", "BitReg", "LoadOrderGroup", "Dependencies", "Security", "ServiceSidType", "DelayedAutoStart",
        "AddTrigger", "BootFlags", "RequiredPrivileges", "FailureActions", "AddTag", "StartPriority" };

    for (int i = 0; i < section->count; i++) {
        bool found = section->line[i].key == NULL;

        for (size_t k = 0; k < countof(known) && !found; k++)
            found = !strcasecmp(section->line[i].key, known[k]);
        if (!found)
            problem(c, 1290, section->line[i].number, "a service's section has no directive '%.60s'", section->line[i].key);
    }
}

static void check_service_section(struct checking *c, const struct inf_section *section, const char *service, bool associated)
{
    const struct inf_line *line = NULL;
    unsigned long start;

    check_number(c, section, "ServiceType", " 1 2 8 16 32 80 96 ", true);
    check_number(c, section, "StartType", " 0 1 2 3 4 ", true);
    check_number(c, section, "ErrorControl", " 0 1 2 3 ", true);
    check_binary(c, section, service);
    check_keys(c, section);
    if (associated && number_of(inf_field(inf_line(section, "StartType", NULL), 0), &start) && start == 4)
        problem(c, 1251, section->number, "service %.60s is the device's and disabled", service);
    while ((line = inf_line(section, "AddReg", line)) != NULL)
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *values = refer(c, "AddReg", line->field[i], line->number);

            if (values)
                check_registry(c, values, service, false);
        }
}

static bool is_reserved(const char *name)
{
    static const char *const reserved[] = { "Tcpip", "NDIS", "NetBT", "AFD", "storport", "disk", "pci", "ACPI", "BFE", "mpssvc", "WdfLdr" };

    for (size_t i = 0; i < countof(reserved); i++)
        if (!strcasecmp(name, reserved[i]))
            return true;
    return false;
}

/* One AddService; whether it is the device's service. */
static bool check_add_service(struct checking *c, const struct inf_line *line, const char **associated_name)
{
    const char *name = inf_field(line, 0), *events = inf_field(line, 3);
    const struct inf_section *section;
    unsigned long flags = 0;

    if (*inf_field(line, 1) && !number_of(inf_field(line, 1), &flags))
        problem(c, 1268, line->number, "the flags '%.60s' of AddService are no number", inf_field(line, 1));
    if (!*name) {                       /* "AddService = ,2": a device without a driver */
        if (!(flags & ASSOCIATED))
            problem(c, 1253, line->number, "AddService names no service");
        if (*inf_field(line, 2))
            problem(c, 1272, line->number, "AddService names section [%.100s], but no service", inf_field(line, 2));
        return (flags & ASSOCIATED) != 0;
    }
    if (is_reserved(name))
        problem(c, 1293, line->number, "service name '%.60s' belongs to Windows", name);
    if ((flags & ASSOCIATED) && **associated_name && strcasecmp(*associated_name, name) != 0)
        problem(c, 1211, line->number, "both %.60s and %.60s want to be the device's service", *associated_name, name);
    if (flags & ASSOCIATED)
        *associated_name = name;
    section = refer(c, "AddService", inf_field(line, 2), line->number);
    if (section)
        check_service_section(c, section, name, (flags & ASSOCIATED) != 0);
    if (*events) {
        const struct inf_section *event = refer(c, "AddService", events, line->number);
        const struct inf_line *values = inf_line(event, "AddReg", NULL);

        for (int i = 0; values && i < values->count; i++)
            refer(c, "AddReg", values->field[i], values->number);
    }
    return (flags & ASSOCIATED) != 0;
}

bool check_services(struct checking *c, const struct inf_section *section)
{
    const char *associated_name = "";
    const struct inf_line *line = NULL;
    bool associated = false;

    while ((line = inf_line(section, "AddService", line)) != NULL)
        associated |= check_add_service(c, line, &associated_name);
    return associated || inf_line(section, "Needs", NULL) != NULL;
}
