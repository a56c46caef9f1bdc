/* A driver that does anything to a virtio-blk card: registers, configuration space, ring contents, at any moment, with
 * answers of a slow disk in between. The card may ask for a reset; it must not touch what is not its RAM.
 * The input is a program of one-byte operations with arguments (see run()). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dev/virtio_blk.h"
#include "disk/disk_impl.h"

#define RAM_BYTES 0x10000u
#define RAM_BASE 0x1000u
#define QUEUE_STEP 0x2000u              /* ring n begins there; 16 entries: table, available, used, in 1 KiB steps */
#define RING_SIZE 16u

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

static uint64_t take(struct input *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes && in->at < in->end; i++)
        value |= (uint64_t)*in->at++ << (8 * i);
    return value;
}

static void *dma(void *context, uint64_t pa, size_t size)
{
    struct target *t = context;

    if (pa < RAM_BASE || pa - RAM_BASE > RAM_BYTES || size > RAM_BYTES - (pa - RAM_BASE))
        return NULL;
    return t->ram + (pa - RAM_BASE);
}

static void raise_msi(void *context, uint64_t address, uint32_t data)
{
}

static void set_line(void *context, struct device *device, bool asserted)
{
}

static uint64_t now_ns(struct clock *clock)
{
    return 0;
}

static void arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
}

/* The disk looks at every byte it is given. */
static void work(struct target *t, struct disk_io *io)
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

static void disk_take(struct disk *disk, struct disk_io *io)
{
    struct target *t = container_of(disk, struct target, disk);

    if (t->hold)
        list_push_back(&t->held, &io->link);
    else
        work(t, io);
}

static void disk_release(struct target *t, bool cancel)
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

static void disk_drained(struct disk *disk)
{
    disk_release(container_of(disk, struct target, disk), true);
}

static void disk_closed(struct disk *disk)
{
}

static const struct disk_ops ops = { .kind = "fuzz", .submit = disk_take, .drain = disk_drained, .close = disk_closed };

static void bar(struct target *t, unsigned offset, unsigned size, uint64_t value)
{
    pci_bar_write(t->card, VIRTIO_BAR, offset, size, value);
}

