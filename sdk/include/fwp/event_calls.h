/* Net events, connections, system ports and virtual-switch events. PASSIVE_LEVEL. docs: sdk-api fwpmu */
#ifndef RING3_FWP_EVENT_CALLS_H
#define RING3_FWP_EVENT_CALLS_H

#include <fwpmtypes.h>

RING3_BEGIN_C

typedef void (NTAPI *FWPM_NET_EVENT_CALLBACK0)(void *context, const FWPM_NET_EVENT1 *event);
typedef void (NTAPI *FWPM_NET_EVENT_CALLBACK1)(void *context, const FWPM_NET_EVENT2 *event);
typedef void (NTAPI *FWPM_NET_EVENT_CALLBACK2)(void *context, const FWPM_NET_EVENT3 *event);
typedef void (NTAPI *FWPM_NET_EVENT_CALLBACK3)(void *context, const FWPM_NET_EVENT4 *event);
typedef void (NTAPI *FWPM_NET_EVENT_CALLBACK4)(void *context, const FWPM_NET_EVENT5 *event);
typedef void (NTAPI *FWPM_SYSTEM_PORTS_CALLBACK0)(void *context, const FWPM_SYSTEM_PORTS0 *sysPorts);
typedef void (NTAPI *FWPM_CONNECTION_CALLBACK0)(void *context, FWPM_CONNECTION_EVENT_TYPE eventType,
                                                const FWPM_CONNECTION0 *connection);
typedef UINT32 (NTAPI *FWPM_VSWITCH_EVENT_CALLBACK0)(void *context, const FWPM_VSWITCH_EVENT0 *vSwitchEvent);

NTSYSAPI NTSTATUS NTAPI FwpmNetEventCreateEnumHandle0(HANDLE engineHandle, const FWPM_NET_EVENT_ENUM_TEMPLATE0 *enumTemplate,
                                                      HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                          FWPM_NET_EVENT0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventEnum1(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                          FWPM_NET_EVENT1 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventEnum2(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                          FWPM_NET_EVENT2 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventEnum3(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                          FWPM_NET_EVENT3 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventEnum4(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                          FWPM_NET_EVENT4 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventEnum5(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                          FWPM_NET_EVENT5 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventsGetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, PSID *sidOwner, PSID *sidGroup,
                                                      ACL **dacl, ACL **sacl, PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventsSetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, const SID *sidOwner,
                                                      const SID *sidGroup, const ACL *dacl, const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventSubscribe0(HANDLE engineHandle, const FWPM_NET_EVENT_SUBSCRIPTION0 *subscription,
                                               FWPM_NET_EVENT_CALLBACK0 callback, void *context, HANDLE *eventsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventUnsubscribe0(HANDLE engineHandle, HANDLE eventsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventSubscriptionsGet0(HANDLE engineHandle, FWPM_NET_EVENT_SUBSCRIPTION0 ***entries,
                                                      UINT32 *numEntries);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventSubscribe1(HANDLE engineHandle, const FWPM_NET_EVENT_SUBSCRIPTION0 *subscription,
                                               FWPM_NET_EVENT_CALLBACK1 callback, void *context, HANDLE *eventsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventSubscribe2(HANDLE engineHandle, const FWPM_NET_EVENT_SUBSCRIPTION0 *subscription,
                                               FWPM_NET_EVENT_CALLBACK2 callback, void *context, HANDLE *eventsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventSubscribe3(HANDLE engineHandle, const FWPM_NET_EVENT_SUBSCRIPTION0 *subscription,
                                               FWPM_NET_EVENT_CALLBACK3 callback, void *context, HANDLE *eventsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmNetEventSubscribe4(HANDLE engineHandle, const FWPM_NET_EVENT_SUBSCRIPTION0 *subscription,
                                               FWPM_NET_EVENT_CALLBACK4 callback, void *context, HANDLE *eventsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmSystemPortsGet0(HANDLE engineHandle, FWPM_SYSTEM_PORTS0 **sysPorts);
NTSYSAPI NTSTATUS NTAPI FwpmSystemPortsSubscribe0(HANDLE engineHandle, void *reserved, FWPM_SYSTEM_PORTS_CALLBACK0 callback,
                                                  void *context, HANDLE *sysPortsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmSystemPortsUnsubscribe0(HANDLE engineHandle, HANDLE sysPortsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmConnectionGetById0(HANDLE engineHandle, UINT64 id, FWPM_CONNECTION0 **connection);
NTSYSAPI NTSTATUS NTAPI FwpmConnectionEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                            FWPM_CONNECTION0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmConnectionCreateEnumHandle0(HANDLE engineHandle,
                                                        const FWPM_CONNECTION_ENUM_TEMPLATE0 *enumTemplate, HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmConnectionDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmConnectionGetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, PSID *sidOwner,
                                                       PSID *sidGroup, ACL **dacl, ACL **sacl,
                                                       PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmConnectionSetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, const SID *sidOwner,
                                                       const SID *sidGroup, const ACL *dacl, const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmConnectionSubscribe0(HANDLE engineHandle, const FWPM_CONNECTION_SUBSCRIPTION0 *subscription,
                                                 FWPM_CONNECTION_CALLBACK0 callback, void *context, HANDLE *eventsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmConnectionUnsubscribe0(HANDLE engineHandle, HANDLE eventsHandle);
NTSYSAPI NTSTATUS NTAPI FwpmvSwitchEventSubscribe0(HANDLE engineHandle, const FWPM_VSWITCH_EVENT_SUBSCRIPTION0 *subscription,
                                                   FWPM_VSWITCH_EVENT_CALLBACK0 callback, void *context,
                                                   HANDLE *subscriptionHandle);
NTSYSAPI NTSTATUS NTAPI FwpmvSwitchEventUnsubscribe0(HANDLE engineHandle, HANDLE subscriptionHandle);
NTSYSAPI NTSTATUS NTAPI FwpmvSwitchEventsGetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, PSID *sidOwner,
                                                          PSID *sidGroup, ACL **dacl, ACL **sacl,
                                                          PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmvSwitchEventsSetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, const SID *sidOwner,
                                                          const SID *sidGroup, const ACL *dacl, const ACL *sacl);

RING3_END_C

#endif
