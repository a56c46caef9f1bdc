/* NET_BUFFER_LISTs as a driver uses them: header macros over structures that NDIS allocated. */
#include <ndis.h>
#include "testing.h"

#define TAG 'tseT'

static NDIS_HANDLE make_pool(BOOLEAN with_nb, ULONG data_size)
{
    NET_BUFFER_LIST_POOL_PARAMETERS p;

    NdisZeroMemory(&p, sizeof(p));
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.fAllocateNetBuffer = with_nb;
    p.ContextSize = MEMORY_ALLOCATION_ALIGNMENT;
    p.PoolTag = TAG;
    p.DataSize = data_size;
    return NdisAllocateNetBufferListPool(NULL, &p);
}

TEST_CASE(a_list_describes_the_drivers_memory)
{
    static UCHAR bytes[100];
    NDIS_HANDLE pool = make_pool(TRUE, 0);
    REQUIRE(pool != NULL);
    PMDL mdl = NdisAllocateMdl(NULL, bytes, sizeof(bytes));
    REQUIRE(mdl != NULL);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 10, 80);
    REQUIRE(nbl != NULL);
    PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl);

    EXPECT_EQ(NET_BUFFER_DATA_LENGTH(nb), 80);
    EXPECT_EQ(NET_BUFFER_DATA_OFFSET(nb), 10);
    EXPECT(NET_BUFFER_CURRENT_MDL(nb) == mdl);
    EXPECT(NET_BUFFER_NEXT_NB(nb) == NULL);
    EXPECT(NET_BUFFER_LIST_NEXT_NBL(nbl) == NULL);
    EXPECT_EQ(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl), MEMORY_ALLOCATION_ALIGNMENT);
    EXPECT(NdisGetDataBuffer(nb, 80, NULL, 1, 0) == bytes + 10);
    EXPECT(NdisGetPoolFromNetBufferList(nbl) == pool);
    NdisFreeNetBufferList(nbl);
    NdisFreeMdl(mdl);
    NdisFreeNetBufferListPool(pool);
}

TEST_CASE(information_slots_are_the_drivers_to_set)
{
    NDIS_HANDLE pool = make_pool(FALSE, 0);
    REQUIRE(pool != NULL);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0);
    REQUIRE(nbl != NULL);
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO checksum = { 0 };

    checksum.Transmit.IsIPv4 = 1;
    checksum.Transmit.TcpChecksum = 1;
    checksum.Transmit.TcpHeaderOffset = 34;
    NET_BUFFER_LIST_INFO(nbl, TcpIpChecksumNetBufferListInfo) = checksum.Value;
    EXPECT_EQ((ULONG_PTR)NET_BUFFER_LIST_INFO(nbl, TcpIpChecksumNetBufferListInfo), 1 | 4 | 34 << 16);
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, (PVOID)7);
    EXPECT(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) == (PVOID)7);
    NET_BUFFER_LIST_SET_HASH_VALUE(nbl, 0x12345678);
    EXPECT_EQ(NET_BUFFER_LIST_GET_HASH_VALUE(nbl), 0x12345678);
    NdisSetNblFlag(nbl, NDIS_NBL_FLAGS_IS_IPV4);
    EXPECT(NdisTestNblFlag(nbl, NDIS_NBL_FLAGS_IS_IPV4));
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
}

TEST_CASE(header_space_is_added_and_released)
{
    NDIS_HANDLE pool = make_pool(TRUE, 64);
    REQUIRE(pool != NULL);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0);
    REQUIRE(nbl != NULL);
    PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl);

    EXPECT_EQ(NdisRetreatNetBufferDataStart(nb, 40, 0, NULL), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisRetreatNetBufferDataStart(nb, 40, 0, NULL), NDIS_STATUS_SUCCESS);     /* 16 more than there is */
    EXPECT_EQ(NET_BUFFER_DATA_LENGTH(nb), 80);
    EXPECT(NET_BUFFER_FIRST_MDL(nb)->Next != NULL);
    NdisAdvanceNetBufferDataStart(nb, 40, TRUE, NULL);
    EXPECT_EQ(NET_BUFFER_DATA_LENGTH(nb), 40);
    EXPECT(NET_BUFFER_FIRST_MDL(nb)->Next == NULL);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
}

TEST_CASE(queues_of_lists_keep_their_order)
{
    NDIS_HANDLE pool = make_pool(FALSE, 0);
    REQUIRE(pool != NULL);
    PNET_BUFFER_LIST list[3];
    NBL_COUNTED_QUEUE queue;

    NdisInitializeNblCountedQueue(&queue);
    for (int i = 0; i < 3; i++) {
        list[i] = NdisAllocateNetBufferList(pool, 0, 0);
        REQUIRE(list[i] != NULL);
        NdisAppendSingleNblToNblCountedQueue(&queue, list[i]);
    }
    EXPECT_EQ(queue.NblCount, 3);
    for (int i = 0; i < 3; i++) {
        EXPECT(NdisPopFirstNblFromNblCountedQueue(&queue) == list[i]);
        NdisFreeNetBufferList(list[i]);
    }
    EXPECT(NdisIsNblCountedQueueEmpty(&queue));
    NdisFreeNetBufferListPool(pool);
}
