/* Sessions, transactions, notifications. docs: fwp/object-management, fwp/change-notifications, network/processing-notify-callouts */
#include "wfp_helpers.h"
#include "helpers.h"

#define CONNECT FWPM_LAYER_ALE_AUTH_CONNECT_V4

static WCHAR *const Name = (WCHAR *)L"transactions";
static const GUID KeyA = {0x41111111, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID KeyB = {0x42222222, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID CalloutKey = {0x43333333, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

TEST_SETUP(open_all)
{
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    CloseWfp();
}

static NTSTATUS AddFilter(HANDLE engine, const GUID *key, UINT64 *id)
{
    FWPM_FILTER0 filter = {0};

    filter.filterKey = *key;
    filter.displayData.name = Name;
    filter.layerKey = CONNECT;
    filter.subLayerKey = FWPM_SUBLAYER_UNIVERSAL;
    filter.action.type = FWP_ACTION_PERMIT;
    return FwpmFilterAdd0(engine, &filter, NULL, id);
}

static BOOLEAN Exists(HANDLE engine, const GUID *key)
{
    FWPM_FILTER0 *filter = NULL;
    NTSTATUS status = FwpmFilterGetByKey0(engine, key, &filter);

    EXPECT(status == STATUS_SUCCESS || status == STATUS_FWP_FILTER_NOT_FOUND);
    FwpmFreeMemory0((void **)&filter);
    return status == STATUS_SUCCESS;
}

static HANDLE Open(UINT32 flags, UINT32 wait)
{
    FWPM_SESSION0 session = {0};
    HANDLE engine = NULL;

    session.flags = flags;
    session.txnWaitTimeoutInMSec = wait;
    EXPECT_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, &engine), STATUS_SUCCESS);
    return engine;
}

TEST_CASE(an_aborted_transaction_leaves_nothing)
{
    EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_FWP_NO_TXN_IN_PROGRESS);
    EXPECT_EQ(FwpmTransactionAbort0(Engine), STATUS_FWP_NO_TXN_IN_PROGRESS);
    REQUIRE(FwpmTransactionBegin0(Engine, 0) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionBegin0(Engine, 0), STATUS_FWP_TXN_IN_PROGRESS);
    EXPECT_EQ(AddFilter(Engine, &KeyA, NULL), STATUS_SUCCESS);
    EXPECT(Exists(Engine, &KeyA));      /* the transaction sees itself */
    EXPECT_EQ(FwpmTransactionAbort0(Engine), STATUS_SUCCESS);
    EXPECT(!Exists(Engine, &KeyA));
}

TEST_CASE(a_failed_operation_leaves_the_transaction_as_it_was)
{
    REQUIRE(FwpmTransactionBegin0(Engine, 0) == STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(Engine, &KeyA, NULL), STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(Engine, &KeyA, NULL), STATUS_FWP_ALREADY_EXISTS);
    EXPECT_EQ(AddFilter(Engine, &KeyB, NULL), STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_SUCCESS);
    EXPECT(Exists(Engine, &KeyA) && Exists(Engine, &KeyB));
    REQUIRE(FwpmTransactionBegin0(Engine, 0) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
    EXPECT(!Exists(Engine, &KeyA));
    EXPECT_EQ(FwpmTransactionAbort0(Engine), STATUS_SUCCESS);
    EXPECT(Exists(Engine, &KeyA));      /* a deletion is undone, too */
    REQUIRE(FwpmTransactionBegin0(Engine, 0) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(Engine, &KeyA, NULL), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &KeyB), STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_SUCCESS);
    EXPECT(!Exists(Engine, &KeyA) && !Exists(Engine, &KeyB));
}

TEST_CASE(a_read_only_transaction_changes_nothing)
{
    REQUIRE(FwpmTransactionBegin0(Engine, FWPM_TXN_READ_ONLY) == STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(Engine, &KeyA, NULL), STATUS_FWP_INCOMPATIBLE_TXN);
    EXPECT(!Exists(Engine, &KeyA));
    EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionBegin0(Engine, 0x10), STATUS_FWP_INVALID_FLAGS);
}

TEST_CASE(others_wait_for_a_writer_as_long_as_they_said)
{
    HANDLE other = Open(0, 50);

    REQUIRE(other != NULL);
    REQUIRE(FwpmTransactionBegin0(Engine, 0) == STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(Engine, &KeyA, NULL), STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionBegin0(other, 0), STATUS_FWP_TIMEOUT);
    EXPECT_EQ(FwpmTransactionBegin0(other, FWPM_TXN_READ_ONLY), STATUS_FWP_TIMEOUT);
    EXPECT_EQ(AddFilter(other, &KeyB, NULL), STATUS_FWP_TIMEOUT);
    EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_SUCCESS);
    EXPECT(Exists(other, &KeyA));
    REQUIRE(FwpmTransactionBegin0(Engine, FWPM_TXN_READ_ONLY) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionBegin0(other, FWPM_TXN_READ_ONLY), STATUS_SUCCESS);       /* readers share */
    EXPECT_EQ(FwpmTransactionAbort0(other), STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionBegin0(other, 0), STATUS_FWP_TIMEOUT);
    EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineClose0(other), STATUS_SUCCESS);
}

