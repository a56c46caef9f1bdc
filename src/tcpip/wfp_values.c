/* From what a hook knows to the values of a layer, in the layer's order, and its metadata.
 *
 * Each layer's fields are looked up once by name: a program of one byte a field. Values that ring3 never has (a peer's name, a
 * package, a quarantine) are FWP_EMPTY, and no condition on them holds. docs: data-field-identifiers,
 * metadata-fields-at-each-filtering-layer */
#include <fwpsk.h>
#include <nldef.h>
#include <string.h>

#include "base/util.h"
#include "fwp/layer.h"
#include "fwp/packet.h"
#include "fwp/waterfall.h"
#include "tcpip/ip.h"
#include "tcpip/wfp.h"

#define WFP_VALUES_MAX 48u

struct values {
    FWPS_INCOMING_VALUES0 values;
    FWPS_INCOMING_VALUE0 value[WFP_VALUES_MAX];
    FWPS_INCOMING_METADATA_VALUES0 metadata;
    FWP_BYTE_ARRAY16 local, remote, embedded;
    UINT64 luid, arrival_luid, next_hop_luid, zero;
};

#define SAME_FLAG(name) _Static_assert((int)WFP_##name == FWP_CONDITION_FLAG_##name, #name)
#define SAME_FIELD(ours, theirs) _Static_assert((unsigned)WFP_HAS_##ours == FWPS_METADATA_FIELD_##theirs, #ours)
SAME_FLAG(IS_LOOPBACK);
SAME_FLAG(IS_REAUTHORIZE);
SAME_FLAG(IS_WILDCARD_BIND);
SAME_FLAG(IS_RAW_ENDPOINT);
SAME_FLAG(IS_FRAGMENT);
SAME_FLAG(REQUIRES_ALE_CLASSIFY);
SAME_FLAG(IS_IMPLICIT_BIND);
SAME_FLAG(IS_REASSEMBLED);
SAME_FLAG(IS_CONNECTION_REDIRECTED);
SAME_FLAG(IS_PROXY_CONNECTION);
SAME_FIELD(FLOW, FLOW_HANDLE);
SAME_FIELD(IP_HEADER, IP_HEADER_SIZE);
SAME_FIELD(TRANSPORT_HEADER, TRANSPORT_HEADER_SIZE);
SAME_FIELD(FRAGMENT, FRAGMENT_DATA);
SAME_FIELD(PATH_MTU, PATH_MTU);
SAME_FIELD(COMPLETION, COMPLETION_HANDLE);
SAME_FIELD(ENDPOINT, TRANSPORT_ENDPOINT_HANDLE);
SAME_FIELD(CONTROL, TRANSPORT_CONTROL_DATA);
SAME_FIELD(SCOPE, REMOTE_SCOPE_ID);
SAME_FIELD(DIRECTION, PACKET_DIRECTION);
SAME_FIELD(ALE_REQUIRED, ALE_CLASSIFY_REQUIRED);
SAME_FIELD(PARENT, PARENT_ENDPOINT_HANDLE);
SAME_FIELD(ICMP_ID, ICMP_ID_AND_SEQUENCE);
SAME_FIELD(REDIRECT_PID, LOCAL_REDIRECT_TARGET_PID);
SAME_FIELD(REDIRECT_RECORDS, REDIRECT_RECORD_HANDLE);
SAME_FIELD(ORIGINAL_DESTINATION, ORIGINAL_DESTINATION);
_Static_assert((int)WFP_REASON_POLICY_CHANGE == FWP_CONDITION_REAUTHORIZE_REASON_POLICY_CHANGE, "reason");
_Static_assert((int)WFP_REASON_NEW_ARRIVAL == FWP_CONDITION_REAUTHORIZE_REASON_NEW_ARRIVAL_INTERFACE, "reason");
_Static_assert((int)WFP_REASON_NEW_NEXT_HOP == FWP_CONDITION_REAUTHORIZE_REASON_NEW_NEXTHOP_INTERFACE, "reason");
_Static_assert((int)WFP_REASON_CLASSIFY_COMPLETION == FWP_CONDITION_REAUTHORIZE_REASON_CLASSIFY_COMPLETION, "reason");
_Static_assert((int)WFP_DISCARD_TRANSPORT == FWPS_DISCARD_MODULE_TRANSPORT && (int)WFP_DISCARD_GENERAL == FWPS_DISCARD_MODULE_GENERAL,
               "module");

