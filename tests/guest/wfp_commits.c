/* Transactions while traffic is classified: a classification sees the policy before a commit or after it, never a part of each.
 * docs: fwp/object-management */
#include "wfp_helpers.h"

#define LAYER FWPM_LAYER_OUTBOUND_TRANSPORT_V4
#define DATAGRAMS 60

static const GUID Keys[2] = {{0x61616161, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, {0x62626262, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}};
static UINT32 Ids[2];
static USHORT Port;

static struct {
    volatile LONG First, Second, Bad, Commits;
    volatile LONG Marker;               /* the policy whose first filter saw the datagram; one is sent at a time */
    volatile BOOLEAN Stop;
} Seen;

TEST_SETUP(open_all)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    CloseWfp();
    CloseWsk();
}

static void See(int policy, const FWPS_FILTER1 *filter, FWPS_CLASSIFY_OUT0 *out)
{
    if (filter->subLayerWeight == 0x100) {
        Seen.First++;
        Seen.Bad += Seen.Marker != -1;
        Seen.Marker = policy;
        KeStallExecutionProcessor(1);   /* others may commit meanwhile */
    } else {
        Seen.Second++;
        Seen.Bad += Seen.Marker != policy;
        Seen.Marker = -1;
    }
    out->actionType = FWP_ACTION_CONTINUE;
}

static VOID NTAPI ClassifyA(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                            const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    See(0, filter, out);
}

static VOID NTAPI ClassifyB(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                            const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    See(1, filter, out);
}

static BOOLEAN AddCallout(int policy)
{
    FWPS_CALLOUT1 callout = {0};
    FWPM_CALLOUT0 added = {0};

    callout.calloutKey = added.calloutKey = Keys[policy];
    callout.classifyFn = policy ? ClassifyB : ClassifyA;
    callout.notifyFn = HookNotify;
    added.displayData.name = (WCHAR *)L"commits";
    added.applicableLayer = LAYER;
    return FwpsCalloutRegister1(Device, &callout, &Ids[policy]) == STATUS_SUCCESS &&
           FwpmCalloutAdd0(Engine, &added, NULL, NULL) == STATUS_SUCCESS;
}

/* The policy's filter in one of the two sublayers. */
static NTSTATUS AddFilter(int policy, const GUID *sublayer, UINT64 *id)
{
    FWPM_FILTER0 filter = {0};
    FWPM_FILTER_CONDITION0 condition = {0};

    condition.fieldKey = FWPM_CONDITION_IP_REMOTE_PORT;
    condition.conditionValue.type = FWP_UINT16;
    condition.conditionValue.uint16 = Port;
    filter.displayData.name = (WCHAR *)L"commits";
    filter.layerKey = LAYER;
    filter.subLayerKey = *sublayer;
    filter.action.type = FWP_ACTION_CALLOUT_INSPECTION;
    filter.action.calloutKey = Keys[policy];
    filter.numFilterConditions = 1;
    filter.filterCondition = &condition;
    return FwpmFilterAdd0(Engine, &filter, NULL, id);
}

static void AddPolicy(int policy, UINT64 *ids)
{
    EXPECT_EQ(AddFilter(policy, &SubLayer, &ids[0]), STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(policy, &FWPM_SUBLAYER_UNIVERSAL, &ids[1]), STATUS_SUCCESS);
}

static void DeletePolicy(const UINT64 *ids)
{
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, ids[0]), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, ids[1]), STATUS_SUCCESS);
}

/* One policy after the other; every third transaction is aborted. */
static VOID NTAPI Commit(PVOID unused)
{
    UINT64 ids[2], next[2];
    int policy = 0, n;

    AddPolicy(0, ids);                  /* each add is a transaction of its own */
    Seen.Marker = -1;
    for (n = 0; !Seen.Stop; n++) {
        EXPECT_EQ(FwpmTransactionBegin0(Engine, 0), STATUS_SUCCESS);
        DeletePolicy(ids);
        AddPolicy(!policy, next);
        if (n % 3 == 2) {
            EXPECT_EQ(FwpmTransactionAbort0(Engine), STATUS_SUCCESS);
        } else {
            EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_SUCCESS);
            ids[0] = next[0], ids[1] = next[1];
            policy = !policy;
            Seen.Commits++;
        }
        Sleep(1);
    }
    DeletePolicy(ids);
}

static void SendOne(PWSK_SOCKET socket)
{
    ADDRESS address;
    BUFFER buffer;

    if (!OpenBuffer(&buffer, 5))
        return;
    RtlCopyMemory(buffer.Data, "hello", 5);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, Loopback(&address, AF_INET, Port), 0, NULL, Irp)),
              STATUS_SUCCESS);
    CloseBuffer(&buffer);
}

static PWSK_SOCKET Bound(void)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;

    if (socket != NULL)
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    return socket;
}

TEST_CASE(a_classification_sees_the_policy_before_or_after_a_commit)
{
    PWSK_SOCKET from = Bound(), to = Bound();
    PKTHREAD thread;
    int n;

    REQUIRE(from != NULL && to != NULL);
    Port = PortOf(to, WSK_FLAG_DATAGRAM_SOCKET);
    RtlZeroMemory(&Seen, sizeof(Seen));
    Seen.Marker = -2;
    REQUIRE(AddCallout(0) && AddCallout(1));
    thread = StartThread(Commit, NULL);
    REQUIRE(thread != NULL);
    while (Seen.Marker == -2)           /* the first policy is there */
        Sleep(1);
    for (n = 0; n < DATAGRAMS; n++) {
        SendOne(from);
        if (n % 4 == 0)
            Sleep(1);
    }
    Seen.Stop = TRUE;
    JoinThread(thread);
    EXPECT_EQ(Seen.First, DATAGRAMS);
    EXPECT_EQ(Seen.Second, DATAGRAMS);
    EXPECT_EQ(Seen.Bad, 0);
    EXPECT(Seen.Commits > 3);
    for (n = 0; n < 2; n++) {
        EXPECT_EQ(FwpmCalloutDeleteByKey0(Engine, &Keys[n]), STATUS_SUCCESS);
        EXPECT_EQ(FwpsCalloutUnregisterById0(Ids[n]), STATUS_SUCCESS);
    }
    EXPECT_EQ(CloseSocket(from), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(to), STATUS_SUCCESS);
}
