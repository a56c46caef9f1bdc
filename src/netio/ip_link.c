/* GetIfEntry2, GetIfTable2, GetIfTable2Ex and the stack tables. */
#include <stdlib.h>
#include <string.h>

#include "netio/ip_internal.h"

static void give_state(MIB_IF_ROW2 *row, const struct ip_link *link)
{
    row->InterfaceAndOperStatusFlags.HardwareInterface = link->hardware;
    row->InterfaceAndOperStatusFlags.FilterInterface = link->filter;
    row->InterfaceAndOperStatusFlags.ConnectorPresent = link->connector;
    row->InterfaceAndOperStatusFlags.NotMediaConnected = !link->connected;
    row->InterfaceAndOperStatusFlags.Paused = link->paused;
    row->InterfaceAndOperStatusFlags.LowPower = link->low_power;
    row->AdminStatus = NET_IF_ADMIN_STATUS_UP;
    row->MediaConnectState = link->connected ? MediaConnectStateConnected : MediaConnectStateDisconnected;
    if (link->up)
        row->OperStatus = IfOperStatusUp;
    else if (link->connected && (link->paused || link->low_power))
        row->OperStatus = IfOperStatusDormant;
    else
        row->OperStatus = IfOperStatusDown;
}

static void give_counters(MIB_IF_ROW2 *row, const struct ip_link *link)
{
    row->InOctets = link->in.octets;
    row->InUcastPkts = link->in.unicast;
    row->InNUcastPkts = link->in.multicast + link->in.broadcast;
    row->InDiscards = link->in.discards;
    row->InErrors = link->in.errors;
    row->InUcastOctets = link->in.unicast_octets;
    row->InMulticastOctets = link->in.multicast_octets;
    row->InBroadcastOctets = link->in.broadcast_octets;
    row->OutOctets = link->out.octets;
    row->OutUcastPkts = link->out.unicast;
    row->OutNUcastPkts = link->out.multicast + link->out.broadcast;
    row->OutDiscards = link->out.discards;
    row->OutErrors = link->out.errors;
    row->OutUcastOctets = link->out.unicast_octets;
    row->OutMulticastOctets = link->out.multicast_octets;
    row->OutBroadcastOctets = link->out.broadcast_octets;
}

static void give_link(MIB_IF_ROW2 *row, const struct ip_link *link)
{
    memset(row, 0, sizeof *row);
    row->InterfaceLuid.Value = link->luid;
    row->InterfaceIndex = link->index;
    memcpy(&row->InterfaceGuid, link->guid, sizeof row->InterfaceGuid);
    memcpy(row->Alias, link->alias, sizeof row->Alias);
    memcpy(row->Description, link->description, sizeof row->Description);
    row->PhysicalAddressLength = link->mac_length;
    memcpy(row->PhysicalAddress, link->mac, link->mac_length);
    memcpy(row->PermanentPhysicalAddress, link->permanent_mac, link->mac_length);
    row->Mtu = link->mtu;
    row->Type = link->type;
    row->TunnelType = TUNNEL_TYPE_NONE;
    row->MediaType = (NDIS_MEDIUM)link->medium;
    row->PhysicalMediumType = (NDIS_PHYSICAL_MEDIUM)link->physical_medium;
    row->AccessType = (NET_IF_ACCESS_TYPE)link->access;
    row->DirectionType = (NET_IF_DIRECTION_TYPE)link->direction;
    row->ConnectionType = (NET_IF_CONNECTION_TYPE)link->connection;
    row->TransmitLinkSpeed = link->transmit_speed;
    row->ReceiveLinkSpeed = link->receive_speed;
    give_state(row, link);
    give_counters(row, link);
}

static bool statistics_of(const NET_LUID *luid, struct ip_link *link)
{
    for (unsigned n = 0; ip_link_at(n, link, false); n++)
        if (link->luid == luid->Value)
            return ip_link_at(n, link, true) && link->luid == luid->Value;
    return false;
}

/* Row: InterfaceLuid or InterfaceIndex name the interface, everything else is filled. IRQL < DISPATCH_LEVEL: asks the adapter
 * for its counters. STATUS_INVALID_PARAMETER (no Row), STATUS_NOT_FOUND. docs: network/getifentry2 */
NTSTATUS NTAPI GetIfEntry2(PMIB_IF_ROW2 Row)
{
    struct ip_link link;

    if (!Row)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ip_take_interface(&Row->InterfaceLuid, Row->InterfaceIndex, &link);
    if (!NT_SUCCESS(status))
        return STATUS_NOT_FOUND;
    NET_LUID luid = { .Value = link.luid };
    if (!statistics_of(&luid, &link))
        return STATUS_NOT_FOUND;
    give_link(Row, &link);
    return STATUS_SUCCESS;
}

