/* The controller: identity, its own registers, interrupts, life (Serial ATA AHCI 1.3.1, chapters 2, 3.1 and 10). */
#include "dev/ahci.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"

#define CAP_FEATURES (1u << 31 | 1u << 24 | 1u << 18 | 3u << 20 | 1u << 15)    /* 64-bit, CLO, AHCI only, 6 Gbit/s, multiple PIO */
#define CAP_QUEUEING (1u << 30)
#define VERSION 0x00010301u

void *ahci_dma(struct ahci *hba, uint32_t low, uint32_t high, size_t size)
{
    const struct device_host *host = hba->device.host;
    uint64_t pa = low | (uint64_t)high << 32;

    if (!size || pa + size < pa)
        return NULL;
    return host->dma(host->context, pa, size);
}

/* --- interrupts --------------------------------------------------------------------------------------------------- */

static void update_line(struct ahci *hba)
{
    struct device *device = &hba->device;
    bool pending = hba->is && (hba->ghc & GHC_INTERRUPTS) && !hba->msi.enabled && !device->gone;
    bool asserted = pending && !(pci_get16(device, PCI_COMMAND) & PCI_COMMAND_NO_INTX);
    uint16_t status = pci_get16(device, PCI_STATUS) & (uint16_t)~PCI_STATUS_INTERRUPT;

    pci_put16(device, PCI_STATUS, status | (pending ? PCI_STATUS_INTERRUPT : 0));
    if (asserted == hba->line_asserted)
        return;
    hba->line_asserted = asserted;
    hba->stats.interrupts += asserted;
    device->host->set_line(device->host->context, device, asserted);
}

void ahci_interrupt(struct ahci *hba)
{
    uint32_t pending = (ahci_port_read(hba, PORT_IS) & hba->port.ie) != 0;
    bool fresh = pending & ~hba->is;

    hba->is |= pending;
    if (hba->msi.enabled) {
        if (fresh && (hba->ghc & GHC_INTERRUPTS) && !hba->device.gone)
            msi_notify(&hba->msi, 0);
    } else {
        update_line(hba);
    }
}

/* Bits that are still pending come back, with a message of their own. */
static void write_is(struct ahci *hba, uint32_t value)
{
    hba->is &= ~value;
    update_line(hba);
    ahci_interrupt(hba);
}

/* --- registers ------------------------------------------------------------------------------------------------------ */

static void reset_controller(struct ahci *hba)
{
    ahci_port_reset(hba);
    hba->ghc = GHC_AHCI;
    hba->is = 0;
    update_line(hba);
}

static void write_ghc(struct ahci *hba, uint32_t value)
{
    bool enabled = (value & ~hba->ghc) & GHC_INTERRUPTS;

    if (value & GHC_RESET) {
        reset_controller(hba);
        return;
    }
    hba->ghc = GHC_AHCI | (value & GHC_INTERRUPTS);
    if (enabled && hba->is)
        msi_notify(&hba->msi, 0);
    update_line(hba);
}

static uint32_t read32(struct ahci *hba, unsigned offset)
{
    if (offset >= AHCI_PORT && offset < AHCI_PORT + AHCI_PORT_BYTES)
        return ahci_port_read(hba, offset - AHCI_PORT);
    switch (offset) {
    case AHCI_CAP:
        return CAP_FEATURES | (hba->depth > 1 ? CAP_QUEUEING : 0) | (hba->depth - 1) << 8;
    case AHCI_GHC:
        return hba->ghc;
    case AHCI_IS:
        return hba->is;
    case AHCI_PI:
        return 1;
    case AHCI_VS:
        return VERSION;
    default:
        return 0;
    }
}

static uint64_t bar_read(struct device *device, int bar, uint64_t offset, unsigned size)
{
    struct ahci *hba = ahci_of(device);
    unsigned at = (unsigned)offset & ~3u;
    uint64_t value;

    if (bar != AHCI_BAR || offset >= AHCI_BAR_BYTES)
        return 0;
    value = read32(hba, at);
    if (size == 8)
        return value | (uint64_t)read32(hba, at + 4) << 32;
    value >>= 8 * (offset & 3);
    return size == 4 ? value : value & ((1u << (8 * size)) - 1);
}

static void write32(struct ahci *hba, unsigned offset, uint32_t value)
{
    if (offset >= AHCI_PORT && offset < AHCI_PORT + AHCI_PORT_BYTES)
        ahci_port_write(hba, offset - AHCI_PORT, value);
    else if (offset == AHCI_GHC)
        write_ghc(hba, value);
    else if (offset == AHCI_IS)
        write_is(hba, value);
}

