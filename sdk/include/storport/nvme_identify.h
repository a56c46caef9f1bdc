/* What Identify asks for, and what an NVM Express controller and its namespaces say of themselves.
 * docs: nvme/ns-nvme-nvme_identify_controller_data */
#ifndef RING3_STORPORT_NVME_IDENTIFY_H
#define RING3_STORPORT_NVME_IDENTIFY_H

#include <ntdef.h>
#include <ring3/layout.h>

#define NVME_IDENTIFY_CNS_DESCRIPTOR_NAMESPACE_SIZE 0x1000

typedef union {
    struct {
        ULONG SQID : 8, CID : 16;
    };
    ULONG AsUlong;
} NVME_CDW10_ABORT, *PNVME_CDW10_ABORT;

typedef enum {
    NVME_IDENTIFY_CNS_SPECIFIC_NAMESPACE = 0, NVME_IDENTIFY_CNS_CONTROLLER = 1, NVME_IDENTIFY_CNS_ACTIVE_NAMESPACES = 2,
    NVME_IDENTIFY_CNS_DESCRIPTOR_NAMESPACE = 3, NVME_IDENTIFY_CNS_NVM_SET = 4, NVME_IDENTIFY_CNS_SPECIFIC_NAMESPACE_IO_COMMAND_SET = 5,
    NVME_IDENTIFY_CNS_SPECIFIC_CONTROLLER_IO_COMMAND_SET = 6, NVME_IDENTIFY_CNS_ACTIVE_NAMESPACE_LIST_IO_COMMAND_SET = 7,
    NVME_IDENTIFY_CNS_ALLOCATED_NAMESPACE_LIST = 0x10, NVME_IDENTIFY_CNS_ALLOCATED_NAMESPACE = 0x11,
    NVME_IDENTIFY_CNS_CONTROLLER_LIST_OF_NSID = 0x12, NVME_IDENTIFY_CNS_CONTROLLER_LIST_OF_NVM_SUBSYSTEM = 0x13,
    NVME_IDENTIFY_CNS_PRIMARY_CONTROLLER_CAPABILITIES = 0x14, NVME_IDENTIFY_CNS_SECONDARY_CONTROLLER_LIST = 0x15,
    NVME_IDENTIFY_CNS_NAMESPACE_GRANULARITY_LIST = 0x16, NVME_IDENTIFY_CNS_UUID_LIST = 0x17, NVME_IDENTIFY_CNS_DOMAIN_LIST = 0x18,
    NVME_IDENTIFY_CNS_ENDURANCE_GROUP_LIST = 0x19, NVME_IDENTIFY_CNS_ALLOCATED_NAMSPACE_LIST_IO_COMMAND_SET = 0x1A,
    NVME_IDENTIFY_CNS_ALLOCATED_NAMESPACE_IO_COMMAND_SET = 0x1B, NVME_IDENTIFY_CNS_IO_COMMAND_SET = 0x1C
} NVME_IDENTIFY_CNS_CODES;

typedef enum {
    NVME_COMMAND_SET_NVM = 0, NVME_COMMAND_SET_KEY_VALUE = 1, NVME_COMMAND_SET_ZONED_NAMESPACE = 2
} NVME_COMMAND_SET_IDENTIFIERS;

typedef union {
    struct {
        ULONG CNS : 8, Reserved : 8, CNTID : 16;
    };
    ULONG AsUlong;
} NVME_CDW10_IDENTIFY, *PNVME_CDW10_IDENTIFY;

typedef union {
    struct {
        USHORT NVMSETID, Reserved;
    };
    struct {
        ULONG CNSID : 16, Reserved2 : 8, CSI : 8;
    };
    ULONG AsUlong;
} NVME_CDW11_IDENTIFY, *PNVME_CDW11_IDENTIFY;

typedef union {
    struct {
        USHORT MS;
        UCHAR LBADS, RP : 2, Reserved0 : 6;
    };
    ULONG AsUlong;
} NVME_LBA_FORMAT, *PNVME_LBA_FORMAT;

