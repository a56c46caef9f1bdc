/* Callouts of the stream layer in sublayers of their own: Stages[0] in the heaviest, and so on. docs: network/stream-inspection */
#ifndef TESTS_GUEST_WFP_STAGE_HELPERS_H
#define TESTS_GUEST_WFP_STAGE_HELPERS_H

#include "wfp_helpers.h"

#define STAGES 3

typedef struct _STAGE {
    GUID Key, SubLayer;
    UINT32 Id;
    UINT64 Filter;
    BOOLEAN Registered, Filtered;
    UINT64 Flow;                        /* of the connection that was shown last */
    volatile LONG Calls, Bytes, Ends, Aborts, Missed, Limits;
    LONG Want;                          /* a test's own */
    char Text[64];                      /* received bytes as they were shown last, */
    char All[256];                      /* and all that it let pass */
    SIZE_T Have;
    PNET_BUFFER_LIST Clone;
    SIZE_T CloneLength;
} STAGE;

static STAGE Stages[STAGES];
static HANDLE Injection;
static NDIS_HANDLE Pool;
static volatile LONG Injections, Completions, Bad;

static inline STAGE *StageOf(const FWPS_FILTER1 *filter)
{
    for (int n = 0; n < STAGES; n++)
        if (Stages[n].Id == filter->action.calloutId)
            return &Stages[n];
    Bad++;
    return &Stages[0];
}

/* Received bytes only; what is sent passes. *packet gets the data; its text is in stage->Text. */
static inline STAGE *Shown(const FWPS_FILTER1 *filter, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, FWPS_CLASSIFY_OUT0 *out,
                           FWPS_STREAM_CALLOUT_IO_PACKET0 **packet)
{
    STAGE *stage = StageOf(filter);
    FWPS_STREAM_DATA0 *stream;
    SIZE_T copied = 0;

    *packet = (FWPS_STREAM_CALLOUT_IO_PACKET0 *)data;
    stream = (*packet)->streamData;
    out->actionType = FWP_ACTION_PERMIT;
    if (!(stream->flags & FWPS_STREAM_FLAG_RECEIVE))
        return NULL;
    stage->Calls++;
    stage->Flow = meta->flowHandle;
    stage->Bytes += (LONG)stream->dataLength;
    stage->Missed += (LONG)(*packet)->missedBytes;
    stage->Ends += (stream->flags & FWPS_STREAM_FLAG_RECEIVE_DISCONNECT) != 0;
    stage->Aborts += (stream->flags & FWPS_STREAM_FLAG_RECEIVE_ABORT) != 0;
    stage->Limits += (out->flags & FWPS_CLASSIFY_OUT_FLAG_BUFFER_LIMIT_REACHED) != 0;
    RtlZeroMemory(stage->Text, sizeof(stage->Text));
    FwpsCopyStreamDataToBuffer0(stream, stage->Text, sizeof(stage->Text) - 1, &copied);
    return stage;
}

static inline void Remember(STAGE *stage, SIZE_T bytes)
{
    for (SIZE_T n = 0; n < bytes && stage->Have < sizeof(stage->All) - 1; n++)
        stage->All[stage->Have++] = stage->Text[n];
}

/* --- injecting ---- */

static VOID NTAPI TextInjected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    PMDL mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(list));

    Completions++;
    Bad += !NT_SUCCESS(list->Status);
    FwpsFreeNetBufferList0(list);
    ExFreePoolWithTag(MmGetMdlVirtualAddress(mdl), WSK_TEST_TAG);
    IoFreeMdl(mdl);
}

static inline NTSTATUS InjectText(STAGE *stage, UINT32 streamFlags, const char *text)
{
    SIZE_T size = strlen(text);
    PUCHAR bytes = (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, size, WSK_TEST_TAG);
    PMDL mdl = bytes != NULL ? IoAllocateMdl(bytes, (ULONG)size, FALSE, FALSE, NULL) : NULL;
    PNET_BUFFER_LIST list = NULL;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    if (mdl != NULL) {
        RtlCopyMemory(bytes, text, size);
        MmBuildMdlForNonPagedPool(mdl);
        status = FwpsAllocateNetBufferAndNetBufferList0(Pool, 0, 0, mdl, 0, size, &list);
    }
    if (NT_SUCCESS(status)) {
        Injections++;
        status = FwpsStreamInjectAsync0(Injection, NULL, 0, stage->Flow, stage->Id, FWPS_LAYER_STREAM_V4, streamFlags, list, size,
                                        TextInjected, NULL);
        Injections -= !NT_SUCCESS(status);
    }
    if (!NT_SUCCESS(status)) {
        if (list != NULL)
            FwpsFreeNetBufferList0(list);
        if (mdl != NULL)
            IoFreeMdl(mdl);
        if (bytes != NULL)
            ExFreePoolWithTag(bytes, WSK_TEST_TAG);
    }
    return status;
}

static VOID NTAPI CloneInjected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    Completions++;
    Bad += !NT_SUCCESS(list->Status);
    FwpsFreeCloneNetBufferList0(list, 0);
}

