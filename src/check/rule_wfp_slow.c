/* A classifyFn that takes longer than a millisecond: the packet path waits for it, mostly at DISPATCH_LEVEL. Time is the computer's
 * clock: a virtual clock does not advance while a driver computes. What the host's other processes had of it does not count. */
#include "check/check.h"

static void on_event(const struct fwp_event *event);

CHECK_RULE(rule) = {
    .name = "wfp-slow-classify",
    .help = "a callout's classifyFn took more than 1 ms",
    .doc = "network/callout-driver-programming-considerations",
    .fwp_kinds = 1u << FWP_EVENT_SLOW,
    .on_fwp_event = on_event,
};

static void on_event(const struct fwp_event *event)
{
    finding_at(&rule, event->caller, "the classifyFn of callout %llu took %llu.%03llu ms at %s", (unsigned long long)event->a,
               (unsigned long long)event->b / 1000000, (unsigned long long)event->b / 1000 % 1000, event->text);
}