enum source {
    EMPTY, LOCAL, REMOTE, LOCAL_TYPE, REMOTE_TYPE, LOCAL_PORT, REMOTE_PORT, PROTOCOL, LUID_, INDEX, TYPE, ARRIVAL_LUID, ARRIVAL_INDEX,
    ARRIVAL_TYPE, NEXT_LUID, NEXT_INDEX, NEXT_TYPE, FLAGS, DIRECTION, REASON, PROMISCUOUS, APPLICATION, USER, COMPARTMENT, ZERO32,
    ZERO64, ZERO16, EMBEDDED_PROTOCOL, EMBEDDED_REMOTE, EMBEDDED_TYPE, EMBEDDED_LOCAL_PORT, EMBEDDED_REMOTE_PORT
};

static const struct {
    const char *name;
    uint8_t source;
} names[] = {
    { "IP_LOCAL_ADDRESS", LOCAL }, { "IP_REMOTE_ADDRESS", REMOTE }, { "IP_SOURCE_ADDRESS", REMOTE },
    { "IP_DESTINATION_ADDRESS", LOCAL }, { "IP_LOCAL_ADDRESS_TYPE", LOCAL_TYPE }, { "IP_DESTINATION_ADDRESS_TYPE", REMOTE_TYPE },
    { "IP_LOCAL_PORT", LOCAL_PORT }, { "IP_REMOTE_PORT", REMOTE_PORT }, { "ICMP_TYPE", LOCAL_PORT }, { "ICMP_CODE", REMOTE_PORT },
    { "IP_PROTOCOL", PROTOCOL }, { "IP_LOCAL_INTERFACE", LUID_ }, { "INTERFACE_INDEX", INDEX }, { "INTERFACE_TYPE", TYPE },
    { "SUB_INTERFACE_INDEX", ZERO32 }, { "TUNNEL_TYPE", ZERO32 }, { "IP_ARRIVAL_INTERFACE", ARRIVAL_LUID },
    { "ARRIVAL_INTERFACE_INDEX", ARRIVAL_INDEX }, { "ARRIVAL_INTERFACE_TYPE", ARRIVAL_TYPE }, { "ARRIVAL_TUNNEL_TYPE", ZERO32 },
    { "IP_NEXTHOP_INTERFACE", NEXT_LUID }, { "NEXTHOP_INTERFACE_INDEX", NEXT_INDEX }, { "NEXTHOP_INTERFACE_TYPE", NEXT_TYPE },
    { "NEXTHOP_TUNNEL_TYPE", ZERO32 }, { "NEXTHOP_SUB_INTERFACE_INDEX", ZERO32 }, { "IP_FORWARD_INTERFACE", NEXT_LUID },
    { "SOURCE_INTERFACE_INDEX", ARRIVAL_INDEX }, { "SOURCE_SUB_INTERFACE_INDEX", ZERO32 },
    { "DESTINATION_INTERFACE_INDEX", NEXT_INDEX }, { "DESTINATION_SUB_INTERFACE_INDEX", ZERO32 },
    { "IP_PHYSICAL_ARRIVAL_INTERFACE", ARRIVAL_LUID }, { "IP_PHYSICAL_NEXTHOP_INTERFACE", NEXT_LUID }, { "FLAGS", FLAGS },
    { "DIRECTION", DIRECTION }, { "REAUTHORIZE_REASON", REASON }, { "ALE_PROMISCUOUS_MODE", PROMISCUOUS },
    { "ALE_APP_ID", APPLICATION }, { "ALE_ORIGINAL_APP_ID", APPLICATION }, { "ALE_USER_ID", USER },
    { "COMPARTMENT_ID", COMPARTMENT }, { "PROFILE_ID", ZERO32 }, { "ORIGINAL_PROFILE_ID", ZERO32 }, { "CURRENT_PROFILE_ID", ZERO32 },
    { "LOCAL_INTERFACE_PROFILE_ID", ZERO32 }, { "ARRIVAL_INTERFACE_PROFILE_ID", ZERO32 },
    { "NEXTHOP_INTERFACE_PROFILE_ID", ZERO32 }, { "SIO_FIREWALL_SYSTEM_PORT", ZERO32 },
    { "SIO_FIREWALL_SOCKET_PROPERTY", ZERO32 }, { "NAP_CONTEXT", ZERO32 }, { "INTERFACE_QUARANTINE_EPOCH", ZERO64 },
    { "ORIGINAL_ICMP_TYPE", ZERO16 }, { "EMBEDDED_PROTOCOL", EMBEDDED_PROTOCOL }, { "EMBEDDED_REMOTE_ADDRESS", EMBEDDED_REMOTE },
    { "EMBEDDED_LOCAL_ADDRESS_TYPE", EMBEDDED_TYPE }, { "EMBEDDED_LOCAL_PORT", EMBEDDED_LOCAL_PORT },
    { "EMBEDDED_REMOTE_PORT", EMBEDDED_REMOTE_PORT },
};

