/* Threads, registry settings and notifications, power settings, host memory buffers, and what the platform does not have. */
#include "fake.h"

#include <wdm.h>
#include <wdmguid.h>

#include "nt/cm.h"

#define SERVICE "HKLM\\System\\CurrentControlSet\\Services\\fakestor\\Parameters"

static void *ext(void)
{
    return fake.extension;
}

static void pause_ms(unsigned ms)
{
    LARGE_INTEGER time = { .QuadPart = -10000ll * ms };

    KeDelayExecutionThread(KernelMode, FALSE, &time);
}

/* --- threads -------------------------------------------------------------------------------------------------------------- */

static PVOID first_thread;
static unsigned ran;
static KEVENT go;

static VOID NTAPI terminates(PVOID context)
{
    STOR_GROUP_AFFINITY one = { .Mask = 2 }, before = { .Mask = 77 };

    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    CHECK_EQ(StorPortSetSystemGroupAffinityThread(ext(), NULL, &one, &before), STOR_STATUS_SUCCESS);
    CHECK_EQ(this_cpu->number, 1);
    CHECK_EQ(StorPortRevertToUserGroupAffinityThread(ext(), NULL, &before), STOR_STATUS_SUCCESS);
    one.Mask = 1ull << 40;
    CHECK_EQ(StorPortSetSystemGroupAffinityThread(ext(), NULL, &one, &before), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(before.Mask, 0);
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    ran++;
    StorPortTerminateSystemThread(ext(), context ? first_thread : NULL);
    ran += 100;
}

static VOID NTAPI returns(PVOID context)
{
    ran += *(unsigned *)context;
}

static void threads(void *unused)
{
    STOR_THREAD_PRIORITY priority = StorThreadPriorityRealTime, wrong = (STOR_THREAD_PRIORITY)99;
    PVOID second, third;
    unsigned ten = 10;

    plug_fake();
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    CHECK_EQ(StorPortCreateSystemThread(ext(), NULL, NULL, NULL, &second), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortCreateSystemThread(ext(), returns, &ten, &wrong, &second), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortCreateSystemThread(ext(), terminates, &ten, &priority, &first_thread), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortSetPriorityThread(ext(), first_thread, StorThreadPriorityNormal), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortSetPriorityThread(ext(), first_thread, wrong), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortCreateSystemThread(ext(), terminates, NULL, NULL, NULL), STOR_STATUS_SUCCESS);
    /* As many as there are processors. */
    CHECK_EQ(StorPortCreateSystemThread(ext(), returns, &ten, NULL, &third), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    CHECK_EQ(StorPortTerminateSystemThread(ext(), first_thread), (ULONG)STOR_STATUS_INVALID_PARAMETER);   /* not its own */
    KeSetEvent(&go, 0, FALSE);
    pause_ms(10);
    CHECK_EQ(ran, 2);
    CHECK_EQ(StorPortSetPriorityThread(ext(), first_thread, StorThreadPriorityNormal), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortCreateSystemThread(ext(), returns, &ten, NULL, &third), STOR_STATUS_SUCCESS);
    pause_ms(10);
    CHECK_EQ(ran, 12);
    unplug_fake();
}

TEST(threads_of_a_miniport_run_and_end)
{
    on_a_computer(threads, 2);
    CHECK_EQ(fake_findings, 0);
}

/* --- the registry ------------------------------------------------------------------------------------------------------------ */

static char argument_seen[32];
static unsigned changes;

static void note_argument(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    snprintf(argument_seen, sizeof argument_seen, "%s", argument);
}

static VOID NTAPI registry_changed(PVOID extension)
{
    CHECK(extension == ext() && ke_irql() == PASSIVE_LEVEL);
    changes++;
}

static void settings(void *unused)
{
    struct cm_key *key = cm_key(NULL, SERVICE, true), *device = cm_key(NULL, SERVICE "\\Device", true);

    cm_set_dword(key, "BusType", BusTypeSas);
    cm_set_string(device, "DriverParameter", "speed=3");
    cm_set_dword(device, "NumberOfRequests", 3);        /* too few: 16 */
    cm_set_dword(device, "MaximumLogicalUnit", 1);
    cm_set_dword(device, "LinkDownTimeoutValue", 9999); /* too long: 600 */
    fake.on_find = note_argument;
    plug_fake();
    struct adapter *a = adapter_find(ext());
    CHECK_STR(argument_seen, "speed=3");
    CHECK_EQ(a->bus_type, BusTypeSas);
    CHECK_EQ(a->max_io, 16);
    CHECK_EQ(a->config->MaximumNumberOfLogicalUnits, 1);
    CHECK_EQ(a->settings.link_down, 600);
    CHECK_EQ(StorPortEnableRegistryKeyNotification(ext(), NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortEnableRegistryKeyNotification(ext(), registry_changed), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortEnableRegistryKeyNotification(ext(), registry_changed), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    cm_set_dword(device, "Speed", 3);
    pause_ms(10);
    CHECK_EQ(changes, 1);
    cm_set_dword(device, "Speed", 4);
    pause_ms(10);
    CHECK_EQ(changes, 2);
    unplug_fake();
    cm_set_dword(device, "Speed", 5);
    CHECK_EQ(changes, 2);
}

TEST(the_registry_sets_queues_bus_type_and_the_drivers_parameter)
{
    on_a_computer(settings, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- power settings ----------------------------------------------------------------------------------------------------------- */

static const GUID power_source = { 0x5d3e9a59, 0xe9d5, 0x4b00, { 0xa6, 0xbd, 0xff, 0x34, 0xff, 0x51, 0x65, 0x48 } };
static ULONG setting_value, setting_calls;

static SCSI_ADAPTER_CONTROL_STATUS setting_control(SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PSTOR_POWER_SETTING_INFO info = parameters;

    if (type == ScsiQuerySupportedControlTypes)
        ((PSCSI_SUPPORTED_CONTROL_TYPE_LIST)parameters)->SupportedTypeList[ScsiPowerSettingNotification] = TRUE;
    if (type == ScsiPowerSettingNotification) {
        CHECK(!memcmp(&info->PowerSettingGuid, &power_source, sizeof(GUID)) && info->ValueLength == 4);
        CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
        setting_value = *(PULONG)info->Value;
        setting_calls++;
    }
    return ScsiAdapterControlSuccess;
}

static void register_setting(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    GUID guid = power_source;

    CHECK_EQ(StorPortSetPowerSettingNotificationGuids(ext(), 0, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortSetPowerSettingNotificationGuids(ext(), 1, &guid), STOR_STATUS_SUCCESS);
}

static void power_settings(void *unused)
{
    ULONG battery = 1;

    fake.on_find = register_setting;
    fake.on_control = setting_control;
    plug_fake();
    CHECK_EQ(setting_calls, 1);         /* the value that holds */
    po_set_setting(&power_source, &battery, sizeof battery);
    CHECK_EQ(setting_calls, 2);
    CHECK_EQ(setting_value, 1);
    unplug_fake();
    po_set_setting(&power_source, &battery, sizeof battery);
    CHECK_EQ(setting_calls, 2);
}

TEST(a_power_setting_reaches_the_adapter_control)
{
    on_a_computer(power_settings, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- lent memory, and what is not there ------------------------------------------------------------------------------------------ */

static void initialize_sets_io(void)
{
    CHECK_EQ(StorPortUpdateAdapterMaxIO(ext(), 50), STOR_STATUS_SUCCESS);
}

static void lending(void *unused)
{
    PHYSICAL_ADDRESS lowest = { 0 }, highest = { .QuadPart = INT64_MAX }, none = { 0 };
    ACCESS_RANGE ranges[2];
    STOR_ADDR_BTL8 nowhere = { STOR_ADDRESS_TYPE_BTL8, 0, 4, 7, 7, 7, 0 };
    STORPORT_CAPTURE_LIVEDUMP dump = { .Size = sizeof dump };
    ULONG count = 2, got;
    BOOLEAN answer = TRUE;

    fake.on_initialize = initialize_sets_io;
    plug_fake();
    CHECK_EQ(adapter_find(ext())->max_io, 50);
    CHECK_EQ(StorPortUpdateAdapterMaxIO(ext(), 60), (ULONG)STOR_STATUS_INVALID_DEVICE_REQUEST);
    CHECK_EQ(StorPortAllocateHostMemoryBuffer(ext(), 0, 5000, 0, 4096, lowest, highest, none, ranges, &count),
             (ULONG)STOR_STATUS_INVALID_PARAMETER);     /* no multiple of a page */
    CHECK_EQ(StorPortAllocateHostMemoryBuffer(ext(), 8192, 4096, 0, 4096, lowest, highest, none, ranges, &count),
             (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortAllocateHostMemoryBuffer(ext(), 4096, 1u << 30, 0, 16384, lowest, highest, none, ranges, &count),
             STOR_STATUS_SUCCESS);      /* the computer has 64 MiB: less than preferred */
    CHECK(count == 1 && ranges[0].RangeLength >= 4096 && !(ranges[0].RangeStart.QuadPart & 16383));
    CHECK_EQ(StorPortFreeHostMemoryBuffer(ext(), ranges, 1), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortFreeHostMemoryBuffer(ext(), ranges, 1), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    CHECK_EQ(StorPortInvokeAcpiMethod(ext(), (PSTOR_ADDRESS)&nowhere, 0, NULL, 0, NULL, 0, &got),
             (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortInvokeAcpiMethod(ext(), NULL, 0, NULL, 0, NULL, 0, &got), (ULONG)STOR_STATUS_NOT_IMPLEMENTED);
    CHECK_EQ(StorPortHardwareReset(ext(), StorFunctionLevelReset), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    CHECK_EQ(StorPortHardwareReset(ext(), StorPlatformLevelReset), (ULONG)STOR_STATUS_NOT_IMPLEMENTED);
    CHECK_EQ(StorPortMaskMsixInterrupt(ext(), 0, TRUE), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortCaptureLiveDump(ext(), NULL, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortCaptureLiveDump(ext(), NULL, &dump), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    CHECK_EQ(StorPortGetD3ColdSupport(ext(), NULL, &answer), STOR_STATUS_SUCCESS);
    CHECK(!answer);
    CHECK_EQ(StorPortQueryConfiguration(ext(), StorportQueryConfigurationD3, &answer), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortQueryConfiguration(ext(), StorportQueryConfigurationMax, &answer), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    unplug_fake();
}

TEST(memory_is_lent_and_missing_hardware_is_said_to_be_missing)
{
    on_a_computer(lending, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- failures ------------------------------------------------------------------------------------------------------------------------ */

static void failing(void *unused)
{
    STOR_ADDR_BTL8 unit = { STOR_ADDRESS_TYPE_BTL8, 0, 4, 0, 0, 0, 0 }, nowhere = { STOR_ADDRESS_TYPE_BTL8, 0, 4, 3, 3, 3, 0 };
    STOR_UNIT_ATTRIBUTES attributes = { .AsyncNotificationSupported = 1 };
    static WCHAR why[] = { 'd', 'e', 'a', 'd', 0 };

    plug_fake();
    PSTOR_ADDRESS at = (PSTOR_ADDRESS)&unit;
    CHECK_EQ(StorPortAsyncNotificationDetected(ext(), at, 0), (ULONG)STOR_STATUS_INVALID_DEVICE_REQUEST);
    CHECK_EQ(StorPortSetUnitAttributes(ext(), at, attributes), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortAsyncNotificationDetected(ext(), at, 8), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    KIRQL old = ke_raise(DISPATCH_LEVEL);       /* the first one waits for its worker */
    CHECK_EQ(StorPortAsyncNotificationDetected(ext(), at, RAID_ASYNC_NOTIFY_FLAG_MEDIA_STATUS), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortAsyncNotificationDetected(ext(), at, 0), (ULONG)STOR_STATUS_BUSY);
    ke_lower(old);
    pause_ms(10);
    CHECK_EQ(StorPortMarkDeviceFailed(ext(), (PSTOR_ADDRESS)&nowhere, 0, why), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortMarkDeviceFailed(ext(), at, 0, why), STOR_STATUS_SUCCESS);
    pause_ms(10);
    struct storport_disk_info info;
    CHECK(storport_disk_query(0, &info));
    CHECK_EQ(StorPortMarkDeviceFailedEx(ext(), at, STORPORT_MARK_DEVICE_FAILED_FLAG_REMOVE_DEVICE, 5, why, 0, NULL, 0, NULL),
             STOR_STATUS_SUCCESS);
    pause_ms(10);
    CHECK(!storport_disk_query(0, &info));
    unplug_fake();
}

TEST(a_unit_that_is_marked_as_failed_is_removed)
{
    on_a_computer(failing, 1);
    CHECK_EQ(fake_findings, 0);
}
