/* Entries in the event log. */
#include "ndis/filter_module.h"

#include <string.h>

static PVOID log_source(NDIS_HANDLE handle)
{
    struct adapter *a = ndis_adapter_of(handle);

    if (a)
        return a->fdo;
    if (ndis_object_type(handle) == NDIS_FILTER)
        return ((struct filter *)handle)->driver->driver;
    if (ndis_object_type(handle) == NDIS_FILTER_DRIVER)
        return ((struct filter_driver *)handle)->driver;
    return ndis_object_type(handle) == NDIS_DRIVER ? ((struct ndis_driver *)handle)->driver : NULL;
}

/* Writes an entry to the event log: an error code and NumberOfErrorValues values of 32 bits. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndiswriteerrorlogentry */
VOID NTAPI NdisWriteErrorLogEntry(NDIS_HANDLE NdisHandle, NDIS_ERROR_CODE ErrorCode, ULONG NumberOfErrorValues, ...)
{
    size_t size = sizeof(IO_ERROR_LOG_PACKET) + NumberOfErrorValues * sizeof(ULONG);
    PVOID source = log_source(NdisHandle);
    __builtin_ms_va_list values;

    if (!source || size > 240)
        return;
    PIO_ERROR_LOG_PACKET entry = IoAllocateErrorLogEntry(source, (UCHAR)size);
    if (!entry)
        return;
    entry->ErrorCode = (NTSTATUS)ErrorCode;
    entry->DumpDataSize = (USHORT)(NumberOfErrorValues * sizeof(ULONG));
    __builtin_ms_va_start(values, NumberOfErrorValues);
    for (ULONG i = 0; i < NumberOfErrorValues; i++)
        entry->DumpData[i] = __builtin_va_arg(values, ULONG);
    __builtin_ms_va_end(values);
    IoWriteErrorLogEntry(entry);
}

/* Writes an entry for a driver object or device object: strings are dropped, data is kept as far as it fits.
 * <= DISPATCH_LEVEL. NDIS_STATUS_RESOURCES. docs: ndis/nf-ndis-ndiswriteeventlogentry */
NDIS_STATUS NTAPI NdisWriteEventLogEntry(PVOID LogHandle, NDIS_STATUS EventCode, ULONG UniqueEventValue, USHORT NumStrings,
                                         PVOID StringsList, ULONG DataSize, PVOID Data)
{
    ULONG kept = (ULONG)min_u64(DataSize & ~3u, 160);
    PIO_ERROR_LOG_PACKET entry = IoAllocateErrorLogEntry(LogHandle, (UCHAR)(sizeof *entry + kept));

    if (!entry)
        return NDIS_STATUS_RESOURCES;
    entry->ErrorCode = EventCode;
    entry->UniqueErrorValue = UniqueEventValue;
    entry->DumpDataSize = (USHORT)kept;
    if (kept)
        memcpy(entry->DumpData, Data, kept);
    IoWriteErrorLogEntry(entry);
    return NDIS_STATUS_SUCCESS;
}
