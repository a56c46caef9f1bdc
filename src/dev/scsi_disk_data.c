/* Commands of the SCSI disk that move, compare or change blocks: each makes a job of pieces (see scsi_disk.h). */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "dev/scsi_disk.h"

#define SCRATCH (64u << 10)             /* what VERIFY reads at once */
#define FUA 0x08
#define PROTECT 0xE0
#define ANCHOR 0x10
#define UNMAP 0x08
#define NO_DATA 0x01
#define DESCRIPTOR 16u                  /* of UNMAP */

/* Where the CDB says the blocks are, in blocks. A 6-byte command has no length 0. */
static void read_extent(const uint8_t *cdb, uint64_t *lba, uint64_t *count)
{
    switch (scsi_cdb_length(cdb[0])) {
    case 6:
        *lba = scsi_get(cdb + 1, 3) & 0x1FFFFF;
        *count = cdb[4] ? cdb[4] : 256;
        break;
    case 10:
        *lba = scsi_get(cdb + 2, 4);
        *count = scsi_get(cdb + 7, 2);
        break;
    case 12:
        *lba = scsi_get(cdb + 2, 4);
        *count = scsi_get(cdb + 6, 4);
        break;
    default:
        *lba = scsi_get(cdb + 2, 8);
        *count = scsi_get(cdb + 10, 4);
        break;
    }
}

static bool inside(const struct scsi_disk *unit, uint64_t lba, uint64_t count)
{
    return lba <= unit->blocks && count <= unit->blocks - lba;
}

static unsigned count_field(const uint8_t *cdb)
{
    unsigned length = scsi_cdb_length(cdb[0]);

    return length == 6 ? 4 : length == 10 ? 7 : length == 12 ? 6 : 10;
}

/* Takes offset and length from the CDB. False: they are not on the medium, and the task has ended. */
static bool take_extent(struct scsi_disk *unit, struct scsi_task *task, uint64_t *count)
{
    uint64_t lba;

    read_extent(task->cdb, &lba, count);
    if (!inside(unit, lba, *count)) {
        scsi_fail_at(task, SENSE_ILLEGAL_REQUEST, ASC_OUT_OF_RANGE, lba);
        return false;
    }
    task->offset = lba * unit->disk->block_size;
    task->length = *count * unit->disk->block_size;
    return true;
}

static bool too_long(const struct scsi_disk *unit, uint64_t length)
{
    return length / 512 > SCSI_SECTORS_MAX;
}

static void place(struct scsi_task *task, enum disk_op op, uint64_t piece)
{
    task->piece = piece;
    task->io.op = op;
    task->io.offset = task->offset + task->position;
    task->io.length = piece;
}

/* ---- READ, WRITE ---- */

/* The parts of the buffer's first `length` bytes; the disk may change its copy. */
static int copy_parts(struct iovec *to, const struct iovec *from, uint64_t length)
{
    int count = 0;

    for (; length; length -= to[count++].iov_len) {
        to[count] = from[count];
        to[count].iov_len = min_u64(to[count].iov_len, length);
    }
    return count;
}

static bool prepare_read(struct scsi_task *task)
{
    if (task->position == task->length)
        return false;
    place(task, DISK_READ, task->length);
    task->io.count = copy_parts(task->parts, task->in, task->length);
    return true;
}

static bool prepare_write(struct scsi_task *task)
{
    if (task->position == task->length)
        return false;
    place(task, DISK_WRITE, task->length);
    task->io.count = copy_parts(task->parts, task->out, task->length);
    return true;
}

static const struct scsi_job job_read = { .prepare = prepare_read }, job_write = { .prepare = prepare_write };

/* False: the task has ended. */
static bool take_transfer(struct scsi_disk *unit, struct scsi_task *task, uint32_t room)
{
    bool has_flags = scsi_cdb_length(task->cdb[0]) != 6;
    uint64_t count;

    if (has_flags && task->cdb[1] & PROTECT) {
        scsi_bad_cdb(task, 1);
        return false;
    }
    if (!take_extent(unit, task, &count))
        return false;
    if (too_long(unit, task->length)) {
        scsi_bad_cdb(task, count_field(task->cdb));
        return false;
    }
    if (task->length > room) {
        scsi_end(task, SCSI_OVERRUN);
        return false;
    }
    if (!count) {
        scsi_good(task);
        return false;
    }
    task->fua = has_flags && task->cdb[1] & FUA;
    task->moved = (uint32_t)task->length;
    return true;
}

