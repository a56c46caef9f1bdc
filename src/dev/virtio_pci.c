/* Virtio over PCI: capabilities, the BAR's dispatch, interrupts, reset. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "dev/virtio.h"

#define ISR_QUEUE 1u
#define ISR_CONFIG 2u

enum { CAP_COMMON = 1, CAP_NOTIFY, CAP_ISR, CAP_DEVICE, CAP_PCI };

static unsigned add_structure(struct device *device, uint8_t type, unsigned bytes, uint32_t offset, uint32_t length)
{
    unsigned at = pci_add_capability(device, PCI_CAP_VENDOR, bytes);

    device->config[at + 2] = (uint8_t)bytes;
    device->config[at + 3] = type;
    device->config[at + 4] = VIRTIO_BAR;
    pci_put32(device, at + 8, offset);
    pci_put32(device, at + 12, length);
    return at;
}

static void add_capabilities(struct virtio *virtio, const struct virtio_identity *identity)
{
    struct device *device = &virtio->device;
    unsigned at;

    pci_add_power(device);
    pci_add_express(device);
    if (identity->interrupts == VIRTIO_MSIX)
        msix_init(&virtio->msix, device, identity->vectors, VIRTIO_BAR, VIRTIO_MSIX_TABLE, VIRTIO_MSIX_PBA);
    else if (identity->interrupts == VIRTIO_MSI)
        msi_init(&virtio->msi, device, 1, true);
    add_structure(device, CAP_COMMON, 16, VIRTIO_COMMON, 0x38);
    at = add_structure(device, CAP_NOTIFY, 20, VIRTIO_NOTIFY, identity->queues * VIRTIO_NOTIFY_STEP);
    pci_put32(device, at + 16, VIRTIO_NOTIFY_STEP);
    add_structure(device, CAP_ISR, 16, VIRTIO_ISR, 4);
    add_structure(device, CAP_DEVICE, 16, VIRTIO_DEVICE, identity->config_bytes);
    at = add_structure(device, CAP_PCI, 20, 0, 0);
    device->write_mask[at + 4] = 0xFF;
    memset(device->write_mask + at + 8, 0xFF, 12);
    virtio->pci_cfg = at;
}

bool virtio_init(struct virtio *virtio, const struct virtio_ops *ops, const struct device_ops *device_ops,
                 const struct device_host *host, const struct virtio_identity *identity)
{
    struct pci_identity pci = {
        .vendor = VIRTIO_VENDOR, .device = (uint16_t)(0x1040 + identity->type), .subsystem_vendor = VIRTIO_VENDOR,
        .subsystem = 0x1100, .revision = 1, .interrupt_pin = true,
    };

    memcpy(pci.class_code, identity->class_code, 3);
    virtio->ops = ops;
    virtio->name = identity->name;
    virtio->device.ops = device_ops;
    virtio->device.host = host;
    virtio->offered = identity->features | VIRTIO_F_VERSION_1;
    virtio->queue_count = identity->queues;
    virtio->queues = calloc(identity->queues, sizeof *virtio->queues);
    if (!virtio->queues)
        return error_set("no memory for %u queues", identity->queues);
    for (unsigned i = 0; i < identity->queues; i++) {
        virtio->queues[i].owner = virtio;
        virtio->queues[i].index = (uint16_t)i;
        virtio->queues[i].size_max = (uint16_t)identity->queue_size;
        virtq_reset(&virtio->queues[i]);
    }
    virtio->config_vector = VIRTIO_NO_VECTOR;
    pci_init(&virtio->device, &pci);
    pci_add_bar(&virtio->device, VIRTIO_BAR, VIRTIO_BAR_BYTES, true, false);
    add_capabilities(virtio, identity);
    return true;
}

bool virtio_read_interrupts(struct spec *spec, enum virtio_interrupts *interrupts)
{
    static const char *const words[] = { [VIRTIO_MSIX] = "msix", [VIRTIO_MSI] = "msi", [VIRTIO_LINE] = "line" };
    const char *text = spec_value(spec, "interrupts", 0);

    for (unsigned i = 0; i < countof(words); i++)
        if (!strcmp(text ? text : "msix", words[i])) {
            *interrupts = (enum virtio_interrupts)i;
            return true;
        }
    return error_set("interrupts=%s: msix, msi or line", text);
}

void virtio_fini(struct virtio *virtio)
{
    free(virtio->queues);
}

void virtio_reset(struct virtio *virtio)
{
    if (virtio->ops->stop)
        virtio->ops->stop(virtio);
    for (unsigned i = 0; i < virtio->queue_count; i++)
        virtq_reset(&virtio->queues[i]);
    virtio->accepted = 0;
    virtio->device_select = virtio->driver_select = 0;
    virtio->config_vector = VIRTIO_NO_VECTOR;
    virtio->queue_select = 0;
    virtio->status = virtio->isr = 0;
    virtio_update_line(virtio);
}

void *virtio_dma_slow(struct virtio *virtio, uint64_t pa, uint32_t size)
{
    const struct device_host *host = virtio->device.host;
    uint64_t granule = pa >> VIRTIO_WINDOW_SHIFT;
    unsigned slot = granule % VIRTIO_WINDOWS;
    void *whole;

    if (!size || pa + size < pa)
        return NULL;
    whole = host->dma(host->context, granule << VIRTIO_WINDOW_SHIFT, 1u << VIRTIO_WINDOW_SHIFT);
    if (whole) {
        virtio->windows[slot].granule = granule + 1;
        virtio->windows[slot].host = whole;
    }
    return host->dma(host->context, pa, size);
}

void virtio_update_line(struct virtio *virtio)
{
    struct device *device = &virtio->device;
    bool pending = virtio->isr && !virtio->msix.enabled && !virtio->msi.enabled;
    bool assert_line = pending && !(pci_get16(device, PCI_COMMAND) & PCI_COMMAND_NO_INTX);
    uint16_t status = pci_get16(device, PCI_STATUS) & (uint16_t)~PCI_STATUS_INTERRUPT;

    pci_put16(device, PCI_STATUS, status | (pending ? PCI_STATUS_INTERRUPT : 0));
    if (assert_line == virtio->line_asserted)
        return;
    virtio->line_asserted = assert_line;
    if (assert_line)
        virtio->interrupts++;
    device->host->set_line(device->host->context, device, assert_line);
}

void virtio_interrupt(struct virtio *virtio, struct virtq *queue)
{
    if (virtio->device.gone)
        return;
    if (virtio->msix.enabled) {
        msix_notify(&virtio->msix, queue->vector);
        return;
    }
    virtio->isr |= ISR_QUEUE;
    msi_notify(&virtio->msi, 0);
    virtio_update_line(virtio);
}

static void config_interrupt(struct virtio *virtio)
{
    if (virtio->device.gone)
        return;
    virtio->isr |= ISR_CONFIG;
    if (virtio->msix.enabled) {
        msix_notify(&virtio->msix, virtio->config_vector);
        return;
    }
    msi_notify(&virtio->msi, 0);
    virtio_update_line(virtio);
}

void virtio_config_changed(struct virtio *virtio)
{
    virtio->config_changed = true;
    if (virtio->status & VIRTIO_S_DRIVER_OK)
        config_interrupt(virtio);
}

void virtio_break(struct virtio *virtio, const char *format, ...)
{
    char text[160];
    va_list list;

    if (virtio->status & VIRTIO_S_NEEDS_RESET)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    log_warn(virtio->name, "%s; the device needs a reset", text);
    virtio->status |= VIRTIO_S_NEEDS_RESET;
    if (virtio->status & VIRTIO_S_DRIVER_OK)
        config_interrupt(virtio);
}

static uint64_t read_isr(struct virtio *virtio)
{
    uint64_t value = virtio->isr;

    virtio->isr = 0;
    virtio_update_line(virtio);
    return value;
}

static uint64_t read_device_config(struct virtio *virtio, unsigned offset, unsigned size)
{
    uint64_t value = 0;

    if (virtio->config_changed) {
        virtio->config_changed = false;
        virtio->generation++;
    }
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)virtio->ops->config_read(virtio, offset + i) << (8 * i);
    return value;
}

uint64_t virtio_bar_read(struct device *device, int bar, uint64_t offset, unsigned size)
{
    struct virtio *virtio = container_of(device, struct virtio, device);
    unsigned within = offset & 0xFFF;

    if (bar != VIRTIO_BAR || offset >= VIRTIO_BAR_BYTES)
        return 0;
    switch (offset & ~0xFFFull) {
    case VIRTIO_COMMON:
        if (size == 8)
            return virtio_common_read(virtio, within, 4) | virtio_common_read(virtio, within + 4, 4) << 32;
        return virtio_common_read(virtio, within, size);
    case VIRTIO_ISR:
        return within ? 0 : read_isr(virtio);
    case VIRTIO_DEVICE:
        return read_device_config(virtio, within, size);
    case VIRTIO_MSIX_TABLE:
        return msix_table_read(&virtio->msix, within, size);
    case VIRTIO_MSIX_PBA:
        return msix_pba_read(&virtio->msix, within, size);
    default:
        return 0;
    }
}

static void notified(struct virtio *virtio, unsigned queue)
{
    virtio->doorbells++;
    if (queue < virtio->queue_count && virtio->queues[queue].enabled && virtio_running(virtio))
        virtio->ops->notify(virtio, queue);
}

static void write_device_config(struct virtio *virtio, unsigned offset, unsigned size, uint64_t value)
{
    if (!virtio->ops->config_write)
        return;
    for (unsigned i = 0; i < size; i++)
        virtio->ops->config_write(virtio, offset + i, (uint8_t)(value >> (8 * i)));
}

void virtio_bar_write(struct device *device, int bar, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio *virtio = container_of(device, struct virtio, device);
    unsigned within = offset & 0xFFF;

    if (bar != VIRTIO_BAR || offset >= VIRTIO_BAR_BYTES)
        return;
    switch (offset & ~0xFFFull) {
    case VIRTIO_NOTIFY:
        notified(virtio, within / VIRTIO_NOTIFY_STEP);
        break;
    case VIRTIO_COMMON:
        virtio_common_write(virtio, within, size, (uint32_t)value);
        if (size == 8)
            virtio_common_write(virtio, within + 4, 4, (uint32_t)(value >> 32));
        break;
    case VIRTIO_DEVICE:
        write_device_config(virtio, within, size, value);
        break;
    case VIRTIO_MSIX_TABLE:
        msix_table_write(&virtio->msix, within, size, value);
        break;
    default:
        break;
    }
}

/* The window of the PCI configuration access capability: false when the driver aimed it at nothing. */
static bool window(const struct virtio *virtio, uint64_t *offset, unsigned *size)
{
    const struct device *device = &virtio->device;

    *offset = pci_get32(device, virtio->pci_cfg + 8);
    *size = pci_get32(device, virtio->pci_cfg + 12);
    return device->config[virtio->pci_cfg + 4] == VIRTIO_BAR && (*size == 1 || *size == 2 || *size == 4) &&
           *offset % *size == 0 && *offset <= VIRTIO_BAR_BYTES - *size;
}

