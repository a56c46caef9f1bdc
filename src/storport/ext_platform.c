/* Function codes about the platform around the adapter: its firmware, interrupt table, power settings, registry changes, memory it
 * lends to the device, dumps. What a computer without the thing answers is answered here. docs: storport */
#include "storport/extended.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt/cm.h"
#include "nt/hal.h"
#include "nt/mm.h"
#include "nt/pnp.h"
#include "nt/ram.h"

#define NO(status) ((ULONG)STOR_STATUS_##status)

/* --- firmware and interrupts -------------------------------------------------------------------------------------------- */

/* No device here has ACPI methods. docs: storport/nf-storport-storportinvokeacpimethod */
SP_HANDLER(ext_acpi)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);

    if (address && !unit_of_address(a, address))
        return NO(INVALID_PARAMETER);
    if (ke_irql() > PASSIVE_LEVEL)
        return NO(INVALID_IRQL);
    return NO(NOT_IMPLEMENTED);
}

/* No function here has a function level reset. docs: storport/nf-storport-storporthardwarereset */
SP_HANDLER(ext_device_reset)
{
    return ARG(ULONG) == StorFunctionLevelReset ? NO(UNSUCCESSFUL) : NO(NOT_IMPLEMENTED);
}

/* docs: storport/nf-storport-storportmaskmsixinterrupt */
SP_HANDLER(ext_mask_msix)
{
    ULONG message = ARG(ULONG);
    bool mask = ARG(int) & 0xff;

    if (message >= a->message_count)
        return NO(INVALID_PARAMETER);
    return hal_mask_msix(pnp_node_of(a->pdo), message, mask) ? STOR_STATUS_SUCCESS : NO(UNSUCCESSFUL);
}

/* docs: storport/nf-storport-storportqueryconfiguration */
SP_HANDLER(ext_query_configuration)
{
    STORPORT_QUERY_CONFIGURATION_TYPE type = ARG(STORPORT_QUERY_CONFIGURATION_TYPE);
    PBOOLEAN out = ARG(PBOOLEAN);

    if (!out || type < StorportQueryConfigurationD3 || type >= StorportQueryConfigurationMax)
        return NO(INVALID_PARAMETER);
    *out = !setting_dword(a, "DisableRuntimePowerManagement", 0);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_d3_cold)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    PBOOLEAN out = ARG(PBOOLEAN);

    if (!out || (address && !unit_of_address(a, address)))
        return NO(INVALID_PARAMETER);
    *out = FALSE;                       /* D3cold takes a firmware that cuts the power */
    return STOR_STATUS_SUCCESS;
}

/* --- power settings ------------------------------------------------------------------------------------------------------- */

struct power_setting {
    struct list node;                   /* adapter->power_settings */
    struct adapter *adapter;
    GUID guid;
    PVOID handle;                       /* of the registration; while the adapter is started */
};

/* From HwStorFindAdapter; the adapter is told when it works. docs: storport/nf-storport-storportsetpowersettingnotificationguids */
SP_HANDLER(ext_power_settings)
{
    ULONG count = ARG(ULONG);
    LPGUID guids = ARG(LPGUID);

    if (!count || !guids)
        return NO(INVALID_PARAMETER);
    for (ULONG i = 0; i < count; i++) {
        struct power_setting *s = calloc(1, sizeof *s);
        if (!s)
            return NO(INSUFFICIENT_RESOURCES);
        s->adapter = a;
        s->guid = guids[i];
        list_push_back(&a->power_settings, &s->node);
    }
    return STOR_STATUS_SUCCESS;
}

static NTSTATUS NTAPI setting_changed(LPCGUID guid, PVOID value, ULONG length, PVOID context)
{
    struct power_setting *s = context;
    STOR_POWER_SETTING_INFO info = { .PowerSettingGuid = *guid, .Value = value, .ValueLength = length };

    adapter_control(s->adapter, ScsiPowerSettingNotification, &info);
    return STATUS_SUCCESS;
}

void platform_start(struct adapter *a)
{
    if (a->supports[ScsiPowerSettingNotification])
        list_each(it, &a->power_settings) {
            struct power_setting *s = container_of(it, struct power_setting, node);
            if (!s->handle)
                PoRegisterPowerSettingCallback(a->fdo, &s->guid, setting_changed, s, &s->handle);
        }
}

/* --- changes of the registry ------------------------------------------------------------------------------------------------- */

struct registry_watch {
    struct adapter *adapter;
    PHW_REGISTRY_NOTIFICATION_ROUTINE routine;
    HANDLE key;
    WORK_QUEUE_ITEM item;
    IO_STATUS_BLOCK result;
    bool armed, closing;                /* armed: a change will queue the item, or has */
};

static bool arm(struct registry_watch *w)
{
    w->armed = NT_SUCCESS(ZwNotifyChangeKey(w->key, NULL, (PVOID)&w->item, (PVOID)DelayedWorkQueue, &w->result,
                                            REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET, TRUE, NULL, 0, TRUE));
    return w->armed;
}

static VOID NTAPI key_changed(PVOID context)
{
    struct registry_watch *w = context;

    w->armed = false;
    if (w->closing)
        return;
    arm(w);
    w->routine(w->adapter->extension);
}

static void close_watch(struct adapter *a)
{
    struct registry_watch *w = a->registry_watch;
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    if (!w)
        return;
    w->closing = true;
    ZwClose(w->key);
    while (w->armed)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    a->registry_watch = NULL;
    free(w);
}

