/* StorPortNotification: what a miniport tells Storport. docs: storport/nf-storport-storportnotification */
#include "storport/adapter.h"

#include <stdio.h>

#include "storport/lock.h"

typedef __builtin_ms_va_list arguments;
#define NEXT(list, type) __builtin_va_arg(list, type)
#define ANSWER(list, status)                                                                                        \
    do {                                                                                                            \
        PULONG to_ = NEXT(list, PULONG);                                                                            \
        if (to_)                                                                                                    \
            *to_ = (ULONG)(status);                                                                                 \
    } while (0)

/* --- the one timer of RequestTimerCall ------------------------------------------------------------------------------- */

static void timer_due(struct ke_alarm *alarm)
{
    struct adapter *a = alarm->context;

    KeInsertQueueDpc(&a->timer_dpc, NULL, NULL);
}

static VOID NTAPI timer_dpc(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    struct adapter *a = context;
    PHW_TIMER routine = a->timer_routine;
    KIRQL device = 0;

    if (!routine)
        return;
    a->timer_routine = NULL;
    KeAcquireSpinLockAtDpcLevel(&a->startio_lock);
    if (a->half_duplex)
        device = interrupt_lock(a);
    routine(a->extension);
    if (a->half_duplex)
        interrupt_unlock(a, device);
    KeReleaseSpinLockFromDpcLevel(&a->startio_lock);
    adapter_run(a);
}

void notify_init(struct adapter *a)
{
    a->timer_alarm = (struct ke_alarm){ .fire = timer_due, .context = a };
    KeInitializeDpc(&a->timer_dpc, timer_dpc, a);
}

static void request_timer(struct adapter *a, PHW_TIMER routine, ULONG microseconds)
{
    ke_alarm_cancel(&a->timer_alarm);
    a->timer_routine = microseconds ? routine : NULL;
    if (microseconds && routine)
        ke_alarm_set(&a->timer_alarm, ke_now() + (uint64_t)microseconds * 1000);
}

/* --- DPCs --------------------------------------------------------------------------------------------------------------- */

/* KDPC.DeferredRoutine is the miniport's own routine: it has the prototype of a deferred routine, with the device extension as its
 * context and the STOR_DPC, whose first member the KDPC is, as its DPC. Storport's work follows by adapter->dpc. */
static void initialize_dpc(struct adapter *a, PSTOR_DPC dpc, PHW_DPC_ROUTINE routine)
{
    KeInitializeDpc(&dpc->Dpc, (PKDEFERRED_ROUTINE)routine, a->extension);
    dpc->Lock = 0;
}

static LONG enable_passive(struct adapter *a, PHW_PASSIVE_INITIALIZE_ROUTINE routine)
{
    if (!a->in_initialize)
        return FALSE;
    a->passive_initialize = routine;
    return TRUE;
}

/* --- changes of the bus ---------------------------------------------------------------------------------------------------- */

static ULONG state_change(struct adapter *a, ULONG entity, PSTOR_ADDRESS address, PHW_STATE_CHANGE routine, PVOID context)
{
    if (!address || address->Type != STOR_ADDRESS_TYPE_BTL8 ||
        !(entity & (STATE_CHANGE_LUN | STATE_CHANGE_TARGET | STATE_CHANGE_BUS)))
        return (ULONG)STOR_STATUS_INVALID_PARAMETER;
    if (a->rescan_queued)
        return (ULONG)STOR_STATUS_UNSUCCESSFUL;
    a->state_change = routine;
    a->state_change_context = context;
    a->state_change_address = *(PSTOR_ADDR_BTL8)address;
    adapter_rescan(a);
    return STOR_STATUS_SUCCESS;
}

/* The unit's class driver looks at what changed, in its own time. docs: storport/nf-storport-storportasyncnotificationdetected */
static ULONG async_notification(struct adapter *a, PSTOR_ADDRESS address, uint64_t flags)
{
    struct unit *u = unit_of_address(a, address);

    if (!address || address->Type != STOR_ADDRESS_TYPE_BTL8 || (flags & ~(uint64_t)RAID_ASYNC_NOTIFY_SUPPORTED_FLAGS))
        return (ULONG)STOR_STATUS_INVALID_PARAMETER;
    if (!u || !u->attributes.AsyncNotificationSupported)
        return (ULONG)STOR_STATUS_INVALID_DEVICE_REQUEST;
    if (a->rescan_queued)
        return (ULONG)STOR_STATUS_BUSY;
    adapter_rescan(a);
    return STOR_STATUS_SUCCESS;
}

