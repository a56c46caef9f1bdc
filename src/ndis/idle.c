/* Selective suspend: an adapter that is idle sleeps, and wakes for a send or a request.
 *
 *   state      enters                                                     leaves
 *   OFF        the miniport cannot, or is not running                     restarted: ACTIVE
 *   ACTIVE     resumed; MiniportIdleNotification vetoed                   idle for *SSIdleTimeout: NOTIFIED. Paused: OFF
 *   NOTIFIED   MiniportIdleNotification returned NDIS_STATUS_PENDING      confirmed: SUSPENDED. Cancelled or completed: ACTIVE
 *   SUSPENDED  OID_PM_PARAMETERS, OID_PNP_SET_POWER, the device in Dx     cancelled or completed, then D0: ACTIVE
 *
 * 1. From NOTIFIED on the miniport gets neither sends nor requests but ours: they wait, and whoever adds one has it resumed. (A
 *    synchronous request resumes it itself; at DISPATCH_LEVEL it fails.)
 * 2. While it is SUSPENDED a wait/wake IRP is with the bus; a wake-up event has the notification cancelled.
 * 3. All steps but the noting of events run at PASSIVE_LEVEL under pnp_lock, which adapter_lock hands out only after resuming:
 *    every other change finds the adapter ACTIVE or OFF.
 * docs: network/ndis-selective-suspend, network/how-ndis-detects-idle-network-adapters */
#include "ndis/idle.h"
#include "ndis/wait_wake.h"
#include "ndis/watchdog.h"

#include "base/log.h"
#include "ndis/event.h"
#include "ndis/filter_module.h"

#define SECOND 10000000ll
#define DEFAULT_SECONDS 5u

static void wake_later(struct adapter *a)
{
    if (a->idle.work_queued)
        return;
    a->idle.work_queued = true;
    ExQueueWorkItem(&a->idle.work, DelayedWorkQueue);
}

void idle_wake(struct adapter *a)
{
    a->idle.wanted = true;
    wake_later(a);
}

/* --- what waits ---------------------------------------------------------------------------------------------------------- */

static VOID NTAPI hold_send(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    struct adapter *a = context;

    *a->idle.held_last = lists;
    while (*a->idle.held_last) {
        (*a->idle.held_last)->Scratch = (PVOID)(ULONG_PTR)port;
        a->idle.held_last = &(*a->idle.held_last)->Next;
    }
    idle_wake(a);
}

static void hold_sends(struct adapter *a)
{
    a->idle.held = NULL;
    a->idle.held_last = &a->idle.held;
    a->idle.holding = true;
    chain_link(a);
}

static void release_sends(struct adapter *a)
{
    PNET_BUFFER_LIST lists = a->idle.held, next;

    a->idle.held = NULL;
    a->idle.holding = false;
    chain_link(a);
    for (; lists; lists = next) {       /* one call for each run of the same port */
        NDIS_PORT_NUMBER port = (NDIS_PORT_NUMBER)(ULONG_PTR)lists->Scratch;
        PNET_BUFFER_LIST last = lists;

        while (last->Next && last->Next->Scratch == lists->Scratch)
            last = last->Next;
        next = last->Next;
        last->Next = NULL;
        a->send(a->context, lists, port, 0);
    }
}

/* All that waited. */
static void release(struct adapter *a)
{
    release_sends(a);
    oid_direct_release(a);
    oid_run(a);
}

void idle_redirect(const struct adapter *a, struct ndis_below *below)
{
    if (!a->idle.holding)
        return;
    below->send = hold_send;
    below->send_context = (NDIS_HANDLE)(uintptr_t)a;
}

/* --- suspending ----------------------------------------------------------------------------------------------------------- */

