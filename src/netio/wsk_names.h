/* Name resolution of the provider's dispatch table. */
#ifndef NETIO_WSK_NAMES_H
#define NETIO_WSK_NAMES_H

#include <wsk.h>

#include "netio/leaks.h"

/* WskGetAddressInfo: host name and service to addresses. Any argument may be NULL but client, result and irp, and one of the
 * two names. The list is freed with WskFreeAddressInfo. The IRP is completed with the returned status, after STATUS_PENDING
 * with STATUS_SUCCESS, STATUS_NO_MATCH, STATUS_CANCELLED or STATUS_INSUFFICIENT_RESOURCES; Information repeats the status.
 * STATUS_INVALID_PARAMETER, STATUS_NO_MATCH at once. PASSIVE_LEVEL. docs: wsk/nc-wsk-pfn_wsk_get_address_info */
NTSTATUS NTAPI wsk_get_address_info(PWSK_CLIENT client, PUNICODE_STRING node, PUNICODE_STRING service, ULONG name_space,
                                    GUID *provider, PADDRINFOEXW hints, PADDRINFOEXW *result, PEPROCESS process,
                                    PETHREAD thread, PIRP irp);
/* WskFreeAddressInfo: a list of the function above. PASSIVE_LEVEL. docs: wsk/nc-wsk-pfn_wsk_free_address_info */
VOID NTAPI wsk_free_address_info(PWSK_CLIENT client, PADDRINFOEXW info);
/* WskGetNameInfo: address and port to names, written with a NUL behind them (Length is without it). flags: NI_*. Completes
 * the IRP as above; STATUS_BUFFER_TOO_SMALL when a name does not fit. PASSIVE_LEVEL. docs: wsk/nc-wsk-pfn_wsk_get_name_info */
NTSTATUS NTAPI wsk_get_name_info(PWSK_CLIENT client, PSOCKADDR address, ULONG address_size, PUNICODE_STRING node,
                                 PUNICODE_STRING service, ULONG flags, PEPROCESS process, PETHREAD thread, PIRP irp);

struct wsk_client;
struct wsk_request;

/* Ends a request of kind WSK_DO_NAME, or all of a client, with STATUS_CANCELLED. Stack entered. */
void wsk_name_cancel(struct wsk_request *request);
void wsk_names_end(struct wsk_client *client);
/* Forgets those that code in [base, base + size) began (size 0: all): the driver is gone, its IRPs are not touched. Stack
 * entered. */
void wsk_names_abandon(struct wsk_client *client, uint64_t base, uint64_t size);
/* Visits the same. */
void wsk_names_walk(struct wsk_client *client, uint64_t base, uint64_t size,
                    void (*visit)(void *context, const struct netio_leak *leak), void *context);

#endif
