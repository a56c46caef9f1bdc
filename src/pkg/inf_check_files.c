/* Files: disks, sources, destinations. docs: install/inf-sourcedisksfiles-section, install/inf-sourcedisksnames-section,
 * install/inf-destinationdirs-section, install/inf-copyfiles-directive, install/using-dirids, devtest/infverif_h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define DRIVER_STORE 13
#define LONGEST_PATH 260
#define REPLACE_ONLY 0x400u             /* COPYFLG_REPLACEONLY: nothing in the store is there before */

/* A directory of the package: nothing but names between backslashes. */
static void check_directory(struct checking *c, const char *what, const char *path, const char *section, int line)
{
    if (strpbrk(path, "<>:\"|?*"))
        problem(c, 1015, line, "%s '%.100s' in [%s] is no path of a directory", what, path, section);
}

/* Whether `path` climbs above where it began. */
static bool climbs(const char *path)
{
    int depth = 0;

    while (*path) {
        size_t length = strcspn(path, "\\/");

        depth += length == 2 && !strncmp(path, "..", 2) ? -1 : length > 0 && !(length == 1 && *path == '.');
        if (depth < 0)
            return true;
        path += length + (path[length] != 0);
    }
    return false;
}

static void check_source_file(struct checking *c, const struct inf_section *section, const struct inf_line *line)
{
    const char *file = line->key ? line->key : inf_field(line, 0), *disk = inf_field(line, 0), *dot = strrchr(file, '.');
    const struct map_entry *entry;
    const struct inf_line *where;
    unsigned long number;
    bool known;
    char path[3 * LONGEST_PATH];

    map_put(c, &c->sources, &known, "%s", file)->value = line;
    if (!line->key || !*disk || !number_of(disk, &number)) {
        problem(c, 1008, line->number, "'%.100s' has no disk number in [%s]", file, section->name);
        return;
    }
    entry = map_get(&c->disks, disk);
    where = entry ? entry->value : NULL;
    if (!where)
        problem(c, 1273, line->number, "'%.100s' is on disk %.20s, which [SourceDisksNames] does not have", file, disk);
    if (dot && !strcasecmp(dot, ".cat"))
        problem(c, 1213, line->number, "the catalog '%.100s' does not belong in [%s]", file, section->name);
    if (dot && strlen(dot) == 4 && dot[3] == '_')
        problem(c, 1231, line->number, "'%.100s' is the name of a compressed file; [%s] takes the one it has afterwards", file, section->name);
    check_directory(c, "directory", inf_field(line, 1), section->name, line->number);
    snprintf(path, sizeof path, "%.259s\\%.259s\\%.259s", inf_field(where, 3), inf_field(line, 1), file);
    if (climbs(path) || strlen(path) > LONGEST_PATH)
        problem(c, 1016, line->number, "the source '%.120s' %s", path, climbs(path) ? "leaves the package" : "is longer than 260 characters");
}

static void check_source_files(struct checking *c, const struct inf_section *section)
{
    struct map seen = { 0 };

    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        bool known;

        check_source_file(c, section, line);
        map_put(c, &seen, &known, "%s", line->key ? line->key : inf_field(line, 0));
        if (known)
            problem(c, 1294, line->number, "'%.100s' stands twice in [%s]", line->key ? line->key : inf_field(line, 0), section->name);
    }
    map_free(&seen);
}

static void check_disk_names(struct checking *c, const struct inf_section *section)
{
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        unsigned long number;
        bool known;

        if (!line->key || !number_of(line->key, &number))
            problem(c, 1008, line->number, "'%.60s' is no number of a disk in [%s]", line->key ? line->key : inf_field(line, 0), section->name);
        else
            map_put(c, &c->disks, &known, "%s", line->key)->value = line;
        check_directory(c, "path", inf_field(line, 3), section->name, line->number);
    }
}

/* --- directory numbers ----------------------------------------------------------------------------------------------- */

bool is_deprecated_dirid(long dirid)
{
    static const long deprecated[] = { 1, 17, 18, 20, 21, 24, 25, 30, 50, 53, 54, -1, 65535, 16406, 16407, 16408, 16409, 16415, 16419,
                                       16429, 16430 };

    for (size_t i = 0; i < countof(deprecated); i++)
        if (deprecated[i] == dirid)
            return true;
    return false;
}

static bool is_system_dirid(long dirid)
{
    static const long known[] = { 10, 11, 12, 13, 23, 51, 52, 55 };

    for (size_t i = 0; i < countof(known); i++)
        if (known[i] == dirid)
            return true;
    return is_deprecated_dirid(dirid) || (dirid >= 16384 && dirid <= 32767);
}

