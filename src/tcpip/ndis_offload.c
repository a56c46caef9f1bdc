/* Offloads: what the adapter offers, and what is asked of it frame by frame.
 *
 * TCP segments that lwIP makes one after the other for one connection are put together again into a large send: as long as
 * a segment follows the last frame of the output queue (same headers, next sequence number, all before it of equal size), its
 * payload is appended to that frame. (What PSH said of one of them holds for all that go together.) An adapter without large sends gets single segments; one without checksums gets lwIP's.
 *
 * 1. `open` is the last frame of the output queue or NULL: whatever else is queued, or sent, closes it.
 * 2. Large buffers are `free_large`, in the output queue, or with NDIS, as the others.
 * 3. Neither is asked for while fwp/offloads.c says so.
 * docs: network/enabling-and-disabling-tcp-ip-offload-services, network/offloading-the-segmentation-of-large-tcp-packets */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "fwp/fwp.h"
#include "tcpip/ndis_internal.h"

#define ETHERNET 14u
#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define TCP_HEADER 20u
#define TCP_ACK 0x10u
#define TCP_PSH 0x08u
#define LARGE_BUFFERS 16u
#define WORTHWHILE 536u                 /* bytes of a first segment that others may follow */

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* --- what the adapter offers --------------------------------------------------------------------------------------------- */

static uint32_t large_size(ULONG encapsulation, ULONG size, ULONG least)
{
    return encapsulation & NDIS_ENCAPSULATION_IEEE_802_3 && least <= 2 ? (uint32_t)min_u64(size, LARGE_PAYLOAD) : 0;
}

static bool ethernet(ULONG encapsulation)
{
    return encapsulation & NDIS_ENCAPSULATION_IEEE_802_3;
}

void offload_take(struct binding *b, const NDIS_OFFLOAD *o, size_t size)
{
    struct binding_offload *to = &b->offload;

    *to = (struct binding_offload){ .open = to->open };
    if (!o || size < NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1)
        return;
    to->checksum[0] = ethernet(o->Checksum.IPv4Transmit.Encapsulation) && o->Checksum.IPv4Transmit.TcpChecksum &&
                      o->Checksum.IPv4Transmit.TcpOptionsSupported;
    to->checksum[1] = ethernet(o->Checksum.IPv6Transmit.Encapsulation) && o->Checksum.IPv6Transmit.TcpChecksum &&
                      o->Checksum.IPv6Transmit.TcpOptionsSupported;
    to->large[0] = large_size(o->LsoV2.IPv4.Encapsulation, o->LsoV2.IPv4.MaxOffLoadSize, o->LsoV2.IPv4.MinSegmentCount);
    to->large[1] = large_size(o->LsoV2.IPv6.Encapsulation, o->LsoV2.IPv6.MaxOffLoadSize, o->LsoV2.IPv6.MinSegmentCount);
    if (o->Header.Revision < NDIS_OFFLOAD_REVISION_3 || size < NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3)
        return;
    to->coalescing[0] = o->Rsc.IPv4.Enabled;
    to->coalescing[1] = o->Rsc.IPv6.Enabled;
}

/* The adapter is told the framing that offloads will see; without its consent none is used. */
void offload_enable(struct binding *b)
{
    NDIS_OFFLOAD_ENCAPSULATION encapsulation = {
        .Header = { NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, NDIS_OFFLOAD_ENCAPSULATION_REVISION_1,
                    NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1 },
        .IPv4 = { NDIS_OFFLOAD_SET_ON, NDIS_ENCAPSULATION_IEEE_802_3, ETHERNET },
        .IPv6 = { NDIS_OFFLOAD_SET_ON, NDIS_ENCAPSULATION_IEEE_802_3, ETHERNET },
    };
    const struct binding_offload *o = &b->offload;

    if (!o->checksum[0] && !o->checksum[1] && !o->large[0] && !o->large[1] && !o->coalescing[0] && !o->coalescing[1])
        return;
    if (protocol_set_oid(b, OID_OFFLOAD_ENCAPSULATION, &encapsulation, sizeof encapsulation) != NDIS_STATUS_SUCCESS)
        offload_take(b, NULL, 0);
}

/* --- large buffers ------------------------------------------------------------------------------------------------------- */

