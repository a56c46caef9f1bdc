/* The stack of every adapter: miniport, filter modules from the lowest, protocols, and above an intermediate driver's protocol its
 * virtual miniports.
 *
 * Which virtual miniport stands above which adapter is what the driver said in the interface stack table (NdisIfAddIfStackEntry);
 * without that, all of a driver's virtual miniports stand above each adapter that it is bound to. */
#include "ndis/describe.h"

#include <inttypes.h>
#include <string.h>

#include "ndis/filter_module.h"
#include "nt/io.h"
#include "pe/pe.h"

#define DEPTH_MAX 8                     /* of virtual miniports on virtual miniports */

static const char *const adapter_states[] = {
    [ADAPTER_HALTED] = "halted", [ADAPTER_INITIALIZING] = "initializing", [ADAPTER_PAUSED] = "paused",
    [ADAPTER_RESTARTING] = "restarting", [ADAPTER_RUNNING] = "running", [ADAPTER_PAUSING] = "pausing",
    [ADAPTER_SHUT_DOWN] = "shut down",
};
static const char *const filter_states[] = {
    [FILTER_ATTACHING] = "attaching", [FILTER_DETACHING] = "detaching", [FILTER_PAUSED] = "paused",
    [FILTER_RESTARTING] = "restarting", [FILTER_RUNNING] = "running", [FILTER_PAUSING] = "pausing",
};
static const char *const binding_states[] = {
    [BINDING_OPENING] = "opening", [BINDING_PAUSED] = "paused", [BINDING_RESTARTING] = "restarting",
    [BINDING_RUNNING] = "running", [BINDING_PAUSING] = "pausing", [BINDING_CLOSING] = "closing",
};

static const char *text_of(const UNICODE_STRING *from, char *to, size_t size)
{
    size_t n = 0;

    for (; n < from->Length / sizeof(WCHAR) && n + 1 < size; n++)
        to[n] = from->Buffer[n] < 0x80 ? (char)from->Buffer[n] : '?';
    to[n] = 0;
    return to;
}

static const struct pe_image *image_of(const struct ndis_protocol *p)
{
    return pe_image_at((uint64_t)(uintptr_t)p->handlers.BindAdapterHandlerEx);
}

/* The service of a protocol driver; "" for the computer's own TCP/IP. */
static const char *driver_of_protocol(const struct ndis_protocol *p)
{
    const struct pe_image *image = image_of(p);

    list_each(it, &io_drivers) {
        const struct io_driver *driver = container_of(it, struct io_driver, node);
        if (image && driver->image == image)
            return driver->name;
    }
    return "";
}

/* The protocol is the lower edge of the driver whose adapter this is. */
static bool same_driver(const struct ndis_protocol *p, const struct adapter *a)
{
    const struct pe_image *image = image_of(p);

    return image && io_driver_of(a->driver->driver)->image == image;
}

static bool is_virtual(const struct adapter *a)
{
    list_each(it, &ndis_protocols)
        if (same_driver(container_of(it, struct ndis_protocol, node), a))
            return true;
    return false;
}

static bool says_where(const struct adapter *virtual)
{
    list_each(it, &ndis_adapters)
        if (interface_is_above(virtual->if_index, container_of(it, struct adapter, node)->if_index))
            return true;
    return false;
}

static bool stands_on(const struct adapter *virtual, const struct binding *b)
{
    if (virtual == b->adapter || !same_driver(b->protocol, virtual))
        return false;
    return !says_where(virtual) || interface_is_above(virtual->if_index, b->adapter->if_index);
}

static const char *kind_of(const struct filter *f)
{
    return f->driver->kind.monitoring ? "monitoring" : "modifying";
}

static const char *need_of(const struct filter *f)
{
    return f->driver->kind.mandatory ? "mandatory" : "optional";
}

static const char *driver_of_filter(const struct filter *f)
{
    return f->driver->driver ? io_driver_of(f->driver->driver)->name : "";
}

static bool link_up(const struct adapter *a)
{
    return a->link.MediaConnectState == MediaConnectStateConnected;
}

