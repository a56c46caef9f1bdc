/* Text about the computer: the verb that gives it to clients, and what does not belong to one module. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fwp/describe.h"
#include "machine/ctl_session.h"
#include "ndis/describe.h"
#include "nt/io.h"
#include "nt/pnp.h"

extern const struct ctl_dump *const __start_ring3_ctl_dumps[], *const __stop_ring3_ctl_dumps[];

static const struct ctl_dump *find_dump(const char *name)
{
    for (const struct ctl_dump *const *d = __start_ring3_ctl_dumps; d < __stop_ring3_ctl_dumps; d++)
        if (!strcmp((*d)->name, name))
            return *d;
    return NULL;
}

static bool format_of(const char *text, enum writer_format *format)
{
    static const char *const names[] = { [WRITE_TEXT] = "text", [WRITE_JSON] = "json", [WRITE_DOT] = "dot" };

    *format = WRITE_TEXT;
    for (unsigned i = 0; text && i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(text, names[i])) {
            *format = (enum writer_format)i;
            return true;
        }
    return !text || error_set("format=%.20s is not text, json or dot", text);
}

static bool describe(struct ring3_computer *computer, const char *what, const char *format, struct writer *w)
{
    const struct ctl_dump *dump = find_dump(what);

    if (!dump)
        return error_set("the computer has nothing to say about '%.40s'", what);
    return format_of(format, &w->format) && dump->dump(computer, w) && (!w->failed || error_set("no memory for the text"));
}

static void verb_dump(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *what = ctl_text(request, "what", reply);
    struct writer w = { 0 };

    if (!what)
        return;
    if (!describe(ctl_computer(s), what, message_value(request, "format"), &w)) {
        writer_free(&w);
        ctl_fail(reply, CTL_USAGE, "%s", error_text());
        return;
    }
    if (w.size > MESSAGE_DATA) {
        writer_free(&w);
        ctl_fail(reply, CTL_HOST, "the text is too long");
        return;
    }
    reply->data = w.text;
    reply->size = (uint32_t)w.size;
}

struct describe_call {
    struct ring3_computer *computer;
    const char *what, *format;
    struct writer w;
    bool good;
};

static void describe_inside(void *arg)
{
    struct describe_call *call = arg;

    call->good = describe(call->computer, call->what, call->format, &call->w);
}

char *ring3_describe(struct ring3_computer *computer, const char *what, const char *format)
{
    struct describe_call call = { .computer = computer, .what = what, .format = format };

    if (machine_call(describe_inside, &call) && call.good)
        return call.w.text ? call.w.text : strdup("");
    writer_free(&call.w);
    return NULL;
}

/* --- devices and drivers ---------------------------------------------------------------------------------------------------- */

static const char *const states[] = {
    [PNP_PRESENT] = "present", [PNP_ADDED] = "added", [PNP_STARTED] = "started", [PNP_STOPPED] = "stopped",
    [PNP_SURPRISED] = "gone", [PNP_REMOVED] = "removed",
};

static unsigned depth_of(const struct pnp_node *node)
{
    unsigned depth = 0;

    while ((node = node->parent))
        depth++;
    return depth;
}

static void one_device(struct writer *w, const struct pnp_node *node, bool first)
{
    const char *driver = node->driver ? node->driver->name : "";

    if (w->format == WRITE_TEXT) {
        write_text(w, "%*s%s  %s%s%s", (int)(2 * depth_of(node)), "", node->instance_path, states[node->state], driver[0] ? ", driver " : "",
                   driver);
        write_text(w, node->description[0] ? "  (%s)\n" : "\n", node->description);
        return;
    }
    write_text(w, first ? "{" : ",{");
    write_json_field(w, "device", node->instance_path);
    write_json_field(w, "parent", node->parent ? node->parent->instance_path : "");
    write_json_field(w, "description", node->description);
    write_json_field(w, "driver", driver);
    write_json_field(w, "state", states[node->state]);
    write_text(w, "\"start_status\":%u}", (unsigned)node->start_status);
}

static bool dump_devices(struct ring3_computer *computer, struct writer *w)
{
    bool first = true;

    if (w->format == WRITE_DOT)
        return error_set("devices come as text or json");
    write_text(w, w->format == WRITE_JSON ? "[" : "");
    list_each(it, &pnp_nodes) {
        one_device(w, container_of(it, struct pnp_node, node), first);
        first = false;
    }
    write_text(w, w->format == WRITE_JSON ? "]\n" : "");
    return true;
}

static bool dump_drivers(struct ring3_computer *computer, struct writer *w)
{
    bool first = true;

    if (w->format == WRITE_DOT)
        return error_set("drivers come as text or json");
    write_text(w, w->format == WRITE_JSON ? "[" : "");
    list_each(it, &computer->drivers) {
        struct ring3_driver *driver = container_of(it, struct ring3_driver, node);

        if (w->format == WRITE_TEXT) {
            write_text(w, "%s  %s\n", driver->name, driver->path);
            continue;
        }
        write_text(w, first ? "{" : ",{");
        write_json_field(w, "driver", driver->name);
        write_text(w, "\"path\":");
        write_json_string(w, driver->path);
        write_text(w, "}");
        first = false;
    }
    write_text(w, w->format == WRITE_JSON ? "]\n" : "");
    return true;
}

static bool dump_adapters(struct ring3_computer *computer, struct writer *w)
{
    ndis_describe(w);
    return true;
}

static bool dump_wfp(struct ring3_computer *computer, struct writer *w)
{
    if (w->format == WRITE_DOT)
        return error_set("the filter engine comes as text or json");
    fwp_describe(w, false);
    return true;
}

CTL_VERB(dump_verb) = { .name = "dump", .run = verb_dump };
CTL_DUMP(adapters_dump) = { "adapters", dump_adapters };
CTL_DUMP(devices_dump) = { "devices", dump_devices };
CTL_DUMP(drivers_dump) = { "drivers", dump_drivers };
CTL_DUMP(wfp_dump) = { "wfp", dump_wfp };
