/* What is enumerated beside objects: between enumerate.c, layer_calls.c and net_event_calls.c. */
#ifndef FWP_ENUMERATE_KINDS_H
#define FWP_ENUMERATE_KINDS_H

#include <fwpsk.h>
#include <stdbool.h>

#include "fwp/object.h"

enum { FWP_ENUM_LAYERS = FWP_KINDS, FWP_ENUM_SESSIONS, FWP_ENUM_NET_EVENTS, FWP_ENUM_CONNECTIONS, FWP_ENUM_ENDPOINTS };

struct enumeration;

/* Adds a copy of the value, made by the enumeration's packer. False without memory. */
bool fwp_enum_take(struct enumeration *it, const void *value);

/* NULL: everything. STATUS_FWP_INVALID_ENUMERATOR, _LAYER_NOT_FOUND, _NULL_POINTER, _CONDITION_NOT_FOUND, _DUPLICATE_CONDITION. */
NTSTATUS fwp_check_filter_template(const FWPM_FILTER_ENUM_TEMPLATE0 *template);

bool fwp_enum_layers(struct enumeration *it);
/* endpoint_calls.c: of FWPS_ALE_ENDPOINT_PROPERTIES0. */
bool fwp_enum_endpoints(struct enumeration *it, const FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 *template);
NTSTATUS fwp_check_endpoint_template(const FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 *template);
fwp_packer fwp_pack_endpoint;
bool fwp_enum_net_events(struct enumeration *it, const FWPM_NET_EVENT_ENUM_TEMPLATE0 *template);

/* A struct fwp_net_event as it is, and as each version of the public structure. */
fwp_packer fwp_pack_net_event, fwp_pack_net_event0, fwp_pack_net_event1, fwp_pack_net_event2, fwp_pack_net_event3,
    fwp_pack_net_event4, fwp_pack_net_event5;

#endif
