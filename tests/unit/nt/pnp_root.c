/* Devices without hardware. */
#include "io_fixture.h"

static struct io_driver *driver;
static LARGE_INTEGER tick[4], started[4];
static unsigned added, slow_us;          /* how long it takes until AddDevice looks at the clock */

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo)
{
    (void)object;
    (void)pdo;
    KeStallExecutionProcessor(slow_us);
    slow_us = 0;
    KeQueryTickCount(&tick[added]);
    KeQuerySystemTime(&started[added++]);
    return STATUS_NOT_SUPPORTED;
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    (void)path;
    object->DriverExtension->AddDevice = add_device;
    return STATUS_SUCCESS;
}

static struct io_driver *find(struct pnp_node *node, const char *const *ids, unsigned count)
{
    (void)node;
    for (unsigned i = 0; i < count; i++)
        if (strstr(ids[i], "SPARE") != NULL || strcmp(ids[i], "PCI\\VEN_1234&DEV_5678") == 0)
            return driver;
    return NULL;
}

static void load(void)
{
    CHECK_EQ(io_create_host_driver("spare", entry, &driver), STATUS_SUCCESS);
    pnp_find_driver = find;
}

static void unload(void)
{
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

static void make_three(void)
{
    load();
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(pnp_create_root_device("SPARE", "ROOT\\SPARE", NULL), STATUS_SUCCESS);
    CHECK_EQ(added, 3);
    for (unsigned i = 1; i < 3; i++) {
        CHECK(tick[i].QuadPart > tick[i - 1].QuadPart);
        CHECK(started[i].QuadPart > started[i - 1].QuadPart);
    }
    unload();
}

TEST(no_two_devices_without_hardware_are_added_in_one_clock_tick)
{
    run_in_computer(1, make_three);
}

static void make_a_slow_one(void)
{
    slow_us = KeQueryTimeIncrement() / 10;
    make_three();
}

TEST(nor_when_the_start_of_the_first_ends_in_another_tick)
{
    run_in_computer(1, make_a_slow_one);
}

static void find_two(void)
{
    for (unsigned i = 0; i < 2; i++)
        CHECK_EQ(pnp_create_root_device("SPARE", "ROOT\\SPARE", NULL), STATUS_SUCCESS);
    load();
    pnp_find_drivers();
    CHECK_EQ(added, 2);
    CHECK(tick[1].QuadPart > tick[0].QuadPart);
    unload();
}

TEST(nor_when_their_driver_comes_later)
{
    run_in_computer(2, find_two);
}

static void plug_two(void)
{
    struct card cards[2];

    load();
    for (unsigned i = 0; i < 2; i++) {
        card_init(&cards[i]);
        CHECK_EQ(pnp_plug(&cards[i].device, NULL), STATUS_SUCCESS);
    }
    CHECK_EQ(added, 2);
    CHECK_EQ(tick[1].QuadPart, tick[0].QuadPart);
    for (unsigned i = 0; i < 2; i++)
        CHECK_EQ(pnp_unplug(&cards[i].device, false), STATUS_SUCCESS);
    unload();
}

TEST(cards_do_not_wait_for_a_tick)
{
    run_in_computer(1, plug_two);
}
