/* A driver that registers twice: for cards, and for virtual miniports. docs: network/initializing-a-miniport-intermediate-driver */
#include "fake.h"

#include "ndis/virtual.h"
#include "nt/cm.h"

static NDIS_HANDLE virtual_edge;
static uint32_t im_miniport;            /* IMMiniport of the device's driver key */

static void register_virtual(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = ((struct ndis_driver *)mp.driver)->miniport;

    c.Flags = NDIS_INTERMEDIATE_DRIVER;
    CHECK_EQ(NdisMRegisterMiniportDriver(object, path, NULL, &c, &virtual_edge), NDIS_STATUS_SUCCESS);
}

static struct io_driver *find_and_mark(struct pnp_node *node, const char *const *ids, unsigned count)
{
    struct cm_key *key;
    HANDLE handle;

    CHECK(NT_SUCCESS(pnp_open_driver_key(node, KEY_ALL_ACCESS, &handle)));
    CHECK(NT_SUCCESS(cm_from_handle(handle, KEY_ALL_ACCESS, &key)));
    CHECK(cm_set_dword(key, "IMMiniport", im_miniport));
    ZwClose(handle);
    return mp.io;
}

static void choose(void)
{
    mp.on_entry = register_virtual;
    CHECK_EQ(io_create_host_driver("fakenic", mp_entry, &mp.io), STATUS_SUCCESS);
    pnp_find_driver = find_and_mark;
    CHECK(NT_SUCCESS(pnp_create_root_device("FAKENIC", "ROOT\\FAKENIC", &mp.node)));
}

static void end(void)
{
    CHECK(NT_SUCCESS(pnp_delete_root_device(mp.node)));
    NdisMDeregisterMiniportDriver(virtual_edge);
    CHECK_EQ(io_unload_driver(mp.io), STATUS_SUCCESS);
}

static void a_card(void *unused)
{
    im_miniport = 0;                    /* though the device has no hardware */
    choose();
    CHECK_STR(mp.journal, "ir");
    end();
}

static void a_virtual_one(void *unused)
{
    im_miniport = 1;
    choose();
    CHECK_STR(mp.journal, "");          /* it waits for NdisIMInitializeDeviceInstanceEx */
    CHECK_EQ(list_first(&((struct ndis_driver *)virtual_edge)->adapters, struct adapter, driver_node)->im_started, true);
    end();
}

TEST(immminiport_of_a_device_chooses_between_the_two_registrations_of_a_driver)
{
    on_a_computer(a_card, 1);
    on_a_computer(a_virtual_one, 1);
}
