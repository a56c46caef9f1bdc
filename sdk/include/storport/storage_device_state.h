/* More that IOCTL_STORAGE_QUERY_PROPERTY is answered: what a device is able to, where it sits, how it is worn.
 * docs: ntddstor/ni-ntddstor-ioctl_storage_query_property */
#ifndef RING3_STORPORT_STORAGE_DEVICE_STATE_H
#define RING3_STORPORT_STORAGE_DEVICE_STATE_H

#include <devioctl.h>
#include <guiddef.h>
#include <ntdef.h>
#include <ring3/layout.h>
#include <storport/storage_properties.h>

#define STORAGE_RPMB_DESCRIPTOR_VERSION_1 1
#define STORAGE_RPMB_MINIMUM_RELIABLE_WRITE_SIZE 512
#define STORAGE_CRYPTO_CAPABILITY_VERSION_1 1
#define STORAGE_CRYPTO_DESCRIPTOR_VERSION_1 1
#define STORAGE_DEVICE_MAX_OPERATIONAL_STATUS 16
#define STORAGE_ADAPTER_SERIAL_NUMBER_V1_MAX_LENGTH 128
#define STORAGE_DEVICE_NUMA_NODE_UNKNOWN MAXULONG
#define STORAGE_FAILURE_PREDICTION_CONFIG_V1 1
#define STORAGE_DEVICE_POWER_CAP_VERSION_V1 1

/* STORAGE_DEVICE_ATTRIBUTES_DESCRIPTOR.Attributes */
#define STORAGE_ATTRIBUTE_BYTE_ADDRESSABLE_IO 0x01
#define STORAGE_ATTRIBUTE_BLOCK_IO 0x02
#define STORAGE_ATTRIBUTE_DYNAMIC_PERSISTENCE 0x04
#define STORAGE_ATTRIBUTE_VOLATILE 0x08
#define STORAGE_ATTRIBUTE_ASYNC_EVENT_NOTIFICATION 0x10
#define STORAGE_ATTRIBUTE_PERF_SIZE_INDEPENDENT 0x20

typedef enum _STORAGE_SET_TYPE {
    PropertyStandardSet = 0, PropertyExistsSet, PropertySetMaxDefined
} STORAGE_SET_TYPE, *PSTORAGE_SET_TYPE;

typedef struct _STORAGE_PROPERTY_SET {
    STORAGE_PROPERTY_ID PropertyId;
    STORAGE_SET_TYPE SetType;
    UCHAR AdditionalParameters[ANYSIZE_ARRAY];
} STORAGE_PROPERTY_SET, *PSTORAGE_PROPERTY_SET;

typedef struct _STORAGE_DEVICE_NUMBER_EX {
    ULONG Version, Size, Flags, DeviceType, DeviceNumber;
    GUID DeviceGuid;
    ULONG PartitionNumber;
} STORAGE_DEVICE_NUMBER_EX, *PSTORAGE_DEVICE_NUMBER_EX;

typedef struct _STORAGE_FAILURE_PREDICTION_CONFIG {
    ULONG Version, Size;
    BOOLEAN Set, Enabled;
    USHORT Reserved;
} STORAGE_FAILURE_PREDICTION_CONFIG, *PSTORAGE_FAILURE_PREDICTION_CONFIG;

typedef enum _STORAGE_RPMB_FRAME_TYPE {
    StorageRpmbFrameTypeUnknown = 0, StorageRpmbFrameTypeStandard, StorageRpmbFrameTypeMax
} STORAGE_RPMB_FRAME_TYPE, *PSTORAGE_RPMB_FRAME_TYPE;

typedef struct _STORAGE_RPMB_DESCRIPTOR {
    ULONG Version, Size, SizeInBytes, MaxReliableWriteSizeInBytes;
    STORAGE_RPMB_FRAME_TYPE FrameFormat;
} STORAGE_RPMB_DESCRIPTOR, *PSTORAGE_RPMB_DESCRIPTOR;

typedef struct _STORAGE_RPMB_DATA_FRAME {
    UCHAR Stuff[196], KeyOrMAC[32], Data[256], Nonce[16], WriteCounter[4], Address[2], BlockCount[2];
    UCHAR OperationResult[2], RequestOrResponseType[2];
} STORAGE_RPMB_DATA_FRAME, *PSTORAGE_RPMB_DATA_FRAME;

