/* MODE SENSE, READ CAPACITY and GET LBA STATUS. */
#include "ramlun.h"

static ULONG CachingPage(PUCHAR Page)
{
    PMODE_CACHING_PAGE caching = (PMODE_CACHING_PAGE)Page;

    caching->PageCode = MODE_PAGE_CACHING;
    caching->PageLength = 18;                   /* no write cache: everything is stable when it is complete */
    return 20;
}

static ULONG ControlPage(PUCHAR Page)
{
    PMODE_CONTROL_PAGE control = (PMODE_CONTROL_PAGE)Page;

    control->PageCode = MODE_PAGE_CONTROL;
    control->PageLength = sizeof(*control) - 2;
    return sizeof(*control);
}

/* No block descriptors, whatever the DBD bit says. Changeable values: none. */
_Use_decl_annotations_
UCHAR CommandModeSense(PRAMLUN_COMMAND Command)
{
    BOOLEAN ten = Command->Cdb[0] == SCSIOP_MODE_SENSE10;
    UCHAR answer[64], page = Command->Cdb[2] & 0x3f, control = Command->Cdb[2] >> 6;
    ULONG head = ten ? sizeof(MODE_PARAMETER_HEADER10) : sizeof(MODE_PARAMETER_HEADER), size = head;
    ULONG allocation = ten ? (ULONG)Command->Cdb[7] << 8 | Command->Cdb[8] : Command->Cdb[4];

    RtlZeroMemory(answer, sizeof(answer));
    if (control == 3)
        return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, 0x39, 0);       /* saving parameters is not supported */
    if (page == MODE_PAGE_CACHING || page == MODE_SENSE_RETURN_ALL)
        size += CachingPage(answer + size);
    if (page == MODE_PAGE_CONTROL || page == MODE_SENSE_RETURN_ALL)
        size += ControlPage(answer + size);
    if (size == head || Command->Cdb[3] != 0)
        return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_CDB, 0);
    if (ten)
        PutUshort(answer, size - 2);
    else
        answer[0] = (UCHAR)(size - 1);
    answer[ten ? 3 : 2] = MODE_DSP_FUA_SUPPORTED | (Command->Unit->ReadOnly ? MODE_DSP_WRITE_PROTECT : 0);
    return CommandAnswer(Command, answer, size, allocation);
}

static UCHAR Capacity16(PRAMLUN_COMMAND Command)
{
    UCHAR answer[32];

    RtlZeroMemory(answer, sizeof(answer));
    PutUlonglong(answer, Command->Unit->Sectors - 1);
    PutUlong(answer + 8, Command->Unit->SectorSize);
    answer[13] = (UCHAR)(Command->Unit->SectorShift < 12 ? 12 - Command->Unit->SectorShift : 0);
    answer[14] = 0xc0;                          /* LBPME, LBPRZ */
    return CommandAnswer(Command, answer, sizeof(answer), GetUlong(Command->Cdb + 10));
}

_Use_decl_annotations_
UCHAR CommandReadCapacity(PRAMLUN_COMMAND Command)
{
    UCHAR answer[8];

    if (Command->Cdb[0] == SCSIOP_SERVICE_ACTION_IN16)
        return Capacity16(Command);
    PutUlong(answer, Command->Unit->Sectors > 0xffffffff ? 0xffffffff : (ULONG)(Command->Unit->Sectors - 1));
    PutUlong(answer + 4, Command->Unit->SectorSize);
    return CommandAnswer(Command, answer, sizeof(answer), sizeof(answer));
}

/* One descriptor: the extent that begins at the asked address. */
_Use_decl_annotations_
UCHAR CommandLbaStatus(PRAMLUN_COMMAND Command)
{
    PRAMLUN_UNIT unit = Command->Unit;
    ULONGLONG sector = GetUlonglong(Command->Cdb + 2), count;
    BOOLEAN allocated;
    UCHAR answer[24];

    if (sector >= unit->Sectors)
        return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_BLOCK, 0);
    count = UnitExtent(unit, sector << unit->SectorShift, &allocated) >> unit->SectorShift;
    count = min(count, unit->Sectors - sector);
    RtlZeroMemory(answer, sizeof(answer));
    PutUlong(answer, 20);
    PutUlonglong(answer + 8, sector);
    PutUlong(answer + 16, (ULONG)min(count, 0xffffffff));
    answer[20] = allocated ? LBA_STATUS_MAPPED : LBA_STATUS_DEALLOCATED;
    return CommandAnswer(Command, answer, sizeof(answer), GetUlong(Command->Cdb + 10));
}
