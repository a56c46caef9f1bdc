/* Packets of callouts: clones, copies, contexts of packets, and injection. docs: fwpsk, packet-injection-functions */
#ifndef RING3_FWP_INJECT_H
#define RING3_FWP_INJECT_H

#include <fwp/metadata.h>

RING3_BEGIN_C

#define FWPS_INJECTION_TYPE_STREAM 0x00000001
#define FWPS_INJECTION_TYPE_TRANSPORT 0x00000002
#define FWPS_INJECTION_TYPE_NETWORK 0x00000004
#define FWPS_INJECTION_TYPE_FORWARD 0x00000008
#define FWPS_INJECTION_TYPE_L2 0x00000010
#define FWPS_INJECTION_TYPE_VSWITCH_TRANSPORT 0x00000020

typedef enum FWPS_PACKET_INJECTION_STATE_ {
    FWPS_PACKET_NOT_INJECTED,
    FWPS_PACKET_INJECTED_BY_SELF,
    FWPS_PACKET_INJECTED_BY_OTHER,
    FWPS_PACKET_PREVIOUSLY_INJECTED_BY_SELF,
    FWPS_PACKET_INJECTION_STATE_MAX
} FWPS_PACKET_INJECTION_STATE;

/* The stack is done with an injected list: the driver has it back. `netBufferList->Status` says how it went. */
typedef VOID(NTAPI FWPS_INJECT_COMPLETE0)(VOID *context, NET_BUFFER_LIST *netBufferList, BOOLEAN dispatchLevel);

typedef struct FWPS_TRANSPORT_SEND_PARAMS0_ {
    UCHAR *remoteAddress;
    SCOPE_ID remoteScopeId;
    WSACMSGHDR *controlData;
    ULONG controlDataLength;
} FWPS_TRANSPORT_SEND_PARAMS0;
RING3_SIZE(FWPS_TRANSPORT_SEND_PARAMS0, 32);

typedef struct FWPS_TRANSPORT_SEND_PARAMS1_ {
    UCHAR *remoteAddress;
    SCOPE_ID remoteScopeId;
    WSACMSGHDR *controlData;
    ULONG controlDataLength;
    UCHAR *headerIncludeHeader;
    ULONG headerIncludeHeaderLength;
} FWPS_TRANSPORT_SEND_PARAMS1;
RING3_SIZE(FWPS_TRANSPORT_SEND_PARAMS1, 48);

NTSYSAPI NTSTATUS NTAPI FwpsInjectionHandleCreate0(ADDRESS_FAMILY addressFamily, UINT32 flags, HANDLE *injectionHandle);
NTSYSAPI NTSTATUS NTAPI FwpsInjectionHandleDestroy0(HANDLE injectionHandle);
NTSYSAPI FWPS_PACKET_INJECTION_STATE NTAPI FwpsQueryPacketInjectionState0(HANDLE injectionHandle,
                                                                          const NET_BUFFER_LIST *netBufferList,
                                                                          HANDLE *injectionContext);

NTSYSAPI NTSTATUS NTAPI FwpsInjectNetworkSendAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags,
                                                    COMPARTMENT_ID compartmentId, NET_BUFFER_LIST *netBufferList,
                                                    FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext);
NTSYSAPI NTSTATUS NTAPI FwpsInjectNetworkReceiveAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags,
                                                       COMPARTMENT_ID compartmentId, IF_INDEX interfaceIndex,
                                                       IF_INDEX subInterfaceIndex, NET_BUFFER_LIST *netBufferList,
                                                       FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext);
NTSYSAPI NTSTATUS NTAPI FwpsInjectForwardAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags,
                                                ADDRESS_FAMILY addressFamily, COMPARTMENT_ID compartmentId,
                                                IF_INDEX interfaceIndex, NET_BUFFER_LIST *netBufferList,
                                                FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext);
