/* virtio-net's parts: virtio_net.c (features, configuration, life), _tx.c, _rx.c, _coalesce.c (received segments put together),
 * _ctrl.c (control queue, filters), _steer.c (queue pairs and RSS).
 * Queues: 2n receives and 2n+1 transmits for pair n; the control queue is behind them. */
#ifndef DEV_VIRTIO_NET_H
#define DEV_VIRTIO_NET_H

#include "dev/net_offload.h"
#include "dev/net_rss.h"
#include "dev/virtio.h"
#include "wire/wire.h"

#define NET_BIT(n) (1ull << (n))
#define NET_F_CSUM NET_BIT(0)
#define NET_F_GUEST_CSUM NET_BIT(1)
#define NET_F_CTRL_GUEST_OFFLOADS NET_BIT(2)
#define NET_F_MTU NET_BIT(3)
#define NET_F_MAC NET_BIT(5)
#define NET_F_GUEST_TSO4 NET_BIT(7)
#define NET_F_GUEST_TSO6 NET_BIT(8)
#define NET_F_HOST_TSO4 NET_BIT(11)
#define NET_F_HOST_TSO6 NET_BIT(12)
#define NET_F_HOST_ECN NET_BIT(13)
#define NET_F_MRG_RXBUF NET_BIT(15)
#define NET_F_STATUS NET_BIT(16)
#define NET_F_CTRL_VQ NET_BIT(17)
#define NET_F_CTRL_RX NET_BIT(18)
#define NET_F_CTRL_VLAN NET_BIT(19)
#define NET_F_CTRL_RX_EXTRA NET_BIT(20)
#define NET_F_GUEST_ANNOUNCE NET_BIT(21)
#define NET_F_MQ NET_BIT(22)
#define NET_F_CTRL_MAC_ADDR NET_BIT(23)
#define NET_F_HOST_USO NET_BIT(56)
#define NET_F_HASH_REPORT NET_BIT(57)
#define NET_F_RSS NET_BIT(60)
#define NET_F_SPEED_DUPLEX NET_BIT(63)
#define NET_GUEST_OFFLOADS (NET_F_GUEST_CSUM | NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6)

#define NET_S_LINK_UP 1u
#define NET_S_ANNOUNCE 2u
#define NET_HDR_NEEDS_CSUM 1u
#define NET_HDR_DATA_VALID 2u
#define NET_GSO_NONE 0u
#define NET_GSO_TCPV4 1u
#define NET_GSO_TCPV6 4u
#define NET_GSO_UDP_L4 5u
#define NET_GSO_ECN 0x80u

#define NET_CONFIG_BYTES 24u
#define NET_PAIRS_MAX 64u
#define NET_MAC_TABLE 128u
#define NET_FLOWS 256u
#define NET_MTU_MAX 65500u

struct net_hdr {
    uint8_t flags, gso_type;
    uint16_t hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};

/* Behind struct net_hdr, in both directions, with VIRTIO_NET_F_HASH_REPORT. */
struct net_hdr_hash {
    uint32_t value;
    uint16_t report, padding;
};

struct net_filter {
    bool promiscuous, all_multicast, all_unicast, no_multicast, no_unicast, no_broadcast;
    bool unicast_overflow, multicast_overflow;  /* more addresses than the table holds: let all of the kind in */
    unsigned unicast_count, multicast_count;
    uint8_t unicast[NET_MAC_TABLE][6], multicast[NET_MAC_TABLE][6];
    uint8_t vlans[4096 / 8];
};

#define NET_COALESCE_BUFFERS 64u
#define NET_COALESCE_HEADERS 86u        /* Ethernet, IPv6, TCP with a time stamp */

/* Received segments that are being put together (virtio_net_coalesce.c). */
struct net_coalesce {
    bool open, v6;
    unsigned pair;
    uint16_t transport, headers;        /* offset of the TCP header; all headers together */
    uint32_t payload, mss;              /* so far; of each segment but the last */
    unsigned segments, buffers;
    uint8_t *start, *tail;              /* the first buffer; the end of what is in the last one */
    uint32_t room;                      /* behind the tail */
    uint8_t head[NET_COALESCE_HEADERS]; /* the unit's headers; lengths and checksums are the first segment's until it closes */
};

