/* The SCSI disk's logical unit: which commands are let in, how tasks go through the disk, resets and aborts. */
#include "dev/scsi_disk.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* --- tasks ---------------------------------------------------------------------------------------------------------- */

static void count(struct device_stats *stats, const struct disk_io *io)
{
    if (io->op == DISK_READ) {
        stats->reads++;
        stats->read_bytes += io->length;
    } else if (io->op == DISK_WRITE) {
        stats->writes++;
        stats->write_bytes += io->length;
    } else {
        stats->flushes += io->op == DISK_FLUSH;
    }
}

static void fail_by_disk(struct scsi_task *task)
{
    struct scsi_disk *unit = task->unit;
    uint64_t lba = task->io.op == DISK_FLUSH ? 0 : task->io.offset / unit->disk->block_size;

    unit->stats.failed++;
    switch (task->result) {
    case DISK_READ_ONLY:
        scsi_fail(task, SENSE_DATA_PROTECT, ASC_WRITE_PROTECTED);
        break;
    case DISK_NO_SPACE:
        scsi_fail(task, SENSE_DATA_PROTECT, ASC_NO_SPACE);
        break;
    case DISK_FAILED:
        if (task->io.op == DISK_FLUSH)
            scsi_fail(task, SENSE_MEDIUM_ERROR, ASC_WRITE_ERROR);
        else
            scsi_fail_at(task, SENSE_MEDIUM_ERROR, task->io.op == DISK_READ ? ASC_READ_ERROR : ASC_WRITE_ERROR, lba);
        break;
    case DISK_CANCELLED:                /* by nobody here: the disk goes away */
        scsi_end(task, SCSI_ABORTED);
        break;
    default:
        scsi_fail(task, SENSE_HARDWARE_ERROR, ASC_INTERNAL);
        break;
    }
}

/* (3) */
static void park(struct scsi_task *task)
{
    struct scsi_disk *unit = task->unit;

    if (!unit->victim || unit->victim == task)
        scsi_end(task, unit->ending);
    else
        task->parked = true;
}

/* The disk has answered a piece. True: the task is still there and has not been judged over. */
static bool digest(struct scsi_task *task)
{
    struct scsi_disk *unit = task->unit;

    if (task->result == DISK_CANCELLED && unit->draining) {
        park(task);
        return false;
    }
    if (task->result != DISK_DONE) {
        fail_by_disk(task);
        return false;
    }
    count(&unit->stats, &task->io);
    if (task->flush_first) {
        task->flush_first = false;
        return true;
    }
    if (task->job->judge && !task->job->judge(task))
        return false;
    task->position += task->piece;
    return true;
}

static void disk_done(struct disk_io *io, enum disk_result result);

static bool prepare(struct scsi_task *task)
{
    struct scsi_disk *unit = task->unit;

    task->io = (struct disk_io){ .done = disk_done, .parts = task->parts };
    if (task->flush_first) {
        task->io.op = DISK_FLUSH;
        return true;
    }
    if (!task->job->prepare(task))
        return false;
    task->io.fua = task->io.op != DISK_READ && task->io.op != DISK_FLUSH && (task->fua || !unit->write_cache);
    return true;
}

/* A loop, not a recursion: a disk that answers at once may have thousands of pieces to go. */
static void go(struct scsi_task *task)
{
    struct scsi_disk *unit = task->unit;

    while (prepare(task)) {
        if (unit->draining) {
            park(task);
            return;
        }
        task->answered = false;
        task->issuing = true;
        unit->issued = true;
        disk_issue(unit->disk, &task->io);
        task->issuing = false;
        if (!task->answered) {
            if (!unit->batch)
                disk_flush_queue(unit->disk);
            return;
        }
        if (!digest(task))
            return;
    }
    scsi_good(task);
}

static void disk_done(struct disk_io *io, enum disk_result result)
{
    struct scsi_task *task = container_of(io, struct scsi_task, io);

    task->result = result;
    task->answered = true;
    if (!task->issuing && digest(task))
        go(task);
}

void scsi_run(struct scsi_task *task, const struct scsi_job *job)
{
    task->job = job;
    task->position = 0;
    go(task);
}

void scsi_disk_begin(struct scsi_disk *unit)
{
    unit->batch++;
}

