/* A protocol driver bound to the first Ethernet adapter, for tests: requests that wait, frames out and in.
 * A source includes ndis.h with the version it wants before this. */
#ifndef TESTS_GUEST_NDIS_BOUND_H
#define TESTS_GUEST_NDIS_BOUND_H

#include "testing.h"

#define BOUND_TAG 'dnuB'
#define BOUND_FRAMES 128
#define BOUND_FRAME 5632
#define BOUND_MARK 0x7A             /* in the first byte of IPv4 source addresses: frames of the test */

typedef struct {
    ULONG Length, Processor;
    ULONG Hash, HashType;
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO Checksum;
    NDIS_NET_BUFFER_LIST_8021Q_INFO Vlan;
    NDIS_RSC_NBL_INFO Coalesced;
    ULONG_PTR TimestampDelta;
    UCHAR Bytes[BOUND_FRAME];
} BOUND_RECEIVED;

static struct {
    NDIS_HANDLE Protocol, Binding, Pool;
    BOOLEAN Running;
    PDEVICE_OBJECT Device;
    UCHAR Address[6];
    BOOLEAN HasScaling;
    NDIS_RECEIVE_SCALE_CAPABILITIES Scaling;
    NDIS_OFFLOAD Offload;
    ULONG OffloadStatus;            /* NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG indications */
    LONG ResetStarts, ResetEnds, LowPower, FullPower, Pauses, Restarts;
    NDIS_EVENT Opened, Done, Started, Sent;
    NDIS_STATUS OpenStatus, DoneStatus, SentStatus;
    PVOID SentInfo;
    volatile LONG Taken, Count;     /* places given out; frames that are whole */
    BOUND_RECEIVED *Frame;
} Bound;

static inline NDIS_STATUS BoundWait(NDIS_STATUS status, NDIS_EVENT *event, NDIS_STATUS *result)
{
    if (status != NDIS_STATUS_PENDING)
        return status;
    return NdisWaitEvent(event, 10000) ? *result : NDIS_STATUS_FAILURE;
}

/* --- handlers ---- */

static NDIS_STATUS NTAPI BoundBind(NDIS_HANDLE context, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS parameters)
{
    NDIS_MEDIUM medium = NdisMedium802_3;
    NET_FRAME_TYPE types[] = { NDIS_ETH_TYPE_IPV4, NDIS_ETH_TYPE_IPV6 };
    UINT selected = 0;
    NDIS_OPEN_PARAMETERS open;

    if (Bound.Binding != NULL || parameters->MediaType != NdisMedium802_3)
        return NDIS_STATUS_NOT_ACCEPTED;
    NdisMoveMemory(Bound.Address, parameters->CurrentMacAddress, 6);
    Bound.Device = parameters->PhysicalDeviceObject;
    Bound.HasScaling = parameters->RcvScaleCapabilities != NULL;
    if (Bound.HasScaling)
        NdisMoveMemory(&Bound.Scaling, parameters->RcvScaleCapabilities, NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2);
    if (parameters->DefaultOffloadConfiguration != NULL)
        NdisMoveMemory(&Bound.Offload, parameters->DefaultOffloadConfiguration,
                       min(sizeof(Bound.Offload), parameters->DefaultOffloadConfiguration->Header.Size));
    NdisZeroMemory(&open, sizeof(open));
    open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    open.AdapterName = parameters->AdapterName;
    open.MediumArray = &medium;
    open.MediumArraySize = 1;
    open.SelectedMediumIndex = &selected;
    open.FrameTypeArray = types;
    open.FrameTypeArraySize = 2;
    return BoundWait(NdisOpenAdapterEx(Bound.Protocol, &Bound, &open, bind, &Bound.Binding), &Bound.Opened, &Bound.OpenStatus);
}