NTSYSAPI NTSTATUS NTAPI FwpsInjectTransportSendAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT64 endpointHandle,
                                                      UINT32 flags, FWPS_TRANSPORT_SEND_PARAMS0 *sendArgs,
                                                      ADDRESS_FAMILY addressFamily, COMPARTMENT_ID compartmentId,
                                                      NET_BUFFER_LIST *netBufferList, FWPS_INJECT_COMPLETE0 *completionFn,
                                                      HANDLE completionContext);
NTSYSAPI NTSTATUS NTAPI FwpsInjectTransportSendAsync1(HANDLE injectionHandle, HANDLE injectionContext, UINT64 endpointHandle,
                                                      UINT32 flags, FWPS_TRANSPORT_SEND_PARAMS1 *sendArgs,
                                                      ADDRESS_FAMILY addressFamily, COMPARTMENT_ID compartmentId,
                                                      NET_BUFFER_LIST *netBufferList, FWPS_INJECT_COMPLETE0 *completionFn,
                                                      HANDLE completionContext);
NTSYSAPI NTSTATUS NTAPI FwpsInjectTransportReceiveAsync0(HANDLE injectionHandle, HANDLE injectionContext, PVOID reserved,
                                                         UINT32 flags, ADDRESS_FAMILY addressFamily,
                                                         COMPARTMENT_ID compartmentId, IF_INDEX interfaceIndex,
                                                         IF_INDEX subInterfaceIndex, NET_BUFFER_LIST *netBufferList,
                                                         FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext);
NTSYSAPI NTSTATUS NTAPI FwpsInjectMacSendAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags, UINT16 layerId,
                                                IF_INDEX interfaceIndex, NDIS_PORT_NUMBER NdisPortNumber,
                                                NET_BUFFER_LIST *netBufferLists, FWPS_INJECT_COMPLETE0 *completionFn,
                                                HANDLE completionContext);
NTSYSAPI NTSTATUS NTAPI FwpsInjectMacReceiveAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags,
                                                   UINT16 layerId, IF_INDEX interfaceIndex, NDIS_PORT_NUMBER NdisPortNumber,
                                                   NET_BUFFER_LIST *netBufferLists, FWPS_INJECT_COMPLETE0 *completionFn,
                                                   HANDLE completionContext);

NTSYSAPI NTSTATUS NTAPI FwpsAllocateNetBufferAndNetBufferList0(NDIS_HANDLE poolHandle, USHORT contextSize,
                                                               USHORT contextBackFill, MDL *mdlChain, ULONG dataOffset,
                                                               SIZE_T dataLength, NET_BUFFER_LIST **netBufferList);
NTSYSAPI VOID NTAPI FwpsFreeNetBufferList0(NET_BUFFER_LIST *netBufferList);
NTSYSAPI NTSTATUS NTAPI FwpsAllocateCloneNetBufferList0(NET_BUFFER_LIST *originalNetBufferList,
                                                        NDIS_HANDLE netBufferListPoolHandle, NDIS_HANDLE netBufferPoolHandle,
                                                        ULONG allocateCloneFlags, NET_BUFFER_LIST **netBufferList);
NTSYSAPI NTSTATUS NTAPI FwpsAllocateDeepCloneNetBufferList0(NET_BUFFER_LIST *originalNetBufferList,
                                                            NDIS_HANDLE netBufferListPoolHandle,
                                                            NDIS_HANDLE netBufferPoolHandle,
                                                            NET_BUFFER_LIST **netBufferList);
NTSYSAPI VOID NTAPI FwpsFreeCloneNetBufferList0(NET_BUFFER_LIST *netBufferList, ULONG freeCloneFlags);
NTSYSAPI VOID NTAPI FwpsReferenceNetBufferList0(NET_BUFFER_LIST *netBufferList, BOOLEAN intendToModify);
NTSYSAPI VOID NTAPI FwpsDereferenceNetBufferList0(NET_BUFFER_LIST *netBufferList, BOOLEAN dispatchLevel);
NTSYSAPI NTSTATUS NTAPI FwpsConstructIpHeaderForTransportPacket0(
    NET_BUFFER_LIST *netBufferList, ULONG headerIncludeHeaderLength, ADDRESS_FAMILY addressFamily, const UCHAR *sourceAddress,
    const UCHAR *remoteAddress, IPPROTO nextProtocol, UINT64 endpointHandle, const WSACMSGHDR *controlData,
    ULONG controlDataLength, UINT32 flags, PVOID reserved, IF_INDEX interfaceIndex, IF_INDEX subInterfaceIndex);
