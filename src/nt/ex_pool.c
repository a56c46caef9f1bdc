/* ExAllocatePool* and ExFreePool*: argument rules, zeroing, raising; the allocator is pool.c. */
#include "nt/event.h"
#include "nt/hot.h"
#include "nt/pool.h"
#include "nt/raise.h"

#define BIG_TAG 0x20474942u              /* "BIG " */
#define NO_TAG 0x656e6f4eu              /* "None": what ExAllocatePool is charged to */

/* Whatever is wrong with a request, or has gone wrong. */
COLD static PVOID allocate_slow(POOL_TYPE type, SIZE_T size, ULONG tag, const void *caller)
{
    KIRQL irql = ke_irql();
    struct pe_caller from = { .rip = (uint64_t)(uintptr_t)caller };

    if (irql > ((type & 1) == PagedPool ? APC_LEVEL : DISPATCH_LEVEL)) {
        NT_EMIT(NT_EVENT_POOL_BAD, "ExAllocatePoolWithTag", size, 0x8, from);
        KeBugCheckEx(BAD_POOL_CALLER, 0x8, irql, type, size);
    }
    if ((type & 2) && (type & POOL_TYPE_MASK) != 3)
        KeBugCheckEx(BAD_POOL_CALLER, 0x9A, type, size, tag);
    if (tag == 0 || tag == BIG_TAG)
        KeBugCheckEx(BAD_POOL_CALLER, tag ? 0x9C : 0x9B, type, size, (ULONG_PTR)caller);
    void *block = pool_take(type, size, tag, caller);
    if (!block && (type & POOL_RAISE_IF_ALLOCATION_FAILURE))
        hot_raise(STATUS_INSUFFICIENT_RESOURCES);
    return block;
}

static inline PVOID allocate(POOL_TYPE type, SIZE_T size, ULONG tag, const void *caller)
{
    KIRQL highest = type & 1 ? APC_LEVEL : DISPATCH_LEVEL;

    if (unlikely(ke_irql() > highest || (type & (2 | POOL_RAISE_IF_ALLOCATION_FAILURE)) || tag == 0 || tag == BIG_TAG))
        return allocate_slow(type, size, tag, caller);
    return pool_take(type, size, tag, caller);
}

static PVOID allocate_quota(POOL_TYPE type, SIZE_T size, ULONG tag, const void *caller)
{
    void *block = allocate(type & ~POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, size, tag, caller);

    if (block)
        pool_set_quota(block);
    else if (!(type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE))
        nt_raise_status(STATUS_INSUFFICIENT_RESOURCES);
    return block;
}

/* NumberOfBytes of pool, not zeroed, 16-byte aligned (page aligned from a page on), to be freed by ExFreePoolWithTag.
 * Nonpaged types <= DISPATCH_LEVEL, PagedPool <= APC_LEVEL. NULL when memory is short, or an exception when
 * PoolType has POOL_RAISE_IF_ALLOCATION_FAILURE. Tag: four characters. docs: wdm/nf-wdm-exallocatepoolwithtag */
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return allocate(PoolType, NumberOfBytes, Tag, __builtin_return_address(0));
}

/* The same without a tag of the caller's. docs: wdm/nf-wdm-exallocatepool */
PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return allocate(PoolType, NumberOfBytes, NO_TAG, __builtin_return_address(0));
}

/* The same; Priority says what matters when memory is short, which changes nothing here.
 * docs: wdm/nf-wdm-exallocatepoolwithtagpriority */
PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY Priority)
{
    (void)Priority;
    return allocate(PoolType, NumberOfBytes, Tag, __builtin_return_address(0));
}

/* Pool charged to the process; raises STATUS_INSUFFICIENT_RESOURCES instead of returning NULL unless PoolType has
 * POOL_QUOTA_FAIL_INSTEAD_OF_RAISE. docs: wdm/nf-wdm-exallocatepoolwithquotatag */
PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return allocate_quota(PoolType, NumberOfBytes, Tag, __builtin_return_address(0));
}

/* The same without a tag of the caller's. docs: wdm/nf-wdm-exallocatepoolwithquota */
PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return allocate_quota(PoolType, NumberOfBytes, NO_TAG, __builtin_return_address(0));
}

