/* Which addresses an endpoint may have. */
#ifndef TCPIP_LOCAL_ADDRESS_H
#define TCPIP_LOCAL_ADDRESS_H

#include "tcpip/socket.h"

/* ::ffff:a.b.c.d as the IPv4 address that it is, and back; others as they are. */
struct tcpip_address address_unmapped(const struct tcpip_address *address);
struct tcpip_address address_mapped(const struct tcpip_address *address);
/* For an endpoint of this family (0: both). STATUS_INVALID_ADDRESS_COMPONENT: another family, or not an address of ours.
 * Stack entered. */
NTSTATUS address_check_local(const struct tcpip_address *address, uint8_t family);

#endif