typedef union {
    struct {
        UCHAR PersistThroughPowerLoss : 1, WriteExclusiveReservation : 1, ExclusiveAccessReservation : 1,
            WriteExclusiveRegistrantsOnlyReservation : 1, ExclusiveAccessRegistrantsOnlyReservation : 1,
            WriteExclusiveAllRegistrantsReservation : 1, ExclusiveAccessAllRegistrantsReservation : 1, Reserved : 1;
    };
    UCHAR AsUchar;
} NVM_RESERVATION_CAPABILITIES, *PNVME_RESERVATION_CAPABILITIES;

typedef struct {
    ULONGLONG NSZE, NCAP, NUSE;
    struct {
        UCHAR ThinProvisioning : 1, NameSpaceAtomicWriteUnit : 1, DeallocatedOrUnwrittenError : 1, SkipReuseUI : 1, NameSpaceIoOptimization : 1,
            Reserved : 3;
    } NSFEAT;
    UCHAR NLBAF;
    struct {
        UCHAR LbaFormatIndex : 4, MetadataInExtendedDataLBA : 1, Reserved : 3;
    } FLBAS;
    struct {
        UCHAR MetadataInExtendedDataLBA : 1, MetadataInSeparateBuffer : 1, Reserved : 6;
    } MC;
    struct {
        UCHAR ProtectionInfoType1 : 1, ProtectionInfoType2 : 1, ProtectionInfoType3 : 1, InfoAtBeginningOfMetadata : 1, InfoAtEndOfMetadata : 1,
            Reserved : 3;
    } DPC;
    struct {
        UCHAR ProtectionInfoTypeEnabled : 3, InfoAtBeginningOfMetadata : 1, Reserved : 4;
    } DPS;
    struct {
        UCHAR SharedNameSpace : 1, Reserved : 7;
    } NMIC;
    NVM_RESERVATION_CAPABILITIES RESCAP;
    struct {
        UCHAR PercentageRemained : 7, Supported : 1;
    } FPI;
    struct {
        UCHAR ReadBehavior : 3, WriteZeroes : 1, GuardFieldWithCRC : 1, Reserved : 3;
    } DLFEAT;
    USHORT NAWUN, NAWUPF, NACWU, NABSN, NABO, NABSPF, NOIOB;
    UCHAR NVMCAP[16];
    USHORT NPWG, NPWA, NPDG, NPDA, NOWS, MSSRL;
    ULONG MCL;
    UCHAR MSRC, Reserved2[11];
    ULONG ANAGRPID;
    UCHAR Reserved3[3];
    struct {
        UCHAR WriteProtected : 1, Reserved : 7;
    } NSATTR;
    USHORT NVMSETID, ENDGID;
    UCHAR NGUID[16], EUI64[8];
    NVME_LBA_FORMAT LBAF[16];
    UCHAR Reserved4[192], VS[3712];
} NVME_IDENTIFY_NAMESPACE_DATA, *PNVME_IDENTIFY_NAMESPACE_DATA;

typedef struct {
    USHORT MP;
    UCHAR Reserved0, MPS : 1, NOPS : 1, Reserved1 : 6;
    ULONG ENLAT, EXLAT;
    UCHAR RRT : 5, Reserved2 : 3, RRL : 5, Reserved3 : 3, RWT : 5, Reserved4 : 3, RWL : 5, Reserved5 : 3;
    USHORT IDLP;
    UCHAR Reserved6 : 6, IPS : 2, Reserved7;
    USHORT ACTP;
    UCHAR APW : 3, Reserved8 : 3, APS : 2, Reserved9[9];
} NVME_POWER_STATE_DESC, *PNVME_POWER_STATE_DESC;