/* To the log, and on demand PnP removes the device. docs: storport/nf-storport-storportmarkdevicefailedex */
static ULONG mark_failed(struct adapter *a, PSTOR_ADDRESS address, ULONG flags, ULONG code, PWSTR why)
{
    struct unit *u = address ? unit_of_address(a, address) : NULL;
    char text[128];
    unsigned n = 0;

    if (address && !u)
        return (ULONG)STOR_STATUS_INVALID_PARAMETER;
    for (; why && why[n] && n + 1 < sizeof text; n++)
        text[n] = why[n] < 0x80 ? (char)why[n] : '?';
    text[n] = 0;
    log_warn("storport", "%s: %s %s (fault code %u): %s", a->driver->name, u ? "a unit" : "the adapter",
             flags & STORPORT_MARK_DEVICE_FAILED_FLAG_PREDICTED_FAILURE ? "is about to fail" : "has failed", code, text);
    if ((flags & (STORPORT_MARK_DEVICE_FAILED_FLAG_REMOVE_DEVICE | STORPORT_MARK_DEVICE_FAILED_FLAG_PREDICTED_FAILURE)) !=
        STORPORT_MARK_DEVICE_FAILED_FLAG_REMOVE_DEVICE)
        return STOR_STATUS_SUCCESS;
    if (ke_irql() > DISPATCH_LEVEL)
        return (ULONG)STOR_STATUS_INVALID_IRQL;
    *(u ? &u->failed : &a->failed) = true;
    IoInvalidateDeviceState(u ? u->pdo : a->pdo);
    return STOR_STATUS_SUCCESS;
}

static void link_down(struct adapter *a)
{
    a->link_down = true;
    ke_alarm_set(&a->link_alarm, ke_now() + a->settings.link_down * 1000000000ull);
}

static void link_up(struct adapter *a)
{
    ke_alarm_cancel(&a->link_alarm);
    a->link_down = false;
    adapter_kick(a);
}

static void refuse(struct adapter *a, unsigned type)
{
    char what[64];

    snprintf(what, sizeof what, "StorPortNotification(0x%x)", type);
    sp_once(a->driver->name, what);
}

/* Tells Storport that something happened; what follows the device extension depends on the type. RequestComplete gives the SRB
 * back: it may come from HwStorStartIo, a DPC, an interrupt or anywhere else. Any IRQL.
 * docs: storport/nf-storport-storportnotification */