static NDIS_STATUS NTAPI BoundUnbind(NDIS_HANDLE unbind, NDIS_HANDLE context)
{
    NDIS_STATUS status;

    NdisResetEvent(&Bound.Opened);
    status = NdisCloseAdapterEx(Bound.Binding);
    if (status == NDIS_STATUS_PENDING)
        NdisWaitEvent(&Bound.Opened, 0);
    Bound.Binding = NULL;
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI BoundOpened(NDIS_HANDLE context, NDIS_STATUS status)
{
    Bound.OpenStatus = status;
    NdisSetEvent(&Bound.Opened);
}

static VOID NTAPI BoundClosed(NDIS_HANDLE context)
{
    NdisSetEvent(&Bound.Opened);
}

static NDIS_STATUS NTAPI BoundEvent(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification)
{
    switch (notification->NetPnPEvent.NetEvent) {
    case NetEventRestart:
        Bound.Running = TRUE;
        Bound.Restarts++;
        NdisSetEvent(&Bound.Started);
        return NDIS_STATUS_SUCCESS;
    case NetEventPause:
        Bound.Running = FALSE;
        Bound.Pauses++;
        NdisResetEvent(&Bound.Started);
        return NDIS_STATUS_SUCCESS;
    case NetEventSetPower:
        if (*(PNET_DEVICE_POWER_STATE)notification->NetPnPEvent.Buffer == NetDeviceStateD0)
            Bound.FullPower++;
        else
            Bound.LowPower++;
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_SUCCESS;
    }
}

static VOID NTAPI BoundRequestDone(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
    Bound.DoneStatus = status;
    NdisSetEvent(&Bound.Done);
}

static VOID NTAPI BoundStatus(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
    switch (indication->StatusCode) {
    case NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG:
        NdisMoveMemory(&Bound.Offload, indication->StatusBuffer, min(sizeof(Bound.Offload), indication->StatusBufferSize));
        Bound.OffloadStatus++;
        break;
    case NDIS_STATUS_RESET_START:
        Bound.ResetStarts++;
        break;
    case NDIS_STATUS_RESET_END:
        Bound.ResetEnds++;
        break;
    default:
        break;
    }
}

/* TRUE for IPv4 with the mark, IPv6 with it in the source address, and nothing else. */
static inline BOOLEAN BoundMarked(const UCHAR *frame, ULONG length)
{
    if (length < 14 + 40)
        return FALSE;
    return (frame[12] == 8 && frame[13] == 0 && frame[26] == BOUND_MARK) ||
           (frame[12] == 0x86 && frame[13] == 0xDD && frame[22] == BOUND_MARK);
}

static inline void BoundKeep(PNET_BUFFER_LIST list)
{
    PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(list);
    ULONG length = NET_BUFFER_DATA_LENGTH(nb);
    UCHAR scratch[64];
    PUCHAR head = length >= 54 ? NdisGetDataBuffer(nb, 54, scratch, 1, 0) : NULL, all;
    BOUND_RECEIVED *frame;
    LONG at;

    if (head == NULL || length > BOUND_FRAME || !BoundMarked(head, length))
        return;
    at = InterlockedIncrement(&Bound.Taken) - 1;
    if (at >= BOUND_FRAMES)
        return;
    frame = &Bound.Frame[at];
    all = NdisGetDataBuffer(nb, length, frame->Bytes, 1, 0);
    if (all != NULL && all != frame->Bytes)
        NdisMoveMemory(frame->Bytes, all, length);
    frame->Processor = KeGetCurrentProcessorNumberEx(NULL);
    frame->Hash = NET_BUFFER_LIST_GET_HASH_VALUE(list);
    frame->HashType = NET_BUFFER_LIST_GET_HASH_TYPE(list);
    frame->Checksum.Value = NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo);
    frame->Vlan.Value = NET_BUFFER_LIST_INFO(list, Ieee8021QNetBufferListInfo);
    frame->Coalesced.Value = NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo);
    frame->TimestampDelta = (ULONG_PTR)NET_BUFFER_LIST_INFO(list, RscTcpTimestampDelta);
    frame->Length = length;
    InterlockedIncrement(&Bound.Count);
}

static VOID NTAPI BoundReceive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    for (PNET_BUFFER_LIST list = lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list))
        BoundKeep(list);
    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(flags))
        NdisReturnNetBufferLists(Bound.Binding, lists, NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

static VOID NTAPI BoundSent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    Bound.SentStatus = NET_BUFFER_LIST_STATUS(lists);
    Bound.SentInfo = NET_BUFFER_LIST_INFO(lists, TcpLargeSendNetBufferListInfo);
    NdisSetEvent(&Bound.Sent);
}

