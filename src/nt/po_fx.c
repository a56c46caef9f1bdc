/* The power framework: components that are active or idle, and the device that needs no power when all are idle.
 *
 * | component            | event                        | calls                                               |
 * |----------------------|------------------------------|-----------------------------------------------------|
 * | idle (references 0)  | PoFxActivateComponent        | DevicePowerRequired if it was not, IdleState(0) if  |
 * |                      |                              | deeper, ActiveCondition                             |
 * | active               | last PoFxIdleComponent       | IdleCondition; then IdleState(deepest); when all    |
 * |                      |                              | are idle, DevicePowerNotRequired after the time-out |
 * The driver's Complete calls are noted; nothing waits for them, as every call is made where the event happens. */
#include "nt/pnp_internal.h"
#include "nt/po_fx.h"

struct component {
    ULONG states;                       /* idle states, F0 included */
    ULONG state;
    LONG references;
};

struct _POHANDLE {
    struct list node;                   /* handles */
    PPO_FX_COMPONENT_ACTIVE_CONDITION_CALLBACK active;
    PPO_FX_COMPONENT_IDLE_CONDITION_CALLBACK idle;
    PPO_FX_COMPONENT_IDLE_STATE_CALLBACK idle_state;
    PPO_FX_DEVICE_POWER_REQUIRED_CALLBACK required;
    PPO_FX_DEVICE_POWER_NOT_REQUIRED_CALLBACK not_required;
    PPO_FX_POWER_CONTROL_CALLBACK control;
    PVOID context;
    ULONG count;
    bool started, powered;
    uint64_t timeout_ns;
    struct ke_alarm alarm;
    struct component component[];
};

static struct list handles = LIST_INIT(handles);

ULONG po_fx_components(POHANDLE handle)
{
    return handle->count;
}

PVOID po_fx_context(POHANDLE handle)
{
    return handle->context;
}

static POHANDLE new_handle(ULONG count)
{
    POHANDLE h = count <= 0xffff ? calloc(1, sizeof(*h) + count * sizeof(h->component[0])) : NULL;

    if (h != NULL) {
        list_push_back(&handles, &h->node);
        h->count = count;
        h->powered = true;
    }
    return h;
}

static void copy_v1(POHANDLE h, const PO_FX_DEVICE_V1 *d)
{
    h->active = d->ComponentActiveConditionCallback;
    h->idle = d->ComponentIdleConditionCallback;
    h->idle_state = d->ComponentIdleStateCallback;
    h->required = d->DevicePowerRequiredCallback;
    h->not_required = d->DevicePowerNotRequiredCallback;
    h->control = d->PowerControlCallback;
    h->context = d->DeviceContext;
    for (ULONG i = 0; i < h->count; i++)
        h->component[i] = (struct component){ d->Components[i].IdleStateCount, 0, 1 };
}

static void copy_v2(POHANDLE h, const PO_FX_DEVICE_V2 *d, PVOID context, const PO_FX_COMPONENT_V2 *components)
{
    h->active = d->ComponentActiveConditionCallback;
    h->idle = d->ComponentIdleConditionCallback;
    h->idle_state = d->ComponentIdleStateCallback;
    h->required = d->DevicePowerRequiredCallback;
    h->not_required = d->DevicePowerNotRequiredCallback;
    h->control = d->PowerControlCallback;
    h->context = context;
    for (ULONG i = 0; i < h->count; i++)
        h->component[i] = (struct component){ components[i].IdleStateCount, 0, 1 };
}

static void timed_out(struct ke_alarm *alarm)
{
    POHANDLE h = alarm->context;

    if (!h->powered)
        return;
    h->powered = false;
    if (h->not_required != NULL)
        h->not_required(h->context);
}

/* Registers a device with its components, all active until PoFxStartDevicePowerManagement. Device: a PO_FX_DEVICE of
 * version 1, 2 or 3. PASSIVE_LEVEL. docs: wdm/nf-wdm-pofxregisterdevice */