#define FLAGS_POOL (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)
#define FLAGS_KNOWN                                                                                          \
    (POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION | POOL_FLAG_CACHE_ALIGNED |           \
     POOL_FLAG_RAISE_ON_FAILURE | FLAGS_POOL)

/* Required flags that nobody knows, or not exactly one pool, are a wrong call. */
COLD static PVOID fail(POOL_FLAGS flags, NTSTATUS status)
{
    if (flags & POOL_FLAG_RAISE_ON_FAILURE)
        hot_raise(status);
    return NULL;
}

COLD static PVOID charge(PVOID block)
{
    pool_set_quota(block);
    return block;
}

static inline PVOID allocate_flags(POOL_FLAGS flags, SIZE_T size, ULONG tag, const void *caller)
{
    POOL_TYPE type = flags & POOL_FLAG_PAGED ? PagedPool : flags & POOL_FLAG_NON_PAGED ? NonPagedPoolNx : NonPagedPool;
    POOL_FLAGS pools = flags & FLAGS_POOL;

    if (unlikely((flags & 0xffffffffull & ~FLAGS_KNOWN) || !pools || (pools & (pools - 1)) || tag == 0))
        return fail(flags, STATUS_INVALID_PARAMETER);
    if (!(flags & POOL_FLAG_UNINITIALIZED))
        type |= POOL_ZERO_ALLOCATION;
    void *block = allocate(type, size, tag, caller);
    if (unlikely(!block))
        return fail(flags, STATUS_INSUFFICIENT_RESOURCES);
    return unlikely(flags & POOL_FLAG_USE_QUOTA) ? charge(block) : block;
}

/* NumberOfBytes of the one pool that Flags name, zeroed unless POOL_FLAG_UNINITIALIZED. NULL for wrong flags, tag 0 or
 * no memory, or an exception with POOL_FLAG_RAISE_ON_FAILURE. Nonpaged <= DISPATCH_LEVEL, paged <= APC_LEVEL.
 * docs: wdm/nf-wdm-exallocatepool2 */
PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    return allocate_flags(Flags, NumberOfBytes, Tag, __builtin_return_address(0));
}

/* The same with extended parameters: priority and NUMA node are accepted, a secure pool is refused unless optional.
 * docs: wdm/nf-wdm-exallocatepool3 */
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
    for (ULONG i = 0; i < ExtendedParametersCount; i++) {
        ULONG64 type = ExtendedParameters[i].Type;
        if (type != PoolExtendedParameterPriority && type != PoolExtendedParameterNumaNode &&
            !ExtendedParameters[i].Optional)
            return fail(Flags, STATUS_NOT_SUPPORTED);
    }
    return allocate_flags(Flags, NumberOfBytes, Tag, __builtin_return_address(0));
}

/* P: a block of any ExAllocatePool form. Tag: the allocation's, or 0 for any. <= DISPATCH_LEVEL, <= APC_LEVEL for paged
 * pool. A bad block stops the system with BAD_POOL_CALLER or BAD_POOL_HEADER. docs: wdm/nf-wdm-exfreepoolwithtag */
VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    pool_give(P, Tag, __builtin_return_address(0));
}

/* The same without a tag. docs: ntddk/nf-ntddk-exfreepool */
VOID NTAPI ExFreePool(PVOID P)
{
    pool_give(P, 0, __builtin_return_address(0));
}

/* The same; the extended parameters belong to secure pools, which there are none of.
 * docs: wdm/nf-wdm-exfreepool2 */
VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
    (void)ExtendedParameters;
    (void)ExtendedParametersCount;
    pool_give(P, Tag, __builtin_return_address(0));
}

/* Bytes of the block, and whether quota was charged for it. docs: ntifs/nf-ntifs-exquerypoolblocksize */
SIZE_T NTAPI ExQueryPoolBlockSize(PVOID PoolBlock, PBOOLEAN QuotaCharged)
{
    *QuotaCharged = pool_is_quota(PoolBlock);
    return pool_size(PoolBlock);
}
