/* Reads, writes, and commands that deallocate. */
#include "ramlun.h"

_Use_decl_annotations_
BOOLEAN UnitHolds(const RAMLUN_UNIT *Unit, RAMLUN_RANGE Range)
{
    return Range.Sector <= Unit->Sectors && Range.Count <= Unit->Sectors - Range.Sector;
}

_Use_decl_annotations_
UCHAR CommandOutOfRange(PRAMLUN_COMMAND Command)
{
    return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_BLOCK, 0);
}

_Use_decl_annotations_
UCHAR CommandBadField(PRAMLUN_COMMAND Command)
{
    return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_CDB, 0);
}

_Use_decl_annotations_
UCHAR CommandNoSpace(PRAMLUN_COMMAND Command)
{
    return CommandFail(Command, SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT,
                       SCSI_SENSEQ_SPACE_ALLOC_FAILED_WRITE_PROTECT);
}

/* The addresses of a CDB, by its length. In a 6-byte CDB a count of 0 means 256. */
_Use_decl_annotations_
RAMLUN_RANGE CommandRange(const UCHAR *Cdb)
{
    RAMLUN_RANGE range;

    switch (Cdb[0] >> 5) {
    case 0:
        range.Sector = (ULONGLONG)(Cdb[1] & 0x1f) << 16 | (ULONG)Cdb[2] << 8 | Cdb[3];
        range.Count = Cdb[4] != 0 ? Cdb[4] : 256;
        break;
    case 4:
        range.Sector = GetUlonglong(Cdb + 2);
        range.Count = GetUlong(Cdb + 10);
        break;
    case 5:
        range.Sector = GetUlong(Cdb + 2);
        range.Count = GetUlong(Cdb + 6);
        break;
    default:
        range.Sector = GetUlong(Cdb + 2);
        range.Count = (ULONG)Cdb[7] << 8 | Cdb[8];
    }
    return range;
}

static BOOLEAN IsWrite(UCHAR Code)
{
    return Code == SCSIOP_WRITE || Code == SCSIOP_WRITE16 || Code == SCSIOP_WRITE6 || Code == SCSIOP_WRITE12;
}

_Use_decl_annotations_
UCHAR CommandReadWrite(PRAMLUN_COMMAND Command)
{
    PRAMLUN_UNIT unit = Command->Unit;
    RAMLUN_RANGE range = CommandRange(Command->Cdb);
    ULONGLONG bytes = (ULONGLONG)range.Count << unit->SectorShift;

    if (Command->Cdb[0] >> 5 != 0 && (Command->Cdb[1] & 0xe0))
        return CommandBadField(Command);        /* protection information */
    if (!UnitHolds(unit, range))
        return CommandOutOfRange(Command);
    if (bytes > Command->Length || (Command->Data == NULL && bytes != 0)) {
        Command->Length = 0;
        return SRB_STATUS_DATA_OVERRUN;
    }
    if (!IsWrite(Command->Cdb[0]))
        UnitRead(unit, range.Sector << unit->SectorShift, Command->Data, (ULONG)bytes);
    else if (!UnitWrite(Command->Adapter, unit, range.Sector << unit->SectorShift, Command->Data, (ULONG)bytes))
        return CommandNoSpace(Command);
    Command->Length = (ULONG)bytes;
    return SRB_STATUS_SUCCESS;
}

/* All descriptors are looked at before any is done. */
_Use_decl_annotations_
UCHAR CommandUnmap(PRAMLUN_COMMAND Command)
{
    PRAMLUN_UNIT unit = Command->Unit;
    ULONG listed = (ULONG)Command->Cdb[7] << 8 | Command->Cdb[8], size, i;
    PUCHAR list = Command->Data;
    RAMLUN_RANGE range;

    if (Command->Cdb[1] & 0x01)                 /* anchored blocks are not supported */
        return CommandBadField(Command);
    if (listed == 0) {
        Command->Length = 0;
        return SRB_STATUS_SUCCESS;
    }
    if (list == NULL || listed > Command->Length || listed < sizeof(UNMAP_LIST_HEADER))
        return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_PARAMETER_LIST_LENGTH, 0);
    size = (ULONG)list[2] << 8 | list[3];
    if (size > listed - sizeof(UNMAP_LIST_HEADER))
        return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST, 0);
    for (i = 8; i + 16 <= 8 + size; i += 16) {
        if (GetUlong(list + i + 8) > RAMLUN_MAX_UNMAP)
            return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST, 0);
        range.Sector = GetUlonglong(list + i);
        range.Count = GetUlong(list + i + 8);
        if (!UnitHolds(unit, range))
            return CommandOutOfRange(Command);
    }
    for (i = 8; i + 16 <= 8 + size; i += 16)
        UnitDiscard(Command->Adapter, unit, GetUlonglong(list + i) << unit->SectorShift,
                    (ULONGLONG)GetUlong(list + i + 8) << unit->SectorShift);
    Command->Length = listed;
    return SRB_STATUS_SUCCESS;
}

static BOOLEAN IsZero(const UCHAR *Data, ULONG Length)
{
    ULONG i;

    for (i = 0; i < Length; i++)
        if (Data[i] != 0)
            return FALSE;
    return TRUE;
}

/* One sector's data for the whole range; the UNMAP bit deallocates when that data is zeroes. A count of 0 goes to the end. */
_Use_decl_annotations_
UCHAR CommandWriteSame(PRAMLUN_COMMAND Command)
{
    PRAMLUN_UNIT unit = Command->Unit;
    RAMLUN_RANGE range = CommandRange(Command->Cdb);
    BOOLEAN no_buffer = Command->Cdb[0] == SCSIOP_WRITE_SAME16 && (Command->Cdb[1] & 0x01);
    ULONGLONG i;

    if (Command->Cdb[1] & 0xf6)                 /* protection, anchored blocks, PBDATA and LBDATA are not supported */
        return CommandBadField(Command);
    if (range.Count == 0)
        range.Count = unit->Sectors - min(range.Sector, unit->Sectors);
    if (!UnitHolds(unit, range))
        return CommandOutOfRange(Command);
    if (range.Count > RAMLUN_MAX_UNMAP)         /* MAXIMUM WRITE SAME LENGTH */
        return CommandBadField(Command);
    if (!no_buffer && (Command->Data == NULL || Command->Length != unit->SectorSize))
        return CommandBadField(Command);
    Command->Length = no_buffer ? 0 : unit->SectorSize;
    if (no_buffer || ((Command->Cdb[1] & 0x08) && IsZero(Command->Data, unit->SectorSize))) {
        UnitDiscard(Command->Adapter, unit, range.Sector << unit->SectorShift, range.Count << unit->SectorShift);
        return SRB_STATUS_SUCCESS;
    }
    for (i = 0; i < range.Count; i++)
        if (!UnitWrite(Command->Adapter, unit, (range.Sector + i) << unit->SectorShift, Command->Data, unit->SectorSize))
            return CommandNoSpace(Command);
    return SRB_STATUS_SUCCESS;
}
