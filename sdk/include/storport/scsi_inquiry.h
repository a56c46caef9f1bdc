/* What INQUIRY answers: device types, standard data, pages of vital product data. */
#ifndef RING3_STORPORT_SCSI_INQUIRY_H
#define RING3_STORPORT_SCSI_INQUIRY_H

#include <ntdef.h>
#include <ring3/layout.h>

#define MODE_PAGE_FORMAT_DEVICE 0x03

#define OFFSET_VER_DESCRIPTOR_ONE (FIELD_OFFSET(INQUIRYDATA, VersionDescriptors[0]))
#define OFFSET_VER_DESCRIPTOR_EIGHT (FIELD_OFFSET(INQUIRYDATA, VersionDescriptors[8]))

#define DIRECT_ACCESS_DEVICE 0x00

#define SEQUENTIAL_ACCESS_DEVICE 0x01

#define PRINTER_DEVICE 0x02

#define PROCESSOR_DEVICE 0x03

#define WRITE_ONCE_READ_MULTIPLE_DEVICE 0x04

#define READ_ONLY_DIRECT_ACCESS_DEVICE 0x05

#define SCANNER_DEVICE 0x06

#define OPTICAL_DEVICE 0x07

#define MEDIUM_CHANGER 0x08

#define COMMUNICATION_DEVICE 0x09

#define ARRAY_CONTROLLER_DEVICE 0x0C

#define SCSI_ENCLOSURE_DEVICE 0x0D

#define REDUCED_BLOCK_DEVICE 0x0E

#define OPTICAL_CARD_READER_WRITER_DEVICE 0x0F

#define BRIDGE_CONTROLLER_DEVICE 0x10

#define OBJECT_BASED_STORAGE_DEVICE 0x11

#define HOST_MANAGED_ZONED_BLOCK_DEVICE 0x14

#define UNKNOWN_OR_NO_DEVICE 0x1F

#define LOGICAL_UNIT_NOT_PRESENT_DEVICE 0x7F

#define DEVICE_QUALIFIER_ACTIVE 0x00
#define DEVICE_QUALIFIER_NOT_ACTIVE 0x01
#define DEVICE_QUALIFIER_NOT_SUPPORTED 0x03
#define DEVICE_CONNECTED 0x00

#define VPD_MAX_BUFFER_SIZE 0xff
#define VPD_SUPPORTED_PAGES 0x00
#define VPD_SERIAL_NUMBER 0x80
#define VPD_DEVICE_IDENTIFIERS 0x83
#define VPD_MEDIA_SERIAL_NUMBER 0x84
#define VPD_SOFTWARE_INTERFACE_IDENTIFIERS 0x84
#define VPD_NETWORK_MANAGEMENT_ADDRESSES 0x85
#define VPD_EXTENDED_INQUIRY_DATA 0x86
#define VPD_MODE_PAGE_POLICY 0x87
#define VPD_SCSI_PORTS 0x88

#define INQUIRYDATABUFFERSIZE 36

#pragma pack(push, 1)

#ifndef _INQUIRYDATA_DEFINED
#define _INQUIRYDATA_DEFINED
typedef struct _INQUIRYDATA {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, DeviceTypeModifier : 7, RemovableMedia : 1;
    union {
        UCHAR Versions;
        struct {
            UCHAR ANSIVersion : 3, ECMAVersion : 3, ISOVersion : 2;
        };
    };
    UCHAR ResponseDataFormat : 4, HiSupport : 1, NormACA : 1, TerminateTask : 1, AERC : 1, AdditionalLength, Reserved;
    UCHAR Addr16 : 1, Addr32 : 1, AckReqQ : 1, MediumChanger : 1, MultiPort : 1, ReservedBit2 : 1;
    UCHAR EnclosureServices : 1, ReservedBit3 : 1, SoftReset : 1, CommandQueue : 1, TransferDisable : 1;
    UCHAR LinkedCommands : 1, Synchronous : 1, Wide16Bit : 1, Wide32Bit : 1, RelativeAddressing : 1, VendorId[8];
    UCHAR ProductId[16], ProductRevisionLevel[4], VendorSpecific[20], Reserved3[2];
    USHORT VersionDescriptors[8];
    UCHAR Reserved4[30];
} INQUIRYDATA, *PINQUIRYDATA;
#endif

typedef struct _VPD_MEDIA_SERIAL_NUMBER_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, Reserved, PageLength, SerialNumber[];
} VPD_MEDIA_SERIAL_NUMBER_PAGE, *PVPD_MEDIA_SERIAL_NUMBER_PAGE;

typedef struct _VPD_SERIAL_NUMBER_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, Reserved, PageLength, SerialNumber[];
} VPD_SERIAL_NUMBER_PAGE, *PVPD_SERIAL_NUMBER_PAGE;

