/* Streams under callouts when memory fails: each allocation once. What arrives is always a beginning of what was sent, and all of it unless
 * the connection ended with an error. */
#include <fwpmk.h>
#include <fwpsk.h>

#include "endpoint.h"

#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "tcpip/stack.h"

enum { CALLOUTS = 2, BYTES = 9000, PIECE = 900 };

static WCHAR name[] = { 's', 0 };
static HANDLE engine;
static UINT32 id[CALLOUTS];
static unsigned calls;
static char sent[BYTES];

/* Permits a third, waits for more, permits all, passes the decision on, in turns. */
static VOID NTAPI classify(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                           const FWPS_FILTER0 *filter, UINT64 context, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet = data;
    bool last = out->flags & (FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA | FWPS_CLASSIFY_OUT_FLAG_BUFFER_LIMIT_REACHED);

    out->actionType = FWP_ACTION_PERMIT;
    switch (calls++ % 5) {
    case 0: packet->countBytesEnforced = packet->streamData->dataLength / 3; break;
    case 1:
        packet->streamAction = last ? FWPS_STREAM_ACTION_NONE : FWPS_STREAM_ACTION_NEED_MORE_DATA;
        packet->countBytesRequired = last ? 0 : 100;
        break;
    case 2: out->actionType = FWP_ACTION_CONTINUE; break;
    default: break;
    }
}

static NTSTATUS NTAPI notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *filter_key, const FWPS_FILTER0 *filter)
{
    return STATUS_SUCCESS;
}

static void add(unsigned n)
{
    GUID key = { 0xfa17, (unsigned short)n, 1, { 1 } };
    const GUID *layer = &fwp_layer_of(FWPS_LAYER_STREAM_V4)->key;
    FWPM_SUBLAYER0 sublayer = { .subLayerKey = key, .displayData = { name, NULL }, .weight = (UINT16)(100 - n) };
    FWPS_CALLOUT0 functions = { key, 0, classify, notify, NULL };
    FWPM_CALLOUT0 object = { .calloutKey = key, .displayData = { name, NULL }, .applicableLayer = *layer };
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = *layer, .subLayerKey = key,
                            .action = { .type = FWP_ACTION_CALLOUT_UNKNOWN, .calloutKey = key } };

    CHECK_EQ((uint32_t)FwpsCalloutRegister0(&functions, &functions, &id[n]), 0);
    CHECK_EQ((uint32_t)FwpmSubLayerAdd0(engine, &sublayer, NULL), 0);
    CHECK_EQ((uint32_t)FwpmCalloutAdd0(engine, &object, NULL, NULL), 0);
    CHECK_EQ((uint32_t)FwpmFilterAdd0(engine, &filter, NULL, NULL), 0);
}

/* The peer sends BYTES and its end. True when all arrived. */
static bool one_stream(struct script *s, uint64_t fail)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);
    bool whole;

    calls = 0;
    stack_fail_at(fail);
    for (size_t at = 0; at < BYTES && !e->fails; at += PIECE) {
        flow_send(s, &f, ACK | PSH | (at + PIECE == BYTES ? FIN : 0), sent + at, PIECE);
        script_wait(s, 1);
        struct script_packet *p;
        uint32_t got = f.seq - PIECE;
        for (int n = 0; n < 20 && got != f.seq && !e->fails; n++) {     /* a segment that found no memory is sent again */
            while ((p = script_next(s)))
                got = p->protocol == 6 && (p->flags & ACK) ? p->ack : got;
            if (got == f.seq || e->fails)
                break;
            f.seq -= PIECE + (at + PIECE == BYTES);
            flow_send(s, &f, ACK | PSH | (at + PIECE == BYTES ? FIN : 0), sent + at, PIECE);
            script_wait(s, 300);
        }
    }
    script_wait(s, 1000);
    CHECK(memcmp(e->bytes, sent, e->received) == 0);
    whole = e->received == BYTES;
    CHECK(whole || e->fails);
    CHECK(!e->end || whole);
    if (e->fails)
        tcpip_tcp_close(e->tcp);
    else
        tcpip_tcp_abort(e->tcp);
    script_wait(s, 1);
    script_forget(s);
    endpoint_free(e);
    return whole;
}

SCRIPT(each_allocation_of_a_stream_may_fail_once)
{
    FWPM_SESSION0 dynamic = { .flags = FWPM_SESSION_FLAG_DYNAMIC };
    unsigned n, good = 0;

    for (n = 0; n < BYTES; n++)
        sent[n] = (char)(n * 7 + n / 251);
    CHECK_EQ((uint32_t)FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &engine), 0);
    for (n = 0; n < CALLOUTS; n++)
        add(n);
    CHECK(one_stream(s, 0));
    for (n = 1; n < 300; n++) {
        good += one_stream(s, n);
        if (stack_fail_count() < n)
            break;
        stack_fail_at(0);
    }
    CHECK(n > 20 && n < 300);
    CHECK(good > 0);
    stack_fail_at(0);
    CHECK(one_stream(s, 0));
    CHECK_EQ((uint32_t)FwpmEngineClose0(engine), 0);
    for (n = 0; n < CALLOUTS; n++)
        CHECK_EQ((uint32_t)FwpsCalloutUnregisterById0(id[n]), 0);
}
