/* Hyper-V's extensible switch: its ports, the adapters connected to them, and what OID_SWITCH_XXX requests carry. NDIS 6.30.
 * ring3 has no such switch; an extension's sources compile, and NdisFGetOptionalSwitchHandlers says that there is none.
 * docs: network/hyper-v-extensible-switch-oids */
#ifndef RING3_NDIS_VSWITCH_H
#define RING3_NDIS_VSWITCH_H

#include <ndis/receive_filter.h>

typedef UINT32 NDIS_SWITCH_PORT_ID, *PNDIS_SWITCH_PORT_ID;
typedef USHORT NDIS_SWITCH_NIC_INDEX, *PNDIS_SWITCH_NIC_INDEX;
#define NDIS_SWITCH_DEFAULT_PORT_ID 0
#define NDIS_SWITCH_DEFAULT_NIC_INDEX 0

typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_NAME, *PNDIS_SWITCH_NAME;
typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_FRIENDLYNAME, *PNDIS_SWITCH_FRIENDLYNAME;
typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_PORT_NAME, *PNDIS_SWITCH_PORT_NAME;
typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_PORT_FRIENDLYNAME, *PNDIS_SWITCH_PORT_FRIENDLYNAME;
typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_NIC_NAME, *PNDIS_SWITCH_NIC_NAME;
typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_NIC_FRIENDLYNAME, *PNDIS_SWITCH_NIC_FRIENDLYNAME;
typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_EXTENSION_FRIENDLYNAME, *PNDIS_SWITCH_EXTENSION_FRIENDLYNAME;
typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_PORT_PROPERTY_PROFILE_NAME, *PNDIS_SWITCH_PORT_PROPERTY_PROFILE_NAME;
typedef NDIS_IF_COUNTED_STRING NDIS_SWITCH_PORT_PROPERTY_PROFILE_CDN_LABEL, *PNDIS_SWITCH_PORT_PROPERTY_PROFILE_CDN_LABEL;
typedef NDIS_IF_COUNTED_STRING NDIS_VENDOR_NAME, *PNDIS_VENDOR_NAME;

typedef GUID NDIS_SWITCH_OBJECT_ID, *PNDIS_SWITCH_OBJECT_ID;
typedef GUID NDIS_SWITCH_OBJECT_INSTANCE_ID, *PNDIS_SWITCH_OBJECT_INSTANCE_ID;
typedef UINT16 NDIS_SWITCH_OBJECT_VERSION, *PNDIS_SWITCH_OBJECT_VERSION;
typedef UINT16 NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION, *PNDIS_SWITCH_OBJECT_SERIALIZATION_VERSION;
#define NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION_1 1
#define NDIS_SWITCH_CREATE_PROPERTY_VERSION(major, minor) (((major) << 8) + (minor))
#define NDIS_SWITCH_CREATE_FEATURE_STATUS_VERSION(major, minor) (((major) << 8) + (minor))

/* What follows a structure, at an offset that it names. */
#define RING3_SWITCH_BEHIND(type, start, offset) ((type *)((PUCHAR)(start) + (offset)))

/* ---- the switch */

/* docs: ntddndis/ns-ntddndis-_ndis_switch_parameters */
typedef struct _NDIS_SWITCH_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_NAME SwitchName;
    NDIS_SWITCH_FRIENDLYNAME SwitchFriendlyName;
    UINT32 NumSwitchPorts;
    BOOLEAN IsActive;
} NDIS_SWITCH_PARAMETERS, *PNDIS_SWITCH_PARAMETERS;
#define NDIS_SWITCH_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PARAMETERS, IsActive)

/* ---- ports */

/* docs: ntddndis/ne-ntddndis-_ndis_switch_port_type */
typedef enum _NDIS_SWITCH_PORT_TYPE {
    NdisSwitchPortTypeGeneric,
    NdisSwitchPortTypeExternal,
    NdisSwitchPortTypeSynthetic,
    NdisSwitchPortTypeEmulated,
    NdisSwitchPortTypeInternal
} NDIS_SWITCH_PORT_TYPE, *PNDIS_SWITCH_PORT_TYPE;

/* docs: ntddndis/ne-ntddndis-_ndis_switch_port_state */
typedef enum _NDIS_SWITCH_PORT_STATE {
    NdisSwitchPortStateUnknown,
    NdisSwitchPortStateCreated,
    NdisSwitchPortStateTeardown,
    NdisSwitchPortStateDeleted
} NDIS_SWITCH_PORT_STATE, *PNDIS_SWITCH_PORT_STATE;

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_parameters */
typedef struct _NDIS_SWITCH_PORT_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_ID PortId;
    NDIS_SWITCH_PORT_NAME PortName;
    NDIS_SWITCH_PORT_FRIENDLYNAME PortFriendlyName;
    NDIS_SWITCH_PORT_TYPE PortType;
    BOOLEAN IsValidationPort;
    NDIS_SWITCH_PORT_STATE PortState;
} NDIS_SWITCH_PORT_PARAMETERS, *PNDIS_SWITCH_PORT_PARAMETERS;
#define NDIS_SWITCH_PORT_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PARAMETERS, PortState)
#define NDIS_SWITCH_PORT_PARAMETERS_FLAG_UNTRUSTED_INTERNAL_PORT 0x1
#define NDIS_SWITCH_PORT_PARAMETERS_FLAG_RESTORING_PORT 0x2

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_array */
typedef struct _NDIS_SWITCH_PORT_ARRAY {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    USHORT FirstElementOffset;
    ULONG NumElements;
    ULONG ElementSize;
} NDIS_SWITCH_PORT_ARRAY, *PNDIS_SWITCH_PORT_ARRAY;
#define NDIS_SWITCH_PORT_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_ARRAY_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_ARRAY, ElementSize)
#define NDIS_SWITCH_PORT_AT_ARRAY_INDEX(array, index) \
    RING3_SWITCH_BEHIND(NDIS_SWITCH_PORT_PARAMETERS, array, (array)->FirstElementOffset + (array)->ElementSize * (index))