/* A well-behaved start, so that most programs get as far as the rings. */
static void start(struct target *t, uint64_t features)
{
    features = (features & container_of(t->card, struct virtio, device)->offered) | VIRTIO_F_VERSION_1;
    pci_config_write(t->card, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    bar(t, 0x14, 1, 0);
    bar(t, 0x14, 1, 3);
    for (unsigned i = 0; i < 2; i++) {
        bar(t, 0x08, 4, i);
        bar(t, 0x0C, 4, (uint32_t)(features >> (32 * i)));
    }
    bar(t, 0x14, 1, 11);
    for (unsigned i = 0; i < 2; i++) {
        bar(t, 0x16, 2, i);
        bar(t, 0x1A, 2, i);
        bar(t, 0x20, 8, RAM_BASE + QUEUE_STEP * i);
        bar(t, 0x28, 8, RAM_BASE + QUEUE_STEP * i + 0x400);
        bar(t, 0x30, 8, RAM_BASE + QUEUE_STEP * i + 0x800);
        bar(t, 0x1C, 2, 1);
    }
    bar(t, 0x14, 1, 15);
}

static uint8_t *ring_of(struct target *t, uint64_t n)
{
    return t->ram + QUEUE_STEP * (n % 2);
}

static void put_descriptor(struct target *t, struct input *in)
{
    struct virtq_desc *d = (struct virtq_desc *)ring_of(t, take(in, 1)) + take(in, 1) % RING_SIZE;

    d->address = RAM_BASE + take(in, 2);
    d->length = (uint32_t)take(in, 2);
    d->flags = (uint16_t)take(in, 1) & 7;
    d->next = (uint16_t)take(in, 1) % (RING_SIZE + 1);
}

static void offer(struct target *t, struct input *in)
{
    uint64_t n = take(in, 1);
    ring_u16 *avail = (ring_u16 *)(ring_of(t, n) + 0x400);

    avail[2 + avail[1] % RING_SIZE] = (uint16_t)take(in, 1) % (RING_SIZE + 1);
    avail[1]++;
    bar(t, VIRTIO_NOTIFY + (n % 2) * VIRTIO_NOTIFY_STEP, 2, n % 2);
}

/* A request as drivers make them: header, data, status in three descriptors, with a few bytes chosen by the input. */
static void request(struct target *t, struct input *in)
{
    uint64_t n = take(in, 1) % 2, at = 0x8000 + 0x800 * (take(in, 1) % 12);
    struct virtq_desc *d = (struct virtq_desc *)ring_of(t, n);
    ring_u16 *avail = (ring_u16 *)(ring_of(t, n) + 0x400);
    uint16_t head = (uint16_t)take(in, 1) % (RING_SIZE - 2);
    struct blk_header header = { (uint32_t)take(in, 1) % 15, 0, take(in, 1) % 70 };
    bool write = take(in, 1) & 1;
    uint32_t length = (uint32_t)take(in, 2) % 0x500;

    memcpy(t->ram + at, &header, sizeof header);
    d[head] = (struct virtq_desc){ RAM_BASE + at, sizeof header, 1, (uint16_t)(head + 1) };
    d[head + 1] = (struct virtq_desc){ RAM_BASE + at + 16, length, write ? 3 : 1, (uint16_t)(head + 2) };
    d[head + 2] = (struct virtq_desc){ RAM_BASE + at + 0x7F0, 1, 2, 0 };
    avail[2 + avail[1] % RING_SIZE] = head;
    avail[1]++;
    bar(t, VIRTIO_NOTIFY + (unsigned)n * VIRTIO_NOTIFY_STEP, 2, n);
}

static void poke(struct target *t, struct input *in)
{
    uint64_t at = take(in, 2), count = take(in, 1);

    for (uint64_t i = 0; i < count && at + i < RAM_BYTES; i++)
        t->ram[at + i] = (uint8_t)take(in, 1);
}

static void registers(struct target *t, struct input *in, bool write)
{
    unsigned offset = (unsigned)take(in, 2) % (VIRTIO_BAR_BYTES + 64), size = 1u << (take(in, 1) & 3);

    if (write)
        bar(t, offset, size, take(in, 8));
    else
        pci_bar_read(t->card, VIRTIO_BAR, offset, size);
}

static void configuration(struct target *t, struct input *in)
{
    unsigned offset = (unsigned)take(in, 2) % 300, size = 1u << (take(in, 1) % 3);

    pci_config_write(t->card, offset, size, (uint32_t)take(in, 4));
    pci_config_read(t->card, offset, size);
}

static void run(struct target *t, struct input *in)
{
    while (in->at < in->end) {
        switch (take(in, 1) % 12) {
        case 0:
            poke(t, in);
            break;
        case 1:
            registers(t, in, true);
            break;
        case 2:
            registers(t, in, false);
            break;
        case 3:
            configuration(t, in);
            break;
        case 4:
            request(t, in);
            break;
        case 5:
            t->hold = !t->hold;
            break;
        case 6:
            disk_release(t, take(in, 1) & 1);
            break;
        case 7:
            start(t, take(in, 8));
            break;
        case 8:
            put_descriptor(t, in);
            break;
        case 9:
            offer(t, in);
            break;
        case 10:
            t->card->ops->reset(t->card);
            break;
        default:
            start(t, UINT64_MAX);
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct target *t = calloc(1, sizeof *t);
    struct input in = { data, data + size };
    struct spec spec;

    log_configure(&quiet);
    t->ram = calloc(1, RAM_BYTES);      /* on the heap: the sanitizer watches its ends */
    t->clock = (struct clock){ .now_ns = now_ns, .arm = arm };
    t->host = (struct device_host){ .context = t, .dma = dma, .raise_msi = raise_msi, .set_line = set_line, .clock = &t->clock };
    list_init(&t->held);
    t->disk = (struct disk){ .ops = &ops, .size = sizeof t->medium, .block_size = 512, .volatile_cache = true, .discard = true };
    spec_parse(&spec, "fuzz,queues=2,ring=16");
    t->card = virtio_blk_create(&t->host, &t->disk, &spec);
    run(t, &in);
    t->card->ops->destroy(t->card);
    free(t->ram);
    free(t);
    return 0;
}
