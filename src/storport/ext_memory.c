/* Function codes about memory and the buffers of requests. docs: storport */
#include "storport/extended.h"

#include "nt/mm.h"
#include "nt/pool.h"
#include "nt/ram.h"

#define NO(status) ((ULONG)STOR_STATUS_##status)

/* --- pool ------------------------------------------------------------------------------------------------------------- */

SP_HANDLER(ext_allocate_pool)
{
    ULONG bytes = ARG(ULONG), tag = ARG(ULONG);
    PVOID *out = ARG(PVOID *);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = NULL;
    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    *out = bytes ? pool_alloc(NonPagedPoolNx, bytes, tag, (void *)(uintptr_t)caller.rip) : NULL;
    return *out ? STOR_STATUS_SUCCESS : NO(INSUFFICIENT_RESOURCES);
}

/* Miniports give their memory back when they are stopped, which is at DIRQL, and do not look whether they may: what was refused
 * is freed with the adapter, when the miniport has not done it by then. */
static void refused(struct adapter *a, void *block, bool now)
{
    unsigned n = 0;

    while (n < a->refused_count && a->refused[n] != block)
        n++;
    if (now && n == a->refused_count && n < countof(a->refused))
        a->refused[a->refused_count++] = block;
    else if (!now && n < a->refused_count)
        a->refused[n] = a->refused[--a->refused_count];
}

void memory_free_refused(struct adapter *a)
{
    while (a->refused_count)
        if (pool_size(a->refused[--a->refused_count]))
            pool_free(a->refused[a->refused_count], 0, NULL);
}

SP_HANDLER(ext_free_pool)
{
    PVOID block = ARG(PVOID);

    if (!block)
        return NO(INVALID_PARAMETER);
    if (ke_irql() > DISPATCH_LEVEL) {
        log_warn("storport", "%s: StorPortFreePool is called at IRQL %u, above DISPATCH_LEVEL: the memory stays until the adapter is gone",
                 a->driver->name, ke_irql());
        refused(a, block, true);
        return NO(INVALID_IRQL);
    }
    refused(a, block, false);
    pool_free(block, 0, (void *)(uintptr_t)caller.rip);
    return STOR_STATUS_SUCCESS;
}

/* --- contiguous memory: RAM is cached, and coherent with every device ---------------------------------------------------- */

static void *contiguous(sp_arguments *list, struct pe_caller caller, PVOID **out)
{
    SIZE_T bytes = ARG(SIZE_T);
    uint64_t lowest = ARG(uint64_t), highest = ARG(uint64_t), boundary = ARG(uint64_t);

    (void)ARG(ULONG);                   /* CacheType */
    (void)ARG(ULONG);                   /* PreferredNode */
    *out = ARG(PVOID *);
    if (!*out || !bytes)
        return NULL;
    return mm_alloc_pages(align_up(bytes, RAM_PAGE), lowest, highest, boundary, "StorPortAllocateContiguousMemorySpecifyCacheNode",
                          (void *)(uintptr_t)caller.rip);
}

SP_HANDLER(ext_allocate_contiguous)
{
    PVOID *out = NULL;

    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    PVOID block = contiguous(list, caller, &out);
    if (!out)
        return NO(INVALID_PARAMETER);
    *out = block;
    return block ? STOR_STATUS_SUCCESS : NO(INSUFFICIENT_RESOURCES);
}

SP_HANDLER(ext_free_contiguous)
{
    PVOID block = ARG(PVOID);

    if (!block)
        return NO(INVALID_PARAMETER);
    return mm_free_pages(block) ? STOR_STATUS_SUCCESS : NO(INVALID_PARAMETER);
}

SP_HANDLER(ext_allocate_dma)
{
    PVOID *out = NULL;
    PVOID block = contiguous(list, caller, &out);
    PPHYSICAL_ADDRESS address = out ? ARG(PPHYSICAL_ADDRESS) : NULL;

    if (!out || !address) {
        if (block)
            mm_free_pages(block);
        return NO(INVALID_PARAMETER);
    }
    *out = block;
    address->QuadPart = block ? (LONGLONG)ram_pa(block) : 0;
    return block ? STOR_STATUS_SUCCESS : NO(INSUFFICIENT_RESOURCES);
}

