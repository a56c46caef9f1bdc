/* Requests about the non-volatile cache of a hybrid disk. They follow an SRB_IO_CONTROL with IOCTL_MINIPORT_SIGNATURE_HYBRDISK.
 * docs: ntddscsi/ni-ntddscsi-ioctl_scsi_miniport_nvcache, ntddscsi/ni-ntddscsi-ioctl_scsi_miniport_hybrid */
#ifndef RING3_STORPORT_MINIPORT_CACHE_H
#define RING3_STORPORT_MINIPORT_CACHE_H

#include <ntdef.h>
#include <ring3/layout.h>

/* NVCACHE_REQUEST_BLOCK.Function */
#define NRB_FUNCTION_NVCACHE_POWER_MODE_SET 0x00
#define NRB_FUNCTION_NVCACHE_POWER_MODE_RETURN 0x01
#define NRB_FUNCTION_ADD_LBAS_PINNED_SET 0x10
#define NRB_FUNCTION_REMOVE_LBAS_PINNED_SET 0x11
#define NRB_FUNCTION_QUERY_PINNED_SET 0x12
#define NRB_FUNCTION_QUERY_CACHE_MISS 0x13
#define NRB_FUNCTION_FLUSH_NVCACHE 0x14
#define NRB_FUNCTION_NVSEPARATED_INFO 0xc0
#define NRB_FUNCTION_NVSEPARATED_FLUSH 0xc1
#define NRB_FUNCTION_NVSEPARATED_WB_DISABLE 0xc2
#define NRB_FUNCTION_NVSEPARATED_WB_REVERT_DEFAULT 0xc3
#define NRB_FUNCTION_QUERY_ASCENDER_STATUS 0xd0
#define NRB_FUNCTION_QUERY_HYBRID_DISK_STATUS 0xd1
#define NRB_FUNCTION_PASS_HINT_PAYLOAD 0xe0
#define NRB_FUNCTION_SPINDLE_STATUS 0xe5
#define NRB_FUNCTION_NVCACHE_INFO 0xec

/* NVCACHE_REQUEST_BLOCK.NRBStatus */
#define NRB_SUCCESS 0
#define NRB_ILLEGAL_REQUEST 1
#define NRB_INVALID_PARAMETER 2
#define NRB_INPUT_DATA_OVERRUN 3
#define NRB_INPUT_DATA_UNDERRUN 4
#define NRB_OUTPUT_DATA_OVERRUN 5
#define NRB_OUTPUT_DATA_UNDERRUN 6

#define NV_SEP_CACHE_PARAMETER_VERSION_1 1
#define NV_SEP_CACHE_PARAMETER_VERSION NV_SEP_CACHE_PARAMETER_VERSION_1

/* HYBRID_REQUEST_BLOCK.Function */
#define HYBRID_FUNCTION_GET_INFO 0x01
#define HYBRID_FUNCTION_DISABLE_CACHING_MEDIUM 0x10
#define HYBRID_FUNCTION_ENABLE_CACHING_MEDIUM 0x11
#define HYBRID_FUNCTION_SET_DIRTY_THRESHOLD 0x12
#define HYBRID_FUNCTION_DEMOTE_BY_SIZE 0x13

/* SRB_IO_CONTROL.ReturnCode of a hybrid request */
#define HYBRID_STATUS_SUCCESS 0x0
#define HYBRID_STATUS_ILLEGAL_REQUEST 0x1
#define HYBRID_STATUS_INVALID_PARAMETER 0x2
#define HYBRID_STATUS_OUTPUT_BUFFER_TOO_SMALL 0x3
#define HYBRID_STATUS_ENABLE_REFCOUNT_HOLD 0x10

#define HYBRID_REQUEST_BLOCK_STRUCTURE_VERSION 1
#define HYBRID_REQUEST_INFO_STRUCTURE_VERSION 1

typedef struct _NVCACHE_REQUEST_BLOCK {
    ULONG NRBSize;
    USHORT Function;
    ULONG NRBFlags, NRBStatus, Count;
    ULONGLONG LBA;
    ULONG DataBufSize, NVCacheStatus, NVCacheSubStatus;
} NVCACHE_REQUEST_BLOCK, *PNVCACHE_REQUEST_BLOCK;

typedef struct _NV_FEATURE_PARAMETER {
    USHORT NVPowerModeEnabled, NVParameterReserv1, NVCmdEnabled, NVParameterReserv2, NVPowerModeVer, NVCmdVer;
    ULONG NVSize;
    USHORT NVReadSpeed, NVWrtSpeed;
    ULONG DeviceSpinUpTime;
} NV_FEATURE_PARAMETER, *PNV_FEATURE_PARAMETER;

typedef struct _NVCACHE_HINT_PAYLOAD {
    UCHAR Command, Feature7_0, Feature15_8, Count15_8, LBA7_0, LBA15_8, LBA23_16, LBA31_24, LBA39_32, LBA47_40;
    UCHAR Auxiliary7_0, Auxiliary23_16, Reserved[4];
} NVCACHE_HINT_PAYLOAD, *PNVCACHE_HINT_PAYLOAD;

