/* MIB_UNICASTIPADDRESS_ROW. */
#include <stdlib.h>
#include <string.h>

#include "netio/ip_internal.h"

enum { NO_LENGTH = 255 };

void ip_give_unicast(MIB_UNICASTIPADDRESS_ROW *row, const struct ip_unicast *from)
{
    memset(row, 0, sizeof *row);
    ip_give_address(&row->Address, &from->address, from->index);
    row->InterfaceLuid.Value = ip_luid_of(from->index);
    row->InterfaceIndex = from->index;
    row->PrefixOrigin = (NL_PREFIX_ORIGIN)from->prefix_origin;
    row->SuffixOrigin = (NL_SUFFIX_ORIGIN)from->suffix_origin;
    row->ValidLifetime = from->valid_seconds;
    row->PreferredLifetime = from->preferred_seconds;
    row->OnLinkPrefixLength = from->prefix_length;
    row->SkipAsSource = from->skip_as_source;
    row->DadState = (NL_DAD_STATE)from->state;
    row->ScopeId.Value = ip_scope_of(&from->address, from->index);
    row->CreationTimeStamp.QuadPart = (LONGLONG)from->created;
}

/* Which interface and address a row names. */
static NTSTATUS find(const MIB_UNICASTIPADDRESS_ROW *row, struct ip_link *link, struct ip_address *address)
{
    if (!row || !ip_take_address(&row->Address, address) || !ip_is_unicast(address))
        return STATUS_INVALID_PARAMETER;
    return ip_take_interface(&row->InterfaceLuid, row->InterfaceIndex, link);
}

static bool origins_are_valid(const MIB_UNICASTIPADDRESS_ROW *row)
{
    bool prefix = row->PrefixOrigin == IpPrefixOriginUnchanged, suffix = row->SuffixOrigin == IpSuffixOriginUnchanged;

    return prefix == suffix && (prefix || ((ULONG)row->PrefixOrigin <= IpPrefixOriginRouterAdvertisement &&
                                           (ULONG)row->SuffixOrigin <= IpSuffixOriginRandom));
}

/* old: what it was; for a new address, by hand. */
static NTSTATUS take(const MIB_UNICASTIPADDRESS_ROW *row, const struct ip_address *address, uint32_t index,
                     const struct ip_unicast *old, struct ip_unicast *to)
{
    unsigned length = row->OnLinkPrefixLength == NO_LENGTH ? ip_address_bits(address) : row->OnLinkPrefixLength;
    bool unchanged = row->PrefixOrigin == IpPrefixOriginUnchanged;

    if (row->ValidLifetime < row->PreferredLifetime || !origins_are_valid(row) || length > ip_address_bits(address))
        return STATUS_INVALID_PARAMETER;
    *to = (struct ip_unicast){
        .address = *address, .index = index, .prefix_length = (uint8_t)length, .skip_as_source = row->SkipAsSource,
        .prefix_origin = unchanged ? old->prefix_origin : (uint8_t)row->PrefixOrigin,
        .suffix_origin = unchanged ? old->suffix_origin : (uint8_t)row->SuffixOrigin,
        .valid_seconds = row->ValidLifetime, .preferred_seconds = row->PreferredLifetime,
        .state = row->DadState == IpDadStatePreferred ? IP_DAD_PREFERRED : IP_DAD_TENTATIVE,
    };
    return STATUS_SUCCESS;
}

/* Row: Address, interface, OnLinkPrefixLength (255: the whole address), lifetimes, origins, SkipAsSource; it is in use when
 * duplicate detection has found nobody, or at once when DadState is IpDadStatePreferred. Not persistent. IRQL < DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND (interface), STATUS_DUPLICATE_OBJECTID (ERROR_OBJECT_ALREADY_EXISTS),
 * STATUS_NO_MEMORY. docs: network/createunicastipaddressentry */
NTSTATUS NTAPI CreateUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *Row)
{
    static const struct ip_unicast by_hand = { .prefix_origin = IpPrefixOriginManual, .suffix_origin = IpSuffixOriginManual };
    struct ip_address address;
    struct ip_unicast wanted;
    struct ip_link link;

    NTSTATUS status = find(Row, &link, &address);
    if (NT_SUCCESS(status))
        status = take(Row, &address, link.index, &by_hand, &wanted);
    return NT_SUCCESS(status) ? ip_nt_status(ip_add_unicast(&wanted)) : status;
}