/* What a signature still allows beside the driver store. */
static bool is_excepted(const struct checking *c, long dirid)
{
    static const long allowed[] = { 10, 11, 12, 23, 51, 52, 55, 16422, 16425, 16426, 16427, 16428, 66000, 66001, 66002, 66003, 66004 };

    for (size_t i = 0; c->options->mode == INF_MODE_H && i < countof(allowed); i++)
        if (allowed[i] == dirid)
            return true;
    return false;
}

static bool is_printer(const struct checking *c)
{
    return is_class(c, "Printer") || is_class(c, "PNPPrinters");
}

static void check_destination(struct checking *c, const struct inf_line *line)
{
    const char *text = inf_field(line, 0);
    char *end;
    long dirid = strtol(text, &end, 0);

    if (end == text || *end || dirid < -1)
        problem(c, 1243, line->number, "'%.40s' is no directory number in [DestinationDirs]", text);
    else if (dirid >= 66000 && dirid <= 66004 && !is_printer(c))
        problem(c, 1242, line->number, "directory %ld is for printers only", dirid);
    else if (dirid >= 32768 && dirid != 65535 && !(dirid >= 66000 && dirid <= 66004))
        problem(c, 1241, line->number, "directory %ld is a program's own; nobody says where it is when the INF is installed", dirid);
    else if (dirid < 32768 && !is_system_dirid(dirid))
        problem(c, 1243, line->number, "there is no directory number %ld", dirid);
    else if (is_deprecated_dirid(dirid))
        problem(c, 1340, line->number, "directory %ld is no longer allowed", dirid);
    if (strpbrk(inf_field(line, 1), "<>:\"|?*"))
        problem(c, 1015, line->number, "'%.100s' in [DestinationDirs] is no path of a directory", inf_field(line, 1));
    if (line->count > 2)
        problem(c, 1201, line->number, "an entry of [DestinationDirs] has a number and a directory; '%.60s' is too much", inf_field(line, 2));
}

void check_path_dirid(struct checking *c, const char *path, int line)
{
    long dirid;

    if (dirid_of(path, &dirid) && is_deprecated_dirid(dirid))
        problem(c, 1341, line, "directory %ld of '%.100s' is no longer allowed", dirid, path);
}

/* --- lists ----------------------------------------------------------------------------------------------------------- */

/* Where the files of a list go: its own entry in [DestinationDirs], or the default's. */
static const struct inf_line *destination(const struct checking *c, const char *list)
{
    const struct map_entry *entry = *list == '@' ? NULL : map_get(&c->destinations, list);

    entry = entry ? entry : map_get(&c->destinations, "DefaultDestDir");
    return entry ? entry->value : NULL;
}

static long number_at(const struct inf_line *where)
{
    return where ? strtol(inf_field(where, 0), NULL, 0) : 0;
}

static const char *source_directory(const struct checking *c, const char *source)
{
    const struct map_entry *entry = map_get(&c->sources, source);

    return entry ? inf_field(entry->value, 1) : "";
}

/* Without slashes at its ends. */
static bool same_directory(const char *a, const char *b)
{
    size_t x, y;

    a += strspn(a, ".\\/");
    b += strspn(b, ".\\/");
    for (x = strlen(a); x > 0 && strchr("\\/", a[x - 1]);)
        x--;
    for (y = strlen(b); y > 0 && strchr("\\/", b[y - 1]);)
        y--;
    return x == y && !strncasecmp(a, b, x);
}

static void check_store(struct checking *c, const char *target, const char *source, const char *directory, unsigned long flags, int line)
{
    if (strcasecmp(target, source) != 0)
        problem(c, 1100, line, "'%.100s' is renamed to '%.100s'; files in the driver store keep their names", source, target);
    else if (map_get(&c->sources, source) && !same_directory(directory, source_directory(c, source)))
        problem(c, 1100, line, "'%.100s' comes from directory '%.60s' and goes to '%.60s'; files in the driver store stay where they are",
                source, source_directory(c, source), directory);
    if (flags & REPLACE_ONLY)
        problem(c, 1103, line, "flag 0x400 of '%.100s' has no meaning in the driver store", target);
}

static void check_place(struct checking *c, const char *target, const struct inf_line *where, int line)
{
    long dirid = number_at(where);

    if (dirid == DRIVER_STORE)
        return;
    if (!is_excepted(c, dirid) && !is_deprecated_dirid(dirid))
        problem(c, 1322, line, "'%.100s' goes to directory %ld%s%.60s instead of the driver store (DIRID 13)", target, dirid,
                *inf_field(where, 1) ? "\\" : "", inf_field(where, 1));
    if (dirid != 11 && dirid != 12 && !(dirid == 10 && *inf_field(where, 1)) && !is_printer(c))
        problem(c, 1306, line, "'%.100s' goes to directory %ld, which is none of the system's", target, dirid);
}

