/* Bus drivers with dynamic enumeration: child lists. The PnP manager enumerates; devices are made when it asks.
 * docs: wdf/dynamic-enumeration */
#include "wdf_helpers.h"

#include "helpers.h"

typedef struct _ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
    ULONG Serial;
} ID;

typedef struct _ADDRESS {
    WDF_CHILD_ADDRESS_DESCRIPTION_HEADER Header;
    ULONG Slot;
} ADDRESS;

static PDEVICE_OBJECT pdo;
static WDFDEVICE bus;
static WDFCHILDLIST list;
static LONG made, destroyed, scans, duplicates, retry;
static ULONG made_serial;

static VOID NTAPI Destroyed(WDFOBJECT Object)
{
    InterlockedIncrement(&destroyed);
}

static NTSTATUS NTAPI CreateChild(WDFCHILDLIST ChildList, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id, PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(id, L"R3BUS\\Dynamic");
    DECLARE_UNICODE_STRING_SIZE(instance, 16);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFDEVICE child;
    NTSTATUS status;

    EXPECT_EQ(ChildList, list);
    if (retry != 0) {
        retry--;
        return STATUS_RETRY;
    }
    RtlIntegerToUnicodeString(((ID *)Id)->Serial, 10, &instance);
    status = WdfPdoInitAssignDeviceID(Init, &id);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAddHardwareID(Init, &id);
    if (NT_SUCCESS(status))
        status = WdfPdoInitAssignInstanceID(Init, &instance);
    if (!NT_SUCCESS(status))
        return status;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtDestroyCallback = Destroyed;
    status = WdfDeviceCreate(&Init, &attributes, &child);
    if (NT_SUCCESS(status)) {
        made++;
        made_serial = ((ID *)Id)->Serial;
    }
    return status;
}

static NTSTATUS NTAPI Duplicate(WDFCHILDLIST ChildList, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Source,
                                PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Destination)
{
    duplicates++;
    ((ID *)Destination)->Serial = ((ID *)Source)->Serial;
    return STATUS_SUCCESS;
}

static VOID NTAPI Cleanup(WDFCHILDLIST ChildList, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id)
{
    duplicates--;
}

static BOOLEAN NTAPI Compare(WDFCHILDLIST ChildList, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER First,
                             PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Second)
{
    return ((ID *)First)->Serial == ((ID *)Second)->Serial;
}

static NTSTATUS Add(ULONG serial, ULONG slot)
{
    ADDRESS address;
    ID id;

    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof id);
    WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&address.Header, sizeof address);
    id.Serial = serial;
    address.Slot = slot;
    return WdfChildListAddOrUpdateChildDescriptionAsPresent(list, &id.Header, &address.Header);
}

static NTSTATUS Missing(ULONG serial)
{
    ID id;

    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof id);
    id.Serial = serial;
    return WdfChildListUpdateChildDescriptionAsMissing(list, &id.Header);
}

static VOID NTAPI Scan(WDFCHILDLIST ChildList)
{
    scans++;
}

static NTSTATUS NTAPI DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_CHILD_LIST_CONFIG config;
    NTSTATUS status;

    WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(ID), CreateChild);
    config.AddressDescriptionSize = sizeof(ADDRESS);
    config.EvtChildListScanForChildren = Scan;
    config.EvtChildListIdentificationDescriptionDuplicate = Duplicate;
    config.EvtChildListIdentificationDescriptionCleanup = Cleanup;
    config.EvtChildListIdentificationDescriptionCompare = Compare;
    WdfFdoInitSetDefaultChildListConfig(Init, &config, WDF_NO_OBJECT_ATTRIBUTES);
    status = WdfDeviceCreate(&Init, NULL, &bus);
    if (NT_SUCCESS(status))
        list = WdfFdoGetDefaultChildList(bus);
    return status;
}

static NTSTATUS Pnp(UCHAR minor)
{
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(pdo);
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, &iosb);
    if (irp == NULL) {
        ObDereferenceObject(top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(irp)->MinorFunction = minor;
    IoCallDriver(top, irp);
    WaitFor(&event);
    ObDereferenceObject(top);
    return iosb.Status;
}

static VOID Settle(void)
{
    LARGE_INTEGER delay = { .QuadPart = -20 * 10000 };

    KeDelayExecutionThread(KernelMode, FALSE, &delay);
}

static BOOLEAN Begin(void)
{
    made = destroyed = scans = retry = 0;
    return TestDriverObject->DriverExtension->AddDevice != NULL &&
           NT_SUCCESS(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo)) &&
           NT_SUCCESS(Pnp(IRP_MN_START_DEVICE));
}

