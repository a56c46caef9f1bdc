/* How many pairs of queues are in use, and what chooses the receiving one: the card itself (VQ_PAIRS_SET), or the driver's
 * hash and table (RSS_CONFIG). HASH_CONFIG sets the hash alone, for reports. */
#include <string.h>

#include "base/util.h"
#include "dev/virtio_net.h"

enum { VQ_PAIRS_SET, RSS_CONFIG, HASH_CONFIG };

static bool pairs_enabled(struct virtio_net *net, unsigned receive, unsigned transmit)
{
    for (unsigned i = 0; i < max_u64(receive, transmit); i++)
        if ((i < receive && !net_rx_queue(net, i)->enabled) || (i < transmit && !net_tx_queue(net, i)->enabled))
            return false;
    return true;
}

static bool set_pairs(struct virtio_net *net, struct net_reader *r)
{
    uint16_t pairs;

    if (!virtio_has(&net->virtio, NET_F_MQ) || !net_read_bytes(r, &pairs, sizeof pairs) || pairs < 1 || pairs > net->pairs_max ||
        !pairs_enabled(net, pairs, pairs))
        return false;
    net->pairs = pairs;
    net->rss.steers = false;
    memset(net->flow_pair, 0, sizeof net->flow_pair);
    return true;
}

/* The key ends a command. */
static bool read_key(struct net_reader *r, uint8_t *key, uint8_t *size)
{
    return net_read_bytes(r, size, 1) && *size <= NET_HASH_KEY_MAX && net_read_bytes(r, key, *size);
}

static void use_hash(struct virtio_net *net, uint32_t types, const uint8_t *key, size_t size)
{
    net->rx_hash = (struct net_hdr_hash){ 0 };
    net_hash_set(&net->rss.hash, types, key, size);
}

static bool set_hash(struct virtio_net *net, struct net_reader *r)
{
    uint8_t key[NET_HASH_KEY_MAX], key_size;
    uint32_t types;

    if (!virtio_has(&net->virtio, NET_F_HASH_REPORT) || !net_read_bytes(r, &types, sizeof types) || (types & ~NET_HASH_TYPES) ||
        !net_read_bytes(r, NULL, 8) || !read_key(r, key, &key_size))
        return false;
    use_hash(net, types, key, key_size);
    return true;
}

static unsigned highest_queue(const uint16_t *table, unsigned entries, uint16_t unclassified)
{
    unsigned highest = unclassified;

    for (unsigned i = 0; i < entries; i++)
        if (table[i] > highest)
            highest = table[i];
    return highest;
}

static bool set_rss(struct virtio_net *net, struct net_reader *r)
{
    struct { uint32_t types; uint16_t mask, unclassified; } head;
    uint16_t table[NET_RSS_TABLE_MAX], transmit;
    uint8_t key[NET_HASH_KEY_MAX], key_size;

    if (!virtio_has(&net->virtio, NET_F_RSS) || !net_read_bytes(r, &head, sizeof head) || (head.types & ~NET_HASH_TYPES) ||
        head.mask >= NET_RSS_TABLE_MAX || (head.mask & (head.mask + 1)) ||
        !net_read_bytes(r, table, (head.mask + 1u) * sizeof table[0]) || !net_read_bytes(r, &transmit, sizeof transmit) ||
        !read_key(r, key, &key_size))
        return false;
    unsigned receive = highest_queue(table, head.mask + 1u, head.unclassified) + 1;
    if (receive > net->pairs_max || transmit < 1 || transmit > net->pairs_max || !pairs_enabled(net, receive, transmit))
        return false;
    net->pairs = (unsigned)max_u64(receive, transmit);
    use_hash(net, head.types, key, key_size);
    net->rss.steers = true;
    net->rss.mask = head.mask;
    net->rss.unclassified = head.unclassified;
    memcpy(net->rss.table, table, (head.mask + 1u) * sizeof table[0]);
    return true;
}

bool net_steer_command(struct virtio_net *net, uint8_t command, struct net_reader *reader)
{
    switch (command) {
    case VQ_PAIRS_SET:
        return set_pairs(net, reader);
    case RSS_CONFIG:
        return set_rss(net, reader);
    case HASH_CONFIG:
        return set_hash(net, reader);
    default:
        return false;
    }
}

void net_steer_reset(struct virtio_net *net)
{
    net->pairs = 1;
    net->rss.steers = false;
    net->rss.hash.types = 0;
    net->rx_hash = (struct net_hdr_hash){ 0 };
    memset(net->flow_pair, 0, sizeof net->flow_pair);
}