/* Kernel sockets belong to the System process. */
static WCHAR system_path[] = u"System";
static FWP_BYTE_BLOB system_blob = { sizeof system_path, (UINT8 *)system_path };
static UINT8 system_token[4];           /* the engine knows whose it is; drivers get no more than that there is one */
static FWP_BYTE_BLOB token_blob = { sizeof system_token, system_token };

static uint8_t programs[FWPS_BUILTIN_LAYER_MAX][WFP_VALUES_MAX];
static bool made[FWPS_BUILTIN_LAYER_MAX];

static void make_program(uint16_t layer)
{
    const struct fwp_layer *l = fwp_layer_of(layer);

    for (unsigned n = 0; n < l->field_count; n++)
        for (unsigned k = 0; k < countof(names); k++)
            if (strcmp(l->fields[n].name, names[k].name) == 0)
                programs[layer][n] = names[k].source;
    made[layer] = true;
}

static uint8_t address_type(const struct ip_address *a)
{
    static const uint8_t zero[16];

    if (a->family == 6)
        return a->bytes[0] == 0xff ? NlatMulticast : memcmp(a->bytes, zero, 16) == 0 ? NlatUnspecified : NlatUnicast;
    if (memcmp(a->bytes, zero, 4) == 0)
        return NlatUnspecified;
    if (a->bytes[0] >= 224 && a->bytes[0] < 240)
        return NlatMulticast;
    return a->bytes[0] == 255 && a->bytes[3] == 255 ? NlatBroadcast : NlatUnicast;
}

static void set_address(FWP_VALUE0 *value, FWP_BYTE_ARRAY16 *room, const struct ip_address *a)
{
    if (a->family == 6) {
        memcpy(room->byteArray16, a->bytes, 16);
        value->type = FWP_BYTE_ARRAY16_TYPE;
        value->byteArray16 = room;
    } else {
        value->type = FWP_UINT32;
        value->uint32 = (uint32_t)a->bytes[0] << 24 | a->bytes[1] << 16 | a->bytes[2] << 8 | a->bytes[3];
    }
}

static void set32(FWP_VALUE0 *value, uint32_t number)
{
    value->type = FWP_UINT32;
    value->uint32 = number;
}

static void set16(FWP_VALUE0 *value, uint16_t number)
{
    value->type = FWP_UINT16;
    value->uint16 = number;
}

static void set8(FWP_VALUE0 *value, uint8_t number)
{
    value->type = FWP_UINT8;
    value->uint8 = number;
}

