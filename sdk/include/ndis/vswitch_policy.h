/* Policies of the extensible switch and of its ports, and the status of features that an extension adds. NDIS 6.30.
 * docs: network/managing-hyper-v-extensible-switch-policies */
#ifndef RING3_NDIS_VSWITCH_POLICY_H
#define RING3_NDIS_VSWITCH_POLICY_H

#include <ndis/vswitch.h>

/* ---- properties of a port */

/* docs: ntddndis/ne-ntddndis-_ndis_switch_port_property_type */
typedef enum _NDIS_SWITCH_PORT_PROPERTY_TYPE {
    NdisSwitchPortPropertyTypeUndefined,
    NdisSwitchPortPropertyTypeCustom,
    NdisSwitchPortPropertyTypeSecurity,
    NdisSwitchPortPropertyTypeVlan,
    NdisSwitchPortPropertyTypeProfile,
#if NDIS_SUPPORT_NDIS640
    NdisSwitchPortPropertyTypeIsolation,
    NdisSwitchPortPropertyTypeRoutingDomain,
#endif
    NdisSwitchPortPropertyTypeMaximum
} NDIS_SWITCH_PORT_PROPERTY_TYPE, *PNDIS_SWITCH_PORT_PROPERTY_TYPE;

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_security */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_SECURITY {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    BOOLEAN AllowMacSpoofing;
    BOOLEAN AllowIeeePriorityTag;
    UINT32 VirtualSubnetId;
    BOOLEAN AllowTeaming;
    UINT32 DynamicIPAddressLimit;
} NDIS_SWITCH_PORT_PROPERTY_SECURITY, *PNDIS_SWITCH_PORT_PROPERTY_SECURITY;
#define NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_SECURITY, AllowTeaming)
#define NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_2 2
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_2 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_SECURITY, DynamicIPAddressLimit)

/* docs: ntddndis/ne-ntddndis-_ndis_switch_port_vlan_mode */
typedef enum _NDIS_SWITCH_PORT_VLAN_MODE {
    NdisSwitchPortVlanModeUnknown,
    NdisSwitchPortVlanModeAccess,
    NdisSwitchPortVlanModeTrunk,
    NdisSwitchPortVlanModePrivate,
    NdisSwitchPortVlanModeMax
} NDIS_SWITCH_PORT_VLAN_MODE, *PNDIS_SWITCH_PORT_VLAN_MODE;

/* docs: ntddndis/ne-ntddndis-_ndis_switch_port_pvlan_mode */
typedef enum _NDIS_SWITCH_PORT_PVLAN_MODE {
    NdisSwitchPortPvlanModeUndefined,
    NdisSwitchPortPvlanModeIsolated,
    NdisSwitchPortPvlanModeCommunity,
    NdisSwitchPortPvlanModePromiscuous
} NDIS_SWITCH_PORT_PVLAN_MODE, *PNDIS_SWITCH_PORT_PVLAN_MODE;

