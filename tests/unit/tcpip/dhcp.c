#include <arpa/inet.h>

#include "tcpip/dhcp.h"
#include "unit.h"

#define SECOND 1000000000ull
#define BOOTP 42
#define OPTIONS (BOOTP + 240)

static uint8_t sent[600];
static size_t sent_size;
static unsigned sent_count;
static uint32_t got_address, got_mask, got_gateway;
static unsigned got_count;

static bool send_frame(struct dhcp *dhcp, const void *frame, size_t size)
{
    memcpy(sent, frame, size);
    sent_size = size;
    sent_count++;
    return true;
}

static void configured(struct dhcp *dhcp, uint32_t address, uint32_t mask, uint32_t gateway)
{
    got_address = address;
    got_mask = mask;
    got_gateway = gateway;
    got_count++;
}

static struct dhcp client = { .mac = { 2, 0, 0, 0, 0, 1 }, .send = send_frame, .configured = configured };

static const uint8_t *option(const uint8_t *frame, uint8_t code)
{
    for (const uint8_t *at = frame + OPTIONS; *at != 255; at += 2 + at[1])
        if (*at == code)
            return at + 2;
    return NULL;
}

static void sum_header(uint8_t *ip)
{
    uint32_t sum = 0;

    ip[10] = ip[11] = 0;
    for (int i = 0; i < 20; i += 2)
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    ip[10] = (uint8_t)(~sum >> 8);
    ip[11] = (uint8_t)~sum;
}

static const void *more_options;        /* what the server says besides */
static size_t more_size;

/* A server's answer to the last frame of the client. */
static size_t answer(uint8_t *frame, uint8_t type, const char *address, uint32_t lease)
{
    uint32_t ip = inet_addr(address), mask = inet_addr("255.255.255.0"), router = inet_addr("10.0.2.2");
    uint8_t *at = frame + OPTIONS;

    memcpy(frame, sent, OPTIONS);
    memcpy(frame, client.mac, 6);
    frame[BOOTP] = 2;
    memcpy(frame + BOOTP + 16, &ip, 4);
    memcpy(at, (uint8_t[]){ 53, 1, type, 54, 4 }, 5);
    memcpy(at + 5, &router, 4);
    memcpy(at + 9, (uint8_t[]){ 1, 4 }, 2);
    memcpy(at + 11, &mask, 4);
    memcpy(at + 15, (uint8_t[]){ 3, 4 }, 2);
    memcpy(at + 17, &router, 4);
    lease = htonl(lease);
    memcpy(at + 21, (uint8_t[]){ 51, 4 }, 2);
    memcpy(at + 23, &lease, 4);
    if (more_size)
        memcpy(at + 27, more_options, more_size);
    at[27 + more_size] = 255;
    size_t size = (size_t)(at + 28 + more_size - frame);
    frame[16] = (uint8_t)((size - 14) >> 8);
    frame[17] = (uint8_t)(size - 14);
    frame[34 + 2] = 0;
    frame[34 + 3] = 68;
    frame[34 + 4] = (uint8_t)((size - 34) >> 8);
    frame[34 + 5] = (uint8_t)(size - 34);
    sum_header(frame + 14);
    return size;
}

static void lease(uint32_t seconds)
{
    uint8_t frame[600];

    dhcp_start(&client, 0x11223344, 0);
    CHECK_EQ(option(sent, 53)[0], 1);
    CHECK(dhcp_input(&client, frame, answer(frame, 2, "10.0.2.15", seconds), 1));
    CHECK_EQ(option(sent, 53)[0], 3);
    CHECK(dhcp_input(&client, frame, answer(frame, 5, "10.0.2.15", seconds), 2));
    CHECK_EQ(client.state, DHCP_BOUND);
}

TEST(an_offer_is_requested_and_an_acknowledgement_gives_the_address)
{
    lease(1000);
    CHECK_EQ(sent_count, 2);
    CHECK_EQ(got_address, inet_addr("10.0.2.15"));
    CHECK_EQ(got_mask, inet_addr("255.255.255.0"));
    CHECK_EQ(got_gateway, inet_addr("10.0.2.2"));
    CHECK_EQ(client.due_ns, 2 + 500 * SECOND);
}

TEST(a_request_names_the_offered_address_and_the_server)
{
    lease(1000);
    uint32_t wanted, server;
    memcpy(&wanted, option(sent, 50), 4);
    memcpy(&server, option(sent, 54), 4);
    CHECK_EQ(wanted, inet_addr("10.0.2.15"));
    CHECK_EQ(server, inet_addr("10.0.2.2"));
}

