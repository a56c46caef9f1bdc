/* Work items, device timers, remove locks, driver extensions, the event log. */
#include "helpers.h"

static PDEVICE_OBJECT device;

TEST_SETUP(make_device)
{
    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}

TEST_TEARDOWN(delete_device)
{
    IoDeleteDevice(device);
}

static volatile ULONG ran;
static KEVENT ran_event;
static KIRQL ran_irql;

static VOID NTAPI Work(PDEVICE_OBJECT object, PVOID context)
{
    ran_irql = KeGetCurrentIrql();
    EXPECT(object == device);
    EXPECT(context == &ran);
    ran++;
    KeSetEvent(&ran_event, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI WorkAndFree(PVOID object, PVOID context, PIO_WORKITEM item)
{
    (void)object;
    (void)context;
    IoFreeWorkItem(item);
    ran++;
    KeSetEvent(&ran_event, IO_NO_INCREMENT, FALSE);
}

TEST_CASE(a_work_item_runs_at_passive_and_can_be_queued_again)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    KIRQL irql;

    REQUIRE(item != NULL);
    ran = 0;
    KeInitializeEvent(&ran_event, SynchronizationEvent, FALSE);
    for (int i = 0; i < 3; i++) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        IoQueueWorkItem(item, Work, DelayedWorkQueue, (PVOID)&ran);
        KeLowerIrql(irql);
        EXPECT_EQ(WaitFor(&ran_event), STATUS_SUCCESS);
    }
    EXPECT_EQ(ran, 3);
    EXPECT_EQ(ran_irql, PASSIVE_LEVEL);
    IoFreeWorkItem(item);
}

TEST_CASE(a_work_routine_may_free_its_item)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);

    REQUIRE(item != NULL);
    ran = 0;
    KeInitializeEvent(&ran_event, SynchronizationEvent, FALSE);
    IoQueueWorkItemEx(item, WorkAndFree, CriticalWorkQueue, NULL);
    EXPECT_EQ(WaitFor(&ran_event), STATUS_SUCCESS);
    EXPECT_EQ(ran, 1);
}

TEST_CASE(a_work_item_fits_where_the_driver_says)
{
    PIO_WORKITEM item = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeofWorkItem(), 'kroW');

    REQUIRE(item != NULL);
    KeInitializeEvent(&ran_event, SynchronizationEvent, FALSE);
    IoInitializeWorkItem(device, item);
    IoQueueWorkItem(item, Work, DelayedWorkQueue, (PVOID)&ran);
    EXPECT_EQ(WaitFor(&ran_event), STATUS_SUCCESS);
    IoUninitializeWorkItem(item);
    ExFreePoolWithTag(item, 'kroW');
}

static volatile ULONG ticks;
static VOID NTAPI Tick(PDEVICE_OBJECT object, PVOID context)
{
    (void)object;
    (void)context;
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ticks++;
}

TEST_CASE(a_device_timer_ticks_once_a_second)
{
    ticks = 0;
    EXPECT_EQ(IoInitializeTimer(device, Tick, NULL), STATUS_SUCCESS);
    IoStartTimer(device);
    Sleep(2500);
    EXPECT_EQ(ticks, 2);
    IoStopTimer(device);
    Sleep(1500);
    EXPECT_EQ(ticks, 2);
}

static IO_REMOVE_LOCK remove_lock;
static KEVENT released;
static VOID NTAPI ReleaseLater(PVOID context)
{
    (void)context;
    Sleep(20);
    KeSetEvent(&released, IO_NO_INCREMENT, FALSE);
    IoReleaseRemoveLock(&remove_lock, NULL);
}

TEST_CASE(a_remove_lock_waits_for_its_users)
{
    PKTHREAD thread;

    KeInitializeEvent(&released, NotificationEvent, FALSE);
    IoInitializeRemoveLock(&remove_lock, 'kcoL', 0, 0);
    EXPECT_EQ(IoAcquireRemoveLock(&remove_lock, NULL), STATUS_SUCCESS);
    EXPECT_EQ(IoAcquireRemoveLock(&remove_lock, NULL), STATUS_SUCCESS);
    thread = StartThread(ReleaseLater, NULL);
    REQUIRE(thread != NULL);
    IoReleaseRemoveLockAndWait(&remove_lock, NULL);
    EXPECT_EQ(Poll(&released), STATUS_SUCCESS);
    EXPECT_EQ(IoAcquireRemoveLock(&remove_lock, NULL), STATUS_DELETE_PENDING);
    JoinThread(thread);
}

TEST_CASE(driver_object_extensions_are_found_by_address)
{
    static int first, second;
    PVOID extension;

    if (IoGetDriverObjectExtension(TestDriverObject, &first) == NULL) {
        EXPECT_EQ(IoAllocateDriverObjectExtension(TestDriverObject, &first, 100, &extension), STATUS_SUCCESS);
        EXPECT_EQ(*(char *)extension, 0);
    }
    EXPECT_EQ(IoAllocateDriverObjectExtension(TestDriverObject, &first, 100, &extension), STATUS_OBJECT_NAME_COLLISION);
    EXPECT(IoGetDriverObjectExtension(TestDriverObject, &first) != NULL);
    EXPECT(IoGetDriverObjectExtension(TestDriverObject, &second) == NULL);
}

TEST_CASE(the_event_log_takes_packets_of_a_limited_size)
{
    PIO_ERROR_LOG_PACKET packet;

    EXPECT(IoAllocateErrorLogEntry(TestDriverObject, 255) == NULL);
    packet = IoAllocateErrorLogEntry(device, sizeof(IO_ERROR_LOG_PACKET) + 16);
    REQUIRE(packet != NULL);
    packet->ErrorCode = STATUS_DEVICE_DATA_ERROR;
    packet->UniqueErrorValue = 7;
    packet->NumberOfStrings = 1;
    packet->StringOffset = sizeof(IO_ERROR_LOG_PACKET);
    memcpy((char *)packet + packet->StringOffset, L"broken", 14);
    IoWriteErrorLogEntry(packet);
}

TEST_CASE(a_driver_has_its_service_key)
{
    UNICODE_STRING prefix = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\");
    HANDLE key;

    EXPECT(RtlPrefixUnicodeString(&prefix, TestRegistryPath, TRUE));
    EXPECT_EQ(IoOpenDriverRegistryKey(TestDriverObject, DriverRegKeyParameters, KEY_READ, 0, &key), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
    EXPECT(TestDriverObject->DriverExtension->ServiceKeyName.Length != 0);
    EXPECT(TestDriverObject->DriverStart != NULL && TestDriverObject->DriverSize != 0);
}

static VOID NTAPI Never(PDEVICE_OBJECT object, PVOID context)
{
    (void)object;
    (void)context;
}

TEST_CASE_THAT_STOPS(freeing_a_queued_work_item_stops, 0xE4)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoQueueWorkItem(item, Never, DelayedWorkQueue, NULL);
    IoFreeWorkItem(item);
    KeLowerIrql(irql);
}
