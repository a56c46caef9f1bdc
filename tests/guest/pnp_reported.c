/* A device the driver reports itself: properties, registry keys, interfaces, notifications, power. */
#define INITGUID
#include "helpers.h"
#include <devpkey.h>
#include <poclass.h>
#include <wdmguid.h>

DEFINE_GUID(GUID_R3_TEST, 0x8d5a1f60, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66);

static PDEVICE_OBJECT pdo, fdo, lower;
static ULONG set_powers, opens;
static DEVICE_POWER_STATE last_state;

static NTSTATUS NTAPI Forward(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(lower, irp);
}

static NTSTATUS NTAPI Power(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    if (s->MinorFunction == IRP_MN_SET_POWER && s->Parameters.Power.Type == DevicePowerState) {
        set_powers++;
        last_state = s->Parameters.Power.State.DeviceState;
        PoSetPowerState(device, DevicePowerState, s->Parameters.Power.State);
    }
    PoStartNextPowerIrp(irp);
    return Forward(device, irp);
}

static NTSTATUS NTAPI Pnp(PDEVICE_OBJECT device, PIRP irp)
{
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    NTSTATUS status = Forward(device, irp);

    if (minor == IRP_MN_REMOVE_DEVICE) {
        IoDetachDevice(lower);
        IoDeleteDevice(fdo);
        fdo = NULL;
    }
    return status;
}

static NTSTATUS NTAPI Open(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    opens++;
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

TEST_SETUP(report_device)
{
    TestDriverObject->MajorFunction[IRP_MJ_PNP] = Pnp;
    TestDriverObject->MajorFunction[IRP_MJ_POWER] = Power;
    TestDriverObject->MajorFunction[IRP_MJ_CREATE] = Open;
    TestDriverObject->MajorFunction[IRP_MJ_CLEANUP] = Open;
    TestDriverObject->MajorFunction[IRP_MJ_CLOSE] = Open;
    IoReportDetectedDevice(TestDriverObject, InterfaceTypeUndefined, (ULONG)-1, (ULONG)-1, NULL, NULL, TRUE, &pdo);
    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &fdo);
    lower = IoAttachDeviceToDeviceStack(fdo, pdo);
    fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

TEST_CASE(old_and_new_properties_agree)
{
    WCHAR text[100], again[100];
    DEVPROPTYPE type;
    ULONG size, needed;

    EXPECT_EQ(IoGetDeviceProperty(pdo, DevicePropertyEnumeratorName, sizeof(text), text, &size), STATUS_SUCCESS);
    EXPECT(wcscmp(text, L"ROOT") == 0);
    EXPECT_EQ(IoGetDevicePropertyData(pdo, &DEVPKEY_Device_EnumeratorName, 0, 0, sizeof(again), again, &needed, &type),
              STATUS_SUCCESS);
    EXPECT_EQ(type, DEVPROP_TYPE_STRING);
    EXPECT_EQ(size, needed);
    EXPECT(wcscmp(text, again) == 0);
    EXPECT_EQ(IoGetDeviceProperty(pdo, DevicePropertyHardwareID, 2, text, &size), STATUS_BUFFER_TOO_SMALL);
    EXPECT(size > 20);
    EXPECT_EQ(IoGetDeviceProperty(fdo, DevicePropertyHardwareID, 2, text, &size), STATUS_INVALID_DEVICE_REQUEST);
}

TEST_CASE(a_property_that_was_set_is_read_back)
{
    ULONG value = 0x1234, got = 0, size;
    DEVPROPTYPE type = 0;
    DEVPROPKEY key = { GUID_R3_TEST, 5 };

    EXPECT_EQ(IoGetDevicePropertyData(pdo, &key, 0, 0, sizeof(got), &got, &size, &type), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(IoSetDevicePropertyData(pdo, &key, 0, 0, DEVPROP_TYPE_UINT32, sizeof(value), &value), STATUS_SUCCESS);
    EXPECT_EQ(IoGetDevicePropertyData(pdo, &key, 0, 0, sizeof(got), &got, &size, &type), STATUS_SUCCESS);
    EXPECT_EQ(got, 0x1234);
    EXPECT_EQ(type, DEVPROP_TYPE_UINT32);
    EXPECT_EQ(IoSetDevicePropertyData(pdo, &key, 0, 0, DEVPROP_TYPE_EMPTY, 0, NULL), STATUS_SUCCESS);
    EXPECT_EQ(IoGetDevicePropertyData(pdo, &key, 0, 0, sizeof(got), &got, &size, &type), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(hardware_and_driver_keys_keep_values)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Speed");
    UCHAR buffer[64];
    ULONG value = 100, size;
    HANDLE key;

    EXPECT_EQ(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DRIVER, KEY_ALL_ACCESS, &key), STATUS_SUCCESS);
    EXPECT_EQ(ZwSetValueKey(key, &name, 0, REG_DWORD, &value, sizeof(value)), STATUS_SUCCESS);
    ZwClose(key);
    EXPECT_EQ(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, &key), STATUS_SUCCESS);
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof(buffer), &size),
              STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(key);
    EXPECT_EQ(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &key), STATUS_SUCCESS);
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof(buffer), &size), STATUS_SUCCESS);
    ZwClose(key);
}