static void set64(FWP_VALUE0 *value, UINT64 *room, uint64_t number)
{
    *room = number;
    value->type = FWP_UINT64;
    value->uint64 = room;
}

static void set_blob(FWP_VALUE0 *value, FWP_DATA_TYPE type, FWP_BYTE_BLOB *blob)
{
    value->type = type;
    value->byteBlob = blob;
}

static void set_interface(struct values *v, FWP_VALUE0 *value, uint8_t source, const struct wfp_info *info)
{
    bool comes = source == ARRIVAL_LUID || source == ARRIVAL_INDEX || source == ARRIVAL_TYPE;
    bool goes = source == NEXT_LUID || source == NEXT_INDEX || source == NEXT_TYPE;

    if ((comes && !info->arrival.index) || (goes && !info->next_hop.index)) {
        value->type = FWP_EMPTY;        /* an outbound packet that is authorised again, for one, arrives nowhere */
        return;
    }
    switch (source) {
    case LUID_: set64(value, &v->luid, info->interface.luid); break;
    case INDEX: set32(value, info->interface.index); break;
    case TYPE: set32(value, info->interface.type); break;
    case ARRIVAL_LUID: set64(value, &v->arrival_luid, info->arrival.luid); break;
    case ARRIVAL_INDEX: set32(value, info->arrival.index); break;
    case ARRIVAL_TYPE: set32(value, info->arrival.type); break;
    case NEXT_LUID: set64(value, &v->next_hop_luid, info->next_hop.luid); break;
    case NEXT_INDEX: set32(value, info->next_hop.index); break;
    default: set32(value, info->next_hop.type); break;
    }
}

static void set_value(struct values *v, FWP_VALUE0 *value, uint8_t source, const struct wfp_info *info)
{
    switch (source) {
    case EMPTY: value->type = FWP_EMPTY; break;
    case LOCAL:
        if (info->any_local)
            value->type = FWP_EMPTY;
        else
            set_address(value, &v->local, &info->local);
        break;
    case REMOTE: set_address(value, &v->remote, &info->remote); break;
    case LOCAL_TYPE: set8(value, address_type(&info->local)); break;
    case REMOTE_TYPE: set8(value, address_type(&info->remote)); break;
    case LOCAL_PORT: set16(value, info->local_port); break;
    case REMOTE_PORT: set16(value, info->remote_port); break;
    case PROTOCOL: set8(value, info->protocol); break;
    case FLAGS: set32(value, info->flags); break;
    case DIRECTION: set32(value, info->inbound ? FWP_DIRECTION_INBOUND : FWP_DIRECTION_OUTBOUND); break;
    case REASON: set32(value, info->reauthorize_reason); break;
    case PROMISCUOUS: set32(value, info->promiscuous); break;
    case APPLICATION: set_blob(value, FWP_BYTE_BLOB_TYPE, &system_blob); break;
    case USER: set_blob(value, FWP_TOKEN_ACCESS_INFORMATION_TYPE, &token_blob); break;
    case COMPARTMENT: set32(value, DEFAULT_COMPARTMENT_ID); break;
    case ZERO32: set32(value, 0); break;
    case ZERO16: set16(value, 0); break;
    case ZERO64: set64(value, &v->zero, 0); break;
    case EMBEDDED_PROTOCOL: set8(value, info->embedded_protocol); break;
    case EMBEDDED_REMOTE: set_address(value, &v->embedded, &info->embedded_remote); break;
    case EMBEDDED_TYPE: set8(value, NlatUnicast); break;
    case EMBEDDED_LOCAL_PORT: set16(value, info->embedded_local_port); break;
    case EMBEDDED_REMOTE_PORT: set16(value, info->embedded_remote_port); break;
    default: set_interface(v, value, source, info);
    }
}

/* --- metadata ---------------------------------------------------------------------------------------------------------------- */

