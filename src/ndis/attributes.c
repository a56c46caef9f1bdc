/* What a miniport says about itself. docs: ndis/nf-ndis-ndismsetminiportattributes */
#include "ndis/adapter.h"

#include <string.h>

#include "base/log.h"
#include "ndis/oid_features.h"
#include "ndis/ports.h"
#include "ndis/receive_books.h"
#include "ndis/wake.h"
#include "nt/pool.h"

void attributes_copy(void *to, size_t room, uint8_t newest, const void *from, size_t length)
{
    NDIS_OBJECT_HEADER *header = to;

    memset(to, 0, room);
    memcpy(to, from, min_u64(min_u64(((const NDIS_OBJECT_HEADER *)from)->Size, length), room));
    if (header->Size > room || header->Revision > newest) {
        header->Size = (USHORT)room;
        header->Revision = newest;
    }
}

void attributes_reset(struct adapter *a)
{
    if (a->oids)
        pool_free(a->oids, 0, NULL);
    a->oids = NULL;
    a->oid_count = 0;
    a->has_registration = a->has_general = a->has_rss = a->has_offload = a->has_offload_hardware = false;
    a->has_pnp_capabilities = a->has_pm_capabilities = false;
    wake_forget_all(a);
    receive_filter_forget_all(a);
    features_forget(a);
    a->packet_filter = a->multicast_count = 0;
    memset(&a->general, 0, sizeof a->general);
    memset(&a->link, 0, sizeof a->link);
}

static NDIS_STATUS set_add_device(struct adapter *a, const NDIS_OBJECT_HEADER *header)
{
    const NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES *r = (const void *)header;

    if (header->Size < NDIS_SIZEOF_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1)
        return NDIS_STATUS_INVALID_PARAMETER;
    a->add_device_context = r->MiniportAddDeviceContext;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_registration(struct adapter *a, const NDIS_OBJECT_HEADER *header)
{
    const NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES *r = (const void *)header;

    if (header->Size < NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 || a->state != ADAPTER_INITIALIZING)
        return NDIS_STATUS_INVALID_PARAMETER;
    a->context = r->MiniportAdapterContext;
    a->attribute_flags = r->AttributeFlags;
    a->hang_seconds = r->CheckForHangTimeInSeconds ? r->CheckForHangTimeInSeconds : 2;
    a->has_registration = true;
    port_open(a);
    return NDIS_STATUS_SUCCESS;
}

static bool copy_oids(struct adapter *a)
{
    size_t size = a->general.SupportedOidListLength;

    if (a->oids)
        pool_free(a->oids, 0, NULL);
    a->oids = NULL;
    a->oid_count = (uint32_t)(size / sizeof(NDIS_OID));
    if (!size || !a->general.SupportedOidList)
        return true;
    a->oids = pool_alloc(NonPagedPoolNx, size, NDIS_TAG('N', 'D', 'o', 'l'), NULL);
    if (!a->oids)
        return false;
    memcpy(a->oids, a->general.SupportedOidList, size);
    return true;
}

static void copy_capabilities(struct adapter *a)
{
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;

    if (g->PowerManagementCapabilities) {
        a->pnp_capabilities = *g->PowerManagementCapabilities;
        a->has_pnp_capabilities = true;
        g->PowerManagementCapabilities = &a->pnp_capabilities;
    }
    if (g->PowerManagementCapabilitiesEx) {
        attributes_copy(&a->pm_capabilities, sizeof a->pm_capabilities, NDIS_PM_CAPABILITIES_REVISION_2,
                        g->PowerManagementCapabilitiesEx, SIZE_MAX);
        a->has_pm_capabilities = true;
        if (!config_keyword(a, u"*WakeOnMagicPacket", 1))
            a->pm_capabilities.SupportedWoLPacketPatterns &= ~(ULONG)NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED;
        if (!config_keyword(a, u"*WakeOnPattern", 1))
            a->pm_capabilities.SupportedWoLPacketPatterns &= NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED;
        g->PowerManagementCapabilitiesEx = &a->pm_capabilities;
    }
    if (g->RecvScaleCapabilities && !a->rss.keyword)
        g->RecvScaleCapabilities = NULL;        /* switched off: protocols do not see it */
    if (g->RecvScaleCapabilities) {
        attributes_copy(&a->rss_capabilities, sizeof a->rss_capabilities, NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_3,
                        g->RecvScaleCapabilities, SIZE_MAX);
        a->has_rss = true;
        g->RecvScaleCapabilities = &a->rss_capabilities;
    }
}

static void start_link_state(struct adapter *a)
{
    a->link = (NDIS_LINK_STATE){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1 },
        .MediaConnectState = a->general.MediaConnectState,
        .MediaDuplexState = a->general.MediaDuplexState,
        .XmitLinkSpeed = a->general.XmitLinkSpeed,
        .RcvLinkSpeed = a->general.RcvLinkSpeed,
        .PauseFunctions = (NDIS_SUPPORTED_PAUSE_FUNCTIONS)a->general.SupportedPauseFunctions,
        .AutoNegotiationFlags = a->general.AutoNegotiationFlags,
    };
}

