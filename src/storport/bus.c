/* Configuration space, time, the error log and debug output. docs: storport */
#include "storport/adapter.h"

#include <stdio.h>
#include <string.h>

#include "nt/io.h"

static ULONG config(struct adapter *a, PVOID buffer, ULONG offset, ULONG length, bool write)
{
    IO_STACK_LOCATION request = {
        .MajorFunction = IRP_MJ_PNP,
        .MinorFunction = write ? IRP_MN_WRITE_CONFIG : IRP_MN_READ_CONFIG,
    };
    ULONG_PTR done = 0;

    request.Parameters.ReadWriteConfig.WhichSpace = PCI_WHICHSPACE_CONFIG;
    request.Parameters.ReadWriteConfig.Buffer = buffer;
    request.Parameters.ReadWriteConfig.Offset = offset;
    request.Parameters.ReadWriteConfig.Length = length;
    return NT_SUCCESS(io_send(a->pdo, &request, STATUS_NOT_SUPPORTED, &done)) ? (ULONG)done : 0;
}

/* The adapter's own PCI configuration space; the bytes that were read, 0 when it is on no PCI bus. From HwStorFindAdapter.
 * PASSIVE_LEVEL. docs: storport/nf-storport-storportgetbusdata */
ULONG NTAPI StorPortGetBusData(PVOID DeviceExtension, ULONG BusDataType, ULONG SystemIoBusNumber, ULONG SlotNumber, PVOID Buffer,
                               ULONG Length)
{
    struct adapter *a = adapter_of(DeviceExtension, PE_CALLER());

    if (BusDataType != PCIConfiguration || !Buffer)
        return 0;
    return config(a, Buffer, 0, Length, false);
}

/* docs: storport/nf-storport-storportsetbusdatabyoffset */
ULONG NTAPI StorPortSetBusDataByOffset(PVOID DeviceExtension, ULONG BusDataType, ULONG SystemIoBusNumber, ULONG SlotNumber,
                                       PVOID Buffer, ULONG Offset, ULONG Length)
{
    struct adapter *a = adapter_of(DeviceExtension, PE_CALLER());

    if (BusDataType != PCIConfiguration || !Buffer)
        return 0;
    return config(a, Buffer, Offset, Length, true);
}

/* Waits, busily, so many microseconds. Any IRQL. docs: storport/nf-storport-storportstallexecution */
VOID NTAPI StorPortStallExecution(ULONG Delay)
{
    KeStallExecutionProcessor(Delay);
}

/* Any IRQL. docs: storport/nf-storport-storportquerysystemtime */
VOID NTAPI StorPortQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
    CurrentTime->QuadPart = (LONGLONG)ke_system_time();
}

static const char *error_name(ULONG code)
{
    static const char *const names[] = {
        [SP_BUS_PARITY_ERROR] = "SP_BUS_PARITY_ERROR", [SP_UNEXPECTED_DISCONNECT] = "SP_UNEXPECTED_DISCONNECT",
        [SP_INVALID_RESELECTION] = "SP_INVALID_RESELECTION", [SP_BUS_TIME_OUT] = "SP_BUS_TIME_OUT",
        [SP_PROTOCOL_ERROR] = "SP_PROTOCOL_ERROR", [SP_INTERNAL_ADAPTER_ERROR] = "SP_INTERNAL_ADAPTER_ERROR",
        [SP_REQUEST_TIMEOUT] = "SP_REQUEST_TIMEOUT", [SP_IRQ_NOT_RESPONDING] = "SP_IRQ_NOT_RESPONDING",
        [SP_BAD_FW_WARNING] = "SP_BAD_FW_WARNING", [SP_BAD_FW_ERROR] = "SP_BAD_FW_ERROR",
        [SP_LOST_WMI_MINIPORT_REQUEST] = "SP_LOST_WMI_MINIPORT_REQUEST",
    };

    return code < countof(names) && names[code] ? names[code] : "unknown error";
}

/* Puts an entry into the event log. Any IRQL. docs: storport/nf-storport-storportlogerror */
VOID NTAPI StorPortLogError(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                            ULONG ErrorCode, ULONG UniqueId)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    log_warn(a->driver->name, "%s (0x%x), unique ID 0x%x, path %u target %u lun %u", error_name(ErrorCode), ErrorCode, UniqueId,
             PathId, TargetId, Lun);
    if (ke_irql() > DISPATCH_LEVEL)
        return;
    PIO_ERROR_LOG_PACKET packet = IoAllocateErrorLogEntry(a->fdo, sizeof *packet + 2 * sizeof(ULONG));
    if (!packet)
        return;
    packet->ErrorCode = (NTSTATUS)0xC004000B;   /* IO_ERR_CONTROLLER_ERROR */
    packet->UniqueErrorValue = UniqueId;
    packet->DumpDataSize = 2 * sizeof(ULONG);
    packet->DumpData[0] = (ULONG)PathId << 16 | (ULONG)TargetId << 8 | Lun;
    packet->DumpData[1] = ErrorCode;
    IoWriteErrorLogEntry(packet);
}

/* A driver's message, to the log. Any IRQL. docs: storport/nf-storport-storportdebugprint */
VOID NTAPI StorPortDebugPrint(ULONG DebugPrintLevel, PCCHAR DebugMessage, ...)
{
    __builtin_ms_va_list list;

    __builtin_ms_va_start(list, DebugMessage);
    vDbgPrintEx(16 /* DPFLTR_SCSIMINIPORT_ID */, DebugPrintLevel, DebugMessage, list);
    __builtin_ms_va_end(list);
}
