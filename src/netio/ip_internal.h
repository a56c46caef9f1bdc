/* Between the files of the IP Helper: rows of netioapi.h against rows of tcpip/ip.h.
 *
 * 1. Tables and notification handles are pool blocks charged to the calling driver, so that a leak names its line.
 * 2. No lock is held while pool is allocated or a driver is called. */
#ifndef NETIO_IP_INTERNAL_H
#define NETIO_IP_INTERNAL_H

#include <ntddk.h>
#include <netioapi.h>

#include "tcpip/ip.h"

#define IP_CALLER() __builtin_return_address(0)

/* ip_convert.c */

NTSTATUS ip_nt_status(enum ip_status status);
/* AF_INET: 4, AF_INET6: 6, AF_UNSPEC: 0. False for others. */
bool ip_take_family(ADDRESS_FAMILY family, unsigned *number);
/* False unless it is an IPv4 or IPv6 address. */
bool ip_take_address(const SOCKADDR_INET *from, struct ip_address *to);
/* Port 0; a link-local IPv6 address gets the interface's scope. */
void ip_give_address(SOCKADDR_INET *to, const struct ip_address *from, uint32_t index);
ULONG ip_scope_of(const struct ip_address *address, uint32_t index);
/* An address that one host can have: not unspecified, multicast or broadcast. */
bool ip_is_unicast(const struct ip_address *address);

/* The interface that a LUID (first) or an index names. STATUS_INVALID_PARAMETER: neither is given; STATUS_NOT_FOUND. */
NTSTATUS ip_take_interface(const NET_LUID *luid, NET_IFINDEX index, struct ip_link *link);
/* The link that `fits`; false: none. */
bool ip_find_link(bool (*fits)(const struct ip_link *link, const void *what), const void *what, struct ip_link *link);
/* 0 when the interface is gone. */
ULONG64 ip_luid_of(uint32_t index);

/* Pool for `count` rows of `row` bytes from `offset` on; NumEntries is set, the rest zero. NULL: no memory. */
void *ip_new_table(size_t offset, size_t row, size_t count, const void *caller);
/* Lists into a malloc'd array; *count rows. NULL: none, or no memory (then *failed). */
void *ip_collect(size_t (*list)(unsigned family, void *rows, size_t room), unsigned family, size_t row, size_t *count, bool *failed);

/* ip_unicast.c: what notifications and address pairs need of it, too. */
void ip_give_unicast(MIB_UNICASTIPADDRESS_ROW *row, const struct ip_unicast *from);
/* stable: only those in the preferred state. */
NTSTATUS ip_unicast_table(unsigned family, bool stable, PMIB_UNICASTIPADDRESS_TABLE *table, const void *caller);

#endif
