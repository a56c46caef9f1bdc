/* EX_TIMER: a timer the system allocates, with a period in 100 ns units and a callback at DISPATCH_LEVEL. It is waitable
 * like a KTIMER. The callback runs as a DPC. */
#include "nt/ke_park.h"
#include "nt/pool.h"
#include "ring3/ex.h"

#define TAG 0x6d547845u                 /* "ExTm" */

struct _EX_TIMER {
    DISPATCHER_HEADER header;
    struct ke_alarm alarm;
    KDPC dpc;
    PEXT_CALLBACK callback;
    PVOID context;
    uint64_t period_ns;
    bool set, in_callback, deleting, delete_at_expiry;
    PEXT_DELETE_CALLBACK delete_callback;
    PVOID delete_context;
};

static void destroy(PEX_TIMER timer)
{
    PEXT_DELETE_CALLBACK callback = timer->delete_callback;
    PVOID context = timer->delete_context;
    struct parked *p;

    while ((p = ke_park_first(timer)))
        ke_unpark(p);
    pool_free(timer, TAG, NULL);
    if (callback)
        callback(context);
}

static bool busy(const struct _EX_TIMER *timer)
{
    return timer->set || timer->in_callback || timer->dpc.DpcData;
}

static VOID NTAPI run(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    PEX_TIMER timer = context;

    (void)dpc;
    (void)a;
    (void)b;
    timer->in_callback = true;
    timer->callback(timer, timer->context);
    timer->in_callback = false;
    if (timer->deleting && !busy(timer))
        destroy(timer);
}

static void on_alarm(struct ke_alarm *alarm)
{
    PEX_TIMER timer = container_of(alarm, struct _EX_TIMER, alarm);

    timer->header.SignalState = 1;
    ke_signalled(&timer->header, 0);
    if (timer->period_ns && !timer->deleting) {
        uint64_t due = alarm->due_ns + timer->period_ns, now = ke_now();
        ke_alarm_set(alarm, due > now ? due : now + timer->period_ns);
    } else {
        timer->set = false;
    }
    if (timer->callback)
        KeInsertQueueDpc(&timer->dpc, NULL, NULL);
    else if (timer->deleting && !busy(timer))
        destroy(timer);
}

/* Callback (or NULL) gets the timer and CallbackContext at DISPATCH_LEVEL. Attributes: EX_TIMER_HIGH_RESOLUTION or
 * EX_TIMER_NO_WAKE, and EX_TIMER_NOTIFICATION. ExDeleteTimer frees it. NULL without memory. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exallocatetimer */
PEX_TIMER NTAPI ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes)
{
    PEX_TIMER timer = NULL;

    if ((Attributes & EX_TIMER_HIGH_RESOLUTION) && (Attributes & EX_TIMER_NO_WAKE))
        return NULL;
    timer = pool_alloc(NonPagedPoolNx | POOL_ZERO_ALLOCATION, sizeof *timer, TAG, __builtin_return_address(0));
    if (!timer)
        return NULL;
    ke_header_init(&timer->header, Attributes & EX_TIMER_NOTIFICATION ? TimerNotificationObject
                                                                      : TimerSynchronizationObject, 0, 0);
    timer->alarm.fire = on_alarm;
    timer->callback = Callback;
    timer->context = CallbackContext;
    KeInitializeDpc(&timer->dpc, run, timer);
    return timer;
}

static BOOLEAN cancel(PEX_TIMER timer)
{
    BOOLEAN was_set = timer->set;

    ke_alarm_cancel(&timer->alarm);
    timer->set = false;
    return was_set;
}

/* DueTime: 100 ns units, negative from now, else system time; then every Period 100 ns units (0: once). TRUE when it
 * was set before, which this replaces. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-exsettimer */
BOOLEAN NTAPI ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period, PEXT_SET_PARAMETERS Parameters)
{
    BOOLEAN was_set = cancel(Timer);
    uint64_t due = DueTime ? ke_due_ns(DueTime) : 0, now = ke_now();

    (void)Parameters;
    Timer->header.SignalState = 0;
    Timer->period_ns = Period > 0 ? (uint64_t)Period * 100 : 0;
    Timer->set = true;
    ke_alarm_set(&Timer->alarm, due > now ? due : now);
    if (due <= now)
        ke_kick(this_cpu, PENDING_ALARM);
    ke_settle();
    return was_set;
}

/* TRUE when it was set. Parameters: NULL. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-excanceltimer */
BOOLEAN NTAPI ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters)
{
    (void)Parameters;
    return cancel(Timer);
}

/* Gives the timer back. Cancel: stop it now, TRUE when it was set; otherwise it is freed when it has expired, a
 * periodic one after its next expiration. Wait: return when it is gone (<= APC_LEVEL); without Cancel it stops the
 * system. Parameters (or NULL) name a routine to call then. docs: wdm/nf-wdm-exdeletetimer */
BOOLEAN NTAPI ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait, PEXT_DELETE_PARAMETERS Parameters)
{
    if (Wait && !Cancel)
        KeBugCheckEx(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)Timer, (ULONG_PTR)Timer, (ULONG_PTR)(Timer + 1));
    BOOLEAN was_set = Cancel ? cancel(Timer) : FALSE;

    if (Parameters) {
        Timer->delete_callback = Parameters->DeleteCallback;
        Timer->delete_context = Parameters->DeleteContext;
    }
    Timer->deleting = true;
    if (!busy(Timer))
        destroy(Timer);
    else if (Wait)
        ke_park(Timer, true);
    ke_settle();
    return was_set;
}
