/* What ProtocolBindAdapterEx is told: the adapter as the last restart of its stack left it, for filter modules may change the
 * attributes that go up with a restart. docs: ndis/ns-ndis-_ndis_bind_parameters, ndis/ns-ndis-_ndis_restart_general_attributes */
#include "ndis/filter_module.h"
#include "ndis/oid_features.h"
#include "ndis/ports.h"
#include "nt/pool.h"

#include <string.h>

/* --- attributes ------------------------------------------------------------------------------------------------------------ */

/* A restart shows capabilities of zeros where a miniport has none, a bind no capabilities. */
void effective_reset(struct adapter *a)
{
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;

    memset(&a->effective_rss, 0, sizeof a->effective_rss);
    a->effective = (NDIS_RESTART_GENERAL_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES, NDIS_RESTART_GENERAL_ATTRIBUTES_REVISION_2,
                    NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_2 },
        .MtuSize = g->MtuSize,
        .MaxXmitLinkSpeed = g->MaxXmitLinkSpeed,
        .MaxRcvLinkSpeed = g->MaxRcvLinkSpeed,
        .LookaheadSize = g->LookaheadSize,
        .MacOptions = g->MacOptions,
        .SupportedPacketFilters = g->SupportedPacketFilters,
        .MaxMulticastListSize = g->MaxMulticastListSize,
        .RecvScaleCapabilities = a->has_rss ? &a->rss_capabilities : &a->effective_rss,
        .AccessType = g->AccessType,
        .ConnectionType = g->ConnectionType,
        .SupportedStatistics = g->SupportedStatistics,
        .DataBackFillSize = g->DataBackFillSize,
        .ContextBackFillSize = g->ContextBackFillSize,
        .SupportedOidList = a->oids,
        .SupportedOidListLength = a->oid_count * (uint32_t)sizeof(NDIS_OID),
    };
}

/* What others point at is theirs, and may go: capabilities are copied, and the list of OIDs stays the miniport's. */
static void keep(struct adapter *a, const NDIS_RESTART_GENERAL_ATTRIBUTES *from)
{
    NDIS_RESTART_GENERAL_ATTRIBUTES *to = &a->effective;

    memcpy(to, from, min_u64(from->Header.Size, sizeof *to));
    to->SupportedOidList = a->oids;
    to->SupportedOidListLength = a->oid_count * (uint32_t)sizeof(NDIS_OID);
    if (to->RecvScaleCapabilities && to->RecvScaleCapabilities != &a->rss_capabilities && to->RecvScaleCapabilities != &a->effective_rss) {
        attributes_copy(&a->effective_rss, sizeof a->effective_rss, NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_3,
                        to->RecvScaleCapabilities, to->RecvScaleCapabilities->Header.Size);
        to->RecvScaleCapabilities = &a->effective_rss;
    }
}

static const NDIS_RESTART_GENERAL_ATTRIBUTES *general_of(PNDIS_RESTART_ATTRIBUTES attributes)
{
    for (; attributes; attributes = attributes->Next) {
        const NDIS_RESTART_GENERAL_ATTRIBUTES *general = (const void *)attributes->Data;

        if (attributes->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES &&
            attributes->DataLength >= NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1 &&
            general->Header.Size >= NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1 &&
            general->Header.Size <= attributes->DataLength)
            return general;
    }
    return NULL;
}

void effective_keep(struct adapter *a, PNDIS_RESTART_ATTRIBUTES attributes)
{
    const NDIS_RESTART_GENERAL_ATTRIBUTES *general = general_of(attributes);

    effective_reset(a);
    if (general)
        keep(a, general);
}

uint32_t restart_mtu(PNDIS_RESTART_ATTRIBUTES attributes)
{
    const NDIS_RESTART_GENERAL_ATTRIBUTES *general = general_of(attributes);

    return general ? general->MtuSize : 0;
}

/* --- bind parameters ------------------------------------------------------------------------------------------------------- */

/* What a protocol is told of power management depends on its version: one structure until 6.1, another since 6.20.
 * docs: network/initializing-intermediate-drivers-to-handle-pnp-and-power-management-events */
static void fill_power(struct binding *b, NDIS_BIND_PARAMETERS *p, NDIS_PNP_CAPABILITIES *old, NDIS_PM_CAPABILITIES *new)
{
    struct adapter *a = b->adapter;

    *old = a->pnp_capabilities;
    *new = a->pm_capabilities;
    if (!a->has_pnp_capabilities && !a->has_pm_capabilities)
        return;
    if (b->protocol->handlers.MinorNdisVersion < 20) {
        if (!a->has_pnp_capabilities)
            old->WakeUpCapabilities = (NDIS_PM_WAKE_UP_CAPABILITIES){ new->MinMagicPacketWakeUp, new->MinPatternWakeUp,
                                                                      new->MinLinkChangeWakeUp };
        p->PowerManagementCapabilities = old;
        return;
    }
    if (!a->has_pm_capabilities)
        *new = (NDIS_PM_CAPABILITIES){
            .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_1, NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1 },
            .MinMagicPacketWakeUp = old->WakeUpCapabilities.MinMagicPacketWakeUp,
            .MinPatternWakeUp = old->WakeUpCapabilities.MinPatternWakeUp,
            .MinLinkChangeWakeUp = old->WakeUpCapabilities.MinLinkChangeWakeUp,
        };
    p->PowerManagementCapabilitiesEx = new;
}

