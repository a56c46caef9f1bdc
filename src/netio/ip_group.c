/* Anycast and multicast addresses. */
#include <stdlib.h>
#include <string.h>

#include "netio/ip_internal.h"

static void give_anycast(MIB_ANYCASTIPADDRESS_ROW *row, const struct ip_unicast *from)
{
    memset(row, 0, sizeof *row);
    ip_give_address(&row->Address, &from->address, from->index);
    row->InterfaceLuid.Value = ip_luid_of(from->index);
    row->InterfaceIndex = from->index;
    row->ScopeId.Value = ip_scope_of(&from->address, from->index);
}

static NTSTATUS find(const MIB_ANYCASTIPADDRESS_ROW *row, struct ip_link *link, struct ip_address *address)
{
    if (!row || !ip_take_address(&row->Address, address) || !ip_is_unicast(address))
        return STATUS_INVALID_PARAMETER;
    return ip_take_interface(&row->InterfaceLuid, row->InterfaceIndex, link);
}

/* Row: Address and interface. The interface takes packets for it and never uses it as a source; there is no duplicate detection.
 * IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND (interface), STATUS_DUPLICATE_OBJECTID
 * (ERROR_OBJECT_ALREADY_EXISTS), STATUS_NO_MEMORY. docs: network/createanycastipaddressentry */
NTSTATUS NTAPI CreateAnycastIpAddressEntry(const MIB_ANYCASTIPADDRESS_ROW *Row)
{
    struct ip_address address;
    struct ip_link link;

    NTSTATUS status = find(Row, &link, &address);
    if (!NT_SUCCESS(status))
        return status;
    struct ip_unicast wanted = {
        .address = address, .index = link.index, .prefix_length = (uint8_t)ip_address_bits(&address),
        .prefix_origin = IpPrefixOriginManual, .suffix_origin = IpSuffixOriginManual, .skip_as_source = true, .anycast = true,
        .state = IP_DAD_PREFERRED, .valid_seconds = IP_FOREVER, .preferred_seconds = IP_FOREVER,
    };
    return ip_nt_status(ip_add_unicast(&wanted));
}

/* Row: Address and interface. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 * docs: network/deleteanycastipaddressentry */
NTSTATUS NTAPI DeleteAnycastIpAddressEntry(const MIB_ANYCASTIPADDRESS_ROW *Row)
{
    struct ip_address address;
    struct ip_link link;

    NTSTATUS status = find(Row, &link, &address);
    return NT_SUCCESS(status) ? ip_nt_status(ip_delete_anycast(link.index, &address)) : status;
}

/* Row: Address and interface in, the rest out. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 * docs: network/getanycastipaddressentry */
NTSTATUS NTAPI GetAnycastIpAddressEntry(PMIB_ANYCASTIPADDRESS_ROW Row)
{
    struct ip_address address;
    struct ip_unicast found;
    struct ip_link link;

    NTSTATUS status = find(Row, &link, &address);
    if (NT_SUCCESS(status))
        status = ip_nt_status(ip_get_anycast(link.index, &address, &found));
    if (NT_SUCCESS(status))
        give_anycast(Row, &found);
    return status;
}

static size_t list_anycast(unsigned family, void *rows, size_t room)
{
    return ip_list_anycast(family, rows, room);
}

/* Table: FreeMibTable frees it. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY, STATUS_NOT_FOUND (there is
 * none). docs: network/getanycastipaddresstable */
NTSTATUS NTAPI GetAnycastIpAddressTable(ADDRESS_FAMILY Family, PMIB_ANYCASTIPADDRESS_TABLE *Table)
{
    unsigned family;
    size_t count;
    bool failed;

    if (!Table || !ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    struct ip_unicast *rows = ip_collect(list_anycast, family, sizeof *rows, &count, &failed);
    if (!rows)
        return failed ? STATUS_NO_MEMORY : STATUS_NOT_FOUND;
    PMIB_ANYCASTIPADDRESS_TABLE new =
        ip_new_table(offsetof(MIB_ANYCASTIPADDRESS_TABLE, Table), sizeof(MIB_ANYCASTIPADDRESS_ROW), count, IP_CALLER());
    for (size_t n = 0; new && n < count; n++)
        give_anycast(&new->Table[n], &rows[n]);
    free(rows);
    *Table = new;
    return new ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* --- multicast ------------------------------------------------------------------------------------------------------------ */

static void give_group(MIB_MULTICASTIPADDRESS_ROW *row, const struct ip_group *from)
{
    memset(row, 0, sizeof *row);
    ip_give_address(&row->Address, &from->address, from->index);
    row->InterfaceIndex = from->index;
    row->InterfaceLuid.Value = ip_luid_of(from->index);
    if (from->address.family == 6 && (from->address.bytes[1] & 15) <= 2)
        row->ScopeId.Value = row->Address.Ipv6.sin6_scope_id = from->index;
}

static size_t list_groups(unsigned family, void *rows, size_t room)
{
    return ip_list_groups(family, rows, room);
}

/* Table: the groups that each interface is a member of; FreeMibTable frees it. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_NO_MEMORY, STATUS_NOT_FOUND (there is none). docs: network/getmulticastipaddresstable */
NTSTATUS NTAPI GetMulticastIpAddressTable(ADDRESS_FAMILY Family, PMIB_MULTICASTIPADDRESS_TABLE *Table)
{
    unsigned family;
    size_t count;
    bool failed;

    if (!Table || !ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    struct ip_group *rows = ip_collect(list_groups, family, sizeof *rows, &count, &failed);
    if (!rows)
        return failed ? STATUS_NO_MEMORY : STATUS_NOT_FOUND;
    PMIB_MULTICASTIPADDRESS_TABLE new =
        ip_new_table(offsetof(MIB_MULTICASTIPADDRESS_TABLE, Table), sizeof(MIB_MULTICASTIPADDRESS_ROW), count, IP_CALLER());
    for (size_t n = 0; new && n < count; n++)
        give_group(&new->Table[n], &rows[n]);
    free(rows);
    *Table = new;
    return new ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* Row: a multicast Address and an interface in, the rest out. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND
 * (also: the interface is not a member). docs: network/getmulticastipaddressentry */
NTSTATUS NTAPI GetMulticastIpAddressEntry(PMIB_MULTICASTIPADDRESS_ROW Row)
{
    struct ip_address address;
    struct ip_link link;
    size_t count;
    bool failed;

    if (!Row || !ip_take_address(&Row->Address, &address) || !ip_address_is_multicast(&address))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ip_take_interface(&Row->InterfaceLuid, Row->InterfaceIndex, &link);
    if (!NT_SUCCESS(status))
        return status;
    struct ip_group *rows = ip_collect(list_groups, address.family, sizeof *rows, &count, &failed);
    status = failed ? STATUS_NO_MEMORY : STATUS_NOT_FOUND;
    for (size_t n = 0; rows && n < count; n++)
        if (rows[n].index == link.index && ip_address_equal(&rows[n].address, &address)) {
            give_group(Row, &rows[n]);
            status = STATUS_SUCCESS;
        }
    free(rows);
    return status;
}
