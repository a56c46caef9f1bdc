/* Scatter/gather lists.
 *
 * A list is [SCATTER_GATHER_LIST][elements][struct list_state]; SCATTER_GATHER_LIST.Reserved points at the state. The
 * elements name the MDL's own memory; only what the device cannot address goes through a bounce buffer, as one. */
#include "nt/hal_dma.h"

struct list_state {
    struct dma_cursor start;
    ULONG length;
    struct bounce bounce;
    bool from_pool;
};

static ULONG list_size(ULONG elements)
{
    return (ULONG)(sizeof(SCATTER_GATHER_LIST) + elements * sizeof(SCATTER_GATHER_ELEMENT) + sizeof(struct list_state));
}

static void fill_elements(PSCATTER_GATHER_LIST list, struct dma_cursor c, ULONG length)
{
    struct dma_run run;

    for (ULONG done = 0; done < length && dma_next_run(&c, length - done, &run); done += run.length) {
        PSCATTER_GATHER_ELEMENT e = &list->Elements[list->NumberOfElements++];

        e->Address.QuadPart = (LONGLONG)run.pa;
        e->Length = run.length;
        e->Reserved = 0;
    }
}

/* In `buffer` of `size` bytes, or (NULL) in pool memory. */
static NTSTATUS build(struct dma_adapter *a, struct dma_cursor c, ULONG length, bool to_device, void *buffer, ULONG size,
                      PSCATTER_GATHER_LIST *result)
{
    PSCATTER_GATHER_LIST list = buffer;
    struct list_state *state;
    ULONG runs, needed;
    bool direct = dma_reachable(a, c, length, &runs);

    if (runs > 1 && !a->scatter_gather)
        direct = false;
    if (!direct)
        runs = 1;
    needed = list_size(runs);
    if (buffer == NULL)
        list = pool_alloc(NonPagedPoolNx, needed, HAL_TAG, NULL);
    else if (size < needed)
        return STATUS_BUFFER_TOO_SMALL;
    if (list == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    state = (struct list_state *)(void *)&list->Elements[runs];
    *state = (struct list_state){ .start = c, .length = length, .from_pool = buffer == NULL };
    if (!direct && !dma_bounce_get(a, &state->bounce, length)) {
        if (buffer == NULL)
            pool_free(list, HAL_TAG, NULL);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    list->NumberOfElements = 0;
    list->Reserved = (ULONG_PTR)state;
    if (direct) {
        fill_elements(list, c, length);
    } else {
        if (to_device)
            dma_copy(c, state->bounce.va, length, true);
        list->Elements[0].Address.QuadPart = (LONGLONG)state->bounce.pa;
        list->Elements[0].Length = length;
        list->Elements[0].Reserved = 0;
        list->NumberOfElements = 1;
    }
    a->lists++;
    dma_stats.lists++;
    *result = list;
    return STATUS_SUCCESS;
}

static VOID NTAPI put_list(PDMA_ADAPTER adapter, PSCATTER_GATHER_LIST list, BOOLEAN to_device)
{
    struct list_state *state = (struct list_state *)list->Reserved;

    DMA_REQUIRE(ke_irql() == DISPATCH_LEVEL, "PutScatterGatherList at another IRQL than DISPATCH_LEVEL");
    if (state->bounce.va != NULL && !to_device)
        dma_copy(state->start, state->bounce.va, state->length, false);
    dma_bounce_put(&state->bounce);
    dma_adapter_of(adapter)->lists--;
    if (state->from_pool)
        pool_free(list, HAL_TAG, NULL);
}

static NTSTATUS build_and_call(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, struct dma_cursor c, ULONG length,
                               PDRIVER_LIST_CONTROL routine, PVOID context, BOOLEAN to_device, PVOID buffer, ULONG size,
                               PSCATTER_GATHER_LIST *wanted)
{
    PSCATTER_GATHER_LIST list;
    NTSTATUS status = build(dma_adapter_of(adapter), c, length, to_device, buffer, size, &list);

    if (!NT_SUCCESS(status))
        return status;
    if (wanted != NULL)
        *wanted = list;
    if (routine != NULL)
        routine(device, device != NULL ? device->CurrentIrp : NULL, list, context);
    return STATUS_SUCCESS;
}

/* The routine gets the list at once, at DISPATCH_LEVEL, before this returns. STATUS_BUFFER_TOO_SMALL when the MDL is
 * shorter than Length. docs: wdm/nc-wdm-pget_scatter_gather_list */
static NTSTATUS NTAPI get_list(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl, PVOID va, ULONG length,
                               PDRIVER_LIST_CONTROL routine, PVOID context, BOOLEAN to_device)
{
    struct dma_cursor c;

    DMA_REQUIRE(ke_irql() == DISPATCH_LEVEL, "GetScatterGatherList at another IRQL than DISPATCH_LEVEL");
    if (!dma_cursor_at(&c, mdl, va))
        return STATUS_INVALID_PARAMETER;
    return build_and_call(adapter, device, c, length, routine, context, to_device, NULL, 0, NULL);
}

/* docs: wdm/nc-wdm-pbuild_scatter_gather_list */
static NTSTATUS NTAPI build_list(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl, PVOID va, ULONG length,
                                 PDRIVER_LIST_CONTROL routine, PVOID context, BOOLEAN to_device, PVOID buffer,
                                 ULONG size)
{
    struct dma_cursor c;

    DMA_REQUIRE(ke_irql() == DISPATCH_LEVEL, "BuildScatterGatherList at another IRQL than DISPATCH_LEVEL");
    if (!dma_cursor_at(&c, mdl, va))
        return STATUS_INVALID_PARAMETER;
    return build_and_call(adapter, device, c, length, routine, context, to_device, buffer, size, NULL);
}

/* docs: wdm/nc-wdm-pget_scatter_gather_list_ex */
static NTSTATUS NTAPI get_list_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PVOID transfer, PMDL mdl,
                                  ULONGLONG offset, ULONG length, ULONG flags, PDRIVER_LIST_CONTROL routine,
                                  PVOID context, BOOLEAN to_device, PDMA_COMPLETION_ROUTINE completion,
                                  PVOID completion_context, PSCATTER_GATHER_LIST *list)
{
    struct dma_cursor c;

    (void)transfer;
    (void)completion;
    (void)completion_context;
    if (routine == NULL && (!(flags & DMA_SYNCHRONOUS_CALLBACK) || list == NULL))
        return STATUS_INVALID_PARAMETER;
    if (!dma_cursor_at_offset(&c, mdl, offset))
        return STATUS_INVALID_PARAMETER;
    return build_and_call(adapter, device, c, length, routine, context, to_device, NULL, 0,
                          (flags & DMA_SYNCHRONOUS_CALLBACK) ? list : NULL);
}

/* docs: wdm/nc-wdm-pbuild_scatter_gather_list_ex */
static NTSTATUS NTAPI build_list_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PVOID transfer, PMDL mdl,
                                    ULONGLONG offset, ULONG length, ULONG flags, PDRIVER_LIST_CONTROL routine,
                                    PVOID context, BOOLEAN to_device, PVOID buffer, ULONG size,
                                    PDMA_COMPLETION_ROUTINE completion, PVOID completion_context, PVOID list)
{
    struct dma_cursor c;

    (void)transfer;
    (void)completion;
    (void)completion_context;
    if (routine == NULL && (!(flags & DMA_SYNCHRONOUS_CALLBACK) || list == NULL))
        return STATUS_INVALID_PARAMETER;
    if (!dma_cursor_at_offset(&c, mdl, offset))
        return STATUS_INVALID_PARAMETER;
    return build_and_call(adapter, device, c, length, routine, context, to_device, buffer, size,
                          (flags & DMA_SYNCHRONOUS_CALLBACK) ? list : NULL);
}