/* Drivers compare the revision with that of their own version of NDIS. */
static NDIS_OBJECT_HEADER bind_header(const struct ndis_protocol *protocol)
{
    static const USHORT sizes[] = { NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_2,
                                    NDIS_SIZEOF_BIND_PARAMETERS_REVISION_3, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4 };
    uint8_t minor = protocol->handlers.MinorNdisVersion, n = minor >= 30 ? 3 : minor >= 20 ? 2 : minor >= 1 ? 1 : 0;

    return (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_BIND_PARAMETERS, (UCHAR)(n + 1), sizes[n] };
}

static void fill(struct binding *b, NDIS_BIND_PARAMETERS *p)
{
    struct adapter *a = b->adapter;
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;
    const NDIS_RESTART_GENERAL_ATTRIBUTES *e = &a->effective;
    const struct filter *top = filter_below(a, NULL);

    *p = (NDIS_BIND_PARAMETERS){
        .Header = bind_header(b->protocol),
        .AdapterName = &a->name,
        .PhysicalDeviceObject = a->pdo,
        .MediaType = g->MediaType,
        .MtuSize = e->MtuSize,
        .MaxXmitLinkSpeed = e->MaxXmitLinkSpeed,
        .XmitLinkSpeed = a->link.XmitLinkSpeed,
        .MaxRcvLinkSpeed = e->MaxRcvLinkSpeed,
        .RcvLinkSpeed = a->link.RcvLinkSpeed,
        .MediaConnectState = a->link.MediaConnectState,
        .MediaDuplexState = a->link.MediaDuplexState,
        .LookaheadSize = e->LookaheadSize,
        .SupportedPacketFilters = e->SupportedPacketFilters,
        .MaxMulticastListSize = e->MaxMulticastListSize,
        .MacAddressLength = g->MacAddressLength,
        .PhysicalMediumType = g->PhysicalMediumType,
        .RcvScaleCapabilities = e->RecvScaleCapabilities && e->RecvScaleCapabilities->Header.Size ? e->RecvScaleCapabilities : NULL,
        .BoundIfNetluid = top ? top->luid : a->luid,
        .BoundIfIndex = top ? top->if_index : a->if_index,
        .LowestIfNetluid = a->luid,
        .LowestIfIndex = a->if_index,
        .AccessType = e->AccessType,
        .DirectionType = g->DirectionType,
        .ConnectionType = e->ConnectionType,
        .IfType = g->IfType,
        .IfConnectorPresent = g->IfConnectorPresent,
        .DataBackFillSize = e->DataBackFillSize,
        .ContextBackFillSize = e->ContextBackFillSize,
        .MacOptions = e->MacOptions,
        .CompartmentId = NET_IF_COMPARTMENT_ID_PRIMARY,
        .DefaultOffloadConfiguration = a->has_offload ? &a->offload : NULL,
        .HDSplitCurrentConfig = a->has_hd_split ? &a->hd_split : NULL,
        .ReceiveFilterCapabilities = features_find(a, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES),
        .NicSwitchCapabilities = features_find(a, OID_NIC_SWITCH_CURRENT_CAPABILITIES),
        .SriovCapabilities = features_find(a, OID_SRIOV_CURRENT_CAPABILITIES),
        .BoundAdapterName = &a->name,
    };
    for (unsigned i = 0; i < NDIS_MAX_PHYS_ADDRESS_LENGTH; i++)
        p->CurrentMacAddress[i] = g->CurrentMacAddress[i];
}

bool bind_parameters_fill(struct bind_parameters *parameters, struct binding *b)
{
    parameters->ports = port_list(b->adapter);
    if (!parameters->ports)
        return false;
    parameters->section = (UNICODE_STRING){ 0, sizeof parameters->section_buffer, parameters->section_buffer };
    fill(b, &parameters->p);
    fill_power(b, &parameters->p, &parameters->old_power, &parameters->power);
    config_binding_path(b, &parameters->section);
    parameters->p.ProtocolSection = &parameters->section;
    parameters->p.ActivePorts = parameters->ports;
    return true;
}

void bind_parameters_free(struct bind_parameters *parameters)
{
    pool_free(parameters->ports, 0, NULL);
}
