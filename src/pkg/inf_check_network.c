/* Network components by meaning: the Ndi key, binding interfaces, filter classes, keywords, and INFs of class NetDriver.
 * docs: network/specifying-binding-interfaces, network/configuring-an-inf-file-for-a-modifying-filter-driver,
 * network/adding-service-related-values-to-the-ndi-key, devtest/inf-validation-errors-and-warnings (24xx, 25xx) */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/inf_check_internal.h"

#define MODIFYING 2

struct ndi {
    bool modifying, has_class;
    int line;
};

static bool is_lower_case(const char *text, const char *more)
{
    return matches(text, more) && strcspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(text);
}

/* UpperRange, LowerRange: a list between commas. */
static void check_range(struct checking *c, const char *name, const char *list, int line)
{
    static const char *const obsolete[] = { "ndis2", "ndis3", "ndis4", "ndis5_streams", NULL };
    char token[80];

    while (*list) {
        size_t length = strcspn(list, ",");

        list += strspn(list, " \t");
        length = strcspn(list, ", \t");
        snprintf(token, sizeof token, "%.*s", length < sizeof token ? (int)length : (int)sizeof token - 1, list);
        if (*token && !matches(token, "_."))
            problem(c, 2416, line, "%s: '%.60s' is no name of a binding interface (a-z, 0-9, _ and .)", name, token);
        else if (one_of(token, obsolete))
            problem(c, 2500, line, "%s: binding interface '%.60s' is obsolete", name, token);
        list += length;
        list += strspn(list, ", \t");
    }
}

/* A value below Ndi that names services. */
static void check_service_names(struct checking *c, const struct inf_line *line)
{
    for (int i = 4; i < line->count; i++)
        if (*line->field[i] && !map_get(&c->services, line->field[i]))
            problem(c, 2501, line->number, "service '%.60s' of the Ndi key is none that this INF installs", line->field[i]);
}

static void check_value(struct checking *c, const struct inf_line *line, struct ndi *ndi)
{
    const char *key = inf_field(line, 1), *name = inf_field(line, 2), *text = inf_field(line, 4);
    unsigned long type;

    if (!strcasecmp(key, "Ndi\\Interfaces") && (!strcasecmp(name, "UpperRange") || !strcasecmp(name, "LowerRange")))
        for (int i = 4; i < line->count; i++)
            check_range(c, name, line->field[i], line->number);
    if (strcasecmp(key, "Ndi") != 0)
        return;
    if (!strcasecmp(name, "FilterType") && number_of(text, &type) && type == MODIFYING) {
        ndi->modifying = true;
        ndi->line = line->number;
    } else if (!strcasecmp(name, "FilterClass") && *text) {
        ndi->has_class = true;
        if (!matches(text, "_"))
            problem(c, 2414, line->number, "FilterClass '%.60s' is made of a-z, 0-9 and _", text);
    } else if (!strcasecmp(name, "Service") || !strcasecmp(name, "CoServices")) {
        check_service_names(c, line);
    }
}

void check_network_install(struct checking *c, const struct inf_section *section)
{
    const struct inf_line *line = NULL, *instance = inf_line(section, "NetCfgInstanceId", NULL);
    struct ndi ndi = { .line = section->number };

    if (instance && !is_guid_text(inf_field(instance, 0)))
        problem(c, 2411, instance->number, "NetCfgInstanceId '%.60s' is no GUID; make one with uuidgen", inf_field(instance, 0));
    while ((line = inf_line(section, "AddReg", line)) != NULL)
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *values = inf_section(c->inf, line->field[i]);

            for (int k = 0; values && k < values->count; k++)
                if (!strncasecmp(inf_field(&values->line[k], 1), "Ndi", 3))
                    check_value(c, &values->line[k], &ndi);
        }
    if (ndi.modifying && !ndi.has_class)
        problem(c, 2418, ndi.line, "a modifying filter needs a FilterClass");
}

/* --- class NetDriver ----------------------------------------------------------------------------------------------------- */

/* The class and the ranges of a component are named as those below Ndi are. */
static void check_component(struct checking *c, const struct inf_section *section)
{
    static const char *const standard[] = { "ndis5", "ndisatm", "ndiswan", "ndiscowan", "ndis5_atalk", "ndis5_dlc", "ndis5_ip", "ndis5_ipx",
                                            "ndis5_nbf", NULL };

    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        bool range = line->key && (!strcasecmp(line->key, "UpperRange") || !strcasecmp(line->key, "LowerRange"));

        if (line->key && !strcasecmp(line->key, "FilterClass") && line->count != 1)
            problem(c, 2403, line->number, "FilterClass has one field, not %d", line->count);
        if (line->key && !strcasecmp(line->key, "FilterClass") && !is_lower_case(inf_field(line, 0), "_"))
            problem(c, 2414, line->number, "FilterClass '%.60s' is made of a-z, 0-9 and _", inf_field(line, 0));
        for (int k = 0; range && k < line->count; k++) {
            const char *token = line->field[k];

            if (!is_lower_case(token, "_."))
                problem(c, 2416, line->number, "%s: '%.60s' is made of a-z, 0-9, _ and .", line->key, token);
            else if (!one_of(token, standard) && (!strncmp(token, "ms_", 3) || !strncmp(token, "ndis", 4)))
                problem(c, 2419, line->number, "%s: '%.60s' is reserved, as all that begins with ms_ or ndis", line->key, token);
        }
    }
}

/* AddNetFilter, AddNetProtocol = component ID, section */
static void check_net_line(struct checking *c, const struct inf_line *line)
{
    const char *id = inf_field(line, 0);
    const struct inf_section *section;

    if (line->count != 2 || !*id || !*inf_field(line, 1)) {
        problem(c, 2400, line->number, "%s reads: component ID, section", line->key);
        return;
    }
    if (!is_lower_case(id, "_"))
        problem(c, 2412, line->number, "component ID '%.60s' is made of a-z, 0-9 and _", id);
    else if (!strncmp(id, "ms_", 3) || !strncmp(id, "vms_", 4))
        problem(c, 2415, line->number, "component ID '%.60s': ms_ and vms_ are Windows' own", id);
    section = refer(c, line->key, KIND_NET_COMPONENT, inf_field(line, 1), line->number);
    if (section)
        check_component(c, section);
}

static bool is_net_part(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && !strcasecmp(dot, ".NetDrivers") && !strncasecmp(name, "DefaultInstall", 14);
}

void check_net_driver(struct checking *c)
{
    static const char *const adding[] = { "AddNetFilter", "AddNetProtocol", NULL };
    static const char *const known[] = { "AddNetFilter", "AddNetProtocol", "Include", "Needs", NULL };
    bool any = false;

    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next) {
        if (!is_net_part(section->name))
            continue;
        use(c, section);
        if (!is_class(c, "NetDriver"))
            problem(c, 2405, section->number, "[%.200s] is for INFs of class NetDriver", section->name);
        for (int i = 0; i < section->count; i++) {
            const struct inf_line *line = &section->line[i];
            const char *key = line->key ? line->key : inf_field(line, 0);

            if (line->key && one_of(key, adding)) {
                any = true;
                check_net_line(c, line);
            } else if (!one_of(key, known)) {
                problem(c, 2402, line->number, "[%.200s] has no directive '%.60s'", section->name, key);
            }
        }
    }
    if (is_class(c, "NetDriver") && !any)
        problem(c, 2420, 0, "an INF of class NetDriver needs [DefaultInstall.NTamd64.NetDrivers] with AddNetFilter or AddNetProtocol");
}
