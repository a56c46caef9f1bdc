/* DMA transactions.
 *
 * state       | reached by                              | left by
 * ------------|-----------------------------------------|----------------------------------------------
 * CREATED     | WdfDmaTransactionCreate, Release        | Initialize
 * READY       | Initialize                              | Execute
 * TRANSFER    | Execute: EvtProgramDma has been, or will be called | DmaCompleted: the next transfer, or DONE
 * DONE        | the last DmaCompleted                   | Release, Initialize
 *
 * docs: wdf/completing-a-dma-transfer */
#include "wdf/dma.h"
#include "wdf/request.h"

enum transaction_state { TRANSACTION_CREATED, TRANSACTION_READY, TRANSACTION_TRANSFER, TRANSACTION_DONE };

struct wdf_transaction {
    struct wdf_object object;
    struct wdf_dma_enabler *enabler;
    enum transaction_state state;
    WDFREQUEST request;                 /* NULL, or what it was initialised with */
    PFN_WDF_PROGRAM_DMA program;
    WDFCONTEXT context;
    WDF_DMA_DIRECTION direction;
    PMDL mdl;
    char *address;
    size_t length, done, current, most; /* most: bytes of a transfer; 0: the enabler's */
    bool single;
    PSCATTER_GATHER_LIST list;
};

_Noreturn static void wrong_state(struct wdf_transaction *t)
{
    wdf_violation(WDF_DMA_FATAL_ERROR, (ULONG_PTR)t, t->state, "a DMA transaction was used in a state in which it cannot be");
}

static struct wdf_transaction *transaction_check(WDFDMATRANSACTION handle, const void *caller)
{
    return wdf_check(handle, &wdf_dma_transaction_type, caller);
}

static void put_list(struct wdf_transaction *t)
{
    PDMA_ADAPTER adapter = t->enabler->adapter;
    PSCATTER_GATHER_LIST list = t->list;
    KIRQL irql;

    if (!list)
        return;
    t->list = NULL;
    irql = KfRaiseIrql(DISPATCH_LEVEL);
    adapter->DmaOperations->PutScatterGatherList(adapter, list, t->direction == WdfDmaDirectionWriteToDevice);
    KeLowerIrql(irql);
}

static void drop_request(struct wdf_transaction *t)
{
    if (t->request)
        wdf_dereference(t->request);
    t->request = NULL;
}

static void transaction_dispose(struct wdf_object *object)
{
    struct wdf_transaction *t = container_of(object, struct wdf_transaction, object);

    put_list(t);
    drop_request(t);
}

const struct wdf_type wdf_dma_transaction_type = { .name = "WDFDMATRANSACTION", .size = sizeof(struct wdf_transaction),
                                                   .dispose = transaction_dispose };

/* Makes a transaction below the enabler. <= DISPATCH_LEVEL. Errors: wdf_object_create.
 * docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactioncreate */
NTSTATUS NTAPI WdfDmaTransactionCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER DmaEnabler,
                                       PWDF_OBJECT_ATTRIBUTES Attributes, WDFDMATRANSACTION *DmaTransaction)
{
    const void *caller = WDF_CALLER();
    struct wdf_dma_enabler *e = wdf_dma_enabler_check(DmaEnabler, caller);
    struct wdf_create create = { .type = &wdf_dma_transaction_type, .client = wdf_client_of(DriverGlobals),
                                 .attributes = Attributes, .parent = &e->object, .caller = caller };
    struct wdf_transaction *t;

    wdf_need(DmaTransaction, caller);
    *DmaTransaction = NULL;
    NTSTATUS status = wdf_object_create(&create, &t);
    if (!NT_SUCCESS(status))
        return status;
    t->enabler = e;
    t->single = e->config.Flags & WDF_DMA_ENABLER_CONFIG_REQUIRE_SINGLE_TRANSFER;
    *DmaTransaction = (WDFDMATRANSACTION)t;
    return STATUS_SUCCESS;
}

/* --- what is transferred -------------------------------------------------------------------------------------------------------- */

static NTSTATUS initialize(struct wdf_transaction *t, PFN_WDF_PROGRAM_DMA program, WDF_DMA_DIRECTION direction, PMDL mdl,
                           void *address, size_t length)
{
    if (t->state == TRANSACTION_TRANSFER)
        wrong_state(t);
    if (!length || !mdl)
        return STATUS_INVALID_PARAMETER;
    if (t->single && length > (t->most ? t->most : t->enabler->fragment))
        return STATUS_WDF_TOO_FRAGMENTED;
    t->program = program;
    t->direction = direction;
    t->mdl = mdl;
    t->address = address;
    t->length = length;
    t->done = t->current = 0;
    t->state = TRANSACTION_READY;
    return STATUS_SUCCESS;
}

