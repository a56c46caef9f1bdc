/* What the SCSI disk says about itself: INQUIRY and its vital product data pages (SPC-4, SBC-3), REPORT LUNS, READ CAPACITY, GET LBA
 * STATUS. */
#include <string.h>

#include "base/util.h"
#include "dev/scsi_disk.h"

#define VENDOR "RING3   "
#define PAGE_HEAD 4u
#define PAGE_MOST 128u

static unsigned standard(uint8_t *to)
{
    to[2] = 6;                          /* SPC-4 */
    to[3] = 2;                          /* response data format */
    to[4] = 96 - 5;
    to[7] = 0x02;                       /* commands are queued */
    memcpy(to + 8, VENDOR "SCSI DISK       1.0 ", 28);
    scsi_put(to + 58, 2, 0x00A0);       /* SAM-5 */
    scsi_put(to + 60, 2, 0x0460);       /* SPC-4 */
    scsi_put(to + 62, 2, 0x04C0);       /* SBC-3 */
    return 96;
}

static unsigned supported_pages(struct scsi_disk *unit, uint8_t *at)
{
    static const uint8_t pages[] = { 0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2 };

    memcpy(at, pages, sizeof pages);
    return sizeof pages;
}

static unsigned serial_number(struct scsi_disk *unit, uint8_t *at)
{
    unsigned length = (unsigned)strlen(unit->serial);

    memcpy(at, unit->serial, length);
    return length;
}

/* One designator: vendor and serial number, in ASCII, of the logical unit. */
static unsigned identification(struct scsi_disk *unit, uint8_t *at)
{
    unsigned length = (unsigned)strlen(unit->serial);

    at[0] = 2;
    at[1] = 1;
    at[3] = (uint8_t)(8 + length);
    memcpy(at + 4, VENDOR, 8);
    memcpy(at + 12, unit->serial, length);
    return 12 + length;
}

static unsigned block_limits(struct scsi_disk *unit, uint8_t *at)
{
    uint32_t block = unit->disk->block_size;

    at[0] = 1;                          /* WRITE SAME has no length 0 */
    scsi_put(at + 2, 2, 4096 / block);
    scsi_put(at + 4, 4, SCSI_SECTORS_MAX * 512ull / block);
    scsi_put(at + 8, 4, (128u << 10) / block);
    if (scsi_thin(unit)) {
        scsi_put(at + 16, 4, SCSI_SAME_BYTES / block);
        scsi_put(at + 20, 4, SCSI_RANGES_MAX);
        scsi_put(at + 24, 4, 4096 / block);
    }
    scsi_put(at + 32, 8, SCSI_SAME_BYTES / block);
    return 0x3C;
}

static unsigned characteristics(struct scsi_disk *unit, uint8_t *at)
{
    scsi_put(at, 2, 1);                 /* does not rotate */
    return 0x3C;
}

static unsigned provisioning(struct scsi_disk *unit, uint8_t *at)
{
    at[1] = scsi_thin(unit) ? 0xE0 : 0; /* UNMAP, WRITE SAME(16) and (10) with UNMAP */
    at[2] = scsi_thin(unit) ? 2 : 0;
    return 4;
}

static const struct {
    uint8_t code;
    unsigned (*fill)(struct scsi_disk *unit, uint8_t *at);
} pages[] = {
    { 0x00, supported_pages }, { 0x80, serial_number }, { 0x83, identification },
    { 0xB0, block_limits }, { 0xB1, characteristics }, { 0xB2, provisioning },
};

static void vital_page(struct scsi_disk *unit, struct scsi_task *task, uint32_t allocation)
{
    uint8_t data[PAGE_MOST] = { 0 };

    for (unsigned i = 0; i < countof(pages); i++)
        if (pages[i].code == task->cdb[2]) {
            unsigned length = pages[i].fill(unit, data + PAGE_HEAD);

            data[1] = task->cdb[2];
            scsi_put(data + 2, 2, length);
            scsi_reply(task, data, PAGE_HEAD + length, allocation);
            return;
        }
    scsi_bad_cdb(task, 2);
}

void scsi_do_inquiry(struct scsi_disk *unit, struct scsi_task *task)
{
    uint32_t allocation = (uint32_t)scsi_get(task->cdb + 3, 2);
    uint8_t data[PAGE_MOST] = { 0 };

    if (task->cdb[1] & ~1)
        scsi_bad_cdb(task, 1);
    else if (task->cdb[1] & 1)
        vital_page(unit, task, allocation);
    else if (task->cdb[2])
        scsi_bad_cdb(task, 2);
    else
        scsi_reply(task, data, standard(data), allocation);
}

void scsi_do_report_luns(struct scsi_disk *unit, struct scsi_task *task)
{
    uint32_t allocation = (uint32_t)scsi_get(task->cdb + 6, 4), at = 8;
    uint8_t data[24] = { 0 }, select = task->cdb[2];

    if (select > 2 || allocation < 16) {
        scsi_bad_cdb(task, select > 2 ? 2 : 6);
        return;
    }
    at += select != 1 && unit->present ? 8 : 0;
    if (select) {
        data[at] = 0xC1;
        data[at + 1] = 0x01;
        at += 8;
    }
    scsi_put(data, 4, at - 8);
    if (unit->attention == ASC_UNITS_CHANGED && allocation <= task->in_size)
        unit->attention = 0;
    scsi_reply(task, data, at, allocation);
}

void scsi_do_capacity_10(struct scsi_disk *unit, struct scsi_task *task)
{
    uint8_t data[8];

    if (!(task->cdb[8] & 1) && scsi_get(task->cdb + 2, 4)) {
        scsi_bad_cdb(task, 2);
        return;
    }
    scsi_put(data, 4, min_u64(unit->blocks - 1, UINT32_MAX));
    scsi_put(data + 4, 4, unit->disk->block_size);
    scsi_reply(task, data, sizeof data, sizeof data);
}

void scsi_do_capacity_16(struct scsi_disk *unit, struct scsi_task *task)
{
    uint8_t data[32] = { 0 };

    scsi_put(data, 8, unit->blocks - 1);
    scsi_put(data + 8, 4, unit->disk->block_size);
    data[13] = (uint8_t)__builtin_ctz(4096 / unit->disk->block_size);      /* physical blocks of a page */
    data[14] = scsi_thin(unit) ? 0x80 : 0;
    scsi_reply(task, data, sizeof data, (uint32_t)scsi_get(task->cdb + 10, 4));
}

/* The disk behind does not say which blocks it has: "mapped or in an unknown state", for all that follow. */
void scsi_do_lba_status(struct scsi_disk *unit, struct scsi_task *task)
{
    uint64_t lba = scsi_get(task->cdb + 2, 8);
    uint8_t data[24] = { 0 };

    if (lba >= unit->blocks) {
        scsi_fail_at(task, SENSE_ILLEGAL_REQUEST, ASC_OUT_OF_RANGE, lba);
        return;
    }
    scsi_put(data, 4, sizeof data - 4);
    scsi_put(data + 8, 8, lba);
    scsi_put(data + 16, 4, min_u64(unit->blocks - lba, UINT32_MAX));
    scsi_reply(task, data, sizeof data, (uint32_t)scsi_get(task->cdb + 10, 4));
}
