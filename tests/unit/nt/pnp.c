#include "io_fixture.h"

/* A function driver inside the host, as a miniport's framework would be. */
static struct {
    unsigned add, start, stop, query_remove, remove, surprise, messages;
    bool veto;
    PDEVICE_OBJECT pdo, fdo, lower;
    PCM_RESOURCE_LIST translated;
    PIO_INTERRUPT_MESSAGE_INFO table;
    unsigned interrupts[4];
    KIRQL irql;
    uint64_t bar;
    BUS_INTERFACE_STANDARD bus;
    UNICODE_STRING link;                /* of an interface that is enabled while the device starts; NULL: none */
    NTSTATUS disabled, opened;
    unsigned arrivals, removals;
} seen;

static const GUID interface_guid = { 0x8d5a1f64, 0x1111, 0x4222, { 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66 } };

static struct io_driver *driver;

static BOOLEAN NTAPI service(struct _KINTERRUPT *interrupt, PVOID context, ULONG message)
{
    (void)interrupt;
    (void)context;
    seen.interrupts[message]++;
    seen.irql = KeGetCurrentIrql();
    return TRUE;
}

static void look_at_resources(PCM_PARTIAL_RESOURCE_LIST list)
{
    for (ULONG i = 0; i < list->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR d = &list->PartialDescriptors[i];

        if (d->Type == CmResourceTypeMemory)
            seen.bar = (uint64_t)d->u.Memory.Start.QuadPart;
        if (d->Type == CmResourceTypeInterrupt && (d->Flags & CM_RESOURCE_INTERRUPT_MESSAGE))
            seen.messages++;
    }
}

static void connect(void)
{
    IO_CONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_MESSAGE_BASED };

    p.MessageBased.PhysicalDeviceObject = seen.pdo;
    p.MessageBased.ConnectionContext.InterruptMessageTable = &seen.table;
    p.MessageBased.MessageServiceRoutine = service;
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    CHECK_EQ(p.Version, CONNECT_MESSAGE_BASED);
}

static void disconnect(void)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_MESSAGE_BASED };

    p.ConnectionContext.InterruptMessageTable = seen.table;
    if (seen.table != NULL)
        IoDisconnectInterruptEx(&p);
    seen.table = NULL;
}

static void query_bus_interface(void)
{
    static const GUID guid = { 0x496b8280, 0x6f25, 0x11d0, { 0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f } };
    IO_STACK_LOCATION s = { .MajorFunction = IRP_MJ_PNP, .MinorFunction = IRP_MN_QUERY_INTERFACE };

    s.Parameters.QueryInterface.InterfaceType = &guid;
    s.Parameters.QueryInterface.Size = sizeof(seen.bus);
    s.Parameters.QueryInterface.Version = 1;
    s.Parameters.QueryInterface.Interface = (PINTERFACE)&seen.bus;
    CHECK_EQ(io_send(seen.pdo, &s, STATUS_NOT_SUPPORTED, NULL), STATUS_SUCCESS);
}