static NDIS_STATUS set_general(struct adapter *a, const NDIS_OBJECT_HEADER *header)
{
    size_t size = header->Revision >= 2 ? NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2
                                        : NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;

    if (header->Size < size || a->state != ADAPTER_INITIALIZING)
        return NDIS_STATUS_INVALID_PARAMETER;
    memset(&a->general, 0, sizeof a->general);
    memcpy(&a->general, header, size);
    if (a->general.MacAddressLength > NDIS_MAX_PHYS_ADDRESS_LENGTH)
        return NDIS_STATUS_INVALID_PARAMETER;
    if (a->general.MediaType == NdisMediumWan || a->general.MediaType == NdisMediumCoWan ||
        a->general.MediaType == NdisMediumAtm) {
        log_warn("ndis", "the miniport is for %s: such adapters are not supported, only those that show Ethernet frames",
                 a->general.MediaType == NdisMediumWan ? "WAN (NDISWAN)" : "connections (CoNDIS)");
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    if (!copy_oids(a))
        return NDIS_STATUS_RESOURCES;
    copy_capabilities(a);
    start_link_state(a);
    a->has_general = true;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_offload(struct adapter *a, const NDIS_OBJECT_HEADER *header)
{
    const NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES *o = (const void *)header;

    if (header->Size < NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1)
        return NDIS_STATUS_INVALID_PARAMETER;
    a->has_offload = o->DefaultOffloadConfiguration != NULL;
    if (a->has_offload)
        attributes_copy(&a->offload, sizeof a->offload, NDIS_OFFLOAD_REVISION_7, o->DefaultOffloadConfiguration, SIZE_MAX);
    a->has_offload_hardware = o->HardwareOffloadCapabilities != NULL;
    if (a->has_offload_hardware)
        attributes_copy(&a->offload_hardware, sizeof a->offload_hardware, NDIS_OFFLOAD_REVISION_7, o->HardwareOffloadCapabilities,
                        SIZE_MAX);
    return NDIS_STATUS_SUCCESS;
}

/* Takes one block of attributes; its header says which. Registration attributes come first, in MiniportInitializeEx.
 * Hardware-assist attributes are kept to answer requests with; VMQ, SR-IOV and QoS are not used. Wireless, NDK and packet-direct
 * blocks are refused with NDIS_STATUS_NOT_SUPPORTED. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismsetminiportattributes */
NDIS_STATUS NTAPI NdisMSetMiniportAttributes(NDIS_HANDLE NdisMiniportHandle, PNDIS_MINIPORT_ADAPTER_ATTRIBUTES MiniportAttributes)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    const NDIS_OBJECT_HEADER *header = &MiniportAttributes->Header;

    switch (header->Type) {
    case NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES:
        return set_add_device(a, header);
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES:
        return set_registration(a, header);
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES:
        return set_general(a, header);
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES:
        return set_offload(a, header);
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES:
        return features_take(a, header);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}
