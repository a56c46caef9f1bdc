/* Arbitration against a model written from the documentation (fwp/filter-arbitration, FWPS_CLASSIFY_OUT0), over generated sets of
 * sublayers, filters and callouts, with both readings of what it leaves open. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "fwp/fwp.h"
#include "fwp/policy.h"
#include "fwp/random_filters.h"
#include "machine/machine.h"
#include "ring3.h"
#include "unit.h"

#define SETS 10000
#define CALLOUTS 4
#define SUBLAYERS 5
#define FILTERS 24
#define PACKETS 3

enum { UNREGISTERED = CALLOUTS - 1 };   /* this callout is added and not registered */

/* --- what callouts do, for them and for the model ---------------------------------------------------------------------------------- */

struct behaviour {
    UINT32 action;                      /* 0: leaves what it finds */
    bool clears, absorbs;
};

static unsigned packet_number;

static struct behaviour behaviour_of(unsigned callout, UINT64 filter, bool inspection)
{
    static const UINT32 actions[] = { FWP_ACTION_PERMIT, FWP_ACTION_BLOCK, FWP_ACTION_CONTINUE, FWP_ACTION_NONE, 0,
                                      FWP_ACTION_BLOCK, FWP_ACTION_PERMIT, FWP_ACTION_NONE_NO_MATCH };
    struct random random;

    random_seed(&random, filter * 1000 + packet_number * 10 + callout);
    UINT32 action = inspection ? (random_below(&random, 2) ? FWP_ACTION_CONTINUE : 0) : actions[random_below(&random, 8)];
    return (struct behaviour){ action, random_below(&random, 2), action == FWP_ACTION_BLOCK && random_below(&random, 2) };
}

struct call {
    unsigned callout;
    UINT64 filter;
    UINT32 found, rights;
};

struct log {
    unsigned count;
    struct call calls[FILTERS * 2];
};
static struct log engine_log, model_log;

static void note(struct log *log, unsigned callout, UINT64 filter, UINT32 found, UINT32 rights)
{
    CHECK(log->count < FILTERS * 2);
    log->calls[log->count++] = (struct call){ callout, filter, found, rights };
}

/* --- changes under a classification ------------------------------------------------------------------------------------------------- */

static struct {
    bool armed;                         /* the next callout commits a whole new policy */
    HANDLE engine;
    GUID layer;
    UINT64 block;                       /* its only filter */
} meddler;

static void replace_everything(void);

static void answer(unsigned callout, const FWPS_FILTER2 *filter, FWPS_CLASSIFY_OUT0 *out)
{
    struct behaviour b = behaviour_of(callout, filter->filterId, filter->action.type == FWP_ACTION_CALLOUT_INSPECTION);
    bool may = out->rights & FWPS_RIGHT_ACTION_WRITE;

    note(&engine_log, callout, filter->filterId, out->actionType, out->rights);
    if (meddler.armed)
        replace_everything();
    /* without the right, only a veto is written: a callout that keeps to the rules */
    if (b.action && (may || (b.action == FWP_ACTION_BLOCK && out->actionType == FWP_ACTION_PERMIT))) {
        out->actionType = b.action;
        if (b.absorbs)
            out->flags |= FWPS_CLASSIFY_OUT_FLAG_ABSORB;
        if (b.clears)
            out->rights &= ~(UINT32)FWPS_RIGHT_ACTION_WRITE;
    }
}

static VOID NTAPI classify_0(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                             const FWPS_FILTER0 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    answer(0, (const FWPS_FILTER2 *)filter, out);
}

static VOID NTAPI classify_1(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    answer(1, (const FWPS_FILTER2 *)filter, out);
}

static VOID NTAPI classify_2(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                             const VOID *context, const FWPS_FILTER2 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    answer(2, filter, out);
}

static NTSTATUS NTAPI notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER2 *filter)
{
    return STATUS_SUCCESS;
}

/* --- the model ---------------------------------------------------------------------------------------------------------------------- */

struct set {
    unsigned sublayers, filters;
    UINT16 weight[SUBLAYERS];
    struct any_filter any[FILTERS];
    UINT64 filter_weight[FILTERS], id[FILTERS];
    unsigned sublayer[FILTERS], callout[FILTERS];
};
static struct set set;

