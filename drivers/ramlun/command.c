/* SCSI commands: from an SRB to its handler. StartIo may run on several processors at once; the StartIo lock, which Storport does not
 * hold around a virtual miniport's StartIo, makes them one after the other. */
#include "ramlun.h"

/* --- bytes ------------------------------------------------------------------------------------------------------------- */

_Use_decl_annotations_
ULONG GetUlong(const UCHAR *Bytes)
{
    return (ULONG)Bytes[0] << 24 | (ULONG)Bytes[1] << 16 | (ULONG)Bytes[2] << 8 | Bytes[3];
}

_Use_decl_annotations_
ULONGLONG GetUlonglong(const UCHAR *Bytes)
{
    return (ULONGLONG)GetUlong(Bytes) << 32 | GetUlong(Bytes + 4);
}

_Use_decl_annotations_
VOID PutUshort(PUCHAR Bytes, ULONG Value)
{
    Bytes[0] = (UCHAR)(Value >> 8);
    Bytes[1] = (UCHAR)Value;
}

_Use_decl_annotations_
VOID PutUlong(PUCHAR Bytes, ULONG Value)
{
    PutUshort(Bytes, Value >> 16);
    PutUshort(Bytes + 2, Value);
}

_Use_decl_annotations_
VOID PutUlonglong(PUCHAR Bytes, ULONGLONG Value)
{
    PutUlong(Bytes, (ULONG)(Value >> 32));
    PutUlong(Bytes + 4, (ULONG)Value);
}

/* --- answers ------------------------------------------------------------------------------------------------------------- */

_Use_decl_annotations_
UCHAR CommandFail(PRAMLUN_COMMAND Command, UCHAR Key, UCHAR Code, UCHAR Qualifier)
{
    PSENSE_DATA sense = SrbGetSenseInfoBuffer(Command->Srb);
    UCHAR size = SrbGetSenseInfoBufferLength(Command->Srb);

    Command->Length = 0;
    SrbSetScsiStatus(Command->Srb, SCSISTAT_CHECK_CONDITION);
    if (sense == NULL || size < sizeof(*sense) || (SrbGetSrbFlags(Command->Srb) & SRB_FLAGS_DISABLE_AUTOSENSE))
        return SRB_STATUS_ERROR;
    RtlZeroMemory(sense, sizeof(*sense));
    sense->ErrorCode = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
    sense->SenseKey = Key;
    sense->AdditionalSenseLength = sizeof(*sense) - 8;
    sense->AdditionalSenseCode = Code;
    sense->AdditionalSenseCodeQualifier = Qualifier;
    SrbSetSenseInfoBufferLength(Command->Srb, sizeof(*sense));
    return SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID;
}

_Use_decl_annotations_
UCHAR CommandAnswer(PRAMLUN_COMMAND Command, const VOID *Answer, ULONG Size, ULONG AllocationLength)
{
    ULONG size = min(Size, min(AllocationLength, Command->Length));

    if (Command->Data == NULL && size != 0)
        return SRB_STATUS_INVALID_REQUEST;
    RtlCopyMemory(Command->Data, Answer, size);
    Command->Length = size;
    return SRB_STATUS_SUCCESS;
}

/* --- one command ------------------------------------------------------------------------------------------------------------ */

_Use_decl_annotations_
VOID CommandSetAttention(PRAMLUN_UNIT Unit, UCHAR Path, UCHAR Code, UCHAR Qualifier)
{
    Unit->Attention[Path] = Code;
    Unit->AttentionQualifier[Path] = Qualifier;
}

static UCHAR Run(PRAMLUN_COMMAND Command, const RAMLUN_OPERATION *Operation)
{
    PRAMLUN_UNIT unit = Command->Unit;
    UCHAR code = unit->Attention[Command->Path];

    if (!unit->Present && !(Operation->Flags & COMMAND_ANY_UNIT))
        return SRB_STATUS_INVALID_LUN;
    if (code != 0 && !(Operation->Flags & COMMAND_ATTENTION)) {
        unit->Attention[Command->Path] = 0;
        return CommandFail(Command, SCSI_SENSE_UNIT_ATTENTION, code, unit->AttentionQualifier[Command->Path]);
    }
    if (ReservationConflicts(Command, Operation->Flags)) {
        Command->Length = 0;
        SrbSetScsiStatus(Command->Srb, SCSISTAT_RESERVATION_CONFLICT);
        return SRB_STATUS_ERROR;
    }
    if (unit->ReadOnly && (Operation->Flags & COMMAND_WRITES))
        return CommandFail(Command, SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT, 0);
    return Operation->Handler(Command);
}

/* A code that is known with another service action has an invalid field, else it is no command at all. */
static UCHAR Dispatch(PRAMLUN_COMMAND Command)
{
    BOOLEAN known = FALSE;
    ULONG i;

    for (i = 0; i < OperationCount; i++) {
        if (Operations[i].Code != Command->Cdb[0])
            continue;
        if (Operations[i].Action == NO_ACTION || Operations[i].Action == (Command->Cdb[1] & 0x1f))
            return Run(Command, &Operations[i]);
        known = TRUE;
    }
    if (!Command->Unit->Present)
        return SRB_STATUS_INVALID_LUN;
    return known ? CommandBadField(Command)
                 : CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_COMMAND, 0);
}

_Use_decl_annotations_
UCHAR CommandExecute(PRAMLUN_ADAPTER Adapter, PVOID Srb)
{
    RAMLUN_COMMAND command;
    STOR_LOCK_HANDLE lock;
    UCHAR path, target, lun, status;

    SrbGetPathTargetLun(Srb, &path, &target, &lun);
    if (path != 0)
        return SRB_STATUS_INVALID_PATH_ID;
    if (target >= Adapter->Paths)
        return SRB_STATUS_INVALID_TARGET_ID;
    if (lun >= RAMLUN_MAX_LUNS)
        return SRB_STATUS_INVALID_LUN;
    command.Adapter = Adapter;
    command.Unit = &Adapter->Units[lun];
    command.Path = target;
    command.Srb = Srb;
    command.Cdb = (PUCHAR)SrbGetCdb(Srb);
    command.Data = SrbGetDataBuffer(Srb);
    command.Length = SrbGetDataTransferLength(Srb);
    if (command.Cdb == NULL)
        return SRB_STATUS_INVALID_REQUEST;
    SrbSetScsiStatus(Srb, SCSISTAT_GOOD);
    StorPortAcquireSpinLock(Adapter, StartIoLock, NULL, &lock);
    status = Dispatch(&command);
    StorPortReleaseSpinLock(Adapter, &lock);
    SrbSetDataTransferLength(Srb, command.Length);
    return status;
}
