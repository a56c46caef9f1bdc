/* What a network card does to frames in hardware, done in software: Internet checksums, TCP and UDP segmentation, and the
 * flow hash that keeps a connection on one queue. Input comes from a driver or from a wire and is not trusted. */
#ifndef DEV_NET_OFFLOAD_H
#define DEV_NET_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define NET_PROTOCOL_TCP 6u
#define NET_PROTOCOL_UDP 17u
#define NET_HEADER_MAX 320u             /* Ethernet, two tags, IP with options or extensions, TCP with options */

/* A ones' complement sum that runs over parts of any length. */
struct net_sum {
    uint64_t sum;
    bool odd;                           /* an odd number of bytes so far */
};

void net_sum_add(struct net_sum *sum, const void *data, size_t size);
/* The folded complement, in memory byte order: store it with memcpy. */
uint16_t net_sum_finish(const struct net_sum *sum);

/* Fills in one checksum: the sum from `start` to the end goes to start + offset, where the pseudo header's sum already
 * stands. The head of the frame is copied to `head` (NET_HEADER_MAX bytes) and replaced there; the driver's memory is
 * not written. out has room for count + 1 parts. Returns their number, 0 when the offsets make no sense. */
int net_fill_checksum(const struct iovec *parts, int count, uint32_t start, uint32_t offset, uint8_t *head, struct iovec *out);

/* Where the headers of a frame stand. */
struct net_flow {
    uint32_t network, transport, length;        /* length: transport header and payload */
    uint8_t protocol;
    bool is_v6;
};

/* Finds the IP header, behind any VLAN tags: network, is_v6. False when there is no whole one. */
bool net_find_ip(const uint8_t *frame, size_t size, struct net_flow *flow);
/* After net_find_ip: the rest, when TCP or UDP follows in a whole packet that is no fragment. */
bool net_find_ports(const uint8_t *frame, size_t size, struct net_flow *flow);

enum net_segments { NET_SEGMENTS_TCPV4, NET_SEGMENTS_TCPV6, NET_SEGMENTS_UDP };

/* One large TCP frame, or many UDP datagrams in one, being cut. */
struct net_segmenter {
    const struct iovec *parts;
    int count, part;                    /* the part and the offset in it where the next payload begins */
    size_t part_offset;
    uint32_t network, transport, header_size;   /* offsets in the frame; all headers together */
    uint32_t payload, done, mss;
    uint16_t segments;                  /* cut so far */
    bool is_v6, is_udp;
    uint8_t original[NET_HEADER_MAX], head[NET_HEADER_MAX];
};

/* False when the headers are not those of a frame of this kind with its transport header at `transport`. mss: bytes of
 * payload in each frame but the last. */
bool net_segment_begin(struct net_segmenter *s, const struct iovec *parts, int count, enum net_segments kind, uint32_t transport,
                       uint32_t mss);
/* The next frame, header and checksums complete; out has room for count + 1 parts and points into the segmenter and
 * the original. 0: all done. Every frame but the last has mss bytes of payload. */
int net_segment_next(struct net_segmenter *s, struct iovec *out);

/* True when the frame is TCP or UDP over IPv4 or IPv6, whole, and its checksums hold. */
bool net_checksums_hold(const uint8_t *frame, size_t size);
/* The same for both directions of a connection; 0 for what is not IP. */
uint32_t net_flow_hash(const uint8_t *frame, size_t size);

#endif
