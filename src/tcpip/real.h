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
    struct tcp_pcb *(*tcp_alloc)(u8_t priority);
    raw_input_state_t (*raw_input)(struct pbuf *p, struct netif *netif);
};

const struct real *real_lwip(void);

#endif