typedef enum _VPD_CODE_SET {
    VpdCodeSetReserved = 0, VpdCodeSetBinary = 1, VpdCodeSetAscii = 2, VpdCodeSetUTF8 = 3
} VPD_CODE_SET, *PVPD_CODE_SET;

typedef enum _VPD_ASSOCIATION {
    VpdAssocDevice = 0, VpdAssocPort = 1, VpdAssocTarget = 2, VpdAssocReserved1 = 3, VpdAssocReserved2 = 4
} VPD_ASSOCIATION, *PVPD_ASSOCIATION;

typedef enum _VPD_IDENTIFIER_TYPE {
    VpdIdentifierTypeVendorSpecific = 0, VpdIdentifierTypeVendorId = 1, VpdIdentifierTypeEUI64 = 2,
    VpdIdentifierTypeFCPHName = 3, VpdIdentifierTypePortRelative = 4, VpdIdentifierTypeTargetPortGroup = 5,
    VpdIdentifierTypeLogicalUnitGroup = 6, VpdIdentifierTypeMD5LogicalUnitId = 7, VpdIdentifierTypeSCSINameString = 8
} VPD_IDENTIFIER_TYPE, *PVPD_IDENTIFIER_TYPE;

typedef struct _VPD_IDENTIFICATION_DESCRIPTOR {
    UCHAR CodeSet : 4, Reserved : 4, IdentifierType : 4, Association : 2, Reserved2 : 2, Reserved3, IdentifierLength;
    UCHAR Identifier[];
} VPD_IDENTIFICATION_DESCRIPTOR, *PVPD_IDENTIFICATION_DESCRIPTOR;

typedef struct _VPD_IDENTIFICATION_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, Reserved, PageLength, Descriptors[];
} VPD_IDENTIFICATION_PAGE, *PVPD_IDENTIFICATION_PAGE;

typedef struct _VPD_SUPPORTED_PAGES_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, Reserved, PageLength, SupportedPageList[];
} VPD_SUPPORTED_PAGES_PAGE, *PVPD_SUPPORTED_PAGES_PAGE;

#define VER_DESCRIPTOR_1667_NOVERSION 0xffc0

#define VPD_ATA_INFORMATION 0x89
#define VPD_THIRD_PARTY_COPY 0x8F
#define VPD_BLOCK_LIMITS 0xB0
#define VPD_BLOCK_DEVICE_CHARACTERISTICS 0xB1
#define VPD_LOGICAL_BLOCK_PROVISIONING 0xB2
#define VPD_ZONED_BLOCK_DEVICE_CHARACTERISTICS 0xB6

typedef struct _VPD_EXTENDED_INQUIRY_DATA_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, PageLength[2];
    UCHAR RefChk : 1, AppChk : 1, GrdChk : 1, Spt : 3, ActivateMicrocode : 2;
    UCHAR SimpSup : 1, OrdSup : 1, HeadSup : 1, PriorSup : 1, GroupSup : 1, UaskSup : 1, Reserved0 : 2;
    UCHAR VSup : 1, NvSup : 1, Obsolete0 : 1, WuSup : 1, Reserved1 : 4;
    UCHAR LuiClr : 1, Reserved2 : 3, PiiSup : 1, NoPiChk : 1, Reserved3 : 2;
    UCHAR Obsolete1 : 1, HssRelef : 1, Reserved4 : 1, RtdSup : 1, RSup : 1, LuCollectionType : 3;
    UCHAR Multi_i_t_Nexus_Microcode_Download : 4, Reserved5 : 4;
    UCHAR ExtendedSelfTestCompletionMinutes[2];
    UCHAR Reserved6 : 5, VsaSup : 1, HraSup : 1, PoaSup : 1;
    UCHAR MaxSupportedSenseDataLength;
    UCHAR Nrd0 : 1, Nrd1 : 1, Sac : 1, Reserved7 : 3, Ias : 1, Ibs : 1;
    UCHAR MaxInquiryChangeLogs[2], MaxModePageChangeLogs[2];
    UCHAR Reserved8[45];
} VPD_EXTENDED_INQUIRY_DATA_PAGE, *PVPD_EXTENDED_INQUIRY_DATA_PAGE;

/* SAT's page: signature and IDENTIFY data of the ATA device behind the unit. */
typedef struct _VPD_ATA_INFORMATION_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, PageLength[2], Reserved0[4], VendorId[8], ProductId[16];
    UCHAR ProductRevisionLevel[4], DeviceSignature[20], CommandCode, Reserved1[3], IdentifyDeviceData[512];
} VPD_ATA_INFORMATION_PAGE, *PVPD_ATA_INFORMATION_PAGE;

