/* Events and packets of virtual switches. docs: fwpsk (FwpsvSwitchEventsSubscribe0) */
#ifndef RING3_FWP_VSWITCH_H
#define RING3_FWP_VSWITCH_H

#include <fwp/inject.h>

RING3_BEGIN_C

typedef struct _NDIS_ENUM_FILTERS NDIS_ENUM_FILTERS, *PNDIS_ENUM_FILTERS;

typedef enum FWPS_VSWITCH_EVENT_TYPE_ {
    FWPS_VSWITCH_EVENT_VSWITCH_NONE,
    FWPS_VSWITCH_EVENT_VSWITCH_CREATE,
    FWPS_VSWITCH_EVENT_VSWITCH_DELETE,
    FWPS_VSWITCH_EVENT_PORT_CREATE,
    FWPS_VSWITCH_EVENT_PORT_DELETE,
    FWPS_VSWITCH_EVENT_INTERFACE_CREATE,
    FWPS_VSWITCH_EVENT_INTERFACE_DELETE,
    FWPS_VSWITCH_EVENT_INTERFACE_CONNECT,
    FWPS_VSWITCH_EVENT_INTERFACE_DISCONNECT,
    FWPS_VSWITCH_EVENT_POLICY_ADD,
    FWPS_VSWITCH_EVENT_POLICY_UPDATE,
    FWPS_VSWITCH_EVENT_POLICY_DELETE,
    FWPS_VSWITCH_EVENT_RUNTIME_STATE_SAVE,
    FWPS_VSWITCH_EVENT_RUNTIME_STATE_RESTORE
} FWPS_VSWITCH_EVENT_TYPE;

typedef VOID(NTAPI *FWPS_VSWITCH_LIFETIME_EVENT_CALLBACK0)(VOID *notifyContext, FWPS_VSWITCH_EVENT_TYPE eventType,
                                                           const NDIS_SWITCH_PARAMETERS *vSwitch,
                                                           const NDIS_SWITCH_PORT_ARRAY *vSwitchPorts,
                                                           const NDIS_SWITCH_NIC_ARRAY *vSwitchInterfaces);
typedef NTSTATUS(NTAPI *FWPS_VSWITCH_PORT_EVENT_CALLBACK0)(VOID *notifyContext, VOID *completionContext,
                                                           FWPS_VSWITCH_EVENT_TYPE eventType,
                                                           const NDIS_SWITCH_PARAMETERS *vSwitch,
                                                           const NDIS_SWITCH_PORT_PARAMETERS *vSwitchPort);
typedef NTSTATUS(NTAPI *FWPS_VSWITCH_INTERFACE_EVENT_CALLBACK0)(VOID *notifyContext, VOID *completionContext,
                                                                FWPS_VSWITCH_EVENT_TYPE eventType,
                                                                const NDIS_SWITCH_PARAMETERS *vSwitch,
                                                                const NDIS_SWITCH_NIC_PARAMETERS *vSwitchNic);
typedef NTSTATUS(NTAPI *FWPS_VSWITCH_FILTER_ENGINE_REORDER_CALLBACK0)(VOID *notifyContext, VOID *completionContext,
                                                                      BOOLEAN isInRequiredPosition,
                                                                      const NDIS_ENUM_FILTERS *vSwitchExtensionLwfList);
typedef NTSTATUS(NTAPI *FWPS_VSWITCH_POLICY_EVENT_CALLBACK0)(
    VOID *notifyContext, VOID *completionContext, FWPS_VSWITCH_EVENT_TYPE eventType, const NDIS_SWITCH_PARAMETERS *vSwitch,
    const NDIS_SWITCH_PORT_PROPERTY_PARAMETERS *vSwitchPortProperty,
    const NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS *vSwitchPortPropertyDelete);
typedef NTSTATUS(NTAPI *FWPS_VSWITCH_RUNTIME_STATE_SAVE_CALLBACK0)(VOID *notifyContext, VOID *completionContext,
                                                                   FWPS_VSWITCH_EVENT_TYPE eventType,
                                                                   const NDIS_SWITCH_PARAMETERS *vSwitch,
                                                                   NDIS_SWITCH_PORT_ID portId, UINT32 *runtimeStateLength,
                                                                   VOID **runtimeState);
typedef NTSTATUS(NTAPI *FWPS_VSWITCH_RUNTIME_STATE_RESTORE_CALLBACK0)(VOID *notifyContext, VOID *completionContext,
                                                                      FWPS_VSWITCH_EVENT_TYPE eventType,
                                                                      const NDIS_SWITCH_PARAMETERS *vSwitch,
                                                                      NDIS_SWITCH_PORT_ID portId, const VOID *runtimeState,
                                                                      UINT32 runtimeStateLength);

typedef struct FWPS_VSWITCH_EVENT_DISPATCH_TABLE0_ {
    FWPS_VSWITCH_LIFETIME_EVENT_CALLBACK0 vSwitchLifetimeNotifyFn;
    FWPS_VSWITCH_PORT_EVENT_CALLBACK0 vSwitchPortEventNotifyFn;
    FWPS_VSWITCH_INTERFACE_EVENT_CALLBACK0 vSwitchInterfaceEventNotifyFn;
    FWPS_VSWITCH_FILTER_ENGINE_REORDER_CALLBACK0 vSwitchFilterEngineReorderNotifyRn;
    FWPS_VSWITCH_POLICY_EVENT_CALLBACK0 vSwitchPolicyEventNotifyFn;
    FWPS_VSWITCH_RUNTIME_STATE_SAVE_CALLBACK0 vSwitchRuntimeStateSaveNotifyFn;
    FWPS_VSWITCH_RUNTIME_STATE_RESTORE_CALLBACK0 vSwitchRuntimeStateRestoreNotifyFn;
} FWPS_VSWITCH_EVENT_DISPATCH_TABLE0;
RING3_SIZE(FWPS_VSWITCH_EVENT_DISPATCH_TABLE0, 56);

NTSYSAPI NTSTATUS NTAPI FwpsvSwitchEventsSubscribe0(const GUID *providerGuid, VOID *notifyContext, UINT32 flags,
                                                    const VOID *reserved,
                                                    const FWPS_VSWITCH_EVENT_DISPATCH_TABLE0 *eventDispatchTable,
                                                    HANDLE *subscriptionId);
NTSYSAPI NTSTATUS NTAPI FwpsvSwitchEventsUnsubscribe0(HANDLE subscriptionId, UINT32 flags, const VOID *reserved);
NTSYSAPI NTSTATUS NTAPI FwpsvSwitchNotifyComplete0(VOID *completionContext, NTSTATUS status, UINT32 flags,
                                                   const VOID *reserved);
NTSYSAPI NTSTATUS NTAPI FwpsReferencevSwitchPacketContext0(HANDLE packetContext);
NTSYSAPI VOID NTAPI FwpsDereferencevSwitchPacketContext0(HANDLE packetContext);
NTSYSAPI NTSTATUS NTAPI FwpsInjectvSwitchEthernetIngressAsync0(
    HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags, const VOID *reserved, FWP_BYTE_BLOB *vSwitchId,
    NDIS_SWITCH_PORT_ID vSwitchSourcePortId, NDIS_SWITCH_NIC_INDEX vSwitchSourceNicIndex, NET_BUFFER_LIST *netBufferLists,
    FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext);

RING3_END_C

#endif