static NTSTATUS start(PIRP irp, PIO_STACK_LOCATION s)
{
    CHECK(IoForwardIrpSynchronously(seen.lower, irp));
    seen.start++;
    look_at_resources(&s->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList);
    if (seen.messages != 0)
        connect();
    if (seen.link.Buffer != NULL) {
        PFILE_OBJECT file;
        PDEVICE_OBJECT device;

        CHECK_EQ(IoSetDeviceInterfaceState(&seen.link, TRUE), STATUS_SUCCESS);
        CHECK_EQ(IoSetDeviceInterfaceState(&seen.link, TRUE), STATUS_OBJECT_NAME_EXISTS);
        seen.opened = IoGetDeviceObjectPointer(&seen.link, FILE_READ_DATA, &file, &device);
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS remove_device(PIRP irp)
{
    NTSTATUS status;

    seen.remove++;
    disconnect();
    if (seen.link.Buffer != NULL && seen.surprise == 0)
        seen.disabled = IoSetDeviceInterfaceState(&seen.link, FALSE);
    IoSkipCurrentIrpStackLocation(irp);
    status = IoCallDriver(seen.lower, irp);
    IoDetachDevice(seen.lower);
    IoDeleteDevice(seen.fdo);
    return status;
}

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    (void)device;
    switch (s->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start(irp, s);
    case IRP_MN_REMOVE_DEVICE:
        return remove_device(irp);
    case IRP_MN_STOP_DEVICE:
        seen.stop++;
        disconnect();
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        seen.surprise++;
        if (seen.link.Buffer != NULL)
            seen.disabled = IoSetDeviceInterfaceState(&seen.link, FALSE);
        break;
    case IRP_MN_QUERY_REMOVE_DEVICE:
        seen.query_remove++;
        if (seen.veto) {
            irp->IoStatus.Status = STATUS_DEVICE_BUSY;
            IoCompleteRequest(irp, IO_NO_INCREMENT);
            return STATUS_DEVICE_BUSY;
        }
        break;
    }
    if (s->MinorFunction != IRP_MN_QUERY_CAPABILITIES)
        irp->IoStatus.Status = s->MinorFunction == IRP_MN_QUERY_RESOURCE_REQUIREMENTS ||
                               s->MinorFunction == IRP_MN_FILTER_RESOURCE_REQUIREMENTS ||
                               s->MinorFunction == IRP_MN_QUERY_DEVICE_RELATIONS ||
                               s->MinorFunction == IRP_MN_QUERY_INTERFACE ? irp->IoStatus.Status : STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(seen.lower, irp);
}

static NTSTATUS NTAPI dispatch_file(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(seen.lower, irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo)
{
    seen.add++;
    seen.pdo = pdo;
    CHECK_EQ(IoCreateDevice(object, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &seen.fdo), STATUS_SUCCESS);
    seen.lower = IoAttachDeviceToDeviceStack(seen.fdo, pdo);
    seen.fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    (void)path;
    object->DriverExtension->AddDevice = add_device;
    object->MajorFunction[IRP_MJ_CREATE] = object->MajorFunction[IRP_MJ_CLEANUP] = dispatch_file;
    object->MajorFunction[IRP_MJ_CLOSE] = dispatch_file;
    object->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    object->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    return STATUS_SUCCESS;
}

static struct io_driver *find(struct pnp_node *node, const char *const *ids, unsigned count)
{
    (void)node;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(ids[i], "PCI\\VEN_1234&DEV_5678") == 0)
            return driver;
    return NULL;
}

static void load(void)
{
    memset(&seen, 0, sizeof(seen));
    CHECK_EQ(io_create_host_driver("testdrv", entry, &driver), STATUS_SUCCESS);
    pnp_find_driver = find;
}

static struct card card;

static void plug_and_unplug(void)
{
    struct pnp_node *node;

    load();
    card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, &node), STATUS_SUCCESS);
    CHECK_EQ(node->start_status, STATUS_SUCCESS);
    CHECK_EQ(node->state, PNP_STARTED);
    CHECK_STR(node->instance_path, "PCI\\VEN_1234&DEV_5678&SUBSYS_00011234&REV_02\\3&11583659&0&08");
    CHECK_EQ(seen.add, 1);
    CHECK_EQ(seen.start, 1);
    CHECK_EQ(seen.messages, 4);
    CHECK_EQ(seen.bar, pci_bar_base(&card.device, 0));
    CHECK(seen.bar >= MMIO64_PA);
    CHECK_EQ(pnp_unplug(&card.device, false), STATUS_SUCCESS);
    CHECK_EQ(seen.query_remove, 1);
    CHECK_EQ(seen.remove, 1);
    CHECK_EQ(seen.surprise, 0);
    CHECK(pnp_node_of_device(&card.device) == NULL);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(a_card_is_enumerated_started_and_removed_in_order)
{
    run_in_computer(1, plug_and_unplug);
}

