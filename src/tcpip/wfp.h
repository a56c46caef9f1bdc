/* Where traffic meets the filter engine: the files wfp_*.c, called from the stack's own files at hook points. Everything with the
 * stack entered unless it says otherwise.
 *
 *  1. A layer without filters costs a load and a branch at its hook: nothing is filled in, copied or allocated.
 *  2. A callout sees a copy of the packet (fwp/packet.h). The stack's own packet is never changed by it.
 *  3. Callouts run at DISPATCH_LEVEL with the stack entered by their processor; what they inject is queued and waits until the stack
 *     is left. At the ALE layers of bind, listen and connect the stack is not entered, and IRQL is the caller's.
 *  4. A packet that is being injected is named by wfp_injecting() while it goes through the stack; its copies get its tags.
 *
 * lwIP's headers and Windows' socket headers do not go together: this header has neither, and each wfp_*.c includes one of them. */
#ifndef TCPIP_WFP_H
#define TCPIP_WFP_H

#include <fwp/layers.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fwp/fwp.h"
#include "fwp/tag.h"
#include "ntdef.h"
#include "ntstatus.h"
#include "tcpip/ip.h"

/* FWP_CONDITION_FLAG_* and FWPS_METADATA_FIELD_* of the same names; wfp_values.c asserts it. */
enum {
    WFP_IS_LOOPBACK = 0x1, WFP_IS_REAUTHORIZE = 0x4, WFP_IS_WILDCARD_BIND = 0x8, WFP_IS_RAW_ENDPOINT = 0x10, WFP_IS_FRAGMENT = 0x20,
    WFP_REQUIRES_ALE_CLASSIFY = 0x100, WFP_IS_IMPLICIT_BIND = 0x200, WFP_IS_REASSEMBLED = 0x400,
    WFP_IS_CONNECTION_REDIRECTED = 0x100000, WFP_IS_PROXY_CONNECTION = 0x200000,
};
enum {
    WFP_HAS_FLOW = 0x2, WFP_HAS_IP_HEADER = 0x4, WFP_HAS_TRANSPORT_HEADER = 0x400, WFP_HAS_FRAGMENT = 0x1000, WFP_HAS_PATH_MTU = 0x2000,
    WFP_HAS_COMPLETION = 0x4000, WFP_HAS_ENDPOINT = 0x8000, WFP_HAS_CONTROL = 0x10000, WFP_HAS_SCOPE = 0x20000, WFP_HAS_DIRECTION = 0x40000, WFP_HAS_ALE_REQUIRED = 0x400000,
    WFP_HAS_PARENT = 0x4000000, WFP_HAS_ICMP_ID = 0x8000000, WFP_HAS_REDIRECT_PID = 0x10000000,
    WFP_HAS_ORIGINAL_DESTINATION = 0x20000000, WFP_HAS_REDIRECT_RECORDS = 0x40000000,
};
enum { WFP_REASON_POLICY_CHANGE = 0x1, WFP_REASON_NEW_ARRIVAL = 0x2, WFP_REASON_NEW_NEXT_HOP = 0x4, WFP_REASON_CLASSIFY_COMPLETION = 0x10 };
enum wfp_discard_module { WFP_DISCARD_NETWORK, WFP_DISCARD_TRANSPORT, WFP_DISCARD_GENERAL };

/* An interface as layers name it. */
struct wfp_link {
    uint64_t luid;
    uint32_t index, type;
};

/* Control information of a datagram: CMSGHDR objects. Size 0: none. */
struct wfp_control {
    const void *bytes;
    uint32_t size;
};

/* What the values and the metadata of a classification are taken from. Zero where unknown. */
struct wfp_info {
    struct ip_address local, remote;    /* forwarding: destination, source */
    uint16_t local_port, remote_port;   /* or ICMP type and code */
    uint8_t protocol;
    bool inbound, any_local;            /* any_local: the address is not specified, and has no value */
    struct wfp_link interface, arrival, next_hop;
    uint32_t flags, reauthorize_reason, promiscuous;
    /* the packet of ours that an ICMP error quotes */
    uint8_t embedded_protocol;
    struct ip_address embedded_remote;
    uint16_t embedded_local_port, embedded_remote_port;
    /* metadata; `have` says which of these beside the ones that are always known */
    uint32_t have;
    uint64_t flow, endpoint, parent_endpoint;
    uint32_t ip_header, transport_header;
    uint32_t fragment_id, fragment_offset, fragment_length;
    enum wfp_discard_module discard_module;
    uint32_t discard_reason;
    uint64_t discard_filter;
    void *completion, *redirect_records;
    const void *original_destination;   /* SOCKADDR_STORAGE */
    struct wfp_control control;
    uint32_t path_mtu, icmp_id_and_sequence, redirect_pid;
};

