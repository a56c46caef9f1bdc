#include "tcpip/dhcp.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#define SECOND 1000000000ull
#define MAX_REQUESTS 4
#define FRAME_SIZE 342u                 /* Ethernet, IPv4, UDP, BOOTP with 64 bytes of options: 14 + 20 + 8 + 300 */

enum { ETH = 14, IP = 20, UDP = 8, BOOTP = ETH + IP + UDP, OPTIONS = BOOTP + 236 };
enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK };
enum { OPT_PAD = 0, OPT_MASK = 1, OPT_ROUTER = 3, OPT_DNS = 6, OPT_DOMAIN = 15, OPT_REQUESTED = 50, OPT_LEASE = 51, OPT_TYPE = 53,
       OPT_SERVER = 54, OPT_LIST = 55, OPT_CLIENT = 61, OPT_END = 255 };

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get_address(const uint8_t *p)
{
    uint32_t a;

    memcpy(&a, p, 4);
    return a;
}

static unsigned ip_checksum(const uint8_t *p, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < size; i += 2)
        sum += get16(p + i);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static uint8_t *add_option(uint8_t *at, uint8_t code, const void *data, uint8_t size)
{
    at[0] = code;
    at[1] = size;
    memcpy(at + 2, data, size);
    return at + 2 + size;
}

static void add_headers(const struct dhcp *dhcp, uint8_t *frame)
{
    uint8_t *ip = frame + ETH, *udp = ip + IP;

    memset(frame, 0xff, 6);
    memcpy(frame + 6, dhcp->mac, 6);
    put16(frame + 12, 0x0800);
    ip[0] = 0x45;
    put16(ip + 2, FRAME_SIZE - ETH);
    ip[8] = 64;
    ip[9] = 17;
    if (dhcp->state == DHCP_RENEWING)
        memcpy(ip + 12, &dhcp->address, 4);
    memset(ip + 16, 0xff, 4);
    put16(ip + 10, ip_checksum(ip, IP));
    put16(udp, 68);
    put16(udp + 2, 67);
    put16(udp + 4, FRAME_SIZE - ETH - IP);      /* checksum 0: not computed, as IPv4 allows */
}

static void send_message(struct dhcp *dhcp, uint8_t type, uint64_t now)
{
    static const uint8_t wanted[] = { OPT_MASK, OPT_ROUTER, OPT_DNS, OPT_DOMAIN, OPT_LEASE };
    uint8_t frame[FRAME_SIZE] = { 0 }, client[7] = { 1 };
    uint8_t *b = frame + BOOTP, *at = frame + OPTIONS;

    add_headers(dhcp, frame);
    b[0] = 1;
    b[1] = 1;
    b[2] = 6;
    memcpy(b + 4, &dhcp->xid, 4);
    put16(b + 8, (unsigned)((now - dhcp->started_ns) / SECOND));
    b[10] = 0x80;                               /* answer by broadcast: no address of ours is reachable yet */
    if (dhcp->state == DHCP_RENEWING)
        memcpy(b + 12, &dhcp->address, 4);
    memcpy(b + 28, dhcp->mac, 6);
    memcpy(at, cookie, 4);
    at = add_option(at + 4, OPT_TYPE, &type, 1);
    memcpy(client + 1, dhcp->mac, 6);
    at = add_option(at, OPT_CLIENT, client, sizeof client);
    if (dhcp->state == DHCP_REQUESTING) {
        at = add_option(at, OPT_REQUESTED, &dhcp->offered, 4);
        at = add_option(at, OPT_SERVER, &dhcp->server, 4);
    }
    at = add_option(at, OPT_LIST, wanted, sizeof wanted);
    *at = OPT_END;
    dhcp->send(dhcp, frame, sizeof frame);
}

static uint64_t backoff(const struct dhcp *dhcp)
{
    return SECOND << (dhcp->tries > 5 ? 5 : dhcp->tries);
}

static void discover(struct dhcp *dhcp, uint64_t now)
{
    dhcp->state = DHCP_SELECTING;
    send_message(dhcp, DISCOVER, now);
    dhcp->due_ns = now + backoff(dhcp);
    dhcp->tries++;
}

static void restart(struct dhcp *dhcp, uint64_t now)
{
    if (dhcp->address) {
        dhcp->address = 0;
        memset(dhcp->dns, 0, sizeof dhcp->dns);
        dhcp->domain[0] = 0;
        dhcp->configured(dhcp, 0, 0, 0);
    }
    dhcp->tries = 0;
    dhcp->started_ns = now;
    dhcp->xid++;
    discover(dhcp, now);
}

void dhcp_start(struct dhcp *dhcp, uint32_t xid, uint64_t now)
{
    dhcp->xid = xid;
    dhcp->address = 0;
    restart(dhcp, now);
}

void dhcp_stop(struct dhcp *dhcp)
{
    dhcp->state = DHCP_OFF;
    dhcp->due_ns = UINT64_MAX;
}

struct message {
    uint8_t type;
    uint32_t yours, server, mask, router, dns[DHCP_DNS_SERVERS], lease;
    char domain[256];
};

/* What a resolver may append to a name: letters, digits, hyphens, underscores and dots. */
static void take_domain(char domain[static 256], const uint8_t *data, size_t size)
{
    while (size && data[size - 1] == 0)
        size--;
    for (size_t n = 0; n < size; n++)
        if (!isalnum(data[n]) && !strchr("-_.", data[n]))
            size = 0;
    memcpy(domain, data, size);
    domain[size] = 0;
}

