/* Interrupts of a miniport. The service routine runs at device IRQL and says whether a DPC is to be queued; the DPC runs at
 * DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismregisterinterruptex, network/handling-interrupts */
#include "ndis/interrupt.h"

#include <string.h>

#include "nt/hal.h"
#include "nt/ke.h"
#include "nt/pnp.h"
#include "nt/pool.h"

static ULONG queue_on(struct ndis_interrupt *in, uint32_t message, uint32_t processor, void *context)
{
    struct ndis_interrupt_dpc *d = &in->dpcs[message * in->processors + processor];

    return KeInsertQueueDpc(&d->dpc, context, NULL) ? 1u << (processor & 31) : 0;
}

static uint64_t queue_on_set(struct ndis_interrupt *in, uint32_t message, uint64_t targets, void *context)
{
    uint64_t queued = 0;

    for (uint32_t p = 0; p < in->processors; p++)
        if ((targets >> p & 1) && queue_on(in, message, p, context))
            queued |= 1ull << p;
    return queued;
}

static void after_isr(struct ndis_interrupt *in, uint32_t message, BOOLEAN queue_default, ULONG targets)
{
    in->adapter->stats.interrupts++;
    if (queue_default)
        queue_on(in, message, this_cpu->number, NULL);
    else if (targets)
        queue_on_set(in, message, targets, NULL);
}

static BOOLEAN NTAPI line_isr(PKINTERRUPT interrupt, PVOID context)
{
    struct ndis_interrupt *in = context;
    BOOLEAN queue = FALSE;
    ULONG targets = 0;

    if (!in->handlers.InterruptHandler(in->context, &queue, &targets))
        return FALSE;
    after_isr(in, 0, queue, targets);
    return TRUE;
}

static BOOLEAN NTAPI message_isr(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    struct ndis_interrupt *in = context;
    BOOLEAN queue = FALSE;
    ULONG targets = 0;

    in->handlers.MessageInterruptHandler(in->context, message, &queue, &targets);
    if (likely(message < in->messages))
        after_isr(in, message, queue, targets);
    return TRUE;
}

static VOID NTAPI interrupt_dpc(PKDPC dpc, PVOID context, PVOID driver_context, PVOID unused)
{
    struct ndis_interrupt_dpc *d = context;
    struct ndis_interrupt *in = d->interrupt;
    NDIS_RECEIVE_THROTTLE_PARAMETERS throttle = { .MaxNblsToIndicate = NDIS_INDICATE_ALL_NBLS };

    if (unlikely(in->silent))
        return;
    in->adapter->stats.dpcs++;
    if (in->message_based)
        in->handlers.MessageInterruptDpcHandler(in->context, d->message, driver_context, &throttle, NULL);
    else
        in->handlers.InterruptDpcHandler(in->context, driver_context, &throttle, NULL);
    if (throttle.MoreNblsPending && !in->gone)
        KeInsertQueueDpc(&d->dpc, driver_context, NULL);
}

/* --- register --------------------------------------------------------------------------------------------------- */

static uint32_t resource_messages(const struct adapter *a)
{
    const CM_PARTIAL_RESOURCE_LIST *list = a->raw ? &a->raw->List[0].PartialResourceList : NULL;
    uint32_t count = 0;

    for (ULONG i = 0; list && i < list->Count; i++)
        if (list->PartialDescriptors[i].Type == CmResourceTypeInterrupt &&
            (list->PartialDescriptors[i].Flags & CM_RESOURCE_INTERRUPT_MESSAGE))
            count += list->PartialDescriptors[i].u.MessageInterrupt.Raw.MessageCount;  /* MSI: one for all */
    return count;
}

