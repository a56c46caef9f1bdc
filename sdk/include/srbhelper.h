/* Reading and writing request blocks of either format through one set of functions. A block is a PVOID because it may be a
 * SCSI_REQUEST_BLOCK or a STORAGE_REQUEST_BLOCK. docs: storage/storage-request-blocks */
#ifndef RING3_SRBHELPER_H
#define RING3_SRBHELPER_H

#include <ring3/decl.h>
#include <storport/scsi_cdb.h>
#include <storport/srb_storage.h>

#ifndef SRBHELPER_ASSERT
#define SRBHELPER_ASSERT(condition)
#endif

#define SRB_IS_EXTENDED_(Srb) (((PSTORAGE_REQUEST_BLOCK)(Srb))->Function == SRB_FUNCTION_STORAGE_REQUEST_BLOCK)
#define SRB_PLAIN_(Srb) ((PSCSI_REQUEST_BLOCK)(Srb))
#define SRB_EXTENDED_(Srb) ((PSTORAGE_REQUEST_BLOCK)(Srb))

/* --- extended data ----------------------------------------------------------------------------------------------- */

FORCEINLINE PSRBEX_DATA SrbGetSrbExDataByIndex(PSTORAGE_REQUEST_BLOCK Srb, ULONG SrbExDataIndex)
{
    ULONG offset;

    if (Srb->Function != SRB_FUNCTION_STORAGE_REQUEST_BLOCK || SrbExDataIndex >= Srb->NumSrbExData)
        return NULL;
    offset = (&Srb->SrbExDataOffset[0])[SrbExDataIndex];
    if (offset < sizeof(STORAGE_REQUEST_BLOCK) || offset + __builtin_offsetof(SRBEX_DATA, Data) > Srb->SrbLength)
        return NULL;
    return (PSRBEX_DATA)((PUCHAR)Srb + offset);
}

FORCEINLINE PSRBEX_DATA SrbGetSrbExDataByType(PSTORAGE_REQUEST_BLOCK Srb, SRBEXDATATYPE Type)
{
    ULONG i;

    if (Srb->Function != SRB_FUNCTION_STORAGE_REQUEST_BLOCK)
        return NULL;
    for (i = 0; i < Srb->NumSrbExData; i++) {
        PSRBEX_DATA data = SrbGetSrbExDataByIndex(Srb, i);

        if (data && data->Type == Type)
            return data;
    }
    return NULL;
}

/* The first data of a kind that carries a CDB, or NULL. */
FORCEINLINE PSRBEX_DATA SrbGetPrimarySrbExData(PSTORAGE_REQUEST_BLOCK Srb)
{
    ULONG i;

    for (i = 0; i < Srb->NumSrbExData; i++) {
        PSRBEX_DATA data = SrbGetSrbExDataByIndex(Srb, i);

        if (data && data->Type >= SrbExDataTypeScsiCdb16 && data->Type <= SrbExDataTypeScsiCdbVar)
            return data;
    }
    return NULL;
}

/* CDB, SCSI status and sense buffer, whichever format carries them. Each of the outputs may be NULL. */
FORCEINLINE PVOID SrbGetScsiData(PSTORAGE_REQUEST_BLOCK SrbEx, PUCHAR CdbLength8, PULONG CdbLength32, PUCHAR ScsiStatus,
                                 PVOID *SenseInfoBuffer, PUCHAR SenseInfoBufferLength)
{
    PSRBEX_DATA data = SrbGetPrimarySrbExData(SrbEx);
    PSRBEX_DATA_SCSI_CDB16 cdb16 = (PSRBEX_DATA_SCSI_CDB16)data;        /* the three begin alike */
    PVOID sense, cdb;

    if (CdbLength8)
        *CdbLength8 = 0;
    if (CdbLength32)
        *CdbLength32 = 0;
    if (ScsiStatus)
        *ScsiStatus = 0;
    if (SenseInfoBuffer)
        *SenseInfoBuffer = NULL;
    if (SenseInfoBufferLength)
        *SenseInfoBufferLength = 0;
    if (!data || SrbEx->SrbFunction != SRB_FUNCTION_EXECUTE_SCSI)
        return NULL;
    if (data->Type == SrbExDataTypeScsiCdbVar) {
        cdb = ((PSRBEX_DATA_SCSI_CDB_VAR)data)->Cdb;
        sense = ((PSRBEX_DATA_SCSI_CDB_VAR)data)->SenseInfoBuffer;
        if (CdbLength32)
            *CdbLength32 = ((PSRBEX_DATA_SCSI_CDB_VAR)data)->CdbLength;
    } else {
        cdb = cdb16->Cdb;
        sense = cdb16->SenseInfoBuffer;
        if (CdbLength8)
            *CdbLength8 = cdb16->CdbLength;
        if (CdbLength32)
            *CdbLength32 = cdb16->CdbLength;
    }
    if (ScsiStatus)
        *ScsiStatus = cdb16->ScsiStatus;
    if (SenseInfoBuffer)
        *SenseInfoBuffer = sense;
    if (SenseInfoBufferLength)
        *SenseInfoBufferLength = cdb16->SenseInfoBufferLength;
    return cdb;
}

