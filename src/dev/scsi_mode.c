/* MODE SENSE and MODE SELECT of the SCSI disk: the caching page (WCE can be changed where the disk has a cache) and the control page (D_SENSE
 * can). Nothing is saved. */
#include <string.h>

#include "base/util.h"
#include "dev/scsi_disk.h"

#define PAGE_CACHING 0x08
#define PAGE_CONTROL 0x0A
#define PAGE_ALL 0x3F
#define SUBPAGES_ALL 0xFF
#define WRITE_CACHE 0x04                /* byte 2 of caching */
#define DESCRIPTOR_SENSE 0x04           /* byte 2 of control */
#define WRITE_PROTECTED 0x80            /* device-specific parameter */
#define DPO_FUA 0x10
#define LIST_MOST 256u

enum { CURRENT, CHANGEABLE, DEFAULT, SAVED };

static unsigned caching(const struct scsi_disk *unit, uint8_t *to, unsigned control)
{
    bool has = unit->disk->volatile_cache, on = control == CURRENT ? unit->write_cache : has;

    to[0] = PAGE_CACHING;
    to[1] = 18;
    to[2] = on ? WRITE_CACHE : 0;
    return 20;
}

static unsigned control_page(const struct scsi_disk *unit, uint8_t *to, unsigned control)
{
    bool descriptor = control == CURRENT ? unit->descriptor_sense : control == CHANGEABLE;

    to[0] = PAGE_CONTROL;
    to[1] = 10;
    to[2] = descriptor ? DESCRIPTOR_SENSE : 0;
    to[3] = control == CHANGEABLE ? 0 : 0x10;       /* commands may be done in any order */
    return 12;
}

/* Short (8 bytes) or long (16); blocks and their size. */
static unsigned block_descriptor(const struct scsi_disk *unit, uint8_t *to, bool wide)
{
    if (wide) {
        scsi_put(to, 8, unit->blocks);
        scsi_put(to + 12, 4, unit->disk->block_size);
        return 16;
    }
    scsi_put(to, 4, min_u64(unit->blocks, UINT32_MAX));
    scsi_put(to + 5, 3, unit->disk->block_size);
    return 8;
}

void scsi_do_mode_sense(struct scsi_disk *unit, struct scsi_task *task)
{
    bool ten = task->cdb[0] == SCSI_MODE_SENSE_10, wide = ten && task->cdb[1] & 0x10;
    unsigned head = ten ? 8 : 4, at = head, control = task->cdb[2] >> 6, page = task->cdb[2] & 0x3F;
    uint8_t data[64] = { 0 }, device = (uint8_t)((unit->disk->read_only ? WRITE_PROTECTED : 0) | DPO_FUA);
    unsigned descriptor = 0;

    if (control == SAVED) {
        scsi_fail(task, SENSE_ILLEGAL_REQUEST, ASC_SAVING);
        return;
    }
    if ((page != PAGE_CACHING && page != PAGE_CONTROL && page != PAGE_ALL) ||
        (task->cdb[3] && !(page == PAGE_ALL && task->cdb[3] == SUBPAGES_ALL))) {
        scsi_bad_cdb(task, task->cdb[3] ? 3 : 2);
        return;
    }
    if (!(task->cdb[1] & 0x08))
        at += descriptor = block_descriptor(unit, data + at, wide);
    if (page != PAGE_CONTROL)
        at += caching(unit, data + at, control);
    if (page != PAGE_CACHING)
        at += control_page(unit, data + at, control);
    if (ten) {
        scsi_put(data, 2, at - 2);
        data[3] = device;
        data[4] = wide && descriptor;
        scsi_put(data + 6, 2, descriptor);
    } else {
        data[0] = (uint8_t)(at - 1);
        data[2] = device;
        data[3] = (uint8_t)descriptor;
    }
    scsi_reply(task, data, at, ten ? (uint32_t)scsi_get(task->cdb + 7, 2) : task->cdb[4]);
}

/* ---- MODE SELECT ---- */

/* What is in the list, all of it, before anything changes. */
struct wishes {
    bool cache_given, cache, sense_given, sense;
};

/* Nothing but what is changeable may differ; the first byte that does is named. */
static bool same_but(const uint8_t *page, const uint8_t *current, unsigned length, unsigned *wrong)
{
    for (unsigned i = 2; i < length; i++) {
        uint8_t changeable = 0;

        if (i == 2)
            changeable = page[0] == PAGE_CACHING ? WRITE_CACHE : DESCRIPTOR_SENSE;
        if ((page[i] ^ current[i]) & ~changeable) {
            *wrong = i;
            return false;
        }
    }
    return true;
}

