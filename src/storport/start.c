/* From resources to a working adapter, and back.
 *
 *   IRP_MN_START_DEVICE: resources -> HwStorFindAdapter (PASSIVE) -> interrupt connected -> HwStorInitialize (DIRQL, interrupt lock;
 *   a virtual miniport's at PASSIVE) -> ScsiQuerySupportedControlTypes -> HwStorPassiveInitialize when enabled -> requests flow.
 *   Stop and remove: requests drained -> SRB_FUNCTION_PNP for the adapter -> ScsiStopAdapter (DIRQL, interrupt lock) -> interrupt disconnected; a virtual miniport's
 *   HwStorFreeAdapterResources instead, when it goes for good.
 *
 * docs: storage/storport-driver-miniport-callbacks, storport/nc-storport-hw_find_adapter, storport/nc-storport-hw_adapter_control */
#include "storport/adapter.h"

#include <stdlib.h>
#include <string.h>

#include "nt/pool.h"

#define DRAIN_TRIES 12000               /* of 10 ms: longer than the whole reset ladder */
#define DEFAULT_BREAKS 0x11

/* --- resources -------------------------------------------------------------------------------------------------------- */

static size_t list_size(const CM_RESOURCE_LIST *list)
{
    const CM_PARTIAL_RESOURCE_LIST *partial = &list->List[0].PartialResourceList;

    return (size_t)((const char *)&partial->PartialDescriptors[partial->Count] - (const char *)list);
}

static void *copy_list(const CM_RESOURCE_LIST *list)
{
    size_t size = list && list->Count ? list_size(list) : 0;
    void *copy = size ? malloc(size) : NULL;

    if (copy)
        memcpy(copy, list, size);
    return copy;
}

static bool is_range(const CM_PARTIAL_RESOURCE_DESCRIPTOR *d)
{
    return d->Type == CmResourceTypeMemory || d->Type == CmResourceTypePort || d->Type == CmResourceTypeMemoryLarge;
}

static void fill_ranges(struct adapter *a)
{
    const CM_PARTIAL_RESOURCE_LIST *list = a->raw ? &a->raw->List[0].PartialResourceList : NULL;
    ULONG room = a->config->NumberOfAccessRanges, n = 0;

    for (ULONG i = 0; list && i < list->Count && n < room; i++)
        if (is_range(&list->PartialDescriptors[i]))
            a->ranges[n++] = (ACCESS_RANGE){
                .RangeStart = list->PartialDescriptors[i].u.Memory.Start,
                .RangeLength = list->PartialDescriptors[i].u.Memory.Length,
                .RangeInMemory = list->PartialDescriptors[i].Type != CmResourceTypePort,
            };
}

static void fill_interrupt(struct adapter *a)
{
    const CM_PARTIAL_RESOURCE_LIST *list = a->raw ? &a->raw->List[0].PartialResourceList : NULL;

    for (ULONG i = 0; list && i < list->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *d = &list->PartialDescriptors[i];

        if (d->Type != CmResourceTypeInterrupt)
            continue;
        if (d->Flags & CM_RESOURCE_INTERRUPT_LATCHED)
            a->config->InterruptMode = Latched;         /* messages are: miniports tell by it which routine they need */
        if (d->Flags & CM_RESOURCE_INTERRUPT_MESSAGE)
            continue;
        a->config->BusInterruptLevel = d->u.Interrupt.Level;
        a->config->BusInterruptVector = d->u.Interrupt.Vector;
    }
}

static bool take_resources(struct adapter *a, PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated)
{
    PCM_RESOURCE_LIST new_raw = copy_list(raw), new_translated = copy_list(translated);   /* they may be the adapter's own */

    free(a->raw);
    free(a->translated);
    free(a->ranges);
    a->raw = new_raw;
    a->translated = new_translated;
    const CM_PARTIAL_RESOURCE_LIST *list = a->raw ? &a->raw->List[0].PartialResourceList : NULL;
    ULONG ranges = 0;
    for (ULONG i = 0; list && i < list->Count; i++)
        ranges += is_range(&list->PartialDescriptors[i]);
    if (ranges < a->driver->init.NumberOfAccessRanges)
        ranges = a->driver->init.NumberOfAccessRanges;
    a->config->NumberOfAccessRanges = ranges;
    a->ranges = calloc(ranges ? ranges : 1, sizeof *a->ranges);
    return a->ranges != NULL;
}

/* --- configuration ------------------------------------------------------------------------------------------------------ */

