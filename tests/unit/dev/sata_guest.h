/* A driver of an AHCI controller, of the simplest kind, for the tests of the model. */
#ifndef TESTS_UNIT_DEV_SATA_GUEST_H
#define TESTS_UNIT_DEV_SATA_GUEST_H

#include "dev/guest.h"
#include "dev/ahci.h"
#include "dev/slow_disk.h"

struct sata {
    struct guest g;
    struct slow *slow;
    uint64_t list, received, table[AHCI_SLOTS];
};

static inline uint32_t get(struct sata *s, unsigned offset)
{
    return (uint32_t)pci_bar_read(s->g.device, AHCI_BAR, offset, 4);
}

static inline void set(struct sata *s, unsigned offset, uint32_t value)
{
    pci_bar_write(s->g.device, AHCI_BAR, offset, 4, value);
}

static inline uint32_t port_get(struct sata *s, unsigned offset)
{
    return get(s, AHCI_PORT + offset);
}

static inline void port_set(struct sata *s, unsigned offset, uint32_t value)
{
    set(s, AHCI_PORT + offset, value);
}

static inline void create(struct sata *s, const char *keys)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct guest *g = &s->g;
    struct disk *inner;
    struct spec spec;
    char text[128];

    log_configure(&quiet);
    memset(s, 0, sizeof *s);
    g->ram = calloc(1, RAM_BYTES);
    g->top = RAM_BASE;
    g->clock = (struct clock){ .now_ns = guest_now, .arm = guest_arm };
    g->host = (struct device_host){ .context = g, .dma = guest_dma, .raise_msi = guest_msi, .set_line = guest_line,
                                    .clock = &g->clock };
    snprintf(text, sizeof text, "mem:1M,serial=SERIAL-1%s%s", *keys ? "," : "", keys);
    CHECK(spec_parse(&spec, text));
    inner = disk_open(&spec, &g->clock, false);
    CHECK(inner);
    s->slow = slow_create(inner);
    g->device = ahci_create(&g->host, &s->slow->wrapper.disk, &spec);
    CHECK(g->device);
    CHECK(spec_finish(&spec));
    pci_config_write(g->device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* What a driver does after power on: memory for the list and the FISes, both engines on, errors cleared, interrupts on. */
static inline void start(struct sata *s)
{
    struct guest *g = &s->g;

    g->top = align_up(g->top, 1024);
    s->list = guest_alloc(g, AHCI_LIST_BYTES);
    s->received = align_up(guest_alloc(g, 2 * AHCI_FIS_BYTES), AHCI_FIS_BYTES);
    port_set(s, PORT_CLB, (uint32_t)s->list);
    port_set(s, PORT_FB, (uint32_t)s->received);
    port_set(s, PORT_CMD, PCMD_FIS);
    CHECK_EQ(port_get(s, PORT_SSTS), 0x133);
    CHECK_EQ(port_get(s, PORT_SIG), 0x101);
    CHECK_EQ(port_get(s, PORT_TFD) & (ATA_BUSY | ATA_DRQ | ATA_ERROR), 0);
    port_set(s, PORT_SERR, UINT32_MAX);
    port_set(s, PORT_IS, UINT32_MAX);
    port_set(s, PORT_CMD, PCMD_FIS | PCMD_START);
    port_set(s, PORT_IE, UINT32_MAX);
    set(s, AHCI_GHC, GHC_AHCI | GHC_INTERRUPTS);
}

static inline void msi_on(struct sata *s)
{
    unsigned at = ((struct ahci *)s->g.device)->msi.capability;

    pci_config_write(s->g.device, at + MSI_ADDRESS, 4, 0xFEE00000u);
    pci_config_write(s->g.device, at + MSI_DATA, 2, 0x40);
    pci_config_write(s->g.device, at + MSI_CONTROL, 2, MSI_CONTROL_ENABLE);
}

/* A command in a slot with one region; the FIS is the caller's to fill further. */
static inline uint8_t *command(struct sata *s, unsigned slot, uint8_t code, uint64_t lba, unsigned count, uint64_t data, uint32_t bytes, bool write)
{
    struct guest *g = &s->g;
    uint32_t *header = (uint32_t *)guest_at(g, s->list + 32 * slot);
    uint32_t *region;
    uint8_t *fis;

    g->top = align_up(g->top, 128);
    if (!s->table[slot])
        s->table[slot] = guest_alloc(g, AHCI_TABLE_PRDS + 16);
    fis = guest_at(g, s->table[slot]);
    memset(fis, 0, AHCI_TABLE_PRDS);
    header[0] = 5 | (write ? 1u << 6 : 0) | (bytes ? 1u << 16 : 0);
    header[1] = 0;
    header[2] = (uint32_t)s->table[slot];
    header[3] = 0;
    region = (uint32_t *)(fis + AHCI_TABLE_PRDS);
    region[0] = (uint32_t)data;
    region[1] = region[2] = 0;
    region[3] = bytes ? bytes - 1 : 0;
    fis[FIS_TYPE] = FIS_H2D;
    fis[FIS_FLAGS] = FIS_IS_COMMAND;
    fis[FIS_COMMAND] = code;
    fis[FIS_DEVICE] = 0x40;
    for (unsigned i = 0; i < 3; i++) {
        fis[FIS_LBA0 + i] = (uint8_t)(lba >> (8 * i));
        fis[FIS_LBA3 + i] = (uint8_t)(lba >> (8 * i + 24));
    }
    fis[FIS_COUNT] = (uint8_t)count;
    fis[FIS_COUNT_EXT] = (uint8_t)(count >> 8);
    return fis;
}

static inline uint8_t *queued(struct sata *s, unsigned slot, bool write, uint64_t lba, unsigned count, uint64_t data)
{
    uint8_t *fis = command(s, slot, write ? 0x61 : 0x60, lba, slot << 3, data, 512 * count, write);

    fis[FIS_FEATURE] = (uint8_t)count;
    fis[FIS_FEATURE_EXT] = (uint8_t)(count >> 8);
    return fis;
}

static inline void issue(struct sata *s, uint32_t slots, uint32_t tags)
{
    if (tags)
        port_set(s, PORT_SACT, tags);
    port_set(s, PORT_CI, slots);
}

static inline uint32_t moved(struct sata *s, unsigned slot)
{
    return ((uint32_t *)guest_at(&s->g, s->list + 32 * slot))[1];
}

static inline const uint16_t *identify(struct sata *s)
{
    uint64_t data = guest_alloc(&s->g, 512);

    command(s, 0, 0xEC, 0, 0, data, 512, false);
    issue(s, 1, 0);
    CHECK_EQ(port_get(s, PORT_CI), 0);
    CHECK_EQ(port_get(s, PORT_IS), PIS_PIO);
    CHECK_EQ(moved(s, 0), 512);
    CHECK_EQ(((uint8_t *)guest_at(&s->g, s->received))[RECEIVED_PIO], FIS_PIO_SETUP);
    port_set(s, PORT_IS, UINT32_MAX);
    set(s, AHCI_IS, 1);
    return guest_at(&s->g, data);
}

/* Stops and starts the list, as a driver does after an error. */
static inline void recover(struct sata *s)
{
    port_set(s, PORT_CMD, PCMD_FIS);
    CHECK_EQ(port_get(s, PORT_CMD) & PCMD_LIST_RUNS, 0);
    CHECK_EQ(port_get(s, PORT_CI) | port_get(s, PORT_SACT), 0);
    port_set(s, PORT_SERR, UINT32_MAX);
    port_set(s, PORT_IS, UINT32_MAX);
    set(s, AHCI_IS, 1);
    port_set(s, PORT_CMD, PCMD_FIS | PCMD_START);
}

#endif
