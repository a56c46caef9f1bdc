/* NET_BUFFER and NET_BUFFER_LIST pools, and where the data of a NET_BUFFER starts. */
#include "unit.h"

#include "ndis/adapter.h"
#include "ndis/leaks.h"
#include "ndis/nbl_pool.h"
#include "nt/pool.h"
#include "nt/ram.h"

static void open_ndis(void)
{
    CHECK(ram_open(64u << 20));
    CHECK(ndis_open());
}

static void close_ndis(void)
{
    struct pool_stats stats;

    ndis_close();
    pool_get_stats(&stats);
    CHECK_EQ(stats.live_blocks, 0);
    pool_close();
    ram_close();
}

static NDIS_HANDLE make_pool(bool with_nb, ULONG data_size, USHORT context)
{
    NET_BUFFER_LIST_POOL_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = with_nb,
        .ContextSize = context,
        .PoolTag = 0x31747354,
        .DataSize = data_size,
    };
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(NULL, &p);

    CHECK(pool != NULL);
    return pool;
}

/* An MDL chain of pieces of these sizes, the bytes of which count up. */
static PMDL chain(const ULONG *sizes, unsigned count)
{
    PMDL first = NULL, *tail = &first;
    UCHAR next = 0;

    for (unsigned i = 0; i < count; i++) {
        UCHAR *data = pool_alloc(NonPagedPoolNx, sizes[i], 1, NULL);

        for (ULONG k = 0; k < sizes[i]; k++)
            data[k] = next++;
        *tail = NdisAllocateMdl(NULL, data, sizes[i]);
        tail = &(*tail)->Next;
    }
    return first;
}

static void free_chain(PMDL mdl)
{
    for (PMDL next; mdl; mdl = next) {
        next = mdl->Next;
        pool_free(MmGetMdlVirtualAddress(mdl), 0, NULL);
        NdisFreeMdl(mdl);
    }
}

TEST(a_pool_gives_back_the_list_that_was_freed_last)
{
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 32);
    PNET_BUFFER_LIST a = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    PNET_BUFFER_LIST b = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);

    CHECK(a && b && a != b);
    CHECK(NdisGetPoolFromNetBufferList(a) == pool);
    NdisFreeNetBufferList(a);
    NdisFreeNetBufferList(b);
    CHECK(NdisAllocateNetBufferList(pool, 0, 0) == b);
    CHECK(NdisAllocateNetBufferList(pool, 0, 0) == a);
    NdisFreeNetBufferList(a);
    NdisFreeNetBufferList(b);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(a_list_comes_zeroed_whatever_happened_to_it_before)
{
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);

    memset(nbl->NetBufferListInfo, 0xff, sizeof nbl->NetBufferListInfo);
    nbl->Status = NDIS_STATUS_FAILURE;
    nbl->Next = nbl;
    nbl->FirstNetBuffer->Next = nbl->FirstNetBuffer;
    NdisFreeNetBufferList(nbl);
    nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    CHECK(!nbl->Next && !nbl->FirstNetBuffer->Next && !nbl->Status);
    for (unsigned i = 0; i < MaxNetBufferListInfo; i++)
        CHECK(!nbl->NetBufferListInfo[i]);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(a_wrong_header_makes_no_pool)
{
    open_ndis();
    NET_BUFFER_LIST_POOL_PARAMETERS p = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, 4 } };

    CHECK(!NdisAllocateNetBufferListPool(NULL, &p));
    p.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.DataSize = 100;                   /* data needs a NET_BUFFER */
    CHECK(!NdisAllocateNetBufferListPool(NULL, &p));
    p.Header.Type = NDIS_OBJECT_TYPE_OFFLOAD;
    CHECK(!NdisAllocateNetBufferListPool(NULL, &p));
    close_ndis();
}

