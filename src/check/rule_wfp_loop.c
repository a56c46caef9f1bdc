/* A packet that a callout absorbs and injects again whenever it sees it: it must ask whether it was the one that injected it. */
#include "check/check.h"

static void on_event(const struct fwp_event *event);

CHECK_RULE(rule) = {
    .name = "wfp-reinjection",
    .help = "a callout absorbs and injects one packet again and again",
    .doc = "fwpsk/nf-fwpsk-fwpsquerypacketinjectionstate0",
    .fwp_kinds = 1u << FWP_EVENT_LOOP,
    .on_fwp_event = on_event,
};

static void on_event(const struct fwp_event *event)
{
    finding_at(&rule, event->caller, "one packet was injected %llu times in a row by the same handle, the last time for %s: the callout does "
               "not ask FwpsQueryPacketInjectionState0, or does not heed it", (unsigned long long)event->b, event->text);
}