VOID NTAPI StorPortNotification(SCSI_NOTIFICATION_TYPE NotificationType, PVOID HwDeviceExtension, ...)
{
    struct pe_caller caller = PE_CALLER();
    struct adapter *a = adapter_of(HwDeviceExtension, caller);
    arguments list;

    __builtin_ms_va_start(list, HwDeviceExtension);
    switch (NotificationType) {
    case RequestComplete:
        request_complete(a, NEXT(list, PVOID), false, caller);
        break;
    case RequestDirectComplete:
        request_complete(a, NEXT(list, PVOID), true, caller);
        break;
    case NextRequest:
    case NextLuRequest:
    case IoTargetRequestServiceTime:
    case BufferOverrunDetected:
    case TraceNotification:
        break;                          /* without effect: queues are Storport's */
    case WMIEvent: {
        PVOID event = NEXT(list, PVOID);
        UCHAR path = (UCHAR)NEXT(list, int), target = path == 0xff ? 0 : (UCHAR)NEXT(list, int);
        wmi_event(a, event, path, target, path == 0xff ? 0 : (UCHAR)NEXT(list, int));
        break;
    }
    case WMIReregister:
        wmi_reregister(a);
        break;
    case ResetDetected:
        adapter_hold_after_reset(a);
        break;
    case RequestTimerCall: {
        PHW_TIMER routine = NEXT(list, PHW_TIMER);
        request_timer(a, routine, NEXT(list, ULONG));
        break;
    }
    case BusChangeDetected:
        adapter_rescan(a);
        break;
    case LinkUp:
        link_up(a);
        break;
    case LinkDown:
        link_down(a);
        break;
    case QueryTickCount: {
        PLARGE_INTEGER ticks = NEXT(list, PLARGE_INTEGER);
        KeQueryTickCount(ticks);
        break;
    }
    case EnablePassiveInitialization: {
        PHW_PASSIVE_INITIALIZE_ROUTINE routine = NEXT(list, PHW_PASSIVE_INITIALIZE_ROUTINE);
        ANSWER(list, enable_passive(a, routine));
        break;
    }
    case InitializeDpc:
    case InitializeThreadedDpc: {
        PSTOR_DPC dpc = NEXT(list, PSTOR_DPC);
        initialize_dpc(a, dpc, NEXT(list, PHW_DPC_ROUTINE));
        break;
    }
    case IssueDpc: {
        PSTOR_DPC dpc = NEXT(list, PSTOR_DPC);
        PVOID first = NEXT(list, PVOID), second = NEXT(list, PVOID);
        ANSWER(list, KeInsertQueueDpc(&dpc->Dpc, first, second));
        break;
    }
    case SetTargetProcessorDpc: {
        PSTOR_DPC dpc = NEXT(list, PSTOR_DPC);
        PPROCESSOR_NUMBER processor = NEXT(list, PPROCESSOR_NUMBER);
        KeSetTargetProcessorDpcEx(&dpc->Dpc, processor);
        break;
    }
    case AcquireSpinLock: {
        STOR_SPINLOCK kind = NEXT(list, STOR_SPINLOCK);
        PVOID context = NEXT(list, PVOID);
        PSTOR_LOCK_HANDLE handle = NEXT(list, PSTOR_LOCK_HANDLE);
        if (!lock_acquire(a, kind, context, handle, caller))
            SP_MISUSE(a, "acquires a lock of no kind", kind, caller);
        break;
    }
    case ReleaseSpinLock:
        lock_release(a, NEXT(list, PSTOR_LOCK_HANDLE), caller);
        break;
    case StateChangeDetectedCall: {
        ULONG entity = NEXT(list, ULONG);
        PSTOR_ADDRESS address = NEXT(list, PSTOR_ADDRESS);
        (void)NEXT(list, ULONG);        /* Attributes: for virtual machines */
        PHW_STATE_CHANGE routine = NEXT(list, PHW_STATE_CHANGE);
        PVOID context = NEXT(list, PVOID);
        ANSWER(list, state_change(a, entity, address, routine, context));
        break;
    }
    case AsyncNotificationDetected: {
        PSTOR_ADDRESS address = NEXT(list, PSTOR_ADDRESS);
        uint64_t flags = NEXT(list, uint64_t);
        ANSWER(list, async_notification(a, address, flags));
        break;
    }
    case MarkDeviceFailed: {
        PSTOR_ADDRESS address = NEXT(list, PSTOR_ADDRESS);
        ULONG flags = NEXT(list, ULONG);
        PWSTR why = NEXT(list, PWSTR);
        ANSWER(list, mark_failed(a, address, flags, 0, why));
        break;
    }
    case MarkDeviceFailedEx: {
        PSTOR_ADDRESS address = NEXT(list, PSTOR_ADDRESS);
        ULONG flags = NEXT(list, ULONG), code = NEXT(list, ULONG);
        PWSTR why = NEXT(list, PWSTR);
        for (unsigned i = 0; i < 4; i++)
            (void)NEXT(list, uint64_t);         /* the data that goes with it: sizes and buffers */
        ANSWER(list, mark_failed(a, address, flags, code, why));
        break;
    }
    case TerminateSystemThread: {
        PVOID context = NEXT(list, PVOID);
        ANSWER(list, thread_terminate(a, context));
        break;
    }
    default:
        refuse(a, NotificationType);
    }
    __builtin_ms_va_end(list);
}
