/* The injection functions of drivers. Each queues and returns; completionFn is called at DISPATCH_LEVEL once the bytes are in the
 * stack, or with an error in the list's Status. All may be called at IRQL <= DISPATCH_LEVEL and return STATUS_SUCCESS,
 * STATUS_FWP_NULL_POINTER, STATUS_FWP_INJECT_HANDLE_STALE (not a handle for this), STATUS_FWP_INJECT_HANDLE_CLOSING,
 * STATUS_FWP_TCPIP_NOT_READY, STATUS_INVALID_PARAMETER, or STATUS_INSUFFICIENT_RESOURCES (too many not completed); then
 * completionFn is not called and the list is the caller's. docs: packet-injection-functions */
#include <string.h>

#include "fwp/injection.h"
#include "fwp/packet.h"

static bool is_ip(ADDRESS_FAMILY family)
{
    return family == AF_INET || family == AF_INET6;
}

/* The list begins with an IP header. docs: fwpsk/nf-fwpsk-fwpsinjectnetworksendasync0 */
NTSTATUS NTAPI FwpsInjectNetworkSendAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags,
                                           COMPARTMENT_ID compartmentId, NET_BUFFER_LIST *netBufferList,
                                           FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext)
{
    struct fwp_injection injection = {
        .kind = FWP_INJECT_NETWORK_SEND, .nbl = netBufferList, .completion = completionFn, .caller = PE_CALLER(), .completion_context = completionContext,
    };

    return flags ? STATUS_INVALID_PARAMETER : fwp_inject(injectionHandle, FWPS_INJECTION_TYPE_NETWORK, injectionContext, &injection);
}

/* The list begins with an IP header. docs: fwpsk/nf-fwpsk-fwpsinjectnetworkreceiveasync0 */
NTSTATUS NTAPI FwpsInjectNetworkReceiveAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags,
                                              COMPARTMENT_ID compartmentId, IF_INDEX interfaceIndex, IF_INDEX subInterfaceIndex,
                                              NET_BUFFER_LIST *netBufferList, FWPS_INJECT_COMPLETE0 *completionFn,
                                              HANDLE completionContext)
{
    struct fwp_injection injection = {
        .kind = FWP_INJECT_NETWORK_RECEIVE, .nbl = netBufferList, .completion = completionFn,
        .caller = PE_CALLER(), .completion_context = completionContext, .interface = interfaceIndex,
    };

    return flags ? STATUS_INVALID_PARAMETER : fwp_inject(injectionHandle, FWPS_INJECTION_TYPE_NETWORK, injectionContext, &injection);
}

/* The list begins with an IP header and leaves by the interface. docs: fwpsk/nf-fwpsk-fwpsinjectforwardasync0 */
NTSTATUS NTAPI FwpsInjectForwardAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags, ADDRESS_FAMILY addressFamily,
                                       COMPARTMENT_ID compartmentId, IF_INDEX interfaceIndex, NET_BUFFER_LIST *netBufferList,
                                       FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext)
{
    struct fwp_injection injection = {
        .kind = FWP_INJECT_FORWARD, .nbl = netBufferList, .completion = completionFn, .caller = PE_CALLER(), .completion_context = completionContext,
        .family = addressFamily, .interface = interfaceIndex,
    };

    if (flags || !is_ip(addressFamily))
        return STATUS_INVALID_PARAMETER;
    return fwp_inject(injectionHandle, FWPS_INJECTION_TYPE_FORWARD, injectionContext, &injection);
}

/* The list begins with a transport header, or without sendArgs with an IP header. endpointHandle: as classifyFn got it, 0 for none.
 * docs: fwpsk/nf-fwpsk-fwpsinjecttransportsendasync0 */
NTSTATUS NTAPI FwpsInjectTransportSendAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT64 endpointHandle, UINT32 flags,
                                             FWPS_TRANSPORT_SEND_PARAMS0 *sendArgs, ADDRESS_FAMILY addressFamily,
                                             COMPARTMENT_ID compartmentId, NET_BUFFER_LIST *netBufferList,
                                             FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext)
{
    struct fwp_injection injection = {
        .kind = FWP_INJECT_TRANSPORT_SEND, .nbl = netBufferList, .completion = completionFn,
        .caller = PE_CALLER(), .completion_context = completionContext, .family = addressFamily, .endpoint = endpointHandle,
    };

    if (flags || !is_ip(addressFamily))
        return STATUS_INVALID_PARAMETER;
    if (sendArgs && sendArgs->remoteAddress) {
        injection.has_remote = true;
        memcpy(injection.remote, sendArgs->remoteAddress, addressFamily == AF_INET ? 4 : 16);
        injection.scope = sendArgs->remoteScopeId.Value;
        injection.control = sendArgs->controlData;
        injection.control_size = sendArgs->controlDataLength;
    }
    return fwp_inject(injectionHandle, FWPS_INJECTION_TYPE_TRANSPORT, injectionContext, &injection);
}

