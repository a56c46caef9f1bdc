/* Power settings (who registered is called when one changes), idle detection, wake notes.
 * A callback may end any registration: while the list is walked an entry is only marked, and the last walker frees it. */
#include "nt/pnp_internal.h"

struct setting {
    struct list node;
    GUID guid;
    uint32_t size;
    uint8_t value[32];
};

struct callback {
    struct list node;
    GUID guid;
    PPOWER_SETTING_CALLBACK routine;
    PVOID context;
    bool gone;
};

static struct list settings = LIST_INIT(settings), callbacks = LIST_INIT(callbacks);
static unsigned walkers;

/* What holds until somebody changes it: mains power, display on, the balanced plan. */
static const struct {
    GUID guid;
    uint32_t size;
    union {
        ULONG number;
        GUID guid;
    } value;
} defaults[] = {
    { { 0x5d3e9a59, 0xe9d5, 0x4b00, { 0xa6, 0xbd, 0xff, 0x34, 0xff, 0x51, 0x65, 0x48 } }, 4, { .number = PoAc } },
    { { 0x6fe69556, 0x704a, 0x47a0, { 0x8f, 0x24, 0xc2, 0x8d, 0x93, 0x6f, 0xda, 0x47 } }, 4, { .number = 1 } },
    { { 0x02731015, 0x4510, 0x4526, { 0x99, 0xe6, 0xe5, 0xa1, 0x7e, 0xbd, 0x1a, 0xea } }, 4, { .number = 1 } },
    { { 0x245d8541, 0x3943, 0x4422, { 0xb0, 0x25, 0x13, 0xa7, 0x84, 0xf6, 0x79, 0xb7 } }, 16,
      { .guid = { 0x381b4222, 0xf694, 0x41f0, { 0x96, 0x85, 0xff, 0x5b, 0xb2, 0x60, 0xdf, 0x2e } } } },
};

static const void *current_value(const GUID *guid, uint32_t *size)
{
    list_each(it, &settings) {
        struct setting *s = container_of(it, struct setting, node);

        if (pnp_same_guid(&s->guid, guid)) {
            *size = s->size;
            return s->value;
        }
    }
    for (unsigned i = 0; i < countof(defaults); i++)
        if (pnp_same_guid(&defaults[i].guid, guid)) {
            *size = defaults[i].size;
            return &defaults[i].value;
        }
    return NULL;
}

static void end_walk(void)
{
    if (--walkers != 0)
        return;
    list_each_safe(it, &callbacks) {
        struct callback *c = container_of(it, struct callback, node);

        if (!c->gone)
            continue;
        list_remove(&c->node);
        pool_free(c, PNP_TAG, NULL);
    }
}

/* Only while walking. */
static void call(struct callback *c, const void *value, uint32_t size)
{
    uint8_t copy[32];
    GUID guid = c->guid;

    memcpy(copy, value, size);
    c->routine(&guid, copy, size, c->context);
}

/* Has Callback called with the setting's value now and whenever it changes, at PASSIVE_LEVEL. *Handle is for
 * PoUnregisterPowerSettingCallback. PASSIVE_LEVEL (APC). docs: wdm/nf-wdm-poregisterpowersettingcallback */
NTSTATUS NTAPI PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, LPCGUID SettingGuid,
                                              PPOWER_SETTING_CALLBACK Callback, PVOID Context, PVOID *Handle)
{
    struct callback *c = pool_alloc(NonPagedPoolNx, sizeof(*c), PNP_TAG, NULL);
    const void *value;
    uint32_t size;

    (void)DeviceObject;
    if (c == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *c = (struct callback){ .guid = *SettingGuid, .routine = Callback, .context = Context };
    list_push_back(&callbacks, &c->node);
    if (Handle != NULL)
        *Handle = c;
    value = current_value(SettingGuid, &size);
    walkers++;
    if (value != NULL)
        call(c, value, size);
    end_walk();
    return STATUS_SUCCESS;
}

/* Ends a registration. PASSIVE_LEVEL (APC). STATUS_INVALID_PARAMETER for what is none.
 * docs: wdm/nf-wdm-pounregisterpowersettingcallback */
NTSTATUS NTAPI PoUnregisterPowerSettingCallback(PVOID Handle)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;

    walkers++;
    list_each(it, &callbacks) {
        struct callback *c = container_of(it, struct callback, node);

        if (c == Handle && !c->gone) {
            c->gone = true;
            status = STATUS_SUCCESS;
        }
    }
    end_walk();
    return status;
}

void po_set_setting(const GUID *guid, const void *value, uint32_t size)
{
    struct setting *s = NULL;

    if (size > sizeof(s->value))
        return;
    list_each(it, &settings)
        if (pnp_same_guid(&container_of(it, struct setting, node)->guid, guid))
            s = container_of(it, struct setting, node);
    if (s == NULL) {
        s = calloc(1, sizeof(*s));
        if (s == NULL)
            return;
        s->guid = *guid;
        list_push_back(&settings, &s->node);
    }
    s->size = size;
    memcpy(s->value, value, size);
    walkers++;
    list_each(it, &callbacks) {
        struct callback *c = container_of(it, struct callback, node);

        if (!c->gone && pnp_same_guid(&c->guid, guid))
            call(c, s->value, size);
    }
    end_walk();
}

/* ---- idle detection ---- */

struct idle {
    struct list node;
    PDEVICE_OBJECT device;
    ULONG count;                        /* seconds without PoSetDeviceBusy; what drivers write */
    ULONG busy, limit;
    DEVICE_POWER_STATE state;
    bool requested;
};