typedef enum _STORAGE_RPMB_COMMAND_TYPE {
    StorRpmbProgramAuthKey = 1, StorRpmbQueryWriteCounter, StorRpmbAuthenticatedWrite, StorRpmbAuthenticatedRead,
    StorRpmbReadResultRequest, StorRpmbAuthenticatedDeviceConfigWrite, StorRpmbAuthenticatedDeviceConfigRead
} STORAGE_RPMB_COMMAND_TYPE, *PSTORAGE_RPMB_COMMAND_TYPE;

typedef enum _STORAGE_CRYPTO_ALGORITHM_ID {
    StorageCryptoAlgorithmUnknown = 0, StorageCryptoAlgorithmXTSAES, StorageCryptoAlgorithmBitlockerAESCBC,
    StorageCryptoAlgorithmAESECB, StorageCryptoAlgorithmESSIVAESCBC, StorageCryptoAlgorithmMax
} STORAGE_CRYPTO_ALGORITHM_ID, *PSTORAGE_CRYPTO_ALGORITHM_ID;

typedef enum _STORAGE_CRYPTO_KEY_SIZE {
    StorageCryptoKeySizeUnknown = 0, StorageCryptoKeySize128Bits, StorageCryptoKeySize192Bits,
    StorageCryptoKeySize256Bits, StorageCryptoKeySize512Bits
} STORAGE_CRYPTO_KEY_SIZE, *PSTORAGE_CRYPTO_KEY_SIZE;

typedef struct _STORAGE_CRYPTO_CAPABILITY {
    ULONG Version, Size, CryptoCapabilityIndex;
    STORAGE_CRYPTO_ALGORITHM_ID AlgorithmId;
    STORAGE_CRYPTO_KEY_SIZE KeySize;
    ULONG DataUnitSizeBitmask;
} STORAGE_CRYPTO_CAPABILITY, *PSTORAGE_CRYPTO_CAPABILITY;

typedef struct _STORAGE_CRYPTO_DESCRIPTOR {
    ULONG Version, Size, NumKeysSupported, NumCryptoCapabilities;
    STORAGE_CRYPTO_CAPABILITY CryptoCapabilities[ANYSIZE_ARRAY];
} STORAGE_CRYPTO_DESCRIPTOR, *PSTORAGE_CRYPTO_DESCRIPTOR;

typedef struct _STORAGE_DEVICE_FAULT_DOMAIN_DESCRIPTOR {
    ULONG Version, Size, NumberOfFaultDomains;
    GUID FaultDomainIds[ANYSIZE_ARRAY];
} STORAGE_DEVICE_FAULT_DOMAIN_DESCRIPTOR, *PSTORAGE_DEVICE_FAULT_DOMAIN_DESCRIPTOR;

typedef struct _STORAGE_DEVICE_ATTRIBUTES_DESCRIPTOR {
    ULONG Version, Size;
    ULONGLONG Attributes;
} STORAGE_DEVICE_ATTRIBUTES_DESCRIPTOR, *PSTORAGE_DEVICE_ATTRIBUTES_DESCRIPTOR;

typedef enum _STORAGE_DISK_HEALTH_STATUS {
    DiskHealthUnknown = 0, DiskHealthUnhealthy, DiskHealthWarning, DiskHealthHealthy, DiskHealthMax
} STORAGE_DISK_HEALTH_STATUS, *PSTORAGE_DISK_HEALTH_STATUS;

typedef enum _STORAGE_DISK_OPERATIONAL_STATUS {
    DiskOpStatusNone = 0, DiskOpStatusUnknown, DiskOpStatusOk, DiskOpStatusPredictingFailure, DiskOpStatusInService,
    DiskOpStatusHardwareError, DiskOpStatusNotUsable, DiskOpStatusTransientError, DiskOpStatusMissing
} STORAGE_DISK_OPERATIONAL_STATUS, *PSTORAGE_DISK_OPERATIONAL_STATUS;

typedef enum _STORAGE_OPERATIONAL_STATUS_REASON {
    DiskOpReasonUnknown = 0, DiskOpReasonScsiSenseCode, DiskOpReasonMedia, DiskOpReasonIo,
    DiskOpReasonThresholdExceeded, DiskOpReasonLostData, DiskOpReasonEnergySource, DiskOpReasonConfiguration,
    DiskOpReasonDeviceController, DiskOpReasonMediaController, DiskOpReasonComponent, DiskOpReasonNVDIMM_N,
    DiskOpReasonBackgroundOperation, DiskOpReasonInvalidFirmware, DiskOpReasonHealthCheck,
    DiskOpReasonLostDataPersistence, DiskOpReasonDisabledByPlatform, DiskOpReasonLostWritePersistence,
    DiskOpReasonDataPersistenceLossImminent, DiskOpReasonWritePersistenceLossImminent, DiskOpReasonMax
} STORAGE_OPERATIONAL_STATUS_REASON, *PSTORAGE_OPERATIONAL_STATUS_REASON;

