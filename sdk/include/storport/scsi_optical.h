/* What MMC devices answer: events, media, tracks, capabilities. */
#ifndef RING3_STORPORT_SCSI_OPTICAL_H
#define RING3_STORPORT_SCSI_OPTICAL_H

#include <ntdef.h>

#pragma pack(push, 1)

#define NOTIFICATION_OPERATIONAL_CHANGE_CLASS_MASK 0x02
#define NOTIFICATION_POWER_MANAGEMENT_CLASS_MASK 0x04
#define NOTIFICATION_EXTERNAL_REQUEST_CLASS_MASK 0x08
#define NOTIFICATION_MEDIA_STATUS_CLASS_MASK 0x10
#define NOTIFICATION_MULTI_HOST_CLASS_MASK 0x20
#define NOTIFICATION_DEVICE_BUSY_CLASS_MASK 0x40
#define NOTIFICATION_NO_CLASS_EVENTS 0x0
#define NOTIFICATION_OPERATIONAL_CHANGE_CLASS_EVENTS 0x1
#define NOTIFICATION_POWER_MANAGEMENT_CLASS_EVENTS 0x2
#define NOTIFICATION_EXTERNAL_REQUEST_CLASS_EVENTS 0x3
#define NOTIFICATION_MEDIA_STATUS_CLASS_EVENTS 0x4
#define NOTIFICATION_MULTI_HOST_CLASS_EVENTS 0x5
#define NOTIFICATION_DEVICE_BUSY_CLASS_EVENTS 0x6
#define NOTIFICATION_OPERATIONAL_EVENT_NO_CHANGE 0x0
#define NOTIFICATION_OPERATIONAL_EVENT_CHANGE_REQUESTED 0x1
#define NOTIFICATION_OPERATIONAL_EVENT_CHANGE_OCCURRED 0x2
#define NOTIFICATION_OPERATIONAL_STATUS_AVAILABLE 0x0
#define NOTIFICATION_OPERATIONAL_STATUS_TEMPORARY_BUSY 0x1
#define NOTIFICATION_OPERATIONAL_STATUS_EXTENDED_BUSY 0x2
#define NOTIFICATION_OPERATIONAL_OPCODE_NONE 0x0
#define NOTIFICATION_OPERATIONAL_OPCODE_FEATURE_CHANGE 0x1
#define NOTIFICATION_OPERATIONAL_OPCODE_FEATURE_ADDED 0x2
#define NOTIFICATION_OPERATIONAL_OPCODE_UNIT_RESET 0x3
#define NOTIFICATION_OPERATIONAL_OPCODE_FIRMWARE_CHANGED 0x4
#define NOTIFICATION_OPERATIONAL_OPCODE_INQUIRY_CHANGED 0x5
#define NOTIFICATION_POWER_EVENT_NO_CHANGE 0x0
#define NOTIFICATION_POWER_EVENT_CHANGE_SUCCEEDED 0x1
#define NOTIFICATION_POWER_EVENT_CHANGE_FAILED 0x2
#define NOTIFICATION_POWER_STATUS_ACTIVE 0x1
#define NOTIFICATION_POWER_STATUS_IDLE 0x2
#define NOTIFICATION_POWER_STATUS_STANDBY 0x3
#define NOTIFICATION_POWER_STATUS_SLEEP 0x4
#define NOTIFICATION_MEDIA_EVENT_NO_EVENT 0x0
#define NOTIFICATION_EXTERNAL_EVENT_NO_CHANGE 0x0
#define NOTIFICATION_EXTERNAL_EVENT_BUTTON_DOWN 0x1
#define NOTIFICATION_EXTERNAL_EVENT_BUTTON_UP 0x2
#define NOTIFICATION_EXTERNAL_EVENT_EXTERNAL 0x3
#define NOTIFICATION_EXTERNAL_STATUS_READY 0x0
#define NOTIFICATION_EXTERNAL_STATUS_PREVENT 0x1
#define NOTIFICATION_EXTERNAL_REQUEST_NONE 0x0000
#define NOTIFICATION_EXTERNAL_REQUEST_QUEUE_OVERRUN 0x0001
#define NOTIFICATION_EXTERNAL_REQUEST_PLAY 0x0101
#define NOTIFICATION_EXTERNAL_REQUEST_REWIND_BACK 0x0102
#define NOTIFICATION_EXTERNAL_REQUEST_FAST_FORWARD 0x0103
#define NOTIFICATION_EXTERNAL_REQUEST_PAUSE 0x0104
#define NOTIFICATION_EXTERNAL_REQUEST_STOP 0x0106
#define NOTIFICATION_EXTERNAL_REQUEST_ASCII_LOW 0x0200
#define NOTIFICATION_EXTERNAL_REQUEST_ASCII_HIGH 0x02ff
#define NOTIFICATION_MEDIA_EVENT_NO_CHANGE 0x0
#define NOTIFICATION_MEDIA_EVENT_EJECT_REQUEST 0x1
#define NOTIFICATION_MEDIA_EVENT_NEW_MEDIA 0x2
#define NOTIFICATION_MEDIA_EVENT_MEDIA_REMOVAL 0x3
#define NOTIFICATION_MEDIA_EVENT_MEDIA_CHANGE 0x4
#define NOTIFICATION_BUSY_EVENT_NO_EVENT 0x0
#define NOTIFICATION_MULTI_HOST_EVENT_NO_CHANGE 0x0
#define NOTIFICATION_MULTI_HOST_EVENT_CONTROL_REQUEST 0x1
#define NOTIFICATION_MULTI_HOST_EVENT_CONTROL_GRANT 0x2
#define NOTIFICATION_MULTI_HOST_EVENT_CONTROL_RELEASE 0x3
#define NOTIFICATION_MULTI_HOST_STATUS_READY 0x0
#define NOTIFICATION_MULTI_HOST_STATUS_PREVENT 0x1
#define NOTIFICATION_MULTI_HOST_PRIORITY_NO_REQUESTS 0x0
#define NOTIFICATION_MULTI_HOST_PRIORITY_LOW 0x1
#define NOTIFICATION_MULTI_HOST_PRIORITY_MEDIUM 0x2
#define NOTIFICATION_MULTI_HOST_PRIORITY_HIGH 0x3
#define NOTIFICATION_BUSY_EVENT_NO_CHANGE 0x0
#define NOTIFICATION_BUSY_EVENT_BUSY 0x1
#define NOTIFICATION_BUSY_EVENT_LO_CHANGE 0x2
#define NOTIFICATION_BUSY_STATUS_NO_EVENT 0x0
#define NOTIFICATION_BUSY_STATUS_POWER 0x1
#define NOTIFICATION_BUSY_STATUS_IMMEDIATE 0x2
#define NOTIFICATION_BUSY_STATUS_DEFERRED 0x3

