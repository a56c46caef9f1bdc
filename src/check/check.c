/* Which rules there are, and who hears what. */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "check/internal.h"

extern const struct check_rule *const __start_check_rules[], *const __stop_check_rules[];

static bool off[64];

static unsigned rule_count(void)
{
    return (unsigned)(__stop_check_rules - __start_check_rules);
}

static bool listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strncmp(p, name, length) == 0 && (p[length] == ',' || !p[length]))
            return true;
    return false;
}

static bool known(const char *word, size_t length)
{
    if (length == 3 && memcmp(word, "all", 3) == 0)
        return true;
    for (unsigned i = 0; i < rule_count(); i++) {
        const char *name = __start_check_rules[i]->name;
        if (strlen(name) == length && memcmp(name, word, length) == 0)
            return true;
    }
    return error_set("there is no rule '%.*s'", (int)length, word);
}

static void dispatch(const struct nt_event *event)
{
    for (unsigned i = 0; i < rule_count(); i++) {
        const struct check_rule *rule = __start_check_rules[i];
        if (!off[i] && (rule->kinds & (1u << event->kind)))
            rule->on_event(event);
    }
}

static void dispatch_ndis(const struct ndis_event *event)
{
    for (unsigned i = 0; i < rule_count(); i++) {
        const struct check_rule *rule = __start_check_rules[i];
        if (!off[i] && (rule->ndis_kinds & (1u << event->kind)))
            rule->on_ndis_event(event);
    }
}

static void dispatch_netio(const struct netio_event *event)
{
    for (unsigned i = 0; i < rule_count(); i++) {
        const struct check_rule *rule = __start_check_rules[i];
        if (!off[i] && (rule->netio_kinds & (1u << event->kind)))
            rule->on_netio_event(event);
    }
}

static void dispatch_fwp(const struct fwp_event *event)
{
    for (unsigned i = 0; i < rule_count(); i++) {
        const struct check_rule *rule = __start_check_rules[i];
        if (!off[i] && (rule->fwp_kinds & (1u << event->kind)))
            rule->on_fwp_event(event);
    }
}

bool check_open(const struct check_config *config)
{
    for (const char *p = config->off; p && *p;) {
        size_t length = strcspn(p, ",");
        if (!known(p, length))
            return false;
        p += length + (p[length] == ',');
    }
    finding_open(config->replay);
    nt_event_mask = ndis_event_mask = netio_event_mask = fwp_event_mask = 0;
    for (unsigned i = 0; i < rule_count(); i++) {
        const struct check_rule *rule = __start_check_rules[i];
        off[i] = config->off && (listed(config->off, "all") || listed(config->off, rule->name));
        if (off[i])
            continue;
        if (rule->reset)
            rule->reset();
        nt_event_mask |= rule->kinds, ndis_event_mask |= rule->ndis_kinds;
        netio_event_mask |= rule->netio_kinds, fwp_event_mask |= rule->fwp_kinds;
    }
    nt_event_sink = dispatch;
    ndis_event_sink = dispatch_ndis;
    netio_event_sink = dispatch_netio;
    fwp_event_sink = dispatch_fwp;
    return true;
}

void check_close(void)
{
    nt_event_mask = ndis_event_mask = netio_event_mask = fwp_event_mask = 0;
    nt_event_sink = NULL;
    ndis_event_sink = NULL;
    netio_event_sink = NULL;
    fwp_event_sink = NULL;
    finding_close();
}

void check_after_unload(const char *driver, uint64_t image_base, uint64_t image_size)
{
    for (unsigned i = 0; i < rule_count(); i++)
        if (!off[i] && __start_check_rules[i]->after_unload)
            __start_check_rules[i]->after_unload(driver, image_base, image_size);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct check_rule *const *)a)->name, (*(const struct check_rule *const *)b)->name);
}

void check_each_rule(void (*visit)(void *context, const struct check_rule *rule), void *context)
{
    const struct check_rule *sorted[64];
    unsigned count = rule_count() < 64 ? rule_count() : 64;

    memcpy(sorted, __start_check_rules, count * sizeof sorted[0]);
    qsort(sorted, count, sizeof sorted[0], by_name);
    for (unsigned i = 0; i < count; i++)
        visit(context, sorted[i]);
}
