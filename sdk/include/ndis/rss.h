/* Receive-side scaling: what an adapter can do, how it is configured, and the processors it may use.
   docs: network/introduction-to-receive-side-scaling */
#ifndef RING3_NDIS_RSS_H
#define RING3_NDIS_RSS_H

#include <ndis/objectheader.h>

/* Hash information: the function in the low byte, the packet types it applies to in the two bytes above.
   docs: network/rss-hashing-functions, network/rss-hashing-types */
#define NDIS_HASH_FUNCTION_MASK 0x000000ff
#define NdisHashFunctionToeplitz 0x00000001
#define NdisHashFunctionReserved1 0x00000002
#define NdisHashFunctionReserved2 0x00000004
#define NdisHashFunctionReserved3 0x00000008

#define NDIS_HASH_TYPE_MASK 0x00ffff00
#define NDIS_HASH_IPV4 0x00000100
#define NDIS_HASH_TCP_IPV4 0x00000200
#define NDIS_HASH_UDP_IPV4 0x00004000
#define NDIS_HASH_IPV6 0x00000400
#define NDIS_HASH_TCP_IPV6 0x00001000
#define NDIS_HASH_UDP_IPV6 0x00008000
#define NDIS_HASH_IPV6_EX 0x00000800 /* _EX: addresses come from the extension headers when present */
#define NDIS_HASH_TCP_IPV6_EX 0x00002000
#define NDIS_HASH_UDP_IPV6_EX 0x00010000

/* Take hash information apart and put it together. docs: ntddndis/ns-ntddndis-_ndis_receive_scale_parameters (HashInformation) */
#define NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(info) ((info) & NDIS_HASH_FUNCTION_MASK)
#define NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(info) ((info) & NDIS_HASH_TYPE_MASK)
#define NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(type, function) ((type) | (function))

/* Largest table and key, in bytes. The table holds one-byte CPU numbers in revision 1, processor numbers from 2 on. */
#define NDIS_RSS_INDIRECTION_TABLE_SIZE_REVISION_1 128
#define NDIS_RSS_INDIRECTION_TABLE_MAX_SIZE_REVISION_1 128
#define NDIS_RSS_INDIRECTION_TABLE_MAX_SIZE_REVISION_2 (128 * sizeof(PROCESSOR_NUMBER))
#define NDIS_RSS_INDIRECTION_TABLE_MAX_SIZE_REVISION_3 (128 * sizeof(PROCESSOR_NUMBER))
#define NDIS_RSS_HASH_SECRET_KEY_SIZE_REVISION_1 40
#define NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_1 40
#define NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_2 40
#define NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_3 40

/* What the adapter can do. docs: ntddndis/ns-ntddndis-_ndis_receive_scale_capabilities */
typedef struct _NDIS_RECEIVE_SCALE_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    ULONG CapabilitiesFlags; /* NDIS_RSS_CAPS_*, plus the hash functions */
    ULONG NumberOfInterruptMessages;
    ULONG NumberOfReceiveQueues;
#if NDIS_SUPPORT_NDIS630
    USHORT NumberOfIndirectionTableEntries; /* a power of two */
#endif
} NDIS_RECEIVE_SCALE_CAPABILITIES, *PNDIS_RECEIVE_SCALE_CAPABILITIES;
RING3_OFFSET(NDIS_RECEIVE_SCALE_CAPABILITIES, CapabilitiesFlags, 4);
RING3_OFFSET(NDIS_RECEIVE_SCALE_CAPABILITIES, NumberOfReceiveQueues, 12);
#define NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RECEIVE_SCALE_CAPABILITIES, NumberOfReceiveQueues)
#define NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RECEIVE_SCALE_CAPABILITIES, NumberOfIndirectionTableEntries)
#if NDIS_SUPPORT_NDIS630
RING3_SIZE(NDIS_RECEIVE_SCALE_CAPABILITIES, 20);
#endif
#if NDIS_SUPPORT_NDIS660
#define NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_3 3
#define NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_3 NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2
#endif