/* docs: storport/ns-storport-_port_configuration_information */
static void default_config(struct adapter *a)
{
    const HW_INITIALIZATION_DATA *init = &a->driver->init;
    PPORT_CONFIGURATION_INFORMATION c = a->config;
    ULONG ranges = c->NumberOfAccessRanges, bus = 0, slot = 0, size;

    *c = (PORT_CONFIGURATION_INFORMATION){
        .Length = sizeof *c,
        .AdapterInterfaceType = init->AdapterInterfaceType,
        .InterruptMode = LevelSensitive,
        .MaximumTransferLength = SP_UNINITIALIZED_VALUE,
        .NumberOfPhysicalBreaks = DEFAULT_BREAKS,
        .DmaChannel = SP_UNINITIALIZED_VALUE,
        .DmaPort = SP_UNINITIALIZED_VALUE,
        .NumberOfAccessRanges = ranges,
        .ScatterGather = TRUE,
        .Master = TRUE,
        .Dma32BitAddresses = TRUE,
        .MapBuffers = init->MapBuffers,
        .NeedPhysicalAddresses = init->NeedPhysicalAddresses,
        .TaggedQueuing = TRUE,
        .AutoRequestSense = TRUE,
        .MultipleRequestPerLu = TRUE,
        .MaximumNumberOfTargets = SCSI_MAXIMUM_TARGETS_PER_BUS,
        .SrbType = init->SrbTypeFlags & SRB_TYPE_FLAG_STORAGE_REQUEST_BLOCK ? SRB_TYPE_STORAGE_REQUEST_BLOCK
                                                                           : SRB_TYPE_SCSI_REQUEST_BLOCK,
        .AddressType = STORAGE_ADDRESS_TYPE_BTL8,
        .DmaChannel2 = SP_UNINITIALIZED_VALUE,
        .DmaPort2 = SP_UNINITIALIZED_VALUE,
        .DeviceExtensionSize = init->DeviceExtensionSize,
        .SpecificLuExtensionSize = init->SpecificLuExtensionSize,
        .SrbExtensionSize = init->SrbExtensionSize,
        .Dma64BitAddresses = SCSI_DMA64_SYSTEM_SUPPORTED,
        .MaximumNumberOfLogicalUnits = SCSI_MAXIMUM_LOGICAL_UNITS,
        .WmiDataProvider = TRUE,
        .VirtualDevice = a->driver->is_virtual,
        .MaxNumberOfIO = 1000,
        .MaxIOsPerLun = 255,
        .InitialLunQueueDepth = a->driver->is_virtual ? 250 : 20,
    };
    memset(c->InitiatorBusId, 0xff, sizeof c->InitiatorBusId);
    c->AccessRanges = (ACCESS_RANGE (*)[])(void *)a->ranges;
    if (NT_SUCCESS(IoGetDeviceProperty(a->pdo, DevicePropertyBusNumber, sizeof bus, &bus, &size)))
        c->SystemIoBusNumber = bus;
    if (NT_SUCCESS(IoGetDeviceProperty(a->pdo, DevicePropertyAddress, sizeof slot, &slot, &size)))
        c->SlotNumber = (slot >> 16) | (slot & 7) << 5;     /* PCI_SLOT_NUMBER */
    fill_ranges(a);
    fill_interrupt(a);
}

static ULONG call_find_adapter(struct adapter *a, PCHAR argument)
{
    BOOLEAN again = FALSE;

    if (!a->driver->is_virtual) {
        PHW_FIND_ADAPTER find = (PHW_FIND_ADAPTER)a->driver->init.HwFindAdapter;
        return find(a->extension, NULL, NULL, argument, a->config, &again);
    }
    PVIRTUAL_HW_FIND_ADAPTER find = (PVIRTUAL_HW_FIND_ADAPTER)a->driver->init.HwFindAdapter;
    return find(a->extension, a->pdo, a->fdo, a->next, argument, a->config, &again);
}

static NTSTATUS status_of_find(struct adapter *a, ULONG answer)
{
    switch (answer) {
    case SP_RETURN_FOUND:
        return STATUS_SUCCESS;
    case SP_RETURN_NOT_FOUND:
        log_warn("storport", "%s: HwStorFindAdapter found no adapter", a->driver->name);
        return STATUS_NO_SUCH_DEVICE;
    case SP_RETURN_BAD_CONFIG:
        log_warn("storport", "%s: HwStorFindAdapter says the configuration is wrong", a->driver->name);
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    default:
        log_warn("storport", "%s: HwStorFindAdapter failed with %u", a->driver->name, answer);
        return STATUS_ADAPTER_HARDWARE_ERROR;
    }
}