static VOID NTAPI power_done(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK result)
{
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static void set_device_power(struct adapter *a, DEVICE_POWER_STATE state)
{
    POWER_STATE wanted = { .DeviceState = state };
    KEVENT done;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    a->idle.own_power = true;
    if (PoRequestPowerIrp(a->pdo, IRP_MN_SET_POWER, wanted, power_done, &done, NULL) == STATUS_PENDING)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    a->idle.own_power = false;
}

static NDIS_STATUS tell_power(struct adapter *a, NDIS_DEVICE_POWER_STATE state)
{
    return oid_ask_now(a, NdisRequestSetInformation, OID_PNP_SET_POWER, &state, sizeof state);
}

static NDIS_STATUS tell_wake_parameters(struct adapter *a)
{
    NDIS_PM_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_PARAMETERS_REVISION_2, NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2 },
        .WakeUpFlags = NDIS_PM_SELECTIVE_SUSPEND_ENABLED,
    };

    return oid_ask_now(a, NdisRequestSetInformation, OID_PM_PARAMETERS, &p, sizeof p);
}

static void notify(struct adapter *a)
{
    struct ndis_idle *idle = &a->idle;

    idle->confirmed = idle->completed = idle->wanted = false;
    KeClearEvent(&idle->done);
    hold_sends(a);
    idle->state = IDLE_NOTIFIED;
    NDIS_STATUS status = a->driver->selective_suspend.IdleNotificationHandler(a->context, FALSE);
    if (status == NDIS_STATUS_PENDING)
        return;
    if (status == NDIS_STATUS_SUCCESS)
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "MiniportIdleNotification returned NDIS_STATUS_SUCCESS",
                  (const char *)a->driver->selective_suspend.IdleNotificationHandler + 1);
    idle->state = IDLE_ACTIVE;
    idle->quiet = 0;
    release(a);
}

/* A miniport that refuses to be suspended now is resumed. */
static void suspend(struct adapter *a)
{
    if (tell_wake_parameters(a) != NDIS_STATUS_SUCCESS || tell_power(a, a->idle.power) != NDIS_STATUS_SUCCESS) {
        log_warn("ndis", "the miniport confirmed that it is idle, and refuses to be suspended");
        a->idle.wanted = true;
        return;
    }
    a->idle.state = IDLE_SUSPENDED;
    wait_wake_arm(a);
    set_device_power(a, (DEVICE_POWER_STATE)a->idle.power);
    a->stats.suspends++;
}

/* --- resuming ------------------------------------------------------------------------------------------------------------- */

void idle_resume(struct adapter *a)
{
    struct ndis_idle *idle = &a->idle;

    if (idle->state < IDLE_NOTIFIED || idle->resuming)
        return;
    idle->resuming = true;
    if (!idle->completed) {
        struct watchdog w = {
            .operation = WATCHDOG_CANCEL_IDLE, .target = a, .handler = (const void *)a->driver->selective_suspend.CancelIdleNotificationHandler,
            .misuse = "a miniport has not called NdisMIdleNotificationComplete for ten seconds",
        };
        watchdog_start(&w);
        a->driver->selective_suspend.CancelIdleNotificationHandler(a->context);
        watchdog_wait(&w, &idle->done);
        watchdog_stop(&w);
    }
    wait_wake_disarm(a);
    if (idle->state == IDLE_SUSPENDED && !a->surprise_removed) {
        set_device_power(a, PowerDeviceD0);
        tell_power(a, NdisDeviceStateD0);
        adapter_tell_power_source(a);
    }
    idle->state = IDLE_ACTIVE;
    idle->quiet = 0;
    idle->wanted = idle->resuming = false;
    release(a);
}

/* --- the clock ------------------------------------------------------------------------------------------------------------ */

static uint64_t activity(const struct adapter *a)
{
    return a->stats.miniport.tx_frames + a->stats.miniport.rx_frames + a->stats.oids;
}

static bool nothing_under_way(struct adapter *a)
{
    list_each(it, &a->bindings)
        if (container_of(it, struct binding, node)->sends_out)
            return false;
    return !a->receives_out && !a->oid.current && list_empty(&a->oid.queue);
}

