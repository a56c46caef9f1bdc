/* Metadata of a classification: what is known besides the layer's values, and which of it is present.
 * docs: fwpsk/ns-fwpsk-fwps_incoming_metadata_values0_, metadata-field-identifiers, metadata-field-l2-identifiers */
#ifndef RING3_FWP_METADATA_H
#define RING3_FWP_METADATA_H

#include <ndis.h>
#include <netioapi.h>
#include <fwpstypes.h>

RING3_BEGIN_C

#define FWPS_METADATA_FIELD_DISCARD_REASON 0x00000001
#define FWPS_METADATA_FIELD_FLOW_HANDLE 0x00000002
#define FWPS_METADATA_FIELD_IP_HEADER_SIZE 0x00000004
#define FWPS_METADATA_FIELD_PROCESS_PATH 0x00000008
#define FWPS_METADATA_FIELD_TOKEN 0x00000010
#define FWPS_METADATA_FIELD_PROCESS_ID 0x00000020
#define FWPS_METADATA_FIELD_SYSTEM_FLAGS 0x00000040
#define FWPS_METADATA_FIELD_RESERVED 0x00000080
#define FWPS_METADATA_FIELD_SOURCE_INTERFACE_INDEX 0x00000100
#define FWPS_METADATA_FIELD_DESTINATION_INTERFACE_INDEX 0x00000200
#define FWPS_METADATA_FIELD_TRANSPORT_HEADER_SIZE 0x00000400
#define FWPS_METADATA_FIELD_COMPARTMENT_ID 0x00000800
#define FWPS_METADATA_FIELD_FRAGMENT_DATA 0x00001000
#define FWPS_METADATA_FIELD_PATH_MTU 0x00002000
#define FWPS_METADATA_FIELD_COMPLETION_HANDLE 0x00004000
#define FWPS_METADATA_FIELD_TRANSPORT_ENDPOINT_HANDLE 0x00008000
#define FWPS_METADATA_FIELD_TRANSPORT_CONTROL_DATA 0x00010000
#define FWPS_METADATA_FIELD_REMOTE_SCOPE_ID 0x00020000
#define FWPS_METADATA_FIELD_PACKET_DIRECTION 0x00040000
#define FWPS_METADATA_FIELD_PACKET_SYSTEM_CRITICAL 0x00080000
#define FWPS_METADATA_FIELD_FORWARD_LAYER_OUTBOUND_PASS_THRU 0x00100000
#define FWPS_METADATA_FIELD_FORWARD_LAYER_INBOUND_PASS_THRU 0x00200000
#define FWPS_METADATA_FIELD_ALE_CLASSIFY_REQUIRED 0x00400000
#define FWPS_METADATA_FIELD_TRANSPORT_HEADER_INCLUDE_HEADER 0x00800000
#define FWPS_METADATA_FIELD_DESTINATION_PREFIX 0x01000000
#define FWPS_METADATA_FIELD_ETHER_FRAME_LENGTH 0x02000000
#define FWPS_METADATA_FIELD_PARENT_ENDPOINT_HANDLE 0x04000000
#define FWPS_METADATA_FIELD_ICMP_ID_AND_SEQUENCE 0x08000000
#define FWPS_METADATA_FIELD_LOCAL_REDIRECT_TARGET_PID 0x10000000
#define FWPS_METADATA_FIELD_ORIGINAL_DESTINATION 0x20000000
#define FWPS_METADATA_FIELD_REDIRECT_RECORD_HANDLE 0x40000000
#define FWPS_METADATA_FIELD_SUB_PROCESS_TAG 0x80000000
#define FWPS_L2_METADATA_FIELD_ETHERNET_MAC_HEADER_SIZE 0x00000001
#define FWPS_L2_METADATA_FIELD_WIFI_OPERATION_MODE 0x00000002
#define FWPS_L2_METADATA_FIELD_VSWITCH_SOURCE_PORT_ID 0x00000004
#define FWPS_L2_METADATA_FIELD_VSWITCH_SOURCE_NIC_INDEX 0x00000008
#define FWPS_L2_METADATA_FIELD_VSWITCH_PACKET_CONTEXT 0x00000010
#define FWPS_L2_METADATA_FIELD_VSWITCH_DESTINATION_PORT_ID 0x00000020
#define FWPS_L2_METADATA_FIELD_RESERVED 0x80000000

#define FWPS_IS_METADATA_FIELD_PRESENT(metadataValues, metadataField) \
    ((((metadataValues)->currentMetadataValues & (metadataField)) == (metadataField)) && (metadataField) != 0)
#define FWPS_IS_L2_METADATA_FIELD_PRESENT(metadataValues, metadataField) \
    ((((metadataValues)->currentL2MetadataValues & (metadataField)) == (metadataField)) && (metadataField) != 0)

#ifndef RING3_COMPARTMENT_ID
#define RING3_COMPARTMENT_ID
typedef enum {
    UNSPECIFIED_COMPARTMENT_ID = 0,
    DEFAULT_COMPARTMENT_ID
} COMPARTMENT_ID, *PCOMPARTMENT_ID;
#endif

