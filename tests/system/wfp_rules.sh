#!/usr/bin/env bash
# The mistakes of callouts that rules know, each in a driver that makes it and in one that does not: the finding has the rule's name and
# the line.
. tests/system/lib.sh
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || skip 'clang-19 and lld-19 are not installed'

mkdir -p "$TMP/rules"
cp tests/guest/helpers.h tests/guest/wsk_helpers.h tests/guest/wfp_helpers.h drivers/lib/testing.h drivers/lib/testing.c "$TMP/rules"
cat >"$TMP/rules/rules.c" <<'C'
#include "wfp_helpers.h"

static BOOLEAN Wrong;
static HANDLE Injection, Pended;
static PNET_BUFFER_LIST Clone, Shown;
static UCHAR *Bytes;
static volatile LONG Calls, Flows;
static UINT32 Interface, CalloutId;
static UINT64 Flow;

TEST_SETUP(open_all)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

static PAIR Pair;

TEST_TEARDOWN(close_all)
{
    CloseWfp();
    if (Pair.Client == NULL)
        CloseWsk();
}

#define CLASSIFY(name) \
    static VOID NTAPI name(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, \
                           const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)

static PWSK_SOCKET NewDatagram(USHORT *port)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;

    if (socket != NULL) {
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
        *port = PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET);
    }
    return socket;
}

/* Datagrams to itself. */
static void Traffic(ULONG count)
{
    USHORT port;
    PWSK_SOCKET socket = NewDatagram(&port);
    ADDRESS address;
    BUFFER buffer;

    REQUIRE(socket != NULL && OpenBuffer(&buffer, 100));
    for (ULONG n = 0; n < count; n++) {
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, Loopback(&address, AF_INET, port), 0, NULL, Irp)),
                  STATUS_SUCCESS);
        Sleep(5);
    }
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

/* --- packets ---- */

CLASSIFY(CloneFirst)
{
    PNET_BUFFER_LIST list = (PNET_BUFFER_LIST)data;

    Permit(out);
    if (Calls++ == 0 && FwpsAllocateCloneNetBufferList0(list, NULL, NULL, 0, &Clone) == STATUS_SUCCESS)
        Bytes = (UCHAR *)NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(Clone), 8, NULL, 1, 0);
}

static void WriteToAClone(void)
{
    HOOK hook;

    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_TRANSPORT_V4, CloneFirst, NULL, 0));
    Traffic(1);
    REQUIRE(Clone != NULL && Bytes != NULL);
    if (!Wrong)
        Bytes[0] = 1;
    FwpsFreeCloneNetBufferList0(Clone, 0);
    if (Wrong)
        Bytes[0] = 1;
    Traffic(1);
    RemoveHook(&hook);
}

static void FreeAClone(void)
{
    HOOK hook;

    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_TRANSPORT_V4, CloneFirst, NULL, 0));
    Traffic(1);
    REQUIRE(Clone != NULL);
    FwpsFreeCloneNetBufferList0(Clone, 0);
    if (Wrong)
        FwpsFreeCloneNetBufferList0(Clone, 0);
    RemoveHook(&hook);
}

CLASSIFY(ReferenceFirst)
{
    Permit(out);
    if (Calls++ == 0) {
        Shown = (PNET_BUFFER_LIST)data;
        FwpsReferenceNetBufferList0(Shown, FALSE);
        FwpsDereferenceNetBufferList0(Shown, FALSE);
        if (Wrong)
            FwpsDereferenceNetBufferList0(Shown, FALSE);
        Calls++;
    }
}

static void GiveBackAReference(void)
{
    HOOK hook;

    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_TRANSPORT_V4, ReferenceFirst, NULL, 0));
    Traffic(2);
    RemoveHook(&hook);
}

/* --- injection ---- */

static VOID NTAPI Injected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    FwpsFreeCloneNetBufferList0(list, 0);
}

