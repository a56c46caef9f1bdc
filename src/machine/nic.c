/* Network cards: a wire, a device on it, a place on the PCI bus. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "machine/machine.h"
#include "tcpip/dns.h"
#include "nt/hal.h"
#include "nt/io.h"
#include "nt/pnp.h"

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

static bool capture_to(struct ring3_nic *nic, const char *path)
{
    struct wire *outer = wire_capture(nic->wire, path, ke_clock());

    if (outer)
        nic->wire = outer;
    return outer != NULL;
}

static bool open_device(struct ring3_nic *nic, struct spec *spec)
{
    const char *model = spec_value(spec, "model", 0), *capture = spec_value(spec, "capture", 0);

    copy(nic->model, sizeof nic->model, model ? model : "virtio-net");
    copy(nic->driver, sizeof nic->driver, spec_value(spec, "driver", 0));
    copy(nic->wire_kind, sizeof nic->wire_kind, spec->kind);
    if (strcmp(nic->model, "virtio-net"))
        return error_set("there is no network card '%s'; ring3 has virtio-net", nic->model);
    nic->wire = wire_open(spec, ke_clock());
    if (!nic->wire)
        return false;
    if (capture && !capture_to(nic, capture))
        return false;
    nic->device = virtio_net_create(hal_device_host(), nic->wire, spec);
    if (!nic->device)
        return false;
    return spec_finish(spec);
}

static void close_device(struct ring3_nic *nic)
{
    if (nic->device)
        nic->device->ops->destroy(nic->device);
    else if (nic->wire)
        wire_close(nic->wire);
}

struct plug_call {
    struct ring3_nic *nic;
    bool surprise;
    NTSTATUS status;
};

static void plug(void *arg)
{
    struct plug_call *call = arg;

    call->status = pnp_plug(call->nic->device, NULL);
    call->nic->plugged = NT_SUCCESS(call->status);
    pnp_flush();                        /* virtual adapters over the card */
}

static bool plug_in(struct ring3_nic *nic)
{
    struct plug_call call = { .nic = nic };

    if (!machine_call(plug, &call))
        return false;
    return nic->plugged || error_set("the PCI bus refused the card (status 0x%08x)", (unsigned)call.status);
}

static bool good_for_clock(struct ring3_nic *nic)
{
    return !nic->wire->ops->external || nic->computer->config.clock == RING3_CLOCK_REAL ||
           error_set("a %s wire brings frames in real time: it needs the real clock", nic->wire_kind);
}

struct ring3_nic *ring3_add_nic(struct ring3_computer *computer, const char *text)
{
    struct spec spec;

    if (computer->nic_count == MACHINE_NICS)
        return error_set("at most %d network cards", MACHINE_NICS), NULL;
    if (!spec_parse(&spec, text))
        return NULL;
    struct ring3_nic *nic = calloc(1, sizeof *nic);
    if (!nic)
        return error_set("no memory"), NULL;
    nic->computer = computer;
    nic->number = computer->nic_count;
    list_push_back(&computer->nics, &nic->node);
    if (open_device(nic, &spec) && good_for_clock(nic) && plug_in(nic)) {
        computer->nic_count++;
        return nic;
    }
    close_device(nic);
    list_remove(&nic->node);
    free(nic);
    return NULL;
}

static void unplug(void *arg)
{
    struct plug_call *call = arg;

    call->nic->device->gone = call->surprise;
    call->status = pnp_unplug(call->nic->device, call->surprise);
    call->nic->plugged = call->nic->plugged && !call->surprise && !NT_SUCCESS(call->status);
}

static bool take_out(struct ring3_nic *nic, bool surprise)
{
    struct plug_call call = { nic, surprise, 0 };

    if (!nic->plugged)
        return error_set("the card is not plugged in");
    return machine_call(unplug, &call) &&
           (NT_SUCCESS(call.status) || error_set("the card could not be removed (status 0x%08x)", (unsigned)call.status));
}

bool ring3_unplug_nic(struct ring3_nic *nic)
{
    return take_out(nic, true);
}

bool ring3_eject_nic(struct ring3_nic *nic)
{
    return take_out(nic, false);
}

struct address_call {
    unsigned interface;
    const char *text;
    bool good;
};

static void set_address(void *arg)
{
    struct address_call *call = arg;

    call->good = tcpip_set_address(call->interface, call->text);
}

bool ring3_set_address(struct ring3_computer *computer, unsigned interface, const char *text)
{
    struct address_call call = { interface, text, false };

    return machine_call(set_address, &call) && call.good;
}

static void add_name_server(void *arg)
{
    struct address_call *call = arg;

    call->good = tcpip_add_name_server(call->text);
}

bool ring3_add_name_server(struct ring3_computer *computer, const char *text)
{
    struct address_call call = { .text = text };

    return machine_call(add_name_server, &call) && call.good;
}

bool nic_replays_finished(struct ring3_computer *computer)
{
    list_each(node, &computer->nics) {
        struct ring3_nic *nic = container_of(node, struct ring3_nic, node);
        if (nic->wire->ops->finished && !nic->wire->ops->finished(nic->wire))
            return false;
    }
    return true;
}

bool nic_any_external(struct ring3_computer *computer)
{
    list_each(node, &computer->nics)
        if (container_of(node, struct ring3_nic, node)->wire->ops->external)
            return true;
    return false;
}

void nic_close_all(struct ring3_computer *computer)
{
    struct list *node;

    while ((node = list_pop_front(&computer->nics))) {
        struct ring3_nic *nic = container_of(node, struct ring3_nic, node);
        close_device(nic);
        free(nic);
    }
}
