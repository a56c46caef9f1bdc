/* The control queue and the receive filters it sets. */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "dev/virtio_net.h"

#define ACK_OK 0
#define ACK_ERROR 1

enum { CLASS_RX, CLASS_MAC, CLASS_VLAN, CLASS_ANNOUNCE, CLASS_MQ, CLASS_GUEST_OFFLOADS };
enum { RX_PROMISC, RX_ALLMULTI, RX_ALLUNI, RX_NOMULTI, RX_NOUNI, RX_NOBCAST };
enum { MAC_TABLE_SET, MAC_ADDR_SET };
enum { VLAN_ADD, VLAN_DEL };

bool net_read_bytes(struct net_reader *r, void *to, size_t size)
{
    uint8_t *at = to;

    while (size && r->count) {
        size_t n = min_u64(r->parts->iov_len - r->offset, size);

        if (to) {
            memcpy(at, (const uint8_t *)r->parts->iov_base + r->offset, n);
            at += n;
        }
        size -= n;
        r->offset += n;
        if (r->offset == r->parts->iov_len) {
            r->parts++;
            r->count--;
            r->offset = 0;
        }
    }
    return size == 0;
}

static bool control_rx(struct virtio_net *net, uint8_t command, struct net_reader *r)
{
    struct net_filter *f = &net->filter;
    bool *const flags[] = { &f->promiscuous, &f->all_multicast, &f->all_unicast, &f->no_multicast, &f->no_unicast,
                            &f->no_broadcast };
    uint64_t needs = command <= RX_ALLMULTI ? NET_F_CTRL_RX : NET_F_CTRL_RX_EXTRA;
    uint8_t on;

    if (command > RX_NOBCAST || !virtio_has(&net->virtio, needs) || !net_read_bytes(r, &on, 1) || on > 1)
        return false;
    *flags[command] = on;
    return true;
}

/* One table of the command; what does not fit sets *overflow. */
static bool read_table(struct net_reader *r, uint8_t (*table)[6], unsigned *count, bool *overflow)
{
    uint8_t raw[4];
    uint32_t entries, keep;

    if (!net_read_bytes(r, raw, 4))
        return false;
    entries = raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 | (uint32_t)raw[3] << 24;
    keep = entries <= NET_MAC_TABLE ? entries : 0;
    *overflow = entries > NET_MAC_TABLE;
    if (!net_read_bytes(r, table, keep * 6u))
        return false;
    *count = keep;
    return keep == entries || net_read_bytes(r, NULL, (size_t)(entries - keep) * 6);
}

static bool set_mac_table(struct virtio_net *net, struct net_reader *r)
{
    struct net_filter fresh = net->filter;

    if (!read_table(r, fresh.unicast, &fresh.unicast_count, &fresh.unicast_overflow) ||
        !read_table(r, fresh.multicast, &fresh.multicast_count, &fresh.multicast_overflow))
        return false;
    net->filter = fresh;
    return true;
}

static bool control_mac(struct virtio_net *net, uint8_t command, struct net_reader *r)
{
    uint8_t mac[6];

    if (command == MAC_TABLE_SET && virtio_has(&net->virtio, NET_F_CTRL_RX))
        return set_mac_table(net, r);
    if (command != MAC_ADDR_SET || !virtio_has(&net->virtio, NET_F_CTRL_MAC_ADDR) || !net_read_bytes(r, mac, 6) || (mac[0] & 1))
        return false;
    memcpy(net->mac, mac, 6);
    return true;
}

static bool control_vlan(struct virtio_net *net, uint8_t command, struct net_reader *r)
{
    uint8_t raw[2];
    unsigned id;

    if (!virtio_has(&net->virtio, NET_F_CTRL_VLAN) || command > VLAN_DEL || !net_read_bytes(r, raw, 2))
        return false;
    id = raw[0] | raw[1] << 8;
    if (id >= 4096)
        return false;
    if (command == VLAN_ADD)
        net->filter.vlans[id / 8] |= (uint8_t)(1u << (id % 8));
    else
        net->filter.vlans[id / 8] &= (uint8_t)~(1u << (id % 8));
    return true;
}

