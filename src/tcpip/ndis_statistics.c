/* Asks a bound adapter for its statistics. docs: network/oid-gen-statistics */
#include "nt/ke.h"
#include "tcpip/ndis_internal.h"

struct question {
    NDIS_OID_REQUEST request;           /* first: the completion finds us by it */
    KEVENT done;
    NDIS_STATUS status;
};

bool protocol_answer_statistics(PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
    struct question *q = (struct question *)request;

    if (request->DATA.QUERY_INFORMATION.Oid != OID_GEN_STATISTICS)
        return false;
    q->status = status;
    KeSetEvent(&q->done, IO_NO_INCREMENT, FALSE);
    return true;
}

/* The binding stays while somebody asks: unbinding waits for `askers`. */
static struct binding *take_binding(uint32_t if_index)
{
    struct binding *found = NULL;

    stack_enter();
    list_each(it, protocol_bindings()) {
        struct binding *b = container_of(it, struct binding, node);
        if (b->if_index == if_index && b->interface && (b->state == BINDING_RUNNING || b->state == BINDING_PAUSED))
            found = b;
    }
    if (found && found->askers++ == 0)
        KeClearEvent(&found->unasked);
    stack_leave();
    return found;
}

static void give_back(struct binding *b)
{
    stack_enter();
    if (--b->askers == 0)
        KeSetEvent(&b->unasked, IO_NO_INCREMENT, FALSE);
    stack_leave();
}

bool protocol_query_statistics(uint32_t if_index, void *info)
{
    struct question q = {
        .request = {
            .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
            .RequestType = NdisRequestQueryInformation,
            .DATA.QUERY_INFORMATION = { .Oid = OID_GEN_STATISTICS, .InformationBuffer = info,
                                        .InformationBufferLength = sizeof(NDIS_STATISTICS_INFO) },
        },
    };
    struct binding *b = take_binding(if_index);

    if (!b)
        return false;
    KeInitializeEvent(&q.done, NotificationEvent, FALSE);
    q.status = NdisOidRequest(b->handle, &q.request);
    if (q.status == NDIS_STATUS_PENDING)
        KeWaitForSingleObject(&q.done, Executive, KernelMode, FALSE, NULL);
    give_back(b);
    return q.status == NDIS_STATUS_SUCCESS;
}
