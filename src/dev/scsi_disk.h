/* A SCSI disk (SPC-4, SBC-3) over a disk: logical unit 0 of a target with one initiator. Transports embed one.
 *
 *  1. A task belongs to the unit from scsi_disk_start until its done is called, which happens exactly once: from inside, or later from
 *     the disk. A task without an answer from the disk is in `tasks`.
 *  2. A task moves in pieces: its job's prepare makes the request for what is left from `position`, which advances when the disk has
 *     done it. So a piece that was cancelled can be made again.
 *  3. While the unit drains, nothing is issued: a task that has pieces left is ended when the drain is meant for it, and else
 *     parked and issued again afterwards.
 *  4. A unit attention is reported once, by the first command that is not INQUIRY, REPORT LUNS or REQUEST SENSE; the latter returns it
 *     as data. A newer one takes its place.
 *  5. Memory that the initiator gave is read once where its content decides something: CDB, parameter lists, patterns. */
#ifndef DEV_SCSI_DISK_H
#define DEV_SCSI_DISK_H

#include "base/list.h"
#include "dev/device.h"
#include "dev/scsi.h"
#include "disk/disk.h"

#define SCSI_CDB_BYTES 32u
#define SCSI_SENSE_BYTES 32u
#define SCSI_SERIAL_BYTES 20u
#define SCSI_SECTORS_MAX 0xFFFFu        /* of 512 bytes: what one command moves */
#define SCSI_RANGES_MAX 256u            /* of UNMAP */
#define SCSI_SAME_BYTES (2ull << 30)    /* of UNMAP's ranges together, and of WRITE SAME */

/* Whom a command addresses. */
enum scsi_address { SCSI_THE_DISK, SCSI_REPORT_LUNS_UNIT, SCSI_NO_UNIT };

/* How a task ended. */
enum scsi_end {
    SCSI_DONE,                          /* status and sense say how */
    SCSI_OVERRUN,                       /* the CDB asks for more than the buffers have; nothing was done */
    SCSI_ABORTED, SCSI_RESET            /* by a task management function */
};

struct scsi_disk;
struct scsi_task;

struct scsi_job {
    /* Makes task->io and task->piece for what is left. False: nothing is left. */
    bool (*prepare)(struct scsi_task *task);
    /* Looks at what the disk has done; false: it has ended the task. May be NULL. */
    bool (*judge)(struct scsi_task *task);
};

struct scsi_task {
    /* The transport's. */
    uint64_t tag;
    uint8_t cdb[SCSI_CDB_BYTES];        /* zeroes behind cdb_size */
    unsigned cdb_size;
    struct iovec *out, *in;             /* what the initiator sends and what it wants; theirs until done */
    int out_count, in_count;
    uint32_t out_size, in_size;
    struct iovec *parts;                /* scratch of parts_max, no fewer than out_count and in_count */
    int parts_max;
    void (*done)(struct scsi_task *task);
    /* The answer. */
    enum scsi_end end;
    uint8_t status, sense_size;
    uint8_t sense[SCSI_SENSE_BYTES];
    uint32_t moved;                     /* bytes of data, in or out */
    /* The unit's. */
    struct list link;
    struct scsi_disk *unit;
    const struct scsi_job *job;
    struct disk_io io;
    enum disk_result result;
    uint64_t offset, length, position, piece;   /* bytes of the disk; for UNMAP, descriptors */
    uint8_t *buffer;                    /* freed with the task */
    bool issuing, answered, parked, flush_first, fua, unmap;
    uint8_t byte_check;
};

struct scsi_disk {
    struct disk *disk;
    char serial[SCSI_SERIAL_BYTES + 1];
    uint64_t blocks;
    uint16_t attention;                 /* pending, 0: none */
    bool stopped, write_cache, descriptor_sense;
    bool present;                       /* false: there is no such logical unit */
    struct list tasks;
    /* While it drains. */
    bool draining;
    struct scsi_task *victim;           /* NULL: all */
    enum scsi_end ending;
    unsigned batch;
    bool issued;                        /* since the last flush of the disk's queue */
    struct device_stats stats;
    uint64_t aborts, resets;            /* task management functions that asked for it */
};

/* ---- for the transport ---- */