static NTSTATUS link_table(bool statistics, PMIB_IF_TABLE2 *table, const void *caller)
{
    struct ip_link link;
    ULONG count = 0;

    while (ip_link_at(count, &link, false))
        count++;
    PMIB_IF_TABLE2 new = ip_new_table(offsetof(MIB_IF_TABLE2, Table), sizeof(MIB_IF_ROW2), count, caller);
    if (!new)
        return STATUS_NO_MEMORY;
    new->NumEntries = 0;                /* one may go while the others are asked */
    while (new->NumEntries < count && ip_link_at(new->NumEntries, &link, statistics))
        give_link(&new->Table[new->NumEntries++], &link);
    *table = new;
    return STATUS_SUCCESS;
}

/* Table: gets every interface with its counters; the caller frees it with FreeMibTable. IRQL < DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY. docs: network/getiftable2 */
NTSTATUS NTAPI GetIfTable2(PMIB_IF_TABLE2 *Table)
{
    return Table ? link_table(true, Table, IP_CALLER()) : STATUS_INVALID_PARAMETER;
}

/* Level: normal and raw are the same here: filter modules have rows of their own; the third leaves the adapters in peace.
 * Otherwise as GetIfTable2. docs: network/getiftable2ex */
NTSTATUS NTAPI GetIfTable2Ex(MIB_IF_TABLE_LEVEL Level, PMIB_IF_TABLE2 *Table)
{
    if (!Table || (ULONG)Level > MibIfTableNormalWithoutStatistics)
        return STATUS_INVALID_PARAMETER;
    return link_table(Level != MibIfTableNormalWithoutStatistics, Table, IP_CALLER());
}

/* --- the order of interfaces -------------------------------------------------------------------------------------------------- */

static int by_higher(const void *a, const void *b)
{
    const struct ip_stack_row *x = a, *y = b;

    return x->higher != y->higher ? (x->higher < y->higher ? -1 : 1) : x->lower < y->lower ? -1 : x->lower > y->lower;
}

static int by_lower(const void *a, const void *b)
{
    const struct ip_stack_row *x = a, *y = b;

    return x->lower != y->lower ? (x->lower < y->lower ? -1 : 1) : x->higher < y->higher ? -1 : x->higher > y->higher;
}

static size_t list_stack(unsigned family, void *rows, size_t room)
{
    return ip_list_stack(rows, room);
}

/* The rows of either table have the same layout but for the order of their members. */
static NTSTATUS stack_table(bool inverted, PMIB_IFSTACK_TABLE *table, const void *caller)
{
    size_t count;
    bool failed;
    struct ip_stack_row *rows = ip_collect(list_stack, 0, sizeof *rows, &count, &failed);

    if (!rows)
        return failed ? STATUS_NO_MEMORY : STATUS_NOT_FOUND;
    qsort(rows, count, sizeof *rows, inverted ? by_lower : by_higher);
    PMIB_IFSTACK_TABLE new = ip_new_table(offsetof(MIB_IFSTACK_TABLE, Table), sizeof(MIB_IFSTACK_ROW), count, caller);
    for (size_t n = 0; new && n < count; n++)
        new->Table[n] = inverted ? (MIB_IFSTACK_ROW){ rows[n].lower, rows[n].higher } : (MIB_IFSTACK_ROW){ rows[n].higher, rows[n].lower };
    free(rows);
    *table = new;
    return new ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* Table: which interface lies directly above which: filter modules above each other and their adapter, and what drivers said with
 * NdisIfAddIfStackEntry; FreeMibTable frees it. By the higher one. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_NO_MEMORY, STATUS_NOT_FOUND (there is none). docs: network/getifstacktable */
NTSTATUS NTAPI GetIfStackTable(PMIB_IFSTACK_TABLE *Table)
{
    return Table ? stack_table(false, Table, IP_CALLER()) : STATUS_INVALID_PARAMETER;
}

/* The same from below, by the lower one. docs: network/getinvertedifstacktable */
NTSTATUS NTAPI GetInvertedIfStackTable(PMIB_INVERTEDIFSTACK_TABLE *Table)
{
    PMIB_IFSTACK_TABLE table;

    if (!Table)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = stack_table(true, &table, IP_CALLER());
    *Table = NT_SUCCESS(status) ? (PMIB_INVERTEDIFSTACK_TABLE)(void *)table : NULL;
    return status;
}
