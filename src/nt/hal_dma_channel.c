/* Adapter channels and map registers: packet-based transfers.
 *
 * A map register base holds one contiguous bounce buffer when the adapter needs one (no scatter/gather, or addresses
 * out of its reach). MapTransfer notes what it put there; FlushAdapterBuffers brings it back. */
#include "nt/hal_dma.h"

#define MAX_SEGMENTS 64

struct map_base {
    struct dma_adapter *adapter;
    ULONG count;
    struct bounce bounce;
    size_t used;                        /* bytes of the bounce buffer */
    unsigned segments;
    struct {
        struct dma_cursor at;
        ULONG length;
        size_t offset;
    } segment[MAX_SEGMENTS];
};

static void free_base(struct map_base *base)
{
    base->adapter->used_registers -= base->count;
    dma_stats.map_registers -= base->count;
    dma_bounce_put(&base->bounce);
    pool_free(base, HAL_TAG, NULL);
}

static struct map_base *allocate_base(struct dma_adapter *a, ULONG count)
{
    struct map_base *base = pool_alloc(NonPagedPoolNx, sizeof(*base), HAL_TAG, NULL);

    if (base == NULL)
        return NULL;
    memset(base, 0, sizeof(*base));
    base->adapter = a;
    base->count = count;
    a->used_registers += count;
    dma_stats.map_registers += count;
    return base;
}

static NTSTATUS allocate_channel(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, ULONG count, PDRIVER_CONTROL routine,
                                 PVOID context, PVOID *wanted)
{
    struct dma_adapter *a = dma_adapter_of(adapter);
    struct map_base *base;
    IO_ALLOCATION_ACTION action = DeallocateObjectKeepRegisters;

    if (count > a->map_registers)
        return STATUS_INSUFFICIENT_RESOURCES;
    base = allocate_base(a, count);
    if (base == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (wanted != NULL)
        *wanted = base;
    if (routine != NULL)
        action = routine(device, device->CurrentIrp, base, context);
    if (action == DeallocateObject)
        free_base(base);
    return STATUS_SUCCESS;
}

/* The routine runs at once. Map registers are never scarce, so nothing queues. DISPATCH_LEVEL.
 * docs: wdm/nc-wdm-pallocate_adapter_channel */
static NTSTATUS NTAPI allocate_adapter_channel(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, ULONG count,
                                               PDRIVER_CONTROL routine, PVOID context)
{
    DMA_REQUIRE(ke_irql() == DISPATCH_LEVEL, "AllocateAdapterChannel at another IRQL than DISPATCH_LEVEL");
    return allocate_channel(adapter, device, count, routine, context, NULL);
}

/* docs: wdm/nc-wdm-pallocate_adapter_channel_ex */
static NTSTATUS NTAPI allocate_adapter_channel_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PVOID transfer,
                                                  ULONG count, ULONG flags, PDRIVER_CONTROL routine, PVOID context,
                                                  PVOID *base)
{
    (void)transfer;
    if (routine == NULL && (!(flags & DMA_SYNCHRONOUS_CALLBACK) || base == NULL))
        return STATUS_INVALID_PARAMETER;
    return allocate_channel(adapter, device, count, routine, context,
                            (flags & DMA_SYNCHRONOUS_CALLBACK) ? base : NULL);
}

/* A bus master has no channel to give back. docs: wdm/nc-wdm-pfree_adapter_channel */
static VOID NTAPI free_adapter_channel(PDMA_ADAPTER adapter)
{
    (void)adapter;
}

static VOID NTAPI free_map_registers(PDMA_ADAPTER adapter, PVOID base, ULONG count)
{
    (void)count;
    DMA_REQUIRE(ke_irql() == DISPATCH_LEVEL, "FreeMapRegisters at another IRQL than DISPATCH_LEVEL");
    if (base != NULL)
        free_base(base);
}

static VOID NTAPI free_adapter_object(PDMA_ADAPTER adapter, IO_ALLOCATION_ACTION action)
{
    (void)adapter;
    (void)action;
}

/* Puts a piece into the bounce buffer and gives the address there; 0 when it does not fit. */
static uint64_t map_bounced(struct map_base *base, struct dma_cursor c, ULONG length, bool to_device)
{
    size_t room = (size_t)base->count * RAM_PAGE;
    size_t offset = base->used;

    if (base->bounce.va == NULL && !dma_bounce_get(base->adapter, &base->bounce, room))
        return 0;
    if (base->segments == MAX_SEGMENTS || length > room - offset)
        return 0;
    base->segment[base->segments].at = c;
    base->segment[base->segments].length = length;
    base->segment[base->segments++].offset = offset;
    base->used += length;
    if (to_device)
        dma_copy(c, (char *)base->bounce.va + offset, length, true);
    return base->bounce.pa + offset;
}

/* The next physically contiguous piece of at most `length` bytes, as the device sees it. */
static struct dma_run map_piece(struct dma_adapter *a, struct map_base *base, struct dma_cursor *c, ULONG length,
                                bool to_device)
{
    struct dma_cursor start = *c;
    struct dma_run run = { 0, 0 };

    if (!dma_next_run(c, length, &run))
        return run;
    if (base == NULL || (run.pa + run.length - 1 <= a->highest && (a->scatter_gather || run.length == length)))
        return run;
    if (!a->scatter_gather)
        run.length = length;
    run.pa = map_bounced(base, start, run.length, to_device);
    if (run.pa == 0)
        run.length = 0;
    dma_cursor_at_offset(c, start.mdl, (uint64_t)start.offset + run.length);
    return run;
}

