/* A driver that does anything to an AHCI controller: registers, configuration space, headers, tables, FISes and regions, at any
 * moment, with answers of a slow disk in between. It must not touch what is not its RAM.
 * The input is a program of one-byte operations with arguments (see run()). */
#include "card.h"

#include "dev/ahci.h"

#define LIST 0x400u                     /* in RAM: the command list, received FISes, a table for each slot */
#define RECEIVED 0x800u
#define TABLES 0x1000u
#define TABLE_BYTES 0x100u

static void set(struct target *t, unsigned offset, uint32_t value)
{
    pci_bar_write(t->card, AHCI_BAR, offset, 4, value);
}

/* A well-behaved start, so that most programs get as far as commands. */
static void start(struct target *t)
{
    pci_config_write(t->card, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    set(t, AHCI_PORT + PORT_CMD, 0);
    set(t, AHCI_PORT + PORT_CLB, RAM_BASE + LIST);
    set(t, AHCI_PORT + PORT_CLBU, 0);
    set(t, AHCI_PORT + PORT_FB, RAM_BASE + RECEIVED);
    set(t, AHCI_PORT + PORT_FBU, 0);
    set(t, AHCI_PORT + PORT_CMD, PCMD_FIS);
    set(t, AHCI_PORT + PORT_SERR, UINT32_MAX);
    set(t, AHCI_PORT + PORT_IE, UINT32_MAX);
    set(t, AHCI_GHC, GHC_INTERRUPTS);
    set(t, AHCI_PORT + PORT_CMD, PCMD_FIS | PCMD_START);
}

/* A command with up to four regions, most of its bytes chosen by the input. */
static void command(struct target *t, struct input *in)
{
    unsigned slot = (unsigned)take(in, 1) % AHCI_SLOTS, regions = (unsigned)take(in, 1) % 5;
    uint32_t *header = (uint32_t *)(t->ram + LIST + 32 * slot), *region;
    uint8_t *fis = t->ram + TABLES + TABLE_BYTES * slot;

    header[0] = 5 | regions << 16;
    header[2] = RAM_BASE + TABLES + TABLE_BYTES * slot;
    header[3] = 0;
    memset(fis, 0, FIS_BYTES);
    fis[FIS_TYPE] = FIS_H2D;
    fis[FIS_FLAGS] = FIS_IS_COMMAND;
    fis[FIS_COMMAND] = (uint8_t)take(in, 1);
    fis[FIS_FEATURE] = (uint8_t)take(in, 1);
    fis[FIS_DEVICE] = (uint8_t)take(in, 1) | 0x40;
    fis[FIS_LBA0] = (uint8_t)take(in, 1) % 70;
    fis[FIS_LBA1] = fis[FIS_COMMAND] == 0xB0 ? 0x4F : 0;
    fis[FIS_LBA2] = fis[FIS_COMMAND] == 0xB0 ? 0xC2 : 0;
    fis[FIS_COUNT] = (uint8_t)take(in, 1);
    if ((fis[FIS_COMMAND] & 0xFE) == 0x60)
        fis[FIS_COUNT] = (uint8_t)(slot << 3);
    region = (uint32_t *)(fis + AHCI_TABLE_PRDS);
    for (unsigned i = 0; i < regions; i++, region += 4) {
        region[0] = RAM_BASE + (uint32_t)take(in, 2);
        region[1] = 0;
        region[3] = (uint32_t)take(in, 2) % 0x2000 | (uint32_t)take(in, 1) << 31;
    }
}

static void issue(struct target *t, struct input *in)
{
    uint32_t slots = (uint32_t)take(in, 4);

    set(t, AHCI_PORT + PORT_SACT, slots);
    set(t, AHCI_PORT + PORT_CI, slots);
}

static void registers(struct target *t, struct input *in, bool write)
{
    unsigned offset = (unsigned)take(in, 1) % 0x60 * 4 + (unsigned)take(in, 1) % 8 / 7, size = 1u << (take(in, 1) & 3);

    if (write)
        pci_bar_write(t->card, AHCI_BAR, offset, size, take(in, 8));
    else
        pci_bar_read(t->card, AHCI_BAR, offset, size);
}

static void run(struct target *t, struct input *in)
{
    start(t);
    while (in->at < in->end) {
        switch (take(in, 1) % 12) {
        case 0: poke(t, in); break;
        case 1: registers(t, in, true); break;
        case 2: registers(t, in, false); break;
        case 3: configuration(t, in); break;
        case 4: case 8: command(t, in); break;
        case 5: t->hold = !t->hold; break;
        case 6: disk_release(t, take(in, 1) & 1); break;
        case 7: case 9: issue(t, in); break;
        case 10: t->card->ops->reset(t->card); break;
        default: start(t); break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    with_card((struct input){ data, data + size }, "fuzz", ahci_create, run);
    return 0;
}
