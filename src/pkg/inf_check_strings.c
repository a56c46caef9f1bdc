/* [Strings] and its languages. docs: install/inf-strings-section, install/creating-international-inf-files */
#include <string.h>
#include <strings.h>

#include "pkg/inf_check_internal.h"

static bool is_strings(const char *name)
{
    return !strcasecmp(name, "Strings") || !strncasecmp(name, "Strings.", 8);
}

/* The number of different names; a name that stands twice is told. */
static int count_names(struct checking *c, const struct inf_section *section)
{
    struct map names = { 0 };
    int count;

    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        struct map_entry *entry;
        bool known;

        if (!line->key)
            continue;
        entry = map_put(c, &names, &known, "%s", line->key);
        if (known)
            problem(c, 1294, line->number, "string '%.60s' is defined in line %d, too", line->key, entry->line);
        else
            entry->line = line->number;
    }
    count = (int)names.count;
    map_free(&names);
    return count;
}

void check_strings(struct checking *c)
{
    const struct inf_section *first = NULL;
    int expected = 0;

    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next) {
        unsigned language;
        int count;

        if (!is_strings(section->name))
            continue;
        if (section->name[7] && !inf_language_of(section->name, &language))
            problem(c, 1290, section->number, "[%.60s] names no language: four hexadecimal digits, [Strings.0407] say", section->name);
        count = count_names(c, section);
        if (first && count != expected)
            problem(c, 1295, section->number, "[%.60s] has %d strings, [%.60s] has %d", section->name, count, first->name, expected);
        if (!first) {
            first = section;
            expected = count;
        }
    }
}
