/* virtio-net: a modern network card (Virtual I/O Device specification 1.x, "Network Device").
 *
 * What a queue of the ring may do to whom: transmit runs inside the driver's notification; receive runs inside the wire's
 * delivery, which the wire starts from the event loop, from a timer, or from inside our own transmit or refill. The two
 * directions share no scratch memory for that reason; control commands use transmit's, and never run inside it. */
#include "dev/virtio_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"

#define QUEUE_DEFAULT 256u
#define SPEED_MBPS 10000u

static bool accept_features(struct virtio *virtio, uint64_t f)
{
    static const struct { uint64_t feature, needs_one_of; } rules[] = {
        { NET_F_GUEST_TSO4, NET_F_GUEST_CSUM }, { NET_F_GUEST_TSO6, NET_F_GUEST_CSUM },
        { NET_F_HOST_TSO4, NET_F_CSUM }, { NET_F_HOST_TSO6, NET_F_CSUM },
        { NET_F_HOST_USO, NET_F_CSUM }, { NET_F_RSS, NET_F_CTRL_VQ }, { NET_F_HASH_REPORT, NET_F_CTRL_VQ },
        { NET_F_CTRL_GUEST_OFFLOADS, NET_F_CTRL_VQ },
        { NET_F_HOST_ECN, NET_F_HOST_TSO4 | NET_F_HOST_TSO6 },
        { NET_F_CTRL_RX, NET_F_CTRL_VQ }, { NET_F_CTRL_VLAN, NET_F_CTRL_VQ }, { NET_F_CTRL_RX_EXTRA, NET_F_CTRL_VQ },
        { NET_F_GUEST_ANNOUNCE, NET_F_CTRL_VQ }, { NET_F_MQ, NET_F_CTRL_VQ }, { NET_F_CTRL_MAC_ADDR, NET_F_CTRL_VQ },
    };

    for (size_t i = 0; i < countof(rules); i++)
        if ((f & rules[i].feature) && !(f & rules[i].needs_one_of)) {
            log_warn(virtio->name, "the driver accepts feature bit %d without the one it requires",
                     __builtin_ctzll(rules[i].feature));
            return false;
        }
    return true;
}

void net_set_guest_offloads(struct virtio_net *net, uint64_t offloads)
{
    net_coalesce_close(net);
    net->guest_offloads = offloads;
    net->coalesces = (offloads & (NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6)) && virtio_has(&net->virtio, NET_F_MRG_RXBUF);
}

static void start(struct virtio *virtio)
{
    struct virtio_net *net = net_of(virtio);

    net->pairs = 1;
    net->header_size = sizeof(struct net_hdr) + (virtio_has(virtio, NET_F_HASH_REPORT) ? sizeof(struct net_hdr_hash) : 0);
    net_set_guest_offloads(net, virtio->accepted & NET_GUEST_OFFLOADS);
    wire_set_ready(net->wire, true);
}

static void stop(struct virtio *virtio)
{
    struct virtio_net *net = net_of(virtio);

    if (net->wire->ready && !net->listens)
        wire_set_ready(net->wire, false);
    net_steer_reset(net);
    net->coalesce.open = net->coalesces = false;
    net->rx_dirty = 0;
    net->net_status &= (uint16_t)~NET_S_ANNOUNCE;
    memcpy(net->mac, net->mac_at_reset, 6);
    for (unsigned i = 0; i < NET_PAIRS_MAX; i++)
        net->tx[i].segments_sent = 0, net->tx[i].stalled = false;
    net_filter_reset(net);
}

static void notify(struct virtio *virtio, unsigned queue)
{
    struct virtio_net *net = net_of(virtio);

    if (queue == net_control_index(net))
        net_control_run(net);
    else if (queue & 1)
        net_tx_run(net, queue / 2);
    else
        net_rx_refilled(net, queue / 2);
}