typedef enum _IP_DISCARD_REASON {
    IpDiscardBadSourceAddress,
    IpDiscardNotLocallyDestined,
    IpDiscardProtocolUnreachable,
    IpDiscardPortUnreachable,
    IpDiscardBadLength,
    IpDiscardMalformedHeader,
    IpDiscardNoRoute,
    IpDiscardBeyondScope,
    IpDiscardInspectionDrop,
    IpDiscardTooManyDecapsulations,
    IpDiscardAdministrativelyProhibited,
    IpDiscardHopLimitExceeded,
    IpDiscardAddressUnreachable,
    IpDiscardRscPacket,
    IpDiscardArbitrationUnhandled,
    IpDiscardInspectionAbsorb,
    IpDiscardDontFragmentMtuExceeded,
    IpDiscardBufferLengthExceeded,
    IpDiscardAddressResolutionTimeout,
    IpDiscardAddressResolutionFailure,
    IpDiscardIpsecFailure,
    IpDiscardExtensionHeadersFailure,
    IpDiscardIpsnpiClientDrop,
    IpDiscardAllocationFailure,
    IpDiscardMax
} IP_DISCARD_REASON, *PIP_DISCARD_REASON;

typedef enum _INET_DISCARD_REASON {
    InetDiscardSourceUnspecified,
    InetDiscardDestinationMulticast,
    InetDiscardHeaderInvalid,
    InetDiscardChecksumInvalid,
    InetDiscardEndpointNotFound,
    InetDiscardConnectedPath,
    InetDiscardSessionState,
    InetDiscardReceiveInspection,
    InetDiscardAckInvalid,
    InetDiscardExpectedSyn,
    InetDiscardRst,
    InetDiscardSynRcvdSyn,
    InetDiscardSimultaneousConnect,
    InetDiscardPawsFailed,
    InetDiscardLandAttack,
    InetDiscardMissedReset,
    InetDiscardOutsideWindow,
    InetDiscardDuplicateSegment,
    InetDiscardClosedWindow,
    InetDiscardTcbRemoved,
    InetDiscardFinWait2,
    InetDiscardReassemblyConflict,
    InetDiscardFinReceived,
    InetDiscardListenerInvalidFlags,
    InetDiscardUrgentDeliveryAllocationFailure,
    InetDiscardTcbNotInTcbTable,
    InetDiscardTimeWaitTcbReceivedRstOutsideWindow,
    InetDiscardTimeWaitTcbSynAndOtherFlags,
    InetDiscardTimeWaitTcb,
    InetDiscardMax
} INET_DISCARD_REASON, *PINET_DISCARD_REASON;

/* Reasons of the filter engine itself (FWPS_DISCARD_MODULE_GENERAL). */
typedef enum FWPS_GENERAL_DISCARD_REASON_ {
    FWPS_DISCARD_FIREWALL_POLICY,
    FWPS_DISCARD_IPSEC,
    FWPS_GENERAL_DISCARD_REASON_MAX
} FWPS_GENERAL_DISCARD_REASON;

/* A member is valid only when its bit in currentMetadataValues or currentL2MetadataValues is set. */
typedef struct FWPS_INCOMING_METADATA_VALUES0_ {
    UINT32 currentMetadataValues;
    UINT32 flags;
    UINT64 reserved;
    FWPS_DISCARD_METADATA0 discardMetadata;
    UINT64 flowHandle;
    UINT32 ipHeaderSize;
    UINT32 transportHeaderSize;
    FWP_BYTE_BLOB *processPath;
    UINT64 token;
    UINT64 processId;
    UINT32 sourceInterfaceIndex;
    UINT32 destinationInterfaceIndex;
    ULONG compartmentId;
    FWPS_INBOUND_FRAGMENT_METADATA0 fragmentMetadata;
    ULONG pathMtu;
    HANDLE completionHandle;
    UINT64 transportEndpointHandle;
    SCOPE_ID remoteScopeId;
    WSACMSGHDR *controlData;
    ULONG controlDataLength;
    FWP_DIRECTION packetDirection;
    PVOID headerIncludeHeader;
    ULONG headerIncludeHeaderLength;
    IP_ADDRESS_PREFIX destinationPrefix;
    UINT16 frameLength;
    UINT64 parentEndpointHandle;
    UINT32 icmpIdAndSequence;
    DWORD localRedirectTargetPID;
    SOCKADDR *originalDestination;
    HANDLE redirectRecords;
    UINT32 currentL2MetadataValues;
    UINT32 l2Flags;
    UINT32 ethernetMacHeaderSize;
    UINT32 wiFiOperationMode;
    NDIS_SWITCH_PORT_ID vSwitchSourcePortId;
    NDIS_SWITCH_NIC_INDEX vSwitchSourceNicIndex;
    NDIS_SWITCH_PORT_ID vSwitchDestinationPortId;
    USHORT padding0;
    USHORT padding1;
    UINT32 padding2;
    HANDLE vSwitchPacketContext;
    PVOID subProcessTag;
    UINT64 reserved1;
    UINT32 l2ConnectionProfileIndex;
} FWPS_INCOMING_METADATA_VALUES0;
RING3_OFFSET(FWPS_INCOMING_METADATA_VALUES0, flowHandle, 32);
RING3_OFFSET(FWPS_INCOMING_METADATA_VALUES0, processPath, 48);
RING3_OFFSET(FWPS_INCOMING_METADATA_VALUES0, completionHandle, 104);
RING3_OFFSET(FWPS_INCOMING_METADATA_VALUES0, controlData, 128);
RING3_OFFSET(FWPS_INCOMING_METADATA_VALUES0, destinationPrefix, 156);
RING3_OFFSET(FWPS_INCOMING_METADATA_VALUES0, parentEndpointHandle, 192);
RING3_OFFSET(FWPS_INCOMING_METADATA_VALUES0, redirectRecords, 216);
RING3_OFFSET(FWPS_INCOMING_METADATA_VALUES0, vSwitchPacketContext, 264);
RING3_SIZE(FWPS_INCOMING_METADATA_VALUES0, 296);

RING3_END_C

#endif
