/* A function driver's device: the order of callbacks, power-managed queues, interfaces, properties, keys. The test plays the
 * part of the PnP manager: it calls AddDevice and sends the requests.
 * docs: wdf/power-up-sequence-for-a-function-or-filter-driver, wdf/power-down-and-removal-sequence-for-a-function-or-filter-driver */
#define INITGUID
#include "wdf_helpers.h"

#include "helpers.h"

DEFINE_GUID(GUID_R3_WDF, 0x8d5a1f60, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x77);
DEFINE_GUID(GUID_R3_CALLS, 0x8d5a1f60, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x78);

typedef struct _CALLS {
    INTERFACE Header;
    ULONG Number;
} CALLS;

typedef struct _DEVICE_CONTEXT {
    WDFQUEUE Queue;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, GetDevice)

static PDEVICE_OBJECT pdo;
static WDFDEVICE device;
static char story[64];
static ULONG length;
static BOOLEAN as_filter, refuse_add, fail_prepare, fail_entry, veto;
static WDFREQUEST held;
static ULONG stop_flags;
static LONG references;

static void Tell(char c)
{
    if (length < sizeof story - 1)
        story[length++] = c;
    story[length] = '\0';
}

static BOOLEAN StoryIs(const char *wanted)
{
    BOOLEAN same = strcmp(story, wanted) == 0;

    if (!same)
        DbgPrint("the story is '%s', not '%s'\n", story, wanted);
    length = 0;
    story[0] = '\0';
    return same;
}

static NTSTATUS NTAPI Prepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    Tell('P');
    EXPECT_EQ(WdfCmResourceListGetCount(Raw), WdfCmResourceListGetCount(Translated));
    EXPECT(WdfCmResourceListGetDescriptor(Raw, 1000) == NULL);
    return fail_prepare ? STATUS_DEVICE_DATA_ERROR : STATUS_SUCCESS;
}

static NTSTATUS NTAPI Release(WDFDEVICE Device, WDFCMRESLIST Translated)
{
    Tell('p');
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI D0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState)
{
    Tell(PreviousState == WdfPowerDeviceD3Final ? 'E' : 'F');
    return fail_entry ? STATUS_DEVICE_DATA_ERROR : STATUS_SUCCESS;
}