#define SECURITY_PROTOCOL_IEEE1667 0xEE

#define DVD_FORMAT_LEAD_IN 0x00
#define DVD_FORMAT_COPYRIGHT 0x01
#define DVD_FORMAT_DISK_KEY 0x02
#define DVD_FORMAT_BCA 0x03
#define DVD_FORMAT_MANUFACTURING 0x04
#define DVD_REPORT_AGID 0x00
#define DVD_CHALLENGE_KEY 0x01
#define DVD_KEY_1 0x02
#define DVD_KEY_2 0x03
#define DVD_TITLE_KEY 0x04
#define DVD_REPORT_ASF 0x05
#define DVD_INVALIDATE_AGID 0x3F

#define BLANK_FULL 0x0
#define BLANK_MINIMAL 0x1
#define BLANK_TRACK 0x2
#define BLANK_UNRESERVE_TRACK 0x3
#define BLANK_TAIL 0x4
#define BLANK_UNCLOSE_SESSION 0x5
#define BLANK_SESSION 0x6

#define CD_EXPECTED_SECTOR_ANY 0x0
#define CD_EXPECTED_SECTOR_CDDA 0x1
#define CD_EXPECTED_SECTOR_MODE1 0x2
#define CD_EXPECTED_SECTOR_MODE2 0x3
#define CD_EXPECTED_SECTOR_MODE2_FORM1 0x4
#define CD_EXPECTED_SECTOR_MODE2_FORM2 0x5

#define DISK_STATUS_EMPTY 0x00
#define DISK_STATUS_INCOMPLETE 0x01
#define DISK_STATUS_COMPLETE 0x02
#define DISK_STATUS_OTHERS 0x03

