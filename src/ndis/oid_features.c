/* Requests about features of hardware: capabilities that a miniport gave with its hardware-assist attributes, settings that NDIS
 * keeps, and what it refuses in place of a miniport without the feature. Receive queues, NIC switches, virtual functions and QoS are
 * not managed here: what NDIS would answer from its books about them is refused, although a miniport has them. (Packet coalescing has
 * its own in receive_books.c, which is asked before.)
 * docs: ndis/ns-ndis-_ndis_miniport_adapter_hardware_assist_attributes, network/ndis-oids */
#include "ndis/oid_features.h"

#include <string.h>

#include "nt/pool.h"

#define MAX_HEADER 256u                 /* bytes; the pages leave the number open */
#define FEATURE_TAG NDIS_TAG('N', 'D', 'f', 't')

/* In the order of struct adapter's `features`. */
static const struct {
    NDIS_OID oid;
    size_t member;                      /* of the attributes */
} capabilities[NDIS_FEATURES] = {
    { OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES, offsetof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, HardwareReceiveFilterCapabilities) },
    { OID_RECEIVE_FILTER_CURRENT_CAPABILITIES, offsetof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, CurrentReceiveFilterCapabilities) },
    { OID_NIC_SWITCH_HARDWARE_CAPABILITIES, offsetof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, HardwareNicSwitchCapabilities) },
    { OID_NIC_SWITCH_CURRENT_CAPABILITIES, offsetof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, CurrentNicSwitchCapabilities) },
    { OID_SRIOV_HARDWARE_CAPABILITIES, offsetof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, HardwareSriovCapabilities) },
    { OID_SRIOV_CURRENT_CAPABILITIES, offsetof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, CurrentSriovCapabilities) },
    { OID_QOS_HARDWARE_CAPABILITIES, offsetof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, HardwareQosCapabilities) },
    { OID_QOS_CURRENT_CAPABILITIES, offsetof(NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, CurrentQosCapabilities) },
};

/* What NDIS answers from its books about queues, switches and functions that somebody has made. */
static const NDIS_OID books[] = {
    OID_RECEIVE_FILTER_ENUM_QUEUES, OID_RECEIVE_FILTER_ENUM_FILTERS, OID_RECEIVE_FILTER_GLOBAL_PARAMETERS,
    OID_RECEIVE_FILTER_PARAMETERS, OID_NIC_SWITCH_ENUM_SWITCHES, OID_NIC_SWITCH_ENUM_VFS, OID_NIC_SWITCH_ENUM_VPORTS,
    OID_NIC_SWITCH_PARAMETERS, OID_NIC_SWITCH_VF_PARAMETERS, OID_NIC_SWITCH_VPORT_PARAMETERS, OID_SRIOV_PF_LUID,
    OID_SRIOV_VF_SERIAL_NUMBER, OID_QOS_OPERATIONAL_PARAMETERS, OID_QOS_REMOTE_PARAMETERS,
    OID_TCP_CONNECTION_OFFLOAD_CURRENT_CONFIG, OID_TCP_CONNECTION_OFFLOAD_HARDWARE_CAPABILITIES,
};

static bool in_books(NDIS_OID oid)
{
    for (unsigned n = 0; n < countof(books); n++)
        if (books[n] == oid)
            return true;
    return false;
}

/* --- attributes ------------------------------------------------------------------------------------------------------------ */

void features_forget(struct adapter *a)
{
    for (unsigned n = 0; n < NDIS_FEATURES; n++) {
        if (a->features[n])
            pool_free(a->features[n], 0, NULL);
        a->features[n] = NULL;
    }
    a->has_hd_split = a->has_encapsulation = false;
    a->stamps.Header.Revision = a->stamps_now.Header.Revision = 0;
    a->rss_v2_size = 0;
}

static bool keep(NDIS_OBJECT_HEADER **to, const NDIS_OBJECT_HEADER *from)
{
    if (*to)
        pool_free(*to, 0, NULL);
    *to = NULL;
    if (!from || from->Size < sizeof *from)
        return true;
    *to = pool_alloc(NonPagedPoolNx, from->Size, FEATURE_TAG, NULL);
    if (*to)
        memcpy(*to, from, from->Size);
    return *to != NULL;
}