struct result {
    bool decided, write, veto, absorb;
    UINT32 action;
    UINT64 filter;
};

/* What the filter says: FWP_ACTION_CONTINUE, or a decision with its hardness. */
static UINT32 model_filter(unsigned f, const struct result *so_far, bool *hard, bool *absorb, bool *callout)
{
    const FWPM_FILTER0 *filter = &set.any[f].filter;
    UINT32 type = filter->action.type, rights = so_far->write ? FWPS_RIGHT_ACTION_WRITE : 0;
    UINT32 found = so_far->decided ? so_far->action : FWP_ACTION_NONE;
    bool clear = filter->flags & FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT;

    *hard = clear;
    *absorb = *callout = false;
    if (type == FWP_ACTION_PERMIT)
        return FWP_ACTION_PERMIT;
    if (type == FWP_ACTION_BLOCK) {
        *hard = clear || !fwp_policy.filter_block_soft;
        return FWP_ACTION_BLOCK;
    }
    if (set.callout[f] == UNREGISTERED) {
        if (type == FWP_ACTION_CALLOUT_INSPECTION)
            return FWP_ACTION_CONTINUE;
        if (filter->flags & FWPM_FILTER_FLAG_PERMIT_IF_CALLOUT_UNREGISTERED)
            return FWP_ACTION_PERMIT;
        *hard = true;
        return FWP_ACTION_BLOCK;
    }
    struct behaviour b = behaviour_of(set.callout[f], set.id[f], type == FWP_ACTION_CALLOUT_INSPECTION);
    note(&model_log, set.callout[f], set.id[f], found, rights);
    *callout = true;
    if (!so_far->write) {
        if (b.action != FWP_ACTION_BLOCK || found != FWP_ACTION_PERMIT)
            return FWP_ACTION_CONTINUE;
    }
    if (type == FWP_ACTION_CALLOUT_INSPECTION)
        return FWP_ACTION_CONTINUE;
    UINT32 action = b.action ? b.action : found;
    *hard = b.action && b.clears;
    *absorb = b.action && b.absorbs;
    return action == FWP_ACTION_PERMIT || action == FWP_ACTION_BLOCK ? action : FWP_ACTION_CONTINUE;
}

static void model_sublayer(unsigned s, const struct fwp_layer *layer, const FWPS_INCOMING_VALUES0 *values, struct result *result)
{
    bool done[FILTERS] = { 0 };

    for (;;) {
        int best = -1;
        for (unsigned f = 0; f < set.filters; f++)
            if (!done[f] && set.sublayer[f] == s && model_matches(&set.any[f].filter, layer, values) &&
                (best < 0 || set.filter_weight[f] > set.filter_weight[best] ||
                 (set.filter_weight[f] == set.filter_weight[best] && set.id[f] < set.id[best])))
                best = (int)f;
        if (best < 0)
            return;
        done[best] = true;
        bool hard, absorb, callout;
        UINT32 action = model_filter((unsigned)best, result, &hard, &absorb, &callout);
        if (action == FWP_ACTION_CONTINUE)
            continue;
        bool veto = result->decided && !result->write && result->action == FWP_ACTION_PERMIT && action == FWP_ACTION_BLOCK &&
                    (callout || fwp_policy.filter_block_vetoes);
        if (result->decided && !result->write && !veto)
            return;
        *result = (struct result){ true, !hard && !veto, veto, absorb, action, set.id[best] };
        return;
    }
}

static struct result model(const struct fwp_layer *layer, const FWPS_INCOMING_VALUES0 *values)
{
    struct result result = { .write = true, .action = FWP_ACTION_PERMIT };
    bool done[SUBLAYERS] = { 0 };

    for (unsigned n = 0; n < set.sublayers; n++) {
        unsigned best = SUBLAYERS;
        for (unsigned s = 0; s < set.sublayers; s++)
            if (!done[s] && (best == SUBLAYERS || set.weight[s] > set.weight[best]))
                best = s;
        done[best] = true;
        model_sublayer(best, layer, values, &result);
        if (fwp_policy.block_stops && result.decided && !result.write && result.action == FWP_ACTION_BLOCK)
            break;
    }
    return result;
}

