/* Bus drivers: resources that a child needs and has, who is ejected with it, and its requests in queues of the bus; and function
 * drivers that change the requirements of their device.
 * docs: wdf/modifying-a-resource-requirements-list, wdfpdo/ns-wdfpdo-_wdf_pdo_event_callbacks,
 * wdfrequest/nf-wdfrequest-wdfrequestforwardtoparentdeviceioqueue */
#define INITGUID
#include "wdf_helpers.h"

#include "helpers.h"
#include "wdf_pnp_helpers.h"

DEFINE_GUID(GUID_R3_MORE, 0x8d5a1f60, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x81);

static PDEVICE_OBJECT pdo;
static WDFDEVICE bus;
static WDFQUEUE bus_queue, child_queue;
static BOOLEAN forwards;
static NTSTATUS forwarded;
static ULONG at_bus, added, removed;

static IO_RESOURCE_DESCRIPTOR Memory(ULONGLONG from, ULONG length)
{
    IO_RESOURCE_DESCRIPTOR d;

    RtlZeroMemory(&d, sizeof(d));
    d.Type = CmResourceTypeMemory;
    d.ShareDisposition = CmResourceShareDeviceExclusive;
    d.u.Memory.Length = length;
    d.u.Memory.Alignment = 1;
    d.u.Memory.MinimumAddress.QuadPart = (LONGLONG)from;
    d.u.Memory.MaximumAddress.QuadPart = (LONGLONG)(from + length - 1);
    return d;
}

static IO_RESOURCE_DESCRIPTOR Line(ULONG vector)
{
    IO_RESOURCE_DESCRIPTOR d;

    RtlZeroMemory(&d, sizeof(d));
    d.Type = CmResourceTypeInterrupt;
    d.u.Interrupt.MinimumVector = d.u.Interrupt.MaximumVector = vector;
    return d;
}

/* Two configurations, made with every way to put something in and to take it out: (memory 0x1000, line 5), (line 9). */
static NTSTATUS NTAPI Requirements(WDFDEVICE Device, WDFIORESREQLIST List)
{
    IO_RESOURCE_DESCRIPTOR memory = Memory(0x1000, 0x100), other = Memory(0x9000, 0x10), five = Line(5), nine = Line(9);
    WDFIORESLIST first, second, extra;

    WdfIoResourceRequirementsListSetInterfaceType(List, PNPBus);
    WdfIoResourceRequirementsListSetSlotNumber(List, 3);
    if (!NT_SUCCESS(WdfIoResourceListCreate(List, NULL, &first)))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(WdfIoResourceListCreate(List, NULL, &second)))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(WdfIoResourceListCreate(List, NULL, &extra)))
        return STATUS_INSUFFICIENT_RESOURCES;
    EXPECT_EQ(WdfIoResourceListAppendDescriptor(first, &nine), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoResourceListInsertDescriptor(first, &other, 0), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoResourceListInsertDescriptor(first, &memory, 0), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoResourceListGetCount(first), 3);
    EXPECT_EQ(WdfIoResourceListGetDescriptor(first, 1)->u.Memory.MinimumAddress.QuadPart, 0x9000);
    EXPECT(WdfIoResourceListGetDescriptor(first, 3) == NULL);
    WdfIoResourceListUpdateDescriptor(first, &five, 2);
    WdfIoResourceListRemove(first, 1);
    EXPECT_EQ(WdfIoResourceListGetCount(first), 2);
    EXPECT_EQ(WdfIoResourceListAppendDescriptor(second, &five), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoResourceListAppendDescriptor(second, &nine), STATUS_SUCCESS);
    WdfIoResourceListRemoveByDescriptor(second, WdfIoResourceListGetDescriptor(second, 0));
    EXPECT_EQ(WdfIoResourceRequirementsListAppendIoResList(List, second), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoResourceRequirementsListInsertIoResList(List, first, 0), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoResourceRequirementsListAppendIoResList(List, extra), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoResourceRequirementsListGetCount(List), 3);
    EXPECT(WdfIoResourceRequirementsListGetIoResList(List, 1) == second);
    EXPECT(WdfIoResourceRequirementsListGetIoResList(List, 3) == NULL);
    WdfIoResourceRequirementsListRemoveByIoResList(List, extra);
    if (!NT_SUCCESS(WdfIoResourceListCreate(List, NULL, &extra)))
        return STATUS_INSUFFICIENT_RESOURCES;
    EXPECT_EQ(WdfIoResourceRequirementsListInsertIoResList(List, extra, 1), STATUS_SUCCESS);
    EXPECT(WdfIoResourceRequirementsListGetIoResList(List, 1) == extra);
    WdfIoResourceRequirementsListRemove(List, 1);
    EXPECT(WdfIoResourceRequirementsListGetIoResList(List, 1) == second);
    EXPECT_EQ(WdfIoResourceRequirementsListGetCount(List), 2);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Resources(WDFDEVICE Device, WDFCMRESLIST List)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR d;

    RtlZeroMemory(&d, sizeof(d));
    d.Type = CmResourceTypeMemory;
    d.u.Memory.Start.QuadPart = 0x1000;
    d.u.Memory.Length = 0x100;
    return WdfCmResourceListAppendDescriptor(List, &d);
}

