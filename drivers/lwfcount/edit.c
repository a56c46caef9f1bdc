/* Edited frames. A sent frame belongs to whoever sent it, and perhaps sends it again: a copy goes in its place. */
#include "lwfcount.h"

static BOOLEAN SetByte(PNET_BUFFER Frame, ULONG Offset, UCHAR Value)
{
    ULONG start = NET_BUFFER_CURRENT_MDL_OFFSET(Frame) + Offset;
    PMDL mdl = NET_BUFFER_CURRENT_MDL(Frame);
    PUCHAR data;

    if (Offset >= NET_BUFFER_DATA_LENGTH(Frame))
        return FALSE;
    while (mdl != NULL && start >= MmGetMdlByteCount(mdl)) {
        start -= MmGetMdlByteCount(mdl);
        mdl = mdl->Next;
    }
    data = mdl != NULL ? MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute) : NULL;
    if (data == NULL)
        return FALSE;
    data[start] = Value;
    return TRUE;
}

/* A list of our own with the same frame; NULL: it has several, is too long, or there is no memory. */
static PNET_BUFFER_LIST CopyList(PMODULE Module, PNET_BUFFER_LIST List)
{
    PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(List);
    ULONG length = NET_BUFFER_DATA_LENGTH(frame), copied = 0;
    PNET_BUFFER_LIST copy;

    if (NET_BUFFER_NEXT_NB(frame) != NULL || length > LWF_FRAME_SIZE || length <= Module->Settings.EditOffset)
        return NULL;
    copy = NdisAllocateNetBufferList(Module->Pool, 0, 0);
    if (copy == NULL)
        return NULL;
    if (NdisRetreatNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(copy), length, 0, NULL) == NDIS_STATUS_SUCCESS &&
        NdisCopyFromNetBufferToNetBuffer(NET_BUFFER_LIST_FIRST_NB(copy), 0, length, frame, 0, &copied) == NDIS_STATUS_SUCCESS &&
        copied == length && SetByte(NET_BUFFER_LIST_FIRST_NB(copy), Module->Settings.EditOffset, (UCHAR)Module->Settings.EditValue)) {
        NdisCopySendNetBufferListInfo(copy, List);
        copy->SourceHandle = Module->Handle;
        return copy;
    }
    NdisFreeNetBufferList(copy);
    return NULL;
}

VOID EditRelease(PMODULE Module, PNET_BUFFER_LIST List)
{
    UNREFERENCED_PARAMETER(Module);
    NdisAdvanceNetBufferListDataStart(List, NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(List)), FALSE, NULL);
    NdisFreeNetBufferList(List);
}

PNET_BUFFER_LIST EditSends(PMODULE Module, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    PNET_BUFFER_LIST rest = NULL, *last = &rest, done = NULL, *lastDone = &done, copies = NULL, *lastCopy = &copies;
    LONG count = 0;

    for (PNET_BUFFER_LIST list = Lists, next; list != NULL; list = next) {
        PNET_BUFFER_LIST copy = CopyList(Module, list);

        next = NET_BUFFER_LIST_NEXT_NBL(list);
        NET_BUFFER_LIST_NEXT_NBL(list) = NULL;
        if (copy == NULL) {
            *last = list;
            last = &NET_BUFFER_LIST_NEXT_NBL(list);
            continue;
        }
        *lastCopy = copy;
        lastCopy = &NET_BUFFER_LIST_NEXT_NBL(copy);
        NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;
        *lastDone = list;
        lastDone = &NET_BUFFER_LIST_NEXT_NBL(list);
        count++;
    }
    if (count == 0)
        return rest;
    NdisAcquireSpinLock(&Module->Lock);
    Module->Outstanding += count;
    NdisReleaseSpinLock(&Module->Lock);
    Module->Counters[NdisCurrentProcessorIndex()].Edited += (ULONG)count;
    NdisFSendNetBufferLists(Module->Handle, copies, Port, Flags);
    NdisFSendNetBufferListsComplete(Module->Handle, done, NDIS_TEST_SEND_AT_DISPATCH_LEVEL(Flags)
                                    ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
    return rest;
}

/* A received frame is ours to change until we pass it on. */
VOID EditReceived(PMODULE Module, PNET_BUFFER_LIST Lists)
{
    ULONG count = 0;

    for (; Lists != NULL; Lists = NET_BUFFER_LIST_NEXT_NBL(Lists))
        count += SetByte(NET_BUFFER_LIST_FIRST_NB(Lists), Module->Settings.EditOffset, (UCHAR)Module->Settings.EditValue);
    Module->Counters[NdisCurrentProcessorIndex()].Edited += count;
}
