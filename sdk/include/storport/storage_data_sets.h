/* Actions on ranges of a device, their parameters and what they return.
 * docs: ntddstor/ni-ntddstor-ioctl_storage_manage_data_set_attributes */
#ifndef RING3_STORPORT_STORAGE_DATA_SETS_H
#define RING3_STORPORT_STORAGE_DATA_SETS_H

#include <guiddef.h>
#include <ntdef.h>
#include <ring3/layout.h>
#include <storport/storage_device_state.h>

#define DeviceDsmActionFlag_NonDestructive 0x80000000
#define DeviceDsmAction_None 0
#define DeviceDsmAction_Trim 1
#define DeviceDsmAction_Notification (2 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_OffloadRead (3 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_OffloadWrite 4
#define DeviceDsmAction_Allocation (5 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_Repair (6 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_Scrub (7 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_DrtQuery (8 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_DrtClear (9 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_DrtDisable (10 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_TieringQuery (11 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_Map (12 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_RegenerateParity (13 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_NvCache_Change_Priority (14 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_NvCache_Evict (15 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_TopologyIdQuery (16 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_GetPhysicalAddresses (17 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_ScopeRegen (18 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_ReportZones (19 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_OpenZone (20 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_FinishZone (21 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_CloseZone (22 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_ResetWritePointer 23
#define DeviceDsmAction_GetRangeErrorInfo (24 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_WriteZeroes 25
#define DeviceDsmAction_LostQuery (26 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_GetFreeSpace (27 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_ConversionQuery (28 | DeviceDsmActionFlag_NonDestructive)
#define DeviceDsmAction_VdtSet 29

#define DEVICE_DSM_FLAG_ENTIRE_DATA_SET_RANGE 0x00000001
#define DEVICE_DSM_FLAG_PHYSICAL_ADDRESSES_OMIT_TOTAL_RANGES 0x10000000
#define DEVICE_DSM_FLAG_SCRUB_SKIP_IN_SYNC 0x10000000
#define DEVICE_DSM_FLAG_REPAIR_OUTPUT_PARITY_EXTENT 0x20000000
#define DEVICE_DSM_FLAG_SCRUB_OUTPUT_PARITY_EXTENT 0x20000000
#define DEVICE_DSM_FLAG_ALLOCATION_CONSOLIDATEABLE_ONLY 0x40000000
#define DEVICE_DSM_FLAG_REPAIR_INPUT_TOPOLOGY_ID_PRESENT 0x40000000
#define DEVICE_DSM_FLAG_TRIM_BYPASS_RZAT 0x40000000
#define DEVICE_DSM_FLAG_TRIM_NOT_FS_ALLOCATED 0x80000000
#define DEVICE_DSM_PARAMETERS_V1 1
#define DEVICE_DATA_SET_LBP_STATE_PARAMETERS_VERSION_V1 1
#define DEVICE_DSM_PHYSICAL_ADDRESSES_OUTPUT_V1 1
#define DEVICE_DSM_PHYSICAL_ADDRESSES_OUTPUT_VERSION_V1 1
#define DEVICE_DSM_RANGE_ERROR_OUTPUT_V1 1
#define DEVICE_DSM_RANGE_ERROR_INFO_VERSION_V1 1
#define DEVICE_STORAGE_NO_ERRORS 0x1
#define IsDsmActionNonDestructive(_Action) ((BOOLEAN)(((_Action) & DeviceDsmActionFlag_NonDestructive) != 0))

typedef ULONG DEVICE_DATA_MANAGEMENT_SET_ACTION, DEVICE_DSM_ACTION;

typedef struct _DEVICE_DATA_SET_RANGE {
    LONGLONG StartingOffset;
    ULONGLONG LengthInBytes;
} DEVICE_DATA_SET_RANGE, *PDEVICE_DATA_SET_RANGE, DEVICE_DSM_RANGE, *PDEVICE_DSM_RANGE;

typedef struct _DEVICE_MANAGE_DATA_SET_ATTRIBUTES {
    ULONG Size;
    DEVICE_DATA_MANAGEMENT_SET_ACTION Action;
    ULONG Flags, ParameterBlockOffset, ParameterBlockLength, DataSetRangesOffset, DataSetRangesLength;
} DEVICE_MANAGE_DATA_SET_ATTRIBUTES, *PDEVICE_MANAGE_DATA_SET_ATTRIBUTES, DEVICE_DSM_INPUT, *PDEVICE_DSM_INPUT;

typedef struct _DEVICE_MANAGE_DATA_SET_ATTRIBUTES_OUTPUT {
    ULONG Size;
    DEVICE_DATA_MANAGEMENT_SET_ACTION Action;
    ULONG Flags, OperationStatus, ExtendedError, TargetDetailedError, ReservedStatus, OutputBlockOffset;
    ULONG OutputBlockLength;
} DEVICE_MANAGE_DATA_SET_ATTRIBUTES_OUTPUT, *PDEVICE_MANAGE_DATA_SET_ATTRIBUTES_OUTPUT, DEVICE_DSM_OUTPUT,
    *PDEVICE_DSM_OUTPUT;

