/* MIB_IPNET_ROW2. */
#include <stdlib.h>
#include <string.h>

#include "netio/ip_internal.h"

enum { MAC_LENGTH = 6 };

static void give_neighbour(MIB_IPNET_ROW2 *row, const struct ip_neighbour *from)
{
    memset(row, 0, sizeof *row);
    ip_give_address(&row->Address, &from->address, from->index);
    row->InterfaceIndex = from->index;
    row->InterfaceLuid.Value = ip_luid_of(from->index);
    if (from->state != IP_NEIGHBOUR_INCOMPLETE && from->state != IP_NEIGHBOUR_UNREACHABLE) {
        memcpy(row->PhysicalAddress, from->mac, MAC_LENGTH);
        row->PhysicalAddressLength = MAC_LENGTH;
    }
    row->State = (NL_NEIGHBOR_STATE)from->state;
    row->IsRouter = from->router;
    row->IsUnreachable = from->state == IP_NEIGHBOUR_UNREACHABLE;
    row->ReachabilityTime.LastReachable = from->reachable_ms;
}

static NTSTATUS take_key(const MIB_IPNET_ROW2 *row, struct ip_neighbour *key)
{
    struct ip_link link;

    memset(key, 0, sizeof *key);
    if (!row || !ip_take_address(&row->Address, &key->address) || ip_address_is_zero(&key->address) ||
        ip_address_is_loopback(&key->address))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ip_take_interface(&row->InterfaceLuid, row->InterfaceIndex, &link);
    if (NT_SUCCESS(status) && link.index == IP_LOOPBACK_INDEX)
        return STATUS_INVALID_PARAMETER;
    key->index = NT_SUCCESS(status) ? link.index : 0;
    return status;
}

static NTSTATUS take_neighbour(const MIB_IPNET_ROW2 *row, struct ip_neighbour *neighbour)
{
    NTSTATUS status = take_key(row, neighbour);

    if (!NT_SUCCESS(status))
        return status;
    if (row->PhysicalAddressLength != MAC_LENGTH)
        return STATUS_INVALID_PARAMETER;
    memcpy(neighbour->mac, row->PhysicalAddress, MAC_LENGTH);
    return STATUS_SUCCESS;
}

/* Row: Address, interface and a physical address of 6 bytes: from now on packets go there without asking the link.
 * IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND (interface), STATUS_DUPLICATE_OBJECTID
 * (ERROR_OBJECT_ALREADY_EXISTS), STATUS_NO_MEMORY. docs: network/createipnetentry2 */
NTSTATUS NTAPI CreateIpNetEntry2(const MIB_IPNET_ROW2 *Row)
{
    struct ip_neighbour neighbour;
    NTSTATUS status = take_neighbour(Row, &neighbour);

    return NT_SUCCESS(status) ? ip_nt_status(ip_add_neighbour(&neighbour)) : status;
}

/* Row: as CreateIpNetEntry2, of a neighbour that is there; it becomes permanent. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_NOT_FOUND, STATUS_NO_MEMORY. docs: network/setipnetentry2 */
NTSTATUS NTAPI SetIpNetEntry2(PMIB_IPNET_ROW2 Row)
{
    struct ip_neighbour neighbour;
    NTSTATUS status = take_neighbour(Row, &neighbour);

    return NT_SUCCESS(status) ? ip_nt_status(ip_set_neighbour(&neighbour)) : status;
}

/* Row: Address and interface. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND. docs: network/deleteipnetentry2 */
NTSTATUS NTAPI DeleteIpNetEntry2(const MIB_IPNET_ROW2 *Row)
{
    struct ip_neighbour key;
    NTSTATUS status = take_key(Row, &key);

    return NT_SUCCESS(status) ? ip_nt_status(ip_delete_neighbour(key.index, &key.address)) : status;
}

