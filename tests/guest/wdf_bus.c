/* Bus drivers with static enumeration: what a PDO says of itself, its life, and the parent's list. The test starts
 * devices by hand; the PnP manager enumerates.
 * docs: wdf/static-enumeration, wdf/enumerating-the-devices-on-a-bus, kernel/pnp-minor-irps */
#define INITGUID
#include "wdf_helpers.h"

#include "helpers.h"
#include "wdf_pnp_helpers.h"

DEFINE_GUID(GUID_R3_BUS, 0x8d5a1f60, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x80);

static PDEVICE_OBJECT pdo;
static WDFDEVICE bus;
static ULONG entered, left, reported_missing, destroyed, asked;
static NTSTATUS init_status;

static NTSTATUS NTAPI D0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState)
{
    entered++;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI D0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState)
{
    left++;
    return STATUS_SUCCESS;
}

static VOID NTAPI ReportedMissing(WDFDEVICE Device)
{
    reported_missing++;
}

static NTSTATUS NTAPI Eject(WDFDEVICE Device)
{
    return STATUS_SUCCESS;
}

static VOID NTAPI Destroyed(WDFOBJECT Object)
{
    destroyed++;
}

static VOID NTAPI Control(WDFQUEUE Queue, WDFREQUEST Request, size_t Out, size_t In, ULONG Code)
{
    asked++;
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

static NTSTATUS NTAPI DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(id, L"R3\\Wrong");
    PNP_BUS_INFORMATION information = { GUID_R3_BUS, InternalPowerBus, 5 };
    NTSTATUS status;

    init_status = WdfPdoInitAssignDeviceID(Init, &id);
    status = WdfDeviceCreate(&Init, NULL, &bus);
    if (NT_SUCCESS(status))
        WdfDeviceSetBusInformationForChildren(bus, &information);
    return status;
}

/* The PnP manager has done what changes of the bus ask of it. */
static VOID Settle(void)
{
    LARGE_INTEGER delay = { .QuadPart = -20 * 10000 };

    KeDelayExecutionThread(KernelMode, FALSE, &delay);
}

/* Whether the bus reports a child among its relations. -1: not enough memory. */
static LONG Reports(PDEVICE_OBJECT child)
{
    IO_STACK_LOCATION parameters = { 0 };
    PDEVICE_RELATIONS relations;
    ULONG_PTR information = 0;
    LONG found = 0;

    parameters.Parameters.QueryDeviceRelations.Type = BusRelations;
    if (!NT_SUCCESS(Ask(pdo, IRP_MN_QUERY_DEVICE_RELATIONS, &parameters, &information)))
        return -1;
    relations = (PDEVICE_RELATIONS)information;
    for (ULONG i = 0; relations != NULL && i < relations->Count; i++) {
        found += relations->Objects[i] == child;
        ObDereferenceObject(relations->Objects[i]);
    }
    if (relations != NULL)
        ExFreePool(relations);
    return found;
}

static NTSTATUS Describe(PWDFDEVICE_INIT init)
{
    DECLARE_CONST_UNICODE_STRING(id, L"R3BUS\\Child");
    DECLARE_CONST_UNICODE_STRING(other, L"R3BUS\\Any");
    DECLARE_CONST_UNICODE_STRING(instance, L"07");
    DECLARE_CONST_UNICODE_STRING(text, L"Test child");
    DECLARE_CONST_UNICODE_STRING(fremd, L"Testkind");
    DECLARE_CONST_UNICODE_STRING(location, L"Slot 7");
    NTSTATUS status = WdfPdoInitAssignDeviceID(init, &id);

    if (NT_SUCCESS(status))
        status = WdfPdoInitAssignInstanceID(init, &instance);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAddHardwareID(init, &id);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAddHardwareID(init, &other);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAddDeviceText(init, &text, &location, 0x409);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAddDeviceText(init, &fremd, &location, 0x407);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAssignRawDevice(init, &GUID_R3_BUS);
    WdfPdoInitSetDefaultLocale(init, 0x409);
    return status;
}

static NTSTATUS MakeChild(WDFDEVICE *child)
{
    PWDFDEVICE_INIT init = WdfPdoInitAllocate(bus);
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_DEVICE_PNP_CAPABILITIES caps;
    WDF_PDO_EVENT_CALLBACKS events;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    NTSTATUS status;

    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceD0Entry = D0Entry;
    pnp.EvtDeviceD0Exit = D0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    WDF_PDO_EVENT_CALLBACKS_INIT(&events);
    events.EvtDeviceReportedMissing = ReportedMissing;
    events.EvtDeviceEject = Eject;
    WdfPdoInitSetEventCallbacks(init, &events);
    status = Describe(init);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtDestroyCallback = Destroyed;
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&init, &attributes, child);
    if (!NT_SUCCESS(status)) {
        WdfDeviceInitFree(init);
        return status;
    }
    WDF_DEVICE_PNP_CAPABILITIES_INIT(&caps);
    caps.Address = 7;
    caps.Removable = WdfTrue;
    WdfDeviceSetPnpCapabilities(*child, &caps);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = Control;
    status = WdfIoQueueCreate(*child, &config, NULL, NULL);
    if (!NT_SUCCESS(status))
        WdfObjectDelete(*child);
    return status;
}

