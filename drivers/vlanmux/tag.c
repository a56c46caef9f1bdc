/* 802.1Q tags in software: frames are copied, for the data of a list belongs to whoever made it. */
#include "vlanmux.h"

/* A list with room for Length bytes; *Data is where they go. NULL: no memory, or a frame that is too long. */
static PNET_BUFFER_LIST NewFrame(PLOWER Lower, ULONG Length, PUCHAR *Data)
{
    PNET_BUFFER_LIST list = Length <= Lower->FrameSize ? NdisAllocateNetBufferList(Lower->CopyPool, 0, 0) : NULL;
    PNET_BUFFER frame;

    if (list == NULL)
        return NULL;
    frame = NET_BUFFER_LIST_FIRST_NB(list);
    if (NdisRetreatNetBufferDataStart(frame, Length, 0, NULL) == NDIS_STATUS_SUCCESS) {
        *Data = NdisGetDataBuffer(frame, Length, NULL, 1, 0);
        if (*Data != NULL)
            return list;
    }
    NdisFreeNetBufferList(list);
    return NULL;
}

static BOOLEAN CopyFrame(PNET_BUFFER Frame, PUCHAR To)
{
    ULONG length = NET_BUFFER_DATA_LENGTH(Frame);
    PUCHAR from = NdisGetDataBuffer(Frame, length, To, 1, 0);

    if (from != NULL && from != To)
        NdisMoveMemory(To, from, length);
    return from != NULL;
}

static PNET_BUFFER_LIST InsertOne(PUPPER Upper, PNET_BUFFER Frame, USHORT Tag)
{
    ULONG length = NET_BUFFER_DATA_LENGTH(Frame);
    PNET_BUFFER_LIST list;
    PUCHAR data;

    if (length < MUX_ETHERNET_HEADER)
        return NULL;
    list = NewFrame(Upper->Lower, length + MUX_TAG_LENGTH, &data);
    if (list == NULL)
        return NULL;
    if (!CopyFrame(Frame, data + MUX_TAG_LENGTH)) {
        NdisFreeNetBufferList(list);
        return NULL;
    }
    RtlMoveMemory(data, data + MUX_TAG_LENGTH, MUX_ADDRESSES);
    data[12] = MUX_ETHERTYPE >> 8;
    data[13] = MUX_ETHERTYPE & 0xFF;
    data[14] = (UCHAR)(Tag >> 8);
    data[15] = (UCHAR)Tag;
    return list;
}

static VOID FreeAll(PNET_BUFFER_LIST Lists)
{
    PNET_BUFFER_LIST next;

    for (; Lists != NULL; Lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        NdisFreeNetBufferList(Lists);
    }
}

_Use_decl_annotations_
PNET_BUFFER_LIST TagInsert(PUPPER Upper, PNET_BUFFER_LIST List, NDIS_NET_BUFFER_LIST_8021Q_INFO Info)
{
    USHORT tag = (USHORT)(Info.TagHeader.UserPriority << 13 | Info.TagHeader.CanonicalFormatId << 12 | Info.TagHeader.VlanId);
    PNET_BUFFER_LIST first = NULL, *last = &first;

    NET_BUFFER_LIST_STATUS(List) = NDIS_STATUS_SUCCESS;
    for (PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(List); frame != NULL; frame = NET_BUFFER_NEXT_NB(frame)) {
        PNET_BUFFER_LIST copy = InsertOne(Upper, frame, tag);

        if (copy == NULL) {
            FreeAll(first);
            return NULL;
        }
        NdisCopySendNetBufferListInfo(copy, List);
        NET_BUFFER_LIST_INFO(copy, Ieee8021QNetBufferListInfo) = NULL;
        copy->ParentNetBufferList = List;
        copy->SourceHandle = Upper->Lower->Binding;
        MuxContext(List)->Copies++;
        *last = copy;
        last = &NET_BUFFER_LIST_NEXT_NBL(copy);
    }
    return first;
}

_Use_decl_annotations_
PNET_BUFFER_LIST TagStrip(PUPPER Upper, PNET_BUFFER_LIST List, USHORT Tag)
{
    PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(List);
    ULONG length = NET_BUFFER_DATA_LENGTH(frame);
    NDIS_NET_BUFFER_LIST_8021Q_INFO info;
    PNET_BUFFER_LIST copy;
    PUCHAR data;

    if (length < MUX_ETHERNET_HEADER + MUX_TAG_LENGTH)
        return NULL;
    copy = NewFrame(Upper->Lower, length, &data);
    if (copy == NULL)
        return NULL;
    if (!CopyFrame(frame, data)) {
        NdisFreeNetBufferList(copy);
        return NULL;
    }
    RtlMoveMemory(data + MUX_TAG_LENGTH, data, MUX_ADDRESSES);
    NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(copy), MUX_TAG_LENGTH, FALSE, NULL);
    NdisCopyReceiveNetBufferListInfo(copy, List);
    info.Value = NULL;
    info.TagHeader.UserPriority = Tag >> 13;
    info.TagHeader.CanonicalFormatId = (Tag >> 12) & 1;
    NET_BUFFER_LIST_INFO(copy, Ieee8021QNetBufferListInfo) = info.Value;
    copy->SourceHandle = Upper->Handle;
    NET_BUFFER_LIST_STATUS(copy) = NDIS_STATUS_SUCCESS;
    return copy;
}
