/* What TCP asks of an adapter with offloads, and what it does without. */
#include "endpoint.h"

#include "dev/net_offload.h"
#include "ndis/adapter.h"

static char big[20000];

static struct adapter *adapter(void)
{
    return container_of(ndis_adapters.next, struct adapter, node);
}

static void close_now(struct script *s, struct endpoint *e)
{
    tcpip_tcp_abort(e->tcp);
    script_wait(s, 1);
    script_forget(s);
    endpoint_free(e);
}

static void open_the_window(struct script *s, struct flow *f, struct endpoint *e)
{
    for (int n = 0; n < 8; n++) {       /* the congestion window grows */
        CHECK_EQ(tcpip_tcp_send(e->tcp, big, 1460, 0), 1460);
        script_wait(s, 1);
        script_forget(s);
        f->ack += 1460;
        flow_send(s, f, ACK, NULL, 0);
    }
}

/* Sends seven segments. Returns how many frames the miniport was given for them. */
static uint64_t send_some(struct script *s, struct flow *f, struct endpoint *e)
{
    uint64_t before = adapter()->stats.miniport.tx_frames;
    uint32_t at = 0, size = 7 * 1460;

    CHECK_EQ(tcpip_tcp_send(e->tcp, big, size, 0), size);
    script_wait(s, 1);
    while (at < size) {
        struct script_packet *p = script_expect_tcp(s);

        CHECK_EQ(p->seq, f->ack + at);
        CHECK_EQ(p->size, min_u64(1460, size - at));
        CHECK(memcmp(p->data, big + at, p->size) == 0);
        CHECK(net_checksums_hold(p->data - 20 - 20 - 14, 54 + p->size));
        at += p->size;
        CHECK_EQ(!!(p->flags & PSH), at == size);
    }
    script_expect_nothing(s);
    f->ack += size;
    flow_send(s, f, ACK, NULL, 0);
    CHECK_EQ(e->acknowledged, 8 * 1460 + size);
    return adapter()->stats.miniport.tx_frames - before;
}

static void set_offloads(bool large, bool checksums)
{
    NDIS_OFFLOAD_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_5, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5 },
        .LsoV2IPv4 = large ? NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED : NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED,
        .TCPIPv4Checksum = checksums ? NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED : NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED,
    };

    CHECK_EQ(oid_ask(adapter(), NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, &p, sizeof p, NULL), NDIS_STATUS_SUCCESS);
}

SCRIPT(segments_of_one_send_go_down_as_one_large_send)
{
    struct flow f;
    struct endpoint *e = endpoint_connect(s, &f);

    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 7 + i / 256);
    open_the_window(s, &f, e);
    CHECK_EQ(send_some(s, &f, e), 1);
    close_now(s, e);
}

SCRIPT(without_large_sends_there_are_segments_and_without_checksums_they_are_made)
{
    struct flow f;
    struct endpoint *e;

    for (int checksums = 0; checksums < 2; checksums++) {
        set_offloads(false, checksums);
        e = endpoint_connect(s, &f);
        open_the_window(s, &f, e);
        CHECK_EQ(send_some(s, &f, e), 7);
        close_now(s, e);
    }
    set_offloads(true, true);
    e = endpoint_connect(s, &f);
    open_the_window(s, &f, e);
    CHECK_EQ(send_some(s, &f, e), 1);
    close_now(s, e);
}
