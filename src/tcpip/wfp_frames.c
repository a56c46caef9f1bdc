#include "tcpip/wfp_frames.h"

#include <string.h>

#include "fwp/fwp.h"
#include "fwp/packet.h"
#include "ndis/frames.h"
#include "ndis/nbl_pool.h"

#define ETHERNET_HEADER 14u
#define TAG_SIZE 4u
#define TYPE_VLAN 0x8100u
#define DL_UNICAST 0                    /* DL_ADDRESS_TYPE */
#define DL_MULTICAST 1
#define DL_BROADCAST 2

static const uint16_t layers[NDIS_PLACES] = {
    [NDIS_SENT_UPPER] = FWPS_LAYER_OUTBOUND_MAC_FRAME_ETHERNET, [NDIS_SENT_LOWER] = FWPS_LAYER_OUTBOUND_MAC_FRAME_NATIVE,
    [NDIS_RECEIVED_LOWER] = FWPS_LAYER_INBOUND_MAC_FRAME_NATIVE, [NDIS_RECEIVED_UPPER] = FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET,
};

/* The rest of a list, on its way past the layer that has judged it. */
static const NET_BUFFER_LIST *passing;

/* --- what a frame says --------------------------------------------------------------------------------------------------------- */

struct frame {
    const uint8_t *bytes;
    uint32_t size, header;
    uint16_t type, vlan;
    bool malformed, fragment;
};

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static bool is_fragment(const uint8_t *ip, uint32_t size, uint16_t type)
{
    if (type == NDIS_ETH_TYPE_IPV4)
        return size >= 20 && get16(ip + 6) & 0x3fff;
    return type == NDIS_ETH_TYPE_IPV6 && size >= 40 && ip[6] == 44;
}

static struct frame parse(const uint8_t *bytes, uint32_t size, const NET_BUFFER_LIST *nbl)
{
    NDIS_NET_BUFFER_LIST_8021Q_INFO q = { .Value = nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo] };
    struct frame f = { .bytes = bytes, .size = size, .header = ETHERNET_HEADER, .vlan = (uint16_t)q.TagHeader.VlanId };

    if (size < ETHERNET_HEADER) {
        f.header = 0;
        f.malformed = true;
        return f;
    }
    f.type = get16(bytes + 12);
    if (f.type == TYPE_VLAN && size >= ETHERNET_HEADER + TAG_SIZE) {
        f.vlan = get16(bytes + 14) & 0xfff;
        f.type = get16(bytes + 16);
        f.header += TAG_SIZE;
    }
    f.fragment = is_fragment(bytes + f.header, size - f.header, f.type);
    return f;
}

static uint8_t address_type(const uint8_t *mac)
{
    static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    return memcmp(mac, all, 6) == 0 ? DL_BROADCAST : mac[0] & 1 ? DL_MULTICAST : DL_UNICAST;
}

/* --- values and metadata --------------------------------------------------------------------------------------------------------- */

struct frame_values {
    FWPS_INCOMING_VALUES0 values;
    FWPS_INCOMING_VALUE0 value[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_MAX];
    FWPS_INCOMING_METADATA_VALUES0 metadata;
    FWP_BYTE_ARRAY6 interface_mac, local, remote;
    UINT64 luid;
};

static void set16(FWPS_INCOMING_VALUE0 *v, uint16_t number)
{
    v->value.type = FWP_UINT16;
    v->value.uint16 = number;
}

static void set32(FWPS_INCOMING_VALUE0 *v, uint32_t number)
{
    v->value.type = FWP_UINT32;
    v->value.uint32 = number;
}

static void set8(FWPS_INCOMING_VALUE0 *v, uint8_t number)
{
    v->value.type = FWP_UINT8;
    v->value.uint8 = number;
}

static void set_mac(FWPS_INCOMING_VALUE0 *v, FWP_BYTE_ARRAY6 *room, const uint8_t *mac)
{
    memcpy(room->byteArray6, mac, 6);
    v->value.type = FWP_BYTE_ARRAY6_TYPE;
    v->value.byteArray6 = room;
}

static uint32_t l2_flags(const struct adapter *a, const struct frame *f)
{
    return FWP_CONDITION_L2_IS_NATIVE_ETHERNET | (a->general.IfConnectorPresent ? FWP_CONDITION_L2_IF_CONNECTOR_PRESENT : 0) |
           (f->malformed ? FWP_CONDITION_L2_IS_MALFORMED_PACKET : 0) | (f->fragment ? FWP_CONDITION_L2_IS_IP_FRAGMENT_GROUP : 0);
}

