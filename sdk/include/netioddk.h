/* The Network Module Registrar: introduces clients of a network programming interface (NPI) to its providers.
 * docs: netioddk, network/network-module-registrar2
 *
 * A module registers characteristics; the registrar calls ClientAttachProvider for each pair of the same NPI, which goes on
 * with NmrClientAttachProvider or declines with STATUS_NOINTERFACE. Everything a registration points to stays valid until the
 * deregistration is complete. */
#ifndef RING3_NETIODDK_H
#define RING3_NETIODDK_H

#include <netiodef.h>

RING3_BEGIN_C

/* Names the interface that two modules share. */
typedef GUID NPIID;
typedef const NPIID *PNPIID;

/* docs: netioddk/ns-netioddk-_npi_registration_instance */
typedef struct _NPI_REGISTRATION_INSTANCE {
    USHORT Version;                     /* 0 */
    USHORT Size;                        /* bytes of this structure */
    PNPIID NpiId;
    PNPI_MODULEID ModuleId;
    ULONG Number;                       /* of the implementation; 0 when there is one */
    const VOID *NpiSpecificCharacteristics;
} NPI_REGISTRATION_INSTANCE;
typedef const NPI_REGISTRATION_INSTANCE *PNPI_REGISTRATION_INSTANCE;
RING3_SIZE(NPI_REGISTRATION_INSTANCE, 40);
RING3_OFFSET(NPI_REGISTRATION_INSTANCE, NpiId, 8);
RING3_OFFSET(NPI_REGISTRATION_INSTANCE, ModuleId, 16);
RING3_OFFSET(NPI_REGISTRATION_INSTANCE, Number, 24);
RING3_OFFSET(NPI_REGISTRATION_INSTANCE, NpiSpecificCharacteristics, 32);

/* IRQL PASSIVE_LEVEL. Returns what NmrClientAttachProvider returned, or STATUS_NOINTERFACE to decline. */
typedef _IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ _Function_class_(NPI_CLIENT_ATTACH_PROVIDER_FN) NTSTATUS NTAPI
NPI_CLIENT_ATTACH_PROVIDER_FN(_In_ HANDLE NmrBindingHandle, _In_ PVOID ClientContext,
                              _In_ PNPI_REGISTRATION_INSTANCE ProviderRegistrationInstance);
typedef NPI_CLIENT_ATTACH_PROVIDER_FN *PNPI_CLIENT_ATTACH_PROVIDER_FN;

/* IRQL <= DISPATCH_LEVEL. STATUS_PENDING promises a later NmrClientDetachProviderComplete. */
typedef _IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ _Function_class_(NPI_CLIENT_DETACH_PROVIDER_FN) NTSTATUS NTAPI
NPI_CLIENT_DETACH_PROVIDER_FN(_In_ PVOID ClientBindingContext);
typedef NPI_CLIENT_DETACH_PROVIDER_FN *PNPI_CLIENT_DETACH_PROVIDER_FN;

/* IRQL <= DISPATCH_LEVEL. Both sides have detached: the context may be freed. */
typedef _IRQL_requires_max_(DISPATCH_LEVEL) _Function_class_(NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN) VOID NTAPI
NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN(_In_ PVOID ClientBindingContext);
typedef NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN *PNPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN;

/* IRQL PASSIVE_LEVEL. On STATUS_SUCCESS both results are set; STATUS_NOINTERFACE declines. */
typedef _IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ _Function_class_(NPI_PROVIDER_ATTACH_CLIENT_FN) NTSTATUS NTAPI
NPI_PROVIDER_ATTACH_CLIENT_FN(_In_ HANDLE NmrBindingHandle, _In_ PVOID ProviderContext,
                              _In_ PNPI_REGISTRATION_INSTANCE ClientRegistrationInstance, _In_ PVOID ClientBindingContext,
                              _In_ const VOID *ClientDispatch, _Outptr_ PVOID *ProviderBindingContext,
                              _Outptr_ const VOID **ProviderDispatch);
typedef NPI_PROVIDER_ATTACH_CLIENT_FN *PNPI_PROVIDER_ATTACH_CLIENT_FN;

/* IRQL <= DISPATCH_LEVEL. STATUS_PENDING promises a later NmrProviderDetachClientComplete. */
typedef _IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ _Function_class_(NPI_PROVIDER_DETACH_CLIENT_FN) NTSTATUS NTAPI
NPI_PROVIDER_DETACH_CLIENT_FN(_In_ PVOID ProviderBindingContext);
typedef NPI_PROVIDER_DETACH_CLIENT_FN *PNPI_PROVIDER_DETACH_CLIENT_FN;

