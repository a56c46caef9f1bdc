/* What NDIS says about the system: version, processors, time, strings, and the files it does not serve. */
#include "ndis/object.h"

#include "base/log.h"
#include "nt/ke.h"
#include "pe/pe.h"

/* Major version in the high word, minor in the low: 0x0006001E is NDIS 6.30. Any IRQL.
 * docs: ndis/nf-ndis-ndisgetversion */
UINT NTAPI NdisGetVersion(VOID)
{
    return RING3_NDIS_MAJOR << 16 | RING3_NDIS_MINOR;
}

/* Milliseconds since the computer started. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisgetsystemuptimeex */
VOID NTAPI NdisGetSystemUpTimeEx(PLARGE_INTEGER pSystemUpTime)
{
    pSystemUpTime->QuadPart = (LONGLONG)(ke_now() / 1000000u);
}

/* The same in 32 bits, which wrap after 49 days. docs: ndis/nf-ndis-ndisgetsystemuptimeex */
VOID NTAPI NdisGetSystemUpTime(PULONG pSystemUpTime)
{
    *pSystemUpTime = (ULONG)(ke_now() / 1000000u);
}

/* The address of an exported function of NDIS as drivers call it; NULL when there is none. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisgetroutineaddress */
PVOID NTAPI NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName)
{
    char name[128];
    unsigned length = NdisRoutineName->Length / sizeof(WCHAR);

    if (length >= sizeof name)
        return NULL;
    for (unsigned i = 0; i < length; i++)
        name[i] = (char)NdisRoutineName->Buffer[i];
    name[length] = 0;
    return pe_system_routine("ndis.sys", name);
}

/* A byte that tells this driver's cancel IDs from those of others. Any IRQL.
 * docs: ndis/nf-ndis-ndisgeneratepartialcancelid */
UCHAR NTAPI NdisGeneratePartialCancelId(VOID)
{
    static UCHAR next;

    return ++next;
}

/* --- processors ------------------------------------------------------------------------------------------------------- */

/* Processors in the computer. Any IRQL. docs: ndis/nf-ndis-ndissystemprocessorcount */
CCHAR NTAPI NdisSystemProcessorCount(VOID)
{
    return (CCHAR)ke.cpu_count;
}

static KAFFINITY all_processors(void)
{
    return ke.cpu_count == 64 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << ke.cpu_count) - 1;
}

/* The same; ActiveProcessors, when not NULL, gets their mask. docs: ndis/nf-ndis-ndissystemactiveprocessorcount */
ULONG NTAPI NdisSystemActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    if (ActiveProcessors)
        *ActiveProcessors = all_processors();
    return ke.cpu_count;
}

/* This processor's system-wide index. docs: ndis/nf-ndis-ndiscurrentprocessorindex */
ULONG NTAPI NdisCurrentProcessorIndex(VOID)
{
    return this_cpu->number;
}

/* There is one group, 0. docs: ndis/nf-ndis-ndisgroupactiveprocessorcount */
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
    return Group == 0 ? all_processors() : 0;
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

/* docs: ndis/nf-ndis-ndiscurrentgroupandprocessor */
PROCESSOR_NUMBER NTAPI NdisCurrentGroupAndProcessor(VOID)
{
    return (PROCESSOR_NUMBER){ .Number = (UCHAR)this_cpu->number };
}

/* INVALID_PROCESSOR_INDEX when there is no such processor. docs: ndis/nf-ndis-ndisprocessornumbertoindex */
ULONG NTAPI NdisProcessorNumberToIndex(PROCESSOR_NUMBER ProcNum)
{
    return ProcNum.Group == 0 && ProcNum.Number < ke.cpu_count ? ProcNum.Number : INVALID_PROCESSOR_INDEX;
}

/* NDIS_STATUS_INVALID_PARAMETER when there is no such processor. docs: ndis/nf-ndis-ndisprocessorindextonumber */
NDIS_STATUS NTAPI NdisProcessorIndexToNumber(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNum)
{
    if (ProcIndex >= ke.cpu_count)
        return NDIS_STATUS_INVALID_PARAMETER;
    *ProcNum = (PROCESSOR_NUMBER){ .Number = (UCHAR)ProcIndex };
    return NDIS_STATUS_SUCCESS;
}

/* How busy this processor is, in percent. ring3's processors share one host thread, so it says 0 when idle threads ran
 * last and 100 otherwise. docs: ndis/nf-ndis-ndisgetcurrentprocessorcpuusage */
VOID NTAPI NdisGetCurrentProcessorCpuUsage(PULONG pCpuUsage)
{
    *pCpuUsage = this_cpu->current == this_cpu->idle ? 0 : 100;
}

/* Time since the start that this processor had nothing to do, and all of its time, in clock ticks (KeQueryTimeIncrement); and its
 * index. The share that was busy between two calls is 100 - 100 * (idle's difference) / (the other's). Any IRQL.
 * docs: ndis/nf-ndis-ndisgetcurrentprocessorcounts */
VOID NTAPI NdisGetCurrentProcessorCounts(PULONG pIdleCount, PULONG pKernelAndUser, PULONG pIndex)
{
    uint64_t tick = (uint64_t)KeQueryTimeIncrement() * 100;

    *pIdleCount = (ULONG)(this_cpu->idle_ns / tick);
    *pKernelAndUser = (ULONG)(ke_now() / tick);
    *pIndex = this_cpu->number;
}

