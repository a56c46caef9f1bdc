/* Receive segment coalescing and drivers that do not know it. While a filter module or an intermediate driver of NDIS 6.20 or before is
 * in the stack, NDIS keeps TCP's off; while a filter module or protocol of NDIS 6.88 or before is, or one that says it does not take
 * them, UDP's. docs: network/programming-considerations-for-rsc-drivers, network/udp-rsc-offload */
#include "ndis/coalescing.h"

#include "ndis/filter_module.h"

#define TCP_MINOR 30
#define UDP_MINOR 89

static bool is_old(uint8_t major, uint8_t minor, uint8_t first)
{
    return major < 6 || (major == 6 && minor < first);
}

static bool keeps_tcp_off(struct adapter *a)
{
    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        if (is_old(f->driver->handlers.MajorNdisVersion, f->driver->handlers.MinorNdisVersion, TCP_MINOR))
            return true;
    list_each(it, &a->bindings) {
        const struct ndis_protocol *p = container_of(it, struct binding, node)->protocol;

        if (p->miniport && is_old(p->handlers.MajorNdisVersion, p->handlers.MinorNdisVersion, TCP_MINOR))
            return true;
    }
    return false;
}

static bool keeps_udp_off(struct adapter *a)
{
    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f)) {
        const NDIS_FILTER_DRIVER_CHARACTERISTICS *h = &f->driver->handlers;

        if (is_old(h->MajorNdisVersion, h->MinorNdisVersion, UDP_MINOR) || h->Flags & NDIS_FILTER_DRIVER_UDP_RSC_NOT_SUPPORTED)
            return true;
    }
    list_each(it, &a->bindings) {
        const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *h = &container_of(it, struct binding, node)->protocol->handlers;

        if (is_old(h->MajorNdisVersion, h->MinorNdisVersion, UDP_MINOR) || h->Flags & NDIS_PROTOCOL_DRIVER_UDP_RSC_NOT_SUPPORTED)
            return true;
    }
    return false;
}

static bool coalesces_tcp(const struct adapter *a)
{
    return a->has_offload && a->offload.Header.Revision >= NDIS_OFFLOAD_REVISION_3 &&
           (a->offload.Rsc.IPv4.Enabled || a->offload.Rsc.IPv6.Enabled);
}

static bool coalesces_udp(const struct adapter *a)
{
    return a->has_offload && a->offload.Header.Revision >= NDIS_OFFLOAD_REVISION_7 && a->offload.UdpRsc.Enabled;
}

/* For as long as such a driver is there: the registry stays as it is. */
static void switch_off(struct adapter *a, NDIS_OFFLOAD_PARAMETERS *p, uint8_t revision, uint32_t size)
{
    p->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT, revision, (USHORT)size };
    p->Flags = NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE;
    oid_ask(a, NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, p, size, NULL);
}

void coalescing_follow(struct adapter *a)
{
    NDIS_OFFLOAD_PARAMETERS tcp = { .RscIPv4 = NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED, .RscIPv6 = NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED };
    NDIS_OFFLOAD_PARAMETERS udp = { .UdpRsc.Enabled = NDIS_OFFLOAD_PARAMETERS_UDP_RSC_DISABLED };

    if (coalesces_tcp(a) && keeps_tcp_off(a))
        switch_off(a, &tcp, NDIS_OFFLOAD_PARAMETERS_REVISION_3, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3);
    if (coalesces_udp(a) && keeps_udp_off(a))
        switch_off(a, &udp, NDIS_OFFLOAD_PARAMETERS_REVISION_6, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_6);
}

static bool has(const NDIS_OID_REQUEST *request, uint8_t revision, uint32_t size)
{
    const NDIS_OFFLOAD_PARAMETERS *p = request->DATA.SET_INFORMATION.InformationBuffer;

    return request->DATA.SET_INFORMATION.InformationBufferLength >= size && p->Header.Revision >= revision;
}

bool coalescing_refuses(struct adapter *a, const NDIS_OID_REQUEST *request)
{
    const NDIS_OFFLOAD_PARAMETERS *p = request->DATA.SET_INFORMATION.InformationBuffer;

    if (request->DATA.Oid != OID_TCP_OFFLOAD_PARAMETERS || request->RequestType != NdisRequestSetInformation)
        return false;
    if (has(request, NDIS_OFFLOAD_PARAMETERS_REVISION_3, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3) &&
        (p->RscIPv4 == NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED || p->RscIPv6 == NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED) && keeps_tcp_off(a))
        return true;
    return has(request, NDIS_OFFLOAD_PARAMETERS_REVISION_6, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_6) &&
           p->UdpRsc.Enabled == NDIS_OFFLOAD_PARAMETERS_UDP_RSC_ENABLED && keeps_udp_off(a);
}
