/* The end of the system, for adapters. A miniport that was shut down is called no more, MiniportHaltEx included: its
 * interrupts, returns, requests, polls and checks for hang stop here. It keeps what it allocated.
 *
 *   event              MiniportShutdownEx is called                                       IRQL
 *   IRP_MJ_SHUTDOWN    in every state after Initializing                                  PASSIVE_LEVEL
 *   bug check          the same, and while MiniportHaltEx runs; since 6.30 only when      HIGH_LEVEL
 *                      NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK was set
 *
 * docs: network/miniport-adapter-shutdown, ndis/nc-ndis-miniport_shutdown */
#include "ndis/adapter.h"
#include "ndis/interrupt.h"
#include "nt/ke.h"

static KBUGCHECK_CALLBACK_RECORD record;

static bool is_initialized(const struct adapter *a)
{
    return a->halting || (a->state != ADAPTER_HALTED && a->state != ADAPTER_INITIALIZING && a->state != ADAPTER_SHUT_DOWN);
}

/* What protocols still hold stays the miniport's, who hears nothing of it. */
static VOID NTAPI keep_returns(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
}

void adapter_shut_down(struct adapter *a, NDIS_SHUTDOWN_ACTION action)
{
    if (!is_initialized(a))
        return;
    if (action == NdisShutdownPowerOff)
        hang_stop(a);
    a->give_back = keep_returns;
    adapter_set_state(a, ADAPTER_SHUT_DOWN);
    a->driver->miniport.ShutdownHandlerEx(a->context, action);
    if (a->interrupt)
        interrupt_silence(a->interrupt);
}

/* --- bug check ------------------------------------------------------------------------------------------------- */

static bool wants_bug_check(const struct adapter *a)
{
    const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *m = &a->driver->miniport;

    return m->MajorNdisVersion < 6 || (m->MajorNdisVersion == 6 && m->MinorNdisVersion < 30) ||
           (a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK);
}

static VOID NTAPI on_bug_check(PVOID buffer, ULONG length)
{
    list_each(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);

        if (wants_bug_check(a))
            adapter_shut_down(a, NdisShutdownBugCheck);
    }
}

void shutdown_open(void)
{
    static UCHAR component[] = "NDIS";

    record.State = BufferEmpty;
    KeRegisterBugCheckCallback(&record, on_bug_check, NULL, 0, component);
}

void shutdown_close(void)
{
    KeDeregisterBugCheckCallback(&record);
}
