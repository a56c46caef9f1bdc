/* Rules 1330 to 1333: files, registry values and services that two install sections set differently. Rule 2084: binaries that are not
 * copied on a Windows that starts them.
 *
 *  1. A window is an architecture with the versions of Windows that a Models section is for. The windows of a section (a bit each) are
 *     those for which something leads to it, its origins the install sections that do (a bit each; there are 64, then they are shared).
 *  2. Sections are walked once, though several may lead there. Each tells what it sets, by a key and a number for the content.
 *  3. settle() carries windows and origins from the install sections, which the Models sections give them, to all they lead to.
 *  4. Two contents of one key conflict when some window of one overlaps one of the other. Values and services conflict only between
 *     install sections: what one of them sets twice is set in its order.
 * docs: devtest/inf-verif-error-1330, devtest/inf-verif-error-2084 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define LONGEST_CHAIN 32
#define MOST_ROUNDS 16

struct contribution {
    struct set_by by;
    bool enforced;
    struct contribution *next;
};

/* A list that copies a file. */
struct copy {
    const struct inf_section *list;
    struct copy *next;
};

struct binary {
    const struct inf_section *section;  /* that names it */
    const char *file;
    int line;
    bool enforced;
    struct binary *next;
};

/* --- windows ----------------------------------------------------------------------------------------------------------- */

uint64_t window_of(struct checking *c, const char *architecture, unsigned long from, unsigned long to)
{
    struct window *window = c->window;

    for (int i = 0; i < c->window_count; i++)
        if (!strcasecmp(window[i].architecture, architecture) && window[i].from == from && window[i].to == to)
            return 1ull << i;
    if (c->window_count == MOST_WINDOWS) {      /* all that do not fit share the last, which is for everything */
        window[MOST_WINDOWS - 1] = (struct window){ .architecture = "*", .to = NEVER };
        return 1ull << (MOST_WINDOWS - 1);
    }
    window[c->window_count] = (struct window){ .from = from, .to = to };
    snprintf(window[c->window_count].architecture, sizeof window->architecture, "%s", architecture);
    return 1ull << c->window_count++;
}

static bool windows_overlap(const struct window *a, const struct window *b)
{
    return (!strcasecmp(a->architecture, b->architecture) || *a->architecture == '*' || *b->architecture == '*') && a->from < b->to &&
           b->from < a->to;
}

static bool overlap(const struct checking *c, uint64_t a, uint64_t b)
{
    if (a & b)
        return true;
    for (int i = 0; i < c->window_count; i++)
        for (int k = 0; (a >> i & 1) && k < c->window_count; k++)
            if ((b >> k & 1) && windows_overlap(&c->window[i], &c->window[k]))
                return true;
    return false;
}

void installs_on(struct checking *c, const struct inf_section *section, uint64_t window)
{
    struct note *note = note_of(c, section);

    note->windows |= window;
    if (!note->origins)
        note->origins = 1ull << (c->install_count++ % 64);
}

static bool led_to(struct note *note, const struct note *from)
{
    struct note before = *note;

    note->windows |= from->windows;
    note->origins |= from->origins;
    return note->windows != before.windows || note->origins != before.origins;
}

/* Directives whose fields name sections. */
static bool leads(const char *key)
{
    static const char *const beginnings[] = { "Add", "Del", "Bit", "Copy", "Needs", "WMI", "Kmdf", "Umdf" };

    for (size_t i = 0; i < countof(beginnings); i++)
        if (!strncasecmp(key, beginnings[i], strlen(beginnings[i])))
            return true;
    return false;
}

static bool lead_on(struct checking *c, const struct inf_section *section)
{
    const struct note *from = note_of(c, section);
    bool changed = false;

    for (int part = from->part; part; part = c->note[part - 1].next_part)
        changed |= led_to(&c->note[part - 1], from);
    for (int i = 0; i < section->count; i++)
        for (int k = 0; section->line[i].key && leads(section->line[i].key) && k < section->line[i].count; k++) {
            const struct inf_section *named = *section->line[i].field[k] ? inf_section(c->inf, section->line[i].field[k]) : NULL;

            if (named && named != section && is_used(c, named) && note_of(c, named)->kind != KIND_MODELS)
                changed |= led_to(note_of(c, named), from);
        }
    return changed;
}

static void settle(struct checking *c)
{
    bool changed = true;

    for (int round = 0; changed && round < MOST_ROUNDS; round++) {
        changed = false;
        for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next)
            if (note_of(c, section)->windows && note_of(c, section)->kind != KIND_MODELS)
                changed |= lead_on(c, section);
    }
}

/* --- what is set ------------------------------------------------------------------------------------------------------- */

