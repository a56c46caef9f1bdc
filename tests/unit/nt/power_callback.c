#include "io_fixture.h"
#include "nt/text.h"
#include "ring3/ex.h"

/* What the routine of \Callback\PowerState heard, and the computer's state at each call. */
static struct {
    unsigned calls;
    uintptr_t change[4], value[4];
} heard;

static unsigned set_powers, heard_at_set_power[2];

static VOID NTAPI listen(PVOID context, PVOID change, PVOID value)
{
    CHECK(context == &heard);
    CHECK(KeGetCurrentIrql() <= DISPATCH_LEVEL);
    heard.change[heard.calls % 4] = (uintptr_t)change;
    heard.value[heard.calls % 4] = (uintptr_t)value;
    heard.calls++;
}

static bool veto;

static NTSTATUS NTAPI power(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = veto && s->MinorFunction == IRP_MN_QUERY_POWER ? STATUS_DEVICE_BUSY : STATUS_SUCCESS;

    (void)device;
    if (s->MinorFunction == IRP_MN_SET_POWER && set_powers < 2)
        heard_at_set_power[set_powers++] = heard.calls;
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI add(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT fdo;

    CHECK_EQ(IoCreateDevice(object, sizeof(PVOID), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &fdo), STATUS_SUCCESS);
    *(PDEVICE_OBJECT *)fdo->DeviceExtension = IoAttachDeviceToDeviceStack(fdo, pdo);
    fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT device, PIRP irp)
{
    PDEVICE_OBJECT lower = *(PDEVICE_OBJECT *)device->DeviceExtension;
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;

    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    NTSTATUS status = IoCallDriver(lower, irp);
    if (minor == IRP_MN_REMOVE_DEVICE) {
        IoDetachDevice(lower);
        IoDeleteDevice(device);
    }
    return status;
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    (void)path;
    object->DriverExtension->AddDevice = add;
    object->MajorFunction[IRP_MJ_PNP] = pnp;
    object->MajorFunction[IRP_MJ_POWER] = power;
    return STATUS_SUCCESS;
}

static PCALLBACK_OBJECT open_power_state(void)
{
    UNICODE_STRING name = TEXT_STRING(u"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;

    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    CHECK_EQ(ExCreateCallback(&object, &attributes, FALSE, TRUE), STATUS_SUCCESS);
    return object;
}

static struct io_driver *driver;
static struct card card;

static struct io_driver *find(struct pnp_node *node, const char *const *ids, unsigned count)
{
    (void)node;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(ids[i], "PCI\\VEN_1234&DEV_5678") == 0)
            return driver;
    return NULL;
}

static void sleep_and_wake(void)
{
    PCALLBACK_OBJECT object = open_power_state();
    PVOID registration = ExRegisterCallback(object, listen, &heard);

    CHECK(registration != NULL);
    CHECK_EQ(io_create_host_driver("sleeper", entry, &driver), STATUS_SUCCESS);
    pnp_find_driver = find;
    card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, NULL), STATUS_SUCCESS);

    veto = true;
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_DEVICE_BUSY);
    CHECK_EQ(heard.calls, 0);
    veto = false;
    set_powers = 0;
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_EQ(heard.calls, 1);
    CHECK_EQ(heard.change[0], PO_CB_SYSTEM_STATE_LOCK);
    CHECK_EQ(heard.value[0], FALSE);
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_EQ(heard.calls, 2);
    CHECK_EQ(heard.change[1], PO_CB_SYSTEM_STATE_LOCK);
    CHECK_EQ(heard.value[1], TRUE);
    CHECK_EQ(set_powers, 2);
    CHECK_EQ(heard_at_set_power[0], 1);         /* before the IRP that leaves S0, */
    CHECK_EQ(heard_at_set_power[1], 1);         /* after the one that comes back */

    ExUnregisterCallback(registration);
    ObDereferenceObject(object);
    CHECK_EQ(po_set_system_state(PowerSystemShutdown, true), STATUS_SUCCESS);
    CHECK_EQ(heard.calls, 2);
    CHECK_EQ(po_set_system_state(PowerSystemWorking, true), STATUS_SUCCESS);
    CHECK_EQ(pnp_unplug(&card.device, false), STATUS_SUCCESS);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(power_state_callbacks_hear_of_sleep_before_the_devices_and_of_waking_after_them)
{
    run_in_computer(1, sleep_and_wake);
}