/* --- calls ---- */

static inline NDIS_STATUS BoundRequest(NDIS_REQUEST_TYPE type, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written)
{
    NDIS_OID_REQUEST request;
    NDIS_STATUS status;

    NdisZeroMemory(&request, sizeof(request));
    request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request.RequestType = type;
    request.DATA.QUERY_INFORMATION.Oid = oid;
    request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
    request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
    NdisResetEvent(&Bound.Done);
    status = BoundWait(NdisOidRequest(Bound.Binding, &request), &Bound.Done, &Bound.DoneStatus);
    if (written != NULL)
        *written = request.DATA.QUERY_INFORMATION.BytesWritten;
    return status;
}

static inline NDIS_STATUS BoundSet(NDIS_OID oid, PVOID buffer, ULONG length)
{
    return BoundRequest(NdisRequestSetInformation, oid, buffer, length, NULL);
}

static inline NDIS_STATUS BoundQuery(NDIS_OID oid, PVOID buffer, ULONG length, PULONG written)
{
    return BoundRequest(NdisRequestQueryInformation, oid, buffer, length, written);
}

/* Sends one frame, `frame` in nonpaged pool, with one word of information in slot `id`; waits for its completion. */
static inline NDIS_STATUS BoundSend(PVOID frame, ULONG length, NDIS_NET_BUFFER_LIST_INFO id, PVOID info)
{
    PMDL mdl = NdisAllocateMdl(Bound.Binding, frame, length);
    PNET_BUFFER_LIST list;
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;

    if (mdl == NULL)
        return status;
    list = NdisAllocateNetBufferAndNetBufferList(Bound.Pool, 0, 0, mdl, 0, length);
    if (list != NULL) {
        list->SourceHandle = Bound.Binding;
        NET_BUFFER_LIST_INFO(list, id) = info;
        NdisResetEvent(&Bound.Sent);
        NdisSendNetBufferLists(Bound.Binding, list, NDIS_DEFAULT_PORT_NUMBER, 0);
        status = NdisWaitEvent(&Bound.Sent, 10000) ? Bound.SentStatus : NDIS_STATUS_FAILURE;
        NdisFreeNetBufferList(list);
    }
    NdisFreeMdl(mdl);
    return status;
}

/* Waits until `count` frames of the test have come in. */
static inline BOOLEAN BoundAwait(LONG count)
{
    LARGE_INTEGER moment;

    moment.QuadPart = -10000;
    for (ULONG i = 0; i < 2000 && Bound.Count < count; i++)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    return Bound.Count >= count;
}

static inline BOOLEAN BoundOpen(void)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c;
    NET_BUFFER_LIST_POOL_PARAMETERS pool;
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;

    NdisInitializeEvent(&Bound.Opened);
    NdisInitializeEvent(&Bound.Done);
    NdisInitializeEvent(&Bound.Started);
    NdisInitializeEvent(&Bound.Sent);
    Bound.Frame = ExAllocatePoolWithTag(NonPagedPoolNx, BOUND_FRAMES * sizeof(*Bound.Frame), BOUND_TAG);
    if (Bound.Frame == NULL)
        return FALSE;
    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    c.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1;
    c.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1;
    c.MajorNdisVersion = 6;
    c.MinorNdisVersion = 30;
    NdisInitUnicodeString(&c.Name, L"BOUND");
    c.BindAdapterHandlerEx = BoundBind;
    c.UnbindAdapterHandlerEx = BoundUnbind;
    c.OpenAdapterCompleteHandlerEx = BoundOpened;
    c.CloseAdapterCompleteHandlerEx = BoundClosed;
    c.NetPnPEventHandler = BoundEvent;
    c.OidRequestCompleteHandler = BoundRequestDone;
    c.StatusHandlerEx = BoundStatus;
    c.ReceiveNetBufferListsHandler = BoundReceive;
    c.SendNetBufferListsCompleteHandler = BoundSent;
    if (NdisRegisterProtocolDriver(NULL, &c, &Bound.Protocol) != NDIS_STATUS_SUCCESS || !NdisWaitEvent(&Bound.Started, 10000))
        return FALSE;
    NdisZeroMemory(&pool, sizeof(pool));
    pool.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    pool.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.fAllocateNetBuffer = TRUE;
    pool.PoolTag = BOUND_TAG;
    Bound.Pool = NdisAllocateNetBufferListPool(Bound.Protocol, &pool);
    return Bound.Pool != NULL && BoundSet(OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter)) == NDIS_STATUS_SUCCESS;
}