typedef struct {
    USHORT VID, SSVID;
    UCHAR SN[20], MN[40], FR[8], RAB, IEEE[3];
    struct {
        UCHAR MultiPCIePorts : 1, MultiControllers : 1, SRIOV : 1, Reserved : 5;
    } CMIC;
    UCHAR MDTS;
    USHORT CNTLID;
    ULONG VER, RTD3R, RTD3E;
    struct {
        ULONG Reserved0 : 8, NamespaceAttributeChanged : 1, FirmwareActivation : 1, Reserved1 : 1, AsymmetricAccessChanged : 1,
            PredictableLatencyAggregateLogChanged : 1, LbaStatusChanged : 1, EnduranceGroupAggregateLogChanged : 1, Reserved2 : 12,
            ZoneInformation : 1, Reserved3 : 4;
    } OAES;
    struct {
        ULONG HostIdentifier128Bit : 1, NOPSPMode : 1, NVMSets : 1, ReadRecoveryLevels : 1, EnduranceGroups : 1, PredictableLatencyMode : 1,
            TBKAS : 1, NamespaceGranularity : 1, SQAssociations : 1, UUIDList : 1, Reserved0 : 22;
    } CTRATT;
    struct {
        USHORT ReadRecoveryLevel0 : 1, ReadRecoveryLevel1 : 1, ReadRecoveryLevel2 : 1, ReadRecoveryLevel3 : 1, ReadRecoveryLevel4 : 1,
            ReadRecoveryLevel5 : 1, ReadRecoveryLevel6 : 1, ReadRecoveryLevel7 : 1, ReadRecoveryLevel8 : 1, ReadRecoveryLevel9 : 1,
            ReadRecoveryLevel10 : 1, ReadRecoveryLevel11 : 1, ReadRecoveryLevel12 : 1, ReadRecoveryLevel13 : 1, ReadRecoveryLevel14 : 1,
            ReadRecoveryLevel15 : 1;
    } RRLS;
    UCHAR Reserved0[9], CNTRLTYPE, FGUID[16];
    USHORT CRDT1, CRDT2, CRDT3;
    UCHAR Reserved0_1[106], ReservedForManagement[16];
    struct {
        USHORT SecurityCommands : 1, FormatNVM : 1, FirmwareCommands : 1, NamespaceCommands : 1, DeviceSelfTest : 1, Directives : 1,
            NVMeMICommands : 1, VirtualizationMgmt : 1, DoorBellBufferConfig : 1, GetLBAStatus : 1, Reserved : 6;
    } OACS;
    UCHAR ACL, AERL;
    struct {
        UCHAR Slot1ReadOnly : 1, SlotCount : 3, ActivationWithoutReset : 1, Reserved : 3;
    } FRMW;
    struct {
        UCHAR SmartPagePerNamespace : 1, CommandEffectsLog : 1, LogPageExtendedData : 1, TelemetrySupport : 1, PersistentEventLog : 1,
            Reserved0 : 1, TelemetryDataArea4 : 1, Reserved1 : 1;
    } LPA;
    UCHAR ELPE, NPSS;
    struct {
        UCHAR CommandFormatInSpec : 1, Reserved : 7;
    } AVSCC;
    struct {
        UCHAR Supported : 1, Reserved : 7;
    } APSTA;
    USHORT WCTEMP, CCTEMP, MTFA;
    ULONG HMPRE, HMMIN;
    UCHAR TNVMCAP[16], UNVMCAP[16];
    struct {
        ULONG RPMBUnitCount : 3, AuthenticationMethod : 3, Reserved0 : 10, TotalSize : 8, AccessSize : 8;
    } RPMBS;
    USHORT EDSTT;
    UCHAR DSTO, FWUG;
    USHORT KAS;
    struct {
        USHORT Supported : 1, Reserved : 15;
    } HCTMA;
    USHORT MNTMT, MXTMT;
    struct {
        ULONG CryptoErase : 1, BlockErase : 1, Overwrite : 1, Reserved : 26, NDI : 1, NODMMAS : 2;
    } SANICAP;
    ULONG HMMINDS;
    USHORT HMMAXD, NSETIDMAX, ENDGIDMAX;
    UCHAR ANATT;
    struct {
        UCHAR OptimizedState : 1, NonOptimizedState : 1, InaccessibleState : 1, PersistentLossState : 1, ChangeState : 1, Reserved : 1,
            StaticANAGRPID : 1, SupportNonZeroANAGRPID : 1;
    } ANACAP;
    ULONG ANAGRPMAX, NANAGRPID, PELS;
    UCHAR Reserved1[156];
    struct {
        UCHAR RequiredEntrySize : 4, MaxEntrySize : 4;
    } SQES;
    struct {
        UCHAR RequiredEntrySize : 4, MaxEntrySize : 4;
    } CQES;
    USHORT MAXCMD;
    ULONG NN;
    struct {
        USHORT Compare : 1, WriteUncorrectable : 1, DatasetManagement : 1, WriteZeroes : 1, FeatureField : 1, Reservations : 1, Timestamp : 1,
            Verify : 1, Reserved : 8;
    } ONCS;
    struct {
        USHORT CompareAndWrite : 1, Reserved : 15;
    } FUSES;
    struct {
        UCHAR FormatApplyToAll : 1, SecureEraseApplyToAll : 1, CryptographicEraseSupported : 1, FormatSupportNSIDAllF : 1, Reserved : 4;
    } FNA;
    struct {
        UCHAR Present : 1, FlushBehavior : 2, Reserved : 5;
    } VWC;
    USHORT AWUN, AWUPF;
    struct {
        UCHAR CommandFormatInSpec : 1, Reserved : 7;
    } NVSCC;
    struct {
        UCHAR WriteProtect : 1, UntilPowerCycle : 1, Permanent : 1, Reserved : 5;
    } NWPC;
    USHORT ACWU;
    UCHAR Reserved4[2];
    struct {
        ULONG SGLSupported : 2, KeyedSGLData : 1, Reserved0 : 13, BitBucketDescrSupported : 1, ByteAlignedContiguousPhysicalBuffer : 1,
            SGLLengthLargerThanDataLength : 1, MPTRSGLDescriptor : 1, AddressFieldSGLDataBlock : 1, TransportSGLData : 1, Reserved1 : 10;
    } SGLS;
    ULONG MNAN;
    UCHAR Reserved6[224], SUBNQN[256], Reserved7[768], Reserved8[256];
    NVME_POWER_STATE_DESC PDS[32];
    UCHAR VS[1024];
} NVME_IDENTIFY_CONTROLLER_DATA, *PNVME_IDENTIFY_CONTROLLER_DATA;