/* One file to copy. */
static void check_one(struct checking *c, const struct inf_section *list, const char *target, const char *source, const char *flag_text,
                      const struct inf_line *where, int line)
{
    struct set_by by = { .code = 1330, .line = line, .section = list, .source = source, .content = inf_hash(source, strlen(source)) };
    unsigned long flags = 0;

    if (!*target) {
        problem(c, 1229, line, "an entry of CopyFiles names no file");
        return;
    }
    if (*flag_text && !number_of(flag_text, &flags))
        problem(c, 1268, line, "the flags '%.60s' of '%.100s' are no number", flag_text, target);
    if (!map_get(&c->sources, source))
        problem(c, 1230, line, "'%.100s' is copied, but not listed in [SourceDisksFiles]", source);
    if (where) {
        check_place(c, target, where, line);
        if (number_at(where) == DRIVER_STORE)
            check_store(c, target, source, inf_field(where, 1), flags, line);
    }
    sets(c, &by, "%ld\\%s%s%s", number_at(where), inf_field(where, 1), *inf_field(where, 1) ? "\\" : "", target);
    copies(c, list, target);
}

/* [list.Security] */
static void check_security(struct checking *c, const struct inf_section *list, const struct inf_line *where)
{
    char name[300];
    const struct inf_section *security;

    snprintf(name, sizeof name, "%.255s.Security", list->name);
    security = inf_section(c->inf, name);
    use(c, security);
    if (security && number_at(where) == DRIVER_STORE)
        problem(c, 1101, security->number, "[%.100s]: files in the driver store have no security descriptor of their own", security->name);
}

void check_copy(struct checking *c, const struct inf_line *line)
{
    for (int i = 0; i < line->count; i++) {
        const char *element = line->field[i];
        const struct inf_line *where = destination(c, element);
        const struct inf_section *section;

        if (!*element && line->count > 1)
            continue;
        if (*element == '@') {
            if (!where)
                problem(c, 1275, line->number, "[DestinationDirs] has no DefaultDestDir for '%.100s'", element + 1);
            check_one(c, c->install, element + 1, element + 1, "", where, line->number);
            continue;
        }
        section = refer(c, "CopyFiles", KIND_COPY, element, line->number);
        if (!section || note_of(c, section)->walked)
            continue;
        note_of(c, section)->walked = true;
        if (!where)
            problem(c, 1275, section->number, "[%.100s] is not listed in [DestinationDirs], and there is no DefaultDestDir", element);
        check_security(c, section, where);
        for (int k = 0; k < section->count; k++) {
            const struct inf_line *file = &section->line[k];
            const char *target = file->key ? file->key : inf_field(file, 0);

            check_one(c, section, target, *inf_field(file, 1) ? inf_field(file, 1) : target, inf_field(file, 3), where, file->number);
            if (file->count > 5)
                problem(c, 1201, file->number, "'%.60s' of '%.100s' is too much", inf_field(file, 5), target);
        }
    }
}

/* DelFiles and RenFiles. */
void check_file_list(struct checking *c, const struct inf_line *line, const char *directive, enum inf_kind kind)
{
    for (int i = 0; i < line->count; i++) {
        const struct inf_line *where = destination(c, line->field[i]);
        const struct inf_section *section;

        if (*line->field[i] == '@' || (!*line->field[i] && line->count > 1)) {
            if (*line->field[i])
                problem(c, 1309, line->number, "%s deletes '%.100s'", directive, line->field[i] + 1);
            continue;
        }
        section = refer(c, directive, kind, line->field[i], line->number);
        if (!section)
            continue;
        if (!where)
            problem(c, 1275, section->number, "[%.100s] is not listed in [DestinationDirs], and there is no DefaultDestDir", section->name);
        if (number_at(where) == DRIVER_STORE)
            problem(c, 1102, line->number, "%s has no place in the driver store (DIRID 13)", directive);
        for (int k = 0; k < section->count; k++) {
            if (!*inf_field(&section->line[k], 0))
                problem(c, 1229, section->line[k].number, "an entry of %s names no file", directive);
            else
                problem(c, 1309, section->line[k].number, "%s for '%.100s': Windows itself removes what it installed", directive,
                        inf_field(&section->line[k], 0));
        }
    }
}

void check_disks(struct checking *c)
{
    const struct inf_section *destinations = inf_section(c->inf, "DestinationDirs");
    bool known;

    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next)
        if (!strncasecmp(section->name, "SourceDisksNames", 16))
            check_disk_names(c, section);
    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next)
        if (!strncasecmp(section->name, "SourceDisksFiles", 16))
            check_source_files(c, section);
    for (int i = 0; destinations && i < destinations->count; i++) {
        const struct inf_line *line = &destinations->line[i];

        check_destination(c, line);
        if (line->key)
            map_put(c, &c->destinations, &known, "%s", line->key)->value = line;
    }
}