static struct ndis_interrupt *create(struct adapter *a, NDIS_HANDLE context,
                                     const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *handlers, const void *caller)
{
    uint32_t processors = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    uint32_t messages = handlers->MsiSupported ? resource_messages(a) : 0;
    uint32_t dpcs = (messages ? messages : 1) * processors;
    struct ndis_interrupt *in = ndis_object_create(NDIS_INTERRUPT_OBJECT, sizeof *in + dpcs * sizeof in->dpcs[0],
                                                   NDIS_TAG('N', 'D', 'i', 'n'), caller);

    if (!in)
        return NULL;
    in->adapter = a;
    in->context = context;
    memcpy(&in->handlers, handlers, min_u64(handlers->Header.Size, sizeof in->handlers));
    in->messages = messages ? messages : 1;
    in->processors = processors;
    in->message_based = messages != 0;
    for (uint32_t i = 0; i < dpcs; i++) {
        struct ndis_interrupt_dpc *d = &in->dpcs[i];

        d->interrupt = in;
        d->message = i / processors;
        KeInitializeDpc(&d->dpc, interrupt_dpc, d);
        KeSetTargetProcessorDpc(&d->dpc, (CCHAR)(i % processors));
        KeSetImportanceDpc(&d->dpc, MediumHighImportance);
    }
    return in;
}

static NTSTATUS connect(struct ndis_interrupt *in)
{
    IO_CONNECT_INTERRUPT_PARAMETERS p = { 0 };

    if (in->message_based) {
        p.Version = CONNECT_MESSAGE_BASED;
        p.MessageBased.PhysicalDeviceObject = in->adapter->pdo;
        p.MessageBased.ConnectionContext.InterruptMessageTable = &in->table;
        p.MessageBased.MessageServiceRoutine = message_isr;
        p.MessageBased.ServiceContext = in;
        p.MessageBased.SpinLock = in->handlers.MsiSyncWithAllMessages ? &in->lock : NULL;
    } else {
        p.Version = CONNECT_LINE_BASED;
        p.LineBased.PhysicalDeviceObject = in->adapter->pdo;
        p.LineBased.InterruptObject = &in->line;
        p.LineBased.ServiceRoutine = line_isr;
        p.LineBased.ServiceContext = in;
    }
    return IoConnectInterruptEx(&p);
}

static bool usable(const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c)
{
    if (c->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT ||
        c->Header.Size < NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1 || !c->InterruptHandler ||
        !c->InterruptDpcHandler)
        return false;
    return !c->MsiSupported || (c->MessageInterruptHandler && c->MessageInterruptDpcHandler);
}

/* Connects the miniport's interrupt, from MiniportInitializeEx: messages when the driver takes them and the device got some,
 * a line otherwise; InterruptType and MessageInfoTable say which. Interrupts can come before the call returns. PASSIVE_LEVEL.
 * NDIS_STATUS_RESOURCES, _RESOURCE_CONFLICT. docs: ndis/nf-ndis-ndismregisterinterruptex */
NDIS_STATUS NTAPI NdisMRegisterInterruptEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportInterruptContext,
                                           PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS MiniportInterruptCharacteristics,
                                           PNDIS_HANDLE NdisInterruptHandle)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    *NdisInterruptHandle = NULL;
    if (!usable(MiniportInterruptCharacteristics))
        return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis_interrupt *in = create(a, MiniportInterruptContext, MiniportInterruptCharacteristics, NDIS_CALLER());
    if (!in)
        return NDIS_STATUS_RESOURCES;
    *NdisInterruptHandle = in;
    if (!NT_SUCCESS(connect(in))) {
        *NdisInterruptHandle = NULL;
        ndis_object_destroy(in);
        return NDIS_STATUS_RESOURCE_CONFLICT;
    }
    a->interrupt = in;
    MiniportInterruptCharacteristics->InterruptType = in->message_based ? NDIS_CONNECT_MESSAGE_BASED : NDIS_CONNECT_LINE_BASED;
    MiniportInterruptCharacteristics->MessageInfoTable = in->table;
    return NDIS_STATUS_SUCCESS;
}

/* Disconnects the interrupt; its DPCs have run when the call returns. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndismderegisterinterruptex */
VOID NTAPI NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle)
{
    struct ndis_interrupt *in = ndis_object_check(NdisInterruptHandle, NDIS_INTERRUPT_OBJECT);
    IO_DISCONNECT_INTERRUPT_PARAMETERS p = { 0 };

    if (in->message_based) {
        p.Version = CONNECT_MESSAGE_BASED;
        p.ConnectionContext.InterruptMessageTable = in->table;
    } else {
        p.Version = CONNECT_LINE_BASED;
        p.ConnectionContext.InterruptObject = in->line;
    }
    IoDisconnectInterruptEx(&p);
    in->gone = true;
    for (uint32_t i = 0; i < in->messages * in->processors; i++)
        KeRemoveQueueDpc(&in->dpcs[i].dpc);
    KeFlushQueuedDpcs();
    in->adapter->interrupt = NULL;
    ndis_object_destroy(in);
}

