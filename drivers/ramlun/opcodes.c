/* Which commands there are, and REPORT SUPPORTED OPERATION CODES, which says so. */
#include "ramlun.h"

static RAMLUN_HANDLER Nothing, SynchronizeCache, RequestSense, StartStop, PreventRemoval;

#define READS COMMAND_READS
#define WRITES COMMAND_WRITES
#define CONFLICTS COMMAND_CONFLICTS
#define FREE 0
#define PRE_FETCH10 0x34
#define LBA4 { 0xff, 0xff, 0xff, 0xff, 0xff }

const RAMLUN_OPERATION Operations[] = {
    { SCSIOP_READ, NO_ACTION, READS, 10, CommandReadWrite, LBA4 },
    { SCSIOP_WRITE, NO_ACTION, WRITES, 10, CommandReadWrite, LBA4 },
    { SCSIOP_READ16, NO_ACTION, READS, 16, CommandReadWrite, LBA4 },
    { SCSIOP_WRITE16, NO_ACTION, WRITES, 16, CommandReadWrite, LBA4 },
    { SCSIOP_READ6, NO_ACTION, READS, 6, CommandReadWrite, { 0x1f, 0xff, 0xff, 0xff, 0 } },
    { SCSIOP_WRITE6, NO_ACTION, WRITES, 6, CommandReadWrite, { 0x1f, 0xff, 0xff, 0xff, 0 } },
    { SCSIOP_READ12, NO_ACTION, READS, 12, CommandReadWrite, LBA4 },
    { SCSIOP_WRITE12, NO_ACTION, WRITES, 12, CommandReadWrite, LBA4 },
    { SCSIOP_SYNCHRONIZE_CACHE, NO_ACTION, CONFLICTS, 10, SynchronizeCache, { 0x02, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_SYNCHRONIZE_CACHE16, NO_ACTION, CONFLICTS, 16, SynchronizeCache, { 0x02, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_UNMAP, NO_ACTION, WRITES, 10, CommandUnmap, { 0, 0, 0, 0, 0 } },
    { SCSIOP_WRITE_SAME, NO_ACTION, WRITES, 10, CommandWriteSame, { 0xf8, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_WRITE_SAME16, NO_ACTION, WRITES, 16, CommandWriteSame, { 0xf9, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_VERIFY, NO_ACTION, READS, 10, CommandVerify, { 0xf6, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_VERIFY12, NO_ACTION, READS, 12, CommandVerify, { 0xf6, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_VERIFY16, NO_ACTION, READS, 16, CommandVerify, { 0xf6, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_WRITE_VERIFY, NO_ACTION, WRITES, 10, CommandWriteVerify, { 0xf6, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_WRITE_VERIFY12, NO_ACTION, WRITES, 12, CommandWriteVerify, { 0xf6, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_WRITE_VERIFY16, NO_ACTION, WRITES, 16, CommandWriteVerify, { 0xf6, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_COMPARE_AND_WRITE, NO_ACTION, WRITES, 16, CommandCompareAndWrite, LBA4 },
    { PRE_FETCH10, NO_ACTION, READS, 10, CommandPrefetch, { 0x02, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_PREFETCH16, NO_ACTION, READS, 16, CommandPrefetch, { 0x02, 0xff, 0xff, 0xff, 0xff } },
    { SCSIOP_TEST_UNIT_READY, NO_ACTION, FREE, 6, Nothing, { 0, 0, 0, 0, 0 } },
    { SCSIOP_START_STOP_UNIT, NO_ACTION, CONFLICTS, 6, StartStop, { 0x01, 0, 0x0f, 0xf7, 0 } },
    { SCSIOP_MEDIUM_REMOVAL, NO_ACTION, CONFLICTS, 6, PreventRemoval, { 0, 0, 0, 0x03, 0 } },
    { SCSIOP_REQUEST_SENSE, NO_ACTION, COMMAND_ATTENTION, 6, RequestSense, { 0x01, 0, 0, 0xff, 0 } },
    { SCSIOP_INQUIRY, NO_ACTION, COMMAND_ATTENTION | COMMAND_ANY_UNIT, 6, CommandInquiry, { 0x01, 0xff, 0xff, 0xff, 0 } },
    { SCSIOP_REPORT_LUNS, NO_ACTION, COMMAND_ATTENTION | COMMAND_ANY_UNIT, 12, CommandReportLuns, { 0, 0xff, 0, 0, 0 } },
    { SCSIOP_READ_CAPACITY, NO_ACTION, FREE, 10, CommandReadCapacity, { 0, 0, 0, 0, 0 } },
    { SCSIOP_SERVICE_ACTION_IN16, SERVICE_ACTION_READ_CAPACITY16, FREE, 16, CommandReadCapacity, { 0x1f, 0, 0, 0, 0 } },
    { SCSIOP_SERVICE_ACTION_IN16, SERVICE_ACTION_GET_LBA_STATUS, READS, 16, CommandLbaStatus, LBA4 },
    { SCSIOP_MODE_SENSE, NO_ACTION, CONFLICTS, 6, CommandModeSense, { 0x08, 0xff, 0xff, 0xff, 0 } },
    { SCSIOP_MODE_SENSE10, NO_ACTION, CONFLICTS, 10, CommandModeSense, { 0x08, 0xff, 0xff, 0, 0 } },
    { SCSIOP_MAINTENANCE_IN, 0x0c, FREE, 12, CommandReportOpcodes, { 0x1f, 0x87, 0xff, 0xff, 0xff } },
    { SCSIOP_RESERVE_UNIT, NO_ACTION, COMMAND_RESERVES, 6, CommandReserve, { 0, 0, 0, 0, 0 } },
    { SCSIOP_RELEASE_UNIT, NO_ACTION, COMMAND_RESERVES, 6, CommandRelease, { 0, 0, 0, 0, 0 } },
    { SCSIOP_PERSISTENT_RESERVE_IN, 0, COMMAND_RESERVES, 10, CommandPersistentIn, { 0x1f, 0, 0, 0, 0 } },
    { SCSIOP_PERSISTENT_RESERVE_IN, 1, COMMAND_RESERVES, 10, CommandPersistentIn, { 0x1f, 0, 0, 0, 0 } },
    { SCSIOP_PERSISTENT_RESERVE_IN, 2, COMMAND_RESERVES, 10, CommandPersistentIn, { 0x1f, 0, 0, 0, 0 } },
    { SCSIOP_PERSISTENT_RESERVE_IN, 3, COMMAND_RESERVES, 10, CommandPersistentIn, { 0x1f, 0, 0, 0, 0 } },
    { SCSIOP_PERSISTENT_RESERVE_OUT, 0, COMMAND_RESERVES, 10, CommandPersistentOut, { 0x1f, 0xff, 0, 0, 0xff } },
    { SCSIOP_PERSISTENT_RESERVE_OUT, 1, COMMAND_RESERVES, 10, CommandPersistentOut, { 0x1f, 0xff, 0, 0, 0xff } },
    { SCSIOP_PERSISTENT_RESERVE_OUT, 2, COMMAND_RESERVES, 10, CommandPersistentOut, { 0x1f, 0xff, 0, 0, 0xff } },
    { SCSIOP_PERSISTENT_RESERVE_OUT, 3, COMMAND_RESERVES, 10, CommandPersistentOut, { 0x1f, 0xff, 0, 0, 0xff } },
    { SCSIOP_PERSISTENT_RESERVE_OUT, 4, COMMAND_RESERVES, 10, CommandPersistentOut, { 0x1f, 0xff, 0, 0, 0xff } },
    { SCSIOP_PERSISTENT_RESERVE_OUT, 5, COMMAND_RESERVES, 10, CommandPersistentOut, { 0x1f, 0xff, 0, 0, 0xff } },
    { SCSIOP_PERSISTENT_RESERVE_OUT, 6, COMMAND_RESERVES, 10, CommandPersistentOut, { 0x1f, 0xff, 0, 0, 0xff } },
};
const ULONG OperationCount = ARRAYSIZE(Operations);

/* --- commands with nothing to do --------------------------------------------------------------------------------------- */

_Use_decl_annotations_
static UCHAR Nothing(PRAMLUN_COMMAND Command)
{
    Command->Length = 0;
    return SRB_STATUS_SUCCESS;
}

_Use_decl_annotations_
static UCHAR SynchronizeCache(PRAMLUN_COMMAND Command)
{
    Command->Length = 0;
    return UnitHolds(Command->Unit, CommandRange(Command->Cdb)) ? SRB_STATUS_SUCCESS : CommandOutOfRange(Command);
}

/* Power conditions are not there; a medium that cannot be taken out is not loaded or ejected. */
_Use_decl_annotations_
static UCHAR StartStop(PRAMLUN_COMMAND Command)
{
    if (Command->Cdb[4] & 0xf0)
        return CommandBadField(Command);
    return Nothing(Command);
}

_Use_decl_annotations_
static UCHAR PreventRemoval(PRAMLUN_COMMAND Command)
{
    return Nothing(Command);
}

/* A pending unit attention, or none: sense data as data. */
_Use_decl_annotations_
static UCHAR RequestSense(PRAMLUN_COMMAND Command)
{
    PRAMLUN_UNIT unit = Command->Unit;
    SENSE_DATA sense;

    if (Command->Cdb[1] & 0x01)                 /* descriptor format */
        return CommandBadField(Command);
    RtlZeroMemory(&sense, sizeof(sense));
    sense.ErrorCode = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
    sense.AdditionalSenseLength = sizeof(sense) - 8;
    if (unit->Attention[Command->Path] != 0) {
        sense.SenseKey = SCSI_SENSE_UNIT_ATTENTION;
        sense.AdditionalSenseCode = unit->Attention[Command->Path];
        sense.AdditionalSenseCodeQualifier = unit->AttentionQualifier[Command->Path];
        unit->Attention[Command->Path] = 0;
    }
    return CommandAnswer(Command, &sense, sizeof(sense), Command->Cdb[4]);
}

/* --- REPORT SUPPORTED OPERATION CODES ----------------------------------------------------------------------------------------- */

#define TIMEOUTS 12u                            /* bytes of a timeouts descriptor: nothing is said */

static ULONG AddTimeouts(PUCHAR Answer)
{
    RtlZeroMemory(Answer, TIMEOUTS);
    PutUshort(Answer, TIMEOUTS - 2);
    return TIMEOUTS;
}

static UCHAR AllOpcodes(PRAMLUN_COMMAND Command, BOOLEAN Timeouts)
{
    UCHAR answer[4 + ARRAYSIZE(Operations) * (8 + TIMEOUTS)], *at = answer + 4;
    ULONG i;

    RtlZeroMemory(answer, sizeof(answer));
    for (i = 0; i < OperationCount; i++) {
        at[0] = Operations[i].Code;
        if (Operations[i].Action != NO_ACTION) {
            at[3] = Operations[i].Action;
            at[5] |= 0x01;                      /* SERVACTV */
        }
        at[5] |= Timeouts ? 0x02 : 0;
        PutUshort(at + 6, Operations[i].CdbLength);
        at += 8;
        if (Timeouts)
            at += AddTimeouts(at);
    }
    PutUlong(answer, (ULONG)(at - answer) - 4);
    return CommandAnswer(Command, answer, (ULONG)(at - answer), GetUlong(Command->Cdb + 6));
}

/* The bits of a CDB that are looked at. */
static VOID AddUsage(const RAMLUN_OPERATION *Operation, PUCHAR Answer)
{
    ULONG i;

    Answer[0] = Operation->Code;
    for (i = 1; i < Operation->CdbLength; i++)
        Answer[i] = i <= ARRAYSIZE(Operation->Usage) ? Operation->Usage[i - 1] : 0xff;
    Answer[Operation->CdbLength - 1] = 0x04;    /* NACA alone of CONTROL */
    if (Operation->Action != NO_ACTION)
        Answer[1] = (Answer[1] & 0xe0) | Operation->Action;
}

static UCHAR OneOpcode(PRAMLUN_COMMAND Command, BOOLEAN WithAction, BOOLEAN Timeouts)
{
    UCHAR answer[4 + 16 + TIMEOUTS], code = Command->Cdb[3];
    const RAMLUN_OPERATION *found = NULL;
    ULONG action = (ULONG)Command->Cdb[4] << 8 | Command->Cdb[5], size = 4, i;
    BOOLEAN has_actions = FALSE, known = FALSE;

    for (i = 0; i < OperationCount; i++) {
        if (Operations[i].Code != code)
            continue;
        known = TRUE;
        has_actions = Operations[i].Action != NO_ACTION;
        if (!has_actions || Operations[i].Action == action)
            found = &Operations[i];
    }
    if (known && has_actions != WithAction)
        return CommandBadField(Command);
    RtlZeroMemory(answer, sizeof(answer));
    answer[1] = found != NULL ? 0x03 : 0x01;    /* supported as the standard says; not supported */
    if (found != NULL) {
        PutUshort(answer + 2, found->CdbLength);
        AddUsage(found, answer + 4);
        size += found->CdbLength;
        if (Timeouts) {
            answer[1] |= 0x80;
            size += AddTimeouts(answer + size);
        }
    }
    return CommandAnswer(Command, answer, size, GetUlong(Command->Cdb + 6));
}

_Use_decl_annotations_
UCHAR CommandReportOpcodes(PRAMLUN_COMMAND Command)
{
    BOOLEAN timeouts = (Command->Cdb[2] & 0x80) != 0;

    switch (Command->Cdb[2] & 0x07) {
    case 0:
        return AllOpcodes(Command, timeouts);
    case 1:
        return OneOpcode(Command, FALSE, timeouts);
    case 2:
        return OneOpcode(Command, TRUE, timeouts);
    default:
        return CommandBadField(Command);
    }
}
