/* How a task ends: GOOD with or without data, or CHECK CONDITION with sense data (SPC-4, "Sense data"). */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "dev/scsi_disk.h"

#define FIXED_BYTES 18u
#define HEAD_BYTES 8u                   /* of descriptor sense data */

unsigned scsi_sense(bool descriptor, uint8_t *to, uint8_t key, uint16_t code)
{
    memset(to, 0, SCSI_SENSE_BYTES);
    if (descriptor) {
        to[0] = 0x72;
        to[1] = key;
        scsi_put(to + 2, 2, code);
        return HEAD_BYTES;
    }
    to[0] = 0x70;
    to[2] = key;
    to[7] = FIXED_BYTES - 8;
    scsi_put(to + 12, 2, code);
    return FIXED_BYTES;
}

static void add_information(uint8_t *sense, uint8_t *size, uint64_t value)
{
    uint8_t *at = sense + *size;

    if (sense[0] == 0x70) {
        if (value > UINT32_MAX)
            return;                     /* the field cannot hold it and is not valid */
        sense[0] |= 0x80;
        scsi_put(sense + 3, 4, value);
        return;
    }
    at[1] = 10;                         /* descriptor type 0 */
    at[2] = 0x80;
    scsi_put(at + 4, 8, value);
    *size = (uint8_t)(*size + 12);
    sense[7] = (uint8_t)(*size - HEAD_BYTES);
}

static void add_field(uint8_t *sense, uint8_t *size, bool in_cdb, unsigned byte)
{
    uint8_t *at = sense[0] == 0x70 ? sense + 15 : sense + *size + 4;

    at[0] = (uint8_t)(0x80 | (in_cdb ? 0x40 : 0));
    scsi_put(at + 1, 2, byte);
    if (sense[0] == 0x70)
        return;
    sense[*size] = 2;                   /* sense key specific descriptor */
    sense[*size + 1] = 6;
    *size = (uint8_t)(*size + 8);
    sense[7] = (uint8_t)(*size - HEAD_BYTES);
}

void scsi_end(struct scsi_task *task, enum scsi_end end)
{
    free(task->buffer);
    task->buffer = NULL;
    task->end = end;
    list_remove(&task->link);
    list_init(&task->link);
    task->done(task);
}

void scsi_good(struct scsi_task *task)
{
    task->status = SCSI_GOOD;
    scsi_end(task, SCSI_DONE);
}

static void check_condition(struct scsi_task *task, uint8_t key, uint16_t code)
{
    task->status = SCSI_CHECK_CONDITION;
    task->moved = 0;
    task->sense_size = (uint8_t)scsi_sense(task->unit->descriptor_sense, task->sense, key, code);
}

void scsi_fail(struct scsi_task *task, uint8_t key, uint16_t code)
{
    check_condition(task, key, code);
    scsi_end(task, SCSI_DONE);
}

void scsi_fail_at(struct scsi_task *task, uint8_t key, uint16_t code, uint64_t lba)
{
    check_condition(task, key, code);
    add_information(task->sense, &task->sense_size, lba);
    scsi_end(task, SCSI_DONE);
}

void scsi_bad_cdb(struct scsi_task *task, unsigned byte)
{
    check_condition(task, SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_CDB);
    add_field(task->sense, &task->sense_size, true, byte);
    scsi_end(task, SCSI_DONE);
}

void scsi_bad_list(struct scsi_task *task, unsigned byte)
{
    check_condition(task, SENSE_ILLEGAL_REQUEST, ASC_FIELD_IN_LIST);
    add_field(task->sense, &task->sense_size, false, byte);
    scsi_end(task, SCSI_DONE);
}

/* ---- data ---- */

void scsi_reply(struct scsi_task *task, const uint8_t *data, uint32_t length, uint32_t allocation)
{
    uint32_t left = (uint32_t)min_u64(length, allocation);

    if (allocation > task->in_size) {
        scsi_end(task, SCSI_OVERRUN);
        return;
    }
    task->moved = left;
    for (int i = 0; left; i++) {
        uint32_t n = (uint32_t)min_u64(task->in[i].iov_len, left);

        memcpy(task->in[i].iov_base, data, n);
        data += n;
        left -= n;
    }
    scsi_good(task);
}

void scsi_gather(const struct scsi_task *task, uint64_t offset, uint8_t *to, uint64_t size)
{
    for (int i = 0; size; offset -= min_u64(offset, task->out[i++].iov_len)) {
        uint64_t n;

        if (offset >= task->out[i].iov_len)
            continue;
        n = min_u64(task->out[i].iov_len - offset, size);
        memcpy(to, (const uint8_t *)task->out[i].iov_base + offset, n);
        to += n;
        size -= n;
        offset += n;
    }
}

bool scsi_list(struct scsi_task *task, uint8_t *to, uint32_t length)
{
    if (length > task->out_size) {
        scsi_end(task, SCSI_OVERRUN);
        return false;
    }
    scsi_gather(task, 0, to, length);
    task->moved = length;
    return true;
}
