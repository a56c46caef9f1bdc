/* A disk whose power goes: see cut.h for the rules, which the code below names. */
#include "disk/cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"

#define CACHE_BYTES (16u << 20)         /* beyond it the cache writes back by itself */
#define WITHIN 1000u

struct cut {
    struct disk_wrapper wrapper;        /* first */
    struct random random;
    struct cut_cache cache;
    uint64_t steps_left;
    bool dead;
    struct list line;                   /* (2): requests that wait for the write-back to end */
    struct list waiting;                /* flushes that the present write-back serves */
    struct list dying;                  /* requests that will not be answered */
    /* The write-back. */
    bool running;
    uint64_t *numbers, count, next, version;
    struct disk_io io;
    struct iovec part;
    uint8_t *buffer;                    /* CUT_RUN blocks */
    uint64_t run_first, run_blocks;
    /* Reads and zeroes that the disk behind works on. */
    unsigned inside;
};

/* A request of the card with the disk behind: what was there before is put back when it ends. */
struct passed {
    struct disk_io io;
    struct disk_io *outer;
    struct cut *cut;
    struct iovec parts[];
};

static void write_back(struct cut *cut);

/* --- the cut ------------------------------------------------------------------------------------------------------ */

static void told(struct disk_io *io, enum disk_result result)
{
    *(enum disk_result *)io->context = result;
}

/* Byte ranges, not blocks: a torn block is written in part. */
static void put_at_once(struct cut *cut, uint64_t at, const uint8_t *bytes, size_t size)
{
    struct disk *inner = cut->wrapper.inner;
    struct iovec part = { (void *)(uintptr_t)bytes, size };
    enum disk_result result = DISK_DONE;
    struct disk_io io = { .op = DISK_WRITE, .offset = at, .length = size, .parts = &part, .count = 1, .done = told,
                          .context = &result, .disk = inner };

    inner->ops->submit(inner, &io);
    disk_flush_queue(inner);
    disk_drain(inner);
    if (result != DISK_DONE)
        log_error("disk", "cut: what the cache still wrote could not be written");
}

static void decide(struct cut *cut, const struct cut_block *block)
{
    uint32_t size = cut->cache.block_size, split = 1 + random_below(&cut->random, size - 1);
    uint64_t at = block->number * size;

    switch (random_below(&cut->random, 3)) {
    case 0:
        break;
    case 1:
        put_at_once(cut, at, block->bytes, size);
        break;
    default:
        if (random_below(&cut->random, 2))
            put_at_once(cut, at, block->bytes, split);
        else
            put_at_once(cut, at + split, block->bytes + split, size - split);
    }
}

static void lose_power(struct cut *cut)
{
    uint64_t *numbers, count;
    struct disk *disk = &cut->wrapper.disk;

    cut->dead = true;
    disk_drain(cut->wrapper.inner);
    count = cut->cache.blocks;
    numbers = cut_cache_numbers(&cut->cache);
    for (uint64_t i = 0; numbers && i < count; i++)
        decide(cut, cut_cache_find(&cut->cache, numbers[i]));
    free(numbers);
    log_warn("disk", "power was cut with %llu blocks in the write cache", (unsigned long long)count);
    cut_cache_clear(&cut->cache);
    if (disk->power_lost)
        disk->power_lost(disk->card);
}

/* (3). True when the power is gone. */
static bool step(struct cut *cut)
{
    if (!cut->dead && --cut->steps_left == 0)
        lose_power(cut);
    return cut->dead;
}

static void never(struct cut *cut, struct disk_io *io)
{
    list_push_back(&cut->dying, &io->link);
}

static void answer(struct cut *cut, struct disk_io *io, enum disk_result result)
{
    io->disk = &cut->wrapper.disk;
    if (cut->dead)
        never(cut, io);
    else
        disk_answer(io, result);
}

/* --- the write-back (2) --------------------------------------------------------------------------------------------- */

static void answer_list(struct cut *cut, struct list *list, enum disk_result result)
{
    struct list *node;

    while ((node = list_pop_front(list)))
        answer(cut, container_of(node, struct disk_io, link), result);
}

static void start_line(struct cut *cut);