TEST(name_servers_and_the_domain_are_kept_with_the_lease)
{
    static const uint8_t said[] = "\x06\x14" "\x0a\x00\x02\x03" "\x01\x02\x03\x04" "\x05\x06\x07\x08" "\x09\x0a\x0b\x0c"
                                  "\x0d\x0e\x0f\x10" "\x0f\x0d" "corp.example\0";
    static const uint8_t strange[] = "\x06\x04" "\x01\x02\x03\x04" "\x0f\x03" "a b";

    more_options = said;
    more_size = sizeof said - 1;
    lease(1000);
    CHECK_EQ(client.dns[0], inet_addr("10.0.2.3"));
    CHECK_EQ(client.dns[3], inet_addr("9.10.11.12"));
    CHECK_STR(client.domain, "corp.example");
    more_options = strange;
    more_size = sizeof strange - 1;
    lease(1000);
    CHECK_EQ(client.dns[0], inet_addr("1.2.3.4"));
    CHECK_EQ(client.dns[1], 0);
    CHECK_STR(client.domain, "");       /* no name can end in that */
    const uint8_t *list = option(sent, 55);
    bool asked = false;
    for (unsigned n = 0; n < list[-1]; n++)
        asked |= list[n] == 15;
    CHECK(asked);
}

TEST(discovery_is_repeated_at_growing_distances)
{
    uint64_t now = 0;

    dhcp_start(&client, 1, 0);
    for (unsigned n = 0; n < 8; n++) {
        uint64_t distance = client.due_ns - now;
        CHECK_EQ(distance, SECOND << (n < 5 ? n : 5));
        now = client.due_ns;
        dhcp_tick(&client, now - 1);
        CHECK_EQ(sent_count, n + 1);
        dhcp_tick(&client, now);
        CHECK_EQ(sent_count, n + 2);
    }
}

TEST(a_lease_is_renewed_at_its_half_and_lost_at_its_end)
{
    uint8_t frame[600];

    lease(80);
    dhcp_tick(&client, 2 + 40 * SECOND);
    CHECK_EQ(client.state, DHCP_RENEWING);
    CHECK(memcmp(sent + BOOTP + 12, &client.address, 4) == 0);
    CHECK(dhcp_input(&client, frame, answer(frame, 5, "10.0.2.15", 80), 41 * SECOND));
    CHECK_EQ(client.state, DHCP_BOUND);
    uint64_t now = client.due_ns;
    while (client.state != DHCP_SELECTING)
        dhcp_tick(&client, now = client.due_ns);
    CHECK_EQ(got_address, 0);
    CHECK(now >= 121 * SECOND && now <= 132 * SECOND);
}

TEST(a_refusal_starts_over)
{
    uint8_t frame[600];

    dhcp_start(&client, 1, 0);
    dhcp_input(&client, frame, answer(frame, 2, "10.0.2.15", 100), 1);
    dhcp_input(&client, frame, answer(frame, 6, "0.0.0.0", 100), 2);
    CHECK_EQ(client.state, DHCP_SELECTING);
    CHECK_EQ(option(sent, 53)[0], 1);
    CHECK_EQ(got_count, 0);
}

TEST(answers_to_others_are_not_taken)
{
    uint8_t frame[600];

    dhcp_start(&client, 1, 0);
    size_t size = answer(frame, 2, "10.0.2.15", 100);
    frame[BOOTP + 4] ^= 1;
    CHECK(!dhcp_input(&client, frame, size, 1));
    frame[BOOTP + 4] ^= 1;
    frame[BOOTP + 28] ^= 1;
    CHECK(!dhcp_input(&client, frame, size, 1));
}

TEST(frames_cut_anywhere_or_with_any_byte_wrong_do_no_harm)
{
    uint8_t frame[600], copy[600];

    dhcp_start(&client, 1, 0);
    size_t size = answer(frame, 2, "10.0.2.15", 100);
    for (size_t n = 0; n < size; n++) {
        uint8_t *exact = malloc(n + 1);
        memcpy(exact, frame, n);
        CHECK(!dhcp_input(&client, exact, n, 1));
        free(exact);
    }
    for (size_t n = 0; n < size; n++) {
        memcpy(copy, frame, size);
        copy[n] ^= 0xff;
        dhcp_start(&client, 1, 0);
        dhcp_input(&client, copy, size, 1);
    }
}
