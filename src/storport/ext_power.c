/* Function codes of runtime power. What they count is acted upon in the engine (pofx.c). docs: storport/nf-storport-storportinitializepofxpower */
#include "storport/extended.h"

#define NO(status) ((ULONG)STOR_STATUS_##status)
#define DEFAULT_UNIT_MS (5 * 60 * 1000)

/* The component of an address: NULL is the adapter. */
static struct pofx *component(struct adapter *a, PSTOR_ADDRESS address)
{
    struct unit *u = address ? unit_of_address(a, address) : NULL;

    if (!address)
        return &a->pofx;
    return u ? &u->pofx : NULL;
}

/* --- registration ---------------------------------------------------------------------------------------------------------- */

struct description {
    ULONG flags, unit_ms, adapter_ms, states;
    const STOR_POFX_COMPONENT_IDLE_STATE *state;
};

/* The three versions of STOR_POFX_DEVICE; a version 3 has another kind of component. */
static bool read_device(const STOR_POFX_DEVICE *device, struct description *d)
{
    const STOR_POFX_DEVICE_V2 *second = (const void *)device;
    const STOR_POFX_DEVICE_V3 *third = (const void *)device;
    ULONG version = device->Version;
    size_t size = version == STOR_POFX_DEVICE_VERSION_V3   ? sizeof *third
                  : version == STOR_POFX_DEVICE_VERSION_V2 ? sizeof *second
                                                           : sizeof *device;

    if (version < STOR_POFX_DEVICE_VERSION_V1 || version > STOR_POFX_DEVICE_VERSION_V3 || device->Size < size ||
        device->ComponentCount != 1)
        return false;
    *d = (struct description){ .flags = device->Flags };
    if (version > STOR_POFX_DEVICE_VERSION_V1) {
        d->unit_ms = second->UnitMinIdleTimeoutInMS;
        d->adapter_ms = second->AdapterIdleTimeoutInMS;
    }
    if (version == STOR_POFX_DEVICE_VERSION_V3) {
        d->states = third->Components[0].FStateCount;
        d->state = third->Components[0].FStates;
        return true;
    }
    const STOR_POFX_COMPONENT *c = version == STOR_POFX_DEVICE_VERSION_V2 ? second->Components : device->Components;
    d->states = c->FStateCount;
    d->state = c->FStates;
    return true;
}

static uint32_t idle_ms(const struct adapter *a, const struct unit *u, const struct description *d)
{
    bool given = d->flags & STOR_POFX_DEVICE_FLAG_IDLE_TIMEOUT;

    if (!u)
        return given ? d->adapter_ms : a->settings.idle_ms;
    if (u->settings.idle_ms != UINT32_MAX)
        return u->settings.idle_ms;
    return given ? d->unit_ms : DEFAULT_UNIT_MS;
}

/* PASSIVE_LEVEL: an adapter's in its HwStorPassiveInitializeRoutine, a unit's in ScsiUnitPoFxPowerInfo.
 * docs: storport/nf-storport-storportinitializepofxpower */
SP_HANDLER(ext_pofx_initialize)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    const STOR_POFX_DEVICE *device = ARG(PSTOR_POFX_DEVICE);
    PBOOLEAN cold = ARG(PBOOLEAN);
    struct pofx *p = component(a, address);
    struct description d;

    if (!p || !device || !read_device(device, &d) || !d.states || d.states > (address ? 2 : POFX_STATES))
        return NO(INVALID_PARAMETER);
    if (p->registered)
        return NO(UNSUCCESSFUL);
    p->registered = p->active = p->required = true;
    p->flags = d.flags;
    p->states = d.states;
    p->tolerated = UINT64_MAX;
    p->idle_ms = idle_ms(a, address ? unit_of_address(a, address) : NULL, &d);
    for (ULONG i = 0; i < d.states; i++)
        p->latency[i] = d.state[i].TransitionLatency;
    if (cold)
        *cold = FALSE;                  /* D3cold takes a firmware that cuts the power */
    return STOR_STATUS_SUCCESS;
}

/* --- references ------------------------------------------------------------------------------------------------------------------ */

static ULONG check(struct adapter *a, struct pofx *p, PVOID srb, ULONG index, ULONG flags)
{
    if (!p || index || flags || (srb && !request_of(a, srb)))
        return NO(INVALID_PARAMETER);
    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    return p->registered ? STOR_STATUS_SUCCESS : NO(INVALID_DEVICE_REQUEST);
}

/* docs: storport/nf-storport-storportpofxactivatecomponent */
SP_HANDLER(ext_pofx_activate)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    PVOID srb = ARG(PVOID);
    ULONG index = ARG(ULONG), flags = ARG(ULONG);
    struct pofx *p = component(a, address);
    ULONG status = check(a, p, srb, index, flags);

    if (status)
        return status;
    p->references++;
    if (p->active)
        return STOR_STATUS_SUCCESS;
    p->again = true;
    adapter_kick(a);
    return NO(BUSY);
}

/* docs: storport/nf-storport-storportpofxidlecomponent */
SP_HANDLER(ext_pofx_idle)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    PVOID srb = ARG(PVOID);
    ULONG index = ARG(ULONG), flags = ARG(ULONG);
    struct pofx *p = component(a, address);
    ULONG status = check(a, p, srb, index, flags);

    if (status)
        return status;
    if (!p->references)
        return NO(INVALID_DEVICE_REQUEST);
    p->references--;
    if (p->managed)
        adapter_kick(a);
    return p->references || p->busy || !p->managed ? NO(BUSY) : STOR_STATUS_SUCCESS;
}

/* --- hints -------------------------------------------------------------------------------------------------------------------------- */

/* docs: storport/nf-storport-storportpofxsetcomponentlatency */
SP_HANDLER(ext_pofx_latency)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    ULONG index = ARG(ULONG);
    uint64_t latency = ARG(uint64_t);
    struct pofx *p = component(a, address);
    ULONG status = check(a, p, NULL, index, 0);

    if (!status)
        p->tolerated = latency;
    return status;
}

/* A hint that changes nothing: how long the component is going to be idle. docs: storport/nf-storport-storportpofxsetcomponentresidency */
SP_HANDLER(ext_pofx_residency)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);

    return check(a, component(a, address), NULL, ARG(ULONG), 0);
}

/* There is no power engine plug-in. docs: storport/nf-storport-storportpofxpowercontrol */
SP_HANDLER(ext_pofx_control)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    ULONG status = check(a, component(a, address), NULL, 0, 0);

    return status ? status : NO(UNSUCCESSFUL);
}

/* docs: storport/nf-storport-storportpofxsetidletimeout */
SP_HANDLER(ext_pofx_timeout)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    ULONG ms = ARG(ULONG);

    if (address)
        return NO(INVALID_PARAMETER);
    if (!a->settings.runtime_power)
        return STOR_STATUS_SUCCESS;
    if (!a->pofx.registered)
        return NO(UNSUCCESSFUL);
    a->pofx.idle_ms = ms;
    return STOR_STATUS_SUCCESS;
}

/* Performance states are registered with the plug-in that is not there: none is known.
 * docs: storport/nf-storport-storportpofxsetperfstate */
SP_HANDLER(ext_pofx_perf_state)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    ULONG index = ARG(ULONG), flags = ARG(ULONG);

    if (address || index || flags)
        return NO(INVALID_PARAMETER);
    if (!a->settings.runtime_power)
        return STOR_STATUS_SUCCESS;
    return a->pofx.registered ? NO(INVALID_PARAMETER) : NO(UNSUCCESSFUL);
}
