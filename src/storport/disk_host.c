/* disk.h: the host's way to the disks. */
#include "storport/disk_class.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nt/ram.h"

struct list disks = LIST_INIT(disks);

struct disk *disk_numbered(unsigned number)
{
    list_each(it, &disks) {
        struct disk *disk = container_of(it, struct disk, node);
        if (disk->info.number == number && disk->ready && disk->unit)
            return disk;
    }
    return NULL;
}

void disk_release(struct disk *disk)
{
    if (--disk->references)
        return;
    list_remove(&disk->node);
    free(disk);
}

unsigned storport_disk_count(void)
{
    unsigned count = 0;

    list_each(it, &disks) {
        struct disk *disk = container_of(it, struct disk, node);
        if (disk->ready && disk->unit && disk->info.number >= count)
            count = disk->info.number + 1;
    }
    return count;
}

bool storport_disk_query(unsigned number, struct storport_disk_info *info)
{
    struct disk *disk = disk_numbered(number);

    if (!disk)
        return false;
    *info = disk->info;
    return true;
}

/* --- reports: the last that is known of each disk --------------------------------------------------------------------------- */

#define KNOWN 32

static struct known {
    struct storport_disk_info info;
    struct storport_disk_stats stats;
    bool there;
} known[KNOWN];
static unsigned total;

void disk_note(const struct disk *disk)
{
    struct known *k = disk->info.number < KNOWN ? &known[disk->info.number] : NULL;

    if (!k)
        return;
    k->info = disk->info;
    k->stats = disk->stats;
    k->there = disk->ready;
    if (disk->unit) {
        k->stats.timeouts = disk->unit->adapter->timeouts;
        k->stats.resets = disk->unit->adapter->resets;
    }
    if (disk->info.number >= total)
        total = disk->info.number + 1;
}

static void remember_all(void)
{
    list_each(it, &disks)
        if (container_of(it, struct disk, node)->unit)
            disk_note(container_of(it, struct disk, node));
}

unsigned storport_disk_total(void)
{
    remember_all();
    return total;
}

bool storport_disk_report(unsigned number, struct storport_disk_info *info, struct storport_disk_stats *stats)
{
    remember_all();
    if (number >= KNOWN || !known[number].there)
        return false;
    *info = known[number].info;
    *stats = known[number].stats;
    return true;
}

struct storport_disk *storport_disk_open(unsigned number)
{
    struct disk *disk = disk_numbered(number);

    if (!disk)
        return error_set("there is no PhysicalDrive%u", number), NULL;
    disk->references++;
    return (struct storport_disk *)(void *)disk;
}

void storport_disk_close(struct storport_disk *disk)
{
    disk_release((struct disk *)(void *)disk);
}

bool storport_disk_alive(const struct storport_disk *disk)
{
    return ((const struct disk *)(const void *)disk)->unit != NULL;
}

/* --- requests ------------------------------------------------------------------------------------------------------------- */

static NTSTATUS check_segments(const struct disk *disk, const struct storport_io *io)
{
    uint32_t mask = disk->info.sector_size - 1, alignment = disk->unit->adapter->config->AlignmentMask;
    uint64_t total = 0;

    if (io->kind != STORPORT_READ && io->kind != STORPORT_WRITE)
        return STATUS_SUCCESS;
    for (unsigned i = 0; i < io->segment_count; i++) {
        const struct storport_segment *s = &io->segments[i];

        if ((s->size & mask) || !s->size || ((uintptr_t)s->base & alignment) || ram_pa(s->base) == UINT64_MAX)
            return STATUS_INVALID_PARAMETER;
        total += s->size;
    }
    return total == io->length ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS check(const struct disk *disk, const struct storport_io *io)
{
    uint32_t mask = disk->info.sector_size - 1;

    if (!disk->unit)
        return STATUS_DEVICE_DOES_NOT_EXIST;
    if (io->kind == STORPORT_FLUSH)
        return STATUS_SUCCESS;
    if ((io->offset | io->length) & mask)
        return STATUS_INVALID_PARAMETER;
    if (io->offset > disk->info.bytes || io->length > disk->info.bytes - io->offset)
        return STATUS_NONEXISTENT_SECTOR;
    if (disk->info.read_only && io->kind != STORPORT_READ && io->kind != STORPORT_BLOCK_STATUS)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (io->kind == STORPORT_BLOCK_STATUS && !disk->info.block_status)
        return STATUS_NOT_SUPPORTED;
    return check_segments(disk, io);
}

/* True: it is queued. False: nothing is to be done but to answer io->status. */
static bool enter(struct disk *disk, struct storport_io *io)
{
    io->disk = (struct storport_disk *)(void *)disk;
    io->progress = 0;
    io->segment = io->segment_offset = io->pending = 0;
    io->status = check(disk, io);
    list_init(&io->node);
    if (!NT_SUCCESS(io->status) || (!io->length && io->kind != STORPORT_FLUSH) ||
        (io->kind == STORPORT_DISCARD && !disk->info.discard))
        return false;
    if (io->kind == STORPORT_FLUSH)
        io->length = 0;
    list_push_back(&disk->unit->operations, &io->node);
    return true;
}

void disk_submit(struct disk *disk, struct storport_io *io)
{
    if (enter(disk, io))
        unit_kick(disk->unit);
    else
        io->done(io, io->status);
}

/* Answers come from the engine, so what has nothing to do goes through a queue of its own. */
static struct list answers = LIST_INIT(answers);
static KDPC answer_dpc;
static struct ke_interrupt answer_wake;

static VOID NTAPI give_answers(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    struct list *node;

    while ((node = list_pop_front(&answers))) {
        struct storport_io *io = container_of(node, struct storport_io, node);
        io->done(io, io->status);
    }
}

static void wake(struct ke_interrupt *interrupt)
{
    KeInsertQueueDpc(&answer_dpc, NULL, NULL);
}

void disk_host_init(void)
{
    list_init(&answers);
    memset(known, 0, sizeof known);
    total = 0;
    KeInitializeDpc(&answer_dpc, give_answers, NULL);
    answer_wake = (struct ke_interrupt){ .service = wake, .irql = 3 };
    list_init(&answer_wake.node);
}

void storport_disk_submit(struct storport_disk *handle, struct storport_io *io)
{
    struct disk *disk = (struct disk *)(void *)handle;

    if (!enter(disk, io)) {
        list_push_back(&answers, &io->node);
        ke_interrupt_raise(&answer_wake);
        return;
    }
    struct unit *u = disk->unit;
    if (list_empty(&u->pump_node))
        list_push_back(&u->adapter->pumping, &u->pump_node);
    if (ke.inside && (u->adapter->running & 1ull << this_cpu->number))
        u->adapter->again |= 1ull << this_cpu->number;
    else
        adapter_kick_from_outside(u->adapter);
}