#define LAST_SESSION_EMPTY 0x00
#define LAST_SESSION_INCOMPLETE 0x01
#define LAST_SESSION_RESERVED_DAMAGED 0x02
#define LAST_SESSION_COMPLETE 0x03

#define DISK_TYPE_CDDA 0x00
#define DISK_TYPE_CDI 0x10
#define DISK_TYPE_XA 0x20
#define DISK_TYPE_UNDEFINED 0xFF

#define DISC_BGFORMAT_STATE_NONE 0x0
#define DISC_BGFORMAT_STATE_INCOMPLETE 0x1
#define DISC_BGFORMAT_STATE_RUNNING 0x2
#define DISC_BGFORMAT_STATE_COMPLETE 0x3

#define DATA_BLOCK_MODE0 0x0
#define DATA_BLOCK_MODE1 0x1
#define DATA_BLOCK_MODE2 0x2

#define READ_TOC_FORMAT_TOC 0x00
#define READ_TOC_FORMAT_SESSION 0x01
#define READ_TOC_FORMAT_FULL_TOC 0x02
#define READ_TOC_FORMAT_PMA 0x03
#define READ_TOC_FORMAT_ATIP 0x04

#define CDDA_CHANNEL_MUTED 0x0
#define CDDA_CHANNEL_ZERO 0x1
#define CDDA_CHANNEL_ONE 0x2
#define CDDA_CHANNEL_TWO 0x4
#define CDDA_CHANNEL_THREE 0x8

#define CDVD_LMT_CADDY 0
#define CDVD_LMT_TRAY 1
#define CDVD_LMT_POPUP 2
#define CDVD_LMT_RESERVED1 3
#define CDVD_LMT_CHANGER_INDIVIDUAL 4
#define CDVD_LMT_CHANGER_CARTRIDGE 5
#define CDVD_LMT_RESERVED2 6
#define CDVD_LMT_RESERVED3 7

#define LOADING_MECHANISM_CADDY 0x00
#define LOADING_MECHANISM_TRAY 0x01
#define LOADING_MECHANISM_POPUP 0x02
#define LOADING_MECHANISM_INDIVIDUAL_CHANGER 0x04
#define LOADING_MECHANISM_CARTRIDGE_CHANGER 0x05

#define CDROM_AUDIO_CONTROL_PAGE 0x0E

#define GET_LAST_SESSION 0x01
#define GET_SESSION_DATA 0x02

#define INQUIRYDATABUFFERSIZE 36

typedef struct _NOTIFICATION_EVENT_STATUS_HEADER {
    UCHAR EventDataLength[2], NotificationClass : 3, Reserved : 4, NEA : 1, SupportedEventClasses, ClassEventData[];
} NOTIFICATION_EVENT_STATUS_HEADER, *PNOTIFICATION_EVENT_STATUS_HEADER;

typedef struct _NOTIFICATION_OPERATIONAL_STATUS {
    UCHAR OperationalEvent : 4, Reserved1 : 4, OperationalStatus : 4, Reserved2 : 3, PersistentPrevented : 1;
    UCHAR Operation[2];
} NOTIFICATION_OPERATIONAL_STATUS, *PNOTIFICATION_OPERATIONAL_STATUS;

typedef struct _NOTIFICATION_POWER_STATUS {
    UCHAR PowerEvent : 4, Reserved : 4, PowerStatus, Reserved2[2];
} NOTIFICATION_POWER_STATUS, *PNOTIFICATION_POWER_STATUS;

typedef struct _NOTIFICATION_EXTERNAL_STATUS {
    UCHAR ExternalEvent : 4, Reserved1 : 4, ExternalStatus : 4, Reserved2 : 3, PersistentPrevented : 1, Request[2];
} NOTIFICATION_EXTERNAL_STATUS, *PNOTIFICATION_EXTERNAL_STATUS;

typedef struct _NOTIFICATION_MEDIA_STATUS {
    UCHAR MediaEvent : 4, Reserved : 4;
    union {
        UCHAR PowerStatus, MediaStatus;
        struct {
            UCHAR DoorTrayOpen : 1, MediaPresent : 1, ReservedX : 6;
        };
    };
    UCHAR StartSlot, EndSlot;
} NOTIFICATION_MEDIA_STATUS, *PNOTIFICATION_MEDIA_STATUS;

