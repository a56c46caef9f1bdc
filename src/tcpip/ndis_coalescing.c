/* Receive segment coalescing: adapters that offer it hand up TCP segments put together. It is switched off on an adapter while
 *  - it forwards packets of that IP version,
 *  - a callout is registered that has not said it takes packets larger than the MTU (FWP_CALLOUT_FLAG_ALLOW_RSC) and may see this
 *    IP version's segments (fwp/offloads.c),
 *  - for good, once the adapter has put duplicate acknowledgments together: they must be seen one by one.
 * What is here switches on only what it has switched off.
 * docs: network/querying-and-changing-rsc-state, network/programming-considerations-for-rsc-drivers */
#include "fwp/fwp.h"
#include "nt/ke.h"
#include "tcpip/interface.h"
#include "tcpip/ndis_internal.h"

static bool wanted(const struct binding *b, int v6)
{
    return !b->coalescing.broken && !(fwp_coalescing_off & (v6 ? FWP_IPV6 : FWP_IPV4)) && !(b->interface && b->interface->ip[v6].forwarding);
}

/* What to ask for one IP version. */
static UCHAR decide(struct binding *b, int v6)
{
    bool *off = &b->coalescing.off[v6];

    if (!wanted(b, v6) && b->offload.coalescing[v6] && !*off) {
        *off = true;
        return NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED;
    }
    if (wanted(b, v6) && *off) {
        *off = false;
        return NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED;
    }
    return NDIS_OFFLOAD_PARAMETERS_NO_CHANGE;
}

void coalescing_update(struct binding *b)
{
    NDIS_OFFLOAD_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_3, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 },
        .Flags = NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE,
    };

    stack_enter();
    p.RscIPv4 = decide(b, 0);
    p.RscIPv6 = decide(b, 1);
    stack_leave();
    if (p.RscIPv4 || p.RscIPv6)
        protocol_set_oid(b, OID_TCP_OFFLOAD_PARAMETERS, &p, sizeof p);
}

static struct binding *next_stale(unsigned round)
{
    struct binding *found = NULL;

    stack_enter();
    list_each(it, protocol_bindings()) {
        struct binding *b = container_of(it, struct binding, node);

        if (!found && b->coalescing.round != round && (b->state == BINDING_RUNNING || b->state == BINDING_PAUSED))
            found = b;
    }
    if (found) {
        found->coalescing.round = round;
        protocol_hold(found);
    }
    stack_leave();
    return found;
}

void coalescing_update_all(void)
{
    static unsigned rounds;
    unsigned round = ++rounds;
    struct binding *b;

    while ((b = next_stale(round))) {
        coalescing_update(b);
        protocol_release(b);
    }
}

static VOID NTAPI duplicates_worker(PVOID context)
{
    coalescing_update(context);
    protocol_release(context);
}

void coalescing_duplicates(struct binding *b)
{
    if (b->coalescing.broken)
        return;
    b->coalescing.broken = true;
    protocol_hold(b);
    ExInitializeWorkItem(&b->coalescing.work, duplicates_worker, b);
    ExQueueWorkItem(&b->coalescing.work, DelayedWorkQueue);
}
