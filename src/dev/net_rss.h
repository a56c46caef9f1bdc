/* The receive hash of network cards: Toeplitz over addresses and ports (Virtual I/O Device specification 1.2, 5.1.6.4.3; the same
 * function as NdisHashFunctionToeplitz), and the choice of a queue by it. */
#ifndef DEV_NET_RSS_H
#define DEV_NET_RSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_HASH_KEY_MAX 40u
#define NET_HASH_INPUT_MAX 36u          /* two IPv6 addresses, two ports */
#define NET_RSS_TABLE_MAX 128u

/* Types of input, bits of virtio_net_config.supported_hash_types. */
#define NET_HASH_IPV4 1u
#define NET_HASH_TCPV4 2u
#define NET_HASH_UDPV4 4u
#define NET_HASH_IPV6 8u
#define NET_HASH_TCPV6 16u
#define NET_HASH_UDPV6 32u
#define NET_HASH_TYPES 63u

struct net_hash {
    uint32_t types;                     /* in use; 0: no frame has a hash */
    uint32_t bytes[NET_HASH_INPUT_MAX][256];    /* what each value of each input byte adds */
};

struct net_rss {
    struct net_hash hash;
    bool steers;                        /* the table chooses the queue */
    uint16_t mask, unclassified;
    uint16_t table[NET_RSS_TABLE_MAX];
};

/* Takes a key of at most NET_HASH_KEY_MAX bytes; what is missing counts as zero. */
void net_hash_set(struct net_hash *hash, uint32_t types, const uint8_t *key, size_t size);
uint32_t net_toeplitz(const struct net_hash *hash, const uint8_t *input, size_t size);
/* The hash of a frame and its report (the number of the type, 1 for IPv4 to 6 for UDP over IPv6); report 0: none, value 0. */
uint32_t net_hash_frame(const struct net_hash *hash, const uint8_t *frame, size_t size, uint16_t *report);

/* The queue for a frame with this hash. */
static inline unsigned net_rss_queue(const struct net_rss *rss, uint32_t hash, uint16_t report)
{
    return report ? rss->table[hash & rss->mask] : rss->unclassified;
}

#endif
