/* Network cards: a wire, a device on it, a place on the PCI bus. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "machine/machine.h"
#include "tcpip/dns.h"
#include "ndis/stats.h"
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

/* --- what went through ------------------------------------------------------------------------------------------ */

static void fill_layers(struct ring3_nic *nic, struct ring3_nic_info *info)
{
    struct wire_stats *wire = &nic->wire->stats;
    struct device_stats device = { 0 };

    info->layer[0] = (struct ring3_layer){ "wire", wire->tx_frames, wire->tx_bytes, wire->rx_frames, wire->rx_bytes,
                                           wire->tx_dropped, wire->rx_dropped };
    if (nic->device->ops->stats)
        nic->device->ops->stats(nic->device, &device);
    info->layer[1] = (struct ring3_layer){ "device", device.tx_frames, device.tx_bytes, device.rx_frames,
                                           device.rx_bytes, 0, device.rx_dropped };
    info->interrupts = device.interrupts;
    info->doorbells = device.doorbells;
}

static bool find_interface(const struct ring3_nic *nic, struct tcpip_interface_info *interface)
{
    for (unsigned n = 0; nic->has_mac && tcpip_query_interface(n, interface); n++)
        if (memcmp(interface->mac, nic->mac, 6) == 0)
            return true;
    return false;
}

static void fill_protocol(struct ring3_nic *nic, struct ring3_nic_info *info)
{
    struct tcpip_interface_info interface;
    char text[TCPIP_ADDRESS_TEXT];

    struct ring3_layer *layer = &info->layer[info->layer_count++];

    copy(layer->layer, sizeof layer->layer, "protocol");
    if (!find_interface(nic, &interface))
        return;
    struct tcpip_stats *s = &interface.stats;
    *layer = (struct ring3_layer){ "protocol", s->tx_frames, s->tx_bytes, s->rx_frames, s->rx_bytes,
                                           s->tx_dropped + s->tx_failed, s->rx_dropped };
    if (interface.configured)
        snprintf(info->address, sizeof info->address, "%s/%u", tcpip_format_address(&interface.ipv4, text),
                 interface.ipv4_prefix);
}

/* The modules' counters: what NDIS gave them. */
static void fill_filters(struct ring3_nic_info *info, void *pdo)
{
    struct ndis_filter_info filter;

    for (unsigned n = 0; info->layer_count < RING3_LAYERS - 1 && ndis_filter_info(pdo, n, &filter); n++) {
        struct ring3_layer *layer = &info->layer[info->layer_count++];
        struct ndis_layer_stats *s = &filter.stats;

        *layer = (struct ring3_layer){ "", s->tx_frames, s->tx_bytes, s->rx_frames, s->rx_bytes, s->tx_dropped, s->rx_dropped };
        copy(layer->layer, sizeof layer->layer, filter.driver);
    }
}

/* The miniport's counters: what NDIS saw pass between protocols and the driver. */
static void fill_miniport(struct ring3_nic *nic, struct ring3_nic_info *info)
{
    struct pnp_node *node = pnp_node_of_device(nic->device);
    struct ndis_adapter_info adapter;

    copy(info->layer[2].layer, sizeof info->layer[2].layer, "miniport");
    info->layer_count = 3;
    if (!node || !ndis_adapter_info_of(node->pdo, &adapter))
        return;
    struct ndis_layer_stats *s = &adapter.stats.miniport;
    info->layer[2] = (struct ring3_layer){ "miniport", s->tx_frames, s->tx_bytes, s->rx_frames, s->rx_bytes,
                                           s->tx_dropped, s->rx_dropped };
    info->oids = adapter.stats.oids;
    fill_filters(info, node->pdo);
    nic->has_mac = true;
    memcpy(nic->mac, adapter.mac, 6);
}

static void fill_driver(struct ring3_nic *nic, struct ring3_nic_info *info)
{
    struct pnp_node *node = pnp_node_of_device(nic->device);

    if (!node)
        return;
    info->started = node->state == PNP_STARTED;
    info->start_status = (uint32_t)node->start_status;
    if (node->driver)
        copy(info->driver, sizeof info->driver, node->driver->name);
}

static void fill(struct ring3_nic *nic, struct ring3_nic_info *info)
{
    info->number = nic->number;
    info->link_up = nic->wire->link_up;
    copy(info->wire, sizeof info->wire, nic->wire_kind);
    copy(info->model, sizeof info->model, nic->model);
    fill_layers(nic, info);
    fill_miniport(nic, info);
    fill_protocol(nic, info);
    fill_driver(nic, info);
}

void nic_remember(struct ring3_computer *computer)
{
    list_each(it, &computer->nics) {
        struct ring3_nic *nic = container_of(it, struct ring3_nic, node);
        memset(&nic->last, 0, sizeof nic->last);
        fill(nic, &nic->last);
    }
}

static void refresh(struct ring3_layer *layer, const struct ring3_nic_info *now)
{
    for (unsigned i = 0; i < now->layer_count; i++)
        if (!strcmp(now->layer[i].layer, layer->layer) &&
            now->layer[i].tx_frames + now->layer[i].rx_frames >= layer->tx_frames + layer->rx_frames)
            *layer = now->layer[i];
}

/* After the drivers are gone, names and addresses are those from before, counters are the last ones. */
static void fill_after(struct ring3_nic *nic, struct ring3_nic_info *info)
{
    struct ring3_nic_info now = { 0 };

    *info = nic->last;
    fill(nic, &now);
    for (unsigned i = 0; i < info->layer_count; i++)
        refresh(&info->layer[i], &now);
    info->interrupts = now.interrupts;
    info->doorbells = now.doorbells;
    info->oids = now.oids > info->oids ? now.oids : info->oids;
}

bool ring3_query_nic(struct ring3_computer *computer, unsigned number, struct ring3_nic_info *info)
{
    list_each(it, &computer->nics) {
        struct ring3_nic *nic = container_of(it, struct ring3_nic, node);
        if (nic->number != number)
            continue;
        memset(info, 0, sizeof *info);
        if (computer->shut_down)
            fill_after(nic, info);
        else
            fill(nic, info);
        return true;
    }
    return false;
}
