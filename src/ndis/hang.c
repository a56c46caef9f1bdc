/* Check for hang, and reset. docs: network/miniport-adapter-check-for-hang-and-reset-operations */
#include "ndis/adapter.h"

#include "base/log.h"
#include "ndis/watchdog.h"

#define CHECKS 2u
#define NDIS_BUGCHECK_RESET_COMPLETE_UNEXPECTED 0x0F

static VOID NTAPI hang_dpc(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct adapter *a = context;

    if (a->hang_queued || a->state != ADAPTER_RUNNING)
        return;
    a->hang_queued = true;
    ExQueueWorkItem(&a->hang_work, DelayedWorkQueue);
}

/* A request that the miniport has kept over CHECKS successive checks hangs, whatever the miniport says of itself. */
static bool request_hangs(struct adapter *a)
{
    PNDIS_OID_REQUEST now = a->oid.current ? a->oid.current->request : NULL;
    bool same = now && now == a->hang_request && a->stats.oids == a->hang_oids;

    a->hang_checks = same ? a->hang_checks + 1 : 0;
    a->hang_request = now;
    a->hang_oids = a->stats.oids;
    if (a->hang_checks < CHECKS)
        return false;
    log_warn("ndis", "the miniport has not completed OID %08x within %u calls of MiniportCheckForHangEx: it is reset",
             (unsigned)now->DATA.Oid, CHECKS);
    a->hang_checks = 0;
    return true;
}

static VOID NTAPI check_for_hang(PVOID context)
{
    struct adapter *a = context;

    bool hung = false;

    if (a->state == ADAPTER_RUNNING && !a->resetting && a->idle.state < IDLE_NOTIFIED) {
        a->hang_checking = true;
        hung = a->driver->miniport.CheckForHangHandlerEx(a->context);
        hung |= request_hangs(a);
        a->hang_checking = false;
    }
    if (hung)
        adapter_reset(a);
    a->hang_queued = false;
}

static VOID NTAPI reset_worker(PVOID context)
{
    struct adapter *a = context;

    adapter_reset(a);
    a->reset_queued = false;
}

void hang_init(struct adapter *a)
{
    KeInitializeTimer(&a->hang_timer);
    KeInitializeDpc(&a->hang_dpc, hang_dpc, a);
    ExInitializeWorkItem(&a->hang_work, check_for_hang, a);
    ExInitializeWorkItem(&a->reset_work, reset_worker, a);
}

void hang_start(struct adapter *a)
{
    LARGE_INTEGER due = { .QuadPart = -10000000LL * a->hang_seconds };

    if (a->driver->miniport.CheckForHangHandlerEx)
        KeSetTimerEx(&a->hang_timer, due, (LONG)a->hang_seconds * 1000, &a->hang_dpc);
}

void hang_stop(struct adapter *a)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    KeCancelTimer(&a->hang_timer);
    while (a->hang_checking)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

/* --- reset ------------------------------------------------------------------------------------------------------ */

static void indicate(struct adapter *a, NDIS_STATUS code)
{
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
                    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = a,
        .StatusCode = code,
    };

    status_deliver(a, NULL, &indication);
}

/* A miniport that lost its addresses in a reset gets them again. */
static void restore_addressing(struct adapter *a)
{
    oid_ask(a, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, a->multicast, a->multicast_count * 6, NULL);
    oid_ask(a, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &a->packet_filter, sizeof a->packet_filter, NULL);
}

static NDIS_STATUS call_reset(struct adapter *a, BOOLEAN *addressing)
{
    struct watchdog w = { .target = a, .misuse = "a miniport has not completed MiniportResetEx for ten seconds",
                          .handler = (const void *)a->driver->miniport.ResetHandlerEx };

    KeClearEvent(&a->changed);
    a->change_pended = true;
    watchdog_start(&w);
    NDIS_STATUS status = a->driver->miniport.ResetHandlerEx(a->context, addressing);
    if (status == NDIS_STATUS_PENDING) {
        status = watchdog_wait(&w, &a->changed) ? a->change_status : NDIS_STATUS_FAILURE;
        *addressing = a->addressing_reset;
    }
    watchdog_stop(&w);
    a->change_pended = false;
    return status;
}

void adapter_reset(struct adapter *a)
{
    BOOLEAN addressing = FALSE;

    if (!a->driver->miniport.ResetHandlerEx)
        return;
    adapter_lock(a);
    if (a->state == ADAPTER_RUNNING || a->state == ADAPTER_PAUSED) {
        a->stats.resets++;
        a->resetting = true;
        a->addressing_reset = false;
        indicate(a, NDIS_STATUS_RESET_START);
        NDIS_STATUS status = call_reset(a, &addressing);
        a->resetting = false;
        if ((status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_SOFT_ERRORS) && addressing)
            restore_addressing(a);
        indicate(a, NDIS_STATUS_RESET_END);
    }
    adapter_unlock(a);
}

/* Tells NDIS how a reset that MiniportResetEx left pending ended. AddressingReset: packet filter and multicast list have to
 * be set again. Without such a reset the system stops (bug check 0x7C, 0x0F). <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndismresetcomplete, debugger/bug-check-0x7c--bugcode-ndis-driver */
VOID NTAPI NdisMResetComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status, BOOLEAN AddressingReset)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    if (!a->resetting || !a->change_pended)
        KeBugCheckEx(BUGCODE_NDIS_DRIVER, NDIS_BUGCHECK_RESET_COMPLETE_UNEXPECTED, (ULONG_PTR)a, (ULONG_PTR)(ULONG)Status,
                     AddressingReset);
    a->addressing_reset = AddressingReset;
    a->change_status = Status;
    KeSetEvent(&a->changed, IO_NO_INCREMENT, FALSE);
}

/* Asks NDIS to reset the adapter: soon, from a worker. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismresetminiport */
VOID NTAPI NdisMResetMiniport(NDIS_HANDLE MiniportHandle)
{
    struct adapter *a = ndis_object_check(MiniportHandle, NDIS_ADAPTER);

    if (a->reset_queued)
        return;
    a->reset_queued = true;
    ExQueueWorkItem(&a->reset_work, DelayedWorkQueue);
}
