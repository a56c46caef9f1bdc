/* What went through the network cards and virtual adapters, layer by layer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "machine/machine.h"
#include "ndis/stats.h"
#include "nt/io.h"
#include "nt/pnp.h"

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

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

static bool find_interface(const char *device, struct tcpip_interface_info *interface)
{
    for (unsigned n = 0; device[0] && tcpip_query_interface(n, interface); n++)
        if (!strcasecmp(interface->name, device))
            return true;
    return false;
}

static struct ring3_layer layer_of(const char *name, const struct ndis_layer_stats *s)
{
    struct ring3_layer layer = { "", s->tx_frames, s->tx_bytes, s->rx_frames, s->rx_bytes, s->tx_dropped, s->rx_dropped };

    copy(layer.layer, sizeof layer.layer, name);
    return layer;
}

/* TCP/IP's own counters, which outlive its binding; else what NDIS counted for all that are bound. */
static void fill_protocol(struct ring3_nic_info *info, const char *device, const struct ndis_layer_stats *bound)
{
    struct tcpip_interface_info interface;
    char text[TCPIP_ADDRESS_TEXT];
    struct ring3_layer *layer = &info->layer[info->layer_count++];

    *layer = layer_of("protocol", bound);
    if (!find_interface(device, &interface))
        return;
    struct tcpip_stats *s = &interface.stats;
    if (s->tx_frames + s->rx_frames >= bound->tx_frames + bound->rx_frames)
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

    for (unsigned n = 0; info->layer_count < RING3_LAYERS - 1 && ndis_filter_info(pdo, n, &filter); n++)
        info->layer[info->layer_count++] = layer_of(filter.driver, &filter.stats);
}

/* From the miniport up: what NDIS saw pass. */
static void fill_adapter(struct ring3_nic_info *info, const struct ndis_adapter_info *adapter)
{
    info->layer[info->layer_count++] = layer_of("miniport", &adapter->stats.miniport);
    info->oids = adapter->stats.oids;
    fill_filters(info, adapter->pdo);
    fill_protocol(info, adapter->device, &adapter->stats.protocol);
}

static void fill_miniport(struct ring3_nic *nic, struct ring3_nic_info *info)
{
    struct pnp_node *node = pnp_node_of_device(nic->device);
    struct ndis_adapter_info adapter;

    info->layer_count = 2;
    if (node && ndis_adapter_info_of(node->pdo, &adapter)) {
        copy(nic->ndis_name, sizeof nic->ndis_name, adapter.device);
        fill_adapter(info, &adapter);
        return;
    }
    copy(info->layer[info->layer_count++].layer, sizeof info->layer[0].layer, "miniport");
    fill_protocol(info, nic->ndis_name, &(struct ndis_layer_stats){ 0 });
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
    fill_driver(nic, info);
}

/* --- adapters without a card: virtual ones ---------------------------------------------------------------------------- */

static bool is_card(struct ring3_computer *computer, const void *pdo)
{
    list_each(it, &computer->nics) {
        struct pnp_node *node = pnp_node_of_device(container_of(it, struct ring3_nic, node)->device);

        if (node && node->pdo == pdo)
            return true;
    }
    return false;
}

static void fill_virtual(const struct ndis_adapter_info *adapter, unsigned number, struct ring3_nic_info *info)
{
    struct pnp_node *node = pnp_node_of(adapter->pdo);

    memset(info, 0, sizeof *info);
    info->number = number;
    info->link_up = adapter->link_up;
    copy(info->model, sizeof info->model, adapter->name);
    copy(info->driver, sizeof info->driver, adapter->driver);
    info->started = node && node->state == PNP_STARTED;
    fill_adapter(info, adapter);
}

static bool find_virtual(struct ring3_computer *computer, unsigned number, struct ring3_nic_info *info)
{
    struct ndis_adapter_info adapter;
    unsigned count = 0;

    for (unsigned n = 0; ndis_adapter_info(n, &adapter); n++)
        if (!is_card(computer, adapter.pdo) && count++ == number) {
            fill_virtual(&adapter, number, info);
            return true;
        }
    return false;
}

static void remember_virtual(struct ring3_computer *computer)
{
    struct ring3_nic_info info;

    for (unsigned n = 0; n < MACHINE_VIRTUALS && find_virtual(computer, n, &info); n++) {
        computer->virtuals[n] = malloc(sizeof info);
        if (computer->virtuals[n])
            *computer->virtuals[n] = info;
    }
}

bool ring3_query_virtual(struct ring3_computer *computer, unsigned number, struct ring3_nic_info *info)
{
    if (!computer->shut_down)
        return find_virtual(computer, number, info);
    if (number >= MACHINE_VIRTUALS || !computer->virtuals[number])
        return false;
    *info = *computer->virtuals[number];
    return true;
}

void nic_forget_virtual(struct ring3_computer *computer)
{
    for (unsigned n = 0; n < MACHINE_VIRTUALS; n++)
        free(computer->virtuals[n]);
}

/* --- after the drivers are gone ------------------------------------------------------------------------------------------ */

void nic_remember(struct ring3_computer *computer)
{
    remember_virtual(computer);
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