CLASSIFY(InjectAll)
{
    PNET_BUFFER_LIST list = (PNET_BUFFER_LIST)data, clone;
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(list);

    Permit(out);
    if (!Wrong && FwpsQueryPacketInjectionState0(Injection, list, NULL) == FWPS_PACKET_INJECTED_BY_SELF)
        return;
    if (Calls++ > 40 || NdisRetreatNetBufferDataStart(buffer, meta->ipHeaderSize, 0, NULL) != NDIS_STATUS_SUCCESS)
        return;
    if (FwpsAllocateCloneNetBufferList0(list, NULL, NULL, 0, &clone) == STATUS_SUCCESS) {
        Interface = values->incomingValue[FWPS_FIELD_INBOUND_IPPACKET_V4_INTERFACE_INDEX].value.uint32;
        if (FwpsInjectNetworkReceiveAsync0(Injection, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, Interface, 0, clone, Injected, NULL) ==
            STATUS_SUCCESS)
            Absorb(out);
        else
            FwpsFreeCloneNetBufferList0(clone, 0);
    }
    NdisAdvanceNetBufferDataStart(buffer, meta->ipHeaderSize, FALSE, NULL);
}

static void InjectAgain(void)
{
    HOOK hook;

    REQUIRE(FwpsInjectionHandleCreate0(AF_INET, FWPS_INJECTION_TYPE_NETWORK, &Injection) == STATUS_SUCCESS);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_INBOUND_IPPACKET_V4, InjectAll, NULL, 0));
    Traffic(1);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(Injection), STATUS_SUCCESS);
}

static void KeepAHandle(void)
{
    REQUIRE(FwpsInjectionHandleCreate0(AF_INET, FWPS_INJECTION_TYPE_NETWORK, &Injection) == STATUS_SUCCESS);
    if (!Wrong)
        EXPECT_EQ(FwpsInjectionHandleDestroy0(Injection), STATUS_SUCCESS);
}

/* --- answers ---- */

CLASSIFY(AbsorbWithout)
{
    if (Wrong)
        Permit(out);
    else
        Block(out);
    out->flags |= FWPS_CLASSIFY_OUT_FLAG_ABSORB;
}

static void AbsorbAPacket(void)
{
    HOOK hook;

    REQUIRE(AddHook(&hook, &FWPM_LAYER_INBOUND_TRANSPORT_V4, AbsorbWithout, NULL, 0));
    Traffic(1);
    RemoveHook(&hook);
}

CLASSIFY(WriteAnyway)
{
    if (Wrong || (out->rights & FWPS_RIGHT_ACTION_WRITE))
        out->actionType = FWP_ACTION_CONTINUE;
}

/* A heavier sublayer has a hard permit. */
static void WriteWithoutTheRight(void)
{
    static const GUID heavy = {0x7b0d2f11, 0x55aa, 0x4c3d, {0x90, 0x12, 1, 2, 3, 4, 5, 6}};
    FWPM_SUBLAYER0 sublayer = {0};
    FWPM_FILTER0 filter = {0};
    HOOK hook;

    sublayer.subLayerKey = filter.subLayerKey = heavy;
    sublayer.displayData.name = filter.displayData.name = (WCHAR *)L"heavy";
    sublayer.weight = 0x200;
    filter.layerKey = FWPM_LAYER_INBOUND_TRANSPORT_V4;
    filter.action.type = FWP_ACTION_PERMIT;
    filter.flags = FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT;
    REQUIRE(FwpmSubLayerAdd0(Engine, &sublayer, NULL) == STATUS_SUCCESS);
    REQUIRE(FwpmFilterAdd0(Engine, &filter, NULL, NULL) == STATUS_SUCCESS);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_INBOUND_TRANSPORT_V4, WriteAnyway, NULL, 0));
    Traffic(1);
    RemoveHook(&hook);
}

CLASSIFY(TakeTime)
{
    LARGE_INTEGER frequency, begin = KeQueryPerformanceCounter(&frequency), now = begin;

    Permit(out);
    while (Wrong && now.QuadPart - begin.QuadPart < frequency.QuadPart / 50)
        now = KeQueryPerformanceCounter(NULL);
}

static void ClassifySlowly(void)
{
    HOOK hook;

    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_TRANSPORT_V4, TakeTime, NULL, 0));
    Traffic(8);
    RemoveHook(&hook);
}

/* --- what stays ---- */

static VOID NTAPI FlowDeleted(UINT16 layer, UINT32 callout, UINT64 context)
{
}

CLASSIFY(Associate)
{
    if (Flows++ == 0) {
        Flow = meta->flowHandle;
        EXPECT_EQ(FwpsFlowAssociateContext0(Flow, FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, CalloutId, 0x1234), STATUS_SUCCESS);
    }
}