typedef enum {
    NVME_IDENTIFIER_TYPE_EUI64 = 1, NVME_IDENTIFIER_TYPE_NGUID = 2, NVME_IDENTIFIER_TYPE_UUID = 3, NVME_IDENTIFIER_TYPE_CSI = 4
} NVME_IDENTIFIER_TYPE;

typedef enum {
    NVME_IDENTIFIER_TYPE_EUI64_LENGTH = 8, NVME_IDENTIFIER_TYPE_NGUID_LENGTH = 0x10, NVME_IDENTIFIER_TYPE_UUID_LENGTH = 0x10,
    NVME_IDENTIFIER_TYPE_CSI_LENGTH = 1
} NVME_IDENTIFIER_TYPE_LENGTH;

typedef struct {
    UCHAR NIDT, NIDL, Reserved[2], NID[1];
} NVME_IDENTIFY_NAMESPACE_DESCRIPTOR, *PNVME_IDENTIFY_NAMESPACE_DESCRIPTOR;

typedef struct {
    USHORT Identifier, ENDGID;
    ULONG Reserved1, Random4KBReadTypical, OptimalWriteSize;
    UCHAR TotalCapacity[16], UnallocatedCapacity[16], Reserved2[80];
} NVME_SET_ATTRIBUTES_ENTRY, *PNVME_SET_ATTRIBUTES_ENTRY;