typedef struct _DEVICE_DSM_DEFINITION {
    ULONG Action;
    BOOLEAN SingleRange;
    ULONG ParameterBlockAlignment, ParameterBlockLength;
    BOOLEAN HasOutput;
    ULONG OutputBlockAlignment, OutputBlockLength;
} DEVICE_DSM_DEFINITION, *PDEVICE_DSM_DEFINITION;

typedef struct _DEVICE_DATA_SET_LBP_STATE_PARAMETERS {
    ULONG Version, Size, Flags, OutputVersion;
} DEVICE_DATA_SET_LBP_STATE_PARAMETERS, *PDEVICE_DATA_SET_LBP_STATE_PARAMETERS;

typedef struct _DEVICE_DATA_SET_LB_PROVISIONING_STATE_V2 {
    ULONG Size, Version;
    ULONGLONG SlabSizeInBytes, SlabOffsetDeltaInBytes;
    ULONG SlabAllocationBitMapBitCount, SlabAllocationBitMapLength, SlabAllocationBitMap[ANYSIZE_ARRAY];
} DEVICE_DATA_SET_LB_PROVISIONING_STATE_V2, *PDEVICE_DATA_SET_LB_PROVISIONING_STATE_V2;

typedef struct _DEVICE_DATA_SET_REPAIR_OUTPUT {
    DEVICE_DATA_SET_RANGE ParityExtent;
} DEVICE_DATA_SET_REPAIR_OUTPUT, *PDEVICE_DATA_SET_REPAIR_OUTPUT;

typedef struct _DEVICE_DATA_SET_SCRUB_EX_OUTPUT {
    ULONGLONG BytesProcessed, BytesRepaired, BytesFailed;
    DEVICE_DATA_SET_RANGE ParityExtent;
    ULONGLONG BytesScrubbed;
} DEVICE_DATA_SET_SCRUB_EX_OUTPUT, *PDEVICE_DATA_SET_SCRUB_EX_OUTPUT;

typedef struct _DEVICE_DSM_TIERING_QUERY_INPUT {
    ULONG Version, Size, Flags, NumberOfTierIds;
    GUID TierIds[ANYSIZE_ARRAY];
} DEVICE_DSM_TIERING_QUERY_INPUT, *PDEVICE_DSM_TIERING_QUERY_INPUT;

typedef struct _STORAGE_TIER_REGION {
    GUID TierId;
    ULONGLONG Offset, Length;
} STORAGE_TIER_REGION, *PSTORAGE_TIER_REGION;

typedef struct _DEVICE_DSM_TIERING_QUERY_OUTPUT {
    ULONG Version, Size, Flags, Reserved;
    ULONGLONG Alignment;
    ULONG TotalNumberOfRegions, NumberOfRegionsReturned;
    STORAGE_TIER_REGION Regions[ANYSIZE_ARRAY];
} DEVICE_DSM_TIERING_QUERY_OUTPUT, *PDEVICE_DSM_TIERING_QUERY_OUTPUT;

typedef struct _DEVICE_DSM_NVCACHE_CHANGE_PRIORITY_PARAMETERS {
    ULONG Size;
    UCHAR TargetPriority, Reserved[3];
} DEVICE_DSM_NVCACHE_CHANGE_PRIORITY_PARAMETERS, *PDEVICE_DSM_NVCACHE_CHANGE_PRIORITY_PARAMETERS;

typedef struct _DEVICE_DATA_SET_TOPOLOGY_ID_QUERY_OUTPUT {
    ULONGLONG TopologyRangeBytes;
    UCHAR TopologyId[16];
} DEVICE_DATA_SET_TOPOLOGY_ID_QUERY_OUTPUT, *PDEVICE_DATA_SET_TOPOLOGY_ID_QUERY_OUTPUT;

typedef struct _DEVICE_STORAGE_ADDRESS_RANGE {
    LONGLONG StartAddress;
    ULONGLONG LengthInBytes;
} DEVICE_STORAGE_ADDRESS_RANGE, *PDEVICE_STORAGE_ADDRESS_RANGE;

typedef struct _DEVICE_DSM_PHYSICAL_ADDRESSES_OUTPUT {
    ULONG Version, Flags, TotalNumberOfRanges, NumberOfRangesReturned;
    DEVICE_STORAGE_ADDRESS_RANGE Ranges[ANYSIZE_ARRAY];
} DEVICE_DSM_PHYSICAL_ADDRESSES_OUTPUT, *PDEVICE_DSM_PHYSICAL_ADDRESSES_OUTPUT;

typedef struct _DEVICE_DSM_REPORT_ZONES_PARAMETERS {
    ULONG Size;
    UCHAR ReportOption, Partial, Reserved[2];
} DEVICE_DSM_REPORT_ZONES_PARAMETERS, *PDEVICE_DSM_REPORT_ZONES_PARAMETERS;

