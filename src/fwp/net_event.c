/* The ring of net events. */
#include "fwp/net_event.h"

#include <string.h>

#include "nt/ke.h"

bool fwp_net_events_on;
uint32_t fwp_net_event_keywords;
void (*fwp_net_event_recorded)(void);

static struct {
    uint64_t count;
    struct fwp_net_event event[FWP_NET_EVENTS];
    int8_t field[FWP_LAYERS][8];        /* by enum term: the layer's field, or -1 */
} ring;

enum term { LOCAL_ADDRESS, REMOTE_ADDRESS, LOCAL_PORT, REMOTE_PORT, PROTOCOL, FLAGS, APPLICATION, USER, TERMS };

static const char *const term_names[TERMS][2] = {
    [LOCAL_ADDRESS] = { "IP_LOCAL_ADDRESS", "IP_SOURCE_ADDRESS" },
    [REMOTE_ADDRESS] = { "IP_REMOTE_ADDRESS", "IP_DESTINATION_ADDRESS" },
    [LOCAL_PORT] = { "IP_LOCAL_PORT", NULL },
    [REMOTE_PORT] = { "IP_REMOTE_PORT", NULL },
    [PROTOCOL] = { "IP_PROTOCOL", NULL },
    [FLAGS] = { "FLAGS", NULL },
    [APPLICATION] = { "ALE_APP_ID", NULL },
    [USER] = { "ALE_USER_ID", NULL },
};

static int8_t find_field(const struct fwp_layer *layer, enum term term)
{
    for (unsigned i = 0; i < layer->field_count; i++)
        for (unsigned n = 0; n < 2 && term_names[term][n]; n++)
            if (strcmp(layer->fields[i].name, term_names[term][n]) == 0)
                return (int8_t)i;
    return -1;
}

void fwp_net_events_open(void)
{
    memset(&ring, 0, sizeof ring);
    fwp_net_events_on = true;
    fwp_net_event_keywords = 0;
    for (unsigned id = 0; id < FWP_LAYERS; id++) {
        const struct fwp_layer *layer = fwp_layer_of((uint16_t)id);
        for (enum term term = 0; layer && term < TERMS; term++)
            ring.field[id][term] = find_field(layer, term);
    }
}

static const FWP_VALUE0 *value_of(const FWPS_INCOMING_VALUES0 *values, enum term term)
{
    int8_t field = ring.field[values->layerId][term];

    return field >= 0 && (UINT32)field < values->valueCount ? &values->incomingValue[field].value : NULL;
}

static bool take_address(struct fwp_net_event *event, const FWP_VALUE0 *value, void *address)
{
    if (!value || (value->type != FWP_UINT32 && value->type != FWP_BYTE_ARRAY16_TYPE))
        return false;
    event->version = value->type == FWP_UINT32 ? FWP_IP_VERSION_V4 : FWP_IP_VERSION_V6;
    event->flags |= FWPM_NET_EVENT_FLAG_IP_VERSION_SET;
    if (value->type == FWP_UINT32)
        memcpy(address, &value->uint32, 4);
    else
        memcpy(address, value->byteArray16, 16);
    return true;
}

static void take_values(struct fwp_net_event *event, const FWPS_INCOMING_VALUES0 *values)
{
    const FWP_VALUE0 *value;

    if (take_address(event, value_of(values, LOCAL_ADDRESS), &event->local))
        event->flags |= FWPM_NET_EVENT_FLAG_LOCAL_ADDR_SET;
    if (take_address(event, value_of(values, REMOTE_ADDRESS), &event->remote))
        event->flags |= FWPM_NET_EVENT_FLAG_REMOTE_ADDR_SET;
    if ((value = value_of(values, LOCAL_PORT)) && value->type == FWP_UINT16) {
        event->local_port = value->uint16;
        event->flags |= FWPM_NET_EVENT_FLAG_LOCAL_PORT_SET;
    }
    if ((value = value_of(values, REMOTE_PORT)) && value->type == FWP_UINT16) {
        event->remote_port = value->uint16;
        event->flags |= FWPM_NET_EVENT_FLAG_REMOTE_PORT_SET;
    }
    if ((value = value_of(values, PROTOCOL)) && value->type == FWP_UINT8) {
        event->protocol = value->uint8;
        event->flags |= FWPM_NET_EVENT_FLAG_IP_PROTOCOL_SET;
    }
    if ((value = value_of(values, FLAGS)) && value->type == FWP_UINT32)
        event->loopback = (value->uint32 & FWP_CONDITION_FLAG_IS_LOOPBACK) != 0;
}

