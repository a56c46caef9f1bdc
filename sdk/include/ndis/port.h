/* NDIS ports: parts of an adapter that connect and are authorized one by one. docs: network/types-of-ndis-ports */
#ifndef RING3_NDIS_PORT_H
#define RING3_NDIS_PORT_H

#include <ndis/media.h>

/* 0 to 0xffffff; 0 is the default port. */
typedef ULONG NDIS_PORT_NUMBER, *PNDIS_PORT_NUMBER;

/* docs: ntddndis/ns-ntddndis-_ndis_port_characteristics (Type) */
typedef enum _NDIS_PORT_TYPE {
    NdisPortTypeUndefined,
    NdisPortTypeBridge,
    NdisPortTypeRasConnection,
    NdisPortType8021xSupplicant,
#if NDIS_SUPPORT_NDIS630
    NdisPortTypeNdisImPlatform,
#endif
    NdisPortTypeMax,
} NDIS_PORT_TYPE, *PNDIS_PORT_TYPE;

/* Does the port need authorization? docs: ntddndis/ns-ntddndis-_ndis_port_state (SendControlState) */
typedef enum _NDIS_PORT_CONTROL_STATE {
    NdisPortControlStateUnknown,
    NdisPortControlStateControlled,
    NdisPortControlStateUncontrolled
} NDIS_PORT_CONTROL_STATE, *PNDIS_PORT_CONTROL_STATE;

/* And does it have it? docs: ntddndis/ns-ntddndis-_ndis_port_state (SendAuthorizationState) */
typedef enum _NDIS_PORT_AUTHORIZATION_STATE {
    NdisPortAuthorizationUnknown,
    NdisPortAuthorized,
    NdisPortUnauthorized,
    NdisPortReauthorizing
} NDIS_PORT_AUTHORIZATION_STATE, *PNDIS_PORT_AUTHORIZATION_STATE;

/* What a port is. docs: ntddndis/ns-ntddndis-_ndis_port_characteristics */
typedef struct _NDIS_PORT_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    NDIS_PORT_NUMBER PortNumber;
    ULONG Flags; /* NDIS_PORT_CHAR_ */
    NDIS_PORT_TYPE Type;
    NDIS_MEDIA_CONNECT_STATE MediaConnectState;
    ULONG64 XmitLinkSpeed; /* bits per second, -1 when unknown */
    ULONG64 RcvLinkSpeed;
    NET_IF_DIRECTION_TYPE Direction;
    NDIS_PORT_CONTROL_STATE SendControlState;
    NDIS_PORT_CONTROL_STATE RcvControlState;
    NDIS_PORT_AUTHORIZATION_STATE SendAuthorizationState;
    NDIS_PORT_AUTHORIZATION_STATE RcvAuthorizationState;
} NDIS_PORT_CHARACTERISTICS, *PNDIS_PORT_CHARACTERISTICS;
RING3_SIZE(NDIS_PORT_CHARACTERISTICS, 64);
RING3_OFFSET(NDIS_PORT_CHARACTERISTICS, XmitLinkSpeed, 24);
RING3_OFFSET(NDIS_PORT_CHARACTERISTICS, RcvAuthorizationState, 56);
#define NDIS_PORT_CHAR_USE_DEFAULT_AUTH_SETTINGS 0x1
#define NDIS_PORT_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_PORT_CHARACTERISTICS, RcvAuthorizationState)

/* One element of the list that comes with a port activation event. docs: ntddndis/ns-ntddndis-_ndis_port */
typedef struct _NDIS_PORT NDIS_PORT, *PNDIS_PORT;
struct _NDIS_PORT {
    PNDIS_PORT Next;
    PVOID NdisReserved;
    PVOID MiniportReserved;
    PVOID ProtocolReserved;
    NDIS_PORT_CHARACTERISTICS PortCharacteristics;
};
RING3_SIZE(NDIS_PORT, 96);
RING3_OFFSET(NDIS_PORT, PortCharacteristics, 32);

/* The answer to OID_GEN_ENUMERATE_PORTS. docs: ntddndis/ns-ntddndis-_ndis_port_array */
typedef struct _NDIS_PORT_ARRAY {
    NDIS_OBJECT_HEADER Header;
    ULONG NumberOfPorts;
    ULONG OffsetFirstPort; /* bytes from the start of this structure */
    ULONG ElementSize;     /* bytes from one element to the next */
    NDIS_PORT_CHARACTERISTICS Ports[1];
} NDIS_PORT_ARRAY, *PNDIS_PORT_ARRAY;
RING3_SIZE(NDIS_PORT_ARRAY, 80);
RING3_OFFSET(NDIS_PORT_ARRAY, Ports, 16);
#define NDIS_PORT_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_PORT_ARRAY_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_PORT_ARRAY, Ports)

/* Carried by OID_GEN_PORT_STATE and NDIS_STATUS_PORT_STATE. docs: ntddndis/ns-ntddndis-_ndis_port_state */
typedef struct _NDIS_PORT_STATE {
    NDIS_OBJECT_HEADER Header;
    NDIS_MEDIA_CONNECT_STATE MediaConnectState;
    ULONG64 XmitLinkSpeed; /* bits per second, -1 when unknown */
    ULONG64 RcvLinkSpeed;
    NET_IF_DIRECTION_TYPE Direction;
    NDIS_PORT_CONTROL_STATE SendControlState;
    NDIS_PORT_CONTROL_STATE RcvControlState;
    NDIS_PORT_AUTHORIZATION_STATE SendAuthorizationState;
    NDIS_PORT_AUTHORIZATION_STATE RcvAuthorizationState;
    ULONG Flags; /* reserved */
} NDIS_PORT_STATE, *PNDIS_PORT_STATE;
RING3_SIZE(NDIS_PORT_STATE, 48);
RING3_OFFSET(NDIS_PORT_STATE, Direction, 24);
RING3_OFFSET(NDIS_PORT_STATE, Flags, 44);
#define NDIS_PORT_STATE_REVISION_1 1
#define NDIS_SIZEOF_PORT_STATE_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_PORT_STATE, Flags)

/* Carried by OID_GEN_PORT_AUTHENTICATION_PARAMETERS. docs: ntddndis/ns-ntddndis-_ndis_port_authentication_parameters */
typedef struct _NDIS_PORT_AUTHENTICATION_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    NDIS_PORT_CONTROL_STATE SendControlState;
    NDIS_PORT_CONTROL_STATE RcvControlState;
    NDIS_PORT_AUTHORIZATION_STATE SendAuthorizationState;
    NDIS_PORT_AUTHORIZATION_STATE RcvAuthorizationState;
} NDIS_PORT_AUTHENTICATION_PARAMETERS, *PNDIS_PORT_AUTHENTICATION_PARAMETERS;
RING3_SIZE(NDIS_PORT_AUTHENTICATION_PARAMETERS, 20);
#define NDIS_PORT_AUTHENTICATION_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_PORT_AUTHENTICATION_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_PORT_AUTHENTICATION_PARAMETERS, RcvAuthorizationState)

#endif
