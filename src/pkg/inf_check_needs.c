/* Include and Needs. Sections of Windows' own INFs are known only as far as the documentation names them; those of INFs beside this
 * one are looked up. docs: install/inf-ddinstall-section, devtest/inf-verif-error-2084, devtest/inf-validation-errors-and-warnings */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define DEEPEST 8

/* Where sections of Windows are, by the beginning of their names. */
static const struct {
    const char *beginning, *inf;
} known[] = {
    { "MsHidKmdf", "mshidkmdf.inf" }, { "WUDFRD", "wudfrd.inf" }, { "KS.", "ks.inf" }, { "KSCAPTUR.", "kscaptur.inf" },
    { "WDMAUDIO.", "wdmaudio.inf" }, { "mssysfx.", "wdmaudio.inf" }, { "WDMPORTCLS.", "wdmaudio.inf" }, { "MsApoFxProxy.", "wdmaudio.inf" },
    { "STI.", "sti.inf" },
};

static const char *home_of(const char *section)
{
    for (size_t i = 0; i < countof(known); i++)
        if (!strncasecmp(section, known[i].beginning, strlen(known[i].beginning)))
            return known[i].inf;
    return NULL;
}

static bool includes(const struct inf_section *section, const char *inf)
{
    const struct inf_line *line = NULL;

    while ((line = inf_line(section, "Include", line)) != NULL)
        for (int i = 0; i < line->count; i++)
            if (!strcasecmp(line->field[i], inf))
                return true;
    return false;
}

/* Whether any section includes it. */
static bool is_included(const struct checking *c, const char *inf)
{
    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next)
        if (section->count < 1000 && includes(section, inf))
            return true;
    return false;
}

static bool has_suffix(const char *name, const char *suffix)
{
    const char *dot = strrchr(name, '.');

    return dot && !strcasecmp(dot + 1, suffix);
}

/* The suffix of a name when it is one that parts have. */
static const char *suffix_of(const char *name)
{
    static const char *const parts[] = { "HW", "Services", "CoInstallers", "Interfaces", "WMI", "Wdf", "Filters", "Events", "Components",
                                         "Software", "COM", NULL };
    const char *dot = strrchr(name, '.');

    return dot && one_of(dot + 1, parts) ? dot + 1 : "";
}

static bool has_sibling_section(struct checking *c, const struct inf_section *section, const char *name, bool *all_read)
{
    const struct inf_line *line = NULL;

    *all_read = true;
    while ((line = inf_line(section, "Include", line)) != NULL)
        for (int i = 0; i < line->count; i++) {
            struct inf *sibling = inf_sibling(c->inf, line->field[i]);

            if (sibling && inf_section(sibling, name))
                return true;
            *all_read &= sibling != NULL;
        }
    return false;
}

/* A needed section that is not in this INF. */
static void check_foreign(struct checking *c, const struct inf_section *section, const char *name, int line)
{
    const char *home = home_of(name);
    bool all_read, here = has_sibling_section(c, section, name, &all_read);
    const char *dot = strrchr(name, '.');

    if (!inf_line(section, "Include", NULL)) {
        if (home && is_included(c, home))
            problem(c, 1319, line, "[%.100s] needs [%.100s] and must include %s itself", section->name, name, home);
        else if (home)
            problem(c, 2651, line, "Needs = %.100s is a section of %s, which is not included", name, home);
        else if (c->has_siblings)
            problem(c, 1314, line, "Needs = %.100s: the INF that has it must be included by [%.100s] itself", name, section->name);
        else
            problem(c, 2651, line, "Needs = %.100s is not here, and no Include says where it is", name);
    } else if (home && !includes(section, home)) {
        problem(c, 1319, line, "[%.100s] needs [%.100s] and must include %s", section->name, name, home);
    } else if (!here && all_read) {
        if (dot && !strncasecmp(dot, ".NT", 3))
            problem(c, 1316, line, "Needs = %.100s: no included INF has a section with that decoration", name);
        else
            problem(c, 1315, line, "Needs = %.100s: no included INF has that section", name);
    }
}

