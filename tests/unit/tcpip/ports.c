/* Who may bind what: the table of "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE" for one user, and the ports that are chosen. */
#include "script.h"

enum { OK, USE, ACC };

static void ignore(struct tcpip_datagram *d, void *context, const struct tcpip_received *how, struct tcpip_packet *packet)
{
    tcpip_packet_free(packet);
}

static const struct tcpip_tcp_events no_events = { 0 };

static NTSTATUS bind_tcp(struct tcpip_tcp **tcp, uint8_t family, const struct tcpip_address *a, enum tcpip_sharing sharing)
{
    CHECK_EQ((uint32_t)tcpip_tcp_create(family, &no_events, NULL, tcp), 0);
    return tcpip_tcp_bind(*tcp, a, sharing);
}

static NTSTATUS bind_udp(struct tcpip_datagram **d, uint8_t family, const struct tcpip_address *a, enum tcpip_sharing sharing)
{
    CHECK_EQ((uint32_t)tcpip_datagram_create(family, 17, ignore, NULL, NULL, d), 0);
    return tcpip_datagram_bind(*d, a, sharing);
}

static const uint8_t table[6][6] = {    /* rows: default, reuse, exclusive, each with wildcard and specific; columns the same */
    { USE, OK, ACC, OK, USE, OK },
    { OK, USE, OK, ACC, USE, USE },
    { USE, OK, OK, OK, USE, OK },
    { OK, USE, OK, OK, USE, USE },
    { USE, ACC, ACC, ACC, USE, ACC },
    { OK, USE, OK, ACC, USE, USE },
};

static unsigned outcome(NTSTATUS status)
{
    return status == STATUS_ADDRESS_ALREADY_EXISTS ? USE : status == STATUS_SHARING_VIOLATION ? ACC : OK;
}

SCRIPT(a_second_bind_gets_what_the_documented_table_says)
{
    for (unsigned first = 0; first < 6; first++)
        for (unsigned second = 0; second < 6; second++) {
            struct tcpip_address a = { .family = 4, .port = 5150 }, b = a;
            struct tcpip_tcp *t1, *t2;
            struct tcpip_datagram *d1, *d2;

            if (first & 1)
                memcpy(a.bytes, script_host4, 4);
            if (second & 1)
                memcpy(b.bytes, script_host4, 4);
            CHECK_EQ((uint32_t)bind_tcp(&t1, 4, &a, first / 2), 0);
            CHECK_EQ((uint32_t)bind_udp(&d1, 4, &a, first / 2), 0);
            unsigned tcp = outcome(bind_tcp(&t2, 4, &b, second / 2)), udp = outcome(bind_udp(&d2, 4, &b, second / 2));
            if (tcp != table[first][second] || udp != table[first][second])
                UNIT_FAIL("row %u, column %u: %u and %u", first, second, tcp, udp);
            tcpip_tcp_close(t1);
            tcpip_tcp_close(t2);
            tcpip_datagram_close(d1);
            tcpip_datagram_close(d2);
        }
}

SCRIPT(a_dual_mode_bind_counts_in_both_families)
{
    struct tcpip_address four = { .family = 4, .port = 5150 }, six = { .family = 6, .port = 5150 };
    struct tcpip_tcp *a, *b;

    CHECK_EQ((uint32_t)bind_tcp(&a, 4, &four, TCPIP_SHARE_DEFAULT), 0);
    CHECK_EQ((uint32_t)bind_tcp(&b, 6, &six, TCPIP_SHARE_DEFAULT), 0);      /* IPv6 only */
    tcpip_tcp_close(b);
    CHECK_EQ((uint32_t)bind_tcp(&b, 0, &six, TCPIP_SHARE_EXCLUSIVE), (uint32_t)STATUS_ADDRESS_ALREADY_EXISTS);
    tcpip_tcp_close(b);
    tcpip_tcp_close(a);
    CHECK_EQ((uint32_t)bind_tcp(&b, 0, &six, TCPIP_SHARE_EXCLUSIVE), 0);
    CHECK_EQ((uint32_t)bind_tcp(&a, 4, &four, TCPIP_SHARE_REUSE), (uint32_t)STATUS_SHARING_VIOLATION);
    tcpip_tcp_close(a);
    tcpip_tcp_close(b);
}

SCRIPT(an_address_that_is_not_ours_is_refused)
{
    struct tcpip_address other = script_address(script_peer4, 5150), six = { .family = 6, .port = 5150, .bytes = { 0x20, 1 } };
    struct tcpip_address local6 = { .family = 6, .port = 5150, .zone = 1 };
    struct tcpip_tcp *a;
    struct tcpip_datagram *d;

    CHECK_EQ((uint32_t)bind_tcp(&a, 4, &other, TCPIP_SHARE_DEFAULT), (uint32_t)STATUS_INVALID_ADDRESS_COMPONENT);
    tcpip_tcp_close(a);
    CHECK_EQ((uint32_t)bind_udp(&d, 6, &six, TCPIP_SHARE_DEFAULT), (uint32_t)STATUS_INVALID_ADDRESS_COMPONENT);
    CHECK_EQ((uint32_t)tcpip_datagram_bind(d, &other, TCPIP_SHARE_DEFAULT), (uint32_t)STATUS_INVALID_ADDRESS_COMPONENT);
    memcpy(local6.bytes, s->local6, 16);
    CHECK_EQ((uint32_t)tcpip_datagram_bind(d, &local6, TCPIP_SHARE_DEFAULT), 0);
    CHECK_EQ((uint32_t)tcpip_datagram_bind(d, &local6, TCPIP_SHARE_DEFAULT), (uint32_t)STATUS_INVALID_DEVICE_STATE);
    tcpip_datagram_close(d);
}

SCRIPT(port_0_means_a_free_one_from_49152_up_until_there_is_none)
{
    static struct tcpip_datagram *d[16385];
    static bool seen[65536];
    struct tcpip_address any = { .family = 4 }, local;

    for (unsigned n = 0; n < 16384; n++) {
        CHECK_EQ((uint32_t)bind_udp(&d[n], 4, &any, TCPIP_SHARE_DEFAULT), 0);
        tcpip_datagram_local(d[n], &local);
        CHECK(local.port >= 49152 && !seen[local.port]);
        seen[local.port] = true;
    }
    CHECK_EQ((uint32_t)bind_udp(&d[16384], 4, &any, TCPIP_SHARE_DEFAULT), (uint32_t)STATUS_ADDRESS_ALREADY_EXISTS);
    for (unsigned n = 0; n <= 16384; n++)
        tcpip_datagram_close(d[n]);
}