static NTSTATUS find_adapter(struct adapter *a)
{
    PCHAR argument = adapter_driver_parameter(a);

    if (!argument)
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG answer = call_find_adapter(a, argument);
    pool_free(argument, SP_TAG, NULL);
    return status_of_find(a, answer);
}

/* What the miniport made of the configuration, within what there is. */
static void take_config(struct adapter *a)
{
    PPORT_CONFIGURATION_INFORMATION c = a->config;

    a->max_transfer = (uint32_t)min_u64(c->MaximumTransferLength, SP_MAX_TRANSFER) & ~511u;
    if (!a->max_transfer)
        a->max_transfer = 512;
    a->breaks = c->NumberOfPhysicalBreaks ? c->NumberOfPhysicalBreaks : 1;
    a->max_io = a->settings.requests ? a->settings.requests : c->MaxNumberOfIO ? c->MaxNumberOfIO : 1;
    if (a->settings.max_luns && a->settings.max_luns < c->MaximumNumberOfLogicalUnits)
        c->MaximumNumberOfLogicalUnits = (UCHAR)a->settings.max_luns;
    if (!c->NumberOfBuses)
        c->NumberOfBuses = 1;
    a->map_buffers = c->MapBuffers;
    a->storage_srbs = c->SrbType == SRB_TYPE_STORAGE_REQUEST_BLOCK &&
                      (a->driver->init.SrbTypeFlags & SRB_TYPE_FLAG_STORAGE_REQUEST_BLOCK);
    a->half_duplex = !a->driver->is_virtual && c->SynchronizationModel != StorSynchronizeFullDuplex;
}

/* --- control --------------------------------------------------------------------------------------------------------------- */

static bool at_device_irql(SCSI_ADAPTER_CONTROL_TYPE type)
{
    return type == ScsiStopAdapter || type == ScsiRestartAdapter;
}

SCSI_ADAPTER_CONTROL_STATUS adapter_control(struct adapter *a, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PHW_ADAPTER_CONTROL control = a->driver->init.HwAdapterControl;
    SCSI_ADAPTER_CONTROL_STATUS status;

    if (!control || (type != ScsiQuerySupportedControlTypes && !a->supports[type]))
        return ScsiAdapterControlUnsuccessful;
    KIRQL before = ke_irql();
    if (!at_device_irql(type) || a->driver->is_virtual) {
        status = control(a->extension, type, parameters);
    } else {
        KIRQL old = interrupt_lock(a);
        status = control(a->extension, type, parameters);
        interrupt_unlock(a, old);
    }
    SP_RETURNED("HwStorAdapterControl", control, before);
    return status;
}

SCSI_UNIT_CONTROL_STATUS unit_control(struct unit *u, SCSI_UNIT_CONTROL_TYPE type, PVOID parameters)
{
    struct adapter *a = u->adapter;

    if (!a->driver->init.HwUnitControl || !a->unit_supports[type])
        return ScsiUnitControlUnsuccessful;
    KIRQL before = ke_irql();
    SCSI_UNIT_CONTROL_STATUS status = a->driver->init.HwUnitControl(a->extension, type, parameters);
    SP_RETURNED("HwStorUnitControl", a->driver->init.HwUnitControl, before);
    return status;
}

/* The list's length is ours to say; the miniport fills what it knows. */
static void query_controls(struct adapter *a)
{
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = pool_alloc(NonPagedPoolNx, sizeof *list + ScsiAdapterControlMax, SP_TAG, SP_OWNER(a));

    if (!list)
        return;
    memset(list, 0, sizeof *list + ScsiAdapterControlMax);
    list->MaxControlType = ScsiAdapterControlMax;
    if (adapter_control(a, ScsiQuerySupportedControlTypes, list) == ScsiAdapterControlSuccess)
        for (unsigned i = 0; i < ScsiAdapterControlMax; i++)
            a->supports[i] = list->SupportedTypeList[i];
    memset(list, 0, sizeof *list + ScsiAdapterControlMax);
    list->MaxControlType = ScsiUnitControlMax;
    if (a->driver->init.HwUnitControl &&
        a->driver->init.HwUnitControl(a->extension, ScsiQuerySupportedUnitControlTypes, list) == ScsiUnitControlSuccess)
        for (unsigned i = 0; i < ScsiUnitControlMax; i++)
            a->unit_supports[i] = list->SupportedTypeList[i];
    pool_free(list, SP_TAG, NULL);
}