/* Row: Address and interface. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 * docs: network/deleteunicastipaddressentry */
NTSTATUS NTAPI DeleteUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *Row)
{
    struct ip_address address;
    struct ip_link link;

    NTSTATUS status = find(Row, &link, &address);
    return NT_SUCCESS(status) ? ip_nt_status(ip_delete_unicast(link.index, &address)) : status;
}

/* Row: Address and interface in, the rest out. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 * docs: network/getunicastipaddressentry */
NTSTATUS NTAPI GetUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW Row)
{
    struct ip_address address;
    struct ip_unicast found;
    struct ip_link link;

    NTSTATUS status = find(Row, &link, &address);
    if (NT_SUCCESS(status))
        status = ip_nt_status(ip_get_unicast(link.index, &address, &found));
    if (NT_SUCCESS(status))
        ip_give_unicast(Row, &found);
    return status;
}

/* Row: as CreateUnicastIpAddressEntry; changes an address that is there. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_NOT_FOUND. docs: network/setunicastipaddressentry */
NTSTATUS NTAPI SetUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *Row)
{
    struct ip_unicast old, wanted;
    struct ip_address address;
    struct ip_link link;

    NTSTATUS status = find(Row, &link, &address);
    if (NT_SUCCESS(status))
        status = ip_nt_status(ip_get_unicast(link.index, &address, &old));
    if (NT_SUCCESS(status))
        status = take(Row, &address, link.index, &old, &wanted);
    return NT_SUCCESS(status) ? ip_nt_status(ip_set_unicast(&wanted)) : status;
}

/* Row: zero but for infinite lifetimes, origins "unchanged" and an illegal prefix length. Any IRQL.
 * docs: network/initializeunicastipaddressentry */
VOID NTAPI InitializeUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW Row)
{
    if (!Row)
        return;
    memset(Row, 0, sizeof *Row);
    Row->PrefixOrigin = IpPrefixOriginUnchanged;
    Row->SuffixOrigin = IpSuffixOriginUnchanged;
    Row->OnLinkPrefixLength = NO_LENGTH;
    Row->ValidLifetime = Row->PreferredLifetime = IP_FOREVER;
}

/* --- the table ---------------------------------------------------------------------------------------------------------- */

static size_t list(unsigned family, void *rows, size_t room)
{
    return ip_list_unicast(family, rows, room);
}

static int compare(const void *a, const void *b)
{
    const struct ip_unicast *x = a, *y = b;

    if (x->address.family != y->address.family)
        return x->address.family - y->address.family;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return memcmp(x->address.bytes, y->address.bytes, sizeof x->address.bytes);
}

static size_t keep_stable(struct ip_unicast *rows, size_t count)
{
    size_t kept = 0;

    for (size_t n = 0; n < count; n++)
        if (rows[n].state == IP_DAD_PREFERRED)
            rows[kept++] = rows[n];
    return kept;
}

NTSTATUS ip_unicast_table(unsigned family, bool stable, PMIB_UNICASTIPADDRESS_TABLE *table, const void *caller)
{
    size_t count;
    bool failed;
    struct ip_unicast *rows = ip_collect(list, family, sizeof *rows, &count, &failed);

    if (failed)
        return STATUS_NO_MEMORY;
    if (stable)
        count = keep_stable(rows, count);
    if (count)
        qsort(rows, count, sizeof *rows, compare);
    *table = ip_new_table(offsetof(MIB_UNICASTIPADDRESS_TABLE, Table), sizeof(MIB_UNICASTIPADDRESS_ROW), count, caller);
    for (size_t n = 0; *table && n < count; n++)
        ip_give_unicast(&(*table)->Table[n], &rows[n]);
    free(rows);
    return *table ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* Table: IPv4 before IPv6, by interface, then by address; FreeMibTable frees it. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_NO_MEMORY, STATUS_NOT_FOUND (there is none). docs: network/getunicastipaddresstable */
NTSTATUS NTAPI GetUnicastIpAddressTable(ADDRESS_FAMILY Family, PMIB_UNICASTIPADDRESS_TABLE *Table)
{
    unsigned family;

    if (!Table || !ip_take_family(Family, &family))
        return STATUS_INVALID_PARAMETER;
    if (ip_list_unicast(family, NULL, 0) == 0)
        return STATUS_NOT_FOUND;
    return ip_unicast_table(family, false, Table, IP_CALLER());
}