NTSYSAPI NTSTATUS NTAPI FwpsReassembleForwardFragmentGroup0(ADDRESS_FAMILY addressFamily,
                                                            NET_BUFFER_LIST *fragmentGroupNblChain,
                                                            NDIS_HANDLE netBufferAndNetBufferListPoolHandle,
                                                            ULONG dataBackFill, UINT32 flags,
                                                            NET_BUFFER_LIST **reassembledNbl);

/* ---- contexts that follow a packet through the layers ---- */

#define FWPS_LAYER_NON_WFP 0xFFFF

typedef enum FWPS_NET_BUFFER_LIST_EVENT_TYPE0_ {
    FWPS_NET_BUFFER_LIST_ENTERED_NETIO,
    FWPS_NET_BUFFER_LIST_CLONED_BY_NETIO,
    FWPS_NET_BUFFER_LIST_CLONED_VIA_WFP_API,
    FWPS_NET_BUFFER_LIST_DUPLICATED_BY_NETIO,
    FWPS_NET_BUFFER_LIST_EXIT_NETIO,
    FWPS_NET_BUFFER_LIST_CONTEXT_REMOVED,
    FWPS_NET_BUFFER_LIST_NDIS_SEND_COMPLETE,
    FWPS_NET_BUFFER_LIST_NDIS_RECV_COMPLETE,
    FWPS_NET_BUFFER_LIST_NDIS_ETHERNET_SEND_COMPLETE,
    FWPS_NET_BUFFER_LIST_NDIS_ETHERNET_RECV_COMPLETE,
    FWPS_NET_BUFFER_LIST_NDIS_NATIVE_SEND_COMPLETE,
    FWPS_NET_BUFFER_LIST_NDIS_NATIVE_RECV_COMPLETE,
    FWPS_NET_BUFFER_LIST_NDIS_VSWITCH_INGRESS_COMPLETE,
    FWPS_NET_BUFFER_LIST_NDIS_VSWITCH_EGRESS_COMPLETE,
    FWPS_NET_BUFFER_LIST_CLONED_BY_NDIS,
    FWPS_NET_BUFFER_LIST_REASSEMBLED_FRAGMENT,
    FWPS_NET_BUFFER_LIST_REASSEMBLY_COMPLETE
} FWPS_NET_BUFFER_LIST_EVENT_TYPE0;

typedef VOID(NTAPI FWPS_NET_BUFFER_LIST_NOTIFY_FN0)(FWPS_NET_BUFFER_LIST_EVENT_TYPE0 eventType, NET_BUFFER_LIST *netBufferList,
                                                    NET_BUFFER_LIST *newNetBufferList, UINT16 layerId, UINT64 context,
                                                    UINT64 contextTag);
typedef NTSTATUS(NTAPI FWPS_NET_BUFFER_LIST_NOTIFY_FN1)(FWPS_NET_BUFFER_LIST_EVENT_TYPE0 eventType,
                                                        NET_BUFFER_LIST *netBufferList, NET_BUFFER_LIST *newNetBufferList,
                                                        UINT16 layerId, UINT64 context, UINT64 contextTag);

NTSYSAPI UINT64 NTAPI FwpsNetBufferListGetTagForContext0(VOID);
NTSYSAPI NTSTATUS NTAPI FwpsNetBufferListAssociateContext0(NET_BUFFER_LIST *netBufferList, UINT16 layerId, UINT64 context,
                                                           UINT64 contextTag, const GUID *providerGuid, VOID *deviceObject,
                                                           FWPS_NET_BUFFER_LIST_NOTIFY_FN0 *notifyFn, UINT32 flags);