static ULONG arrivals, removals;
static NTSTATUS NTAPI InterfaceChange(PVOID structure, PVOID context)
{
    PDEVICE_INTERFACE_CHANGE_NOTIFICATION change = structure;

    EXPECT(context == &arrivals);
    EXPECT(IsEqualGUID(&change->InterfaceClassGuid, &GUID_R3_TEST));
    if (IsEqualGUID(&change->Event, &GUID_DEVICE_INTERFACE_ARRIVAL))
        arrivals++;
    if (IsEqualGUID(&change->Event, &GUID_DEVICE_INTERFACE_REMOVAL))
        removals++;
    return STATUS_SUCCESS;
}

TEST_CASE(an_interface_can_be_found_opened_and_watched)
{
    UNICODE_STRING link;
    PFILE_OBJECT file;
    PDEVICE_OBJECT found;
    PVOID entry;
    PWSTR list;
    WCHAR text[8];
    DEVPROPTYPE type;
    ULONG size;

    arrivals = removals = opens = 0;
    EXPECT_EQ(IoRegisterDeviceInterface(pdo, &GUID_R3_TEST, NULL, &link), STATUS_SUCCESS);
    EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, (PVOID)&GUID_R3_TEST,
                                             TestDriverObject, InterfaceChange, &arrivals, &entry), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(IoGetDeviceObjectPointer(&link, FILE_READ_DATA, &file, &found)));
    EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(arrivals, 1);
    EXPECT_EQ(IoGetDeviceObjectPointer(&link, FILE_READ_DATA, &file, &found), STATUS_SUCCESS);
    EXPECT(found == fdo);
    ObDereferenceObject(file);
    EXPECT_EQ(opens, 3);
    EXPECT_EQ(IoGetDeviceInterfaces(&GUID_R3_TEST, NULL, 0, &list), STATUS_SUCCESS);
    EXPECT(wcscmp(list, link.Buffer) == 0);
    ExFreePool(list);
    EXPECT_EQ(IoSetDeviceInterfacePropertyData(&link, &DEVPKEY_DeviceInterface_FriendlyName, 0, 0, DEVPROP_TYPE_STRING,
                                               8, (PVOID)L"abc"), STATUS_SUCCESS);
    EXPECT_EQ(IoGetDeviceInterfacePropertyData(&link, &DEVPKEY_DeviceInterface_FriendlyName, 0, 0, 4, text, &size, &type),
              STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(size, 8);
    EXPECT_EQ(IoGetDeviceInterfacePropertyData(&link, &DEVPKEY_DeviceInterface_FriendlyName, 0, 0, 8, text, &size, &type),
              STATUS_SUCCESS);
    EXPECT(type == DEVPROP_TYPE_STRING && wcscmp(text, L"abc") == 0);
    EXPECT_EQ(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(removals, 1);
    EXPECT_EQ(IoSetDeviceInterfaceState(&link, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(IoUnregisterPlugPlayNotificationEx(entry), STATUS_SUCCESS);
    RtlFreeUnicodeString(&link);
}

static KEVENT power_done;
static VOID NTAPI PowerDone(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK iosb)
{
    (void)device;
    (void)minor;
    (void)state;
    *(NTSTATUS *)context = iosb->Status;
    KeSetEvent(&power_done, IO_NO_INCREMENT, FALSE);
}

TEST_CASE(requested_power_irps_reach_the_stack_in_order)
{
    NTSTATUS status = -1;
    POWER_STATE state;
    KIRQL irql;

    set_powers = 0;
    KeInitializeEvent(&power_done, SynchronizationEvent, FALSE);
    state.DeviceState = PowerDeviceD3;
    EXPECT_EQ(PoRequestPowerIrp(pdo, IRP_MN_SET_POWER, state, PowerDone, &status, NULL), STATUS_PENDING);
    EXPECT_EQ(WaitFor(&power_done), STATUS_SUCCESS);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(last_state, PowerDeviceD3);
    state.DeviceState = PowerDeviceD0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_EQ(PoRequestPowerIrp(pdo, IRP_MN_SET_POWER, state, PowerDone, &status, NULL), STATUS_PENDING);
    KeLowerIrql(irql);
    EXPECT_EQ(WaitFor(&power_done), STATUS_SUCCESS);
    EXPECT_EQ(last_state, PowerDeviceD0);
    EXPECT_EQ(set_powers, 2);
}

static ULONG power_source = 99;
static NTSTATUS NTAPI SettingChanged(LPCGUID guid, PVOID value, ULONG length, PVOID context)
{
    (void)context;
    EXPECT(IsEqualGUID(guid, &GUID_ACDC_POWER_SOURCE));
    EXPECT_EQ(length, 4);
    power_source = *(ULONG *)value;
    return STATUS_SUCCESS;
}

TEST_CASE(a_power_setting_is_told_at_registration)
{
    PVOID handle;

    EXPECT_EQ(PoRegisterPowerSettingCallback(fdo, &GUID_ACDC_POWER_SOURCE, SettingChanged, NULL, &handle), STATUS_SUCCESS);
    EXPECT_EQ(power_source, PoAc);
    EXPECT_EQ(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
}

TEST_CASE(an_idle_device_is_sent_to_sleep)
{
    PULONG idle;

    set_powers = 0;
    idle = PoRegisterDeviceForIdleDetection(fdo, 2, 2, PowerDeviceD3);
    REQUIRE(idle != NULL);
    for (int i = 0; i < 4; i++) {
        PoSetDeviceBusyEx(idle);
        Sleep(900);
    }
    EXPECT_EQ(set_powers, 0);
    Sleep(4000);
    EXPECT_EQ(set_powers, 1);
    EXPECT_EQ(last_state, PowerDeviceD3);
    EXPECT(PoRegisterDeviceForIdleDetection(fdo, 0, 0, PowerDeviceUnspecified) == NULL);
}

static char fx_order[32];
static void FxNote(char c)
{
    size_t n = strlen(fx_order);

    if (n < sizeof(fx_order) - 1)
        fx_order[n] = c;
}

static VOID NTAPI FxActive(PVOID context, ULONG component)
{
    (void)context;
    (void)component;
    FxNote('a');
}

static VOID NTAPI FxIdle(PVOID context, ULONG component)
{
    FxNote('i');
    PoFxCompleteIdleCondition(*(POHANDLE *)context, component);
}

static VOID NTAPI FxState(PVOID context, ULONG component, ULONG state)
{
    FxNote((char)('0' + state));
    PoFxCompleteIdleState(*(POHANDLE *)context, component);
}

static VOID NTAPI FxRequired(PVOID context)
{
    FxNote('R');
    PoFxReportDevicePoweredOn(*(POHANDLE *)context);
}

static VOID NTAPI FxNotRequired(PVOID context)
{
    FxNote('N');
    PoFxCompleteDevicePowerNotRequired(*(POHANDLE *)context);
}

TEST_CASE(the_power_framework_follows_components)
{
    static POHANDLE handle;
    PO_FX_COMPONENT_IDLE_STATE states[2] = { { 0, 0, PO_FX_UNKNOWN_POWER }, { 10, 20, 0 } };
    PO_FX_DEVICE device = { .Version = PO_FX_VERSION_V1, .ComponentCount = 1,
                            .ComponentActiveConditionCallback = FxActive, .ComponentIdleConditionCallback = FxIdle,
                            .ComponentIdleStateCallback = FxState, .DevicePowerRequiredCallback = FxRequired,
                            .DevicePowerNotRequiredCallback = FxNotRequired, .DeviceContext = &handle };

    device.Components[0].IdleStateCount = 2;
    device.Components[0].IdleStates = states;
    memset(fx_order, 0, sizeof(fx_order));
    EXPECT_EQ(PoFxRegisterDevice(pdo, &device, &handle), STATUS_SUCCESS);
    PoFxSetDeviceIdleTimeout(handle, 10 * 1000 * 1000);
    PoFxStartDevicePowerManagement(handle);
    EXPECT(strcmp(fx_order, "i1") == 0);
    PoFxActivateComponent(handle, 0, 0);
    PoFxIdleComponent(handle, 0, 0);
    EXPECT(strcmp(fx_order, "i10ai1") == 0);
    Sleep(1500);
    EXPECT(strcmp(fx_order, "i10ai1N") == 0);
    PoFxActivateComponent(handle, 0, 0);
    EXPECT(strcmp(fx_order, "i10ai1NR0a") == 0);
    PoFxUnregisterDevice(handle);
}
