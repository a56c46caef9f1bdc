/* [Manufacturer], Models, [DefaultInstall]: which DDInstall sections there are, and for which Windows.
 * docs: install/inf-manufacturer-section, install/inf-models-section, develop/creating-a-primitive-driver, devtest/infverif_h,
 * devtest/running-infverif-from-the-command-line */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define FIRST_BUILD INF_VERSION(10, 0, 14310)           /* that decorations may name */
#define FIRST_PRIMITIVE INF_VERSION(10, 0, 18362)
#define DEFAULT_ENFORCED INF_VERSION(10, 0, 17763)

/* One Models entry and the DDInstall section it leads to. */
struct visit {
    const struct inf_section *section;
    const struct inf_line *line;
    bool enforced;
};

struct visits {
    struct visit *visit;
    size_t count, room;
    int ids;
};

/* --- decorations ----------------------------------------------------------------------------------------------------- */

static bool is_architecture(const char *text, size_t length)
{
    static const char *const known[] = { "", "x86", "amd64", "ia64", "arm", "arm64", "$ARCH$" };

    for (size_t i = 0; i < countof(known); i++)
        if (strlen(known[i]) == length && !strncasecmp(text, known[i], length))
            return true;
    return false;
}

/* NT[Architecture][.[Major][.[Minor][.[ProductType][.[SuiteMask][.[Build]]]]]] */
bool target_of(const char *text, struct target *target)
{
    unsigned long part[5] = { 0 };
    const char *at = text + 2;
    size_t length;

    *target = (struct target){ .version = 0 };
    if (strncasecmp(text, "NT", 2) != 0)
        return false;
    length = strcspn(at, ".");
    if (length >= sizeof target->architecture || !is_architecture(at, length))
        return false;
    memcpy(target->architecture, at, length);
    at += length;
    for (int i = 0; i < 5 && *at == '.'; i++) {
        char *end;

        part[i] = strtoul(at + 1, &end, 0);
        if (end == at + 1 && *end != '.' && *end != 0)
            return false;
        target->with_product |= (i == 2 || i == 3) && end != at + 1;
        target->with_build |= i == 4 && end != at + 1;
        at = end;
    }
    target->version = INF_VERSION(part[0] > 255 ? 255 : part[0], part[1] > 255 ? 255 : part[1], part[4] > 999999 ? 999999 : part[4]);
    return *at == 0;
}

bool inf_version_of(const char *text, unsigned long *version)
{
    unsigned long part[8];
    int count = 0;

    if (!strncasecmp(text, "NT", 2) && strchr(text, '.'))
        text = strchr(text, '.') + 1;
    while (*text && count < 8) {
        char *end;

        part[count] = strtoul(text, &end, 10);
        count += end != text;
        if (*end && *end != '.')
            return false;
        text = end + (*end == '.');
    }
    if (count == 1)
        *version = INF_VERSION(10, 0, part[0]);
    else if (count > 1)
        *version = INF_VERSION(part[0], part[1], count > 2 ? part[count - 1] : 0);
    return count > 0 && !*text && part[0] < 1000000 && part[count - 1] < 1000000;
}

static void check_decoration(struct checking *c, const char *decoration, const char *models, int line)
{
    struct target target;

    if (!target_of(decoration, &target)) {
        problem(c, 1287, line, "'%.60s' is no decoration of Models section %.60s", decoration, models);
        return;
    }
    if (strstr(decoration, "$ARCH$") && !c->options->before_stamping)
        problem(c, 1274, line, "$ARCH$ in '%.60s' was not stamped; run ring3 inf stamp", decoration);
    if (target.with_build && target.version < FIRST_BUILD)
        problem(c, 1288, line, "'%.60s' has a build number; those begin with 10.0.14310", decoration);
    if (target.with_product)
        problem(c, 1307, line, "'%.60s' chooses by product type or suite, which only desktop Windows does", decoration);
    if (!target.architecture[0])
        problem(c, 2010, line, "Models section [%.100s.%.60s] names no architecture and is for x86", models, decoration);
}

/* The version before which the entry's other decorations of the same architecture take over; NEVER: none does. */
static unsigned long end_of(const struct inf_line *line, const struct target *of)
{
    unsigned long end = NEVER;

    for (int i = 1; i < line->count && i < 64; i++) {
        struct target other;

        if (target_of(line->field[i], &other) && !strcasecmp(other.architecture, of->architecture) && other.version > of->version &&
            other.version < end)
            end = other.version;
    }
    return end;
}

