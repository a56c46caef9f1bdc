/* Pool: freed once, with its tag, at an IRQL that its type allows, and nothing that is not pool. */
#include "check/check.h"

#include "nt/ke.h"

static void on_event(const struct nt_event *event);

CHECK_RULE(rule) = {
    .name = "pool",
    .help = "pool is freed twice or with another tag, or paged pool is used above APC_LEVEL",
    .doc = "debugger/bug-check-0xc2--bad-pool-caller",
    .kinds = 1u << NT_EVENT_POOL_BAD,
    .on_event = on_event,
};

static void on_event(const struct nt_event *event)
{
    const char *what = event->text;
    unsigned long long a = event->a;

    switch (event->b) {
    case 0x6:
    case 0x7:
        finding_at(&rule, event->caller, "%s frees the block %#llx, which is free already", what, a);
        break;
    case 0x8:
        finding_at(&rule, event->caller, "%s asks for %llu bytes at IRQL %u, which this type of pool does not allow", what,
                   a, ke_irql());
        break;
    case 0x9:
        finding_at(&rule, event->caller, "%s frees the paged block %#llx at IRQL %u", what, a, ke_irql());
        break;
    case 0xA:
        finding_at(&rule, event->caller, "%s frees the block %#llx with a tag that it was not allocated with", what, a);
        break;
    default:
        finding_at(&rule, event->caller, "%s is given %#llx, which is not the start of a block of pool", what, a);
        break;
    }
}
