/* Queries that NDIS answers from a miniport's attributes and status indications. docs: network/ndis-oids (the "not requested"
 * rows), network/obtaining-and-setting-miniport-driver-information-and-ndis-support-for-wmi */
#include "ndis/oid_features.h"
#include "ndis/ports.h"
#include "ndis/scaling.h"
#include "ndis/wake.h"

#include <string.h>

NDIS_STATUS oid_reply(PNDIS_OID_REQUEST request, const void *data, uint32_t length)
{
    if (request->DATA.QUERY_INFORMATION.InformationBufferLength < length) {
        request->DATA.QUERY_INFORMATION.BytesWritten = 0;
        request->DATA.QUERY_INFORMATION.BytesNeeded = length;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    memcpy(request->DATA.QUERY_INFORMATION.InformationBuffer, data, length);
    request->DATA.QUERY_INFORMATION.BytesWritten = length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS reply_u32(PNDIS_OID_REQUEST request, uint32_t value)
{
    return oid_reply(request, &value, sizeof value);
}

static NDIS_STATUS reply_u64(PNDIS_OID_REQUEST request, uint64_t value)
{
    return oid_reply(request, &value, sizeof value);
}

/* The classic unit of link speed is 100 bits per second. */
static uint32_t classic_speed(uint64_t bits)
{
    return bits == NET_IF_LINK_SPEED_UNKNOWN ? 0 : (uint32_t)min_u64(bits / 100, UINT32_MAX);
}

static bool answer_link(struct adapter *a, PNDIS_OID_REQUEST r, NDIS_STATUS *status)
{
    const NDIS_LINK_STATE *link = &a->link;

    switch (r->DATA.Oid) {
    case OID_GEN_LINK_STATE:
        *status = oid_reply(r, link, sizeof *link);
        return true;
    case OID_GEN_LINK_SPEED:
        *status = reply_u32(r, classic_speed(link->XmitLinkSpeed));
        return true;
    case OID_GEN_LINK_SPEED_EX: {
        NDIS_LINK_SPEED speed = { link->XmitLinkSpeed, link->RcvLinkSpeed };
        *status = oid_reply(r, &speed, sizeof speed);
        return true;
    }
    case OID_GEN_MAX_LINK_SPEED: {
        NDIS_LINK_SPEED speed = { a->general.MaxXmitLinkSpeed, a->general.MaxRcvLinkSpeed };
        *status = oid_reply(r, &speed, sizeof speed);
        return true;
    }
    case OID_GEN_XMIT_LINK_SPEED:
        *status = reply_u64(r, link->XmitLinkSpeed);
        return true;
    case OID_GEN_RCV_LINK_SPEED:
        *status = reply_u64(r, link->RcvLinkSpeed);
        return true;
    case OID_GEN_MEDIA_CONNECT_STATUS:
        *status = reply_u32(r, link->MediaConnectState == MediaConnectStateConnected ? NdisMediaStateConnected
                                                                                     : NdisMediaStateDisconnected);
        return true;
    case OID_GEN_MEDIA_CONNECT_STATUS_EX:
        *status = reply_u32(r, link->MediaConnectState);
        return true;
    case OID_GEN_MEDIA_DUPLEX_STATE:
        *status = reply_u32(r, link->MediaDuplexState);
        return true;
    default:
        return false;
    }
}

static bool answer_general(struct adapter *a, PNDIS_OID_REQUEST r, NDIS_STATUS *status)
{
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;

    switch (r->DATA.Oid) {
    case OID_GEN_SUPPORTED_LIST:
        *status = oid_reply(r, a->oids, a->oid_count * (uint32_t)sizeof(NDIS_OID));
        return true;
    case OID_GEN_MEDIA_SUPPORTED:
    case OID_GEN_MEDIA_IN_USE:
        *status = reply_u32(r, g->MediaType);
        return true;
    case OID_GEN_PHYSICAL_MEDIUM:
    case OID_GEN_PHYSICAL_MEDIUM_EX:
        *status = reply_u32(r, g->PhysicalMediumType);
        return true;
    case OID_GEN_MAXIMUM_FRAME_SIZE:
        *status = reply_u32(r, g->MtuSize);
        return true;
    case OID_GEN_MAXIMUM_LOOKAHEAD:
        *status = reply_u32(r, g->LookaheadSize);
        return true;
    case OID_GEN_MAC_OPTIONS:
        *status = reply_u32(r, g->MacOptions);
        return true;
    case OID_GEN_MAXIMUM_SEND_PACKETS:
        *status = reply_u32(r, UINT32_MAX);
        return true;
    case OID_GEN_DRIVER_VERSION:
        *status = reply_u32(r, (uint32_t)a->driver->miniport.MajorNdisVersion << 8 | a->driver->miniport.MinorNdisVersion);
        return true;
    case OID_802_3_PERMANENT_ADDRESS:
        *status = oid_reply(r, g->PermanentMacAddress, g->MacAddressLength);
        return true;
    case OID_802_3_CURRENT_ADDRESS:
        *status = oid_reply(r, g->CurrentMacAddress, g->MacAddressLength);
        return true;
    case OID_802_3_MAXIMUM_LIST_SIZE:
        *status = reply_u32(r, g->MaxMulticastListSize);
        return true;
    default:
        return false;
    }
}

static bool answer_capabilities(struct adapter *a, PNDIS_OID_REQUEST r, NDIS_STATUS *status)
{
    switch (r->DATA.Oid) {
    case OID_GEN_RECEIVE_SCALE_CAPABILITIES:
        *status = a->has_rss ? oid_reply(r, &a->rss_capabilities, a->rss_capabilities.Header.Size) : NDIS_STATUS_NOT_SUPPORTED;
        return true;
    case OID_GEN_RECEIVE_SCALE_PARAMETERS:
        *status = rss_answer(a, r);
        return true;
    case OID_TCP_OFFLOAD_CURRENT_CONFIG:
        *status = a->has_offload ? oid_reply(r, &a->offload, a->offload.Header.Size) : NDIS_STATUS_NOT_SUPPORTED;
        return true;
    case OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES:
        *status = a->has_offload_hardware ? oid_reply(r, &a->offload_hardware, a->offload_hardware.Header.Size)
                                          : NDIS_STATUS_NOT_SUPPORTED;
        return true;
    case OID_PNP_CAPABILITIES:
        *status = a->has_pnp_capabilities ? oid_reply(r, &a->pnp_capabilities, sizeof a->pnp_capabilities)
                                          : NDIS_STATUS_NOT_SUPPORTED;
        return true;
    default:
        return false;
    }
}

bool oid_answer_binding(struct binding *b, PNDIS_OID_REQUEST r, NDIS_STATUS *status)
{
    switch (r->DATA.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        *status = reply_u32(r, b->packet_filter);
        return true;
    case OID_GEN_CURRENT_LOOKAHEAD:
        *status = reply_u32(r, b->lookahead);
        return true;
    case OID_802_3_MULTICAST_LIST:
        *status = oid_reply(r, b->multicast, b->multicast_count * 6);
        return true;
    default:
        return false;
    }
}

/* What filter modules may have changed at the stack's last restart; a module that asks sees what is below it. */
bool oid_answer_effective(struct adapter *a, PNDIS_OID_REQUEST r, NDIS_STATUS *status)
{
    const NDIS_RESTART_GENERAL_ATTRIBUTES *e = &a->effective;

    switch (r->DATA.Oid) {
    case OID_GEN_MAXIMUM_FRAME_SIZE:
        *status = reply_u32(r, e->MtuSize);
        return true;
    case OID_GEN_MAXIMUM_LOOKAHEAD:
        *status = reply_u32(r, e->LookaheadSize);
        return true;
    case OID_GEN_MAC_OPTIONS:
        *status = reply_u32(r, e->MacOptions);
        return true;
    case OID_802_3_MAXIMUM_LIST_SIZE:
        *status = reply_u32(r, e->MaxMulticastListSize);
        return true;
    case OID_GEN_MAX_LINK_SPEED: {
        NDIS_LINK_SPEED speed = { e->MaxXmitLinkSpeed, e->MaxRcvLinkSpeed };
        *status = oid_reply(r, &speed, sizeof speed);
        return true;
    }
    default:
        return false;
    }
}

bool oid_answer(struct adapter *a, PNDIS_OID_REQUEST r, NDIS_STATUS *status)
{
    if (r->DATA.Oid == OID_GEN_ENUMERATE_PORTS || r->DATA.Oid == OID_GEN_PORT_STATE) {
        *status = r->DATA.Oid == OID_GEN_PORT_STATE ? port_reply_state(a, r) : port_enumerate(a, r);
        return true;
    }
    return answer_link(a, r, status) || answer_general(a, r, status) || answer_capabilities(a, r, status) ||
           wake_answer(a, r, status) || features_answer(a, r, status);
}