/* The arrays have a bit for each VLAN. docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_vlan */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_VLAN {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_VLAN_MODE OperationMode;
    union {
        struct {
            UINT16 AccessVlanId;
            UINT16 NativeVlanId;
            UINT64 PruneVlanIdArray[64];
            UINT64 TrunkVlanIdArray[64];
        } VlanProperties;
        struct {
            NDIS_SWITCH_PORT_PVLAN_MODE PvlanMode;
            UINT16 PrimaryVlanId;
            union {
                UINT16 SecondaryVlanId;
                UINT64 SecondaryVlanIdArray[64];
            };
        } PvlanProperties;
    };
} NDIS_SWITCH_PORT_PROPERTY_VLAN, *PNDIS_SWITCH_PORT_PROPERTY_VLAN;
#define NDIS_SWITCH_PORT_PROPERTY_VLAN_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_VLAN_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_VLAN, VlanProperties)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_profile */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_PROFILE {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_PROPERTY_PROFILE_NAME ProfileName;
    GUID ProfileId;
    NDIS_VENDOR_NAME VendorName;
    GUID VendorId;
    UINT32 ProfileData;
    GUID NetCfgInstanceId;
    struct {
        UINT32 PciSegmentNumber : 16;
        UINT32 PciBusNumber : 8;
        UINT32 PciDeviceNumber : 5;
        UINT32 PciFunctionNumber : 3;
    } PciLocation;
    UINT32 CdnLabelId;
    NDIS_SWITCH_PORT_PROPERTY_PROFILE_CDN_LABEL CdnLabel;
} NDIS_SWITCH_PORT_PROPERTY_PROFILE, *PNDIS_SWITCH_PORT_PROPERTY_PROFILE;
#define NDIS_SWITCH_PORT_PROPERTY_PROFILE_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_PROFILE_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_PROFILE, CdnLabel)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_custom */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_CUSTOM {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG PropertyBufferLength;
    ULONG PropertyBufferOffset;
} NDIS_SWITCH_PORT_PROPERTY_CUSTOM, *PNDIS_SWITCH_PORT_PROPERTY_CUSTOM;
#define NDIS_SWITCH_PORT_PROPERTY_CUSTOM_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_CUSTOM_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_CUSTOM, PropertyBufferOffset)
#define NDIS_SWITCH_PORT_PROPERTY_CUSTOM_GET_BUFFER(start) RING3_SWITCH_BEHIND(VOID, start, (start)->PropertyBufferOffset)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_parameters */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_ID PortId;
    NDIS_SWITCH_PORT_PROPERTY_TYPE PropertyType;
    NDIS_SWITCH_OBJECT_ID PropertyId;
    NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
    NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
    NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
    ULONG PropertyBufferLength;
    ULONG PropertyBufferOffset;
    ULONG Reserved;
} NDIS_SWITCH_PORT_PROPERTY_PARAMETERS, *PNDIS_SWITCH_PORT_PROPERTY_PARAMETERS;
#define NDIS_SWITCH_PORT_PROPERTY_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_PARAMETERS, Reserved)
#define NDIS_SWITCH_PORT_PROPERTY_PARAMETERS_GET_PROPERTY(start) RING3_SWITCH_BEHIND(VOID, start, (start)->PropertyBufferOffset)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_delete_parameters */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_ID PortId;
    NDIS_SWITCH_PORT_PROPERTY_TYPE PropertyType;
    NDIS_SWITCH_OBJECT_ID PropertyId;
    NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
} NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS, *PNDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS;
#define NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS, PropertyInstanceId)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_enum_parameters */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_ID PortId;
    NDIS_SWITCH_PORT_PROPERTY_TYPE PropertyType;
    NDIS_SWITCH_OBJECT_ID PropertyId;
    NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
    ULONG FirstPropertyOffset;
    ULONG NumProperties;
    USHORT Reserved;
} NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS, *PNDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS;
#define NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS, Reserved)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_enum_info */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
    NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
    ULONG QwordAlignedPropertyBufferLength;
    ULONG PropertyBufferLength;
    ULONG PropertyBufferOffset;
} NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO, *PNDIS_SWITCH_PORT_PROPERTY_ENUM_INFO;
#define NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO, PropertyBufferOffset)
#define NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS_GET_FIRST_INFO(start) \
    RING3_SWITCH_BEHIND(NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO, start, (start)->FirstPropertyOffset)
#define NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_GET_NEXT(info) \
    RING3_SWITCH_BEHIND(NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO, info, sizeof(*(info)) + (info)->QwordAlignedPropertyBufferLength)
#define NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_GET_PROPERTY(start) RING3_SWITCH_BEHIND(VOID, start, (start)->PropertyBufferOffset)

/* ---- properties of the switch */

/* docs: ntddndis/ne-ntddndis-_ndis_switch_property_type */
typedef enum _NDIS_SWITCH_PROPERTY_TYPE {
    NdisSwitchPropertyTypeUndefined,
    NdisSwitchPropertyTypeCustom,
    NdisSwitchPropertyTypeMaximum
} NDIS_SWITCH_PROPERTY_TYPE, *PNDIS_SWITCH_PROPERTY_TYPE;