static VOID NTAPI CommitLater(PVOID engine)
{
    Sleep(20);
    EXPECT_EQ(FwpmTransactionCommit0(engine), STATUS_SUCCESS);
}

TEST_CASE(who_waits_long_enough_gets_the_lock)
{
    HANDLE other = Open(0, 0);
    PKTHREAD thread;

    REQUIRE(other != NULL);
    REQUIRE(FwpmTransactionBegin0(Engine, 0) == STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(Engine, &KeyA, NULL), STATUS_SUCCESS);
    thread = StartThread(CommitLater, Engine);
    REQUIRE(thread != NULL);
    EXPECT_EQ(FwpmTransactionBegin0(other, 0), STATUS_SUCCESS);
    EXPECT(Exists(other, &KeyA));
    EXPECT_EQ(FwpmFilterDeleteByKey0(other, &KeyA), STATUS_SUCCESS);
    EXPECT_EQ(FwpmTransactionCommit0(other), STATUS_SUCCESS);
    JoinThread(thread);
    EXPECT_EQ(FwpmEngineClose0(other), STATUS_SUCCESS);
}

TEST_CASE(a_session_that_closes_aborts_its_transaction)
{
    HANDLE other = Open(0, 50);

    REQUIRE(other != NULL);
    REQUIRE(FwpmTransactionBegin0(other, 0) == STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(other, &KeyA, NULL), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineClose0(other), STATUS_SUCCESS);
    EXPECT(!Exists(Engine, &KeyA));
    EXPECT_EQ(FwpmTransactionBegin0(other, 0), STATUS_INVALID_HANDLE);
}

TEST_CASE(objects_of_a_dynamic_session_go_with_it)
{
    HANDLE dynamic = Open(FWPM_SESSION_FLAG_DYNAMIC, 0), plain = Open(0, 0);
    FWPM_SUBLAYER0 sublayer = {0};
    FWPM_FILTER0 filter = {0};

    REQUIRE(dynamic != NULL && plain != NULL);
    sublayer.subLayerKey = KeyB;
    sublayer.displayData.name = Name;
    EXPECT_EQ(FwpmSubLayerAdd0(dynamic, &sublayer, NULL), STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(dynamic, &KeyA, NULL), STATUS_SUCCESS);
    filter.displayData.name = Name;
    filter.layerKey = CONNECT;
    filter.subLayerKey = KeyB;
    filter.action.type = FWP_ACTION_PERMIT;
    EXPECT_EQ(FwpmFilterAdd0(plain, &filter, NULL, NULL), STATUS_FWP_LIFETIME_MISMATCH);
    EXPECT_EQ(FwpmFilterAdd0(Engine, &filter, NULL, NULL), STATUS_FWP_LIFETIME_MISMATCH);     /* another dynamic session */
    EXPECT_EQ(FwpmFilterAdd0(dynamic, &filter, NULL, NULL), STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(plain, &CalloutKey, NULL), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineClose0(dynamic), STATUS_SUCCESS);
    EXPECT(!Exists(Engine, &KeyA));
    EXPECT_EQ(FwpmSubLayerDeleteByKey0(plain, &KeyB), STATUS_FWP_SUBLAYER_NOT_FOUND);
    EXPECT(Exists(Engine, &CalloutKey));
    EXPECT_EQ(FwpmFilterDeleteByKey0(plain, &CalloutKey), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineClose0(plain), STATUS_SUCCESS);
}

/* --- subscriptions ---- */

static struct {
    volatile LONG Added, Deleted;
    UINT64 Id;
    KIRQL Irql;
} Told;

static void NTAPI FilterChanged(void *context, const FWPM_FILTER_CHANGE0 *change)
{
    Told.Irql = KeGetCurrentIrql();
    if (change->changeType == FWPM_CHANGE_ADD) {
        Told.Added++;
        Told.Id = change->filterId;
    } else {
        Told.Deleted++;
    }
    EXPECT(context == &Told);
    EXPECT(RtlCompareMemory(&change->filterKey, &KeyA, sizeof(GUID)) == sizeof(GUID));
}