static void registers_and_messages(void)
{
    load();
    card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, NULL), STATUS_SUCCESS);
    hal_mmio_write(seen.bar + 8, 4, 0xABCD);
    CHECK_EQ(card.registers[2], 0xABCD);
    CHECK_EQ(hal_mmio_read(seen.bar + 8, 4), 0xABCD);
    CHECK_EQ(hal_mmio_read(0x70000000, 4), 0xFFFFFFFF);
    CHECK_EQ(seen.table->MessageCount, 4);
    for (unsigned n = 0; n < 4; n++)
        msix_notify(&card.msix, n);
    ke_settle();
    while (seen.interrupts[1] == 0 || seen.interrupts[3] == 0)
        ke_spin_turn();
    for (unsigned n = 0; n < 4; n++)
        CHECK_EQ(seen.interrupts[n], 1);
    CHECK_EQ(seen.irql, seen.table->MessageInfo[3].Irql);
    CHECK_EQ(hal_interrupt_count(seen.pdo), 4);
    CHECK_EQ(pnp_unplug(&card.device, true), STATUS_SUCCESS);
    CHECK_EQ(seen.surprise, 1);
    CHECK_EQ(seen.remove, 1);
    CHECK_EQ(hal_mmio_read(seen.bar + 8, 4), 0xFFFFFFFF);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(registers_and_messages_reach_card_and_driver)
{
    run_in_computer(1, registers_and_messages);
    run_in_computer(2, registers_and_messages);
}

static unsigned line_calls;

static BOOLEAN NTAPI line_service(struct _KINTERRUPT *interrupt, PVOID context)
{
    (void)interrupt;
    (void)context;
    line_calls++;
    card.device.host->set_line(card.device.host->context, &card.device, false);
    return TRUE;
}

static void line_interrupt(void)
{
    IO_CONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_MESSAGE_BASED };
    IO_DISCONNECT_INTERRUPT_PARAMETERS d = { .Version = CONNECT_LINE_BASED };
    struct cm_key *key;

    load();
    card_init(&card);
    key = cm_key(NULL, "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\VEN_1234&DEV_5678&SUBSYS_00011234&REV_02\\"
                 "3&11583659&0&08\\Device Parameters\\Interrupt Management\\MessageSignaledInterruptProperties", true);
    CHECK(cm_set_dword(key, "MSISupported", 0));
    CHECK_EQ(pnp_plug(&card.device, NULL), STATUS_SUCCESS);
    CHECK_EQ(seen.start, 1);
    CHECK_EQ(seen.messages, 0);
    p.MessageBased.PhysicalDeviceObject = seen.pdo;
    p.MessageBased.ConnectionContext.InterruptObject = &d.ConnectionContext.InterruptObject;
    p.MessageBased.MessageServiceRoutine = service;
    p.MessageBased.FallBackServiceRoutine = line_service;
    line_calls = 0;
    card.device.host->set_line(card.device.host->context, &card.device, true);
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    CHECK_EQ(p.Version, CONNECT_LINE_BASED);
    ke_settle();
    while (line_calls == 0)
        ke_spin_turn();
    card.device.host->set_line(card.device.host->context, &card.device, true);
    ke_settle();
    while (line_calls == 1)
        ke_spin_turn();
    CHECK_EQ(line_calls, 2);
    IoDisconnectInterruptEx(&d);
    CHECK_EQ(pnp_unplug(&card.device, false), STATUS_SUCCESS);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(a_device_without_messages_falls_back_to_its_line)
{
    run_in_computer(1, line_interrupt);
}

static void veto_and_restart(void)
{
    struct pnp_node *node;

    load();
    card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, &node), STATUS_SUCCESS);
    seen.veto = true;
    CHECK_EQ(pnp_unplug(&card.device, false), STATUS_DEVICE_BUSY);
    CHECK_EQ(node->state, PNP_STARTED);
    CHECK_EQ(io_unload_driver(driver), STATUS_DEVICE_BUSY);
    seen.veto = false;
    CHECK_EQ(pnp_stop_node(node), STATUS_SUCCESS);
    CHECK_EQ(node->state, PNP_STOPPED);
    CHECK_EQ(seen.stop, 1);
    CHECK_EQ(pnp_start_node(node), STATUS_SUCCESS);
    CHECK_EQ(seen.start, 2);
    CHECK_EQ(seen.add, 1);
    CHECK_EQ(pnp_remove_node(node, false), STATUS_SUCCESS);
    CHECK_EQ(pnp_start_node(node), STATUS_SUCCESS);
    CHECK_EQ(seen.add, 2);
    CHECK_EQ(pnp_remove_driver_nodes(driver, true), STATUS_SUCCESS);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(a_veto_keeps_the_device_and_stop_and_start_repeat)
{
    run_in_computer(1, veto_and_restart);
}