static void write_back_ends(struct cut *cut, enum disk_result result)
{
    struct list served = LIST_INIT(served), *node;

    free(cut->numbers);
    cut->numbers = NULL;
    cut->running = false;
    while ((node = list_pop_front(&cut->waiting)))
        list_push_back(&served, node);
    answer_list(cut, &served, result);
    if (!cut->dead)
        start_line(cut);
}

static void flushed(struct disk_io *io, enum disk_result result)
{
    write_back_ends(io->context, result);
}

static void send_run(struct cut *cut);

static void run_written(struct disk_io *io, enum disk_result result)
{
    struct cut *cut = io->context;

    if (cut->dead || result != DISK_DONE) {
        write_back_ends(cut, result);
        return;
    }
    for (uint64_t i = 0; i < cut->run_blocks; i++)
        cut_cache_drop(&cut->cache, cut->run_first + i, cut->version);
    if (step(cut))
        write_back_ends(cut, DISK_FAILED);
    else
        send_run(cut);
}

/* The next run of neighbours. A block that was dropped meanwhile (a discard) ends a run. */
static bool gather_run(struct cut *cut)
{
    uint32_t size = cut->cache.block_size;

    cut->run_blocks = 0;
    while (cut->next < cut->count && cut->run_blocks < CUT_RUN) {
        uint64_t number = cut->numbers[cut->next];
        const struct cut_block *block = cut_cache_find(&cut->cache, number);

        if (cut->run_blocks && (number != cut->run_first + cut->run_blocks || !block))
            break;
        cut->next++;
        if (!block)
            continue;
        if (!cut->run_blocks)
            cut->run_first = number;
        memcpy(cut->buffer + cut->run_blocks++ * size, block->bytes, size);
    }
    return cut->run_blocks;
}

static void send_run(struct cut *cut)
{
    uint32_t size = cut->cache.block_size;
    bool more = gather_run(cut);

    cut->part = (struct iovec){ cut->buffer, cut->run_blocks * size };
    cut->io = (struct disk_io){
        .op = more ? DISK_WRITE : DISK_FLUSH, .offset = cut->run_first * size, .length = cut->run_blocks * size,
        .parts = &cut->part, .count = more, .done = more ? run_written : flushed, .context = cut,
    };
    disk_pass(&cut->wrapper, &cut->io);
    disk_flush_queue(cut->wrapper.inner);
}

static void write_back(struct cut *cut)
{
    cut->running = true;
    cut->count = cut->cache.blocks;
    cut->version = cut->cache.version;
    cut->next = 0;
    cut->numbers = cut_cache_numbers(&cut->cache);
    if (cut->count && !cut->numbers)
        write_back_ends(cut, DISK_FAILED);
    else
        send_run(cut);
}

/* --- requests ------------------------------------------------------------------------------------------------------- */

static void passed_done(struct disk_io *io, enum disk_result result)
{
    struct passed *passed = container_of(io, struct passed, io);
    struct disk_io *outer = passed->outer;
    struct cut *cut = passed->cut;
    uint32_t size = cut->cache.block_size;

    free(passed);
    cut->inside--;
    for (uint64_t at = 0; outer->op == DISK_READ && result == DISK_DONE && at < outer->length; at += size) {
        const struct cut_block *block = cut_cache_find(&cut->cache, (outer->offset + at) / size);
        if (block)
            cut_scatter(outer, at, block->bytes, size);
    }
    answer(cut, outer, result);
}

/* Gives a copy of the request to the disk behind, whose changes to the parts do not reach ours. */
static void pass(struct cut *cut, struct disk_io *io)
{
    size_t parts = io->op == DISK_READ ? (size_t)io->count : 0;
    struct passed *passed = malloc(sizeof *passed + parts * sizeof *passed->parts);

    if (!passed) {
        answer(cut, io, DISK_FAILED);
        return;
    }
    passed->outer = io;
    passed->cut = cut;
    if (parts)
        memcpy(passed->parts, io->parts, parts * sizeof *passed->parts);
    passed->io = (struct disk_io){
        .op = io->op, .fua = io->op != DISK_READ, .unmap = io->unmap, .offset = io->offset, .length = io->length,
        .parts = passed->parts, .count = (int)parts, .done = passed_done,
    };
    cut->inside++;
    disk_pass(&cut->wrapper, &passed->io);
    disk_flush_queue(cut->wrapper.inner);
}

