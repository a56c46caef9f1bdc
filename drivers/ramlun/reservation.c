/* Reservations: RESERVE and RELEASE (SPC-2), and persistent ones (SPC-4, 5.12). An I_T nexus is a target that shows the unit. They do not
 * last through a loss of power, as the units do not.
 *
 *   | type                      | the holder is              | others may               | registrants may |
 *   |---------------------------|----------------------------|--------------------------|-----------------|
 *   | 1 write exclusive         | who reserved               | read                     | read            |
 *   | 3 exclusive access        | who reserved               | nothing                  | nothing         |
 *   | 5 WE, registrants only    | who reserved               | read                     | all             |
 *   | 6 EA, registrants only    | who reserved               | nothing                  | all             |
 *   | 7 WE, all registrants     | every registrant           | read                     | all             |
 *   | 8 EA, all registrants     | every registrant           | nothing                  | all             | */
#include "ramlun.h"

#define PREEMPTED 0x03                          /* qualifiers of 2Ah, parameters changed: reservations preempted */
#define RELEASED 0x04                           /* reservations released */
#define UNREGISTERED 0x05                       /* registrations preempted */
#define CAPABLE 0xea01u                         /* the types of REPORT CAPABILITIES */

static BOOLEAN IsAllRegistrants(UCHAR Type)
{
    return Type == 7 || Type == 8;
}

static BOOLEAN IsForRegistrants(UCHAR Type)
{
    return Type >= 5;
}

static BOOLEAN IsExclusive(UCHAR Type)
{
    return Type == 3 || Type == 6 || Type == 8;
}

static BOOLEAN IsType(UCHAR Type)
{
    return Type == 1 || Type == 3 || (Type >= 5 && Type <= 8);
}

static BOOLEAN Holds(const RAMLUN_RESERVATIONS *R, UCHAR Path)
{
    if (R->Type == 0)
        return FALSE;
    return IsAllRegistrants(R->Type) ? R->Registered[Path] : R->Holder == Path;
}

static BOOLEAN AnyRegistered(const RAMLUN_RESERVATIONS *R)
{
    ULONG i;

    for (i = 0; i < RAMLUN_MAX_PATHS; i++)
        if (R->Registered[i])
            return TRUE;
    return FALSE;
}

static UCHAR Conflict(PRAMLUN_COMMAND Command)
{
    Command->Length = 0;
    SrbSetScsiStatus(Command->Srb, SCSISTAT_RESERVATION_CONFLICT);
    return SRB_STATUS_ERROR;
}

_Use_decl_annotations_
BOOLEAN ReservationConflicts(PRAMLUN_COMMAND Command, ULONG Flags)
{
    const RAMLUN_RESERVATIONS *r = &Command->Unit->Reservations;

    if (Flags & COMMAND_RESERVES)
        return FALSE;
    if (r->Reserved && r->ReservedBy != Command->Path)
        return !(Flags & COMMAND_ATTENTION);
    if (r->Type == 0 || Holds(r, Command->Path) || (IsForRegistrants(r->Type) && r->Registered[Command->Path]))
        return FALSE;
    return (Flags & (COMMAND_WRITES | COMMAND_CONFLICTS)) || ((Flags & COMMAND_READS) && IsExclusive(r->Type));
}

/* A reset of the unit ends what RESERVE began; every path hears of it. */
_Use_decl_annotations_
VOID ReservationReset(PRAMLUN_UNIT Unit)
{
    UCHAR i;

    Unit->Reservations.Reserved = FALSE;
    for (i = 0; i < RAMLUN_MAX_PATHS; i++)
        CommandSetAttention(Unit, i, 0x29, 0x03);       /* bus device reset function occurred */
}

/* --- RESERVE and RELEASE --------------------------------------------------------------------------------------------------- */

_Use_decl_annotations_
UCHAR CommandReserve(PRAMLUN_COMMAND Command)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;

    Command->Length = 0;
    if (Command->Cdb[1] & 0x11)                 /* third parties and extents are not supported */
        return CommandBadField(Command);
    if (AnyRegistered(r) || (r->Reserved && r->ReservedBy != Command->Path))
        return Conflict(Command);
    r->Reserved = TRUE;
    r->ReservedBy = Command->Path;
    return SRB_STATUS_SUCCESS;
}

_Use_decl_annotations_
UCHAR CommandRelease(PRAMLUN_COMMAND Command)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;

    Command->Length = 0;
    if (AnyRegistered(r))
        return Conflict(Command);
    if (r->ReservedBy == Command->Path)
        r->Reserved = FALSE;
    return SRB_STATUS_SUCCESS;
}

/* --- PERSISTENT RESERVE IN --------------------------------------------------------------------------------------------------- */

