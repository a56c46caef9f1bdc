/* Plain MSI from the capability to the service routine, and what a device gets when messages are short. */
#include "io_fixture.h"

#define CARDS 8

static struct {
    ULONG want;                         /* messages the filter asks for; 0: what the bus proposes */
    PDEVICE_OBJECT pdo[CARDS], lower[CARDS];
    unsigned cards, message_descriptors, line_descriptors;
    IO_RESOURCE_DESCRIPTOR proposed;
    CM_PARTIAL_RESOURCE_DESCRIPTOR raw, translated;
    unsigned interrupts[32];
} seen;

static struct io_driver *driver;
static struct card cards[CARDS];

static void look(PCM_PARTIAL_RESOURCE_LIST list, CM_PARTIAL_RESOURCE_DESCRIPTOR *first)
{
    seen.message_descriptors = seen.line_descriptors = 0;
    for (ULONG n = 0; n < list->Count; n++) {
        CM_PARTIAL_RESOURCE_DESCRIPTOR *d = &list->PartialDescriptors[n];

        if (d->Type != CmResourceTypeInterrupt)
            continue;
        if (!(d->Flags & CM_RESOURCE_INTERRUPT_MESSAGE))
            seen.line_descriptors++;
        else if (seen.message_descriptors++ == 0)
            *first = *d;
    }
}

static void filter(PIO_RESOURCE_REQUIREMENTS_LIST r)
{
    PIO_RESOURCE_LIST list = r->List;

    for (ULONG n = 0; n < list->Count; n++) {
        PIO_RESOURCE_DESCRIPTOR d = &list->Descriptors[n];

        if (d->Type != CmResourceTypeInterrupt || !(d->Flags & CM_RESOURCE_INTERRUPT_MESSAGE))
            continue;
        seen.proposed = *d;
        if (seen.want != 0)
            d->u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - seen.want + 1;
    }
}

static unsigned card_of(PDEVICE_OBJECT fdo)
{
    return *(unsigned *)fdo->DeviceExtension;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT fdo, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    PDEVICE_OBJECT lower = seen.lower[card_of(fdo)];
    NTSTATUS status;

    switch (s->MinorFunction) {
    case IRP_MN_START_DEVICE:
        CHECK(IoForwardIrpSynchronously(lower, irp));
        look(&s->Parameters.StartDevice.AllocatedResources->List[0].PartialResourceList, &seen.raw);
        look(&s->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList, &seen.translated);
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
        CHECK(IoForwardIrpSynchronously(lower, irp));
        filter(s->Parameters.FilterResourceRequirements.IoResourceRequirementList);
        status = irp->IoStatus.Status;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return status;
    case IRP_MN_REMOVE_DEVICE:
        IoSkipCurrentIrpStackLocation(irp);
        status = IoCallDriver(lower, irp);
        IoDetachDevice(lower);
        IoDeleteDevice(fdo);
        return status;
    case IRP_MN_QUERY_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    }
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(lower, irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT fdo;

    CHECK_EQ(IoCreateDevice(object, sizeof(unsigned), NULL, FILE_DEVICE_NETWORK, 0, FALSE, &fdo), STATUS_SUCCESS);
    *(unsigned *)fdo->DeviceExtension = seen.cards;
    seen.pdo[seen.cards] = pdo;
    seen.lower[seen.cards++] = IoAttachDeviceToDeviceStack(fdo, pdo);
    fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    (void)path;
    object->DriverExtension->AddDevice = add_device;
    object->MajorFunction[IRP_MJ_PNP] = dispatch;
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

static void plug_msi(struct card *card, unsigned count, bool maskable)
{
    struct pnp_node *node;

    card_init_without_messages(card);
    msi_init(&card->msi, &card->device, count, maskable);
    CHECK_EQ(pnp_plug(&card->device, &node), STATUS_SUCCESS);
    CHECK_EQ(node->start_status, STATUS_SUCCESS);
}

static void unplug_all(void)
{
    for (unsigned n = seen.cards; n > 0; n--)
        CHECK_EQ(pnp_unplug(&cards[n - 1].device, false), STATUS_SUCCESS);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

static BOOLEAN NTAPI service(struct _KINTERRUPT *interrupt, PVOID context, ULONG message)
{
    (void)interrupt;
    (void)context;
    seen.interrupts[message]++;
    return TRUE;
}

static PIO_INTERRUPT_MESSAGE_INFO connect_all(void)
{
    PIO_INTERRUPT_MESSAGE_INFO table = NULL;
    IO_CONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_MESSAGE_BASED };

    p.MessageBased.PhysicalDeviceObject = seen.pdo[0];
    p.MessageBased.ConnectionContext.InterruptMessageTable = &table;
    p.MessageBased.MessageServiceRoutine = service;
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    CHECK_EQ(p.Version, CONNECT_MESSAGE_BASED);
    return table;
}

static void disconnect_all(PIO_INTERRUPT_MESSAGE_INFO table)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_MESSAGE_BASED };

    p.ConnectionContext.InterruptMessageTable = table;
    IoDisconnectInterruptEx(&p);
}

