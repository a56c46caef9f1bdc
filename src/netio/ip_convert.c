#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "netio/ip_internal.h"
#include "nt/pool.h"

#define TABLE_TAG 0x62744d49u           /* IMtb */

NTSTATUS ip_nt_status(enum ip_status status)
{
    static const NTSTATUS statuses[] = {
        [IP_OK] = STATUS_SUCCESS, [IP_NO_INTERFACE] = STATUS_NOT_FOUND, [IP_NOT_FOUND] = STATUS_NOT_FOUND,
        [IP_EXISTS] = STATUS_DUPLICATE_OBJECTID, [IP_INVALID] = STATUS_INVALID_PARAMETER, [IP_NO_ROOM] = STATUS_NO_MEMORY,
        [IP_UNREACHABLE] = STATUS_NETWORK_UNREACHABLE, [IP_REFUSED] = STATUS_NOT_SUPPORTED,
    };

    if (status == IP_REFUSED)
        log_warn("netio", "%s", error_text());
    return statuses[status];
}

bool ip_take_family(ADDRESS_FAMILY family, unsigned *number)
{
    *number = family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0;
    return *number || family == AF_UNSPEC;
}

bool ip_take_address(const SOCKADDR_INET *from, struct ip_address *to)
{
    *to = (struct ip_address){ .family = from->si_family == AF_INET ? 4 : from->si_family == AF_INET6 ? 6 : 0 };
    if (to->family == 4)
        memcpy(to->bytes, &from->Ipv4.sin_addr, 4);
    else if (to->family == 6)
        memcpy(to->bytes, &from->Ipv6.sin6_addr, 16);
    return to->family != 0;
}

ULONG ip_scope_of(const struct ip_address *address, uint32_t index)
{
    return address->family == 6 && ip_address_is_link_local(address) ? index : 0;
}

void ip_give_address(SOCKADDR_INET *to, const struct ip_address *from, uint32_t index)
{
    memset(to, 0, sizeof *to);
    if (from->family == 4) {
        to->Ipv4.sin_family = AF_INET;
        memcpy(&to->Ipv4.sin_addr, from->bytes, 4);
    } else if (from->family == 6) {
        to->Ipv6.sin6_family = AF_INET6;
        memcpy(&to->Ipv6.sin6_addr, from->bytes, 16);
        to->Ipv6.sin6_scope_id = ip_scope_of(from, index);
    }
}

bool ip_is_unicast(const struct ip_address *address)
{
    static const struct ip_address broadcast = { 4, { 255, 255, 255, 255 } };

    return !ip_address_is_zero(address) && !ip_address_is_multicast(address) && !ip_address_equal(address, &broadcast);
}

/* --- interfaces ------------------------------------------------------------------------------------------------------ */

bool ip_find_link(bool (*fits)(const struct ip_link *link, const void *what), const void *what, struct ip_link *link)
{
    for (unsigned n = 0; ip_link_at(n, link, false); n++)
        if (fits(link, what))
            return true;
    return false;
}

static bool has_luid(const struct ip_link *link, const void *what)
{
    return link->luid == ((const NET_LUID *)what)->Value;
}

static bool has_index(const struct ip_link *link, const void *what)
{
    return link->index == *(const NET_IFINDEX *)what;
}

NTSTATUS ip_take_interface(const NET_LUID *luid, NET_IFINDEX index, struct ip_link *link)
{
    if (luid && luid->Value)
        return ip_find_link(has_luid, luid, link) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    if (index == NET_IFINDEX_UNSPECIFIED)
        return STATUS_INVALID_PARAMETER;
    return ip_find_link(has_index, &index, link) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

ULONG64 ip_luid_of(uint32_t index)
{
    struct ip_link link;

    return ip_find_link(has_index, &index, &link) ? link.luid : 0;
}

/* --- tables ------------------------------------------------------------------------------------------------------------ */

void *ip_new_table(size_t offset, size_t row, size_t count, const void *caller)
{
    size_t size = offset + row * (count ? count : 1);
    ULONG *table = pool_alloc(NonPagedPoolNx, size, TABLE_TAG, caller);

    if (table) {
        memset(table, 0, size);
        *table = (ULONG)count;
    }
    return table;
}

void *ip_collect(size_t (*list)(unsigned family, void *rows, size_t room), unsigned family, size_t row, size_t *count, bool *failed)
{
    void *rows = NULL;
    size_t room = 0;

    *failed = false;
    while ((*count = list(family, rows, room)) > room) {        /* it may have grown meanwhile */
        room = *count;
        free(rows);
        rows = calloc(room, row);
        if (!rows) {
            *failed = true;
            return NULL;
        }
    }
    return rows;
}

/* Gives back what a table function, or CreateSortedAddressPairs, returned. Memory: NULL does nothing.
 * IRQL < DISPATCH_LEVEL. docs: network/freemibtable */
VOID NTAPI FreeMibTable(PVOID Memory)
{
    if (Memory)
        pool_free(Memory, TABLE_TAG, IP_CALLER());
}