/* --- text ------------------------------------------------------------------------------------------------------------------ */

static void text_adapter(struct writer *w, struct adapter *a, unsigned depth);

static void text_binding(struct writer *w, struct binding *b, unsigned depth)
{
    char name[64];
    const char *driver = driver_of_protocol(b->protocol);

    write_text(w, "%*sprotocol %s%s%s, %s\n", (int)(4 * depth + 2), "", text_of(&b->protocol->name, name, sizeof name),
               driver[0] ? " of " : "", driver, binding_states[b->state]);
    list_each(it, &ndis_adapters) {
        struct adapter *virtual = container_of(it, struct adapter, node);
        if (stands_on(virtual, b) && depth < DEPTH_MAX)
            text_adapter(w, virtual, depth + 1);
    }
}

static void text_adapter(struct writer *w, struct adapter *a, unsigned depth)
{
    char name[128], path[80];
    const uint8_t *mac = a->general.CurrentMacAddress;

    write_text(w, "%*s%s %s: %s, %s\n", (int)(4 * depth), "", is_virtual(a) ? "virtual miniport" : "miniport",
               io_driver_of(a->driver->driver)->name, text_of(&a->instance_name, name, sizeof name), text_of(&a->name, path, sizeof path));
    write_text(w, "%*s%s%s, %02x:%02x:%02x:%02x:%02x:%02x, MTU %u, link %s", (int)(4 * depth + 2), "", adapter_states[a->state],
               a->low_power ? " (asleep)" : "", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], (unsigned)a->general.MtuSize,
               link_up(a) ? "up" : "down");
    if (link_up(a) && a->link.XmitLinkSpeed != NDIS_LINK_SPEED_UNKNOWN)
        write_text(w, ", %" PRIu64 " Mbit/s", (uint64_t)a->link.XmitLinkSpeed / 1000000);
    write_text(w, "\n");
    for (struct filter *f = filter_above(a, NULL); f; f = filter_above(a, f))
        write_text(w, "%*sfilter %s (%s, %s, %s), %s\n", (int)(4 * depth + 2), "", driver_of_filter(f), filter_class(f->driver), kind_of(f),
                   need_of(f), filter_states[f->state]);
    list_each(it, &a->bindings)
        text_binding(w, container_of(it, struct binding, node), depth);
}

static void describe_text(struct writer *w)
{
    list_each(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);
        bool below = false;

        list_each(other, &ndis_protocols) {
            struct ndis_protocol *p = container_of(other, struct ndis_protocol, node);
            list_each(bound, &p->bindings)
                below |= stands_on(a, container_of(bound, struct binding, protocol_node));
        }
        if (!below)
            text_adapter(w, a, 0);
    }
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------- */

static void json_filters(struct writer *w, struct adapter *a)
{
    char name[128];

    for (struct filter *f = filter_above(a, NULL); f; f = filter_above(a, f)) {
        write_text(w, f == filter_above(a, NULL) ? "{" : ",{");
        write_json_field(w, "driver", driver_of_filter(f));
        write_json_field(w, "name", text_of(&f->name, name, sizeof name));
        write_json_field(w, "class", filter_class(f->driver));
        write_json_field(w, "kind", kind_of(f));
        write_text(w, "\"mandatory\":%s,\"state\":\"%s\"}", f->driver->kind.mandatory ? "true" : "false", filter_states[f->state]);
    }
}

static void json_bindings(struct writer *w, struct adapter *a)
{
    char name[128];

    list_each(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);
        const char *comma = "";

        write_text(w, it == a->bindings.next ? "{" : ",{");
        write_json_field(w, "protocol", text_of(&b->protocol->name, name, sizeof name));
        write_json_field(w, "driver", driver_of_protocol(b->protocol));
        write_text(w, "\"state\":\"%s\",\"virtual\":[", binding_states[b->state]);
        list_each(other, &ndis_adapters) {
            struct adapter *virtual = container_of(other, struct adapter, node);
            if (!stands_on(virtual, b))
                continue;
            write_text(w, "%s", comma);
            write_json_string(w, text_of(&virtual->name, name, sizeof name));
            comma = ",";
        }
        write_text(w, "]}");
    }
}