#define M(field) FWPS_METADATA_FIELD_##field
#define PROCESS (M(PROCESS_PATH) | M(TOKEN) | M(PROCESS_ID))

/* Which fields a layer may have, by the IPv4 layer's id; the IPv6 layer and the discard layers have the same. */
static const struct {
    uint16_t layer;
    uint32_t fields;
} possible[] = {
    { FWPS_LAYER_INBOUND_IPPACKET_V4, M(IP_HEADER_SIZE) | M(COMPARTMENT_ID) | M(FRAGMENT_DATA) },
    { FWPS_LAYER_OUTBOUND_IPPACKET_V4,
      M(IP_HEADER_SIZE) | M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(FRAGMENT_DATA) | M(PATH_MTU) },
    { FWPS_LAYER_IPFORWARD_V4, M(COMPARTMENT_ID) },
    { FWPS_LAYER_INBOUND_TRANSPORT_V4,
      M(FLOW_HANDLE) | M(IP_HEADER_SIZE) | M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(TRANSPORT_ENDPOINT_HANDLE) |
          M(ALE_CLASSIFY_REQUIRED) | M(ICMP_ID_AND_SEQUENCE) },
    { FWPS_LAYER_OUTBOUND_TRANSPORT_V4,
      M(FLOW_HANDLE) | M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(TRANSPORT_ENDPOINT_HANDLE) | M(TRANSPORT_CONTROL_DATA) |
          M(REMOTE_SCOPE_ID) | M(ICMP_ID_AND_SEQUENCE) },
    { FWPS_LAYER_STREAM_V4, M(FLOW_HANDLE) },
    { FWPS_LAYER_DATAGRAM_DATA_V4,
      M(FLOW_HANDLE) | M(IP_HEADER_SIZE) | M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(TRANSPORT_ENDPOINT_HANDLE) |
          M(TRANSPORT_CONTROL_DATA) | M(REMOTE_SCOPE_ID) | M(ICMP_ID_AND_SEQUENCE) },
    { FWPS_LAYER_INBOUND_ICMP_ERROR_V4,
      M(IP_HEADER_SIZE) | M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(TRANSPORT_ENDPOINT_HANDLE) },
    { FWPS_LAYER_OUTBOUND_ICMP_ERROR_V4,
      M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(TRANSPORT_ENDPOINT_HANDLE) | M(REMOTE_SCOPE_ID) },
    { FWPS_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, PROCESS | M(COMPLETION_HANDLE) | M(TRANSPORT_ENDPOINT_HANDLE) },
    { FWPS_LAYER_ALE_AUTH_LISTEN_V4, PROCESS | M(COMPLETION_HANDLE) | M(TRANSPORT_ENDPOINT_HANDLE) },
    { FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4,
      PROCESS | M(FLOW_HANDLE) | M(IP_HEADER_SIZE) | M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(COMPLETION_HANDLE) |
          M(TRANSPORT_ENDPOINT_HANDLE) | M(PACKET_DIRECTION) | M(PARENT_ENDPOINT_HANDLE) | M(ICMP_ID_AND_SEQUENCE) },
    { FWPS_LAYER_ALE_AUTH_CONNECT_V4,
      PROCESS | M(FLOW_HANDLE) | M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(COMPLETION_HANDLE) |
          M(TRANSPORT_ENDPOINT_HANDLE) | M(REMOTE_SCOPE_ID) | M(PACKET_DIRECTION) | M(PARENT_ENDPOINT_HANDLE) |
          M(ICMP_ID_AND_SEQUENCE) | M(LOCAL_REDIRECT_TARGET_PID) | M(ORIGINAL_DESTINATION) | M(REDIRECT_RECORD_HANDLE) },
    { FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4,
      PROCESS | M(FLOW_HANDLE) | M(TRANSPORT_ENDPOINT_HANDLE) | M(PARENT_ENDPOINT_HANDLE) | M(ICMP_ID_AND_SEQUENCE) },
    { FWPS_LAYER_ALE_RESOURCE_RELEASE_V4, M(TOKEN) | M(PROCESS_ID) | M(COMPARTMENT_ID) | M(TRANSPORT_ENDPOINT_HANDLE) },
    { FWPS_LAYER_ALE_ENDPOINT_CLOSURE_V4,
      M(TOKEN) | M(PROCESS_ID) | M(COMPARTMENT_ID) | M(TRANSPORT_ENDPOINT_HANDLE) | M(PARENT_ENDPOINT_HANDLE) | M(FLOW_HANDLE) },
    { FWPS_LAYER_ALE_CONNECT_REDIRECT_V4,
      M(TOKEN) | M(PROCESS_ID) | M(TRANSPORT_ENDPOINT_HANDLE) | M(PARENT_ENDPOINT_HANDLE) | M(LOCAL_REDIRECT_TARGET_PID) |
          M(REDIRECT_RECORD_HANDLE) | M(ORIGINAL_DESTINATION) },
    { FWPS_LAYER_ALE_BIND_REDIRECT_V4, M(TOKEN) | M(PROCESS_ID) | M(TRANSPORT_ENDPOINT_HANDLE) | M(LOCAL_REDIRECT_TARGET_PID) },
    { FWPS_LAYER_STREAM_PACKET_V4,
      M(FLOW_HANDLE) | M(IP_HEADER_SIZE) | M(TRANSPORT_HEADER_SIZE) | M(COMPARTMENT_ID) | M(TRANSPORT_ENDPOINT_HANDLE) |
          M(REMOTE_SCOPE_ID) },
};

