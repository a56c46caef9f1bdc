/* IRP_MJ_SCSI at the device object of a logical unit: request blocks of class and filter drivers.
 *
 *  1. The caller's SRB stays the caller's: its request goes to the miniport in a block of the unit, and the answer is copied back.
 *  2. An IRP that finds no free request, or a queue that is frozen or locked, waits on unit->scsi_irps, cancelable, in the order of coming.
 *  3. A command that the unit fails, or that a time-out or a reset ends, freezes the queue of this way, unless SRB_FLAGS_NO_QUEUE_FREEZE: nothing passes but what has
 *     SRB_FLAGS_BYPASS_FROZEN_QUEUE, until SRB_FUNCTION_RELEASE_QUEUE or SRB_FUNCTION_FLUSH_QUEUE. What the disk class driver of ours
 *     sends, by another way, is not held back: it never freezes.
 *
 * docs: srb/ns-srb-_scsi_request_block, storage/storage-class-driver-s-releasequeue-routine, storage/capabilities-provided-by-storport */
#include "storport/adapter.h"

#include <string.h>

#include "nt/ram.h"

#define CDB_MOST 32u

/* Not SrbSetSrbStatus: the bit for a frozen queue is the port driver's to set and to clear. */
static void set_status(PVOID srb, UCHAR status)
{
    ((PSCSI_REQUEST_BLOCK)srb)->SrbStatus = status;
}

static NTSTATUS answer(PIRP irp, PVOID srb, UCHAR srb_status)
{
    set_status(srb, srb_status);
    irp->IoStatus.Information = 0;
    return sp_complete(irp, sp_status(srb_status));
}

static PVOID srb_of(PIRP irp)
{
    return IoGetCurrentIrpStackLocation(irp)->Parameters.Scsi.Srb;
}

/* --- the way down ---------------------------------------------------------------------------------------------------- */

/* Where the data lies in the system's addresses, in one piece; NULL: nowhere. */
static void *data_of(PIRP irp, PVOID srb, uint32_t length)
{
    PUCHAR data = SrbGetDataBuffer(srb), start, mapped;
    PMDL mdl = irp->MdlAddress;
    uint64_t pa;

    if (mdl) {
        start = MmGetMdlVirtualAddress(mdl);
        if (data < start || (size_t)(data - start) > MmGetMdlByteCount(mdl) ||
            length > MmGetMdlByteCount(mdl) - (size_t)(data - start) ||
            !(mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority)))
            return NULL;
        data = mapped + (data - start);
    }
    pa = ram_pa(data);
    return pa == UINT64_MAX ? NULL : ram_va(pa, length);
}

static unsigned cdb_of(PVOID srb, const UCHAR **cdb)
{
    unsigned length = SrbGetCdbLength(srb);

    *cdb = (const UCHAR *)SrbGetCdb(srb);
    return *cdb && length <= CDB_MOST ? length : 0;
}

/* The port driver's own error, or SRB_STATUS_PENDING. */
static UCHAR check(const struct unit *u, PIRP irp, PVOID srb)
{
    uint32_t length = SrbGetDataTransferLength(srb), function = SrbGetSrbFunction(srb);
    const UCHAR *cdb;

    if (function == SRB_FUNCTION_EXECUTE_SCSI && !cdb_of(srb, &cdb))
        return SRB_STATUS_INVALID_REQUEST;
    if (length > u->adapter->max_transfer)
        return SRB_STATUS_INVALID_REQUEST;
    if (length && !data_of(irp, srb, length))
        return SRB_STATUS_INVALID_REQUEST;
    return SRB_STATUS_PENDING;
}

/* What the unit has to say (CHECK CONDITION), a time-out, a reset and an abortion do; what never reached the unit does not. */
static bool freezes(PVOID srb, UCHAR status, bool sensed)
{
    if (SrbGetSrbFlags(srb) & SRB_FLAGS_NO_QUEUE_FREEZE)
        return false;
    switch (status) {
    case SRB_STATUS_BUS_RESET:
    case SRB_STATUS_TIMEOUT:
    case SRB_STATUS_COMMAND_TIMEOUT:
    case SRB_STATUS_ABORTED:
        return true;
    default:
        return sensed || SrbGetScsiStatus(srb) == SCSISTAT_CHECK_CONDITION || SrbGetScsiStatus(srb) == SCSISTAT_COMMAND_TERMINATED;
    }
}

static UCHAR copy_sense(struct request *r, PVOID srb)
{
    UCHAR room = SrbGetSenseInfoBufferLength(srb), *to = SrbGetSenseInfoBuffer(srb);
    UCHAR got = (UCHAR)min_u64(room, SrbGetSenseInfoBufferLength(r->srb));

    if (r->abandoned || !(((PSCSI_REQUEST_BLOCK)r->srb)->SrbStatus & SRB_STATUS_AUTOSENSE_VALID) || !to || !got ||
        (SrbGetSrbFlags(srb) & SRB_FLAGS_DISABLE_AUTOSENSE))
        return 0;
    memcpy(to, r->sense, got);
    SrbSetSenseInfoBufferLength(srb, got);
    return SRB_STATUS_AUTOSENSE_VALID;
}