static inline NTSTATUS InjectClone(STAGE *stage, UINT32 streamFlags)
{
    PNET_BUFFER_LIST clone = stage->Clone;
    NTSTATUS status;

    stage->Clone = NULL;
    Injections++;
    status = FwpsStreamInjectAsync0(Injection, NULL, 0, stage->Flow, stage->Id, FWPS_LAYER_STREAM_V4, streamFlags, clone,
                                    stage->CloneLength, CloneInjected, NULL);
    if (!NT_SUCCESS(status)) {
        Injections--;
        FwpsDiscardClonedStreamData0(clone, 0, FALSE);
    }
    return status;
}

/* --- life ---- */

static inline NTSTATUS AddStageFilter(STAGE *stage, const GUID *layer, FWP_ACTION_TYPE action)
{
    FWPM_FILTER0 filter = {0};
    NTSTATUS status;

    filter.displayData.name = (WCHAR *)L"tests";
    filter.layerKey = *layer;
    filter.subLayerKey = stage->SubLayer;
    filter.weight.type = FWP_EMPTY;
    filter.action.type = action;
    filter.action.calloutKey = stage->Key;
    status = FwpmFilterAdd0(Engine, &filter, NULL, &stage->Filter);
    stage->Filtered = NT_SUCCESS(status);
    return status;
}

static inline BOOLEAN AddStage(int number, FWPS_CALLOUT_CLASSIFY_FN1 classify, FWPS_CALLOUT_FLOW_DELETE_NOTIFY_FN0 flowDelete,
                               FWP_ACTION_TYPE action, UINT32 flags)
{
    STAGE *stage = &Stages[number];
    FWPM_SUBLAYER0 sublayer = {0};
    FWPS_CALLOUT1 registered = {0};
    FWPM_CALLOUT0 callout = {0};

    RtlZeroMemory(stage, sizeof(*stage));
    stage->Key = stage->SubLayer = SubLayer;
    stage->SubLayer.Data1 += 100 + (ULONG)number;
    stage->Key.Data1 += 200 + (ULONG)number;
    sublayer.subLayerKey = stage->SubLayer;
    sublayer.displayData.name = (WCHAR *)L"tests";
    sublayer.weight = (UINT16)(0x1000 - number);
    registered.calloutKey = callout.calloutKey = stage->Key;
    registered.flags = flags;
    registered.classifyFn = classify;
    registered.notifyFn = HookNotify;
    registered.flowDeleteFn = flowDelete;
    callout.displayData.name = (WCHAR *)L"tests";
    callout.applicableLayer = FWPM_LAYER_STREAM_V4;
    if (FwpsCalloutRegister1(Device, &registered, &stage->Id) != STATUS_SUCCESS)
        return FALSE;
    stage->Registered = TRUE;
    return FwpmSubLayerAdd0(Engine, &sublayer, NULL) == STATUS_SUCCESS && FwpmCalloutAdd0(Engine, &callout, NULL, NULL) == STATUS_SUCCESS &&
           AddStageFilter(stage, &FWPM_LAYER_STREAM_V4, action) == STATUS_SUCCESS;
}

static inline BOOLEAN Stage(int number, FWPS_CALLOUT_CLASSIFY_FN1 classify)
{
    return AddStage(number, classify, NULL, FWP_ACTION_CALLOUT_UNKNOWN, 0);
}

static inline void RemoveStageFilter(STAGE *stage)
{
    if (stage->Filtered)
        EXPECT_EQ(FwpmFilterDeleteById0(Engine, stage->Filter), STATUS_SUCCESS);
    stage->Filtered = FALSE;
}

static inline void RemoveStage(STAGE *stage)
{
    if (!stage->Registered)
        return;
    RemoveStageFilter(stage);
    EXPECT_EQ(FwpmCalloutDeleteByKey0(Engine, &stage->Key), STATUS_SUCCESS);
    EXPECT_EQ(FwpmSubLayerDeleteByKey0(Engine, &stage->SubLayer), STATUS_SUCCESS);
    EXPECT_EQ(FwpsCalloutUnregisterById0(stage->Id), STATUS_SUCCESS);
    stage->Registered = FALSE;
}

static inline BOOLEAN OpenStages(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {{0}};

    Injections = Completions = Bad = 0;
    RtlZeroMemory(Stages, sizeof(Stages));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = WSK_TEST_TAG;
    Pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    return Pool != NULL && FwpsInjectionHandleCreate0(AF_UNSPEC, FWPS_INJECTION_TYPE_STREAM, &Injection) == STATUS_SUCCESS;
}

static inline void CloseStages(void)
{
    for (int n = 0; n < STAGES; n++)
        RemoveStage(&Stages[n]);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(Injection), STATUS_SUCCESS);
    NdisFreeNetBufferListPool(Pool);
    EXPECT_EQ(Completions, Injections);
    EXPECT_EQ(Bad, 0);
}

static inline void Disconnect(PWSK_SOCKET socket)
{
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskDisconnect(socket, NULL, 0, Irp)), STATUS_SUCCESS);
}

/* Until the peer's end, or `want` bytes. */
static inline SIZE_T ReceiveText(PWSK_SOCKET socket, char *text, SIZE_T size, SIZE_T want)
{
    ULONG_PTR got = 0;
    SIZE_T have = 0;

    text[0] = 0;
    do {
        if (Receive(socket, text + have, size - have - 1, 0, &got) != STATUS_SUCCESS)
            break;
        have += got;
    } while (got != 0 && have < want && have < size - 1);
    return have;
}

#define EXPECT_TEXT(text, expected) EXPECT(strcmp((text), (expected)) == 0)

#endif
