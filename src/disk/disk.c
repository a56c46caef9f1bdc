#include "disk/disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "disk/disk_impl.h"

const struct disk_ops *const disk_kinds[] = { &disk_file, &disk_mem, &disk_null, NULL };

static const struct disk_ops *find_kind(const char *kind)
{
    for (int i = 0; disk_kinds[i]; i++)
        if (strcmp(disk_kinds[i]->kind, kind) == 0)
            return disk_kinds[i];
    return NULL;
}

struct disk *disk_open(struct spec *spec, struct clock *clock, bool wait)
{
    static struct disk *(*const wrappers[])(struct disk *, struct spec *, struct clock *) = { disk_cut, disk_error, disk_delay };
    const struct disk_ops *ops = find_kind(spec->kind);
    struct disk *disk;

    if (!ops) {
        error_set("there is no disk of kind '%s' (kinds: file, mem, null)", spec->kind);
        return NULL;
    }
    disk = ops->open(spec, clock, wait);
    for (size_t i = 0; disk && i < sizeof wrappers / sizeof wrappers[0]; i++) {
        struct disk *outer = wrappers[i](disk, spec, clock);

        if (!outer)
            disk_close(disk);
        disk = outer;
    }
    return disk;
}

void disk_drain(struct disk *disk)
{
    if (disk->ops->drain)
        disk->ops->drain(disk);
}

void disk_close(struct disk *disk)
{
    if (!disk)
        return;
    disk_drain(disk);
    disk->ops->close(disk);
}

static enum disk_result check(const struct disk *disk, const struct disk_io *io)
{
    if (io->op == DISK_FLUSH)
        return DISK_DONE;
    if (io->offset % disk->block_size || io->length % disk->block_size || !io->length || io->offset > disk->size ||
        io->length > disk->size - io->offset || io->count > DISK_PARTS_MAX)
        return DISK_BAD_REQUEST;
    return disk->read_only && io->op != DISK_READ ? DISK_READ_ONLY : DISK_DONE;
}

static void count(struct disk_stats *stats, const struct disk_io *io)
{
    switch (io->op) {
    case DISK_READ:
        stats->reads++;
        stats->read_bytes += io->length;
        break;
    case DISK_WRITE:
        stats->writes++;
        stats->write_bytes += io->length;
        break;
    case DISK_FLUSH:
        stats->flushes++;
        break;
    case DISK_DISCARD:
        stats->discards++;
        break;
    case DISK_WRITE_ZEROES:
        stats->zeroes++;
        break;
    }
}

void disk_issue(struct disk *disk, struct disk_io *io)
{
    enum disk_result verdict = check(disk, io);

    io->disk = disk;
    io->progress = 0;
    io->stage = 0;
    if (verdict != DISK_DONE) {
        disk_answer(io, verdict);
        return;
    }
    count(&disk->stats, io);
    disk->ops->submit(disk, io);
}

/* --- for the implementations -------------------------------------------------------------------------------------- */

bool disk_read_block(struct disk *disk, struct spec *spec)
{
    uint64_t block;

    if (!spec_number(spec, "block", 512, &block))
        return false;
    if (block != 512 && block != 4096)
        return error_set("block=%llu: 512 or 4096", (unsigned long long)block);
    disk->block_size = (uint32_t)block;
    return true;
}

bool disk_check_size(struct disk *disk, const char *what)
{
    if (!disk->size)
        return error_set("%s is empty; size=N makes it N bytes long", what);
    if (disk->size > INT64_MAX)
        return error_set("%s: no disk has %llu bytes", what, (unsigned long long)disk->size);
    return disk->size % disk->block_size == 0 ||
           error_set("%s has %llu bytes, which are not whole blocks of %u", what, (unsigned long long)disk->size, disk->block_size);
}

/* Reads the argument with the rules that spec_number has for values. */
bool disk_argument_size(struct spec *spec, uint64_t *size)
{
    struct spec one = { .count = 1 };

    if (!spec->argument)
        return error_set("%s: how large? expected %s:SIZE, as %s:64M", spec->kind, spec->kind, spec->kind);
    one.pair[0].key = "size";
    one.pair[0].value = spec->argument;
    return spec_number(&one, "size", 0, size) || error_prefix("%s", spec->kind);
}

bool disk_seed(struct spec *spec, const char *key, bool *given, uint64_t *seed)
{
    const char *text = spec_value(spec, key, 0);
    char *end;

    *given = text != NULL;
    if (!text)
        return true;
    if (strncmp(text, "seed:", 5) == 0 && text[5] >= '0' && text[5] <= '9') {
        *seed = strtoull(text + 5, &end, 0);
        if (!*end)
            return true;
    }
    return error_set("%s=%s: expected %s=seed:N, as %s=seed:1", key, text, key, key);
}

bool disk_time(const char *key, const char *text, uint64_t *ns)
{
    static const struct { const char *unit; double scale; } units[] = {
        { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
    };
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (end != text && strcmp(end, units[i].unit) == 0 && value >= 0 && value * units[i].scale <= 3.6e12) {
            *ns = (uint64_t)(value * units[i].scale);
            return true;
        }
    return error_set("%s=%s: expected a time up to one hour with its unit, as 20ms or 150us", key, text);
}

void disk_pass(struct disk_wrapper *wrapper, struct disk_io *io)
{
    disk_issue(wrapper->inner, io);
}

static void pass_submit(struct disk *disk, struct disk_io *io)
{
    disk_pass(container_of(disk, struct disk_wrapper, disk), io);
}

static void pass_flush_queue(struct disk *disk)
{
    disk_flush_queue(container_of(disk, struct disk_wrapper, disk)->inner);
}

static void pass_drain(struct disk *disk)
{
    disk_drain(container_of(disk, struct disk_wrapper, disk)->inner);
}

static void pass_close(struct disk *disk)
{
    struct disk_wrapper *wrapper = container_of(disk, struct disk_wrapper, disk);

    disk_close(wrapper->inner);
    free(wrapper);
}

static void pass_burst_end(void *card)
{
    disk_burst_end(&((struct disk_wrapper *)card)->disk);
}

static void pass_power_lost(void *card)
{
    struct disk *disk = &((struct disk_wrapper *)card)->disk;

    if (disk->power_lost)
        disk->power_lost(disk->card);
}

void disk_wrap(struct disk_wrapper *wrapper, struct disk *inner)
{
    wrapper->inner = inner;
    wrapper->ops = (struct disk_ops){
        .kind = inner->ops->kind, .help = inner->ops->help, .submit = pass_submit, .flush_queue = pass_flush_queue,
        .drain = pass_drain, .close = pass_close,
    };
    wrapper->disk = *inner;
    wrapper->disk.ops = &wrapper->ops;
    inner->card = wrapper;
    inner->burst_end = pass_burst_end;
    inner->power_lost = pass_power_lost;
}
