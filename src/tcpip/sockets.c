/* The endpoints of all kinds begin and end with the stack. */
#include "tcpip/datagram_internal.h"
#include "tcpip/ports.h"
#include "tcpip/tcp_internal.h"

#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>

void sockets_open(void)
{
    ports_open();
    tcp_table_open();
    datagram_open();
}

void sockets_close_all(void)
{
    tcp_close_all();
    datagram_close_all();
    for (int n = 0; n <= IP_REASS_MAXAGE; n++)
        ip_reass_tmr();
    for (int n = 0; n <= IPV6_REASS_MAXAGE; n++)
        ip6_reass_tmr();
}
