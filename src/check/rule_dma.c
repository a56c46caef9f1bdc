/* What drivers tell their devices about memory: a physical address that was never asked for is 0. */
#include "check/check.h"

static void on_event(const struct nt_event *event);

CHECK_RULE(rule) = {
    .name = "dma-address",
    .help = "a device is given a physical address that belongs to no allocation",
    .doc = "MmGetPhysicalAddress, StorPortGetPhysicalAddress, AllocateCommonBuffer",
    .kinds = 1u << NT_EVENT_DMA_ZERO,
    .on_event = on_event,
};

static void on_event(const struct nt_event *event)
{
    finding_at(&rule, event->caller, "%s: %u bytes at physical address 0x%x", event->text, (unsigned)event->b, (unsigned)event->a);
}
