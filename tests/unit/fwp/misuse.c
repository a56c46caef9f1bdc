/* What the engine notices about callouts, as events for the rules. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <fwpmk.h>
#include <fwpsk.h>

#include <time.h>

#include "fwp/event.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "machine/machine.h"
#include "host/time.h"
#include "nt/ke.h"
#include "ring3.h"
#include "unit.h"

static const GUID keys[2] = { { 0x315, 1, 1, { 1 } }, { 0x315, 1, 1, { 2 } } };
static WCHAR name[] = { 'm', 0 };

/* What the second callout does; the first one permits, hard when `first_hard`. */
static UINT32 action, flags;
static bool first_hard, slow;
static int misuses, slows;
static char said[200];

static void listen(const struct fwp_event *event)
{
    if (event->kind == FWP_EVENT_SLOW)
        slows++;
    else
        misuses++;
    snprintf(said, sizeof said, "%s", event->text);
}

static VOID NTAPI first(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                        const FWPS_FILTER0 *filter, UINT64 context, FWPS_CLASSIFY_OUT0 *out)
{
    out->actionType = FWP_ACTION_PERMIT;
    if (first_hard)
        out->rights &= ~(UINT32)FWPS_RIGHT_ACTION_WRITE;
}

static VOID NTAPI second(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                         const FWPS_FILTER0 *filter, UINT64 context, FWPS_CLASSIFY_OUT0 *out)
{
    clock_t begin = clock();

    while (slow && clock() - begin < CLOCKS_PER_SEC / 100) {}     /* of the processor's own time */
    if (action)
        out->actionType = action;
    out->flags |= flags;
}

static NTSTATUS NTAPI notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, const FWPS_FILTER0 *filter)
{
    return STATUS_SUCCESS;
}

static void add(HANDLE engine, int n, UINT16 weight, UINT32 type, const struct fwp_layer *layer)
{
    FWPM_CALLOUT0 callout = { .calloutKey = keys[n], .displayData = { name, NULL }, .applicableLayer = layer->key };
    FWPM_SUBLAYER0 sublayer = { .subLayerKey = keys[n], .displayData = { name, NULL }, .weight = weight };
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = layer->key, .subLayerKey = keys[n],
                            .action = { .type = type, .calloutKey = keys[n] } };

    CHECK_EQ(FwpmCalloutAdd0(engine, &callout, NULL, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmSubLayerAdd0(engine, &sublayer, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterAdd0(engine, &filter, NULL, NULL), STATUS_SUCCESS);
}

static struct fwp_verdict classify(uint16_t id, UINT32 type)
{
    const struct fwp_layer *layer = fwp_layer_of(id);
    FWPS_INCOMING_VALUE0 value[64] = { 0 };
    FWPS_INCOMING_VALUES0 values = { id, layer->field_count, value };
    FWPM_SESSION0 dynamic = { .flags = FWPM_SESSION_FLAG_DYNAMIC };
    struct fwp_verdict verdict = { 0 };
    HANDLE engine;

    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &engine), STATUS_SUCCESS);
    add(engine, 0, 200, FWP_ACTION_CALLOUT_TERMINATING, layer);
    add(engine, 1, 100, type, layer);
    misuses = slows = 0;
    said[0] = 0;
    for (int n = slow ? 0 : 2; n < 3; n++) {    /* a third slow call is one too many */
        host_time_mark();
        fwp_classify(&values, NULL, NULL, &verdict);
    }
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
    return verdict;
}

static void cases(void *unused)
{
    const uint16_t layer = FWPS_LAYER_INBOUND_TRANSPORT_V4;
    struct fwp_verdict verdict;

    verdict = classify(layer, FWP_ACTION_CALLOUT_UNKNOWN);          /* nothing of its own */
    CHECK_EQ(misuses, 0);
    CHECK_EQ(verdict.action, FWP_ACTION_PERMIT);

    first_hard = true;
    action = FWP_ACTION_BLOCK;                                      /* a veto is allowed */
    verdict = classify(layer, FWP_ACTION_CALLOUT_UNKNOWN);
    CHECK_EQ(misuses, 0);
    CHECK(verdict.veto && verdict.action == FWP_ACTION_BLOCK);

    action = FWP_ACTION_CONTINUE;
    verdict = classify(layer, FWP_ACTION_CALLOUT_UNKNOWN);
    CHECK_EQ(misuses, 1);
    CHECK_CONTAINS(said, "without FWPS_RIGHT_ACTION_WRITE");
    CHECK_EQ(verdict.action, FWP_ACTION_PERMIT);

    first_hard = false;
    action = FWP_ACTION_PERMIT;
    flags = FWPS_CLASSIFY_OUT_FLAG_ABSORB;
    verdict = classify(layer, FWP_ACTION_CALLOUT_UNKNOWN);
    CHECK_EQ(misuses, 1);
    CHECK_CONTAINS(said, "ABSORB without FWP_ACTION_BLOCK");
    CHECK(!verdict.absorb);

    action = FWP_ACTION_BLOCK;
    verdict = classify(layer, FWP_ACTION_CALLOUT_UNKNOWN);
    CHECK_EQ(misuses, 0);
    CHECK(verdict.absorb);
    verdict = classify(FWPS_LAYER_INBOUND_TRANSPORT_V4_DISCARD, FWP_ACTION_CALLOUT_UNKNOWN);
    CHECK_EQ(misuses, 1);
    CHECK_CONTAINS(said, "where it does not apply");

    flags = 0;
    verdict = classify(layer, FWP_ACTION_CALLOUT_INSPECTION);
    CHECK_EQ(misuses, 1);
    CHECK_CONTAINS(said, "FWP_ACTION_CALLOUT_INSPECTION");
    CHECK_EQ(verdict.action, FWP_ACTION_PERMIT);

    CHECK_EQ(slows, 0);
    slow = true;
    classify(layer, FWP_ACTION_CALLOUT_UNKNOWN);
    CHECK_EQ(slows, 1);
    CHECK_STR(said, "INBOUND_TRANSPORT_V4");
    slow = false;
}

static void inside(void *unused)
{
    FWPS_CALLOUT0 functions[2] = { { keys[0], 0, first, notify, NULL }, { keys[1], 0, second, notify, NULL } };
    UINT32 id;

    fwp_event_sink = listen;
    for (int i = 0; i < 2; i++)
        CHECK_EQ(FwpsCalloutRegister0(functions, &functions[i], &id), STATUS_SUCCESS);
    cases(NULL);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(FwpsCalloutUnregisterByKey0(&keys[i]), STATUS_SUCCESS);
}

TEST(answers_that_callouts_may_not_give_are_events_and_have_no_effect)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.log = RING3_LOG_WARN;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    CHECK(machine_call(inside, NULL));
    ring3_close(computer, NULL);
}
