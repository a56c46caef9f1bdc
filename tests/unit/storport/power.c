/* Runtime power of units and adapters, and what miniports hear when the system sleeps. */
#include "fake.h"

#include <wdm.h>

#include "nt/cm.h"

static STOR_ADDR_BTL8 unit_at = { STOR_ADDRESS_TYPE_BTL8, 0, 4, 0, 0, 0, 0 };
static char heard[256];                 /* a letter for each thing, in order */
static bool knows_power;                /* ScsiAdapterPower and ScsiUnitPower */
static bool knows_config;               /* ScsiSetBootConfig and ScsiSetRunningConfig */
static ULONG status_of_registration;

static void *ext(void)
{
    return fake.extension;
}

static void hear(const char *what)
{
    size_t used = strlen(heard);

    CHECK(used + strlen(what) < sizeof heard);
    strcpy(heard + used, what);
}

static void hear_number(const char *what, unsigned n)
{
    char text[16];

    snprintf(text, sizeof text, "%s%u ", what, n);
    hear(text);
}

static void pause_ms(unsigned ms)
{
    LARGE_INTEGER time = { .QuadPart = -10000ll * ms };

    KeDelayExecutionThread(KernelMode, FALSE, &time);
}

struct three {
    STOR_POFX_DEVICE_V3 device;
    STOR_POFX_COMPONENT_IDLE_STATE second;
};

static void describe(struct three *d, unsigned states, ULONG flags, ULONG ms)
{
    memset(d, 0, sizeof *d);
    d->device.Version = STOR_POFX_DEVICE_VERSION_V3;
    d->device.Size = STOR_POFX_DEVICE_V3_SIZE;
    d->device.ComponentCount = 1;
    d->device.Flags = flags | STOR_POFX_DEVICE_FLAG_IDLE_TIMEOUT;
    d->device.UnitMinIdleTimeoutInMS = d->device.AdapterIdleTimeoutInMS = ms;
    d->device.Components[0].Version = STOR_POFX_COMPONENT_VERSION_V2;
    d->device.Components[0].Size = STOR_POFX_COMPONENT_V2_SIZE;
    d->device.Components[0].FStateCount = states;
    d->device.Components[0].Id = STORPORT_POFX_LUN_GUID;
    d->second.TransitionLatency = 1000;
}

/* --- a unit --------------------------------------------------------------------------------------------------------------- */

static void unit_power_info(PSTOR_POFX_UNIT_POWER_INFO info)
{
    struct three d;
    BOOLEAN cold = TRUE;

    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    hear_number("info", info->IdlePowerEnabled);
    if (!info->IdlePowerEnabled)
        return;
    describe(&d, 3, 0, 1000);
    CHECK_EQ(StorPortInitializePoFxPower(ext(), info->Header.Address, (PSTOR_POFX_DEVICE)&d, &cold),
             (ULONG)STOR_STATUS_INVALID_PARAMETER);     /* a unit has two F-states at most */
    describe(&d, 2, 0, 1000);
    status_of_registration = StorPortInitializePoFxPower(ext(), info->Header.Address, (PSTOR_POFX_DEVICE)&d, &cold);
    CHECK(!cold);
    CHECK_EQ(StorPortInitializePoFxPower(ext(), info->Header.Address, (PSTOR_POFX_DEVICE)&d, &cold),
             (ULONG)STOR_STATUS_UNSUCCESSFUL);
}

static SCSI_UNIT_CONTROL_STATUS NTAPI unit_control_of_test(PVOID extension, SCSI_UNIT_CONTROL_TYPE type, PVOID parameters)
{
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;

    switch (type) {
    case ScsiQuerySupportedUnitControlTypes:
        list->SupportedTypeList[ScsiUnitStart] = list->SupportedTypeList[ScsiUnitPoFxPowerInfo] = TRUE;
        list->SupportedTypeList[ScsiUnitPoFxPowerRequired] = list->SupportedTypeList[ScsiUnitPoFxPowerActive] = TRUE;
        list->SupportedTypeList[ScsiUnitPoFxPowerSetFState] = TRUE;
        list->SupportedTypeList[ScsiUnitPower] = knows_power;
        break;
    case ScsiUnitStart:
        CHECK_EQ(((PSTOR_ADDR_BTL8)parameters)->Target, 0);
        hear("start ");
        break;
    case ScsiUnitPoFxPowerInfo:
        unit_power_info(parameters);
        break;
    case ScsiUnitPoFxPowerRequired:
        CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
        hear_number("required", ((PSTOR_POFX_POWER_REQUIRED_CONTEXT)parameters)->PowerRequired);
        break;
    case ScsiUnitPoFxPowerActive:
        CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
        hear_number("active", ((PSTOR_POFX_ACTIVE_CONTEXT)parameters)->Active);
        break;
    case ScsiUnitPoFxPowerSetFState:
        CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
        hear_number("F", ((PSTOR_POFX_FSTATE_CONTEXT)parameters)->FState);
        break;
    case ScsiUnitPower:
        CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
        hear_number("D", ((PSTOR_UNIT_CONTROL_POWER)parameters)->PowerState - StorPowerDeviceD0);
        break;
    default:
        break;
    }
    return ScsiUnitControlSuccess;
}

