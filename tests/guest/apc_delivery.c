/* Kernel APCs: when each kind runs, what holds it back, and what it does to a wait. A driver that uses them declares them itself. */
#include "helpers.h"

typedef enum { OriginalApcEnvironment } APC_ENVIRONMENT;
NTKERNELAPI VOID NTAPI KeInitializeApc(PRKAPC, PRKTHREAD, APC_ENVIRONMENT, PKKERNEL_ROUTINE, PKRUNDOWN_ROUTINE, PKNORMAL_ROUTINE,
                                       KPROCESSOR_MODE, PVOID);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PRKAPC, PVOID, PVOID, KPRIORITY);
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC);
NTKERNELAPI BOOLEAN NTAPI KeAlertThread(PKTHREAD, KPROCESSOR_MODE);
NTKERNELAPI BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE);

static KAPC special, normal, user;
static ULONG specials, normals, kernels, rundowns;
static KIRQL special_irql, kernel_irql, normal_irql;
static PVOID special_thread, normal_thread, seen_context, seen_first, seen_second;
static char order[8];
static ULONG ordered;

static void Note(char what)
{
    if (ordered < sizeof(order))
        order[ordered++] = what;
}

static VOID NTAPI Special(PRKAPC apc, PKNORMAL_ROUTINE *routine, PVOID *context, PVOID *first, PVOID *second)
{
    (void)apc;
    (void)routine;
    (void)context;
    (void)first;
    (void)second;
    special_irql = KeGetCurrentIrql();
    special_thread = KeGetCurrentThread();
    specials++;
    Note('s');
}

static VOID NTAPI Kernel(PRKAPC apc, PKNORMAL_ROUTINE *routine, PVOID *context, PVOID *first, PVOID *second)
{
    (void)apc;
    (void)routine;
    (void)context;
    (void)second;
    kernel_irql = KeGetCurrentIrql();
    *first = (PVOID)((ULONG_PTR)*first + 1);
    kernels++;
}

static VOID NTAPI Normal(PVOID context, PVOID first, PVOID second)
{
    normal_irql = KeGetCurrentIrql();
    normal_thread = KeGetCurrentThread();
    seen_context = context;
    seen_first = first;
    seen_second = second;
    normals++;
    Note('n');
}

static VOID NTAPI Rundown(PRKAPC apc)
{
    (void)apc;
    rundowns++;
}

static void Prepare(PKTHREAD thread)
{
    specials = normals = kernels = rundowns = ordered = 0;
    special_thread = normal_thread = NULL;
    RtlZeroMemory(order, sizeof(order));
    KeInitializeApc(&special, thread, OriginalApcEnvironment, Special, NULL, NULL, KernelMode, NULL);
    KeInitializeApc(&normal, thread, OriginalApcEnvironment, Kernel, Rundown, Normal, KernelMode, &order);
    KeInitializeApc(&user, thread, OriginalApcEnvironment, Kernel, Rundown, Normal, UserMode, NULL);
}