void interrupt_silence(struct ndis_interrupt *in)
{
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS p = { .Version = in->message_based ? CONNECT_MESSAGE_BASED : CONNECT_LINE_BASED };

    if (in->message_based)
        p.ConnectionContext.InterruptMessageTable = in->table;
    else
        p.ConnectionContext.InterruptObject = in->line;
    in->silent = true;
    IoReportInterruptInactive(&p);
}

/* --- use -------------------------------------------------------------------------------------------------------- */

/* Calls a function of the miniport's in such a way that its interrupt (message MessageId) cannot come meanwhile.
 * <= device IRQL. Returns what the function returns. docs: ndis/nf-ndis-ndismsynchronizewithinterruptex */
BOOLEAN NTAPI NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
                                              MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction, PVOID SynchronizeContext)
{
    struct ndis_interrupt *in = ndis_object_check(NdisInterruptHandle, NDIS_INTERRUPT_OBJECT);
    PKINTERRUPT interrupt = in->line;

    if (in->message_based)
        interrupt = in->table->MessageInfo[MessageId < in->table->MessageCount ? MessageId : 0].InterruptObject;
    return KeSynchronizeExecution(interrupt, (PKSYNCHRONIZE_ROUTINE)SynchronizeFunction, SynchronizeContext);
}

/* Queues the interrupt's DPC on the processors of a mask; 0 means the present one. Returns the processors where it was
 * queued (it was not there already). Any IRQL. docs: ndis/nf-ndis-ndismqueuedpc */
ULONG NTAPI NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors, PVOID MiniportDpcContext)
{
    struct ndis_interrupt *in = ndis_object_check(NdisInterruptHandle, NDIS_INTERRUPT_OBJECT);
    uint32_t message = in->message_based ? MessageId : 0;

    if (message >= in->messages)
        return 0;
    if (!TargetProcessors)
        return queue_on(in, message, this_cpu->number, MiniportDpcContext);
    return (ULONG)queue_on_set(in, message, TargetProcessors, MiniportDpcContext);
}

/* The same with a group affinity; there is one group. docs: ndis/nf-ndis-ndismqueuedpcex */
KAFFINITY NTAPI NdisMQueueDpcEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, PGROUP_AFFINITY TargetProcessors,
                                PVOID MiniportDpcContext)
{
    struct ndis_interrupt *in = ndis_object_check(NdisInterruptHandle, NDIS_INTERRUPT_OBJECT);
    uint32_t message = in->message_based ? MessageId : 0;

    if (message >= in->messages || TargetProcessors->Group)
        return 0;
    return queue_on_set(in, message, TargetProcessors->Mask, MiniportDpcContext);
}

/* Masks an entry of the device's MSI-X table (any IRQL), unmasks it (any IRQL), or has it send another of the adapter's messages
 * (<= DISPATCH_LEVEL), which lasts until the device loses power. NDIS_STATUS_INVALID_PARAMETER for an operation, entry or message
 * that there is not, NDIS_STATUS_NOT_SUPPORTED without MSI-X. docs: ndis/nf-ndis-ndismconfigmsixtableentry */
NDIS_STATUS NTAPI NdisMConfigMSIXTableEntry(NDIS_HANDLE NdisMiniportHandle, PNDIS_MSIX_CONFIG_PARAMETERS MSIXConfigParameters)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    const NDIS_MSIX_CONFIG_PARAMETERS *p = MSIXConfigParameters;
    bool done = false;

    if (p->Header.Size < NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1)
        return NDIS_STATUS_INVALID_PARAMETER;
    if (!a->interrupt || !a->interrupt->message_based)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (p->ConfigOperation == NdisMSIXTableConfigSetTableEntry)
        done = hal_map_msix(pnp_node_of(a->pdo), p->TableEntry, p->MessageNumber);
    else if (p->ConfigOperation == NdisMSIXTableConfigMaskTableEntry || p->ConfigOperation == NdisMSIXTableConfigUnmaskTableEntry)
        done = hal_mask_msix(pnp_node_of(a->pdo), p->TableEntry, p->ConfigOperation == NdisMSIXTableConfigMaskTableEntry);
    return done ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PARAMETER;
}