/* --- requests ---- */

static VOID NTAPI AtChild(WDFQUEUE Queue, WDFREQUEST Request, size_t Out, size_t In, ULONG Code)
{
    WDF_REQUEST_FORWARD_OPTIONS options;

    WDF_REQUEST_FORWARD_OPTIONS_INIT(&options);
    if (Code == 1)
        options.Size = 1;
    forwarded = WdfRequestForwardToParentDeviceIoQueue(Request, Code == 2 ? child_queue : bus_queue, &options);
    if (!NT_SUCCESS(forwarded))
        WdfRequestComplete(Request, forwarded);
}

static VOID NTAPI AtBus(WDFQUEUE Queue, WDFREQUEST Request, size_t Out, size_t In, ULONG Code)
{
    at_bus++;
    EXPECT(WdfIoQueueGetDevice(Queue) == bus);
    EXPECT(WdfRequestGetIoQueue(Request) == Queue);
    EXPECT_EQ(Code, 0x40);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 7);
}

/* --- the function driver of the bus ---- */

static NTSTATUS NTAPI AddRequirements(WDFDEVICE Device, WDFIORESREQLIST List)
{
    IO_RESOURCE_DESCRIPTOR memory = Memory(0x5000, 0x20);

    added++;
    for (ULONG n = 0; n < WdfIoResourceRequirementsListGetCount(List); n++) {
        WDFIORESLIST configuration = WdfIoResourceRequirementsListGetIoResList(List, n);

        EXPECT_EQ(WdfIoResourceListAppendDescriptor(configuration, &memory), STATUS_SUCCESS);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI RemoveRequirements(WDFDEVICE Device, WDFIORESREQLIST List)
{
    removed++;
    for (ULONG n = 0; n < WdfIoResourceRequirementsListGetCount(List); n++) {
        WDFIORESLIST configuration = WdfIoResourceRequirementsListGetIoResList(List, n);

        for (ULONG i = WdfIoResourceListGetCount(configuration); i-- > 0;)
            if (WdfIoResourceListGetDescriptor(configuration, i)->Type == CmResourceTypeInterrupt)
                WdfIoResourceListRemove(configuration, i);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_FDO_EVENT_CALLBACKS fdo;
    WDF_IO_QUEUE_CONFIG config;
    NTSTATUS status;

    WDF_FDO_EVENT_CALLBACKS_INIT(&fdo);
    fdo.EvtDeviceFilterAddResourceRequirements = AddRequirements;
    fdo.EvtDeviceFilterRemoveResourceRequirements = RemoveRequirements;
    WdfFdoInitSetEventCallbacks(Init, &fdo);
    status = WdfDeviceCreate(&Init, NULL, &bus);
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = AtBus;
    return NT_SUCCESS(status) ? WdfIoQueueCreate(bus, &config, NULL, &bus_queue) : status;
}

static NTSTATUS AddChild(WDFDEVICE *child)
{
    DECLARE_CONST_UNICODE_STRING(id, L"R3BUS\\More");
    DECLARE_CONST_UNICODE_STRING(instance, L"1");
    PWDFDEVICE_INIT init = WdfPdoInitAllocate(bus);
    WDF_PDO_EVENT_CALLBACKS events;
    WDF_IO_QUEUE_CONFIG config;
    NTSTATUS status;

    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    WDF_PDO_EVENT_CALLBACKS_INIT(&events);
    events.EvtDeviceResourceRequirementsQuery = Requirements;
    events.EvtDeviceResourcesQuery = Resources;
    WdfPdoInitSetEventCallbacks(init, &events);
    if (forwards)
        WdfPdoInitAllowForwardingRequestToParent(init);
    status = WdfPdoInitAssignDeviceID(init, &id);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAssignInstanceID(init, &instance);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAssignRawDevice(init, &GUID_R3_MORE);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&init, NULL, child);
    if (!NT_SUCCESS(status)) {
        WdfDeviceInitFree(init);
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = AtChild;
    config.PowerManaged = WdfFalse;
    status = WdfIoQueueCreate(*child, &config, NULL, &child_queue);
    return NT_SUCCESS(status) ? WdfFdoAddStaticChild(bus, *child) : status;
}

static BOOLEAN Begin(void)
{
    at_bus = added = removed = 0;
    return NT_SUCCESS(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo)) &&
           NT_SUCCESS(Pnp(pdo, IRP_MN_START_DEVICE));
}

static VOID End(void)
{
    EXPECT_EQ(Pnp(pdo, IRP_MN_REMOVE_DEVICE), STATUS_SUCCESS);
}

TEST_SETUP(setup)
{
    WDF_DRIVER_CONFIG config;

    test_unload = TestDriverObject->DriverUnload;
    WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
    config.EvtDriverUnload = EvtUnload;
    REQUIRE(NT_SUCCESS(WdfDriverCreate(TestDriverObject, TestRegistryPath, NULL, &config, &driver)));
    REQUIRE(NT_SUCCESS(IoReportDetectedDevice(TestDriverObject, InterfaceTypeUndefined, (ULONG)-1, (ULONG)-1, NULL, NULL, FALSE,
                                              &pdo)));
}

/* --- tests ---- */

TEST_CASE(a_child_says_what_resources_it_could_use)
{
    PIO_RESOURCE_REQUIREMENTS_LIST list;
    PIO_RESOURCE_LIST second;
    ULONG_PTR answer = 0;
    WDFDEVICE child;

    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(AddChild(&child)));
    REQUIRE(NT_SUCCESS(Ask(WdfDeviceWdmGetDeviceObject(child), IRP_MN_QUERY_RESOURCE_REQUIREMENTS, NULL, &answer)));
    list = (PIO_RESOURCE_REQUIREMENTS_LIST)answer;
    REQUIRE(list != NULL);
    EXPECT_EQ(list->InterfaceType, PNPBus);
    EXPECT_EQ(list->SlotNumber, 3);
    EXPECT_EQ(list->AlternativeLists, 2);
    EXPECT_EQ(list->List[0].Count, 2);
    EXPECT_EQ(list->List[0].Descriptors[0].u.Memory.MinimumAddress.QuadPart, 0x1000);
    EXPECT_EQ(list->List[0].Descriptors[1].u.Interrupt.MinimumVector, 5);
    second = (PIO_RESOURCE_LIST)&list->List[0].Descriptors[2];
    EXPECT_EQ(second->Count, 1);
    EXPECT_EQ(second->Descriptors[0].u.Interrupt.MinimumVector, 9);
    EXPECT(list->ListSize >= (ULONG)((PUCHAR)&second->Descriptors[1] - (PUCHAR)list));
    ExFreePool(list);
    End();
}

TEST_CASE(a_child_says_what_resources_it_has)
{
    PCM_RESOURCE_LIST list;
    ULONG_PTR answer = 0;
    WDFDEVICE child;

    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(AddChild(&child)));
    REQUIRE(NT_SUCCESS(Ask(WdfDeviceWdmGetDeviceObject(child), IRP_MN_QUERY_RESOURCES, NULL, &answer)));
    list = (PCM_RESOURCE_LIST)answer;
    REQUIRE(list != NULL);
    EXPECT_EQ(list->Count, 1);
    EXPECT_EQ(list->List[0].PartialResourceList.Count, 1);
    EXPECT_EQ(list->List[0].PartialResourceList.PartialDescriptors[0].u.Memory.Start.QuadPart, 0x1000);
    ExFreePool(list);
    End();
}

