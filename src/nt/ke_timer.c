/* KTIMER. While a timer is set, its TimerListEntry is linked into a struct setting, which has the alarm. */
#include "nt/ke_timer.h"

#include <assert.h>
#include <stdlib.h>

#include "nt/ke_wait.h"

#define TIMER_INSERTED 0x40             /* KTIMER.Header.TimerMiscFlags */

struct setting {
    struct ke_alarm alarm;
    LIST_ENTRY entry;                   /* holds exactly the timer */
    PKTIMER timer;
    struct list node;                   /* settings, or spare ones */
};

unsigned ke_timers_set;
static struct list settings = LIST_INIT(settings), spare = LIST_INIT(spare);

static bool is_set(PKTIMER timer)
{
    return timer->Header.TimerMiscFlags & TIMER_INSERTED;
}

static void on_alarm(struct ke_alarm *alarm);

static void start(PKTIMER timer, uint64_t due_ns)
{
    struct list *node = list_pop_front(&spare);
    struct setting *s = node ? container_of(node, struct setting, node) : calloc(1, sizeof *s);

    assert(s);
    s->timer = timer;
    s->alarm.fire = on_alarm;
    nt_list_init(&s->entry);
    nt_list_push_back(&s->entry, &timer->TimerListEntry);
    list_push_back(&settings, &s->node);
    timer->Header.TimerMiscFlags |= TIMER_INSERTED;
    ke_timers_set++;
    ke_alarm_set(&s->alarm, due_ns);
}

static struct setting *setting_of(PKTIMER timer)
{
    struct setting *s = container_of(timer->TimerListEntry.Flink, struct setting, entry);

    if (s->timer != timer)              /* the structure was copied or overwritten while it was set */
        KeBugCheckEx(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)timer, (ULONG_PTR)timer, (ULONG_PTR)(timer + 1));
    return s;
}

static void stop(PKTIMER timer)
{
    struct setting *s = setting_of(timer);

    ke_alarm_cancel(&s->alarm);
    list_remove(&s->node);
    list_push_front(&spare, &s->node);
    ke_timers_set--;
    timer->Header.TimerMiscFlags &= (UCHAR)~TIMER_INSERTED;
}

static void expire(PKTIMER timer)
{
    PKDPC dpc = timer->Dpc;

    timer->Header.SignalState = 1;
    ke_signalled(&timer->Header, 0);
    if (dpc)
        KeInsertQueueDpc(dpc, NULL, NULL);
}

static void on_alarm(struct ke_alarm *alarm)
{
    struct setting *s = container_of(alarm, struct setting, alarm);
    PKTIMER timer = s->timer;
    uint64_t period = (uint64_t)timer->Period * 1000000;

    if (unlikely(!is_set(timer) || timer->TimerListEntry.Flink != &s->entry))
        KeBugCheckEx(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)timer, (ULONG_PTR)timer, (ULONG_PTR)(timer + 1));
    if (period) {
        uint64_t due = alarm->due_ns + period, now = ke_now();
        if (due <= now)
            due = now + period - (now - due) % period;
        timer->DueTime.QuadPart = due / 100;
        ke_alarm_set(alarm, due);
    } else {
        stop(timer);
    }
    expire(timer);
}

/* Later by at most `tolerance` ms, at a moment that other timers are moved to, too: the next multiple of the coarsest of the
 * intervals that the page recommends. */
static uint64_t coalesced(uint64_t due_ns, ULONG tolerance)
{
    static const unsigned grids_ms[] = { 1000, 500, 250, 100, 50, 32 };

    for (unsigned i = 0; i < countof(grids_ms); i++) {
        uint64_t grid = grids_ms[i] * 1000000ull;
        if (grids_ms[i] <= tolerance && due_ns < UINT64_MAX - grid)
            return (due_ns + grid - 1) / grid * grid;
    }
    return due_ns;
}

static BOOLEAN set(PKTIMER timer, LARGE_INTEGER due, ULONG period, ULONG tolerance, PKDPC dpc)
{
    BOOLEAN was_set = is_set(timer);
    uint64_t due_ns = due.QuadPart ? coalesced(ke_due_ns(due.QuadPart), tolerance) : 0;

    if (was_set)
        stop(timer);
    timer->Header.SignalState = 0;
    timer->Dpc = dpc;
    timer->Period = period;
    timer->DueTime.QuadPart = due_ns / 100;
    if (due_ns > ke_now()) {
        start(timer, due_ns);
        return was_set;
    }
    if (period)
        start(timer, ke_now() + (uint64_t)period * 1000000);
    expire(timer);
    ke_settle();
    return was_set;
}

/* Timer: the caller's nonpaged memory. A notification timer stays signalled once expired, a synchronization timer lets
 * one waiter go. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-keinitializetimerex */
VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    ke_header_init(&Timer->Header, Type == NotificationTimer ? TimerNotificationObject : TimerSynchronizationObject,
                   0, 0);
    Timer->DueTime.QuadPart = 0;
    Timer->Dpc = NULL;
    Timer->Processor = Timer->TimerType = 0;
    Timer->Period = 0;
}

/* A notification timer. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-keinitializetimer */
VOID NTAPI KeInitializeTimer(PKTIMER Timer)
{
    KeInitializeTimerEx(Timer, NotificationTimer);
}

/* Sets the timer to expire at DueTime (100 ns units; negative: from now, else system time), then every Period
 * milliseconds (0: once); each time it is signalled and Dpc (or NULL) is queued. TRUE when it was set before, which
 * this replaces. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-kesettimerex */
BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    return set(Timer, DueTime, Period > 0 ? (ULONG)Period : 0, 0, Dpc);
}

/* The same, once. docs: wdm/nf-wdm-kesettimer */
BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    return set(Timer, DueTime, 0, 0, Dpc);
}

/* KeSetTimerEx whose first expiration may be later, by TolerableDelay ms at most, so that it falls together with those of other timers;
 * delays below 32 ms change nothing. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-kesetcoalescabletimer */
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc)
{
    return set(Timer, DueTime, Period, TolerableDelay, Dpc);
}

/* Takes the timer back. TRUE when it was set: a periodic one always, another one until it expired. A DPC that it
 * queued already stays queued. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-kecanceltimer */
BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer)
{
    if (!is_set(Timer))
        return FALSE;
    stop(Timer);
    return TRUE;
}

/* TRUE when signalled. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-kereadstatetimer */
BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer)
{
    return Timer->Header.SignalState != 0;
}

void ke_timers_each(void (*visit)(void *context, PKTIMER timer), void *context)
{
    list_each_safe(node, &settings)
        visit(context, container_of(node, struct setting, node)->timer);
}

PKTIMER ke_timer_within(const void *start, size_t size)
{
    list_each(node, &settings) {
        PKTIMER timer = container_of(node, struct setting, node)->timer;
        if ((uintptr_t)timer - (uintptr_t)start < size)
            return timer;
    }
    return NULL;
}

static void free_all(struct list *list)
{
    struct list *node;

    while ((node = list_pop_front(list))) {
        struct setting *s = container_of(node, struct setting, node);
        ke_alarm_cancel(&s->alarm);
        free(s);
    }
}

void ke_timers_close(void)
{
    free_all(&settings);
    free_all(&spare);
    ke_timers_set = 0;
}
