/* A driver that does anything to a virtio-scsi card: registers, configuration space, ring contents, commands of every kind with any
 * fields, task management, at any moment, with answers of a slow disk in between. The card may ask for a reset; it must not touch what
 * is not its RAM. The input is a program of one-byte operations with arguments (see run()). */
#include "card.h"

#include "dev/virtio_scsi.h"

#define QUEUES 4u                       /* control, events, two of requests */
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
    for (unsigned i = 0; i < QUEUES; i++) {
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
    return t->ram + QUEUE_STEP * (n % QUEUES);
}

static void put_descriptor(struct target *t, struct input *in)
{
    struct virtq_desc *d = (struct virtq_desc *)ring_of(t, take(in, 1)) + take(in, 1) % RING_SIZE;

    d->address = RAM_BASE + take(in, 2);
    d->length = (uint32_t)take(in, 2);
    d->flags = (uint16_t)take(in, 1) & 7;
    d->next = (uint16_t)take(in, 1) % (RING_SIZE + 1);
}

static void kick(struct target *t, uint64_t n, uint16_t head)
{
    ring_u16 *avail = (ring_u16 *)(ring_of(t, n) + 0x400);

    avail[2 + avail[1] % RING_SIZE] = head;
    avail[1]++;
    bar(t, VIRTIO_NOTIFY + (unsigned)(n % QUEUES) * VIRTIO_NOTIFY_STEP, 2, n % QUEUES);
}

/* A command of the table, or any other, with small numbers in most of its fields; its data one way or the other. */
static void request(struct target *t, struct input *in)
{
    uint64_t n = 2 + take(in, 1) % 2, at = 0x8000 + 0x800 * (take(in, 1) % 12);
    struct virtq_desc *d = (struct virtq_desc *)ring_of(t, n);
    uint16_t head = (uint16_t)take(in, 1) % (RING_SIZE - 2);
    struct vscsi_command command = { .lun = { 1, 0, 0x40, (uint8_t)(take(in, 1) / 250) }, .id = take(in, 1) };
    const struct scsi_command *row = scsi_row((unsigned)take(in, 1) % 40);
    uint8_t *cdb = t->ram + at + sizeof command;
    bool read = take(in, 1) & 1;
    uint32_t length = (uint32_t)take(in, 2) % 0x500;

    memcpy(t->ram + at, &command, sizeof command);
    memset(cdb, 0, VSCSI_CDB_DEFAULT);
    cdb[0] = row ? row->opcode : (uint8_t)take(in, 1);
    cdb[1] = row && row->action >= 0 ? (uint8_t)row->action : (uint8_t)take(in, 1);
    for (uint64_t i = take(in, 1) % 6; i; i--)
        cdb[take(in, 1) % 16] = (uint8_t)take(in, 1);
    d[head] = (struct virtq_desc){ RAM_BASE + at, sizeof command + VSCSI_CDB_DEFAULT, 1, (uint16_t)(head + 1) };
    d[head + 1] = (struct virtq_desc){ RAM_BASE + at + (read ? 0x80 : 0x100), read ? 108 : length, read ? 3 : 1, (uint16_t)(head + 2) };
    d[head + 2] = (struct virtq_desc){ RAM_BASE + at + (read ? 0x100 : 0x80), read ? length : 108, 2, 0 };
    kick(t, n, head);
}

static void control(struct target *t, struct input *in)
{
    uint64_t at = 0xE000 + 0x40 * (take(in, 1) % 16);
    struct virtq_desc *d = (struct virtq_desc *)ring_of(t, VSCSI_CONTROL);
    uint16_t head = (uint16_t)take(in, 1) % (RING_SIZE - 1);
    struct vscsi_tmf tmf = { .type = (uint32_t)take(in, 1) % 4, .subtype = (uint32_t)take(in, 1) % 9, .lun = { 1, 0, 0x40 }, .id = take(in, 1) };

    memcpy(t->ram + at, &tmf, sizeof tmf);
    d[head] = (struct virtq_desc){ RAM_BASE + at, sizeof tmf, 1, (uint16_t)(head + 1) };
    d[head + 1] = (struct virtq_desc){ RAM_BASE + at + 0x30, 5, 2, 0 };
    kick(t, VSCSI_CONTROL, head);
}

static void events(struct target *t, struct input *in)
{
    struct virtq_desc *d = (struct virtq_desc *)ring_of(t, VSCSI_EVENT);
    struct virtio_scsi *scsi = container_of(t->card, struct virtio_scsi, virtio.device);
    uint64_t what = take(in, 1);

    d[0] = (struct virtq_desc){ RAM_BASE + 0xF000, what & 0x1F, 2, 0 };
    if (what & 0x20)
        kick(t, VSCSI_EVENT, 0);
    if (what & 0x40)
        vscsi_set_target(scsi, what & 0x80);
    else
        vscsi_set_blocks(scsi, 1 + what % 64);
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
    start(t, UINT64_MAX);
    while (in->at < in->end) {
        switch (take(in, 1) % 14) {
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
        case 5:
            request(t, in);
            break;
        case 6:
            t->hold = !t->hold;
            break;
        case 7:
            disk_release(t, take(in, 1) & 1);
            break;
        case 8:
            start(t, take(in, 8));
            break;
        case 9:
            put_descriptor(t, in);
            break;
        case 10:
            kick(t, take(in, 1), (uint16_t)take(in, 1) % (RING_SIZE + 1));
            break;
        case 11:
            control(t, in);
            break;
        case 12:
            events(t, in);
            break;
        default:
            t->card->ops->reset(t->card);
            start(t, UINT64_MAX);
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    with_card((struct input){ data, data + size }, "fuzz,queues=2,ring=16", virtio_scsi_create, run);
    return 0;
}