static void take_option(struct message *m, uint8_t code, const uint8_t *data, size_t size)
{
    if (code == OPT_TYPE && size >= 1)
        m->type = data[0];
    if (code == OPT_DOMAIN)
        take_domain(m->domain, data, size);
    if (size < 4)
        return;
    switch (code) {
    case OPT_MASK: m->mask = get_address(data); break;
    case OPT_ROUTER: m->router = get_address(data); break;
    case OPT_LEASE: m->lease = ntohl(get_address(data)); break;
    case OPT_SERVER: m->server = get_address(data); break;
    case OPT_DNS:
        memset(m->dns, 0, sizeof m->dns);
        for (size_t n = 0; n < DHCP_DNS_SERVERS && 4 * n + 4 <= size; n++)
            m->dns[n] = get_address(data + 4 * n);
        break;
    }
}

static void parse_options(struct message *m, const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != OPT_END) {
        if (*at == OPT_PAD) {
            at++;
            continue;
        }
        if (end - at < 2 || end - at - 2 < at[1])
            return;
        take_option(m, at[0], at + 2, at[1]);
        at += 2 + at[1];
    }
}

/* The start of the BOOTP message when the frame is an answer for UDP port 68, else NULL; *end is its end. */
static const uint8_t *find_bootp(const uint8_t *frame, size_t size, const uint8_t **end)
{
    if (size < BOOTP || get16(frame + 12) != 0x0800)
        return NULL;
    const uint8_t *ip = frame + ETH;
    size_t header = (ip[0] & 15u) * 4u, total = get16(ip + 2);
    if (ip[0] >> 4 != 4 || header < IP || ip[9] != 17 || (get16(ip + 6) & 0x3fff) != 0)
        return NULL;
    if (total > size - ETH || total < header + UDP || ip_checksum(ip, header) != 0)
        return NULL;
    const uint8_t *udp = ip + header;
    if (get16(udp + 2) != 68 || get16(udp + 4) > total - header)
        return NULL;
    *end = udp + get16(udp + 4);
    return udp + UDP;
}

static bool parse(const struct dhcp *dhcp, const uint8_t *frame, size_t size, struct message *m)
{
    const uint8_t *end, *b = find_bootp(frame, size, &end);

    if (!b || end - b < 240 || b[0] != 2 || memcmp(b + 236, cookie, 4) != 0)
        return false;
    if (get_address(b + 4) != dhcp->xid || memcmp(b + 28, dhcp->mac, 6) != 0)
        return false;
    memset(m, 0, sizeof *m);
    m->yours = get_address(b + 16);
    parse_options(m, b + 240, end);
    return m->type != 0;
}

static void bind_lease(struct dhcp *dhcp, const struct message *m, uint64_t now)
{
    uint64_t seconds = m->lease ? m->lease : 3600;

    dhcp->state = DHCP_BOUND;
    dhcp->tries = 0;
    dhcp->address = m->yours;
    dhcp->mask = m->mask ? m->mask : htonl(0xffffff00);
    dhcp->gateway = m->router;
    memcpy(dhcp->dns, m->dns, sizeof dhcp->dns);
    memcpy(dhcp->domain, m->domain, sizeof dhcp->domain);
    dhcp->lease_ns = seconds * SECOND;
    dhcp->bound_ns = now;
    dhcp->due_ns = seconds == UINT32_MAX ? UINT64_MAX : now + dhcp->lease_ns / 2;
    dhcp->configured(dhcp, dhcp->address, dhcp->mask, dhcp->gateway);
}

static void request(struct dhcp *dhcp, uint64_t now)
{
    send_message(dhcp, REQUEST, now);
    dhcp->due_ns = now + (dhcp->state == DHCP_RENEWING ? dhcp->lease_ns / 8 + 1 : backoff(dhcp));
    dhcp->tries++;
}

bool dhcp_input(struct dhcp *dhcp, const uint8_t *frame, size_t size, uint64_t now)
{
    struct message m;

    if (dhcp->state == DHCP_OFF || dhcp->state == DHCP_BOUND || !parse(dhcp, frame, size, &m))
        return false;
    if (dhcp->state == DHCP_SELECTING) {
        if (m.type == OFFER && m.yours && m.server) {
            dhcp->state = DHCP_REQUESTING;
            dhcp->offered = m.yours;
            dhcp->server = m.server;
            dhcp->tries = 0;
            request(dhcp, now);
        }
    } else if (m.type == ACK && m.yours) {
        bind_lease(dhcp, &m, now);
    } else if (m.type == NAK) {
        restart(dhcp, now);
    }
    return true;
}

void dhcp_tick(struct dhcp *dhcp, uint64_t now)
{
    if (now < dhcp->due_ns)
        return;
    switch (dhcp->state) {
    case DHCP_OFF:
        dhcp->due_ns = UINT64_MAX;
        break;
    case DHCP_SELECTING:
        discover(dhcp, now);
        break;
    case DHCP_REQUESTING:
        if (dhcp->tries >= MAX_REQUESTS)
            restart(dhcp, now);
        else
            request(dhcp, now);
        break;
    case DHCP_BOUND:
    case DHCP_RENEWING:
        dhcp->state = DHCP_RENEWING;
        if (now - dhcp->bound_ns >= dhcp->lease_ns)
            restart(dhcp, now);
        else
            request(dhcp, now);
        break;
    }
}
