/* MSI without X: the capability of one function, 64-bit, with or without a mask bit for each message.
 *
 * Rules (PCI Local Bus Specification 3.0, 6.8.1):
 *  1. There is one address. Message n is the programmed data with n in its low bits; they are as many as the driver's
 *     side enabled messages for, which may be fewer than the function is capable of.
 *  2. An event beyond the enabled messages is sent as the last of them.
 *  3. A masked message becomes pending and sends nothing; unmasking sends it once.
 *  4. While MSI is not enabled nothing is sent and nothing becomes pending. */
#ifndef DEV_MSI_H
#define DEV_MSI_H

#include "dev/pci.h"

#define MSI_MESSAGES 32
#define MSI_CONTROL 2
#define MSI_CONTROL_ENABLE 0x0001u
#define MSI_CONTROL_64BIT 0x0080u
#define MSI_CONTROL_MASKS 0x0100u
#define MSI_ADDRESS 4
#define MSI_DATA 12                     /* of a 64-bit capability */
#define MSI_MASK 16
#define MSI_PENDING 20

struct msi {
    struct device *device;
    unsigned capability, count;         /* count: messages it is capable of; 0: no MSI */
    bool maskable, enabled;
    uint32_t pending;
    uint64_t sent;                      /* messages since power on */
};

/* Adds the capability for 1, 2, 4, 8, 16 or 32 messages. */
void msi_init(struct msi *msi, struct device *device, unsigned count, bool maskable);
/* After pci_reset. */
void msi_reset(struct msi *msi);
/* An event for message n. */
void msi_notify(struct msi *msi, unsigned n);
/* To be called from the model's config_written. */
void msi_config_written(struct msi *msi, unsigned offset, unsigned size);

#endif
