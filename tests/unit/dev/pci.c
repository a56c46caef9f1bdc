#include "dev/guest.h"

static unsigned find_capability(struct guest *g, uint8_t id, uint8_t type)
{
    unsigned at = pci_config_read(g->device, 0x34, 1), steps = 0;

    for (; at && steps < 48; at = pci_config_read(g->device, at + 1, 1), steps++)
        if (pci_config_read(g->device, at, 1) == id && (!type || pci_config_read(g->device, at + 3, 1) == type))
            return at;
    return 0;
}

TEST(the_header_names_a_modern_network_card)
{
    struct guest g;

    guest_create(&g, "");
    CHECK_EQ(pci_config_read(g.device, 0, 4), 0x10411AF4u);
    CHECK_EQ(pci_config_read(g.device, 0x2C, 4), 0x11001AF4u);
    CHECK_EQ(pci_config_read(g.device, 0x08, 4), 0x02000001u);
    CHECK_EQ(pci_config_read(g.device, 0x0E, 1), 0);
    CHECK_EQ(pci_config_read(g.device, 0x3D, 1), 1);
    CHECK_EQ(pci_config_read(g.device, 0x06, 2) & 0x10, 0x10);
    guest_destroy(&g);
}

TEST(a_64_bit_bar_is_sized_and_placed)
{
    struct guest g;

    guest_create(&g, "");
    pci_config_write(g.device, 0x10, 4, UINT32_MAX);
    pci_config_write(g.device, 0x14, 4, UINT32_MAX);
    CHECK_EQ(pci_config_read(g.device, 0x10, 4), (uint32_t)~(VIRTIO_BAR_BYTES - 1) | 4);
    CHECK_EQ(pci_config_read(g.device, 0x14, 4), UINT32_MAX);
    pci_set_bar(g.device, 0, 0x8123450000ull);
    CHECK_EQ(pci_bar_base(g.device, 0), 0x8123450000ull);
    CHECK_EQ(pci_bar_base(g.device, 1), 0);
    pci_config_write(g.device, 0x18, 4, UINT32_MAX);
    CHECK_EQ(pci_config_read(g.device, 0x18, 4), 0);
    guest_destroy(&g);
}

TEST(only_writable_bits_change)
{
    struct guest g;

    guest_create(&g, "");
    pci_config_write(g.device, 0, 4, 0);
    CHECK_EQ(pci_config_read(g.device, 0, 4), 0x10411AF4u);
    pci_config_write(g.device, PCI_COMMAND, 2, 0xFFFF);
    CHECK_EQ(pci_config_read(g.device, PCI_COMMAND, 2), 0x0546);
    pci_config_write(g.device, PCI_STATUS, 2, 0xFFFF);
    CHECK_EQ(pci_config_read(g.device, PCI_STATUS, 2), 0x0010);
    pci_config_write(g.device, 0x3C, 1, 17);
    CHECK_EQ(pci_config_read(g.device, 0x3C, 4), 0x0111);
    guest_destroy(&g);
}

TEST(every_virtio_structure_is_found_through_its_capability)
{
    static const unsigned offsets[] = { 0, VIRTIO_COMMON, VIRTIO_NOTIFY, VIRTIO_ISR, VIRTIO_DEVICE };
    struct guest g;

    guest_create(&g, "");
    for (uint8_t type = 1; type <= 4; type++) {
        unsigned at = find_capability(&g, PCI_CAP_VENDOR, type);

        CHECK(at);
        CHECK_EQ(pci_config_read(g.device, at + 4, 1), 0);
        CHECK_EQ(pci_config_read(g.device, at + 8, 4), offsets[type]);
        CHECK(pci_config_read(g.device, at + 12, 4) > 0);
        CHECK_EQ(pci_config_read(g.device, at + 2, 1), type == 2 ? 20 : 16);
    }
    CHECK(find_capability(&g, PCI_CAP_EXPRESS, 0));
    CHECK(find_capability(&g, PCI_CAP_PM, 0));
    unsigned msix = find_capability(&g, PCI_CAP_MSIX, 0);
    CHECK_EQ(pci_config_read(g.device, msix + 2, 2), 3);
    CHECK_EQ(pci_config_read(g.device, msix + 4, 4), VIRTIO_MSIX_TABLE);
    CHECK_EQ(pci_config_read(g.device, msix + 8, 4), VIRTIO_MSIX_PBA);
    guest_destroy(&g);
}

TEST(registers_are_reached_through_configuration_space)
{
    struct guest g;
    unsigned at;

    guest_create(&g, "");
    at = find_capability(&g, PCI_CAP_VENDOR, 5);
    CHECK(at);
    pci_config_write(g.device, at + 4, 1, 0);
    pci_config_write(g.device, at + 8, 4, 0x14);
    pci_config_write(g.device, at + 12, 4, 1);
    pci_config_write(g.device, at + 16, 1, 1);
    CHECK_EQ(guest_status(&g), 1);
    CHECK_EQ(pci_config_read(g.device, at + 16, 1), 1);
    pci_config_write(g.device, at + 8, 4, VIRTIO_BAR_BYTES);        /* outside: no effect, no crash */
    pci_config_write(g.device, at + 16, 1, 0);
    pci_config_read(g.device, at + 16, 4);
    CHECK_EQ(guest_status(&g), 1);
    guest_destroy(&g);
}

TEST(a_card_that_is_gone_reads_as_all_ones)
{
    struct guest g;

    guest_create(&g, "");
    guest_start(&g, 0);
    pci_unplug(g.device);
    CHECK_EQ(pci_config_read(g.device, 0, 2), 0xFFFF);
    CHECK_EQ(pci_config_read(g.device, 0, 4), UINT32_MAX);
    CHECK_EQ(reg_read(&g, 0x14, 1), 0xFF);
    CHECK_EQ(reg_read(&g, 0x20, 8), UINT64_MAX);
    guest_add(&g, &g.tx, 76, false);
    guest_kick(&g, &g.tx);
    CHECK_EQ(g.wire->sent, 0);
    CHECK_EQ(guest_used(&g, &g.tx), 0);
    guest_destroy(&g);
}

TEST(without_memory_decoding_or_in_d3_no_register_answers)
{
    struct guest g;
    unsigned power;

    guest_create(&g, "");
    pci_config_write(g.device, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    CHECK_EQ(reg_read(&g, 0x12, 2), 0xFFFF);
    pci_config_write(g.device, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
    CHECK_EQ(reg_read(&g, 0x12, 2), 3);
    power = find_capability(&g, PCI_CAP_PM, 0);
    pci_config_write(g.device, power + 4, 2, 3);
    CHECK_EQ(reg_read(&g, 0x12, 2), 0xFFFF);
    pci_config_write(g.device, power + 4, 2, 0);
    CHECK_EQ(reg_read(&g, 0x12, 2), 3);
    guest_destroy(&g);
}