NTSYSAPI NTSTATUS NTAPI FwpsNetBufferListAssociateContext1(NET_BUFFER_LIST *netBufferList, UINT16 layerId, UINT64 context,
                                                           UINT64 contextTag, const GUID *providerGuid, VOID *deviceObject,
                                                           FWPS_NET_BUFFER_LIST_NOTIFY_FN1 *notifyFn, UINT32 flags);
NTSYSAPI NTSTATUS NTAPI FwpsNetBufferListRetrieveContext0(NET_BUFFER_LIST *netBufferList, UINT64 contextTag,
                                                          BOOLEAN removeContext, UINT32 flags, UINT64 *context);
NTSYSAPI VOID NTAPI FwpsNetBufferListRemoveContext0(NET_BUFFER_LIST *netBufferList, UINT64 contextTag, UINT32 flags);

/* ---- what IPsec and the platform know about a packet ---- */

#define FWPS_PACKET_LIST_INFORMATION_QUERY_INBOUND 0x00000001
#define FWPS_PACKET_LIST_INFORMATION_QUERY_OUTBOUND 0x00000002
#define FWPS_PACKET_LIST_INFORMATION_QUERY_IPSEC 0x00000004
#define FWPS_PACKET_LIST_INFORMATION_QUERY_FWP 0x00000008
#define FWPS_PACKET_LIST_INFORMATION_QUERY_ALL_INBOUND                                                        \
    (FWPS_PACKET_LIST_INFORMATION_QUERY_INBOUND | FWPS_PACKET_LIST_INFORMATION_QUERY_IPSEC | \
     FWPS_PACKET_LIST_INFORMATION_QUERY_FWP)
#define FWPS_PACKET_LIST_INFORMATION_QUERY_ALL_OUTBOUND                                                       \
    (FWPS_PACKET_LIST_INFORMATION_QUERY_OUTBOUND | FWPS_PACKET_LIST_INFORMATION_QUERY_IPSEC | \
     FWPS_PACKET_LIST_INFORMATION_QUERY_FWP)

typedef struct FWPS_PACKET_LIST_INBOUND_IPSEC_INFORMATION0_ {
    UINT32 isSecure : 1;
    UINT32 isTransportMode : 1;
    UINT32 isTunnelMode : 1;
    UINT32 isTransportModeVerified : 1;
    UINT32 isTunnelModeVerified : 1;
    UINT32 isDeTunneled : 1;
} FWPS_PACKET_LIST_INBOUND_IPSEC_INFORMATION0;

typedef struct FWPS_PACKET_LIST_OUTBOUND_IPSEC_INFORMATION0_ {
    UINT32 isIPsecPolicyMatch : 1;
    UINT32 isTransportPolicyMatch : 1;
    UINT32 isTunnelPolicyMatch : 1;
    UINT32 isTunnelIPinIP : 1;
} FWPS_PACKET_LIST_OUTBOUND_IPSEC_INFORMATION0;

typedef union FWPS_PACKET_LIST_IPSEC_INFORMATION0_ {
    FWPS_PACKET_LIST_INBOUND_IPSEC_INFORMATION0 inbound;
    FWPS_PACKET_LIST_OUTBOUND_IPSEC_INFORMATION0 outbound;
    UINT32 flags;
} FWPS_PACKET_LIST_IPSEC_INFORMATION0;

typedef struct FWPS_PACKET_LIST_FWP_INFORMATION0_ {
    UINT32 isReinjected : 1;
} FWPS_PACKET_LIST_FWP_INFORMATION0;

typedef struct FWPS_PACKET_LIST_INFORMATION0_ {
    FWPS_PACKET_LIST_IPSEC_INFORMATION0 ipsecInformation;
    FWPS_PACKET_LIST_FWP_INFORMATION0 fwpInformation;
} FWPS_PACKET_LIST_INFORMATION0;
RING3_SIZE(FWPS_PACKET_LIST_INFORMATION0, 8);

NTSYSAPI NTSTATUS NTAPI FwpsGetPacketListSecurityInformation0(NET_BUFFER_LIST *packetList, UINT32 queryFlags,
                                                              FWPS_PACKET_LIST_INFORMATION0 *packetInformation);

RING3_END_C

#endif