FORCEINLINE PSTOR_ADDRESS SrbGetAddress(PSTORAGE_REQUEST_BLOCK Srb)
{
    return Srb->AddressOffset ? (PSTOR_ADDRESS)((PUCHAR)Srb + Srb->AddressOffset) : NULL;
}

/* --- fields that both formats have -------------------------------------------------------------------------------- */

FORCEINLINE ULONG SrbGetSrbFunction(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->SrbFunction : SRB_PLAIN_(Srb)->Function;
}

FORCEINLINE ULONG SrbGetSrbLength(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->SrbLength : (ULONG)sizeof(SCSI_REQUEST_BLOCK);
}

FORCEINLINE UCHAR SrbGetSrbStatus(PVOID Srb)
{
    return SRB_PLAIN_(Srb)->SrbStatus;
}

/* The queue-frozen bit is the port driver's and stays. */
FORCEINLINE VOID SrbSetSrbStatus(PVOID Srb, UCHAR status)
{
    SRB_PLAIN_(Srb)->SrbStatus = (UCHAR)(status | (SRB_PLAIN_(Srb)->SrbStatus & SRB_STATUS_QUEUE_FROZEN));
}

FORCEINLINE ULONG SrbGetSrbFlags(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->SrbFlags : SRB_PLAIN_(Srb)->SrbFlags;
}

FORCEINLINE VOID SrbAssignSrbFlags(PVOID Srb, ULONG Flags)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->SrbFlags = Flags;
    else
        SRB_PLAIN_(Srb)->SrbFlags = Flags;
}

FORCEINLINE VOID SrbSetSrbFlags(PVOID Srb, ULONG Flags)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->SrbFlags |= Flags;
    else
        SRB_PLAIN_(Srb)->SrbFlags |= Flags;
}

FORCEINLINE VOID SrbClearSrbFlags(PVOID Srb, ULONG Flags)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->SrbFlags &= ~Flags;
    else
        SRB_PLAIN_(Srb)->SrbFlags &= ~Flags;
}

FORCEINLINE PVOID SrbGetDataBuffer(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->DataBuffer : SRB_PLAIN_(Srb)->DataBuffer;
}

FORCEINLINE VOID SrbSetDataBuffer(PVOID Srb, PVOID DataBuffer)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->DataBuffer = DataBuffer;
    else
        SRB_PLAIN_(Srb)->DataBuffer = DataBuffer;
}

FORCEINLINE ULONG SrbGetDataTransferLength(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->DataTransferLength : SRB_PLAIN_(Srb)->DataTransferLength;
}

FORCEINLINE VOID SrbSetDataTransferLength(PVOID Srb, ULONG DataTransferLength)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->DataTransferLength = DataTransferLength;
    else
        SRB_PLAIN_(Srb)->DataTransferLength = DataTransferLength;
}

FORCEINLINE ULONG SrbGetTimeOutValue(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->TimeOutValue : SRB_PLAIN_(Srb)->TimeOutValue;
}

FORCEINLINE VOID SrbSetTimeOutValue(PVOID Srb, ULONG TimeOutValue)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->TimeOutValue = TimeOutValue;
    else
        SRB_PLAIN_(Srb)->TimeOutValue = TimeOutValue;
}

FORCEINLINE PVOID SrbGetOriginalRequest(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->OriginalRequest : SRB_PLAIN_(Srb)->OriginalRequest;
}

FORCEINLINE VOID SrbSetOriginalRequest(PVOID Srb, PVOID OriginalRequest)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->OriginalRequest = OriginalRequest;
    else
        SRB_PLAIN_(Srb)->OriginalRequest = OriginalRequest;
}

FORCEINLINE PVOID SrbGetNextSrb(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? (PVOID)SRB_EXTENDED_(Srb)->NextSrb : (PVOID)SRB_PLAIN_(Srb)->NextSrb;
}

