/* DMA adapters: what a bus master may address, and the walk over an MDL's physical memory. */
#include "nt/hal_dma.h"

static struct list adapters = LIST_INIT(adapters);
struct hal_dma_stats dma_stats;
DMA_OPERATIONS dma_operations;

struct dma_adapter *dma_adapter_of(PDMA_ADAPTER adapter)
{
    return (struct dma_adapter *)(void *)adapter;
}

static unsigned address_width(const DEVICE_DESCRIPTION *d)
{
    if (d->Version >= DEVICE_DESCRIPTION_VERSION3 && d->DmaAddressWidth != 0)
        return d->DmaAddressWidth > 64 ? 64 : d->DmaAddressWidth;
    if (d->Dma64BitAddresses)
        return 64;
    return d->Dma32BitAddresses ? 32 : 24;
}

static VOID NTAPI put_adapter(PDMA_ADAPTER adapter)
{
    struct dma_adapter *a = dma_adapter_of(adapter);

    if (a->lists != 0 || a->used_registers != 0 || !list_empty(&a->buffers))
        NT_EMIT(NT_EVENT_MISUSE, "PutDmaAdapter while common buffers, map registers or scatter/gather lists are in use",
                adapter, a->lists, PE_CALLER());
    dma_free_buffers(a);
    list_remove(&a->node);
    dma_stats.adapters--;
    pool_free(a, HAL_TAG, NULL);
}

static ULONG NTAPI get_alignment(PDMA_ADAPTER adapter)
{
    (void)adapter;
    return 1;
}

/* Bus masters have no system DMA counter. */
static ULONG NTAPI read_counter(PDMA_ADAPTER adapter)
{
    (void)adapter;
    return 0;
}

static NTSTATUS NTAPI get_info(PDMA_ADAPTER adapter, PDMA_ADAPTER_INFO info)
{
    struct dma_adapter *a = dma_adapter_of(adapter);

    if (info->Version != DMA_ADAPTER_INFO_VERSION1)
        return STATUS_NOT_SUPPORTED;
    info->V1 = (DMA_ADAPTER_INFO_V1){
        .ReadDmaCounterAvailable = 0,
        .ScatterGatherLimit = a->scatter_gather ? a->map_registers : 1,
        .DmaAddressWidth = a->width,
        .Flags = ADAPTER_INFO_SYNCHRONOUS_CALLBACK,
        .MinimumTransferUnit = 1,
    };
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI flush_dma_buffer(PDMA_ADAPTER adapter, PMDL mdl, BOOLEAN read)
{
    (void)adapter;
    (void)mdl;
    (void)read;
    return STATUS_SUCCESS;              /* memory is coherent with devices */
}

/* There is no IOMMU: domains are refused. */
static NTSTATUS NTAPI allocate_domain_buffer(PDMA_ADAPTER adapter, HANDLE domain, PPHYSICAL_ADDRESS maximum,
                                             ULONG length, ULONG flags, MEMORY_CACHING_TYPE *cache,
                                             NODE_REQUIREMENT node, PPHYSICAL_ADDRESS logical, PVOID *va)
{
    return STATUS_NOT_SUPPORTED;
}

static NTSTATUS NTAPI join_domain(PDMA_ADAPTER adapter, HANDLE domain)
{
    return STATUS_NOT_SUPPORTED;
}

static NTSTATUS NTAPI leave_domain(PDMA_ADAPTER adapter)
{
    return STATUS_NOT_SUPPORTED;
}

static HANDLE NTAPI get_domain(PDMA_ADAPTER adapter)
{
    return NULL;
}

static NTSTATUS NTAPI buffer_from_mdl(PDMA_ADAPTER adapter, PMDL mdl, PVOID configs, ULONG count,
                                      PPHYSICAL_ADDRESS logical)
{
    return STATUS_NOT_SUPPORTED;
}

static void fill_operations(void)
{
    if (dma_operations.Size != 0)
        return;
    dma_operations.Size = sizeof(dma_operations);
    dma_operations.PutDmaAdapter = put_adapter;
    dma_operations.GetDmaAlignment = get_alignment;
    dma_operations.ReadDmaCounter = read_counter;
    dma_operations.GetDmaAdapterInfo = get_info;
    dma_operations.FlushDmaBuffer = flush_dma_buffer;
    dma_operations.AllocateDomainCommonBuffer = allocate_domain_buffer;
    dma_operations.JoinDmaDomain = join_domain;
    dma_operations.LeaveDmaDomain = leave_domain;
    dma_operations.GetDmaDomain = get_domain;
    dma_operations.CreateCommonBufferFromMdl = buffer_from_mdl;
    dma_fill_buffers(&dma_operations);
    dma_fill_lists(&dma_operations);
    dma_fill_channel(&dma_operations);
}

/* A bus master's adapter object; the caller ends it with DmaOperations->PutDmaAdapter. *NumberOfMapRegisters: the
 * most that one transfer can use. NULL for what is not a bus master (system DMA channels do not exist) and for want of
 * memory. PASSIVE_LEVEL. docs: wdm/nf-wdm-iogetdmaadapter */
PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject, PDEVICE_DESCRIPTION DeviceDescription,
                                   PULONG NumberOfMapRegisters)
{
    const DEVICE_DESCRIPTION *d = DeviceDescription;
    struct dma_adapter *a;

    if (d->Version > DEVICE_DESCRIPTION_VERSION3 || !d->Master) {
        log_warn("hal", "IoGetDmaAdapter for a device that is not a bus master: there is no system DMA controller");
        return NULL;
    }
    a = pool_alloc(NonPagedPoolNx, sizeof(*a), HAL_TAG, NULL);
    if (a == NULL)
        return NULL;
    memset(a, 0, sizeof(*a));
    fill_operations();
    a->guest.Version = d->Version >= DEVICE_DESCRIPTION_VERSION3 ? 3 : 1;
    a->guest.Size = sizeof(a->guest);
    a->guest.DmaOperations = &dma_operations;
    a->pdo = PhysicalDeviceObject;
    a->version = d->Version;
    a->scatter_gather = d->ScatterGather;
    a->width = address_width(d);
    a->highest = a->width == 64 ? UINT64_MAX : (1ull << a->width) - 1;
    a->maximum_length = d->MaximumLength;
    a->map_registers = d->MaximumLength == 0 ? 1 : (ULONG)(((uint64_t)d->MaximumLength + RAM_PAGE - 1) / RAM_PAGE + 1);
    list_init(&a->buffers);
    list_push_back(&adapters, &a->node);
    dma_stats.adapters++;
    *NumberOfMapRegisters = a->map_registers;
    return &a->guest;
}

