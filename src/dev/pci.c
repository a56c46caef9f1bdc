/* Configuration space of a type 0 function. `config` holds what reads return, `write_mask` which bits a write changes.
 * BAR sizing follows from the mask: the low bits of a BAR cannot be written, so all ones read back as the size. */
#include "dev/pci.h"

#include <assert.h>

#include "base/log.h"
#include "base/util.h"

#define CAPABILITIES_START 0x40u
#define CAPABILITIES_END 0x100u
#define CAPABILITY_POINTER 0x34
#define INTERRUPT_LINE 0x3C
#define INTERRUPT_PIN 0x3D
#define COMMAND_MASK (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | 0x0040u | 0x0100u | PCI_COMMAND_NO_INTX)

void pci_init(struct device *device, const struct pci_identity *identity)
{
    memset(device->config, 0, sizeof device->config);
    memset(device->write_mask, 0, sizeof device->write_mask);
    pci_put16(device, 0x00, identity->vendor);
    pci_put16(device, 0x02, identity->device);
    device->config[0x08] = identity->revision;
    device->config[0x09] = identity->class_code[2];
    device->config[0x0A] = identity->class_code[1];
    device->config[0x0B] = identity->class_code[0];
    pci_put16(device, 0x2C, identity->subsystem_vendor);
    pci_put16(device, 0x2E, identity->subsystem);
    device->config[INTERRUPT_PIN] = identity->interrupt_pin ? 1 : 0;
    device->write_mask[PCI_COMMAND] = (uint8_t)COMMAND_MASK;
    device->write_mask[PCI_COMMAND + 1] = (uint8_t)(COMMAND_MASK >> 8);
    device->write_mask[0x0C] = 0xFF;                    /* cache line size */
    device->write_mask[INTERRUPT_LINE] = 0xFF;
    device->last_capability = 0;
    device->next_capability = CAPABILITIES_START;
}

static void put_mask32(struct device *device, unsigned offset, uint32_t mask)
{
    for (int i = 0; i < 4; i++)
        device->write_mask[offset + i] = (uint8_t)(mask >> (8 * i));
}

void pci_add_bar(struct device *device, int bar, uint64_t size, bool is_64, bool prefetchable)
{
    unsigned offset = PCI_BAR0 + 4 * (unsigned)bar;

    assert(bar >= 0 && bar < PCI_BARS && size >= 16 && !(size & (size - 1)));
    device->bar_size[bar] = size;
    device->bar_is_64[bar] = is_64;
    pci_put32(device, offset, (is_64 ? 4u : 0u) | (prefetchable ? 8u : 0u));
    put_mask32(device, offset, (uint32_t)~(size - 1) & ~15u);
    if (!is_64)
        return;
    assert(bar + 1 < PCI_BARS);
    device->bar_size[bar + 1] = 0;
    put_mask32(device, offset + 4, (uint32_t)(~(size - 1) >> 32));
}

unsigned pci_add_capability(struct device *device, uint8_t id, unsigned size)
{
    unsigned at = device->next_capability;

    assert(at + size <= CAPABILITIES_END);
    device->config[at] = id;
    device->config[at + 1] = 0;
    device->config[device->last_capability ? device->last_capability + 1 : CAPABILITY_POINTER] = (uint8_t)at;
    device->last_capability = at;
    device->next_capability = (unsigned)align_up(at + size, 4);
    pci_put16(device, PCI_STATUS, pci_get16(device, PCI_STATUS) | PCI_STATUS_CAPABILITIES);
    return at;
}

unsigned pci_add_express(struct device *device)
{
    unsigned at = pci_add_capability(device, PCI_CAP_EXPRESS, 0x3C);

    pci_put16(device, at + 0x02, 0x0002);               /* version 2, endpoint */
    pci_put32(device, at + 0x04, 0x00008000);           /* role-based error reporting, payload 128 bytes */
    put_mask32(device, at + 0x08, 0x000070E0 | 0x0F);   /* device control */
    pci_put32(device, at + 0x0C, 0x00000011);           /* link: 2.5 GT/s, x1 */
    put_mask32(device, at + 0x10, 0x00000FFF & ~0x20u);
    pci_put16(device, at + 0x12, 0x0011);
    return at;
}

unsigned pci_add_power(struct device *device)
{
    unsigned at = pci_add_capability(device, PCI_CAP_PM, 8);

    pci_put16(device, at + 2, 0x0003);                  /* version 1.2, no PME, no D1, no D2 */
    pci_put16(device, at + 4, 0x0008);                  /* no soft reset: D3hot keeps the state */
    device->write_mask[at + 4] = 0x03;
    device->power = at;
    return at;
}

#define PMC_D3HOT 0x40u                 /* in the upper byte of the capabilities */
#define PME_ENABLE 0x01u                /* in the upper byte of the control and status register */
#define PME_STATUS 0x80u