NTSTATUS NTAPI PoFxRegisterDevice(PDEVICE_OBJECT Pdo, PPO_FX_DEVICE Device, POHANDLE *Handle)
{
    const PO_FX_DEVICE_V2 *v2 = (const void *)Device;
    const PO_FX_DEVICE_V3 *v3 = (const void *)Device;
    POHANDLE h;

    (void)Pdo;
    if (Device->Version < PO_FX_VERSION_V1 || Device->Version > PO_FX_VERSION_V3)
        return STATUS_INVALID_PARAMETER;
    h = new_handle(Device->Version == PO_FX_VERSION_V1   ? Device->ComponentCount
                   : Device->Version == PO_FX_VERSION_V2 ? v2->ComponentCount
                                                         : v3->ComponentCount);
    if (h == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Device->Version == PO_FX_VERSION_V1)
        copy_v1(h, Device);
    else if (Device->Version == PO_FX_VERSION_V2)
        copy_v2(h, v2, v2->DeviceContext, v2->Components);
    else
        copy_v2(h, v2, v3->DeviceContext, v3->Components);
    h->alarm.fire = timed_out;
    h->alarm.context = h;
    *Handle = h;
    return STATUS_SUCCESS;
}

static bool all_idle(const struct _POHANDLE *h)
{
    for (ULONG i = 0; i < h->count; i++)
        if (h->component[i].references != 0)
            return false;
    return true;
}

static void went_idle(POHANDLE h, ULONG index)
{
    struct component *c = &h->component[index];

    if (h->idle != NULL)
        h->idle(h->context, index);
    if (c->references == 0 && c->states > 1 && h->idle_state != NULL) {
        c->state = c->states - 1;
        h->idle_state(h->context, index, c->state);
    }
    if (!all_idle(h))
        return;
    if (h->timeout_ns != 0)
        ke_alarm_set(&h->alarm, ke_now() + h->timeout_ns);
    else
        timed_out(&h->alarm);
}

static void went_active(POHANDLE h, ULONG index)
{
    struct component *c = &h->component[index];

    ke_alarm_cancel(&h->alarm);
    if (!h->powered) {
        h->powered = true;
        if (h->required != NULL)
            h->required(h->context);
    }
    if (c->state != 0 && h->idle_state != NULL) {
        c->state = 0;
        h->idle_state(h->context, index, 0);
    }
    if (h->active != NULL)
        h->active(h->context, index);
}

/* From now on idle components are managed; the reference that registration gave each is dropped. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-pofxstartdevicepowermanagement */
VOID NTAPI PoFxStartDevicePowerManagement(POHANDLE Handle)
{
    Handle->started = true;
    for (ULONG i = 0; i < Handle->count; i++)
        PoFxIdleComponent(Handle, i, 0);
}

static void forget(POHANDLE h)
{
    po_perf_forget(h);
    ke_alarm_cancel(&h->alarm);
    list_remove(&h->node);
    free(h);
}

/* Ends the management of the device; the handle is gone. PASSIVE_LEVEL. docs: wdm/nf-wdm-pofxunregisterdevice */
VOID NTAPI PoFxUnregisterDevice(POHANDLE Handle)
{
    list_each_safe(it, &handles)
        if (it == &Handle->node) {
            forget(Handle);
            return;
        }
    NT_EMIT(NT_EVENT_MISUSE, "PoFxUnregisterDevice of a handle that is not registered", Handle, 0, PE_CALLER());
}

static const void *a_routine_of(const struct _POHANDLE *h)
{
    return h->active != NULL       ? (const void *)h->active
           : h->idle != NULL       ? (const void *)h->idle
           : h->idle_state != NULL ? (const void *)h->idle_state
           : h->required != NULL   ? (const void *)h->required
                                   : (const void *)h->not_required;
}

void po_fx_driver_gone(const void *base, size_t size)
{
    list_each_safe(it, &handles) {
        POHANDLE h = container_of(it, struct _POHANDLE, node);
        const void *routine = a_routine_of(h);

        if ((uintptr_t)routine - (uintptr_t)base >= size)
            continue;
        NT_EMIT(NT_EVENT_MISUSE, "a driver unloaded with a device registered with the power framework "
                "(PoFxUnregisterDevice)", h, 0, ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)routine }));
        forget(h);
    }
}

void po_fx_stop(void)
{
    list_each_safe(it, &handles)
        forget(container_of(it, struct _POHANDLE, node));
}

/* One more reason for the component to be active. IRQL <= DISPATCH. docs: wdm/nf-wdm-pofxactivatecomponent */
VOID NTAPI PoFxActivateComponent(POHANDLE Handle, ULONG Component, ULONG Flags)
{
    (void)Flags;
    if (Component < Handle->count && Handle->component[Component].references++ == 0)
        went_active(Handle, Component);
}

