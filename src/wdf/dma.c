/* DMA enablers and common buffers. docs: wdf/handling-dma-operations-in-kmdf-drivers */
#include "wdf/dma.h"

#include "wdf/pnp.h"

struct wdf_dma_enabler *wdf_dma_enabler_check(WDFDMAENABLER handle, const void *caller)
{
    return wdf_check(handle, &wdf_dma_enabler_type, caller);
}

/* --- power ------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS enable(struct wdf_dma_enabler *e)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (e->config.EvtDmaEnablerFill)
        WDF_CALL_STATUS(status, e->config.EvtDmaEnablerFill, (WDFDMAENABLER)e);
    if (NT_SUCCESS(status) && e->config.EvtDmaEnablerEnable)
        WDF_CALL_STATUS(status, e->config.EvtDmaEnablerEnable, (WDFDMAENABLER)e);
    if (NT_SUCCESS(status) && e->config.EvtDmaEnablerSelfManagedIoStart)
        WDF_CALL_STATUS(status, e->config.EvtDmaEnablerSelfManagedIoStart, (WDFDMAENABLER)e);
    e->enabled = NT_SUCCESS(status);
    return status;
}

static void disable(struct wdf_dma_enabler *e)
{
    NTSTATUS status;

    if (!e->enabled)
        return;
    e->enabled = false;
    if (e->config.EvtDmaEnablerSelfManagedIoStop)
        WDF_CALL_STATUS(status, e->config.EvtDmaEnablerSelfManagedIoStop, (WDFDMAENABLER)e);
    if (e->config.EvtDmaEnablerDisable)
        WDF_CALL_STATUS(status, e->config.EvtDmaEnablerDisable, (WDFDMAENABLER)e);
    if (e->config.EvtDmaEnablerFlush)
        WDF_CALL_STATUS(status, e->config.EvtDmaEnablerFlush, (WDFDMAENABLER)e);
    (void)status;
}

NTSTATUS wdf_dma_power_up(struct wdf_device *device)
{
    list_each(it, &device->dma_enablers) {
        NTSTATUS status = enable(container_of(it, struct wdf_dma_enabler, node));
        if (!NT_SUCCESS(status)) {
            wdf_dma_power_down(device);
            return status;
        }
    }
    return STATUS_SUCCESS;
}

void wdf_dma_power_down(struct wdf_device *device)
{
    list_each_back(it, &device->dma_enablers) {
        disable(container_of(it, struct wdf_dma_enabler, node));
    }
}

/* --- enablers --------------------------------------------------------------------------------------------------------------- */

static void enabler_dispose(struct wdf_object *object)
{
    list_remove(&container_of(object, struct wdf_dma_enabler, object)->node);
}

static void enabler_destroyed(struct wdf_object *object)
{
    struct wdf_dma_enabler *e = container_of(object, struct wdf_dma_enabler, object);

    if (e->adapter)
        e->adapter->DmaOperations->PutDmaAdapter(e->adapter);
}

const struct wdf_type wdf_dma_enabler_type = { .name = "WDFDMAENABLER", .size = sizeof(struct wdf_dma_enabler), .passive = true,
                                               .dispose = enabler_dispose, .destroyed = enabler_destroyed };

static bool is_64_bit(WDF_DMA_PROFILE profile)
{
    return profile == WdfDmaProfilePacket64 || profile == WdfDmaProfileScatterGather64 ||
           profile == WdfDmaProfileScatterGather64Duplex;
}

static bool is_packet(WDF_DMA_PROFILE profile)
{
    return profile == WdfDmaProfilePacket || profile == WdfDmaProfilePacket64;
}

static NTSTATUS get_adapter(struct wdf_dma_enabler *e)
{
    DEVICE_DESCRIPTION d = { 0 };
    WDF_DMA_PROFILE profile = e->config.Profile;
    size_t most;

    d.Version = DEVICE_DESCRIPTION_VERSION2;
    d.Master = TRUE;
    d.ScatterGather = !is_packet(profile);
    d.Dma32BitAddresses = TRUE;
    d.Dma64BitAddresses = is_64_bit(profile);
    d.InterfaceType = PCIBus;
    d.MaximumLength = e->config.MaximumLength > MAXULONG ? MAXULONG : (ULONG)e->config.MaximumLength;
    e->adapter = IoGetDmaAdapter(e->device->pdo, &d, &e->map_registers);
    if (!e->adapter)
        return STATUS_INSUFFICIENT_RESOURCES;
    most = e->map_registers > 1 ? (size_t)(e->map_registers - 1) * PAGE_SIZE : PAGE_SIZE;
    e->fragment = e->config.MaximumLength < most ? e->config.MaximumLength : most;
    e->elements = (size_t)-1;
    return STATUS_SUCCESS;
}

static const ULONG older_sizes[] = { 64, 72 };

