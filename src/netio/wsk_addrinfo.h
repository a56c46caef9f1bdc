/* Lists of ADDRINFOEXW as WskGetAddressInfo answers them: what is asked, the addresses, the list in one block. */
#ifndef NETIO_WSK_ADDRINFO_H
#define NETIO_WSK_ADDRINFO_H

#include "host/dns_message.h"
#include "tcpip/tcpip.h"
#include <wdm.h>
#include <wsk.h>

#define ADDRINFO_MAX (2 * DNS_ANSWERS)

struct addrinfo_question {
    int flags, socket_type, protocol;
    bool ipv4, ipv6;                    /* the families that are wanted */
    bool has_node;
    char node[DNS_NAME_SIZE];
    uint16_t port;
};

struct addrinfo_answer {
    unsigned count;
    struct tcpip_address address[ADDRINFO_MAX];
    char canonical[DNS_NAME_SIZE];      /* empty: none */
};

/* Reads the parameters of WskGetAddressInfo. STATUS_INVALID_PARAMETER: no name and no service, a hint out of range, reserved
 * members set; STATUS_NO_MATCH: a name that cannot exist, a service nobody knows. */
NTSTATUS addrinfo_read(struct addrinfo_question *question, const UNICODE_STRING *node, const UNICODE_STRING *service,
                       ULONG name_space, const GUID *provider, const ADDRINFOEXW *hints);
/* What can be answered without asking anybody (no name, a numeric address, localhost). False: a name server must be
 * asked. *status: STATUS_SUCCESS or STATUS_NO_MATCH. */
bool addrinfo_local(const struct addrinfo_question *question, struct addrinfo_answer *answer, NTSTATUS *status);
/* The list as one block of nonpaged pool, charged to `caller`; NULL without memory. IRQL <= DISPATCH_LEVEL. */
ADDRINFOEXW *addrinfo_build(const struct addrinfo_question *question, const struct addrinfo_answer *answer,
                            const void *caller);
void addrinfo_free(ADDRINFOEXW *list, const void *caller);

#endif