typedef struct _NOTIFICATION_MULTI_HOST_STATUS {
    UCHAR MultiHostEvent : 4, Reserved1 : 4, MultiHostStatus : 4, Reserved2 : 3, PersistentPrevented : 1, Priority[2];
} NOTIFICATION_MULTI_HOST_STATUS, *PNOTIFICATION_MULTI_HOST_STATUS;

typedef struct _NOTIFICATION_BUSY_STATUS {
    UCHAR DeviceBusyEvent : 4, Reserved : 4, DeviceBusyStatus, Time[2];
} NOTIFICATION_BUSY_STATUS, *PNOTIFICATION_BUSY_STATUS;

typedef struct _SUPPORTED_SECURITY_PROTOCOLS_PARAMETER_DATA {
    UCHAR Reserved1[6], SupportedSecurityListLength[2], SupportedSecurityProtocol[];
} SUPPORTED_SECURITY_PROTOCOLS_PARAMETER_DATA, *PSUPPORTED_SECURITY_PROTOCOLS_PARAMETER_DATA;

typedef struct _READ_DVD_STRUCTURES_HEADER {
    UCHAR Length[2], Reserved[2], Data[];
} READ_DVD_STRUCTURES_HEADER, *PREAD_DVD_STRUCTURES_HEADER;

typedef struct _CDVD_KEY_HEADER {
    UCHAR DataLength[2], Reserved[2], Data[];
} CDVD_KEY_HEADER, *PCDVD_KEY_HEADER;

typedef struct _CDVD_REPORT_AGID_DATA {
    UCHAR Reserved1[3], Reserved2 : 6, AGID : 2;
} CDVD_REPORT_AGID_DATA, *PCDVD_REPORT_AGID_DATA;

typedef struct _CDVD_CHALLENGE_KEY_DATA {
    UCHAR ChallengeKeyValue[10], Reserved[2];
} CDVD_CHALLENGE_KEY_DATA, *PCDVD_CHALLENGE_KEY_DATA;

typedef struct _CDVD_KEY_DATA {
    UCHAR Key[5], Reserved[3];
} CDVD_KEY_DATA, *PCDVD_KEY_DATA;

typedef struct _CDVD_REPORT_ASF_DATA {
    UCHAR Reserved1[3], Success : 1, Reserved2 : 7;
} CDVD_REPORT_ASF_DATA, *PCDVD_REPORT_ASF_DATA;

typedef struct _CDVD_TITLE_KEY_HEADER {
    UCHAR DataLength[2], Reserved1[1], Reserved2 : 3, CGMS : 2, CP_SEC : 1, CPM : 1, Zero : 1;
    CDVD_KEY_DATA TitleKey;
} CDVD_TITLE_KEY_HEADER, *PCDVD_TITLE_KEY_HEADER;

typedef struct _FORMAT_DESCRIPTOR {
    UCHAR NumberOfBlocks[4], FormatSubType : 2, FormatType : 6, BlockLength[3];
} FORMAT_DESCRIPTOR, *PFORMAT_DESCRIPTOR;

typedef struct _FORMAT_LIST_HEADER {
    UCHAR Reserved, VendorSpecific : 1, Immediate : 1, TryOut : 1, IP : 1, STPF : 1, DCRT : 1, DPRY : 1, FOV : 1;
    UCHAR FormatDescriptorLength[2];
    FORMAT_DESCRIPTOR Descriptors[];
} FORMAT_LIST_HEADER, *PFORMAT_LIST_HEADER;

typedef struct _FORMATTED_CAPACITY_DESCRIPTOR {
    UCHAR NumberOfBlocks[4], Maximum : 1, Valid : 1, FormatType : 6, BlockLength[3];
} FORMATTED_CAPACITY_DESCRIPTOR, *PFORMATTED_CAPACITY_DESCRIPTOR;

typedef struct _FORMATTED_CAPACITY_LIST {
    UCHAR Reserved[3], CapacityListLength;
    FORMATTED_CAPACITY_DESCRIPTOR Descriptors[];
} FORMATTED_CAPACITY_LIST, *PFORMATTED_CAPACITY_LIST;

typedef struct _OPC_TABLE_ENTRY {
    UCHAR Speed[2], OPCValue[6];
} OPC_TABLE_ENTRY, *POPC_TABLE_ENTRY;

