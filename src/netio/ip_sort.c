/* CreateSortedAddressPairs: which destination to try first, and from which address (RFC 6724). */
#include <stdlib.h>
#include <string.h>

#include "netio/ip_internal.h"
#include "tcpip/address_select.h"

struct candidate {
    struct select_pair pair;
    uint32_t index;
    ULONG order;                        /* as given: equal pairs stay in it */
};

static struct ip_address from_v6(const SOCKADDR_IN6 *from)
{
    static const UCHAR mapped[12] = { [10] = 0xff, [11] = 0xff };
    struct ip_address a = { .family = 6 };

    if (memcmp(&from->sin6_addr, mapped, sizeof mapped) == 0) {
        a.family = 4;
        memcpy(a.bytes, from->sin6_addr.u.Byte + 12, 4);
    } else {
        memcpy(a.bytes, &from->sin6_addr, 16);
    }
    return a;
}

static void to_v6(SOCKADDR_IN6 *to, const struct ip_address *from, uint32_t index)
{
    memset(to, 0, sizeof *to);
    to->sin6_family = AF_INET6;
    if (from->family == 4) {
        to->sin6_addr.u.Byte[10] = to->sin6_addr.u.Byte[11] = 0xff;
        memcpy(to->sin6_addr.u.Byte + 12, from->bytes, 4);
    } else {
        memcpy(&to->sin6_addr, from->bytes, 16);
        to->sin6_scope_id = ip_scope_of(from, index);
    }
}

static void find_source(struct candidate *c, uint32_t scope)
{
    struct ip_unicast own;
    struct ip_address any = { 0 };
    struct ip_route route;

    if (ip_best_route(&any, &c->pair.destination, scope, &route, &c->pair.source) != IP_OK) {
        c->pair.source = any;
        return;
    }
    c->index = route.index;
    if (ip_get_unicast(route.index, &c->pair.source, &own) == IP_OK) {
        c->pair.source_deprecated = own.state == IP_DAD_DEPRECATED;
        c->pair.source_prefix_length = own.prefix_length;
    }
}

static int compare(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order = select_compare(&x->pair, &y->pair);

    return order ? order : x->order < y->order ? -1 : 1;
}

static PSOCKADDR_IN6_PAIR write_pairs(const struct candidate *candidates, ULONG count, const SOCKADDR_IN6 *destinations,
                                      const void *caller)
{
    size_t row = sizeof(SOCKADDR_IN6_PAIR) + 2 * sizeof(SOCKADDR_IN6);
    PSOCKADDR_IN6_PAIR pairs = ip_new_table(0, row, count, caller);
    PSOCKADDR_IN6 addresses = pairs ? (PSOCKADDR_IN6)(pairs + (count ? count : 1)) : NULL;

    for (ULONG n = 0; pairs && n < count; n++) {
        pairs[n].SourceAddress = &addresses[2 * n];
        pairs[n].DestinationAddress = &addresses[2 * n + 1];
        to_v6(pairs[n].SourceAddress, &candidates[n].pair.source, candidates[n].index);
        *pairs[n].DestinationAddress = destinations[candidates[n].order];
    }
    return pairs;
}

/* DestinationAddressList: IPv6 addresses, IPv4 ones mapped. SortedAddressPairList: for each destination that can be reached, it and
 * the address of ours that speaks to it, the best first; one block, freed with FreeMibTable. SourceAddressList, SourceAddressCount,
 * AddressSortOptions: reserved, 0. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 * docs: network/createsortedaddresspairs */
NTSTATUS NTAPI CreateSortedAddressPairs(CONST PSOCKADDR_IN6 SourceAddressList, ULONG SourceAddressCount,
                                        CONST PSOCKADDR_IN6 DestinationAddressList, ULONG DestinationAddressCount,
                                        ULONG AddressSortOptions, PSOCKADDR_IN6_PAIR *SortedAddressPairList,
                                        ULONG *SortedAddressPairCount)
{
    ULONG count = 0;

    if (SourceAddressList || SourceAddressCount || AddressSortOptions || !DestinationAddressList || !DestinationAddressCount ||
        !SortedAddressPairList || !SortedAddressPairCount)
        return STATUS_INVALID_PARAMETER;
    struct candidate *candidates = calloc(DestinationAddressCount, sizeof *candidates);
    if (!candidates)
        return STATUS_NO_MEMORY;
    for (ULONG n = 0; n < DestinationAddressCount; n++) {
        candidates[count] = (struct candidate){ .order = n, .pair.destination = from_v6(&DestinationAddressList[n]) };
        find_source(&candidates[count], DestinationAddressList[n].sin6_scope_id);
        count += candidates[count].pair.source.family != 0;
    }
    qsort(candidates, count, sizeof *candidates, compare);
    *SortedAddressPairList = write_pairs(candidates, count, DestinationAddressList, IP_CALLER());
    free(candidates);
    *SortedAddressPairCount = *SortedAddressPairList ? count : 0;
    return *SortedAddressPairList ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