/* `suffix` is the needing section's, `first` that of the section where it began. */
static void check_suffix(struct checking *c, const char *name, const char *suffix, const char *first, int depth, int line)
{
    const char *own = suffix_of(name);

    if (!strcasecmp(own, suffix))
        return;
    if (depth == 0 && *own)
        problem(c, 1312, line, "Needs = %.100s: a section with suffix .%s is needed by one with %s%s", name, own, *suffix ? "." : "no suffix", suffix);
    else if (depth == 0)
        problem(c, 1313, line, "Needs = %.100s: the section needs the suffix .%s of the one that needs it", name, suffix);
    else if (*own && strcasecmp(own, first) != 0)
        problem(c, 1310, line, "Needs = %.100s: suffix .%s is not that of the first section, %s%s", name, own, *first ? "." : "none", first);
    else if (!*own && *first)
        problem(c, 1311, line, "Needs = %.100s: the section needs the suffix .%s of the first section", name, first);
}

/* Everything that a needed section here has counts for the section that needs it. */
static bool walk_needed(struct checking *c, const struct inf_section *needed, const char *suffix)
{
    const struct inf_section *install = c->install;
    bool service = false;

    if (has_suffix(needed->name, "Services"))
        service = check_services(c, needed);
    else if (!*suffix)
        check_install(c, needed);
    else if (!strcasecmp(suffix, "Wdf"))
        check_wdf(c, needed);
    else if (!strcasecmp(suffix, "HW"))
        check_registry_directives(c, needed);
    else
        check_part(c, needed, suffix);
    c->install = install;
    return service;
}

static bool follow(struct checking *c, const struct inf_section *section, const char *suffix, const char *first, int depth)
{
    const struct inf_line *line = NULL;
    bool any = false;

    while ((line = inf_line(section, "Needs", line)) != NULL)
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *needed = inf_section(c->inf, line->field[i]);

            if (!*line->field[i])
                continue;
            check_suffix(c, line->field[i], suffix, first, depth, line->number);
            if (!needed) {
                check_foreign(c, section, line->field[i], line->number);
                any = true;
                continue;
            }
            use(c, needed);
            if (depth < DEEPEST && !note_of(c, needed)->followed) {
                note_of(c, needed)->followed = true;
                any |= walk_needed(c, needed, suffix);
                any |= follow(c, needed, suffix_of(needed->name), first, depth + 1);
                note_of(c, needed)->has_service |= any;
            }
            any |= note_of(c, needed)->has_service;
        }
    return any;
}

/* The section's own names in the INFs beside this one that it includes. */
static void check_names(struct checking *c, const struct inf_section *section, const char *name, int line)
{
    struct inf *sibling = inf_sibling(c->inf, name);
    bool again;

    if (!sibling)
        return;
    problem(c, 1202, line, "%.100s stands beside this INF; Windows includes only its own INFs", name);
    map_put(c, &c->once, &again, "sibling|%s", name);
    for (const struct inf_section *s = again ? NULL : inf_sections(sibling); s; s = s->next) {
        static const char *const common[] = { "Version", "Strings", "Manufacturer", "SourceDisksNames", "SourceDisksFiles", "DestinationDirs",
                                              "ControlFlags", NULL };
        const struct inf_section *own = one_of(s->name, common) || strncasecmp(s->name, "Strings.", 8) == 0 ? NULL : inf_section(c->inf, s->name);

        if (own)
            problem(c, 2008, own->number, "%.100s, which [%.100s] includes, has a section [%.100s], too", name, section->name, own->name);
    }
}

bool check_needs(struct checking *c, const struct inf_section *section, const char *suffix)
{
    const struct inf_line *line = NULL, *needs = inf_line(section, "Needs", NULL);

    while ((line = inf_line(section, "Include", line)) != NULL) {
        if (!*inf_field(line, 0))
            problem(c, 1006, line->number, "Include names no INF");
        else if (!needs)
            problem(c, 1289, line->number, "[%.200s] includes %.60s, but needs nothing of it", section->name, inf_field(line, 0));
        for (int i = 0; i < line->count; i++) {
            const char *dot = strrchr(line->field[i], '.');

            if (*line->field[i] && (!dot || strcasecmp(dot, ".inf") != 0))
                problem(c, 1078, line->number, "Include: '%.100s' is no INF and is passed over", line->field[i]);
            else if (*line->field[i])
                check_names(c, section, line->field[i], line->number);
        }
    }
    if (needs && !*inf_field(needs, 0))
        problem(c, 1006, needs->number, "Needs names no section");
    return follow(c, section, suffix, suffix, 0);
}