bool offload_allocate(struct binding *b, NDIS_HANDLE protocol)
{
    size_t stride = align_up(ETHERNET + IPV6_HEADER + 60 + LARGE_PAYLOAD, 64);

    if (!b->offload.large[0] && !b->offload.large[1])
        return true;
    b->large_memory = ExAllocatePoolWithTag(NonPagedPoolNx, LARGE_BUFFERS * stride, BINDING_TAG);
    b->large_buffers = calloc(LARGE_BUFFERS, sizeof *b->large_buffers);
    if (!b->large_memory || !b->large_buffers)
        return false;
    for (unsigned n = 0; n < LARGE_BUFFERS; n++) {
        struct send_buffer *buffer = &b->large_buffers[n];

        buffer->home = &b->free_large;
        if (!protocol_allocate_buffer(b, protocol, buffer, b->large_memory + n * stride, stride))
            return false;
    }
    return true;
}

void offload_free(struct binding *b)
{
    for (unsigned n = 0; b->large_buffers && n < LARGE_BUFFERS; n++)
        protocol_free_buffer(&b->large_buffers[n]);
    free(b->large_buffers);
    if (b->large_memory)
        ExFreePoolWithTag(b->large_memory, BINDING_TAG);
    b->large_buffers = NULL;
    b->large_memory = NULL;
    b->free_large = NULL;
}

/* For callouts that want packets as they are. */
static bool is_off(bool v6)
{
    return fwp_offload_off & (v6 ? FWP_IPV6 : FWP_IPV4);
}

/* --- TCP headers --------------------------------------------------------------------------------------------------------- */

struct segment {
    unsigned transport, headers;        /* offset of the TCP header; all headers together */
    bool v6;
};

/* TCP without IP options or extension headers, in one piece of `size` bytes of which `seen` are at `frame`. */
static bool find_segment(const uint8_t *frame, size_t seen, size_t size, struct segment *s)
{
    unsigned type;

    if (seen < ETHERNET + IPV4_HEADER + TCP_HEADER)
        return false;
    type = get16(frame + 12);
    s->v6 = type == NDIS_ETH_TYPE_IPV6;
    s->transport = ETHERNET + (s->v6 ? IPV6_HEADER : IPV4_HEADER);
    if (s->v6 ? frame[ETHERNET + 6] != 6
              : type != NDIS_ETH_TYPE_IPV4 || frame[ETHERNET] != 0x45 || frame[ETHERNET + 9] != 6 ||
                    (get16(frame + ETHERNET + 6) & 0x3FFF))
        return false;
    if (seen < s->transport + TCP_HEADER)
        return false;
    s->headers = s->transport + (frame[s->transport + 12] >> 4) * 4u;
    if (s->headers < s->transport + TCP_HEADER || s->headers > seen)
        return false;
    return size == (s->v6 ? s->transport + get16(frame + ETHERNET + 4) : ETHERNET + get16(frame + ETHERNET + 2));
}

static uint32_t fold(uint32_t sum)
{
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (sum & 0xFFFF) + (sum >> 16);
}

/* The sum over the pseudo-header; length 0: without it. */
static uint32_t pseudo_sum(const uint8_t *frame, const struct segment *s, uint32_t length)
{
    const uint8_t *addresses = frame + ETHERNET + (s->v6 ? 8 : 12);
    uint32_t sum = 6 + length;

    for (unsigned i = 0; i < (s->v6 ? 32u : 8u); i += 2)
        sum += get16(addresses + i);
    return fold(sum);
}

/* --- putting segments together ------------------------------------------------------------------------------------------- */

/* Equal but for length, identification, sequence number, checksums and PSH. */
static bool same_headers(const uint8_t *a, const uint8_t *b, const struct segment *s)
{
    const uint8_t *x = a + s->transport, *y = b + s->transport;

    if (memcmp(a, b, ETHERNET + 2))
        return false;
    if (s->v6 ? memcmp(a + 16, b + 16, 2) || memcmp(a + 20, b + 20, 34) : memcmp(a + 20, b + 20, 4) || memcmp(a + 26, b + 26, 8))
        return false;
    return !memcmp(x, y, 4) && !memcmp(x + 8, y + 8, 5) && (x[13] & ~TCP_PSH) == TCP_ACK && (y[13] & ~TCP_PSH) == TCP_ACK &&
           !memcmp(x + 14, y + 14, 2) && !memcmp(x + TCP_HEADER, y + TCP_HEADER, s->headers - s->transport - TCP_HEADER);
}

/* Appends to the open frame. NULL: it does not belong there. */
static uint8_t *append(struct binding *b, const uint8_t *head, const struct segment *s, size_t payload)
{
    struct send_buffer *open = b->offload.open;
    PNET_BUFFER nb;
    uint8_t *room;

    if (!open || open->v6 != s->v6 || open->headers != s->headers || payload > open->mss ||
        open->payload + payload > b->offload.large[s->v6] || open->payload % open->mss ||
        get32(head + s->transport + 4) != open->sequence + open->payload || !same_headers(open->data, head, s))
        return NULL;
    room = open->data + open->headers + open->payload;
    open->payload += (uint32_t)payload;
    open->data[s->transport + 13] |= head[s->transport + 13];
    nb = NET_BUFFER_LIST_FIRST_NB(open->list);
    NET_BUFFER_DATA_LENGTH(nb) += (ULONG)payload;
    if (payload < open->mss)
        b->offload.open = NULL;
    return room;
}

