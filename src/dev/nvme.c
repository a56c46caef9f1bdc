/* The controller as a PCI function: identity, BAR, keys, life. */
#include "dev/nvme.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"

#define MSI_COUNT 16u                   /* a power of two, at least a message a queue */

void *nvme_dma(const struct nvme *nvme, uint64_t pa, uint64_t size)
{
    const struct device_host *host = nvme->device.host;

    if (!size || pa + size < pa)
        return NULL;
    return host->dma(host->context, pa, size);
}

/* --- the BAR ----------------------------------------------------------------------------------------------------------------- */

static bool is_table(uint64_t offset)
{
    return offset >= NVME_MSIX_TABLE;
}

static uint64_t read_msix(struct nvme *nvme, uint64_t offset, unsigned size)
{
    if (!nvme->msix.count)
        return 0;
    return offset < NVME_MSIX_PBA ? msix_table_read(&nvme->msix, offset - NVME_MSIX_TABLE, size) :
                                    msix_pba_read(&nvme->msix, offset - NVME_MSIX_PBA, size);
}

static uint64_t bar_read(struct device *device, int bar, uint64_t offset, unsigned size)
{
    struct nvme *nvme = nvme_of(device);
    unsigned at = (unsigned)offset & ~3u;
    uint64_t value;

    if (bar != NVME_BAR || offset >= NVME_BAR_BYTES)
        return 0;
    if (is_table(offset))
        return read_msix(nvme, offset, size);
    value = nvme_register_read(nvme, at);
    if (size == 8)
        return value | (uint64_t)nvme_register_read(nvme, at + 4) << 32;
    value >>= 8 * (offset & 3);
    return size == 4 ? value : value & ((1u << (8 * size)) - 1);
}

static void write32(struct nvme *nvme, unsigned offset, uint32_t value)
{
    if (offset >= NVME_DOORBELLS)
        nvme_doorbell(nvme, offset - NVME_DOORBELLS, value);
    else
        nvme_register_write(nvme, offset, value);
}

/* The specification wants whole registers; a part of one is refused in words. */
static void bar_write(struct device *device, int bar, uint64_t offset, unsigned size, uint64_t value)
{
    struct nvme *nvme = nvme_of(device);

    if (bar != NVME_BAR || offset >= NVME_BAR_BYTES)
        return;
    if (is_table(offset)) {
        if (nvme->msix.count && offset < NVME_MSIX_PBA)
            msix_table_write(&nvme->msix, offset - NVME_MSIX_TABLE, size, value);
        return;
    }
    if (size < 4) {
        log_warn("nvme", "a write of %u bytes to register 0x%llx is ignored: registers are written whole", size, (unsigned long long)offset);
        return;
    }
    write32(nvme, (unsigned)offset, (uint32_t)value);
    if (size == 8)
        write32(nvme, (unsigned)offset + 4, (uint32_t)(value >> 32));
}

static void config_written(struct device *device, unsigned offset, unsigned size)
{
    struct nvme *nvme = nvme_of(device);

    msix_config_written(&nvme->msix, offset, size);
    msi_config_written(&nvme->msi, offset, size);
    nvme_update_line(nvme);
    if (pci_touches(offset, size, PCI_COMMAND, 2) || pci_touches(offset, size, device->power + 4, 2))
        nvme_run(nvme);
}

/* --- life ------------------------------------------------------------------------------------------------------------------------ */

static void reset(struct device *device)
{
    struct nvme *nvme = nvme_of(device);

    nvme_power_on(nvme);
    pci_reset(device);
    if (nvme->msix.count)
        msix_reset(&nvme->msix);
    msi_reset(&nvme->msi);
    nvme_update_line(nvme);
}

static void destroy(struct device *device)
{
    struct nvme *nvme = nvme_of(device);

    nvme_stop(nvme);
    for (unsigned i = 0; i < NVME_NAMESPACES; i++) {
        struct disk *disk = nvme->namespaces[i].disk;

        if (!disk)
            continue;
        nvme->stopping = true;
        disk->burst_end = NULL;
        disk_close(disk);
    }
    free(nvme);
}

static void get_stats(struct device *device, struct device_stats *stats)
{
    struct nvme *nvme = nvme_of(device);

    *stats = nvme->stats;
    stats->interrupts += nvme->msix.sent + nvme->msi.sent;
}

static const struct device_ops nvme_ops = {
    .model = "nvme",
    .bar_read = bar_read,
    .bar_write = bar_write,
    .config_written = config_written,
    .reset = reset,
    .destroy = destroy,
    .stats = get_stats,
};

enum interrupts { NVME_INTERRUPTS_MSIX, NVME_INTERRUPTS_MSI, NVME_INTERRUPTS_LINE };

struct keys {
    uint64_t queues, depth, namespaces;
    const char *serial;
    enum interrupts interrupts;
};