/* --- start ------------------------------------------------------------------------------------------------------------------- */

static bool initialize(struct adapter *a)
{
    bool good;

    a->pofx = (struct pofx){ 0 };
    a->in_initialize = true;
    a->passive_initialize = NULL;
    if (a->driver->is_virtual) {
        good = a->driver->init.HwInitialize(a->extension);
    } else {
        KIRQL old = interrupt_lock(a);
        good = a->driver->init.HwInitialize(a->extension);
        interrupt_unlock(a, old);
    }
    a->in_initialize = false;
    return good;
}

static NTSTATUS begin(struct adapter *a)
{
    NTSTATUS status = interrupt_connect(a);

    if (!NT_SUCCESS(status))
        return status;
    a->powered = true;
    if (!initialize(a)) {
        log_warn("storport", "%s: HwStorInitialize failed", a->driver->name);
        return STATUS_ADAPTER_HARDWARE_ERROR;
    }
    query_controls(a);
    if (a->passive_initialize && !a->passive_initialize(a->extension)) {
        log_warn("storport", "%s: HwStorPassiveInitializeRoutine failed", a->driver->name);
        return STATUS_ADAPTER_HARDWARE_ERROR;
    }
    return STATUS_SUCCESS;
}

NTSTATUS adapter_start(struct adapter *a, PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated)
{
    if (!take_resources(a, raw, translated))
        return STATUS_INSUFFICIENT_RESOURCES;
    default_config(a);
    a->features = 0;
    adapter_read_settings(a);
    a->bus_type = a->settings.bus_type;         /* the miniport may set another in HwStorFindAdapter */
    NTSTATUS status = find_adapter(a);
    if (!NT_SUCCESS(status))
        return status;
    a->found = true;
    take_config(a);
    if (!a->control)
        a->control = unit_create(a, 0, 0, 0, 2 * SP_RESERVED_REQUESTS);
    if (!a->zeroes)
        a->zeroes = pool_alloc(NonPagedPoolNx, 65536, SP_TAG, SP_OWNER(a));
    if (!a->control || !a->zeroes || !bounce_open(a))
        status = STATUS_INSUFFICIENT_RESOURCES;
    else
        memset(a->zeroes, 0, 65536);
    if (NT_SUCCESS(status)) {
        a->initializing = true;
        status = begin(a);
        a->initializing = false;
    }
    if (!NT_SUCCESS(status)) {
        interrupt_disconnect(a);
        platform_stop(a);
        sync_free_all(a);
        return status;
    }
    a->state = ADAPTER_STARTED;
    platform_start(a);
    wmi_start(a);
    pofx_begin(a);
    return STATUS_SUCCESS;
}

/* --- stop --------------------------------------------------------------------------------------------------------------------- */

static void drain(struct adapter *a)
{
    LARGE_INTEGER moment = { .QuadPart = -100000 };

    for (unsigned n = 0; (a->outstanding || a->running) && n < DRAIN_TRIES; n++)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

/* What the miniport still holds is given up. */
static void abandon_all(struct unit *u)
{
    while (!list_empty(&u->active)) {
        struct request *r = list_first(&u->active, struct request, node);

        SP_MISUSE(r->adapter, "keeps an SRB although its adapter is stopped", r->srb, SP_NOBODY);
        request_abandon(r);
    }
}

void adapter_stop(struct adapter *a, STOR_PNP_ACTION why)
{
    if (a->state != ADAPTER_STARTED)
        return;
    a->stopping = true;
    if (why != StorSurpriseRemoval)
        drain(a);
    adapter_tell_pnp(a, why);
    platform_stop(a);
    wmi_stop(a);
    pofx_end(a);
    drain(a);
    if (a->powered)
        adapter_flush(a);
    if (a->powered) {
        adapter_control(a, ScsiStopAdapter, NULL);
        adapter_control(a, ScsiSetBootConfig, NULL);
    }
    a->state = ADAPTER_STOPPED;
    a->powered = false;
    list_each_safe(it, &a->units)
        abandon_all(container_of(it, struct unit, node));
    abandon_all(a->control);
    ke_alarm_cancel(&a->timeout_alarm);
    ke_alarm_cancel(&a->pause_alarm);
    ke_alarm_cancel(&a->hold_alarm);
    ke_alarm_cancel(&a->link_alarm);
    a->paused = a->reset_hold = a->link_down = a->stopping = false;
    interrupt_disconnect(a);
    sync_free_all(a);
}
