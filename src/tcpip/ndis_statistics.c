/* Asks a bound adapter for its statistics. docs: network/oid-gen-statistics */
#include "nt/ke.h"
#include "tcpip/ndis_internal.h"

/* Unbinding waits for `askers`. */
void protocol_hold(struct binding *b)
{
    if (b->askers++ == 0)
        KeClearEvent(&b->unasked);
}

void protocol_release(struct binding *b)
{
    stack_enter();
    if (--b->askers == 0)
        KeSetEvent(&b->unasked, IO_NO_INCREMENT, FALSE);
    stack_leave();
}

static struct binding *take_binding(uint32_t if_index)
{
    struct binding *found = NULL;

    stack_enter();
    list_each(it, protocol_bindings()) {
        struct binding *b = container_of(it, struct binding, node);
        if (b->if_index == if_index && b->interface && (b->state == BINDING_RUNNING || b->state == BINDING_PAUSED))
            found = b;
    }
    if (found)
        protocol_hold(found);
    stack_leave();
    return found;
}

bool protocol_query_statistics(uint32_t if_index, void *info)
{
    struct binding *b = take_binding(if_index);

    if (!b)
        return false;
    NDIS_STATUS status = protocol_ask(b, NdisRequestQueryInformation, OID_GEN_STATISTICS, info, sizeof(NDIS_STATISTICS_INFO));
    protocol_release(b);
    return status == NDIS_STATUS_SUCCESS;
}