/* Split frames are welcome to every driver here: NDIS enables what the miniport offers, and says so in its structure.
 * docs: network/initializing-a-header-data-split-provider */
static void keep_hd_split(struct adapter *a, NDIS_HD_SPLIT_ATTRIBUTES *from)
{
    a->has_hd_split = from && from->Header.Size >= NDIS_SIZEOF_HD_SPLIT_ATTRIBUTES_REVISION_1;
    if (!a->has_hd_split)
        return;
    from->HDSplitFlags = from->CurrentCapabilities & NDIS_HD_SPLIT_CAPS_SUPPORTS_HEADER_DATA_SPLIT ? NDIS_HD_SPLIT_ENABLE_HEADER_DATA_SPLIT : 0;
    from->BackfillSize = 0;
    from->MaxHeaderSize = MAX_HEADER;
    a->hd_split = (NDIS_HD_SPLIT_CURRENT_CONFIG){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_HD_SPLIT_CURRENT_CONFIG_REVISION_1, NDIS_SIZEOF_HD_SPLIT_CURRENT_CONFIG_REVISION_1 },
        .HardwareCapabilities = from->HardwareCapabilities, .CurrentCapabilities = from->CurrentCapabilities,
        .HDSplitFlags = from->HDSplitFlags, .BackfillSize = from->BackfillSize, .MaxHeaderSize = from->MaxHeaderSize,
    };
}