/* Looks at one page of `left` bytes at list + at. Its length, or 0: the task has ended. */
static unsigned take_page(struct scsi_disk *unit, struct scsi_task *task, const uint8_t *list, unsigned at, unsigned left,
                          struct wishes *wishes)
{
    uint8_t current[20] = { 0 };
    const uint8_t *page = list + at;
    unsigned length, wrong = 0;

    if ((page[0] & 0x7F) == PAGE_CACHING)
        length = caching(unit, current, CURRENT);
    else if ((page[0] & 0x7F) == PAGE_CONTROL)
        length = control_page(unit, current, CURRENT);
    else {
        scsi_bad_list(task, at);
        return 0;
    }
    if (left < length) {
        scsi_fail(task, SENSE_ILLEGAL_REQUEST, ASC_LIST_LENGTH);
        return 0;
    }
    if (page[0] != current[0] || page[1] != current[1] || !same_but(page, current, length, &wrong)) {
        scsi_bad_list(task, at + (page[0] != current[0] ? 0 : page[1] != current[1] ? 1 : wrong));
        return 0;
    }
    if (page[0] == PAGE_CONTROL) {
        wishes->sense_given = true;
        wishes->sense = page[2] & DESCRIPTOR_SENSE;
        return length;
    }
    wishes->cache_given = true;
    wishes->cache = page[2] & WRITE_CACHE;
    if (wishes->cache && !unit->disk->volatile_cache) {
        scsi_bad_list(task, at + 2);
        return 0;
    }
    return length;
}

/* Neither size nor number of blocks can be changed; zero leaves the number as it is. */
static bool check_descriptor(struct scsi_disk *unit, struct scsi_task *task, const uint8_t *list, unsigned at, unsigned size, bool wide)
{
    uint64_t blocks = wide ? scsi_get(list + at, 8) : scsi_get(list + at, 4);
    uint64_t block = wide ? scsi_get(list + at + 12, 4) : scsi_get(list + at + 5, 3);
    uint64_t shown = wide ? unit->blocks : min_u64(unit->blocks, UINT32_MAX);

    if (size != (wide ? 16u : 8u) || (blocks && blocks != shown && (wide || blocks != UINT32_MAX)) || block != unit->disk->block_size) {
        scsi_bad_list(task, at);
        return false;
    }
    return true;
}

/* A cache that is switched off is written back before the answer. */
static void apply(struct scsi_disk *unit, struct scsi_task *task, const struct wishes *wishes)
{
    bool write_back = wishes->cache_given && unit->write_cache && !wishes->cache;

    if (wishes->sense_given)
        unit->descriptor_sense = wishes->sense;
    if (wishes->cache_given)
        unit->write_cache = wishes->cache;
    if (write_back && !unit->disk->read_only)
        scsi_write_back(task);
    else
        scsi_good(task);
}

void scsi_do_mode_select(struct scsi_disk *unit, struct scsi_task *task)
{
    bool ten = task->cdb[0] == SCSI_MODE_SELECT_10, wide;
    unsigned length = ten ? (unsigned)scsi_get(task->cdb + 7, 2) : task->cdb[4], head = ten ? 8 : 4, at = head, descriptor;
    struct wishes wishes = { 0 };
    uint8_t list[LIST_MOST + 16] = { 0 };

    if ((task->cdb[1] & 0x11) != 0x10) {            /* pages by the standard, none saved */
        scsi_bad_cdb(task, 1);
        return;
    }
    if (!length) {
        scsi_good(task);
        return;
    }
    if (length < head || length > LIST_MOST) {
        scsi_fail(task, SENSE_ILLEGAL_REQUEST, ASC_LIST_LENGTH);
        return;
    }
    if (!scsi_list(task, list, length))
        return;
    descriptor = ten ? (unsigned)scsi_get(list + 6, 2) : list[3];
    wide = ten && list[4] & 1;
    if (descriptor > length - head) {
        scsi_fail(task, SENSE_ILLEGAL_REQUEST, ASC_LIST_LENGTH);
        return;
    }
    if (descriptor && !check_descriptor(unit, task, list, at, descriptor, wide))
        return;
    for (at += descriptor; at < length;) {
        unsigned size = take_page(unit, task, list, at, length - at, &wishes);

        if (!size)
            return;
        at += size;
    }
    apply(unit, task, &wishes);
}