typedef struct _DISC_INFORMATION {
    UCHAR Length[2], DiscStatus : 2, LastSessionStatus : 2, Erasable : 1, Reserved1 : 3, FirstTrackNumber;
    UCHAR NumberOfSessionsLsb, LastSessionFirstTrackLsb, LastSessionLastTrackLsb, MrwStatus : 2, MrwDirtyBit : 1;
    UCHAR Reserved2 : 2, URU : 1, DBC_V : 1, DID_V : 1, DiscType, NumberOfSessionsMsb, LastSessionFirstTrackMsb;
    UCHAR LastSessionLastTrackMsb, DiskIdentification[4], LastSessionLeadIn[4], LastPossibleLeadOutStartTime[4];
    UCHAR DiskBarCode[8], Reserved4, NumberOPCEntries;
    OPC_TABLE_ENTRY OPCTable[1];
} DISC_INFORMATION, *PDISC_INFORMATION;

typedef struct _DISK_INFORMATION {
    UCHAR Length[2], DiskStatus : 2, LastSessionStatus : 2, Erasable : 1, Reserved1 : 3, FirstTrackNumber;
    UCHAR NumberOfSessions, LastSessionFirstTrack, LastSessionLastTrack, Reserved2 : 5, GEN : 1, DBC_V : 1, DID_V : 1;
    UCHAR DiskType, Reserved3[3], DiskIdentification[4], LastSessionLeadIn[4], LastPossibleStartTime[4];
    UCHAR DiskBarCode[8], Reserved4, NumberOPCEntries;
    OPC_TABLE_ENTRY OPCTable[];
} DISK_INFORMATION, *PDISK_INFORMATION;

typedef struct _DATA_BLOCK_HEADER {
    UCHAR DataMode, Reserved[4];
    union {
        UCHAR LogicalBlockAddress[4];
        struct {
            UCHAR Reserved, M, S, F;
        } MSF;
    };
} DATA_BLOCK_HEADER, *PDATA_BLOCK_HEADER;

typedef struct _TRACK_INFORMATION {
    UCHAR Length[2], TrackNumber, SessionNumber, Reserved1, TrackMode : 4, Copy : 1, Damage : 1, Reserved2 : 2;
    UCHAR DataMode : 4, FP : 1, Packet : 1, Blank : 1, RT : 1, NWA_V : 1, Reserved3 : 7, TrackStartAddress[4];
    UCHAR NextWritableAddress[4], FreeBlocks[4], FixedPacketSize[4];
} TRACK_INFORMATION, *PTRACK_INFORMATION;

typedef struct _TRACK_INFORMATION2 {
    UCHAR Length[2], TrackNumberLsb, SessionNumberLsb, Reserved4, TrackMode : 4, Copy : 1, Damage : 1, Reserved5 : 2;
    UCHAR DataMode : 4, FixedPacket : 1, Packet : 1, Blank : 1, ReservedTrack : 1, NWA_V : 1, LRA_V : 1, Reserved6 : 6;
    UCHAR TrackStartAddress[4], NextWritableAddress[4], FreeBlocks[4], FixedPacketSize[4], TrackSize[4];
    UCHAR LastRecordedAddress[4], TrackNumberMsb, SessionNumberMsb, Reserved7[2];
} TRACK_INFORMATION2, *PTRACK_INFORMATION2;

typedef struct _TRACK_INFORMATION3 {
    UCHAR Length[2], TrackNumberLsb, SessionNumberLsb, Reserved4, TrackMode : 4, Copy : 1, Damage : 1, Reserved5 : 2;
    UCHAR DataMode : 4, FixedPacket : 1, Packet : 1, Blank : 1, ReservedTrack : 1, NWA_V : 1, LRA_V : 1, Reserved6 : 6;
    UCHAR TrackStartAddress[4], NextWritableAddress[4], FreeBlocks[4], FixedPacketSize[4], TrackSize[4];
    UCHAR LastRecordedAddress[4], TrackNumberMsb, SessionNumberMsb, Reserved7[2], ReadCompatibilityLba[4];
} TRACK_INFORMATION3, *PTRACK_INFORMATION3;

