/* What an ATA or ATAPI device says of itself, in the words of the ATA command set. docs: ata/ns-ata-_identify_device_data */
#ifndef RING3_STORPORT_ATA_IDENTIFY_H
#define RING3_STORPORT_ATA_IDENTIFY_H

#include <ntdef.h>
#include <ring3/layout.h>

#pragma pack(push, 1)

typedef struct _IDENTIFY_DEVICE_DATA {
    struct {
        USHORT Reserved1 : 1, Retired3 : 1, ResponseIncomplete : 1, Retired2 : 3, FixedDevice : 1, RemovableMedia : 1;
        USHORT Retired1 : 7, DeviceType : 1;
    } GeneralConfiguration;
    USHORT NumCylinders, SpecificConfiguration, NumHeads, Retired1[2], NumSectorsPerTrack, VendorUnique1[3];
    UCHAR SerialNumber[20];
    USHORT Retired2[2], Obsolete1;
    UCHAR FirmwareRevision[8], ModelNumber[40], MaximumBlockTransfer, VendorUnique2;
    struct {
        USHORT FeatureSupported : 1, Reserved : 15;
    } TrustedComputing;
    struct {
        UCHAR CurrentLongPhysicalSectorAlignment : 2, ReservedByte49 : 6, DmaSupported : 1, LbaSupported : 1;
        UCHAR IordyDisable : 1, IordySupported : 1, Reserved1 : 1, StandybyTimerSupport : 1, Reserved2 : 2;
        USHORT ReservedWord50;
    } Capabilities;
    USHORT ObsoleteWords51[2], TranslationFieldsValid : 3, Reserved3 : 5, FreeFallControlSensitivity : 8;
    USHORT NumberOfCurrentCylinders, NumberOfCurrentHeads, CurrentSectorsPerTrack;
    ULONG CurrentSectorCapacity;
    UCHAR CurrentMultiSectorSetting, MultiSectorSettingValid : 1, ReservedByte59 : 3, SanitizeFeatureSupported : 1;
    UCHAR CryptoScrambleExtCommandSupported : 1, OverwriteExtCommandSupported : 1, BlockEraseExtCommandSupported : 1;
    ULONG UserAddressableSectors;
    USHORT ObsoleteWord62, MultiWordDMASupport : 8, MultiWordDMAActive : 8, AdvancedPIOModes : 8, ReservedByte64 : 8;
    USHORT MinimumMWXferCycleTime, RecommendedMWXferCycleTime, MinimumPIOCycleTime, MinimumPIOCycleTimeIORDY;
    struct {
        USHORT ZonedCapabilities : 2, NonVolatileWriteCache : 1, ExtendedUserAddressableSectorsSupported : 1;
        USHORT DeviceEncryptsAllUserData : 1, ReadZeroAfterTrimSupported : 1, Optional28BitCommandsSupported : 1;
        USHORT IEEE1667 : 1, DownloadMicrocodeDmaSupported : 1, SetMaxSetPasswordUnlockDmaSupported : 1;
        USHORT WriteBufferDmaSupported : 1, ReadBufferDmaSupported : 1, DeviceConfigIdentifySetDmaSupported : 1;
        USHORT LPSAERCSupported : 1, DeterministicReadAfterTrimSupported : 1, CFastSpecSupported : 1;
    } AdditionalSupported;
    USHORT ReservedWords70[5], QueueDepth : 5, ReservedWord75 : 11;
    struct {
        USHORT Reserved0 : 1, SataGen1 : 1, SataGen2 : 1, SataGen3 : 1, Reserved1 : 4, NCQ : 1, HIPM : 1;
        USHORT PhyEvents : 1, NcqUnload : 1, NcqPriority : 1, HostAutoPS : 1, DeviceAutoPS : 1, ReadLogDMA : 1;
        USHORT Reserved2 : 1, CurrentSpeed : 3, NcqStreaming : 1, NcqQueueMgmt : 1, NcqReceiveSend : 1;
        USHORT DEVSLPtoReducedPwrState : 1, Reserved3 : 8;
    } SerialAtaCapabilities;
    struct {
        USHORT Reserved0 : 1, NonZeroOffsets : 1, DmaSetupAutoActivate : 1, DIPM : 1, InOrderData : 1;
        USHORT HardwareFeatureControl : 1, SoftwareSettingsPreservation : 1, NCQAutosense : 1, DEVSLP : 1;
        USHORT HybridInformation : 1, Reserved1 : 6;
    } SerialAtaFeaturesSupported;
    struct {
        USHORT Reserved0 : 1, NonZeroOffsets : 1, DmaSetupAutoActivate : 1, DIPM : 1, InOrderData : 1;
        USHORT HardwareFeatureControl : 1, SoftwareSettingsPreservation : 1, DeviceAutoPS : 1, DEVSLP : 1;
        USHORT HybridInformation : 1, Reserved1 : 6;
    } SerialAtaFeaturesEnabled;
    USHORT MajorRevision, MinorRevision;
    struct {
        USHORT SmartCommands : 1, SecurityMode : 1, RemovableMediaFeature : 1, PowerManagement : 1, Reserved1 : 1;
        USHORT WriteCache : 1, LookAhead : 1, ReleaseInterrupt : 1, ServiceInterrupt : 1, DeviceReset : 1;
        USHORT HostProtectedArea : 1, Obsolete1 : 1, WriteBuffer : 1, ReadBuffer : 1, Nop : 1, Obsolete2 : 1;
        USHORT DownloadMicrocode : 1, DmaQueued : 1, Cfa : 1, AdvancedPm : 1, Msn : 1, PowerUpInStandby : 1;
        USHORT ManualPowerUp : 1, Reserved2 : 1, SetMax : 1, Acoustics : 1, BigLba : 1, DeviceConfigOverlay : 1;
        USHORT FlushCache : 1, FlushCacheExt : 1, WordValid83 : 2, SmartErrorLog : 1, SmartSelfTest : 1;
        USHORT MediaSerialNumber : 1, MediaCardPassThrough : 1, StreamingFeature : 1, GpLogging : 1, WriteFua : 1;
        USHORT WriteQueuedFua : 1, WWN64Bit : 1, URGReadStream : 1, URGWriteStream : 1, ReservedForTechReport : 2;
        USHORT IdleWithUnloadFeature : 1, WordValid : 2;
    } CommandSetSupport;
    struct {
        USHORT SmartCommands : 1, SecurityMode : 1, RemovableMediaFeature : 1, PowerManagement : 1, Reserved1 : 1;
        USHORT WriteCache : 1, LookAhead : 1, ReleaseInterrupt : 1, ServiceInterrupt : 1, DeviceReset : 1;
        USHORT HostProtectedArea : 1, Obsolete1 : 1, WriteBuffer : 1, ReadBuffer : 1, Nop : 1, Obsolete2 : 1;
        USHORT DownloadMicrocode : 1, DmaQueued : 1, Cfa : 1, AdvancedPm : 1, Msn : 1, PowerUpInStandby : 1;
        USHORT ManualPowerUp : 1, Reserved2 : 1, SetMax : 1, Acoustics : 1, BigLba : 1, DeviceConfigOverlay : 1;
        USHORT FlushCache : 1, FlushCacheExt : 1, Resrved3 : 1, Words119_120Valid : 1, SmartErrorLog : 1;
        USHORT SmartSelfTest : 1, MediaSerialNumber : 1, MediaCardPassThrough : 1, StreamingFeature : 1;
        USHORT GpLogging : 1, WriteFua : 1, WriteQueuedFua : 1, WWN64Bit : 1, URGReadStream : 1, URGWriteStream : 1;
        USHORT ReservedForTechReport : 2, IdleWithUnloadFeature : 1, Reserved4 : 2;
    } CommandSetActive;
    USHORT UltraDMASupport : 8, UltraDMAActive : 8;
    struct {
        USHORT TimeRequired : 15, ExtendedTimeReported : 1;
    } NormalSecurityEraseUnit;
    struct {
        USHORT TimeRequired : 15, ExtendedTimeReported : 1;
    } EnhancedSecurityEraseUnit;
    USHORT CurrentAPMLevel : 8, ReservedWord91 : 8, MasterPasswordID, HardwareResetResult, CurrentAcousticValue : 8;
    USHORT RecommendedAcousticValue : 8, StreamMinRequestSize, StreamingTransferTimeDMA, StreamingAccessLatencyDMAPIO;
    ULONG StreamingPerfGranularity, Max48BitLBA[2];
    USHORT StreamingTransferTime, DsmCap;
    struct {
        USHORT LogicalSectorsPerPhysicalSector : 4, Reserved0 : 8, LogicalSectorLongerThan256Words : 1;
        USHORT MultipleLogicalSectorsPerPhysicalSector : 1, Reserved1 : 2;
    } PhysicalLogicalSectorSize;
    USHORT InterSeekDelay, WorldWideName[4], ReservedForWorldWideName128[4], ReservedForTlcTechnicalReport;
    USHORT WordsPerLogicalSector[2];
    struct {
        USHORT ReservedForDrqTechnicalReport : 1, WriteReadVerify : 1, WriteUncorrectableExt : 1;
        USHORT ReadWriteLogDmaExt : 1, DownloadMicrocodeMode3 : 1, FreefallControl : 1, SenseDataReporting : 1;
        USHORT ExtendedPowerConditions : 1, Reserved0 : 6, WordValid : 2;
    } CommandSetSupportExt;
    struct {
        USHORT ReservedForDrqTechnicalReport : 1, WriteReadVerify : 1, WriteUncorrectableExt : 1;
        USHORT ReadWriteLogDmaExt : 1, DownloadMicrocodeMode3 : 1, FreefallControl : 1, SenseDataReporting : 1;
        USHORT ExtendedPowerConditions : 1, Reserved0 : 6, Reserved1 : 2;
    } CommandSetActiveExt;
    USHORT ReservedForExpandedSupportandActive[6], MsnSupport : 2, ReservedWord127 : 14;
    struct {
        USHORT SecuritySupported : 1, SecurityEnabled : 1, SecurityLocked : 1, SecurityFrozen : 1;
        USHORT SecurityCountExpired : 1, EnhancedSecurityEraseSupported : 1, Reserved0 : 2, SecurityLevel : 1;
        USHORT Reserved1 : 7;
    } SecurityStatus;
    USHORT ReservedWord129[31];
    struct {
        USHORT MaximumCurrentInMA : 12, CfaPowerMode1Disabled : 1, CfaPowerMode1Required : 1, Reserved0 : 1;
        USHORT Word160Supported : 1;
    } CfaPowerMode1;
    USHORT ReservedForCfaWord161[7], NominalFormFactor : 4, ReservedWord168 : 12;
    struct {
        USHORT SupportsTrim : 1, Reserved0 : 15;
    } DataSetManagementFeature;
    USHORT AdditionalProductID[4], ReservedForCfaWord174[2], CurrentMediaSerialNumber[30];
    struct {
        USHORT Supported : 1, Reserved0 : 1, WriteSameSuported : 1, ErrorRecoveryControlSupported : 1;
        USHORT FeatureControlSuported : 1, DataTablesSuported : 1, Reserved1 : 6, VendorSpecific : 4;
    } SCTCommandTransport;
    USHORT ReservedWord207[2];
    struct {
        USHORT AlignmentOfLogicalWithinPhysical : 14, Word209Supported : 1, Reserved0 : 1;
    } BlockAlignment;
    USHORT WriteReadVerifySectorCountMode3Only[2], WriteReadVerifySectorCountMode2Only[2];
    struct {
        USHORT NVCachePowerModeEnabled : 1, Reserved0 : 3, NVCacheFeatureSetEnabled : 1, Reserved1 : 3;
        USHORT NVCachePowerModeVersion : 4, NVCacheFeatureSetVersion : 4;
    } NVCacheCapabilities;
    USHORT NVCacheSizeLSW, NVCacheSizeMSW, NominalMediaRotationRate, ReservedWord218;
    struct {
        UCHAR NVCacheEstimatedTimeToSpinUpInSeconds, Reserved;
    } NVCacheOptions;
    USHORT WriteReadVerifySectorCountMode : 8, ReservedWord220 : 8, ReservedWord221;
    struct {
        USHORT MajorVersion : 12, TransportType : 4;
    } TransportMajorVersion;
    USHORT TransportMinorVersion, ReservedWord224[6];
    ULONG ExtendedNumberOfUserAddressableSectors[2];
    USHORT MinBlocksPerDownloadMicrocodeMode03, MaxBlocksPerDownloadMicrocodeMode03, ReservedWord236[19];
    USHORT Signature : 8, CheckSum : 8;
} IDENTIFY_DEVICE_DATA, *PIDENTIFY_DEVICE_DATA;