typedef struct _STORAGE_OPERATIONAL_REASON {
    ULONG Version, Size;
    STORAGE_OPERATIONAL_STATUS_REASON Reason;
    union {
        struct {
            UCHAR SenseKey, ASC, ASCQ, Reserved;
        } ScsiSenseKey;
        struct {
            UCHAR CriticalHealth, ModuleHealth[2], ErrorThresholdStatus;
        } NVDIMM_N;
        ULONG AsUlong;
    } RawBytes;
} STORAGE_OPERATIONAL_REASON, *PSTORAGE_OPERATIONAL_REASON;

typedef struct _STORAGE_DEVICE_MANAGEMENT_STATUS {
    ULONG Version, Size;
    STORAGE_DISK_HEALTH_STATUS Health;
    ULONG NumberOfOperationalStatus, NumberOfAdditionalReasons;
    STORAGE_DISK_OPERATIONAL_STATUS OperationalStatus[STORAGE_DEVICE_MAX_OPERATIONAL_STATUS];
    STORAGE_OPERATIONAL_REASON AdditionalReasons[ANYSIZE_ARRAY];
} STORAGE_DEVICE_MANAGEMENT_STATUS, *PSTORAGE_DEVICE_MANAGEMENT_STATUS;

typedef struct _STORAGE_ADAPTER_SERIAL_NUMBER {
    ULONG Version, Size;
    WCHAR SerialNumber[STORAGE_ADAPTER_SERIAL_NUMBER_V1_MAX_LENGTH];
} STORAGE_ADAPTER_SERIAL_NUMBER, *PSTORAGE_ADAPTER_SERIAL_NUMBER;

typedef enum _STORAGE_ZONED_DEVICE_TYPES {
    ZonedDeviceTypeUnknown = 0, ZonedDeviceTypeHostManaged, ZonedDeviceTypeHostAware, ZonedDeviceTypeDeviceManaged
} STORAGE_ZONED_DEVICE_TYPES, *PSTORAGE_ZONED_DEVICE_TYPES;

typedef enum _STORAGE_ZONE_TYPES {
    ZoneTypeUnknown = 0, ZoneTypeConventional, ZoneTypeSequentialWriteRequired, ZoneTypeSequentialWritePreferred,
    ZoneTypeMax
} STORAGE_ZONE_TYPES, *PSTORAGE_ZONE_TYPES;

typedef struct _STORAGE_ZONE_GROUP {
    ULONG ZoneCount;
    STORAGE_ZONE_TYPES ZoneType;
    ULONGLONG ZoneSize;
} STORAGE_ZONE_GROUP, *PSTORAGE_ZONE_GROUP;

typedef struct _STORAGE_ZONED_DEVICE_DESCRIPTOR {
    ULONG Version, Size;
    STORAGE_ZONED_DEVICE_TYPES DeviceType;
    ULONG ZoneCount;
    union {
        struct {
            ULONG MaxOpenZoneCount;
            BOOLEAN UnrestrictedRead;
            UCHAR Reserved[3];
        } SequentialRequiredZone;
        struct {
            ULONG OptimalOpenZoneCount, Reserved;
        } SequentialPreferredZone;
    } ZoneAttributes;
    ULONG ZoneGroupCount;
    STORAGE_ZONE_GROUP ZoneGroup[ANYSIZE_ARRAY];
} STORAGE_ZONED_DEVICE_DESCRIPTOR, *PSTORAGE_ZONED_DEVICE_DESCRIPTOR;

typedef struct _DEVICE_LOCATION {
    ULONG Socket, Slot, Adapter, Port;
    union {
        struct {
            ULONG Channel, Device;
        };
        struct {
            ULONG Target, Lun;
        };
    };
} DEVICE_LOCATION, *PDEVICE_LOCATION;

typedef struct _STORAGE_DEVICE_LOCATION_DESCRIPTOR {
    ULONG Version, Size;
    DEVICE_LOCATION Location;
    ULONG StringOffset;
} STORAGE_DEVICE_LOCATION_DESCRIPTOR, *PSTORAGE_DEVICE_LOCATION_DESCRIPTOR;

