/* Network interfaces that drivers provide themselves (a MUX intermediate driver's, say).
 * docs: ndis/nf-ndis-ndisifregisterprovider, network/ndis-network-interface-architecture */
#ifndef RING3_NDIS_INTERFACE_H
#define RING3_NDIS_INTERFACE_H

#include <ndis/media.h>
#include <ndis/objectheader.h>

RING3_BEGIN_C

#ifndef NIIF_HARDWARE_INTERFACE
#define NIIF_HARDWARE_INTERFACE 0x00000001
#define NIIF_FILTER_INTERFACE 0x00000002
#define NIIF_NDIS_RESERVED1 0x00000004
#define NIIF_NDIS_RESERVED2 0x00000008
#define NIIF_NDIS_RESERVED3 0x00000010
#define NIIF_WAN_TUNNEL_TYPE_UNKNOWN ((ULONG)(-1))
#endif

#ifndef NDIS_STATUS_DUPLICATE_OBJECTID
#define NDIS_STATUS_DUPLICATE_OBJECTID ((NDIS_STATUS)STATUS_DUPLICATE_OBJECTID)
#endif

#ifndef NDIS_OBJECT_REVISION_1
#define NDIS_OBJECT_REVISION_1 1
#endif

/* The arrays that the offsets speak of lie behind the structure; offsets count from its beginning. */
typedef struct _NET_IF_INFORMATION {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NET_PHYSICAL_LOCATION PhysicalLocation;
    ULONG WanTunnelType;
    ULONG PortNumber;
    NET_IF_ACCESS_TYPE AccessType;
    NET_IF_DIRECTION_TYPE DirectionType;
    NET_IF_CONNECTION_TYPE ConnectionType;
    BOOLEAN ifConnectorPresent;
    USHORT PhysAddressLength;
    USHORT PhysAddressOffset;
    USHORT PermanentPhysAddressOffset;
    USHORT FriendlyNameLength;
    USHORT FriendlyNameOffset;
    GUID InterfaceGuid;
    NET_IF_NETWORK_GUID NetworkGuid;
    ULONG SupportedStatistics;
    NDIS_MEDIUM MediaType;
    NDIS_PHYSICAL_MEDIUM PhysicalMediumType;
} NET_IF_INFORMATION, *PNET_IF_INFORMATION;
RING3_SIZE(NET_IF_INFORMATION, 0x60);

#define NDIS_SIZEOF_NET_IF_INFORMATION_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NET_IF_INFORMATION, PhysicalMediumType)

/* PASSIVE_LEVEL both. */
typedef NDIS_STATUS(NTAPI IF_QUERY_OBJECT)(_In_ NDIS_HANDLE ProviderIfContext, _In_ NDIS_OID ObjectId,
                                           _Inout_ PULONG pOutputBufferLength, _Out_ PVOID pOutputBuffer);
typedef IF_QUERY_OBJECT(*IFP_QUERY_OBJECT);
typedef NDIS_STATUS(NTAPI IF_SET_OBJECT)(_In_ NDIS_HANDLE ProviderIfContext, _In_ NDIS_OID ObjectId,
                                         _In_ ULONG InputBufferLength, _In_ PVOID pInputBuffer);
typedef IF_SET_OBJECT(*IFP_SET_OBJECT);

typedef struct _NDIS_IF_PROVIDER_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    IFP_QUERY_OBJECT QueryObjectHandler;
    IFP_SET_OBJECT SetObjectHandler;
    PVOID Reserved1;
    PVOID Reserved2;
} NDIS_IF_PROVIDER_CHARACTERISTICS, *PNDIS_IF_PROVIDER_CHARACTERISTICS;
RING3_SIZE(NDIS_IF_PROVIDER_CHARACTERISTICS, 0x28);

#define NDIS_SIZEOF_IF_PROVIDER_CHARACTERISTICS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_IF_PROVIDER_CHARACTERISTICS, Reserved2)

NDISAPI NDIS_STATUS NTAPI NdisIfRegisterProvider(_In_ PNDIS_IF_PROVIDER_CHARACTERISTICS ProviderCharacteristics,
                                                 _In_ NDIS_HANDLE IfProviderContext, _Out_ PNDIS_HANDLE pNdisIfProviderHandle);
NDISAPI VOID NTAPI NdisIfDeregisterProvider(_In_ NDIS_HANDLE NdisProviderHandle);
NDISAPI NDIS_STATUS NTAPI NdisIfRegisterInterface(_In_ NDIS_HANDLE NdisProviderHandle, _In_ NET_LUID NetLuid,
                                                  _In_ NDIS_HANDLE ProviderIfContext, _In_ PNET_IF_INFORMATION pIfInfo,
                                                  _Out_ PNET_IFINDEX pfIndex);
NDISAPI VOID NTAPI NdisIfDeregisterInterface(_In_ NET_IFINDEX ifIndex);
NDISAPI NDIS_STATUS NTAPI NdisIfAddIfStackEntry(_In_ NET_IFINDEX HigherLayerIfIndex, _In_ NET_IFINDEX LowerLayerIfIndex);
NDISAPI VOID NTAPI NdisIfDeleteIfStackEntry(_In_ NET_IFINDEX HigherLayerIfIndex, _In_ NET_IFINDEX LowerLayerIfIndex);
NDISAPI NDIS_STATUS NTAPI NdisIfAllocateNetLuidIndex(_In_ NET_IFTYPE ifType, _Out_ PUINT32 pNetLuidIndex);
NDISAPI NDIS_STATUS NTAPI NdisIfFreeNetLuidIndex(_In_ NET_IFTYPE ifType, _In_ UINT32 NetLuidIndex);
NDISAPI NDIS_STATUS NTAPI NdisIfGetInterfaceIndexFromNetLuid(_In_ NET_LUID NetLuid, _Out_ PNET_IFINDEX pIfIndex);
NDISAPI NDIS_STATUS NTAPI NdisIfGetNetLuidFromInterfaceIndex(_In_ NET_IFINDEX ifIndex, _Out_ PNET_LUID pNetLuid);
NDISAPI NDIS_STATUS NTAPI NdisIfQueryBindingIfIndex(_In_ NDIS_HANDLE NdisBindingHandle, _Out_ PNET_IFINDEX pBoundIfIndex,
                                                    _Out_ PNET_LUID pBoundIfNetLuid, _Out_ PNET_IFINDEX pLowestIfIndex,
                                                    _Out_ PNET_LUID pLowestIfNetLuid);

RING3_END_C

#endif
