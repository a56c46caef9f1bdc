/* Mistakes of callouts that the filter engine sees: an action written without the right to, absorbing without blocking, a decision of
 * an inspection callout. */
#include "check/check.h"

static void on_event(const struct fwp_event *event);

CHECK_RULE(rule) = {
    .name = "wfp-misuse",
    .help = "a callout of the Windows Filtering Platform answers what it may not",
    .doc = "fwpstypes/ns-fwpstypes-fwps_classify_out0",
    .fwp_kinds = 1u << FWP_EVENT_MISUSE,
    .on_fwp_event = on_event,
};

static void on_event(const struct fwp_event *event)
{
    finding_at(&rule, event->caller, "%s (%#llx, %#llx)", event->text, (unsigned long long)event->a, (unsigned long long)event->b);
}
