/* redirect: outgoing TCP connections to one port go to another address.
 *
 *   connect to Port                               what happens
 *   of a client                                   goes to Target; what the client wanted is kept as the connection's context
 *   of a proxy that has set the records of one    passes: the client's wish is restored
 *   that another driver has redirected            passes
 *
 * When Target is this computer a proxy there asks for records and context (SIO_QUERY_WFP_CONNECTION_REDIRECT_*). */
#ifndef REDIRECT_H
#define REDIRECT_H

#include <ntddk.h>
#include <fwpsk.h>
#include <fwpmk.h>

#define REDIRECT_TAG 'rdeR'

/* Does not change while the callout is registered. */
typedef struct _TARGET {
    USHORT Port;                        /* of the connects that are redirected */
    SOCKADDR_IN To;
    HANDLE Handle;
    LONG Redirected, Restored;
} TARGET;

extern TARGET Target;

/* Parameters\Port, \Target (REG_SZ, IPv4), \TargetPort. */
NTSTATUS TargetRead(_In_ PUNICODE_STRING RegistryPath);

VOID NTAPI RedirectConnect(_In_ const FWPS_INCOMING_VALUES0 *Values, _In_ const FWPS_INCOMING_METADATA_VALUES0 *Metadata,
                           _Inout_opt_ VOID *LayerData, _In_opt_ const VOID *Context, _In_ const FWPS_FILTER1 *Filter, _In_ UINT64 Flow,
                           _Inout_ FWPS_CLASSIFY_OUT0 *Out);

#endif