static ULONG Keys(const RAMLUN_RESERVATIONS *R, PUCHAR Answer)
{
    ULONG size = 8, i;

    for (i = 0; i < RAMLUN_MAX_PATHS; i++)
        if (R->Registered[i]) {
            PutUlonglong(Answer + size, R->Key[i]);
            size += 8;
        }
    return size;
}

static ULONG Reservation(const RAMLUN_RESERVATIONS *R, PUCHAR Answer)
{
    if (R->Type == 0)
        return 8;
    if (!IsAllRegistrants(R->Type))
        PutUlonglong(Answer + 8, R->Key[R->Holder]);
    Answer[21] = R->Type;
    return 24;
}

/* A descriptor for each registration; the transport is said to be parallel SCSI, its address the path. */
static ULONG FullStatus(const RAMLUN_RESERVATIONS *R, PUCHAR Answer)
{
    ULONG size = 8;
    UCHAR i;

    for (i = 0; i < RAMLUN_MAX_PATHS; i++) {
        PUCHAR at = Answer + size;

        if (!R->Registered[i])
            continue;
        PutUlonglong(at, R->Key[i]);
        if (Holds(R, i)) {
            at[12] = 0x01;
            at[13] = R->Type;
        }
        PutUshort(at + 18, i + 1u);
        PutUlong(at + 20, 24);
        at[24] = 0x01;
        PutUshort(at + 26, i);
        PutUshort(at + 30, i + 1u);
        size += 48;
    }
    return size;
}

static UCHAR Capabilities(PRAMLUN_COMMAND Command, ULONG Allocation)
{
    UCHAR answer[8] = { 0, 8, 0, 0x80, CAPABLE >> 8, CAPABLE & 0xff, 0, 0 };

    return CommandAnswer(Command, answer, sizeof(answer), Allocation);
}

_Use_decl_annotations_
UCHAR CommandPersistentIn(PRAMLUN_COMMAND Command)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;
    ULONG allocation = (ULONG)Command->Cdb[7] << 8 | Command->Cdb[8], size;
    UCHAR answer[8 + 48 * RAMLUN_MAX_PATHS];

    if (r->Reserved && r->ReservedBy != Command->Path)
        return Conflict(Command);
    RtlZeroMemory(answer, sizeof(answer));
    switch (Command->Cdb[1] & 0x1f) {
    case RESERVATION_ACTION_READ_KEYS:
        size = Keys(r, answer);
        break;
    case RESERVATION_ACTION_READ_RESERVATIONS:
        size = Reservation(r, answer);
        break;
    case 2:
        return Capabilities(Command, allocation);
    default:
        size = FullStatus(r, answer);
    }
    PutUlong(answer, r->Generation);
    PutUlong(answer + 4, size - 8);
    return CommandAnswer(Command, answer, size, allocation);
}

/* --- PERSISTENT RESERVE OUT ---------------------------------------------------------------------------------------------------- */

static UCHAR BadParameter(PRAMLUN_COMMAND Command, UCHAR Qualifier)
{
    return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST, Qualifier);
}

/* Every other registrant gets a unit attention. */
static VOID TellOthers(PRAMLUN_UNIT Unit, UCHAR Path, UCHAR Qualifier)
{
    UCHAR i;

    for (i = 0; i < RAMLUN_MAX_PATHS; i++)
        if (i != Path && Unit->Reservations.Registered[i])
            CommandSetAttention(Unit, i, 0x2a, Qualifier);
}

static VOID EndReservation(PRAMLUN_UNIT Unit, UCHAR Path)
{
    UCHAR type = Unit->Reservations.Type;

    Unit->Reservations.Type = 0;
    if (IsForRegistrants(type))
        TellOthers(Unit, Path, RELEASED);
}

static VOID Unregister(PRAMLUN_UNIT Unit, UCHAR Path)
{
    PRAMLUN_RESERVATIONS r = &Unit->Reservations;
    BOOLEAN held = Holds(r, Path);

    r->Registered[Path] = FALSE;
    r->Key[Path] = 0;
    if (held && (!IsAllRegistrants(r->Type) || !AnyRegistered(r)))
        EndReservation(Unit, Path);
}

static UCHAR Register(PRAMLUN_COMMAND Command, ULONGLONG Key, ULONGLONG NewKey, BOOLEAN Ignore)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;
    UCHAR path = Command->Path;

    if (!Ignore && Key != (r->Registered[path] ? r->Key[path] : 0))
        return Conflict(Command);
    if (NewKey != 0) {
        r->Registered[path] = TRUE;
        r->Key[path] = NewKey;
    } else if (r->Registered[path]) {
        Unregister(Command->Unit, path);
    }
    r->Generation++;
    return SRB_STATUS_SUCCESS;
}