/* What is read past the cache is on the medium first. */
void scsi_do_read(struct scsi_disk *unit, struct scsi_task *task)
{
    if (!take_transfer(unit, task, task->in_size))
        return;
    task->flush_first = task->fua && unit->write_cache && !unit->disk->read_only;
    scsi_run(task, &job_read);
}

void scsi_do_write(struct scsi_disk *unit, struct scsi_task *task)
{
    if (take_transfer(unit, task, task->out_size))
        scsi_run(task, &job_write);
}

/* ---- SYNCHRONIZE CACHE ---- */

static bool prepare_flush(struct scsi_task *task)
{
    if (task->position)
        return false;
    task->io.op = DISK_FLUSH;
    task->piece = 1;
    return true;
}

static const struct scsi_job job_flush = { .prepare = prepare_flush };

void scsi_write_back(struct scsi_task *task)
{
    scsi_run(task, &job_flush);
}

/* All of the cache, whatever extent is asked for. With IMMED, too, the answer comes when it is done. */
void scsi_do_flush(struct scsi_disk *unit, struct scsi_task *task)
{
    uint64_t count;

    if (!take_extent(unit, task, &count))
        return;
    if (unit->disk->read_only)
        scsi_good(task);
    else
        scsi_write_back(task);
}

/* ---- VERIFY ---- */

static bool prepare_verify(struct scsi_task *task)
{
    uint64_t piece = min_u64(task->length - task->position, SCRATCH);

    if (!piece)
        return false;
    place(task, DISK_READ, piece);
    task->parts[0] = (struct iovec){ task->buffer, piece };
    task->io.count = 1;
    return true;
}

/* With byte check 3 the buffer's one block stands for all; a copy of it is behind the scratch. */
static bool judge_verify(struct scsi_task *task)
{
    uint32_t block = task->unit->disk->block_size;
    uint8_t *expected = task->buffer + SCRATCH;

    for (uint64_t at = 0; task->byte_check && at < task->piece; at += block) {
        if (task->byte_check == 1)
            scsi_gather(task, task->position + at, expected, block);
        if (memcmp(task->buffer + at, expected, block) != 0) {
            scsi_fail_at(task, SENSE_MISCOMPARE, ASC_MISCOMPARE, (task->offset + task->position + at) / block);
            return false;
        }
    }
    return true;
}

static const struct scsi_job job_verify = { .prepare = prepare_verify, .judge = judge_verify };

/* Memory that lasts as long as the task. False: there is none, and the task has ended. */
static bool need_buffer(struct scsi_task *task, size_t bytes)
{
    task->buffer = calloc(1, bytes);
    if (!task->buffer)
        scsi_fail(task, SENSE_HARDWARE_ERROR, ASC_INTERNAL);
    return task->buffer != NULL;
}

void scsi_do_verify(struct scsi_disk *unit, struct scsi_task *task)
{
    uint32_t block = unit->disk->block_size;
    uint64_t count, sent;

    task->byte_check = (task->cdb[1] >> 1) & 3;
    if (task->cdb[1] & PROTECT || task->byte_check == 2) {
        scsi_bad_cdb(task, 1);
        return;
    }
    if (!take_extent(unit, task, &count))
        return;
    sent = task->byte_check == 1 ? task->length : task->byte_check == 3 && count ? block : 0;
    if (sent && too_long(unit, sent)) {
        scsi_bad_cdb(task, count_field(task->cdb));
        return;
    }
    if (sent > task->out_size) {
        scsi_end(task, SCSI_OVERRUN);
        return;
    }
    if (!need_buffer(task, SCRATCH + block))
        return;
    if (task->byte_check == 3 && count)
        scsi_gather(task, 0, task->buffer + SCRATCH, block);
    task->moved = (uint32_t)sent;
    task->flush_first = false;
    scsi_run(task, &job_verify);
}

/* ---- WRITE SAME ---- */

static bool prepare_zeroes(struct scsi_task *task)
{
    if (task->position == task->length)
        return false;
    place(task, DISK_WRITE_ZEROES, task->length);
    task->io.unmap = task->unmap;
    return true;
}