typedef struct {
    UCHAR IdentifierCount, Reserved[127];
    NVME_SET_ATTRIBUTES_ENTRY Entry[1];
} NVM_SET_LIST, *PNVM_SET_LIST;

typedef struct {
    ULONGLONG ZoneSize;
    UCHAR ZDES, Reserved[7];
} NVME_LBA_ZONE_FORMAT, *PNVME_LBA_ZONE_FORMAT;

typedef struct {
    struct {
        USHORT VariableZoneCapacity : 1, ZoneExcursions : 1, Reserved : 14;
    } ZOC;
    struct {
        USHORT ReadAcrossZoneBoundaries : 1, Reserved : 15;
    } OZCS;
    ULONG MAR, MOR, RRL, FRL;
    UCHAR Reserved0[2796];
    NVME_LBA_ZONE_FORMAT LBAEF[16];
    UCHAR Reserved1[768], VS[256];
} NVME_IDENTIFY_SPECIFIC_NAMESPACE_IO_COMMAND_SET, *PNVME_IDENTIFY_SPECIFIC_NAMESPACE_IO_COMMAND_SET;

typedef struct {
    UCHAR VSL, WZSL, WUSL, DMRL;
    ULONG DMRSL;
    ULONGLONG DMSL;
    UCHAR Reserved[4080];
} NVME_IDENTIFY_NVM_SPECIFIC_CONTROLLER_IO_COMMAND_SET, *PNVME_IDENTIFY_NVM_SPECIFIC_CONTROLLER_IO_COMMAND_SET;

typedef struct {
    UCHAR ZASL, Reserved[4095];
} NVME_IDENTIFY_ZNS_SPECIFIC_CONTROLLER_IO_COMMAND_SET, *PNVME_IDENTIFY_ZNS_SPECIFIC_CONTROLLER_IO_COMMAND_SET;

typedef struct {
    USHORT NumberOfIdentifiers, ControllerID[2047];
} NVME_CONTROLLER_LIST, *PNVME_CONTROLLER_LIST;

typedef struct {
    ULONGLONG IOCommandSetVector[512];
} NVME_IDENTIFY_IO_COMMAND_SET, *PNVME_IDENTIFY_IO_COMMAND_SET;

RING3_SIZE(NVME_CDW10_ABORT, 4);
RING3_SIZE(NVME_CDW10_IDENTIFY, 4);
RING3_SIZE(NVME_CDW11_IDENTIFY, 4);
RING3_SIZE(NVME_LBA_FORMAT, 4);
RING3_SIZE(NVM_RESERVATION_CAPABILITIES, 1);
RING3_SIZE(NVME_IDENTIFY_NAMESPACE_DATA, 4096);
RING3_SIZE(NVME_POWER_STATE_DESC, 32);
RING3_SIZE(NVME_IDENTIFY_CONTROLLER_DATA, 4096);
RING3_SIZE(NVME_IDENTIFY_NAMESPACE_DESCRIPTOR, 5);
RING3_SIZE(NVME_SET_ATTRIBUTES_ENTRY, 128);
RING3_SIZE(NVM_SET_LIST, 256);
RING3_SIZE(NVME_LBA_ZONE_FORMAT, 16);
RING3_SIZE(NVME_IDENTIFY_SPECIFIC_NAMESPACE_IO_COMMAND_SET, 4096);
RING3_SIZE(NVME_IDENTIFY_NVM_SPECIFIC_CONTROLLER_IO_COMMAND_SET, 4096);
RING3_SIZE(NVME_IDENTIFY_ZNS_SPECIFIC_CONTROLLER_IO_COMMAND_SET, 4096);
RING3_SIZE(NVME_CONTROLLER_LIST, 4096);
RING3_SIZE(NVME_IDENTIFY_IO_COMMAND_SET, 4096);

#endif