/* Makes an enabler for a bus-master device. System DMA (profiles System, SystemDuplex) is refused: STATUS_NOT_SUPPORTED.
 * PASSIVE_LEVEL. STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_REQUEST without a PDO,
 * STATUS_INSUFFICIENT_RESOURCES and errors of wdf_object_create. docs: wdfdmaenabler/nf-wdfdmaenabler-wdfdmaenablercreate */
NTSTATUS NTAPI WdfDmaEnablerCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DMA_ENABLER_CONFIG Config,
                                   PWDF_OBJECT_ATTRIBUTES Attributes, WDFDMAENABLER *DmaEnablerHandle)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_create create = { .type = &wdf_dma_enabler_type, .client = wdf_client_of(DriverGlobals), .attributes = Attributes,
                                 .parent = &device->object, .caller = caller };
    struct wdf_dma_enabler *e;

    wdf_need(Config, caller);
    wdf_need(DmaEnablerHandle, caller);
    *DmaEnablerHandle = NULL;
    if (!wdf_size_known(Config->Size, sizeof *Config, older_sizes, countof(older_sizes)))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Config->Profile == WdfDmaProfileSystem || Config->Profile == WdfDmaProfileSystemDuplex)
        return STATUS_NOT_SUPPORTED;
    if (Config->Profile <= WdfDmaProfileInvalid || Config->Profile > WdfDmaProfileSystemDuplex || !Config->MaximumLength)
        return STATUS_INVALID_PARAMETER;
    if (!device->pdo)
        return STATUS_INVALID_DEVICE_REQUEST;
    NTSTATUS status = wdf_object_create(&create, &e);
    if (!NT_SUCCESS(status))
        return status;
    memcpy(&e->config, Config, Config->Size);
    e->device = device;
    list_push_back(&device->dma_enablers, &e->node);
    status = get_adapter(e);
    if (!NT_SUCCESS(status)) {
        wdf_object_discard(e);
        return status;
    }
    *DmaEnablerHandle = (WDFDMAENABLER)e;
    return STATUS_SUCCESS;
}

/* <= DISPATCH_LEVEL. docs: wdfdmaenabler/nf-wdfdmaenabler-wdfdmaenablergetmaximumlength */
size_t NTAPI WdfDmaEnablerGetMaximumLength(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER DmaEnabler)
{
    return wdf_dma_enabler_check(DmaEnabler, WDF_CALLER())->config.MaximumLength;
}

/* <= DISPATCH_LEVEL. docs: wdfdmaenabler/nf-wdfdmaenabler-wdfdmaenablergetmaximumscattergatherelements */
size_t NTAPI WdfDmaEnablerGetMaximumScatterGatherElements(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER DmaEnabler)
{
    return wdf_dma_enabler_check(DmaEnabler, WDF_CALLER())->elements;
}

/* <= DISPATCH_LEVEL. docs: wdfdmaenabler/nf-wdfdmaenabler-wdfdmaenablersetmaximumscattergatherelements */
VOID NTAPI WdfDmaEnablerSetMaximumScatterGatherElements(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER DmaEnabler,
                                                        size_t MaximumFragments)
{
    struct wdf_dma_enabler *e = wdf_dma_enabler_check(DmaEnabler, WDF_CALLER());

    if (MaximumFragments)
        e->elements = MaximumFragments;
}

/* The bytes that one transfer can have. <= DISPATCH_LEVEL. docs: wdfdmaenabler/nf-wdfdmaenabler-wdfdmaenablergetfragmentlength */
size_t NTAPI WdfDmaEnablerGetFragmentLength(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER DmaEnabler,
                                            WDF_DMA_DIRECTION DmaDirection)
{
    return wdf_dma_enabler_check(DmaEnabler, WDF_CALLER())->fragment;
}

/* <= DISPATCH_LEVEL. docs: wdfdmaenabler/nf-wdfdmaenabler-wdfdmaenablerwdmgetdmaadapter */
PDMA_ADAPTER NTAPI WdfDmaEnablerWdmGetDmaAdapter(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER DmaEnabler,
                                                 WDF_DMA_DIRECTION DmaDirection)
{
    return wdf_dma_enabler_check(DmaEnabler, WDF_CALLER())->adapter;
}

/* --- common buffers ------------------------------------------------------------------------------------------------------------ */

struct common_buffer {
    struct wdf_object object;
    struct wdf_dma_enabler *enabler;
    size_t length, whole;
    void *address, *aligned;
    PHYSICAL_ADDRESS logical, aligned_logical;
};

static void buffer_destroyed(struct wdf_object *object)
{
    struct common_buffer *buffer = container_of(object, struct common_buffer, object);
    PDMA_ADAPTER adapter = buffer->enabler->adapter;

    if (buffer->address)
        adapter->DmaOperations->FreeCommonBuffer(adapter, (ULONG)buffer->whole, buffer->logical, buffer->address, TRUE);
    wdf_dereference(buffer->enabler);
}

