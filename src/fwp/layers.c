/* The filtering layers, by their run-time identifiers. docs: run-time-filtering-layer-identifiers,
 * management-filtering-layer-identifiers, fwpmtypes/ns-fwpmtypes-fwpm_layer0 */
#define INITGUID
#include "fwp/layer_table.h"

#include <string.h>

static const struct layer_field no_fields[0];
static const char no_ipsec[] = "ring3 has no IPsec";
static const char no_rpc[] = "ring3 has no RPC run time";
static const char no_names[] = "ring3 resolves names without a cache that is classified";
static const char no_switch[] = "ring3 has no virtual switch";
static const char no_fast[] = "ring3 classifies a packet once, at the layer's full form";
static const char no_policy[] = "ring3 chooses routes without connection policies";
static const char reserved[] = "reserved by the documentation";

static const struct {
    const char *name;
    const GUID *key;
    uint16_t id, count;
    const struct layer_field *fields;
    const char *unreached;
} list[] = {
#define LAYER(name, fields, why) \
    { #name, &FWPM_LAYER_##name, FWPS_LAYER_##name, (uint16_t)countof(fields), fields, why }
    LAYER(INBOUND_IPPACKET_V4, inbound_ippacket_fields, NULL),
    LAYER(INBOUND_IPPACKET_V4_DISCARD, inbound_ippacket_fields, NULL),
    LAYER(INBOUND_IPPACKET_V6, inbound_ippacket_fields, NULL),
    LAYER(INBOUND_IPPACKET_V6_DISCARD, inbound_ippacket_fields, NULL),
    LAYER(OUTBOUND_IPPACKET_V4, outbound_ippacket_fields, NULL),
    LAYER(OUTBOUND_IPPACKET_V4_DISCARD, outbound_ippacket_fields, NULL),
    LAYER(OUTBOUND_IPPACKET_V6, outbound_ippacket_fields, NULL),
    LAYER(OUTBOUND_IPPACKET_V6_DISCARD, outbound_ippacket_fields, NULL),
    LAYER(IPFORWARD_V4, ipforward_fields, NULL),
    LAYER(IPFORWARD_V4_DISCARD, ipforward_fields, NULL),
    LAYER(IPFORWARD_V6, ipforward_fields, NULL),
    LAYER(IPFORWARD_V6_DISCARD, ipforward_fields, NULL),
    LAYER(INBOUND_TRANSPORT_V4, inbound_transport_fields, NULL),
    LAYER(INBOUND_TRANSPORT_V4_DISCARD, inbound_transport_fields, NULL),
    LAYER(INBOUND_TRANSPORT_V6, inbound_transport_fields, NULL),
    LAYER(INBOUND_TRANSPORT_V6_DISCARD, inbound_transport_fields, NULL),
    LAYER(OUTBOUND_TRANSPORT_V4, outbound_transport_fields, NULL),
    LAYER(OUTBOUND_TRANSPORT_V4_DISCARD, outbound_transport_fields, NULL),
    LAYER(OUTBOUND_TRANSPORT_V6, outbound_transport_fields, NULL),
    LAYER(OUTBOUND_TRANSPORT_V6_DISCARD, outbound_transport_fields, NULL),
    LAYER(STREAM_V4, stream_fields, NULL),
    LAYER(STREAM_V4_DISCARD, stream_fields, reserved),
    LAYER(STREAM_V6, stream_fields, NULL),
    LAYER(STREAM_V6_DISCARD, stream_fields, reserved),
    LAYER(DATAGRAM_DATA_V4, datagram_data_fields, NULL),
    LAYER(DATAGRAM_DATA_V4_DISCARD, datagram_data_fields, NULL),
    LAYER(DATAGRAM_DATA_V6, datagram_data_fields, NULL),
    LAYER(DATAGRAM_DATA_V6_DISCARD, datagram_data_fields, NULL),
    LAYER(INBOUND_ICMP_ERROR_V4, inbound_icmp_error_fields, NULL),
    LAYER(INBOUND_ICMP_ERROR_V4_DISCARD, inbound_icmp_error_fields, NULL),
    LAYER(INBOUND_ICMP_ERROR_V6, inbound_icmp_error_fields, NULL),
    LAYER(INBOUND_ICMP_ERROR_V6_DISCARD, inbound_icmp_error_fields, NULL),
    LAYER(OUTBOUND_ICMP_ERROR_V4, outbound_icmp_error_fields, NULL),
    LAYER(OUTBOUND_ICMP_ERROR_V4_DISCARD, outbound_icmp_error_fields, NULL),
    LAYER(OUTBOUND_ICMP_ERROR_V6, outbound_icmp_error_fields, NULL),
    LAYER(OUTBOUND_ICMP_ERROR_V6_DISCARD, outbound_icmp_error_fields, NULL),
    LAYER(ALE_RESOURCE_ASSIGNMENT_V4, ale_resource_assignment_fields, NULL),
    LAYER(ALE_RESOURCE_ASSIGNMENT_V4_DISCARD, ale_resource_assignment_fields, NULL),
    LAYER(ALE_RESOURCE_ASSIGNMENT_V6, ale_resource_assignment_fields, NULL),
    LAYER(ALE_RESOURCE_ASSIGNMENT_V6_DISCARD, ale_resource_assignment_fields, NULL),
    LAYER(ALE_AUTH_LISTEN_V4, ale_auth_listen_fields, NULL),
    LAYER(ALE_AUTH_LISTEN_V4_DISCARD, ale_auth_listen_fields, NULL),
    LAYER(ALE_AUTH_LISTEN_V6, ale_auth_listen_fields, NULL),
    LAYER(ALE_AUTH_LISTEN_V6_DISCARD, ale_auth_listen_fields, NULL),
    LAYER(ALE_AUTH_RECV_ACCEPT_V4, ale_auth_recv_accept_fields, NULL),
    LAYER(ALE_AUTH_RECV_ACCEPT_V4_DISCARD, ale_auth_recv_accept_fields, NULL),
    LAYER(ALE_AUTH_RECV_ACCEPT_V6, ale_auth_recv_accept_fields, NULL),
    LAYER(ALE_AUTH_RECV_ACCEPT_V6_DISCARD, ale_auth_recv_accept_fields, NULL),
    LAYER(ALE_AUTH_CONNECT_V4, ale_auth_connect_fields, NULL),
    LAYER(ALE_AUTH_CONNECT_V4_DISCARD, ale_auth_connect_fields, NULL),
    LAYER(ALE_AUTH_CONNECT_V6, ale_auth_connect_fields, NULL),
    LAYER(ALE_AUTH_CONNECT_V6_DISCARD, ale_auth_connect_fields, NULL),
    LAYER(ALE_FLOW_ESTABLISHED_V4, ale_flow_established_fields, NULL),
    LAYER(ALE_FLOW_ESTABLISHED_V4_DISCARD, ale_flow_established_fields, NULL),
    LAYER(ALE_FLOW_ESTABLISHED_V6, ale_flow_established_fields, NULL),
    LAYER(ALE_FLOW_ESTABLISHED_V6_DISCARD, ale_flow_established_fields, NULL),
    LAYER(INBOUND_MAC_FRAME_ETHERNET, inbound_mac_frame_ethernet_fields, NULL),
    LAYER(OUTBOUND_MAC_FRAME_ETHERNET, outbound_mac_frame_ethernet_fields, NULL),
    LAYER(INBOUND_MAC_FRAME_NATIVE, inbound_mac_frame_native_fields, NULL),
    LAYER(OUTBOUND_MAC_FRAME_NATIVE, outbound_mac_frame_native_fields, NULL),
    LAYER(NAME_RESOLUTION_CACHE_V4, name_resolution_cache_fields, no_names),
    LAYER(NAME_RESOLUTION_CACHE_V6, name_resolution_cache_fields, no_names),
    LAYER(ALE_RESOURCE_RELEASE_V4, ale_resource_release_fields, NULL),
    LAYER(ALE_RESOURCE_RELEASE_V6, ale_resource_release_fields, NULL),
    LAYER(ALE_ENDPOINT_CLOSURE_V4, ale_endpoint_closure_fields, NULL),
    LAYER(ALE_ENDPOINT_CLOSURE_V6, ale_endpoint_closure_fields, NULL),
    LAYER(ALE_CONNECT_REDIRECT_V4, ale_connect_redirect_fields, NULL),
    LAYER(ALE_CONNECT_REDIRECT_V6, ale_connect_redirect_fields, NULL),
    LAYER(ALE_BIND_REDIRECT_V4, ale_bind_redirect_fields, NULL),
    LAYER(ALE_BIND_REDIRECT_V6, ale_bind_redirect_fields, NULL),
    LAYER(STREAM_PACKET_V4, stream_packet_fields, NULL),
    LAYER(STREAM_PACKET_V6, stream_packet_fields, NULL),
    LAYER(INGRESS_VSWITCH_ETHERNET, ingress_vswitch_ethernet_fields, no_switch),
    LAYER(EGRESS_VSWITCH_ETHERNET, egress_vswitch_ethernet_fields, no_switch),
    LAYER(INGRESS_VSWITCH_TRANSPORT_V4, ingress_vswitch_transport_fields, no_switch),
    LAYER(INGRESS_VSWITCH_TRANSPORT_V6, ingress_vswitch_transport_fields, no_switch),
    LAYER(EGRESS_VSWITCH_TRANSPORT_V4, egress_vswitch_transport_fields, no_switch),
    LAYER(EGRESS_VSWITCH_TRANSPORT_V6, egress_vswitch_transport_fields, no_switch),
    LAYER(INBOUND_TRANSPORT_FAST, no_fields, no_fast),
    LAYER(OUTBOUND_TRANSPORT_FAST, no_fields, no_fast),
    LAYER(INBOUND_MAC_FRAME_NATIVE_FAST, no_fields, no_fast),
    LAYER(OUTBOUND_MAC_FRAME_NATIVE_FAST, no_fields, no_fast),
    LAYER(INBOUND_RESERVED2, no_fields, reserved),
    LAYER(OUTBOUND_NETWORK_CONNECTION_POLICY_V4, outbound_network_connection_policy_fields, no_policy),
    LAYER(OUTBOUND_NETWORK_CONNECTION_POLICY_V6, outbound_network_connection_policy_fields, no_policy),
    LAYER(IPSEC_KM_DEMUX_V4, ipsec_km_demux_fields, no_ipsec),
    LAYER(IPSEC_KM_DEMUX_V6, ipsec_km_demux_fields, no_ipsec),
    LAYER(IPSEC_V4, ipsec_fields, no_ipsec),
    LAYER(IPSEC_V6, ipsec_fields, no_ipsec),
    LAYER(IKEEXT_V4, ikeext_fields, no_ipsec),
    LAYER(IKEEXT_V6, ikeext_fields, no_ipsec),
    LAYER(RPC_UM, rpc_um_fields, no_rpc),
    LAYER(RPC_EPMAP, rpc_epmap_fields, no_rpc),
    LAYER(RPC_EP_ADD, rpc_ep_add_fields, no_rpc),
    LAYER(RPC_PROXY_CONN, rpc_proxy_conn_fields, no_rpc),
    LAYER(RPC_PROXY_IF, rpc_proxy_if_fields, no_rpc),
    LAYER(KM_AUTHORIZATION, km_authorization_fields, no_ipsec),
#undef LAYER
};

#define MOST_FIELDS 1600

static struct {
    bool made;
    struct fwp_layer layers[FWPS_BUILTIN_LAYER_MAX];
    struct fwp_field fields[MOST_FIELDS];
    unsigned count;
} table;

static bool ends_with(const char *name, const char *end)
{
    size_t a = strlen(name), b = strlen(end);

    return a >= b && strcmp(name + a - b, end) == 0;
}

static struct fwp_field *make_fields(const struct layer_field *from, unsigned count, bool v6)
{
    struct fwp_field *made = &table.fields[table.count];

    _Static_assert(countof(table.fields) >= 99 * 16, "room");
    for (unsigned n = 0; n < count; n++) {
        uint16_t type = from[n].data_type;
        if (type == ADDRESS_OF_LAYER)
            type = v6 ? FWP_BYTE_ARRAY16_TYPE : FWP_UINT32;
        made[n] = (struct fwp_field){ from[n].name, *from[n].key, from[n].type, type };
    }
    table.count += count;
    return made;
}

static bool is_user_mode(const char *name)
{
    return strncmp(name, "IPSEC", 5) == 0 || strncmp(name, "IKEEXT", 6) == 0 || strncmp(name, "RPC", 3) == 0 ||
           strncmp(name, "KM_", 3) == 0;
}

/* Flows are those of connections and of datagram conversations; layers of bare packets and of endpoints know none. */
static bool has_flows(const char *name)
{
    static const char *const with[] = { "STREAM", "DATAGRAM", "INBOUND_TRANSPORT_V", "OUTBOUND_TRANSPORT_V", "ALE_AUTH_RECV",
                                        "ALE_AUTH_CONNECT", "ALE_FLOW", "ALE_ENDPOINT" };

    for (unsigned n = 0; n < countof(with); n++)
        if (strncmp(name, with[n], strlen(with[n])) == 0)
            return true;
    return false;
}

static void make(void)
{
    for (unsigned n = 0; n < countof(list); n++) {
        const char *name = list[n].name;
        bool discard = ends_with(name, "_DISCARD");
        struct fwp_layer *layer = &table.layers[list[n].id];

        *layer = (struct fwp_layer){
            .name = name, .key = *list[n].key, .id = list[n].id, .unreached = list[n].unreached, .field_count = list[n].count,
            .flags = FWPM_LAYER_FLAG_BUILTIN | (is_user_mode(name) ? 0 : FWPM_LAYER_FLAG_KERNEL | FWPM_LAYER_FLAG_CLASSIFY_MOSTLY) |
                     (strncmp(name, "STREAM_V", 8) == 0 ? FWPM_LAYER_FLAG_BUFFERED : 0),
            .flows = has_flows(name), .absorbs = !discard,
        };
        layer->fields = make_fields(list[n].fields, list[n].count, ends_with(name, "_V6") || ends_with(name, "_V6_DISCARD"));
    }
    table.made = true;
}

const struct fwp_layer *fwp_layer_of(uint16_t id)
{
    if (!table.made)
        make();
    return id < countof(table.layers) && table.layers[id].name ? &table.layers[id] : NULL;
}

const struct fwp_layer *fwp_layer_by_key(const GUID *key)
{
    for (uint16_t id = 0; id < countof(table.layers); id++) {
        const struct fwp_layer *layer = fwp_layer_of(id);
        if (layer && memcmp(&layer->key, key, sizeof *key) == 0)
            return layer;
    }
    return NULL;
}

int fwp_layer_field(const struct fwp_layer *layer, const GUID *key)
{
    for (unsigned n = 0; n < layer->field_count; n++)
        if (memcmp(&layer->fields[n].key, key, sizeof *key) == 0)
            return (int)n;
    return -1;
}