NDIS_STATUS features_take(struct adapter *a, const NDIS_OBJECT_HEADER *header)
{
    if (header->Size < NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_1)
        return NDIS_STATUS_INVALID_PARAMETER;
    keep_hd_split(a, ((const NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES *)header)->HDSplitAttributes);
    for (unsigned n = 0; n < NDIS_FEATURES; n++) {
        const NDIS_OBJECT_HEADER *from = NULL;

        if (capabilities[n].member + sizeof from <= header->Size)
            memcpy(&from, (const uint8_t *)header + capabilities[n].member, sizeof from);
        if (!keep(&a->features[n], from))
            return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

/* A current configuration without capabilities before it is rejected. */
static bool take_stamps(struct adapter *a, const NDIS_STATUS_INDICATION *indication)
{
    const NDIS_TIMESTAMP_CAPABILITIES *stamps = indication->StatusBuffer;
    bool now = indication->StatusCode == NDIS_STATUS_TIMESTAMP_CURRENT_CONFIG;

    if (!stamps || indication->StatusBufferSize < NDIS_SIZEOF_TIMESTAMP_CAPABILITIES_REVISION_1 ||
        stamps->Header.Revision < NDIS_TIMESTAMP_CAPABILITIES_REVISION_1 || (now && !a->stamps.Header.Revision))
        return false;
    memcpy(now ? &a->stamps_now : &a->stamps, stamps, NDIS_SIZEOF_TIMESTAMP_CAPABILITIES_REVISION_1);
    return true;
}

bool features_status(struct adapter *a, const NDIS_STATUS_INDICATION *indication)
{
    if (indication->StatusCode != NDIS_STATUS_HD_SPLIT_CURRENT_CONFIG)
        return take_stamps(a, indication);
    if (indication->StatusBufferSize >= NDIS_SIZEOF_HD_SPLIT_CURRENT_CONFIG_REVISION_1 && indication->StatusBuffer) {
        memcpy(&a->hd_split, indication->StatusBuffer, sizeof a->hd_split);
        a->has_hd_split = true;
    }
    return true;
}

/* --- settings that NDIS keeps ---------------------------------------------------------------------------------------------- */

bool features_rss_v2(const struct adapter *a)
{
    return a->has_rss && a->rss_capabilities.CapabilitiesFlags & NDIS_RSS_CAPS_SUPPORTS_INDEPENDENT_ENTRY_MOVE;
}

void features_keep(struct adapter *a, const NDIS_OID_REQUEST *request)
{
    const struct _SET *set = &request->DATA.SET_INFORMATION;

    if (request->RequestType != NdisRequestSetInformation)
        return;
    if (set->Oid == OID_OFFLOAD_ENCAPSULATION && set->InformationBufferLength >= NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1) {
        memcpy(&a->encapsulation, set->InformationBuffer, sizeof a->encapsulation);
        a->has_encapsulation = true;
    }
    if (set->Oid == OID_GEN_RECEIVE_SCALE_PARAMETERS_V2 && set->InformationBufferLength <= sizeof a->rss_v2) {
        memcpy(a->rss_v2, set->InformationBuffer, set->InformationBufferLength);
        a->rss_v2_size = set->InformationBufferLength;
    }
}

/* --- requests -------------------------------------------------------------------------------------------------------------- */

static NDIS_STATUS reply_if(bool there, PNDIS_OID_REQUEST request, const void *data, uint32_t size)
{
    return there ? oid_reply(request, data, size) : NDIS_STATUS_NOT_SUPPORTED;
}

/* These documents ask for another status than most when the buffer is too small. */
static NDIS_STATUS reply_capabilities(PNDIS_OID_REQUEST request, const NDIS_OBJECT_HEADER *header)
{
    NDIS_STATUS status = header ? oid_reply(request, header, header->Size) : NDIS_STATUS_NOT_SUPPORTED;

    return status == NDIS_STATUS_BUFFER_TOO_SHORT ? NDIS_STATUS_INVALID_LENGTH : status;
}

bool features_answer(struct adapter *a, PNDIS_OID_REQUEST request, NDIS_STATUS *status)
{
    NDIS_OID oid = request->DATA.Oid;

    for (unsigned n = 0; n < NDIS_FEATURES; n++)
        if (capabilities[n].oid == oid) {
            *status = reply_capabilities(request, a->features[n]);
            return true;
        }
    switch (oid) {
    case OID_GEN_HD_SPLIT_CURRENT_CONFIG:
        *status = reply_if(a->has_hd_split, request, &a->hd_split, a->hd_split.Header.Size);
        return true;
    case OID_OFFLOAD_ENCAPSULATION:
        *status = reply_if(a->has_encapsulation, request, &a->encapsulation, sizeof a->encapsulation);
        return true;
    case OID_TIMESTAMP_CAPABILITY:
    case OID_TIMESTAMP_CURRENT_CONFIG: {
        const NDIS_TIMESTAMP_CAPABILITIES *stamps = oid == OID_TIMESTAMP_CAPABILITY ? &a->stamps : &a->stamps_now;

        *status = reply_if(stamps->Header.Revision, request, stamps, NDIS_SIZEOF_TIMESTAMP_CAPABILITIES_REVISION_1);
        return true;
    }
    case OID_GEN_RECEIVE_SCALE_PARAMETERS_V2:
        *status = reply_if(features_rss_v2(a) && a->rss_v2_size, request, a->rss_v2, a->rss_v2_size);
        return true;
    case OID_GEN_PCI_DEVICE_CUSTOM_PROPERTIES:
        *status = a->has_bus ? oid_reply(request, &a->pci_properties, a->pci_properties.Header.Size) : NDIS_STATUS_INVALID_DEVICE_REQUEST;
        return true;
    default:
        *status = NDIS_STATUS_NOT_SUPPORTED;
        return in_books(oid);
    }
}

void *features_find(const struct adapter *a, NDIS_OID oid)
{
    for (unsigned n = 0; n < NDIS_FEATURES; n++)
        if (capabilities[n].oid == oid)
            return a->features[n];
    return NULL;
}

/* A miniport hears of these settings only when NDIS enabled the splitting. */
static bool splits(const struct adapter *a)
{
    return a->has_hd_split && a->hd_split.HDSplitFlags & NDIS_HD_SPLIT_ENABLE_HEADER_DATA_SPLIT;
}

bool features_refuse(struct adapter *a, const NDIS_OID_REQUEST *request)
{
    NDIS_OID oid = request->DATA.Oid;

    if (oid == OID_GEN_HD_SPLIT_PARAMETERS)
        return !splits(a);

    if (request->RequestType == NdisRequestMethod)
        return in_books(oid) || oid == OID_RECEIVE_FILTER_QUEUE_PARAMETERS || oid == OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES;
    return oid == OID_GEN_RECEIVE_SCALE_PARAMETERS_V2 && !features_rss_v2(a);
}