/* Whether all of the mode's rules count for a section: what only older Windows use is let off. */
static bool is_enforced(const struct checking *c, unsigned long end)
{
    if (c->options->mode == INF_MODE_H)
        return end == NEVER || (c->options->rules && end > c->options->rules);
    return c->options->mode != INF_MODE_W || end > (c->options->enforced ? c->options->enforced : DEFAULT_ENFORCED);
}

/* /osver and /rulever: whether the section is looked at. */
static bool is_wanted(const struct checking *c, const struct inf_line *line, const struct target *target)
{
    struct target system;

    if (c->options->rules && target->version > c->options->rules)
        return false;
    if (!c->options->system || !target_of(c->options->system, &system))
        return true;
    return !strcasecmp(system.architecture, target->architecture) && target->version <= system.version &&
           end_of(line, target) > system.version;
}

/* --- models ------------------------------------------------------------------------------------------------------------ */

const struct inf_section *install_section(const struct checking *c, const char *name, const char *architecture)
{
    char text[300];
    size_t length = strlen(name);
    const struct inf_section *section;

    if (length > 255)
        return NULL;
    memcpy(text, name, length);
    snprintf(text + length, sizeof text - length, ".NT%s", architecture);
    section = inf_section(c->inf, text);
    if (!section && *architecture) {
        text[length + 3] = 0;
        section = inf_section(c->inf, text);
    }
    if (!section)
        section = inf_section(c->inf, name);
    if (!section && !strcmp(architecture, "$ARCH$"))
        section = install_section(c, name, "amd64");
    return section;
}

static bool same_entry(const struct inf_line *a, const struct inf_line *b)
{
    if (a->count != b->count || !a->key || !b->key || strcasecmp(a->key, b->key) != 0)
        return false;
    for (int i = 0; i < a->count; i++)
        if (strcasecmp(a->field[i], b->field[i]) != 0)
            return false;
    return true;
}

/* Puts line i into the table of those before it; true when one of them says the same. */
static bool stands_twice(const struct inf_section *models, int i, int *seen, size_t slots)
{
    const struct inf_line *line = &models->line[i];
    const char *text = line->key ? line->key : "";
    size_t slot = inf_hash(text, strlen(text));

    for (int k = 0; k < line->count; k++)
        slot = slot * 31 + inf_hash(line->field[k], strlen(line->field[k]));
    for (slot %= slots; seen[slot] != 0; slot = (slot + 1) % slots)
        if (same_entry(line, &models->line[seen[slot] - 1]))
            return true;
    seen[slot] = i + 1;
    return false;
}

static void add_visit(struct visits *visits, const struct visit *visit)
{
    if (visits->count == visits->room) {
        visits->room = visits->room * 2 + 64;
        visits->visit = realloc(visits->visit, visits->room * sizeof *visit);
        if (!visits->visit)
            abort();
    }
    visits->visit[visits->count++] = *visit;
}

/* One entry: description = install section, hardware ID, compatible IDs. */
static void check_model(struct checking *c, const struct inf_line *line, const struct target *target, uint64_t window, bool enforced,
                        struct visits *visits)
{
    const char *install = inf_field(line, 0);
    struct visit visit = { .line = line, .enforced = enforced };
    bool known, any = false;

    for (int i = 1; i < line->count; i++)
        if (*line->field[i]) {
            map_put(c, &c->ids, &known, "%s", line->field[i]);
            any = true;
        }
    if (!line->key || !*install) {
        problem(c, 1271, line->number, "a model reads: description = install section, hardware ID");
        return;
    }
    visits->ids += any;
    visit.section = install_section(c, install, target->architecture);
    if (!visit.section) {
        problem(c, 1261, line->number, "'%.60s': there is no install section [%.100s]", any ? inf_field(line, 1) : line->key, install);
        return;
    }
    if (note_of(c, visit.section)->since > target->version)
        note_of(c, visit.section)->since = target->version;
    installs_on(c, visit.section, window);
    add_visit(visits, &visit);
}

static void check_models_section(struct checking *c, const struct inf_section *models, const struct target *target, uint64_t window,
                                 bool enforced, struct visits *visits)
{
    size_t slots = (size_t)models->count * 2 + 1;
    int *seen = calloc(slots, sizeof *seen);

    if (!seen)
        abort();
    for (int i = 0; i < models->count; i++) {
        if (stands_twice(models, i, seen, slots))
            problem(c, 1294, models->line[i].number, "model '%.60s' stands twice in [%.100s]", models->line[i].key, models->name);
        check_model(c, &models->line[i], target, window, enforced, visits);
    }
    free(seen);
}