static void open_while_pulled(void)
{
    struct io_file *file;
    char name[100];

    load();
    card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, NULL), STATUS_SUCCESS);
    ob_name_text(seen.pdo, name, sizeof(name));
    CHECK_EQ(io_open(name, FILE_READ_DATA, &file), STATUS_SUCCESS);
    CHECK_EQ(pnp_unplug(&card.device, true), STATUS_SUCCESS);
    CHECK_EQ(seen.surprise, 1);
    CHECK_EQ(seen.remove, 0);
    memset(&card, 0xEE, sizeof(card));          /* the device is gone for good */
    io_close(file);
    pnp_flush();
    CHECK_EQ(seen.remove, 1);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(removal_after_a_surprise_waits_for_open_files)
{
    run_in_computer(1, open_while_pulled);
}

static void config_space(void)
{
    uint16_t id[2] = { 0, 0 };

    load();
    card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, NULL), STATUS_SUCCESS);
    query_bus_interface();
    CHECK_EQ(seen.bus.GetBusData(seen.bus.Context, PCI_WHICHSPACE_CONFIG, id, 0, 4), 4);
    CHECK_EQ(id[0], 0x1234);
    CHECK_EQ(id[1], 0x5678);
    seen.bus.InterfaceDereference(seen.bus.Context);
    CHECK_EQ(HalGetBusDataByOffset(PCIConfiguration, 0, 1, id, 2, 2), 2);
    CHECK_EQ(id[0], 0x5678);
    CHECK_EQ(HalGetBusDataByOffset(PCIConfiguration, 0, 9, id, 0, 4), 2);
    CHECK_EQ(id[0], 0xFFFF);
    CHECK_EQ(pnp_unplug(&card.device, false), STATUS_SUCCESS);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(config_space_is_read_through_interface_and_hal)
{
    run_in_computer(1, config_space);
}

static void power_requested(void);
static unsigned power_done;

static VOID NTAPI power_complete(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                                 PIO_STATUS_BLOCK iosb)
{
    (void)device;
    CHECK_EQ(minor, IRP_MN_SET_POWER);
    CHECK_EQ(iosb->Status, STATUS_SUCCESS);
    CHECK_EQ(state.DeviceState, *(DEVICE_POWER_STATE *)context);
    power_done++;
}

static void power_requested(void)
{
    DEVICE_POWER_STATE wanted = PowerDeviceD3;
    POWER_STATE state = { .DeviceState = wanted };

    load();
    card_init(&card);
    power_done = 0;
    CHECK_EQ(pnp_plug(&card.device, NULL), STATUS_SUCCESS);
    CHECK_EQ(PoRequestPowerIrp(seen.fdo, IRP_MN_SET_POWER, state, power_complete, &wanted, NULL), STATUS_PENDING);
    CHECK_EQ(power_done, 1);
    CHECK_EQ(pci_power_state(&card.device), 3);
    wanted = state.DeviceState = PowerDeviceD0;
    CHECK_EQ(PoRequestPowerIrp(seen.fdo, IRP_MN_SET_POWER, state, power_complete, &wanted, NULL), STATUS_PENDING);
    CHECK_EQ(pci_power_state(&card.device), 0);
    msix_notify(&card.msix, 2);
    ke_settle();
    CHECK_EQ(seen.interrupts[2], 1);
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_EQ(po_system_state(), PowerSystemSleeping3);
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_EQ(pnp_unplug(&card.device, false), STATUS_SUCCESS);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(power_irps_reach_the_card_and_come_back)
{
    run_in_computer(1, power_requested);
}

static void properties(void)
{
    WCHAR text[128];
    ULONG size;
    HANDLE key;

    load();
    card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, NULL), STATUS_SUCCESS);
    CHECK_EQ(IoGetDeviceProperty(seen.pdo, DevicePropertyEnumeratorName, sizeof(text), text, &size), STATUS_SUCCESS);
    CHECK_EQ(size, 8);
    CHECK_EQ(memcmp(text, u"PCI", 8), 0);
    CHECK_EQ(IoGetDeviceProperty(seen.pdo, DevicePropertyHardwareID, 4, text, &size), STATUS_BUFFER_TOO_SMALL);
    CHECK(size > 100);
    CHECK_EQ(IoGetDeviceProperty(seen.fdo, DevicePropertyAddress, sizeof(text), text, &size),
             STATUS_INVALID_DEVICE_REQUEST);
    CHECK_EQ(IoOpenDeviceRegistryKey(seen.pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &key), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(key), STATUS_SUCCESS);
    CHECK(cm_key(NULL, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}\\0000",
                 false) != NULL);
    CHECK_EQ(pnp_unplug(&card.device, false), STATUS_SUCCESS);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