const struct wdf_type wdf_common_buffer_type = { .name = "WDFCOMMONBUFFER", .size = sizeof(struct common_buffer), .passive = true,
                                                 .destroyed = buffer_destroyed };

static NTSTATUS make_buffer(PWDF_DRIVER_GLOBALS globals, WDFDMAENABLER handle, size_t length, ULONG alignment,
                            PWDF_OBJECT_ATTRIBUTES attributes, const void *caller, WDFCOMMONBUFFER *result)
{
    struct wdf_dma_enabler *e = wdf_dma_enabler_check(handle, caller);
    struct wdf_create create = { .type = &wdf_common_buffer_type, .client = wdf_client_of(globals), .attributes = attributes,
                                 .parent = &e->object, .caller = caller };
    struct common_buffer *buffer;

    wdf_need(result, caller);
    *result = NULL;
    if (!length || length > MAXULONG - alignment || (alignment & (alignment + 1)))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_object_create(&create, &buffer);
    if (!NT_SUCCESS(status))
        return status;
    buffer->enabler = e;
    wdf_reference(e);
    buffer->length = length;
    buffer->whole = length + (alignment >= PAGE_SIZE ? alignment : 0);
    buffer->address = e->adapter->DmaOperations->AllocateCommonBuffer(e->adapter, (ULONG)buffer->whole, &buffer->logical, TRUE);
    if (!buffer->address) {
        wdf_object_discard(buffer);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ULONG64 shift = ((ULONG64)buffer->logical.QuadPart + alignment) / (alignment + 1ull) * (alignment + 1ull) -
                    (ULONG64)buffer->logical.QuadPart;
    buffer->aligned = (char *)buffer->address + shift;
    buffer->aligned_logical.QuadPart = buffer->logical.QuadPart + (LONGLONG)shift;
    *result = (WDFCOMMONBUFFER)buffer;
    return STATUS_SUCCESS;
}

/* Memory that device and driver share, Length bytes, aligned as the device wants it. Below the enabler. PASSIVE_LEVEL.
 * STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES, errors of wdf_object_create.
 * docs: wdfcommonbuffer/nf-wdfcommonbuffer-wdfcommonbuffercreate */
NTSTATUS NTAPI WdfCommonBufferCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER DmaEnabler, size_t Length,
                                     PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOMMONBUFFER *CommonBuffer)
{
    const void *caller = WDF_CALLER();
    struct wdf_dma_enabler *e = wdf_dma_enabler_check(DmaEnabler, caller);

    return make_buffer(DriverGlobals, DmaEnabler, Length, e->device->wdm->AlignmentRequirement, Attributes, caller, CommonBuffer);
}

/* The same with an alignment of one's own: a FILE_xxx_ALIGNMENT value, or any power of two less one.
 * docs: wdfcommonbuffer/nf-wdfcommonbuffer-wdfcommonbuffercreatewithconfig */
NTSTATUS NTAPI WdfCommonBufferCreateWithConfig(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER DmaEnabler, size_t Length,
                                               PWDF_COMMON_BUFFER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
                                               WDFCOMMONBUFFER *CommonBuffer)
{
    const void *caller = WDF_CALLER();

    wdf_need(Config, caller);
    if (Config->Size != sizeof *Config)
        return STATUS_INFO_LENGTH_MISMATCH;
    return make_buffer(DriverGlobals, DmaEnabler, Length, Config->AlignmentRequirement, Attributes, caller, CommonBuffer);
}

static struct common_buffer *buffer_check(WDFCOMMONBUFFER handle, const void *caller)
{
    return wdf_check(handle, &wdf_common_buffer_type, caller);
}

/* <= DISPATCH_LEVEL. docs: wdfcommonbuffer/nf-wdfcommonbuffer-wdfcommonbuffergetalignedvirtualaddress */
PVOID NTAPI WdfCommonBufferGetAlignedVirtualAddress(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOMMONBUFFER CommonBuffer)
{
    return buffer_check(CommonBuffer, WDF_CALLER())->aligned;
}

/* <= DISPATCH_LEVEL. docs: wdfcommonbuffer/nf-wdfcommonbuffer-wdfcommonbuffergetalignedlogicaladdress */
PHYSICAL_ADDRESS NTAPI WdfCommonBufferGetAlignedLogicalAddress(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOMMONBUFFER CommonBuffer)
{
    return buffer_check(CommonBuffer, WDF_CALLER())->aligned_logical;
}

/* <= DISPATCH_LEVEL. docs: wdfcommonbuffer/nf-wdfcommonbuffer-wdfcommonbuffergetlength */
size_t NTAPI WdfCommonBufferGetLength(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOMMONBUFFER CommonBuffer)
{
    return buffer_check(CommonBuffer, WDF_CALLER())->length;
}