/* Descriptors and WCHARs in it are big-endian. */
typedef struct _VPD_BLOCK_LIMITS_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, PageLength[2];
    union {
        struct {
            UCHAR Reserved0, MaximumCompareAndWriteLength, OptimalTransferLengthGranularity[2], MaximumTransferLength[4];
            UCHAR OptimalTransferLength[4], MaxPrefetchXDReadXDWriteTransferLength[4], MaximumUnmapLBACount[4];
            UCHAR MaximumUnmapBlockDescriptorCount[4], OptimalUnmapGranularity[4];
            union {
                struct {
                    UCHAR UnmapGranularityAlignmentByte3 : 7, UGAValid : 1;
                    UCHAR UnmapGranularityAlignmentByte2, UnmapGranularityAlignmentByte1, UnmapGranularityAlignmentByte0;
                };
                UCHAR UnmapGranularityAlignment[4];
            };
            UCHAR MaximumWriteSameLength[8], MaximumAtomicTransferLength[4], AtomicAlignment[4];
            UCHAR AtomicTransferLengthGranularity[4], Reserved1[8];
        };
        UCHAR Descriptors[60];
    };
} VPD_BLOCK_LIMITS_PAGE, *PVPD_BLOCK_LIMITS_PAGE;

typedef struct _VPD_BLOCK_DEVICE_CHARACTERISTICS_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, Reserved0, PageLength;
    UCHAR MediumRotationRateMsb, MediumRotationRateLsb, MediumProductType;
    UCHAR NominalFormFactor : 4, WriteAfterCryptographicErase : 2, WriteAfterBlockErase : 2;
    UCHAR VBULS : 1, FUAB : 1, BOCS : 1, Reserved1 : 1, ZONED : 2, Reserved2 : 2;
    UCHAR Reserved3[3], DepopulationTime[4], Reserved4[48];
} VPD_BLOCK_DEVICE_CHARACTERISTICS_PAGE, *PVPD_BLOCK_DEVICE_CHARACTERISTICS_PAGE;

#define PROVISIONING_TYPE_UNKNOWN 0x0
#define PROVISIONING_TYPE_RESOURCE 0x1
#define PROVISIONING_TYPE_THIN 0x2

typedef struct _VPD_LOGICAL_BLOCK_PROVISIONING_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, PageLength[2];
    UCHAR ThresholdExponent;
    UCHAR DP : 1, ANC_SUP : 1, LBPRZ : 1, Reserved0 : 2, LBPWS10 : 1, LBPWS : 1, LBPU : 1;
    UCHAR ProvisioningType : 3, Reserved1 : 5, Reserved2;
    UCHAR ProvisioningGroupDescr[ANYSIZE_ARRAY];
} VPD_LOGICAL_BLOCK_PROVISIONING_PAGE, *PVPD_LOGICAL_BLOCK_PROVISIONING_PAGE;

typedef struct _VPD_ZONED_BLOCK_DEVICE_CHARACTERISTICS_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, PageLength[2];
    UCHAR URSWRZ : 1, Reserved1 : 7, Reserved2[3], OptimalNumberOfOpenSequentialWritePreferredZone[4];
    UCHAR OptimalNumberOfNonSequentiallyWrittenSequentialWritePreferredZone[4];
    UCHAR MaxNumberOfOpenSequentialWriteRequiredZone[4], Reserved3[44];
} VPD_ZONED_BLOCK_DEVICE_CHARACTERISTICS_PAGE, *PVPD_ZONED_BLOCK_DEVICE_CHARACTERISTICS_PAGE;

typedef struct _VPD_THIRD_PARTY_COPY_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, PageLength[2];
    UCHAR ThirdPartyCopyDescriptors[ANYSIZE_ARRAY];
} VPD_THIRD_PARTY_COPY_PAGE, *PVPD_THIRD_PARTY_COPY_PAGE;

typedef struct _VPD_SCSI_PORTS_PAGE {
    UCHAR DeviceType : 5, DeviceTypeQualifier : 3, PageCode, Reserved, PageLength, Descriptors[ANYSIZE_ARRAY];
} VPD_SCSI_PORTS_PAGE, *PVPD_SCSI_PORTS_PAGE;

#pragma pack(pop)

RING3_SIZE(INQUIRYDATA, 104);
RING3_SIZE(VPD_ATA_INFORMATION_PAGE, 572);
RING3_SIZE(VPD_BLOCK_LIMITS_PAGE, 64);
RING3_SIZE(VPD_BLOCK_DEVICE_CHARACTERISTICS_PAGE, 64);
RING3_SIZE(VPD_EXTENDED_INQUIRY_DATA_PAGE, 64);

#endif