static uint32_t possible_at(uint16_t layer)
{
    for (unsigned n = 0; n < countof(possible); n++) {
        uint16_t v4 = possible[n].layer, v6 = wfp_layer(v4, 6);
        bool with_discard = v4 < FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET;
        if (layer == v4 || layer == v6)
            return possible[n].fields;
        if (with_discard && (layer == v4 + 1 || layer == v6 + 1))
            return possible[n].fields | M(DISCARD_REASON);
    }
    return 0;
}

static bool is_of_a_link(const struct ip_address *address)
{
    return ip_address_is_link_local(address) || (address->bytes[0] == 0xff && (address->bytes[1] & 15) <= 2);
}

static void set_metadata(FWPS_INCOMING_METADATA_VALUES0 *m, uint16_t layer, const struct wfp_info *info)
{
    memset(m, 0, sizeof *m);
    m->currentMetadataValues = possible_at(layer) & (info->have | PROCESS | M(COMPARTMENT_ID));
    m->discardMetadata = (FWPS_DISCARD_METADATA0){ (FWPS_DISCARD_MODULE0)info->discard_module, info->discard_reason,
                                                   info->discard_filter };
    m->flowHandle = info->flow;
    m->ipHeaderSize = info->ip_header;
    m->transportHeaderSize = info->transport_header;
    m->processPath = &system_blob;
    m->token = (UINT64)(uintptr_t)system_token;
    m->processId = 4;
    m->compartmentId = DEFAULT_COMPARTMENT_ID;
    m->fragmentMetadata = (FWPS_INBOUND_FRAGMENT_METADATA0){ info->fragment_id, (UINT16)info->fragment_offset,
                                                             info->fragment_length };
    m->pathMtu = info->path_mtu;
    m->controlData = (WSACMSGHDR *)(uintptr_t)info->control.bytes;
    m->controlDataLength = info->control.size;
    if (!info->inbound && info->remote.family == 6 && is_of_a_link(&info->remote)) {
        m->currentMetadataValues |= possible_at(layer) & WFP_HAS_SCOPE;
        m->remoteScopeId.Value = info->interface.index;
    }
    m->completionHandle = info->completion;
    m->transportEndpointHandle = info->endpoint;
    m->parentEndpointHandle = info->parent_endpoint;
    m->packetDirection = info->inbound ? FWP_DIRECTION_INBOUND : FWP_DIRECTION_OUTBOUND;
    m->icmpIdAndSequence = info->icmp_id_and_sequence;
    m->redirectRecords = info->redirect_records;
    m->localRedirectTargetPID = info->redirect_pid;
    m->originalDestination = (SOCKADDR *)(uintptr_t)info->original_destination;
}