SP_HANDLER(ext_free_dma)
{
    return ext_free_contiguous(a, list, caller);
}

/* --- MDLs ------------------------------------------------------------------------------------------------------------------ */

SP_HANDLER(ext_allocate_mdl)
{
    PVOID buffer = ARG(PVOID);
    ULONG bytes = ARG(ULONG);
    PVOID *out = ARG(PVOID *);

    if (!out)
        return NO(INVALID_PARAMETER);
    *out = NULL;
    if (!buffer || !bytes)
        return NO(INVALID_PARAMETER);
    *out = mm_mdl_alloc(buffer, bytes, (void *)(uintptr_t)caller.rip);
    return *out ? STOR_STATUS_SUCCESS : NO(INSUFFICIENT_RESOURCES);
}

SP_HANDLER(ext_free_mdl)
{
    PMDL mdl = ARG(PVOID);

    if (!mdl)
        return NO(INVALID_PARAMETER);
    mm_mdl_free(mdl, (void *)(uintptr_t)caller.rip);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_build_mdl)
{
    PMDL mdl = ARG(PVOID);

    if (!mdl)
        return NO(INVALID_PARAMETER);
    MmBuildMdlForNonPagedPool(mdl);
    return STOR_STATUS_SUCCESS;
}

/* --- buffers of requests ----------------------------------------------------------------------------------------------------- */

static struct request *request_argument(struct adapter *a, PVOID srb)
{
    return srb ? request_of(a, srb) : NULL;
}

/* The same, of a miniport that looks at the caller's memory itself. */
static struct request *request_in_memory(struct adapter *a, PVOID srb)
{
    struct request *r = request_argument(a, srb);

    if (r && unlikely(r->bounced))
        bounce_undo(r);
    return r;
}

SP_HANDLER(ext_system_address)
{
    struct request *r = request_in_memory(a, ARG(PVOID));
    PVOID *out = ARG(PVOID *);

    if (!r || !out)
        return NO(INVALID_PARAMETER);
    *out = r->buffer;
    return r->buffer || !r->length ? STOR_STATUS_SUCCESS : NO(INSUFFICIENT_RESOURCES);
}

SP_HANDLER(ext_original_mdl)
{
    struct request *r = request_in_memory(a, ARG(PVOID));
    PVOID *out = ARG(PVOID *);

    if (!r || !out)
        return NO(INVALID_PARAMETER);
    *out = request_mdl(r);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_pfns)
{
    struct request *r = request_in_memory(a, ARG(PVOID));
    PMDL mdl = ARG(PVOID);
    PVOID *pfns = ARG(PVOID *);
    ULONG *count = ARG(ULONG *), *offset = ARG(ULONG *);

    if (!mdl && r)
        mdl = request_mdl(r);
    if (!mdl || !pfns || !count || !offset)
        return NO(INVALID_PARAMETER);
    *pfns = MmGetMdlPfnArray(mdl);
    *count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl));
    *offset = MmGetMdlByteOffset(mdl);
    return STOR_STATUS_SUCCESS;
}

/* DMA is coherent. */
SP_HANDLER(ext_flush_mdl)
{
    return request_argument(a, ARG(PVOID)) ? STOR_STATUS_SUCCESS : NO(INVALID_PARAMETER);
}

SP_HANDLER(ext_mark_dump)
{
    return STOR_STATUS_SUCCESS;         /* there is no dump that would leave it out */
}

/* --- the second buffer of a command with data in both directions -------------------------------------------------------------- */

SP_HANDLER(ext_in_mdl)
{
    struct request *r = request_argument(a, ARG(PVOID));
    PVOID *out = ARG(PVOID *);

    if (!r || !out)
        return NO(INVALID_PARAMETER);
    *out = request_second_mdl(r);
    return *out ? STOR_STATUS_SUCCESS : r->second.length ? NO(INSUFFICIENT_RESOURCES) : NO(INVALID_PARAMETER);
}