/* Row: Address and interface in, the rest out. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 * docs: network/getipnetentry2 */
NTSTATUS NTAPI GetIpNetEntry2(PMIB_IPNET_ROW2 Row)
{
    struct ip_neighbour key;
    NTSTATUS status = take_key(Row, &key);

    if (NT_SUCCESS(status))
        status = ip_nt_status(ip_get_neighbour(&key));
    if (NT_SUCCESS(status))
        give_neighbour(Row, &key);
    return status;
}

static bool has_address(const struct ip_address *address, uint32_t *index)
{
    struct ip_unicast *rows;
    size_t count = ip_list_unicast(address->family, NULL, 0);
    bool found = false;

    rows = calloc(count ? count : 1, sizeof *rows);
    if (!rows)
        return false;
    size_t listed = ip_list_unicast(address->family, rows, count);
    for (size_t n = 0; n < listed && n < count && !found; n++)
        if (ip_address_equal(&rows[n].address, address)) {
            *index = rows[n].index;
            found = true;
        }
    free(rows);
    return found;
}

/* Row: Address and interface in; what is known of the neighbour is forgotten, the link is asked up to three times in three seconds,
 * the answer comes out. SourceAddress: the interface that has it is asked instead. IRQL < DISPATCH_LEVEL: waits.
 * STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND (interface or source), STATUS_BAD_NETWORK_NAME (nobody answers).
 * docs: network/resolveipnetentry2 */
NTSTATUS NTAPI ResolveIpNetEntry2(PMIB_IPNET_ROW2 Row, const SOCKADDR_INET *SourceAddress)
{
    struct ip_neighbour key;
    struct ip_address source;
    NTSTATUS status = take_key(Row, &key);

    if (!NT_SUCCESS(status))
        return status;
    if (ip_address_is_multicast(&key.address))
        return STATUS_INVALID_PARAMETER;
    if (SourceAddress && ip_take_address(SourceAddress, &source) && !ip_address_is_zero(&source) &&
        !has_address(&source, &key.index))
        return STATUS_NOT_FOUND;
    enum ip_status resolved = ip_resolve_neighbour(&key);
    if (resolved == IP_OK)
        give_neighbour(Row, &key);
    return resolved == IP_UNREACHABLE ? STATUS_BAD_NETWORK_NAME : ip_nt_status(resolved);
}

/* Forgets the neighbours of a family (AF_UNSPEC: both) on an interface (0: on all), permanent ones, too. IRQL < DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND (interface). docs: network/flushipnettable2 */
NTSTATUS NTAPI FlushIpNetTable2(ADDRESS_FAMILY Family, NET_IFINDEX InterfaceIndex)
{
    unsigned family;

    if (!ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    return ip_nt_status(ip_flush_neighbours(family, InterfaceIndex));
}

static size_t list(unsigned family, void *rows, size_t room)
{
    return ip_list_neighbours(family, rows, room);
}

static int compare(const void *a, const void *b)
{
    const struct ip_neighbour *x = a, *y = b;

    if (x->address.family != y->address.family)
        return x->address.family - y->address.family;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return memcmp(x->address.bytes, y->address.bytes, sizeof x->address.bytes);
}

/* Table: by family, interface, address; FreeMibTable frees it. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY,
 * STATUS_NOT_FOUND (there is none). docs: network/getipnettable2 */
NTSTATUS NTAPI GetIpNetTable2(ADDRESS_FAMILY Family, PMIB_IPNET_TABLE2 *Table)
{
    unsigned family;
    size_t count;
    bool failed;

    if (!Table || !ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    struct ip_neighbour *rows = ip_collect(list, family, sizeof *rows, &count, &failed);
    if (!rows)
        return failed ? STATUS_NO_MEMORY : STATUS_NOT_FOUND;
    qsort(rows, count, sizeof *rows, compare);
    PMIB_IPNET_TABLE2 new = ip_new_table(offsetof(MIB_IPNET_TABLE2, Table), sizeof(MIB_IPNET_ROW2), count, IP_CALLER());
    for (size_t n = 0; new && n < count; n++)
        give_neighbour(&new->Table[n], &rows[n]);
    free(rows);
    *Table = new;
    return new ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
