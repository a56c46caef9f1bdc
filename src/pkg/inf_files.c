/* CopyFiles -> file lists -> [SourceDisksFiles]: what belongs to a package.
 * docs: install/inf-copyfiles-directive, install/inf-sourcedisksfiles-section, install/inf-sourcedisksnames-section */
#include <stdio.h>
#include <string.h>

#include "pkg/inf_internal.h"

#define NEEDS_DEPTH 8

struct file_list {
    struct inf *inf;
    struct inf_file *file;
    int count;
};

/* [SourceDisksFiles.amd64] goes before [SourceDisksFiles]; the same for names. */
static const struct inf_line *disk_line(struct inf *inf, const char *section, const char *key)
{
    char name[64];
    const struct inf_line *line;

    snprintf(name, sizeof(name), "%s.amd64", section);
    line = inf_line(inf_section(inf, name), key, NULL);
    return line != NULL ? line : inf_line(inf_section(inf, section), key, NULL);
}

/* The disk's path and the file's subdirectory, with slashes, without one at either end. */
static const char *directory_of(struct inf *inf, const char *disk_path, const char *subdirectory)
{
    char path[2 * INF_MAX_FIELD + 2];
    size_t length = 0;

    snprintf(path, sizeof(path), "%s\\%s", disk_path, subdirectory);
    for (const char *p = path; *p != 0; p++) {
        bool slash = *p == '\\' || *p == '/';

        if (slash && (length == 0 || path[length - 1] == '/'))
            continue;
        path[length++] = slash ? '/' : *p;
    }
    while (length > 0 && path[length - 1] == '/')
        length--;
    return inf_copy(inf, path, length);
}

static bool add_file(struct file_list *list, const char *source, int number)
{
    struct inf *inf = list->inf;
    const struct inf_line *where = disk_line(inf, "SourceDisksFiles", source), *disk;
    struct inf_file file = { .source = source, .number = number };

    if (where == NULL)
        return inf_error(inf, number, "%.200s is copied, but [SourceDisksFiles] does not have it", source);
    disk = disk_line(inf, "SourceDisksNames", inf_field(where, 0));
    if (disk == NULL)
        return inf_error(inf, where->number, "disk %.60s of %.200s is not in [SourceDisksNames]", inf_field(where, 0), source);
    file.directory = directory_of(inf, inf_field(disk, 3), inf_field(where, 1));
    for (int i = 0; i < list->count; i++) {
        if (inf_same(list->file[i].source, source) && inf_same(list->file[i].directory, file.directory))
            return true;
    }
    list->file = inf_grow(inf, list->file, list->count, sizeof(file));
    list->file[list->count++] = file;
    return true;
}

/* One element of a CopyFiles directive: @file, or a section of `destination, source,, flags` entries. */
static bool add_element(struct file_list *list, const char *element, int number)
{
    const struct inf_section *section;

    if (*element == '@')
        return add_file(list, element + 1, number);
    if (*element == 0)
        return true;
    section = inf_section(list->inf, element);
    if (section == NULL)
        return inf_error(list->inf, number, "CopyFiles: there is no section [%.200s]", element);
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        const char *source = *inf_field(line, 1) != 0 ? inf_field(line, 1) : inf_field(line, 0);

        if (*source != 0 && !add_file(list, source, line->number))
            return false;
    }
    return true;
}

static bool add_section(struct file_list *list, const struct inf_section *section, int depth)
{
    const struct inf_line *line = NULL;

    if (section == NULL)
        return true;
    while ((line = inf_line(section, "CopyFiles", line)) != NULL) {
        for (int i = 0; i < line->count; i++) {
            if (!add_element(list, line->field[i], line->number))
                return false;
        }
    }
    line = NULL;
    while ((line = inf_line(section, "Needs", line)) != NULL) {
        if (depth == NEEDS_DEPTH)
            return inf_error(list->inf, line->number, "Needs entries are nested more than %d deep", NEEDS_DEPTH);
        for (int i = 0; i < line->count; i++) {
            if (!add_section(list, inf_section(list->inf, line->field[i]), depth + 1))
                return false;
        }
    }
    return true;
}

/* A section and those that hang on it by name. */
static bool add_install(struct file_list *list, const char *base)
{
    const struct inf_section *section = inf_decorated(list->inf, base);
    char name[600];

    if (section == NULL)
        return true;
    snprintf(name, sizeof(name), "%.512s.CoInstallers", section->name);
    return add_section(list, section, 0) && add_section(list, inf_section(list->inf, name), 0);
}

int inf_files(struct inf *inf, const struct inf_file **files)
{
    struct file_list list = { .inf = inf };
    const struct inf_model *models = NULL;
    int count = inf_models(inf, &models);

    if (count < 0 || !add_install(&list, "DefaultInstall") || !add_install(&list, "ClassInstall32"))
        return -1;
    for (int i = 0; i < count; i++) {
        if (!add_install(&list, models[i].install_section))
            return -1;
    }
    *files = list.file;
    return list.count;
}
