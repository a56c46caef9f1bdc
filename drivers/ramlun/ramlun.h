/* ramlun: a virtual Storport miniport whose logical units lie in nonpaged pool, allocated as they are written. */
#ifndef RAMLUN_H
#define RAMLUN_H

#include <ntddk.h>
#include <ntddscsi.h>
#include <storport.h>
#include <srbhelper.h>

#include "ioctl.h"

#define RAMLUN_TAG 'nulR'
#define RAMLUN_MAX_LUNS 8u
#define RAMLUN_MAX_PATHS 4u                     /* targets that show the same units: an initiator's ways to them */
#define RAMLUN_CHUNK_SHIFT 16u                  /* a chunk is allocated at once */
#define RAMLUN_CHUNK (1u << RAMLUN_CHUNK_SHIFT)
#define RAMLUN_MAX_TRANSFER (1024u * 1024u)
#define RAMLUN_MAX_UNMAP 0x100000u              /* sectors in one descriptor */

/* Who may do what with a unit, by path (an I_T nexus): reservation.c. */
typedef struct _RAMLUN_RESERVATIONS {
    BOOLEAN Registered[RAMLUN_MAX_PATHS];
    ULONGLONG Key[RAMLUN_MAX_PATHS];
    ULONG Generation;
    UCHAR Type;                                 /* of the persistent reservation; 0: none */
    UCHAR Holder;                               /* its path; of the types for all registrants, whoever made it */
    BOOLEAN Reserved;                           /* by RESERVE (6) */
    UCHAR ReservedBy;
} RAMLUN_RESERVATIONS, *PRAMLUN_RESERVATIONS;

/* A unit's table has one pointer for each chunk; NULL reads as zeroes. */
typedef struct _RAMLUN_UNIT {
    BOOLEAN Present, ReadOnly, WriteProtectReported;
    UCHAR Number;
    ULONG SectorSize, SectorShift;
    ULONGLONG Sectors;
    ULONG ChunkCount, ChunksUsed;
    PUCHAR *Chunks;
    UCHAR Attention[RAMLUN_MAX_PATHS];          /* additional sense code of the next unit attention; 0: none */
    UCHAR AttentionQualifier[RAMLUN_MAX_PATHS];
    RAMLUN_RESERVATIONS Reservations;
} RAMLUN_UNIT, *PRAMLUN_UNIT;

typedef struct _RAMLUN_ADAPTER {
    ULONG SectorSize;
    ULONG InitialMegabytes, InitialLuns, Paths;
    RAMLUN_UNIT Units[RAMLUN_MAX_LUNS];
} RAMLUN_ADAPTER, *PRAMLUN_ADAPTER;

/* One command on its way: what the handlers need, whichever format the SRB has. */
typedef struct _RAMLUN_COMMAND {
    PRAMLUN_ADAPTER Adapter;
    PRAMLUN_UNIT Unit;
    UCHAR Path;                                 /* the target it was addressed to */
    PVOID Srb;
    PUCHAR Cdb, Data;
    ULONG Length;                               /* bytes of Data; then the bytes that were moved */
} RAMLUN_COMMAND, *PRAMLUN_COMMAND;

/* Each returns an SRB status. */

/* command.c */
UCHAR CommandExecute(_In_ PRAMLUN_ADAPTER Adapter, _In_ PVOID Srb);
/* CHECK CONDITION with sense data in fixed format. */
UCHAR CommandFail(_In_ PRAMLUN_COMMAND Command, _In_ UCHAR Key, _In_ UCHAR Code, _In_ UCHAR Qualifier);
/* An answer of Size bytes, cut to the CDB's allocation length and to the buffer. */
UCHAR CommandAnswer(_Inout_ PRAMLUN_COMMAND Command, _In_reads_bytes_(Size) const VOID *Answer, _In_ ULONG Size,
                    _In_ ULONG AllocationLength);
ULONG GetUlong(_In_reads_(4) const UCHAR *Bytes);
ULONGLONG GetUlonglong(_In_reads_(8) const UCHAR *Bytes);
VOID PutUshort(_Out_writes_(2) PUCHAR Bytes, _In_ ULONG Value);
VOID PutUlong(_Out_writes_(4) PUCHAR Bytes, _In_ ULONG Value);
VOID PutUlonglong(_Out_writes_(8) PUCHAR Bytes, _In_ ULONGLONG Value);

VOID CommandSetAttention(_Inout_ PRAMLUN_UNIT Unit, _In_ UCHAR Path, _In_ UCHAR Code, _In_ UCHAR Qualifier);

