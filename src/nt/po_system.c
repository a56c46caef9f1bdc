/* System power states: the tree is asked and told, children before parents on the way down. */
#include "nt/ex_callback.h"
#include "nt/pnp_internal.h"
#include "ring3/ex.h"

static SYSTEM_POWER_STATE system_state = PowerSystemWorking;
static ULONG requests[4];               /* PoSetPowerRequest, by POWER_REQUEST_TYPE */

SYSTEM_POWER_STATE po_system_state(void)
{
    return system_state;
}

static NTSTATUS send(struct pnp_node *node, UCHAR minor, SYSTEM_POWER_STATE state)
{
    IO_STACK_LOCATION s = { .MajorFunction = IRP_MJ_POWER, .MinorFunction = minor };

    s.Parameters.Power.Type = SystemPowerState;
    s.Parameters.Power.State.SystemState = state;
    s.Parameters.Power.ShutdownType = state == PowerSystemShutdown    ? PowerActionShutdownOff
                                      : state == PowerSystemHibernate ? PowerActionHibernate
                                      : state == PowerSystemWorking   ? PowerActionNone
                                                                      : PowerActionSleep;
    s.Parameters.Power.SystemPowerStateContext.TargetSystemState = state & 15;
    s.Parameters.Power.SystemPowerStateContext.EffectiveSystemState = state & 15;
    s.Parameters.Power.SystemPowerStateContext.CurrentSystemState = system_state & 15;
    return io_send(node->pdo, &s, STATUS_NOT_SUPPORTED, NULL);
}

static void send_all_up(SYSTEM_POWER_STATE state)
{
    list_each(it, &pnp_nodes) {
        struct pnp_node *node = container_of(it, struct pnp_node, node);

        if (node->state == PNP_STARTED)
            send(node, IRP_MN_SET_POWER, state);
    }
}

static NTSTATUS send_all_down(UCHAR minor, SYSTEM_POWER_STATE state)
{
    for (struct list *it = pnp_nodes.prev; it != &pnp_nodes; it = it->prev) {
        struct pnp_node *node = container_of(it, struct pnp_node, node);
        NTSTATUS status = node->state == PNP_STARTED ? send(node, minor, state) : STATUS_SUCCESS;

        if (!NT_SUCCESS(status) && minor == IRP_MN_QUERY_POWER && status != STATUS_NOT_SUPPORTED)
            return status;
    }
    return STATUS_SUCCESS;
}

/* PowerState's routines hear of leaving S0 before the set-power IRPs are sent, and of its return when they are done. */
NTSTATUS po_set_system_state(SYSTEM_POWER_STATE state, bool critical)
{
    bool wakes = system_state != PowerSystemWorking, sleeps = !wakes;
    NTSTATUS status = STATUS_SUCCESS;

    if (state == PowerSystemUnspecified || state >= PowerSystemMaximum)
        return STATUS_INVALID_PARAMETER;
    pnp_lock();
    if (state == PowerSystemWorking) {
        send_all_up(state);
    } else {
        if (!critical)
            status = send_all_down(IRP_MN_QUERY_POWER, state);
        if (NT_SUCCESS(status) && sleeps)
            ex_notify_power(PO_CB_SYSTEM_STATE_LOCK, false);
        if (NT_SUCCESS(status))
            send_all_down(IRP_MN_SET_POWER, state);
        else
            send_all_up(PowerSystemWorking);
    }
    if (NT_SUCCESS(status))
        system_state = state;
    if (wakes && system_state == PowerSystemWorking)
        ex_notify_power(PO_CB_SYSTEM_STATE_LOCK, true);
    pnp_unlock();
    return status;
}

void po_stop(void)
{
    system_state = PowerSystemWorking;
    memset(requests, 0, sizeof(requests));
    po_setting_stop();
}

/* ---- keeping the system awake: noted, the computer never sleeps by itself ---- */

/* Creates (StateHandle NULL) or changes a registration that keeps the system awake. docs: ntifs/nf-ntifs-poregistersystemstate */
PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags)
{
    ULONG *state = StateHandle != NULL ? StateHandle : pool_alloc(NonPagedPoolNx, sizeof(*state), PNP_TAG, NULL);

    if (state != NULL)
        *state = Flags;
    return state;
}

/* docs: ntifs/nf-ntifs-pounregistersystemstate */
VOID NTAPI PoUnregisterSystemState(PVOID StateHandle)
{
    pool_free(StateHandle, PNP_TAG, NULL);
}

/* docs: ntifs/nf-ntifs-posetsystemstate */
VOID NTAPI PoSetSystemState(EXECUTION_STATE Flags)
{
    (void)Flags;
}

/* A power request object. *PowerRequest is for the other functions; deleted with PoDeletePowerRequest. <= APC.
 * docs: ntifs/nf-ntifs-pocreatepowerrequest */
NTSTATUS NTAPI PoCreatePowerRequest(PVOID *PowerRequest, PDEVICE_OBJECT DeviceObject, PCOUNTED_REASON_CONTEXT Context)
{
    ULONG *counts = pool_alloc(NonPagedPoolNx, 4 * sizeof(*counts), PNP_TAG, NULL);

    (void)DeviceObject;
    (void)Context;
    *PowerRequest = counts;
    if (counts == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(counts, 0, 4 * sizeof(*counts));
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-posetpowerrequest */
NTSTATUS NTAPI PoSetPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type)
{
    if ((unsigned)Type >= countof(requests))
        return STATUS_INVALID_PARAMETER;
    ((ULONG *)PowerRequest)[Type]++;
    requests[Type]++;
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-poclearpowerrequest */
NTSTATUS NTAPI PoClearPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type)
{
    if ((unsigned)Type >= countof(requests) || ((ULONG *)PowerRequest)[Type] == 0)
        return STATUS_INVALID_PARAMETER;
    ((ULONG *)PowerRequest)[Type]--;
    requests[Type]--;
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-podeletepowerrequest */
VOID NTAPI PoDeletePowerRequest(PVOID PowerRequest)
{
    for (unsigned type = 0; type < countof(requests); type++)
        requests[type] -= ((ULONG *)PowerRequest)[type];
    pool_free(PowerRequest, PNP_TAG, NULL);
}
