/* Name resolution of the provider's dispatch table. */
#ifndef NETIO_WSK_NAMES_H
#define NETIO_WSK_NAMES_H

#include <wsk.h>

NTSTATUS NTAPI wsk_get_address_info(PWSK_CLIENT client, PUNICODE_STRING node, PUNICODE_STRING service, ULONG name_space,
                                    GUID *provider, PADDRINFOEXW hints, PADDRINFOEXW *result, PEPROCESS process,
                                    PETHREAD thread, PIRP irp);
VOID NTAPI wsk_free_address_info(PWSK_CLIENT client, PADDRINFOEXW info);
NTSTATUS NTAPI wsk_get_name_info(PWSK_CLIENT client, PSOCKADDR address, ULONG address_size, PUNICODE_STRING node,
                                 PUNICODE_STRING service, ULONG flags, PEPROCESS process, PETHREAD thread, PIRP irp);

#endif