/* docs: ntddndis/ns-ntddndis-_ndis_switch_property_custom */
typedef struct _NDIS_SWITCH_PROPERTY_CUSTOM {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG PropertyBufferLength;
    ULONG PropertyBufferOffset;
} NDIS_SWITCH_PROPERTY_CUSTOM, *PNDIS_SWITCH_PROPERTY_CUSTOM;
#define NDIS_SWITCH_PROPERTY_CUSTOM_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_CUSTOM_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PROPERTY_CUSTOM, PropertyBufferOffset)
#define NDIS_SWITCH_PROPERTY_CUSTOM_GET_BUFFER(start) RING3_SWITCH_BEHIND(VOID, start, (start)->PropertyBufferOffset)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_property_parameters */
typedef struct _NDIS_SWITCH_PROPERTY_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PROPERTY_TYPE PropertyType;
    NDIS_SWITCH_OBJECT_ID PropertyId;
    NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
    NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
    NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
    ULONG PropertyBufferLength;
    ULONG PropertyBufferOffset;
} NDIS_SWITCH_PROPERTY_PARAMETERS, *PNDIS_SWITCH_PROPERTY_PARAMETERS;
#define NDIS_SWITCH_PROPERTY_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PROPERTY_PARAMETERS, PropertyBufferOffset)
#define NDIS_SWITCH_PROPERTY_PARAMETERS_GET_PROPERTY(start) RING3_SWITCH_BEHIND(VOID, start, (start)->PropertyBufferOffset)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_property_delete_parameters */
typedef struct _NDIS_SWITCH_PROPERTY_DELETE_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PROPERTY_TYPE PropertyType;
    NDIS_SWITCH_OBJECT_ID PropertyId;
    NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
} NDIS_SWITCH_PROPERTY_DELETE_PARAMETERS, *PNDIS_SWITCH_PROPERTY_DELETE_PARAMETERS;
#define NDIS_SWITCH_PROPERTY_DELETE_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_DELETE_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PROPERTY_DELETE_PARAMETERS, PropertyInstanceId)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_property_enum_parameters */
typedef struct _NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PROPERTY_TYPE PropertyType;
    NDIS_SWITCH_OBJECT_ID PropertyId;
    NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
    ULONG FirstPropertyOffset;
    ULONG NumProperties;
} NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS, *PNDIS_SWITCH_PROPERTY_ENUM_PARAMETERS;
#define NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS, NumProperties)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_property_enum_info */
typedef struct _NDIS_SWITCH_PROPERTY_ENUM_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
    NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
    ULONG QwordAlignedPropertyBufferLength;
    ULONG PropertyBufferLength;
    ULONG PropertyBufferOffset;
} NDIS_SWITCH_PROPERTY_ENUM_INFO, *PNDIS_SWITCH_PROPERTY_ENUM_INFO;
#define NDIS_SWITCH_PROPERTY_ENUM_INFO_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PROPERTY_ENUM_INFO_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PROPERTY_ENUM_INFO, PropertyBufferOffset)
#define NDIS_SWITCH_PROPERTY_ENUM_PARAMETERS_GET_FIRST_INFO(start) \
    RING3_SWITCH_BEHIND(NDIS_SWITCH_PROPERTY_ENUM_INFO, start, (start)->FirstPropertyOffset)
#define NDIS_SWITCH_PROPERTY_ENUM_INFO_GET_NEXT(info) \
    RING3_SWITCH_BEHIND(NDIS_SWITCH_PROPERTY_ENUM_INFO, info, sizeof(*(info)) + (info)->QwordAlignedPropertyBufferLength)
#define NDIS_SWITCH_PROPERTY_ENUM_INFO_GET_PROPERTY(start) RING3_SWITCH_BEHIND(VOID, start, (start)->PropertyBufferOffset)

/* ---- status of features */

