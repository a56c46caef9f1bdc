/* The chain of a stack: bindings, filter modules, miniport. Computed when it changes, so that lists pass in one call each. */
#include "ndis/filter_module.h"
#include "ndis/idle.h"

/* Modules that are attaching or detaching are passed over. */
static struct filter *module_at(const struct adapter *a, struct list *it, bool down)
{
    for (; it != &a->filters; it = down ? it->prev : it->next) {
        struct filter *f = container_of(it, struct filter, node);

        if (f->state >= FILTER_PAUSED)
            return f;
    }
    return NULL;
}

struct filter *filter_below(const struct adapter *a, const struct filter *from)
{
    return module_at(a, from ? from->node.prev : a->filters.prev, true);
}

struct filter *filter_above(const struct adapter *a, const struct filter *from)
{
    return module_at(a, from ? from->node.next : a->filters.next, false);
}

static void link_down(struct adapter *a)
{
    struct ndis_below below = { .send = a->send, .send_context = a->context, .send_stats = &a->stats.miniport };

    idle_redirect(a, &below);
    list_each(it, &a->filters) {
        struct filter *f = container_of(it, struct filter, node);

        f->below = below;
        if (f->state < FILTER_PAUSED)
            continue;
        if (f->on.SendNetBufferListsHandler) {
            below.send = f->on.SendNetBufferListsHandler;
            below.send_context = f->context;
            below.send_stats = &f->stats;
            below.send_filter = f;
        }
        if (f->on.ReturnNetBufferListsHandler)
            below.return_filter = f;
        f->here = below;
    }
    a->below = below;
}

static void link_up(struct adapter *a)
{
    struct ndis_above above = { 0 };

    list_each_back(it, &a->filters) {
        struct filter *f = container_of(it, struct filter, node);

        f->above = above;
        if (f->state < FILTER_PAUSED)
            continue;
        if (f->on.ReceiveNetBufferListsHandler)
            above.receive_filter = f;
        if (f->on.SendNetBufferListsCompleteHandler)
            above.complete_filter = f;
    }
    a->above = above;
}

void chain_link(struct adapter *a)
{
    link_down(a);
    link_up(a);
    adapter_pick_receive_path(a);
}