/* What a command is to a reservation of somebody else, and more about it. */
#define COMMAND_WRITES 0x01u                    /* not on a read-only unit; conflicts with every reservation */
#define COMMAND_READS 0x02u                     /* conflicts with exclusive access */
#define COMMAND_CONFLICTS 0x04u                 /* changes nothing on the medium, but conflicts with every reservation */
#define COMMAND_ATTENTION 0x08u                 /* answered before a pending unit attention is reported */
#define COMMAND_ANY_UNIT 0x10u                  /* answered for units that are not there */
#define COMMAND_RESERVES 0x20u                  /* looks at reservations itself */

typedef UCHAR RAMLUN_HANDLER(_Inout_ PRAMLUN_COMMAND Command);

typedef struct _RAMLUN_OPERATION {
    UCHAR Code;
    UCHAR Action;                               /* service action, or NO_ACTION */
    UCHAR Flags;
    UCHAR CdbLength;
    RAMLUN_HANDLER *Handler;
    UCHAR Usage[5];                             /* bits of CDB bytes 1 to 5 that are looked at */
} RAMLUN_OPERATION;

#define NO_ACTION 0xffu
extern const RAMLUN_OPERATION Operations[];
extern const ULONG OperationCount;

/* opcodes.c */
UCHAR CommandReportOpcodes(_Inout_ PRAMLUN_COMMAND Command);

/* reservation.c */
BOOLEAN ReservationConflicts(_In_ PRAMLUN_COMMAND Command, _In_ ULONG Flags);
VOID ReservationReset(_Inout_ PRAMLUN_UNIT Unit);
UCHAR CommandReserve(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandRelease(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandPersistentIn(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandPersistentOut(_Inout_ PRAMLUN_COMMAND Command);

/* inquiry.c, mode.c */
UCHAR CommandInquiry(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandReportLuns(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandModeSense(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandReadCapacity(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandLbaStatus(_Inout_ PRAMLUN_COMMAND Command);

/* medium.c: reads, writes and what deallocates. */
UCHAR CommandReadWrite(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandUnmap(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandWriteSame(_Inout_ PRAMLUN_COMMAND Command);
typedef struct _RAMLUN_RANGE {
    ULONGLONG Sector, Count;
} RAMLUN_RANGE;
/* The addresses of a CDB. */
RAMLUN_RANGE CommandRange(_In_ const UCHAR *Cdb);
BOOLEAN UnitHolds(_In_ const RAMLUN_UNIT *Unit, _In_ RAMLUN_RANGE Range);
UCHAR CommandOutOfRange(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandBadField(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandNoSpace(_Inout_ PRAMLUN_COMMAND Command);

/* compare.c: commands that compare data with the medium. */
UCHAR CommandVerify(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandWriteVerify(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandCompareAndWrite(_Inout_ PRAMLUN_COMMAND Command);
UCHAR CommandPrefetch(_Inout_ PRAMLUN_COMMAND Command);

/* unit.c: the caller holds the StartIo lock, or is the only one. */
BOOLEAN UnitCreate(_In_ PRAMLUN_ADAPTER Adapter, _In_ UCHAR Number, _In_ ULONG Megabytes);
VOID UnitDelete(_In_ PRAMLUN_ADAPTER Adapter, _Inout_ PRAMLUN_UNIT Unit);
/* FALSE without memory for a chunk. */
BOOLEAN UnitWrite(_In_ PRAMLUN_ADAPTER Adapter, _Inout_ PRAMLUN_UNIT Unit, _In_ ULONGLONG Offset,
                  _In_reads_bytes_(Length) const UCHAR *Data, _In_ ULONG Length);
VOID UnitRead(_In_ PRAMLUN_UNIT Unit, _In_ ULONGLONG Offset, _Out_writes_bytes_(Length) PUCHAR Data, _In_ ULONG Length);
/* Gives whole chunks back, and zeroes the rest. */
VOID UnitDiscard(_In_ PRAMLUN_ADAPTER Adapter, _Inout_ PRAMLUN_UNIT Unit, _In_ ULONGLONG Offset, _In_ ULONGLONG Length);
/* Bytes from Offset that are all allocated, or all not. */
ULONGLONG UnitExtent(_In_ PRAMLUN_UNIT Unit, _In_ ULONGLONG Offset, _Out_ PBOOLEAN Allocated);

/* control.c: the driver's own control codes. */
UCHAR ControlExecute(_In_ PRAMLUN_ADAPTER Adapter, _In_ PVOID Srb);

#endif