static ULONG pages_of(PMDL mdl, PVOID va, ULONG length)
{
    ULONG pages = 0;

    if (mdl == NULL)
        return ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, length);
    for (PMDL m = mdl; m != NULL && length != 0; m = m->Next) {
        ULONG skip = m == mdl && va != NULL ? (ULONG)((char *)va - (char *)MmGetMdlVirtualAddress(m)) : 0;
        ULONG here = m->ByteCount - skip < length ? m->ByteCount - skip : length;

        pages += ADDRESS_AND_SIZE_TO_SPAN_PAGES((char *)MmGetMdlVirtualAddress(m) + skip, here);
        length -= here;
    }
    return pages;
}

/* docs: wdm/nc-wdm-pcalculate_scatter_gather_list_size */
static NTSTATUS NTAPI calculate(PDMA_ADAPTER adapter, PMDL mdl, PVOID va, ULONG length, PULONG size, PULONG registers)
{
    ULONG pages = pages_of(mdl, va, length);

    (void)adapter;
    *size = list_size(pages);
    if (registers != NULL)
        *registers = pages;
    return STATUS_SUCCESS;
}

/* docs: wdm/nc-wdm-pget_dma_transfer_info */
static NTSTATUS NTAPI transfer_info(PDMA_ADAPTER adapter, PMDL mdl, ULONGLONG offset, ULONG length, BOOLEAN write,
                                    PDMA_TRANSFER_INFO info)
{
    struct dma_cursor c;
    ULONG pages;

    (void)adapter;
    (void)write;
    if (info->Version != DMA_TRANSFER_INFO_VERSION1 && info->Version != DMA_TRANSFER_INFO_VERSION2)
        return STATUS_NOT_SUPPORTED;
    if (!dma_cursor_at_offset(&c, mdl, offset))
        return STATUS_INVALID_PARAMETER;
    pages = pages_of(c.mdl, (char *)MmGetMdlVirtualAddress(c.mdl) + c.offset, length);
    info->V1 = (DMA_TRANSFER_INFO_V1){ pages, pages, list_size(pages) };
    if (info->Version == DMA_TRANSFER_INFO_VERSION2)
        info->V2.LogicalPageCount = pages;
    return STATUS_SUCCESS;
}

/* The list's memory is the MDL's own when nothing bounces. docs: wdm/nc-wdm-pbuild_mdl_from_scatter_gather_list */
static NTSTATUS NTAPI build_mdl(PDMA_ADAPTER adapter, PSCATTER_GATHER_LIST list, PMDL original, PMDL *target)
{
    struct list_state *state = (struct list_state *)list->Reserved;

    (void)adapter;
    if (state->bounce.va != NULL)
        return STATUS_NOT_SUPPORTED;
    *target = original;
    return STATUS_SUCCESS;
}

void dma_fill_lists(PDMA_OPERATIONS o)
{
    o->GetScatterGatherList = get_list;
    o->PutScatterGatherList = put_list;
    o->CalculateScatterGatherList = calculate;
    o->BuildScatterGatherList = build_list;
    o->BuildMdlFromScatterGatherList = build_mdl;
    o->GetDmaTransferInfo = transfer_info;
    o->GetScatterGatherListEx = get_list_ex;
    o->BuildScatterGatherListEx = build_list_ex;
}
