/* Filters, software components, device software and COM servers. docs: install/inf-addfilter-directive, install/inf-addcomponent-directive,
 * install/inf-addsoftware-directive, install/inf-addcomserver-directive, install/inf-addcomclass-directive */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/inf_check_internal.h"

enum { PROGRAM = 1, STORE };

void check_filter_section(struct checking *c, const struct inf_section *section)
{
    static const char *const positions[] = { "Upper", "Lower", NULL };
    const struct inf_line *level = inf_line(section, "FilterLevel", NULL), *position = inf_line(section, "FilterPosition", NULL);

    check_keys(c, section, KIND_FILTER);
    if (level && position)
        problem(c, 1087, position->number, "[%.200s] has FilterLevel and FilterPosition; one of them is passed over", section->name);
    else if (!level && !position)
        problem(c, 1289, section->number, "[%.200s] has neither FilterLevel nor FilterPosition", section->name);
    if (position && !one_of(inf_field(position, 0), positions))
        problem(c, 1081, position->number, "FilterPosition is Upper or Lower, not '%.40s'", inf_field(position, 0));
}

void check_component_section(struct checking *c, const struct inf_section *section)
{
    const struct inf_line *ids = inf_line(section, "ComponentIDs", NULL);

    check_keys(c, section, KIND_COMPONENT);
    for (int i = 0; ids && i < ids->count; i++)
        if (strpbrk(ids->field[i], "\\,"))
            problem(c, 1150, ids->number, "component ID '%.100s' has a '\\' or a ','", ids->field[i]);
}

static void need(struct checking *c, const struct inf_section *section, const char *key, unsigned long type)
{
    if (!*inf_field(inf_line(section, key, NULL), 0))
        problem(c, 1142, section->number, "[%.200s] has SoftwareType = %lu, but no %s", section->name, type, key);
}

void check_software_section(struct checking *c, const struct inf_section *section)
{
    const struct inf_line *type_line = inf_line(section, "SoftwareType", NULL), *binary = inf_line(section, "SoftwareBinary", NULL);
    const struct inf_line *version = inf_line(section, "SoftwareVersion", NULL);
    const char *path = inf_field(binary, 0);
    unsigned long type = 0;
    long dirid = 13;

    check_keys(c, section, KIND_SOFTWARE);
    if (type_line && number_of(inf_field(type_line, 0), &type) && type != PROGRAM && type != STORE)
        problem(c, 1081, type_line->number, "there is no SoftwareType %lu; there are 1 and 2", type);
    if (type == PROGRAM) {
        need(c, section, "SoftwareBinary", type);
        need(c, section, "SoftwareVersion", type);
        problem(c, 1144, type_line->number, "software of type 1 is not run by every Windows");
    } else if (type == STORE) {
        need(c, section, "SoftwareID", type);
        since(c, "SoftwareType = 2", INF_VERSION(10, 0, 16299), type_line->number);
    }
    if (*path && ((dirid_of(path, &dirid) && dirid != 13) || *path == '\\' || *path == '/' || (path[0] && path[1] == ':')))
        problem(c, 1141, binary->number, "SoftwareBinary '%.100s' is no path in the package", path);
    if (version)
        check_version_text(c, "SoftwareVersion", inf_field(version, 0), version->number);
}

/* Description and threading model of one COM class. */
static void check_class_section(struct checking *c, const struct inf_section *section, const char *guid)
{
    static const char *const models[] = { "Apartment", "Free", "Both", "Neutral", NULL };
    const struct inf_line *model = inf_line(section, "ThreadingModel", NULL);

    check_keys(c, section, KIND_COM_CLASS);
    if (model && !one_of(inf_field(model, 0), models))
        problem(c, 1160, model->number, "there is no threading model '%.40s' (class %.60s); there are Apartment, Free, Both and Neutral",
                inf_field(model, 0), guid);
}

static void check_com_class(struct checking *c, const struct inf_section *server, const struct inf_line *line)
{
    const char *guid = inf_field(line, 0);
    const struct inf_section *section;
    unsigned long flags = 0;
    bool again;

    if (!*guid) {
        problem(c, 1080, line->number, "AddComClass lacks its GUID");
        return;
    }
    if (!is_guid_text(guid))
        problem(c, 1019, line->number, "'%.60s' of AddComClass is no GUID", guid);
    if (*inf_field(line, 1) && !number_of(inf_field(line, 1), &flags))
        problem(c, 1082, line->number, "the flags '%.60s' of AddComClass are no number", inf_field(line, 1));
    else if (flags)
        problem(c, 1083, line->number, "AddComClass has flags 0x%lx that there are not, on %.60s", flags, guid);
    map_put(c, &c->once, &again, "%d|class|%s", server->index, guid);
    if (again)
        problem(c, 1086, line->number, "class %.60s stands twice in [%.200s]", guid, server->name);
    section = *inf_field(line, 2) ? refer(c, "AddComClass", KIND_COM_CLASS, inf_field(line, 2), line->number) : NULL;
    if (section)
        check_class_section(c, section, guid);
}

void check_com_server_section(struct checking *c, const struct inf_section *section)
{
    check_keys(c, section, KIND_COM_SERVER);
    check_path_dirid(c, inf_field(inf_line(section, "ServerBinary", NULL), 0), section->number);
    for (int i = 0; i < section->count; i++)
        if (section->line[i].key && !strcasecmp(section->line[i].key, "AddComClass"))
            check_com_class(c, section, &section->line[i]);
}
