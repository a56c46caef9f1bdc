/* Opening and closing a binding, which the protocol does inside of a bind or an unbind.
 *
 * 1. An open is complete at once or, as documentation allows, later: under a seeded schedule by chance, and when tests ask for that.
 * 2. A close waits for the sends and requests that are still out (or, under a seed, for nothing): NDIS_STATUS_PENDING, and
 *    ProtocolCloseAdapterCompleteEx from a system thread when the last is back. The handle is dead from the call on; the binding lives until bind or unbind is complete.
 * 3. A protocol's wishes (packet filter, multicast list) go with its close.
 * docs: network/binding-to-an-adapter, network/unbinding-from-an-adapter */
#include "ndis/binding_open.h"

#include "ndis/event.h"
#include "ndis/net_event.h"
#include "ndis/watchdog.h"

bool ndis_pend_opens;

/* --- open ---------------------------------------------------------------------------------------------------------------- */

static bool has_medium(const NDIS_OPEN_PARAMETERS *p, NDIS_MEDIUM medium, UINT *index)
{
    for (UINT i = 0; i < p->MediumArraySize; i++)
        if (p->MediumArray[i] == medium) {
            *index = i;
            return true;
        }
    return false;
}

static void opened(struct binding *b)
{
    *b->medium = b->medium_index;
    *b->handle = b;
    b->opened = true;
    b->state = BINDING_PAUSED;
}

static NDIS_STATUS check_open(const struct binding *b, const struct ndis_protocol *protocol, const NDIS_OPEN_PARAMETERS *p)
{
    if (p->Header.Type != NDIS_OBJECT_TYPE_OPEN_PARAMETERS || p->Header.Size < NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 ||
        b->protocol != protocol || b->task != BINDING_BINDS || b->state != BINDING_OPENING || b->open_pended)
        return NDIS_STATUS_FAILURE;
    if (!p->AdapterName || !RtlEqualUnicodeString(p->AdapterName, &b->adapter->name, TRUE))
        return NDIS_STATUS_ADAPTER_NOT_FOUND;
    return NDIS_STATUS_SUCCESS;
}

/* Opens the adapter that a bind offered; called by ProtocolBindAdapterEx, or until its bind is complete. The handle is good
 * when the call succeeds, or, after NDIS_STATUS_PENDING, in ProtocolOpenAdapterCompleteEx: until then what the handle and the
 * medium index are written to must stay. PASSIVE_LEVEL. NDIS_STATUS_ADAPTER_NOT_FOUND: a name other than the offered one;
 * NDIS_STATUS_UNSUPPORTED_MEDIA; NDIS_STATUS_FAILURE: a wrong header, or no bind is under way.
 * docs: ndis/nf-ndis-ndisopenadapterex */
NDIS_STATUS NTAPI NdisOpenAdapterEx(NDIS_HANDLE NdisProtocolHandle, NDIS_HANDLE ProtocolBindingContext,
                                    PNDIS_OPEN_PARAMETERS OpenParameters, NDIS_HANDLE BindContext, PNDIS_HANDLE NdisBindingHandle)
{
    struct ndis_protocol *protocol = ndis_object_check(NdisProtocolHandle, NDIS_PROTOCOL);
    struct binding *b = ndis_object_check(BindContext, NDIS_BINDING);
    NDIS_STATUS status = check_open(b, protocol, OpenParameters);

    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (!has_medium(OpenParameters, b->adapter->general.MediaType, &b->medium_index))
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    b->context = ProtocolBindingContext;
    b->receive = protocol->handlers.ReceiveNetBufferListsHandler;
    b->send_complete = protocol->handlers.SendNetBufferListsCompleteHandler;
    b->lookahead = b->adapter->general.LookaheadSize;
    b->medium = OpenParameters->SelectedMediumIndex;
    b->handle = NdisBindingHandle;
    if (!ndis_pend_opens && !ndis_by_chance()) {
        opened(b);
        return NDIS_STATUS_SUCCESS;
    }
    b->open_pended = true;
    ExQueueWorkItem(&b->work, DelayedWorkQueue);
    return NDIS_STATUS_PENDING;
}

/* --- close --------------------------------------------------------------------------------------------------------------- */

static void closed(struct binding *b)
{
    oid_forget_binding(b->adapter, b);
    b->receive = NULL;
}

/* Closes a binding, inside of ProtocolUnbindAdapterEx, or of ProtocolBindAdapterEx that gives up: elsewhere NdisUnbindAdapter
 * is the way. The handle is dead after it. NDIS_STATUS_PENDING when sends or requests are still out (under a seed at times without):
 * ProtocolCloseAdapterCompleteEx tells the end. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndiscloseadapterex */
NDIS_STATUS NTAPI NdisCloseAdapterEx(NDIS_HANDLE NdisBindingHandle)
{
    struct binding *b = ndis_object_check(NdisBindingHandle, NDIS_BINDING);

    if (!b->opened) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, b, "NdisCloseAdapterEx names a binding that is not open", NDIS_CALLER());
        return NDIS_STATUS_SUCCESS;
    }
    if (b->task == BINDING_NO_TASK)
        NDIS_EMIT(NDIS_EVENT_MISUSE, b, "NdisCloseAdapterEx was called outside of bind and unbind", NDIS_CALLER());
    b->opened = false;
    b->state = BINDING_CLOSING;
    adapter_pick_receive_path(b->adapter);
    if (!b->sends_out && !b->requests_out && !ndis_by_chance()) {
        closed(b);
        return NDIS_STATUS_SUCCESS;
    }
    KeClearEvent(&b->done);
    b->close_pended = true;
    binding_close_on(b);
    return NDIS_STATUS_PENDING;
}

void binding_close_on(struct binding *b)
{
    if (b->sends_out || b->requests_out || b->close_queued)
        return;
    b->close_queued = true;
    ExQueueWorkItem(&b->work, DelayedWorkQueue);
}

/* --- later --------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI finish(PVOID context)
{
    struct binding *b = context;
    const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *handlers = &b->protocol->handlers;

    if (b->close_pended) {
        closed(b);
        handlers->CloseAdapterCompleteHandlerEx(b->context);
        b->close_pended = b->close_queued = false;
    } else {
        opened(b);
        handlers->OpenAdapterCompleteHandlerEx(b->context, NDIS_STATUS_SUCCESS);
        b->open_pended = false;
    }
    KeSetEvent(&b->done, IO_NO_INCREMENT, FALSE);
}

void binding_open_init(struct binding *b)
{
    KeInitializeEvent(&b->done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&b->work, finish, b);
}

void binding_open_finish(struct binding *b)
{
    if (b->open_pended)
        KeWaitForSingleObject(&b->done, Executive, KernelMode, FALSE, NULL);
    if (!b->close_pended)
        return;
    struct watchdog w = { .operation = WATCHDOG_PROTOCOL_UNBIND, .target = b,
                          .misuse = "a binding closes and waits for sends or requests that the drivers below keep",
                          .handler = (const void *)b->adapter->driver->miniport.OidRequestHandler };
    watchdog_start(&w);
    watchdog_wait(&w, &b->done);
    watchdog_stop(&w);
}