static inline void BoundClose(void)
{
    if (Bound.Pool != NULL)
        NdisFreeNetBufferListPool(Bound.Pool);
    if (Bound.Protocol != NULL)
        NdisDeregisterProtocolDriver(Bound.Protocol);
    if (Bound.Frame != NULL)
        ExFreePoolWithTag(Bound.Frame, BOUND_TAG);
}

/* --- frames ---- */

static inline void Put16(PUCHAR at, ULONG value)
{
    at[0] = (UCHAR)(value >> 8);
    at[1] = (UCHAR)value;
}

static inline ULONG Get16(const UCHAR *at)
{
    return (ULONG)(at[0] << 8 | at[1]);
}

static inline ULONG Get32(const UCHAR *at)
{
    return Get16(at) << 16 | Get16(at + 2);
}

/* One's complement sum, not folded. */
static inline ULONG SumOf(const UCHAR *bytes, ULONG length, ULONG sum)
{
    for (ULONG i = 0; i < length; i++)
        sum += i % 2 != 0 ? bytes[i] : (ULONG)bytes[i] << 8;
    return sum;
}

static inline ULONG Folded(ULONG sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

/* Ethernet, IPv4 or IPv6 and TCP or UDP headers; checksums are zero. Returns where the transport header is. */
static inline ULONG BuildHeaders(PUCHAR frame, BOOLEAN v6, UCHAR protocol, USHORT sourcePort, ULONG payload)
{
    ULONG transport = v6 ? 54 : 34, header = protocol == 6 ? 20 : 8;

    NdisZeroMemory(frame, transport + header);
    NdisMoveMemory(frame, Bound.Address, 6);
    NdisMoveMemory(frame + 6, Bound.Address, 6);
    if (v6) {
        Put16(frame + 12, 0x86DD);
        frame[14] = 0x60;
        Put16(frame + 18, header + payload);
        frame[20] = protocol;
        frame[21] = 64;
        frame[22] = BOUND_MARK;
        frame[37] = 1;
        frame[38] = 0xFD;
        frame[53] = 2;
    } else {
        Put16(frame + 12, 0x0800);
        frame[14] = 0x45;
        Put16(frame + 16, 20 + header + payload);
        Put16(frame + 18, 0x1234);
        frame[22] = 64;
        frame[23] = protocol;
        frame[26] = BOUND_MARK;
        frame[29] = 1;
        frame[30] = 198;
        frame[31] = 51;
        frame[32] = 100;
        frame[33] = 2;
        Put16(frame + 24, ~Folded(SumOf(frame + 14, 20, 0)));
    }
    Put16(frame + transport, sourcePort);
    Put16(frame + transport + 2, 7);
    if (protocol == 6) {
        Put16(frame + transport + 4, 0x1000);
        frame[transport + 12] = 0x50;
        frame[transport + 13] = 0x18;   /* ACK, PSH */
    } else {
        Put16(frame + transport + 4, header + payload);
    }
    return transport;
}

/* The sum of the pseudo-header, without the length. */
static inline ULONG PseudoSum(const UCHAR *frame, BOOLEAN v6)
{
    return v6 ? SumOf(frame + 22, 32, frame[20]) : SumOf(frame + 26, 8, frame[23]);
}

/* TRUE when the transport checksum of a frame in one piece holds. */
static inline BOOLEAN ChecksumHolds(const UCHAR *frame, BOOLEAN v6)
{
    ULONG transport = v6 ? 54 : 34;
    ULONG length = v6 ? Get16(frame + 18) : Get16(frame + 16) - 20;

    if (!v6 && Folded(SumOf(frame + 14, 20, 0)) != 0xFFFF)
        return FALSE;
    return Folded(SumOf(frame + transport, length, PseudoSum(frame, v6) + length)) == 0xFFFF;
}

#endif