static uint8_t config_read(struct virtio *virtio, unsigned offset)
{
    const struct virtio_net *net = net_of(virtio);
    uint8_t bytes[NET_CONFIG_BYTES] = { 0 };
    const uint16_t words[] = { net->net_status, (uint16_t)net->pairs_max, net->mtu };
    const uint32_t speed = net->net_status & NET_S_LINK_UP ? SPEED_MBPS : UINT32_MAX;

    memcpy(bytes, net->mac, 6);
    memcpy(bytes + 6, words, 6);
    memcpy(bytes + 12, &speed, 4);
    bytes[16] = net->net_status & NET_S_LINK_UP ? 1 : 0xFF;     /* full duplex, or unknown */
    bytes[17] = NET_HASH_KEY_MAX;
    memcpy(bytes + 18, &(uint16_t){ NET_RSS_TABLE_MAX }, 2);
    memcpy(bytes + 20, &(uint32_t){ NET_HASH_TYPES }, 4);
    return offset < sizeof bytes ? bytes[offset] : 0;
}

static void link_changed(void *card, bool up)
{
    struct virtio_net *net = card;

    if (up)
        net->net_status |= NET_S_LINK_UP;
    else
        net->net_status &= (uint16_t)~(NET_S_LINK_UP | NET_S_ANNOUNCE);
    if (up && virtio_has(&net->virtio, NET_F_GUEST_ANNOUNCE))
        net->net_status |= NET_S_ANNOUNCE;      /* whoever is at the other end now has not heard of us */
    virtio_config_changed(&net->virtio);
}

static void destroy(struct virtio *virtio)
{
    struct virtio_net *net = net_of(virtio);

    net->wire->deliver = NULL;
    wire_close(net->wire);
    virtio_fini(virtio);
    free(net);
}

static void get_stats(struct device *device, struct device_stats *stats)
{
    struct virtio_net *net = container_of(device, struct virtio_net, virtio.device);

    *stats = net->stats;
    stats->interrupts = net->virtio.interrupts + net->virtio.msix.sent + net->virtio.msi.sent;
    stats->doorbells = net->virtio.doorbells;
}

static const struct virtio_ops net_ops = {
    .accept_features = accept_features,
    .start = start,
    .stop = stop,
    .notify = notify,
    .config_read = config_read,
    .destroy = destroy,
};

static const struct device_ops net_device_ops = {
    .model = "virtio-net",
    .bar_read = virtio_bar_read,
    .bar_write = virtio_bar_write,
    .config_reading = virtio_config_reading,
    .config_written = net_wake_config_written,
    .reset = virtio_device_reset,
    .destroy = virtio_device_destroy,
    .stats = get_stats,
};

/* The same specification gives the same address in every run; the two ends of a link differ. */
static void default_mac(const struct spec *spec, unsigned end, uint8_t mac[6])
{
    uint32_t hash = 2166136261u + end;

    for (const char *p = spec->kind; *p; p++)
        hash = (hash ^ (uint8_t)*p) * 16777619u;
    for (const char *p = spec->argument ? spec->argument : ""; *p; p++)
        hash = (hash ^ (uint8_t)*p) * 16777619u;
    memcpy(mac, (const uint8_t[]){ 0x52, 0x54, 0x00, (uint8_t)(hash >> 16), (uint8_t)(hash >> 8), (uint8_t)hash }, 6);
}

static bool read_mac(struct spec *spec, unsigned end, uint8_t mac[6])
{
    const char *text = spec_value(spec, "mac", 0);
    unsigned b[6];
    int used = 0;

    if (!text) {
        default_mac(spec, end, mac);
        return true;
    }
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &used) != 6 || text[used] ||
        (b[0] & 1))
        return error_set("mac=%s: expected a unicast address as 52:54:00:12:34:56", text);
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)b[i];
    return true;
}

struct keys {
    uint64_t queues, mtu, ring;
    uint8_t mac[6];
    enum virtio_interrupts interrupts;
};

