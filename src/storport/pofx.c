/* The state machine of pofx.h. docs: storport/nf-storport-storportinitializepofxpower, kernel/overview-of-the-power-management-framework */
#include "storport/adapter.h"

/* Which component: u, or the adapter itself when u is NULL. */
struct component {
    struct adapter *a;
    struct unit *u;
    struct pofx *p;
};

/* --- telling the miniport ------------------------------------------------------------------------------------------------ */

static void tell_active(struct component c, bool active)
{
    STOR_ADDR_BTL8 address;
    STOR_POFX_ACTIVE_CONTEXT context = { { STOR_POFX_ACTIVE_CONTEXT_VERSION_V1, sizeof context, NULL }, 0, active };

    c.p->active = active;
    if (active)
        adapter_kick(c.a);              /* what waits for it */
    if (c.u) {
        address = unit_address(c.u);
        context.Header.Address = (PSTOR_ADDRESS)&address;
        unit_control(c.u, ScsiUnitPoFxPowerActive, &context);
    } else if (active) {                /* an adapter hears of nothing else */
        adapter_control(c.a, ScsiAdapterPoFxPowerActive, &context);
    }
}

static void tell_state(struct component c, uint32_t state)
{
    STOR_ADDR_BTL8 address;
    STOR_POFX_FSTATE_CONTEXT context = { { STOR_POFX_FSTATE_CONTEXT_VERSION_V1, sizeof context, NULL }, 0, state };

    c.p->state = state;
    if (c.u) {
        address = unit_address(c.u);
        context.Header.Address = (PSTOR_ADDRESS)&address;
        unit_control(c.u, ScsiUnitPoFxPowerSetFState, &context);
    } else if (!state) {                /* the only one that is set for an adapter */
        adapter_control(c.a, ScsiAdapterPoFxPowerSetFState, &context);
    }
}

static void tell_required(struct component c, BOOLEAN required)
{
    STOR_ADDR_BTL8 address;
    STOR_POFX_POWER_REQUIRED_CONTEXT context = {
        { STOR_POFX_POWER_REQUIRED_CONTEXT_VERSION_V1, sizeof context, NULL }, required
    };

    c.p->required = required;
    if (c.u) {
        address = unit_address(c.u);
        context.Header.Address = (PSTOR_ADDRESS)&address;
        unit_control(c.u, ScsiUnitPoFxPowerRequired, &context);
    } else {
        adapter_control(c.a, ScsiAdapterPoFxPowerRequired, &required);
    }
}

/* --- changing the device's power ------------------------------------------------------------------------------------------- */

static void unit_moved(struct request *r)
{
    struct unit *u = r->unit;

    request_release(r);
    u->pofx.moving = false;
    u->pofx.again = true;
    unit_kick(u);
}

static VOID NTAPI adapter_moved(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK result)
{
    struct adapter *a = context;

    a->pofx.moving = false;
    a->pofx.again = true;
    adapter_kick(a);
}

static void move(struct component c, bool on)
{
    POWER_STATE wanted = { .DeviceState = on ? PowerDeviceD0 : PowerDeviceD3 };

    if (on != c.p->off || (!on && (c.p->flags & STOR_POFX_DEVICE_FLAG_NO_D3)))
        return;
    c.p->off = !on;
    if (on && (c.p->flags & STOR_POFX_DEVICE_FLAG_NO_D0)) {     /* the miniport does it alone */
        c.a->powered |= !c.u;
        return;
    }
    c.p->moving = true;
    if (c.u) {
        if (!unit_power_begin(c.u, on ? StorPowerDeviceD0 : StorPowerDeviceD3, unit_moved))
            c.p->moving = false;
        return;
    }
    if (PoRequestPowerIrp(c.a->pdo, IRP_MN_SET_POWER, wanted, adapter_moved, c.a, NULL) != STATUS_PENDING)
        c.p->moving = false;
}

/* --- the machine -------------------------------------------------------------------------------------------------------------- */

static bool unit_needs_adapter(struct adapter *a)
{
    list_each(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);
        if (u->pofx.managed && !u->gone && (u->pofx.required || u->pofx.busy || u->pofx.references))
            return true;
    }
    return false;
}

static bool wanted(struct component c)
{
    return c.p->references || c.p->busy || (!c.u && unit_needs_adapter(c.a));
}

static bool has_power(struct component c)
{
    return c.a->powered && !c.p->moving;
}

static uint32_t deepest(const struct pofx *p)
{
    uint32_t n = p->states ? p->states - 1 : 0;

    while (n && p->latency[n] != STOR_POFX_UNKNOWN_TIME && p->latency[n] > p->tolerated)
        n--;
    return n;
}

