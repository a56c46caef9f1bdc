/* Common buffers: memory that driver and device share. */
#include "nt/hal_dma.h"

struct common_buffer {
    struct list node;
    void *va;
    size_t pages;
};

static void *allocate(struct dma_adapter *a, uint64_t lowest, uint64_t highest, size_t length, PPHYSICAL_ADDRESS logical)
{
    struct common_buffer *b = malloc(sizeof(*b));

    if (b == NULL || length == 0) {
        free(b);
        return NULL;
    }
    if (highest > a->highest)
        highest = a->highest;
    b->pages = (length + RAM_PAGE - 1) / RAM_PAGE;
    b->va = ram_alloc_limits(b->pages, lowest, highest, RAM_PAGE, 0);
    if (b->va == NULL) {
        free(b);
        return NULL;
    }
    memset(b->va, 0, b->pages * RAM_PAGE);
    list_push_back(&a->buffers, &b->node);
    dma_stats.common_buffers++;
    dma_stats.common_bytes += b->pages * RAM_PAGE;
    logical->QuadPart = (LONGLONG)ram_pa(b->va);
    return b->va;
}

static void release(struct common_buffer *b)
{
    dma_stats.common_buffers--;
    dma_stats.common_bytes -= b->pages * RAM_PAGE;
    list_remove(&b->node);
    ram_free(b->va, b->pages);
    free(b);
}

void dma_free_buffers(struct dma_adapter *a)
{
    list_each_safe(it, &a->buffers)
        release(container_of(it, struct common_buffer, node));
}

/* Memory of Length bytes that the device can address; zeroed; PASSIVE_LEVEL. docs: wdm/nc-wdm-pallocate_common_buffer */
static PVOID NTAPI allocate_common(PDMA_ADAPTER adapter, ULONG length, PPHYSICAL_ADDRESS logical, BOOLEAN cached)
{
    (void)cached;
    DMA_REQUIRE(ke_irql() == PASSIVE_LEVEL, "AllocateCommonBuffer above PASSIVE_LEVEL");
    return allocate(dma_adapter_of(adapter), 0, UINT64_MAX, length, logical);
}

static PVOID NTAPI allocate_common_ex(PDMA_ADAPTER adapter, PPHYSICAL_ADDRESS maximum, ULONG length,
                                      PPHYSICAL_ADDRESS logical, BOOLEAN cached, NODE_REQUIREMENT node)
{
    (void)cached;
    (void)node;
    return allocate(dma_adapter_of(adapter), 0, maximum != NULL ? (uint64_t)maximum->QuadPart : UINT64_MAX, length,
                    logical);
}

static PVOID NTAPI allocate_bounds(PDMA_ADAPTER adapter, PPHYSICAL_ADDRESS minimum, PPHYSICAL_ADDRESS maximum,
                                   ULONG length, ULONG flags, MEMORY_CACHING_TYPE *cache, NODE_REQUIREMENT node,
                                   PPHYSICAL_ADDRESS logical)
{
    (void)flags;
    (void)cache;
    (void)node;
    return allocate(dma_adapter_of(adapter), minimum != NULL ? (uint64_t)minimum->QuadPart : 0,
                    maximum != NULL ? (uint64_t)maximum->QuadPart : UINT64_MAX, length, logical);
}

static VOID NTAPI free_common(PDMA_ADAPTER adapter, ULONG length, PHYSICAL_ADDRESS logical, PVOID va, BOOLEAN cached)
{
    struct dma_adapter *a = dma_adapter_of(adapter);

    (void)logical;
    (void)cached;
    DMA_REQUIRE(ke_irql() == PASSIVE_LEVEL, "FreeCommonBuffer above PASSIVE_LEVEL");
    list_each(it, &a->buffers) {
        struct common_buffer *b = container_of(it, struct common_buffer, node);

        if (b->va == va) {
            release(b);
            return;
        }
    }
    NT_EMIT(NT_EVENT_MISUSE, "FreeCommonBuffer of memory that is no common buffer of this adapter", va, length,
            PE_CALLER());
}

/* ---- vectors of common buffers ---- */

struct _DMA_COMMON_BUFFER_VECTOR {
    ULONG count;
    struct {
        PVOID va;
        PHYSICAL_ADDRESS logical;
    } element[];
};

static VOID NTAPI free_from_vector(PDMA_ADAPTER adapter, PDMA_COMMON_BUFFER_VECTOR vector, ULONG index)
{
    if (index >= vector->count || vector->element[index].va == NULL)
        return;
    free_common(adapter, 0, vector->element[index].logical, vector->element[index].va, TRUE);
    vector->element[index].va = NULL;
}

static VOID NTAPI free_vector(PDMA_ADAPTER adapter, PDMA_COMMON_BUFFER_VECTOR vector)
{
    for (ULONG i = 0; i < vector->count; i++)
        free_from_vector(adapter, vector, i);
    free(vector);
}

static NTSTATUS NTAPI allocate_vector(PDMA_ADAPTER adapter, PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
                                      MEMORY_CACHING_TYPE cache, ULONG node, ULONG flags, ULONG count,
                                      ULONGLONG size, PDMA_COMMON_BUFFER_VECTOR *result)
{
    PDMA_COMMON_BUFFER_VECTOR v = calloc(1, sizeof(*v) + count * sizeof(v->element[0]));

    (void)cache;
    (void)node;
    (void)flags;
    *result = NULL;
    if (v == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (v->count = 0; v->count < count; v->count++) {
        v->element[v->count].va = allocate(dma_adapter_of(adapter), (uint64_t)low.QuadPart, (uint64_t)high.QuadPart,
                                           size, &v->element[v->count].logical);
        if (v->element[v->count].va == NULL) {
            free_vector(adapter, v);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    *result = v;
    return STATUS_SUCCESS;
}

static VOID NTAPI from_vector(PDMA_ADAPTER adapter, PDMA_COMMON_BUFFER_VECTOR vector, ULONG index, PVOID *va,
                              PPHYSICAL_ADDRESS logical)
{
    (void)adapter;
    *va = index < vector->count ? vector->element[index].va : NULL;
    logical->QuadPart = index < vector->count ? vector->element[index].logical.QuadPart : 0;
}

void dma_fill_buffers(PDMA_OPERATIONS o)
{
    o->AllocateCommonBuffer = allocate_common;
    o->FreeCommonBuffer = free_common;
    o->AllocateCommonBufferEx = allocate_common_ex;
    o->AllocateCommonBufferWithBounds = allocate_bounds;
    o->AllocateCommonBufferVector = allocate_vector;
    o->GetCommonBufferFromVectorByIndex = from_vector;
    o->FreeCommonBufferFromVector = free_from_vector;
    o->FreeCommonBufferVector = free_vector;
}
