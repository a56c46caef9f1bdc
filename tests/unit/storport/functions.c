/* Storport's functions, one by one, as a miniport calls them. */
#include "fake.h"

#include <wdm.h>

static void *ext(void)
{
    return fake.extension;
}

/* --- memory -------------------------------------------------------------------------------------------------------- */

static void memory(void *unused)
{
    PVOID block = NULL, mdl = NULL;
    PHYSICAL_ADDRESS lowest = { 0 }, highest = { .QuadPart = 0xffffffff }, none = { 0 }, pa = { 0 };
    ULONG length = 0;

    plug_fake();
    CHECK_EQ(StorPortAllocatePool(ext(), 100, 0x74736554, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortAllocatePool(ext(), 100, 0x74736554, &block), STOR_STATUS_SUCCESS);
    CHECK(block != NULL);
    pa = StorPortGetPhysicalAddress(ext(), NULL, block, &length);
    CHECK_EQ((uint64_t)pa.QuadPart, ram_pa(block));
    CHECK(length > 0);
    CHECK(StorPortGetVirtualAddress(ext(), pa) == block);
    CHECK_EQ(StorPortAllocateMdl(ext(), block, 100, &mdl), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortBuildMdlForNonPagedPool(ext(), mdl), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortFreeMdl(ext(), mdl), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortFreePool(ext(), block), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortFreePool(ext(), NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    KIRQL old = ke_raise(5);
    CHECK_EQ(StorPortAllocatePool(ext(), 100, 0x74736554, &block), (ULONG)STOR_STATUS_INVALID_IRQL);
    ke_lower(old);
    CHECK_EQ(StorPortAllocateContiguousMemorySpecifyCacheNode(ext(), 3 * 4096, lowest, highest, none, MmCached, 0, &block),
             STOR_STATUS_SUCCESS);
    CHECK(ram_pa(block) <= 0xffffffff && !((uintptr_t)block & 4095));
    CHECK_EQ(StorPortFreeContiguousMemorySpecifyCache(ext(), block, 3 * 4096, MmCached), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortAllocateDmaMemory(ext(), 4096, lowest, highest, none, MmCached, 0, &block, &pa), STOR_STATUS_SUCCESS);
    CHECK_EQ((uint64_t)pa.QuadPart, ram_pa(block));
    CHECK_EQ(StorPortFreeDmaMemory(ext(), block, 4096, MmCached, pa), STOR_STATUS_SUCCESS);
    unplug_fake();
    CHECK_EQ(StorPortAllocatePool(ext(), 100, 0x74736554, &block), (ULONG)STOR_STATUS_INVALID_PARAMETER);     /* the adapter is gone */
}

TEST(memory_functions_answer_as_documented)
{
    on_a_computer(memory, 1);
    CHECK_EQ(fake_findings, 0);
}

static void *kept, *freed_later;

static SCSI_ADAPTER_CONTROL_STATUS free_at_the_end(SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    if (type == ScsiStopAdapter) {
        KIRQL old = ke_raise(5);
        CHECK_EQ(StorPortFreePool(ext(), kept), (ULONG)STOR_STATUS_INVALID_IRQL);
        CHECK_EQ(StorPortFreePool(ext(), freed_later), (ULONG)STOR_STATUS_INVALID_IRQL);
        ke_lower(old);
        CHECK(pool_size(kept) == 100);
        CHECK_EQ(StorPortFreePool(ext(), freed_later), STOR_STATUS_SUCCESS);
    }
    return ScsiAdapterControlSuccess;
}

static void freeing_too_high(void *unused)
{
    struct pool_stats before, after;

    fake.on_control = free_at_the_end;
    pool_get_stats(&before);
    plug_fake();
    CHECK_EQ(StorPortAllocatePool(ext(), 100, 0x74736554, &kept), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortAllocatePool(ext(), 100, 0x74736554, &freed_later), STOR_STATUS_SUCCESS);
    unplug_fake();
    pool_get_stats(&after);
    CHECK_EQ(pool_size(kept), 0);
    CHECK_EQ(after.live_blocks, before.live_blocks);
}

TEST(pool_that_could_not_be_freed_at_dirql_goes_with_the_adapter)
{
    on_a_computer(freeing_too_high, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- timers and work ----------------------------------------------------------------------------------------------------- */

static unsigned fired, worked;
static uint64_t fired_at;
static KEVENT happened;
static KIRQL seen_irql;

static VOID NTAPI on_timer(PVOID extension, PVOID context)
{
    CHECK(extension == fake.extension && context == &fired);
    fired++;
    fired_at = ke_now();
    seen_irql = ke_irql();
    KeSetEvent(&happened, 0, FALSE);
}

static VOID NTAPI on_old_timer(PVOID extension)
{
    on_timer(extension, &fired);
}

static VOID NTAPI on_work(PVOID extension, PVOID context, PVOID worker)
{
    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    CHECK_EQ(StorPortFreeWorker(extension, worker), STOR_STATUS_SUCCESS);
    worked++;
    KeSetEvent(&happened, 0, FALSE);
}

static void wait_for_it(void)
{
    KeWaitForSingleObject(&happened, Executive, KernelMode, FALSE, NULL);
}

static void timers(void *unused)
{
    PVOID timer, worker;
    uint64_t before;

    plug_fake();
    KeInitializeEvent(&happened, SynchronizationEvent, FALSE);
    CHECK_EQ(StorPortInitializeTimer(ext(), &timer), STOR_STATUS_SUCCESS);
    before = ke_now();
    CHECK_EQ(StorPortRequestTimer(ext(), timer, on_timer, &fired, 1500, 0), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortRequestTimer(ext(), timer, on_timer, &fired, 100, 0), (ULONG)STOR_STATUS_BUSY);
    wait_for_it();
    CHECK_EQ(fired, 1);
    CHECK_EQ(seen_irql, DISPATCH_LEVEL);
    CHECK(fired_at - before >= 1500000 && fired_at - before < 2500000);
    CHECK_EQ(StorPortRequestTimer(ext(), timer, on_timer, &fired, 1500, 0), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortRequestTimer(ext(), timer, NULL, NULL, 0, 0), STOR_STATUS_SUCCESS);      /* taken back */
    StorPortNotification(RequestTimerCall, ext(), on_old_timer, 3000);
    wait_for_it();
    CHECK_EQ(fired, 2);
    CHECK_EQ(StorPortFreeTimer(ext(), timer), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortFreeTimer(ext(), timer), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    CHECK_EQ(StorPortFreeTimer(ext(), NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    /* One that is armed can be freed. */
    CHECK_EQ(StorPortInitializeTimer(ext(), &timer), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortRequestTimer(ext(), timer, on_timer, &fired, 1500, 0), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortFreeTimer(ext(), timer), STOR_STATUS_SUCCESS);
    KIRQL high = ke_raise(5);
    CHECK_EQ(StorPortInitializeTimer(ext(), &timer), (ULONG)STOR_STATUS_INVALID_IRQL);
    CHECK_EQ(StorPortInitializeWorker(ext(), &worker), (ULONG)STOR_STATUS_INVALID_IRQL);
    ke_lower(high);
    CHECK_EQ(StorPortInitializeWorker(ext(), &worker), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortQueueWorkItem(ext(), on_work, worker, NULL), STOR_STATUS_SUCCESS);
    wait_for_it();
    CHECK_EQ(worked, 1);
    CHECK_EQ(StorPortFreeWorker(ext(), worker), (ULONG)STOR_STATUS_UNSUCCESSFUL);      /* it freed itself */
    /* What is left goes with the adapter. */
    CHECK_EQ(StorPortInitializeTimer(ext(), &timer), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortRequestTimer(ext(), timer, on_timer, &fired, 1000000000, 0), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortInitializeWorker(ext(), &worker), STOR_STATUS_SUCCESS);
    unplug_fake();
    CHECK_EQ(fired, 2);
}

TEST(timers_and_work_items_run_once_each)
{
    on_a_computer(timers, 2);
    CHECK_EQ(fake_findings, 0);
}

/* --- locks and lists -------------------------------------------------------------------------------------------------------- */

static BOOLEAN NTAPI synchronized(PVOID extension, PVOID context)
{
    *(KIRQL *)context = ke_irql();
    return TRUE;
}

static void locks(void *unused)
{
    STOR_LOCK_HANDLE first, second;
    STOR_SLIST_HEADER slist;
    DECLSPEC_ALIGN(16) STOR_SLIST_ENTRY entries[2];
    PSTOR_SLIST_ENTRY got;
    STOR_LIST_ENTRY head, node;
    PSTOR_LIST_ENTRY out;
    STOR_KSPIN_LOCK lock;
    STOR_EVENT event;
    LARGE_INTEGER soon = { .QuadPart = -10000 };
    SHORT depth;
    KIRQL irql;

    plug_fake();
    StorPortAcquireSpinLock(ext(), StartIoLock, NULL, &first);
    CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
    StorPortAcquireSpinLock(ext(), InterruptLock, NULL, &second);
    StorPortReleaseSpinLock(ext(), &second);
    StorPortReleaseSpinLock(ext(), &first);
    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    StorPortAcquireSpinLock(ext(), DpcLock, &fake.dpc, &first);
    StorPortReleaseSpinLock(ext(), &first);
    StorPortSynchronizeAccess(ext(), synchronized, &irql);
    CHECK_EQ(irql, DISPATCH_LEVEL);     /* no interrupt is connected */
    CHECK_EQ(StorPortInitializeSListHead(ext(), &slist), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortInterlockedPushEntrySList(ext(), &slist, &entries[0], &got), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortInterlockedPushEntrySList(ext(), &slist, &entries[1], &got), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortQueryDepthSList(ext(), &slist, &depth), STOR_STATUS_SUCCESS);
    CHECK_EQ(depth, 2);
    CHECK_EQ(StorPortInterlockedPopEntrySList(ext(), &slist, &got), STOR_STATUS_SUCCESS);
    CHECK(got == &entries[1]);
    CHECK_EQ(StorPortInitializeListHead(ext(), &head), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortInitializeSpinlock(ext(), &lock), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortInterlockedInsertTailList(ext(), &head, &node, &out, &lock), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortInterlockedRemoveHeadList(ext(), &head, &out, &lock), STOR_STATUS_SUCCESS);
    CHECK(out == &node);
    CHECK_EQ(StorPortInitializeEvent(ext(), &event, StorSynchronizationEvent, FALSE), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortWaitForSingleObject(ext(), &event, FALSE, &soon), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    CHECK_EQ(StorPortSetEvent(ext(), &event), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortWaitForSingleObject(ext(), &event, FALSE, &soon), STOR_STATUS_SUCCESS);
    unplug_fake();
}

TEST(locks_lists_and_events_work)
{
    on_a_computer(locks, 2);
    CHECK_EQ(fake_findings, 0);
}

static void wrong_order(void *unused)
{
    STOR_LOCK_HANDLE first = { 0 };

    plug_fake();
    StorPortReleaseSpinLock(ext(), &first);
    unplug_fake();
}

TEST(releasing_a_lock_that_is_none_is_found)
{
    on_a_computer(wrong_order, 1);
    CHECK_EQ(fake_findings, 1);
}

/* --- the system and the registry ------------------------------------------------------------------------------------------------ */

static unsigned perf_checks;

static void performance(void)
{
    PERF_CONFIGURATION_DATA perf = { .Version = STOR_PERF_VERSION, .Size = sizeof perf };

    CHECK_EQ(StorPortInitializePerfOpts(ext(), TRUE, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortInitializePerfOpts(ext(), TRUE, &perf), STOR_STATUS_SUCCESS);
    CHECK(perf.Flags & STOR_PERF_CONCURRENT_CHANNELS);
    perf.Flags = STOR_PERF_INTERRUPT_MESSAGE_RANGES;    /* without DPC redirection */
    CHECK_EQ(StorPortInitializePerfOpts(ext(), FALSE, &perf), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    perf.Flags = STOR_PERF_DPC_REDIRECTION | STOR_PERF_ADV_CONFIG_LOCALITY;     /* without message ranges */
    CHECK_EQ(StorPortInitializePerfOpts(ext(), FALSE, &perf), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    perf.Flags = 0x80000000;
    CHECK_EQ(StorPortInitializePerfOpts(ext(), FALSE, &perf), (ULONG)STOR_STATUS_UNSUCCESSFUL);
    perf.Flags = STOR_PERF_DPC_REDIRECTION | STOR_PERF_CONCURRENT_CHANNELS;
    perf.ConcurrentChannels = 2;
    CHECK_EQ(StorPortInitializePerfOpts(ext(), FALSE, &perf), STOR_STATUS_SUCCESS);
    perf.Version = 77;
    CHECK_EQ(StorPortInitializePerfOpts(ext(), TRUE, &perf), (ULONG)STOR_STATUS_UNSUPPORTED_VERSION);
    perf_checks++;
}

static void system_functions(void *unused)
{
    PVOID fdo, pdo, lower;
    USHORT groups;
    ULONG nodes, length = 64, index;
    KAFFINITY mask;
    PERF_CONFIGURATION_DATA perf = { .Version = STOR_PERF_VERSION, .Size = sizeof perf };
    MESSAGE_INTERRUPT_INFORMATION message;
    STOR_ADDR_BTL8 address = { STOR_ADDRESS_TYPE_BTL8, 0xffff, 4, 0, 0, 0, 0 };
    STOR_LOG_EVENT_DETAILS details = { .InterfaceRevision = 0x00000200, .Size = sizeof details };
    PUCHAR buffer;

    fake.on_initialize = performance;
    plug_fake();
    CHECK_EQ(perf_checks, 1);
    CHECK_EQ(StorPortGetDeviceObjects(ext(), &fdo, &pdo, &lower), STOR_STATUS_SUCCESS);
    CHECK(pdo == fake.node->pdo && fdo && lower);
    CHECK_EQ(StorPortGetActiveGroupCount(ext(), &groups), STOR_STATUS_SUCCESS);
    CHECK_EQ(groups, 1);
    CHECK_EQ(StorPortGetGroupAffinity(ext(), 0, &mask), STOR_STATUS_SUCCESS);
    CHECK_EQ(mask, 3);
    CHECK_EQ(StorPortGetGroupAffinity(ext(), 1, &mask), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortGetHighestNodeNumber(ext(), &nodes), STOR_STATUS_SUCCESS);
    CHECK_EQ(nodes, 0);
    CHECK_EQ(StorPortGetCurrentProcessorIndex(ext(), &index), STOR_STATUS_SUCCESS);
    CHECK(index < 2);
    CHECK_EQ(StorPortInitializePerfOpts(ext(), TRUE, &perf), (ULONG)STOR_STATUS_UNSUCCESSFUL);     /* it is initialised */
    CHECK_EQ(StorPortGetMSIInfo(ext(), 0, &message), (ULONG)STOR_STATUS_INVALID_DEVICE_REQUEST);   /* it has no messages */
    CHECK_EQ(StorPortGetMSIInfo(ext(), 0, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortGetSystemPortNumber(ext(), (PSTOR_ADDRESS)&address), STOR_STATUS_SUCCESS);
    CHECK_EQ(address.Port, 0);
    CHECK_EQ(StorPortLogSystemEvent(ext(), &details, &length), (ULONG)STOR_STATUS_UNSUPPORTED_VERSION);
    CHECK_EQ(details.InterfaceRevision, STOR_CURRENT_LOG_INTERFACE_REVISION);
    /* What is not there is refused. */
    CHECK_EQ(StorPortInvokeAcpiMethod(ext(), NULL, 0, NULL, 0, NULL, 0, NULL), (ULONG)STOR_STATUS_NOT_IMPLEMENTED);
    CHECK_EQ(StorPortExtendedFunction((STORPORT_FUNCTION_CODE)4711, ext()), (ULONG)STOR_STATUS_NOT_IMPLEMENTED);

    ULONG value = 42;
    buffer = StorPortAllocateRegistryBuffer(ext(), &length);
    CHECK(buffer && length == 64);
    CHECK(StorPortRegistryWrite(ext(), (PUCHAR)"Value", FALSE, REG_DWORD, (PUCHAR)&value, sizeof value));
    CHECK(StorPortRegistryRead(ext(), (PUCHAR)"Value", FALSE, REG_DWORD, buffer, &length));
    CHECK_EQ(length, 4);
    CHECK_EQ(*(PULONG)(void *)buffer, 42);
    length = 64;
    CHECK(!StorPortRegistryRead(ext(), (PUCHAR)"Value", TRUE, REG_DWORD, buffer, &length));   /* of this adapter alone */
    CHECK_EQ(length, 0);
    CHECK(StorPortRegistryWrite(ext(), (PUCHAR)"Text", TRUE, REG_SZ, (PUCHAR)"hello", 5));
    length = 3;
    CHECK(!StorPortRegistryRead(ext(), (PUCHAR)"Text", TRUE, REG_SZ, buffer, &length));
    CHECK_EQ(length, 6);
    CHECK(StorPortRegistryRead(ext(), (PUCHAR)"Text", TRUE, REG_SZ, buffer, &length));
    CHECK_STR((char *)buffer, "hello");
    StorPortFreeRegistryBuffer(ext(), buffer);
    CHECK(StorPortGetLogicalUnit(ext(), 0, 0, 0) != NULL);
    CHECK(StorPortGetLogicalUnit(ext(), 0, 1, 0) == NULL);
    CHECK(StorPortSetDeviceQueueDepth(ext(), 0, 0, 0, 100));
    CHECK(!StorPortSetDeviceQueueDepth(ext(), 0, 0, 0, 0));
    CHECK(!StorPortSetDeviceQueueDepth(ext(), 0, 0, 0, 100000));
    unplug_fake();
}

TEST(system_and_registry_functions_answer_as_documented)
{
    on_a_computer(system_functions, 2);
    CHECK_EQ(fake_findings, 0);
}