/* The topology: one socket, one core a processor. Sizes as above. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisgetprocessorinformationex */
NDIS_STATUS NTAPI NdisGetProcessorInformationEx(NDIS_HANDLE NdisHandle, PNDIS_SYSTEM_PROCESSOR_INFO_EX SystemProcessorInfo,
                                                PSIZE_T Size)
{
    SIZE_T need = sizeof *SystemProcessorInfo + ke.cpu_count * sizeof(NDIS_PROCESSOR_INFO_EX);
    PNDIS_SYSTEM_PROCESSOR_INFO_EX info = SystemProcessorInfo;
    bool fits = info && *Size >= need;

    (void)NdisHandle;
    *Size = need;
    if (!fits)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    *info = (NDIS_SYSTEM_PROCESSOR_INFO_EX){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_SYSTEM_PROCESSOR_INFO_EX_REVISION_1, sizeof *info },
        .ProcessorVendor = NdisProcessorVendorUnknown,
        .NumSockets = 1,
        .NumCores = ke.cpu_count,
        .NumCoresPerSocket = ke.cpu_count,
        .MaxHyperThreadingProcsPerCore = 1,
        .ProcessorInfoOffset = sizeof *info,
        .NumberOfProcessors = ke.cpu_count,
        .ProcessorInfoEntrySize = sizeof(NDIS_PROCESSOR_INFO_EX),
    };
    PNDIS_PROCESSOR_INFO_EX entry = (PNDIS_PROCESSOR_INFO_EX)(info + 1);
    for (unsigned i = 0; i < ke.cpu_count; i++)
        entry[i] = (NDIS_PROCESSOR_INFO_EX){ .ProcNum = { .Number = (UCHAR)i }, .CoreId = i };
    return NDIS_STATUS_SUCCESS;
}

/* The same in the form of one processor group: all processors are for receive scaling; RssProcessors, when it is not NULL, gets
 * their numbers. NDIS_STATUS_BUFFER_TOO_SHORT when the header says the structure is smaller. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisgetprocessorinformation */
NDIS_STATUS NTAPI NdisGetProcessorInformation(PNDIS_SYSTEM_PROCESSOR_INFO SystemProcessorInfo)
{
    PNDIS_SYSTEM_PROCESSOR_INFO info = SystemProcessorInfo;

    if (info->Header.Size < NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_REVISION_1)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    info->Flags = 0;
    info->ProcessorVendor = NdisProcessorVendorUnknown;
    info->NumPhysicalPackages = 1;
    info->NumCores = info->NumCoresPerPhysicalPackage = info->RssCpuCount = ke.cpu_count;
    info->MaxHyperThreadingCpusPerCore = 1;
    info->RssBaseCpu = 0;
    for (unsigned i = 0; i < ke.cpu_count && i < MAXIMUM_PROC_PER_GROUP; i++) {
        info->CpuInfo[i] = (NDIS_PROCESSOR_INFO){ .CpuNumber = i, .CoreId = i };
        if (info->RssProcessors)
            info->RssProcessors[i] = (UCHAR)i;
    }
    return NDIS_STATUS_SUCCESS;
}

/* There is no hypervisor. NDIS_STATUS_BUFFER_TOO_SHORT when the header says the structure is smaller. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisgethypervisorinfo */
NDIS_STATUS NTAPI NdisGetHypervisorInfo(PNDIS_HYPERVISOR_INFO HypervisorInfo)
{
    if (HypervisorInfo->Header.Size < sizeof *HypervisorInfo)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    HypervisorInfo->Flags = 0;
    HypervisorInfo->PartitionType = NdisHypervisorPartitionTypeUnknown;
    return NDIS_STATUS_SUCCESS;
}

/* --- strings: the Rtl functions under NDIS names ------------------------------------------------------------------------- */

/* A counted string with a buffer of its own (NdisFreeString) from 8-bit text. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisinitializestring */
VOID NTAPI NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source)
{
    ANSI_STRING source;

    RtlInitAnsiString(&source, (PCSTR)Source);
    if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(Destination, &source, TRUE)))
        *Destination = (NDIS_STRING){ 0 };
}

/* Into Destination's own buffer. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisansistringtounicodestring */
NDIS_STATUS NTAPI NdisAnsiStringToUnicodeString(PNDIS_STRING DestinationString, PANSI_STRING SourceString)
{
    return RtlAnsiStringToUnicodeString(DestinationString, SourceString, FALSE);
}

/* docs: ndis/nf-ndis-ndisunicodestringtoansistring */
NDIS_STATUS NTAPI NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString, PNDIS_STRING SourceString)
{
    return RtlUnicodeStringToAnsiString(DestinationString, SourceString, FALSE);
}

/* docs: ndis/nf-ndis-ndisupcaseunicodestring */
NDIS_STATUS NTAPI NdisUpcaseUnicodeString(PUNICODE_STRING DestinationString, PUNICODE_STRING SourceString)
{
    return RtlUpcaseUnicodeString(DestinationString, SourceString, FALSE);
}

/* docs: ndis/nf-ndis-ndisinitansistring */
VOID NTAPI NdisInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString)
{
    RtlInitAnsiString(DestinationString, SourceString);
}

/* docs: ndis/nf-ndis-ndisinitunicodestring */
VOID NTAPI NdisInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    RtlInitUnicodeString(DestinationString, SourceString);
}

/* docs: ndis/nf-ndis-ndisequalstring */
BOOLEAN NTAPI NdisEqualString(PNDIS_STRING String1, PNDIS_STRING String2, BOOLEAN CaseInsensitive)
{
    return RtlEqualUnicodeString(String1, String2, CaseInsensitive);
}
