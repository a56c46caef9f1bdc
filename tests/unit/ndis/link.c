/* The state of the link as TCP/IP knows it, told at bad moments. */
#include "fake.h"

#include "tcpip/tcpip.h"

static NDIS_MEDIA_CONNECT_STATE told;

static void tell(void)
{
    NDIS_LINK_STATE state = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1 },
        .MediaConnectState = told,
        .MediaDuplexState = MediaDuplexStateFull,
        .XmitLinkSpeed = 1000000000,
        .RcvLinkSpeed = 1000000000,
    };
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
                    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = mp.adapter,
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = &state,
        .StatusBufferSize = sizeof state,
    };

    NdisMIndicateStatusEx(mp.adapter, &indication);
}

/* While the protocol binds: between what NDIS told it and the end of its first request. */
static NDIS_STATUS tell_at_filter(PNDIS_OID_REQUEST r)
{
    if (r->DATA.Oid == OID_GEN_CURRENT_PACKET_FILTER && *(ULONG *)r->DATA.SET_INFORMATION.InformationBuffer)
        tell();
    return NDIS_STATUS_NOT_SUPPORTED;
}

static void goes_down_while_tcpip_binds(void *unused)
{
    struct tcpip_interface_info info;

    told = MediaConnectStateDisconnected;
    mp.on_set = tell_at_filter;
    CHECK(tcpip_set_address(0, "10.0.0.1/24"));
    plug_fake();
    sleep_ms(100);
    CHECK(tcpip_query_interface(0, &info));
    CHECK(info.bound);
    CHECK(!info.link_up);
    mp.on_set = NULL;
    told = MediaConnectStateConnected;
    tell();
    sleep_ms(100);
    CHECK(tcpip_query_interface(0, &info));
    CHECK(info.link_up);
    unplug_fake();
}

static void stays_up_without_a_word(void *unused)
{
    struct tcpip_interface_info info;

    CHECK(tcpip_set_address(0, "10.0.0.1/24"));
    plug_fake();
    sleep_ms(100);
    CHECK(tcpip_query_interface(0, &info));
    CHECK(info.link_up);
    unplug_fake();
}

TEST(a_link_that_goes_down_while_tcpip_binds_is_down)
{
    on_a_computer(goes_down_while_tcpip_binds, 1);
}

TEST(a_link_of_which_nothing_is_said_is_as_the_miniport_said)
{
    on_a_computer(stays_up_without_a_word, 1);
}
