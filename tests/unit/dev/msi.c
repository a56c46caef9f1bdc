#include "dev/msi.h"

#include "unit.h"

struct function {
    struct device device;
    struct device_host host;
    struct msi msi;
    unsigned sent;
    uint64_t address;
    uint32_t data;
};

static void take(void *context, uint64_t address, uint32_t data)
{
    struct function *f = context;

    f->sent++;
    f->address = address;
    f->data = data;
}

static void create(struct function *f, unsigned count, bool maskable)
{
    static const struct pci_identity identity = { .vendor = 1, .device = 2 };

    memset(f, 0, sizeof *f);
    f->host = (struct device_host){ .context = f, .raise_msi = take };
    f->device.host = &f->host;
    pci_init(&f->device, &identity);
    msi_init(&f->msi, &f->device, count, maskable);
    f->device.config[PCI_COMMAND] = PCI_COMMAND_MASTER;
}

static void put(struct function *f, unsigned offset, unsigned size, uint32_t value)
{
    unsigned at = f->msi.capability + offset;

    for (unsigned n = 0; n < size; n++)
        f->device.config[at + n] = (uint8_t)((f->device.config[at + n] & ~f->device.write_mask[at + n]) |
                                             ((uint8_t)(value >> 8 * n) & f->device.write_mask[at + n]));
    msi_config_written(&f->msi, at, size);
}

static void enable(struct function *f, unsigned log)
{
    put(f, MSI_ADDRESS, 4, 0xFEE01003);
    put(f, MSI_ADDRESS + 4, 4, 0x1);
    put(f, MSI_DATA, 2, 0x60);
    put(f, MSI_CONTROL, 2, log << 4 | MSI_CONTROL_ENABLE);
}

TEST(a_message_is_the_data_with_its_number_in_the_low_bits)
{
    struct function f;

    create(&f, 32, false);
    msi_notify(&f.msi, 3);
    CHECK_EQ(f.sent, 0);                /* not enabled, and nothing stays behind */
    enable(&f, 5);
    CHECK_EQ(f.sent, 0);
    msi_notify(&f.msi, 19);
    CHECK_EQ(f.sent, 1);
    CHECK_EQ(f.data, 0x60 | 19);
    CHECK_EQ(f.address, 0x1FEE01000ull);
}

TEST(events_beyond_the_enabled_messages_share_the_last)
{
    struct function f;

    create(&f, 8, false);
    enable(&f, 1);
    msi_notify(&f.msi, 7);
    CHECK_EQ(f.data, 0x61);
    put(&f, MSI_CONTROL, 2, 5 << 4 | MSI_CONTROL_ENABLE);       /* more than it is capable of */
    msi_notify(&f.msi, 31);
    CHECK_EQ(f.data, 0x67);
}

TEST(a_masked_message_stays_pending_and_goes_out_once)
{
    struct function f;

    create(&f, 4, true);
    enable(&f, 2);
    put(&f, MSI_MASK, 4, 0xFFFFFFFF);
    CHECK_EQ(pci_get32(&f.device, f.msi.capability + MSI_MASK), 0xF);   /* a bit for each message it has */
    msi_notify(&f.msi, 2);
    msi_notify(&f.msi, 2);
    CHECK_EQ(f.sent, 0);
    CHECK_EQ(pci_get32(&f.device, f.msi.capability + MSI_PENDING), 4);
    put(&f, MSI_MASK, 4, 0xB);
    CHECK_EQ(f.sent, 1);
    CHECK_EQ(f.data, 0x62);
    CHECK_EQ(pci_get32(&f.device, f.msi.capability + MSI_PENDING), 0);
}

TEST(a_function_that_is_no_bus_master_sends_nothing)
{
    struct function f;

    create(&f, 1, true);
    enable(&f, 0);
    f.device.config[PCI_COMMAND] = 0;
    msi_notify(&f.msi, 0);
    CHECK_EQ(f.sent, 0);
}
