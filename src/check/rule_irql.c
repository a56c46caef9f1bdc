/* Every export has a documented IRQL range; the thunk of each call compares it. */
#include "check/check.h"

static const char *const level_names[16] = { "PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL" };

static const char *level(unsigned irql, char buffer[16])
{
    if (irql < 16 && level_names[irql])
        return level_names[irql];
    buffer[0] = 'D', buffer[1] = 'I', buffer[2] = 'R', buffer[3] = 'Q', buffer[4] = 'L', buffer[5] = ' ';
    buffer[6] = (char)(irql >= 10 ? '1' : '0' + irql);
    buffer[7] = (char)(irql >= 10 ? '0' + irql - 10 : 0);
    buffer[8] = 0;
    return buffer;
}

static void on_event(const struct nt_event *event);

CHECK_RULE(rule) = {
    .name = "irql-of-export",
    .help = "an export is called at an IRQL its documentation does not allow",
    .doc = "the IRQL row of each export's page",
    .kinds = 1u << NT_EVENT_EXPORT_IRQL,
    .on_event = on_event,
};

static void on_event(const struct nt_event *event)
{
    const struct pe_export *row = (const struct pe_export *)(uintptr_t)event->a;
    char now[16], low[16], high[16];

    if (row->irql_min == 0)
        finding_at(&rule, event->caller, "%s called at %s, allowed up to %s (%s)", row->name,
                   level((unsigned)event->b, now), level(row->irql_max, high), row->doc);
    else
        finding_at(&rule, event->caller, "%s called at %s, allowed from %s to %s (%s)", row->name,
                   level((unsigned)event->b, now), level(row->irql_min, low), level(row->irql_max, high), row->doc);
}