/* What may not run beside a write-back: (2). */
static void run_alone(struct cut *cut, struct disk_io *io)
{
    uint32_t size = cut->cache.block_size;

    if (io->op == DISK_FLUSH || io->op == DISK_WRITE) {
        list_push_back(&cut->waiting, &io->link);
        return;
    }
    for (uint64_t at = 0; at < io->length; at += size)
        cut_cache_drop(&cut->cache, (io->offset + at) / size, UINT64_MAX);
    pass(cut, io);
}

static void start_line(struct cut *cut)
{
    struct list *node;

    while (!cut->running && !cut->dead && (node = list_pop_front(&cut->line))) {
        run_alone(cut, container_of(node, struct disk_io, link));
        if (!list_empty(&cut->waiting))
            write_back(cut);
    }
}

static void cut_write(struct cut *cut, struct disk_io *io)
{
    uint32_t size = cut->cache.block_size;
    uint8_t block[4096];

    for (uint64_t at = 0; at < io->length; at += size) {
        cut_gather(io, at, block, size);
        if (!cut_cache_put(&cut->cache, (io->offset + at) / size, block)) {
            answer(cut, io, DISK_FAILED);
            return;
        }
    }
    if (io->fua) {
        list_push_back(&cut->line, &io->link);
        start_line(cut);
        return;
    }
    if (!cut->running && cut->cache.blocks * size > CACHE_BYTES)
        write_back(cut);
    answer(cut, io, DISK_DONE);
}

static void cut_submit(struct disk *disk, struct disk_io *io)
{
    struct cut *cut = container_of(disk, struct cut, wrapper.disk);

    if (step(cut)) {
        never(cut, io);
    } else if (io->op == DISK_READ) {
        pass(cut, io);
    } else if (io->op == DISK_WRITE) {
        cut_write(cut, io);
    } else {
        list_push_back(&cut->line, &io->link);
        start_line(cut);
    }
}

static void cancel(struct list *list)
{
    struct list *node;

    while ((node = list_pop_front(list)))
        disk_answer(container_of(node, struct disk_io, link), DISK_CANCELLED);
}

static void cut_drain(struct disk *disk)
{
    struct cut *cut = container_of(disk, struct cut, wrapper.disk);

    while (cut->running || cut->inside || (!cut->dead && !list_empty(&cut->line)))
        disk_drain(cut->wrapper.inner);
    cancel(&cut->waiting);
    cancel(&cut->line);
    cancel(&cut->dying);
}

/* A computer that is turned off with care: the cache reaches the medium. */
static void cut_close(struct disk *disk)
{
    struct cut *cut = container_of(disk, struct cut, wrapper.disk);

    cut->steps_left = UINT64_MAX;
    if (!cut->dead && cut->cache.blocks) {
        write_back(cut);
        while (cut->running)
            disk_drain(cut->wrapper.inner);
    }
    cut_cache_clear(&cut->cache);
    disk_close(cut->wrapper.inner);
    free(cut->buffer);
    free(cut);
}

struct disk *disk_cut(struct disk *inner, struct spec *spec, struct clock *clock)
{
    uint64_t seed = 0, within;
    struct cut *cut;
    bool given;

    if (!disk_seed(spec, "cut", &given, &seed))
        return NULL;
    if (!given)
        return inner;
    if (!spec_number(spec, "cutwithin", WITHIN, &within))
        return NULL;
    if (within < 1 || within > UINT32_MAX)
        return error_set("cutwithin=%llu: 1 to %u steps", (unsigned long long)within, UINT32_MAX), NULL;
    if (inner->read_only)
        return error_set("cut: a disk that is only read loses nothing"), NULL;
    cut = calloc(1, sizeof *cut);
    if (!cut || !(cut->buffer = malloc(CUT_RUN * inner->block_size))) {
        free(cut);
        return error_set("no memory for cut"), NULL;
    }
    random_seed(&cut->random, seed);
    cut->steps_left = 1 + random_below(&cut->random, (uint32_t)within);
    cut->cache.block_size = inner->block_size;
    list_init(&cut->line);
    list_init(&cut->waiting);
    list_init(&cut->dying);
    disk_wrap(&cut->wrapper, inner);
    cut->wrapper.disk.volatile_cache = true;
    cut->wrapper.ops.submit = cut_submit;
    cut->wrapper.ops.drain = cut_drain;
    cut->wrapper.ops.close = cut_close;
    return &cut->wrapper.disk;
}