/* Both families have the same layers, side by side: from the IPv4 layer's id to that of the family. */
static inline uint16_t wfp_layer(uint16_t v4, uint8_t family)
{
    return (uint16_t)(family == 4 ? v4 : v4 + (v4 < FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET ? 2 : 1));
}

/* --- wfp_values.c: with Windows' headers ------------------------------------------------------------------------------------ */

/* Fills in and classifies; true: it may go on. data: the layer's data (of wfp_packet_list, for one). verdict: may be NULL. */
bool wfp_classify(uint16_t layer, const struct wfp_info *info, void *data, struct fwp_verdict *verdict);
struct fwp_step;
/* fwp/waterfall.h: the layer's filters that match, and one of them asked alone; true: it has not blocked. */
unsigned wfp_waterfall(uint16_t layer, const struct wfp_info *info, struct fwp_step *steps, unsigned space);
bool wfp_ask(const struct fwp_step *step, uint16_t layer, const struct wfp_info *info, void *data, struct fwp_verdict *verdict);
struct fwp_packet;
/* Tells the layer's discard layer, when it has filters. packet: may be NULL. */
void wfp_discarded(uint16_t layer, struct wfp_info *info, struct fwp_packet *packet, enum wfp_discard_module module, uint32_t reason,
                   uint64_t filter);

/* --- wfp_inject.c: with Windows' headers ------------------------------------------------------------------------------------ */

bool wfp_open(void);
void wfp_close(void);
/* Room for a copy of `size` bytes, with the tags of the packet that is being injected. NULL: no memory. */
struct fwp_packet *wfp_packet_take(size_t size, uint8_t **bytes);
/* What callouts see begins `start` bytes into the copy. */
void *wfp_packet_list(struct fwp_packet *packet, uint32_t start, uint32_t length);
void wfp_packet_release(struct fwp_packet *packet);

enum wfp_injected_kind { WFP_NETWORK_SEND, WFP_NETWORK_RECEIVE, WFP_TRANSPORT_SEND, WFP_TRANSPORT_RECEIVE, WFP_FORWARD };
/* What the IP header of a packet says that is injected without one. has_*: else as the endpoint sends. */
struct wfp_header_choice {
    bool has_hops, has_class, has_ecn, has_source;
    uint8_t hops, class, ecn;
    uint8_t source[16];
};

struct wfp_injected {
    enum wfp_injected_kind kind;
    uint8_t family;                     /* 0: as the packet says */
    uint32_t interface;                 /* index; 0: by route */
    bool has_remote;
    uint8_t remote[16];
    uint64_t endpoint;
    struct wfp_header_choice choice;
    unsigned hops, tag_count;
    const struct fwp_tag *tags;
};
/* NULL outside. */
const struct wfp_injected *wfp_injecting(void);

/* --- wfp_reinput.c: with lwIP ------------------------------------------------------------------------------------------------ */

struct pbuf;
struct pbuf *wfp_injection_room(size_t size, uint8_t **bytes);
/* Takes p. The stack is entered. */
NTSTATUS wfp_put_back(const struct wfp_injected *what, struct pbuf *p);

/* --- wfp_endpoints.c: with lwIP ---------------------------------------------------------------------------------------------- */

struct wfp_endpoint_view {
    uint64_t id;
    uint8_t protocol;
    struct ip_address local, remote;
    uint16_t local_port, remote_port;
};
/* How the endpoint fills its IP headers, or the stack where it has ended. The stack is entered. */
void wfp_endpoint_header(uint64_t endpoint, bool multicast, uint8_t *hops, uint8_t *class);
/* Every endpoint that has an address. */
void wfp_each_endpoint(void (*visit)(void *context, const struct wfp_endpoint_view *view), void *context);
/* wfp_values.c: the same for the filter engine. */
struct FWPS_ALE_ENDPOINT_PROPERTIES0_;
void wfp_endpoints(void (*visit)(void *context, const struct FWPS_ALE_ENDPOINT_PROPERTIES0_ *endpoint), void *context);

/* --- wfp_packet.c: with lwIP ------------------------------------------------------------------------------------------------- */

/* A copy of p behind `header`; what callouts see begins `start` bytes into it. list: what a callout gets. NULL: no memory. */
struct fwp_packet *wfp_copy(const struct pbuf *p, const void *header, uint32_t header_size, uint32_t start, void **list);

struct wfp_header {
    uint8_t family, protocol;
    uint32_t size, total;
    struct ip_address from, to;
    bool fragment, more;
    uint32_t identification, offset;
};
/* What the IP header at the start of p says. False: it is not one. */
bool wfp_parse(const struct pbuf *p, struct wfp_header *header);
struct interface;
struct wfp_link wfp_link(const struct interface *interface);
bool wfp_is_own(const struct ip_address *address);

#endif