/* As the first version; with headerIncludeHeader the list begins behind that header, which only a raw socket's packet has.
 * STATUS_NOT_SUPPORTED for one. docs: fwpsk/nf-fwpsk-fwpsinjecttransportsendasync1 */
NTSTATUS NTAPI FwpsInjectTransportSendAsync1(HANDLE injectionHandle, HANDLE injectionContext, UINT64 endpointHandle, UINT32 flags,
                                             FWPS_TRANSPORT_SEND_PARAMS1 *sendArgs, ADDRESS_FAMILY addressFamily,
                                             COMPARTMENT_ID compartmentId, NET_BUFFER_LIST *netBufferList,
                                             FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext)
{
    if (sendArgs && sendArgs->headerIncludeHeaderLength)
        return STATUS_NOT_SUPPORTED;
    return FwpsInjectTransportSendAsync0(injectionHandle, injectionContext, endpointHandle, flags,
                                         (FWPS_TRANSPORT_SEND_PARAMS0 *)sendArgs, addressFamily, compartmentId, netBufferList,
                                         completionFn, completionContext);
}

/* The list begins with an IP header. docs: fwpsk/nf-fwpsk-fwpsinjecttransportreceiveasync0 */
NTSTATUS NTAPI FwpsInjectTransportReceiveAsync0(HANDLE injectionHandle, HANDLE injectionContext, PVOID reserved, UINT32 flags,
                                                ADDRESS_FAMILY addressFamily, COMPARTMENT_ID compartmentId, IF_INDEX interfaceIndex,
                                                IF_INDEX subInterfaceIndex, NET_BUFFER_LIST *netBufferList,
                                                FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext)
{
    struct fwp_injection injection = {
        .kind = FWP_INJECT_TRANSPORT_RECEIVE, .nbl = netBufferList, .completion = completionFn,
        .caller = PE_CALLER(), .completion_context = completionContext, .family = addressFamily, .interface = interfaceIndex,
    };

    if (flags || reserved || !is_ip(addressFamily))
        return STATUS_INVALID_PARAMETER;
    return fwp_inject(injectionHandle, FWPS_INJECTION_TYPE_TRANSPORT, injectionContext, &injection);
}

/* The stack's own list, unchanged: nobody wants to hear of its end. */
static VOID NTAPI let_go(VOID *context, NET_BUFFER_LIST *nbl, BOOLEAN at_dispatch)
{
    FwpsDereferenceNetBufferList0(nbl, at_dispatch);
}

static bool is_original(const NET_BUFFER_LIST *nbl)
{
    return nbl && !nbl->ParentNetBufferList && fwp_packet_of(nbl);
}

/* Each list of the chain is an injection, and completes by itself. When one of the first cannot be queued, nothing is; later ones
 * complete with the error. */
static NTSTATUS inject_frames(HANDLE handle, HANDLE context, uint32_t flags, struct fwp_injection injection)
{
    NET_BUFFER_LIST *first = injection.nbl;
    NTSTATUS status = STATUS_FWP_NULL_POINTER;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    for (NET_BUFFER_LIST *nbl = first, *next; nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        injection.nbl = nbl;
        if (!injection.completion && is_original(nbl)) {
            injection.completion = let_go;
            FwpsReferenceNetBufferList0(nbl, FALSE);
        }
        status = fwp_inject(handle, FWPS_INJECTION_TYPE_L2, context, &injection);
        if (NT_SUCCESS(status))
            continue;
        if (injection.completion == let_go)
            FwpsDereferenceNetBufferList0(nbl, FALSE);
        nbl->Next = next;
        if (nbl == first)
            return status;
        for (; nbl; nbl = next) {
            next = nbl->Next;
            nbl->Next = NULL;
            nbl->Status = status;
            injection.completion(injection.completion_context, nbl, KeGetCurrentIrql() == DISPATCH_LEVEL);
        }
        return STATUS_SUCCESS;
    }
    return status;
}

/* The list, or chain, begins with a MAC header and is sent at the layer, OUTBOUND_MAC_FRAME_ETHERNET or _NATIVE, where it is classified
 * again. completionFn may be NULL for the list that classifyFn was shown, unchanged. docs: fwpsk/nf-fwpsk-fwpsinjectmacsendasync0 */
NTSTATUS NTAPI FwpsInjectMacSendAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags, UINT16 layerId,
                                       IF_INDEX interfaceIndex, NDIS_PORT_NUMBER NdisPortNumber, NET_BUFFER_LIST *netBufferLists,
                                       FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext)
{
    if (layerId != FWPS_LAYER_OUTBOUND_MAC_FRAME_ETHERNET && layerId != FWPS_LAYER_OUTBOUND_MAC_FRAME_NATIVE)
        return STATUS_INVALID_PARAMETER;
    return inject_frames(injectionHandle, injectionContext, flags, (struct fwp_injection){
        .kind = FWP_INJECT_MAC_SEND, .nbl = netBufferLists, .completion = completionFn, .caller = PE_CALLER(), .completion_context = completionContext,
        .layer = layerId, .interface = interfaceIndex, .port = NdisPortNumber,
    });
}

