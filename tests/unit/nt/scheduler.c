#include "unit.h"

#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "host/loop.h"
#include "nt/bugcheck.h"
#include "nt/ke.h"
#include "nt/ram.h"
#include "pe/pe.h"

static void open_computer(unsigned cpus, enum ke_clock_kind clock, bool seeded, uint64_t seed)
{
    struct ke_config config = { .cpus = cpus, .clock = clock, .seeded = seeded, .seed = seed };

    CHECK(loop_open());
    CHECK(ram_open(256u << 20));
    CHECK(ke_open(&config));
}

static void close_computer(void)
{
    ke_close();
    CHECK_EQ(ram_pages_used(), 0);
    ram_close();
    loop_close();
}

static KDPC dpc;
static int ran;

static VOID NTAPI count(PKDPC d, PVOID context, PVOID a, PVOID b)
{
    CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
    ran++;
}

static void dpc_order(void *arg)
{
    KeInitializeDpc(&dpc, count, NULL);
    CHECK(KeInsertQueueDpc(&dpc, NULL, NULL));
    CHECK_EQ(ran, 1);
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    CHECK(KeInsertQueueDpc(&dpc, NULL, NULL));
    CHECK(!KeInsertQueueDpc(&dpc, NULL, NULL));
    CHECK_EQ(ran, 1);
    CHECK(KeRemoveQueueDpc(&dpc));
    CHECK(!KeRemoveQueueDpc(&dpc));
    CHECK(KeInsertQueueDpc(&dpc, NULL, NULL));
    ke_lower(old);
    CHECK_EQ(ran, 2);
}

TEST(a_dpc_waits_for_irql_and_is_queued_once)
{
    open_computer(1, KE_CLOCK_VIRTUAL, false, 0);
    CHECK_EQ(ke_call(dpc_order, NULL), KE_DONE);
    close_computer();
}

static struct ke_interrupt interrupts[2];
static char order[8];
static int order_count;

static void service(struct ke_interrupt *interrupt)
{
    CHECK_EQ(ke_irql(), interrupt->irql);
    order[order_count++] = (char)('0' + interrupt->irql);
}

static void interrupt_order(void *arg)
{
    interrupts[0] = (struct ke_interrupt){ .service = service, .irql = 5 };
    interrupts[1] = (struct ke_interrupt){ .service = service, .irql = 7 };
    KIRQL old = ke_raise(6);
    ke_interrupt_raise(&interrupts[0]);
    ke_interrupt_raise(&interrupts[0]);
    ke_settle();
    CHECK_EQ(order_count, 0);
    ke_interrupt_raise(&interrupts[1]);
    ke_settle();
    CHECK_STR(order, "7");
    ke_lower(old);
    CHECK_STR(order, "75");
}

TEST(interrupts_wait_until_irql_allows_them)
{
    open_computer(1, KE_CLOCK_VIRTUAL, false, 0);
    CHECK_EQ(ke_call(interrupt_order, NULL), KE_DONE);
    close_computer();
}

static void lower_too_far(struct ke_interrupt *interrupt)
{
    KeLowerIrql(PASSIVE_LEVEL);
}

static void interrupted(void *arg)
{
    interrupts[0] = (struct ke_interrupt){ .service = lower_too_far, .irql = 5 };
    ke_interrupt_raise(&interrupts[0]);
    ke_settle();
}

TEST(an_interrupt_routine_that_lowers_irql_stops)
{
    struct bugcheck_info info;

    open_computer(1, KE_CLOCK_VIRTUAL, false, 0);
    bugcheck_reset(NULL);
    CHECK_EQ(ke_call(interrupted, NULL), KE_BUGCHECK);
    CHECK(bugcheck_get(&info));
    CHECK_EQ(info.code, IRQL_UNEXPECTED_VALUE);
    CHECK_EQ(info.parameter[0], 0x503);         /* now 0, expected 5, of an interrupt */
    pe_close();                                 /* the names that the report looked up */
    ke_close();
    ram_close();
    loop_close();
}

static void end_raised(void *arg)
{
    ke_raise(DISPATCH_LEVEL);
}

TEST(a_call_that_ends_at_a_raised_irql_stops)
{
    struct bugcheck_info info;

    open_computer(1, KE_CLOCK_VIRTUAL, false, 0);
    bugcheck_reset(NULL);
    CHECK_EQ(ke_call(end_raised, NULL), KE_BUGCHECK);
    CHECK(bugcheck_get(&info));
    CHECK_EQ(info.code, IRQL_UNEXPECTED_VALUE);
    pe_close();
    ke_close();
    ram_close();
    loop_close();
}

static void sleep_for_ever(void *arg)
{
    ke_block();
}

static void nothing(struct loop_watch *watch, int events)
{
}

static void stop_while_asleep(enum ke_clock_kind clock)
{
    struct loop_watch watch = { .events = LOOP_READ, .ready = nothing };
    int ends[2];

    CHECK(pipe(ends) == 0);
    watch.fd = ends[0];                         /* the outside might still have something to say */
    open_computer(1, clock, false, 0);
    CHECK(loop_add(&watch));
    loop_catch_stop();
    raise(SIGTERM);
    alarm(20);
    CHECK_EQ(ke_call(sleep_for_ever, NULL), KE_STOPPED);
    _exit(0);
}

