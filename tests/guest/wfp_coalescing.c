/* Callouts and segments that the adapter puts together: whoever does not say that it takes large packets gets none.
 * docs: network/programming-considerations-for-rsc-drivers, fwpsk/ns-fwpsk-fwps_callout2_
 * run after: vionet
 * run with: --nic=loop */
#define NDIS683 1
#define INITGUID
#include <ndis.h>
#include <fwpsk.h>
#include <fwpmk.h>
#include "ndis_bound.h"

static PDEVICE_OBJECT Device;

static VOID NTAPI classify(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                           const VOID *context, const FWPS_FILTER2 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
}

static NTSTATUS NTAPI notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER2 *filter)
{
    return STATUS_SUCCESS;
}

static NTSTATUS add(ULONG number, UINT32 flags)
{
    FWPS_CALLOUT2 callout;

    RtlZeroMemory(&callout, sizeof(callout));
    callout.calloutKey.Data1 = number;
    callout.flags = flags;
    callout.classifyFn = classify;
    callout.notifyFn = notify;
    return FwpsCalloutRegister2(Device, &callout, NULL);
}

static NTSTATUS take_away(ULONG number)
{
    GUID key;

    RtlZeroMemory(&key, sizeof(key));
    key.Data1 = number;
    return FwpsCalloutUnregisterByKey0(&key);
}

static BOOLEAN coalesces(void)
{
    NDIS_OFFLOAD now;
    ULONG written = 0;

    RtlZeroMemory(&now, sizeof(now));
    EXPECT_EQ(BoundQuery(OID_TCP_OFFLOAD_CURRENT_CONFIG, &now, sizeof(now), &written), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(now.Rsc.IPv4.Enabled, now.Rsc.IPv6.Enabled);
    return now.Rsc.IPv4.Enabled;
}

TEST_SETUP(bind)
{
    REQUIRE(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device) == STATUS_SUCCESS);
    REQUIRE(BoundOpen());
}

TEST_TEARDOWN(unbind)
{
    BoundClose();
    if (Device != NULL)
        IoDeleteDevice(Device);
}

TEST_CASE(a_callout_that_takes_large_packets_changes_nothing)
{
    EXPECT(coalesces());
    REQUIRE(add(1, FWP_CALLOUT_FLAG_ALLOW_RSC) == STATUS_SUCCESS);
    EXPECT(coalesces());
    EXPECT_EQ(take_away(1), STATUS_SUCCESS);
    EXPECT(coalesces());
}

TEST_CASE(while_any_other_is_registered_nothing_is_coalesced)
{
    EXPECT(coalesces());
    REQUIRE(add(1, 0) == STATUS_SUCCESS);
    EXPECT(!coalesces());
    REQUIRE(add(2, FWP_CALLOUT_FLAG_ALLOW_OFFLOAD) == STATUS_SUCCESS);
    REQUIRE(add(3, FWP_CALLOUT_FLAG_ALLOW_RSC) == STATUS_SUCCESS);
    EXPECT_EQ(take_away(1), STATUS_SUCCESS);
    EXPECT(!coalesces());
    EXPECT_EQ(take_away(2), STATUS_SUCCESS);
    EXPECT(coalesces());
    EXPECT_EQ(take_away(3), STATUS_SUCCESS);
}

TEST_CASE(a_registration_that_fails_changes_nothing)
{
    REQUIRE(add(1, FWP_CALLOUT_FLAG_ALLOW_RSC) == STATUS_SUCCESS);
    EXPECT_EQ(add(1, 0), STATUS_FWP_ALREADY_EXISTS);
    EXPECT(coalesces());
    EXPECT_EQ(take_away(1), STATUS_SUCCESS);
}

/* --- where it is ---- */

static HANDLE Engine;

static void coalescing_is(BOOLEAN v4, BOOLEAN v6)
{
    NDIS_OFFLOAD now;
    ULONG written = 0;

    RtlZeroMemory(&now, sizeof(now));
    EXPECT_EQ(BoundQuery(OID_TCP_OFFLOAD_CURRENT_CONFIG, &now, sizeof(now), &written), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(now.Rsc.IPv4.Enabled, v4);
    EXPECT_EQ(now.Rsc.IPv6.Enabled, v6);
}

static NTSTATUS place(ULONG number, const GUID *layer)
{
    FWPM_CALLOUT0 callout;

    RtlZeroMemory(&callout, sizeof(callout));
    callout.calloutKey.Data1 = number;
    callout.displayData.name = (WCHAR *)L"tests";
    callout.applicableLayer = *layer;
    return FwpmCalloutAdd0(Engine, &callout, NULL, NULL);
}

static NTSTATUS displace(ULONG number)
{
    GUID key;

    RtlZeroMemory(&key, sizeof(key));
    key.Data1 = number;
    return FwpmCalloutDeleteByKey0(Engine, &key);
}

static void at_layer(const GUID *layer, BOOLEAN v4, BOOLEAN v6)
{
    REQUIRE(add(1, 0) == STATUS_SUCCESS);
    coalescing_is(FALSE, FALSE);
    EXPECT_EQ(place(1, layer), STATUS_SUCCESS);
    coalescing_is(v4, v6);
    EXPECT_EQ(take_away(1), STATUS_SUCCESS);
    coalescing_is(TRUE, TRUE);
    REQUIRE(add(1, 0) == STATUS_SUCCESS);
    coalescing_is(v4, v6);
    EXPECT_EQ(displace(1), STATUS_SUCCESS);
    coalescing_is(FALSE, FALSE);
    EXPECT_EQ(take_away(1), STATUS_SUCCESS);
    coalescing_is(TRUE, TRUE);
}

TEST_CASE(a_callout_object_says_whose_segments_the_callout_sees)
{
    REQUIRE(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &Engine) == STATUS_SUCCESS);
    at_layer(&FWPM_LAYER_INBOUND_TRANSPORT_V4, FALSE, TRUE);
    at_layer(&FWPM_LAYER_STREAM_V6, TRUE, FALSE);
    at_layer(&FWPM_LAYER_INBOUND_MAC_FRAME_ETHERNET, FALSE, FALSE);
    at_layer(&FWPM_LAYER_ALE_BIND_REDIRECT_V4, TRUE, TRUE);
    at_layer(&FWPM_LAYER_DATAGRAM_DATA_V6, TRUE, TRUE);
    EXPECT_EQ(FwpmEngineClose0(Engine), STATUS_SUCCESS);
}

TEST_CASE(a_transaction_counts_when_it_is_committed)
{
    REQUIRE(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &Engine) == STATUS_SUCCESS);
    REQUIRE(add(1, 0) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionBegin0(Engine, 0), STATUS_SUCCESS);
    EXPECT_EQ(place(1, &FWPM_LAYER_INBOUND_TRANSPORT_V4), STATUS_SUCCESS);
    coalescing_is(FALSE, FALSE);
    EXPECT_EQ(FwpmTransactionAbort0(Engine), STATUS_SUCCESS);
    coalescing_is(FALSE, FALSE);
    EXPECT_EQ(FwpmTransactionBegin0(Engine, 0), STATUS_SUCCESS);
    EXPECT_EQ(place(1, &FWPM_LAYER_INBOUND_TRANSPORT_V4), STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_SUCCESS);
    coalescing_is(FALSE, TRUE);
    EXPECT_EQ(displace(1), STATUS_SUCCESS);
    EXPECT_EQ(take_away(1), STATUS_SUCCESS);
    coalescing_is(TRUE, TRUE);
    EXPECT_EQ(FwpmEngineClose0(Engine), STATUS_SUCCESS);
}
