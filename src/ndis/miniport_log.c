/* A miniport's log for its own application: a ring of bytes, read with IOCTL_NDIS_GET_LOG_DATA. One reader can wait.
 *
 *   reader asks, bytes are there   -> the oldest ones, and they are gone from the log
 *   reader asks, none are there    -> waits until some are written, the log is closed, or the request is cancelled
 * docs: ndis/nf-ndis-ndismcreatelog */
#include "ndis/adapter.h"

#include <string.h>

#include "nt/io.h"

struct ndis_log {
    struct ndis_object object;
    struct adapter *adapter;
    PIRP reader;
    uint32_t size, first, used;
    uint8_t data[];
};

static uint32_t take(struct ndis_log *log, uint8_t *to, uint32_t room)
{
    uint32_t count = room < log->used ? room : log->used;

    for (uint32_t n = 0; n < count; n++)
        to[n] = log->data[(log->first + n) % log->size];
    log->first = (log->first + count) % log->size;
    log->used -= count;
    return count;
}

static NTSTATUS answer(struct ndis_log *log, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    void *buffer = irp->MdlAddress ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority) : NULL;

    if (!buffer)
        return ndis_complete_irp(irp, STATUS_INVALID_PARAMETER);
    irp->IoStatus.Information = take(log, buffer, sp->Parameters.DeviceIoControl.OutputBufferLength);
    return ndis_complete_irp(irp, STATUS_SUCCESS);
}

/* The reader, when nobody is cancelling it. */
static PIRP take_reader(struct ndis_log *log)
{
    PIRP irp = log->reader;

    log->reader = NULL;
    return irp && IoSetCancelRoutine(irp, NULL) ? irp : NULL;
}

static VOID NTAPI cancel_reader(PDEVICE_OBJECT device, PIRP irp)
{
    struct adapter *a = ((struct ndis_extension *)device->DeviceExtension)->owner;

    IoReleaseCancelSpinLock(irp->CancelIrql);
    if (a->log && a->log->reader == irp)
        a->log->reader = NULL;
    irp->IoStatus.Information = 0;
    ndis_complete_irp(irp, STATUS_CANCELLED);
}

NTSTATUS log_read(struct adapter *a, PIRP irp)
{
    struct ndis_log *log = a->log;

    if (!log)
        return ndis_complete_irp(irp, STATUS_UNSUCCESSFUL);
    if (log->used)
        return answer(log, irp);
    if (log->reader)
        return ndis_complete_irp(irp, STATUS_DEVICE_BUSY);
    IoMarkIrpPending(irp);
    log->reader = irp;
    IoSetCancelRoutine(irp, cancel_reader);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL)) {
        log->reader = NULL;
        ndis_complete_irp(irp, STATUS_CANCELLED);
    }
    return STATUS_PENDING;
}

/* Makes the adapter's log, a ring of Size bytes. PASSIVE_LEVEL. NDIS_STATUS_FAILURE when it has one, _RESOURCES.
 * docs: ndis/nf-ndis-ndismcreatelog */
NDIS_STATUS NTAPI NdisMCreateLog(NDIS_HANDLE MiniportAdapterHandle, UINT Size, PNDIS_HANDLE LogHandle)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    *LogHandle = NULL;
    if (a->log)
        return NDIS_STATUS_FAILURE;
    struct ndis_log *log = Size == 0 || Size > (64u << 20) ? NULL :
        ndis_object_create(NDIS_LOG, sizeof *log + Size, NDIS_TAG('N', 'D', 'l', 'g'), NDIS_CALLER());
    if (!log)
        return NDIS_STATUS_RESOURCES;
    log->adapter = a;
    log->size = Size;
    a->log = log;
    *LogHandle = log;
    return NDIS_STATUS_SUCCESS;
}

/* Appends bytes; the oldest give way. A waiting reader gets them at once. <= DISPATCH_LEVEL.
 * NDIS_STATUS_BUFFER_OVERFLOW when they are more than the log holds. docs: ndis/nf-ndis-ndismwritelogdata */
NDIS_STATUS NTAPI NdisMWriteLogData(NDIS_HANDLE LogHandle, PVOID LogBuffer, UINT LogBufferSize)
{
    struct ndis_log *log = ndis_object_check(LogHandle, NDIS_LOG);
    const uint8_t *from = LogBuffer;

    if (LogBufferSize > log->size)
        return NDIS_STATUS_BUFFER_OVERFLOW;
    for (UINT n = 0; n < LogBufferSize; n++)
        log->data[(log->first + log->used + n) % log->size] = from[n];
    log->used += LogBufferSize;
    if (log->used > log->size) {
        log->first = (log->first + log->used - log->size) % log->size;
        log->used = log->size;
    }
    PIRP reader = log->used ? take_reader(log) : NULL;
    if (reader)
        answer(log, reader);
    return NDIS_STATUS_SUCCESS;
}

/* Empties the log. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismflushlog */
VOID NTAPI NdisMFlushLog(NDIS_HANDLE LogHandle)
{
    struct ndis_log *log = ndis_object_check(LogHandle, NDIS_LOG);

    log->first = log->used = 0;
}

/* Frees the log; a waiting reader gets STATUS_CANCELLED. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismcloselog */
VOID NTAPI NdisMCloseLog(NDIS_HANDLE LogHandle)
{
    struct ndis_log *log = ndis_object_check(LogHandle, NDIS_LOG);
    PIRP reader = take_reader(log);

    log->adapter->log = NULL;
    ndis_object_destroy(log);
    if (reader)
        ndis_complete_irp(reader, STATUS_CANCELLED);
}
