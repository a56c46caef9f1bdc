/* Mistakes at the NDIS edges that NDIS notices itself: NET_BUFFER_LISTs returned twice, calls in a state that excludes
 * them, structures of the wrong type, revision or size. */
#include "check/check.h"

static void on_event(const struct ndis_event *event);

CHECK_RULE(rule) = {
    .name = "ndis-misuse",
    .help = "a miniport or protocol breaks a contract that NDIS itself can see",
    .doc = "the page of the function named",
    .ndis_kinds = 1u << NDIS_EVENT_MISUSE,
    .on_ndis_event = on_event,
};

static void on_event(const struct ndis_event *event)
{
    uint64_t frame = (uint64_t)(uintptr_t)event->caller;

    finding_with_stack(&rule, &frame, frame != 0, "%s (%#llx)", (const char *)(uintptr_t)event->b,
                       (unsigned long long)event->a);
}