typedef struct _IDENTIFY_PACKET_DATA {
    struct {
        USHORT PacketType : 2, IncompleteResponse : 1, Reserved1 : 2, DrqDelay : 2, RemovableMedia : 1;
        USHORT CommandPacketType : 5, Reserved2 : 1, DeviceType : 2;
    } GeneralConfiguration;
    USHORT ResevedWord1, UniqueConfiguration, ReservedWords3[7];
    UCHAR SerialNumber[20];
    USHORT ReservedWords20[3];
    UCHAR FirmwareRevision[8], ModelNumber[40];
    USHORT ReservedWords47[2];
    struct {
        USHORT VendorSpecific : 8, DmaSupported : 1, LbaSupported : 1, IordyDisabled : 1, IordySupported : 1;
        USHORT Obsolete : 1, OverlapSupported : 1, QueuedCommandsSupported : 1, InterleavedDmaSupported : 1;
        USHORT DeviceSpecificStandbyTimerValueMin : 1, Obsolete1 : 1, ReservedWord50 : 12, WordValid : 2;
    } Capabilities;
    USHORT ObsoleteWords51[2], TranslationFieldsValid : 3, Reserved3 : 13, ReservedWords54[8];
    struct {
        USHORT UDMA0Supported : 1, UDMA1Supported : 1, UDMA2Supported : 1, UDMA3Supported : 1, UDMA4Supported : 1;
        USHORT UDMA5Supported : 1, UDMA6Supported : 1, MDMA0Supported : 1, MDMA1Supported : 1, MDMA2Supported : 1;
        USHORT DMASupported : 1, ReservedWord62 : 4, DMADIRBitRequired : 1;
    } DMADIR;
    USHORT MultiWordDMASupport : 8, MultiWordDMAActive : 8, AdvancedPIOModes : 8, ReservedByte64 : 8;
    USHORT MinimumMWXferCycleTime, RecommendedMWXferCycleTime, MinimumPIOCycleTime, MinimumPIOCycleTimeIORDY;
    USHORT ReservedWords69[2], BusReleaseDelay, ServiceCommandDelay, ReservedWords73[2], QueueDepth : 5;
    USHORT ReservedWord75 : 11;
    struct {
        USHORT Reserved0 : 1, SataGen1 : 1, SataGen2 : 1, SataGen3 : 1, Reserved1 : 5, HIPM : 1, PhyEvents : 1;
        USHORT Reserved3 : 2, HostAutoPS : 1, DeviceAutoPS : 1, Reserved4 : 1, Reserved5 : 1, CurrentSpeed : 3;
        USHORT SlimlineDeviceAttention : 1, HostEnvironmentDetect : 1, Reserved : 10;
    } SerialAtaCapabilities;
    struct {
        USHORT Reserved0 : 1, Reserved1 : 2, DIPM : 1, Reserved2 : 1, AsynchronousNotification : 1;
        USHORT SoftwareSettingsPreservation : 1, Reserved3 : 9;
    } SerialAtaFeaturesSupported;
    struct {
        USHORT Reserved0 : 1, Reserved1 : 2, DIPM : 1, Reserved2 : 1, AsynchronousNotification : 1;
        USHORT SoftwareSettingsPreservation : 1, DeviceAutoPS : 1, Reserved3 : 8;
    } SerialAtaFeaturesEnabled;
    USHORT MajorRevision, MinorRevision;
    struct {
        USHORT SmartCommands : 1, SecurityMode : 1, RemovableMedia : 1, PowerManagement : 1, PacketCommands : 1;
        USHORT WriteCache : 1, LookAhead : 1, ReleaseInterrupt : 1, ServiceInterrupt : 1, DeviceReset : 1;
        USHORT HostProtectedArea : 1, Obsolete1 : 1, WriteBuffer : 1, ReadBuffer : 1, Nop : 1, Obsolete2 : 1;
        USHORT DownloadMicrocode : 1, Reserved1 : 2, AdvancedPm : 1, Msn : 1, PowerUpInStandby : 1, ManualPowerUp : 1;
        USHORT Reserved2 : 1, SetMax : 1, Reserved3 : 3, FlushCache : 1, Reserved4 : 1, WordValid : 2;
    } CommandSetSupport;
    struct {
        USHORT Reserved0 : 5, GpLogging : 1, Reserved1 : 2, WWN64Bit : 1, Reserved2 : 5, WordValid : 2;
    } CommandSetSupportExt;
    struct {
        USHORT SmartCommands : 1, SecurityMode : 1, RemovableMedia : 1, PowerManagement : 1, PacketCommands : 1;
        USHORT WriteCache : 1, LookAhead : 1, ReleaseInterrupt : 1, ServiceInterrupt : 1, DeviceReset : 1;
        USHORT HostProtectedArea : 1, Obsolete1 : 1, WriteBuffer : 1, ReadBuffer : 1, Nop : 1, Obsolete2 : 1;
        USHORT DownloadMicrocode : 1, Reserved1 : 2, AdvancedPm : 1, Msn : 1, PowerUpInStandby : 1, ManualPowerUp : 1;
        USHORT Reserved2 : 1, SetMax : 1, Reserved3 : 3, FlushCache : 1, Reserved : 3;
    } CommandSetActive;
    struct {
        USHORT Reserved0 : 5, GpLogging : 1, Reserved1 : 2, WWN64Bit : 1, Reserved2 : 5, WordValid : 2;
    } CommandSetActiveExt;
    USHORT UltraDMASupport : 8, UltraDMAActive : 8, TimeRequiredForNormalEraseModeSecurityEraseUnit;
    USHORT TimeRequiredForEnhancedEraseModeSecurityEraseUnit, CurrentAPMLevel, MasterPasswordID, HardwareResetResult;
    USHORT ReservedWords94[14], WorldWideName[4], ReservedWords112[13], AtapiZeroByteCount, ReservedWord126;
    USHORT MsnSupport : 2, ReservedWord127 : 14, SecurityStatus, VendorSpecific[31], ReservedWord160[16];
    USHORT ReservedWord176[46];
    struct {
        USHORT MajorVersion : 12, TransportType : 4;
    } TransportMajorVersion;
    USHORT TransportMinorVersion, ReservedWord224[31], Signature : 8, CheckSum : 8;
} IDENTIFY_PACKET_DATA, *PIDENTIFY_PACKET_DATA;

#pragma pack(pop)

RING3_SIZE(IDENTIFY_DEVICE_DATA, 512);
RING3_SIZE(IDENTIFY_PACKET_DATA, 512);

#endif
