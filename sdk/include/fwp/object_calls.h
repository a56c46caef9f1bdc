/* Sessions, transactions and objects of the filtering engine. PASSIVE_LEVEL.
 * docs: fwpmk, sdk-api fwpmu (the kernel functions differ only in returning NTSTATUS: wfp-user-mode-management-functions) */
#ifndef RING3_FWP_OBJECT_CALLS_H
#define RING3_FWP_OBJECT_CALLS_H

#include <fwpmtypes.h>

RING3_BEGIN_C

#define FWPM_AUTO_WEIGHT_BITS 60
#define FWPM_AUTO_WEIGHT_MAX (MAXUINT64 >> (64 - FWPM_AUTO_WEIGHT_BITS))
#define FWPM_WEIGHT_RANGE_MAX (MAXUINT64 >> FWPM_AUTO_WEIGHT_BITS)
#define FWPM_WEIGHT_RANGE_IPSEC 0x0
#define FWPM_WEIGHT_RANGE_IKE_EXEMPTIONS 0xC

#ifndef MAXUINT64
#define MAXUINT64 0xFFFFFFFFFFFFFFFFULL
#endif

/* Whom a remote engine is opened as; the kernel opens its own engine and passes NULL. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_W SEC_WINNT_AUTH_IDENTITY_W, *PSEC_WINNT_AUTH_IDENTITY_W;
#ifndef RPC_C_AUTHN_WINNT
#define RPC_C_AUTHN_WINNT 10
#define RPC_C_AUTHN_DEFAULT 0xFFFFFFFF
#endif

typedef VOID(NTAPI *FWPM_SERVICE_STATE_CHANGE_CALLBACK0)(VOID *context, FWPM_SERVICE_STATE newState);

NTSYSAPI FWPM_SERVICE_STATE NTAPI FwpmBfeStateGet0(VOID);
NTSYSAPI NTSTATUS NTAPI FwpmBfeStateSubscribeChanges0(VOID *deviceObject, FWPM_SERVICE_STATE_CHANGE_CALLBACK0 callback,
                                                      VOID *context, HANDLE *changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmBfeStateUnsubscribeChanges0(HANDLE changeHandle);


#define FWPM_ACTRL_ADD 0x00000001
#define FWPM_ACTRL_ADD_LINK 0x00000002
#define FWPM_ACTRL_BEGIN_READ_TXN 0x00000004
#define FWPM_ACTRL_BEGIN_WRITE_TXN 0x00000008
#define FWPM_ACTRL_CLASSIFY 0x00000010
#define FWPM_ACTRL_ENUM 0x00000020
#define FWPM_ACTRL_OPEN 0x00000040
#define FWPM_ACTRL_READ 0x00000080
#define FWPM_ACTRL_READ_STATS 0x00000100
#define FWPM_ACTRL_SUBSCRIBE 0x00000200
#define FWPM_ACTRL_WRITE 0x00000400
#define FWPM_TXN_READ_ONLY 0x00000001
#define FWPM_TUNNEL_FLAG_POINT_TO_POINT 0x00000001
#define FWPM_TUNNEL_FLAG_ENABLE_VIRTUAL_IF_TUNNELING 0x00000002
#define FWPM_TUNNEL_FLAG_RESERVED0 0x00000004

typedef void (NTAPI *FWPM_PROVIDER_CHANGE_CALLBACK0)(void *context, const FWPM_PROVIDER_CHANGE0 *change);
typedef void (NTAPI *FWPM_PROVIDER_CONTEXT_CHANGE_CALLBACK0)(void *context, const FWPM_PROVIDER_CONTEXT_CHANGE0 *change);
typedef void (NTAPI *FWPM_SUBLAYER_CHANGE_CALLBACK0)(void *context, const FWPM_SUBLAYER_CHANGE0 *change);
typedef void (NTAPI *FWPM_CALLOUT_CHANGE_CALLBACK0)(void *context, const FWPM_CALLOUT_CHANGE0 *change);
typedef void (NTAPI *FWPM_FILTER_CHANGE_CALLBACK0)(void *context, const FWPM_FILTER_CHANGE0 *change);

NTSYSAPI VOID NTAPI FwpmFreeMemory0(void **p);
NTSYSAPI NTSTATUS NTAPI FwpmEngineOpen0(const WCHAR *serverName, UINT32 authnService, SEC_WINNT_AUTH_IDENTITY_W *authIdentity,
                                        const FWPM_SESSION0 *session, HANDLE *engineHandle);
NTSYSAPI NTSTATUS NTAPI FwpmEngineClose0(HANDLE engineHandle);
NTSYSAPI NTSTATUS NTAPI FwpmEngineGetOption0(HANDLE engineHandle, FWPM_ENGINE_OPTION option, FWP_VALUE0 **value);
NTSYSAPI NTSTATUS NTAPI FwpmEngineSetOption0(HANDLE engineHandle, FWPM_ENGINE_OPTION option, const FWP_VALUE0 *newValue);
NTSYSAPI NTSTATUS NTAPI FwpmEngineGetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, PSID *sidOwner, PSID *sidGroup,
                                                   ACL **dacl, ACL **sacl, PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmEngineSetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, const SID *sidOwner,
                                                   const SID *sidGroup, const ACL *dacl, const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmSessionCreateEnumHandle0(HANDLE engineHandle, const FWPM_SESSION_ENUM_TEMPLATE0 *enumTemplate,
                                                     HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmSessionEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                         FWPM_SESSION0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmSessionDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmTransactionBegin0(HANDLE engineHandle, UINT32 flags);
NTSYSAPI NTSTATUS NTAPI FwpmTransactionCommit0(HANDLE engineHandle);
NTSYSAPI NTSTATUS NTAPI FwpmTransactionAbort0(HANDLE engineHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderAdd0(HANDLE engineHandle, const FWPM_PROVIDER0 *provider, PSECURITY_DESCRIPTOR sd);
NTSYSAPI NTSTATUS NTAPI FwpmProviderDeleteByKey0(HANDLE engineHandle, const GUID *key);
NTSYSAPI NTSTATUS NTAPI FwpmProviderGetByKey0(HANDLE engineHandle, const GUID *key, FWPM_PROVIDER0 **provider);
NTSYSAPI NTSTATUS NTAPI FwpmProviderCreateEnumHandle0(HANDLE engineHandle, const FWPM_PROVIDER_ENUM_TEMPLATE0 *enumTemplate,
                                                      HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                          FWPM_PROVIDER0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmProviderDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderGetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                          PSID *sidOwner, PSID *sidGroup, ACL **dacl, ACL **sacl,
                                                          PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmProviderSetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                          const SID *sidOwner, const SID *sidGroup, const ACL *dacl,
                                                          const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmProviderSubscribeChanges0(HANDLE engineHandle, const FWPM_PROVIDER_SUBSCRIPTION0 *subscription,
                                                      FWPM_PROVIDER_CHANGE_CALLBACK0 callback, void *context,
                                                      HANDLE *changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderUnsubscribeChanges0(HANDLE engineHandle, HANDLE changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderSubscriptionsGet0(HANDLE engineHandle, FWPM_PROVIDER_SUBSCRIPTION0 ***entries,
                                                      UINT32 *numEntries);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextAdd0(HANDLE engineHandle, const FWPM_PROVIDER_CONTEXT0 *providerContext,
                                                PSECURITY_DESCRIPTOR sd, UINT64 *id);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextAdd1(HANDLE engineHandle, const FWPM_PROVIDER_CONTEXT1 *providerContext,
                                                PSECURITY_DESCRIPTOR sd, UINT64 *id);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextAdd2(HANDLE engineHandle, const FWPM_PROVIDER_CONTEXT2 *providerContext,
                                                PSECURITY_DESCRIPTOR sd, UINT64 *id);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextAdd3(HANDLE engineHandle, const FWPM_PROVIDER_CONTEXT3 *providerContext,
                                                PSECURITY_DESCRIPTOR sd, UINT64 *id);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextDeleteById0(HANDLE engineHandle, UINT64 id);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextDeleteByKey0(HANDLE engineHandle, const GUID *key);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetById0(HANDLE engineHandle, UINT64 id, FWPM_PROVIDER_CONTEXT0 **providerContext);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetById1(HANDLE engineHandle, UINT64 id, FWPM_PROVIDER_CONTEXT1 **providerContext);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetById2(HANDLE engineHandle, UINT64 id, FWPM_PROVIDER_CONTEXT2 **providerContext);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetById3(HANDLE engineHandle, UINT64 id, FWPM_PROVIDER_CONTEXT3 **providerContext);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetByKey0(HANDLE engineHandle, const GUID *key,
                                                     FWPM_PROVIDER_CONTEXT0 **providerContext);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetByKey1(HANDLE engineHandle, const GUID *key,
                                                     FWPM_PROVIDER_CONTEXT1 **providerContext);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetByKey2(HANDLE engineHandle, const GUID *key,
                                                     FWPM_PROVIDER_CONTEXT2 **providerContext);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetByKey3(HANDLE engineHandle, const GUID *key,
                                                     FWPM_PROVIDER_CONTEXT3 **providerContext);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextCreateEnumHandle0(HANDLE engineHandle,
                                                             const FWPM_PROVIDER_CONTEXT_ENUM_TEMPLATE0 *enumTemplate,
                                                             HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                                 FWPM_PROVIDER_CONTEXT0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextEnum1(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                                 FWPM_PROVIDER_CONTEXT1 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextEnum2(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                                 FWPM_PROVIDER_CONTEXT2 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextEnum3(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                                 FWPM_PROVIDER_CONTEXT3 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextGetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                                 PSID *sidOwner, PSID *sidGroup, ACL **dacl, ACL **sacl,
                                                                 PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextSetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                                 const SID *sidOwner, const SID *sidGroup, const ACL *dacl,
                                                                 const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextSubscribeChanges0(HANDLE engineHandle,
                                                             const FWPM_PROVIDER_CONTEXT_SUBSCRIPTION0 *subscription,
                                                             FWPM_PROVIDER_CONTEXT_CHANGE_CALLBACK0 callback, void *context,
                                                             HANDLE *changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextUnsubscribeChanges0(HANDLE engineHandle, HANDLE changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmProviderContextSubscriptionsGet0(HANDLE engineHandle,
                                                             FWPM_PROVIDER_CONTEXT_SUBSCRIPTION0 ***entries,
                                                             UINT32 *numEntries);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerAdd0(HANDLE engineHandle, const FWPM_SUBLAYER0 *subLayer, PSECURITY_DESCRIPTOR sd);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerDeleteByKey0(HANDLE engineHandle, const GUID *key);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerGetByKey0(HANDLE engineHandle, const GUID *key, FWPM_SUBLAYER0 **subLayer);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerCreateEnumHandle0(HANDLE engineHandle, const FWPM_SUBLAYER_ENUM_TEMPLATE0 *enumTemplate,
                                                      HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                          FWPM_SUBLAYER0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerGetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                          PSID *sidOwner, PSID *sidGroup, ACL **dacl, ACL **sacl,
                                                          PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerSetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                          const SID *sidOwner, const SID *sidGroup, const ACL *dacl,
                                                          const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerSubscribeChanges0(HANDLE engineHandle, const FWPM_SUBLAYER_SUBSCRIPTION0 *subscription,
                                                      FWPM_SUBLAYER_CHANGE_CALLBACK0 callback, void *context,
                                                      HANDLE *changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerUnsubscribeChanges0(HANDLE engineHandle, HANDLE changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmSubLayerSubscriptionsGet0(HANDLE engineHandle, FWPM_SUBLAYER_SUBSCRIPTION0 ***entries,
                                                      UINT32 *numEntries);
NTSYSAPI NTSTATUS NTAPI FwpmLayerGetById0(HANDLE engineHandle, UINT16 id, FWPM_LAYER0 **layer);
NTSYSAPI NTSTATUS NTAPI FwpmLayerGetByKey0(HANDLE engineHandle, const GUID *key, FWPM_LAYER0 **layer);
NTSYSAPI NTSTATUS NTAPI FwpmLayerCreateEnumHandle0(HANDLE engineHandle, const FWPM_LAYER_ENUM_TEMPLATE0 *enumTemplate,
                                                   HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmLayerEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                       FWPM_LAYER0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmLayerDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmLayerGetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                       PSID *sidOwner, PSID *sidGroup, ACL **dacl, ACL **sacl,
                                                       PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmLayerSetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                       const SID *sidOwner, const SID *sidGroup, const ACL *dacl,
                                                       const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutAdd0(HANDLE engineHandle, const FWPM_CALLOUT0 *callout, PSECURITY_DESCRIPTOR sd, UINT32 *id);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutDeleteById0(HANDLE engineHandle, UINT32 id);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutDeleteByKey0(HANDLE engineHandle, const GUID *key);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutGetById0(HANDLE engineHandle, UINT32 id, FWPM_CALLOUT0 **callout);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutGetByKey0(HANDLE engineHandle, const GUID *key, FWPM_CALLOUT0 **callout);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutCreateEnumHandle0(HANDLE engineHandle, const FWPM_CALLOUT_ENUM_TEMPLATE0 *enumTemplate,
                                                     HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                         FWPM_CALLOUT0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutGetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                         PSID *sidOwner, PSID *sidGroup, ACL **dacl, ACL **sacl,
                                                         PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutSetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                         const SID *sidOwner, const SID *sidGroup, const ACL *dacl,
                                                         const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutSubscribeChanges0(HANDLE engineHandle, const FWPM_CALLOUT_SUBSCRIPTION0 *subscription,
                                                     FWPM_CALLOUT_CHANGE_CALLBACK0 callback, void *context,
                                                     HANDLE *changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutUnsubscribeChanges0(HANDLE engineHandle, HANDLE changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmCalloutSubscriptionsGet0(HANDLE engineHandle, FWPM_CALLOUT_SUBSCRIPTION0 ***entries,
                                                     UINT32 *numEntries);
NTSYSAPI NTSTATUS NTAPI FwpmFilterAdd0(HANDLE engineHandle, const FWPM_FILTER0 *filter, PSECURITY_DESCRIPTOR sd, UINT64 *id);
NTSYSAPI NTSTATUS NTAPI FwpmFilterDeleteById0(HANDLE engineHandle, UINT64 id);
NTSYSAPI NTSTATUS NTAPI FwpmFilterDeleteByKey0(HANDLE engineHandle, const GUID *key);
NTSYSAPI NTSTATUS NTAPI FwpmFilterGetById0(HANDLE engineHandle, UINT64 id, FWPM_FILTER0 **filter);
NTSYSAPI NTSTATUS NTAPI FwpmFilterGetByKey0(HANDLE engineHandle, const GUID *key, FWPM_FILTER0 **filter);
NTSYSAPI NTSTATUS NTAPI FwpmFilterCreateEnumHandle0(HANDLE engineHandle, const FWPM_FILTER_ENUM_TEMPLATE0 *enumTemplate,
                                                    HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmFilterEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                        FWPM_FILTER0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI FwpmFilterDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI FwpmFilterGetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                        PSID *sidOwner, PSID *sidGroup, ACL **dacl, ACL **sacl,
                                                        PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI FwpmFilterSetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,
                                                        const SID *sidOwner, const SID *sidGroup, const ACL *dacl,
                                                        const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI FwpmFilterSubscribeChanges0(HANDLE engineHandle, const FWPM_FILTER_SUBSCRIPTION0 *subscription,
                                                    FWPM_FILTER_CHANGE_CALLBACK0 callback, void *context, HANDLE *changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmFilterUnsubscribeChanges0(HANDLE engineHandle, HANDLE changeHandle);
NTSYSAPI NTSTATUS NTAPI FwpmFilterSubscriptionsGet0(HANDLE engineHandle, FWPM_FILTER_SUBSCRIPTION0 ***entries,
                                                    UINT32 *numEntries);
NTSYSAPI NTSTATUS NTAPI FwpmIPsecTunnelAdd0(HANDLE engineHandle, UINT32 flags, const FWPM_PROVIDER_CONTEXT0 *mainModePolicy,
                                            const FWPM_PROVIDER_CONTEXT0 *tunnelPolicy, UINT32 numFilterConditions,
                                            const FWPM_FILTER_CONDITION0 *filterConditions, PSECURITY_DESCRIPTOR sd);
NTSYSAPI NTSTATUS NTAPI FwpmIPsecTunnelAdd1(HANDLE engineHandle, UINT32 flags, const FWPM_PROVIDER_CONTEXT1 *mainModePolicy,
                                            const FWPM_PROVIDER_CONTEXT1 *tunnelPolicy, UINT32 numFilterConditions,
                                            const FWPM_FILTER_CONDITION0 *filterConditions, const GUID *keyModKey,
                                            PSECURITY_DESCRIPTOR sd);
NTSYSAPI NTSTATUS NTAPI FwpmIPsecTunnelAdd2(HANDLE engineHandle, UINT32 flags, const FWPM_PROVIDER_CONTEXT2 *mainModePolicy,
                                            const FWPM_PROVIDER_CONTEXT2 *tunnelPolicy, UINT32 numFilterConditions,
                                            const FWPM_FILTER_CONDITION0 *filterConditions, const GUID *keyModKey,
                                            PSECURITY_DESCRIPTOR sd);
NTSYSAPI NTSTATUS NTAPI FwpmIPsecTunnelAdd3(HANDLE engineHandle, UINT32 flags, const FWPM_PROVIDER_CONTEXT3 *mainModePolicy,
                                            const FWPM_PROVIDER_CONTEXT3 *tunnelPolicy, UINT32 numFilterConditions,
                                            const FWPM_FILTER_CONDITION0 *filterConditions, const GUID *keyModKey,
                                            PSECURITY_DESCRIPTOR sd);
NTSYSAPI NTSTATUS NTAPI FwpmIPsecTunnelDeleteByKey0(HANDLE engineHandle, const GUID *key);

RING3_END_C

#endif