/* Both layers name their fields alike; so do both directions. */
#define E(field) (&v->value[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_##field])
#define N(field) (&v->value[FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_##field])
_Static_assert((int)FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_MAX == FWPS_FIELD_OUTBOUND_MAC_FRAME_ETHERNET_MAX &&
               (int)FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_NDIS_PORT == FWPS_FIELD_OUTBOUND_MAC_FRAME_ETHERNET_NDIS_PORT &&
               (int)FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_ETHER_TYPE == FWPS_FIELD_OUTBOUND_MAC_FRAME_ETHERNET_ETHER_TYPE &&
               (int)FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_MAX == FWPS_FIELD_OUTBOUND_MAC_FRAME_NATIVE_MAX &&
               (int)FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_NDIS_PORT == FWPS_FIELD_OUTBOUND_MAC_FRAME_NATIVE_NDIS_PORT, "fields");

static void set_ethernet(struct frame_values *v, const struct adapter *a, const struct frame *f, bool inbound, NDIS_PORT_NUMBER port)
{
    static const uint8_t none[6];
    const uint8_t *to = f->malformed ? none : f->bytes, *from = f->malformed ? none : f->bytes + 6;

    set_mac(E(INTERFACE_MAC_ADDRESS), &v->interface_mac, a->general.CurrentMacAddress);
    set_mac(E(MAC_LOCAL_ADDRESS), &v->local, inbound ? to : from);
    set_mac(E(MAC_REMOTE_ADDRESS), &v->remote, inbound ? from : to);
    set8(E(MAC_LOCAL_ADDRESS_TYPE), address_type(inbound ? to : from));
    set8(E(MAC_REMOTE_ADDRESS_TYPE), address_type(inbound ? from : to));
    set16(E(ETHER_TYPE), f->type);
    set16(E(VLAN_ID), f->vlan);
    E(INTERFACE)->value.type = FWP_UINT64;
    E(INTERFACE)->value.uint64 = &v->luid;
    set32(E(INTERFACE_INDEX), a->if_index);
    set32(E(NDIS_PORT), port);
    set32(E(L2_FLAGS), l2_flags(a, f));
    set32(E(COMPARTMENT_ID), DEFAULT_COMPARTMENT_ID);
    v->values.valueCount = FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_MAX;
    v->metadata.currentL2MetadataValues = FWPS_L2_METADATA_FIELD_ETHERNET_MAC_HEADER_SIZE;
    v->metadata.ethernetMacHeaderSize = f->header;
}

static void set_native(struct frame_values *v, const struct adapter *a, const struct frame *f, NDIS_PORT_NUMBER port)
{
    set32(N(NDIS_MEDIA_TYPE), a->general.MediaType);
    set32(N(NDIS_PHYSICAL_MEDIA_TYPE), a->general.PhysicalMediumType);
    N(INTERFACE)->value.type = FWP_UINT64;
    N(INTERFACE)->value.uint64 = &v->luid;
    set32(N(INTERFACE_TYPE), a->general.IfType);
    set32(N(INTERFACE_INDEX), a->if_index);
    set32(N(NDIS_PORT), port);
    set32(N(L2_FLAGS), l2_flags(a, f));
    set32(N(COMPARTMENT_ID), DEFAULT_COMPARTMENT_ID);
    v->values.valueCount = FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_MAX;
}

static void fill(struct frame_values *v, const struct adapter *a, enum ndis_place place, const struct frame *f, NDIS_PORT_NUMBER port)
{
    bool inbound = place == NDIS_RECEIVED_UPPER || place == NDIS_RECEIVED_LOWER;

    v->values = (FWPS_INCOMING_VALUES0){ .layerId = layers[place], .incomingValue = v->value };
    memset(&v->metadata, 0, sizeof v->metadata);
    v->metadata.currentMetadataValues = FWPS_METADATA_FIELD_COMPARTMENT_ID | FWPS_METADATA_FIELD_ETHER_FRAME_LENGTH;
    v->metadata.compartmentId = DEFAULT_COMPARTMENT_ID;
    v->metadata.frameLength = (UINT16)f->size;
    v->luid = a->luid.Value;
    if (place == NDIS_SENT_UPPER || place == NDIS_RECEIVED_UPPER)
        set_ethernet(v, a, f, inbound, port);
    else
        set_native(v, a, f, port);
}

/* --- judging ----------------------------------------------------------------------------------------------------------------------- */

/* A copy of one frame, with the history of the list; NULL: no memory. */
static struct fwp_packet *copy_of(const NET_BUFFER_LIST *nbl, const NET_BUFFER *nb, const struct fwp_tag *tags, unsigned tag_count,
                                  unsigned hops)
{
    struct fwp_packet *packet = fwp_packet_take(nb->DataLength);

    if (!packet)
        return NULL;
    if (!nb_copy_out(nb, 0, packet->bytes, nb->DataLength)) {
        fwp_packet_release(packet);
        return NULL;
    }
    fwp_packet_take_info(packet, nbl);
    packet->hops = hops;
    packet->tag_count = tag_count;
    if (tag_count)
        memcpy(packet->tags, tags, tag_count * sizeof *tags);
    fwp_packet_show(packet, 0, nb->DataLength);
    return packet;
}