static bool prepare_pattern(struct scsi_task *task)
{
    uint32_t block = task->unit->disk->block_size;
    uint64_t most = min_u64((uint64_t)task->parts_max, DISK_PARTS_MAX), count = min_u64((task->length - task->position) / block, most);

    if (!count)
        return false;
    place(task, DISK_WRITE, count * block);
    for (uint64_t i = 0; i < count; i++)
        task->parts[i] = (struct iovec){ task->buffer, block };
    task->io.count = (int)count;
    return true;
}

static const struct scsi_job job_zeroes = { .prepare = prepare_zeroes }, job_pattern = { .prepare = prepare_pattern };

static bool all_zero(const uint8_t *bytes, uint32_t size)
{
    return !bytes[0] && memcmp(bytes, bytes + 1, size - 1) == 0;
}

void scsi_do_write_same(struct scsi_disk *unit, struct scsi_task *task)
{
    uint32_t block = unit->disk->block_size, sent = task->cdb[0] == SCSI_WRITE_SAME_16 && task->cdb[1] & NO_DATA ? 0 : block;
    uint64_t count;

    task->unmap = task->cdb[1] & UNMAP;
    if (task->cdb[1] & (PROTECT | ANCHOR) || (task->unmap && !scsi_thin(unit))) {
        scsi_bad_cdb(task, 1);
        return;
    }
    if (!take_extent(unit, task, &count))
        return;
    if (!count || task->length > SCSI_SAME_BYTES) {
        scsi_bad_cdb(task, count_field(task->cdb));
        return;
    }
    if (sent > task->out_size) {
        scsi_end(task, SCSI_OVERRUN);
        return;
    }
    if (!need_buffer(task, block))
        return;
    scsi_gather(task, 0, task->buffer, sent);
    task->moved = sent;
    scsi_run(task, all_zero(task->buffer, block) ? &job_zeroes : &job_pattern);
}

/* ---- UNMAP ---- */

/* `position` and `length` count descriptors, which are in the buffer. */
static bool prepare_unmap(struct scsi_task *task)
{
    uint32_t block = task->unit->disk->block_size;

    for (; task->position < task->length; task->position++) {
        const uint8_t *descriptor = task->buffer + task->position * DESCRIPTOR;
        uint64_t count = scsi_get(descriptor + 8, 4);

        if (!count)
            continue;
        task->io.op = DISK_DISCARD;
        task->io.offset = scsi_get(descriptor, 8) * block;
        task->io.length = count * block;
        task->piece = 1;
        return true;
    }
    return false;
}

static const struct scsi_job job_unmap = { .prepare = prepare_unmap };

/* Every descriptor is looked at before anything is given back. */
static bool check_ranges(struct scsi_disk *unit, struct scsi_task *task)
{
    uint64_t total = 0;

    for (uint64_t i = 0; i < task->length; i++) {
        uint64_t lba = scsi_get(task->buffer + i * DESCRIPTOR, 8), count = scsi_get(task->buffer + i * DESCRIPTOR + 8, 4);

        total += count * unit->disk->block_size;
        if (!inside(unit, lba, count)) {
            scsi_fail_at(task, SENSE_ILLEGAL_REQUEST, ASC_OUT_OF_RANGE, lba);
            return false;
        }
    }
    if (total > SCSI_SAME_BYTES) {
        scsi_bad_list(task, 8 + 8);
        return false;
    }
    return true;
}

void scsi_do_unmap(struct scsi_disk *unit, struct scsi_task *task)
{
    uint32_t size = (uint32_t)scsi_get(task->cdb + 7, 2);
    uint8_t head[8];

    if (task->cdb[1] & 1)
        scsi_bad_cdb(task, 1);          /* anchored blocks: there are none */
    else if (!size)
        scsi_good(task);
    else if (size < sizeof head)
        scsi_fail(task, SENSE_ILLEGAL_REQUEST, ASC_LIST_LENGTH);
    else if (size > task->out_size)
        scsi_end(task, SCSI_OVERRUN);
    else {
        scsi_gather(task, 0, head, sizeof head);
        task->length = min_u64(scsi_get(head + 2, 2), size - sizeof head) / DESCRIPTOR;
        if (task->length > SCSI_RANGES_MAX) {
            scsi_bad_list(task, 2);
            return;
        }
        if (!need_buffer(task, task->length * DESCRIPTOR + 1))
            return;
        scsi_gather(task, sizeof head, task->buffer, task->length * DESCRIPTOR);
        task->moved = size;
        if (check_ranges(unit, task))
            scsi_run(task, &job_unmap);
    }
}
