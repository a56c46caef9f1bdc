/* lwIP's own functions where ours stand in their place: the program's definition is the one that the library calls,
 * and this is the way to the library's. Only for files that include lwIP. */
#ifndef TCPIP_REAL_H
#define TCPIP_REAL_H

#include <lwip/memp.h>
#include <lwip/pbuf.h>
#include <lwip/priv/raw_priv.h>
#include <lwip/priv/tcp_priv.h>

struct real {
    struct pbuf *(*pbuf_alloc)(pbuf_layer layer, u16_t length, pbuf_type type);
    void *(*memp_malloc)(memp_t type);
    void (*tcp_input)(struct pbuf *p, struct netif *netif);
    void (*tcp_slowtmr)(void);
    void (*icmp_input)(struct pbuf *p, struct netif *netif);
    void (*icmp6_input)(struct pbuf *p, struct netif *netif);
    err_t (*ip4_input)(struct pbuf *p, struct netif *netif);
    err_t (*ip6_input)(struct pbuf *p, struct netif *netif);
    err_t (*ip4_frag)(struct pbuf *p, struct netif *netif, const ip4_addr_t *dest);
    err_t (*ip6_frag)(struct pbuf *p, struct netif *netif, const ip6_addr_t *dest);
    err_t (*ip4_output_if_opt_src)(struct pbuf *p, const ip4_addr_t *src, const ip4_addr_t *dest, u8_t ttl, u8_t tos, u8_t proto,
                                   struct netif *netif, void *options, u16_t options_size);
    err_t (*ip6_output_if_src)(struct pbuf *p, const ip6_addr_t *src, const ip6_addr_t *dest, u8_t ttl, u8_t tc, u8_t next,
                               struct netif *netif);
    struct tcp_pcb *(*tcp_alloc)(u8_t priority);
    raw_input_state_t (*raw_input)(struct pbuf *p, struct netif *netif);
};

const struct real *real_lwip(void);

#endif
