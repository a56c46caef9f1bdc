/* Waits as host code sees them: alerts, parking, and what is left when a computer is closed. */
#include "unit.h"

#include "host/loop.h"
#include "nt/ke_park.h"
#include "nt/ke_timer.h"
#include "nt/ob.h"
#include "nt/pool.h"
#include "nt/ps.h"
#include "nt/ram.h"
#include "nt/worker.h"

static void open_computer(unsigned cpus)
{
    struct ke_config config = { .cpus = cpus, .clock = KE_CLOCK_VIRTUAL };

    CHECK(loop_open());
    CHECK(ram_open(64u << 20));
    CHECK(ke_open(&config));
}

static void close_computer(void)
{
    ke_close();
    pool_close();
    ram_close();
    loop_close();
}

static void start(void *arg)
{
    CHECK_EQ(ob_start(), STATUS_SUCCESS);
    CHECK_EQ(ps_start(), STATUS_SUCCESS);
}

static void stop(void *arg)
{
    ps_stop();
}

static void run(unsigned cpus, void (*body)(void *))
{
    open_computer(cpus);
    CHECK_EQ(ke_call(start, NULL), KE_DONE);
    CHECK_EQ(ke_call(body, NULL), KE_DONE);
    CHECK_EQ(ke_call(stop, NULL), KE_DONE);
    ob_stop();
    close_computer();
}

static KEVENT worked;
static NTSTATUS refused;

static VOID NTAPI end_worker(PVOID parameter)
{
    refused = PsTerminateSystemThread(STATUS_SUCCESS);
    KeSetEvent(&worked, 0, FALSE);
}

static void terminate(void *arg)
{
    static WORK_QUEUE_ITEM item;

    CHECK_EQ(PsTerminateSystemThread(STATUS_SUCCESS), STATUS_INVALID_PARAMETER);
    KeInitializeEvent(&worked, NotificationEvent, FALSE);
    ExInitializeWorkItem(&item, end_worker, NULL);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    ke_wait(&worked);
    CHECK_EQ(refused, STATUS_INVALID_PARAMETER);
    ex_workers_drain();
}

TEST(a_thread_that_is_not_the_drivers_is_not_terminated)
{
    run(1, terminate);
}

static KEVENT never;
static NTSTATUS seen[3];

static VOID NTAPI waiter(PVOID context)
{
    LARGE_INTEGER hour = { .QuadPart = -36000000000ll };

    seen[0] = KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, &(LARGE_INTEGER){ .QuadPart = -10000 });
    seen[1] = KeWaitForSingleObject(&never, Executive, KernelMode, TRUE, NULL);
    seen[2] = KeDelayExecutionThread(KernelMode, TRUE, &hour);
}

static void alert_twice(void *arg)
{
    LARGE_INTEGER ms = { .QuadPart = -100000 };

    KeInitializeEvent(&never, NotificationEvent, FALSE);
    struct ps_thread *t = ps_create("waiter", 8, waiter, NULL);
    CHECK(t);
    KeDelayExecutionThread(KernelMode, FALSE, &ms);
    ke_alert(&t->thread);
    KeDelayExecutionThread(KernelMode, FALSE, &ms);
    ke_alert(&t->thread);
    CHECK_EQ(ke_wait(t), STATUS_SUCCESS);
    CHECK_EQ(seen[0], STATUS_TIMEOUT);
    CHECK_EQ(seen[1], STATUS_ALERTED);
    CHECK_EQ(seen[2], STATUS_ALERTED);
    CHECK(nt_list_empty(&never.Header.WaitListHead));
    ob_dereference(t);
}

TEST(an_alert_ends_an_alertable_wait)
{
    run(1, alert_twice);
}

static int order[3], next;
static char key;

static VOID NTAPI park(PVOID context)
{
    ke_park(&key, context != NULL);
    order[next++] = (int)(intptr_t)context;
}

static void unpark_in_order(void *arg)
{
    LARGE_INTEGER ms = { .QuadPart = -10000 };
    struct ps_thread *threads[3];

    next = 0;
    for (intptr_t i = 0; i < 3; i++) {
        CHECK((threads[i] = ps_create("parked", 8, park, (PVOID)i)));
        KeDelayExecutionThread(KernelMode, FALSE, &ms);
    }
    CHECK(!ke_park_first(&next));
    CHECK(ke_park_first_of(&key, true)->thread == &threads[1]->thread);
    for (struct parked *p; (p = ke_park_first(&key));) {
        ke_unpark(p);
        KeDelayExecutionThread(KernelMode, FALSE, &ms);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(ke_wait(threads[i]), STATUS_SUCCESS);
        CHECK_EQ(order[i], i);
        ob_dereference(threads[i]);
    }
}

TEST(parked_threads_go_on_in_order_of_arrival)
{
    run(2, unpark_in_order);
}

static KTIMER *timer;

static void count_timer(void *context, PKTIMER t)
{
    CHECK(t == timer);
    ++*(int *)context;
}

static void leave_timer_and_thread(void *arg)
{
    LARGE_INTEGER ms = { .QuadPart = -10000 };
    int found = 0;

    timer = pool_alloc(NonPagedPoolNx, sizeof *timer, 1, NULL);
    KeInitializeTimer(timer);
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    KeSetTimerEx(timer, ms, 50, NULL);
    ke_timers_each(count_timer, &found);
    CHECK_EQ(found, 1);
    CHECK_EQ(ke_timers_set, 1);
    CHECK(ke_timer_within(timer, 64) == timer);
    CHECK(!ke_timer_within(timer + 1, 64));
    struct ps_thread *t = ps_create("left waiting", 8, waiter, NULL);
    CHECK(t);
    KeDelayExecutionThread(KernelMode, FALSE, &ms);
}

TEST(timers_and_threads_that_are_left_do_not_hold_up_the_end)
{
    run(2, leave_timer_and_thread);
    CHECK_EQ(ke_timers_set, 0);
}