/* The disk stays the caller's. */
void scsi_disk_init(struct scsi_disk *unit, struct disk *disk, const char *serial);
void scsi_disk_start(struct scsi_disk *unit, enum scsi_address address, struct scsi_task *task);
/* Around a burst of starts: the disk begins to move at the end. */
void scsi_disk_begin(struct scsi_disk *unit);
void scsi_disk_commit(struct scsi_disk *unit);
/* Power on: what is under way ends as SCSI_RESET, and everything is as in the beginning. */
void scsi_disk_power_on(struct scsi_disk *unit);
/* LOGICAL UNIT RESET, I_T NEXUS RESET (`attention` says which): all tasks end as SCSI_RESET. */
void scsi_disk_reset(struct scsi_disk *unit, uint16_t attention);
/* ABORT TASK SET, CLEAR TASK SET. */
void scsi_disk_abort_all(struct scsi_disk *unit);
/* ABORT TASK: when this returns, the first task with that tag has ended; what the disk had done already ends with its own status. Others go on. */
void scsi_disk_abort(struct scsi_disk *unit, uint64_t tag);
bool scsi_disk_has_task(const struct scsi_disk *unit, uint64_t tag);

/* ---- between its parts ---- */

/* These end the task: the caller must not touch it any more. */
void scsi_end(struct scsi_task *task, enum scsi_end end);
void scsi_good(struct scsi_task *task);
void scsi_fail(struct scsi_task *task, uint8_t key, uint16_t code);
/* INVALID FIELD IN CDB or IN PARAMETER LIST, with its byte. */
void scsi_bad_cdb(struct scsi_task *task, unsigned byte);
void scsi_bad_list(struct scsi_task *task, unsigned byte);
/* With an INFORMATION field: a logical block address. */
void scsi_fail_at(struct scsi_task *task, uint8_t key, uint16_t code, uint64_t lba);
/* Data for the initiator, cut to `allocation`. */
void scsi_reply(struct scsi_task *task, const uint8_t *data, uint32_t length, uint32_t allocation);
/* A parameter list of exactly `length` bytes. False: there is less, and the task has ended. */
bool scsi_list(struct scsi_task *task, uint8_t *to, uint32_t length);
/* Bytes of `out` from `offset`; the caller knows that they are there. */
void scsi_gather(const struct scsi_task *task, uint64_t offset, uint8_t *to, uint64_t size);
/* Sense data into `to` (SCSI_SENSE_BYTES); returns its length. */
unsigned scsi_sense(bool descriptor, uint8_t *to, uint8_t key, uint16_t code);
/* Begins a job whose fields the caller has set. */
void scsi_run(struct scsi_task *task, const struct scsi_job *job);

static inline bool scsi_thin(const struct scsi_disk *unit)
{
    return unit->disk->discard && !unit->disk->read_only;
}

typedef void scsi_handler(struct scsi_disk *unit, struct scsi_task *task);
scsi_handler scsi_do_inquiry, scsi_do_report_luns, scsi_do_capacity_10, scsi_do_capacity_16, scsi_do_lba_status;
scsi_handler scsi_do_mode_sense, scsi_do_mode_select, scsi_do_operation_codes, scsi_do_task_functions;
scsi_handler scsi_do_read, scsi_do_write, scsi_do_verify, scsi_do_flush, scsi_do_unmap, scsi_do_write_same;
scsi_handler scsi_do_ready, scsi_do_request_sense, scsi_do_start_stop, scsi_do_prevent;
/* A write-back of everything, then GOOD. */
void scsi_write_back(struct scsi_task *task);

/* The table of commands (scsi_commands.c). */
#define SCSI_NO_ACTION -1
#define SCSI_DURING_ATTENTION 1u        /* not stopped by a unit attention */
#define SCSI_NEEDS_MEDIUM 2u            /* NOT READY while stopped */
#define SCSI_CHANGES_MEDIUM 4u          /* refused on a write-protected one */
#define SCSI_NEEDS_THIN 8u              /* is there on thin disks only */

struct scsi_command {
    uint8_t opcode;
    int8_t action;
    uint8_t flags;
    scsi_handler *run;
    uint8_t usage[16];                  /* which bits of the CDB are looked at; the first byte is the operation code */
};

static inline unsigned scsi_cdb_length(uint8_t opcode)
{
    static const uint8_t of_group[8] = { 6, 10, 10, 0, 16, 12, 0, 0 };

    return of_group[opcode >> 5];
}

/* NULL: there is no such command; *action then says whether the operation code is there with other service actions. */
const struct scsi_command *scsi_find(const struct scsi_disk *unit, const uint8_t *cdb, bool *action);
/* Row n of the table, NULL behind the last. */
const struct scsi_command *scsi_row(unsigned n);

#endif