static struct fwp_packet *copy_in_line(const NET_BUFFER_LIST *nbl, const NET_BUFFER *nb)
{
    const struct fwp_packet *from = fwp_packet_of(nbl);

    return copy_of(nbl, nb, from ? from->tags : NULL, from ? from->tag_count : 0, from ? from->hops : 0);
}

static bool allows(struct adapter *a, enum ndis_place place, const NET_BUFFER_LIST *nbl, const NET_BUFFER *nb, NDIS_PORT_NUMBER port,
                   bool *absorbed)
{
    struct fwp_packet *packet = copy_in_line(nbl, nb);
    struct fwp_verdict verdict = { 0 };
    struct frame_values v;

    if (!packet)
        return false;
    struct frame f = parse(packet->bytes, (uint32_t)nb->DataLength, nbl);
    uint32_t start = place == NDIS_RECEIVED_UPPER ? f.header : 0;
    fill(&v, a, place, &f, port);
    fwp_packet_show(packet, start, f.size - start);
    fwp_classify(&v.values, &v.metadata, packet->nbl, &verdict);
    fwp_packet_release(packet);
    *absorbed = verdict.absorb;
    return verdict.action != FWP_ACTION_BLOCK;
}

static NTSTATUS put(uint32_t if_index, enum ndis_place place, struct fwp_packet *packet, NDIS_PORT_NUMBER port)
{
    bool send = place == NDIS_SENT_UPPER || place == NDIS_SENT_LOWER;
    NTSTATUS status = ndis_frames_put(if_index, place, packet->nbl, port);

    if (!send || status != STATUS_SUCCESS)
        fwp_packet_release(packet);     /* a send comes back to done() */
    return status;
}

/* Frames from `first` to before `end` go on without the others of their list. */
static void go_on(struct adapter *a, enum ndis_place place, const NET_BUFFER_LIST *nbl, const NET_BUFFER *first, const NET_BUFFER *end,
                  NDIS_PORT_NUMBER port)
{
    for (const NET_BUFFER *nb = first; nb != end; nb = nb->Next) {
        const NET_BUFFER_LIST *outer = passing;
        struct fwp_packet *packet = copy_in_line(nbl, nb);

        if (!packet)
            continue;
        passing = packet->nbl;
        put(a->if_index, place, packet, port);
        passing = outer;
    }
}

static bool judge(struct adapter *a, enum ndis_place place, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port, NDIS_STATUS *status)
{
    bool whole = true, absorbed = false;

    if (nbl == passing) {
        passing = NULL;
        return true;
    }
    if (fwp_layer_is_empty(layers[place]))
        return true;
    for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb; nb = nb->Next) {
        bool allowed = allows(a, place, nbl, nb, port, &absorbed);
        if (!allowed && whole)
            go_on(a, place, nbl, nbl->FirstNetBuffer, nb, port);
        else if (allowed && !whole)
            go_on(a, place, nbl, nb, nb->Next, port);
        whole = whole && allowed;
    }
    if (!whole)
        *status = absorbed || nbl->FirstNetBuffer->Next ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    return whole;
}

static void done(PNET_BUFFER_LIST nbl)
{
    fwp_packet_release(fwp_packet_of(nbl));
}

/* --- injection --------------------------------------------------------------------------------------------------------------------- */

static enum ndis_place place_of(uint16_t layer)
{
    unsigned place = 0;

    while (place < NDIS_PLACES && layers[place] != layer)
        place++;
    return (enum ndis_place)place;
}

NTSTATUS wfp_frames_inject(const struct fwp_injection *injection)
{
    enum ndis_place place = place_of(injection->layer);
    NTSTATUS status = STATUS_SUCCESS;

    for (const NET_BUFFER *nb = injection->nbl->FirstNetBuffer; nb && NT_SUCCESS(status); nb = nb->Next) {
        struct fwp_packet *packet = copy_of(injection->nbl, nb, injection->tags, injection->tag_count, injection->hops);
        status = packet ? put(injection->interface, place, packet, injection->port) : STATUS_INSUFFICIENT_RESOURCES;
    }
    return status;
}

/* --- life -------------------------------------------------------------------------------------------------------------------------- */

static void changed(void *context, uint16_t layer)
{
    enum ndis_place place = place_of(layer);

    if (place == NDIS_PLACES)
        return;
    if (fwp_layer_is_empty(layer))
        ndis_frames_watched &= ~(1u << place);
    else
        ndis_frames_watched |= 1u << place;
}

bool wfp_frames_open(void)
{
    static const struct ndis_frame_watcher watcher = { .judge = judge, .done = done };

    ndis_frame_watcher = &watcher;
    ndis_frames_watched = 0;
    passing = NULL;
    return fwp_on_change(changed, NULL);
}

void wfp_frames_close(void)
{
    ndis_frames_watched = 0;
    fwp_forget_change(changed, NULL);
    list_each(it, &ndis_adapters)
        frames_pause(container_of(it, struct adapter, node));
    ndis_frame_watcher = NULL;
}
