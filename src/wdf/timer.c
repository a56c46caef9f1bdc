/* Timers. docs: wdf/using-timers */
#include "wdf/object.h"

struct wdf_timer {
    struct wdf_object object;
    PFN_WDF_TIMER callback;
    ULONG period;                       /* ms; 0: once */
    struct wdf_lock *lock;              /* around the callback; NULL: none */
    KTIMER timer;
    KDPC dpc;
    WORK_QUEUE_ITEM work;               /* for callbacks at PASSIVE_LEVEL */
    bool queued, stopped;
    unsigned running;
    const void *runs_in;
};

static void call(struct wdf_timer *timer)
{
    bool locked = wdf_lock_enter(timer->lock);
    const void *before = timer->runs_in;

    timer->running++;
    timer->runs_in = wdf_context();
    WDF_CALL(timer->callback, (WDFTIMER)timer);
    timer->runs_in = before;
    timer->running--;
    wdf_lock_leave(timer->lock, locked);
}

static VOID NTAPI run_passive(PVOID context)
{
    struct wdf_timer *timer = context;

    timer->queued = false;
    if (!timer->stopped)
        call(timer);
    wdf_dereference(timer);
}

static VOID NTAPI expired(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct wdf_timer *timer = context;

    if (timer->stopped)
        return;
    if (timer->object.level != WdfExecutionLevelPassive) {
        wdf_reference(timer);
        call(timer);
        wdf_dereference(timer);
    } else if (!timer->queued) {
        timer->queued = true;
        wdf_reference(timer);
        ExInitializeWorkItem(&timer->work, run_passive, timer);
        ExQueueWorkItem(&timer->work, DelayedWorkQueue);
    }
}

static void wait_for_callback(struct wdf_timer *timer)
{
    LARGE_INTEGER moment = { .QuadPart = -1000 };

    KeFlushQueuedDpcs();
    while ((timer->queued || timer->running) && timer->runs_in != wdf_context())
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

static void timer_dispose(struct wdf_object *object)
{
    struct wdf_timer *timer = container_of(object, struct wdf_timer, object);

    timer->stopped = true;
    KeCancelTimer(&timer->timer);
    KeRemoveQueueDpc(&timer->dpc);
    wait_for_callback(timer);
}

const struct wdf_type wdf_timer_type = { .name = "WDFTIMER", .size = sizeof(struct wdf_timer), .passive = true,
                                         .dispose = timer_dispose };

/* Resolves at which level the callback runs, and its lock. */
static NTSTATUS configure(struct wdf_timer *timer, const WDF_TIMER_CONFIG *config, const WDF_OBJECT_ATTRIBUTES *attributes)
{
    bool passive = attributes->ExecutionLevel == WdfExecutionLevelPassive;

    timer->callback = config->EvtTimerFunc;
    timer->period = config->Period;
    timer->object.level = passive ? WdfExecutionLevelPassive : WdfExecutionLevelDispatch;
    if (!config->AutomaticSerialization)
        return STATUS_SUCCESS;
    timer->lock = wdf_lock_for(timer->object.parent);
    if ((!passive && wdf_runs_passive(timer->object.parent)) || (timer->lock && timer->lock->passive != passive))
        return STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
    return STATUS_SUCCESS;
}

static const ULONG older_sizes[] = { 24 };

/* Makes a timer below a device, or an object below one. Periodic when Config->Period (ms) is not 0. The callback runs at
 * DISPATCH_LEVEL, at PASSIVE_LEVEL when the attributes say so. Tolerable delay and high resolution have no effect.
 * <= DISPATCH_LEVEL. STATUS_WDF_PARENT_NOT_SPECIFIED, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER,
 * STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL and errors of wdf_object_create. docs: wdftimer/nf-wdftimer-wdftimercreate */
NTSTATUS NTAPI WdfTimerCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
                              WDFTIMER *Timer)
{
    struct wdf_create create = { .type = &wdf_timer_type, .client = wdf_client_of(DriverGlobals), .attributes = Attributes,
                                 .parent_required = true, .caller = WDF_CALLER() };
    struct wdf_timer *timer;

    wdf_need(Config, create.caller);
    wdf_need(Timer, create.caller);
    *Timer = NULL;
    if (!wdf_size_known(Config->Size, sizeof *Config, older_sizes, countof(older_sizes)))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!Config->EvtTimerFunc || Config->Period > MAXLONG)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_object_create(&create, &timer);
    if (!NT_SUCCESS(status))
        return status;
    status = timer->object.device ? configure(timer, Config, Attributes) : STATUS_INVALID_DEVICE_REQUEST;
    KeInitializeTimerEx(&timer->timer, NotificationTimer);
    KeInitializeDpc(&timer->dpc, expired, timer);
    if (!NT_SUCCESS(status)) {
        wdf_object_discard(timer);
        return status;
    }
    *Timer = (WDFTIMER)timer;
    return STATUS_SUCCESS;
}

/* Sets the timer: DueTime in 100 ns, negative from now. TRUE: it was set already. <= DISPATCH_LEVEL.
 * docs: wdftimer/nf-wdftimer-wdftimerstart */
BOOLEAN NTAPI WdfTimerStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer, LONGLONG DueTime)
{
    struct wdf_timer *timer = wdf_check(Timer, &wdf_timer_type, WDF_CALLER());
    LARGE_INTEGER due = { .QuadPart = DueTime };

    if (timer->object.state != WDF_ALIVE)
        return FALSE;
    return KeSetTimerEx(&timer->timer, due, (LONG)timer->period, &timer->dpc);
}

/* Stops the timer; with Wait returns after a callback that runs, or is about to, has returned. TRUE: it was set.
 * <= DISPATCH_LEVEL, PASSIVE_LEVEL with Wait. docs: wdftimer/nf-wdftimer-wdftimerstop */
BOOLEAN NTAPI WdfTimerStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer, BOOLEAN Wait)
{
    struct wdf_timer *timer = wdf_check(Timer, &wdf_timer_type, WDF_CALLER());
    BOOLEAN was_set = KeCancelTimer(&timer->timer);

    if (Wait)
        wait_for_callback(timer);
    return was_set;
}

/* <= DISPATCH_LEVEL. docs: wdftimer/nf-wdftimer-wdftimergetparentobject */
WDFOBJECT NTAPI WdfTimerGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer)
{
    return ((struct wdf_timer *)wdf_check(Timer, &wdf_timer_type, WDF_CALLER()))->object.parent;
}