TEST(properties_and_keys_of_a_device)
{
    run_in_computer(1, properties);
}

/* ---- interfaces of a device that starts and goes ---- */

static NTSTATUS NTAPI interface_changed(PVOID notification, PVOID context)
{
    PDEVICE_INTERFACE_CHANGE_NOTIFICATION change = notification;
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;

    (void)context;
    if (change->Event.Data1 != 0xcb3a4004) {        /* GUID_DEVICE_INTERFACE_ARRIVAL */
        seen.removals++;
        return STATUS_SUCCESS;
    }
    seen.arrivals++;
    CHECK_EQ(IoGetDeviceObjectPointer(change->SymbolicLinkName, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);
    CHECK(device == seen.fdo);
    ObDereferenceObject(file);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI add_with_interface(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo)
{
    UNICODE_STRING same, bad = { 4, 4, (PWCH)u"a/" };

    CHECK_EQ(add_device(object, pdo), STATUS_SUCCESS);
    CHECK_EQ(IoRegisterDeviceInterface(pdo, &interface_guid, &bad, &same), STATUS_INVALID_DEVICE_REQUEST);
    CHECK_EQ(IoRegisterDeviceInterface(pdo, &interface_guid, NULL, &seen.link), STATUS_SUCCESS);
    CHECK_EQ(IoRegisterDeviceInterface(pdo, &interface_guid, NULL, &same), STATUS_OBJECT_NAME_EXISTS);
    RtlFreeUnicodeString(&same);
    return STATUS_SUCCESS;
}

static void watch_interface(bool surprise)
{
    PVOID registration;

    load();
    driver->object.DriverExtension->AddDevice = add_with_interface;
    CHECK_EQ(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, (PVOID)&interface_guid, &driver->object,
                                            interface_changed, NULL, &registration), STATUS_SUCCESS);
    card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, NULL), STATUS_SUCCESS);
    CHECK_EQ(seen.opened, STATUS_NO_SUCH_DEVICE);
    CHECK_EQ(seen.arrivals, 1);
    CHECK_EQ(pnp_unplug(&card.device, surprise), STATUS_SUCCESS);
    CHECK_EQ(seen.disabled, STATUS_SUCCESS);
    CHECK_EQ(seen.removals, 1);
    CHECK_EQ(IoUnregisterPlugPlayNotification(registration), STATUS_SUCCESS);
    RtlFreeUnicodeString(&seen.link);
    seen.link.Buffer = NULL;
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

static void watch_removal(void)
{
    watch_interface(false);
}

static void watch_surprise(void)
{
    watch_interface(true);
}

TEST(an_interface_is_announced_after_start_and_disabled_by_the_driver_in_its_removal)
{
    run_in_computer(1, watch_removal);
}

TEST(an_interface_is_disabled_by_the_driver_in_a_surprise_removal)
{
    run_in_computer(1, watch_surprise);
}
