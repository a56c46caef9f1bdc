/* sata: a Storport miniport for AHCI controllers, in the style of miniports with SCSI_REQUEST_BLOCKs: half duplex, everything a
 * command needs in the uncached extension.
 *
 *  1. HwStorStartIo, the interrupt and what they call are serialised by Storport (half duplex): no lock of our own.
 *  2. Requests wait in `Queue`, in order. Queued commands (NCQ) run together, one per slot; any other command runs alone.
 *  3. After an error the port is masked and `Recovering`: nothing is started and no interrupt comes, so the DPC that restarts the port and
 *     asks the disk which command failed has everything to itself. Then it is as before. */
#ifndef SATA_H
#define SATA_H

#include <storport.h>

#define SATA_SLOTS 32u
#define SATA_BREAKS 65u                 /* scatter/gather elements of a request */
#define SATA_TRANSFER (256u * 1024)
#define SATA_TABLE_BYTES 0x500u         /* command FIS and regions, a multiple of 128 */
#define SATA_TRIM_RANGES 64u

/* Controller and port registers that we use (AHCI 1.3.1, chapter 3), as ULONG indices. */
#define HBA_CAP 0
#define HBA_GHC 1
#define HBA_IS 2
#define HBA_PI 3
#define GHC_INTERRUPTS 0x2u
#define GHC_AHCI 0x80000000u
#define PX_CLB 0
#define PX_CLBU 1
#define PX_FB 2
#define PX_FBU 3
#define PX_IS 4
#define PX_IE 5
#define PX_CMD 6
#define PX_TFD 8
#define PX_SIG 9
#define PX_SSTS 10
#define PX_SCTL 11
#define PX_SERR 12
#define PX_SACT 13
#define PX_CI 14
#define CMD_START 0x1u
#define CMD_FIS 0x10u
#define CMD_FIS_RUNS 0x4000u
#define CMD_LIST_RUNS 0x8000u
#define IS_ERRORS 0x7D000000u           /* task file, bus, interface, overflow */
#define IS_WANTED (IS_ERRORS | 0x0000000Fu)
#define TFD_BUSY 0x88u
#define TFD_ERROR 0x1u
#define SIGNATURE_DISK 0x101u

#define ATA_READ_LOG 0x2Fu
#define ATA_READ_VERIFY 0x42u
#define ATA_TRIM 0x06u
#define ATA_READ 0x25u
#define ATA_WRITE 0x35u
#define ATA_WRITE_FUA 0x3Du
#define ATA_READ_QUEUED 0x60u
#define ATA_WRITE_QUEUED 0x61u
#define ATA_FLUSH 0xEAu
#define ATA_IDENTIFY 0xECu
#define LOG_QUEUED_ERROR 0x10u

/* What is in the uncached extension, 1 KiB aligned. */
typedef struct _SATA_SHARED {
    ULONG List[SATA_SLOTS][8];
    UCHAR Received[1024];
    UCHAR Table[SATA_SLOTS][SATA_TABLE_BYTES];
    UCHAR Block[512];                   /* IDENTIFY, logs */
    ULONG64 Trim[SATA_TRIM_RANGES];
} SATA_SHARED, *PSATA_SHARED;

/* The SRB extension. */
typedef struct _SATA_REQUEST {
    PSCSI_REQUEST_BLOCK Next;
    UCHAR Command;
    BOOLEAN Queued, Write, Fua;
    ULONG64 Lba;
    ULONG Count;
} SATA_REQUEST, *PSATA_REQUEST;

typedef struct _SATA_DISK {
    ULONG64 Blocks;
    ULONG BlockSize;
    UCHAR PhysicalExponent, Depth;      /* Depth 1: no queue */
    BOOLEAN WriteCache, Trim, Fua;
    CHAR Serial[20], Model[40], Revision[8];
} SATA_DISK, *PSATA_DISK;

typedef struct _SATA_ADAPTER {
    PULONG Registers, Port;             /* the controller's, and those of the port with the disk */
    ULONG PortNumber, RegisterBytes;
    PSATA_SHARED Shared;
    ULONG64 Physical;                   /* of Shared */
    SATA_DISK Disk;
    STOR_DPC Dpc;
    PSCSI_REQUEST_BLOCK Running[SATA_SLOTS], First, Last;
    ULONG Outstanding, OutstandingQueued;
    BOOLEAN Ready, Recovering, Gone;
} SATA_ADAPTER, *PSATA_ADAPTER;

static inline ULONG SataGet(PSATA_ADAPTER adapter, PULONG at)
{
    return StorPortReadRegisterUlong(adapter, at);
}

static inline VOID SataSet(PSATA_ADAPTER adapter, PULONG at, ULONG value)
{
    StorPortWriteRegisterUlong(adapter, at, value);
}

/* Big-endian numbers of CDBs and answers. */
static inline ULONG64 SataNumber(const UCHAR *at, ULONG bytes)
{
    ULONG64 value = 0;

    while (bytes-- != 0)
        value = value << 8 | *at++;
    return value;
}

static inline VOID SataPut(PUCHAR at, ULONG bytes, ULONG64 value)
{
    while (bytes-- != 0) {
        at[bytes] = (UCHAR)value;
        value >>= 8;
    }
}

/* port.c */
/* Brings the port up with its interrupt masked and asks the disk what it is. FALSE: there is no disk, or it does not answer. */
BOOLEAN SataStartPort(_In_ PSATA_ADAPTER adapter);
VOID SataStopPort(_In_ PSATA_ADAPTER adapter);
VOID SataUnmask(_In_ PSATA_ADAPTER adapter);
/* Starts what waits, as far as the disk takes it. */
VOID SataPump(_In_ PSATA_ADAPTER adapter);
BOOLEAN SataServe(_In_ PSATA_ADAPTER adapter);
/* Everything that is under way or waits ends with `status`. */
VOID SataEndAll(_In_ PSATA_ADAPTER adapter, UCHAR status);
HW_DPC_ROUTINE SataRecover;

/* scsi.c */
/* TRUE: the request is to be queued; FALSE: it is complete. */
BOOLEAN SataTranslate(_In_ PSATA_ADAPTER adapter, _In_ PSCSI_REQUEST_BLOCK srb);
VOID SataComplete(_In_ PSATA_ADAPTER adapter, _In_ PSCSI_REQUEST_BLOCK srb, UCHAR status);
/* The answer to a command that the disk has refused with this error register. */
VOID SataFail(_In_ PSATA_ADAPTER adapter, _In_ PSCSI_REQUEST_BLOCK srb, UCHAR error);

/* identify.c */
/* FALSE: not a disk that this driver can drive. */
BOOLEAN SataParseIdentity(_In_reads_(256) const USHORT *identity, _Out_ PSATA_DISK disk);
/* The answer to a command about the disk: bytes in `to` (256), 0 for a field that is not supported. */
ULONG SataDescribe(_In_ const SATA_DISK *disk, _In_ const UCHAR *cdb, _Out_writes_(256) PUCHAR to);

#endif
