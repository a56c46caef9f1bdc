/* Requests that a miniport does not complete, and resets. docs: network/miniport-adapter-check-for-hang-and-reset-operations */
#include "fake.h"

static void pending_request_hangs(void *unused)
{
    char text[64];
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation,
        .DATA.QUERY_INFORMATION = { OID_GEN_VENDOR_DESCRIPTION, text, sizeof text, 0, 0 },
    };

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    mp.pend_oids = mp.keep_oids = true;
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_PENDING);
    sleep_ms(5000);                     /* two checks: the second sees it for the second time */
    CHECK_STR(mp.journal, "ir");
    sleep_ms(2000);
    CHECK_STR(mp.journal, "irx");
    CHECK_STR(pr.journal, "br<>");
    NdisMOidRequestComplete(mp.adapter, mp.pended, NDIS_STATUS_SUCCESS);
    CHECK_EQ(pr.oid_completions, 1);
    mp.pended = NULL;
    sleep_ms(10000);
    CHECK_STR(mp.journal, "irx");       /* nothing hangs any more */
    unplug_fake();
    deregister_protocol();
}

TEST(a_request_that_two_checks_find_unfinished_resets_the_miniport)
{
    on_a_computer(pending_request_hangs, 1);
}
