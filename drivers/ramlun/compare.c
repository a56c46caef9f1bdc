/* VERIFY, WRITE AND VERIFY, COMPARE AND WRITE: data is compared with the medium, piece by piece. PRE-FETCH, which moves nothing. */
#include "ramlun.h"

#define PIECE 256u                              /* bytes on the stack; a sector is a multiple of it */

/* The offset of the first byte that differs, or Length. */
static ULONG Compare(PRAMLUN_UNIT Unit, ULONGLONG Offset, const UCHAR *Data, ULONG Length, BOOLEAN OneSector)
{
    UCHAR piece[PIECE];
    ULONG at, same, inside;

    for (at = 0; at < Length; at += PIECE) {
        inside = OneSector ? at % Unit->SectorSize : at;
        UnitRead(Unit, Offset + at, piece, PIECE);
        same = (ULONG)RtlCompareMemory(piece, Data + inside, PIECE);
        if (same != PIECE)
            return at + same;
    }
    return Length;
}

/* The offset of the difference stands in INFORMATION. */
static UCHAR Miscompare(PRAMLUN_COMMAND Command, ULONG Offset)
{
    UCHAR status = CommandFail(Command, SCSI_SENSE_MISCOMPARE, 0x1d, 0);
    PSENSE_DATA sense = SrbGetSenseInfoBuffer(Command->Srb);

    if (status & SRB_STATUS_AUTOSENSE_VALID) {
        sense->Valid = 1;
        PutUlong(sense->Information, Offset);
    }
    return status;
}

/* Checks a range and its data: *Bytes of it, compared sector by sector with one when BYTCHK is 3. */
static UCHAR Prepare(PRAMLUN_COMMAND Command, RAMLUN_RANGE Range, ULONG ByteCheck, ULONG *Bytes)
{
    PRAMLUN_UNIT unit = Command->Unit;
    ULONGLONG bytes = Range.Count << unit->SectorShift, needed = ByteCheck == 3 ? unit->SectorSize : bytes;

    *Bytes = 0;
    if ((Command->Cdb[1] & 0xe0) || ByteCheck == 2)
        return CommandBadField(Command);
    if (!UnitHolds(unit, Range))
        return CommandOutOfRange(Command);
    if (ByteCheck == 0 || Range.Count == 0)
        return SRB_STATUS_SUCCESS;
    if (bytes > RAMLUN_MAX_TRANSFER || needed > Command->Length || Command->Data == NULL)
        return CommandBadField(Command);
    *Bytes = (ULONG)bytes;
    return SRB_STATUS_SUCCESS;
}

_Use_decl_annotations_
UCHAR CommandVerify(PRAMLUN_COMMAND Command)
{
    RAMLUN_RANGE range = CommandRange(Command->Cdb);
    ULONG check = (Command->Cdb[1] >> 1) & 3, bytes, same;
    UCHAR status = Prepare(Command, range, check, &bytes);

    if (status != SRB_STATUS_SUCCESS)
        return status;
    same = Compare(Command->Unit, range.Sector << Command->Unit->SectorShift, Command->Data, bytes, check == 3);
    if (same != bytes)
        return Miscompare(Command, same);
    Command->Length = check == 3 ? min(Command->Length, Command->Unit->SectorSize) : bytes;
    return SRB_STATUS_SUCCESS;
}

/* What was written into memory is there: comparing cannot fail. */
_Use_decl_annotations_
UCHAR CommandWriteVerify(PRAMLUN_COMMAND Command)
{
    ULONG check = (Command->Cdb[1] >> 1) & 3;

    if (check > 1)
        return CommandBadField(Command);
    return CommandReadWrite(Command);
}

/* Twice the sectors of data: what must be there, then what is written. Nothing comes between, under the lock. */
_Use_decl_annotations_
UCHAR CommandCompareAndWrite(PRAMLUN_COMMAND Command)
{
    PRAMLUN_UNIT unit = Command->Unit;
    RAMLUN_RANGE range = { GetUlonglong(Command->Cdb + 2), Command->Cdb[13] };
    ULONG bytes = (ULONG)(range.Count << unit->SectorShift), same;

    if (Command->Cdb[1] & 0xe0)
        return CommandBadField(Command);
    if (!UnitHolds(unit, range))
        return CommandOutOfRange(Command);
    if (Command->Length != 2 * bytes || (bytes != 0 && Command->Data == NULL))
        return CommandBadField(Command);
    same = Compare(unit, range.Sector << unit->SectorShift, Command->Data, bytes, FALSE);
    if (same != bytes)
        return Miscompare(Command, same);
    if (!UnitWrite(Command->Adapter, unit, range.Sector << unit->SectorShift, Command->Data + bytes, bytes))
        return CommandNoSpace(Command);
    return SRB_STATUS_SUCCESS;
}

/* Everything is as near as it gets: CONDITION MET. */
_Use_decl_annotations_
UCHAR CommandPrefetch(PRAMLUN_COMMAND Command)
{
    if (!UnitHolds(Command->Unit, CommandRange(Command->Cdb)))
        return CommandOutOfRange(Command);
    Command->Length = 0;
    SrbSetScsiStatus(Command->Srb, SCSISTAT_CONDITION_MET);
    return SRB_STATUS_SUCCESS;
}