void scsi_disk_commit(struct scsi_disk *unit)
{
    if (unit->batch == 1)
        for (; unit->issued; disk_flush_queue(unit->disk))
            unit->issued = false;
    unit->batch--;
}

/* --- small commands ------------------------------------------------------------------------------------------------- */

void scsi_do_ready(struct scsi_disk *unit, struct scsi_task *task)
{
    scsi_good(task);
}

void scsi_do_request_sense(struct scsi_disk *unit, struct scsi_task *task)
{
    uint8_t data[SCSI_SENSE_BYTES];
    bool descriptor = task->cdb[1] & 1;
    unsigned length;

    if (task->cdb[4] > task->in_size) {
        scsi_end(task, SCSI_OVERRUN);
        return;
    }
    if (unit->attention)
        length = scsi_sense(descriptor, data, SENSE_UNIT_ATTENTION, unit->attention);
    else if (unit->stopped)
        length = scsi_sense(descriptor, data, SENSE_NOT_READY, ASC_START_NEEDED);
    else
        length = scsi_sense(descriptor, data, SENSE_NONE, 0);
    unit->attention = 0;
    scsi_reply(task, data, length, task->cdb[4]);
}

/* The medium is not removable, and there are no power conditions. */
void scsi_do_start_stop(struct scsi_disk *unit, struct scsi_task *task)
{
    bool start = task->cdb[4] & 1, no_flush = task->cdb[4] & 4;

    if (task->cdb[4] & 0xF2) {
        scsi_bad_cdb(task, 4);
        return;
    }
    unit->stopped = !start;
    if (start || no_flush || unit->disk->read_only)
        scsi_good(task);
    else
        scsi_write_back(task);
}

void scsi_do_prevent(struct scsi_disk *unit, struct scsi_task *task)
{
    if (task->cdb[4] & 2)
        scsi_bad_cdb(task, 4);
    else
        scsi_good(task);
}

/* --- the way in ------------------------------------------------------------------------------------------------------ */

/* What other addresses of the target answer (SPC-4, "Incorrect logical unit selection", "Well known logical units"). */
static void answer_elsewhere(struct scsi_disk *unit, enum scsi_address address, struct scsi_task *task)
{
    uint8_t data[36] = { 0 };
    bool known = address == SCSI_REPORT_LUNS_UNIT;

    switch (task->cdb[0]) {
    case SCSI_REPORT_LUNS:
        scsi_do_report_luns(unit, task);
        return;
    case SCSI_INQUIRY:
        if (task->cdb[1] & 1 || task->cdb[2]) {
            scsi_bad_cdb(task, 1);
            return;
        }
        data[0] = known ? 0x1E : 0x7F;
        data[2] = 6;
        data[3] = 2;
        data[4] = sizeof data - 5;
        memcpy(data + 8, "RING3   SCSI TARGET     1.0 ", 28);
        scsi_reply(task, data, sizeof data, (uint32_t)scsi_get(task->cdb + 3, 2));
        return;
    case SCSI_REQUEST_SENSE:
        scsi_reply(task, data, scsi_sense(task->cdb[1] & 1, data, known ? SENSE_NONE : SENSE_ILLEGAL_REQUEST, known ? 0 : ASC_NO_SUCH_UNIT),
                   task->cdb[4]);
        return;
    case SCSI_TEST_UNIT_READY:
        if (known) {
            scsi_good(task);
            return;
        }
        break;
    default:
        break;
    }
    scsi_fail(task, SENSE_ILLEGAL_REQUEST, known ? ASC_OPERATION_CODE : ASC_NO_SUCH_UNIT);
}

static void refuse_code(struct scsi_task *task, bool action)
{
    if (action)
        scsi_bad_cdb(task, 1);
    else
        scsi_fail(task, SENSE_ILLEGAL_REQUEST, ASC_OPERATION_CODE);
}

/* (4) */
static void report_attention(struct scsi_disk *unit, struct scsi_task *task)
{
    uint16_t code = unit->attention;

    unit->attention = 0;
    scsi_fail(task, SENSE_UNIT_ATTENTION, code);
}

