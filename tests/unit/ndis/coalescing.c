/* Receive segment coalescing with drivers that do not know it. docs: network/programming-considerations-for-rsc-drivers,
 * network/udp-rsc-offload */
#include "fake_filter.h"

static unsigned sets;

static void say(NDIS_OFFLOAD *o, bool on)
{
    *o = (NDIS_OFFLOAD){
        .Header = { NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_3, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3 },
        .Rsc = { .IPv4.Enabled = on, .IPv6.Enabled = on },
    };
}

static NDIS_STATUS offer(NDIS_HANDLE adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = { 0 };
    NDIS_OFFLOAD offload;

    say(&offload, true);
    a.OffloadAttributes = (NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 },
        .DefaultOffloadConfiguration = &offload, .HardwareOffloadCapabilities = &offload,
    };
    return NdisMSetMiniportAttributes(adapter, &a);
}

static NDIS_STATUS obey(PNDIS_OID_REQUEST r)
{
    const NDIS_OFFLOAD_PARAMETERS *p = r->DATA.SET_INFORMATION.InformationBuffer;
    NDIS_OFFLOAD offload;
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = mp.adapter, .StatusCode = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, .StatusBuffer = &offload,
        .StatusBufferSize = NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3,
    };

    if (r->DATA.Oid == OID_OFFLOAD_ENCAPSULATION)
        return NDIS_STATUS_SUCCESS;
    if (r->DATA.Oid != OID_TCP_OFFLOAD_PARAMETERS)
        return NDIS_STATUS_NOT_SUPPORTED;
    CHECK_EQ(p->RscIPv4, p->RscIPv6);
    sets++;
    say(&offload, p->RscIPv4 == NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED);
    NdisMIndicateStatusEx(mp.adapter, &indication);
    return NDIS_STATUS_SUCCESS;
}

static bool coalesces(void)
{
    return container_of(ndis_adapters.next, struct adapter, node)->offload.Rsc.IPv4.Enabled;
}

static NDIS_STATUS switch_on(void)
{
    NDIS_OFFLOAD_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_3, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 },
        .RscIPv4 = NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED, .RscIPv6 = NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED,
    };
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = { .Oid = OID_TCP_OFFLOAD_PARAMETERS, .InformationBuffer = &p,
                                  .InformationBufferLength = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 },
    };

    return NdisOidRequest(pr.binding, &r);
}

static void start(void)
{
    sets = 0;
    mp.on_initialize = offer;
    mp.on_set = obey;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK(coalesces());
}

static void stop(void)
{
    for (struct fake_filter *f = ff; f < ff + 4; f++)
        if (f->driver)
            NdisFDeregisterFilterDriver(f->driver);
    unplug_fake();
    deregister_protocol();
}

static void present(void *unused)
{
    start();
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK(coalesces());
    CHECK_EQ(sets, 0);
    CHECK_EQ(switch_on(), NDIS_STATUS_SUCCESS);
    stop();
}

TEST(a_filter_driver_that_knows_coalescing_leaves_it_on)
{
    with_filters(present);
}

static void past(void *unused)
{
    start();
    ff[0].minor = 20;
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK(!coalesces());
    CHECK_EQ(sets, 1);
    CHECK_EQ(switch_on(), NDIS_STATUS_NOT_SUPPORTED);
    CHECK(!coalesces());
    CHECK_EQ(sets, 1);
    NdisFDeregisterFilterDriver(ff[0].driver);
    ff[0].driver = NULL;
    CHECK_EQ(switch_on(), NDIS_STATUS_SUCCESS);
    CHECK(coalesces());
    stop();
}

TEST(an_older_one_has_it_switched_off_while_it_is_there)
{
    with_filters(past);
}

/* --- UDP's ---------------------------------------------------------------------------------------------------------------- */

static void say_udp(NDIS_OFFLOAD *o, bool on)
{
    *o = (NDIS_OFFLOAD){
        .Header = { NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_7, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7 },
        .UdpRsc.Enabled = on,
    };
}

static NDIS_STATUS offer_udp(NDIS_HANDLE adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = { 0 };
    NDIS_OFFLOAD offload;

    say_udp(&offload, true);
    a.OffloadAttributes = (NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 },
        .DefaultOffloadConfiguration = &offload, .HardwareOffloadCapabilities = &offload,
    };
    return NdisMSetMiniportAttributes(adapter, &a);
}

static NDIS_STATUS obey_udp(PNDIS_OID_REQUEST r)
{
    const NDIS_OFFLOAD_PARAMETERS *p = r->DATA.SET_INFORMATION.InformationBuffer;
    NDIS_OFFLOAD offload;
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = mp.adapter, .StatusCode = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, .StatusBuffer = &offload,
        .StatusBufferSize = NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7,
    };

    if (r->DATA.Oid != OID_TCP_OFFLOAD_PARAMETERS)
        return NDIS_STATUS_NOT_SUPPORTED;
    CHECK_EQ(p->Header.Revision, NDIS_OFFLOAD_PARAMETERS_REVISION_6);
    sets++;
    say_udp(&offload, p->UdpRsc.Enabled == NDIS_OFFLOAD_PARAMETERS_UDP_RSC_ENABLED);
    NdisMIndicateStatusEx(mp.adapter, &indication);
    return NDIS_STATUS_SUCCESS;
}

static bool coalesces_udp(void)
{
    return container_of(ndis_adapters.next, struct adapter, node)->offload.UdpRsc.Enabled;
}

static NDIS_STATUS switch_udp_on(void)
{
    NDIS_OFFLOAD_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_6, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_6 },
        .UdpRsc.Enabled = NDIS_OFFLOAD_PARAMETERS_UDP_RSC_ENABLED,
    };
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = { .Oid = OID_TCP_OFFLOAD_PARAMETERS, .InformationBuffer = &p,
                                  .InformationBufferLength = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_6 },
    };

    return NdisOidRequest(pr.binding, &r);
}

static void start_udp(UCHAR minor)
{
    sets = 0;
    pr.minor = minor;
    mp.on_initialize = offer_udp;
    mp.on_set = obey_udp;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
}

static void udp_filters(void *unused)
{
    start_udp(89);
    CHECK(coalesces_udp());
    ff[0].minor = 89;
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK(coalesces_udp());
    ff[1].minor = 88;
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
    CHECK(!coalesces_udp());
    CHECK_EQ(sets, 1);
    CHECK_EQ(switch_udp_on(), NDIS_STATUS_NOT_SUPPORTED);
    NdisFDeregisterFilterDriver(ff[1].driver);
    ff[1].driver = NULL;
    CHECK_EQ(switch_udp_on(), NDIS_STATUS_SUCCESS);
    CHECK(coalesces_udp());
    ff[2].minor = 89;
    ff[2].flags = NDIS_FILTER_DRIVER_UDP_RSC_NOT_SUPPORTED;
    CHECK_EQ(register_filter(&ff[2], 'c'), NDIS_STATUS_SUCCESS);
    CHECK(!coalesces_udp());
    stop();
}

TEST(datagrams_are_not_coalesced_below_a_filter_that_does_not_know_it)
{
    with_filters(udp_filters);
}

static void udp_protocol(void *unused)
{
    start_udp(0);
    CHECK(!coalesces_udp());
    CHECK_EQ(switch_udp_on(), NDIS_STATUS_NOT_SUPPORTED);
    stop();
}

TEST(datagrams_are_not_coalesced_for_an_older_protocol)
{
    with_filters(udp_protocol);
}