static void scsi_done(struct request *r)
{
    struct unit *u = r->unit;
    PIRP irp = r->owner;
    PVOID srb = srb_of(irp);
    UCHAR status = request_srb_status(r), extra = 0;

    if (SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI) {
        SrbSetScsiStatus(srb, r->abandoned ? 0 : SrbGetScsiStatus(r->srb));
        extra = copy_sense(r, srb);
    }
    SrbSetDataTransferLength(srb, r->abandoned ? 0 : (ULONG)min_u64(r->length, SrbGetDataTransferLength(r->srb)));
    if (freezes(srb, status, extra & SRB_STATUS_AUTOSENSE_VALID)) {
        u->scsi_frozen = true;
        extra |= SRB_STATUS_QUEUE_FROZEN;
    }
    set_status(srb, status | extra);
    request_release(r);
    irp->IoStatus.Information = SrbGetDataTransferLength(srb);
    irp->IoStatus.Status = sp_status(status);
    IofCompleteRequest(irp, IO_DISK_INCREMENT);
    scsi_next(u);
}

static void begin(struct unit *u, PIRP irp, struct request *r)
{
    PVOID srb = srb_of(irp);
    uint32_t length = SrbGetDataTransferLength(srb), function = SrbGetSrbFunction(srb);
    const UCHAR *cdb;

    request_prepare(r, function, SrbGetSrbFlags(srb), length ? data_of(irp, srb, length) : NULL, length, SrbGetTimeOutValue(srb));
    if (function == SRB_FUNCTION_EXECUTE_SCSI) {
        unsigned size = cdb_of(srb, &cdb);
        request_set_cdb(r, cdb, size);
    }
    r->bypass = function == SRB_FUNCTION_RESET_DEVICE || function == SRB_FUNCTION_RESET_LOGICAL_UNIT;
    r->finish = scsi_done;
    r->owner = irp;
    request_start(r);
}

/* --- waiting (2) ---------------------------------------------------------------------------------------------------------- */

static struct list *entry(PIRP irp)
{
    return (struct list *)(void *)&irp->Tail.Overlay.ListEntry;
}