static NTSTATUS AddChild(WDFDEVICE *child)
{
    NTSTATUS status = MakeChild(child);

    return NT_SUCCESS(status) ? WdfFdoAddStaticChild(bus, *child) : status;
}

static BOOLEAN Begin(void)
{
    entered = left = reported_missing = destroyed = asked = 0;
    return TestDriverObject->DriverExtension->AddDevice != NULL &&
           NT_SUCCESS(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo)) &&
           NT_SUCCESS(Pnp(pdo, IRP_MN_START_DEVICE));
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

/* The answer is text in pool memory. */
static BOOLEAN Says(PDEVICE_OBJECT child, UCHAR minor, IO_STACK_LOCATION *parameters, const WCHAR *wanted, size_t size)
{
    ULONG_PTR answer = 0;
    BOOLEAN same;

    if (!NT_SUCCESS(Ask(child, minor, parameters, &answer)) || answer == 0)
        return FALSE;
    same = RtlCompareMemory((PVOID)answer, wanted, size) == size;
    ExFreePool((PVOID)answer);
    return same;
}

static BOOLEAN IdIs(PDEVICE_OBJECT child, BUS_QUERY_ID_TYPE type, const WCHAR *wanted, size_t size)
{
    IO_STACK_LOCATION parameters = { 0 };

    parameters.Parameters.QueryId.IdType = type;
    return Says(child, IRP_MN_QUERY_ID, &parameters, wanted, size);
}

static BOOLEAN TextIs(PDEVICE_OBJECT child, DEVICE_TEXT_TYPE type, LCID locale, const WCHAR *wanted, size_t size)
{
    IO_STACK_LOCATION parameters = { 0 };

    parameters.Parameters.QueryDeviceText.DeviceTextType = type;
    parameters.Parameters.QueryDeviceText.LocaleId = locale;
    return Says(child, IRP_MN_QUERY_DEVICE_TEXT, &parameters, wanted, size);
}

#define QUOTE(literal) literal, sizeof(literal)

TEST_CASE(a_child_says_what_the_driver_said_of_it)
{
    IO_STACK_LOCATION parameters = { 0 };
    DEVICE_CAPABILITIES caps = { .Size = sizeof caps, .Version = 1, .Address = (ULONG)-1, .UINumber = (ULONG)-1 };
    ULONG_PTR information = 0;
    PDEVICE_OBJECT wdm;
    WDFDEVICE child;

    REQUIRE(Begin());
    EXPECT_EQ(init_status, STATUS_INVALID_DEVICE_REQUEST);
    REQUIRE(NT_SUCCESS(AddChild(&child)));
    EXPECT_EQ(WdfPdoGetParent(child), bus);
    EXPECT(WdfPdoGetParent(bus) == NULL);
    wdm = WdfDeviceWdmGetDeviceObject(child);
    EXPECT(Reports(wdm) != 0);
    EXPECT_EQ(wdm, WdfDeviceWdmGetPhysicalDevice(child));
    EXPECT(IdIs(wdm, BusQueryDeviceID, QUOTE(L"R3BUS\\Child")));
    EXPECT(IdIs(wdm, BusQueryInstanceID, QUOTE(L"07")));
    EXPECT(IdIs(wdm, BusQueryHardwareIDs, QUOTE(L"R3BUS\\Child\0R3BUS\\Any\0")));
    parameters.Parameters.QueryId.IdType = BusQueryCompatibleIDs;
    EXPECT_EQ(Ask(wdm, IRP_MN_QUERY_ID, &parameters, NULL), STATUS_NOT_SUPPORTED);
    EXPECT(TextIs(wdm, DeviceTextDescription, 0x407, QUOTE(L"Testkind")));
    EXPECT(TextIs(wdm, DeviceTextDescription, 0x40c, QUOTE(L"Test child")));
    EXPECT(TextIs(wdm, DeviceTextLocationInformation, 0x409, QUOTE(L"Slot 7")));
    parameters.Parameters.DeviceCapabilities.Capabilities = &caps;
    EXPECT_EQ(Ask(wdm, IRP_MN_QUERY_CAPABILITIES, &parameters, NULL), STATUS_SUCCESS);
    EXPECT(caps.RawDeviceOK && caps.Removable && !caps.UniqueID);
    EXPECT_EQ(caps.Address, 7);
    EXPECT_EQ(caps.DeviceState[PowerSystemWorking], PowerDeviceD0);
    if (NT_SUCCESS(Ask(wdm, IRP_MN_QUERY_BUS_INFORMATION, NULL, &information))) {
        EXPECT_EQ(((PPNP_BUS_INFORMATION)information)->BusNumber, 5);
        ExFreePool((PVOID)information);
    }
    EXPECT_EQ(Pnp(wdm, IRP_MN_EJECT), STATUS_SUCCESS);
    EXPECT_EQ(Pnp(wdm, IRP_MN_SET_LOCK), STATUS_NOT_SUPPORTED);
    Pnp(pdo, IRP_MN_REMOVE_DEVICE);
    EXPECT_EQ(destroyed, 1);
}

