/* What the implementations of disks share: common keys, answers, and disks around other disks. */
#ifndef DISK_DISK_IMPL_H
#define DISK_DISK_IMPL_H

#include "disk/disk.h"

extern const struct disk_ops disk_file, disk_mem, disk_null;

/* block= of the specification into disk->block_size, and size rules: at least one block, whole blocks. */
bool disk_read_block(struct disk *disk, struct spec *spec);
bool disk_check_size(struct disk *disk, const char *what);
/* The size that is the argument of mem: and null:. */
bool disk_argument_size(struct spec *spec, uint64_t *size);
/* "seed:N" of a key. False with error_text(). *given: the key is there. */
bool disk_seed(struct spec *spec, const char *key, bool *given, uint64_t *seed);
/* A time with its unit (ns, us, ms, s), at most one hour. */
bool disk_time(const char *key, const char *text, uint64_t *ns);

static inline void disk_answer(struct disk_io *io, enum disk_result result)
{
    if (result != DISK_DONE)
        io->disk->stats.failed++;
    io->done(io, result);
}

static inline void disk_burst_end(struct disk *disk)
{
    if (disk->burst_end)
        disk->burst_end(disk->card);
}

/* A disk around another one. Requests it passes on keep their done: the inner disk answers the card itself. */
struct disk_wrapper {
    struct disk disk;                   /* first; what the card sees */
    struct disk_ops ops;                /* disk.ops points here */
    struct disk *inner;
};

/* Pass-through for every member the owner does not replace afterwards. */
void disk_wrap(struct disk_wrapper *wrapper, struct disk *inner);
void disk_pass(struct disk_wrapper *wrapper, struct disk_io *io);

/* Each returns inner itself when the specification does not ask for it, NULL with error_text() on a bad value (inner is then
 * still the caller's). */
struct disk *disk_delay(struct disk *inner, struct spec *spec, struct clock *clock);
struct disk *disk_error(struct disk *inner, struct spec *spec, struct clock *clock);
struct disk *disk_cut(struct disk *inner, struct spec *spec, struct clock *clock);

#endif