static VOID End(void)
{
    Pnp(IRP_MN_REMOVE_DEVICE);
    EXPECT_EQ(destroyed, made);
    EXPECT_EQ(duplicates, 0);
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

TEST_CASE(a_description_becomes_a_device_when_the_pnp_manager_asks)
{
    WDF_CHILD_RETRIEVE_INFO info;
    ADDRESS address;
    WDFDEVICE child;
    ID id;

    REQUIRE(Begin());
    EXPECT_EQ(scans, 1);
    EXPECT_EQ(WdfChildListGetDevice(list), bus);
    EXPECT_EQ(Missing(5), STATUS_NO_SUCH_DEVICE);
    REQUIRE(NT_SUCCESS(Add(5, 1)));
    Settle();
    EXPECT(made == 1 && made_serial == 5);
    EXPECT_EQ(Add(5, 2), STATUS_OBJECT_NAME_EXISTS);
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof id);
    WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&address.Header, sizeof address);
    id.Serial = 5;
    WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.Header);
    info.AddressDescription = &address.Header;
    child = WdfChildListRetrievePdo(list, &info);
    EXPECT_EQ(info.Status, WdfChildListRetrieveDeviceSuccess);
    EXPECT_EQ(address.Slot, 2);
    if (child != NULL) {
        EXPECT_EQ(WdfPdoGetParent(child), bus);
        id.Serial = 0;
        EXPECT_EQ(WdfPdoRetrieveIdentificationDescription(child, &id.Header), STATUS_SUCCESS);
        EXPECT_EQ(id.Serial, 5);
        address.Slot = 3;
        EXPECT_EQ(WdfPdoUpdateAddressDescription(child, &address.Header), STATUS_SUCCESS);
        address.Slot = 0;
        EXPECT_EQ(WdfChildListRetrieveAddressDescription(list, &id.Header, &address.Header), STATUS_SUCCESS);
        EXPECT_EQ(address.Slot, 3);
    }
    id.Serial = 6;
    EXPECT(WdfChildListRetrievePdo(list, &info) == NULL);
    EXPECT_EQ(info.Status, WdfChildListRetrieveDeviceNoSuchDevice);
    id.Header.IdentificationDescriptionSize = 4;
    EXPECT_EQ(WdfChildListUpdateChildDescriptionAsMissing(list, &id.Header), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(Missing(5), STATUS_SUCCESS);
    Settle();
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(Missing(5), STATUS_NO_SUCH_DEVICE);
    End();
}

TEST_CASE(a_scan_takes_away_what_it_does_not_find)
{
    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(Add(1, 1)));
    REQUIRE(NT_SUCCESS(Add(2, 2)));
    Settle();
    EXPECT_EQ(made, 2);
    WdfChildListBeginScan(list);
    EXPECT_EQ(Add(2, 2), STATUS_OBJECT_NAME_EXISTS);
    EXPECT_EQ(Add(3, 3), STATUS_SUCCESS);
    Settle();
    EXPECT(made == 2 && destroyed == 0);
    WdfChildListEndScan(list);
    Settle();
    EXPECT(made == 3 && destroyed == 1);
    WdfChildListBeginScan(list);
    WdfChildListUpdateAllChildDescriptionsAsPresent(list);
    WdfChildListEndScan(list);
    Settle();
    EXPECT(made == 3 && destroyed == 1);
    WdfChildListBeginScan(list);
    WdfChildListEndScan(list);
    Settle();
    EXPECT_EQ(destroyed, 3);
    End();
}

TEST_CASE(an_iteration_keeps_its_children)
{
    WDF_CHILD_LIST_ITERATOR iterator;
    WDF_CHILD_RETRIEVE_INFO info;
    WDFDEVICE child;
    ULONG count = 0;
    ID id;

    REQUIRE(Begin());
    REQUIRE(NT_SUCCESS(Add(1, 1)));
    REQUIRE(NT_SUCCESS(Add(2, 2)));
    Settle();
    WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveAllChildren);
    EXPECT_EQ(WdfChildListRetrieveNextDevice(list, &iterator, &child, NULL), STATUS_INVALID_DEVICE_STATE);
    WdfChildListBeginIteration(list, &iterator);
    EXPECT_EQ(Add(3, 3), STATUS_SUCCESS);
    EXPECT_EQ(Missing(1), STATUS_SUCCESS);
    Settle();
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof id);
    WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.Header);
    while (NT_SUCCESS(WdfChildListRetrieveNextDevice(list, &iterator, &child, &info))) {
        EXPECT_EQ(id.Serial, ++count);
        EXPECT_EQ(child == NULL, id.Serial == 3);
        EXPECT_EQ(info.Status, id.Serial == 3 ? WdfChildListRetrieveDeviceNotYetCreated : WdfChildListRetrieveDeviceSuccess);
    }
    EXPECT_EQ(count, 3);
    WdfChildListEndIteration(list, &iterator);
    WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveMissingChildren);
    Settle();
    EXPECT(destroyed == 1 && made == 3);
    WdfChildListBeginIteration(list, &iterator);
    EXPECT_EQ(WdfChildListRetrieveNextDevice(list, &iterator, &child, NULL), STATUS_NO_MORE_ENTRIES);
    WdfChildListEndIteration(list, &iterator);
    End();
}

TEST_CASE(a_driver_may_say_later)
{
    REQUIRE(Begin());
    retry = 2;
    REQUIRE(NT_SUCCESS(Add(9, 9)));
    Settle();
    EXPECT_EQ(retry, 0);
    EXPECT_EQ(made, 1);
    retry = 100;
    EXPECT_EQ(Add(10, 10), STATUS_SUCCESS);
    Settle();
    EXPECT(retry > 90);
    EXPECT_EQ(made, 1);
    EXPECT_EQ(Missing(10), STATUS_NO_SUCH_DEVICE);
    End();
}

TEST_CASE(lists_beside_the_default_one_are_checked)
{
    WDF_CHILD_LIST_CONFIG config;
    WDFCHILDLIST other;

    REQUIRE(Begin());
    WDF_CHILD_LIST_CONFIG_INIT(&config, 2, CreateChild);
    EXPECT_EQ(WdfChildListCreate(bus, &config, NULL, &other), STATUS_INVALID_PARAMETER);
    WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(ID), NULL);
    EXPECT_EQ(WdfChildListCreate(bus, &config, NULL, &other), STATUS_INVALID_PARAMETER);
    config.Size = 4;
    EXPECT_EQ(WdfChildListCreate(bus, &config, NULL, &other), STATUS_INFO_LENGTH_MISMATCH);
    WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(ID), CreateChild);
    if (NT_SUCCESS(WdfChildListCreate(bus, &config, NULL, &other)))
        EXPECT_EQ(WdfChildListGetDevice(other), bus);
    End();
}