static struct list idlers = LIST_INIT(idlers);
static struct list *following = &idlers;        /* what the walk of tick() comes to next: a power IRP may end any */
static struct ke_alarm second;

static void tick(struct ke_alarm *alarm)
{
    following = idlers.next;
    while (following != &idlers) {
        struct idle *i = container_of(following, struct idle, node);
        POWER_STATE state = { .DeviceState = i->state };

        following = following->next;
        if (i->busy != 0)
            i->count = 0;
        if (i->count == 0)
            i->requested = false;
        if (++i->count < i->limit || i->requested)
            continue;
        i->requested = true;
        PoRequestPowerIrp(i->device, IRP_MN_SET_POWER, state, NULL, NULL, NULL);
    }
    if (!list_empty(&idlers))
        ke_alarm_set(alarm, ke_now() + 1000000000ull);
}

static void free_idle(struct idle *i)
{
    io_device_of(i->device)->idle = NULL;
    if (following == &i->node)
        following = i->node.next;
    list_remove(&i->node);
    pool_free(i, PNP_TAG, NULL);
    if (list_empty(&idlers))
        ke_alarm_cancel(&second);
}

/* After PerformanceIdleTime seconds (the computer is on mains power) without PoSetDeviceBusy the device gets an
 * IRP_MN_SET_POWER to State. Both times zero: ends it, NULL. The counter is for PoSetDeviceBusy. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-poregisterdeviceforidledetection */
PULONG NTAPI PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject, ULONG ConservationIdleTime,
                                              ULONG PerformanceIdleTime, DEVICE_POWER_STATE State)
{
    struct idle *i = io_device_of(DeviceObject)->idle;

    if (ConservationIdleTime == 0 && PerformanceIdleTime == 0) {
        if (i != NULL)
            free_idle(i);
        return NULL;
    }
    if (i == NULL) {
        i = pool_alloc(NonPagedPoolNx, sizeof(*i), PNP_TAG, NULL);
        if (i == NULL)
            return NULL;
        *i = (struct idle){ .device = DeviceObject };
        if (list_empty(&idlers)) {
            second.fire = tick;
            ke_alarm_set(&second, ke_now() + 1000000000ull);
        }
        list_push_back(&idlers, &i->node);
        io_device_of(DeviceObject)->idle = i;
    }
    i->limit = PerformanceIdleTime == (ULONG)-1 ? 60 : PerformanceIdleTime != 0 ? PerformanceIdleTime : (ULONG)-1;
    i->state = State;
    return &i->count;
}

void po_device_deleted(PDEVICE_OBJECT device)
{
    if (io_device_of(device)->idle != NULL)
        free_idle(io_device_of(device)->idle);
}

static struct idle *idle_of(PULONG counter)
{
    return (struct idle *)(void *)((char *)counter - offsetof(struct idle, count));
}

/* The device was used just now. Any IRQL <= DISPATCH. docs: wdm/nf-wdm-posetdevicebusyex */
VOID NTAPI PoSetDeviceBusyEx(PULONG IdlePointer)
{
    *IdlePointer = 0;
}

/* The device is in use until PoEndDeviceBusy. docs: wdm/nf-wdm-postartdevicebusy */
VOID NTAPI PoStartDeviceBusy(PULONG IdlePointer)
{
    idle_of(IdlePointer)->busy++;
    *IdlePointer = 0;
}

/* docs: wdm/nf-wdm-poenddevicebusy */
VOID NTAPI PoEndDeviceBusy(PULONG IdlePointer)
{
    idle_of(IdlePointer)->busy--;
    *IdlePointer = 0;
}

void po_driver_gone(const void *base, size_t size)
{
    po_fx_driver_gone(base, size);
    list_each_safe(it, &callbacks) {
        struct callback *c = container_of(it, struct callback, node);

        if ((uintptr_t)c->routine - (uintptr_t)base >= size)
            continue;
        NT_EMIT(NT_EVENT_MISUSE, "a driver unloaded with a power setting callback registered", c, 0,
                ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)c->routine }));
        PoUnregisterPowerSettingCallback(c);
    }
}

void po_setting_stop(void)
{
    po_fx_stop();
    list_each_safe(it, &settings) {
        list_remove(it);
        free(container_of(it, struct setting, node));
    }
    list_each_safe(it, &callbacks) {
        log_warn("po", "a power setting callback was never unregistered");
        PoUnregisterPowerSettingCallback(container_of(it, struct callback, node));
    }
    list_init(&idlers);
    ke_alarm_cancel(&second);
}

/* Did the device wake the system? It never sleeps so that a device could. docs: wdm/nf-wdm-pogetsystemwake */
BOOLEAN NTAPI PoGetSystemWake(PIRP Irp)
{
    (void)Irp;
    return FALSE;
}

/* docs: wdm/nf-wdm-posetsystemwake */
VOID NTAPI PoSetSystemWake(PIRP Irp)
{
    (void)Irp;
}

/* docs: wdm/nf-wdm-posetsystemwakedevice */
VOID NTAPI PoSetSystemWakeDevice(PDEVICE_OBJECT DeviceObject)
{
    (void)DeviceObject;
}

/* There is no watchdog over power IRPs. docs: wdm/nf-wdm-poquerywatchdogtime */
BOOLEAN NTAPI PoQueryWatchdogTime(PDEVICE_OBJECT Pdo, PULONG SecondsRemaining)
{
    (void)Pdo;
    *SecondsRemaining = 0;
    return FALSE;
}

void po_setting_reset(void)
{
    list_init(&callbacks);
    list_init(&idlers);
    walkers = 0;
    following = &idlers;
    second = (struct ke_alarm){ .fire = tick };
}
