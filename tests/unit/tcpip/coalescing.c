/* TCP segments that the adapter puts together: what TCP makes of them, and when it has that switched off. */
#include "endpoint.h"

#include "ndis/adapter.h"
#include "tcpip/ip.h"
#include "tcpip/stack.h"

static char big[70000];

static struct adapter *adapter(void)
{
    return container_of(ndis_adapters.next, struct adapter, node);
}

static bool coalesces(void)
{
    return adapter()->offload.Rsc.IPv4.Enabled;
}

static void hold(void *card)
{
}

static struct flow accept_one(struct script *s, struct endpoint **listener)
{
    struct flow f = { .port = 7, .peer_port = 1000, .seq = 5000 };

    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 7 + i / 256);
    *listener = endpoint_listen(4, 7, 4, false);
    flow_open(s, &f);
    CHECK_EQ((*listener)->accepts, 1);
    return f;
}

static void close_both(struct script *s, struct endpoint *listener)
{
    if (listener->child->tcp)
        tcpip_tcp_abort(listener->child->tcp);
    tcpip_tcp_close(listener->tcp);
    script_wait(s, 1);
    script_forget(s);
    endpoint_free(listener);
}

/* The peer sends `count` full segments in one burst. Returns in how many frames they came to the protocol. */
static uint64_t send_burst(struct script *s, struct flow *f, unsigned count)
{
    uint64_t before = adapter()->stats.miniport.rx_frames;
    struct wire *wire = s->nic->wire;
    void (*end)(void *) = wire->burst_end;
    size_t at = f->seq - 5001;

    wire->burst_end = hold;
    for (unsigned i = 0; i < count; i++, at += 1460)
        flow_send(s, f, ACK, big + at, 1460);
    wire->burst_end = end;
    wire_burst_end(wire);
    script_wait(s, 1);
    return adapter()->stats.miniport.rx_frames - before;
}

static void check_received(struct endpoint *e, size_t size)
{
    CHECK_EQ(e->received, size);
    CHECK(!memcmp(e->bytes, big, size));
}

SCRIPT(a_unit_is_delivered_whole_and_acknowledged_at_once)
{
    struct endpoint *listener;
    struct flow f = accept_one(s, &listener);
    struct script_packet *p;
    size_t size = 0;

    for (unsigned count = 2; count < 9; count++) {
        script_forget(s);
        CHECK_EQ(send_burst(s, &f, count), 1);
        size += count * 1460;
        check_received(listener->child, size);
        p = script_expect_tcp(s);       /* within the millisecond: no delayed ACK */
        CHECK_EQ(p->flags, ACK);
        CHECK_EQ(p->ack, f.seq);
        script_expect_nothing(s);
    }
    close_both(s, listener);
}

SCRIPT(one_segment_alone_is_acknowledged_as_ever)
{
    struct endpoint *listener;
    struct flow f = accept_one(s, &listener);

    script_forget(s);
    CHECK_EQ(send_burst(s, &f, 1), 1);
    check_received(listener->child, 1460);
    script_expect_nothing(s);           /* later, or with the next */
    script_wait(s, 500);
    CHECK_EQ(script_expect_tcp(s)->ack, f.seq);
    close_both(s, listener);
}

