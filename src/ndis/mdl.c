/* MDLs that NDIS makes. */
#include "ndis/nbl_pool.h"
#include "nt/pool.h"

static size_t mdl_bytes(const void *va, size_t length)
{
    return align_up(sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, length), 16);
}

PMDL mdl_alloc_with_data(uint32_t size, uint32_t tag, const void *caller)
{
    size_t head = align_up(sizeof(MDL) + sizeof(PFN_NUMBER) * (size / PAGE_SIZE + 2), 16);
    PMDL mdl = pool_alloc(NonPagedPoolNx, head + size, tag, caller);

    if (!mdl)
        return NULL;
    MmInitializeMdl(mdl, (char *)mdl + head, size);
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

void mdl_free_with_data(PMDL mdl)
{
    pool_free(mdl, 0, NULL);
}

static PMDL partial(PMDL source, size_t offset, size_t length)
{
    char *va = (char *)MmGetMdlVirtualAddress(source) + offset;
    PMDL mdl = pool_alloc(NonPagedPoolNx, mdl_bytes(va, length), NDIS_TAG('N', 'D', 'm', 'd'), NULL);

    if (!mdl)
        return NULL;
    MmInitializeMdl(mdl, va, length);
    IoBuildPartialMdl(source, mdl, va, (ULONG)length);
    return mdl;
}

PMDL mdl_chain_slice(PMDL chain, uint32_t offset, size_t length)
{
    PMDL first = NULL, *tail = &first;
    size_t at = offset;

    for (PMDL mdl = chain; mdl && length; mdl = mdl->Next) {
        if (at >= mdl->ByteCount) {
            at -= mdl->ByteCount;
            continue;
        }
        size_t n = min_u64(mdl->ByteCount - at, length);

        *tail = partial(mdl, at, n);
        if (!*tail) {
            mdl_chain_free(first);
            return NULL;
        }
        tail = &(*tail)->Next;
        length -= n;
        at = 0;
    }
    return first;
}

void mdl_chain_free(PMDL chain)
{
    for (PMDL next; chain; chain = next) {
        next = chain->Next;
        pool_free(chain, 0, NULL);
    }
}

/* An MDL for nonpaged memory of the driver: Length bytes at VirtualAddress. The caller frees it with NdisFreeMdl.
 * <= DISPATCH_LEVEL. NULL: no memory. docs: mdlapi/nf-mdlapi-ndisallocatemdl */
PMDL NTAPI NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Length)
{
    PMDL mdl = pool_alloc(NonPagedPoolNx, mdl_bytes(VirtualAddress, Length), NDIS_TAG('N', 'D', 'm', 'd'), NDIS_CALLER());

    if (!mdl)
        return NULL;
    MmInitializeMdl(mdl, VirtualAddress, Length);
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

/* Frees an MDL from NdisAllocateMdl, not the memory it describes. <= DISPATCH_LEVEL. docs: mdlapi/nf-mdlapi-ndisfreemdl */
VOID NTAPI NdisFreeMdl(PMDL Mdl)
{
    pool_free(Mdl, 0, NDIS_CALLER());
}