static bool read_interrupts(struct spec *spec, struct keys *keys)
{
    static const char *const names[] = { "msix", "msi", "line" };
    const char *value = spec_value(spec, "interrupts", 0);

    keys->interrupts = NVME_INTERRUPTS_MSIX;
    for (unsigned i = 0; value && i < 3; i++)
        if (!strcmp(value, names[i])) {
            keys->interrupts = (enum interrupts)i;
            return true;
        }
    return !value || error_set("interrupts=%s: an NVMe controller has msix, msi or line", value);
}

static bool in_range(const char *key, uint64_t value, uint64_t least, uint64_t most)
{
    return (value >= least && value <= most) ||
           error_set("%s=%llu: %llu to %llu", key, (unsigned long long)value, (unsigned long long)least, (unsigned long long)most);
}

static bool read_keys(struct spec *spec, struct keys *keys)
{
    const char *serial = spec_value(spec, "serial", 0);

    keys->serial = serial ? serial : "ring3";
    if (strlen(keys->serial) > NVME_SERIAL_BYTES)
        return error_set("serial=%s: at most %u characters", keys->serial, NVME_SERIAL_BYTES);
    return read_interrupts(spec, keys) && spec_number(spec, "queues", NVME_QUEUES_MAX - 1, &keys->queues) &&
           spec_number(spec, "depth", NVME_ENTRIES_MAX, &keys->depth) && spec_number(spec, "namespaces", 1, &keys->namespaces) &&
           in_range("queues", keys->queues, 1, NVME_QUEUES_MAX - 1) && in_range("depth", keys->depth, 2, NVME_ENTRIES_MAX) &&
           in_range("namespaces", keys->namespaces, 1, NVME_NAMESPACES);
}

static void init(struct nvme *nvme, const struct device_host *host, const struct keys *keys)
{
    const struct pci_identity identity = {
        .vendor = 0x1B36, .device = 0x0010,             /* the one that virtual machines have */
        .subsystem_vendor = 0x1AF4, .subsystem = 0x1100,
        .revision = 2, .class_code = { 0x01, 0x08, 0x02 }, .interrupt_pin = true,
    };

    nvme->device.ops = &nvme_ops;
    nvme->device.host = host;
    nvme->queue_count = (unsigned)keys->queues + 1;
    nvme->entries_max = (unsigned)keys->depth;
    nvme->namespace_count = (unsigned)keys->namespaces;
    nvme->timer.expired = nvme_timer_expired;
    snprintf(nvme->serial, sizeof nvme->serial, "%s", keys->serial);
    for (unsigned i = 0; i < NVME_NAMESPACES; i++) {
        nvme->namespaces[i].nvme = nvme;
        nvme->namespaces[i].id = i + 1;
    }
    pci_init(&nvme->device, &identity);
    pci_add_bar(&nvme->device, NVME_BAR, NVME_BAR_BYTES, true, false);
    pci_add_express(&nvme->device);
    pci_add_power(&nvme->device);
    if (keys->interrupts == NVME_INTERRUPTS_MSIX)
        msix_init(&nvme->msix, &nvme->device, nvme->queue_count, NVME_BAR, NVME_MSIX_TABLE, NVME_MSIX_PBA);
    if (keys->interrupts == NVME_INTERRUPTS_MSI)
        msi_init(&nvme->msi, &nvme->device, MSI_COUNT, false);
}

bool nvme_attach(struct device *device, struct disk *disk)
{
    struct nvme *nvme = nvme_of(device);

    for (unsigned i = 0; i < nvme->namespace_count; i++) {
        struct nvme_ns *ns = &nvme->namespaces[i];

        if (ns->disk)
            continue;
        if (disk->volatile_cache && !nvme_has_cache(nvme))
            nvme->features.write_cache = 1;
        ns->disk = disk;
        disk->card = nvme;
        disk->burst_end = nvme_burst_end;
        if (!(nvme->csts & CSTS_READY))
            return true;
        ns->changed = true;
        nvme_event(nvme, NVME_EVENT_NAMESPACES);
        nvme_check_health(nvme);
        nvme_run(nvme);
        return true;
    }
    return error_set("the NVMe controller has room for %u namespaces (namespaces=)", nvme->namespace_count);
}

struct device *nvme_create(const struct device_host *host, struct disk *disk, struct spec *spec)
{
    struct keys keys;
    struct nvme *nvme;

    if (!read_keys(spec, &keys))
        return NULL;
    nvme = calloc(1, sizeof *nvme);
    if (!nvme)
        return error_set("no memory for an NVMe controller"), NULL;
    init(nvme, host, &keys);
    nvme_power_on(nvme);
    nvme_attach(&nvme->device, disk);
    return &nvme->device;
}