TEST_CASE(a_subscriber_hears_of_the_changes_of_others_after_the_commit)
{
    FWPM_FILTER_SUBSCRIPTION0 subscription = {0}, **all = NULL;
    HANDLE other = Open(0, 0), change = NULL;
    UINT32 count = 0;
    UINT64 id = 0;

    RtlZeroMemory(&Told, sizeof(Told));
    subscription.flags = FWPM_SUBSCRIPTION_FLAG_NOTIFY_ON_ADD | FWPM_SUBSCRIPTION_FLAG_NOTIFY_ON_DELETE;
    REQUIRE(FwpmFilterSubscribeChanges0(other, &subscription, FilterChanged, &Told, &change) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterSubscriptionsGet0(Engine, &all, &count), STATUS_SUCCESS);
    EXPECT_EQ(count, 1);
    FwpmFreeMemory0((void **)&all);
    EXPECT_EQ(AddFilter(other, &KeyB, NULL), STATUS_SUCCESS);      /* its own */
    EXPECT_EQ(FwpmFilterDeleteByKey0(other, &KeyB), STATUS_SUCCESS);
    REQUIRE(FwpmTransactionBegin0(Engine, 0) == STATUS_SUCCESS);
    EXPECT_EQ(AddFilter(Engine, &KeyA, &id), STATUS_SUCCESS);
    Sleep(1);
    EXPECT_EQ(Told.Added, 0);
    EXPECT_EQ(FwpmTransactionCommit0(Engine), STATUS_SUCCESS);
    Sleep(1);
    EXPECT_EQ(Told.Added, 1);
    EXPECT_EQ(Told.Id, id);
    EXPECT_EQ(Told.Irql, PASSIVE_LEVEL);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
    Sleep(1);
    EXPECT_EQ(Told.Deleted, 1);
    EXPECT_EQ(FwpmFilterUnsubscribeChanges0(other, change), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterUnsubscribeChanges0(other, change), STATUS_FWP_NOT_FOUND);
    EXPECT_EQ(AddFilter(Engine, &KeyA, NULL), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
    Sleep(1);
    EXPECT_EQ(Told.Added, 1);
    EXPECT_EQ(FwpmTransactionBegin0(other, 0), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterSubscribeChanges0(other, &subscription, FilterChanged, &Told, &change), STATUS_FWP_TXN_IN_PROGRESS);
    EXPECT_EQ(FwpmTransactionAbort0(other), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineClose0(other), STATUS_SUCCESS);
}

/* --- callouts and their notifications ---- */

static struct {
    volatile LONG Added, Deleted, Committed, Bad;
    NTSTATUS Answer;
    UINT64 Filter;
} Notified;

static NTSTATUS NTAPI Notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER1 *filter)
{
    Notified.Bad += KeGetCurrentIrql() != PASSIVE_LEVEL;
    switch (type) {
    case FWPS_CALLOUT_NOTIFY_ADD_FILTER:
        Notified.Added++;
        Notified.Bad += key == NULL || RtlCompareMemory(key, &KeyA, sizeof(GUID)) != sizeof(GUID);
        Notified.Filter = filter->filterId;
        filter->context = 0x1234567890ULL;
        return Notified.Answer;
    case FWPS_CALLOUT_NOTIFY_DELETE_FILTER:
        Notified.Deleted++;
        Notified.Bad += key != NULL || filter->context != 0x1234567890ULL;
        return STATUS_UNSUCCESSFUL;     /* makes no difference */
    default:
        Notified.Committed++;
        return STATUS_SUCCESS;
    }
}

static VOID NTAPI Classify(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                           const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    out->actionType = FWP_ACTION_CONTINUE;
}

static NTSTATUS AddCalloutFilter(UINT64 *id)
{
    FWPM_FILTER0 filter = {0};

    filter.filterKey = KeyA;
    filter.displayData.name = Name;
    filter.layerKey = CONNECT;
    filter.subLayerKey = SubLayer;
    filter.action.type = FWP_ACTION_CALLOUT_UNKNOWN;
    filter.action.calloutKey = CalloutKey;
    return FwpmFilterAdd0(Engine, &filter, NULL, id);
}

