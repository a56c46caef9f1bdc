/* The software loopback interface, and what the computer sends to any address of its own.
 *
 * 1. Packets to ourselves wait in a ring and come in again at the outermost stack_leave, before the lock is dropped: no timer,
 *    no frame, and never from inside the function that sent them.
 * 2. What they bring about (the next segment, an answer) is delivered in the same round, up to a limit; then a DPC goes on,
 *    so that an endless exchange leaves the processor to others.
 * 3. lwIP's netif_loop_output, which needs a thread, is never called: the library binds the name to ours. */
#include <arpa/inet.h>
#include <lwip/ip.h>
#include <netif/ethernet.h>
#include <string.h>

#include "tcpip/interface.h"
#include "tcpip/wfp_ip.h"

enum { RING = 1024, ROUND = 256, LOOPBACK_NUMBER = TCPIP_MAX_INTERFACES, IF_TYPE_LOOPBACK = 24 };

static struct {
    struct pbuf *packet;
    struct netif *netif;
    bool summed;                        /* its checksum is the stack's own */
} ring[RING];
static unsigned head, count;
static bool foreign;
static struct interface loopback;

struct interface *loopback_interface(void)
{
    return &loopback;
}

bool interface_loopback_stats(struct tcpip_stats *stats)
{
    *stats = loopback.stats;
    return loopback.bound;
}

/* Nobody but the stack sends TCP, because raw sockets may not; what a driver injects is checked. */
static bool is_summed(const struct pbuf *p)
{
    const uint8_t *b = p->payload;

    return !foreign && b[b[0] >> 4 == 6 ? 6 : 9] == IP_PROTO_TCP;
}

void loopback_foreign(bool on)
{
    foreign = on;
}

/* Interposed. The packet stays the sender's: it is copied. */
err_t netif_loop_output(struct netif *netif, struct pbuf *p)
{
    struct interface *interface = interface_of_netif(netif);

    if (!wfp_packet_out(netif, p, *(const uint8_t *)p->payload >> 4))
        return ERR_OK;
    struct pbuf *copy = count < RING ? pbuf_alloc(PBUF_LINK, p->tot_len, PBUF_RAM) : NULL;

    if (!copy) {
        interface->stats.tx_dropped++;
        return ERR_MEM;
    }
    pbuf_copy(copy, p);
    ring[(head + count) % RING].packet = copy;
    ring[(head + count) % RING].netif = netif;
    ring[(head + count) % RING].summed = is_summed(p);
    count++;
    loopback.stats.tx_frames++;
    loopback.stats.tx_bytes += p->tot_len;
    return ERR_OK;
}

void loopback_forget(const struct netif *netif)
{
    for (unsigned n = 0; n < count; n++)
        if (ring[(head + n) % RING].netif == netif)
            ring[(head + n) % RING].netif = NULL;
}

bool loopback_deliver(void)
{
    for (unsigned n = 0; count && n < ROUND; n++) {
        struct pbuf *packet = ring[head].packet;
        struct netif *netif = ring[head].netif;
        bool summed = ring[head].summed;
        head = (head + 1) % RING;
        count--;
        if (!netif) {
            pbuf_free(packet);
            continue;
        }
        loopback.stats.rx_frames++;
        loopback.stats.rx_bytes += packet->tot_len;
        checksum_trust(summed ? packet : NULL);
        if (ip_input(packet, netif) != ERR_OK)
            pbuf_free(packet);
        checksum_trust(NULL);
    }
    return count > 0;
}

static err_t output4(struct netif *netif, struct pbuf *p, const ip4_addr_t *dest)
{
    return netif_loop_output(netif, p);
}

static err_t output6(struct netif *netif, struct pbuf *p, const ip6_addr_t *dest)
{
    return netif_loop_output(netif, p);
}

static err_t setup(struct netif *netif)
{
    netif->name[0] = 'l';
    netif->name[1] = 'o';
    netif->output = output4;
    netif->output_ip6 = output6;
    netif->mtu = UINT16_MAX;
    netif->flags = 0;
    return ERR_OK;
}

static void add_addresses(void)
{
    ip6_addr_t one = { .addr = { 0, 0, 0, htonl(1) } };

    ip6_addr_assign_zone(&one, IP6_UNICAST, &loopback.netif);
    ip6_addr_copy(*ip_2_ip6(&loopback.netif.ip6_addr[0]), one);
    netif_ip6_addr_set_valid_life(&loopback.netif, 0, IP6_ADDR_LIFE_STATIC);
    netif_ip6_addr_set_state(&loopback.netif, 0, IP6_ADDR_PREFERRED);
    addresses_set_first(&loopback, htonl(0x7f000001), htonl(0xff000000), 0, false);
    address_v6_follow();
}

void loopback_open(void)
{
    ip4_addr_t none = { 0 };

    memset(&loopback, 0, sizeof loopback);
    loopback.known = loopback.bound = true;
    loopback.config = (struct interface_config){
        .name = "loopback", .mtu = UINT32_MAX, .if_index = IP_LOOPBACK_INDEX,
        .luid = (uint64_t)IF_TYPE_LOOPBACK << 48,
    };
    addresses_init(&loopback);
    settings_reset(&loopback);
    settings_speed(&loopback, 1073741824);
    netif_add(&loopback.netif, &none, &none, &none, &loopback, setup, ip_input);
    loopback.netif.num = LOOPBACK_NUMBER;
    netif_set_up(&loopback.netif);
    netif_set_link_up(&loopback.netif);
    loopback.netif.rs_count = 0;        /* nobody to ask for routers */
    routes_of_interface(&loopback, true);
    add_addresses();
    ip_interface_event(&loopback, IP_ADDED);
}

void loopback_close(void)
{
    while (count) {
        pbuf_free(ring[head].packet);
        head = (head + 1) % RING;
        count--;
    }
    if (!loopback.bound)
        return;
    addresses_remove_all(&loopback);
    routes_of_interface(&loopback, false);
    netif_set_down(&loopback.netif);
    netif_remove(&loopback.netif);
    memset(&loopback, 0, sizeof loopback);
}
