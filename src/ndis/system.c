/* The system as drivers see it through NDIS: version, time, processors, log, exports by name. */
#include "ndis/adapter.h"

#include <stdarg.h>
#include <string.h>

#include "nt/ke.h"
#include "pe/export.h"

#define NDIS_VERSION NDIS_RUNTIME_VERSION_685

/* Major version << 16 | minor. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisgetversion */
UINT NTAPI NdisGetVersion(VOID)
{
    return NDIS_VERSION;
}

/* Address of an export of ndis.sys, or NULL. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisgetroutineaddress */
PVOID NTAPI NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName)
{
    char name[80];
    size_t n = NdisRoutineName->Length / sizeof(WCHAR);

    if (n >= sizeof name)
        return NULL;
    for (size_t i = 0; i < n; i++)
        name[i] = (char)NdisRoutineName->Buffer[i];
    name[n] = 0;
    for (unsigned i = 0; i < pe_export_table_count; i++)
        if (!strcmp(pe_export_table[i].name, name) && !strcmp(pe_export_table[i].module, "ndis.sys"))
            return pe_export_table[i].address;
    return NULL;
}

/* --- time ------------------------------------------------------------------------------------------------------- */

/* Milliseconds since the system started. Any IRQL. docs: ndis/nf-ndis-ndisgetsystemuptimeex */
VOID NTAPI NdisGetSystemUpTimeEx(PLARGE_INTEGER pSystemUpTime)
{
    pSystemUpTime->QuadPart = (LONGLONG)(ke_now() / 1000000);
}

/* The same in 32 bits. docs: ndis/nf-ndis-ndisgetsystemuptimeex */
VOID NTAPI NdisGetSystemUpTime(PULONG pSystemUpTime)
{
    *pSystemUpTime = (ULONG)(ke_now() / 1000000);
}

/* Load of the present processor in percent: not measured, 0. Any IRQL. docs: ndis/nf-ndis-ndisgetcurrentprocessorcpuusage */
VOID NTAPI NdisGetCurrentProcessorCpuUsage(PULONG pCpuUsage)
{
    *pCpuUsage = 0;
}

/* Time of the present processor in units of 100 ns / 10^5: idle is not measured apart. docs: ndis/nf-ndis-ndisgetcurrentprocessorcounts */
VOID NTAPI NdisGetCurrentProcessorCounts(PULONG pIdleCount, PULONG pKernelAndUser, PULONG pIndex)
{
    *pIdleCount = 0;
    *pKernelAndUser = (ULONG)(ke_now() / 10000000);
    *pIndex = this_cpu->number;
}

/* --- processors --------------------------------------------------------------------------------------------------- */

/* Number of processors. docs: ndis/nf-ndis-ndissystemprocessorcount */
CCHAR NTAPI NdisSystemProcessorCount(VOID)
{
    return (CCHAR)ke.cpu_count;
}

/* Number and mask of active processors. docs: ndis/nf-ndis-ndissystemactiveprocessorcount */
ULONG NTAPI NdisSystemActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    if (ActiveProcessors)
        *ActiveProcessors = ke.cpu_count == 64 ? ~0ull : (1ull << ke.cpu_count) - 1;
    return ke.cpu_count;
}

/* Index of the present processor. docs: ndis/nf-ndis-ndiscurrentprocessorindex */
ULONG NTAPI NdisCurrentProcessorIndex(VOID)
{
    return this_cpu->number;
}

/* There is one group. docs: ndis/nf-ndis-ndisgroupactiveprocessorcount */
ULONG NTAPI NdisGroupActiveProcessorCount(USHORT Group)
{
    return Group == 0 || Group == ALL_PROCESSOR_GROUPS ? ke.cpu_count : 0;
}

/* docs: ndis/nf-ndis-ndisgroupmaxprocessorcount */
ULONG NTAPI NdisGroupMaxProcessorCount(USHORT Group)
{
    return NdisGroupActiveProcessorCount(Group);
}

/* docs: ndis/nf-ndis-ndisgroupactiveprocessormask */
KAFFINITY NTAPI NdisGroupActiveProcessorMask(USHORT Group)
{
    KAFFINITY mask = 0;

    if (Group == 0)
        NdisSystemActiveProcessorCount(&mask);
    return mask;
}

/* docs: ndis/nf-ndis-ndisactivegroupcount */
USHORT NTAPI NdisActiveGroupCount(VOID)
{
    return 1;
}

/* docs: ndis/nf-ndis-ndismaxgroupcount */
USHORT NTAPI NdisMaxGroupCount(VOID)
{
    return 1;
}

/* Group and number of the present processor. >= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndiscurrentgroupandprocessor */
PROCESSOR_NUMBER NTAPI NdisCurrentGroupAndProcessor(VOID)
{
    return (PROCESSOR_NUMBER){ .Number = (UCHAR)this_cpu->number };
}

/* System-wide index of a processor; INVALID_PROCESSOR_INDEX when there is none. docs: ndis/nf-ndis-ndisprocessornumbertoindex */
ULONG NTAPI NdisProcessorNumberToIndex(PROCESSOR_NUMBER ProcNum)
{
    return ProcNum.Group == 0 && ProcNum.Number < ke.cpu_count ? ProcNum.Number : 0xffffffff;
}