static void dispatch(struct scsi_disk *unit, struct scsi_task *task)
{
    bool action;
    const struct scsi_command *command = scsi_find(unit, task->cdb, &action);
    unsigned length = scsi_cdb_length(task->cdb[0]);

    if (unit->attention && !(command && command->flags & SCSI_DURING_ATTENTION))
        report_attention(unit, task);
    else if (!command)
        refuse_code(task, action);
    else if (length > task->cdb_size)
        scsi_bad_cdb(task, task->cdb_size);
    else if (task->cdb[length - 1] & 4)                     /* NACA: there is no ACA */
        scsi_bad_cdb(task, length - 1);
    else if (command->flags & SCSI_NEEDS_MEDIUM && unit->stopped)
        scsi_fail(task, SENSE_NOT_READY, ASC_START_NEEDED);
    else if (command->flags & SCSI_CHANGES_MEDIUM && unit->disk->read_only)
        scsi_fail(task, SENSE_DATA_PROTECT, ASC_WRITE_PROTECTED);
    else
        command->run(unit, task);
}

void scsi_disk_start(struct scsi_disk *unit, enum scsi_address address, struct scsi_task *task)
{
    task->unit = unit;
    task->moved = 0;
    task->status = task->sense_size = 0;
    task->buffer = NULL;
    task->parked = task->flush_first = task->fua = task->unmap = false;
    task->position = task->piece = 0;
    list_push_back(&unit->tasks, &task->link);
    if (address != SCSI_THE_DISK || !unit->present)
        answer_elsewhere(unit, address == SCSI_THE_DISK ? SCSI_NO_UNIT : address, task);
    else
        dispatch(unit, task);
}

/* --- life, task management ------------------------------------------------------------------------------------------- */

static void set_defaults(struct scsi_disk *unit, uint16_t attention)
{
    unit->attention = attention;
    unit->stopped = unit->descriptor_sense = false;
    unit->write_cache = unit->disk->volatile_cache;
}

void scsi_disk_init(struct scsi_disk *unit, struct disk *disk, const char *serial)
{
    memset(unit, 0, sizeof *unit);
    unit->disk = disk;
    unit->blocks = disk->size / disk->block_size;
    unit->present = true;
    snprintf(unit->serial, sizeof unit->serial, "%s", serial);
    list_init(&unit->tasks);
    set_defaults(unit, ASC_RESET);
}

static void drain(struct scsi_disk *unit, struct scsi_task *victim, enum scsi_end ending)
{
    unit->draining = true;
    unit->victim = victim;
    unit->ending = ending;
    disk_drain(unit->disk);
    unit->draining = false;
    unit->victim = NULL;
}

static struct scsi_task *find_task(const struct scsi_disk *unit, uint64_t tag)
{
    list_each(node, &unit->tasks) {
        struct scsi_task *task = container_of(node, struct scsi_task, link);

        if (task->tag == tag)
            return task;
    }
    return NULL;
}

static struct scsi_task *find_parked(const struct scsi_disk *unit)
{
    list_each(node, &unit->tasks)
        if (container_of(node, struct scsi_task, link)->parked)
            return container_of(node, struct scsi_task, link);
    return NULL;
}

static void unpark(struct scsi_disk *unit)
{
    struct scsi_task *task;

    scsi_disk_begin(unit);
    while ((task = find_parked(unit))) {
        task->parked = false;
        go(task);
    }
    scsi_disk_commit(unit);
}

bool scsi_disk_has_task(const struct scsi_disk *unit, uint64_t tag)
{
    return find_task(unit, tag) != NULL;
}

void scsi_disk_abort(struct scsi_disk *unit, uint64_t tag)
{
    struct scsi_task *task = find_task(unit, tag);

    unit->aborts++;
    if (!task)
        return;
    drain(unit, task, SCSI_ABORTED);
    unpark(unit);
}

void scsi_disk_abort_all(struct scsi_disk *unit)
{
    unit->aborts++;
    drain(unit, NULL, SCSI_ABORTED);
}

static void reset(struct scsi_disk *unit, uint16_t attention)
{
    drain(unit, NULL, SCSI_RESET);
    if (attention == ASC_NEXUS_LOSS)
        unit->attention = attention;
    else
        set_defaults(unit, attention);
}

void scsi_disk_reset(struct scsi_disk *unit, uint16_t attention)
{
    unit->resets++;
    reset(unit, attention);
}

void scsi_disk_power_on(struct scsi_disk *unit)
{
    reset(unit, ASC_RESET);
}
