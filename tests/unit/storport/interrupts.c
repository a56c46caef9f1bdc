/* What a miniport is told of its interrupt before it is connected. */
#include "fake.h"

#include "nt/hal.h"

static KINTERRUPT_MODE mode;

static void note_mode(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    mode = config->InterruptMode;
}

static KINTERRUPT_MODE started_with(struct adapter *a, USHORT flags)
{
    CM_RESOURCE_LIST list = { .Count = 1 };
    PCM_PARTIAL_RESOURCE_DESCRIPTOR d = list.List[0].PartialResourceList.PartialDescriptors;

    list.List[0].PartialResourceList.Count = 1;
    d->Type = CmResourceTypeInterrupt;
    d->Flags = flags;
    adapter_stop(a, StorStopDevice);
    CHECK_EQ((uint32_t)adapter_start(a, &list, &list), STATUS_SUCCESS);
    return mode;
}

static void modes(void *unused)
{
    fake.on_find = note_mode;
    plug_fake();
    struct adapter *a = adapter_find(fake.extension);
    CHECK_EQ(mode, LevelSensitive);
    CHECK_EQ(started_with(a, CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE), Latched);
    CHECK_EQ(started_with(a, CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE), LevelSensitive);
    CHECK_STR(fake.adapter_pnp, "PxPx");
    unplug_fake();
    CHECK_STR(fake.adapter_pnp, "PxPxRx");
}

TEST(a_miniport_finds_out_whether_its_interrupt_is_a_message)
{
    on_a_computer(modes, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- an adapter on a PCI function with messages -------------------------------------------------------------------------- */

static INTERRUPT_SYNCHRONIZATION_MODE synchronization;
static KIRQL initialize_irql, stop_irql, restart_irql, lock_irql, message_irql, access_irql;
static MESSAGE_INTERRUPT_INFORMATION found_message, message_seen;
static ULONG found_status, beyond_status;
static bool locks_every_message, connected_before_restart = true;
static unsigned interrupts;

static BOOLEAN NTAPI on_message(PVOID extension, ULONG message)
{
    interrupts++;
    return TRUE;
}

static void ask_for_messages(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    config->HwMSInterruptRoutine = on_message;
    config->InterruptSynchronizationMode = synchronization;
    found_status = StorPortGetMSIInfo(fake.extension, 0, &found_message);
    beyond_status = StorPortGetMSIInfo(fake.extension, 10000, &found_message);
    note_mode(argument, config);
}

static void note_initialize(void)
{
    initialize_irql = ke_irql();
}

static SCSI_ADAPTER_CONTROL_STATUS note_control(SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;

    if (type == ScsiQuerySupportedControlTypes)
        list->SupportedTypeList[ScsiSetRunningConfig] = TRUE;
    if (type == ScsiSetRunningConfig)
        connected_before_restart = adapter_find(fake.extension)->messages != NULL;
    if (type == ScsiStopAdapter)
        stop_irql = ke_irql();
    if (type == ScsiRestartAdapter)
        restart_irql = ke_irql();
    return ScsiAdapterControlSuccess;
}

static BOOLEAN NTAPI on_access(PVOID extension, PVOID context)
{
    access_irql = ke_irql();
    return TRUE;
}

/* A lock that somebody holds is not free. */
static bool held(struct adapter *a, ULONG message)
{
    return *hal_interrupt_lock(interrupt_of_message(a, message)) != 0;
}

static void messages(void *unused)
{
    STOR_LOCK_HANDLE lock;
    ULONG old;

    plug_fake_on_card();
    struct adapter *a = adapter_find(fake.extension);
    CHECK(a != NULL && a->message_count >= 2);
    StorPortAcquireSpinLock(fake.extension, InterruptLock, NULL, &lock);
    lock_irql = ke_irql();
    locks_every_message = held(a, 0) && held(a, 1);
    StorPortReleaseSpinLock(fake.extension, &lock);
    CHECK(!held(a, 0) && !held(a, 1));
    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    CHECK_EQ(StorPortAcquireMSISpinLock(fake.extension, 1, &old), STOR_STATUS_SUCCESS);
    message_irql = ke_irql();
    CHECK(held(a, 1));
    CHECK_EQ(held(a, 0), synchronization == InterruptSynchronizeAll);
    CHECK_EQ(StorPortReleaseMSISpinLock(fake.extension, 1, old), STOR_STATUS_SUCCESS);
    StorPortSynchronizeAccess(fake.extension, on_access, NULL);
    CHECK_EQ(StorPortGetMSIInfo(fake.extension, 1, &message_seen), STOR_STATUS_SUCCESS);
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK(!a->messages);
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK(a->messages && a->message_count >= 2);
    adapter_stop(a, StorStopDevice);
    adapter_start(a, a->raw, a->translated);
}

static void check_messages(INTERRUPT_SYNCHRONIZATION_MODE how)
{
    synchronization = how;
    fake.on_find = ask_for_messages;
    fake.on_initialize = note_initialize;
    fake.on_control = note_control;
    on_a_computer_with("null:1M,queues=2", messages, 2);
    CHECK_EQ(fake_findings, 0);
    CHECK_EQ(mode, Latched);
    CHECK_EQ(found_status, STOR_STATUS_SUCCESS);
    CHECK_EQ(beyond_status, (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(message_seen.InterruptMode, Latched);
    CHECK_EQ(message_seen.MessageId, 1);
    CHECK(message_seen.InterruptLevel > DISPATCH_LEVEL);
    CHECK(initialize_irql >= message_seen.InterruptLevel);
    CHECK_EQ(stop_irql, initialize_irql);
    CHECK_EQ(restart_irql, initialize_irql);
    CHECK(!connected_before_restart);
    CHECK_EQ(lock_irql, initialize_irql);
    CHECK_EQ(access_irql, initialize_irql);
    CHECK(message_irql >= message_seen.InterruptLevel);
    CHECK(locks_every_message);
}

TEST(the_interrupt_lock_is_the_lock_of_each_message_at_their_irql)
{
    check_messages(InterruptSynchronizePerMessage);
}

TEST(messages_that_share_a_lock_have_the_interrupt_lock)
{
    check_messages(InterruptSynchronizeAll);
}
