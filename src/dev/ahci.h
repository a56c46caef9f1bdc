/* AHCI: a SATA controller with one port and a disk on it. ahci.c (controller registers, interrupts, life), ahci_port.c (port
 * registers, command list, received FISes), ahci_ata.c (what the disk does with a command), ahci_identify.c (what it says of itself).
 *
 *  1. A slot is `issued` from the fetch of its header until its answer. A queued command leaves PxCI when the disk has accepted
 *     it and PxSACT when it is answered; a plain one keeps the disk busy (`current`) and the list waits.
 *  2. Headers, tables, FISes and ranges are read once; data regions are checked RAM, given to the disk as they are.
 *  3. An error stops the list (`halted`) until PxCMD.ST is cleared. After a queued command failed, the disk aborts everything but
 *     READ LOG EXT of the error log, and forgets the other queued commands.
 *  4. Clearing ST, resets and power off drain the disk first: nothing of an earlier command touches memory afterwards.
 *  5. Answers that come while the list is being run are published, and interrupt, when the run ends; others at the disk's burst end. An
 *     interrupt may bring register accesses at once, so it is the last thing done. */
#ifndef DEV_AHCI_H
#define DEV_AHCI_H

#include "base/list.h"
#include "dev/msi.h"
#include "dev/pci.h"
#include "disk/disk.h"

#define AHCI_BAR 5
#define AHCI_BAR_BYTES 0x1000u
#define AHCI_PORT 0x100u
#define AHCI_PORT_BYTES 0x80u
#define AHCI_SLOTS 32u
#define AHCI_LIST_BYTES (32u * AHCI_SLOTS)
#define AHCI_FIS_BYTES 256u
#define AHCI_TABLE_PRDS 0x80u           /* offset of the regions in a command table */

/* Controller registers. */
#define AHCI_CAP 0x00u
#define AHCI_GHC 0x04u
#define AHCI_IS 0x08u
#define AHCI_PI 0x0Cu
#define AHCI_VS 0x10u
#define GHC_RESET (1u << 0)
#define GHC_INTERRUPTS (1u << 1)
#define GHC_AHCI (1u << 31)

/* Port registers, from AHCI_PORT. */
#define PORT_CLB 0x00u
#define PORT_CLBU 0x04u
#define PORT_FB 0x08u
#define PORT_FBU 0x0Cu
#define PORT_IS 0x10u
#define PORT_IE 0x14u
#define PORT_CMD 0x18u
#define PORT_TFD 0x20u
#define PORT_SIG 0x24u
#define PORT_SSTS 0x28u
#define PORT_SCTL 0x2Cu
#define PORT_SERR 0x30u
#define PORT_SACT 0x34u
#define PORT_CI 0x38u

#define PIS_D2H (1u << 0)
#define PIS_PIO (1u << 1)
#define PIS_DMA_SETUP (1u << 2)
#define PIS_DEVICE_BITS (1u << 3)
#define PIS_REGION (1u << 5)
#define PIS_CONNECT (1u << 6)
#define PIS_PHY (1u << 22)
#define PIS_OVERFLOW (1u << 24)
#define PIS_INTERFACE (1u << 27)
#define PIS_HOST_BUS (1u << 29)
#define PIS_TASK_FILE (1u << 30)

#define PCMD_START (1u << 0)
#define PCMD_SPIN_UP (1u << 1)
#define PCMD_POWER_ON (1u << 2)
#define PCMD_CLEAR_BUSY (1u << 3)
#define PCMD_FIS (1u << 4)
#define PCMD_FIS_RUNS (1u << 14)
#define PCMD_LIST_RUNS (1u << 15)
#define PCMD_WRITABLE (PCMD_START | PCMD_FIS | 1u << 24 | 1u << 25)     /* with ATAPI and its lamp, which change nothing */

#define SERR_PHY (1u << 16)
#define SERR_EXCHANGED (1u << 26)

/* A register FIS, host to device (27h) and device to host (34h); a PIO setup FIS begins alike. */
enum {
    FIS_TYPE, FIS_FLAGS, FIS_COMMAND, FIS_FEATURE, FIS_LBA0, FIS_LBA1, FIS_LBA2, FIS_DEVICE, FIS_LBA3, FIS_LBA4, FIS_LBA5, FIS_FEATURE_EXT,
    FIS_COUNT, FIS_COUNT_EXT, FIS_ICC, FIS_CONTROL, FIS_BYTES = 20
};
#define FIS_H2D 0x27u
#define FIS_D2H 0x34u
#define FIS_PIO_SETUP 0x5Fu
#define FIS_SET_BITS 0xA1u
#define FIS_IS_COMMAND 0x80u
#define FIS_INTERRUPT 0x40u
#define FIS_FROM_DEVICE 0x20u
#define RECEIVED_PIO 0x20u              /* offsets in the area of received FISes */
#define RECEIVED_D2H 0x40u
#define RECEIVED_SET_BITS 0x58u