typedef enum _STORAGE_ZONES_ATTRIBUTES {
    ZonesAttributeTypeAndLengthMayDifferent = 0, ZonesAttributeTypeSameLengthSame,
    ZonesAttributeTypeSameLastZoneLengthDifferent, ZonesAttributeTypeMayDifferentLengthSame
} STORAGE_ZONES_ATTRIBUTES, *PSTORAGE_ZONES_ATTRIBUTES;

typedef enum _STORAGE_ZONE_CONDITION {
    ZoneConditionConventional = 0, ZoneConditionEmpty, ZoneConditionImplicitlyOpened, ZoneConditionExplicitlyOpened,
    ZoneConditionClosed, ZoneConditionReadOnly = 13, ZoneConditionFull, ZoneConditionOffline
} STORAGE_ZONE_CONDITION, *PSTORAGE_ZONE_CONDITION;

typedef struct _STORAGE_ZONE_DESCRIPTOR {
    ULONG Size;
    STORAGE_ZONE_TYPES ZoneType;
    STORAGE_ZONE_CONDITION ZoneCondition;
    BOOLEAN ResetWritePointerRecommend;
    UCHAR Reserved0[3];
    ULONGLONG ZoneSize, WritePointerOffset;
} STORAGE_ZONE_DESCRIPTOR, *PSTORAGE_ZONE_DESCRIPTOR;

typedef struct _DEVICE_DSM_REPORT_ZONES_DATA {
    ULONG Size, ZoneCount;
    STORAGE_ZONES_ATTRIBUTES Attributes;
    ULONG Reserved0;
    STORAGE_ZONE_DESCRIPTOR ZoneDescriptors[ANYSIZE_ARRAY];
} DEVICE_DSM_REPORT_ZONES_DATA, *PDEVICE_DSM_REPORT_ZONES_DATA;

typedef struct _DEVICE_STORAGE_RANGE_ATTRIBUTES {
    ULONGLONG LengthInBytes;
    union {
        ULONG AllFlags;
        struct {
            ULONG IsRangeBad : 1;
        };
    };
    ULONG Reserved;
} DEVICE_STORAGE_RANGE_ATTRIBUTES, *PDEVICE_STORAGE_RANGE_ATTRIBUTES;

typedef struct _DEVICE_DSM_RANGE_ERROR_INFO {
    ULONG Version, Flags, TotalNumberOfRanges, NumberOfRangesReturned;
    DEVICE_STORAGE_RANGE_ATTRIBUTES Ranges[ANYSIZE_ARRAY];
} DEVICE_DSM_RANGE_ERROR_INFO, *PDEVICE_DSM_RANGE_ERROR_INFO;

typedef struct _DEVICE_DSM_LOST_QUERY_PARAMETERS {
    ULONG Version;
    ULONGLONG Granularity;
} DEVICE_DSM_LOST_QUERY_PARAMETERS, *PDEVICE_DSM_LOST_QUERY_PARAMETERS;

typedef struct _DEVICE_DSM_LOST_QUERY_OUTPUT {
    ULONG Version, Size;
    ULONGLONG Alignment;
    ULONG NumberOfBits, BitMap[ANYSIZE_ARRAY];
} DEVICE_DSM_LOST_QUERY_OUTPUT, *PDEVICE_DSM_LOST_QUERY_OUTPUT;

typedef struct _DEVICE_DSM_FREE_SPACE_OUTPUT {
    ULONG Version;
    ULONGLONG FreeSpace;
} DEVICE_DSM_FREE_SPACE_OUTPUT, *PDEVICE_DSM_FREE_SPACE_OUTPUT;

typedef struct _DEVICE_DSM_CONVERSION_OUTPUT {
    ULONG Version;
    GUID Source;
} DEVICE_DSM_CONVERSION_OUTPUT, *PDEVICE_DSM_CONVERSION_OUTPUT;

RING3_SIZE(DEVICE_DATA_SET_RANGE, 16);
RING3_SIZE(DEVICE_MANAGE_DATA_SET_ATTRIBUTES, 28);
RING3_SIZE(DEVICE_MANAGE_DATA_SET_ATTRIBUTES_OUTPUT, 36);
RING3_SIZE(DEVICE_DSM_DEFINITION, 28);
RING3_SIZE(DEVICE_DATA_SET_SCRUB_EX_OUTPUT, 48);
RING3_SIZE(DEVICE_DSM_TIERING_QUERY_OUTPUT, 64);
RING3_SIZE(DEVICE_DSM_NVCACHE_CHANGE_PRIORITY_PARAMETERS, 8);
RING3_SIZE(DEVICE_DSM_PHYSICAL_ADDRESSES_OUTPUT, 32);
RING3_SIZE(STORAGE_ZONE_DESCRIPTOR, 32);
RING3_SIZE(DEVICE_DSM_REPORT_ZONES_DATA, 48);
RING3_SIZE(DEVICE_STORAGE_RANGE_ATTRIBUTES, 16);
RING3_SIZE(DEVICE_DSM_LOST_QUERY_OUTPUT, 24);

#endif
