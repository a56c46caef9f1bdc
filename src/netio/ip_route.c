/* MIB_IPFORWARD_ROW2, MIB_IPPATH_ROW and GetBestRoute2. */
#include <stdlib.h>
#include <string.h>

#include "netio/ip_internal.h"

enum { NO_LENGTH = 255, DEFAULT_METRIC = 256 };

static void give_route(MIB_IPFORWARD_ROW2 *row, const struct ip_route *from)
{
    memset(row, 0, sizeof *row);
    row->InterfaceLuid.Value = ip_luid_of(from->index);
    row->InterfaceIndex = from->index;
    ip_give_address(&row->DestinationPrefix.Prefix, &from->prefix, from->index);
    row->DestinationPrefix.PrefixLength = from->prefix_length;
    ip_give_address(&row->NextHop, &from->next_hop, from->index);
    row->SitePrefixLength = from->site_prefix_length;
    row->ValidLifetime = from->valid_seconds;
    row->PreferredLifetime = from->preferred_seconds;
    row->Metric = from->metric;
    row->Protocol = (NL_ROUTE_PROTOCOL)from->protocol;
    row->Loopback = from->loopback;
    row->AutoconfigureAddress = from->autoconfigure;
    row->Publish = from->publish;
    row->Immortal = from->immortal;
    row->Age = from->age_seconds;
    row->Origin = (NL_ROUTE_ORIGIN)from->origin;
}

/* Prefix, next hop and interface. */
static NTSTATUS take_key(const MIB_IPFORWARD_ROW2 *row, struct ip_route *key)
{
    struct ip_link link;

    memset(key, 0, sizeof *key);
    if (!row || !ip_take_address(&row->DestinationPrefix.Prefix, &key->prefix) || !ip_take_address(&row->NextHop, &key->next_hop) ||
        key->prefix.family != key->next_hop.family || row->DestinationPrefix.PrefixLength > ip_address_bits(&key->prefix))
        return STATUS_INVALID_PARAMETER;
    key->prefix_length = row->DestinationPrefix.PrefixLength;
    NTSTATUS status = ip_take_interface(&row->InterfaceLuid, row->InterfaceIndex, &link);
    key->index = NT_SUCCESS(status) ? link.index : 0;
    return status;
}

/* The rest; what InitializeIpForwardEntry made illegal gets the stack's own value. */
static NTSTATUS take_route(const MIB_IPFORWARD_ROW2 *row, struct ip_route *route)
{
    NTSTATUS status = take_key(row, route);

    if (!NT_SUCCESS(status))
        return status;
    if (row->PreferredLifetime > row->ValidLifetime ||
        (row->SitePrefixLength != NO_LENGTH && row->SitePrefixLength > row->DestinationPrefix.PrefixLength))
        return STATUS_INVALID_PARAMETER;
    route->site_prefix_length = row->SitePrefixLength == NO_LENGTH ? 0 : row->SitePrefixLength;
    route->metric = row->Metric == UINT32_MAX ? DEFAULT_METRIC : row->Metric;
    route->protocol = (LONG)row->Protocol <= 0 ? MIB_IPPROTO_NETMGMT : row->Protocol;
    route->valid_seconds = row->ValidLifetime;
    route->preferred_seconds = row->PreferredLifetime;
    route->loopback = row->Loopback;
    route->autoconfigure = row->AutoconfigureAddress;
    route->publish = row->Publish;
    route->immortal = row->Immortal;
    return STATUS_SUCCESS;
}

/* Row: DestinationPrefix, NextHop (zero: on the link), interface, Metric (an offset to the interface's), lifetimes. Packets use it
 * at once. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER (also: bits behind the prefix), STATUS_NOT_FOUND (interface),
 * STATUS_DUPLICATE_OBJECTID (ERROR_OBJECT_ALREADY_EXISTS), STATUS_NO_MEMORY. docs: network/createipforwardentry2 */
NTSTATUS NTAPI CreateIpForwardEntry2(const MIB_IPFORWARD_ROW2 *Row)
{
    struct ip_route route;
    NTSTATUS status = take_route(Row, &route);

    return NT_SUCCESS(status) ? ip_nt_status(ip_add_route(&route)) : status;
}

/* Row: DestinationPrefix, NextHop, interface. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 * docs: network/deleteipforwardentry2 */
NTSTATUS NTAPI DeleteIpForwardEntry2(const MIB_IPFORWARD_ROW2 *Row)
{
    struct ip_route key;
    NTSTATUS status = take_key(Row, &key);

    return NT_SUCCESS(status) ? ip_nt_status(ip_delete_route(&key)) : status;
}

