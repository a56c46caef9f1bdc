/* The hooks of the IP packet layers. True: the packet goes on. */
#ifndef TCPIP_WFP_IP_H
#define TCPIP_WFP_IP_H

#include "tcpip/interface.h"
#include "tcpip/wfp.h"

/* p begins with an IP header. flags: WFP_IS_FRAGMENT or WFP_IS_REASSEMBLED of a later indication. */
bool wfp_packet_in(struct pbuf *p, struct netif *netif, uint32_t flags);
bool wfp_packet_out(struct netif *netif, struct pbuf *p, unsigned family);

#endif
