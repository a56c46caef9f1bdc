/* Mistakes of storage miniports that Storport notices: SRBs completed twice, unknown, kept for ever or written to afterwards; locks
 * released that were not acquired; threads that outlive their adapter. */
#include "check/check.h"

static void on_event(const struct nt_event *event);

CHECK_RULE(rule) = {
    .name = "storport-misuse",
    .help = "a storage miniport breaks a contract that Storport itself can see",
    .doc = "the page of the function or callback named",
    .kinds = 1u << NT_EVENT_STORAGE,
    .on_event = on_event,
};

static void on_event(const struct nt_event *event)
{
    finding_at(&rule, event->caller, "%s %s (%#llx)", (const char *)(uintptr_t)event->a, event->text, (unsigned long long)event->b);
}