uint8_t *protocol_reserve_frame(struct binding *b, const uint8_t *head, size_t seen, size_t size, size_t *skip)
{
    struct segment s = { 0 };
    struct send_buffer *large;
    uint8_t *room;

    *skip = 0;
    if (!(b->offload.large[0] | b->offload.large[1]) || !find_segment(head, seen, size, &s) || size == s.headers ||
        !b->offload.large[s.v6] || is_off(s.v6) || (head[s.transport + 13] & ~TCP_PSH) != TCP_ACK || b->state != BINDING_RUNNING)
        return protocol_reserve(b, size);
    room = append(b, head, &s, size - s.headers);
    if (room) {
        *skip = s.headers;
        return room;
    }
    large = b->free_large;
    if (!large || size - s.headers < WORTHWHILE)
        return protocol_reserve(b, size);
    b->free_large = large->next;
    room = protocol_queue(b, large, size);
    large->v6 = s.v6;
    large->headers = (uint16_t)s.headers;
    large->sequence = get32(head + s.transport + 4);
    large->payload = large->mss = (uint32_t)(size - s.headers);
    b->offload.open = large;
    return room;
}

/* --- before a frame goes down -------------------------------------------------------------------------------------------- */

static void ask_for_segments(PNET_BUFFER_LIST list, uint8_t *frame, const struct segment *s, uint32_t mss)
{
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = { .Value = NULL };

    put16(frame + ETHERNET + (s->v6 ? 4 : 2), 0);
    if (!s->v6)
        put16(frame + ETHERNET + 10, 0);
    put16(frame + s->transport + 16, pseudo_sum(frame, s, 0));
    info.LsoV2Transmit.MSS = mss;
    info.LsoV2Transmit.TcpHeaderOffset = s->transport;
    info.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    info.LsoV2Transmit.IPVersion = s->v6 ? NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6 : NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4;
    NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) = info.Value;
}

static void ask_for_checksum(PNET_BUFFER_LIST list, uint8_t *frame, const struct segment *s, size_t size)
{
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = { .Value = NULL };

    put16(frame + s->transport + 16, pseudo_sum(frame, s, (uint32_t)(size - s->transport)));
    info.Transmit.IsIPv4 = !s->v6;
    info.Transmit.IsIPv6 = s->v6;
    info.Transmit.TcpChecksum = 1;
    info.Transmit.TcpHeaderOffset = s->transport;
    NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = info.Value;
}

void offload_ask(struct binding *b, PNET_BUFFER_LIST list)
{
    struct send_buffer *buffer = list->ProtocolReserved[0];
    size_t size = NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(list));
    struct segment s;

    if (buffer->home == &b->free_large && buffer->payload > buffer->mss) {
        s = (struct segment){ .v6 = buffer->v6, .headers = buffer->headers,
                              .transport = ETHERNET + (buffer->v6 ? IPV6_HEADER : IPV4_HEADER) };
        ask_for_segments(list, buffer->data, &s, buffer->mss);
    } else if ((b->offload.checksum[0] || b->offload.checksum[1]) && find_segment(buffer->data, size, size, &s) &&
               b->offload.checksum[s.v6] && !is_off(s.v6)) {
        ask_for_checksum(list, buffer->data, &s, size);
    }
}

/* --- receiving ------------------------------------------------------------------------------------------------------------ */

static struct arrival coalesced(struct binding *b, PNET_BUFFER_LIST list, NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO sums)
{
    NDIS_RSC_NBL_INFO info = { .Value = NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) };

    if (info.Info.CoalescedSegCount && info.Info.DupAckCount)
        coalescing_duplicates(b);
    return (struct arrival){ .checked = true, .segments = info.Info.CoalescedSegCount,
                             .sum_missing = sums.Receive.TcpChecksumValueInvalid || sums.Receive.IpChecksumValueInvalid };
}

struct arrival offload_arrival(struct binding *b, PNET_BUFFER_LIST list)
{
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = { .Value = NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) };

    if (info.Receive.TcpChecksumSucceeded)      /* which coalesced ones always are */
        return coalesced(b, list, info);
    return (struct arrival){ .checked = info.Receive.UdpChecksumSucceeded };
}