/* docs: wdm/nc-wdm-pmap_transfer */
static PHYSICAL_ADDRESS NTAPI map_transfer(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va, PULONG length,
                                           BOOLEAN to_device)
{
    PHYSICAL_ADDRESS address = { .QuadPart = 0 };
    struct dma_cursor c;
    struct dma_run run;

    if (!dma_cursor_at(&c, mdl, va)) {
        *length = 0;
        return address;
    }
    run = map_piece(dma_adapter_of(adapter), base, &c, *length, to_device);
    *length = run.length;
    address.QuadPart = (LONGLONG)run.pa;
    return address;
}

/* docs: wdm/nc-wdm-pmap_transfer_ex */
static NTSTATUS NTAPI map_transfer_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, ULONGLONG offset, ULONG device_offset,
                                      PULONG length, BOOLEAN to_device, PSCATTER_GATHER_LIST list, ULONG size,
                                      PDMA_COMPLETION_ROUTINE completion, PVOID context)
{
    ULONG room = size < sizeof(*list) ? 0 : (ULONG)((size - sizeof(*list)) / sizeof(SCATTER_GATHER_ELEMENT));
    struct dma_cursor c;
    ULONG done = 0;

    (void)device_offset;
    (void)completion;
    (void)context;
    if (list == NULL || room == 0)
        return STATUS_BUFFER_TOO_SMALL;
    if (!dma_cursor_at_offset(&c, mdl, offset))
        return STATUS_INVALID_PARAMETER;
    list->NumberOfElements = 0;
    list->Reserved = 0;
    while (done < *length && list->NumberOfElements < room) {
        struct dma_run run = map_piece(dma_adapter_of(adapter), base, &c, *length - done, to_device);

        if (run.length == 0)
            break;
        list->Elements[list->NumberOfElements++] =
            (SCATTER_GATHER_ELEMENT){ .Address.QuadPart = (LONGLONG)run.pa, .Length = run.length };
        done += run.length;
    }
    *length = done;
    return done != 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static void flush(struct map_base *base, bool to_device)
{
    if (base == NULL)
        return;
    for (unsigned i = 0; i < base->segments && !to_device; i++)
        dma_copy(base->segment[i].at, (char *)base->bounce.va + base->segment[i].offset, base->segment[i].length, false);
    base->segments = 0;
    base->used = 0;
}

/* docs: wdm/nc-wdm-pflush_adapter_buffers */
static BOOLEAN NTAPI flush_buffers(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va, ULONG length, BOOLEAN to_device)
{
    (void)adapter;
    (void)mdl;
    (void)va;
    (void)length;
    flush(base, to_device);
    return TRUE;
}

/* docs: wdm/nc-wdm-pflush_adapter_buffers_ex */
static NTSTATUS NTAPI flush_buffers_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, ULONGLONG offset, ULONG length,
                                       BOOLEAN to_device)
{
    (void)adapter;
    (void)mdl;
    (void)offset;
    (void)length;
    flush(base, to_device);
    return STATUS_SUCCESS;
}

/* docs: wdm/nc-wdm-pinitialize_dma_transfer_context */
static NTSTATUS NTAPI initialize_context(PDMA_ADAPTER adapter, PVOID context)
{
    (void)adapter;
    memset(context, 0, DMA_TRANSFER_CONTEXT_SIZE_V1);
    return STATUS_SUCCESS;
}

/* Only system DMA controllers can be configured. */
static NTSTATUS NTAPI configure_channel(PDMA_ADAPTER adapter, ULONG function, PVOID context)
{
    (void)adapter;
    (void)function;
    (void)context;
    return STATUS_NOT_IMPLEMENTED;
}

/* Nothing ever waits for map registers. */
static BOOLEAN NTAPI cancel_channel(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PVOID transfer)
{
    (void)adapter;
    (void)device;
    (void)transfer;
    return FALSE;
}

static NTSTATUS NTAPI cancel_transfer(PDMA_ADAPTER adapter, PVOID transfer)
{
    (void)adapter;
    (void)transfer;
    return STATUS_NOT_IMPLEMENTED;
}

void dma_fill_channel(PDMA_OPERATIONS o)
{
    o->AllocateAdapterChannel = allocate_adapter_channel;
    o->AllocateAdapterChannelEx = allocate_adapter_channel_ex;
    o->FreeAdapterChannel = free_adapter_channel;
    o->FreeAdapterObject = free_adapter_object;
    o->FreeMapRegisters = free_map_registers;
    o->MapTransfer = map_transfer;
    o->MapTransferEx = map_transfer_ex;
    o->FlushAdapterBuffers = flush_buffers;
    o->FlushAdapterBuffersEx = flush_buffers_ex;
    o->InitializeDmaTransferContext = initialize_context;
    o->ConfigureAdapterChannel = configure_channel;
    o->CancelAdapterChannel = cancel_channel;
    o->CancelMappedTransfer = cancel_transfer;
}