/* The processor with an index. NDIS_STATUS_INVALID_PARAMETER. docs: ndis/nf-ndis-ndisprocessorindextonumber */
NDIS_STATUS NTAPI NdisProcessorIndexToNumber(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNum)
{
    if (ProcIndex >= ke.cpu_count)
        return NDIS_STATUS_INVALID_PARAMETER;
    *ProcNum = (PROCESSOR_NUMBER){ .Number = (UCHAR)ProcIndex };
    return NDIS_STATUS_SUCCESS;
}

/* The processors that receive-side scaling may use: all of them, in order. *Size: bytes of the buffer, then those needed.
 * <= DISPATCH_LEVEL. NDIS_STATUS_BUFFER_TOO_SHORT. docs: ndis/nf-ndis-ndisgetrssprocessorinformation */
NDIS_STATUS NTAPI NdisGetRssProcessorInformation(NDIS_HANDLE NdisHandle, PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo, PSIZE_T Size)
{
    SIZE_T needed = sizeof *RssProcessorInfo + ke.cpu_count * sizeof(NDIS_RSS_PROCESSOR), have = *Size;

    *Size = needed;
    if (have < needed)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    *RssProcessorInfo = (NDIS_RSS_PROCESSOR_INFO){
        .Header = { NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO, NDIS_RSS_PROCESSOR_INFO_REVISION_2,
                    NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2 },
        .MaxNumRssProcessors = ke.cpu_count,
        .RssProcessorArrayOffset = sizeof *RssProcessorInfo,
        .RssProcessorCount = ke.cpu_count,
        .RssProcessorEntrySize = sizeof(NDIS_RSS_PROCESSOR),
        .RssMaxProcessor = { .Number = (UCHAR)(ke.cpu_count - 1) },
        .RssProfile = NdisRssProfileClosest,
    };
    NDIS_RSS_PROCESSOR *entries = (void *)(RssProcessorInfo + 1);
    for (unsigned i = 0; i < ke.cpu_count; i++)
        entries[i] = (NDIS_RSS_PROCESSOR){ .ProcNum = { .Number = (UCHAR)i }, .PreferenceIndex = (USHORT)i };
    return NDIS_STATUS_SUCCESS;
}

/* Topology: one socket, one core per processor. *Size as above. NDIS_STATUS_BUFFER_TOO_SHORT.
 * docs: ndis/nf-ndis-ndisgetprocessorinformationex */
NDIS_STATUS NTAPI NdisGetProcessorInformationEx(NDIS_HANDLE NdisHandle, PNDIS_SYSTEM_PROCESSOR_INFO_EX SystemProcessorInfo,
                                                PSIZE_T Size)
{
    SIZE_T needed = sizeof *SystemProcessorInfo + ke.cpu_count * sizeof(NDIS_PROCESSOR_INFO_EX), have = *Size;

    *Size = needed;
    if (have < needed)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    *SystemProcessorInfo = (NDIS_SYSTEM_PROCESSOR_INFO_EX){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_SYSTEM_PROCESSOR_INFO_EX_REVISION_1,
                    NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_EX_REVISION_1 },
        .NumSockets = 1,
        .NumCores = ke.cpu_count,
        .NumCoresPerSocket = ke.cpu_count,
        .MaxHyperThreadingProcsPerCore = 1,
        .ProcessorInfoOffset = sizeof *SystemProcessorInfo,
        .NumberOfProcessors = ke.cpu_count,
        .ProcessorInfoEntrySize = sizeof(NDIS_PROCESSOR_INFO_EX),
    };
    NDIS_PROCESSOR_INFO_EX *entries = (void *)(SystemProcessorInfo + 1);
    for (unsigned i = 0; i < ke.cpu_count; i++)
        entries[i] = (NDIS_PROCESSOR_INFO_EX){ .ProcNum = { .Number = (UCHAR)i }, .CoreId = i };
    return NDIS_STATUS_SUCCESS;
}

/* There is no hypervisor. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisgethypervisorinfo */
NDIS_STATUS NTAPI NdisGetHypervisorInfo(PNDIS_HYPERVISOR_INFO HypervisorInfo)
{
    if (HypervisorInfo->Header.Size < NDIS_SIZEOF_HYPERVISOR_INFO_REVISION_1)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    HypervisorInfo->Flags = 0;
    HypervisorInfo->PartitionType = NdisHypervisorPartitionTypeUnknown;
    return NDIS_STATUS_SUCCESS;
}

/* A byte that makes cancel identifiers of one driver differ from those of others. docs: ndis/nf-ndis-ndisgeneratepartialcancelid */
UCHAR NTAPI NdisGeneratePartialCancelId(VOID)
{
    static UCHAR last;

    return ++last;
}

/* --- log ---------------------------------------------------------------------------------------------------------- */

static PVOID log_source(NDIS_HANDLE handle)
{
    struct adapter *a = ndis_adapter_of(handle);

    if (a)
        return a->fdo;
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