/* One reason less. IRQL <= DISPATCH. docs: wdm/nf-wdm-pofxidlecomponent */
VOID NTAPI PoFxIdleComponent(POHANDLE Handle, ULONG Component, ULONG Flags)
{
    (void)Flags;
    if (Component < Handle->count && Handle->component[Component].references > 0 &&
        --Handle->component[Component].references == 0)
        went_idle(Handle, Component);
}

/* docs: wdm/nf-wdm-pofxcompleteidlecondition */
VOID NTAPI PoFxCompleteIdleCondition(POHANDLE Handle, ULONG Component)
{
    (void)Handle;
    (void)Component;
}

/* docs: wdm/nf-wdm-pofxcompleteidlestate */
VOID NTAPI PoFxCompleteIdleState(POHANDLE Handle, ULONG Component)
{
    (void)Handle;
    (void)Component;
}

/* docs: wdm/nf-wdm-pofxcompletedevicepowernotrequired */
VOID NTAPI PoFxCompleteDevicePowerNotRequired(POHANDLE Handle)
{
    (void)Handle;
}

/* docs: wdm/nf-wdm-pofxreportdevicepoweredon */
VOID NTAPI PoFxReportDevicePoweredOn(POHANDLE Handle)
{
    Handle->powered = true;
}

/* How long all components must be idle before the device needs no power; 100 ns units. docs: wdm/nf-wdm-pofxsetdeviceidletimeout */
VOID NTAPI PoFxSetDeviceIdleTimeout(POHANDLE Handle, ULONGLONG IdleTimeout)
{
    Handle->timeout_ns = IdleTimeout * 100;
}

/* Latency, residency and wake hints choose between idle states; the deepest is always taken. docs: wdm/nf-wdm-pofxsetcomponentlatency */
VOID NTAPI PoFxSetComponentLatency(POHANDLE Handle, ULONG Component, ULONGLONG Latency)
{
    (void)Handle;
    (void)Component;
    (void)Latency;
}

/* docs: wdm/nf-wdm-pofxsetcomponentresidency */
VOID NTAPI PoFxSetComponentResidency(POHANDLE Handle, ULONG Component, ULONGLONG Residency)
{
    (void)Handle;
    (void)Component;
    (void)Residency;
}

/* docs: wdm/nf-wdm-pofxsetcomponentwake */
VOID NTAPI PoFxSetComponentWake(POHANDLE Handle, ULONG Component, BOOLEAN WakeHint)
{
    (void)Handle;
    (void)Component;
    (void)WakeHint;
}

/* docs: wdm/nf-wdm-pofxnotifysurprisepoweron */
VOID NTAPI PoFxNotifySurprisePowerOn(PDEVICE_OBJECT Pdo)
{
    (void)Pdo;
}

/* There is no platform extension to control. docs: wdm/nf-wdm-pofxpowercontrol */
NTSTATUS NTAPI PoFxPowerControl(POHANDLE Handle, LPCGUID PowerControlCode, PVOID InBuffer, SIZE_T InBufferSize,
                                PVOID OutBuffer, SIZE_T OutBufferSize, PSIZE_T BytesReturned)
{
    (void)Handle;
    (void)PowerControlCode;
    (void)InBuffer;
    (void)InBufferSize;
    (void)OutBuffer;
    (void)OutBufferSize;
    if (BytesReturned != NULL)
        *BytesReturned = 0;
    return STATUS_NOT_IMPLEMENTED;
}

/* A hint about the state in the deepest system idle state. docs: wdm/nf-wdm-pofxsettargetdripsdevicepowerstate */
NTSTATUS NTAPI PoFxSetTargetDripsDevicePowerState(POHANDLE Handle, DEVICE_POWER_STATE TargetState)
{
    (void)Handle;
    return TargetState > PowerDeviceUnspecified && TargetState < PowerDeviceMaximum ? STATUS_SUCCESS
                                                                                  : STATUS_INVALID_PARAMETER;
}

/* Directed power transitions are never asked for. docs: wdm/nf-wdm-pofxcompletedirectedpowerdown */
VOID NTAPI PoFxCompleteDirectedPowerDown(POHANDLE Handle)
{
    (void)Handle;
}
