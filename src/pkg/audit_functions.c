/* Functions with a better one. docs: the functions' own pages; devtest/28719-banned-api-usage-use-updated-function-replacement;
 * devtest/28751-banned-exallocatepool-usage; driversecurity/implement-hvci-compatible-code; network/ "Porting NDIS 6.x" pages */
#include <string.h>

#include "base/util.h"
#include "pkg/audit.h"

#define BANNED(name, instead) { name, AUDIT_WARNING, "import.banned", "does not know the size of its buffer, or leaves it unterminated", instead }
#define OLD(name, instead) { name, AUDIT_WARNING, "import.deprecated", "is deprecated", instead }
#define GONE(name, why, instead) { name, AUDIT_ERROR, "import.obsolete", why, instead }
#define CARE(name, why, instead) { name, AUDIT_NOTE, "import.hvci", why, instead }

static const struct audit_function functions[] = {
    OLD("ExAllocatePool", "ExAllocatePool2"),
    OLD("ExAllocatePoolWithTag", "ExAllocatePool2, or ExAllocatePoolZero for older Windows"),
    OLD("ExAllocatePoolWithQuota", "ExAllocatePool2 with POOL_FLAG_USE_QUOTA"),
    OLD("ExAllocatePoolWithQuotaTag", "ExAllocatePool2 with POOL_FLAG_USE_QUOTA"),
    OLD("ExAllocatePoolWithTagPriority", "ExAllocatePool3 with a priority parameter"),
    OLD("CmRegisterCallback", "CmRegisterCallbackEx"),
    OLD("IoUnregisterPlugPlayNotification", "IoUnregisterPlugPlayNotificationEx"),
    OLD("IoReadPartitionTable", "IoReadPartitionTableEx"),
    OLD("IoSetPartitionInformation", "IoSetPartitionInformationEx"),
    OLD("MmMapLockedPages", "MmMapLockedPagesSpecifyCache"),
    OLD("MmIsThisAnNtAsSystem", "RtlVerifyVersionInfo"),
    OLD("PsGetVersion", "RtlGetVersion"),
    OLD("RtlVolumeDeviceToDosName", "IoVolumeDeviceToDosName"),
    OLD("StorPortValidateRange", "nothing: it checks what the port driver has checked"),
    OLD("MmMapIoSpace", "MmMapIoSpaceEx with PAGE_READWRITE"),
    OLD("NdisAcquireReadWriteLock", "NdisAcquireRWLockRead or NdisAcquireRWLockWrite"),
    OLD("NdisReleaseReadWriteLock", "NdisReleaseRWLock"),
    OLD("NdisInitializeReadWriteLock", "NdisAllocateRWLock"),
    OLD("NdisDprAcquireReadWriteLock", "NdisAcquireRWLockRead with NDIS_RWL_AT_DISPATCH_LEVEL"),
    OLD("NdisDprReleaseReadWriteLock", "NdisReleaseRWLock"),
    OLD("NdisMQueueDpc", "NdisMQueueDpcEx"),
    OLD("NdisSystemProcessorCount", "NdisGroupMaxProcessorCount"),
    OLD("NdisSystemActiveProcessorCount", "NdisGroupActiveProcessorCount"),
    OLD("NdisGetCurrentProcessorCpuUsage", "KeQueryTotalCycleTimeThread or performance counters"),
    OLD("NdisGetHypervisorInfo", "the CPUID leaves of hypervisors"),
    OLD("NdisAnsiStringToUnicodeString", "RtlAnsiStringToUnicodeString"),
    OLD("NdisUnicodeStringToAnsiString", "RtlUnicodeStringToAnsiString"),
    OLD("NdisUpcaseUnicodeString", "RtlUpcaseUnicodeString"),
    OLD("NdisEqualString", "RtlEqualUnicodeString"),
    OLD("NdisInitAnsiString", "RtlInitAnsiString"),
    OLD("NdisInitializeString", "RtlInitUnicodeString"),
    OLD("NdisFreeMemoryWithTag", "NdisFreeMemoryWithTagPriority"),
    GONE("NdisInitiateOffload", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisTerminateOffload", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisUpdateOffload", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisInvalidateOffload", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisOffloadTcpSend", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisOffloadTcpReceive", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisOffloadTcpDisconnect", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisOffloadTcpForward", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisOffloadTcpReceiveReturn", "belongs to TCP chimney offload, which Windows no longer has", "nothing"),
    GONE("NdisMRegisterMiniport", "registers an NDIS 5 miniport", "NdisMRegisterMiniportDriver"),
    GONE("NdisRegisterProtocol", "registers an NDIS 5 protocol", "NdisRegisterProtocolDriver"),
    GONE("NdisIMRegisterLayeredMiniport", "registers an NDIS 5 intermediate driver", "NdisMRegisterMiniportDriver with NDIS_INTERMEDIATE_DRIVER"),
    GONE("NdisAllocatePacket", "takes an NDIS 5 packet", "NdisAllocateNetBufferList"),
    GONE("NdisAllocatePacketPool", "makes a pool of NDIS 5 packets", "NdisAllocateNetBufferListPool"),
    GONE("NdisAllocatePacketPoolEx", "makes a pool of NDIS 5 packets", "NdisAllocateNetBufferListPool"),
    GONE("NdisFreePacket", "frees an NDIS 5 packet", "NdisFreeNetBufferList"),
    GONE("NdisSend", "sends an NDIS 5 packet", "NdisSendNetBufferLists"),
    GONE("NdisSendPackets", "sends NDIS 5 packets", "NdisSendNetBufferLists"),
    GONE("NdisRequest", "makes an NDIS 5 request", "NdisOidRequest"),
    GONE("NdisOpenAdapter", "opens an adapter as NDIS 5 does", "NdisOpenAdapterEx"),
    GONE("NdisCloseAdapter", "closes an adapter as NDIS 5 does", "NdisCloseAdapterEx"),
    GONE("NdisMSetAttributesEx", "sets attributes as NDIS 5 does", "NdisMSetMiniportAttributes"),
    GONE("NdisMRegisterInterrupt", "connects an interrupt as NDIS 5 does", "NdisMRegisterInterruptEx"),
    GONE("NdisMAllocateMapRegisters", "belongs to NDIS 5's DMA", "NdisMRegisterScatterGatherDma"),
    GONE("NdisInitializeWrapper", "starts an NDIS 5 driver", "nothing: DriverEntry calls NdisMRegisterMiniportDriver"),
    GONE("NdisMInitializeTimer", "makes an NDIS 5 timer", "NdisAllocateTimerObject"),
    GONE("NdisMSetTimer", "sets an NDIS 5 timer", "NdisSetTimerObject"),
    GONE("NdisInitializeTimer", "makes an NDIS 5 timer", "NdisAllocateTimerObject"),
    GONE("NdisScheduleWorkItem", "queues an NDIS 5 work item", "NdisQueueIoWorkItem"),
    BANNED("strcpy", "strcpy_s, RtlStringCbCopyA"),
    BANNED("strcat", "strcat_s, RtlStringCbCatA"),
    BANNED("strncpy", "strncpy_s, RtlStringCbCopyNA"),
    BANNED("strncat", "strncat_s, RtlStringCbCatNA"),
    BANNED("wcscpy", "wcscpy_s, RtlStringCbCopyW"),
    BANNED("wcscat", "wcscat_s, RtlStringCbCatW"),
    BANNED("wcsncpy", "wcsncpy_s, RtlStringCbCopyNW"),
    BANNED("wcsncat", "wcsncat_s, RtlStringCbCatNW"),
    BANNED("sprintf", "sprintf_s, RtlStringCbPrintfA"),
    BANNED("swprintf", "swprintf_s, RtlStringCbPrintfW"),
    BANNED("vsprintf", "vsprintf_s, RtlStringCbVPrintfA"),
    BANNED("_snprintf", "_snprintf_s, RtlStringCbPrintfA"),
    BANNED("_snwprintf", "_snwprintf_s, RtlStringCbPrintfW"),
    BANNED("_vsnprintf", "_vsnprintf_s, RtlStringCbVPrintfA"),
    BANNED("_vsnwprintf", "_vsnwprintf_s, RtlStringCbVPrintfW"),
    BANNED("sscanf", "sscanf_s"),
    BANNED("swscanf", "swscanf_s"),
    CARE("MmAllocateContiguousMemory", "gives executable memory before Windows 8", "MmAllocateContiguousNodeMemory with PAGE_READWRITE"),
    CARE("ZwCreateSection", "can make executable memory", "a protection without execute"),
    CARE("ZwMapViewOfSection", "can make executable memory", "a protection without execute"),
    CARE("ZwAllocateVirtualMemory", "can make executable memory", "a protection without execute"),
    CARE("MmProtectMdlSystemAddress", "can make executable memory", "a protection without execute"),
};

const struct audit_function *audit_function(const char *name)
{
    for (size_t i = 0; i < countof(functions); i++)
        if (!strcmp(functions[i].name, name))
            return &functions[i];
    return NULL;
}
