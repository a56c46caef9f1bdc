/* WMI providers of framework drivers: instances with callbacks and with a context, registration, events.
 * docs: wdf/supporting-wmi-in-kmdf-drivers */
#define INITGUID
#include "wdf_helpers.h"

#include "helpers.h"

DEFINE_GUID(GUID_R3_NUMBERS, 0x6d5a1f60, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x01);
DEFINE_GUID(GUID_R3_CONTEXT, 0x6d5a1f60, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x02);
DEFINE_GUID(GUID_R3_ALARM, 0x6d5a1f60, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x03);

#define TAG 'mwdW'

typedef struct _NUMBERS {
    ULONG First;
    ULONG Second;
} NUMBERS;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NUMBERS, GetNumbers)

static PDEVICE_OBJECT pdo;
static WDFDEVICE device;
static WDFWMIPROVIDER numbers, alarms;
static WDFWMIINSTANCE first, second, alarm;
static ULONG controls;

static NTSTATUS NTAPI Query(WDFWMIINSTANCE Instance, ULONG Size, PVOID Buffer, PULONG Used)
{
    *Used = sizeof(NUMBERS);
    if (Size < sizeof(NUMBERS))
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Buffer, GetNumbers(Instance), sizeof(NUMBERS));
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Set(WDFWMIINSTANCE Instance, ULONG Size, PVOID Buffer)
{
    EXPECT_EQ(Size, sizeof(NUMBERS));
    RtlCopyMemory(GetNumbers(Instance), Buffer, sizeof(NUMBERS));
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Item(WDFWMIINSTANCE Instance, ULONG Id, ULONG Size, PVOID Buffer)
{
    EXPECT_EQ(Id, 2);
    GetNumbers(Instance)->Second = *(ULONG *)Buffer;
    return Size == sizeof(ULONG) ? STATUS_SUCCESS : STATUS_WMI_SET_FAILURE;
}

static NTSTATUS NTAPI Method(WDFWMIINSTANCE Instance, ULONG Id, ULONG In, ULONG Out, PVOID Buffer, PULONG Used)
{
    *Used = sizeof(ULONG);
    if (Out < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    *(ULONG *)Buffer = *(ULONG *)Buffer * Id + GetNumbers(Instance)->First;
    return In == sizeof(ULONG) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS NTAPI FunctionControl(WDFWMIPROVIDER Provider, WDF_WMI_PROVIDER_CONTROL Control, BOOLEAN Enable)
{
    EXPECT_EQ(Provider, alarms);
    EXPECT_EQ(Control, WdfWmiEventControl);
    EXPECT_EQ(WdfWmiProviderIsEnabled(Provider, WdfWmiEventControl), Enable);
    controls++;
    return STATUS_SUCCESS;
}

static NTSTATUS MakeNumbers(WDFWMIINSTANCE *instance, ULONG value, BOOLEAN registered)
{
    WDF_WMI_INSTANCE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(&config, numbers);
    config.Register = registered;
    config.EvtWmiInstanceQueryInstance = Query;
    config.EvtWmiInstanceSetInstance = Set;
    config.EvtWmiInstanceSetItem = Item;
    config.EvtWmiInstanceExecuteMethod = Method;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NUMBERS);
    status = WdfWmiInstanceCreate(NULL, &config, &attributes, instance);
    if (NT_SUCCESS(status))
        GetNumbers(*instance)->First = value;
    return status;
}

static NTSTATUS MakeContext(WDFDEVICE Device)
{
    WDF_WMI_PROVIDER_CONFIG provider;
    WDF_WMI_INSTANCE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFWMIINSTANCE instance;
    NTSTATUS status;

    WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &GUID_R3_CONTEXT);
    provider.MinInstanceBufferSize = sizeof(NUMBERS);
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&config, &provider);
    config.UseContextForQuery = TRUE;
    config.Register = TRUE;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NUMBERS);
    status = WdfWmiInstanceCreate(Device, &config, &attributes, &instance);
    if (NT_SUCCESS(status))
        *GetNumbers(instance) = (NUMBERS){ 71, 72 };
    return status;
}

static NTSTATUS MakeAlarm(WDFDEVICE Device)
{
    WDF_WMI_PROVIDER_CONFIG provider;
    WDF_WMI_INSTANCE_CONFIG config;
    NTSTATUS status;

    WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &GUID_R3_ALARM);
    provider.Flags = WdfWmiProviderEventOnly;
    provider.EvtWmiProviderFunctionControl = FunctionControl;
    status = WdfWmiProviderCreate(Device, &provider, NULL, &alarms);
    if (!NT_SUCCESS(status))
        return status;
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(&config, alarms);
    config.Register = TRUE;
    return WdfWmiInstanceCreate(Device, &config, NULL, &alarm);
}