/* docs: ntddndis/ne-ntddndis-_ndis_switch_port_feature_status_type */
typedef enum _NDIS_SWITCH_PORT_FEATURE_STATUS_TYPE {
    NdisSwitchPortFeatureStatusTypeUndefined,
    NdisSwitchPortFeatureStatusTypeCustom,
    NdisSwitchPortFeatureStatusTypeMaximum
} NDIS_SWITCH_PORT_FEATURE_STATUS_TYPE, *PNDIS_SWITCH_PORT_FEATURE_STATUS_TYPE;

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_feature_status_parameters */
typedef struct _NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_PORT_ID PortId;
    NDIS_SWITCH_PORT_FEATURE_STATUS_TYPE FeatureStatusType;
    NDIS_SWITCH_OBJECT_ID FeatureStatusId;
    NDIS_SWITCH_OBJECT_VERSION FeatureStatusVersion;
    NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
    NDIS_SWITCH_OBJECT_INSTANCE_ID FeatureStatusInstanceId;
    ULONG FeatureStatusBufferLength;
    ULONG FeatureStatusBufferOffset;
    ULONG Reserved;
} NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS, *PNDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS;
#define NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS, Reserved)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_feature_status_custom */
typedef struct _NDIS_SWITCH_PORT_FEATURE_STATUS_CUSTOM {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG FeatureStatusBufferLength;
    ULONG FeatureStatusBufferOffset;
} NDIS_SWITCH_PORT_FEATURE_STATUS_CUSTOM, *PNDIS_SWITCH_PORT_FEATURE_STATUS_CUSTOM;
#define NDIS_SWITCH_PORT_FEATURE_STATUS_CUSTOM_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_FEATURE_STATUS_CUSTOM_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_FEATURE_STATUS_CUSTOM, FeatureStatusBufferOffset)

/* docs: ntddndis/ne-ntddndis-_ndis_switch_feature_status_type */
typedef enum _NDIS_SWITCH_FEATURE_STATUS_TYPE {
    NdisSwitchFeatureStatusTypeUndefined,
    NdisSwitchFeatureStatusTypeCustom,
    NdisSwitchFeatureStatusTypeMaximum
} NDIS_SWITCH_FEATURE_STATUS_TYPE, *PNDIS_SWITCH_FEATURE_STATUS_TYPE;

/* docs: ntddndis/ns-ntddndis-_ndis_switch_feature_status_parameters */
typedef struct _NDIS_SWITCH_FEATURE_STATUS_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_SWITCH_FEATURE_STATUS_TYPE FeatureStatusType;
    NDIS_SWITCH_OBJECT_ID FeatureStatusId;
    NDIS_SWITCH_OBJECT_INSTANCE_ID FeatureStatusInstanceId;
    NDIS_SWITCH_OBJECT_VERSION FeatureStatusVersion;
    NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
    ULONG FeatureStatusBufferOffset;
    ULONG FeatureStatusBufferLength;
} NDIS_SWITCH_FEATURE_STATUS_PARAMETERS, *PNDIS_SWITCH_FEATURE_STATUS_PARAMETERS;
#define NDIS_SWITCH_FEATURE_STATUS_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_FEATURE_STATUS_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_FEATURE_STATUS_PARAMETERS, FeatureStatusBufferLength)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_feature_status_custom */
typedef struct _NDIS_SWITCH_FEATURE_STATUS_CUSTOM {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG FeatureStatusCustomBufferLength;
    ULONG FeatureStatusCustomBufferOffset;
} NDIS_SWITCH_FEATURE_STATUS_CUSTOM, *PNDIS_SWITCH_FEATURE_STATUS_CUSTOM;
#define NDIS_SWITCH_FEATURE_STATUS_CUSTOM_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_FEATURE_STATUS_CUSTOM_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_FEATURE_STATUS_CUSTOM, FeatureStatusCustomBufferOffset)

/* ---- isolation, NDIS 6.40 */

#define NDIS_ISOLATION_NAME_MAX_STRING_SIZE 127

/* Length is in bytes. docs: ntddndis/ns-ntddndis-_ndis_isolation_name */
typedef struct _NDIS_ISOLATION_NAME {
    USHORT Length;
    WCHAR String[NDIS_ISOLATION_NAME_MAX_STRING_SIZE + 1];
} NDIS_ISOLATION_NAME, *PNDIS_ISOLATION_NAME;
typedef NDIS_ISOLATION_NAME NDIS_ISOLATION_ID_NAME, *PNDIS_ISOLATION_ID_NAME;
typedef NDIS_ISOLATION_NAME NDIS_ROUTING_DOMAIN_NAME, *PNDIS_ROUTING_DOMAIN_NAME;

