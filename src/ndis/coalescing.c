/* Receive segment coalescing and drivers older than it: while a filter module or an intermediate driver of NDIS 6.20 or before is in
 * the stack, NDIS keeps it off. docs: network/programming-considerations-for-rsc-drivers */
#include "ndis/coalescing.h"

#include "ndis/filter_module.h"

#define FIRST_MINOR 30

static bool is_old(uint8_t major, uint8_t minor)
{
    return major < 6 || (major == 6 && minor < FIRST_MINOR);
}

static bool has_old_driver(struct adapter *a)
{
    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        if (is_old(f->driver->handlers.MajorNdisVersion, f->driver->handlers.MinorNdisVersion))
            return true;
    list_each(it, &a->bindings) {
        const struct ndis_protocol *p = container_of(it, struct binding, node)->protocol;

        if (p->miniport && is_old(p->handlers.MajorNdisVersion, p->handlers.MinorNdisVersion))
            return true;
    }
    return false;
}

void coalescing_follow(struct adapter *a)
{
    NDIS_OFFLOAD_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_3, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 },
        .RscIPv4 = NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED,
        .RscIPv6 = NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED,
    };

    if (a->has_offload && a->offload.Header.Revision >= NDIS_OFFLOAD_REVISION_3 &&
        (a->offload.Rsc.IPv4.Enabled || a->offload.Rsc.IPv6.Enabled) && has_old_driver(a))
        oid_ask(a, NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, &p, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3, NULL);
}

bool coalescing_refuses(struct adapter *a, const NDIS_OID_REQUEST *request)
{
    const NDIS_OFFLOAD_PARAMETERS *p = request->DATA.SET_INFORMATION.InformationBuffer;

    return request->DATA.Oid == OID_TCP_OFFLOAD_PARAMETERS && request->RequestType == NdisRequestSetInformation &&
           request->DATA.SET_INFORMATION.InformationBufferLength >= NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 &&
           p->Header.Revision >= NDIS_OFFLOAD_PARAMETERS_REVISION_3 &&
           (p->RscIPv4 == NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED || p->RscIPv6 == NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED) && has_old_driver(a);
}