static bool note_srb(PVOID srb)
{
    switch (SrbGetSrbFunction(srb)) {
    case SRB_FUNCTION_POWER: {
        PSCSI_POWER_REQUEST_BLOCK power = srb;
        hear_number(power->SrbPowerFlags & SRB_POWER_FLAGS_ADAPTER_REQUEST ? "adapterD" : "srbD",
                    power->DevicePowerState - StorPowerDeviceD0);
        break;
    }
    case SRB_FUNCTION_FLUSH:
        hear("flush ");
        break;
    case SRB_FUNCTION_EXECUTE_SCSI:
        if (((const uint8_t *)SrbGetCdb(srb))[0] == SCSIOP_READ16)
            hear("read ");
        break;
    }
    return false;
}

static void enable_idle(void)
{
    struct cm_key *key = cm_key(NULL, "HKLM\\System\\CurrentControlSet\\Enum\\ROOT\\FAKESTOR\\0000\\Device Parameters\\StorPort", true);

    CHECK(key && cm_set_dword(key, "EnableIdlePowerManagement", 1));
}

static void begin(void)
{
    fake.on_unit = unit_control_of_test;
    fake.on_start = note_srb;
    plug_fake();
}

static void read_once(void)
{
    struct storport_disk *disk = storport_disk_open(0);
    uint8_t *data = ram_buffer(4096);

    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    storport_disk_close(disk);
    pool_free(data, 0, NULL);
}