TEST_CASE(a_special_apc_to_the_running_thread_runs_at_apc_level_before_the_call_returns)
{
    Prepare(KeGetCurrentThread());
    EXPECT(KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT_EQ(specials, 1);
    EXPECT_EQ(special_irql, APC_LEVEL);
    EXPECT(special_thread == KeGetCurrentThread());
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

TEST_CASE(a_normal_apc_has_a_kernel_part_at_apc_level_and_runs_at_passive_level)
{
    Prepare(KeGetCurrentThread());
    EXPECT(KeInsertQueueApc(&normal, (PVOID)6, (PVOID)8, 0));
    EXPECT_EQ(kernels, 1);
    EXPECT_EQ(kernel_irql, APC_LEVEL);
    EXPECT_EQ(normals, 1);
    EXPECT_EQ(normal_irql, PASSIVE_LEVEL);
    EXPECT(seen_context == &order);
    EXPECT_EQ((ULONG_PTR)seen_first, 7);
    EXPECT_EQ((ULONG_PTR)seen_second, 8);
}

TEST_CASE(at_apc_level_every_apc_waits_for_irql_to_fall)
{
    KIRQL old;

    Prepare(KeGetCurrentThread());
    KeRaiseIrql(APC_LEVEL, &old);
    EXPECT(KeInsertQueueApc(&normal, NULL, NULL, 0));
    EXPECT(KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT(!KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT_EQ(specials + normals, 0);
    KeLowerIrql(old);
    EXPECT_EQ(specials, 1);
    EXPECT_EQ(normals, 1);
    EXPECT_EQ(order[0], 's');
}

TEST_CASE(a_critical_region_holds_normal_apcs_back_and_lets_special_ones_in)
{
    Prepare(KeGetCurrentThread());
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    EXPECT(KeInsertQueueApc(&normal, NULL, NULL, 0));
    EXPECT(KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT_EQ(specials, 1);
    EXPECT_EQ(normals, 0);
    KeLeaveCriticalRegion();
    EXPECT_EQ(normals, 0);
    KeLeaveCriticalRegion();
    EXPECT_EQ(normals, 1);
}

TEST_CASE(a_guarded_region_holds_all_apcs_back)
{
    Prepare(KeGetCurrentThread());
    KeEnterGuardedRegion();
    EXPECT(KeInsertQueueApc(&normal, NULL, NULL, 0));
    EXPECT(KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT_EQ(specials + normals, 0);
    KeLeaveGuardedRegion();
    EXPECT_EQ(specials, 1);
    EXPECT_EQ(normals, 1);
}

TEST_CASE(a_mutex_is_a_critical_region_and_a_fast_mutex_keeps_all_apcs_out)
{
    FAST_MUTEX fast;
    KMUTEX mutex;

    Prepare(KeGetCurrentThread());
    KeInitializeMutex(&mutex, 0);
    ExInitializeFastMutex(&fast);
    WaitFor(&mutex);
    EXPECT(KeInsertQueueApc(&normal, NULL, NULL, 0));
    ExAcquireFastMutex(&fast);
    EXPECT(KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT_EQ(specials + normals, 0);
    ExReleaseFastMutex(&fast);
    EXPECT_EQ(specials, 1);
    EXPECT_EQ(normals, 0);
    KeReleaseMutex(&mutex, FALSE);
    EXPECT_EQ(normals, 1);
}

TEST_CASE(an_apc_that_is_taken_out_of_its_queue_does_not_run)
{
    Prepare(KeGetCurrentThread());
    KeEnterGuardedRegion();
    EXPECT(!KeRemoveQueueApc(&special));
    EXPECT(KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT(KeRemoveQueueApc(&special));
    KeLeaveGuardedRegion();
    EXPECT_EQ(specials, 0);
}

static KEVENT go, second_go;
static KPROCESSOR_MODE wait_mode;
static BOOLEAN alertable;
static LONG waiting;
static NTSTATUS wait_status;

static VOID NTAPI Waiter(PVOID timeout)
{
    InterlockedExchange(&waiting, 1);
    wait_status = KeWaitForSingleObject(&go, Executive, wait_mode, alertable, timeout);
    WaitFor(&second_go);
}

static PKTHREAD StartWaiter(PLARGE_INTEGER timeout, KPROCESSOR_MODE mode, BOOLEAN alert)
{
    PKTHREAD thread;

    KeInitializeEvent(&go, SynchronizationEvent, FALSE);
    KeInitializeEvent(&second_go, NotificationEvent, FALSE);
    wait_mode = mode;
    alertable = alert;
    waiting = 0;
    wait_status = STATUS_PENDING;
    thread = StartThread(Waiter, timeout);
    while (thread != NULL && !waiting)
        Sleep(1);
    Sleep(2);
    return thread;
}

static void EndWaiter(PKTHREAD thread)
{
    KeSetEvent(&go, 0, FALSE);
    KeSetEvent(&second_go, 0, FALSE);
    JoinThread(thread);
}

TEST_CASE(a_kernel_apc_runs_in_a_thread_that_waits_and_does_not_end_its_wait)
{
    PKTHREAD thread = StartWaiter(NULL, KernelMode, TRUE);

    REQUIRE(thread != NULL);
    Prepare(thread);
    EXPECT(KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT(KeInsertQueueApc(&normal, NULL, NULL, 0));
    EVENTUALLY(specials == 1 && normals == 1);
    EXPECT(special_thread == thread);
    EXPECT(normal_thread == thread);
    Sleep(2);
    EXPECT_EQ(wait_status, STATUS_PENDING);
    EndWaiter(thread);
    EXPECT_EQ(wait_status, STATUS_SUCCESS);
}

TEST_CASE(a_wait_that_an_apc_interrupted_still_ends_in_time)
{
    LARGE_INTEGER timeout = Time(MS(50)), before, after;
    PKTHREAD thread;

    KeQuerySystemTime(&before);
    thread = StartWaiter(&timeout, KernelMode, FALSE);
    REQUIRE(thread != NULL);
    Prepare(thread);
    for (int i = 0; i < 4; i++) {
        KeInsertQueueApc(&special, NULL, NULL, 0);
        Sleep(5);
    }
    EVENTUALLY(wait_status == STATUS_TIMEOUT);
    KeQuerySystemTime(&after);
    EXPECT(after.QuadPart - before.QuadPart >= 490000);
    EXPECT_EQ(specials, 4);
    EndWaiter(thread);
}

TEST_CASE(an_apc_for_user_mode_ends_an_alertable_wait_and_is_run_down_with_its_thread)
{
    PKTHREAD thread = StartWaiter(NULL, UserMode, TRUE);

    REQUIRE(thread != NULL);
    Prepare(thread);
    EXPECT(KeInsertQueueApc(&user, NULL, NULL, 0));
    EVENTUALLY(wait_status == STATUS_USER_APC);
    EXPECT_EQ(normals, 0);
    EndWaiter(thread);
    EXPECT_EQ(rundowns, 1);
    EXPECT(!KeRemoveQueueApc(&user));
}

TEST_CASE(an_apc_for_user_mode_leaves_a_wait_that_is_not_alertable_alone)
{
    PKTHREAD thread = StartWaiter(NULL, UserMode, FALSE);

    REQUIRE(thread != NULL);
    Prepare(thread);
    EXPECT(KeInsertQueueApc(&user, NULL, NULL, 0));
    Sleep(5);
    EXPECT_EQ(wait_status, STATUS_PENDING);
    EXPECT(KeRemoveQueueApc(&user));
    EndWaiter(thread);
    EXPECT_EQ(rundowns, 0);
}

TEST_CASE(an_alert_ends_an_alertable_wait_of_either_mode)
{
    PKTHREAD thread = StartWaiter(NULL, KernelMode, TRUE);

    REQUIRE(thread != NULL);
    EXPECT(!KeAlertThread(thread, KernelMode));
    EVENTUALLY(wait_status == STATUS_ALERTED);
    EndWaiter(thread);
}

TEST_CASE(an_alert_before_the_wait_ends_it_at_once_and_can_be_taken_back)
{
    LARGE_INTEGER second = Time(MS(1000));

    EXPECT(!KeTestAlertThread(KernelMode));
    KeAlertThread(KeGetCurrentThread(), KernelMode);
    EXPECT_EQ(KeDelayExecutionThread(KernelMode, TRUE, &second), STATUS_ALERTED);
    KeAlertThread(KeGetCurrentThread(), KernelMode);
    EXPECT(KeTestAlertThread(KernelMode));
    EXPECT(!KeTestAlertThread(KernelMode));
}

static VOID NTAPI Quick(PVOID context)
{
    (void)context;
}

TEST_CASE(a_thread_that_has_ended_takes_no_apc)
{
    PKTHREAD thread = StartThread(Quick, NULL);

    REQUIRE(thread != NULL);
    WaitFor(thread);
    Prepare(thread);
    EXPECT(!KeInsertQueueApc(&special, NULL, NULL, 0));
    EXPECT(!KeInsertQueueApc(&normal, NULL, NULL, 0));
    ObDereferenceObject(thread);
    EXPECT_EQ(specials + normals, 0);
}

static volatile LONG spinning, stop_spinning;

static VOID NTAPI Spinner(PVOID context)
{
    (void)context;
    InterlockedExchange(&spinning, 1);
    while (!stop_spinning)
        YieldProcessor();
}

TEST_CASE(a_thread_that_spins_at_passive_level_is_interrupted_by_an_apc)
{
    PKTHREAD thread;

    spinning = stop_spinning = 0;
    thread = StartThread(Spinner, NULL);
    REQUIRE(thread != NULL);
    while (!spinning)
        Sleep(1);
    Prepare(thread);
    EXPECT(KeInsertQueueApc(&special, NULL, NULL, 0));
    EVENTUALLY(specials == 1);
    EXPECT(special_thread == thread);
    InterlockedExchange(&stop_spinning, 1);
    JoinThread(thread);
}