/* IRQL <= DISPATCH_LEVEL. Both sides have detached: the context may be freed. */
typedef _IRQL_requires_max_(DISPATCH_LEVEL) _Function_class_(NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN) VOID NTAPI
NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN(_In_ PVOID ProviderBindingContext);
typedef NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN *PNPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN;

/* docs: netioddk/ns-netioddk-_npi_client_characteristics */
typedef struct _NPI_CLIENT_CHARACTERISTICS {
    USHORT Version;                     /* 0 */
    USHORT Length;                      /* bytes of this structure */
    PNPI_CLIENT_ATTACH_PROVIDER_FN ClientAttachProvider;
    PNPI_CLIENT_DETACH_PROVIDER_FN ClientDetachProvider;
    PNPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN ClientCleanupBindingContext; /* may be NULL */
    NPI_REGISTRATION_INSTANCE ClientRegistrationInstance;
} NPI_CLIENT_CHARACTERISTICS;
typedef const NPI_CLIENT_CHARACTERISTICS *PNPI_CLIENT_CHARACTERISTICS;
RING3_SIZE(NPI_CLIENT_CHARACTERISTICS, 72);
RING3_OFFSET(NPI_CLIENT_CHARACTERISTICS, ClientAttachProvider, 8);
RING3_OFFSET(NPI_CLIENT_CHARACTERISTICS, ClientRegistrationInstance, 32);

/* docs: netioddk/ns-netioddk-_npi_provider_characteristics */
typedef struct _NPI_PROVIDER_CHARACTERISTICS {
    USHORT Version;                     /* 0 */
    USHORT Length;                      /* bytes of this structure */
    PNPI_PROVIDER_ATTACH_CLIENT_FN ProviderAttachClient;
    PNPI_PROVIDER_DETACH_CLIENT_FN ProviderDetachClient;
    PNPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN ProviderCleanupBindingContext; /* may be NULL */
    NPI_REGISTRATION_INSTANCE ProviderRegistrationInstance;
} NPI_PROVIDER_CHARACTERISTICS;
typedef const NPI_PROVIDER_CHARACTERISTICS *PNPI_PROVIDER_CHARACTERISTICS;
RING3_SIZE(NPI_PROVIDER_CHARACTERISTICS, 72);
RING3_OFFSET(NPI_PROVIDER_CHARACTERISTICS, ProviderAttachClient, 8);
RING3_OFFSET(NPI_PROVIDER_CHARACTERISTICS, ProviderRegistrationInstance, 32);

NTSYSAPI NTSTATUS NTAPI NmrRegisterClient(_In_ PNPI_CLIENT_CHARACTERISTICS ClientCharacteristics,
                                          _In_ PVOID ClientContext, _Out_ PHANDLE NmrClientHandle);
NTSYSAPI NTSTATUS NTAPI NmrDeregisterClient(_In_ HANDLE NmrClientHandle);
NTSYSAPI NTSTATUS NTAPI NmrWaitForClientDeregisterComplete(_In_ HANDLE NmrClientHandle);
NTSYSAPI NTSTATUS NTAPI NmrClientAttachProvider(_In_ HANDLE NmrBindingHandle, _In_ PVOID ClientBindingContext,
                                                _In_ const VOID *ClientDispatch, _Out_ PVOID *ProviderBindingContext,
                                                _Out_ const VOID **ProviderDispatch);
NTSYSAPI VOID NTAPI NmrClientDetachProviderComplete(_In_ HANDLE NmrBindingHandle);

NTSYSAPI NTSTATUS NTAPI NmrRegisterProvider(_In_ PNPI_PROVIDER_CHARACTERISTICS ProviderCharacteristics,
                                            _In_ PVOID ProviderContext, _Out_ PHANDLE NmrProviderHandle);
NTSYSAPI NTSTATUS NTAPI NmrDeregisterProvider(_In_ HANDLE NmrProviderHandle);
NTSYSAPI NTSTATUS NTAPI NmrWaitForProviderDeregisterComplete(_In_ HANDLE NmrProviderHandle);
NTSYSAPI VOID NTAPI NmrProviderDetachClientComplete(_In_ HANDLE NmrBindingHandle);

RING3_END_C

#endif
