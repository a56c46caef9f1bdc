/* The endpoints of all kinds begin and end with the stack. */
#include "tcpip/datagram_internal.h"
#include "tcpip/ports.h"
#include "tcpip/tcp_internal.h"

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
    reassembly_close();
}