static void KeepAContext(void)
{
    HOOK hook;

    REQUIRE(AddHookWith(&hook, &FWPM_LAYER_ALE_FLOW_ESTABLISHED_V4, Associate, FlowDeleted, FWP_ACTION_CALLOUT_INSPECTION, 0, NULL, 0));
    CalloutId = hook.Id;
    EXPECT(OpenPair(&Pair, AF_INET, NULL, NULL));
    if (!Wrong) {
        EXPECT_EQ(FwpsFlowRemoveContext0(Flow, FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, CalloutId), STATUS_SUCCESS);
        RemoveHook(&hook);
        ClosePair(&Pair);
        Pair.Client = NULL;
    }
}

CLASSIFY(Pend)
{
    UINT32 flags = values->incomingValue[FWPS_FIELD_ALE_AUTH_CONNECT_V4_FLAGS].value.uint32;

    Permit(out);
    if (flags & FWP_CONDITION_FLAG_IS_REAUTHORIZE)
        return;
    if (FwpsPendOperation0(meta->completionHandle, &Pended) == STATUS_SUCCESS)
        Absorb(out);
}

static void KeepAnOperation(void)
{
    PWSK_SOCKET listener, socket;
    ADDRESS local, remote;
    USHORT port;
    CALL call;
    HOOK hook;

    listener = NewListener(AF_INET, NULL, NULL, &port);
    socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    REQUIRE(listener != NULL && socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, Pend, NULL, 0));
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, port), 0, Begin(&call));
    Sleep(20);
    if (!Wrong) {
        FwpsCompleteOperation0(Pended, NULL);
        EXPECT_EQ(Finish(&call, NULL), STATUS_SUCCESS);
    }
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
    if (Wrong)
        Finish(&call, NULL);
}

#define BOTH(scenario) \
    TEST_CASE(breaks_##scenario) { Wrong = TRUE; scenario(); } \
    TEST_CASE(keeps_##scenario) { scenario(); }
BOTH(WriteToAClone)
BOTH(FreeAClone)
BOTH(GiveBackAReference)
BOTH(InjectAgain)
BOTH(KeepAHandle)
BOTH(AbsorbAPacket)
BOTH(WriteWithoutTheRight)
BOTH(ClassifySlowly)
BOTH(KeepAContext)
BOTH(KeepAnOperation)
C
"$RING3" build "$TMP/rules" --out="$TMP/out" >"$TMP/log" 2>&1 || { bad 'the driver builds'; head -n 10 "$TMP/log"; finish; }

run() {
    key='HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\rules\Parameters'
    printf 'Windows Registry Editor Version 5.00\r\n\r\n[%s]\r\n"Test"="%s"\r\n' "$key" "$1" >"$TMP/one.reg"
    timeout -s KILL 20 "$RING3" run "$TMP/out/rules.sys" --reg="$TMP/one.reg" --for=1ms --ctl=off >"$TMP/log" 2>&1
}
rule() {    # SCENARIO RULE TEXT
    run "breaks_$1"
    code=$?
    if [ $code -eq 1 ] && grep -q "$2: .*$3" "$TMP/log" && grep -q 'rules.sys!.*rules.c:[0-9]' "$TMP/log"; then ok "$1 is a finding of $2"
    else bad "$1 is a finding of $2: exit code $code"; grep -A6 'finding:' "$TMP/log" | head -n 20; tail -n 5 "$TMP/log"; fi
    if run "keeps_$1" && ! grep -q finding: "$TMP/log"; then ok "$1 done right is none"
    else bad "$1 done right is none"; tail -n 20 "$TMP/log"; fi
}
rule WriteToAClone wfp-packet 'written to after its last clone was freed'
rule FreeAClone wfp-packet 'freed as a clone and is none'
rule GiveBackAReference wfp-packet 'dereferenced more often'
rule InjectAgain wfp-reinjection 'injected 8 times in a row by the same handle, the last time for network receive'
rule KeepAHandle leak 'left an injection handle'
rule AbsorbAPacket wfp-misuse 'ABSORB without FWP_ACTION_BLOCK'
rule WriteWithoutTheRight wfp-misuse 'without FWPS_RIGHT_ACTION_WRITE'
rule ClassifySlowly wfp-slow-classify 'classifyFn of callout'
rule KeepAContext leak 'left a context 0x1234'
rule KeepAnOperation leak 'left a pended operation'
finish