static PIRP irp_of(struct list *node)
{
    return CONTAINING_RECORD((LIST_ENTRY *)(void *)node, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    IoReleaseCancelSpinLock(irp->CancelIrql);
    list_remove(entry(irp));
    set_status(srb_of(irp), SRB_STATUS_ABORTED);
    irp->IoStatus.Information = 0;
    sp_complete(irp, STATUS_CANCELLED);
}

static NTSTATUS wait(struct unit *u, PIRP irp)
{
    KIRQL old;

    IoMarkIrpPending(irp);
    list_push_back(&u->scsi_irps, entry(irp));
    IoAcquireCancelSpinLock(&old);
    IoSetCancelRoutine(irp, cancel);
    bool gone = irp->Cancel && IoSetCancelRoutine(irp, NULL);
    IoReleaseCancelSpinLock(old);
    if (gone) {
        list_remove(entry(irp));
        set_status(srb_of(irp), SRB_STATUS_ABORTED);
        irp->IoStatus.Information = 0;
        sp_complete(irp, STATUS_CANCELLED);
    }
    return STATUS_PENDING;
}

static bool may_pass(const struct unit *u, PVOID srb)
{
    ULONG flags = SrbGetSrbFlags(srb);

    if (u->scsi_frozen && !(flags & SRB_FLAGS_BYPASS_FROZEN_QUEUE))
        return false;
    return !u->scsi_locked || (flags & SRB_FLAGS_BYPASS_LOCKED_QUEUE);
}

static struct request *take(struct unit *u)
{
    return u->free_count > SP_RESERVED_REQUESTS / 2 ? request_take(u) : NULL;
}

/* The first that waits and may go. */
static PIRP next_irp(struct unit *u)
{
    list_each(it, &u->scsi_irps)
        if (may_pass(u, srb_of(irp_of(it)))) {
            PIRP irp = irp_of(it);
            if (!IoSetCancelRoutine(irp, NULL))
                continue;               /* its cancel routine answers it */
            list_remove(it);
            return irp;
        }
    return NULL;
}

void scsi_next(struct unit *u)
{
    struct request *r;
    PIRP irp;

    while (!u->gone && !list_empty(&u->scsi_irps) && (r = take(u))) {
        if (!(irp = next_irp(u))) {
            request_release(r);
            return;
        }
        begin(u, irp, r);
    }
}

void scsi_flush(struct unit *u, UCHAR srb_status)
{
    struct list held = LIST_INIT(held), *node;

    list_each_safe(it, &u->scsi_irps)
        if (IoSetCancelRoutine(irp_of(it), NULL)) {
            list_remove(it);
            list_push_back(&held, it);
        }
    while ((node = list_pop_front(&held)))
        answer(irp_of(node), srb_of(irp_of(node)), srb_status);
}

/* --- dispatch ----------------------------------------------------------------------------------------------------------- */

static NTSTATUS claim(struct unit *u, PIRP irp, PVOID srb)
{
    if (u->scsi_claimed || u->disk)
        return answer(irp, srb, SRB_STATUS_BUSY);
    u->scsi_claimed = true;
    SrbSetDataBuffer(srb, u->pdo);
    return answer(irp, srb, SRB_STATUS_SUCCESS);
}

static NTSTATUS reset_bus(struct unit *u, PIRP irp, PVOID srb)
{
    return answer(irp, srb, adapter_reset_bus(u->adapter, u->path) ? SRB_STATUS_SUCCESS : SRB_STATUS_ERROR);
}

static NTSTATUS down(struct unit *u, PIRP irp, PVOID srb)
{
    bool jumps = SrbGetSrbFlags(srb) & (SRB_FLAGS_BYPASS_FROZEN_QUEUE | SRB_FLAGS_BYPASS_LOCKED_QUEUE);
    UCHAR status = check(u, irp, srb);
    struct request *r;

    if (status != SRB_STATUS_PENDING)
        return answer(irp, srb, status);
    set_status(srb, SRB_STATUS_PENDING);
    r = may_pass(u, srb) && (jumps || list_empty(&u->scsi_irps)) ? take(u) : NULL;
    if (!r)
        return wait(u, irp);
    IoMarkIrpPending(irp);
    begin(u, irp, r);
    return STATUS_PENDING;
}

static NTSTATUS queue_function(struct unit *u, PIRP irp, PVOID srb, ULONG function)
{
    switch (function) {
    case SRB_FUNCTION_LOCK_QUEUE:
        u->scsi_locked = true;
        return answer(irp, srb, SRB_STATUS_SUCCESS);
    case SRB_FUNCTION_UNLOCK_QUEUE:
        u->scsi_locked = false;
        break;
    case SRB_FUNCTION_FLUSH_QUEUE:
        scsi_flush(u, SRB_STATUS_REQUEST_FLUSHED);
        u->scsi_frozen = false;
        break;
    default:
        u->scsi_frozen = false;
    }
    NTSTATUS status = answer(irp, srb, SRB_STATUS_SUCCESS);
    scsi_next(u);
    return status;
}

static bool sound(PVOID srb)
{
    PSTORAGE_REQUEST_BLOCK extended = srb;

    if (!srb)
        return false;
    if (((PSCSI_REQUEST_BLOCK)srb)->Function != SRB_FUNCTION_STORAGE_REQUEST_BLOCK)
        return ((PSCSI_REQUEST_BLOCK)srb)->Length >= sizeof(SCSI_REQUEST_BLOCK);
    return extended->Signature == SRB_SIGNATURE && extended->Version == STORAGE_REQUEST_BLOCK_VERSION_1 &&
           extended->SrbLength >= offsetof(STORAGE_REQUEST_BLOCK, SrbExDataOffset);
}

NTSTATUS scsi_dispatch(struct unit *u, PIRP irp)
{
    PVOID srb = srb_of(irp);

    irp->IoStatus.Information = 0;
    if (!sound(srb)) {
        if (srb)
            set_status(srb, SRB_STATUS_BAD_SRB_BLOCK_LENGTH);
        return sp_complete(irp, STATUS_INVALID_PARAMETER);
    }
    if (u->gone)
        return answer(irp, srb, SRB_STATUS_NO_DEVICE);
    ULONG function = SrbGetSrbFunction(srb);
    switch (function) {
    case SRB_FUNCTION_CLAIM_DEVICE:
        return claim(u, irp, srb);
    case SRB_FUNCTION_RELEASE_DEVICE:
        u->scsi_claimed = false;
        return answer(irp, srb, SRB_STATUS_SUCCESS);
    case SRB_FUNCTION_RELEASE_QUEUE:
    case SRB_FUNCTION_FLUSH_QUEUE:
    case SRB_FUNCTION_LOCK_QUEUE:
    case SRB_FUNCTION_UNLOCK_QUEUE:
        return queue_function(u, irp, srb, function);
    case SRB_FUNCTION_RESET_BUS:
        return reset_bus(u, irp, srb);
    case SRB_FUNCTION_EXECUTE_SCSI:
    case SRB_FUNCTION_IO_CONTROL:
    case SRB_FUNCTION_RESET_DEVICE:
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
    case SRB_FUNCTION_SHUTDOWN:
    case SRB_FUNCTION_FLUSH:
        return down(u, irp, srb);
    default:
        return answer(irp, srb, SRB_STATUS_BAD_FUNCTION);
    }
}