SP_HANDLER(ext_in_address)
{
    struct request *r = request_argument(a, ARG(PVOID));
    PVOID *out = ARG(PVOID *);

    if (!r || !out)
        return NO(INVALID_PARAMETER);
    if (ke_irql() > DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    *out = r->second.length ? r->second.buffer : NULL;
    return *out ? STOR_STATUS_SUCCESS : NO(INVALID_PARAMETER);
}

SP_HANDLER(ext_in_sgl)
{
    struct request *r = request_argument(a, ARG(PVOID));
    PVOID *out = ARG(PVOID *);

    if (!r || !out)
        return NO(INVALID_PARAMETER);
    *out = request_second_list(r);
    return *out ? STOR_STATUS_SUCCESS : NO(INVALID_PARAMETER);
}

/* --- scatter/gather lists of the miniport's own MDLs --------------------------------------------------------------------------- */

static ULONG fill(PMDL mdl, PVOID at, ULONG length, PSTOR_SCATTER_GATHER_LIST sgl, ULONG room)
{
    PPFN_NUMBER pfns = MmGetMdlPfnArray(mdl);
    ULONG offset = (ULONG)((PUCHAR)at - (PUCHAR)MmGetMdlVirtualAddress(mdl)) + MmGetMdlByteOffset(mdl), n = 0;

    while (length) {
        uint64_t pa = ((uint64_t)pfns[offset / PAGE_SIZE] << PAGE_SHIFT) + offset % PAGE_SIZE;
        ULONG piece = (ULONG)min_u64(length, PAGE_SIZE - offset % PAGE_SIZE);

        if (n && (uint64_t)sgl->List[n - 1].PhysicalAddress.QuadPart + sgl->List[n - 1].Length == pa) {
            sgl->List[n - 1].Length += piece;
        } else {
            if (n == room)
                return 0;
            sgl->List[n++] = (STOR_SCATTER_GATHER_ELEMENT){ { .QuadPart = (LONGLONG)pa }, piece, 0 };
        }
        offset += piece;
        length -= piece;
    }
    return n;
}

/* The list lies in the miniport's buffer; its routine is called before the function returns.
 * docs: storport/nf-storport-storportbuildscattergatherlist */
SP_HANDLER(ext_build_sgl)
{
    PMDL mdl = ARG(PVOID);
    PVOID at = ARG(PVOID);
    ULONG length = ARG(ULONG);
    PPOST_SCATTER_GATHER_EXECUTE routine = ARG(PPOST_SCATTER_GATHER_EXECUTE);
    PVOID context = ARG(PVOID);
    (void)ARG(int);                     /* WriteToDevice */
    PSTOR_SCATTER_GATHER_LIST sgl = ARG(PVOID);
    ULONG bytes = ARG(ULONG);

    if (!mdl || !sgl || !routine || bytes < sizeof *sgl ||
        (PUCHAR)at < (PUCHAR)MmGetMdlVirtualAddress(mdl) ||
        (PUCHAR)at + length > (PUCHAR)MmGetMdlVirtualAddress(mdl) + MmGetMdlByteCount(mdl))
        return NO(INVALID_PARAMETER);
    if (ke_irql() != DISPATCH_LEVEL)
        return NO(INVALID_IRQL);
    sgl->Reserved = 0;
    sgl->NumberOfElements = fill(mdl, at, length, sgl, (ULONG)((bytes - sizeof *sgl) / sizeof sgl->List[0]));
    if (!sgl->NumberOfElements)
        return NO(BUFFER_TOO_SMALL);
    routine((PVOID *)a->fdo, NULL, sgl, context);
    return STOR_STATUS_SUCCESS;
}

SP_HANDLER(ext_put_sgl)
{
    return ARG(PVOID) ? STOR_STATUS_SUCCESS : NO(INVALID_PARAMETER);
}
