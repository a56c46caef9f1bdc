/* The filter engine: nanoseconds a classification with COUNT filters, milliseconds to add and commit them, microseconds for one more.
 *     wfp COUNT           prints `classify NS`, `commit MS`, `add-one US`, `linear NS` (up to 10 000 filters), `sum NUMBER` of the
 *                         filters found, which a peer with the same rules finds, too
 *     wfp 0               prints `empty NS`: the test at a layer without filters */
#include <fwpmk.h>
#include <fwpsk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fwp/fwp.h"
#include "fwp/runtime.h"
#include "machine/machine.h"
#include "ring3.h"
#include "wfp_rules.h"

#define PACKETS 4096u
#define ROUNDS 25u

static uint32_t count;
static struct bench_rule *rules;
static struct bench_packet packets[PACKETS];
static WCHAR name[] = { 'b', 0 };

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of this thread: what others take from the core meanwhile does not count. */
static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const struct fwp_layer *layer;

static unsigned field(const char *wanted)
{
    for (unsigned i = 0; i < layer->field_count; i++)
        if (strcmp(layer->fields[i].name, wanted) == 0)
            return i;
    fprintf(stderr, "no field %s\n", wanted);
    exit(1);
}

static void add_port(FWPM_FILTER0 *filter, FWP_RANGE0 *range, const char *which, const uint16_t *ports)
{
    FWPM_FILTER_CONDITION0 *condition = &filter->filterCondition[filter->numFilterConditions];

    if (ports[0] == 0 && ports[1] == 65535)
        return;
    condition->fieldKey = layer->fields[field(which)].key;
    *range = (FWP_RANGE0){ { .type = FWP_UINT16, .uint16 = ports[0] }, { .type = FWP_UINT16, .uint16 = ports[1] } };
    if (ports[0] == ports[1]) {
        condition->matchType = FWP_MATCH_EQUAL;
        condition->conditionValue = (FWP_CONDITION_VALUE0){ .type = FWP_UINT16, .uint16 = ports[0] };
    } else {
        condition->matchType = FWP_MATCH_RANGE;
        condition->conditionValue = (FWP_CONDITION_VALUE0){ .type = FWP_RANGE_TYPE, .rangeValue = range };
    }
    filter->numFilterConditions++;
}

static void add_address(FWPM_FILTER0 *filter, FWP_V4_ADDR_AND_MASK *mask, const char *which, uint32_t address, unsigned bits)
{
    if (!bits)
        return;
    *mask = (FWP_V4_ADDR_AND_MASK){ address, bench_mask(bits) };
    filter->filterCondition[filter->numFilterConditions++] = (FWPM_FILTER_CONDITION0){
        layer->fields[field(which)].key, FWP_MATCH_EQUAL, { .type = FWP_V4_ADDR_MASK, .v4AddrMask = mask } };
}

/* The rule as a filter; earlier rules weigh more. */
static void add_filter(HANDLE engine, const struct bench_rule *rule, UINT64 weight)
{
    FWPM_FILTER_CONDITION0 conditions[5];
    FWP_V4_ADDR_AND_MASK masks[2];
    FWP_RANGE0 ranges[2];
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = layer->key, .action = { .type = FWP_ACTION_PERMIT },
                            .weight = { .type = FWP_UINT64, .uint64 = &weight }, .filterCondition = conditions };

    if (rule->protocol)
        conditions[filter.numFilterConditions++] = (FWPM_FILTER_CONDITION0){
            layer->fields[field("IP_PROTOCOL")].key, FWP_MATCH_EQUAL, { .type = FWP_UINT8, .uint8 = rule->protocol } };
    add_address(&filter, &masks[0], "IP_LOCAL_ADDRESS", rule->local, rule->local_bits);
    add_address(&filter, &masks[1], "IP_REMOTE_ADDRESS", rule->remote, rule->remote_bits);
    add_port(&filter, &ranges[0], "IP_LOCAL_PORT", rule->local_port);
    add_port(&filter, &ranges[1], "IP_REMOTE_PORT", rule->remote_port);
    if (FwpmFilterAdd0(engine, &filter, NULL, NULL) != STATUS_SUCCESS)
        exit(1);
}

static FWPS_INCOMING_VALUE0 values[64];
static FWPS_INCOMING_VALUES0 incoming;
static unsigned at[5];

static void fill(const struct bench_packet *packet)
{
    values[at[0]].value.uint8 = packet->protocol;
    values[at[1]].value.uint32 = packet->local;
    values[at[2]].value.uint32 = packet->remote;
    values[at[3]].value.uint16 = packet->local_port;
    values[at[4]].value.uint16 = packet->remote_port;
}