/* CapabilitiesFlags: packets it can hash */
#define NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 0x00000100
#define NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6 0x00000200
#define NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6_EX 0x00000400
#define NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4 0x00000800
#define NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6 0x00001000
#define NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6_EX 0x00002000

/* CapabilitiesFlags: interrupts, and when the target processor is known */
#define NDIS_RSS_CAPS_MESSAGE_SIGNALED_INTERRUPTS 0x01000000
#define NDIS_RSS_CAPS_CLASSIFICATION_AT_ISR 0x02000000
#define NDIS_RSS_CAPS_CLASSIFICATION_AT_DPC 0x04000000
#define NDIS_RSS_CAPS_USING_MSI_X 0x08000000
#define NDIS_RSS_CAPS_RSS_AVAILABLE_ON_PORTS 0x10000000
#define NDIS_RSS_CAPS_SUPPORTS_MSI_X 0x20000000
#define NDIS_RSS_CAPS_SUPPORTS_INDEPENDENT_ENTRY_MOVE 0x40000000 /* version 2 of RSS */

/* What the protocol asks for; table, key and masks follow at the offsets given.
   docs: ntddndis/ns-ntddndis-_ndis_receive_scale_parameters */
typedef struct _NDIS_RECEIVE_SCALE_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    USHORT Flags;
    USHORT BaseCpuNumber;
    ULONG HashInformation;
    USHORT IndirectionTableSize;
    ULONG IndirectionTableOffset;
    USHORT HashSecretKeySize;
    ULONG HashSecretKeyOffset;
#if NDIS_SUPPORT_NDIS620
    ULONG ProcessorMasksOffset;
    ULONG NumberOfProcessorMasks;
    ULONG ProcessorMasksEntrySize;
#endif
#if NDIS_SUPPORT_NDIS660
    PROCESSOR_NUMBER DefaultProcessorNumber;
#endif
} NDIS_RECEIVE_SCALE_PARAMETERS, *PNDIS_RECEIVE_SCALE_PARAMETERS;
RING3_OFFSET(NDIS_RECEIVE_SCALE_PARAMETERS, HashInformation, 8);
RING3_OFFSET(NDIS_RECEIVE_SCALE_PARAMETERS, IndirectionTableOffset, 16);
RING3_OFFSET(NDIS_RECEIVE_SCALE_PARAMETERS, HashSecretKeyOffset, 24);
#define NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RECEIVE_SCALE_PARAMETERS, HashSecretKeyOffset)
#define NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RECEIVE_SCALE_PARAMETERS, ProcessorMasksEntrySize)
#if NDIS_SUPPORT_NDIS660
RING3_SIZE(NDIS_RECEIVE_SCALE_PARAMETERS, 44);
#define NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_3 3
#define NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_3 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RECEIVE_SCALE_PARAMETERS, DefaultProcessorNumber)
#endif

/* Flags: members the driver need not look at, or no RSS at all */
#define NDIS_RSS_PARAM_FLAG_BASE_CPU_UNCHANGED 0x0001
#define NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED 0x0002
#define NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED 0x0004
#define NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED 0x0008
#define NDIS_RSS_PARAM_FLAG_DISABLE_RSS 0x0010
#define NDIS_RSS_PARAM_FLAG_DEFAULT_PROCESSOR_UNCHANGED 0x0020

/* Hash values without scaling (OID_GEN_RECEIVE_HASH). docs: ntddndis/ns-ntddndis-_ndis_receive_hash_parameters */
typedef struct _NDIS_RECEIVE_HASH_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG HashInformation;
    USHORT HashSecretKeySize;
    ULONG HashSecretKeyOffset;
} NDIS_RECEIVE_HASH_PARAMETERS, *PNDIS_RECEIVE_HASH_PARAMETERS;
RING3_SIZE(NDIS_RECEIVE_HASH_PARAMETERS, 20);
RING3_OFFSET(NDIS_RECEIVE_HASH_PARAMETERS, HashSecretKeyOffset, 16);
#define NDIS_RECEIVE_HASH_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_HASH_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RECEIVE_HASH_PARAMETERS, HashSecretKeyOffset)