void sets(struct checking *c, const struct set_by *by, const char *format, ...)
{
    char key[2 * INF_MAX_FIELD];
    int used = snprintf(key, sizeof key, "%d|", by->code), length = 0;
    struct contribution *contribution, **last;
    struct map_entry *entry;
    va_list args;
    bool known;

    va_start(args, format);
    vsnprintf(key + used, sizeof key - (size_t)used, format, args);
    va_end(args);
    entry = map_put_key(c, &c->set, &known, key);
    contribution = (struct contribution *)(uintptr_t)entry->value;
    for (last = &contribution; *last; last = &(*last)->next, length++) {
        if ((*last)->by.content == by->content && (*last)->by.section == by->section)
            return;
        c->may_conflict |= (*last)->by.content != by->content;
    }
    if (length >= LONGEST_CHAIN)
        return;
    *last = inf_alloc(c->inf, sizeof **last);
    **last = (struct contribution){ .by = *by, .enforced = c->enforced };
    entry->value = contribution;
}

static bool conflict(struct checking *c, const struct contribution *a, const struct contribution *b)
{
    const struct note *x = note_of(c, a->by.section), *y = note_of(c, b->by.section);

    if (a->by.content == b->by.content)
        return false;
    if (a->by.section == b->by.section)
        return a->by.code == 1330;
    if (a->by.code != 1330 && x->origins == y->origins)
        return false;
    return overlap(c, x->windows, y->windows);
}

static void report(struct checking *c, const struct contribution *a, const struct contribution *b, const char *what)
{
    bool enforced = c->enforced;

    c->enforced = a->enforced && b->enforced;
    if (b->by.code == 1330)
        problem(c, 1330, b->by.line, "'%.100s' and '%.100s' (line %d) are both copied to %.150s", b->by.source, a->by.source, a->by.line, what);
    else if (b->by.code == 1333)
        problem(c, 1333, b->by.line, "service %.60s is configured otherwise in [%.100s]", what, a->by.section->name);
    else
        problem(c, b->by.code, b->by.line, "value %.200s has another content in [%.100s]", what, a->by.section->name);
    c->enforced = enforced;
}

static void check_sets(struct checking *c)
{
    for (unsigned i = 0; i < c->set.room; i++)
        for (const struct contribution *b = c->set.slot[i] ? c->set.slot[i]->value : NULL; b; b = b->next)
            for (const struct contribution *a = c->set.slot[i]->value; a != b; a = a->next)
                if (conflict(c, a, b)) {
                    report(c, a, b, strchr(c->set.slot[i]->key, '|') + 1);
                    break;
                }
}

/* --- what must be copied ----------------------------------------------------------------------------------------------- */

void copies(struct checking *c, const struct inf_section *list, const char *file)
{
    bool known;
    struct map_entry *entry = map_put_key(c, &c->copied, &known, file);
    const struct copy *first = entry->value;
    struct copy *copy;

    if (entry->line >= LONGEST_CHAIN || (first && first->list == list))
        return;
    copy = inf_alloc(c->inf, sizeof *copy);
    *copy = (struct copy){ .list = list, .next = (struct copy *)(uintptr_t)first };
    entry->value = copy;
    entry->line++;
}

void must_be_copied(struct checking *c, const struct inf_section *section, const char *file, int line)
{
    struct binary *binary = inf_alloc(c->inf, sizeof *binary);

    *binary = (struct binary){ .section = section, .file = file, .line = line, .enforced = c->enforced, .next = c->binaries };
    c->binaries = binary;
}

/* Whether the file is copied on all Windows for which bits are set. */
static bool is_copied(const struct checking *c, const struct map_entry *entry, uint64_t windows)
{
    if (!entry || entry->line >= LONGEST_CHAIN || c->window_count < 2)
        return entry != NULL;
    for (int i = 0; i < c->window_count; i++) {
        const struct copy *copy = entry->value;

        while (copy && !overlap(c, c->note[copy->list->index].windows, windows & 1ull << i))
            copy = copy->next;
        if ((windows >> i & 1) && !copy)
            return false;
    }
    return true;
}

static void check_binaries(struct checking *c)
{
    bool enforced = c->enforced;

    for (const struct binary *binary = c->binaries; binary; binary = binary->next) {
        const struct map_entry *entry = map_get(&c->copied, binary->file);

        c->enforced = binary->enforced;
        if (!is_copied(c, entry, note_of(c, binary->section)->windows))
            problem(c, 2084, binary->line, entry ? "ServiceBinary %.100s is not copied on every Windows that [%.100s] is for" :
                                                   "ServiceBinary %.100s of [%.100s] is not a file that CopyFiles copies",
                    binary->file, binary->section->name);
    }
    c->enforced = enforced;
}

void check_windows(struct checking *c)
{
    if (c->may_conflict || c->window_count > 1)
        settle(c);
    if (c->may_conflict)
        check_sets(c);
    check_binaries(c);
}