static NTSTATUS NTAPI DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(mof, L"R3Numbers");
    WDF_WMI_PROVIDER_CONFIG provider;
    NTSTATUS status = WdfDeviceCreate(&Init, NULL, &device);

    if (NT_SUCCESS(status))
        status = WdfDeviceAssignMofResourceName(device, &mof);
    if (!NT_SUCCESS(status))
        return status;
    WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &GUID_R3_NUMBERS);
    provider.MinInstanceBufferSize = sizeof(NUMBERS);
    status = WdfWmiProviderCreate(device, &provider, NULL, &numbers);
    if (NT_SUCCESS(status))
        status = MakeNumbers(&first, 10, TRUE);
    if (NT_SUCCESS(status))
        status = MakeNumbers(&second, 20, FALSE);
    if (NT_SUCCESS(status))
        status = MakeContext(device);
    return NT_SUCCESS(status) ? MakeAlarm(device) : status;
}

static NTSTATUS Pnp(UCHAR minor)
{
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(pdo);
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, &iosb);
    if (irp != NULL) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        IoGetNextIrpStackLocation(irp)->MinorFunction = minor;
        IoCallDriver(top, irp);
        WaitFor(&event);
        status = iosb.Status;
    }
    ObDereferenceObject(top);
    return status;
}

/* All instances of a block; the caller frees it. NULL: nobody has the block. */
static PWNODE_ALL_DATA AllOf(const GUID *guid)
{
    PWNODE_ALL_DATA node;
    PVOID block;
    ULONG size = 0;

    if (!NT_SUCCESS(IoWMIOpenBlock((LPCGUID)guid, WMIGUID_QUERY, &block)))
        return NULL;
    size = 2048;
    node = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
    if (node != NULL && !NT_SUCCESS(IoWMIQueryAllData(block, &size, node))) {
        ExFreePoolWithTag(node, TAG);
        node = NULL;
    }
    ObDereferenceObject(block);
    return node;
}

static NUMBERS *DataOf(PWNODE_ALL_DATA node, ULONG index)
{
    if (node->WnodeHeader.Flags & WNODE_FLAG_FIXED_INSTANCE_SIZE)
        return (NUMBERS *)((PUCHAR)node + node->DataBlockOffset + index * node->FixedInstanceSize);
    return (NUMBERS *)((PUCHAR)node + node->OffsetInstanceDataAndLength[index].OffsetInstanceData);
}

static BOOLEAN NameOf(const GUID *guid, ULONG index, PUNICODE_STRING name, WCHAR *room)
{
    PWNODE_ALL_DATA node = AllOf(guid);
    PUCHAR at;

    if (node == NULL)
        return FALSE;
    at = (PUCHAR)node + ((PULONG)((PUCHAR)node + node->OffsetInstanceNameOffsets))[index];
    name->Length = name->MaximumLength = *(USHORT *)at;
    name->Buffer = room;
    RtlCopyMemory(room, at + 2, name->Length);
    ExFreePoolWithTag(node, TAG);
    return TRUE;
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

static BOOLEAN Start(void)
{
    return NT_SUCCESS(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo)) &&
           NT_SUCCESS(Pnp(IRP_MN_START_DEVICE));
}

TEST_CASE(instances_are_seen_while_they_are_registered_and_the_device_is_started)
{
    PWNODE_ALL_DATA node;

    REQUIRE(NT_SUCCESS(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo)));
    EXPECT(AllOf(&GUID_R3_NUMBERS) == NULL);
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    node = AllOf(&GUID_R3_NUMBERS);
    if (node != NULL) {
        EXPECT_EQ(node->InstanceCount, 1);
        EXPECT_EQ(DataOf(node, 0)->First, 10);
        ExFreePoolWithTag(node, TAG);
    }
    EXPECT(node != NULL);
    EXPECT_EQ(WdfWmiInstanceRegister(second), STATUS_SUCCESS);
    EXPECT_EQ(WdfWmiInstanceRegister(second), STATUS_INVALID_DEVICE_REQUEST);
    node = AllOf(&GUID_R3_NUMBERS);
    if (node != NULL) {
        EXPECT_EQ(node->InstanceCount, 2);
        EXPECT_EQ(DataOf(node, 1)->First, 20);
        ExFreePoolWithTag(node, TAG);
    }
    EXPECT(node != NULL);
    WdfWmiInstanceDeregister(first);
    WdfObjectDelete(second);
    EXPECT(AllOf(&GUID_R3_NUMBERS) == NULL);
    Pnp(IRP_MN_REMOVE_DEVICE);
    EXPECT(AllOf(&GUID_R3_CONTEXT) == NULL);
}

TEST_CASE(a_context_is_what_a_query_answers)
{
    PWNODE_ALL_DATA node;

    REQUIRE(Start());
    node = AllOf(&GUID_R3_CONTEXT);
    if (node != NULL) {
        EXPECT_EQ(node->InstanceCount, 1);
        EXPECT_EQ(DataOf(node, 0)->First, 71);
        EXPECT_EQ(DataOf(node, 0)->Second, 72);
        ExFreePoolWithTag(node, TAG);
    }
    EXPECT(node != NULL);
    Pnp(IRP_MN_REMOVE_DEVICE);
}

