/* What `ring3 wfp` prints. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <initguid.h>

#include <fwpmk.h>
#include <fwpsk.h>

#include "fwp/describe.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "machine/machine.h"
#include "ring3.h"
#include "unit.h"

static const GUID sublayer_key = { 0xabcd, 1, 2, { 3 } };
static WCHAR name[] = { 'a', ' ', '"', 'q', '"', 0 };

static void block_once(const struct fwp_layer *layer)
{
    FWPS_INCOMING_VALUE0 value[64] = { 0 };
    FWPS_INCOMING_VALUES0 values = { layer->id, layer->field_count, value };
    struct fwp_verdict verdict = { 0 };

    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_ADDRESS].value = (FWP_VALUE0){ .type = FWP_UINT32, .uint32 = 0x0a000107 };
    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_LOCAL_ADDRESS].value = (FWP_VALUE0){ .type = FWP_UINT32, .uint32 = 0x0a000201 };
    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].value = (FWP_VALUE0){ .type = FWP_UINT16, .uint16 = 443 };
    fwp_classify(&values, NULL, NULL, &verdict);
    CHECK_EQ(verdict.action, FWP_ACTION_BLOCK);
}

static void inside(void *unused)
{
    const struct fwp_layer *layer = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4);
    FWPM_SESSION0 dynamic = { .flags = FWPM_SESSION_FLAG_DYNAMIC };
    FWPM_SUBLAYER0 sublayer = { .subLayerKey = sublayer_key, .displayData = { name, NULL }, .weight = 77 };
    FWP_V4_ADDR_AND_MASK net = { 0x0a000100, 0xffffff00 };
    FWP_RANGE0 ports = { { .type = FWP_UINT16, .uint16 = 400 }, { .type = FWP_UINT16, .uint16 = 500 } };
    FWPM_FILTER_CONDITION0 conditions[] = {
        { FWPM_CONDITION_IP_REMOTE_ADDRESS, FWP_MATCH_EQUAL, { .type = FWP_V4_ADDR_MASK, .v4AddrMask = &net } },
        { FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_RANGE, { .type = FWP_RANGE_TYPE, .rangeValue = &ports } },
    };
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = layer->key, .subLayerKey = sublayer_key,
                            .action = { .type = FWP_ACTION_BLOCK }, .flags = FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT,
                            .numFilterConditions = 2, .filterCondition = conditions };
    struct writer text = { .format = WRITE_TEXT }, json = { .format = WRITE_JSON };
    HANDLE engine;

    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &engine), STATUS_SUCCESS);
    CHECK_EQ(FwpmSubLayerAdd0(engine, &sublayer, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterAdd0(engine, &filter, NULL, NULL), STATUS_SUCCESS);
    block_once(layer);
    fwp_describe(&text, false);
    CHECK_CONTAINS(text.text, "ALE_AUTH_CONNECT_V4 (48): 1 filters, permitted 0, blocked 1 (0 vetoes, 0 absorbed)");
    CHECK_CONTAINS(text.text, "sublayer {0000abcd-0001-0002-0300-000000000000}, weight 77: \"a \"q\"\"");
    CHECK_CONTAINS(text.text, "hard block, \"a \"q\"\", if IP_REMOTE_ADDRESS = 10.0.1.0/24, IP_REMOTE_PORT in 400..500");
    CHECK_CONTAINS(text.text, "blocked by filter 1 \"a \"q\"\": 10.0.2.1 to 10.0.1.7 port 443");
    CHECK_CONTAINS(text.text, "callouts\n");
    fwp_describe(&json, true);
    CHECK_CONTAINS(json.text, "\"layer\":\"STREAM_V6\"");
    CHECK_CONTAINS(json.text, "\"hard\":true,\"callout\":0,\"name\":\"a \\\"q\\\"\","
                              "\"conditions\":[\"IP_REMOTE_ADDRESS = 10.0.1.0/24\",\"IP_REMOTE_PORT in 400..500\"]");
    CHECK_CONTAINS(json.text, "\"drops\":[{\"number\":1,\"layer\":\"ALE_AUTH_CONNECT_V4\",\"filter\":1,\"callout\":0,\"driver\":\"\","
                              "\"reason\":\"blocked\",\"name\":\"a \\\"q\\\"\",\"what\":\"10.0.2.1 to 10.0.1.7 port 443\"}]}");
    CHECK(!text.failed && !json.failed);
    if (getenv("SHOW"))
        fputs(json.text, stderr);
    writer_free(&text);
    writer_free(&json);
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
}

TEST(the_filter_engine_is_described_as_text_and_as_json)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_WARN;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    CHECK(machine_call(inside, NULL));
    ring3_close(computer, NULL);
}

TEST(addresses_are_written_as_usual)
{
    static const struct {
        uint8_t bytes[16];
        const char *text;
    } cases[] = {
        { { 0xfe, 0x80, [15] = 1 }, "fe80::1" },
        { { [15] = 1 }, "::1" },
        { { 0 }, "::" },
        { { 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, "2001:db8:0:1::" },
        { { 0x20, 1, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7 }, "2001:1:2:3:4:5:6:7" },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct writer w = { .format = WRITE_TEXT };
        fwp_describe_address(&w, FWP_IP_VERSION_V6, cases[i].bytes);
        CHECK_STR(w.text, cases[i].text);
        writer_free(&w);
    }
}
