#include "dev/msi.h"

#include <assert.h>

static uint16_t control(const struct msi *msi)
{
    return pci_get16(msi->device, msi->capability + MSI_CONTROL);
}

static unsigned enabled_messages(const struct msi *msi)
{
    unsigned log = control(msi) >> 4 & 7;
    unsigned count = log <= 5 ? 1u << log : 1;

    return count < msi->count ? count : msi->count;
}

static bool is_masked(const struct msi *msi, unsigned n)
{
    return msi->maskable && (pci_get32(msi->device, msi->capability + MSI_MASK) >> n & 1);
}

static void set_pending(struct msi *msi, uint32_t pending)
{
    msi->pending = pending;
    if (msi->maskable)
        pci_put32(msi->device, msi->capability + MSI_PENDING, pending);
}

static void send(struct msi *msi, unsigned n)
{
    const struct device *device = msi->device;
    uint64_t address = pci_get32(device, msi->capability + MSI_ADDRESS) |
                       (uint64_t)pci_get32(device, msi->capability + MSI_ADDRESS + 4) << 32;
    uint32_t data = pci_get16(device, msi->capability + MSI_DATA);

    if (!pci_bus_master(device) || device->gone)
        return;                         /* a message is a memory write */
    msi->sent++;
    device->host->raise_msi(device->host->context, address, (data & ~(enabled_messages(msi) - 1)) | n);
}

void msi_notify(struct msi *msi, unsigned n)
{
    unsigned count;

    if (!msi->enabled)
        return;
    count = enabled_messages(msi);
    if (n >= count)
        n = count - 1;
    if (is_masked(msi, n))
        set_pending(msi, msi->pending | 1u << n);
    else
        send(msi, n);
}

void msi_init(struct msi *msi, struct device *device, unsigned count, bool maskable)
{
    unsigned at = pci_add_capability(device, PCI_CAP_MSI, maskable ? 24 : 14);

    assert(count >= 1 && count <= MSI_MESSAGES && !(count & (count - 1)));
    *msi = (struct msi){ .device = device, .capability = at, .count = count, .maskable = maskable };
    pci_put16(device, at + MSI_CONTROL, (uint16_t)(MSI_CONTROL_64BIT | (maskable ? MSI_CONTROL_MASKS : 0) |
                                                   (unsigned)__builtin_ctz(count) << 1));
    device->write_mask[at + MSI_CONTROL] = 0x71;        /* enable, number of messages enabled */
    device->write_mask[at + MSI_ADDRESS] = 0xFC;
    memset(device->write_mask + at + MSI_ADDRESS + 1, 0xFF, 9);
    if (maskable)
        for (unsigned n = 0; n < count; n++)
            device->write_mask[at + MSI_MASK + n / 8] |= (uint8_t)(1u << n % 8);
}

void msi_reset(struct msi *msi)
{
    msi->enabled = false;
    if (msi->count != 0)
        set_pending(msi, 0);
}

void msi_config_written(struct msi *msi, unsigned offset, unsigned size)
{
    if (msi->count == 0 || !pci_touches(offset, size, msi->capability + MSI_CONTROL, MSI_PENDING - MSI_CONTROL))
        return;
    msi->enabled = control(msi) & MSI_CONTROL_ENABLE;
    if (!msi->enabled)
        set_pending(msi, 0);
    for (unsigned n = 0; n < enabled_messages(msi); n++)
        if ((msi->pending >> n & 1) && !is_masked(msi, n)) {
            set_pending(msi, msi->pending & ~(1u << n));
            send(msi, n);
        }
}
