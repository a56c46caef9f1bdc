/* A PCI function of virtual hardware. Devices follow their public specifications and know nothing of Windows. */
#ifndef DEV_DEVICE_H
#define DEV_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/spec.h"

#define PCI_BARS 6
#define PCI_CONFIG_SIZE 4096

struct device;
struct device_stats;

/* What the computer gives a device. Every pointer is valid for the device's life. */
struct device_host {
    void *context;
    /* Host address of [pa, pa+size) of the computer's memory, or NULL when any byte of it is not RAM. The answer for
     * an address must not change while the device lives: devices keep it. */
    void *(*dma)(void *context, uint64_t pa, size_t size);
    /* One message-signalled interrupt: the address and data the driver's side programmed. */
    void (*raise_msi)(void *context, uint64_t address, uint32_t data);
    void (*set_line)(void *context, struct device *device, bool asserted);
    /* The device signals a power management event, which is enabled. May be NULL. Any context. */
    void (*pme)(void *context, struct device *device);
    struct clock *clock;
};

struct device_ops {
    const char *model;                  /* "virtio-net" */
    uint64_t (*bar_read)(struct device *device, int bar, uint64_t offset, unsigned size);
    void (*bar_write)(struct device *device, int bar, uint64_t offset, unsigned size, uint64_t value);
    /* Before config space is read: the model refreshes bytes that change by themselves. May be NULL. */
    void (*config_reading)(struct device *device, unsigned offset, unsigned size);
    /* After config space was written: the model reacts to command, MSI-X enable and its own capabilities. */
    void (*config_written)(struct device *device, unsigned offset, unsigned size);
    /* Back to the state after power on; registers, rings and interrupts forgotten. */
    void (*reset)(struct device *device);
    void (*destroy)(struct device *device);
    /* One line for the per-layer table: names and values, NULL-terminated. May be NULL. */
    void (*stats)(struct device *device, struct device_stats *stats);
};

struct device_stats {
    uint64_t tx_frames, tx_bytes, rx_frames, rx_bytes, rx_dropped, interrupts, doorbells;
    uint64_t tx_dropped, rx_filtered;
    uint64_t reads, read_bytes, writes, write_bytes, flushes, failed;   /* block cards */
};

struct device {
    const struct device_ops *ops;
    const struct device_host *host;
    uint8_t config[PCI_CONFIG_SIZE];    /* the header and capabilities, little endian, kept by dev/pci.c */
    uint8_t write_mask[PCI_CONFIG_SIZE];
    uint64_t bar_size[PCI_BARS];        /* 0: not there. A 64-bit BAR uses two slots, the second has size 0 */
    bool bar_is_64[PCI_BARS];
    bool gone;                          /* surprise-removed: reads give all ones, writes go nowhere */
    unsigned power;                     /* offset of the power management capability, 0: none */
    unsigned last_capability;           /* offset of the last one in the list, 0: none */
    unsigned next_capability;           /* where the next one goes */
};

/* dev/pci.c: config space as a driver sees it. size is 1, 2 or 4. */
uint32_t pci_config_read(struct device *device, unsigned offset, unsigned size);
void pci_config_write(struct device *device, unsigned offset, unsigned size, uint32_t value);
/* Physical base the guest side assigned to a BAR (0: none). The bus sets it through pci_set_bar. */
uint64_t pci_bar_base(const struct device *device, int bar);
void pci_set_bar(struct device *device, int bar, uint64_t base);
/* Access to the registers behind a BAR, as the bus does it: size 1, 2, 4 or 8, naturally aligned. A device that is
 * gone, or that does not decode memory (command register), reads as all ones and swallows writes. */
uint64_t pci_bar_read(struct device *device, int bar, uint64_t offset, unsigned size);
void pci_bar_write(struct device *device, int bar, uint64_t offset, unsigned size, uint64_t value);
/* Takes the card out of the running computer: from now on it reads as all ones and does nothing. */
void pci_unplug(struct device *device);

struct wire;
/* virtio-net 1.x modern. The device owns the wire from now on. Keys: mac=, queues=, mtu=, ring=, interrupts=. NULL with error_text();
 * the wire is then still the caller's. */
struct device *virtio_net_create(const struct device_host *host, struct wire *wire, struct spec *spec);
/* Puts the card on another wire, at any time; the one before is the caller's again (a wrapper around it, say). Always
 * true. */
bool virtio_net_set_wire(struct device *device, struct wire *wire);

struct disk;
/* virtio-blk 1.2 modern. The device owns the disk from now on. Keys: queues=, ring=, serial=, interrupts=. NULL with error_text(); the
 * disk is then still the caller's. */
struct device *virtio_blk_create(const struct device_host *host, struct disk *disk, struct spec *spec);
/* An AHCI controller with the disk on its one port. Owns the disk from now on. Keys: depth=, serial=, interrupts=. NULL with error_text(); the
 * disk is then still the caller's. */
struct device *ahci_create(const struct device_host *host, struct disk *disk, struct spec *spec);
/* An NVM Express 1.4 controller with the disk as its first namespace. Owns the disk from now on. Keys: queues=, depth=, namespaces=, serial=,
 * interrupts=. NULL with error_text(); the disk is then still the caller's. */
struct device *nvme_create(const struct device_host *host, struct disk *disk, struct spec *spec);
/* Another disk on an NVMe controller, at any time: the lowest namespace that is free, which a driver that asked for it is told of. The device owns
 * the disk from then on. False with error_text(). */
bool nvme_attach(struct device *device, struct disk *disk);
/* A virtio-scsi 1.2 host with the disk as its one logical unit. Owns the disk from now on. Keys: queues=, ring=, serial=, interrupts=,
 * appears=, leaves=, grows=. NULL with error_text(); the disk is then still the caller's. */
struct device *virtio_scsi_create(const struct device_host *host, struct disk *disk, struct spec *spec);

#endif