static void settle(void)
{
    for (unsigned n = 0; n < 100; n++) {
        ke_settle();
        ke_spin_turn();
    }
}

static void many(unsigned count, bool maskable)
{
    PIO_INTERRUPT_MESSAGE_INFO table;

    load();
    plug_msi(&cards[0], count, maskable);
    CHECK_EQ(seen.proposed.u.Interrupt.MaximumVector, CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN);
    CHECK_EQ(seen.proposed.u.Interrupt.MinimumVector, CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - count + 1);
    CHECK_EQ(seen.message_descriptors, 1);
    CHECK_EQ(seen.raw.u.MessageInterrupt.Raw.MessageCount, count);
    msi_notify(&cards[0].msi, 0);       /* nobody is connected: nothing is enabled */
    table = connect_all();
    CHECK_EQ(table->MessageCount, count);
    CHECK_EQ(table->MessageInfo[0].Vector, seen.translated.u.MessageInterrupt.Translated.Vector);
    for (unsigned n = 0; n < count; n++) {
        CHECK_EQ(table->MessageInfo[n].MessageAddress.QuadPart, table->MessageInfo[0].MessageAddress.QuadPart);
        CHECK_EQ(table->MessageInfo[n].MessageData, table->MessageInfo[0].MessageData | n);
        msi_notify(&cards[0].msi, n);
    }
    settle();
    for (unsigned n = 0; n < count; n++)
        CHECK_EQ(seen.interrupts[n], 1);
    disconnect_all(table);
    CHECK(!cards[0].msi.enabled);
    unplug_all();
}

static void every_count(void)
{
    for (unsigned count = 1; count <= 32; count *= 2) {
        many(count, false);
        many(count, true);
    }
}

TEST(each_message_of_plain_msi_reaches_its_service_routine)
{
    run_in_computer(1, every_count);
    run_in_computer(2, every_count);
}

/* The translated descriptor is that of the first message; the others stay masked, or are nobody's. */
static BOOLEAN NTAPI first_service(struct _KINTERRUPT *interrupt, PVOID context)
{
    (void)interrupt;
    ++*(unsigned *)context;
    return TRUE;
}

static void fully_specified(void)
{
    static unsigned calls;
    PKINTERRUPT interrupt;
    IO_CONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_FULLY_SPECIFIED };
    IO_DISCONNECT_INTERRUPT_PARAMETERS d = { .Version = CONNECT_FULLY_SPECIFIED };

    calls = 0;
    load();
    plug_msi(&cards[0], 4, true);
    p.FullySpecified.PhysicalDeviceObject = seen.pdo[0];
    p.FullySpecified.InterruptObject = &interrupt;
    p.FullySpecified.ServiceRoutine = first_service;
    p.FullySpecified.ServiceContext = &calls;
    p.FullySpecified.Vector = seen.translated.u.MessageInterrupt.Translated.Vector;
    p.FullySpecified.Irql = p.FullySpecified.SynchronizeIrql = (KIRQL)seen.translated.u.MessageInterrupt.Translated.Level;
    p.FullySpecified.ProcessorEnableMask = seen.translated.u.MessageInterrupt.Translated.Affinity;
    p.FullySpecified.InterruptMode = Latched;
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    msi_notify(&cards[0].msi, 0);
    msi_notify(&cards[0].msi, 2);
    settle();
    CHECK_EQ(calls, 1);
    CHECK_EQ(cards[0].msi.pending, 4);
    d.ConnectionContext.InterruptObject = interrupt;
    IoDisconnectInterruptEx(&d);
    CHECK(!cards[0].msi.enabled);
    unplug_all();
}

