/* The resolver: one question to the name servers the computer knows, by UDP, and by TCP when the answer does not fit.
 *
 *   state     leaves on                        to
 *   IDLE      start                            ASKING
 *   ASKING    answer for us                    DONE
 *             answer cut short                 BY_TCP
 *             refusal of the server            ASKING, the next server at once; all have refused: DONE (DNS_SERVER_FAILED)
 *             unreachable                      ASKING, the next server at once; after the last of them, at the try's time
 *             nothing for the try's time       ASKING, the next server; after the last try: DONE (DNS_SERVER_FAILED)
 *             no way to any, or none known     ASKING, the same again soon, for as long as all tries would take
 *   BY_TCP    whole answer                     DONE
 *             connection failed, or time       ASKING, the next server
 *   any       stop                             IDLE, without `done`
 *
 * Servers are those that were named to the computer, then those that DHCP gave, interface by interface. The list is read
 * anew for every try, so that a question may be put before there is an address. Every question goes out from a port and with
 * a number of its own. */
#ifndef TCPIP_DNS_H
#define TCPIP_DNS_H

#include "host/dns_message.h"
#include "tcpip/socket.h"

enum dns_lookup_state { DNS_IDLE, DNS_ASKING, DNS_BY_TCP };

struct dns_lookup {
    /* The caller's: set before dns_lookup_start, alive until done or stopped. */
    char name[DNS_NAME_SIZE];
    enum dns_type type;
    void (*done)(struct dns_lookup *lookup);    /* DISPATCH_LEVEL, stack entered; the lookup is idle again */
    void *context;
    /* Results. */
    enum dns_outcome outcome;
    struct dns_answer answer;
    /* The resolver's own. */
    enum dns_lookup_state state;
    struct list node;
    struct tcpip_datagram *udp;
    struct tcpip_tcp *tcp;
    struct tcpip_address server;
    unsigned tries, next_server, server_count, refused, unsent;
    uint16_t id;
    size_t query_size, sent, reply_size;
    uint8_t query[2 + DNS_QUERY_SIZE];          /* with the length that TCP wants before it */
    uint8_t *reply;                             /* of TCP, 2 + 65535 bytes */
};

/* "ADDRESS[:PORT]": a name server of the computer, asked before those of DHCP. Before or after tcpip_open; they are
 * forgotten at tcpip_close. False with error_text(). */
bool tcpip_add_name_server(const char *text);
/* The servers a question would go to now, in order: returns how many there are, fills at most `count`. */
unsigned tcpip_name_servers(struct tcpip_address *servers, unsigned count);

/* STATUS_PENDING: `done` comes. STATUS_INVALID_PARAMETER when the name is no domain name. IRQL <= DISPATCH_LEVEL. */
NTSTATUS dns_lookup_start(struct dns_lookup *lookup);
/* After it `done` is not called. IRQL <= DISPATCH_LEVEL. */
void dns_lookup_stop(struct dns_lookup *lookup);

#endif