/* PASSIVE_LEVEL. docs: storport/nf-storport-storportenableregistrykeynotification */
SP_HANDLER(ext_registry_notification)
{
    PHW_REGISTRY_NOTIFICATION_ROUTINE routine = ARG(PHW_REGISTRY_NOTIFICATION_ROUTINE);
    struct registry_watch *w;

    if (!routine)
        return NO(INVALID_PARAMETER);
    if (ke_irql() != PASSIVE_LEVEL)
        return NO(INVALID_IRQL);
    if (a->registry_watch)
        return NO(UNSUCCESSFUL);
    w = calloc(1, sizeof *w);
    if (!w)
        return NO(INSUFFICIENT_RESOURCES);
    w->adapter = a;
    w->routine = routine;
    ExInitializeWorkItem(&w->item, key_changed, w);
    struct cm_key *key = parameters_key(a, true, true);
    if (!key || !NT_SUCCESS(cm_open_handle(key, KEY_NOTIFY, OBJ_KERNEL_HANDLE, &w->key))) {
        free(w);
        return NO(UNSUCCESSFUL);
    }
    if (!arm(w)) {
        ZwClose(w->key);
        free(w);
        return NO(UNSUCCESSFUL);
    }
    a->registry_watch = w;
    return STOR_STATUS_SUCCESS;
}

/* --- host memory buffer ---------------------------------------------------------------------------------------------------------- */

struct lent {
    struct list node;                   /* adapter->lent */
    uint64_t address;                   /* as reported */
    void *block;
};

static void *lend(size_t bytes, size_t least, size_t alignment, const uint64_t limits[2], size_t *got, const void *caller)
{
    size_t slack = alignment > RAM_PAGE ? alignment - RAM_PAGE : 0;

    for (;; bytes /= 2) {
        void *block = mm_alloc_pages(align_up(bytes, RAM_PAGE) + slack, limits[0], limits[1], 0, "StorPortAllocateHostMemoryBuffer",
                                     caller);
        *got = align_up(bytes, RAM_PAGE);
        if (block || bytes / 2 < least || bytes / 2 < RAM_PAGE)
            return block;
    }
}

/* One range; less than preferred when memory is short. PASSIVE_LEVEL. docs: storport/nf-storport-storportallocatehostmemorybuffer */
SP_HANDLER(ext_allocate_hmb)
{
    SIZE_T least = ARG(SIZE_T), preferred = ARG(SIZE_T);
    (void)ARG(ULONG);                   /* UtilizationBytes */
    ULONG alignment = ARG(ULONG);
    uint64_t limits[2] = { ARG(uint64_t), ARG(uint64_t) };
    uint64_t boundary = ARG(uint64_t);
    PACCESS_RANGE ranges = ARG(PACCESS_RANGE);
    PULONG count = ARG(PULONG);
    size_t got;

    if (!ranges || !count || !*count || !preferred || preferred % RAM_PAGE || least > preferred || boundary ||
        (alignment & (alignment - 1)))
        return NO(INVALID_PARAMETER);
    struct lent *l = calloc(1, sizeof *l);
    if (!l)
        return NO(INSUFFICIENT_RESOURCES);
    l->block = lend(preferred, least, alignment, limits, &got, (void *)(uintptr_t)caller.rip);
    if (!l->block) {
        free(l);
        return NO(INSUFFICIENT_RESOURCES);
    }
    l->address = align_up(ram_pa(l->block), alignment > RAM_PAGE ? alignment : RAM_PAGE);
    list_push_back(&a->lent, &l->node);
    ranges[0] = (ACCESS_RANGE){ .RangeStart = { .QuadPart = (LONGLONG)l->address }, .RangeLength = (ULONG)got, .RangeInMemory = TRUE };
    *count = 1;
    return STOR_STATUS_SUCCESS;
}

static bool take_back(struct adapter *a, uint64_t address)
{
    list_each(it, &a->lent) {
        struct lent *l = container_of(it, struct lent, node);
        if (l->address != address)
            continue;
        list_remove(it);
        mm_free_pages(l->block);
        free(l);
        return true;
    }
    return false;
}

/* docs: storport/nf-storport-storportfreehostmemorybuffer */
SP_HANDLER(ext_free_hmb)
{
    PACCESS_RANGE ranges = ARG(PACCESS_RANGE);
    ULONG count = ARG(ULONG);
    bool good = ranges && count;

    for (ULONG i = 0; ranges && i < count; i++)
        good &= take_back(a, (uint64_t)ranges[i].RangeStart.QuadPart);
    return good ? STOR_STATUS_SUCCESS : NO(UNSUCCESSFUL);
}

/* --- dumps, failures --------------------------------------------------------------------------------------------------------------- */

/* Nothing is dumped: the report goes to the log. docs: storport/nf-storport-storportcapturelivedump */
SP_HANDLER(ext_live_dump)
{
    PSTOR_ADDRESS address = ARG(PSTOR_ADDRESS);
    PSTORPORT_CAPTURE_LIVEDUMP dump = ARG(PSTORPORT_CAPTURE_LIVEDUMP);

    if (!dump || dump->Size < sizeof *dump || (address && !unit_of_address(a, address)))
        return NO(INVALID_PARAMETER);
    if (ke_irql() != PASSIVE_LEVEL)
        return NO(INVALID_IRQL);
    log_warn("storport", "%s: asks for a live dump (issue %u), which ring3 does not write", a->driver->name, dump->IssueType);
    return NO(UNSUCCESSFUL);
}

/* --- the adapter's end ---------------------------------------------------------------------------------------------------------------- */

void platform_stop(struct adapter *a)
{
    list_each_safe(it, &a->power_settings) {
        struct power_setting *s = container_of(it, struct power_setting, node);
        if (s->handle)
            PoUnregisterPowerSettingCallback(s->handle);
        list_remove(it);
        free(s);
    }
    close_watch(a);
    while (!list_empty(&a->lent))
        take_back(a, list_first(&a->lent, struct lent, node)->address);
}
