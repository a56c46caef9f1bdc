/* Packets of the filter engine that a callout touches although it has given them back: by a write, which is seen when the packet is used
 * again or when a driver unloads, or by a call. */
#include "check/check.h"
#include "fwp/packet.h"

static void on_event(const struct fwp_event *event);
static void after_unload(const char *driver, uint64_t image_base, uint64_t image_size);

CHECK_RULE(rule) = {
    .name = "wfp-packet",
    .help = "a callout touches a packet after it freed its clone, or without a reference",
    .doc = "fwpsk/nf-fwpsk-fwpsfreeclonenetbufferlist0",
    .fwp_kinds = 1u << FWP_EVENT_STALE,
    .on_fwp_event = on_event,
    .after_unload = after_unload,
};

static void on_event(const struct fwp_event *event)
{
    if (event->caller.rip && event->caller.rbp)
        finding_at(&rule, event->caller, "%s (NET_BUFFER_LIST %#llx)", event->text, (unsigned long long)event->a);
    else
        finding_with_stack(&rule, &event->caller.rip, event->caller.rip != 0, "%s (NET_BUFFER_LIST %#llx)", event->text,
                           (unsigned long long)event->a);
}

static void after_unload(const char *driver, uint64_t image_base, uint64_t image_size)
{
    fwp_packets_check();
}
