/* The memory disk: mem:SIZE. Zeroes at first, gone at the end. What a discard took back reads as zeroes. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "disk/disk_impl.h"

struct mem_disk {
    struct disk disk;
    uint8_t *bytes;
};

static void copy(struct mem_disk *mem, const struct disk_io *io)
{
    uint8_t *at = mem->bytes + io->offset;

    for (int i = 0; i < io->count; i++) {
        if (io->op == DISK_READ)
            memcpy(io->parts[i].iov_base, at, io->parts[i].iov_len);
        else
            memcpy(at, io->parts[i].iov_base, io->parts[i].iov_len);
        at += io->parts[i].iov_len;
    }
}

/* Whole pages go back to the host. */
static void zero(uint8_t *at, uint64_t length)
{
    uint64_t page = 4096, head = (page - (uintptr_t)at % page) % page;

    if (head >= length || length - head < page) {
        memset(at, 0, length);
        return;
    }
    memset(at, 0, head);
    at += head;
    length -= head;
    if (madvise(at, length / page * page, MADV_DONTNEED) != 0)
        memset(at, 0, length / page * page);
    memset(at + length / page * page, 0, length % page);
}

static void mem_submit(struct disk *disk, struct disk_io *io)
{
    struct mem_disk *mem = container_of(disk, struct mem_disk, disk);

    if (io->op == DISK_READ || io->op == DISK_WRITE)
        copy(mem, io);
    else if (io->op != DISK_FLUSH)
        zero(mem->bytes + io->offset, io->length);
    disk_answer(io, DISK_DONE);
}

static void mem_close(struct disk *disk)
{
    struct mem_disk *mem = container_of(disk, struct mem_disk, disk);

    munmap(mem->bytes, disk->size);
    free(mem);
}

static struct disk *mem_open(struct spec *spec, struct clock *clock, bool wait)
{
    struct mem_disk *mem = calloc(1, sizeof *mem);

    if (!mem)
        return error_set("no memory for a disk"), NULL;
    mem->disk = (struct disk){ .ops = &disk_mem, .discard = true };
    if (!disk_argument_size(spec, &mem->disk.size) || !disk_read_block(&mem->disk, spec) || !disk_check_size(&mem->disk, "the disk"))
        goto no_disk;
    mem->bytes = mmap(NULL, mem->disk.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mem->bytes != MAP_FAILED)
        return &mem->disk;
    error_set("mem: no room for %llu bytes", (unsigned long long)mem->disk.size);
no_disk:
    free(mem);
    return NULL;
}

const struct disk_ops disk_mem = {
    .kind = "mem",
    .help = "mem:SIZE: memory of the host, zeroes at first",
    .open = mem_open,
    .submit = mem_submit,
    .close = mem_close,
};
