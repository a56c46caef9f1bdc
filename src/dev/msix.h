/* MSI-X: the capability, the vector table and the pending bits of one function.
 *
 * Rules (PCI Local Bus Specification 3.0, 6.8.2):
 *  1. A vector is masked when its own mask bit or the function mask is set.
 *  2. An event on a masked vector sets its pending bit and sends nothing.
 *  3. A pending vector that becomes unmasked sends its message once and clears the bit.
 *  4. While MSI-X is not enabled nothing is sent and nothing becomes pending. */
#ifndef DEV_MSIX_H
#define DEV_MSIX_H

#include "dev/pci.h"

#define MSIX_VECTORS 256

struct msix_entry {
    uint64_t address;
    uint32_t data, control;             /* bit 0 of control: masked */
};

struct msix {
    struct device *device;
    unsigned capability;
    unsigned count;                     /* 0: the function has no MSI-X */
    struct msix_entry entries[MSIX_VECTORS];
    uint64_t pending[MSIX_VECTORS / 64];
    uint64_t sent;                      /* messages since power on */
    bool enabled, function_masked;      /* copies of the capability's control register */
};

/* Adds the capability; table and pending bits are at these offsets of one BAR, 8-byte aligned. */
void msix_init(struct msix *msix, struct device *device, unsigned count, int bar, uint32_t table, uint32_t pba);
void msix_reset(struct msix *msix);
/* An event on a vector. Out of range: nothing happens. */
void msix_notify(struct msix *msix, unsigned vector);
/* To be called from the model's config_written. */
void msix_config_written(struct msix *msix, unsigned offset, unsigned size);
/* Registers, by offset from the start of table and pending bits; size 4 or 8. */
uint64_t msix_table_read(const struct msix *msix, uint64_t offset, unsigned size);
void msix_table_write(struct msix *msix, uint64_t offset, unsigned size, uint64_t value);
uint64_t msix_pba_read(const struct msix *msix, uint64_t offset, unsigned size);

#endif