static bool read_keys(struct spec *spec, unsigned end, struct keys *keys)
{
    if (!spec_number(spec, "queues", 1, &keys->queues) || !spec_number(spec, "mtu", 1500, &keys->mtu) ||
        !spec_number(spec, "ring", QUEUE_DEFAULT, &keys->ring) || !read_mac(spec, end, keys->mac) ||
        !virtio_read_interrupts(spec, &keys->interrupts))
        return false;
    if (keys->queues < 1 || keys->queues > NET_PAIRS_MAX)
        return error_set("queues=%llu: 1 to %u pairs", (unsigned long long)keys->queues, NET_PAIRS_MAX);
    if (keys->mtu < 68 || keys->mtu > NET_MTU_MAX)
        return error_set("mtu=%llu: 68 to %u", (unsigned long long)keys->mtu, NET_MTU_MAX);
    if (keys->ring < 8 || keys->ring > VIRTQ_SIZE_MAX || (keys->ring & (keys->ring - 1)))
        return error_set("ring=%llu: a power of two from 8 to %u", (unsigned long long)keys->ring, VIRTQ_SIZE_MAX);
    return true;
}

static bool init(struct virtio_net *net, const struct device_host *host, const struct keys *keys)
{
    struct virtio_identity identity = {
        .name = "virtio-net",
        .type = 1,
        .class_code = { 0x02, 0x00, 0x00 },
        .features = NET_F_CSUM | NET_F_GUEST_CSUM | NET_F_MTU | NET_F_MAC | NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6 |
                    NET_F_HOST_TSO4 | NET_F_HOST_TSO6 | NET_F_HOST_ECN | NET_F_MRG_RXBUF | NET_F_STATUS | NET_F_CTRL_VQ |
                    NET_F_CTRL_RX | NET_F_CTRL_RX_EXTRA | NET_F_CTRL_VLAN | NET_F_GUEST_ANNOUNCE |
                    NET_F_CTRL_MAC_ADDR | NET_F_SPEED_DUPLEX | NET_F_HOST_USO | NET_F_HASH_REPORT |
                    NET_F_CTRL_GUEST_OFFLOADS | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX,
        .queues = 2 * (unsigned)keys->queues + 1,
        .queue_size = (unsigned)keys->ring,
        .vectors = 2 * (unsigned)keys->queues + 2,
        .config_bytes = NET_CONFIG_BYTES,
        .interrupts = keys->interrupts,
    };

    if (keys->queues > 1)
        identity.features |= NET_F_MQ | NET_F_RSS;
    net->pairs_max = (unsigned)keys->queues;
    net->pairs = 1;
    net->mtu = (uint16_t)keys->mtu;
    memcpy(net->mac, keys->mac, 6);
    memcpy(net->mac_at_reset, keys->mac, 6);
    if (!virtio_init(&net->virtio, &net_ops, &net_device_ops, host, &identity))
        return false;
    pci_add_wake(&net->virtio.device);
    return true;
}

static void attach(struct virtio_net *net, struct wire *wire)
{
    net->wire = wire;
    wire->card = net;
    wire->deliver = net_rx_deliver;
    wire->burst_end = net_rx_burst_end;
    wire->writable = net_tx_writable;
    wire->link_changed = link_changed;
}

bool virtio_net_set_wire(struct device *device, struct wire *wire)
{
    struct virtio_net *net = container_of(device, struct virtio_net, virtio.device);
    bool ready = net->wire->ready, up = net->net_status & NET_S_LINK_UP;

    attach(net, wire);
    wire->ready = ready;
    if (wire->link_up != up)
        link_changed(net, wire->link_up);
    return true;
}

struct device *virtio_net_create(const struct device_host *host, struct wire *wire, struct spec *spec)
{
    struct virtio_net *net;
    struct keys keys;

    if (!read_keys(spec, wire->end, &keys))
        return NULL;
    net = calloc(1, sizeof *net);
    if (!net) {
        error_set("no memory for a virtio-net card");
        return NULL;
    }
    if (!init(net, host, &keys)) {
        free(net);
        return NULL;
    }
    attach(net, wire);
    net->net_status = wire->link_up ? NET_S_LINK_UP : 0;
    return &net->virtio.device;
}
