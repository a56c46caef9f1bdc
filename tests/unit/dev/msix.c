#include "dev/guest.h"

static struct msix *msix_of(struct guest *g)
{
    return &container_of(g->device, struct virtio, device)->msix;
}

static void set_mask(struct guest *g, unsigned vector, unsigned masked)
{
    reg_write(g, VIRTIO_MSIX_TABLE + 16 * vector + 12, 4, masked);
}

TEST(a_message_goes_out_with_the_vectors_address_and_data)
{
    struct guest g;

    guest_create(&g, "");
    msix_notify(msix_of(&g), 1);
    CHECK_EQ(g.messages, 0);            /* not enabled, and nothing stays behind */
    guest_msix(&g);
    CHECK_EQ(g.messages, 0);
    msix_notify(msix_of(&g), 1);
    CHECK_EQ(g.messages, 1);
    CHECK_EQ(g.last_data, 101);
    msix_notify(msix_of(&g), 4);        /* beyond the table */
    msix_notify(msix_of(&g), VIRTIO_NO_VECTOR);
    CHECK_EQ(g.messages, 1);
    guest_destroy(&g);
}

TEST(a_masked_vector_stays_pending_and_fires_once_when_unmasked)
{
    struct guest g;

    guest_create(&g, "");
    guest_msix(&g);
    set_mask(&g, 2, 1);
    msix_notify(msix_of(&g), 2);
    msix_notify(msix_of(&g), 2);
    CHECK_EQ(g.messages, 0);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_PBA, 4), 4);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_PBA, 8), 4);
    set_mask(&g, 2, 0);
    CHECK_EQ(g.messages, 1);
    CHECK_EQ(g.last_data, 102);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_PBA, 4), 0);
    set_mask(&g, 2, 1);
    set_mask(&g, 2, 0);
    CHECK_EQ(g.messages, 1);
    guest_destroy(&g);
}

TEST(the_function_mask_holds_all_vectors)
{
    struct guest g;

    guest_create(&g, "");
    guest_msix(&g);
    pci_config_write(g.device, msix_of(&g)->capability + 2, 2, 0xC000);
    msix_notify(msix_of(&g), 0);
    msix_notify(msix_of(&g), 3);
    CHECK_EQ(g.messages, 0);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_PBA, 4), 9);
    pci_config_write(g.device, msix_of(&g)->capability + 2, 2, 0x8000);
    CHECK_EQ(g.messages, 2);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_PBA, 4), 0);
    guest_destroy(&g);
}

TEST(the_table_reads_back_and_vectors_begin_masked)
{
    struct guest g;

    guest_create(&g, "");
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_TABLE + 12, 4), 1);
    guest_msix(&g);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_TABLE + 16, 8), 0xFEE00000u);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_TABLE + 24, 4), 101);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_TABLE + 28, 4), 0);
    reg_write(&g, VIRTIO_MSIX_TABLE + 40, 8, 0x1000000AAull);       /* data and control of vector 2 at once */
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_TABLE + 40, 4), 0xAA);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_TABLE + 44, 4), 1);
    reg_write(&g, VIRTIO_MSIX_TABLE + 16 * 200, 4, 1);              /* beyond: nothing there */
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_TABLE + 16 * 200, 4), 0);
    g.device->ops->reset(g.device);
    pci_config_write(g.device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    CHECK_EQ(reg_read(&g, VIRTIO_MSIX_TABLE + 12, 4), 1);
    CHECK_EQ(msix_of(&g)->enabled, false);
    guest_destroy(&g);
}
