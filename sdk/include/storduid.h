/* Unique identifiers of storage devices: what class drivers answer StorageDeviceUniqueIdProperty with. docs: storduid */
#ifndef RING3_STORDUID_H
#define RING3_STORDUID_H

#include <ntddstor.h>

typedef struct _STORAGE_DEVICE_UNIQUE_IDENTIFIER {
    ULONG Version, Size;
    ULONG StorageDeviceIdOffset, StorageDeviceOffset, DriveLayoutSignatureOffset;       /* from the start of this; 0: none */
} STORAGE_DEVICE_UNIQUE_IDENTIFIER, *PSTORAGE_DEVICE_UNIQUE_IDENTIFIER;
RING3_SIZE(STORAGE_DEVICE_UNIQUE_IDENTIFIER, 20);

typedef struct _STORAGE_DEVICE_LAYOUT_SIGNATURE {
    ULONG Version, Size;
    BOOLEAN Mbr;
    union {
        ULONG MbrSignature;
        GUID GptDiskId;
    } DeviceSpecific;
} STORAGE_DEVICE_LAYOUT_SIGNATURE, *PSTORAGE_DEVICE_LAYOUT_SIGNATURE;
RING3_SIZE(STORAGE_DEVICE_LAYOUT_SIGNATURE, 28);

typedef enum _DUID_MATCH_STATUS {
    DuidExactMatch = 0, DuidSubIdMatch, DuidNoMatch, DuidErrorGeneral = 100, DuidErrorMissingDuid, DuidErrorVersionMismatch,
    DuidErrorInvalidDuid, DuidErrorInvalidDeviceIdDescSize, DuidErrorInvalidDeviceDescSize, DuidErrorInvalidLayoutSigSize,
    DuidErrorInvalidLayoutSigVersion, DuidErrorMaximum
} DUID_MATCH_STATUS;

#endif
