/* A filter driver for tests that want modules in a stack and change one thing of what they do. A source includes ndis.h with the
 * version it wants before this. */
#ifndef TESTS_GUEST_NDIS_MODULES_H
#define TESTS_GUEST_NDIS_MODULES_H

#include "testing.h"

#define MODULES_MAX 16
#define MODULES_TAG 'sdoM'

typedef struct {
    NDIS_HANDLE Handle;
    NET_IFINDEX IfIndex, BaseIfIndex, LowerIfIndex;
    NET_LUID Luid;
    UCHAR Address[6];
    LONG Attached, Restarted, Paused, Detached;
    volatile LONG Sent, Received, Own, Kept;
    NDIS_EVENT Changed;
} FILTER_MODULE;

static struct {
    NDIS_HANDLE Driver;
    FILTER_MODULE Module[MODULES_MAX];
    LONG Count;
    BOOLEAN KeepsSends, KeepsReceives, PendsPause, BlocksPause;
    NDIS_STATUS (*OnRestart)(FILTER_MODULE *Module, PNDIS_FILTER_RESTART_PARAMETERS Parameters);
    NDIS_STATUS (*OnEvent)(FILTER_MODULE *Module, PNET_PNP_EVENT_NOTIFICATION Notification);
} Filters;

static NDIS_STATUS NTAPI ModuleAttach(NDIS_HANDLE handle, NDIS_HANDLE context, PNDIS_FILTER_ATTACH_PARAMETERS parameters)
{
    FILTER_MODULE *module;
    NDIS_FILTER_ATTRIBUTES attributes = {
        { NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 }, 0
    };

    if (Filters.Count == MODULES_MAX)
        return NDIS_STATUS_RESOURCES;
    module = &Filters.Module[Filters.Count++];
    NdisZeroMemory(module, sizeof(*module));
    NdisInitializeEvent(&module->Changed);
    module->Handle = handle;
    module->IfIndex = parameters->IfIndex;
    module->Luid = parameters->NetLuid;
    module->BaseIfIndex = parameters->BaseMiniportIfIndex;
    module->LowerIfIndex = parameters->LowerIfIndex;
    module->Attached = 1;
    NdisMoveMemory(module->Address, parameters->CurrentMacAddress, 6);
    return NdisFSetAttributes(handle, module, &attributes);
}

static VOID NTAPI ModuleDetach(NDIS_HANDLE context)
{
    ((FILTER_MODULE *)context)->Attached = 0;
    ((FILTER_MODULE *)context)->Detached++;
}

static NDIS_STATUS NTAPI ModuleRestart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters)
{
    FILTER_MODULE *module = context;

    module->Restarted++;
    NdisSetEvent(&module->Changed);
    return Filters.OnRestart != NULL ? Filters.OnRestart(module, parameters) : NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI ModulePause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS parameters)
{
    FILTER_MODULE *module = context;
    KEVENT never;

    module->Paused++;
    if (Filters.BlocksPause) {
        KeInitializeEvent(&never, NotificationEvent, FALSE);
        KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);
    }
    return Filters.PendsPause ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ModuleSend(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    FILTER_MODULE *module = context;

    InterlockedIncrement(&module->Sent);
    if (Filters.KeepsSends)
        InterlockedIncrement(&module->Kept);
    else
        NdisFSendNetBufferLists(module->Handle, lists, port, flags);
}

static VOID NTAPI ModuleSent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    FILTER_MODULE *module = context;
    PNET_BUFFER_LIST next;

    for (; lists != NULL; lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(lists);
        NET_BUFFER_LIST_NEXT_NBL(lists) = NULL;
        if (lists->SourceHandle == module->Handle) {
            NdisFreeNetBufferList(lists);
            InterlockedIncrement(&module->Own);
        } else {
            NdisFSendNetBufferListsComplete(module->Handle, lists, flags);
        }
    }
}

static VOID NTAPI ModuleReceive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    FILTER_MODULE *module = context;

    InterlockedAdd(&module->Received, (LONG)count);
    if (Filters.KeepsReceives && !NDIS_TEST_RECEIVE_CANNOT_PEND(flags))
        InterlockedIncrement(&module->Kept);
    else
        NdisFIndicateReceiveNetBufferLists(module->Handle, lists, port, count, flags);
}

static VOID NTAPI ModuleReturn(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    NdisFReturnNetBufferLists(((FILTER_MODULE *)context)->Handle, lists, flags);
}

static VOID NTAPI ModuleStatus(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
    NdisFIndicateStatus(((FILTER_MODULE *)context)->Handle, indication);
}

static NDIS_STATUS NTAPI ModuleEvent(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification)
{
    FILTER_MODULE *module = context;

    if (Filters.OnEvent != NULL && Filters.OnEvent(module, notification) != NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_FAILURE;
    return NdisFNetPnPEvent(module->Handle, notification);
}

static inline NDIS_STATUS RegisterFilters(void)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c;

    Filters.Count = 0;
    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
    c.Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
    c.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = 6;
    c.MinorNdisVersion = 30;
    NdisInitUnicodeString(&c.FriendlyName, L"modules");
    NdisInitUnicodeString(&c.UniqueName, L"{52334e44-0000-4000-8000-00000000f118}");
    NdisInitUnicodeString(&c.ServiceName, L"modules");
    c.AttachHandler = ModuleAttach;
    c.DetachHandler = ModuleDetach;
    c.RestartHandler = ModuleRestart;
    c.PauseHandler = ModulePause;
    c.SendNetBufferListsHandler = ModuleSend;
    c.SendNetBufferListsCompleteHandler = ModuleSent;
    c.ReceiveNetBufferListsHandler = ModuleReceive;
    c.ReturnNetBufferListsHandler = ModuleReturn;
    c.StatusHandler = ModuleStatus;
    c.NetPnPEventHandler = ModuleEvent;
    return NdisFRegisterFilterDriver(TestDriverObject, &Filters, &c, &Filters.Driver);
}

/* One frame of 60 bytes from a module's adapter to `to`, made by the module; FALSE: no memory. */
static inline BOOLEAN ModuleSendsTo(FILTER_MODULE *module, const UCHAR *to, NDIS_HANDLE pool)
{
    PNET_BUFFER_LIST list = NdisAllocateNetBufferList(pool, 0, 0);
    PUCHAR data;

    if (list == NULL)
        return FALSE;
    if (NdisRetreatNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(list), 60, 0, NULL) != NDIS_STATUS_SUCCESS ||
        (data = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(list), 60, NULL, 1, 0)) == NULL) {
        NdisFreeNetBufferList(list);
        return FALSE;
    }
    NdisZeroMemory(data, 60);
    NdisMoveMemory(data, to, 6);
    NdisMoveMemory(data + 6, module->Address, 6);
    data[12] = 0x88;
    data[13] = 0xB5;
    list->SourceHandle = module->Handle;
    NdisFSendNetBufferLists(module->Handle, list, NDIS_DEFAULT_PORT_NUMBER, 0);
    return TRUE;
}

static inline NDIS_HANDLE ModulePool(NDIS_HANDLE owner)
{
    NET_BUFFER_LIST_POOL_PARAMETERS pool;

    NdisZeroMemory(&pool, sizeof(pool));
    pool.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    pool.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.fAllocateNetBuffer = TRUE;
    pool.DataSize = 64;
    pool.PoolTag = MODULES_TAG;
    return NdisAllocateNetBufferListPool(owner, &pool);
}

#endif
