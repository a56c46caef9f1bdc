#include "tcpip/route_table.h"

#include <stdlib.h>
#include <string.h>

#include "tcpip/stack.h"

void route_mask(struct ip_address *prefix, unsigned length)
{
    for (unsigned i = 0; i < 16; i++) {
        if (length <= i * 8)
            prefix->bytes[i] = 0;
        else if (length < i * 8 + 8)
            prefix->bytes[i] &= (uint8_t)(0xff << (i * 8 + 8 - length));
    }
}

bool route_matches(const struct ip_route *row, const struct ip_address *to)
{
    return row->prefix.family == to->family &&
           ip_address_common(&row->prefix, to, row->prefix_length) >= row->prefix_length;
}

struct route *route_find(struct list *table, const struct ip_route *key)
{
    list_each(it, table) {
        struct route *r = container_of(it, struct route, node);

        if (r->row.index == key->index && r->row.prefix_length == key->prefix_length &&
            ip_address_equal(&r->row.prefix, &key->prefix) && ip_address_equal(&r->row.next_hop, &key->next_hop))
            return r;
    }
    return NULL;
}

struct route *route_insert(struct list *table, const struct ip_route *row, enum route_owner owner)
{
    struct route *r = stack_calloc(sizeof *r);

    if (!r)
        return NULL;
    r->row = *row;
    r->owner = owner;
    r->valid_until = r->preferred_until = UINT64_MAX;
    list_push_back(table, &r->node);
    return r;
}

void route_remove(struct route *r)
{
    list_remove(&r->node);
    free(r);
}

const struct route *route_lookup(const struct list *table, const struct ip_address *to, uint32_t index,
                                 uint32_t (*interface_metric)(const struct ip_route *row, void *context), void *context)
{
    const struct route *best = NULL;
    uint64_t best_metric = 0;

    for (const struct list *it = table->next; it != table; it = it->next) {
        const struct route *r = container_of(it, struct route, node);

        if ((index && r->row.index != index) || (best && r->row.prefix_length < best->row.prefix_length) ||
            !route_matches(&r->row, to))
            continue;
        uint32_t offset = interface_metric(&r->row, context);
        uint64_t metric = (uint64_t)r->row.metric + offset;
        if (offset == UINT32_MAX || (best && r->row.prefix_length == best->row.prefix_length && metric >= best_metric))
            continue;
        best = r;
        best_metric = metric;
    }
    return best;
}

int route_compare(const struct ip_route *a, const struct ip_route *b)
{
    int order = a->prefix.family - b->prefix.family;

    if (!order)
        order = memcmp(a->prefix.bytes, b->prefix.bytes, 16);
    if (!order)
        order = a->prefix_length - b->prefix_length;
    if (!order)
        order = memcmp(a->next_hop.bytes, b->next_hop.bytes, 16);
    return order ? order : a->index < b->index ? -1 : a->index > b->index;
}