static NTSTATUS NTAPI D0EntryPost(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState)
{
    Tell('I');
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI D0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState)
{
    Tell(TargetState == WdfPowerDeviceD3Final ? 'e' : 'f');
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI D0ExitPre(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState)
{
    Tell('i');
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI SelfInit(WDFDEVICE Device)
{
    Tell('S');
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI SelfRestart(WDFDEVICE Device)
{
    Tell('R');
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI SelfSuspend(WDFDEVICE Device)
{
    Tell('s');
    return STATUS_SUCCESS;
}

static VOID NTAPI SelfFlush(WDFDEVICE Device)
{
    Tell('U');
}

static VOID NTAPI SelfCleanup(WDFDEVICE Device)
{
    Tell('C');
}

static VOID NTAPI Surprise(WDFDEVICE Device)
{
    Tell('!');
}

static NTSTATUS NTAPI Query(WDFDEVICE Device)
{
    Tell('?');
    return veto ? STATUS_DEVICE_BUSY : STATUS_SUCCESS;
}

static VOID NTAPI Cleanup(WDFOBJECT Object)
{
    Tell('c');
}

static VOID NTAPI Destroy(WDFOBJECT Object)
{
    Tell('d');
    device = NULL;
}

static VOID NTAPI Control(WDFQUEUE Queue, WDFREQUEST Request, size_t Out, size_t In, ULONG Code)
{
    Tell('q');
    held = Request;
}

static VOID NTAPI IoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG ActionFlags)
{
    Tell('x');
    stop_flags = ActionFlags;
    WdfRequestStopAcknowledge(Request, FALSE);
}

static VOID NTAPI IoResume(WDFQUEUE Queue, WDFREQUEST Request)
{
    Tell('y');
}

static VOID NTAPI Reference(PVOID Context)
{
    InterlockedIncrement(&references);
}

static NTSTATUS AddInterfaces(void)
{
    WDF_QUERY_INTERFACE_CONFIG config;
    CALLS calls = { { sizeof calls, 1, NULL, Reference, WdfDeviceInterfaceDereferenceNoOp }, 99 };

    WDF_QUERY_INTERFACE_CONFIG_INIT(&config, &calls.Header, &GUID_R3_CALLS, NULL);
    if (!NT_SUCCESS(WdfDeviceAddQueryInterface(device, &config)))
        return STATUS_UNSUCCESSFUL;
    return WdfDeviceCreateDeviceInterface(device, &GUID_R3_WDF, NULL);
}

static NTSTATUS NTAPI DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    NTSTATUS status;

    EXPECT_EQ(WdfFdoInitWdmGetPhysicalDevice(Init), pdo);
    if (as_filter)
        WdfFdoInitSetFilter(Init);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = Prepare;
    pnp.EvtDeviceReleaseHardware = Release;
    pnp.EvtDeviceD0Entry = D0Entry;
    pnp.EvtDeviceD0EntryPostInterruptsEnabled = D0EntryPost;
    pnp.EvtDeviceD0Exit = D0Exit;
    pnp.EvtDeviceD0ExitPreInterruptsDisabled = D0ExitPre;
    pnp.EvtDeviceSelfManagedIoInit = SelfInit;
    pnp.EvtDeviceSelfManagedIoRestart = SelfRestart;
    pnp.EvtDeviceSelfManagedIoSuspend = SelfSuspend;
    pnp.EvtDeviceSelfManagedIoFlush = SelfFlush;
    pnp.EvtDeviceSelfManagedIoCleanup = SelfCleanup;
    pnp.EvtDeviceSurpriseRemoval = Surprise;
    pnp.EvtDeviceQueryRemove = Query;
    pnp.EvtDeviceQueryStop = Query;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &pnp);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
    attributes.EvtCleanupCallback = Cleanup;
    attributes.EvtDestroyCallback = Destroy;
    status = WdfDeviceCreate(&Init, &attributes, &device);
    if (!NT_SUCCESS(status))
        return status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = Control;
    config.EvtIoStop = IoStop;
    config.EvtIoResume = IoResume;
    status = WdfIoQueueCreate(device, &config, NULL, &GetDevice(device)->Queue);
    if (NT_SUCCESS(status))
        status = AddInterfaces();
    return refuse_add ? STATUS_NO_SUCH_DEVICE : status;
}

static NTSTATUS Send(UCHAR major, UCHAR minor, DEVICE_POWER_STATE power)
{
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(pdo);
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    NTSTATUS status;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(major, top, NULL, 0, NULL, &event, &iosb);
    if (irp == NULL) {
        ObDereferenceObject(top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(irp)->MinorFunction = minor;
    if (major == IRP_MJ_POWER) {
        IoGetNextIrpStackLocation(irp)->Parameters.Power.Type = DevicePowerState;
        IoGetNextIrpStackLocation(irp)->Parameters.Power.State.DeviceState = power;
    }
    status = IoCallDriver(top, irp);
    if (status == STATUS_PENDING) {
        WaitFor(&event);
        status = iosb.Status;
    }
    ObDereferenceObject(top);
    return status;
}

static NTSTATUS Pnp(UCHAR minor)
{
    return Send(IRP_MJ_PNP, minor, PowerDeviceUnspecified);
}

static NTSTATUS Power(DEVICE_POWER_STATE state)
{
    return Send(IRP_MJ_POWER, IRP_MN_SET_POWER, state);
}

static NTSTATUS Add(void)
{
    as_filter = refuse_add = fail_prepare = fail_entry = veto = FALSE;
    return TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo);
}

typedef struct _SENT {
    PIRP Irp;
    KEVENT Done;
    NTSTATUS Status;
} SENT;

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    SENT *sent = context;

    sent->Status = irp->IoStatus.Status;
    KeSetEvent(&sent->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static BOOLEAN Ask(SENT *sent)
{
    PDEVICE_OBJECT wdm = WdfDeviceWdmGetDeviceObject(device);

    KeInitializeEvent(&sent->Done, NotificationEvent, FALSE);
    sent->Irp = IoAllocateIrp(wdm->StackSize, FALSE);
    if (sent->Irp == NULL)
        return FALSE;
    IoGetNextIrpStackLocation(sent->Irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    IoSetCompletionRoutine(sent->Irp, Completed, sent, TRUE, TRUE, TRUE);
    IoCallDriver(wdm, sent->Irp);
    return TRUE;
}

static NTSTATUS Finish(SENT *sent)
{
    WaitFor(&sent->Done);
    IoFreeIrp(sent->Irp);
    return sent->Status;
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

TEST_CASE(a_device_comes_up_and_goes_down_in_the_documented_order)
{
    REQUIRE(NT_SUCCESS(Add()));
    EXPECT(StoryIs(""));
    EXPECT_EQ(WdfDeviceWdmGetPhysicalDevice(device), pdo);
    EXPECT(WdfDeviceWdmGetAttachedDevice(device) != NULL);
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    EXPECT(StoryIs("PEIS"));
    EXPECT_EQ(WdfDeviceGetDevicePnpState(device), WdfDevStatePnpStarted);
    EXPECT_EQ(Pnp(IRP_MN_QUERY_REMOVE_DEVICE), STATUS_SUCCESS);
    EXPECT(StoryIs("?"));
    Pnp(IRP_MN_REMOVE_DEVICE);
    EXPECT(StoryIs("siepUCcd"));
}

TEST_CASE(a_stopped_device_is_started_again_without_its_first_initialisation)
{
    REQUIRE(NT_SUCCESS(Add()));
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    StoryIs("PEIS");
    EXPECT_EQ(Pnp(IRP_MN_QUERY_STOP_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(Pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    EXPECT(StoryIs("?siep"));
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    EXPECT(StoryIs("PEIR"));
    Pnp(IRP_MN_REMOVE_DEVICE);
    EXPECT(StoryIs("siepUCcd"));
}

TEST_CASE(a_device_that_sleeps_leaves_its_working_state_and_comes_back)
{
    REQUIRE(NT_SUCCESS(Add()));
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    StoryIs("PEIS");
    EXPECT_EQ(Power(PowerDeviceD3), STATUS_SUCCESS);
    EXPECT(StoryIs("sif"));
    EXPECT_EQ(Power(PowerDeviceD0), STATUS_SUCCESS);
    EXPECT(StoryIs("FIR"));
    Pnp(IRP_MN_REMOVE_DEVICE);
    StoryIs("siepUCcd");
}

TEST_CASE(a_device_that_is_pulled_out_is_told_first)
{
    REQUIRE(NT_SUCCESS(Add()));
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    StoryIs("PEIS");
    EXPECT_EQ(Pnp(IRP_MN_SURPRISE_REMOVAL), STATUS_SUCCESS);
    EXPECT(StoryIs("!siep"));
    Pnp(IRP_MN_REMOVE_DEVICE);
    EXPECT(StoryIs("UCcd"));
}

TEST_CASE(a_failed_start_takes_back_what_was_done)
{
    REQUIRE(NT_SUCCESS(Add()));
    fail_prepare = TRUE;
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_DEVICE_DATA_ERROR);
    EXPECT(StoryIs("Pp"));
    Pnp(IRP_MN_REMOVE_DEVICE);
    EXPECT(StoryIs("cd"));
    REQUIRE(NT_SUCCESS(Add()));
    fail_entry = TRUE;
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_DEVICE_DATA_ERROR);
    EXPECT(StoryIs("PEp"));
    Pnp(IRP_MN_REMOVE_DEVICE);
    EXPECT(StoryIs("cd"));
}

TEST_CASE(a_refused_device_is_taken_apart)
{
    as_filter = fail_prepare = fail_entry = veto = FALSE;
    refuse_add = TRUE;
    EXPECT_EQ(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo), STATUS_NO_SUCH_DEVICE);
    EXPECT(StoryIs("cd"));
    EXPECT(IoGetAttachedDevice(pdo) == pdo);
}

TEST_CASE(a_removal_can_be_vetoed)
{
    REQUIRE(NT_SUCCESS(Add()));
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    veto = TRUE;
    EXPECT_EQ(Pnp(IRP_MN_QUERY_REMOVE_DEVICE), STATUS_DEVICE_BUSY);
    EXPECT_EQ(Pnp(IRP_MN_CANCEL_REMOVE_DEVICE), STATUS_SUCCESS);
    EXPECT(StoryIs("PEIS?"));
    Pnp(IRP_MN_REMOVE_DEVICE);
    StoryIs("siepUCcd");
}

TEST_CASE(a_power_managed_queue_holds_requests_while_the_device_sleeps)
{
    SENT early, late;

    REQUIRE(NT_SUCCESS(Add()));
    REQUIRE(Ask(&early));
    EXPECT(StoryIs(""));
    EXPECT(WdfIoQueueGetState(GetDevice(device)->Queue, NULL, NULL) & WdfIoQueuePnpHeld);
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    EXPECT(StoryIs("PEIqS"));
    EXPECT_EQ(Power(PowerDeviceD3), STATUS_SUCCESS);
    EXPECT(StoryIs("sxif"));
    EXPECT_EQ(stop_flags, WdfRequestStopActionSuspend);
    REQUIRE(Ask(&late));
    EXPECT(StoryIs(""));
    WdfRequestComplete(held, STATUS_SUCCESS);
    EXPECT_EQ(Finish(&early), STATUS_SUCCESS);
    EXPECT_EQ(Power(PowerDeviceD0), STATUS_SUCCESS);
    EXPECT(StoryIs("FIqR"));
    EXPECT_EQ(Power(PowerDeviceD3), STATUS_SUCCESS);
    EXPECT_EQ(Power(PowerDeviceD0), STATUS_SUCCESS);
    EXPECT(StoryIs("sxifFIyR"));
    WdfRequestComplete(held, STATUS_SUCCESS);
    EXPECT_EQ(Finish(&late), STATUS_SUCCESS);
    Pnp(IRP_MN_REMOVE_DEVICE);
    StoryIs("siepUCcd");
}

TEST_CASE(an_interface_is_enabled_while_the_device_is_started)
{
    UNICODE_STRING link;
    WDFSTRING string;
    PZZWSTR list;

    REQUIRE(NT_SUCCESS(Add()));
    REQUIRE(NT_SUCCESS(WdfStringCreate(NULL, NULL, &string)));
    EXPECT_EQ(WdfDeviceRetrieveDeviceInterfaceString(device, &GUID_R3_WDF, NULL, string), STATUS_SUCCESS);
    WdfStringGetUnicodeString(string, &link);
    EXPECT(link.Length != 0);
    EXPECT_EQ(WdfDeviceRetrieveDeviceInterfaceString(device, &GUID_R3_CALLS, NULL, string), STATUS_OBJECT_NAME_NOT_FOUND);
    WdfObjectDelete(string);
    REQUIRE(NT_SUCCESS(IoGetDeviceInterfaces(&GUID_R3_WDF, NULL, 0, &list)));
    EXPECT_EQ(list[0], 0);
    ExFreePool(list);
    EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
    REQUIRE(NT_SUCCESS(IoGetDeviceInterfaces(&GUID_R3_WDF, NULL, 0, &list)));
    EXPECT(list[0] != 0);
    ExFreePool(list);
    Pnp(IRP_MN_REMOVE_DEVICE);
    REQUIRE(NT_SUCCESS(IoGetDeviceInterfaces(&GUID_R3_WDF, NULL, 0, &list)));
    EXPECT_EQ(list[0], 0);
    ExFreePool(list);
    StoryIs("PEISsiepUCcd");
}

TEST_CASE(a_driver_defined_interface_is_copied_and_referenced)
{
    CALLS calls = { 0 };

    REQUIRE(NT_SUCCESS(Add()));
    references = 0;
    EXPECT_EQ(WdfFdoQueryForInterface(device, &GUID_R3_CALLS, &calls.Header, sizeof calls, 1, NULL), STATUS_SUCCESS);
    EXPECT_EQ(calls.Number, 99);
    EXPECT_EQ(references, 1);
    EXPECT(!NT_SUCCESS(WdfFdoQueryForInterface(device, &GUID_R3_WDF, &calls.Header, sizeof calls, 1, NULL)));
    Pnp(IRP_MN_REMOVE_DEVICE);
    StoryIs("cd");
}

TEST_CASE(properties_and_keys_of_the_device_can_be_read)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Value");
    WDFMEMORY memory;
    ULONG size, value = 0;
    WCHAR buffer[64];
    WDFKEY key;

    REQUIRE(NT_SUCCESS(Add()));
    EXPECT_EQ(WdfDeviceQueryProperty(device, DevicePropertyEnumeratorName, sizeof buffer, buffer, &size), STATUS_SUCCESS);
    EXPECT_EQ(WdfDeviceQueryProperty(device, DevicePropertyEnumeratorName, 2, buffer, &size), STATUS_BUFFER_TOO_SMALL);
    REQUIRE(NT_SUCCESS(WdfDeviceAllocAndQueryProperty(device, DevicePropertyEnumeratorName, NonPagedPoolNx, NULL, &memory)));
    EXPECT_EQ(((WCHAR *)WdfMemoryGetBuffer(memory, NULL))[0], buffer[0]);
    WdfObjectDelete(memory);
    REQUIRE(NT_SUCCESS(WdfDeviceOpenRegistryKey(device, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, NULL, &key)));
    EXPECT_EQ(WdfRegistryAssignULong(key, &name, 77), STATUS_SUCCESS);
    EXPECT_EQ(WdfRegistryQueryULong(key, &name, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 77);
    WdfRegistryClose(key);
    Pnp(IRP_MN_REMOVE_DEVICE);
    StoryIs("cd");
}

TEST_CASE(a_filters_queue_is_not_power_managed_by_default)
{
    SENT sent;

    refuse_add = fail_prepare = fail_entry = veto = FALSE;
    as_filter = TRUE;
    REQUIRE(NT_SUCCESS(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo)));
    EXPECT_EQ(WdfDeviceWdmGetDeviceObject(device)->DeviceType, WdfDeviceWdmGetAttachedDevice(device)->DeviceType);
    REQUIRE(Ask(&sent));
    EXPECT(StoryIs("q"));
    WdfRequestComplete(held, STATUS_SUCCESS);
    EXPECT_EQ(Finish(&sent), STATUS_SUCCESS);
    Pnp(IRP_MN_REMOVE_DEVICE);
    StoryIs("cd");
}

TEST_CASE(a_function_driver_goes_before_the_filter_above_it_has_detached)
{
    REQUIRE(NT_SUCCESS(Add()));
    as_filter = TRUE;
    if (NT_SUCCESS(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo))) {
        EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
        EXPECT(StoryIs("PEISPEIS"));
        Pnp(IRP_MN_REMOVE_DEVICE);
        EXPECT(StoryIs("siepUCsiepUCcdcd"));
    } else {
        Pnp(IRP_MN_REMOVE_DEVICE);
    }
}