TEST(a_fully_specified_connection_takes_the_first_message)
{
    run_in_computer(1, fully_specified);
}

static void filtered(void)
{
    static const struct { ULONG want, get; } cases[] = { { 1, 1 }, { 2, 2 }, { 4, 4 }, { 3, 1 }, { 8, 1 } };

    for (unsigned n = 0; n < countof(cases); n++) {
        load();
        seen.want = cases[n].want;
        plug_msi(&cards[0], 4, false);
        CHECK_EQ(seen.raw.u.MessageInterrupt.Raw.MessageCount, cases[n].get);
        unplug_all();
    }
}

TEST(a_driver_may_ask_for_fewer_messages_and_gets_one_when_it_asks_for_what_cannot_be)
{
    run_in_computer(1, filtered);
}

static void limited(void)
{
    struct cm_key *key = cm_key(NULL, "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\VEN_1234&DEV_5678&SUBSYS_00011234&REV_02\\"
                                "3&11583659&0&08\\Device Parameters\\Interrupt Management\\MessageSignaledInterruptProperties", true);

    CHECK(cm_set_dword(key, "MSISupported", 1));
    CHECK(cm_set_dword(key, "MessageNumberLimit", 3));
    load();
    plug_msi(&cards[0], 16, false);
    CHECK_EQ(seen.raw.u.MessageInterrupt.Raw.MessageCount, 2);
    unplug_all();
}

TEST(a_limit_in_the_registry_is_rounded_to_what_msi_can_be)
{
    run_in_computer(1, limited);
}

/* One processor has 96 vectors for messages. */
static void short_of_messages(void)
{
    load();
    for (unsigned n = 0; n < 2; n++) {
        card_init_without_messages(&cards[n]);
        msix_init(&cards[n].msix, &cards[n].device, n == 0 ? 60 : 64, 0, 0x1000, 0x2000);
        CHECK_EQ(pnp_plug(&cards[n].device, NULL), STATUS_SUCCESS);
        CHECK_EQ(seen.message_descriptors, n == 0 ? 60 : 1);
    }
    card_init_without_messages(&cards[2]);
    msix_init(&cards[2].msix, &cards[2].device, 35, 0, 0x1000, 0x2000);
    CHECK_EQ(pnp_plug(&cards[2].device, NULL), STATUS_SUCCESS);
    CHECK_EQ(seen.message_descriptors, 35);
    plug_msi(&cards[3], 2, true);
    CHECK_EQ(seen.message_descriptors, 0);
    CHECK_EQ(seen.line_descriptors, 1);
    unplug_all();
}

TEST(a_device_gets_one_message_when_not_all_are_to_be_had_and_then_its_line)
{
    run_in_computer(1, short_of_messages);
}

static void after_sleep(void)
{
    PIO_INTERRUPT_MESSAGE_INFO table;

    load();
    plug_msi(&cards[0], 2, true);
    table = connect_all();
    msi_reset(&cards[0].msi);           /* what a device forgets in D3 */
    pci_reset(&cards[0].device);
    hal_assign_bars(&cards[0].device);
    pci_config_write(&cards[0].device, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    hal_restore_messages(pnp_node_of_device(&cards[0].device));
    msi_notify(&cards[0].msi, 1);
    settle();
    CHECK_EQ(seen.interrupts[1], 1);
    disconnect_all(table);
    unplug_all();
}

TEST(a_device_that_comes_back_to_d0_sends_messages_again)
{
    run_in_computer(1, after_sleep);
}