/* Row: DestinationPrefix, NextHop, interface in, the rest out. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 * docs: network/getipforwardentry2 */
NTSTATUS NTAPI GetIpForwardEntry2(PMIB_IPFORWARD_ROW2 Row)
{
    struct ip_route key;
    NTSTATUS status = take_key(Row, &key);

    if (NT_SUCCESS(status))
        status = ip_nt_status(ip_get_route(&key));
    if (NT_SUCCESS(status))
        give_route(Row, &key);
    return status;
}

/* Route: as CreateIpForwardEntry2, of a route that is there. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 * docs: network/setipforwardentry2 */
NTSTATUS NTAPI SetIpForwardEntry2(const MIB_IPFORWARD_ROW2 *Route)
{
    struct ip_route route;
    NTSTATUS status = take_route(Route, &route);

    return NT_SUCCESS(status) ? ip_nt_status(ip_set_route(&route)) : status;
}

/* Row: infinite lifetimes, the four flags TRUE, illegal SitePrefixLength, Metric and Protocol, the rest zero. Any IRQL.
 * docs: network/initializeipforwardentry */
VOID NTAPI InitializeIpForwardEntry(PMIB_IPFORWARD_ROW2 Row)
{
    if (!Row)
        return;
    memset(Row, 0, sizeof *Row);
    Row->ValidLifetime = Row->PreferredLifetime = IP_FOREVER;
    Row->Loopback = Row->AutoconfigureAddress = Row->Publish = Row->Immortal = TRUE;
    Row->SitePrefixLength = NO_LENGTH;
    Row->Metric = UINT32_MAX;
    Row->Protocol = (NL_ROUTE_PROTOCOL)-1;
}

static size_t list_routes(unsigned family, void *rows, size_t room)
{
    return ip_list_routes(family, rows, room);
}

