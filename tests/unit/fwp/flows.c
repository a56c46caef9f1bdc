/* Flows: contexts go to classifications, and to flowDeleteFn once, not before the classification that uses them has ended. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <fwpmk.h>
#include <fwpsk.h>

#include "fwp/callouts.h"
#include "fwp/flow.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "machine/machine.h"
#include "ring3.h"
#include "unit.h"

#define LAYER FWPS_LAYER_ALE_AUTH_CONNECT_V4
#define STREAM FWPS_LAYER_STREAM_V4

static const GUID key = { 0xf10, 1, 1, { 1 } };
static WCHAR name[] = { 'f', 0 };
static HANDLE engine;
static UINT32 callout;
static UINT64 flow, seen, deleted_value;
static int calls, deleted;
static enum { JUST_LOOK, REMOVE, END_FLOW, REPLACE } what;

static VOID NTAPI classify(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                           const FWPS_FILTER0 *filter, UINT64 context, FWPS_CLASSIFY_OUT0 *out)
{
    calls++;
    seen = context;
    if (what == REMOVE) {
        CHECK_EQ(FwpsFlowRemoveContext0(flow, STREAM, callout), STATUS_PENDING);
        CHECK_EQ(FwpsFlowRemoveContext0(flow, STREAM, callout), STATUS_UNSUCCESSFUL);
    } else if (what == END_FLOW) {
        fwp_flow_delete(flow);
    } else if (what == REPLACE) {
        CHECK_EQ(FwpsFlowRemoveContext0(flow, STREAM, callout), STATUS_PENDING);
        CHECK_EQ(FwpsFlowAssociateContext0(flow, STREAM, callout, 77), STATUS_SUCCESS);
    }
    CHECK_EQ(deleted, 0);
    out->actionType = FWP_ACTION_CONTINUE;
}

static NTSTATUS NTAPI notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *filter_key, const FWPS_FILTER0 *filter)
{
    return STATUS_SUCCESS;
}

static VOID NTAPI flow_deleted(UINT16 layer, UINT32 id, UINT64 context)
{
    CHECK_EQ(layer, STREAM);
    CHECK_EQ(id, callout);
    deleted++;
    deleted_value = context;
}

static void add(UINT32 flags)
{
    FWPS_CALLOUT0 functions = { key, flags, classify, notify, flow_deleted };
    FWPM_CALLOUT0 object = { .calloutKey = key, .displayData = { name, NULL }, .applicableLayer = fwp_layer_of(STREAM)->key };
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = fwp_layer_of(STREAM)->key,
                            .action = { .type = FWP_ACTION_CALLOUT_INSPECTION, .calloutKey = key } };
    FWPM_SESSION0 dynamic = { .flags = FWPM_SESSION_FLAG_DYNAMIC };

    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &engine), STATUS_SUCCESS);
    CHECK_EQ(FwpsCalloutRegister0(&functions, &functions, &callout), STATUS_SUCCESS);
    CHECK_EQ(FwpmCalloutAdd0(engine, &object, NULL, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterAdd0(engine, &filter, NULL, NULL), STATUS_SUCCESS);
    calls = deleted = 0;
    seen = deleted_value = 0;
    what = JUST_LOOK;
    flow = fwp_flow_create(NULL);
    CHECK(flow);
}

static void remove_all(void)
{
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
    CHECK_EQ(FwpsCalloutUnregisterById0(callout), STATUS_SUCCESS);
    fwp_flow_delete(flow);
}

static void classify_once(void)
{
    FWPS_INCOMING_VALUE0 value[64] = { 0 };
    FWPS_INCOMING_VALUES0 values = { STREAM, fwp_layer_of(STREAM)->field_count, value };
    FWPS_INCOMING_METADATA_VALUES0 metadata = { .currentMetadataValues = FWPS_METADATA_FIELD_FLOW_HANDLE, .flowHandle = flow };
    struct fwp_verdict verdict = { 0 };

    fwp_classify(&values, &metadata, NULL, &verdict);
    CHECK_EQ(verdict.action, FWP_ACTION_PERMIT);
    CHECK(verdict.by_default);
    CHECK_EQ(metadata.reserved, 0);
}

static void inside(void (*run)(void *))
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_WARN;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    CHECK(machine_call(run, NULL));
    ring3_close(computer, NULL);
}

static void look(void *unused)
{
    add(0);
    classify_once();
    CHECK_EQ(calls, 1);
    CHECK_EQ(seen, 0);
    CHECK(!fwp_flow_has_context(flow, STREAM));
    CHECK_EQ(FwpsFlowAssociateContext0(flow, STREAM, callout, 0), STATUS_INVALID_PARAMETER);
    CHECK_EQ(FwpsFlowAssociateContext0(flow + 1, STREAM, callout, 42), STATUS_INVALID_PARAMETER);
    CHECK_EQ(FwpsFlowAssociateContext0(flow, STREAM, callout, 42), STATUS_SUCCESS);
    CHECK_EQ(FwpsFlowAssociateContext0(flow, STREAM, callout, 43), STATUS_OBJECT_NAME_EXISTS);
    CHECK(fwp_flow_has_context(flow, STREAM));
    classify_once();
    CHECK_EQ(seen, 42);
    CHECK_EQ(FwpsCalloutUnregisterById0(callout), STATUS_DEVICE_BUSY);
    CHECK_EQ(FwpsFlowRemoveContext0(flow, STREAM, callout), STATUS_SUCCESS);
    CHECK_EQ(deleted, 1);
    CHECK_EQ(deleted_value, 42);
    CHECK_EQ(FwpsFlowRemoveContext0(flow, STREAM, callout), STATUS_UNSUCCESSFUL);
    CHECK_EQ(FwpsFlowAssociateContext0(flow, STREAM, callout, 44), STATUS_SUCCESS);
    fwp_flow_delete(flow);
    CHECK_EQ(deleted, 2);
    CHECK_EQ(deleted_value, 44);
    remove_all();
}

TEST(a_context_goes_to_classifications_and_back_to_its_callout)
{
    inside(look);
}

static void conditional(void *unused)
{
    add(FWP_CALLOUT_FLAG_CONDITIONAL_ON_FLOW);
    classify_once();
    CHECK_EQ(calls, 0);
    CHECK_EQ(FwpsFlowAssociateContext0(flow, STREAM, callout, 42), STATUS_SUCCESS);
    classify_once();
    CHECK_EQ(calls, 1);
    fwp_flow_delete(flow);
    remove_all();
}

TEST(a_callout_conditional_on_flow_is_called_with_a_context_only)
{
    inside(conditional);
}

static void under_classification(void *unused)
{
    add(0);
    CHECK_EQ(FwpsFlowAssociateContext0(flow, STREAM, callout, 42), STATUS_SUCCESS);
    what = REMOVE;
    classify_once();
    CHECK_EQ(deleted, 1);
    CHECK_EQ(deleted_value, 42);
    deleted = 0;
    CHECK_EQ(FwpsFlowAssociateContext0(flow, STREAM, callout, 43), STATUS_SUCCESS);
    what = REPLACE;
    classify_once();
    CHECK_EQ(deleted, 1);
    CHECK_EQ(deleted_value, 43);
    deleted = 0;
    what = END_FLOW;
    classify_once();
    CHECK_EQ(seen, 77);
    CHECK_EQ(deleted, 1);
    CHECK_EQ(deleted_value, 77);
    CHECK_EQ(fwp_flow_count(), 0);
    remove_all();
}

TEST(a_context_in_use_is_given_back_when_its_classification_has_ended)
{
    inside(under_classification);
}

static void aborted(void *context, uint64_t which)
{
    *(uint64_t *)context = which;
}

static void abort_flow(void *unused)
{
    uint64_t which = 0;
    struct fwp_flow_owner owner = { aborted, &which };
    uint64_t owned = fwp_flow_create(&owner), plain = fwp_flow_create(NULL);

    CHECK_EQ(FwpsFlowAbort0(owned), STATUS_SUCCESS);
    CHECK_EQ(which, owned);
    CHECK_EQ(FwpsFlowAbort0(plain), STATUS_NOT_SUPPORTED);
    CHECK_EQ(FwpsFlowAbort0(plain + 1), STATUS_INVALID_PARAMETER);
    fwp_flow_delete(owned);
    fwp_flow_delete(plain);
    CHECK_EQ(fwp_flow_count(), 0);
}

TEST(a_flow_is_aborted_by_its_owner)
{
    inside(abort_flow);
}

static void many(void *unused)
{
    enum { COUNT = 20000 };
    static uint64_t ids[COUNT];

    add(0);
    for (int i = 0; i < COUNT; i++) {
        CHECK((ids[i] = fwp_flow_create(NULL)) != 0);
        CHECK_EQ(FwpsFlowAssociateContext0(ids[i], STREAM, callout, 1), STATUS_SUCCESS);
    }
    for (int i = 0; i < COUNT; i++)
        fwp_flow_delete(ids[i]);
    CHECK_EQ(deleted, COUNT);
    remove_all();
}

TEST(many_flows_come_and_go)
{
    inside(many);
}
