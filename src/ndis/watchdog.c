/* Time limits on other drivers; see watchdog.h. */
#include "ndis/watchdog.h"

#include "ndis/event.h"

#define PATIENCE_S 10u
#define LIMIT_S 60u
#define NDIS_BUGCHECK_WATCHDOG 0x25

/* What the bug check's third parameter points at; only the names of its members are documented. */
struct triage_block {
    uint64_t start_time;                /* 100 ns, as KeQueryInterruptTime has it */
    uint32_t timeout_milliseconds;
    const void *target_object;
    PKTHREAD primary_thread;
};

static void set(struct watchdog *w, unsigned seconds)
{
    LARGE_INTEGER due = { .QuadPart = -(LONGLONG)seconds * 10000000 };

    KeSetTimer(&w->timer, due, &w->dpc);
}

static void tell(struct watchdog *w, bool last)
{
    if (w->report)
        w->report(w, last);
    else if (!last)
        NDIS_EMIT(NDIS_EVENT_MISUSE, w->target, w->misuse, (const char *)w->handler + 1);
}

static void stop_system(const struct watchdog *w)
{
    struct triage_block block = { w->start, LIMIT_S * 1000, w->target, w->thread };

    KeBugCheckEx(BUGCODE_NDIS_DRIVER, NDIS_BUGCHECK_WATCHDOG, w->operation, (ULONG_PTR)&block, w->detail);
}

static VOID NTAPI over(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct watchdog *w = context;

    if (!w->told) {
        w->told = true;
        set(w, LIMIT_S - PATIENCE_S);
        tell(w, false);
        return;
    }
    tell(w, true);
    if (w->operation)
        stop_system(w);
    w->expired = true;
    if (w->event)
        KeSetEvent(w->event, IO_NO_INCREMENT, FALSE);
}

void watchdog_start(struct watchdog *w)
{
    w->start = KeQueryInterruptTime();
    w->thread = KeGetCurrentThread();
    KeInitializeTimer(&w->timer);
    KeInitializeDpc(&w->dpc, over, w);
    set(w, PATIENCE_S);
}

void watchdog_stop(struct watchdog *w)
{
    KeCancelTimer(&w->timer);
    KeRemoveQueueDpc(&w->dpc);
}

bool watchdog_wait(struct watchdog *w, PKEVENT event)
{
    w->event = event;
    KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
    w->event = NULL;
    return !w->expired;
}