/* How many devices go with the child. */
static LONG EjectedWith(WDFDEVICE child, PDEVICE_OBJECT wanted)
{
    IO_STACK_LOCATION parameters = {0};
    PDEVICE_RELATIONS relations;
    ULONG_PTR answer = 0;
    LONG count = 0;

    parameters.Parameters.QueryDeviceRelations.Type = EjectionRelations;
    if (!NT_SUCCESS(Ask(WdfDeviceWdmGetDeviceObject(child), IRP_MN_QUERY_DEVICE_RELATIONS, &parameters, &answer)))
        return 0;
    relations = (PDEVICE_RELATIONS)answer;
    if (relations == NULL)
        return 0;
    for (ULONG n = 0; n < relations->Count; n++, count++) {
        EXPECT(relations->Objects[n] == wanted);
        ObDereferenceObject(relations->Objects[n]);
    }
    ExFreePool(relations);
    return count;
}

TEST_CASE(devices_that_go_with_a_child_are_told)
{
    WDFDEVICE child;

    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(AddChild(&child)));
    EXPECT_EQ(EjectedWith(child, NULL), 0);
    EXPECT_EQ(WdfPdoAddEjectionRelationsPhysicalDevice(child, pdo), STATUS_SUCCESS);
    EXPECT_EQ(WdfPdoAddEjectionRelationsPhysicalDevice(child, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(EjectedWith(child, pdo), 1);
    WdfPdoRemoveEjectionRelationsPhysicalDevice(child, pdo);
    EXPECT_EQ(EjectedWith(child, NULL), 0);
    EXPECT_EQ(WdfPdoAddEjectionRelationsPhysicalDevice(child, pdo), STATUS_SUCCESS);
    WdfPdoClearEjectionRelationsDevices(child);
    EXPECT_EQ(EjectedWith(child, NULL), 0);
    EXPECT_EQ(WdfPdoAddEjectionRelationsPhysicalDevice(child, pdo), STATUS_SUCCESS);     /* left to the end */
    End();
}

static NTSTATUS Control(WDFDEVICE child, ULONG code, ULONG_PTR *information)
{
    PDEVICE_OBJECT top = WdfDeviceWdmGetDeviceObject(child);
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(code, top, NULL, 0, NULL, 0, FALSE, &event, &iosb);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoCallDriver(top, irp);
    WaitFor(&event);
    *information = iosb.Information;
    return iosb.Status;
}

TEST_CASE(a_request_of_a_child_is_answered_by_its_bus)
{
    ULONG_PTR information = 0;
    WDFDEVICE child;

    forwards = TRUE;
    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(AddChild(&child)));
    EXPECT_EQ(Pnp(WdfDeviceWdmGetDeviceObject(child), IRP_MN_START_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(Control(child, 0x40, &information), STATUS_SUCCESS);
    EXPECT_EQ(information, 7);
    EXPECT_EQ(at_bus, 1);
    EXPECT_EQ(Control(child, 1, &information), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(Control(child, 2, &information), STATUS_INVALID_DEVICE_REQUEST);
    WdfIoQueueDrain(bus_queue, NULL, NULL);
    EXPECT_EQ(Control(child, 0x40, &information), STATUS_WDF_BUSY);
    EXPECT_EQ(at_bus, 1);
    End();
}

TEST_CASE(without_leave_no_request_goes_to_the_bus)
{
    ULONG_PTR information = 0;
    WDFDEVICE child;

    forwards = FALSE;
    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(AddChild(&child)));
    EXPECT_EQ(Pnp(WdfDeviceWdmGetDeviceObject(child), IRP_MN_START_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(Control(child, 0x40, &information), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(at_bus, 0);
    End();
}

TEST_CASE(a_function_driver_takes_out_and_adds_requirements)
{
    IO_STACK_LOCATION parameters = {0};
    PIO_RESOURCE_REQUIREMENTS_LIST list;
    ULONG_PTR answer = 0;

    REQUIRE(Begin());
    list = (PIO_RESOURCE_REQUIREMENTS_LIST)ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*list) + sizeof(IO_RESOURCE_DESCRIPTOR), 'tseT');
    REQUIRE(list != NULL);
    list->ListSize = sizeof(*list) + sizeof(IO_RESOURCE_DESCRIPTOR);
    list->InterfaceType = Isa;
    list->AlternativeLists = 1;
    list->List[0].Version = list->List[0].Revision = 1;
    list->List[0].Count = 2;
    list->List[0].Descriptors[0] = Line(4);
    list->List[0].Descriptors[1] = Memory(0x2000, 0x10);
    parameters.Parameters.FilterResourceRequirements.IoResourceRequirementList = list;
    EXPECT_EQ(Ask(pdo, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, &parameters, &answer), STATUS_SUCCESS);
    EXPECT_EQ(removed, 1);
    EXPECT_EQ(added, 1);
    list = (PIO_RESOURCE_REQUIREMENTS_LIST)answer;
    if (list != NULL) {
        EXPECT_EQ(list->InterfaceType, Isa);
        EXPECT_EQ(list->AlternativeLists, 1);
        EXPECT_EQ(list->List[0].Count, 2);
        EXPECT_EQ(list->List[0].Descriptors[0].u.Memory.MinimumAddress.QuadPart, 0x2000);
        EXPECT_EQ(list->List[0].Descriptors[1].u.Memory.MinimumAddress.QuadPart, 0x5000);
        ExFreePool(list);
    }
    End();
}