/* The Models section of one decoration ("" for the undecorated one) of a [Manufacturer] entry. */
static void check_decorated(struct checking *c, const struct inf_line *line, const char *base, const char *decoration, struct visits *visits)
{
    const struct inf_section *models;
    struct target target = { .version = 0 };
    unsigned long end;
    char name[600];

    if (*decoration)
        check_decoration(c, decoration, base, line->number);
    if (*decoration && !target_of(decoration, &target))
        return;
    snprintf(name, sizeof name, "%.255s%s%.255s", base, *decoration ? "." : "", decoration);
    models = inf_section(c->inf, name);
    if (!models) {
        problem(c, 1203, line->number, "[Manufacturer]: there is no Models section [%.200s]", name);
        return;
    }
    use(c, models);
    if (note_of(c, models)->walked)
        return;
    note_of(c, models)->walked = true;
    note_of(c, models)->kind = KIND_MODELS;
    end = end_of(line, &target);
    if (is_wanted(c, line, &target))
        check_models_section(c, models, &target, window_of(c, target.architecture, target.version, end), is_enforced(c, end), visits);
}

static void check_manufacturer_line(struct checking *c, const struct inf_line *line, struct visits *visits)
{
    const char *base = inf_field(line, 0);

    if (!*base) {
        problem(c, 1011, line->number, "[Manufacturer] entry '%.60s' names no Models section", line->key ? line->key : "");
        return;
    }
    if (line->count == 1) {
        problem(c, 2010, line->number, "Models section [%.100s] names no architecture and is for x86", base);
        check_decorated(c, line, base, "", visits);
    }
    for (int i = 1; i < line->count; i++)
        if (*line->field[i])
            check_decorated(c, line, base, line->field[i], visits);
}

/* Devices that need no function driver of their own, by their class. */
static bool needs_service(const struct checking *c)
{
    static const char *const without[] = { "NetTrans", "NetService", "NetClient", "Extension", "Monitor", "Modem", "Printer", "PNPPrinters",
                                           "SoftwareComponent", NULL };

    return !one_of(inf_version(c->inf, "Class"), without);
}

static void walk(struct checking *c, const struct visits *visits)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < visits->count; i++) {
            const struct visit *visit = &visits->visit[i];

            if (visit->enforced != (pass == 0) || note_of(c, visit->section)->walked)
                continue;
            c->enforced = visit->enforced;
            if (!check_install(c, visit->section) && visit->line->count > 1 && needs_service(c))
                problem(c, 1296, visit->line->number, "%.60s has no service in [%.100s.Services]; a device without driver says AddService = ,2",
                        inf_field(visit->line, 1), visit->section->name);
        }
    c->enforced = true;
}

/* [DeviceInstall32] makes devices; they are to be the INF's own. */
static void check_made_devices(struct checking *c)
{
    const struct inf_section *section = inf_section(c->inf, "DeviceInstall32");
    bool any = false;

    for (int i = 0; section && i < section->count; i++)
        for (int k = 0; k < section->line[i].count; k++)
            any |= map_get(&c->ids, section->line[i].field[k]) != NULL;
    if (section && !any)
        problem(c, 1270, section->number, "[DeviceInstall32] makes no device that this INF installs");
}

/* --- primitive drivers ------------------------------------------------------------------------------------------------- */

static bool is_base(const char *name, const char *base)
{
    return !strncasecmp(name, base, strlen(base)) && (name[strlen(base)] == 0 || name[strlen(base)] == '.');
}

static bool has_architecture(const char *name, const char *base)
{
    const char *at = name + strlen(base);

    return !strncasecmp(at, ".NT", 3) && is_architecture(at + 3, strcspn(at + 3, ".")) && strcspn(at + 3, ".") > 0;
}

/* DefaultInstall.NTamd64 itself, not what hangs on it. */
static bool is_whole(const char *name, const char *base)
{
    const char *at = name + strlen(base);

    if (*at == '.' && !strncasecmp(at, ".NT", 3))
        at += 1 + strcspn(at + 1, ".");
    return is_base(name, base) && *at == 0;
}