/* --- classification ------------------------------------------------------------------------------------------------------------ */

static void fill(struct values *v, uint16_t layer, const struct wfp_info *info)
{
    const struct fwp_layer *l = fwp_layer_of(layer);

    if (!made[layer])
        make_program(layer);
    v->values = (FWPS_INCOMING_VALUES0){ layer, l->field_count, v->value };
    for (unsigned n = 0; n < l->field_count; n++)
        set_value(v, &v->value[n].value, programs[layer][n], info);
    set_metadata(&v->metadata, layer, info);
}

bool wfp_classify(uint16_t layer, const struct wfp_info *info, void *data, struct fwp_verdict *verdict)
{
    struct fwp_verdict own = { 0 };
    struct values v;

    if (!verdict)
        verdict = &own;
    fill(&v, layer, info);
    fwp_classify(&v.values, &v.metadata, data, verdict);
    return verdict->action != FWP_ACTION_BLOCK;
}

unsigned wfp_waterfall(uint16_t layer, const struct wfp_info *info, struct fwp_step *steps, unsigned space)
{
    struct values v;

    fill(&v, layer, info);
    return fwp_waterfall(&v.values, steps, space);
}

bool wfp_ask(const struct fwp_step *step, uint16_t layer, const struct wfp_info *info, void *data, struct fwp_verdict *verdict)
{
    struct values v;

    fill(&v, layer, info);
    fwp_ask(step, &v.values, &v.metadata, data, verdict);
    return verdict->action != FWP_ACTION_BLOCK;
}

void wfp_discarded(uint16_t layer, struct wfp_info *info, struct fwp_packet *packet, enum wfp_discard_module module, uint32_t reason,
                   uint64_t filter)
{
    uint16_t discard = (uint16_t)(layer + 1);

    if (fwp_layer_is_empty(discard))
        return;
    info->discard_module = module;
    info->discard_reason = reason;
    info->discard_filter = filter;
    info->have |= FWPS_METADATA_FIELD_DISCARD_REASON;
    wfp_classify(discard, info, packet ? packet->nbl : NULL, NULL);
}

/* --- endpoints --------------------------------------------------------------------------------------------------------------------- */

struct endpoint_visit {
    void (*visit)(void *context, const FWPS_ALE_ENDPOINT_PROPERTIES0 *endpoint);
    void *context;
};

static void put_endpoint_address(const struct ip_address *a, UINT32 *v4, UINT8 *v6)
{
    if (a->family == 6)
        memcpy(v6, a->bytes, 16);
    else
        *v4 = (uint32_t)a->bytes[0] << 24 | a->bytes[1] << 16 | a->bytes[2] << 8 | a->bytes[3];
}

static void visit_endpoint(void *context, const struct wfp_endpoint_view *view)
{
    const struct endpoint_visit *to = context;
    FWPS_ALE_ENDPOINT_PROPERTIES0 e = {
        .endpointId = view->id, .ipVersion = view->local.family == 6 ? FWP_IP_VERSION_V6 : FWP_IP_VERSION_V4,
        .ipProtocol = view->protocol, .localPort = view->local_port, .remotePort = view->remote_port, .appId = system_blob,
    };

    put_endpoint_address(&view->local, &e.localV4Address, e.localV6Address);
    put_endpoint_address(&view->remote, &e.remoteV4Address, e.remoteV6Address);
    to->visit(to->context, &e);
}

void wfp_endpoints(void (*visit)(void *context, const FWPS_ALE_ENDPOINT_PROPERTIES0 *endpoint), void *context)
{
    struct endpoint_visit to = { visit, context };

    wfp_each_endpoint(visit_endpoint, &to);
}