FORCEINLINE VOID SrbSetNextSrb(PVOID Srb, PVOID NextSrb)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->NextSrb = (PSTORAGE_REQUEST_BLOCK)NextSrb;
    else
        SRB_PLAIN_(Srb)->NextSrb = (PSCSI_REQUEST_BLOCK)NextSrb;
}

FORCEINLINE PVOID SrbGetMiniportContext(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->MiniportContext : SRB_PLAIN_(Srb)->SrbExtension;
}

FORCEINLINE PVOID SrbGetSrbExtension(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->MiniportContext : SRB_PLAIN_(Srb)->SrbExtension;
}

FORCEINLINE PVOID SrbGetPortContext(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->PortContext : NULL;
}

FORCEINLINE VOID SrbSetPortContext(PVOID Srb, PVOID PortContext)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->PortContext = PortContext;
}

FORCEINLINE PVOID SrbGetClassContext(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->ClassContext : NULL;
}

FORCEINLINE VOID SrbSetClassContext(PVOID Srb, PVOID ClassContext)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->ClassContext = ClassContext;
}

FORCEINLINE ULONG SrbGetSystemStatus(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->SystemStatus : SRB_PLAIN_(Srb)->InternalStatus;
}

FORCEINLINE VOID SrbSetSystemStatus(PVOID Srb, ULONG SystemStatus)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->SystemStatus = SystemStatus;
    else
        SRB_PLAIN_(Srb)->InternalStatus = SystemStatus;
}

FORCEINLINE ULONG SrbGetQueueSortKey(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? 0 : SRB_PLAIN_(Srb)->QueueSortKey;
}

FORCEINLINE VOID SrbSetQueueSortKey(PVOID Srb, ULONG QueueSortKey)
{
    if (!SRB_IS_EXTENDED_(Srb))
        SRB_PLAIN_(Srb)->QueueSortKey = QueueSortKey;
}

FORCEINLINE ULONG SrbGetRequestTag(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->RequestTag : SRB_PLAIN_(Srb)->QueueTag;
}

FORCEINLINE VOID SrbSetRequestTag(PVOID Srb, ULONG RequestTag)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->RequestTag = RequestTag;
    else
        SRB_PLAIN_(Srb)->QueueTag = (UCHAR)RequestTag;
}

FORCEINLINE ULONG SrbGetQueueTag(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->RequestTag : SRB_PLAIN_(Srb)->QueueTag;
}

FORCEINLINE ULONG SrbGetRequestAttribute(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->RequestAttribute : SRB_PLAIN_(Srb)->QueueAction;
}

FORCEINLINE VOID SrbSetRequestAttribute(PVOID Srb, UCHAR RequestAttribute)
{
    if (SRB_IS_EXTENDED_(Srb))
        SRB_EXTENDED_(Srb)->RequestAttribute = RequestAttribute;
    else
        SRB_PLAIN_(Srb)->QueueAction = RequestAttribute;
}

FORCEINLINE ULONG SrbGetRequestPriority(PVOID Srb)
{
    return SRB_IS_EXTENDED_(Srb) ? SRB_EXTENDED_(Srb)->RequestPriority : 0;
}

/* --- addresses --------------------------------------------------------------------------------------------------- */

FORCEINLINE UCHAR SrbGetPathId(PVOID Srb)
{
    PSTOR_ADDR_BTL8 address;

    if (!SRB_IS_EXTENDED_(Srb))
        return SRB_PLAIN_(Srb)->PathId;
    address = (PSTOR_ADDR_BTL8)SrbGetAddress(SRB_EXTENDED_(Srb));
    return (UCHAR)(address && address->Type == STOR_ADDRESS_TYPE_BTL8 ? address->Path : 0);
}

FORCEINLINE UCHAR SrbGetTargetId(PVOID Srb)
{
    PSTOR_ADDR_BTL8 address;

    if (!SRB_IS_EXTENDED_(Srb))
        return SRB_PLAIN_(Srb)->TargetId;
    address = (PSTOR_ADDR_BTL8)SrbGetAddress(SRB_EXTENDED_(Srb));
    return (UCHAR)(address && address->Type == STOR_ADDRESS_TYPE_BTL8 ? address->Target : 0);
}

FORCEINLINE UCHAR SrbGetLun(PVOID Srb)
{
    PSTOR_ADDR_BTL8 address;

    if (!SRB_IS_EXTENDED_(Srb))
        return SRB_PLAIN_(Srb)->Lun;
    address = (PSTOR_ADDR_BTL8)SrbGetAddress(SRB_EXTENDED_(Srb));
    return (UCHAR)(address && address->Type == STOR_ADDRESS_TYPE_BTL8 ? address->Lun : 0);
}