static void idle_unit(void *unused)
{
    enable_idle();
    begin();
    CHECK(strstr(heard, "start info1 ") == heard);
    CHECK_EQ(status_of_registration, STOR_STATUS_SUCCESS);
    pause_ms(10);
    heard[0] = 0;
    read_once();
    pause_ms(10);
    CHECK_STR(heard, knows_power ? "F0 active1 read active0 F1 " : "F0 active1 read active0 F1 ");
    pause_ms(1100);
    CHECK_STR(heard, knows_power ? "F0 active1 read active0 F1 required0 D3 " : "F0 active1 read active0 F1 required0 srbD3 ");
    heard[0] = 0;
    read_once();
    pause_ms(10);
    CHECK_STR(heard, knows_power ? "required1 D0 F0 active1 read active0 F1 " : "required1 srbD0 F0 active1 read active0 F1 ");
    /* A reference of the miniport's own keeps it active. */
    heard[0] = 0;
    PSTOR_ADDRESS at = (PSTOR_ADDRESS)&unit_at;
    CHECK_EQ(StorPortPoFxActivateComponent(ext(), at, NULL, 1, 0), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortPoFxActivateComponent(ext(), at, NULL, 0, 0), (ULONG)STOR_STATUS_BUSY);
    pause_ms(10);
    CHECK_STR(heard, "F0 active1 ");
    CHECK_EQ(StorPortPoFxActivateComponent(ext(), at, NULL, 0, 0), STOR_STATUS_SUCCESS);
    read_once();
    pause_ms(2000);
    CHECK_STR(heard, "F0 active1 read ");
    CHECK_EQ(StorPortPoFxIdleComponent(ext(), at, NULL, 0, 0), (ULONG)STOR_STATUS_BUSY);
    CHECK_EQ(StorPortPoFxIdleComponent(ext(), at, NULL, 0, 0), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortPoFxIdleComponent(ext(), at, NULL, 0, 0), (ULONG)STOR_STATUS_INVALID_DEVICE_REQUEST);
    pause_ms(10);
    CHECK_STR(heard, "F0 active1 read active0 F1 ");
    /* Too slow a way back: F0 it is. */
    CHECK_EQ(StorPortPoFxSetComponentLatency(ext(), at, 0, 999), STOR_STATUS_SUCCESS);
    heard[0] = 0;
    read_once();
    read_once();
    pause_ms(10);
    CHECK_STR(heard, "F0 active1 read active0 active1 read active0 ");
    CHECK_EQ(StorPortPoFxPowerControl(ext(), at, &STORPORT_POFX_LUN_GUID, NULL, 0, NULL, 0, NULL), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    CHECK_EQ(StorPortPoFxActivateComponent(ext(), NULL, NULL, 0, 0), (ULONG)STOR_STATUS_INVALID_DEVICE_REQUEST);
    unplug_fake();
}

TEST(an_idle_unit_goes_to_its_deepest_state_and_then_loses_power)
{
    knows_power = true;
    on_a_computer(idle_unit, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_unit_without_the_power_control_hears_of_power_by_srb)
{
    on_a_computer(idle_unit, 1);
    CHECK_EQ(fake_findings, 0);
}

static void not_enabled(void *unused)
{
    begin();
    CHECK(strstr(heard, "start info0 ") == heard);
    read_once();
    pause_ms(2000);
    CHECK(!strstr(heard, "active"));
    unplug_fake();
}

TEST(a_unit_is_told_that_idle_power_management_is_off)
{
    on_a_computer(not_enabled, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- an adapter ------------------------------------------------------------------------------------------------------------------ */

static BOOLEAN register_adapter(void)
{
    struct three d;
    BOOLEAN cold = TRUE;

    describe(&d, 9, STOR_POFX_DEVICE_FLAG_ENABLE_D3_COLD, 500);
    CHECK_EQ(StorPortInitializePoFxPower(ext(), NULL, (PSTOR_POFX_DEVICE)&d, &cold), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    describe(&d, 1, STOR_POFX_DEVICE_FLAG_ENABLE_D3_COLD, 500);
    CHECK_EQ(StorPortInitializePoFxPower(ext(), NULL, (PSTOR_POFX_DEVICE)&d, &cold), STOR_STATUS_SUCCESS);
    CHECK(!cold);
    return TRUE;
}

static SCSI_ADAPTER_CONTROL_STATUS adapter_control_of_test(SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;

    switch (type) {
    case ScsiQuerySupportedControlTypes:
        list->SupportedTypeList[ScsiAdapterPower] = knows_power;
        list->SupportedTypeList[ScsiSetBootConfig] = list->SupportedTypeList[ScsiSetRunningConfig] = knows_config;
        list->SupportedTypeList[ScsiAdapterPoFxPowerRequired] = list->SupportedTypeList[ScsiAdapterPoFxPowerActive] = TRUE;
        break;
    case ScsiAdapterPower:
        hear_number("adapter-D", ((PSTOR_ADAPTER_CONTROL_POWER)parameters)->PowerState - StorPowerDeviceD0);
        break;
    case ScsiAdapterPoFxPowerRequired:
        hear_number("required", *(PBOOLEAN)parameters);
        break;
    case ScsiAdapterPoFxPowerActive:
        hear_number("active", ((PSTOR_POFX_ACTIVE_CONTEXT)parameters)->Active);
        break;
    case ScsiStopAdapter:
        hear("stop ");
        break;
    case ScsiRestartAdapter:
        hear("restart ");
        break;
    case ScsiSetBootConfig:
        CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
        hear("boot ");
        break;
    case ScsiSetRunningConfig:
        CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
        hear("running ");
        break;
    default:
        break;
    }
    return ScsiAdapterControlSuccess;
}

static void idle_adapter(void *unused)
{
    fake.passive = true;
    fake.on_passive = register_adapter;
    fake.on_control = adapter_control_of_test;
    fake.on_start = note_srb;
    plug_fake();
    pause_ms(10);
    heard[0] = 0;
    read_once();
    pause_ms(1000);
    CHECK_STR(heard, knows_power ? "active1 read required0 adapter-D3 " : "active1 read required0 srbD3 adapterD3 stop ");
    heard[0] = 0;
    read_once();
    pause_ms(10);
    CHECK_STR(heard, knows_power ? "required1 adapter-D0 active1 read " : "required1 restart adapterD0 srbD0 active1 read ");
    CHECK_EQ(StorPortPoFxSetIdleTimeout(ext(), (PSTOR_ADDRESS)&unit_at, 5), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortPoFxSetIdleTimeout(ext(), NULL, 5), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortPoFxSetPerfState(ext(), NULL, 0, 0, 0, 0, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    read_once();
    pause_ms(20);
    heard[0] = 0;
    adapter_rescan(adapter_find(ext()));        /* a search for units powers it, too */
    pause_ms(50);
    CHECK(strstr(heard, "required1 ") == heard && strstr(heard, "required0 "));
    unplug_fake();
}

TEST(an_idle_adapter_is_powered_down_and_comes_back_for_a_request)
{
    on_a_computer(idle_adapter, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(an_idle_adapter_with_the_power_control_is_told_by_it)
{
    knows_power = true;
    on_a_computer(idle_adapter, 2);
    CHECK_EQ(fake_findings, 0);
}

/* --- the system sleeps -------------------------------------------------------------------------------------------------------------- */

static void caches(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    config->CachesData = TRUE;
}

static void sleeping(void *unused)
{
    fake.on_find = caches;
    fake.on_control = adapter_control_of_test;
    fake.on_start = note_srb;
    plug_fake();
    heard[0] = 0;
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_STR(heard, knows_config ? "flush srbD3 adapterD3 stop boot " : "flush srbD3 adapterD3 stop ");
    heard[0] = 0;
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_STR(heard, knows_config ? "running restart adapterD0 srbD0 " : "restart adapterD0 srbD0 ");
    read_once();
    heard[0] = 0;
    unplug_fake();
    CHECK_STR(heard, knows_config ? "flush stop boot " : "flush stop ");
}

TEST(the_boot_configuration_follows_a_stop_and_the_running_one_comes_before_a_restart)
{
    knows_config = true;
    on_a_computer(sleeping, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(sleep_flushes_tells_units_and_adapter_and_stops)
{
    on_a_computer(sleeping, 1);
    CHECK_EQ(fake_findings, 0);
}