static bool control_announce(struct virtio_net *net, uint8_t command)
{
    if (command != 0 || !virtio_has(&net->virtio, NET_F_GUEST_ANNOUNCE))
        return false;
    net->net_status &= (uint16_t)~NET_S_ANNOUNCE;
    return true;
}

static bool control_offloads(struct virtio_net *net, uint8_t command, struct net_reader *r)
{
    uint64_t offloads;

    if (command != 0 || !virtio_has(&net->virtio, NET_F_CTRL_GUEST_OFFLOADS) || !net_read_bytes(r, &offloads, sizeof offloads) ||
        (offloads & ~(net->virtio.accepted & NET_GUEST_OFFLOADS)))
        return false;
    net_set_guest_offloads(net, offloads);
    return true;
}

static bool execute(struct virtio_net *net, const struct virtq_chain *chain)
{
    struct net_reader r = { chain->parts, chain->out_count, 0 };
    uint8_t head[2];

    if (!net_read_bytes(&r, head, 2))
        return false;
    switch (head[0]) {
    case CLASS_RX:
        return control_rx(net, head[1], &r);
    case CLASS_MAC:
        return control_mac(net, head[1], &r);
    case CLASS_VLAN:
        return control_vlan(net, head[1], &r);
    case CLASS_ANNOUNCE:
        return control_announce(net, head[1]);
    case CLASS_MQ:
        return net_steer_command(net, head[1], &r);
    case CLASS_GUEST_OFFLOADS:
        return control_offloads(net, head[1], &r);
    default:
        return false;
    }
}

void net_control_run(struct virtio_net *net)
{
    struct virtq *queue = &net->virtio.queues[net_control_index(net)];
    struct virtq_chain *chain = &net->tx_chain;

    while (virtio_running(&net->virtio) && virtq_pop(queue, chain)) {
        if (!chain->in_size || chain->out_size < 2) {
            virtio_break(&net->virtio, "a control command of %u bytes with %u bytes for its result", chain->out_size,
                         chain->in_size);
            return;
        }
        *(uint8_t *)chain->parts[chain->out_count].iov_base = execute(net, chain) ? ACK_OK : ACK_ERROR;
        virtq_push(queue, chain->head, 1);
    }
    virtq_want_kicks(queue, true);
    virtq_publish(queue);
}

void net_filter_reset(struct virtio_net *net)
{
    memset(&net->filter, 0, sizeof net->filter);
}

static bool in_table(const uint8_t (*table)[6], unsigned count, const uint8_t *mac)
{
    for (unsigned i = 0; i < count; i++)
        if (memcmp(table[i], mac, 6) == 0)
            return true;
    return false;
}

static bool vlan_accepted(const struct virtio_net *net, const uint8_t *head, size_t size)
{
    unsigned id;

    if (!virtio_has(&net->virtio, NET_F_CTRL_VLAN) || size < 16 || head[12] != 0x81 || head[13] != 0x00)
        return true;
    id = (head[14] & 15u) << 8 | head[15];
    return id == 0 || (net->filter.vlans[id / 8] >> (id % 8) & 1);      /* id 0: a priority tag, no VLAN */
}

static bool address_accepted(const struct virtio_net *net, const uint8_t *mac)
{
    static const uint8_t broadcast[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
    const struct net_filter *f = &net->filter;

    if (memcmp(mac, broadcast, 6) == 0)
        return !f->no_broadcast;
    if (mac[0] & 1)
        return !f->no_multicast && (f->all_multicast || f->multicast_overflow ||
                                    in_table(f->multicast, f->multicast_count, mac));
    return !f->no_unicast && (f->all_unicast || f->unicast_overflow || memcmp(mac, net->mac, 6) == 0 ||
                              in_table(f->unicast, f->unicast_count, mac));
}

/* Without VIRTIO_NET_F_CTRL_RX the driver could not say what it wants: everything comes in. */
bool net_filter_accepts(const struct virtio_net *net, const uint8_t *head, size_t size)
{
    if (net->filter.promiscuous || !virtio_has(&net->virtio, NET_F_CTRL_RX))
        return vlan_accepted(net, head, size) || net->filter.promiscuous;
    return vlan_accepted(net, head, size) && address_accepted(net, head);
}