void virtio_config_reading(struct device *device, unsigned offset, unsigned size)
{
    struct virtio *virtio = container_of(device, struct virtio, device);
    uint64_t at;
    unsigned width;

    if (pci_touches(offset, size, virtio->pci_cfg + 16, 4) && window(virtio, &at, &width))
        pci_put32(device, virtio->pci_cfg + 16, (uint32_t)virtio_bar_read(device, VIRTIO_BAR, at, width));
}

void virtio_config_written(struct device *device, unsigned offset, unsigned size)
{
    struct virtio *virtio = container_of(device, struct virtio, device);
    uint64_t at;
    unsigned width;

    msix_config_written(&virtio->msix, offset, size);
    msi_config_written(&virtio->msi, offset, size);
    virtio_update_line(virtio);
    if (pci_touches(offset, size, virtio->pci_cfg + 16, 4) && window(virtio, &at, &width))
        virtio_bar_write(device, VIRTIO_BAR, at, width, pci_get32(device, virtio->pci_cfg + 16));
}

void virtio_device_reset(struct device *device)
{
    struct virtio *virtio = container_of(device, struct virtio, device);

    pci_reset(device);
    msix_reset(&virtio->msix);
    msi_reset(&virtio->msi);
    virtio_reset(virtio);
}

void virtio_device_destroy(struct device *device)
{
    struct virtio *virtio = container_of(device, struct virtio, device);

    virtio->ops->destroy(virtio);
}
