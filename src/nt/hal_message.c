/* Programming a device's messages: the MSI-X table, or the MSI capability of a function without MSI-X.
 *
 * 1. MSI-X: each connected message has an entry of its own, unmasked; all others are masked.
 * 2. MSI: the capability gets the first message's address and data and as many messages as the node has. Where it has mask
 *    bits, those of messages nobody is connected to are set; it is enabled while one is connected. */
#include "nt/hal_internal.h"

#include "dev/msi.h"

#define ENTRY_CONTROL_MASKED 1u
#define MSIX_ENABLE 0x8000u
#define MSIX_MASK_ALL 0x4000u

static unsigned find_capability(struct device *device, uint8_t id)
{
    unsigned offset = pci_config_read(device, 0x34, 1);

    for (unsigned n = 0; offset != 0 && offset != 0xff && n < 48; n++) {
        if (pci_config_read(device, offset, 1) == id)
            return offset;
        offset = pci_config_read(device, offset + 1, 1);
    }
    return 0;
}

unsigned hal_message_count(struct device *device, bool *msi)
{
    unsigned capability = find_capability(device, PCI_CAP_MSIX);

    *msi = false;
    if (capability != 0)
        return (pci_config_read(device, capability + 2, 2) & 0x7ff) + 1;
    capability = find_capability(device, PCI_CAP_MSI);
    *msi = capability != 0;
    return *msi ? 1u << (pci_config_read(device, capability + MSI_CONTROL, 2) >> 1 & 7) : 0;
}

/* --- MSI-X ----------------------------------------------------------------------------------------------------- */

static void write_entry(struct device *device, unsigned capability, unsigned entry, const struct pnp_message *m)
{
    uint32_t table = pci_config_read(device, capability + 4, 4);
    int bar = (int)(table & 7);
    uint64_t offset = (table & ~7u) + entry * 16ull;

    pci_bar_write(device, bar, offset + 12, 4, ENTRY_CONTROL_MASKED);
    pci_bar_write(device, bar, offset, 4, m != NULL ? (uint32_t)m->address : 0);
    pci_bar_write(device, bar, offset + 4, 4, m != NULL ? (uint32_t)(m->address >> 32) : 0);
    pci_bar_write(device, bar, offset + 8, 4, m != NULL ? m->data : 0);
    if (m != NULL)
        pci_bar_write(device, bar, offset + 12, 4, 0);
}

static void enable_msix(struct device *device, unsigned capability)
{
    uint32_t control = pci_config_read(device, capability + 2, 2);

    pci_config_write(device, capability + 2, 2, (control & ~MSIX_MASK_ALL) | MSIX_ENABLE);
}

/* --- MSI --------------------------------------------------------------------------------------------------------- */

/* The messages of a device that service routines are connected to, one bit each. */
static uint32_t connected(const struct device *device)
{
    uint32_t set = 0;

    list_each(it, &hal_interrupts) {
        const struct _KINTERRUPT *i = container_of(it, struct _KINTERRUPT, all);

        if (i->device == device && i->table_entry >= 0)
            set |= 1u << (i->table_entry & 31);
    }
    return set;
}

static unsigned data_offset(uint32_t control)
{
    return control & MSI_CONTROL_64BIT ? MSI_DATA : MSI_DATA - 4;
}

static void set_masks(struct device *device, unsigned at, uint32_t control)
{
    if (control & MSI_CONTROL_MASKS)
        pci_config_write(device, at + data_offset(control) + 4, 4, ~connected(device));
}

static void program_msi(const struct pnp_node *node, unsigned at)
{
    struct device *device = node->device;
    const struct pnp_message *first = &node->messages[0];
    uint32_t control = pci_config_read(device, at + MSI_CONTROL, 2);
    unsigned log = (unsigned)__builtin_ctz(node->message_count);

    pci_config_write(device, at + MSI_ADDRESS, 4, (uint32_t)first->address);
    if (control & MSI_CONTROL_64BIT)
        pci_config_write(device, at + MSI_ADDRESS + 4, 4, (uint32_t)(first->address >> 32));
    pci_config_write(device, at + data_offset(control), 2, first->data);
    set_masks(device, at, control);
    pci_config_write(device, at + MSI_CONTROL, 2, (control & ~0x70u) | log << 4 | MSI_CONTROL_ENABLE);
}

static void release_msi(struct device *device, unsigned at)
{
    uint32_t control = pci_config_read(device, at + MSI_CONTROL, 2);

    set_masks(device, at, control);
    if (connected(device) == 0)
        pci_config_write(device, at + MSI_CONTROL, 2, control & ~MSI_CONTROL_ENABLE);
}

/* --- both -------------------------------------------------------------------------------------------------------- */

void hal_program_message(const struct pnp_node *node, unsigned n)
{
    unsigned capability = find_capability(node->device, PCI_CAP_MSIX);

    if (capability != 0) {
        write_entry(node->device, capability, n, &node->messages[n]);
        enable_msix(node->device, capability);
        return;
    }
    capability = find_capability(node->device, PCI_CAP_MSI);
    if (capability != 0)
        program_msi(node, capability);
}

void hal_mask_message(struct device *device, unsigned n)
{
    unsigned capability = device->gone ? 0 : find_capability(device, PCI_CAP_MSIX);

    if (capability != 0) {
        write_entry(device, capability, n, NULL);
        return;
    }
    capability = device->gone ? 0 : find_capability(device, PCI_CAP_MSI);
    if (capability != 0)
        release_msi(device, capability);
}

bool hal_mask_msix(struct pnp_node *node, unsigned n, bool mask)
{
    struct device *device = node != NULL ? node->device : NULL;
    unsigned capability = device != NULL && !device->gone ? find_capability(device, PCI_CAP_MSIX) : 0;
    uint32_t table;

    if (capability == 0 || n >= node->message_count)
        return false;
    table = pci_config_read(device, capability + 4, 4);
    pci_bar_write(device, (int)(table & 7), (table & ~7u) + n * 16ull + 12, 4, mask ? ENTRY_CONTROL_MASKED : 0);
    return true;
}

bool hal_map_msix(struct pnp_node *node, unsigned entry, unsigned message)
{
    struct device *device = node != NULL ? node->device : NULL;
    unsigned capability = device != NULL && !device->gone ? find_capability(device, PCI_CAP_MSIX) : 0;

    if (capability == 0 || message >= node->message_count || entry > (pci_config_read(device, capability + 2, 2) & 0x7ff))
        return false;
    write_entry(device, capability, entry, &node->messages[message]);
    return true;
}

void hal_restore_messages(struct pnp_node *node)
{
    list_each(it, &hal_interrupts) {
        struct _KINTERRUPT *i = container_of(it, struct _KINTERRUPT, all);

        if (i->device == node->device && i->table_entry >= 0 && !i->inactive)
            hal_program_message(node, (unsigned)i->table_entry);
    }
}
