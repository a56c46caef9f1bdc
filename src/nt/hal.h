/* The HAL: what connects devices with processors. Registers, interrupts, DMA. */
#ifndef NT_HAL_H
#define NT_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/device.h"
#include "nt/ke.h"
#include "nt/pnp.h"
#include "wdm.h"

void hal_start(void);
/* Reports interrupts and DMA adapters that drivers left behind, and frees them. */
void hal_stop(void);

/* --- registers -------------------------------------------------------------------------------------------- */

/* An access to the trapped window, by physical address. size: 1, 2, 4 or 8. What no device claims reads as ones and
 * swallows writes, as an empty PCI bus does. Any IRQL. */
uint64_t hal_mmio_read(uint64_t pa, unsigned size);
void hal_mmio_write(uint64_t pa, unsigned size, uint64_t value);

/* Bus side: gives a device's BARs physical addresses, or takes them away. */
void hal_assign_bars(struct device *device);
void hal_release_bars(struct device *device);
/* The device goes: connected interrupts no longer refer to it. */
void hal_forget_device(const struct device *device);

/* --- what devices are given -------------------------------------------------------------------------------- */

/* The device_host for every device of this computer. */
const struct device_host *hal_device_host(void);

/* --- interrupts ------------------------------------------------------------------------------------------- */

#define HAL_MSI_ADDRESS 0xFEE00000ull       /* + processor << 12 */
#define HAL_FIRST_VECTOR 0x50u              /* IRQL is vector >> 4: 5 .. 11 */
#define HAL_LAST_VECTOR 0xBFu
#define HAL_LINES 16u                       /* level-triggered lines, PCI INTx */

/* Reserves a vector on a processor: *message gets vector, IRQL, address and data. False: none free. */
bool hal_allocate_message(unsigned cpu, struct pnp_message *message);
/* The same for `count` (a power of two) messages of plain MSI: one address, data that differ in the low bits. */
bool hal_allocate_messages(unsigned cpu, unsigned count, struct pnp_message *messages);
void hal_free_message(const struct pnp_message *message);
/* How many messages a function can send; *msi says whether by plain MSI, as one without MSI-X does. */
unsigned hal_message_count(struct device *device, bool *msi);
/* The vector and IRQL of a line. */
uint32_t hal_line_vector(unsigned line, KIRQL *irql);
/* After D0: has the device send the connected messages again. */
void hal_restore_messages(struct pnp_node *node);
/* The spin lock that is held around a connected interrupt's service routine; lives as long as the interrupt. */
PKSPIN_LOCK hal_interrupt_lock(PKINTERRUPT interrupt);
/* Masks one connected message in the device's MSI-X table, or lets it through again; what came meanwhile comes then. False
 * without MSI-X. Any IRQL. */
bool hal_mask_msix(struct pnp_node *node, unsigned n, bool mask);
/* Has an entry of the table send another of the device's messages, unmasked; until the device loses power. False: there is no such
 * entry or message. <= DISPATCH_LEVEL. */
bool hal_map_msix(struct pnp_node *node, unsigned entry, unsigned message);
/* A driver's image is gone: what it left connected is reported and disconnected. */
void hal_driver_gone(const void *base, size_t size);
/* Interrupts that were raised with nobody connected. */
uint64_t hal_spurious_interrupts(void);
/* Interrupts that service routines took, of a device's PDO. */
uint64_t hal_interrupt_count(PDEVICE_OBJECT pdo);

/* --- DMA -------------------------------------------------------------------------------------------------- */

struct hal_dma_stats {
    uint64_t adapters, common_buffers, common_bytes, map_registers;     /* alive */
    uint64_t lists, bounced_bytes;                                      /* since the start */
};
void hal_dma_get_stats(struct hal_dma_stats *stats);

#endif