static NTSTATUS SendControl(PDEVICE_OBJECT device)
{
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    NTSTATUS status;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(0x222000, device, NULL, 0, NULL, 0, FALSE, &event, &iosb);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = IoCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        WaitFor(&event);
        status = iosb.Status;
    }
    return status;
}

TEST_CASE(a_child_lives_until_it_was_reported_missing_and_removed)
{
    PDEVICE_OBJECT wdm;
    WDFDEVICE child;

    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(AddChild(&child)));
    Settle();
    wdm = WdfDeviceWdmGetDeviceObject(child);
    REQUIRE(NT_SUCCESS(Pnp(wdm, IRP_MN_START_DEVICE)));
    EXPECT_EQ(entered, 1);
    EXPECT_EQ(SendControl(wdm), STATUS_SUCCESS);
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(Pnp(wdm, IRP_MN_REMOVE_DEVICE), STATUS_SUCCESS);
    EXPECT(left == 1 && destroyed == 0);
    REQUIRE(NT_SUCCESS(Pnp(wdm, IRP_MN_START_DEVICE)));
    EXPECT_EQ(entered, 2);
    EXPECT_EQ(SendControl(wdm), STATUS_SUCCESS);
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(reported_missing, 0);
    EXPECT_EQ(WdfPdoMarkMissing(child), STATUS_SUCCESS);
    Settle();
    EXPECT_EQ(reported_missing, 1);
    EXPECT(left == 2 && destroyed == 1);
    EXPECT_EQ(WdfPdoMarkMissing(bus), STATUS_INVALID_PARAMETER);
    Pnp(pdo, IRP_MN_REMOVE_DEVICE);
    EXPECT_EQ(destroyed, 1);
}

TEST_CASE(the_list_is_walked_by_kind_and_changes_wait_for_its_lock)
{
    WDFDEVICE first, second, third;

    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(AddChild(&first)));
    REQUIRE(NT_SUCCESS(AddChild(&second)));
    Settle();
    WdfFdoLockStaticChildListForIteration(bus);
    REQUIRE(NT_SUCCESS(AddChild(&third)));
    Settle();
    EXPECT_EQ(WdfFdoRetrieveNextStaticChild(bus, NULL, WdfRetrieveAddedChildren), first);
    EXPECT_EQ(WdfFdoRetrieveNextStaticChild(bus, first, WdfRetrieveAddedChildren), second);
    EXPECT(WdfFdoRetrieveNextStaticChild(bus, second, WdfRetrievePresentChildren) == NULL);
    EXPECT_EQ(WdfFdoRetrieveNextStaticChild(bus, NULL, WdfRetrievePendingChildren), third);
    EXPECT_EQ(WdfPdoMarkMissing(third), STATUS_SUCCESS);
    EXPECT_EQ(WdfPdoMarkMissing(first), STATUS_SUCCESS);
    EXPECT_EQ(WdfFdoRetrieveNextStaticChild(bus, NULL, WdfRetrieveMissingChildren), first);
    EXPECT_EQ(WdfFdoRetrieveNextStaticChild(bus, first, WdfRetrieveMissingChildren), third);
    Settle();
    EXPECT_EQ(destroyed, 0);
    WdfFdoUnlockStaticChildListFromIteration(bus);
    Settle();
    EXPECT_EQ(destroyed, 2);
    EXPECT_EQ(WdfFdoRetrieveNextStaticChild(bus, NULL, WdfRetrieveAllChildren), second);
    Pnp(pdo, IRP_MN_REMOVE_DEVICE);
    EXPECT_EQ(destroyed, 3);
}

TEST_CASE(a_child_that_was_not_added_is_the_drivers)
{
    WDFDEVICE child;

    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(MakeChild(&child)));
    EXPECT_EQ(WdfPdoMarkMissing(child), STATUS_NO_SUCH_DEVICE);
    EXPECT_EQ(WdfFdoAddStaticChild(child, bus), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(WdfFdoAddStaticChild(bus, bus), STATUS_INVALID_PARAMETER);
    WdfObjectDelete(child);
    EXPECT_EQ(destroyed, 1);
    if (NT_SUCCESS(AddChild(&child)))
        EXPECT_EQ(WdfFdoAddStaticChild(bus, child), STATUS_INVALID_PARAMETER);
    Pnp(pdo, IRP_MN_REMOVE_DEVICE);
}

TEST_CASE_THAT_STOPS(a_child_that_was_added_cannot_be_deleted_by_the_driver, WDF_VIOLATION)
{
    WDFDEVICE child;

    if (Begin() && NT_SUCCESS(AddChild(&child)))
        WdfObjectDelete(child);
}
