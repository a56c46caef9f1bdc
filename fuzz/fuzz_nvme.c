/* A driver that does anything to an NVMe controller: registers, configuration space, doorbells, commands, page lists, at any moment, with answers
 * of a slow disk in between. It must not touch what is not its RAM.
 * The input is a program of one-byte operations with arguments (see run()). */
#include "card.h"

#include "dev/nvme.h"

#define QUEUE 16u                       /* entries of each queue that start() makes */
#define ADMIN 0x1000u                   /* in RAM: submission and completion queues, the admin ones first, then those of queue 1 */
#define ANSWERS 0x2000u
#define IO 0x3000u
#define IO_ANSWERS 0x4000u
#define LISTS 0x5000u

static void set(struct target *t, unsigned offset, uint32_t value)
{
    pci_bar_write(t->card, NVME_BAR, offset, 4, value);
}

static void ring(struct target *t, unsigned queue, uint32_t tail)
{
    set(t, NVME_DOORBELLS + 8 * queue, tail);
}

static void create(struct target *t, unsigned at, unsigned opcode, uint32_t pa, uint32_t dw11)
{
    uint32_t *dw = (uint32_t *)(t->ram + ADMIN + 64 * at);

    memset(dw, 0, 64);
    dw[0] = opcode | at << 16;
    dw[NVME_PRP1] = RAM_BASE + pa;
    dw[10] = 1 | (QUEUE - 1) << 16;
    dw[11] = dw11;
}

/* A well-behaved start, so that most programs get as far as commands. */
static void start(struct target *t)
{
    pci_config_write(t->card, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    set(t, NVME_CC, 0);
    set(t, NVME_AQA, (QUEUE - 1) | (QUEUE - 1) << 16);
    set(t, NVME_ASQ, RAM_BASE + ADMIN);
    set(t, NVME_ASQ + 4, 0);
    set(t, NVME_ACQ, RAM_BASE + ANSWERS);
    set(t, NVME_ACQ + 4, 0);
    set(t, NVME_CC, CC_ENABLE | 6u << 16 | 4u << 20);
    create(t, 0, ADMIN_CREATE_CQ, IO_ANSWERS, 3);
    create(t, 1, ADMIN_CREATE_SQ, IO, 1u << 16 | 1);
    ring(t, 0, 2);
}

/* A command in a queue's entry, most of its words chosen by the input. */
static void command(struct target *t, struct input *in)
{
    static const uint8_t admin[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 0x80 };
    bool io = take(in, 1) & 1;
    unsigned entry = (unsigned)take(in, 1) % QUEUE;
    uint32_t *dw = (uint32_t *)(t->ram + (io ? IO : ADMIN) + 64 * entry);
    uint8_t opcode = (uint8_t)take(in, 1);

    memset(dw, 0, 64);
    dw[0] = (io ? opcode % 10u : opcode < 0xF0 ? admin[opcode % sizeof admin] : opcode) | (uint32_t)take(in, 1) << 16;
    dw[NVME_NSID] = opcode & 0x80 ? NVME_ALL_NAMESPACES : take(in, 1) % 4;
    dw[NVME_PRP1] = RAM_BASE + (uint32_t)take(in, 2);
    dw[NVME_PRP2] = RAM_BASE + LISTS + (uint32_t)take(in, 2);
    dw[10] = (uint32_t)take(in, 2);
    dw[11] = io ? 0 : (uint32_t)take(in, 3);
    dw[12] = (uint32_t)take(in, 1) % 70;
}

static void page_list(struct target *t, struct input *in)
{
    uint64_t *list = (uint64_t *)(t->ram + LISTS + 8 * (take(in, 1) % 4 * 128));

    for (unsigned i = 0; i < 9; i++)
        list[i] = RAM_BASE + take(in, 1) % 18 * 0x1000 + (take(in, 1) & 0xF0) / 0xF0;
}

static void registers(struct target *t, struct input *in, bool write)
{
    unsigned offset = (unsigned)take(in, 1) % 0x60 * 4, size = 1u << (take(in, 1) & 3), where = (unsigned)take(in, 1) % 4;

    offset += where == 3 ? NVME_MSIX_PBA : where == 2 ? NVME_MSIX_TABLE : where == 1 ? NVME_DOORBELLS : 0;
    if (write)
        pci_bar_write(t->card, NVME_BAR, offset, size, take(in, 8));
    else
        pci_bar_read(t->card, NVME_BAR, offset, size);
}

static void doorbell(struct target *t, struct input *in)
{
    unsigned queue = (unsigned)take(in, 1) % 4;

    set(t, NVME_DOORBELLS + 8 * (queue & 1) + 4 * (queue >> 1), (uint32_t)take(in, 1) % (QUEUE + 1));
}

static void run(struct target *t, struct input *in)
{
    start(t);
    while (in->at < in->end) {
        switch (take(in, 1) % 15) {
        case 0: poke(t, in); break;
        case 1: registers(t, in, true); break;
        case 2: registers(t, in, false); break;
        case 3: configuration(t, in); break;
        case 4: case 8: case 11: command(t, in); break;
        case 5: t->hold = !t->hold; break;
        case 6: disk_release(t, take(in, 1) & 1); break;
        case 7: case 9: case 12: doorbell(t, in); break;
        case 10: t->card->ops->reset(t->card); break;
        case 13: page_list(t, in); break;
        default: start(t); break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    with_card((struct input){ data, data + size }, data && size && data[0] & 1 ? "fuzz,interrupts=msi" : "fuzz,namespaces=2", nvme_create, run);
    return 0;
}