#define ATA_BUSY 0x80u
#define ATA_READY 0x50u                 /* ready, seek complete */
#define ATA_ERROR 0x01u
#define ATA_DRQ 0x08u
#define ATA_ABORTED 0x04u               /* error register */
#define ATA_NOT_FOUND 0x10u
#define ATA_UNCORRECTABLE 0x40u         /* of a read; of a write: write protected */

#define ATA_SECTORS_28 0x0FFFFFFFull
#define ATA_LOG_BYTES 512u
#define ATA_SERIAL_BYTES 20u
#define TRIM_BLOCKS 8u                  /* 512 bytes of ranges each, of one command */
#define TRIM_RANGES (TRIM_BLOCKS * 512u / 8u)

enum ahci_protocol { AHCI_NO_DATA, AHCI_PIO_IN, AHCI_PIO_OUT, AHCI_DMA };

struct ahci;

struct ahci_slot {
    struct disk_io io;                  /* first */
    struct ahci *hba;
    unsigned index;
    bool queued, write, region_interrupt;
    enum ahci_protocol protocol;
    uint16_t prdtl;
    uint32_t bytes;                     /* moved, for the header */
    uint8_t fis[FIS_BYTES];             /* the command as it came */
    uint8_t *header;                    /* in RAM */
    const uint8_t *regions;             /* in RAM */
    struct iovec parts[DISK_PARTS_MAX];
};

struct ahci_port {
    uint32_t clb, clbu, fb, fbu, is, ie, cmd, tfd, sig, sctl, serr, sact, ci;
    uint8_t *list, *received;           /* RAM while ST, FRE are set; NULL: outside RAM */
    uint32_t issued, finished;          /* finished: queued commands to be published */
    int current;                        /* the plain command under way, or -1 */
    unsigned last;                      /* slot fetched last */
    bool running, halted, stopping, signature, soft_reset, failed_queue;
    uint8_t error_log[ATA_LOG_BYTES];
    uint64_t trims[TRIM_RANGES];        /* of the plain command under way */
    unsigned trim, trim_count;
};

struct ahci {
    struct device device;               /* first */
    struct msi msi;
    struct disk *disk;
    struct ahci_port port;
    uint32_t ghc, is;
    unsigned depth;
    bool write_cache, look_ahead, line_asserted;
    char serial[ATA_SERIAL_BYTES + 1];
    struct device_stats stats;
    struct ahci_slot *slots;
};

/* ahci.c */
/* Interrupts by what the port has pending; the last thing a caller does. */
void ahci_interrupt(struct ahci *hba);
/* host->dma of both address registers. */
void *ahci_dma(struct ahci *hba, uint32_t low, uint32_t high, size_t size);

/* ahci_port.c */
uint32_t ahci_port_read(struct ahci *hba, unsigned offset);
void ahci_port_write(struct ahci *hba, unsigned offset, uint32_t value);
/* Fetches and starts commands; publishes and interrupts. */
void ahci_port_run(struct ahci *hba);
/* After power on, or a reset of the controller. */
void ahci_port_reset(struct ahci *hba);
/* disk.burst_end. */
void ahci_burst_end(void *card);
/* A queued command is the disk's now. */
void ahci_accept(struct ahci_slot *slot);
/* A command's answer: status and error register. */
void ahci_finish(struct ahci_slot *slot, uint8_t status, uint8_t error);
/* The link or memory failed the command: `cause` of PxIS is set, the list stops. */
void ahci_fatal(struct ahci *hba, uint32_t cause);

/* ahci_ata.c */
/* A command of a device that is not busy: answered by ahci_finish, now or later. */
void ahci_command(struct ahci_slot *slot);
/* What a reset restores. */
void ahci_device_reset(struct ahci *hba);
/* disk_io.done of every slot. */
void ahci_disk_done(struct disk_io *io, enum disk_result result);

/* ahci_identify.c: blocks of 512 bytes. */
void ahci_identify(const struct ahci *hba, uint8_t *block);
/* A page of a log; false: there is no such page. */
bool ahci_log_page(struct ahci *hba, uint8_t log, unsigned page, uint8_t *block);
void ahci_log_queued_error(struct ahci_slot *slot, uint8_t status, uint8_t error);
void ahci_smart_data(uint8_t *block);

static inline struct ahci *ahci_of(struct device *device)
{
    return (struct ahci *)device;
}

static inline uint64_t fis_lba48(const uint8_t *fis)
{
    return fis[FIS_LBA0] | (uint64_t)fis[FIS_LBA1] << 8 | (uint64_t)fis[FIS_LBA2] << 16 | (uint64_t)fis[FIS_LBA3] << 24 |
           (uint64_t)fis[FIS_LBA4] << 32 | (uint64_t)fis[FIS_LBA5] << 40;
}

#endif
