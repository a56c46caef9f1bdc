/* The disk without a medium: null:SIZE. Reads as zeroes, forgets what is written. For measuring everything else. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "disk/disk_impl.h"

static void null_submit(struct disk *disk, struct disk_io *io)
{
    if (io->op == DISK_READ)
        for (int i = 0; i < io->count; i++)
            memset(io->parts[i].iov_base, 0, io->parts[i].iov_len);
    disk_answer(io, DISK_DONE);
}

static void null_close(struct disk *disk)
{
    free(disk);
}

static struct disk *null_open(struct spec *spec, struct clock *clock, bool wait)
{
    struct disk *disk = calloc(1, sizeof *disk);

    if (!disk)
        return error_set("no memory for a disk"), NULL;
    *disk = (struct disk){ .ops = &disk_null, .discard = true };
    if (disk_argument_size(spec, &disk->size) && disk_read_block(disk, spec) && disk_check_size(disk, "the disk"))
        return disk;
    free(disk);
    return NULL;
}

const struct disk_ops disk_null = {
    .kind = "null",
    .help = "null:SIZE: reads as zeroes and forgets what is written",
    .open = null_open,
    .submit = null_submit,
    .close = null_close,
};