TEST_CASE(instances_are_set_and_run_methods)
{
    NUMBERS values = { 3, 4 };
    UNICODE_STRING name;
    WCHAR room[128];
    PVOID block = NULL;
    ULONG number = 6, out = sizeof number;

    REQUIRE(Start());
    EXPECT(NameOf(&GUID_R3_NUMBERS, 0, &name, room));
    EXPECT_EQ(IoWMIOpenBlock(&GUID_R3_NUMBERS, WMIGUID_SET | WMIGUID_EXECUTE, &block), STATUS_SUCCESS);
    if (block != NULL) {
        EXPECT_EQ(IoWMISetSingleInstance(block, &name, 1, sizeof values, &values), STATUS_SUCCESS);
        EXPECT_EQ(GetNumbers(first)->Second, 4);
        EXPECT_EQ(IoWMISetSingleInstance(block, &name, 1, sizeof(ULONG), &values), STATUS_WMI_SET_FAILURE);
        number = 9;
        EXPECT_EQ(IoWMISetSingleItem(block, &name, 2, 1, sizeof number, &number), STATUS_SUCCESS);
        EXPECT_EQ(GetNumbers(first)->Second, 9);
        number = 6;
        EXPECT_EQ(IoWMIExecuteMethod(block, &name, 7, sizeof number, &out, (PUCHAR)&number), STATUS_SUCCESS);
        EXPECT_EQ(number, 6 * 7 + 3);
        ObDereferenceObject(block);
    }
    Pnp(IRP_MN_REMOVE_DEVICE);
}

static KEVENT heard;
static ULONG heard_number;

static VOID NTAPI Listen(PVOID Wnode, PVOID Context)
{
    PWNODE_SINGLE_INSTANCE node = Wnode;

    heard_number = *(ULONG *)((PUCHAR)node + node->DataBlockOffset);
    KeSetEvent(&heard, IO_NO_INCREMENT, FALSE);
}

TEST_CASE(events_reach_those_who_listen)
{
    ULONG number = 4711;
    PVOID block = NULL;

    REQUIRE(Start());
    KeInitializeEvent(&heard, NotificationEvent, FALSE);
    EXPECT(!WdfWmiProviderIsEnabled(alarms, WdfWmiEventControl));
    EXPECT_EQ(IoWMIOpenBlock(&GUID_R3_ALARM, WMIGUID_NOTIFICATION, &block), STATUS_SUCCESS);
    if (block != NULL) {
        EXPECT_EQ(IoWMISetNotificationCallback(block, Listen, NULL), STATUS_SUCCESS);
        EXPECT(WdfWmiProviderIsEnabled(alarms, WdfWmiEventControl));
        EXPECT_EQ(WdfWmiInstanceFireEvent(alarm, sizeof number, &number), STATUS_SUCCESS);
        WaitFor(&heard);
        EXPECT_EQ(heard_number, 4711);
        ObDereferenceObject(block);
    }
    EXPECT(!WdfWmiProviderIsEnabled(alarms, WdfWmiEventControl));
    EXPECT_EQ(controls, 2);
    EXPECT_EQ(WdfWmiInstanceGetProvider(alarm), alarms);
    EXPECT_EQ(WdfWmiInstanceGetDevice(alarm), device);
    EXPECT_EQ(WdfWmiProviderGetDevice(alarms), device);
    Pnp(IRP_MN_REMOVE_DEVICE);
}

TEST_CASE(what_is_wrong_with_a_provider_is_said)
{
    WDF_WMI_PROVIDER_CONFIG provider;
    WDF_WMI_INSTANCE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFWMIINSTANCE instance;
    WDFDEVICE other;

    REQUIRE(Start());
    WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &GUID_R3_NUMBERS);
    EXPECT_EQ(WdfWmiProviderCreate(device, &provider, NULL, NULL), STATUS_OBJECT_NAME_EXISTS);
    provider.Size--;
    EXPECT_EQ(WdfWmiProviderCreate(device, &provider, NULL, NULL), STATUS_INFO_LENGTH_MISMATCH);
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(&config, NULL);
    EXPECT_EQ(WdfWmiInstanceCreate(device, &config, NULL, &instance), STATUS_INVALID_PARAMETER);
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(&config, numbers);
    config.UseContextForQuery = TRUE;
    config.EvtWmiInstanceQueryInstance = Query;
    EXPECT_EQ(WdfWmiInstanceCreate(device, &config, NULL, &instance), STATUS_INVALID_PARAMETER);
    config.UseContextForQuery = FALSE;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    EXPECT_EQ(WdfWmiInstanceCreate(device, &config, &attributes, &instance), STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED);
    other = MakeControl(NULL, NULL, NULL);
    if (other != NULL) {
        WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &GUID_R3_ALARM);
        EXPECT_EQ(WdfWmiProviderCreate(other, &provider, NULL, NULL), STATUS_INVALID_PARAMETER);
        WdfObjectDelete(other);
    }
    Pnp(IRP_MN_REMOVE_DEVICE);
}