static UCHAR Reserve(PRAMLUN_COMMAND Command, UCHAR Type)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;

    if (r->Type != 0)
        return Holds(r, Command->Path) && r->Type == Type ? SRB_STATUS_SUCCESS : Conflict(Command);
    r->Type = Type;
    r->Holder = Command->Path;
    return SRB_STATUS_SUCCESS;
}

static UCHAR Release(PRAMLUN_COMMAND Command, UCHAR Type)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;

    if (!Holds(r, Command->Path))
        return SRB_STATUS_SUCCESS;
    if (r->Type != Type)
        return BadParameter(Command, 0x04);     /* invalid release of a persistent reservation */
    EndReservation(Command->Unit, Command->Path);
    return SRB_STATUS_SUCCESS;
}

static UCHAR Clear(PRAMLUN_COMMAND Command)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;

    TellOthers(Command->Unit, Command->Path, PREEMPTED);
    RtlZeroMemory(r->Registered, sizeof(r->Registered));
    RtlZeroMemory(r->Key, sizeof(r->Key));
    r->Type = 0;
    r->Generation++;
    return SRB_STATUS_SUCCESS;
}

/* Takes away the registrations with a key (all but ours when Every); how many there were. */
static ULONG RemoveKey(PRAMLUN_UNIT Unit, UCHAR Path, ULONGLONG Key, BOOLEAN Every)
{
    PRAMLUN_RESERVATIONS r = &Unit->Reservations;
    ULONG count = 0;
    UCHAR i;

    for (i = 0; i < RAMLUN_MAX_PATHS; i++) {
        if (!r->Registered[i] || (!Every && r->Key[i] != Key))
            continue;
        count++;
        if (i == Path)
            continue;
        CommandSetAttention(Unit, i, 0x2a, UNREGISTERED);
        r->Registered[i] = FALSE;
        r->Key[i] = 0;
    }
    return count;
}

static VOID TakeOver(PRAMLUN_UNIT Unit, UCHAR Path, UCHAR Type)
{
    PRAMLUN_RESERVATIONS r = &Unit->Reservations;

    if (r->Type != Type)
        TellOthers(Unit, Path, RELEASED);
    r->Type = Type;
    r->Holder = Path;
}

static UCHAR Preempt(PRAMLUN_COMMAND Command, ULONGLONG OtherKey, UCHAR Type)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;
    BOOLEAN all = r->Type != 0 && IsAllRegistrants(r->Type);
    BOOLEAN holder = r->Type != 0 && !all && r->Key[r->Holder] == OtherKey;

    if (OtherKey == 0 && !all)
        return BadParameter(Command, 0);
    if (RemoveKey(Command->Unit, Command->Path, OtherKey, all && OtherKey == 0) == 0)
        return Conflict(Command);
    if (holder || (all && OtherKey == 0))
        TakeOver(Command->Unit, Command->Path, Type);
    else if (all && !AnyRegistered(r))
        r->Type = 0;
    r->Generation++;
    return SRB_STATUS_SUCCESS;
}

static UCHAR Act(PRAMLUN_COMMAND Command, UCHAR Action, const UCHAR *List)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;
    ULONGLONG key = GetUlonglong(List), other = GetUlonglong(List + 8);
    UCHAR type = Command->Cdb[2] & 0x0f;

    if (Action == RESERVATION_ACTION_REGISTER || Action == RESERVATION_ACTION_REGISTER_IGNORE_EXISTING)
        return Register(Command, key, other, Action != RESERVATION_ACTION_REGISTER);
    if (!r->Registered[Command->Path] || r->Key[Command->Path] != key)
        return Conflict(Command);
    if (Action == RESERVATION_ACTION_CLEAR)
        return Clear(Command);
    if ((Command->Cdb[2] & 0xf0) || !IsType(type))      /* the scope is the unit */
        return CommandBadField(Command);
    switch (Action) {
    case RESERVATION_ACTION_RESERVE:
        return Reserve(Command, type);
    case RESERVATION_ACTION_RELEASE:
        return Release(Command, type);
    default:                                    /* nothing is under way that could be aborted */
        return Preempt(Command, other, type);
    }
}

_Use_decl_annotations_
UCHAR CommandPersistentOut(PRAMLUN_COMMAND Command)
{
    PRAMLUN_RESERVATIONS r = &Command->Unit->Reservations;
    ULONG length = GetUlong(Command->Cdb + 5);
    PUCHAR list = Command->Data;
    UCHAR status;

    if (r->Reserved)
        return Conflict(Command);
    if (length != 24 || Command->Length < length || list == NULL)
        return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_PARAMETER_LIST_LENGTH, 0);
    if (list[20] & 0x0d)                        /* SPEC_I_PT, ALL_TG_PT, APTPL */
        return BadParameter(Command, 0);
    status = Act(Command, Command->Cdb[1] & 0x1f, list);
    if (status == SRB_STATUS_SUCCESS)
        Command->Length = length;
    return status;
}
