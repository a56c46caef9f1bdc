/* Where the tables of fields (layers_*.c) meet the list of layers (layers.c). */
#ifndef FWP_LAYER_TABLE_H
#define FWP_LAYER_TABLE_H

#include <fwpsk.h>
#include <fwpmk.h>

#include "base/util.h"
#include "fwp/layer.h"

/* `key` is what the condition is called by; an address is a number or 16 bytes, by the layer. */
struct layer_field {
    const char *name;
    const GUID *key;
    uint8_t type;
    uint16_t data_type;
};

#define ADDRESS_OF_LAYER 0xffff
#define D(name, key, type) { #name, &FWPM_CONDITION_##key, FWPM_FIELD_RAW_DATA, type }
#define S(name, key, type) { #name, &FWPM_CONDITION_##key, FWPM_FIELD_FLAGS, type }
#define I(name, key, type) { #name, &FWPM_CONDITION_##key, FWPM_FIELD_IP_ADDRESS, type }
#define A(name) { #name, &FWPM_CONDITION_##name, FWPM_FIELD_IP_ADDRESS, ADDRESS_OF_LAYER }

extern const struct layer_field ale_auth_connect_fields[41];
extern const struct layer_field ale_auth_listen_fields[14];
extern const struct layer_field ale_auth_recv_accept_fields[39];
extern const struct layer_field ale_bind_redirect_fields[10];
extern const struct layer_field ale_connect_redirect_fields[14];
extern const struct layer_field ale_endpoint_closure_fields[13];
extern const struct layer_field ale_flow_established_fields[24];
extern const struct layer_field ale_resource_assignment_fields[18];
extern const struct layer_field ale_resource_release_fields[11];
extern const struct layer_field outbound_network_connection_policy_fields[14];
extern const struct layer_field datagram_data_fields[14];
extern const struct layer_field inbound_icmp_error_fields[22];
extern const struct layer_field inbound_ippacket_fields[10];
extern const struct layer_field inbound_transport_fields[15];
extern const struct layer_field ipforward_fields[15];
extern const struct layer_field outbound_icmp_error_fields[14];
extern const struct layer_field outbound_ippacket_fields[10];
extern const struct layer_field outbound_transport_fields[16];
extern const struct layer_field stream_packet_fields[12];
extern const struct layer_field stream_fields[8];
extern const struct layer_field egress_vswitch_ethernet_fields[17];
extern const struct layer_field egress_vswitch_transport_fields[17];
extern const struct layer_field ikeext_fields[5];
extern const struct layer_field inbound_mac_frame_ethernet_fields[12];
extern const struct layer_field inbound_mac_frame_native_fields[8];
extern const struct layer_field ingress_vswitch_ethernet_fields[14];
extern const struct layer_field ingress_vswitch_transport_fields[14];
extern const struct layer_field ipsec_km_demux_fields[6];
extern const struct layer_field ipsec_fields[8];
extern const struct layer_field km_authorization_fields[7];
extern const struct layer_field name_resolution_cache_fields[5];
extern const struct layer_field outbound_mac_frame_ethernet_fields[12];
extern const struct layer_field outbound_mac_frame_native_fields[8];
extern const struct layer_field rpc_ep_add_fields[4];
extern const struct layer_field rpc_epmap_fields[14];
extern const struct layer_field rpc_proxy_conn_fields[6];
extern const struct layer_field rpc_proxy_if_fields[8];
extern const struct layer_field rpc_um_fields[17];

#endif