FORCEINLINE VOID SrbGetPathTargetLun(PVOID Srb, PUCHAR PathId, PUCHAR TargetId, PUCHAR Lun)
{
    if (PathId)
        *PathId = SrbGetPathId(Srb);
    if (TargetId)
        *TargetId = SrbGetTargetId(Srb);
    if (Lun)
        *Lun = SrbGetLun(Srb);
}

/* --- SCSI ---------------------------------------------------------------------------------------------------------- */

FORCEINLINE PCDB SrbGetCdb(PVOID Srb)
{
    if (SRB_IS_EXTENDED_(Srb))
        return (PCDB)SrbGetScsiData(SRB_EXTENDED_(Srb), NULL, NULL, NULL, NULL, NULL);
    return (PCDB)SRB_PLAIN_(Srb)->Cdb;
}

FORCEINLINE ULONG SrbGetCdbLength(PVOID Srb)
{
    ULONG length;

    if (!SRB_IS_EXTENDED_(Srb))
        return SRB_PLAIN_(Srb)->CdbLength;
    SrbGetScsiData(SRB_EXTENDED_(Srb), NULL, &length, NULL, NULL, NULL);
    return length;
}

FORCEINLINE VOID SrbSetCdbLength(PVOID Srb, UCHAR CdbLength)
{
    PSRBEX_DATA data;

    if (!SRB_IS_EXTENDED_(Srb)) {
        SRB_PLAIN_(Srb)->CdbLength = CdbLength;
        return;
    }
    data = SrbGetPrimarySrbExData(SRB_EXTENDED_(Srb));
    if (data && data->Type == SrbExDataTypeScsiCdbVar)
        ((PSRBEX_DATA_SCSI_CDB_VAR)data)->CdbLength = CdbLength;
    else if (data)
        ((PSRBEX_DATA_SCSI_CDB16)data)->CdbLength = CdbLength;
}

FORCEINLINE PVOID SrbGetSenseInfoBuffer(PVOID Srb)
{
    PVOID sense;

    if (!SRB_IS_EXTENDED_(Srb))
        return SRB_PLAIN_(Srb)->SenseInfoBuffer;
    SrbGetScsiData(SRB_EXTENDED_(Srb), NULL, NULL, NULL, &sense, NULL);
    return sense;
}

FORCEINLINE VOID SrbSetSenseInfoBuffer(PVOID Srb, PVOID SenseInfoBuffer)
{
    PSRBEX_DATA data;

    if (!SRB_IS_EXTENDED_(Srb)) {
        SRB_PLAIN_(Srb)->SenseInfoBuffer = SenseInfoBuffer;
        return;
    }
    data = SrbGetPrimarySrbExData(SRB_EXTENDED_(Srb));
    if (data && data->Type == SrbExDataTypeScsiCdbVar)
        ((PSRBEX_DATA_SCSI_CDB_VAR)data)->SenseInfoBuffer = SenseInfoBuffer;
    else if (data)
        ((PSRBEX_DATA_SCSI_CDB16)data)->SenseInfoBuffer = SenseInfoBuffer;
}

FORCEINLINE UCHAR SrbGetSenseInfoBufferLength(PVOID Srb)
{
    UCHAR value;

    if (!SRB_IS_EXTENDED_(Srb))
        return SRB_PLAIN_(Srb)->SenseInfoBufferLength;
    SrbGetScsiData(SRB_EXTENDED_(Srb), NULL, NULL, NULL, NULL, &value);
    return value;
}

FORCEINLINE VOID SrbSetSenseInfoBufferLength(PVOID Srb, UCHAR SenseInfoBufferLength)
{
    PSRBEX_DATA data;

    if (!SRB_IS_EXTENDED_(Srb)) {
        SRB_PLAIN_(Srb)->SenseInfoBufferLength = SenseInfoBufferLength;
        return;
    }
    data = SrbGetPrimarySrbExData(SRB_EXTENDED_(Srb));
    if (data)
        ((PSRBEX_DATA_SCSI_CDB16)data)->SenseInfoBufferLength = SenseInfoBufferLength;
}

FORCEINLINE UCHAR SrbGetScsiStatus(PVOID Srb)
{
    UCHAR value;

    if (!SRB_IS_EXTENDED_(Srb))
        return SRB_PLAIN_(Srb)->ScsiStatus;
    SrbGetScsiData(SRB_EXTENDED_(Srb), NULL, NULL, &value, NULL, NULL);
    return value;
}