TEST(a_call_that_never_returns_ends_when_a_stop_is_asked_for)
{
    stop_while_asleep(KE_CLOCK_VIRTUAL);
}

TEST(so_it_does_in_real_time)
{
    stop_while_asleep(KE_CLOCK_REAL);
}

static uint64_t fired[3];
static int fired_count;

static void fire(struct ke_alarm *alarm)
{
    fired[fired_count++] = alarm->due_ns;
}

TEST(virtual_time_jumps_to_alarms_in_order)
{
    struct ke_alarm a = { .fire = fire }, b = { .fire = fire }, c = { .fire = fire };

    open_computer(2, KE_CLOCK_VIRTUAL, false, 0);
    ke_alarm_set(&a, 30000000000u);
    ke_alarm_set(&b, 10000000000u);
    ke_alarm_set(&c, 20000000000u);
    CHECK(ke_alarm_cancel(&c));
    CHECK(!ke_alarm_cancel(&c));
    CHECK_EQ(ke_run(40000000000u), KE_DEADLINE);
    CHECK_EQ(fired_count, 2);
    CHECK_EQ(fired[0], 10000000000u);
    CHECK_EQ(fired[1], 30000000000u);
    CHECK(ke_now() >= 40000000000u);
    close_computer();
}

static void forever(void *arg)
{
    ke_block();
}

TEST(a_computer_that_can_never_go_on_says_so)
{
    open_computer(1, KE_CLOCK_VIRTUAL, false, 0);
    CHECK_EQ(ke_call(forever, NULL), KE_STUCK);
    close_computer();
}

static struct thread *new_thread(void (*entry)(void *), void *arg, int priority)
{
    struct thread *thread = ram_alloc(1, true);

    CHECK(ke_thread_init(thread, "test", priority, entry, arg));
    return thread;
}

static char trail[64];
static unsigned trail_length;

static void leave_trail(void *arg)
{
    for (int i = 0; i < 3; i++) {
        trail[trail_length++] = *(const char *)arg;
        ke_yield_thread();
    }
}

static void free_thread(struct thread *thread)
{
    ram_free(thread, 1);
}

static void start_three(void *arg)
{
    static const char names[] = "abc";

    for (int i = 0; i < 3; i++) {
        struct thread *t = new_thread(leave_trail, (void *)(uintptr_t)&names[i], 8);
        t->ended = free_thread;
        ke_ready(t, 0);
    }
}

TEST(threads_of_one_priority_take_turns)
{
    open_computer(1, KE_CLOCK_VIRTUAL, false, 0);
    CHECK_EQ(ke_call(start_three, NULL), KE_DONE);
    ke_run(ke_now() + 1000000);
    CHECK_STR(trail, "abcabcabc");
    close_computer();
}

static void run_seeded(uint64_t seed, char *out)
{
    memset(trail, 0, sizeof trail);
    trail_length = 0;
    open_computer(4, KE_CLOCK_VIRTUAL, true, seed);
    CHECK_EQ(ke_call(start_three, NULL), KE_DONE);
    ke_run(ke_now() + 1000000);
    close_computer();
    strcpy(out, trail);
}

TEST(a_seed_repeats_its_schedule)
{
    char first[64], again[64], other[64];
    bool differs = false;

    run_seeded(7, first);
    run_seeded(7, again);
    CHECK_STR(first, again);
    for (uint64_t seed = 8; seed < 16; seed++) {
        run_seeded(seed, other);
        differs = differs || strcmp(first, other) != 0;
    }
    CHECK(differs);
}

TEST(a_user_buffer_is_an_alias_of_ram)
{
    void *system;

    open_computer(1, KE_CLOCK_VIRTUAL, false, 0);
    char *user = ram_user_alloc(10000, &system);
    CHECK(user && (uintptr_t)user < USER_PROBE_ADDRESS);
    strcpy(user + 5000, "hello");
    CHECK_STR((char *)system + 5000, "hello");
    CHECK_EQ(ram_pa(user + 5000), ram_pa((char *)system + 5000));
    CHECK(ram_va(ram_pa(user), 10) == system);
    ram_user_free(user, 10000);
    CHECK_EQ(ram_pa(user), UINT64_MAX);
    close_computer();
}

TEST(contiguous_pieces_keep_their_limits)
{
    open_computer(1, KE_CLOCK_VIRTUAL, false, 0);
    void *p = ram_alloc_limits(3, 0, 0xFFFFFF, 65536, 0x10000);
    CHECK(p && ram_pa(p) % 65536 == 0 && ram_pa(p) + 3 * 4096 <= 0x1000000);
    CHECK(!ram_alloc_limits(32, 0, UINT64_MAX, 4096, 65536));
    CHECK(!ram_alloc_limits(1, 1ull << 40, UINT64_MAX, 4096, 0));
    ram_free(p, 3);
    CHECK(!ram_va(0, 1));
    CHECK(!ram_va(UINT64_MAX, 2));
    close_computer();
}