#define NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH 0x00000001
#define NDIS_RECEIVE_HASH_FLAG_HASH_INFO_UNCHANGED 0x00000002
#define NDIS_RECEIVE_HASH_FLAG_HASH_KEY_UNCHANGED 0x00000004

#if NDIS_SUPPORT_NDIS680
/* Version 2 moves single table entries, so its parameters have no table. */
#define OID_GEN_RECEIVE_SCALE_PARAMETERS_V2 0x00010214
#define NDIS_OBJECT_TYPE_RSS_PARAMETERS_V2 200
#define OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES 0x000102c0
#define NDIS_OBJECT_TYPE_RSS_SET_INDIRECTION_ENTRIES 201

/* docs: ntddndis/ns-ntddndis-_ndis_receive_scale_parameters_v2 */
typedef struct _NDIS_RECEIVE_SCALE_PARAMETERS_V2 {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG HashInformation;
    USHORT HashSecretKeySize;
    ULONG HashSecretKeyOffset;
    ULONG NumberOfQueues;
    ULONG NumberOfIndirectionTableEntries;
} NDIS_RECEIVE_SCALE_PARAMETERS_V2, *PNDIS_RECEIVE_SCALE_PARAMETERS_V2;
RING3_SIZE(NDIS_RECEIVE_SCALE_PARAMETERS_V2, 28);
RING3_OFFSET(NDIS_RECEIVE_SCALE_PARAMETERS_V2, NumberOfQueues, 20);
#define NDIS_RECEIVE_SCALE_PARAMETERS_V2_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_V2_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RECEIVE_SCALE_PARAMETERS_V2, NumberOfIndirectionTableEntries)

/* Flags: the state to be in, and the members to take */
#define NDIS_RECEIVE_SCALE_PARAM_ENABLE_RSS 0x00000001
#define NDIS_RECEIVE_SCALE_PARAM_HASH_INFO_CHANGED 0x00000002
#define NDIS_RECEIVE_SCALE_PARAM_HASH_KEY_CHANGED 0x00000004
#define NDIS_RECEIVE_SCALE_PARAM_NUMBER_OF_QUEUES_CHANGED 0x00000008
#define NDIS_RECEIVE_SCALE_PARAM_NUMBER_OF_ENTRIES_CHANGED 0x00000010

/* One move; the miniport answers in EntryStatus. docs: ntddndis/ns-ntddndis-_ndis_rss_set_indirection_entry */
typedef struct _NDIS_RSS_SET_INDIRECTION_ENTRY {
    ULONG SwitchId; /* both 0 without a NIC switch */
    ULONG VPortId;
    ULONG Flags;
    USHORT IndirectionTableIndex;
    PROCESSOR_NUMBER TargetProcessorNumber;
    NDIS_STATUS EntryStatus;
} NDIS_RSS_SET_INDIRECTION_ENTRY, *PNDIS_RSS_SET_INDIRECTION_ENTRY;
RING3_SIZE(NDIS_RSS_SET_INDIRECTION_ENTRY, 24);
RING3_OFFSET(NDIS_RSS_SET_INDIRECTION_ENTRY, TargetProcessorNumber, 14);
RING3_OFFSET(NDIS_RSS_SET_INDIRECTION_ENTRY, EntryStatus, 20);

/* Flags: the entry names one of these processors and not a place in the table */
#define NDIS_RSS_SET_INDIRECTION_ENTRY_FLAG_PRIMARY_PROCESSOR 0x00000001
#define NDIS_RSS_SET_INDIRECTION_ENTRY_FLAG_DEFAULT_PROCESSOR 0x00000002

/* The moves of one request. docs: ntddndis/ns-ntddndis-_ndis_rss_set_indirection_entries */
typedef struct _NDIS_RSS_SET_INDIRECTION_ENTRIES {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG RssEntrySize;
    ULONG RssEntryTableOffset;
    ULONG NumberOfRssEntries;
} NDIS_RSS_SET_INDIRECTION_ENTRIES, *PNDIS_RSS_SET_INDIRECTION_ENTRIES;
RING3_SIZE(NDIS_RSS_SET_INDIRECTION_ENTRIES, 20);
#define NDIS_RSS_SET_INDIRECTION_ENTRIES_REVISION_1 1
#define NDIS_SIZEOF_RSS_SET_INDIRECTION_ENTRIES_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RSS_SET_INDIRECTION_ENTRIES, NumberOfRssEntries)
#endif