/* docs: ntddndis/ne-ntddndis-_ndis_isolation_mode */
typedef enum _NDIS_ISOLATION_MODE {
    NdisIsolationModeNone,
    NdisIsolationModeNativeVirtualSubnet,
    NdisIsolationModeExternalVirtualSubnet,
    NdisIsolationModeVlan
} NDIS_ISOLATION_MODE, *PNDIS_ISOLATION_MODE;

/* docs: ntddndis/ns-ntddndis-_ndis_isolation_parameters */
typedef struct _NDIS_ISOLATION_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_ISOLATION_MODE IsolationMode;
    BOOLEAN AllowUntaggedTraffic;
    ULONG NumRoutingDomainEntries;
    ULONG FirstRoutingDomainEntryOffset;
} NDIS_ISOLATION_PARAMETERS, *PNDIS_ISOLATION_PARAMETERS;
#define NDIS_ISOLATION_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_ISOLATION_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_ISOLATION_PARAMETERS, FirstRoutingDomainEntryOffset)

/* docs: ntddndis/ns-ntddndis-_ndis_routing_domain_entry */
typedef struct _NDIS_ROUTING_DOMAIN_ENTRY {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    GUID RoutingDomainId;
    NDIS_ROUTING_DOMAIN_NAME RoutingDomainName;
    ULONG NumIsolationEntries;
    ULONG FirstIsolationEntryOffset;
} NDIS_ROUTING_DOMAIN_ENTRY, *PNDIS_ROUTING_DOMAIN_ENTRY;
#define NDIS_ROUTING_DOMAIN_ENTRY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_ROUTING_DOMAIN_ENTRY_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_ROUTING_DOMAIN_ENTRY, FirstIsolationEntryOffset)

/* docs: ntddndis/ns-ntddndis-_ndis_routing_domain_isolation_entry */
typedef struct _NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    union {
        UINT32 VirtualSubnetId;
        UINT16 VlanId;
        UINT32 IsolationId;
    };
    NDIS_ISOLATION_ID_NAME IsolationIdName;
} NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY, *PNDIS_ROUTING_DOMAIN_ISOLATION_ENTRY;
#define NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY_REVISION_1 1
#define NDIS_SIZEOF_NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY, IsolationIdName)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_isolation */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_ISOLATION {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_ISOLATION_MODE IsolationMode;
    BOOLEAN AllowUntaggedTraffic;
    ULONG DefaultIsolationId;
} NDIS_SWITCH_PORT_PROPERTY_ISOLATION, *PNDIS_SWITCH_PORT_PROPERTY_ISOLATION;
#define NDIS_SWITCH_PORT_PROPERTY_ISOLATION_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_ISOLATION_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_ISOLATION, DefaultIsolationId)

/* docs: ntddndis/ns-ntddndis-_ndis_switch_port_property_routing_domain */
typedef struct _NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    GUID RoutingDomainId;
    NDIS_ROUTING_DOMAIN_NAME RoutingDomainName;
    ULONG NumIsolationEntries;
    ULONG FirstIsolationEntryOffset;
} NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN, *PNDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN;
#define NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN_REVISION_1 1
#define NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN, FirstIsolationEntryOffset)
#define NDIS_ISOLATION_PARAMETERS_GET_FIRST_ROUTING_DOMAIN_ENTRY(start) \
    RING3_SWITCH_BEHIND(NDIS_ROUTING_DOMAIN_ENTRY, start, (start)->FirstRoutingDomainEntryOffset)
#define NDIS_ROUTING_DOMAIN_ENTRY_GET_FIRST_ISOLATION_ENTRY(start) \
    RING3_SWITCH_BEHIND(NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY, start, (start)->FirstIsolationEntryOffset)
#define NDIS_SWITCH_PORT_PROPERTY_ROUTING_DOMAIN_GET_FIRST_ISOLATION_ENTRY(start) \
    RING3_SWITCH_BEHIND(NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY, start, (start)->FirstIsolationEntryOffset)

#endif