/* Everybody is System: an event only says that there is a user. */
static void take_application(struct fwp_net_event *event, const FWPS_INCOMING_VALUES0 *values)
{
    const FWP_VALUE0 *value = value_of(values, APPLICATION);

    if (value && value->type == FWP_BYTE_BLOB_TYPE && value->byteBlob->size <= sizeof event->app) {
        event->app_size = (uint8_t)value->byteBlob->size;
        if (event->app_size)
            memcpy(event->app, value->byteBlob->data, event->app_size);
        event->flags |= FWPM_NET_EVENT_FLAG_APP_ID_SET;
    }
    value = value_of(values, USER);
    if (value && value->type == FWP_TOKEN_ACCESS_INFORMATION_TYPE)
        event->flags |= FWPM_NET_EVENT_FLAG_USER_ID_SET;
}

static bool is_inbound(const struct fwp_layer *layer)
{
    return strncmp(layer->name, "INBOUND", 7) == 0 || strncmp(layer->name, "INGRESS", 7) == 0 || strstr(layer->name, "RECV_ACCEPT");
}

/* Inbound multicast and broadcast are collected when the keywords say so. */
static bool is_wanted(const struct fwp_net_event *event)
{
    bool v6 = event->version == FWP_IP_VERSION_V6, broadcast = !v6 && event->local.v4 == 0xffffffff;
    bool multicast = v6 ? event->local.v6.byteArray16[0] == 0xff : event->local.v4 >> 28 == 14;

    if (!event->inbound || !(event->flags & FWPM_NET_EVENT_FLAG_LOCAL_ADDR_SET) || (!broadcast && !multicast))
        return true;
    return fwp_net_event_keywords & (broadcast ? FWPM_NET_EVENT_KEYWORD_INBOUND_BCAST : FWPM_NET_EVENT_KEYWORD_INBOUND_MCAST);
}

void fwp_net_event_begin(struct fwp_net_event *event, const FWPS_INCOMING_VALUES0 *values)
{
    *event = (struct fwp_net_event){ .time = ke_system_time() };
    if (!values)
        return;
    event->layer = values->layerId;
    event->inbound = is_inbound(fwp_layer_of(values->layerId));
    take_values(event, values);
    take_application(event, values);
}

void fwp_net_event_drop(const struct fwp_layer *layer, const FWPS_INCOMING_VALUES0 *values,
                        const FWPS_INCOMING_METADATA_VALUES0 *metadata, const struct fwp_verdict *verdict)
{
    if (!fwp_net_events_on)
        return;
    struct fwp_net_event event;
    fwp_net_event_begin(&event, values);
    event.filter = verdict->filter_id;
    event.callout = verdict->callout_id;
    event.veto = verdict->veto;
    if (!is_wanted(&event))
        return;
    event.sequence = ring.count + 1;
    ring.event[ring.count++ % FWP_NET_EVENTS] = event;
    if (fwp_net_event_recorded)
        fwp_net_event_recorded();
}

uint64_t fwp_net_event_count(void)
{
    return ring.count;
}

const struct fwp_net_event *fwp_net_event_from(uint64_t sequence)
{
    if (ring.count >= FWP_NET_EVENTS && sequence <= ring.count - FWP_NET_EVENTS)
        sequence = ring.count - FWP_NET_EVENTS + 1;
    if (sequence == 0)
        sequence = 1;
    return sequence <= ring.count ? &ring.event[(sequence - 1) % FWP_NET_EVENTS] : NULL;
}