/* How the system spreads the load. docs: ntddndis/ne-ntddndis-_ndis_rss_profile */
typedef enum _NDIS_RSS_PROFILE {
    NdisRssProfileClosest = 1,
    NdisRssProfileClosestStatic,
    NdisRssProfileNuma,
    NdisRssProfileNumaStatic,
    NdisRssProfileConservative,
    NdisRssProfileMaximum
} NDIS_RSS_PROFILE, *PNDIS_RSS_PROFILE;

/* A processor that RSS may use. docs: ntddndis/ns-ntddndis-_ndis_rss_processor */
typedef struct _NDIS_RSS_PROCESSOR {
    PROCESSOR_NUMBER ProcNum;
    USHORT PreferenceIndex;
    USHORT Reserved;
} NDIS_RSS_PROCESSOR, *PNDIS_RSS_PROCESSOR;
RING3_SIZE(NDIS_RSS_PROCESSOR, 8);
#define NDIS_SIZEOF_RSS_PROCESSOR_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_RSS_PROCESSOR, PreferenceIndex)

/* All of them (NdisGetRssProcessorInformation). docs: ntddndis/ns-ntddndis-_ndis_rss_processor_info */
typedef struct _NDIS_RSS_PROCESSOR_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    PROCESSOR_NUMBER RssBaseProcessor;
    ULONG MaxNumRssProcessors;
    USHORT PreferredNumaNode;
    ULONG RssProcessorArrayOffset;
    ULONG RssProcessorCount;
    ULONG RssProcessorEntrySize;
#if NDIS_SUPPORT_NDIS630
    PROCESSOR_NUMBER RssMaxProcessor;
    NDIS_RSS_PROFILE RssProfile;
#endif
} NDIS_RSS_PROCESSOR_INFO, *PNDIS_RSS_PROCESSOR_INFO;
RING3_OFFSET(NDIS_RSS_PROCESSOR_INFO, RssBaseProcessor, 8);
RING3_OFFSET(NDIS_RSS_PROCESSOR_INFO, RssProcessorArrayOffset, 20);
RING3_OFFSET(NDIS_RSS_PROCESSOR_INFO, RssProcessorEntrySize, 28);
#if NDIS_SUPPORT_NDIS630
RING3_SIZE(NDIS_RSS_PROCESSOR_INFO, 40);
#endif
#define NDIS_RSS_PROCESSOR_INFO_REVISION_1 1
#define NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_RSS_PROCESSOR_INFO, RssProcessorEntrySize)
#define NDIS_RSS_PROCESSOR_INFO_REVISION_2 2
#define NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_RSS_PROCESSOR_INFO, RssProfile)

/* docs: ntddndis/ne-ntddndis-_ndis_processor_vendor (which has the misspelt name as well) */
typedef enum _NDIS_PROCESSOR_VENDOR {
    NdisProcessorVendorUnknown,
    NdisProcessorVendorGenuineIntel,
    NdisProcessorVendorGenuinIntel = NdisProcessorVendorGenuineIntel,
    NdisProcessorVendorAuthenticAMD
} NDIS_PROCESSOR_VENDOR, *PNDIS_PROCESSOR_VENDOR;

/* Where a processor sits. docs: ntddndis/ns-ntddndis-_ndis_processor_info_ex */
typedef struct _NDIS_PROCESSOR_INFO_EX {
    PROCESSOR_NUMBER ProcNum;
    ULONG SocketId;
    ULONG CoreId;
    ULONG HyperThreadId;
    USHORT NodeId;
    USHORT NodeDistance;
} NDIS_PROCESSOR_INFO_EX, *PNDIS_PROCESSOR_INFO_EX;
RING3_SIZE(NDIS_PROCESSOR_INFO_EX, 20);

