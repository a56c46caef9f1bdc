/* MIB_IPINTERFACE_ROW: one address family on one interface. */
#include <stdlib.h>
#include <string.h>

#include "netio/ip_internal.h"

static void give_interface(MIB_IPINTERFACE_ROW *row, const struct ip_interface *from)
{
    const struct ip_settings *s = &from->settings;
    bool v6 = from->family == 6, loopback = from->index == IP_LOOPBACK_INDEX;

    memset(row, 0, sizeof *row);
    row->Family = v6 ? AF_INET6 : AF_INET;
    row->InterfaceLuid.Value = from->luid;
    row->InterfaceIndex = from->index;
    row->MinRouterAdvertisementInterval = 200;
    row->MaxRouterAdvertisementInterval = 600;
    row->ForwardingEnabled = s->forwarding;
    row->WeakHostSend = s->weak_send;
    row->WeakHostReceive = s->weak_receive;
    row->UseAutomaticMetric = s->automatic_metric;
    row->UseNeighborUnreachabilityDetection = s->neighbour_detection;
    row->RouterDiscoveryBehavior = s->router_discovery ? RouterDiscoveryEnabled : RouterDiscoveryDisabled;
    row->DadTransmits = s->dad_transmits;
    row->BaseReachableTime = s->base_reachable_ms;
    row->ReachableTime = s->base_reachable_ms;
    row->RetransmitTime = s->retransmit_ms;
    row->LinkLocalAddressBehavior = v6 ? LinkLocalAlwaysOn : LinkLocalAlwaysOff;
    row->SitePrefixLength = s->site_prefix_length;
    row->Metric = s->metric;
    row->NlMtu = s->mtu;
    row->Connected = from->connected;
    row->SupportsNeighborDiscovery = !loopback;
    row->SupportsRouterDiscovery = v6 && !loopback;
    row->DisableDefaultRoutes = s->disable_default_routes;
    for (int level = 0; level < ScopeLevelCount; level++)
        row->ZoneIndices[level] = level <= ScopeLevelSubnet ? from->index : 1;
}

static NTSTATUS find(PMIB_IPINTERFACE_ROW row, unsigned *family, struct ip_link *link, struct ip_interface *found)
{
    if (!row || !ip_take_family(row->Family, family) || !*family)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ip_take_interface(&row->InterfaceLuid, row->InterfaceIndex, link);
    return NT_SUCCESS(status) ? ip_nt_status(ip_get_interface(*family, link->index, found)) : status;
}

/* Row: Family and InterfaceLuid or InterfaceIndex in, the rest out. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_NOT_FOUND. docs: network/getipinterfaceentry */
NTSTATUS NTAPI GetIpInterfaceEntry(PMIB_IPINTERFACE_ROW Row)
{
    struct ip_interface found;
    struct ip_link link;
    unsigned family;

    NTSTATUS status = find(Row, &family, &link, &found);
    if (NT_SUCCESS(status))
        give_interface(Row, &found);
    return status;
}

static size_t list(unsigned family, void *rows, size_t room)
{
    return ip_list_interfaces(family, rows, room);
}

static int compare(const void *a, const void *b)
{
    const struct ip_interface *x = a, *y = b;

    return x->family != y->family ? x->family - y->family : x->index < y->index ? -1 : x->index > y->index;
}

/* Table: IPv4 before IPv6, by index; FreeMibTable frees it. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY,
 * STATUS_NOT_FOUND (there is none). docs: network/getipinterfacetable */
NTSTATUS NTAPI GetIpInterfaceTable(ADDRESS_FAMILY Family, PMIB_IPINTERFACE_TABLE *Table)
{
    unsigned family;
    size_t count;
    bool failed;

    if (!Table || !ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    struct ip_interface *rows = ip_collect(list, family, sizeof *rows, &count, &failed);
    if (!rows)
        return failed ? STATUS_NO_MEMORY : STATUS_NOT_FOUND;
    qsort(rows, count, sizeof *rows, compare);
    PMIB_IPINTERFACE_TABLE new =
        ip_new_table(offsetof(MIB_IPINTERFACE_TABLE, Table), sizeof(MIB_IPINTERFACE_ROW), count, IP_CALLER());
    for (size_t n = 0; new && n < count; n++)
        give_interface(&new->Table[n], &rows[n]);
    free(rows);
    *Table = new;
    return new ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* Row: everything unspecified: zero. Any IRQL. docs: network/initializeipinterfaceentry */
VOID NTAPI InitializeIpInterfaceEntry(PMIB_IPINTERFACE_ROW Row)
{
    if (Row)
        memset(Row, 0, sizeof *Row);
}

static void take_settings(struct ip_settings *s, const MIB_IPINTERFACE_ROW *row)
{
    s->forwarding = row->ForwardingEnabled;
    s->weak_send = row->WeakHostSend;
    s->weak_receive = row->WeakHostReceive;
    s->automatic_metric = row->UseAutomaticMetric;
    s->neighbour_detection = row->UseNeighborUnreachabilityDetection;
    s->advertise_default_route = row->AdvertiseDefaultRoute || row->AdvertisingEnabled;
    s->disable_default_routes = row->DisableDefaultRoutes;
    if (row->RouterDiscoveryBehavior != RouterDiscoveryUnchanged)
        s->router_discovery = row->RouterDiscoveryBehavior != RouterDiscoveryDisabled;
    s->dad_transmits = row->DadTransmits;
    s->site_prefix_length = row->SitePrefixLength;
    s->metric = row->Metric;
    if (row->NlMtu)
        s->mtu = row->NlMtu;
    if (row->BaseReachableTime)
        s->base_reachable_ms = row->BaseReachableTime;
    if (row->RetransmitTime)
        s->retransmit_ms = row->RetransmitTime;
}

/* Row: names the interface as GetIpInterfaceEntry; its settings become the interface's, but those that the stack sets and, when
 * they are 0, NlMtu and the times. InterfaceLuid is filled. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER (also: an MTU above
 * the link's or below the protocol's least, a site prefix longer than an address), STATUS_NOT_FOUND, STATUS_NOT_SUPPORTED (router
 * advertisements). docs: network/setipinterfaceentry */
NTSTATUS NTAPI SetIpInterfaceEntry(PMIB_IPINTERFACE_ROW Row)
{
    struct ip_interface found;
    struct ip_link link;
    unsigned family;

    NTSTATUS status = find(Row, &family, &link, &found);
    if (!NT_SUCCESS(status))
        return status;
    if (Row->SitePrefixLength > (family == 4 ? 32u : 128u))
        return STATUS_INVALID_PARAMETER;
    take_settings(&found.settings, Row);
    status = ip_nt_status(ip_set_interface(family, link.index, &found.settings));
    if (NT_SUCCESS(status))
        Row->InterfaceLuid.Value = link.luid;
    return status;
}