void pci_add_wake(struct device *device)
{
    device->config[device->power + 3] |= PMC_D3HOT;
    device->write_mask[device->power + 5] = PME_ENABLE;
}

bool pci_can_wake(const struct device *device)
{
    return device->power && device->config[device->power + 3] & PMC_D3HOT;
}

bool pci_waits_for_event(const struct device *device)
{
    return pci_can_wake(device) && !device->gone && pci_power_state(device) == 3 && device->config[device->power + 5] & PME_ENABLE;
}

void pci_enable_pme(struct device *device, bool on)
{
    if (pci_can_wake(device))
        pci_config_write(device, device->power + 5, 1, PME_STATUS | (on ? PME_ENABLE : 0));
}

void pci_pme(struct device *device)
{
    if (!pci_waits_for_event(device) || device->config[device->power + 5] & PME_STATUS)
        return;
    device->config[device->power + 5] |= PME_STATUS;
    if (device->host->pme)
        device->host->pme(device->host->context, device);
}

/* The status is cleared by writing a one. */
static void clear_pme_status(struct device *device, unsigned offset, unsigned size, uint32_t value)
{
    unsigned at = device->power + 5;

    if (pci_can_wake(device) && at >= offset && at < offset + size && value >> (8 * (at - offset)) & PME_STATUS)
        device->config[at] &= (uint8_t)~PME_STATUS;
}

void pci_reset(struct device *device)
{
    for (unsigned i = 0; i < PCI_CONFIG_SIZE; i++)
        device->config[i] &= (uint8_t)~device->write_mask[i];
}

static bool valid_access(unsigned offset, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && offset % size == 0 && offset + size <= PCI_CONFIG_SIZE;
}

static uint32_t all_ones(unsigned size)
{
    return size >= 4 ? UINT32_MAX : (1u << (8 * size)) - 1;
}

uint32_t pci_config_read(struct device *device, unsigned offset, unsigned size)
{
    uint32_t value = 0;

    if (device->gone || !valid_access(offset, size))
        return all_ones(size);
    if (device->ops && device->ops->config_reading)
        device->ops->config_reading(device, offset, size);
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)device->config[offset + i] << (8 * i);
    return value;
}

void pci_config_write(struct device *device, unsigned offset, unsigned size, uint32_t value)
{
    if (device->gone || !valid_access(offset, size))
        return;
    for (unsigned i = 0; i < size; i++) {
        uint8_t mask = device->write_mask[offset + i];

        device->config[offset + i] = (uint8_t)((device->config[offset + i] & ~mask) | ((value >> (8 * i)) & mask));
    }
    clear_pme_status(device, offset, size, value);
    if (device->ops && device->ops->config_written)
        device->ops->config_written(device, offset, size);
}

uint64_t pci_bar_base(const struct device *device, int bar)
{
    unsigned offset = PCI_BAR0 + 4 * (unsigned)bar;
    uint64_t base;

    if (bar < 0 || bar >= PCI_BARS || !device->bar_size[bar])
        return 0;
    base = pci_get32(device, offset) & ~15u;
    if (device->bar_is_64[bar])
        base |= (uint64_t)pci_get32(device, offset + 4) << 32;
    return base;
}

void pci_set_bar(struct device *device, int bar, uint64_t base)
{
    unsigned offset = PCI_BAR0 + 4 * (unsigned)bar;

    assert(bar >= 0 && bar < PCI_BARS && device->bar_size[bar]);
    pci_config_write(device, offset, 4, (uint32_t)base);
    if (device->bar_is_64[bar])
        pci_config_write(device, offset + 4, 4, (uint32_t)(base >> 32));
}

static bool decodes(struct device *device, int bar, uint64_t offset, unsigned size)
{
    if (device->gone || bar < 0 || bar >= PCI_BARS || offset >= device->bar_size[bar] ||
        size > device->bar_size[bar] - offset)
        return false;
    if ((device->config[PCI_COMMAND] & PCI_COMMAND_MEMORY) && !pci_power_state(device))
        return true;
    log_warn(device->ops->model, "access to BAR %d while %s", bar,
             pci_power_state(device) ? "the card is in D3" : "the command register does not enable memory decoding");
    return false;
}

uint64_t pci_bar_read(struct device *device, int bar, uint64_t offset, unsigned size)
{
    if (!decodes(device, bar, offset, size))
        return size >= 8 ? UINT64_MAX : all_ones(size);
    return device->ops->bar_read(device, bar, offset, size);
}

void pci_bar_write(struct device *device, int bar, uint64_t offset, unsigned size, uint64_t value)
{
    if (decodes(device, bar, offset, size))
        device->ops->bar_write(device, bar, offset, size, value);
}

void pci_unplug(struct device *device)
{
    device->gone = true;
}