/* The same for frames that seem to be received, at INBOUND_MAC_FRAME_ETHERNET or _NATIVE.
 * docs: fwpsk/nf-fwpsk-fwpsinjectmacreceiveasync0 */
NTSTATUS NTAPI FwpsInjectMacReceiveAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags, UINT16 layerId,
                                          IF_INDEX interfaceIndex, NDIS_PORT_NUMBER NdisPortNumber,
                                          NET_BUFFER_LIST *netBufferLists, FWPS_INJECT_COMPLETE0 *completionFn,
                                          HANDLE completionContext)
{
    if (layerId != FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET && layerId != FWPS_LAYER_INBOUND_MAC_FRAME_NATIVE)
        return STATUS_INVALID_PARAMETER;
    return inject_frames(injectionHandle, injectionContext, flags, (struct fwp_injection){
        .kind = FWP_INJECT_MAC_RECEIVE, .nbl = netBufferLists, .completion = completionFn, .caller = PE_CALLER(), .completion_context = completionContext,
        .layer = layerId, .interface = interfaceIndex, .port = NdisPortNumber,
    });
}

static bool stream_flags_are_right(UINT32 flags)
{
    const UINT32 receive = FWPS_STREAM_FLAG_RECEIVE | FWPS_STREAM_FLAG_RECEIVE_DISCONNECT | FWPS_STREAM_FLAG_RECEIVE_EXPEDITED |
                           FWPS_STREAM_FLAG_RECEIVE_PUSH;
    const UINT32 send = FWPS_STREAM_FLAG_SEND | FWPS_STREAM_FLAG_SEND_DISCONNECT | FWPS_STREAM_FLAG_SEND_EXPEDITED |
                        FWPS_STREAM_FLAG_SEND_NODELAY;

    return flags & FWPS_STREAM_FLAG_RECEIVE ? !(flags & ~receive) : (flags & FWPS_STREAM_FLAG_SEND) && !(flags & ~send);
}

/* Puts dataLength bytes into a stream, behind what the callout has passed so far: callouts of lower-weight sublayers see them, it does not.
 * Each list of the chain completes by itself. A disconnect flag alone, with netBufferList NULL, ends the direction and completes nothing.
 * From within classifyFn or not. STATUS_FWP_INVALID_PARAMETER: flags of both directions or neither, of a reset, or another layer than
 * the flow's; STATUS_NOT_FOUND: no such flow; STATUS_FWP_CALLOUT_NOT_FOUND: the flow does not pass the callout;
 * STATUS_INVALID_DEVICE_STATE: behind the end of the direction, or while it is being reset; STATUS_INSUFFICIENT_RESOURCES: no memory, or
 * too many bytes wait. docs: fwpsk/nf-fwpsk-fwpsstreaminjectasync0 */
NTSTATUS NTAPI FwpsStreamInjectAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags, UINT64 flowId, UINT32 calloutId,
                                      UINT16 layerId, UINT32 streamFlags, NET_BUFFER_LIST *netBufferList, SIZE_T dataLength,
                                      FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext)
{
    struct fwp_injector *injector = fwp_injector_of(injectionHandle);
    NTSTATUS status = fwp_injector_ready(injector, FWPS_INJECTION_TYPE_STREAM);

    if (!NT_SUCCESS(status))
        return status;
    if (!completionFn)
        return STATUS_FWP_NULL_POINTER;
    if (flags || !stream_flags_are_right(streamFlags))
        return STATUS_FWP_INVALID_PARAMETER;
    if (!netBufferList && !(streamFlags & (FWPS_STREAM_FLAG_RECEIVE_DISCONNECT | FWPS_STREAM_FLAG_SEND_DISCONNECT)))
        return STATUS_FWP_NULL_POINTER;
    status = fwp_network()->inject_stream(flowId, calloutId, layerId, streamFlags, netBufferList, dataLength);
    for (NET_BUFFER_LIST *nbl = netBufferList, *next; NT_SUCCESS(status) && nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        nbl->Status = STATUS_SUCCESS;
        if (!NT_SUCCESS(fwp_complete_later(injector, nbl, completionFn, completionContext)))
            completionFn(completionContext, nbl, KeGetCurrentIrql() == DISPATCH_LEVEL);
    }
    return status;
}

/* Goes on with an inbound stream that the callout deferred. STATUS_INVALID_DEVICE_STATE: from within its classifyFn; STATUS_NOT_FOUND: no
 * such flow; STATUS_FWP_CALLOUT_NOT_FOUND: the flow does not pass the callout; STATUS_FWP_INVALID_PARAMETER: an outbound stream, or another
 * layer than the flow's. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsstreamcontinue0 */
NTSTATUS NTAPI FwpsStreamContinue0(UINT64 flowId, UINT32 calloutId, UINT16 layerId, UINT32 streamFlags)
{
    return fwp_network() ? fwp_network()->stream_continue(flowId, calloutId, layerId, streamFlags) : STATUS_FWP_TCPIP_NOT_READY;
}
