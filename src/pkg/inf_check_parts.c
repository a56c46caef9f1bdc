/* The parts of DDInstall whose directives read NAME or {GUID}, flags, section: a row each. docs: install/inf-ddinstall-interfaces-section,
 * inf-ddinstall-filters-section, inf-ddinstall-components-section, inf-ddinstall-software-section, inf-ddinstall-events-section,
 * inf-ddinstall-com-section, inf-ddinstall-wmi-section */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define NONE (-1)

static const struct row {
    const char *suffix, *directive;
    bool named;                         /* the first field is a name, else a GUID */
    int guid;                           /* field with a GUID, NONE */
    int flags;                          /* field with flags, NONE */
    unsigned allowed;                   /* flags that there are */
    int section;                        /* field that names a section */
    bool must;                          /* the section must be there */
    int most;                           /* fields */
    enum inf_kind kind;
    unsigned long since;
    void (*walk)(struct checking *c, const struct inf_section *section);
} rows[] = {
    { "Interfaces", "AddInterface", false, 0, 3, 0, 2, false, 4, KIND_INTERFACE, 0, check_interface_section },
    { "Filters", "AddFilter", true, NONE, 1, 0, 2, true, 3, KIND_FILTER, INF_VERSION(10, 0, 18362), check_filter_section },
    { "Components", "AddComponent", true, NONE, 1, 0, 2, true, 3, KIND_COMPONENT, INF_VERSION(10, 0, 15063), check_component_section },
    { "Software", "AddSoftware", true, NONE, 1, 1, 2, true, 3, KIND_SOFTWARE, INF_VERSION(10, 0, 15063), check_software_section },
    { "Events", "AddEventProvider", false, 0, NONE, 0, 1, true, 2, KIND_PROVIDER, INF_VERSION(10, 0, 17763), check_provider_section },
    { "Events", "AddAutoLogger", true, 1, NONE, 0, 2, true, 3, KIND_LOGGER, INF_VERSION(10, 0, 22000), check_logger_section },
    { "Events", "UpdateAutoLogger", true, NONE, NONE, 0, 1, true, 2, KIND_LOGGER_UPDATE, INF_VERSION(10, 0, 22000), check_logger_section },
    { "COM", "AddComServer", true, NONE, 1, 0, 2, true, 3, KIND_COM_SERVER, INF_VERSION(10, 0, 26100), check_com_server_section },
    { "WMI", "WMIInterface", false, 0, 1, 1, 2, true, 3, KIND_WMI, 0, NULL },
};

void check_interface_section(struct checking *c, const struct inf_section *section)
{
    static const char *const known[] = { "AddReg", "DelReg", "BitReg", "AddProperty", "DelProperty", "CopyFiles", "DelFiles", "RenFiles",
                                         "UpdateInis", "UpdateIniFields", "Ini2Reg", NULL };

    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        const char *key = line->key ? line->key : inf_field(line, 0);

        if (!one_of(key, known))
            problem(c, 1290, line->number, "[%.200s] has no directive '%.60s'", section->name, key);
        else if (!strcasecmp(key, "CopyFiles"))
            check_copy(c, line);
        else if (!strcasecmp(key, "DelProperty"))
            problem(c, 1308, line->number, "DelProperty deletes; Windows itself removes what it installed");
        for (int k = 0; line->key && !strncasecmp(key + 3, "Property", 8) && k < line->count; k++)
            refer(c, line->key, strcasecmp(key, "AddProperty") ? KIND_DEL_PROPERTY : KIND_ADD_PROPERTY, line->field[k], line->number);
    }
    check_registry_directives(c, section);
}

static void check_row_flags(struct checking *c, const struct row *row, const struct inf_line *line)
{
    const char *text = row->flags == NONE ? "" : inf_field(line, row->flags);
    unsigned long flags = 0;

    if (*text && !number_of(text, &flags))
        problem(c, 1082, line->number, "the flags '%.60s' of %s are no number", text, row->directive);
    else if ((flags & ~(unsigned long)row->allowed) && row->kind == KIND_WMI)
        problem(c, 1256, line->number, "WMIInterface has flags 0x%lx that there are not", flags);
    else if (flags & ~(unsigned long)row->allowed)
        problem(c, 1083, line->number, "%s has flags 0x%lx that there are not, on %.60s", row->directive, flags, inf_field(line, 0));
}

static void check_row(struct checking *c, const struct row *row, const struct inf_section *part, const struct inf_line *line)
{
    const char *first = inf_field(line, 0), *guid = row->guid == NONE ? "" : inf_field(line, row->guid);
    const struct inf_section *section = NULL;
    bool again = false;

    if (!*first || (row->guid > 0 && !*guid))
        problem(c, 1080, line->number, "%s lacks its %s", row->directive, row->named && !*first ? "name" : "GUID");
    if (*guid && !is_guid_text(guid))
        problem(c, 1019, line->number, "'%.60s' of %s is no GUID {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}", guid, row->directive);
    check_row_flags(c, row, line);
    if (line->count > row->most)
        problem(c, 1201, line->number, "%s has %d fields; '%.60s' is too much", row->directive, row->most, inf_field(line, row->most));
    if (*first)
        map_put(c, &c->once, &again, "%d|%s|%s|%s", part->index, row->directive, first, row->kind == KIND_INTERFACE ? inf_field(line, 1) : "");
    if (again)
        problem(c, 1086, line->number, "%s %.60s stands twice in [%.200s]", row->directive, first, part->name);
    if (row->since)
        since(c, row->directive, row->since, line->number);
    if (row->must || *inf_field(line, row->section))
        section = refer(c, row->directive, row->kind, inf_field(line, row->section), line->number);
    if (section && row->walk && !note_of(c, section)->walked) {
        note_of(c, section)->walked = true;
        row->walk(c, section);
    }
}

void check_part(struct checking *c, const struct inf_section *section, const char *suffix)
{
    bool known = false;

    for (size_t i = 0; i < countof(rows); i++)
        known |= !strcasecmp(rows[i].suffix, suffix);
    for (int i = 0; known && i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        const char *key = line->key ? line->key : inf_field(line, 0);
        size_t k = 0;

        while (k < countof(rows) && (strcasecmp(rows[k].directive, key) != 0 || strcasecmp(rows[k].suffix, suffix) != 0))
            k++;
        if (k < countof(rows))
            check_row(c, &rows[k], section, line);
        else if (strcasecmp(key, "Include") != 0 && strcasecmp(key, "Needs") != 0)
            problem(c, 1290, line->number, "[%.200s] has no directive '%.60s'", section->name, key);
    }
}