typedef enum _NV_SEP_WRITE_CACHE_TYPE {
    NVSEPWriteCacheTypeUnknown = 0, NVSEPWriteCacheTypeNone, NVSEPWriteCacheTypeWriteBack,
    NVSEPWriteCacheTypeWriteThrough
} NV_SEP_WRITE_CACHE_TYPE, *PNV_SEP_WRITE_CACHE_TYPE;

typedef struct _NV_SEP_CACHE_PARAMETER {
    ULONG Version, Size;
    union {
        struct {
            UCHAR WriteCacheEnabled : 1, WriteCacheChangeable : 1, WriteThroughIOSupported : 1, FlushCacheSupported : 1;
            UCHAR ReservedBits : 4;
        } CacheFlags;
        UCHAR CacheFlagsSet;
    } Flags;
    UCHAR WriteCacheType, WriteCacheTypeEffective, ParameterReserve1[3];
} NV_SEP_CACHE_PARAMETER, *PNV_SEP_CACHE_PARAMETER;

typedef enum _NVCACHE_TYPE {
    NvCacheTypeUnknown = 0, NvCacheTypeNone, NvCacheTypeWriteBack, NvCacheTypeWriteThrough
} NVCACHE_TYPE, *PNVCACHE_TYPE;

typedef enum _NVCACHE_STATUS {
    NvCacheStatusUnknown = 0, NvCacheStatusDisabling, NvCacheStatusDisabled, NvCacheStatusEnabled
} NVCACHE_STATUS, *PNVCACHE_STATUS;

typedef struct _HYBRID_REQUEST_BLOCK {
    ULONG Version, Size, Function, Flags, DataBufferOffset, DataBufferLength;
} HYBRID_REQUEST_BLOCK, *PHYBRID_REQUEST_BLOCK;

typedef struct _NVCACHE_PRIORITY_LEVEL_DESCRIPTOR {
    UCHAR PriorityLevel, Reserved0[3];
    ULONG ConsumedNVMSizeFraction, ConsumedMappingResourcesFraction, ConsumedNVMSizeForDirtyDataFraction;
    ULONG ConsumedMappingResourcesForDirtyDataFraction, Reserved1;
} NVCACHE_PRIORITY_LEVEL_DESCRIPTOR, *PNVCACHE_PRIORITY_LEVEL_DESCRIPTOR;

typedef struct _HYBRID_INFORMATION {
    ULONG Version, Size;
    BOOLEAN HybridSupported;
    NVCACHE_STATUS Status;
    NVCACHE_TYPE CacheTypeEffective, CacheTypeDefault;
    ULONG FractionBase;
    ULONGLONG CacheSize;
    struct {
        ULONG WriteCacheChangeable : 1, WriteThroughIoSupported : 1, FlushCacheSupported : 1, Removable : 1;
        ULONG ReservedBits : 28;
    } Attributes;
    struct {
        UCHAR PriorityLevelCount;
        BOOLEAN MaxPriorityBehavior;
        UCHAR OptimalWriteGranularity, Reserved;
        ULONG DirtyThresholdLow, DirtyThresholdHigh;
        struct {
            ULONG CacheDisable : 1, SetDirtyThreshold : 1, PriorityDemoteBySize : 1, PriorityChangeByLbaRange : 1;
            ULONG Evict : 1, ReservedBits : 27;
            ULONG MaxEvictCommands, MaxLbaRangeCountForEvict, MaxLbaRangeCountForChangeLba;
        } SupportedCommands;
        NVCACHE_PRIORITY_LEVEL_DESCRIPTOR Priority[0];
    } Priorities;
} HYBRID_INFORMATION, *PHYBRID_INFORMATION;

typedef struct _HYBRID_DIRTY_THRESHOLDS {
    ULONG Version, Size, DirtyLowThreshold, DirtyHighThreshold;
} HYBRID_DIRTY_THRESHOLDS, *PHYBRID_DIRTY_THRESHOLDS;

typedef struct _HYBRID_DEMOTE_BY_SIZE {
    ULONG Version, Size;
    UCHAR SourcePriority, TargetPriority;
    USHORT Reserved0;
    ULONG Reserved1;
    ULONGLONG LbaCount;
} HYBRID_DEMOTE_BY_SIZE, *PHYBRID_DEMOTE_BY_SIZE;

RING3_SIZE(NVCACHE_REQUEST_BLOCK, 48);
RING3_OFFSET(NVCACHE_REQUEST_BLOCK, LBA, 24);
RING3_SIZE(NV_FEATURE_PARAMETER, 24);
RING3_SIZE(NVCACHE_HINT_PAYLOAD, 16);
RING3_SIZE(NV_SEP_CACHE_PARAMETER, 16);
RING3_SIZE(HYBRID_REQUEST_BLOCK, 24);
RING3_SIZE(NVCACHE_PRIORITY_LEVEL_DESCRIPTOR, 24);
RING3_SIZE(HYBRID_INFORMATION, 72);
RING3_OFFSET(HYBRID_INFORMATION, CacheSize, 32);
RING3_OFFSET(HYBRID_INFORMATION, Priorities.Priority, 72);
RING3_SIZE(HYBRID_DIRTY_THRESHOLDS, 16);
RING3_SIZE(HYBRID_DEMOTE_BY_SIZE, 24);

#endif