/* ---- adapters */

/* docs: ntddndis/ne-ntddndis-_ndis_switch_nic_type */
typedef enum _NDIS_SWITCH_NIC_TYPE {
    NdisSwitchNicTypeExternal,
    NdisSwitchNicTypeSynthetic,
    NdisSwitchNicTypeEmulated,
    NdisSwitchNicTypeInternal
} NDIS_SWITCH_NIC_TYPE, *PNDIS_SWITCH_NIC_TYPE;

/* docs: ntddndis/ne-ntddndis-_ndis_switch_nic_state */
typedef enum _NDIS_SWITCH_NIC_STATE {
    NdisSwitchNicStateUnknown,
    NdisSwitchNicStateCreated,
    NdisSwitchNicStateConnected,
    NdisSwitchNicStateDisconnected,
    NdisSwitchNicStateDeleted
} NDIS_SWITCH_NIC_STATE, *PNDIS_SWITCH_NIC_STATE;

/* docs: ntddndis/ns-ntddndis-_ndis_switch_nic_parameters */
typedef struct _NDIS_SWITCH_NIC_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_NIC_NAME NicName;
    NDIS_SWITCH_NIC_FRIENDLYNAME NicFriendlyName;
    NDIS_SWITCH_PORT_ID PortId;
    NDIS_SWITCH_NIC_INDEX NicIndex;
    NDIS_SWITCH_NIC_TYPE NicType;
    NDIS_SWITCH_NIC_STATE NicState;
    NDIS_VM_NAME VmName;
    NDIS_VM_FRIENDLYNAME VmFriendlyName;
    GUID NetCfgInstanceId;
    ULONG MTU;
    USHORT NumaNodeId;
    UCHAR PermanentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
    UCHAR VMMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
    UCHAR CurrentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
    BOOLEAN VFAssigned;
} NDIS_SWITCH_NIC_PARAMETERS, *PNDIS_SWITCH_NIC_PARAMETERS;
#define NDIS_SWITCH_NIC_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_NIC_PARAMETERS, VFAssigned)
#define NDIS_SWITCH_NIC_FLAGS_NIC_INITIALIZING 0x1
#define NDIS_SWITCH_NIC_FLAGS_NIC_SUSPENDED 0x2
#define NDIS_SWITCH_NIC_FLAGS_MAPPED_NIC_UPDATED 0x4

/* docs: ntddndis/ns-ntddndis-_ndis_switch_nic_array */
typedef struct _NDIS_SWITCH_NIC_ARRAY {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    USHORT FirstElementOffset;
    ULONG NumElements;
    ULONG ElementSize;
} NDIS_SWITCH_NIC_ARRAY, *PNDIS_SWITCH_NIC_ARRAY;
#define NDIS_SWITCH_NIC_ARRAY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_NIC_ARRAY_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_NIC_ARRAY, ElementSize)
#define NDIS_SWITCH_NIC_AT_ARRAY_INDEX(array, index) \
    RING3_SWITCH_BEHIND(NDIS_SWITCH_NIC_PARAMETERS, array, (array)->FirstElementOffset + (array)->ElementSize * (index))

/* docs: ntddndis/ns-ntddndis-_ndis_switch_nic_oid_request */
typedef struct _NDIS_SWITCH_NIC_OID_REQUEST {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_ID SourcePortId;
    NDIS_SWITCH_NIC_INDEX SourceNicIndex;
    NDIS_SWITCH_PORT_ID DestinationPortId;
    NDIS_SWITCH_NIC_INDEX DestinationNicIndex;
    struct _NDIS_OID_REQUEST *OidRequest;
} NDIS_SWITCH_NIC_OID_REQUEST, *PNDIS_SWITCH_NIC_OID_REQUEST;
#define NDIS_SWITCH_NIC_OID_REQUEST_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_NIC_OID_REQUEST_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_NIC_OID_REQUEST, OidRequest)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_nic_save_state */
typedef struct _NDIS_SWITCH_NIC_SAVE_STATE {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_ID PortId;
    NDIS_SWITCH_NIC_INDEX NicIndex;
    GUID ExtensionId;
    NDIS_SWITCH_EXTENSION_FRIENDLYNAME ExtensionFriendlyName;
    GUID FeatureClassId;
    USHORT SaveDataSize;
    USHORT SaveDataOffset;
} NDIS_SWITCH_NIC_SAVE_STATE, *PNDIS_SWITCH_NIC_SAVE_STATE;
#define NDIS_SWITCH_NIC_SAVE_STATE_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_NIC_SAVE_STATE_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_NIC_SAVE_STATE, SaveDataOffset)

#include <ndis/vswitch_policy.h>

#endif
