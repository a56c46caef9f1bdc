#include "dev/msix.h"

#include <assert.h>

#define CONTROL 2
#define CONTROL_ENABLE 0x8000u
#define CONTROL_MASK 0x4000u
#define ENTRY_BYTES 16u

static bool is_masked(const struct msix *msix, unsigned vector)
{
    return msix->function_masked || (msix->entries[vector].control & 1);
}

static void send(struct msix *msix, unsigned vector)
{
    const struct msix_entry *entry = &msix->entries[vector];

    msix->pending[vector / 64] &= ~(1ull << (vector % 64));
    if (!pci_bus_master(msix->device) || msix->device->gone)
        return;                         /* a message is a memory write */
    msix->sent++;
    msix->device->host->raise_msi(msix->device->host->context, entry->address, entry->data);
}

static void send_pending(struct msix *msix, unsigned vector)
{
    if (msix->enabled && (msix->pending[vector / 64] >> (vector % 64) & 1) && !is_masked(msix, vector))
        send(msix, vector);
}

void msix_notify(struct msix *msix, unsigned vector)
{
    if (!msix->enabled || vector >= msix->count)
        return;
    if (is_masked(msix, vector))
        msix->pending[vector / 64] |= 1ull << (vector % 64);
    else
        send(msix, vector);
}

void msix_reset(struct msix *msix)
{
    memset(msix->entries, 0, sizeof msix->entries);
    memset(msix->pending, 0, sizeof msix->pending);
    for (unsigned i = 0; i < MSIX_VECTORS; i++)
        msix->entries[i].control = 1;
    msix_config_written(msix, msix->capability + CONTROL, 2);
}

void msix_init(struct msix *msix, struct device *device, unsigned count, int bar, uint32_t table, uint32_t pba)
{
    assert(count >= 1 && count <= MSIX_VECTORS && !(table & 7) && !(pba & 7));
    msix->device = device;
    msix->count = count;
    msix->capability = pci_add_capability(device, PCI_CAP_MSIX, 12);
    pci_put16(device, msix->capability + CONTROL, (uint16_t)(count - 1));
    device->write_mask[msix->capability + CONTROL + 1] = (CONTROL_ENABLE | CONTROL_MASK) >> 8;
    pci_put32(device, msix->capability + 4, table | (uint32_t)bar);
    pci_put32(device, msix->capability + 8, pba | (uint32_t)bar);
    msix_reset(msix);
}

void msix_config_written(struct msix *msix, unsigned offset, unsigned size)
{
    uint16_t control;

    if (msix->count == 0 || !pci_touches(offset, size, msix->capability + CONTROL, 2))
        return;
    control = pci_get16(msix->device, msix->capability + CONTROL);
    msix->enabled = control & CONTROL_ENABLE;
    msix->function_masked = control & CONTROL_MASK;
    if (!msix->enabled)
        memset(msix->pending, 0, sizeof msix->pending);
    for (unsigned i = 0; i < msix->count; i++)
        send_pending(msix, i);
}

static uint32_t read_word(const struct msix_entry *entry, unsigned word)
{
    switch (word) {
    case 0:
        return (uint32_t)entry->address;
    case 1:
        return (uint32_t)(entry->address >> 32);
    case 2:
        return entry->data;
    default:
        return entry->control;
    }
}

static void write_word(struct msix_entry *entry, unsigned word, uint32_t value)
{
    switch (word) {
    case 0:
        entry->address = (entry->address & ~0xFFFFFFFFull) | (value & ~3u);
        break;
    case 1:
        entry->address = (entry->address & 0xFFFFFFFFull) | (uint64_t)value << 32;
        break;
    case 2:
        entry->data = value;
        break;
    default:
        entry->control = value & 1;
        break;
    }
}

uint64_t msix_table_read(const struct msix *msix, uint64_t offset, unsigned size)
{
    uint64_t vector = offset / ENTRY_BYTES;
    unsigned word = offset % ENTRY_BYTES / 4;

    if (vector >= msix->count || (size != 4 && size != 8) || offset % size)
        return 0;
    uint64_t value = read_word(&msix->entries[vector], word);
    if (size == 8)
        value |= (uint64_t)read_word(&msix->entries[vector], word + 1) << 32;
    return value;
}

void msix_table_write(struct msix *msix, uint64_t offset, unsigned size, uint64_t value)
{
    uint64_t vector = offset / ENTRY_BYTES;
    unsigned word = offset % ENTRY_BYTES / 4;

    if (vector >= msix->count || (size != 4 && size != 8) || offset % size)
        return;
    write_word(&msix->entries[vector], word, (uint32_t)value);
    if (size == 8)
        write_word(&msix->entries[vector], word + 1, (uint32_t)(value >> 32));
    send_pending(msix, (unsigned)vector);
}

uint64_t msix_pba_read(const struct msix *msix, uint64_t offset, unsigned size)
{
    if (offset / 8 >= (msix->count + 63) / 64 || (size != 4 && size != 8) || offset % size)
        return 0;
    uint64_t value = msix->pending[offset / 8];
    return size == 8 ? value : (uint32_t)(value >> (offset % 8 * 8));
}