/* --- sets ----------------------------------------------------------------------------------------------------------------------------- */

static const GUID callout_keys[CALLOUTS] = { { 1, 2, 3, { 0 } }, { 1, 2, 3, { 1 } }, { 1, 2, 3, { 2 } }, { 1, 2, 3, { 3 } } };
static WCHAR name[] = { 'n', 0 };

static GUID sublayer_key(unsigned s)
{
    return (GUID){ 0x5ab, 1, 1, { (UINT8)(s + 1) } };
}

static void add_filter(HANDLE engine, unsigned f, const struct fwp_layer *layer)
{
    static const UINT32 types[] = { FWP_ACTION_PERMIT, FWP_ACTION_BLOCK, FWP_ACTION_CALLOUT_TERMINATING, FWP_ACTION_CALLOUT_INSPECTION,
                                    FWP_ACTION_CALLOUT_UNKNOWN, FWP_ACTION_CALLOUT_UNKNOWN };
    FWPM_FILTER0 *filter = &set.any[f].filter, *kept;

    any_filter(&set.any[f], layer);
    if (roll(2))
        filter->numFilterConditions = 0;
    set.sublayer[f] = roll(set.sublayers);
    set.callout[f] = roll(CALLOUTS);
    set.filter_weight[f] = roll(6);
    filter->displayData.name = name;
    filter->subLayerKey = sublayer_key(set.sublayer[f]);
    filter->action.type = types[roll(6)];
    if (filter->action.type & FWP_ACTION_FLAG_CALLOUT)
        filter->action.calloutKey = callout_keys[set.callout[f]];
    if (roll(3) == 0)
        filter->flags |= FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT;
    if (roll(4) == 0)
        filter->flags |= FWPM_FILTER_FLAG_INDEXED;
    if (roll(2) && (filter->action.type == FWP_ACTION_CALLOUT_TERMINATING || filter->action.type == FWP_ACTION_CALLOUT_UNKNOWN))
        filter->flags |= FWPM_FILTER_FLAG_PERMIT_IF_CALLOUT_UNREGISTERED;
    filter->weight = (FWP_VALUE0){ .type = FWP_UINT64, .uint64 = &set.filter_weight[f] };
    if (roll(3) == 0)
        filter->weight = (FWP_VALUE0){ .type = roll(2) ? FWP_EMPTY : FWP_UINT8, .uint8 = (UINT8)roll(roll(2) ? 3 : 16) };
    CHECK_EQ(FwpmFilterAdd0(engine, filter, NULL, &set.id[f]), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterGetById0(engine, set.id[f], &kept), STATUS_SUCCESS);
    if (filter->weight.type == FWP_UINT64)
        CHECK_EQ(*kept->effectiveWeight.uint64, set.filter_weight[f]);
    if (filter->weight.type == FWP_UINT8)   /* the range is the highest four bits */
        CHECK_EQ(*kept->effectiveWeight.uint64 >> 60, filter->weight.uint8);
    set.filter_weight[f] = *kept->effectiveWeight.uint64;
    FwpmFreeMemory0((void **)&kept);
}

static void compare(const struct fwp_layer *layer)
{
    struct any_packet packet;
    struct fwp_verdict verdict = { 0 };
    FWPS_INCOMING_METADATA_VALUES0 metadata = { 0 };

    any_packet(&packet, layer);
    packet_number++;
    engine_log.count = model_log.count = 0;
    fwp_classify(&packet.values, &metadata, NULL, &verdict);
    struct result expected = model(layer, &packet.values);
    CHECK_EQ(engine_log.count, model_log.count);
    for (unsigned i = 0; i < engine_log.count; i++)
        CHECK(memcmp(&engine_log.calls[i], &model_log.calls[i], sizeof engine_log.calls[i]) == 0);
    CHECK_EQ(verdict.action, expected.action);
    CHECK_EQ(verdict.filter_id, expected.filter);
    CHECK_EQ(verdict.by_default, !expected.decided);
    CHECK_EQ(verdict.hard, expected.decided && !expected.write);
    CHECK_EQ(verdict.veto, expected.veto);
    CHECK_EQ(verdict.absorb, expected.absorb);
    CHECK_EQ(verdict.callouts, engine_log.count);
}

