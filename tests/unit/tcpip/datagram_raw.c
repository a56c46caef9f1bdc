/* Raw endpoints, and what ICMP says of datagrams, against a scripted peer. */
#include "sink.h"

SCRIPT(a_raw_endpoint_gets_the_IPv4_header_and_may_write_its_own)
{
    struct sink *k = open_sink(4, 200), *udp = open_sink(4, 17);
    struct tcpip_address any = { .family = 4 }, peer = script_address(script_peer4, 0);
    uint8_t header[24] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 9, 200, [16] = 10, 0, 0, 2, 'd', 'a', 't', 'a' };

    CHECK_EQ((uint32_t)tcpip_datagram_bind(k->d, &any, TCPIP_SHARE_DEFAULT), 0);
    script_ip(s, &(struct script_ip){ .protocol = 200 }, "payload", 7, SIZE_MAX);
    script_wait(s, 1);
    CHECK_EQ(k->count, 1);
    CHECK_EQ(k->size, 27);
    CHECK_EQ(k->bytes[0], 0x45);
    CHECK(memcmp(k->bytes + 20, "payload", 7) == 0);
    script_expect_nothing(s);           /* no "protocol unreachable" */
    CHECK_EQ((uint32_t)send_bytes(k, &peer, "answer", 6), 0);
    script_wait(s, 1);
    struct script_packet *p = script_expect(s, 200);
    CHECK_EQ(p->size, 6);
    CHECK_EQ((uint32_t)tcpip_datagram_set_header_included(k->d, true), 0);
    CHECK_EQ((uint32_t)send_bytes(k, &peer, header, sizeof header), 0);
    script_wait(s, 1);
    p = script_expect(s, 200);
    CHECK_EQ(p->ttl, 9);
    CHECK_EQ(p->size, 4);
    CHECK(memcmp(p->from, script_host4, 4) == 0);
    CHECK_EQ((uint32_t)send_bytes(k, &peer, "short", 5), (uint32_t)STATUS_INVALID_PARAMETER);
    CHECK_EQ((uint32_t)tcpip_datagram_set_header_included(udp->d, true), (uint32_t)STATUS_NOT_SUPPORTED);
    close_sink(k);
    close_sink(udp);
}

SCRIPT(a_raw_IPv6_endpoint_gets_what_is_behind_the_headers)
{
    struct sink *k = open_sink(6, 58);
    struct tcpip_address any = { .family = 6 };
    uint8_t echo[8] = { 129, 0, 0, 0, 0, 1, 0, 2 };

    CHECK_EQ((uint32_t)tcpip_datagram_bind(k->d, &any, TCPIP_SHARE_DEFAULT), 0);
    script_ip(s, &(struct script_ip){ .family = 6, .protocol = 58 }, echo, 8, 2);
    script_wait(s, 1);
    CHECK_EQ(k->count, 1);
    CHECK_EQ(k->size, 8);
    CHECK_EQ(k->bytes[0], 129);
    close_sink(k);
}

/* The ICMP error of this kind about the last datagram that came out, as a router would send it. */
static void icmp_about(struct script *s, const struct script_packet *p, uint8_t type, uint8_t code, bool corrupt)
{
    uint8_t m[56] = { type, code };

    if (p->family == 6) {
        m[8] = 0x60;
        m[14] = 17;
        memcpy(m + 16, p->from, 16);
        memcpy(m + 32, p->to, 16);
        memcpy(m + 48, p->data - 8, 8);
        script_ip(s, &(struct script_ip){ .family = 6, .protocol = 58, .bad_checksum = corrupt }, m, 56, 2);
    } else {
        m[8] = 0x45;
        m[17] = 17;
        memcpy(m + 20, p->from, 4);
        memcpy(m + 24, p->to, 4);
        memcpy(m + 28, p->data - 8, 8);
        script_put16(m + 2, script_fold(script_add(0, m, 36)) ^ corrupt);
        script_ip(s, &(struct script_ip){ .protocol = 1 }, m, 36, SIZE_MAX);
    }
    script_wait(s, 1);
}

SCRIPT(an_ICMP_error_is_told_to_the_endpoint_that_sent)
{
    struct sink *k = open_bound(0, 9, TCPIP_SHARE_DEFAULT), *other = open_bound(4, 10, TCPIP_SHARE_DEFAULT);
    struct tcpip_address peer = script_address(script_peer4, 77), peer6 = { .family = 6, .port = 78, .zone = 1 };
    struct script_packet kept;

    CHECK_EQ((uint32_t)send_bytes(k, &peer, "x", 1), 0);
    script_wait(s, 1);
    kept = *script_expect_udp(s);
    icmp_about(s, &kept, 3, 3, true);
    CHECK_EQ(k->errors, 0);
    icmp_about(s, &kept, 3, 3, false);
    CHECK_EQ(k->errors, 1);
    CHECK_EQ((uint32_t)k->status, (uint32_t)STATUS_PORT_UNREACHABLE);
    CHECK_EQ(k->about.family, 6);       /* mapped, as a dual-mode endpoint has it */
    CHECK_EQ(k->about.port, 77);
    CHECK(memcmp(k->about.bytes + 12, script_peer4, 4) == 0);
    icmp_about(s, &kept, 3, 1, false);
    CHECK_EQ((uint32_t)k->status, (uint32_t)STATUS_HOST_UNREACHABLE);
    icmp_about(s, &kept, 3, 0, false);
    CHECK_EQ((uint32_t)k->status, (uint32_t)STATUS_NETWORK_UNREACHABLE);
    icmp_about(s, &kept, 11, 0, false);
    CHECK_EQ(k->errors, 4);
    memcpy(peer6.bytes, script_peer6, 16);
    CHECK_EQ((uint32_t)send_bytes(k, &peer6, "x", 1), 0);
    script_wait(s, 10);
    kept = *script_expect_udp(s);
    icmp_about(s, &kept, 1, 4, true);
    CHECK_EQ(k->errors, 4);
    icmp_about(s, &kept, 1, 4, false);
    CHECK_EQ((uint32_t)k->status, (uint32_t)STATUS_PORT_UNREACHABLE);
    CHECK_EQ(k->about.port, 78);
    icmp_about(s, &kept, 1, 3, false);
    CHECK_EQ((uint32_t)k->status, (uint32_t)STATUS_HOST_UNREACHABLE);
    CHECK_EQ(other->errors, 0);
    close_sink(k);
    close_sink(other);
}
