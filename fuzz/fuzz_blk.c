/* A driver that does anything to a virtio-blk card: registers, configuration space, ring contents, at any moment, with
 * answers of a slow disk in between. The card may ask for a reset; it must not touch what is not its RAM.
 * The input is a program of one-byte operations with arguments (see run()). */
#include "card.h"

#include "dev/virtio_blk.h"

#define QUEUE_STEP 0x2000u              /* ring n begins there; 16 entries: table, available, used, in 1 KiB steps */
#define RING_SIZE 16u

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

static void registers(struct target *t, struct input *in, bool write)
{
    unsigned offset = (unsigned)take(in, 2) % (VIRTIO_BAR_BYTES + 64), size = 1u << (take(in, 1) & 3);

    if (write)
        bar(t, offset, size, take(in, 8));
    else
        pci_bar_read(t->card, VIRTIO_BAR, offset, size);
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
    with_card((struct input){ data, data + size }, "fuzz,queues=2,ring=16", virtio_blk_create, run);
    return 0;
}