void hal_dma_get_stats(struct hal_dma_stats *stats)
{
    *stats = dma_stats;
}

void hal_dma_start(void)
{
    list_init(&adapters);
    memset(&dma_stats, 0, sizeof(dma_stats));
}

void hal_dma_stop(void)
{
    list_each_safe(it, &adapters) {
        struct dma_adapter *a = container_of(it, struct dma_adapter, node);

        log_warn("hal", "a DMA adapter was never put back (%u lists, %u map registers in use)", a->lists,
                 a->used_registers);
        dma_free_buffers(a);
        list_remove(&a->node);
        pool_free(a, HAL_TAG, NULL);
    }
    memset(&dma_stats, 0, sizeof(dma_stats));
}

/* ---- the walk ---- */

bool dma_cursor_at(struct dma_cursor *c, PMDL mdl, PVOID va)
{
    ULONG_PTR start = (ULONG_PTR)MmGetMdlVirtualAddress(mdl), at = (ULONG_PTR)va;

    if (at < start || at - start >= mdl->ByteCount)
        return false;
    *c = (struct dma_cursor){ mdl, (ULONG)(at - start) };
    return true;
}

bool dma_cursor_at_offset(struct dma_cursor *c, PMDL mdl, uint64_t offset)
{
    while (mdl != NULL && offset >= mdl->ByteCount) {
        offset -= mdl->ByteCount;
        mdl = mdl->Next;
    }
    *c = (struct dma_cursor){ mdl, (ULONG)offset };
    return mdl != NULL;
}

/* The piece up to the end of its page, or of its MDL. */
static bool next_piece(struct dma_cursor *c, ULONG left, struct dma_run *run)
{
    ULONG at, in_page;

    while (c->mdl != NULL && c->offset >= c->mdl->ByteCount)
        *c = (struct dma_cursor){ c->mdl->Next, 0 };
    if (c->mdl == NULL || left == 0)
        return false;
    at = c->mdl->ByteOffset + c->offset;
    in_page = at % RAM_PAGE;
    run->pa = ((uint64_t)MmGetMdlPfnArray(c->mdl)[at / RAM_PAGE] << 12) + in_page;
    run->length = RAM_PAGE - in_page;
    if (run->length > c->mdl->ByteCount - c->offset)
        run->length = c->mdl->ByteCount - c->offset;
    if (run->length > left)
        run->length = left;
    c->offset += run->length;
    return true;
}

bool dma_next_run(struct dma_cursor *c, ULONG left, struct dma_run *run)
{
    struct dma_cursor ahead;
    struct dma_run more;

    if (!next_piece(c, left, run))
        return false;
    for (ahead = *c; next_piece(&ahead, left - run->length, &more) && more.pa == run->pa + run->length; *c = ahead)
        run->length += more.length;
    return true;
}

bool dma_reachable(const struct dma_adapter *a, struct dma_cursor c, ULONG length, ULONG *runs)
{
    struct dma_run run;
    bool reachable = true;

    *runs = 0;
    for (ULONG done = 0; done < length && dma_next_run(&c, length - done, &run); done += run.length) {
        if (run.pa + run.length - 1 > a->highest)
            reachable = false;
        ++*runs;
    }
    return reachable;
}

bool dma_bounce_get(const struct dma_adapter *a, struct bounce *b, size_t size)
{
    b->pages = (size + RAM_PAGE - 1) / RAM_PAGE;
    b->va = ram_alloc_limits(b->pages, 0, a->highest, RAM_PAGE, 0);
    b->pa = b->va != NULL ? ram_pa(b->va) : 0;
    return b->va != NULL;
}

void dma_bounce_put(struct bounce *b)
{
    if (b->va != NULL)
        ram_free(b->va, b->pages);
    b->va = NULL;
}

void dma_copy(struct dma_cursor c, void *flat, ULONG length, bool to_flat)
{
    struct dma_run run;
    char *at = flat;

    for (ULONG done = 0; done < length && dma_next_run(&c, length - done, &run); done += run.length) {
        void *memory = ram_va(run.pa, run.length);

        if (memory != NULL)
            memcpy(to_flat ? at + done : memory, to_flat ? memory : at + done, run.length);
    }
    dma_stats.bounced_bytes += length;
}
