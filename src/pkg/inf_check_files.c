/* Files: disks, sources, destinations. docs: install/inf-sourcedisksfiles-section, install/inf-destinationdirs-section,
 * install/inf-copyfiles-directive */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define DRIVER_STORE "13"

static const struct inf_line *disk_line(const struct checking *c, const char *section, const char *key)
{
    static const char *const endings[] = { ".amd64", "" };
    char name[64];

    for (size_t i = 0; i < countof(endings); i++) {
        const struct inf_line *line;

        snprintf(name, sizeof name, "%s%s", section, endings[i]);
        line = inf_line(inf_section(c->inf, name), key, NULL);
        if (line)
            return line;
    }
    return NULL;
}

static void check_source_files(struct checking *c, const struct inf_section *section)
{
    for (int i = 0; section && i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        const char *file = line->key ? line->key : inf_field(line, 0), *disk = inf_field(line, 0), *dot = strrchr(file, '.');
        unsigned long number;

        if (!line->key || !*disk || !number_of(disk, &number)) {
            problem(c, 1008, line->number, "'%.100s' has no disk number in [%s]", file, section->name);
            continue;
        }
        if (!disk_line(c, "SourceDisksNames", disk))
            problem(c, 1273, line->number, "'%.100s' is on disk %.20s, which [SourceDisksNames] does not have", file, disk);
        if (dot && !strcasecmp(dot, ".cat"))
            problem(c, 1213, line->number, "the catalog '%.100s' does not belong in [%s]", file, section->name);
    }
}

void check_disks(struct checking *c)
{
    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next)
        if (!strncasecmp(section->name, "SourceDisksFiles", 16))
            check_source_files(c, section);
}

/* The DIRID of a list of files: its own entry in [DestinationDirs], or the default's. */
static const struct inf_line *destination(const struct checking *c, const char *list)
{
    const struct inf_section *section = inf_section(c->inf, "DestinationDirs");
    const struct inf_line *line = *list == '@' ? NULL : inf_line(section, list, NULL);

    return line ? line : inf_line(section, "DefaultDestDir", NULL);
}

static void check_one(struct checking *c, const char *target, const char *source, const struct inf_line *where, int line)
{
    const char *directory = inf_field(where, 0), *below = inf_field(where, 1);

    if (!disk_line(c, "SourceDisksFiles", source))
        problem(c, 1230, line, "'%.100s' is copied, but not listed in [SourceDisksFiles]", source);
    if (where && strcmp(directory, DRIVER_STORE) != 0)
        problem(c, 1322, line, "'%.100s' goes to directory %s%s%.60s instead of the driver store (DIRID 13)", target, directory,
                *below ? "\\" : "", below);
    for (int i = 0; i < c->copy_count; i++)
        if (!strcasecmp(c->copy[i].destination, target) && !strcmp(c->copy[i].directory, directory) &&
            strcasecmp(c->copy[i].source, source) != 0)
            problem(c, 1330, line, "'%.100s' and '%.100s' (line %d) are both copied to '%.100s'", source, c->copy[i].source, c->copy[i].line,
                    target);
    if (c->copy_count < (int)countof(c->copy)) {
        c->copy[c->copy_count].destination = target;
        c->copy[c->copy_count].source = source;
        c->copy[c->copy_count].directory = directory;
        c->copy[c->copy_count++].line = line;
    }
}

void check_copy(struct checking *c, const struct inf_line *line)
{
    for (int i = 0; i < line->count; i++) {
        const char *element = line->field[i];
        const struct inf_section *section;
        const struct inf_line *where = destination(c, element);

        if (*element == '@') {
            if (!where)
                problem(c, 1275, line->number, "[DestinationDirs] has no DefaultDestDir for '%.100s'", element + 1);
            check_one(c, element + 1, element + 1, where, line->number);
            continue;
        }
        section = refer(c, "CopyFiles", element, line->number);
        if (!section)
            continue;
        if (!where)
            problem(c, 1275, section->number, "[%.100s] is not listed in [DestinationDirs], and there is no DefaultDestDir", element);
        for (int k = 0; k < section->count; k++) {
            const struct inf_line *file = &section->line[k];
            const char *target = file->key ? file->key : inf_field(file, 0);

            check_one(c, target, *inf_field(file, 1) ? inf_field(file, 1) : target, where, file->number);
        }
    }
}

bool is_copied(const struct checking *c, const char *file)
{
    for (int i = 0; i < c->copy_count; i++)
        if (!strcasecmp(c->copy[i].destination, file))
            return true;
    return false;
}