/* A transfer of Length bytes at VirtualAddress, which Mdl describes. <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_WDF_TOO_FRAGMENTED. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactioninitialize */
NTSTATUS NTAPI WdfDmaTransactionInitialize(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                           PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction, WDF_DMA_DIRECTION DmaDirection, PMDL Mdl,
                                           PVOID VirtualAddress, size_t Length)
{
    const void *caller = WDF_CALLER();
    struct wdf_transaction *t = transaction_check(DmaTransaction, caller);

    wdf_need((const void *)EvtProgramDmaFunction, caller);
    return initialize(t, EvtProgramDmaFunction, DmaDirection, Mdl, VirtualAddress, Length);
}

/* The same, Offset bytes into the MDL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactioninitializeusingoffset */
NTSTATUS NTAPI WdfDmaTransactionInitializeUsingOffset(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                                      PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction, WDF_DMA_DIRECTION DmaDirection,
                                                      PMDL Mdl, size_t Offset, size_t Length)
{
    const void *caller = WDF_CALLER();
    struct wdf_transaction *t = transaction_check(DmaTransaction, caller);

    wdf_need((const void *)EvtProgramDmaFunction, caller);
    wdf_need(Mdl, caller);
    return initialize(t, EvtProgramDmaFunction, DmaDirection, Mdl, (char *)MmGetMdlVirtualAddress(Mdl) + Offset, Length);
}

/* The buffer of a request: its output for a transfer from the device, its input for one to it. docs:
 * wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactioninitializeusingrequest */
NTSTATUS NTAPI WdfDmaTransactionInitializeUsingRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                                       WDFREQUEST Request, PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction,
                                                       WDF_DMA_DIRECTION DmaDirection)
{
    const void *caller = WDF_CALLER();
    struct wdf_transaction *t = transaction_check(DmaTransaction, caller);
    NTSTATUS status;
    PMDL mdl;

    wdf_need((const void *)EvtProgramDmaFunction, caller);
    wdf_request_check(Request, caller);
    if (DmaDirection == WdfDmaDirectionReadFromDevice)
        status = WdfRequestRetrieveOutputWdmMdl(DriverGlobals, Request, &mdl);
    else
        status = WdfRequestRetrieveInputWdmMdl(DriverGlobals, Request, &mdl);
    if (!NT_SUCCESS(status))
        return status;
    status = initialize(t, EvtProgramDmaFunction, DmaDirection, mdl, MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl));
    if (NT_SUCCESS(status)) {
        drop_request(t);
        t->request = Request;
        wdf_reference(Request);
    }
    return status;
}

/* --- transferring ------------------------------------------------------------------------------------------------------------------ */

static VOID NTAPI have_list(PDEVICE_OBJECT wdm, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context)
{
    struct wdf_transaction *t = context;

    t->list = list;
    WDF_CALL(t->program, (WDFDMATRANSACTION)t, (WDFDEVICE)t->enabler->device, t->context, t->direction, list);
}

/* As many bytes as a transfer may have: by length, and by pages, each of which may be an element of its own. */
static size_t next_length(const struct wdf_transaction *t)
{
    size_t left = t->length - t->done, most = t->most ? t->most : t->enabler->fragment, pages = t->enabler->elements;

    if (pages != (size_t)-1) {
        size_t by_pages = pages * PAGE_SIZE - ((uintptr_t)(t->address + t->done) & (PAGE_SIZE - 1));
        most = by_pages < most ? by_pages : most;
    }
    return left < most ? left : most;
}

static NTSTATUS transfer(struct wdf_transaction *t)
{
    PDMA_ADAPTER adapter = t->enabler->adapter;
    NTSTATUS status;
    KIRQL irql;

    t->current = next_length(t);
    irql = KfRaiseIrql(DISPATCH_LEVEL);
    status = adapter->DmaOperations->GetScatterGatherList(adapter, t->enabler->device->wdm, t->mdl, t->address + t->done,
                                                          (ULONG)t->current, have_list, t,
                                                          t->direction == WdfDmaDirectionWriteToDevice);
    KeLowerIrql(irql);
    return status;
}

/* Begins: EvtProgramDma is called at DISPATCH_LEVEL with the list of the first transfer. <= DISPATCH_LEVEL.
 * STATUS_INVALID_DEVICE_REQUEST (not initialised), STATUS_INSUFFICIENT_RESOURCES.
 * docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactionexecute */
NTSTATUS NTAPI WdfDmaTransactionExecute(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction, WDFCONTEXT Context)
{
    struct wdf_transaction *t = transaction_check(DmaTransaction, WDF_CALLER());

    if (t->state != TRANSACTION_READY)
        return STATUS_INVALID_DEVICE_REQUEST;
    t->state = TRANSACTION_TRANSFER;
    t->context = Context;
    NTSTATUS status = transfer(t);
    if (!NT_SUCCESS(status))
        t->state = TRANSACTION_READY;
    return status;
}

/* TRUE: the transaction is over, *status says how. FALSE: the next transfer was begun (STATUS_MORE_PROCESSING_REQUIRED). */
static BOOLEAN completed(struct wdf_transaction *t, size_t bytes, bool final, NTSTATUS *status)
{
    if (t->state != TRANSACTION_TRANSFER || bytes > t->current)
        wrong_state(t);
    put_list(t);
    t->done += bytes;
    if (!final && t->done < t->length) {
        *status = transfer(t);
        if (NT_SUCCESS(*status)) {
            *status = STATUS_MORE_PROCESSING_REQUIRED;
            return FALSE;
        }
    } else {
        *status = STATUS_SUCCESS;
    }
    t->state = TRANSACTION_DONE;
    return TRUE;
}