typedef struct _STORAGE_DEVICE_NUMA_PROPERTY {
    ULONG Version, Size, NumaNode;
} STORAGE_DEVICE_NUMA_PROPERTY, *PSTORAGE_DEVICE_NUMA_PROPERTY;

typedef struct _STORAGE_DEVICE_UNSAFE_SHUTDOWN_COUNT {
    ULONG Version, Size, UnsafeShutdownCount;
} STORAGE_DEVICE_UNSAFE_SHUTDOWN_COUNT, *PSTORAGE_DEVICE_UNSAFE_SHUTDOWN_COUNT;

typedef struct _STORAGE_HW_ENDURANCE_INFO {
    ULONG ValidFields, GroupId;
    struct {
        ULONG Shared : 1, Reserved : 31;
    } Flags;
    ULONG LifePercentage;
    UCHAR BytesReadCount[16], ByteWriteCount[16];
} STORAGE_HW_ENDURANCE_INFO, *PSTORAGE_HW_ENDURANCE_INFO;

typedef struct _STORAGE_HW_ENDURANCE_DATA_DESCRIPTOR {
    ULONG Version, Size;
    STORAGE_HW_ENDURANCE_INFO EnduranceInfo;
} STORAGE_HW_ENDURANCE_DATA_DESCRIPTOR, *PSTORAGE_HW_ENDURANCE_DATA_DESCRIPTOR;

typedef struct _STORAGE_DEVICE_LED_STATE_DESCRIPTOR {
    ULONG Version, Size;
    ULONGLONG State;
} STORAGE_DEVICE_LED_STATE_DESCRIPTOR, *PSTORAGE_DEVICE_LED_STATE_DESCRIPTOR;

typedef struct _STORAGE_DEVICE_SELF_ENCRYPTION_PROPERTY {
    ULONG Version, Size;
    BOOLEAN SupportsSelfEncryption;
} STORAGE_DEVICE_SELF_ENCRYPTION_PROPERTY, *PSTORAGE_DEVICE_SELF_ENCRYPTION_PROPERTY;

typedef struct _STORAGE_FRU_ID_DESCRIPTOR {
    ULONG Version, Size, IdentifierSize;
    UCHAR Identifier[ANYSIZE_ARRAY];
} STORAGE_FRU_ID_DESCRIPTOR, *PSTORAGE_FRU_ID_DESCRIPTOR;

typedef enum _STORAGE_DEVICE_POWER_CAP_UNITS {
    StorageDevicePowerCapUnitsPercent = 0, StorageDevicePowerCapUnitsMilliwatts
} STORAGE_DEVICE_POWER_CAP_UNITS, *PSTORAGE_DEVICE_POWER_CAP_UNITS;

typedef struct _STORAGE_DEVICE_POWER_CAP {
    ULONG Version, Size;
    STORAGE_DEVICE_POWER_CAP_UNITS Units;
    ULONGLONG MaxPower;
} STORAGE_DEVICE_POWER_CAP, *PSTORAGE_DEVICE_POWER_CAP;

RING3_SIZE(STORAGE_PROPERTY_SET, 12);
RING3_SIZE(STORAGE_DEVICE_NUMBER_EX, 40);
RING3_SIZE(STORAGE_RPMB_DESCRIPTOR, 20);
RING3_SIZE(STORAGE_RPMB_DATA_FRAME, 512);
RING3_SIZE(STORAGE_CRYPTO_CAPABILITY, 24);
RING3_SIZE(STORAGE_CRYPTO_DESCRIPTOR, 40);
RING3_SIZE(STORAGE_DEVICE_ATTRIBUTES_DESCRIPTOR, 16);
RING3_SIZE(STORAGE_OPERATIONAL_REASON, 16);
RING3_SIZE(STORAGE_DEVICE_MANAGEMENT_STATUS, 100);
RING3_SIZE(STORAGE_ADAPTER_SERIAL_NUMBER, 264);
RING3_SIZE(STORAGE_ZONED_DEVICE_DESCRIPTOR, 48);
RING3_SIZE(STORAGE_DEVICE_LOCATION_DESCRIPTOR, 36);
RING3_SIZE(STORAGE_HW_ENDURANCE_INFO, 48);
RING3_SIZE(STORAGE_HW_ENDURANCE_DATA_DESCRIPTOR, 56);
RING3_SIZE(STORAGE_DEVICE_LED_STATE_DESCRIPTOR, 16);
RING3_SIZE(STORAGE_DEVICE_POWER_CAP, 24);

#endif