FORCEINLINE VOID SrbSetScsiStatus(PVOID Srb, UCHAR ScsiStatus)
{
    PSRBEX_DATA data;

    if (!SRB_IS_EXTENDED_(Srb)) {
        SRB_PLAIN_(Srb)->ScsiStatus = ScsiStatus;
        return;
    }
    data = SrbGetPrimarySrbExData(SRB_EXTENDED_(Srb));
    if (data)
        ((PSRBEX_DATA_SCSI_CDB16)data)->ScsiStatus = ScsiStatus;
}

/* --- other functions' fields ----------------------------------------------------------------------------------------- */

/* The data behind a power, PnP or WMI request, or NULL. */
FORCEINLINE PSRBEX_DATA_POWER SrbGetPowerData_(PVOID Srb)
{
    return (PSRBEX_DATA_POWER)SrbGetSrbExDataByType(SRB_EXTENDED_(Srb), SrbExDataTypePower);
}

FORCEINLINE STOR_POWER_ACTION SrbGetPowerAction(PVOID Srb)
{
    PSRBEX_DATA_POWER power;

    if (!SRB_IS_EXTENDED_(Srb))
        return ((PSCSI_POWER_REQUEST_BLOCK)Srb)->PowerAction;
    power = SrbGetPowerData_(Srb);
    return power ? power->PowerAction : StorPowerActionNone;
}

FORCEINLINE STOR_DEVICE_POWER_STATE SrbGetDevicePowerState(PVOID Srb)
{
    PSRBEX_DATA_POWER power;

    if (!SRB_IS_EXTENDED_(Srb))
        return ((PSCSI_POWER_REQUEST_BLOCK)Srb)->DevicePowerState;
    power = SrbGetPowerData_(Srb);
    return power ? power->DevicePowerState : StorPowerDeviceUnspecified;
}

FORCEINLINE UCHAR SrbGetPowerFlags(PVOID Srb)
{
    PSRBEX_DATA_POWER power;

    if (!SRB_IS_EXTENDED_(Srb))
        return ((PSCSI_POWER_REQUEST_BLOCK)Srb)->SrbPowerFlags;
    power = SrbGetPowerData_(Srb);
    return (UCHAR)(power ? power->SrbPowerFlags : 0);
}

FORCEINLINE STOR_PNP_ACTION SrbGetPnpAction(PVOID Srb)
{
    PSRBEX_DATA_PNP pnp;

    if (!SRB_IS_EXTENDED_(Srb))
        return ((PSCSI_PNP_REQUEST_BLOCK)Srb)->PnPAction;
    pnp = (PSRBEX_DATA_PNP)SrbGetSrbExDataByType(SRB_EXTENDED_(Srb), SrbExDataTypePnP);
    return pnp ? pnp->PnPAction : StorStartDevice;
}

FORCEINLINE ULONG SrbGetPnpFlags(PVOID Srb)
{
    PSRBEX_DATA_PNP pnp;

    if (!SRB_IS_EXTENDED_(Srb))
        return ((PSCSI_PNP_REQUEST_BLOCK)Srb)->SrbPnPFlags;
    pnp = (PSRBEX_DATA_PNP)SrbGetSrbExDataByType(SRB_EXTENDED_(Srb), SrbExDataTypePnP);
    return pnp ? pnp->SrbPnPFlags : 0;
}

FORCEINLINE VOID SrbZeroSrb(PVOID Srb)
{
    if (SRB_IS_EXTENDED_(Srb)) {
        ULONG length = SRB_EXTENDED_(Srb)->SrbLength;
        USHORT header = SRB_EXTENDED_(Srb)->Length;

        __builtin_memset(Srb, 0, length);
        SRB_EXTENDED_(Srb)->Length = header;
        SRB_EXTENDED_(Srb)->Function = SRB_FUNCTION_STORAGE_REQUEST_BLOCK;
        SRB_EXTENDED_(Srb)->SrbLength = length;
    } else {
        __builtin_memset(Srb, 0, sizeof(SCSI_REQUEST_BLOCK));
        SRB_PLAIN_(Srb)->Length = sizeof(SCSI_REQUEST_BLOCK);
    }
}

/* FALSE when the destination of DestinationLength bytes is too small. */
FORCEINLINE BOOLEAN SrbCopySrb(PVOID DestinationSrb, ULONG DestinationLength, PVOID SourceSrb)
{
    ULONG length = SrbGetSrbLength(SourceSrb);

    if (DestinationLength < length)
        return FALSE;
    __builtin_memcpy(DestinationSrb, SourceSrb, length);
    return TRUE;
}

#endif