/* The device has done the transfer. <= DISPATCH_LEVEL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactiondmacompleted */
BOOLEAN NTAPI WdfDmaTransactionDmaCompleted(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction, NTSTATUS *Status)
{
    struct wdf_transaction *t = transaction_check(DmaTransaction, WDF_CALLER());

    return completed(t, t->current, false, Status);
}

/* It has done fewer bytes; the rest is transferred again. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactiondmacompletedwithlength */
BOOLEAN NTAPI WdfDmaTransactionDmaCompletedWithLength(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                                      size_t TransferredLength, NTSTATUS *Status)
{
    return completed(transaction_check(DmaTransaction, WDF_CALLER()), TransferredLength, false, Status);
}

/* It has done so many bytes, and that is all. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactiondmacompletedfinal */
BOOLEAN NTAPI WdfDmaTransactionDmaCompletedFinal(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                                 size_t FinalTransferredLength, NTSTATUS *Status)
{
    return completed(transaction_check(DmaTransaction, WDF_CALLER()), FinalTransferredLength, true, Status);
}

/* Ready to be initialised again, whatever it was doing. <= DISPATCH_LEVEL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactionrelease */
NTSTATUS NTAPI WdfDmaTransactionRelease(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction)
{
    struct wdf_transaction *t = transaction_check(DmaTransaction, WDF_CALLER());

    put_list(t);
    drop_request(t);
    t->state = TRANSACTION_CREATED;
    t->done = t->current = t->length = 0;
    t->mdl = NULL;
    return STATUS_SUCCESS;
}

/* --- questions and settings -------------------------------------------------------------------------------------------------------- */

/* <= DISPATCH_LEVEL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactiongetbytestransferred */
size_t NTAPI WdfDmaTransactionGetBytesTransferred(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction)
{
    return transaction_check(DmaTransaction, WDF_CALLER())->done;
}

/* <= DISPATCH_LEVEL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactiongetcurrentdmatransferlength */
size_t NTAPI WdfDmaTransactionGetCurrentDmaTransferLength(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction)
{
    return transaction_check(DmaTransaction, WDF_CALLER())->current;
}

/* Of each transfer, between Create or Release and Initialize. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactionsetmaximumlength */
VOID NTAPI WdfDmaTransactionSetMaximumLength(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                             size_t MaximumLength)
{
    struct wdf_transaction *t = transaction_check(DmaTransaction, WDF_CALLER());

    t->most = MaximumLength < t->enabler->fragment ? MaximumLength : t->enabler->fragment;
}

/* <= DISPATCH_LEVEL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactionsetsingletransferrequirement */
VOID NTAPI WdfDmaTransactionSetSingleTransferRequirement(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                                         BOOLEAN RequireSingleTransfer)
{
    transaction_check(DmaTransaction, WDF_CALLER())->single = RequireSingleTransfer;
}

/* NULL when it was not initialised with one. <= DISPATCH_LEVEL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactiongetrequest */
WDFREQUEST NTAPI WdfDmaTransactionGetRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction)
{
    return transaction_check(DmaTransaction, WDF_CALLER())->request;
}

/* <= DISPATCH_LEVEL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactiongetdevice */
WDFDEVICE NTAPI WdfDmaTransactionGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction)
{
    return (WDFDEVICE)transaction_check(DmaTransaction, WDF_CALLER())->enabler->device;
}

/* What the next transfer takes at most: one element and one map register a page. <= DISPATCH_LEVEL.
 * docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactiongettransferinfo */
VOID NTAPI WdfDmaTransactionGetTransferInfo(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                            ULONG *MapRegisterCount, ULONG *ScatterGatherElementCount)
{
    struct wdf_transaction *t = transaction_check(DmaTransaction, WDF_CALLER());
    ULONG pages = (ULONG)ADDRESS_AND_SIZE_TO_SPAN_PAGES(t->address + t->done, next_length(t));

    if (MapRegisterCount)
        *MapRegisterCount = pages;
    if (ScatterGatherElementCount)
        *ScatterGatherElementCount = pages;
}

/* Resources are always there at once. <= DISPATCH_LEVEL. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactionsetimmediateexecution */
VOID NTAPI WdfDmaTransactionSetImmediateExecution(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction,
                                                  BOOLEAN UseImmediateExecution)
{
    transaction_check(DmaTransaction, WDF_CALLER());
}

/* FALSE: nothing of a transaction ever waits for resources. docs: wdfdmatransaction/nf-wdfdmatransaction-wdfdmatransactioncancel */
BOOLEAN NTAPI WdfDmaTransactionCancel(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION DmaTransaction)
{
    transaction_check(DmaTransaction, WDF_CALLER());
    return FALSE;
}
