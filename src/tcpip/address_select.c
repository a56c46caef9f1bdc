#include "tcpip/address_select.h"

#include <string.h>

struct policy {
    uint8_t prefix[16];
    uint8_t length, precedence, label;
};

/* The default policy table. */
static const struct policy policies[] = {
    { { [15] = 1 }, 128, 50, 0 },
    { { 0 }, 0, 40, 1 },
    { { [10] = 0xff, [11] = 0xff }, 96, 35, 4 },
    { { 0x20, 0x02 }, 16, 30, 2 },
    { { 0x20, 0x01 }, 32, 5, 5 },
    { { 0xfc }, 7, 3, 13 },
    { { 0 }, 96, 1, 3 },
    { { 0xfe, 0xc0 }, 10, 1, 11 },
    { { 0x3f, 0xfe }, 16, 1, 12 },
};

static struct ip_address as_v6(const struct ip_address *a)
{
    struct ip_address v6 = { .family = 6, .bytes = { [10] = 0xff, [11] = 0xff } };

    if (a->family == 6)
        return *a;
    memcpy(v6.bytes + 12, a->bytes, 4);
    return v6;
}

static const struct policy *policy_of(const struct ip_address *address)
{
    struct ip_address a = as_v6(address), prefix = { .family = 6 };
    const struct policy *best = &policies[1];

    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        memcpy(prefix.bytes, policies[i].prefix, 16);
        if (policies[i].length > best->length && ip_address_common(&a, &prefix, policies[i].length) == policies[i].length)
            best = &policies[i];
    }
    return best;
}

unsigned select_precedence(const struct ip_address *address)
{
    return policy_of(address)->precedence;
}

unsigned select_label(const struct ip_address *address)
{
    return policy_of(address)->label;
}

unsigned select_scope(const struct ip_address *a)
{
    enum { LINK_LOCAL = 2, SITE_LOCAL = 5, GLOBAL = 14 };

    if (a->family == 6 && a->bytes[0] == 0xff)
        return a->bytes[1] & 15;
    if (ip_address_is_loopback(a) || ip_address_is_link_local(a))
        return LINK_LOCAL;
    return a->family == 6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0xc0 ? SITE_LOCAL : GLOBAL;
}

bool select_better_source(const struct select_source *a, const struct select_source *b, const struct ip_address *to,
                          uint32_t index)
{
    bool a_same = ip_address_equal(&a->address, to), b_same = ip_address_equal(&b->address, to);
    unsigned a_scope = select_scope(&a->address), b_scope = select_scope(&b->address), scope = select_scope(to);

    if (a_same != b_same)               /* rule 1 */
        return a_same;
    if (a_scope != b_scope)             /* rule 2 */
        return a_scope < b_scope ? a_scope >= scope : b_scope < scope;
    if (a->deprecated != b->deprecated) /* rule 3 */
        return b->deprecated;
    if ((a->index == index) != (b->index == index))     /* rule 5 */
        return a->index == index;
    bool a_label = select_label(&a->address) == select_label(to), b_label = select_label(&b->address) == select_label(to);
    if (a_label != b_label)             /* rule 6 */
        return a_label;
    if (a->random != b->random)         /* rule 7 */
        return a->random;
    return ip_address_common(&a->address, to, a->prefix_length) > ip_address_common(&b->address, to, b->prefix_length);
}

size_t select_source(const struct select_source *list, size_t count, const struct ip_address *to, uint32_t index)
{
    size_t best = count;

    for (size_t i = 0; i < count; i++)
        if (list[i].address.family == to->family && (best == count || select_better_source(&list[i], &list[best], to, index)))
            best = i;
    return best;
}

int select_compare(const struct select_pair *a, const struct select_pair *b)
{
    unsigned a_scope = select_scope(&a->destination), b_scope = select_scope(&b->destination);

    if (!a->source.family != !b->source.family)         /* rule 1 */
        return a->source.family ? -1 : 1;
    if (!a->source.family)
        return 0;
    bool a_same = select_scope(&a->source) == a_scope, b_same = select_scope(&b->source) == b_scope;
    if (a_same != b_same)                               /* rule 2 */
        return a_same ? -1 : 1;
    if (a->source_deprecated != b->source_deprecated)   /* rule 3 */
        return b->source_deprecated ? -1 : 1;
    bool a_label = select_label(&a->source) == select_label(&a->destination);
    bool b_label = select_label(&b->source) == select_label(&b->destination);
    if (a_label != b_label)                             /* rule 5 */
        return a_label ? -1 : 1;
    int precedence = (int)select_precedence(&b->destination) - (int)select_precedence(&a->destination);
    if (precedence)                                     /* rule 6 */
        return precedence;
    if (a_scope != b_scope)                             /* rule 8 */
        return a_scope < b_scope ? -1 : 1;
    if (a->destination.family != b->destination.family)
        return 0;
    unsigned a_common = ip_address_common(&a->source, &a->destination, a->source_prefix_length);
    unsigned b_common = ip_address_common(&b->source, &b->destination, b->source_prefix_length);
    return a_common == b_common ? 0 : a_common > b_common ? -1 : 1;     /* rule 9 */
}