/* The topology (NdisGetProcessorInformationEx). docs: ntddndis/ns-ntddndis-_ndis_system_processor_info_ex */
typedef struct _NDIS_SYSTEM_PROCESSOR_INFO_EX {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_PROCESSOR_VENDOR ProcessorVendor;
    ULONG NumSockets;
    ULONG NumCores;
    ULONG NumCoresPerSocket;
    ULONG MaxHyperThreadingProcsPerCore;
    ULONG ProcessorInfoOffset;
    ULONG NumberOfProcessors;
    ULONG ProcessorInfoEntrySize;
} NDIS_SYSTEM_PROCESSOR_INFO_EX, *PNDIS_SYSTEM_PROCESSOR_INFO_EX;
RING3_SIZE(NDIS_SYSTEM_PROCESSOR_INFO_EX, 40);
RING3_OFFSET(NDIS_SYSTEM_PROCESSOR_INFO_EX, ProcessorInfoOffset, 28);
#define NDIS_SYSTEM_PROCESSOR_INFO_EX_REVISION_1 1
#define NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_EX_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SYSTEM_PROCESSOR_INFO_EX, ProcessorInfoEntrySize)

/* The same for computers of one processor group (NdisGetProcessorInformation). docs: ndis/ns-ndis-_ndis_processor_info,
 * ndis/ns-ndis-_ndis_system_processor_info */
typedef struct _NDIS_PROCESSOR_INFO {
    ULONG CpuNumber;
    ULONG PhysicalPackageId;
    ULONG CoreId;
    ULONG HyperThreadID;
} NDIS_PROCESSOR_INFO, *PNDIS_PROCESSOR_INFO;
RING3_SIZE(NDIS_PROCESSOR_INFO, 16);

typedef struct _NDIS_SYSTEM_PROCESSOR_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_PROCESSOR_VENDOR ProcessorVendor;
    ULONG NumPhysicalPackages;
    ULONG NumCores;
    ULONG NumCoresPerPhysicalPackage;
    ULONG MaxHyperThreadingCpusPerCore;
    ULONG RssBaseCpu;
    ULONG RssCpuCount;
    PUCHAR RssProcessors;
    NDIS_PROCESSOR_INFO CpuInfo[MAXIMUM_PROC_PER_GROUP];
} NDIS_SYSTEM_PROCESSOR_INFO, *PNDIS_SYSTEM_PROCESSOR_INFO;
RING3_OFFSET(NDIS_SYSTEM_PROCESSOR_INFO, RssProcessors, 40);
RING3_OFFSET(NDIS_SYSTEM_PROCESSOR_INFO, CpuInfo, 48);
#define NDIS_SYSTEM_PROCESSOR_INFO_REVISION_1 1
#define NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SYSTEM_PROCESSOR_INFO, CpuInfo)

/* docs: ntddndis/ne-ntddndis-_ndis_hypervisor_partition_type */
typedef enum _NDIS_HYPERVISOR_PARTITION_TYPE {
    NdisHypervisorPartitionTypeUnknown,
    NdisHypervisorPartitionTypeMsHvParent,
    NdisHypervisorPartitionMsHvChild,
    NdisHypervisorPartitionTypeMax
} NDIS_HYPERVISOR_PARTITION_TYPE, *PNDIS_HYPERVISOR_PARTITION_TYPE;

/* Is there a hypervisor below (NdisGetHypervisorInfo)? docs: ntddndis/ns-ntddndis-_ndis_hypervisor_info */
typedef struct _NDIS_HYPERVISOR_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_HYPERVISOR_PARTITION_TYPE PartitionType;
} NDIS_HYPERVISOR_INFO, *PNDIS_HYPERVISOR_INFO;
RING3_SIZE(NDIS_HYPERVISOR_INFO, 12);
#define NDIS_HYPERVISOR_INFO_FLAG_HYPERVISOR_PRESENT 0x00000001
#define NDIS_HYPERVISOR_INFO_REVISION_1 1
#define NDIS_SIZEOF_HYPERVISOR_INFO_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_HYPERVISOR_INFO, PartitionType)

#endif