static void json_adapter(struct writer *w, struct adapter *a)
{
    char name[128];
    const uint8_t *mac = a->general.CurrentMacAddress;

    write_json_field(w, "name", text_of(&a->name, name, sizeof name));
    write_json_field(w, "description", text_of(&a->instance_name, name, sizeof name));
    write_json_field(w, "driver", io_driver_of(a->driver->driver)->name);
    write_text(w, "\"virtual\":%s,\"state\":\"%s\",\"asleep\":%s,\"address\":\"%02x:%02x:%02x:%02x:%02x:%02x\",\"mtu\":%u,", is_virtual(a) ? "true" : "false",
               adapter_states[a->state], a->low_power ? "true" : "false", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
               (unsigned)a->general.MtuSize);
    write_text(w, "\"if_index\":%u,\"link_up\":%s,\"link_speed\":%" PRIu64 ",\"filters\":[", (unsigned)a->if_index, link_up(a) ? "true" : "false",
               (uint64_t)a->link.XmitLinkSpeed);
    json_filters(w, a);
    write_text(w, "],\"protocols\":[");
    json_bindings(w, a);
    write_text(w, "]}");
}

static void describe_json(struct writer *w)
{
    write_text(w, "[");
    list_each(it, &ndis_adapters) {
        write_text(w, it == ndis_adapters.next ? "{" : ",{");
        json_adapter(w, container_of(it, struct adapter, node));
    }
    write_text(w, "]\n");
}

/* --- Graphviz ---------------------------------------------------------------------------------------------------------------- */

static void dot_text(struct writer *w, const char *text)
{
    for (; *text; text++)
        write_text(w, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

static void dot_label(struct writer *w, const void *node, const char *shape, const char *first, const char *second)
{
    write_text(w, "    n%" PRIxPTR " [shape=%s,label=\"", (uintptr_t)node, shape);
    dot_text(w, first);
    if (second[0])
        write_text(w, "\\n");
    dot_text(w, second);
    write_text(w, "\"];\n");
}

static void dot_edge(struct writer *w, const void *below, const void *above)
{
    write_text(w, "    n%" PRIxPTR " -> n%" PRIxPTR ";\n", (uintptr_t)below, (uintptr_t)above);
}

static void dot_adapter(struct writer *w, struct adapter *a)
{
    char name[128];
    const void *top = a;

    dot_label(w, a, is_virtual(a) ? "component" : "box", io_driver_of(a->driver->driver)->name, text_of(&a->instance_name, name, sizeof name));
    for (struct filter *f = filter_above(a, NULL); f; f = filter_above(a, f)) {
        dot_label(w, f, "ellipse", driver_of_filter(f), filter_class(f->driver));
        dot_edge(w, top, f);
        top = f;
    }
    list_each(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);

        dot_edge(w, top, b->protocol);
        list_each(other, &ndis_adapters) {
            struct adapter *virtual = container_of(other, struct adapter, node);
            if (stands_on(virtual, b))
                dot_edge(w, b->protocol, virtual);
        }
    }
}

static void describe_dot(struct writer *w)
{
    char name[128];

    write_text(w, "digraph adapters {\n    rankdir=BT;\n");
    list_each(it, &ndis_protocols) {
        struct ndis_protocol *p = container_of(it, struct ndis_protocol, node);
        dot_label(w, p, "hexagon", text_of(&p->name, name, sizeof name), driver_of_protocol(p));
    }
    list_each(it, &ndis_adapters)
        dot_adapter(w, container_of(it, struct adapter, node));
    write_text(w, "}\n");
}

void ndis_describe(struct writer *w)
{
    if (w->format == WRITE_JSON)
        describe_json(w);
    else if (w->format == WRITE_DOT)
        describe_dot(w);
    else
        describe_text(w);
}