typedef struct _PERFORMANCE_DESCRIPTOR {
    UCHAR RandomAccess : 1, Exact : 1, RestoreDefaults : 1, WriteRotationControl : 2, Reserved1 : 3, Reserved[3];
    UCHAR StartLba[4], EndLba[4], ReadSize[4], ReadTime[4], WriteSize[4], WriteTime[4];
} PERFORMANCE_DESCRIPTOR, *PPERFORMANCE_DESCRIPTOR;

typedef struct _READ_BUFFER_CAPACITY_DATA {
    UCHAR DataLength[2], Reserved1, BlockDataReturned : 1, Reserved4 : 7, TotalBufferSize[4], AvailableBufferSize[4];
} READ_BUFFER_CAPACITY_DATA, *PREAD_BUFFER_CAPACITY_DATA;

typedef struct _MODE_CDROM_WRITE_PARAMETERS_PAGE2 {
    UCHAR PageCode : 6, Reserved : 1, PageSavable : 1, PageLength, WriteType : 4, TestWrite : 1, LinkSizeValid : 1;
    UCHAR BufferUnderrunFreeEnabled : 1, Reserved2 : 1, TrackMode : 4, Copy : 1, FixedPacket : 1, MultiSession : 2;
    UCHAR DataBlockType : 4, Reserved3 : 4, LinkSize, Reserved4, HostApplicationCode : 6, Reserved5 : 2, SessionFormat;
    UCHAR Reserved6, PacketSize[4], AudioPauseLength[2], MediaCatalogNumber[16], ISRC[16], SubHeaderData[4];
} MODE_CDROM_WRITE_PARAMETERS_PAGE2, *PMODE_CDROM_WRITE_PARAMETERS_PAGE2;

typedef struct _MODE_MRW_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PageSavable : 1, PageLength, Reserved1, LbaSpace : 1, Reserved2 : 7;
    UCHAR Reserved3[4];
} MODE_MRW_PAGE, *PMODE_MRW_PAGE;

typedef struct _CDDA_OUTPUT_PORT {
    UCHAR ChannelSelection : 4, Reserved : 4, Volume;
} CDDA_OUTPUT_PORT, *PCDDA_OUTPUT_PORT;

typedef struct _CDAUDIO_CONTROL_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PSBit : 1, PageLength, Reserved2 : 1, StopOnTrackCrossing : 1, Immediate : 1;
    UCHAR Reserved3 : 5, Reserved4[3], Obsolete[2];
    CDDA_OUTPUT_PORT CDDAOutputPorts[4];
} CDAUDIO_CONTROL_PAGE, *PCDAUDIO_CONTROL_PAGE;

typedef struct _CDVD_FEATURE_SET_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PSBit : 1, PageLength, CDAudio[2], EmbeddedChanger[2], PacketSMART[2];
    UCHAR PersistantPrevent[2], EventStatusNotification[2], DigitalOutput[2], CDSequentialRecordable[2];
    UCHAR DVDSequentialRecordable[2], RandomRecordable[2], KeyExchange[2], Reserved2[2];
} CDVD_FEATURE_SET_PAGE, *PCDVD_FEATURE_SET_PAGE;

typedef struct _CDVD_INACTIVITY_TIMEOUT_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PSBit : 1, PageLength, Reserved2[2], SWPP : 1, DISP : 1, Reserved3 : 6;
    UCHAR Reserved4, GroupOneMinimumTimeout[2], GroupTwoMinimumTimeout[2];
} CDVD_INACTIVITY_TIMEOUT_PAGE, *PCDVD_INACTIVITY_TIMEOUT_PAGE;