/* From within a classifyFn: all filters and sublayers of the set go, one filter that blocks comes, in one commit. */
static void replace_everything(void)
{
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = meddler.layer, .action = { .type = FWP_ACTION_BLOCK } };

    meddler.armed = false;
    CHECK_EQ(FwpmTransactionBegin0(meddler.engine, 0), STATUS_SUCCESS);
    for (unsigned f = 0; f < set.filters; f++)
        CHECK_EQ(FwpmFilterDeleteById0(meddler.engine, set.id[f]), STATUS_SUCCESS);
    for (unsigned s = 0; s < set.sublayers; s++) {
        GUID key = sublayer_key(s);
        CHECK_EQ(FwpmSubLayerDeleteByKey0(meddler.engine, &key), STATUS_SUCCESS);
    }
    CHECK_EQ(FwpmFilterAdd0(meddler.engine, &filter, NULL, &meddler.block), STATUS_SUCCESS);
    CHECK_EQ(FwpmTransactionCommit0(meddler.engine), STATUS_SUCCESS);
}

/* The classification under which everything is replaced is decided by what was there when it began; the next one is not. */
static void compare_under_changes(HANDLE engine, const struct fwp_layer *layer)
{
    struct any_packet packet;
    struct fwp_verdict verdict = { 0 };

    meddler.armed = true;
    meddler.engine = engine;
    meddler.layer = layer->key;
    compare(layer);
    if (meddler.armed) {                /* no callout was called */
        meddler.armed = false;
        return;
    }
    any_packet(&packet, layer);
    fwp_classify(&packet.values, NULL, NULL, &verdict);
    CHECK_EQ(verdict.action, FWP_ACTION_BLOCK);
    CHECK_EQ(verdict.filter_id, meddler.block);
}

static bool with_changes;

static void one_set(const struct fwp_layer *layer)
{
    FWPM_SESSION0 dynamic = { .flags = FWPM_SESSION_FLAG_DYNAMIC };
    HANDLE engine;

    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &engine), STATUS_SUCCESS);
    set.sublayers = 1 + roll(SUBLAYERS);
    set.filters = roll(FILTERS);
    for (unsigned s = 0; s < set.sublayers; s++) {
        FWPM_SUBLAYER0 sublayer = { .subLayerKey = sublayer_key(s), .displayData = { name, NULL }, .weight = (UINT16)roll(4) };
        set.weight[s] = sublayer.weight;
        CHECK_EQ(FwpmSubLayerAdd0(engine, &sublayer, NULL), STATUS_SUCCESS);
    }
    for (unsigned i = 0; i < CALLOUTS; i++) {
        FWPM_CALLOUT0 callout = { .calloutKey = callout_keys[i], .displayData = { name, NULL }, .applicableLayer = layer->key };
        CHECK_EQ(FwpmCalloutAdd0(engine, &callout, NULL, NULL), STATUS_SUCCESS);
    }
    for (unsigned f = 0; f < set.filters; f++)
        add_filter(engine, f, layer);
    CHECK_EQ(fwp_layer_is_empty(layer->id), set.filters == 0);
    for (int i = 0; i < PACKETS; i++)
        compare(layer);
    if (with_changes)
        compare_under_changes(engine, layer);
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
    CHECK(fwp_layer_is_empty(layer->id));
}

