/* For device models: building a type 0 header and its capability list, and the register bits they look at. */
#ifndef DEV_PCI_H
#define DEV_PCI_H

#include <string.h>

#include "dev/device.h"

#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY 0x0002u
#define PCI_COMMAND_MASTER 0x0004u
#define PCI_COMMAND_NO_INTX 0x0400u
#define PCI_STATUS 0x06
#define PCI_STATUS_INTERRUPT 0x0008u
#define PCI_STATUS_CAPABILITIES 0x0010u
#define PCI_BAR0 0x10
#define PCI_CAP_PM 0x01
#define PCI_CAP_MSI 0x05
#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_EXPRESS 0x10
#define PCI_CAP_MSIX 0x11

struct pci_identity {
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint8_t revision, class_code[3];    /* base class, sub class, interface */
    bool interrupt_pin;                 /* has INTA# */
};

/* Fills the header; the rest of config space becomes zero and read-only. */
void pci_init(struct device *device, const struct pci_identity *identity);
/* A memory BAR of `size` bytes (a power of two, at least 16). */
void pci_add_bar(struct device *device, int bar, uint64_t size, bool is_64, bool prefetchable);
/* Appends a capability of `size` bytes (with its two-byte head) to the list and returns its offset. */
unsigned pci_add_capability(struct device *device, uint8_t id, unsigned size);
/* PCI Express endpoint, and power management with D0 and D3hot. */
unsigned pci_add_express(struct device *device);
unsigned pci_add_power(struct device *device);
/* The device signals power management events from D3hot. After pci_add_power. */
void pci_add_wake(struct device *device);
bool pci_can_wake(const struct device *device);
/* In D3hot, with its event enabled. */
bool pci_waits_for_event(const struct device *device);
/* Enables the event, or not, and forgets one that was signalled: what a bus driver does. */
void pci_enable_pme(struct device *device, bool on);
/* The device has something to wake for. Nothing happens unless it waits. */
void pci_pme(struct device *device);
/* Clears what a reset clears: command, BARs, and every other writable bit. */
void pci_reset(struct device *device);

static inline uint16_t pci_get16(const struct device *device, unsigned offset)
{
    return (uint16_t)(device->config[offset] | device->config[offset + 1] << 8);
}

static inline uint32_t pci_get32(const struct device *device, unsigned offset)
{
    return pci_get16(device, offset) | (uint32_t)pci_get16(device, offset + 2) << 16;
}

static inline void pci_put16(struct device *device, unsigned offset, uint16_t value)
{
    device->config[offset] = (uint8_t)value;
    device->config[offset + 1] = (uint8_t)(value >> 8);
}

static inline void pci_put32(struct device *device, unsigned offset, uint32_t value)
{
    pci_put16(device, offset, (uint16_t)value);
    pci_put16(device, offset + 2, (uint16_t)(value >> 16));
}

static inline bool pci_bus_master(const struct device *device)
{
    return device->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

/* Power state the driver's side chose: 0 for D0, 3 for D3hot. */
static inline unsigned pci_power_state(const struct device *device)
{
    return device->power ? device->config[device->power + 4] & 3u : 0;
}

static inline bool pci_touches(unsigned offset, unsigned size, unsigned field, unsigned field_size)
{
    return offset < field + field_size && field < offset + size;
}

#endif