/* A step towards active; the rest follows when power has come. */
static void wake(struct component c)
{
    ke_alarm_cancel(&c.p->alarm);
    c.p->timed_out = false;
    if (c.p->moving)
        return;
    if (!c.p->required)
        tell_required(c, TRUE);
    move(c, true);
    if (!has_power(c))
        return;
    if (c.p->state)
        tell_state(c, 0);
    if (!c.p->active)
        tell_active(c, true);
}

static void rest(struct component c)
{
    if (c.p->active) {
        tell_active(c, false);
        if (deepest(c.p))
            tell_state(c, deepest(c.p));
        ke_alarm_set(&c.p->alarm, ke_now() + c.p->idle_ms * 1000000ull);
        return;
    }
    if (!c.p->timed_out || !c.p->required || c.p->moving)
        return;
    c.p->timed_out = false;
    tell_required(c, FALSE);
    move(c, false);
}

static void settle(struct component c)
{
    if (!c.p->managed || c.a->asleep || c.a->state != ADAPTER_STARTED)
        return;
    if (c.p->settling) {
        c.p->again = true;
        return;
    }
    c.p->settling = true;
    do {
        c.p->again = false;
        if (wanted(c))
            wake(c);
        else
            rest(c);
    } while (c.p->again);
    c.p->settling = false;
}

static struct component adapter_of_pofx(struct adapter *a)
{
    return (struct component){ a, NULL, &a->pofx };
}

static struct component unit_of_pofx(struct unit *u)
{
    return (struct component){ u->adapter, u, &u->pofx };
}

bool pofx_ready(struct unit *u)
{
    struct adapter *a = u->adapter;

    if (a->pofx.managed) {
        a->pofx.busy = true;
        if (!a->pofx.active || !a->powered)
            settle(adapter_of_pofx(a));
        if (!a->pofx.active || !a->powered)
            return false;
    }
    if (u->pofx.managed && !u->gone) {
        u->pofx.busy = true;
        if (!u->pofx.active)
            settle(unit_of_pofx(u));
        return u->pofx.active;
    }
    return true;
}

void pofx_settle_all(struct adapter *a)
{
    list_each_safe(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);
        if (!u->pofx.managed || u->gone)
            continue;
        if (!u->outstanding && list_empty(&u->waiting) && list_empty(&u->operations))
            u->pofx.busy = false;
        settle(unit_of_pofx(u));
    }
    if (!a->outstanding && list_empty(&a->pumping))
        a->pofx.busy = false;
    settle(adapter_of_pofx(a));
}

/* --- begin and end --------------------------------------------------------------------------------------------------------------- */

static void timed_out(struct pofx *p, struct adapter *a)
{
    p->timed_out = true;
    adapter_run(a);
}

static void adapter_idle(struct ke_alarm *alarm)
{
    struct adapter *a = alarm->context;

    timed_out(&a->pofx, a);
}

static void unit_idle(struct ke_alarm *alarm)
{
    struct unit *u = alarm->context;

    timed_out(&u->pofx, u->adapter);
}

void pofx_begin(struct adapter *a)
{
    a->pofx.alarm = (struct ke_alarm){ .fire = adapter_idle, .context = a };
    if (!a->pofx.registered)
        return;
    a->pofx.managed = a->settings.runtime_power;
    a->pofx_used = true;
    adapter_run(a);
}

static void end(struct pofx *p)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    p->managed = false;
    ke_alarm_cancel(&p->alarm);
    while (p->moving)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    *p = (struct pofx){ 0 };
}

void pofx_end(struct adapter *a)
{
    end(&a->pofx);
}

void pofx_awake(struct adapter *a)
{
    struct pofx *p = &a->pofx;

    if (!p->managed || p->moving)
        return;
    p->off = false;
    p->required = true;
    if (!p->active)
        ke_alarm_set(&p->alarm, ke_now() + p->idle_ms * 1000000ull);
}

/* The miniport registers the unit while it hears whether idle power management is on. */
void pofx_unit_begin(struct unit *u)
{
    STOR_ADDR_BTL8 address = unit_address(u);
    bool on = u->adapter->settings.idle_units && u->settings.idle &&
              !(u->adapter->pofx.flags & STOR_POFX_DEVICE_FLAG_NO_UNIT_REGISTRATION);
    STOR_POFX_UNIT_POWER_INFO info = {
        { STOR_POFX_UNIT_POWER_INFO_VERSION_V1, sizeof info, (PSTOR_ADDRESS)&address }, on
    };

    u->pofx.alarm = (struct ke_alarm){ .fire = unit_idle, .context = u };
    unit_control(u, ScsiUnitPoFxPowerInfo, &info);
    if (!u->pofx.registered)
        return;
    u->pofx.managed = on;
    u->adapter->pofx_used = true;
    adapter_run(u->adapter);
}

void pofx_unit_end(struct unit *u)
{
    end(&u->pofx);
}
