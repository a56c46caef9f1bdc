#include "io_fixture.h"

#include "nt/event.h"

/* ---- callbacks that end others ---- */

static PVOID handles[3];
static unsigned told;

static NTSTATUS NTAPI end_all(LPCGUID setting, PVOID value, ULONG size, PVOID context)
{
    (void)setting;
    (void)value;
    (void)size;
    if (context == NULL)
        return STATUS_SUCCESS;
    told++;
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(PoUnregisterPowerSettingCallback(handles[i]), STATUS_SUCCESS);
    return STATUS_SUCCESS;
}

static void change_a_setting(void)
{
    static const GUID guid = { 0x8d5a1f62, 0x1111, 0x4222, { 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66 } };
    uint32_t value = 1;

    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(PoRegisterPowerSettingCallback(NULL, &guid, end_all, handles, &handles[i]), STATUS_SUCCESS);
    po_set_setting(&guid, &value, sizeof(value));
    po_set_setting(&guid, &value, sizeof(value));
    CHECK_EQ(told, 1);
    CHECK_EQ(PoUnregisterPowerSettingCallback(handles[0]), STATUS_INVALID_PARAMETER);
    CHECK_EQ(IoUnregisterPlugPlayNotification(handles), STATUS_INVALID_PARAMETER);
}

TEST(a_setting_callback_may_end_every_registration_and_none_ends_twice)
{
    run_in_computer(1, change_a_setting);
}

/* ---- the power framework ---- */

static unsigned misuses;

static void count_misuse(const struct nt_event *event)
{
    if (strstr(event->text, "PoFxUnregisterDevice") != NULL)
        misuses++;
}

static VOID NTAPI not_required(PVOID context)
{
    (void)context;
}

static void left_in_the_framework(void)
{
    PO_FX_DEVICE device = { .Version = PO_FX_VERSION_V1, .ComponentCount = 1,
                            .DevicePowerNotRequiredCallback = not_required };
    POHANDLE handle;

    device.Components[0].IdleStateCount = 1;
    nt_event_sink = count_misuse;
    nt_event_mask = 1u << NT_EVENT_MISUSE;
    CHECK_EQ(PoFxRegisterDevice(NULL, &device, &handle), STATUS_SUCCESS);
    PoFxSetDeviceIdleTimeout(handle, 10000000);
    PoFxStartDevicePowerManagement(handle);
    po_driver_gone((const void *)not_required, 1);
    CHECK_EQ(misuses, 1);
    PoFxUnregisterDevice(handle);
    CHECK_EQ(misuses, 2);
    nt_event_mask = 0;
}

TEST(a_device_left_in_the_power_framework_is_noticed_and_forgotten)
{
    run_in_computer(1, left_in_the_framework);
}
