/* Who may bind what: the table of Microsoft's page "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE" for sockets of one user. */
#ifndef TCPIP_PORTS_H
#define TCPIP_PORTS_H

#include "base/list.h"
#include "tcpip/socket.h"

#define PORT_FIRST_DYNAMIC 49152u

struct port_use {
    struct list node;
    bool taken;
    bool connection;                    /* came from a listener: only an exclusive bind minds it */
    uint8_t protocol;
    uint8_t families;                   /* 1: IPv4, 2: IPv6, 3: both */
    enum tcpip_sharing sharing;
    struct tcpip_address local;
};

void ports_open(void);
/* local->port 0: chooses one and leaves it in use->local. dual: a wildcard counts for both families. Stack entered.
 * STATUS_ADDRESS_ALREADY_EXISTS, STATUS_SHARING_VIOLATION. */
NTSTATUS port_take(struct port_use *use, uint8_t protocol, const struct tcpip_address *local, bool dual,
                   enum tcpip_sharing sharing);
/* The port of a connection that a listener got. */
void port_share(struct port_use *use, uint8_t protocol, const struct tcpip_address *local);
void port_release(struct port_use *use);

#endif
