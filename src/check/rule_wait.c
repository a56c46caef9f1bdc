/* At DISPATCH_LEVEL and above a thread cannot block: a wait there may only look (time-out zero), and not above it. */
#include "check/check.h"

#include "nt/ke.h"

static void on_event(const struct nt_event *event);

CHECK_RULE(rule) = {
    .name = "wait-at-dispatch",
    .help = "a wait with a nonzero time-out at DISPATCH_LEVEL, or any wait above it",
    .doc = "wdm/nf-wdm-kewaitforsingleobject",
    .kinds = 1u << NT_EVENT_WAIT,
    .on_event = on_event,
};

static void on_event(const struct nt_event *event)
{
    KIRQL irql = ke_irql();

    if (irql > DISPATCH_LEVEL || (irql == DISPATCH_LEVEL && !(event->b & 1)))
        finding_at(&rule, event->caller, "%s at IRQL %u %s", event->text, irql,
                   irql == DISPATCH_LEVEL ? "with a time-out that is not zero" : "(above DISPATCH_LEVEL)");
}
