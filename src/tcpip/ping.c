/* ICMP echo, both families, over two raw lwIP endpoints that exist while any ping runs. */
#include <lwip/icmp.h>
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip4.h>
#include <lwip/ip6.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/raw.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/lwip_address.h"
#include "tcpip/stack.h"

enum { ECHO_HEADER = 8 };

static struct tcpip_ping *pings;
static struct raw_pcb *raw4, *raw6;
static uint16_t next_id = 1;

static void step(void *argument);

static void unlink_ping(struct tcpip_ping *ping)
{
    for (struct tcpip_ping **at = &pings; *at; at = &(*at)->next)
        if (*at == ping) {
            *at = ping->next;
            break;
        }
    ping->active = false;
    stack_cancel_timer(step, ping);
    if (!pings) {
        raw_remove(raw4);
        raw_remove(raw6);
        raw4 = raw6 = NULL;
    }
}

static void finish(struct tcpip_ping *ping)
{
    unlink_ping(ping);
    if (ping->done)
        ping->done(ping);
}

/* --- in ----------------------------------------------------------------------------------------------------- */

static void take_reply(struct tcpip_ping *ping, unsigned sequence)
{
    uint64_t *at = &ping->sent_at[sequence % countof(ping->sent_at)];

    if (sequence >= ping->sent || ping->sent - sequence > countof(ping->sent_at) || *at == UINT64_MAX)
        return;                         /* not ours, too old, or a duplicate */
    uint64_t rtt = ke_now() - *at;
    *at = UINT64_MAX;
    ping->min_ns = ping->received ? min_u64(ping->min_ns, rtt) : rtt;
    ping->max_ns = max_u64(ping->max_ns, rtt);
    ping->sum_ns += rtt;
    ping->received++;
    if (ping->reply)
        ping->reply(ping, sequence, rtt);
    if (ping->active && ping->received == ping->count)
        finish(ping);
}

static u8_t input(void *reply_type, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
    uint8_t echo[ECHO_HEADER], first;
    u16_t header;

    if (pbuf_copy_partial(p, &first, 1, 0) != 1)
        return 0;
    header = first >> 4 == 4 ? (u16_t)((first & 15) * 4) : IP6_HLEN;
    if (pbuf_copy_partial(p, echo, ECHO_HEADER, header) != ECHO_HEADER || echo[0] != (uintptr_t)reply_type)
        return 0;
    uint16_t id = (uint16_t)(echo[4] << 8 | echo[5]);
    for (struct tcpip_ping *ping = pings, *next; ping; ping = next) {
        next = ping->next;
        if (ping->id == id && (ping->address.family == 6) == !!IP_IS_V6(from))
            take_reply(ping, (unsigned)(echo[6] << 8 | echo[7]));
    }
    return 0;
}

static bool open_raw(void)
{
    if (!raw4)
        raw4 = raw_new(IP_PROTO_ICMP);
    if (!raw6)
        raw6 = raw_new_ip_type(IPADDR_TYPE_V6, IP6_NEXTH_ICMP6);
    if (!raw4 || !raw6)
        return error_set("no memory for a ping");
    raw6->chksum_reqd = 1;
    raw6->chksum_offset = 2;
    raw_recv(raw4, input, (void *)(uintptr_t)ICMP_ER);
    raw_recv(raw6, input, (void *)(uintptr_t)ICMP6_TYPE_EREP);
    return true;
}

/* --- out ---------------------------------------------------------------------------------------------------- */

static void send_one(struct tcpip_ping *ping)
{
    struct pbuf *p = pbuf_alloc(PBUF_IP, (u16_t)(ECHO_HEADER + ping->size), PBUF_RAM);
    unsigned sequence = ping->sent++;

    ping->sent_at[sequence % countof(ping->sent_at)] = ke_now();
    if (!p)
        return;
    uint8_t *b = p->payload;
    memset(b, 0, ECHO_HEADER);
    b[0] = ping->address.family == 4 ? ICMP_ECHO : ICMP6_TYPE_EREQ;
    b[4] = (uint8_t)(ping->id >> 8);
    b[5] = (uint8_t)ping->id;
    b[6] = (uint8_t)(sequence >> 8);
    b[7] = (uint8_t)sequence;
    for (unsigned n = 0; n < ping->size; n++)
        b[ECHO_HEADER + n] = (uint8_t)(sequence + n);
    if (ping->address.family == 4) {
        u16_t sum = inet_chksum(b, p->tot_len);
        memcpy(b + 2, &sum, 2);
    }
    ip_addr_t to = to_lwip(&ping->address);
    raw_sendto(ping->address.family == 4 ? raw4 : raw6, p, &to);
    pbuf_free(p);
}

static void step(void *argument)
{
    struct tcpip_ping *ping = argument;

    if (ping->sent < ping->count) {
        send_one(ping);
        if (ping->active)
            stack_set_timer(ping->sent < ping->count ? ping->interval_ns : ping->timeout_ns, step, ping);
    } else {
        finish(ping);
    }
}

static bool reachable(const struct tcpip_address *address)
{
    char text[TCPIP_ADDRESS_TEXT];
    ip_addr_t to = to_lwip(address);
    bool found = false;

    if (address->family == 4) {
        struct netif *netif = ip4_route(ip_2_ip4(&to));
        found = netif && !ip4_addr_isany(netif_ip4_addr(netif));
    } else if (address->family == 6) {
        struct netif *netif = ip6_route(IP6_ADDR_ANY6, ip_2_ip6(&to));
        found = netif && ip6_select_source_address(netif, ip_2_ip6(&to));
    }
    return found || error_set("no network interface with an address reaches %s", tcpip_format_address(address, text));
}

bool tcpip_ping_start(struct tcpip_ping *ping)
{
    bool started = false;

    if (ping->count == 0 || ping->count > 65535 || ping->size > 1400)
        return error_set("a ping has 1 to 65535 requests of at most 1400 bytes");
    stack_enter();
    if (reachable(&ping->address) && open_raw()) {
        ping->sent = ping->received = 0;
        ping->min_ns = ping->max_ns = ping->sum_ns = 0;
        ping->id = next_id++;
        ping->active = started = true;
        ping->next = pings;
        pings = ping;
        step(ping);
    }
    stack_leave();
    return started;
}

void tcpip_ping_stop(struct tcpip_ping *ping)
{
    stack_enter();
    if (ping->active)
        unlink_ping(ping);
    stack_leave();
}

void ping_close_all(void)
{
    while (pings)
        unlink_ping(pings);
}
