/* State of IPsec and of its keying modules, through the filtering engine. PASSIVE_LEVEL.
 * docs: sdk-api fwpmu (the kernel functions differ only in returning NTSTATUS: wfp-user-mode-management-functions) */
#ifndef RING3_FWP_IPSEC_CALLS_H
#define RING3_FWP_IPSEC_CALLS_H

#include <fwpmtypes.h>

RING3_BEGIN_C






typedef void (NTAPI *IPSEC_SA_CONTEXT_CALLBACK0)(void *context, const IPSEC_SA_CONTEXT_CHANGE0 *change);









NTSYSAPI NTSTATUS NTAPI IPsecGetStatistics0(HANDLE engineHandle, IPSEC_STATISTICS0 *ipsecStatistics);
NTSYSAPI NTSTATUS NTAPI IPsecGetStatistics1(HANDLE engineHandle, IPSEC_STATISTICS1 *ipsecStatistics);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextCreate0(HANDLE engineHandle, const IPSEC_TRAFFIC0 *outboundTraffic,
                                              UINT64 *inboundFilterId, UINT64 *id);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextCreate1(HANDLE engineHandle, const IPSEC_TRAFFIC1 *outboundTraffic,
                                              const IPSEC_VIRTUAL_IF_TUNNEL_INFO0 *virtualIfTunnelInfo,
                                              UINT64 *inboundFilterId, UINT64 *id);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextDeleteById0(HANDLE engineHandle, UINT64 id);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextGetById0(HANDLE engineHandle, UINT64 id, IPSEC_SA_CONTEXT0 **saContext);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextGetById1(HANDLE engineHandle, UINT64 id, IPSEC_SA_CONTEXT1 **saContext);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextGetSpi0(HANDLE engineHandle, UINT64 id, const IPSEC_GETSPI0 *getSpi, UINT32 *inboundSpi);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextGetSpi1(HANDLE engineHandle, UINT64 id, const IPSEC_GETSPI1 *getSpi, UINT32 *inboundSpi);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextSetSpi0(HANDLE engineHandle, UINT64 id, const IPSEC_GETSPI1 *getSpi, UINT32 inboundSpi);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextAddInbound0(HANDLE engineHandle, UINT64 id, const IPSEC_SA_BUNDLE0 *inboundBundle);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextAddOutbound0(HANDLE engineHandle, UINT64 id, const IPSEC_SA_BUNDLE0 *outboundBundle);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextAddInbound1(HANDLE engineHandle, UINT64 id, const IPSEC_SA_BUNDLE1 *inboundBundle);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextAddOutbound1(HANDLE engineHandle, UINT64 id, const IPSEC_SA_BUNDLE1 *outboundBundle);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextExpire0(HANDLE engineHandle, UINT64 id);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextUpdate0(HANDLE engineHandle, UINT64 flags, const IPSEC_SA_CONTEXT1 *newValues);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextCreateEnumHandle0(HANDLE engineHandle,
                                                        const IPSEC_SA_CONTEXT_ENUM_TEMPLATE0 *enumTemplate,
                                                        HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                            IPSEC_SA_CONTEXT0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextEnum1(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                            IPSEC_SA_CONTEXT1 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextSubscribe0(HANDLE engineHandle, const IPSEC_SA_CONTEXT_SUBSCRIPTION0 *subscription,
                                                 IPSEC_SA_CONTEXT_CALLBACK0 callback, void *context, HANDLE *eventsHandle);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextUnsubscribe0(HANDLE engineHandle, HANDLE eventsHandle);
NTSYSAPI NTSTATUS NTAPI IPsecSaContextSubscriptionsGet0(HANDLE engineHandle, IPSEC_SA_CONTEXT_SUBSCRIPTION0 ***entries,
                                                        UINT32 *numEntries);
NTSYSAPI NTSTATUS NTAPI IPsecSaCreateEnumHandle0(HANDLE engineHandle, const IPSEC_SA_ENUM_TEMPLATE0 *enumTemplate,
                                                 HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI IPsecSaEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                     IPSEC_SA_DETAILS0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI IPsecSaEnum1(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                     IPSEC_SA_DETAILS1 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI IPsecSaDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI IPsecSaDbGetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, PSID *sidOwner, PSID *sidGroup,
                                                  ACL **dacl, ACL **sacl, PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI IPsecSaDbSetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, const SID *sidOwner,
                                                  const SID *sidGroup, const ACL *dacl, const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI IPsecDospGetStatistics0(HANDLE engineHandle, IPSEC_DOSP_STATISTICS0 *idpStatistics);
NTSYSAPI NTSTATUS NTAPI IPsecDospStateCreateEnumHandle0(HANDLE engineHandle,
                                                        const IPSEC_DOSP_STATE_ENUM_TEMPLATE0 *enumTemplate,
                                                        HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI IPsecDospStateEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                            IPSEC_DOSP_STATE0 ***entries, UINT32 *numEntries);
NTSYSAPI NTSTATUS NTAPI IPsecDospStateDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI IPsecDospGetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, PSID *sidOwner, PSID *sidGroup,
                                                  ACL **dacl, ACL **sacl, PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI IPsecDospSetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, const SID *sidOwner,
                                                  const SID *sidGroup, const ACL *dacl, const ACL *sacl);
NTSYSAPI NTSTATUS NTAPI IkeextGetStatistics0(HANDLE engineHandle, IKEEXT_STATISTICS0 *ikeextStatistics);
NTSYSAPI NTSTATUS NTAPI IkeextGetStatistics1(HANDLE engineHandle, IKEEXT_STATISTICS1 *ikeextStatistics);
NTSYSAPI NTSTATUS NTAPI IkeextSaDeleteById0(HANDLE engineHandle, UINT64 id);
NTSYSAPI NTSTATUS NTAPI IkeextSaGetById0(HANDLE engineHandle, UINT64 id, IKEEXT_SA_DETAILS0 **sa);
NTSYSAPI NTSTATUS NTAPI IkeextSaGetById1(HANDLE engineHandle, UINT64 id, GUID *saLookupContext, IKEEXT_SA_DETAILS1 **sa);
NTSYSAPI NTSTATUS NTAPI IkeextSaGetById2(HANDLE engineHandle, UINT64 id, GUID *saLookupContext, IKEEXT_SA_DETAILS2 **sa);
NTSYSAPI NTSTATUS NTAPI IkeextSaCreateEnumHandle0(HANDLE engineHandle, const IKEEXT_SA_ENUM_TEMPLATE0 *enumTemplate,
                                                  HANDLE *enumHandle);
NTSYSAPI NTSTATUS NTAPI IkeextSaEnum0(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                      IKEEXT_SA_DETAILS0 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI IkeextSaEnum1(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                      IKEEXT_SA_DETAILS1 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI IkeextSaEnum2(HANDLE engineHandle, HANDLE enumHandle, UINT32 numEntriesRequested,
                                      IKEEXT_SA_DETAILS2 ***entries, UINT32 *numEntriesReturned);
NTSYSAPI NTSTATUS NTAPI IkeextSaDestroyEnumHandle0(HANDLE engineHandle, HANDLE enumHandle);
NTSYSAPI NTSTATUS NTAPI IkeextSaDbGetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, PSID *sidOwner, PSID *sidGroup,
                                                   ACL **dacl, ACL **sacl, PSECURITY_DESCRIPTOR *securityDescriptor);
NTSYSAPI NTSTATUS NTAPI IkeextSaDbSetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, const SID *sidOwner,
                                                   const SID *sidGroup, const ACL *dacl, const ACL *sacl);

RING3_END_C

#endif