/* The specification wants whole registers; a part of one is refused in words. */
static void bar_write(struct device *device, int bar, uint64_t offset, unsigned size, uint64_t value)
{
    struct ahci *hba = ahci_of(device);

    if (bar != AHCI_BAR || offset >= AHCI_BAR_BYTES)
        return;
    if (size < 4) {
        log_warn("ahci", "a write of %u bytes to register 0x%llx is ignored: registers are written whole", size, (unsigned long long)offset);
        return;
    }
    write32(hba, (unsigned)offset, (uint32_t)value);
    if (size == 8)
        write32(hba, (unsigned)offset + 4, (uint32_t)(value >> 32));
}

static void config_written(struct device *device, unsigned offset, unsigned size)
{
    struct ahci *hba = ahci_of(device);

    if (hba->msi.count)
        msi_config_written(&hba->msi, offset, size);
    update_line(hba);
    if (offset <= PCI_COMMAND + 1 && offset + size > PCI_COMMAND)
        ahci_port_run(hba);
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

static void reset(struct device *device)
{
    struct ahci *hba = ahci_of(device);

    reset_controller(hba);
    pci_reset(device);
    msi_reset(&hba->msi);
    update_line(hba);
}

static void destroy(struct device *device)
{
    struct ahci *hba = ahci_of(device);

    hba->port.stopping = true;
    disk_drain(hba->disk);
    hba->disk->burst_end = NULL;
    disk_close(hba->disk);
    free(hba->slots);
    free(hba);
}

static void get_stats(struct device *device, struct device_stats *stats)
{
    struct ahci *hba = ahci_of(device);

    *stats = hba->stats;
    stats->interrupts += hba->msi.sent;
}

static const struct device_ops ahci_ops = {
    .model = "ahci",
    .bar_read = bar_read,
    .bar_write = bar_write,
    .config_written = config_written,
    .reset = reset,
    .destroy = destroy,
    .stats = get_stats,
};

struct keys {
    uint64_t depth;
    const char *serial;
    bool msi;
};

static bool read_keys(struct spec *spec, struct keys *keys)
{
    const char *serial = spec_value(spec, "serial", 0), *interrupts = spec_value(spec, "interrupts", 0);

    keys->serial = serial ? serial : "ring3";
    keys->msi = !interrupts || !strcmp(interrupts, "msi");
    if (!keys->msi && strcmp(interrupts, "line"))
        return error_set("interrupts=%s: an AHCI controller has msi or line", interrupts);
    if (!spec_number(spec, "depth", AHCI_SLOTS, &keys->depth))
        return false;
    if (keys->depth < 1 || keys->depth > AHCI_SLOTS)
        return error_set("depth=%llu: 1 to %u", (unsigned long long)keys->depth, AHCI_SLOTS);
    if (strlen(keys->serial) > ATA_SERIAL_BYTES)
        return error_set("serial=%s: at most %u characters", keys->serial, ATA_SERIAL_BYTES);
    return true;
}

static void init(struct ahci *hba, const struct device_host *host, const struct keys *keys)
{
    const struct pci_identity identity = {
        .vendor = 0x8086, .device = 0x2922,             /* ICH9 in AHCI mode, which every system knows */
        .subsystem_vendor = 0x1AF4, .subsystem = 0x1100,
        .revision = 2, .class_code = { 0x01, 0x06, 0x01 }, .interrupt_pin = true,
    };

    hba->device.ops = &ahci_ops;
    hba->device.host = host;
    hba->depth = (unsigned)keys->depth;
    snprintf(hba->serial, sizeof hba->serial, "%s", keys->serial);
    pci_init(&hba->device, &identity);
    pci_add_bar(&hba->device, AHCI_BAR, AHCI_BAR_BYTES, false, false);
    pci_add_power(&hba->device);
    if (keys->msi)
        msi_init(&hba->msi, &hba->device, 1, false);
    for (unsigned i = 0; i < AHCI_SLOTS; i++) {
        hba->slots[i].hba = hba;
        hba->slots[i].index = i;
        hba->slots[i].io.done = ahci_disk_done;
    }
}

struct device *ahci_create(const struct device_host *host, struct disk *disk, struct spec *spec)
{
    struct keys keys;
    struct ahci *hba;

    if (!read_keys(spec, &keys))
        return NULL;
    hba = calloc(1, sizeof *hba);
    if (hba)
        hba->slots = calloc(AHCI_SLOTS, sizeof *hba->slots);
    if (!hba || !hba->slots) {
        free(hba);
        return error_set("no memory for an AHCI controller"), NULL;
    }
    init(hba, host, &keys);
    hba->disk = disk;
    disk->card = hba;
    disk->burst_end = ahci_burst_end;
    reset_controller(hba);
    return &hba->device;
}