/* A list as an adapter would indicate it: frame in pieces of 2000 bytes, with this information. */
static void indicate(const uint8_t *frame, size_t size, unsigned segments, unsigned duplicates)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = TRUE,
    };
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(adapter(), &parameters);
    uint8_t *memory = ExAllocatePoolWithTag(NonPagedPoolNx, size, 0x74736554);
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO sums = { .Value = NULL };
    NDIS_RSC_NBL_INFO info = { .Value = NULL };
    PMDL mdl[64] = { NULL };
    PNET_BUFFER_LIST list;
    unsigned n = 0;
    KIRQL old;

    CHECK(pool && memory);
    memcpy(memory, frame, size);
    for (size_t at = 0; at < size; at += 2000, n++) {
        mdl[n] = NdisAllocateMdl(adapter(), memory + at, (ULONG)min_u64(2000, size - at));
        if (n)
            mdl[n - 1]->Next = mdl[n];
    }
    list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl[0], 0, size);
    sums.Receive.IpChecksumSucceeded = sums.Receive.TcpChecksumSucceeded = 1;
    sums.Receive.IpChecksumValueInvalid = sums.Receive.TcpChecksumValueInvalid = 1;
    info.Info.CoalescedSegCount = (USHORT)segments;
    info.Info.DupAckCount = (USHORT)duplicates;
    NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = sums.Value;
    NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) = info.Value;
    list->SourceHandle = adapter();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisMIndicateReceiveNetBufferLists(adapter(), list, 0, 1, NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | NDIS_RECEIVE_FLAGS_RESOURCES);
    KeLowerIrql(old);
    NdisFreeNetBufferList(list);
    while (n--) {
        mdl[n]->Next = NULL;
        NdisFreeMdl(mdl[n]);
    }
    ExFreePoolWithTag(memory, 0x74736554);
    NdisFreeNetBufferListPool(pool);
}

/* Headers with checksums that are none. */
static size_t make_unit(struct script *s, const struct flow *f, uint8_t *frame, const void *data, size_t size)
{
    uint8_t *ip = frame + 14, *tcp = frame + 34;

    memset(frame, 0, 54);
    memcpy(frame, s->mac, 6);
    memcpy(frame + 6, script_peer_mac, 6);
    script_put16(frame + 12, 0x0800);
    ip[0] = 0x45;
    script_put16(ip + 2, (unsigned)(40 + size));
    ip[8] = 64;
    ip[9] = 6;
    memcpy(ip + 12, script_peer4, 4);
    memcpy(ip + 16, script_host4, 4);
    script_put16(tcp, f->peer_port);
    script_put16(tcp + 2, f->port);
    script_put32(tcp + 4, f->seq);
    script_put32(tcp + 8, f->ack);
    tcp[12] = 0x50;
    tcp[13] = ACK;
    script_put16(tcp + 14, 65535);
    memcpy(tcp + 20, data, size);
    return 54 + size;
}

SCRIPT(a_unit_may_be_the_largest_datagram_and_have_no_checksums)
{
    static uint8_t frame[66000];
    struct endpoint *listener;
    struct flow f = accept_one(s, &listener);

    script_forget(s);
    indicate(frame, make_unit(s, &f, frame, big, 65495), 45, 0);
    script_wait(s, 1);
    check_received(listener->child, 65495);
    CHECK_EQ(script_expect_tcp(s)->ack, f.seq + 65495);
    close_both(s, listener);
}

SCRIPT(an_adapter_that_puts_duplicate_acknowledgments_together_is_told_to_stop)
{
    static uint8_t frame[4000];
    struct endpoint *listener;
    struct flow f = accept_one(s, &listener);

    CHECK(coalesces());
    indicate(frame, make_unit(s, &f, frame, big, 2920), 2, 1);
    script_wait(s, 10);
    CHECK(!coalesces());
    check_received(listener->child, 2920);
    f.seq += 2920;
    CHECK_EQ(send_burst(s, &f, 3), 3);
    check_received(listener->child, 2920 + 3 * 1460);
    close_both(s, listener);
}

SCRIPT(an_interface_that_forwards_does_not_coalesce)
{
    uint32_t index = adapter()->if_index;
    struct endpoint *listener;
    struct flow f = accept_one(s, &listener);
    struct ip_interface row;

    CHECK_EQ(ip_get_interface(4, index, &row), IP_OK);
    row.settings.forwarding = true;
    CHECK_EQ(ip_set_interface(4, index, &row.settings), IP_OK);
    CHECK(!coalesces());
    CHECK(adapter()->offload.Rsc.IPv6.Enabled);
    CHECK_EQ(send_burst(s, &f, 3), 3);
    row.settings.forwarding = false;
    CHECK_EQ(ip_set_interface(4, index, &row.settings), IP_OK);
    CHECK(coalesces());
    CHECK_EQ(send_burst(s, &f, 3), 1);
    check_received(listener->child, 6 * 1460);
    close_both(s, listener);
}
