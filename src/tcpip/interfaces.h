/* lwIP's interfaces by our numbers, for files that include lwIP. "interface" is a number + 1, 0 for none. */
#ifndef TCPIP_INTERFACES_H
#define TCPIP_INTERFACES_H

#include <lwip/netif.h>

#include "tcpip/tcpip.h"

/* NULL when it is not bound. */
struct netif *interface_netif(unsigned interface);
unsigned interface_of(const struct netif *netif);
/* lwIP's index of a bound interface; NETIF_NO_INDEX for 0 and for one that is not there. */
uint8_t interface_lwip_index(unsigned interface);

#endif