static int compare_routes(const void *a, const void *b)
{
    const struct ip_route *x = a, *y = b;
    int order = x->prefix.family - y->prefix.family;

    order = order ? order : memcmp(x->prefix.bytes, y->prefix.bytes, sizeof x->prefix.bytes);
    order = order ? order : x->prefix_length - y->prefix_length;
    order = order ? order : memcmp(x->next_hop.bytes, y->next_hop.bytes, sizeof x->next_hop.bytes);
    return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

/* Table: by family, prefix, length, next hop, interface; FreeMibTable frees it. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_NO_MEMORY, STATUS_NOT_FOUND (there is none). docs: network/getipforwardtable2 */
NTSTATUS NTAPI GetIpForwardTable2(ADDRESS_FAMILY Family, PMIB_IPFORWARD_TABLE2 *Table)
{
    unsigned family;
    size_t count;
    bool failed;

    if (!Table || !ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    struct ip_route *rows = ip_collect(list_routes, family, sizeof *rows, &count, &failed);
    if (!rows)
        return failed ? STATUS_NO_MEMORY : STATUS_NOT_FOUND;
    qsort(rows, count, sizeof *rows, compare_routes);
    PMIB_IPFORWARD_TABLE2 new =
        ip_new_table(offsetof(MIB_IPFORWARD_TABLE2, Table), sizeof(MIB_IPFORWARD_ROW2), count, IP_CALLER());
    for (size_t n = 0; new && n < count; n++)
        give_route(&new->Table[n], &rows[n]);
    free(rows);
    *Table = new;
    return new ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* The route and source address that a packet to DestinationAddress would have. InterfaceLuid or InterfaceIndex restrict it to an
 * interface, SourceAddress to the interface that has it; without either, any will do. IRQL < DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND (interface or source), STATUS_NETWORK_UNREACHABLE. docs: network/getbestroute2 */
NTSTATUS NTAPI GetBestRoute2(NET_LUID *InterfaceLuid, NET_IFINDEX InterfaceIndex, const SOCKADDR_INET *SourceAddress,
                             const SOCKADDR_INET *DestinationAddress, ULONG AddressSortOptions, PMIB_IPFORWARD_ROW2 BestRoute,
                             SOCKADDR_INET *BestSourceAddress)
{
    struct ip_address to, from = { 0 }, source;
    struct ip_link link = { 0 };
    struct ip_route route;

    if (!DestinationAddress || !BestRoute || !BestSourceAddress || !ip_take_address(DestinationAddress, &to) ||
        (SourceAddress && ip_take_address(SourceAddress, &from) && from.family != to.family))
        return STATUS_INVALID_PARAMETER;
    if ((InterfaceLuid && InterfaceLuid->Value) || InterfaceIndex) {
        NTSTATUS status = ip_take_interface(InterfaceLuid, InterfaceIndex, &link);
        if (!NT_SUCCESS(status))
            return status;
    } else if (to.family == 6 && ip_address_is_link_local(&to)) {
        link.index = DestinationAddress->Ipv6.sin6_scope_id;
    }
    enum ip_status found = ip_best_route(&from, &to, link.index, &route, &source);
    if (found == IP_OK) {
        give_route(BestRoute, &route);
        ip_give_address(BestSourceAddress, &source, route.index);
    }
    return ip_nt_status(found);
}

/* --- paths ------------------------------------------------------------------------------------------------------------------ */

static void give_path(MIB_IPPATH_ROW *row, const struct ip_path *from)
{
    struct ip_link link = { 0 };
    NET_IFINDEX index = from->index;

    memset(row, 0, sizeof *row);
    ip_take_interface(NULL, index, &link);
    ip_give_address(&row->Source, &from->source, index);
    ip_give_address(&row->Destination, &from->destination, index);
    row->InterfaceLuid.Value = link.luid;
    row->InterfaceIndex = index;
    ip_give_address(&row->CurrentNextHop, &from->next_hop, index);
    row->PathMtu = from->mtu;
    row->IsReachable = from->reachable;
    row->LinkTransmitSpeed = link.transmit_speed;
    row->LinkReceiveSpeed = link.receive_speed;
}

/* Row: Destination, Source (AF_UNSPEC: the best one) and interface in, the rest out; round-trip times are not kept and stay 0.
 * IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND (interface, or no way there).
 * docs: network/getippathentry */
NTSTATUS NTAPI GetIpPathEntry(PMIB_IPPATH_ROW Row)
{
    struct ip_interface interface;
    struct ip_address from, source;
    struct ip_path path = { .reachable = true };
    struct ip_route route;
    struct ip_link link;

    if (!Row || !ip_take_address(&Row->Destination, &path.destination) ||
        (ip_take_address(&Row->Source, &from) ? from.family != path.destination.family : Row->Source.si_family != AF_UNSPEC))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ip_take_interface(&Row->InterfaceLuid, Row->InterfaceIndex, &link);
    if (!NT_SUCCESS(status))
        return status;
    if (ip_best_route(&from, &path.destination, link.index, &route, &source) != IP_OK ||
        ip_get_interface(path.destination.family, link.index, &interface) != IP_OK)
        return STATUS_NOT_FOUND;
    path.source = source;
    path.next_hop = ip_address_is_zero(&route.next_hop) ? path.destination : route.next_hop;
    path.index = link.index;
    path.mtu = interface.settings.mtu;
    give_path(Row, &path);
    return STATUS_SUCCESS;
}

static size_t list_paths(unsigned family, void *rows, size_t room)
{
    return ip_list_paths(family, rows, room);
}

static int compare_paths(const void *a, const void *b)
{
    const struct ip_path *x = a, *y = b;
    int order = x->destination.family - y->destination.family;

    return order ? order : memcmp(x->destination.bytes, y->destination.bytes, sizeof x->destination.bytes);
}

/* Table: the destinations that packets went to since routes last changed; FreeMibTable frees it. IRQL < DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY, STATUS_NOT_FOUND (there is none). docs: network/getippathtable */
NTSTATUS NTAPI GetIpPathTable(ADDRESS_FAMILY Family, PMIB_IPPATH_TABLE *Table)
{
    unsigned family;
    size_t count;
    bool failed;

    if (!Table || !ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    struct ip_path *rows = ip_collect(list_paths, family, sizeof *rows, &count, &failed);
    if (!rows)
        return failed ? STATUS_NO_MEMORY : STATUS_NOT_FOUND;
    qsort(rows, count, sizeof *rows, compare_paths);
    PMIB_IPPATH_TABLE new = ip_new_table(offsetof(MIB_IPPATH_TABLE, Table), sizeof(MIB_IPPATH_ROW), count, IP_CALLER());
    for (size_t n = 0; new && n < count; n++)
        give_path(&new->Table[n], &rows[n]);
    free(rows);
    *Table = new;
    return new ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* Forgets the paths of a family, or (AF_UNSPEC) all. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER.
 * docs: network/flushippathtable */
NTSTATUS NTAPI FlushIpPathTable(ADDRESS_FAMILY Family)
{
    unsigned family;

    if (!ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    ip_flush_paths(family);
    return STATUS_SUCCESS;
}