static void run_sets(void *arg)
{
    static const uint16_t layers[] = {
        FWPS_LAYER_ALE_AUTH_CONNECT_V4, FWPS_LAYER_INBOUND_TRANSPORT_V6, FWPS_LAYER_OUTBOUND_IPPACKET_V4, FWPS_LAYER_ALE_RESOURCE_ASSIGNMENT_V6,
        FWPS_LAYER_STREAM_V4, FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET, FWPS_LAYER_DATAGRAM_DATA_V4, FWPS_LAYER_ALE_FLOW_ESTABLISHED_V6,
    };
    FWPS_CALLOUT0 zero = { callout_keys[0], 0, classify_0, (FWPS_CALLOUT_NOTIFY_FN0)notify, NULL };
    FWPS_CALLOUT1 one = { callout_keys[1], 0, classify_1, (FWPS_CALLOUT_NOTIFY_FN1)notify, NULL };
    FWPS_CALLOUT2 two = { callout_keys[2], 0, classify_2, notify, NULL };
    UINT32 ids[3];
    int sets = *(int *)arg;

    CHECK_EQ(FwpsCalloutRegister0(&ids, &zero, &ids[0]), STATUS_SUCCESS);
    CHECK_EQ(FwpsCalloutRegister1(&ids, &one, &ids[1]), STATUS_SUCCESS);
    CHECK_EQ(FwpsCalloutRegister2(&ids, &two, &ids[2]), STATUS_SUCCESS);
    for (int i = 0; i < sets; i++)
        one_set(fwp_layer_of(layers[roll(countof(layers))]));
    for (int i = 0; i < 3; i++)
        CHECK_EQ(FwpsCalloutUnregisterById0(ids[i]), STATUS_SUCCESS);
}

static void with_policy(struct fwp_policy policy, int sets, uint64_t seed)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_WARN;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    fwp_policy = policy;
    random_seed(&dice, seed);
    CHECK(machine_call(run_sets, &sets));
    ring3_close(computer, NULL);
    fwp_policy = (struct fwp_policy){ 0 };
}

/* The types that fields have, and the match types that the pages allow for them. */
static void check_coverage(void)
{
    static const FWP_DATA_TYPE numbers[] = { FWP_UINT8, FWP_UINT16, FWP_UINT32, FWP_UINT64 },
                               ordered[] = { FWP_UINT8, FWP_UINT16, FWP_UINT32, FWP_UINT64, FWP_BYTE_ARRAY16_TYPE, FWP_BYTE_ARRAY6_TYPE };
    static const FWP_MATCH_TYPE orders[] = { FWP_MATCH_EQUAL, FWP_MATCH_NOT_EQUAL, FWP_MATCH_GREATER, FWP_MATCH_LESS, FWP_MATCH_RANGE,
                                             FWP_MATCH_GREATER_OR_EQUAL, FWP_MATCH_LESS_OR_EQUAL },
                                flags[] = { FWP_MATCH_FLAGS_ALL_SET, FWP_MATCH_FLAGS_ANY_SET, FWP_MATCH_FLAGS_NONE_SET };

    for (unsigned held = 0; held < 2; held++) {
        for (unsigned t = 0; t < countof(ordered); t++)
            for (unsigned m = 0; m < countof(orders); m++)
                CHECK(model_compared[orders[m]][ordered[t]][held] > 0);
        for (unsigned t = 0; t < countof(numbers); t++)
            for (unsigned m = 0; m < countof(flags); m++)
                CHECK(model_compared[flags[m]][numbers[t]][held] > 0);
        CHECK(model_compared[FWP_MATCH_EQUAL][FWP_BYTE_BLOB_TYPE][held] > 0);
        CHECK(model_compared[FWP_MATCH_PREFIX][FWP_BYTE_BLOB_TYPE][held] > 0);
        CHECK(model_compared[FWP_MATCH_NOT_PREFIX][FWP_BYTE_BLOB_TYPE][held] > 0);
        CHECK(model_compared[FWP_MATCH_EQUAL][FWP_SID][held] > 0);
    }
}

TEST(ten_thousand_generated_sets_are_decided_as_the_documentation_says)
{
    with_policy((struct fwp_policy){ 0 }, SETS, 3);
    check_coverage();
}

TEST(the_other_readings_are_decided_as_their_model_says)
{
    with_policy((struct fwp_policy){ .filter_block_vetoes = true }, SETS / 10, 4);
    with_policy((struct fwp_policy){ .block_stops = true }, SETS / 10, 5);
    with_policy((struct fwp_policy){ .filter_block_soft = true, .filter_block_vetoes = true }, SETS / 10, 6);
}

TEST(a_classification_sees_one_commit_whatever_is_committed_meanwhile)
{
    with_changes = true;
    with_policy((struct fwp_policy){ 0 }, SETS / 5, 7);
}