typedef struct _CDVD_CAPABILITIES_PAGE {
    UCHAR PageCode : 6, Reserved : 1, PSBit : 1, PageLength, CDRRead : 1, CDERead : 1, Method2 : 1, DVDROMRead : 1;
    UCHAR DVDRRead : 1, DVDRAMRead : 1, Reserved2 : 2, CDRWrite : 1, CDEWrite : 1, TestWrite : 1, Reserved3 : 1;
    UCHAR DVDRWrite : 1, DVDRAMWrite : 1, Reserved4 : 2, AudioPlay : 1, Composite : 1, DigitalPortOne : 1;
    UCHAR DigitalPortTwo : 1, Mode2Form1 : 1, Mode2Form2 : 1, MultiSession : 1, BufferUnderrunFree : 1, CDDA : 1;
    UCHAR CDDAAccurate : 1, RWSupported : 1, RWDeinterleaved : 1, C2Pointers : 1, ISRC : 1, UPC : 1;
    UCHAR ReadBarCodeCapable : 1, Lock : 1, LockState : 1, PreventJumper : 1, Eject : 1, Reserved6 : 1;
    UCHAR LoadingMechanismType : 3, SeparateVolume : 1, SeperateChannelMute : 1, SupportsDiskPresent : 1;
    UCHAR SWSlotSelection : 1, SideChangeCapable : 1, RWInLeadInReadable : 1, Reserved7 : 2;
    union {
        UCHAR ReadSpeedMaximum[2], ObsoleteReserved[2];
    };
    UCHAR NumberVolumeLevels[2], BufferSize[2];
    union {
        UCHAR ReadSpeedCurrent[2], ObsoleteReserved2[2];
    };
    UCHAR ObsoleteReserved3, Reserved8 : 1, BCK : 1, RCK : 1, LSBF : 1, Length : 2, Reserved9 : 2;
    union {
        UCHAR WriteSpeedMaximum[2], ObsoleteReserved4[2];
    };
    union {
        UCHAR WriteSpeedCurrent[2], ObsoleteReserved11[2];
    };
    union {
        UCHAR CopyManagementRevision[2], Reserved10[2];
    };
} CDVD_CAPABILITIES_PAGE, *PCDVD_CAPABILITIES_PAGE;

typedef struct _PORT_OUTPUT {
    UCHAR ChannelSelection, Volume;
} PORT_OUTPUT, *PPORT_OUTPUT;

typedef struct _AUDIO_OUTPUT {
    UCHAR CodePage, ParameterLength, Immediate, Reserved[2], LbaFormat, LogicalBlocksPerSecond[2];
    PORT_OUTPUT PortOutput[4];
} AUDIO_OUTPUT, *PAUDIO_OUTPUT;

typedef struct _MECHANICAL_STATUS_INFORMATION_HEADER {
    UCHAR CurrentSlot : 5, ChangerState : 2, Fault : 1, Reserved : 5, MechanismState : 3;
    UCHAR CurrentLogicalBlockAddress[3], NumberAvailableSlots, SlotTableLength[2];
} MECHANICAL_STATUS_INFORMATION_HEADER, *PMECHANICAL_STATUS_INFORMATION_HEADER;

typedef struct _SLOT_TABLE_INFORMATION {
    UCHAR DiscChanged : 1, Reserved : 6, DiscPresent : 1, Reserved2[3];
} SLOT_TABLE_INFORMATION, *PSLOT_TABLE_INFORMATION;

typedef struct _MECHANICAL_STATUS {
    MECHANICAL_STATUS_INFORMATION_HEADER MechanicalStatusHeader;
    SLOT_TABLE_INFORMATION SlotTableInfo[1];
} MECHANICAL_STATUS, *PMECHANICAL_STATUS;

typedef struct _MODE_CDROM_WRITE_PARAMETERS_PAGE {
    UCHAR PageLength, WriteType : 4, TestWrite : 1, LinkSizeValid : 1, BufferUnderrunFreeEnabled : 1, Reserved2 : 1;
    UCHAR TrackMode : 4, Copy : 1, FixedPacket : 1, MultiSession : 2, DataBlockType : 4, Reserved3 : 4, LinkSize;
    UCHAR Reserved4, HostApplicationCode : 6, Reserved5 : 2, SessionFormat, Reserved6, PacketSize[4];
    UCHAR AudioPauseLength[2], Reserved7 : 7, MediaCatalogNumberValid : 1, MediaCatalogNumber[13];
    UCHAR MediaCatalogNumberZero, MediaCatalogNumberAFrame, Reserved8 : 7, ISRCValid : 1, ISRCCountry[2], ISRCOwner[3];
    UCHAR ISRCRecordingYear[2], ISRCSerialNumber[5], ISRCZero, ISRCAFrame, ISRCReserved, SubHeaderData[4];
} MODE_CDROM_WRITE_PARAMETERS_PAGE, *PMODE_CDROM_WRITE_PARAMETERS_PAGE;

#pragma pack(pop)

#endif
