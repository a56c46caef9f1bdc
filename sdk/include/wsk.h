/* Winsock Kernel: sockets for kernel-mode software. docs: wsk, network/introduction-to-winsock-kernel
 *
 * A driver registers (WskRegister), captures the provider's table (WskCaptureProviderNPI) and creates sockets. Every function
 * that takes an IRP completes it, whatever it returns; the caller sets a completion routine on it first. */
#ifndef RING3_WSK_H
#define RING3_WSK_H

#include <ring3/wsk_client.h>
#include <ring3/wsk_provider.h>

RING3_BEGIN_C

/* The provider's memory inside the caller's: nothing in it is the caller's to read or change. */
typedef struct _WSK_REGISTRATION {
    ULONGLONG ReservedRegistrationState;
    PVOID ReservedRegistrationContext;
    KSPIN_LOCK ReservedRegistrationLock;
} WSK_REGISTRATION, *PWSK_REGISTRATION;
RING3_SIZE(WSK_REGISTRATION, 24);

_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSYSAPI NTSTATUS NTAPI
WskRegister(_In_ PWSK_CLIENT_NPI WskClientNpi, _Out_ PWSK_REGISTRATION WskRegistration);
_IRQL_requires_(PASSIVE_LEVEL) NTSYSAPI VOID NTAPI WskDeregister(_In_ PWSK_REGISTRATION WskRegistration);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSYSAPI NTSTATUS NTAPI
WskCaptureProviderNPI(_In_ PWSK_REGISTRATION WskRegistration, _In_ ULONG WaitTimeout, _Out_ PWSK_PROVIDER_NPI WskProviderNpi);
_IRQL_requires_max_(DISPATCH_LEVEL) NTSYSAPI VOID NTAPI WskReleaseProviderNPI(_In_ PWSK_REGISTRATION WskRegistration);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSYSAPI NTSTATUS NTAPI
WskQueryProviderCharacteristics(_In_ PWSK_REGISTRATION WskRegistration,
                                _Out_ PWSK_PROVIDER_CHARACTERISTICS WskProviderCharacteristics);

RING3_END_C

#endif
