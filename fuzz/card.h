/* What the fuzz targets of block cards share: a computer of 64 KiB, a disk of 64 sectors that may hold requests back, and the input's bytes. */
#ifndef FUZZ_CARD_H
#define FUZZ_CARD_H

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "dev/pci.h"
#include "disk/disk_impl.h"

#define RAM_BYTES 0x10000u
#define RAM_BASE 0x1000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    uint8_t *ram;
    struct device_host host;
    struct clock clock;
    struct device *card;
    struct disk disk;
    struct list held;
    bool hold;
    uint8_t medium[64 * 512];
};

struct input {
    const uint8_t *at, *end;
};

static inline uint64_t take(struct input *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes && in->at < in->end; i++)
        value |= (uint64_t)*in->at++ << (8 * i);
    return value;
}

static inline void *dma(void *context, uint64_t pa, size_t size)
{
    struct target *t = context;

    if (pa < RAM_BASE || pa - RAM_BASE > RAM_BYTES || size > RAM_BYTES - (pa - RAM_BASE))
        return NULL;
    return t->ram + (pa - RAM_BASE);
}

static inline void raise_msi(void *context, uint64_t address, uint32_t data)
{
}

static inline void set_line(void *context, struct device *device, bool asserted)
{
}

static inline uint64_t now_ns(struct clock *clock)
{
    return 0;
}

static inline void arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
}

/* The disk looks at every byte it is given. */
static inline void work(struct target *t, struct disk_io *io)
{
    uint8_t *at = t->medium + io->offset;

    for (int i = 0; i < io->count && (io->op == DISK_READ || io->op == DISK_WRITE); at += io->parts[i++].iov_len) {
        if (io->op == DISK_READ)
            memcpy(io->parts[i].iov_base, at, io->parts[i].iov_len);
        else
            memcpy(at, io->parts[i].iov_base, io->parts[i].iov_len);
    }
    if (io->op == DISK_DISCARD || io->op == DISK_WRITE_ZEROES)
        memset(at, 0, io->length);
    disk_answer(io, DISK_DONE);
}

static inline void disk_take(struct disk *disk, struct disk_io *io)
{
    struct target *t = container_of(disk, struct target, disk);

    if (t->hold)
        list_push_back(&t->held, &io->link);
    else
        work(t, io);
}

static inline void disk_release(struct target *t, bool cancel)
{
    struct list *node;

    while ((node = list_pop_front(&t->held))) {
        struct disk_io *io = container_of(node, struct disk_io, link);

        if (cancel)
            disk_answer(io, DISK_CANCELLED);
        else
            work(t, io);
    }
    disk_burst_end(&t->disk);
}

static inline void disk_drained(struct disk *disk)
{
    disk_release(container_of(disk, struct target, disk), true);
}

static inline void disk_closed(struct disk *disk)
{
}

static const struct disk_ops ops = { .kind = "fuzz", .submit = disk_take, .drain = disk_drained, .close = disk_closed };

static inline void poke(struct target *t, struct input *in)
{
    uint64_t at = take(in, 2), count = take(in, 1);

    for (uint64_t i = 0; i < count && at + i < RAM_BYTES; i++)
        t->ram[at + i] = (uint8_t)take(in, 1);
}

static inline void configuration(struct target *t, struct input *in)
{
    unsigned offset = (unsigned)take(in, 2) % 300, size = 1u << (take(in, 1) % 3);

    pci_config_write(t->card, offset, size, (uint32_t)take(in, 4));
    pci_config_read(t->card, offset, size);
}

/* Makes a computer, puts the card in, lets `run` do its worst, and takes everything away again. */
static inline void with_card(struct input in, const char *keys,
                             struct device *(*create)(const struct device_host *host, struct disk *disk, struct spec *spec),
                             void (*run)(struct target *t, struct input *in))
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct target *t = calloc(1, sizeof *t);
    struct spec spec;

    log_configure(&quiet);
    t->ram = calloc(1, RAM_BYTES);      /* on the heap: the sanitizer watches its ends */
    t->clock = (struct clock){ .now_ns = now_ns, .arm = arm };
    t->host = (struct device_host){ .context = t, .dma = dma, .raise_msi = raise_msi, .set_line = set_line, .clock = &t->clock };
    list_init(&t->held);
    t->disk = (struct disk){ .ops = &ops, .size = sizeof t->medium, .block_size = 512, .volatile_cache = true, .discard = true };
    spec_parse(&spec, keys);
    t->card = create(&t->host, &t->disk, &spec);
    run(t, &in);
    t->card->ops->destroy(t->card);
    free(t->ram);
    free(t);
}

#endif