static void prepare(void)
{
    static const char *const names[] = { "IP_PROTOCOL", "IP_LOCAL_ADDRESS", "IP_REMOTE_ADDRESS", "IP_LOCAL_PORT", "IP_REMOTE_PORT" };
    static const FWP_DATA_TYPE types[] = { FWP_UINT8, FWP_UINT32, FWP_UINT32, FWP_UINT16, FWP_UINT16 };

    incoming = (FWPS_INCOMING_VALUES0){ layer->id, layer->field_count, values };
    for (unsigned i = 0; i < 5; i++) {
        at[i] = field(names[i]);
        values[at[i]].value.type = types[i];
    }
}

static void measure_classify(void)
{
    FWPS_INCOMING_METADATA_VALUES0 metadata = { 0 };
    struct fwp_verdict verdict = { 0 };
    uint64_t sum = 0;
    double best = 1e18;

    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        sum = 0;
        for (unsigned i = 0; i < PACKETS; i++) {
            fill(&packets[i]);
            fwp_classify(&incoming, &metadata, NULL, &verdict);
            sum += verdict.filter_id;
        }
        double took = (now_ns() - begin) / PACKETS;
        best = took < best ? took : best;
    }
    printf("classify %.1f\nsum %llu\n", best, (unsigned long long)sum);
}

static void measure_linear(void)
{
    struct fwp_index *index = &fwp_runtime.layers[layer->id].subs[0]->index;
    static struct fwp_packet packet;
    uint64_t sum = 0;
    double begin = now_ns();

    for (unsigned i = 0; i < PACKETS; i++) {
        fill(&packets[i]);
        fwp_packet_prepare(&packet, layer, &incoming, fwp_runtime.layers[layer->id].used);
        for (size_t r = 0; r < index->count; r++)       /* added, and so kept, by weight */
            if (fwp_rule_matches(index->rules[r], &packet)) {
                sum += index->rules[r]->id;
                break;
            }
    }
    printf("linear %.1f\nlinear-sum %llu\n", (now_ns() - begin) / PACKETS, (unsigned long long)sum);
}

static void measure_empty(void)
{
    uint64_t empty = 0;
    double begin = now_ns();

    for (uint32_t i = 0; i < 100000000u; i++) {
        uint16_t id = (uint16_t)(i & 63);
        __asm__ volatile("" : "+r"(id));
        empty += fwp_layer_is_empty(id);
    }
    printf("empty %.2f\n", (now_ns() - begin) / 1e8 + (empty ? 0 : 1));
}

static void measure_commit(HANDLE engine)
{
    double begin = now_ns();

    FwpmTransactionBegin0(engine, 0);
    for (uint32_t i = 0; i < count; i++)
        add_filter(engine, &rules[i], 1000000 - i);
    double added = now_ns();
    FwpmTransactionCommit0(engine);
    printf("commit %.2f\ncommit-alone %.2f\n", (now_ns() - begin) / 1e6, (now_ns() - added) / 1e6);
}

static void measure_one_more(HANDLE engine)
{
    double total = 0, most = 0;

    for (unsigned i = 0; i < 1000; i++) {
        struct bench_rule rule;
        bench_make_rule(&rule);
        double begin = cpu_ns();
        add_filter(engine, &rule, i);
        double took = cpu_ns() - begin;
        total += took;
        most = took > most ? took : most;
    }
    printf("add-one %.2f\nadd-one-most %.2f\n", total / 1000 / 1e3, most / 1e3);
}

static void run(void *unused)
{
    FWPM_SESSION0 dynamic = { .flags = FWPM_SESSION_FLAG_DYNAMIC };
    HANDLE engine;

    layer = fwp_layer_of(FWPS_LAYER_INBOUND_TRANSPORT_V4);
    if (!count) {
        measure_empty();
        return;
    }
    prepare();
    if (FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &engine) != STATUS_SUCCESS)
        exit(1);
    measure_commit(engine);
    measure_classify();
    if (count <= 10000)
        measure_linear();
    measure_one_more(engine);
    FwpmEngineClose0(engine);
}

int main(int argc, char **argv)
{
    struct ring3_config config;

    count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
    rules = calloc(count ? count : 1, sizeof *rules);
    for (uint32_t i = 0; i < count; i++)
        bench_make_rule(&rules[i]);
    for (unsigned i = 0; count && i < PACKETS; i++)
        bench_make_packet(&packets[i], rules, count);
    ring3_config_init(&config);
    config.without_tcpip = true;
    config.log = RING3_LOG_WARN;
    struct ring3_computer *computer = ring3_open(&config);
    if (!computer || !machine_call(run, NULL))
        return 1;
    ring3_close(computer, NULL);
    free(rules);
    return 0;
}