struct net_tx {
    uint32_t segments_sent;             /* of the frame at the head, when the wire blocked in its middle */
    bool running, again, stalled;
};

struct virtio_net {
    struct virtio virtio;               /* first */
    struct wire *wire;
    uint8_t mac[6], mac_at_reset[6];
    uint16_t net_status, mtu;
    unsigned pairs_max, pairs;          /* offered, in use */
    size_t header_size;                 /* of a frame in a buffer: 12, or 20 with a hash report */
    uint64_t guest_offloads;            /* of NET_GUEST_OFFLOADS, what is switched on */
    struct net_filter filter;
    struct net_rss rss;
    struct net_hdr_hash rx_hash;        /* of the frame being received */
    bool listens;                       /* asleep, for a packet that wakes */
    bool coalesces;                     /* the driver takes frames that were put together */
    struct net_coalesce coalesce;
    uint8_t flow_pair[NET_FLOWS];       /* where a flow last transmitted, plus one */
    struct net_tx tx[NET_PAIRS_MAX];
    uint64_t rx_dirty;                  /* pairs with received frames that are not published */
    struct device_stats stats;
    /* Scratch of the data path. */
    struct virtq_chain tx_chain, rx_chain;
    struct iovec tx_parts[VIRTQ_SIZE_MAX + 1], segment_parts[VIRTQ_SIZE_MAX + 1];
    struct virtq_used_elem rx_taken[VIRTQ_SIZE_MAX];
    struct net_segmenter segmenter;
    uint8_t tx_head[NET_HEADER_MAX];
};

static inline struct virtio_net *net_of(struct virtio *virtio)
{
    return container_of(virtio, struct virtio_net, virtio);
}

static inline struct virtq *net_rx_queue(struct virtio_net *net, unsigned pair)
{
    return &net->virtio.queues[2 * pair];
}

static inline struct virtq *net_tx_queue(struct virtio_net *net, unsigned pair)
{
    return &net->virtio.queues[2 * pair + 1];
}

/* Behind the pairs that could be in use: all of them with VIRTIO_NET_F_MQ or _RSS, else the first. */
static inline unsigned net_control_index(const struct virtio_net *net)
{
    return virtio_has(&net->virtio, NET_F_MQ | NET_F_RSS) ? 2 * net->pairs_max : 2;
}

/* The size of the largest frame the card carries, tag included. */
static inline uint32_t net_frame_max(const struct virtio_net *net)
{
    return net->mtu + 18u;
}

/* Reads through the readable parts of a control command. */
struct net_reader {
    const struct iovec *parts;
    int count;
    size_t offset;
};

/* Takes the next bytes; to NULL skips them. False: the command ends before. */
bool net_read_bytes(struct net_reader *reader, void *to, size_t size);

void net_tx_run(struct virtio_net *net, unsigned pair);
void net_tx_writable(void *card);
bool net_rx_deliver(void *card, const struct iovec *parts, int count);
void net_rx_burst_end(void *card);
/* The driver made receive buffers available. */
void net_rx_refilled(struct virtio_net *net, unsigned pair);
/* Takes a frame in one piece as the first or a further part of a unit. False: it is to be written as any other; nothing
 * was taken. */
bool net_coalesce_take(struct virtio_net *net, struct virtq *queue, unsigned pair, const uint8_t *frame, size_t size);
/* Ends the open unit, if there is one. */
void net_coalesce_close(struct virtio_net *net);
/* virtio_net_wake.c: configuration space was written: asleep or not. */
void net_wake_config_written(struct device *device, unsigned offset, unsigned size);
/* A frame came while the card listens. */
void net_wake_look(struct virtio_net *net, const struct iovec *parts, int count);
void net_control_run(struct virtio_net *net);
/* What of NET_GUEST_OFFLOADS the driver wants from now on. */
void net_set_guest_offloads(struct virtio_net *net, uint64_t offloads);
/* virtio_net_steer.c: commands of class VIRTIO_NET_CTRL_MQ: how many pairs, and by what hash. */
bool net_steer_command(struct virtio_net *net, uint8_t command, struct net_reader *reader);
void net_steer_reset(struct virtio_net *net);
/* `head`: the first `size` bytes of the frame, at least 14. */
bool net_filter_accepts(const struct virtio_net *net, const uint8_t *head, size_t size);
void net_filter_reset(struct virtio_net *net);

#endif
