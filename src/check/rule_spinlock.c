/* Spin locks: taken once, released by the processor that holds them, at the IRQL they were taken at. */
#include "check/check.h"

static void on_event(const struct nt_event *event);

CHECK_RULE(rule) = {
    .name = "spin-lock",
    .help = "a spin lock is taken twice by one processor, or released by one that does not hold it",
    .doc = "kernel/introduction-to-spin-locks",
    .kinds = 1u << NT_EVENT_SPIN_RECURSION | 1u << NT_EVENT_SPIN_NOT_OWNED,
    .on_event = on_event,
};

static void on_event(const struct nt_event *event)
{
    if (event->kind == NT_EVENT_SPIN_RECURSION)
        finding_at(&rule, event->caller, "%s takes the spin lock %#llx, which processor %llu already holds",
                   event->text, (unsigned long long)event->a, (unsigned long long)event->b);
    else if (event->b)
        finding_at(&rule, event->caller, "%s releases the spin lock %#llx, which processor %llu holds", event->text,
                   (unsigned long long)event->a, (unsigned long long)(event->b - 1));
    else
        finding_at(&rule, event->caller, "%s releases the spin lock %#llx, which nobody holds", event->text,
                   (unsigned long long)event->a);
}
