/* Heaps of drivers: every block is pool, chained so that a heap can go with what is left in it. */
#include <string.h>

#include "base/log.h"
#include "nt/pool.h"
#include "nt/raise.h"
#include "ntstatus.h"
#include "ring3/nt_rare.h"

#define HEAP_TAG 0x70616548u            /* "Heap" */

struct block {
    LIST_ENTRY entry;
    SIZE_T size;
    uint64_t pad;                       /* what follows is 16-byte aligned */
};

struct heap {
    LIST_ENTRY blocks;
    ULONG flags;
};

/* NULL without memory, and for a heap in the caller's memory (HeapBase), which is refused. Lock and sizes are not needed: pool grows, and
 * serializes itself. < DISPATCH_LEVEL. docs: ntifs/nf-ntifs-rtlcreateheap */
PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                          struct _RTL_HEAP_PARAMETERS *Parameters)
{
    struct heap *heap;

    (void)ReserveSize;
    (void)CommitSize;
    (void)Lock;
    (void)Parameters;
    if (HeapBase != NULL) {
        log_warn("rtl", "RtlCreateHeap in the caller's memory is not supported");
        return NULL;
    }
    heap = pool_alloc(NonPagedPoolNx, sizeof(*heap), HEAP_TAG, __builtin_return_address(0));
    if (heap == NULL)
        return NULL;
    heap->flags = Flags;
    heap->blocks.Flink = heap->blocks.Blink = &heap->blocks;
    return heap;
}

/* With all its blocks. NULL: it is gone. <= APC_LEVEL. docs: ntifs/nf-ntifs-rtldestroyheap */
PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle)
{
    struct heap *heap = HeapHandle;

    for (LIST_ENTRY *e = heap->blocks.Flink, *next; e != &heap->blocks; e = next) {
        next = e->Flink;
        pool_free(e, HEAP_TAG, __builtin_return_address(0));
    }
    pool_free(heap, HEAP_TAG, __builtin_return_address(0));
    return NULL;
}

/* 16-byte aligned. NULL without memory, or STATUS_NO_MEMORY raised when the heap or the call wants exceptions.
 * <= APC_LEVEL. docs: ntifs/nf-ntifs-rtlallocateheap */
PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size)
{
    struct heap *heap = HeapHandle;
    struct block *block = NULL;

    if (Size < (SIZE_T)-1 - sizeof(*block))
        block = pool_alloc(NonPagedPoolNx, sizeof(*block) + Size, HEAP_TAG, __builtin_return_address(0));
    if (block == NULL) {
        if ((heap->flags | Flags) & HEAP_GENERATE_EXCEPTIONS)
            nt_raise_status(STATUS_NO_MEMORY);
        return NULL;
    }
    block->size = Size;
    block->entry.Flink = &heap->blocks;
    block->entry.Blink = heap->blocks.Blink;
    heap->blocks.Blink->Flink = &block->entry;
    heap->blocks.Blink = &block->entry;
    if (Flags & HEAP_ZERO_MEMORY)
        memset(block + 1, 0, Size);
    return block + 1;
}

/* TRUE; NULL is allowed. <= APC_LEVEL. docs: ntifs/nf-ntifs-rtlfreeheap */
ULONG NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    struct block *block = BaseAddress;

    (void)HeapHandle;
    (void)Flags;
    if (block == NULL)
        return TRUE;
    block--;
    block->entry.Blink->Flink = block->entry.Flink;
    block->entry.Flink->Blink = block->entry.Blink;
    pool_free(block, HEAP_TAG, __builtin_return_address(0));
    return TRUE;
}