static void check_default_install(struct checking *c, const struct inf_section *section, bool *decorated)
{
    bool architecture = has_architecture(section->name, "DefaultInstall");
    struct target target;

    *decorated |= architecture;
    if (strstr(section->name, "$ARCH$") && !c->options->before_stamping)
        problem(c, 1274, section->number, "$ARCH$ in [%.100s] was not stamped; run ring3 inf stamp", section->name);
    if (!architecture)
        problem(c, 1421, section->number, "[%s] needs an architecture: [DefaultInstall.NTamd64]", section->name);
    note_of(c, section)->since = FIRST_PRIMITIVE;
    target_of(architecture ? section->name + strlen("DefaultInstall.") : "NT", &target);
    installs_on(c, section, window_of(c, target.architecture, FIRST_PRIMITIVE, NEVER));
    c->primitive = true;
    check_install(c, section);
    c->primitive = false;
}

static void check_default_uninstall(struct checking *c, const struct inf_section *section)
{
    if (!has_architecture(section->name, "DefaultUninstall"))
        problem(c, 1421, section->number, "[%s] needs an architecture: [DefaultUninstall.NTamd64]", section->name);
    if (strcmp(inf_field(inf_line(section, "LegacyUninstall", NULL), 0), "1") != 0)
        problem(c, 1422, section->number, "[%s] needs LegacyUninstall = 1, so that newer Windows leaves it alone", section->name);
    use_parts(c, section);
    for (int i = 0; i < section->count; i++)        /* what older Windows undo is theirs */
        for (int k = 0; k < section->line[i].count; k++)
            use(c, inf_section(c->inf, section->line[i].field[k]));
}

static void check_primitive(struct checking *c)
{
    const struct inf_section *manufacturer = inf_section(c->inf, "Manufacturer"), *first = NULL;
    bool decorated = false, uninstall = false;

    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next) {
        if (is_whole(section->name, "DefaultInstall")) {
            first = first ? first : section;
            check_default_install(c, section, &decorated);
        } else if (is_whole(section->name, "DefaultUninstall")) {
            uninstall = true;
            check_default_uninstall(c, section);
        }
    }
    if (first && manufacturer)
        problem(c, 1212, manufacturer->number, "an INF has [Manufacturer] or [DefaultInstall], not both");
    if (first && (manufacturer || !decorated || !*inf_version(c->inf, "Provider") || !*inf_version(c->inf, "Class") ||
                  !*inf_version(c->inf, "ClassGuid")))
        problem(c, 1420, first->number, "[%s] makes no primitive driver: that has no [Manufacturer], an architecture, and Provider, Class and "
                                        "ClassGuid in [Version]", first->name);
    if (!decorated && (first || uninstall) && !manufacturer)
        problem(c, 1423, first ? first->number : 0, "a primitive driver needs [DefaultInstall.NTamd64]");
}

void check_models(struct checking *c)
{
    const struct inf_section *section = inf_section(c->inf, "Manufacturer");
    struct visits visits = { 0 };

    for (int i = 0; section && i < section->count; i++)
        check_manufacturer_line(c, &section->line[i], &visits);
    walk(c, &visits);
    if (section && visits.ids == 0 && !c->options->system && !c->options->rules)
        problem(c, 1297, section->number, "no hardware ID at all; a driver without device is a primitive driver ([DefaultInstall.NTamd64])");
    free(visits.visit);
    check_primitive(c);
    check_made_devices(c);
}

/* --- /info --------------------------------------------------------------------------------------------------------------- */

bool inf_info(const char *path, void (*entry)(void *context, const char *id, const char *architecture, unsigned long version,
                                              const char *section), void *context)
{
    struct inf *inf = inf_open(path);
    const struct inf_section *section = inf ? inf_section(inf, "Manufacturer") : NULL;

    for (int i = 0; section && i < section->count; i++)
        for (int k = section->line[i].count > 1; k < section->line[i].count; k++) {
            const struct inf_line *line = &section->line[i];
            const char *decoration = k ? line->field[k] : "";
            const struct inf_section *models;
            struct target target = { .version = 0 };
            char name[600];

            snprintf(name, sizeof name, "%.255s%s%.255s", inf_field(line, 0), k ? "." : "", decoration);
            models = inf_section(inf, name);
            if (k && !target_of(decoration, &target))
                continue;
            for (int m = 0; models && m < models->count; m++)
                for (int id = 1; id < models->line[m].count; id++)
                    if (*models->line[m].field[id])
                        entry(context, models->line[m].field[id], target.architecture, target.version, inf_field(&models->line[m], 0));
        }
    inf_close(inf);
    return inf != NULL;
}