static VOID NTAPI tick(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct adapter *a = context;
    struct ndis_idle *idle = &a->idle;

    if (idle->state != IDLE_ACTIVE)
        return;
    idle->quiet = activity(a) == idle->seen && nothing_under_way(a) ? idle->quiet + 1 : 0;
    idle->seen = activity(a);
    if (idle->quiet >= idle->seconds)
        wake_later(a);
}

/* The one place where an adapter gets deeper into suspension. */
static VOID NTAPI worker(PVOID context)
{
    struct adapter *a = context;
    struct ndis_idle *idle = &a->idle;

    KeWaitForSingleObject(&a->pnp_lock, Executive, KernelMode, FALSE, NULL);
    idle->work_queued = false;
    if (idle->state == IDLE_ACTIVE && idle->quiet >= idle->seconds && nothing_under_way(a))
        notify(a);
    if (idle->state == IDLE_NOTIFIED && idle->confirmed && !idle->completed && !idle->wanted)
        suspend(a);
    if (idle->state >= IDLE_NOTIFIED && (idle->completed || idle->wanted))
        idle_resume(a);
    adapter_unlock(a);
}

void idle_init(struct adapter *a)
{
    list_init(&a->idle.directs);
    KeInitializeTimer(&a->idle.timer);
    KeInitializeDpc(&a->idle.dpc, tick, a);
    KeInitializeEvent(&a->idle.done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&a->idle.work, worker, a);
}

static bool can_suspend(const struct adapter *a)
{
    return a->driver->selective_suspend.IdleNotificationHandler && a->driver->selective_suspend.CancelIdleNotificationHandler &&
           a->has_pm_capabilities && (a->pm_capabilities.Flags & NDIS_PM_SELECTIVE_SUSPEND_SUPPORTED);
}

void idle_start(struct adapter *a)
{
    static const WCHAR enabled[] = u"*SelectiveSuspend", seconds[] = u"*SSIdleTimeout";
    LARGE_INTEGER due = { .QuadPart = -SECOND };

    if (!can_suspend(a) || !config_keyword(a, enabled, 1))
        return;
    a->idle.seconds = config_keyword(a, seconds, DEFAULT_SECONDS);
    if (a->idle.seconds < 1 || a->idle.seconds > 60)
        a->idle.seconds = DEFAULT_SECONDS;
    a->idle.quiet = 0;
    a->idle.seen = activity(a);
    a->idle.state = IDLE_ACTIVE;
    KeSetTimerEx(&a->idle.timer, due, 1000, &a->idle.dpc);
}

void idle_stop(struct adapter *a)
{
    KeCancelTimer(&a->idle.timer);
    a->idle.state = IDLE_OFF;
}

/* --- what the miniport says ------------------------------------------------------------------------------------------------ */

/* The idle adapter may be put into this state or a shallower one; from MiniportIdleNotification or later. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndismidlenotificationconfirm */
VOID NTAPI NdisMIdleNotificationConfirm(NDIS_HANDLE MiniportAdapterHandle, NDIS_DEVICE_POWER_STATE IdlePowerState)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    if (a->idle.state != IDLE_NOTIFIED || a->idle.completed) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "NdisMIdleNotificationConfirm was called without an idle notification", NDIS_CALLER());
        return;
    }
    a->idle.power = IdlePowerState >= NdisDeviceStateD1 && IdlePowerState <= NdisDeviceStateD3 ? IdlePowerState : NdisDeviceStateD3;
    a->idle.confirmed = true;
    wake_later(a);
}

/* The end of an idle notification: NDIS brings the adapter back to full power. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndismidlenotificationcomplete */
VOID NTAPI NdisMIdleNotificationComplete(NDIS_HANDLE MiniportAdapterHandle)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    if (a->idle.state < IDLE_NOTIFIED || a->idle.completed) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "NdisMIdleNotificationComplete was called without an idle notification", NDIS_CALLER());
        return;
    }
    a->idle.completed = true;
    KeSetEvent(&a->idle.done, IO_NO_INCREMENT, FALSE);
    if (!a->idle.resuming)
        wake_later(a);
}