TEST(context_space_comes_from_the_pool_first_and_then_from_memory)
{
    open_ndis();
    NDIS_HANDLE pool = make_pool(false, 0, 32);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 16, 0);

    PNET_BUFFER_LIST_CONTEXT own = nbl->Context;
    CHECK_EQ(own->Offset, 16);
    CHECK(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl) == own->ContextData + 16);
    CHECK_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 1), NDIS_STATUS_SUCCESS);
    CHECK(nbl->Context == own && !own->Offset);
    CHECK_EQ(NdisAllocateNetBufferListContext(nbl, 24, 8, 1), NDIS_STATUS_SUCCESS);
    CHECK(nbl->Context != own && nbl->Context->Next == own);
    CHECK_EQ(nbl->Context->Offset, 8);
    NdisFreeNetBufferListContext(nbl, 24);
    CHECK(nbl->Context == own);
    CHECK_EQ(NdisAllocateNetBufferListContext(nbl, 12, 0, 1), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(NdisAllocateNetBufferListContext(nbl, 64, 0, 1), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferList(nbl);         /* with the extra space */
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(data_of_a_pool_is_unused_space_until_a_retreat)
{
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 256, 0);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0);
    PNET_BUFFER nb = nbl->FirstNetBuffer;

    CHECK_EQ(nb->DataLength, 0);
    CHECK_EQ(nb->DataOffset, 256);
    CHECK_EQ(NdisRetreatNetBufferDataStart(nb, 100, 0, NULL), NDIS_STATUS_SUCCESS);
    CHECK_EQ(nb->DataLength, 100);
    CHECK_EQ(nb->DataOffset, 156);
    CHECK_EQ(nb->CurrentMdlOffset, 156);
    CHECK(nb->CurrentMdl == nb->MdlChain && !nb->MdlChain->Next);
    CHECK(NdisGetDataBuffer(nb, 100, NULL, 1, 0) != NULL);
    CHECK(NdisGetDataBuffer(nb, 101, NULL, 1, 0) == NULL);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(advance_and_retreat_move_the_current_mdl_along_the_chain)
{
    static const ULONG sizes[] = { 10, 20, 30 };
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL mdl = chain(sizes, 3);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 4, 50);
    PNET_BUFFER nb = nbl->FirstNetBuffer;

    CHECK(nb->CurrentMdl == mdl && nb->CurrentMdlOffset == 4);
    NdisAdvanceNetBufferDataStart(nb, 6, FALSE, NULL);
    CHECK(nb->CurrentMdl == mdl->Next && !nb->CurrentMdlOffset);
    CHECK_EQ(nb->DataLength, 44);
    NdisAdvanceNetBufferDataStart(nb, 25, FALSE, NULL);
    CHECK(nb->CurrentMdl == mdl->Next->Next && nb->CurrentMdlOffset == 5);
    CHECK_EQ(NdisRetreatNetBufferDataStart(nb, 31, 0, NULL), NDIS_STATUS_SUCCESS);
    CHECK(nb->CurrentMdl == mdl && nb->CurrentMdlOffset == 4);
    CHECK_EQ(nb->DataLength, 50);
    CHECK(nb->MdlChain == mdl);         /* nothing was added */
    NdisFreeNetBufferList(nbl);
    free_chain(mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(a_retreat_beyond_the_data_space_adds_an_mdl_that_an_advance_frees)
{
    static const ULONG sizes[] = { 40 };
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL mdl = chain(sizes, 1);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 6, 34);
    PNET_BUFFER nb = nbl->FirstNetBuffer;

    CHECK_EQ(NdisRetreatNetBufferDataStart(nb, 20, 50, NULL), NDIS_STATUS_SUCCESS);
    CHECK(nb->MdlChain != mdl && nb->MdlChain->Next == mdl);
    CHECK_EQ(nb->DataLength, 54);
    CHECK_EQ(nb->DataOffset, 50);
    CHECK(nb->CurrentMdl == nb->MdlChain && nb->CurrentMdlOffset == 50);
    UCHAR bytes[54], *all = NdisGetDataBuffer(nb, 54, bytes, 1, 0);
    CHECK(all == bytes && all[20] == 6 && all[53] == 39);
    NdisAdvanceNetBufferDataStart(nb, 20, TRUE, NULL);
    CHECK(nb->MdlChain == mdl);
    CHECK_EQ(nb->DataOffset, 6);
    CHECK_EQ(nb->DataLength, 34);
    CHECK(nb->CurrentMdl == mdl && nb->CurrentMdlOffset == 6);
    NdisFreeNetBufferList(nbl);
    free_chain(mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(an_advance_never_frees_the_callers_mdls)
{
    static const ULONG sizes[] = { 10, 30 };
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL mdl = chain(sizes, 2);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, 40);

    NdisAdvanceNetBufferListDataStart(nbl, 15, TRUE, NULL);
    CHECK(nbl->FirstNetBuffer->MdlChain == mdl);
    CHECK_EQ(nbl->FirstNetBuffer->DataOffset, 15);
    NdisFreeNetBufferList(nbl);
    free_chain(mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

static unsigned mdls_made, mdls_freed;

static PMDL NTAPI make_mdl(PULONG size)
{
    mdls_made++;
    return mdl_alloc_with_data(*size, 1, NULL);
}

static VOID NTAPI end_mdl(PMDL mdl)
{
    mdls_freed++;
    mdl_free_with_data(mdl);
}

TEST(the_callers_own_mdl_functions_are_used_for_retreat_and_advance)
{
    static const ULONG sizes[] = { 10 };
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL mdl = chain(sizes, 1);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, 10);

    CHECK_EQ(NdisRetreatNetBufferListDataStart(nbl, 14, 0, make_mdl, end_mdl), NDIS_STATUS_SUCCESS);
    CHECK_EQ(mdls_made, 1);
    NdisAdvanceNetBufferListDataStart(nbl, 14, TRUE, end_mdl);
    CHECK_EQ(mdls_freed, 1);
    NdisFreeNetBufferList(nbl);
    free_chain(mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(a_data_buffer_is_copied_only_when_it_must_be)
{
    static const ULONG sizes[] = { 16, 16 };
    UCHAR storage[32];
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL mdl = chain(sizes, 2);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 2, 30);
    PNET_BUFFER nb = nbl->FirstNetBuffer;

    CHECK(NdisGetDataBuffer(nb, 14, NULL, 1, 0) == (char *)MmGetMdlVirtualAddress(mdl) + 2);
    CHECK(NdisGetDataBuffer(nb, 15, NULL, 1, 0) == NULL);
    CHECK(NdisGetDataBuffer(nb, 15, storage, 1, 0) == storage);
    CHECK_EQ(storage[14], 16);
    CHECK(NdisGetDataBuffer(nb, 4, NULL, 4, 0) == NULL);        /* two bytes off */
    CHECK(NdisGetDataBuffer(nb, 4, NULL, 4, 2) != NULL);
    CHECK(NdisGetDataBuffer(nb, 31, storage, 1, 0) == NULL);
    NdisFreeNetBufferList(nbl);
    free_chain(mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(copying_between_net_buffers_stops_where_data_or_space_ends)
{
    static const ULONG from_sizes[] = { 7, 9 }, to_sizes[] = { 5, 6 };
    ULONG copied;
    UCHAR out[11];
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL from_mdl = chain(from_sizes, 2), to_mdl = chain(to_sizes, 2);
    PNET_BUFFER_LIST from = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, from_mdl, 1, 15);
    PNET_BUFFER_LIST to = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, to_mdl, 0, 0);

    CHECK_EQ(NdisCopyFromNetBufferToNetBuffer(to->FirstNetBuffer, 2, 100, from->FirstNetBuffer, 3, &copied), NDIS_STATUS_SUCCESS);
    CHECK_EQ(copied, 9);                /* the space ended */
    nb_set_data(to->FirstNetBuffer, to_mdl, 0, 11);
    CHECK(nb_copy_out(to->FirstNetBuffer, 0, out, 11));
    CHECK_EQ(out[2], 4);
    CHECK_EQ(out[10], 12);
    CHECK_EQ(NdisCopyFromNetBufferToNetBuffer(to->FirstNetBuffer, 0, 100, from->FirstNetBuffer, 13, &copied), NDIS_STATUS_SUCCESS);
    CHECK_EQ(copied, 2);                /* the data ended */
    NdisFreeNetBufferList(from);
    NdisFreeNetBufferList(to);
    free_chain(from_mdl);
    free_chain(to_mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(clones_fragments_and_reassembled_lists_describe_the_same_bytes)
{
    static const ULONG sizes[] = { 20, 25, 30 };
    UCHAR bytes[75];
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL mdl = chain(sizes, 3);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 5, 65);

    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, NULL, NULL, 0);
    CHECK_EQ(clone->FirstNetBuffer->DataLength, 65);
    CHECK(clone->FirstNetBuffer->MdlChain != mdl && clone->ParentNetBufferList == nbl);
    CHECK(nb_copy_out(clone->FirstNetBuffer, 0, bytes, 65) && bytes[0] == 5 && bytes[64] == 69);
    NdisFreeCloneNetBufferList(clone, 0);

    clone = NdisAllocateCloneNetBufferList(nbl, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    CHECK(clone->FirstNetBuffer->MdlChain == mdl && clone->FirstNetBuffer->DataOffset == 5);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);

    PNET_BUFFER_LIST fragments = NdisAllocateFragmentNetBufferList(nbl, NULL, NULL, 5, 25, 14, 0, 0);
    unsigned count = 0;
    for (PNET_BUFFER nb = fragments->FirstNetBuffer; nb; nb = nb->Next) {
        CHECK_EQ(nb->DataLength, 14 + (count < 2 ? 25 : 10));
        CHECK(nb_copy_out(nb, 14, bytes, 10) && bytes[0] == 10 + 25 * count);
        count++;
    }
    CHECK_EQ(count, 3);
    PNET_BUFFER_LIST whole = NdisAllocateReassembledNetBufferList(fragments, NULL, 14, 0, 0, 0);
    CHECK_EQ(whole->FirstNetBuffer->DataLength, 60);
    CHECK(nb_copy_out(whole->FirstNetBuffer, 0, bytes, 60) && bytes[0] == 10 && bytes[59] == 69);
    NdisFreeReassembledNetBufferList(whole, 0, 0);
    NdisFreeFragmentNetBufferList(fragments, 14, 0);
    NdisFreeNetBufferList(nbl);
    free_chain(mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(a_fragment_may_be_allowed_any_length)
{
    static const ULONG sizes[] = { 20, 25, 30 };
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL mdl = chain(sizes, 3);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 5, 65);
    PNET_BUFFER_LIST fragments = NdisAllocateFragmentNetBufferList(nbl, NULL, NULL, 5, 0xFFFFFFFF, 14, 0, 0);

    CHECK_EQ(fragments->FirstNetBuffer->DataLength, 14 + 60);
    CHECK(!fragments->FirstNetBuffer->Next);
    NdisFreeFragmentNetBufferList(fragments, 14, 0);
    NdisFreeNetBufferList(nbl);
    free_chain(mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

TEST(a_net_buffer_without_data_can_be_cloned)
{
    static const ULONG sizes[] = { 20 };
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PMDL mdl = chain(sizes, 1);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 20, 0);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, NULL, NULL, 0);

    CHECK(clone && clone->FirstNetBuffer && !clone->FirstNetBuffer->DataLength);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeNetBufferList(nbl);
    free_chain(mdl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

static void note(void *context, const struct ndis_leak *leak)
{
    *(uint64_t *)context += leak->uses;
}

TEST(a_pool_left_behind_is_listed_with_its_outstanding_lists)
{
    uint64_t uses = 0;
    open_ndis();
    NDIS_HANDLE pool = make_pool(true, 0, 0);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0);

    ndis_leaks_walk(0, 0, note, &uses);
    CHECK_EQ(uses, 1);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    close_ndis();
}

/* As a driver sees them that imports them; the SDK has them inline. */
TEST(a_time_stamp_is_kept_and_copied_from_list_to_list)
{
    NET_BUFFER_LIST_TIMESTAMP stamp = { .Timestamp = 0x123456789abcdef0 }, read = { 0 };
    NET_BUFFER_LIST from = { 0 }, to = { 0 };

    nbl_set_timestamp(&from, &stamp);
    nbl_copy_timestamp(&to, &from);
    nbl_get_timestamp(&to, &read);
    CHECK_EQ(read.Timestamp, stamp.Timestamp);
}