TEST_CASE(notify_is_told_of_filters_and_may_refuse_them)
{
    FWPS_CALLOUT1 callout = {0};
    FWPM_CALLOUT0 added = {0}, *read = NULL;
    UINT32 id = 0, managed = 0;
    UINT64 filter = 0;

    RtlZeroMemory(&Notified, sizeof(Notified));
    added.calloutKey = CalloutKey;
    added.displayData.name = Name;
    added.applicableLayer = CONNECT;
    REQUIRE(FwpmCalloutAdd0(Engine, &added, NULL, &managed) == STATUS_SUCCESS);
    EXPECT_EQ(AddCalloutFilter(NULL), STATUS_SUCCESS);      /* before it is registered: not announced */
    callout.calloutKey = CalloutKey;
    callout.classifyFn = Classify;
    callout.notifyFn = Notify;
    callout.flags = FWP_CALLOUT_FLAG_ENABLE_COMMIT_ADD_NOTIFY;
    REQUIRE(FwpsCalloutRegister1(Device, &callout, &id) == STATUS_SUCCESS);
    EXPECT_EQ(id, managed);
    EXPECT_EQ(FwpsCalloutRegister1(Device, &callout, &id), STATUS_FWP_ALREADY_EXISTS);
    REQUIRE(FwpmCalloutGetById0(Engine, id, &read) == STATUS_SUCCESS);
    EXPECT(read->flags & FWPM_CALLOUT_FLAG_REGISTERED);
    FwpmFreeMemory0((void **)&read);
    EXPECT_EQ(Notified.Added, 0);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
    EXPECT_EQ(Notified.Deleted, 1);     /* a filter from before is announced when it goes */
    RtlZeroMemory(&Notified, sizeof(Notified));

    REQUIRE(AddCalloutFilter(&filter) == STATUS_SUCCESS);
    EXPECT_EQ(Notified.Added, 1);
    EXPECT_EQ(Notified.Filter, filter);
    EXPECT_EQ(Notified.Committed, 1);
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, filter), STATUS_SUCCESS);
    EXPECT_EQ(Notified.Deleted, 1);
    Notified.Answer = STATUS_INSUFFICIENT_RESOURCES;
    EXPECT_EQ(AddCalloutFilter(&filter), STATUS_FWP_CALLOUT_NOTIFICATION_FAILED);
    EXPECT(!Exists(Engine, &KeyA));
    Notified.Answer = STATUS_SUCCESS;
    REQUIRE(FwpmTransactionBegin0(Engine, 0) == STATUS_SUCCESS);
    EXPECT_EQ(AddCalloutFilter(&filter), STATUS_SUCCESS);
    EXPECT_EQ(Notified.Committed, 1);
    EXPECT_EQ(FwpmTransactionAbort0(Engine), STATUS_SUCCESS);
    EXPECT_EQ(Notified.Committed, 1);
    EXPECT_EQ(Notified.Deleted, 2);     /* what was announced is taken back */
    EXPECT_EQ(FwpsCalloutUnregisterById0(id), STATUS_SUCCESS);
    EXPECT_EQ(FwpsCalloutUnregisterById0(id), STATUS_FWP_CALLOUT_NOT_FOUND);
    EXPECT_EQ(FwpsCalloutUnregisterByKey0(&CalloutKey), STATUS_FWP_CALLOUT_NOT_FOUND);
    EXPECT_EQ(FwpmCalloutDeleteByKey0(Engine, &CalloutKey), STATUS_SUCCESS);
    EXPECT_EQ(Notified.Bad, 0);
}

TEST_CASE(registration_needs_a_device_and_its_functions)
{
    FWPS_CALLOUT1 callout = {0};
    UINT32 id = 0;

    callout.calloutKey = CalloutKey;
    callout.notifyFn = Notify;
    EXPECT_EQ(FwpsCalloutRegister1(Device, &callout, &id), STATUS_INVALID_PARAMETER);
    callout.classifyFn = Classify;
    REQUIRE(FwpsCalloutRegister1(Device, &callout, &id) == STATUS_SUCCESS);
    EXPECT_EQ(FwpsFlowAssociateContext0(1, FWPS_LAYER_STREAM_V4, id, 5), STATUS_INVALID_PARAMETER);    /* no flowDeleteFn */
    EXPECT_EQ(FwpsFlowRemoveContext0(1, FWPS_LAYER_STREAM_V4, id), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(FwpsCalloutUnregisterByKey0(&CalloutKey), STATUS_SUCCESS);
}

/* --- net events ---- */

TEST_CASE(sessions_are_enumerated)
{
    FWPM_SESSION0 **sessions = NULL;
    HANDLE other = Open(FWPM_SESSION_FLAG_DYNAMIC, 0), handle = NULL;
    UINT32 returned = 0;

    REQUIRE(FwpmSessionCreateEnumHandle0(Engine, NULL, &handle) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmSessionEnum0(Engine, handle, 10, &sessions, &returned), STATUS_SUCCESS);
    EXPECT_EQ(returned, 2);
    if (returned == 2) {
        EXPECT(sessions[0]->kernelMode);
        EXPECT(sessions[1]->flags & FWPM_SESSION_FLAG_DYNAMIC);
    }
    FwpmFreeMemory0((void **)&sessions);
    EXPECT_EQ(FwpmSessionDestroyEnumHandle0(Engine, handle), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineClose0(other), STATUS_SUCCESS);
}
