/* Works that wait for the stack to be left. */
#include "script.h"

#include <ntddk.h>

#include "tcpip/stack.h"

struct item {
    struct tcpip_work work;
    unsigned number, again;
    struct tcpip_datagram *sends;
    struct item *queues;
};

static unsigned order[64], ran, depth;
static uint64_t endless;

static void run(struct tcpip_work *work)
{
    struct item *i = container_of(work, struct item, work);
    struct tcpip_address peer = script_address(script_peer4, 5);
    struct iovec part = { "x", 1 };

    CHECK_EQ(depth++, 0);               /* never inside another */
    CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
    CHECK(!stack_entered());
    order[ran++ % 64] = i->number;
    if (i->sends) {
        unsigned before = script_current->last;
        CHECK_EQ((uint32_t)tcpip_datagram_send(i->sends, &peer, &part, 1, NULL, NULL), 0);
        CHECK_EQ(script_current->last, before);         /* the frame waits for the last work */
    }
    tcpip_enter();
    if (i->queues)
        tcpip_defer(&i->queues->work);
    if (i->again) {
        i->again--;
        tcpip_defer(work);
    }
    tcpip_leave();
    depth--;
}

static struct item item(unsigned number)
{
    return (struct item){ .work.run = run, .number = number };
}

SCRIPT(works_run_in_order_when_the_outermost_caller_leaves)
{
    struct item a = item(1), b = item(2), c = item(3), d = item(4);

    a.queues = &d;
    b.again = 1;
    tcpip_enter();
    tcpip_enter();
    tcpip_defer(&a.work);
    tcpip_defer(&b.work);
    tcpip_defer(&a.work);               /* it waits already */
    tcpip_defer(&c.work);
    tcpip_undefer(&c.work);
    tcpip_leave();
    CHECK_EQ(ran, 0);
    tcpip_leave();
    CHECK_EQ(ran, 4);
    CHECK_EQ(order[0], 1);
    CHECK_EQ(order[1], 2);
    CHECK_EQ(order[2], 4);
    CHECK_EQ(order[3], 2);
    CHECK(!a.work.queued && !b.work.queued && !c.work.queued);
    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
}

static void no_packet(struct tcpip_datagram *d, void *context, const struct tcpip_received *how, struct tcpip_packet *packet)
{
    tcpip_packet_free(packet);
}

SCRIPT(frames_of_works_go_out_behind_the_last)
{
    struct item a = item(1), b = item(2);
    struct tcpip_datagram *d;
    struct tcpip_address peer = script_address(script_peer4, 5);
    struct iovec part = { "x", 1 };

    CHECK_EQ((uint32_t)tcpip_datagram_create(4, 17, no_packet, NULL, NULL, &d), 0);
    tcpip_datagram_send(d, &peer, &part, 1, NULL, NULL);
    script_wait(s, 1);
    script_forget(s);
    a.sends = b.sends = d;
    tcpip_enter();
    tcpip_defer(&a.work);
    tcpip_defer(&b.work);
    tcpip_leave();
    CHECK_EQ(ran, 2);
    script_wait(s, 1);
    script_expect_udp(s);
    script_expect_udp(s);
    tcpip_datagram_close(d);
}

static void run_endlessly(struct tcpip_work *work)
{
    endless++;
    tcpip_enter();
    tcpip_defer(work);
    tcpip_leave();
}

static unsigned dpcs;

static VOID NTAPI count_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    dpcs++;
}

SCRIPT_ON(1, works_that_queue_each_other_for_ever_let_other_DPCs_run)
{
    struct tcpip_work first = { .run = run_endlessly }, second = { .run = run_endlessly };
    KDPC dpc;

    KeInitializeDpc(&dpc, count_dpc, NULL);
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    tcpip_enter();
    tcpip_defer(&first);
    tcpip_defer(&second);
    tcpip_leave();                      /* one round: the rest waits for a DPC */
    CHECK(endless > 0 && endless < 1000);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    tcpip_enter();
    tcpip_undefer(&first);
    tcpip_undefer(&second);
    tcpip_leave();
    ke_lower(old);
    CHECK_EQ(dpcs, 1);
}

/* On four processors, with a work that queues itself all the time: others get their turn. */
static unsigned turns[4];

static VOID NTAPI take_turn(PVOID context)
{
    LARGE_INTEGER time = { .QuadPart = -10000 };

    for (int n = 0; n < 100; n++) {
        tcpip_enter();
        turns[(uintptr_t)context]++;
        tcpip_leave();
        KeDelayExecutionThread(KernelMode, FALSE, &time);
    }
}

static void run_for_a_while(struct tcpip_work *work)
{
    if (++endless < 20000)
        run_endlessly(work);
}

SCRIPT_ON(4, a_work_that_goes_on_and_on_keeps_nobody_from_the_stack)
{
    struct tcpip_work work = { .run = run_for_a_while };
    HANDLE threads[4];

    for (uintptr_t n = 0; n < 4; n++)
        CHECK_EQ((uint32_t)PsCreateSystemThread(&threads[n], THREAD_ALL_ACCESS, NULL, NULL, NULL, take_turn, (PVOID)n), 0);
    tcpip_enter();
    tcpip_defer(&work);
    tcpip_leave();
    script_wait(s, 1000);
    for (int n = 0; n < 4; n++) {
        CHECK_EQ(turns[n], 100);
        ZwClose(threads[n]);
    }
    CHECK(endless >= 20000);
}
