#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "netio/services.h"
#include "netio/wsk_addrinfo.h"
#include "nt/pool.h"
#include "nt/text.h"

#define TAG 0x69417357u              /* WsAi */
#define FLAGS_KNOWN (AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_DNS_ONLY | AI_BYPASS_DNS_CACHE | \
                     AI_ALL | AI_ADDRCONFIG | AI_V4MAPPED | AI_NON_AUTHORITATIVE | AI_RETURN_PREFERRED_NAMES | AI_FQDN | \
                     AI_DISABLE_IDN_ENCODING)

/* --- what is asked ------------------------------------------------------------------------------------------ */

/* False when it does not fit or is not ASCII. */
static bool to_ascii(const UNICODE_STRING *from, char *to, size_t size)
{
    size_t length = from->Length / sizeof(WCHAR);

    if (length >= size)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (from->Buffer[i] == 0 || from->Buffer[i] > 0x7e)
            return false;
        to[i] = (char)from->Buffer[i];
    }
    to[length] = 0;
    return true;
}

static bool read_hints(struct addrinfo_question *q, const ADDRINFOEXW *hints)
{
    if (!hints)
        return q->ipv4 = q->ipv6 = true;
    if (hints->ai_addrlen || hints->ai_canonname || hints->ai_addr || hints->ai_next || hints->ai_blob || hints->ai_bloblen)
        return false;
    if ((hints->ai_flags & ~FLAGS_KNOWN) || ((hints->ai_flags & AI_CANONNAME) && (hints->ai_flags & AI_FQDN)))
        return false;
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET && hints->ai_family != AF_INET6)
        return false;
    if (hints->ai_socktype < 0 || hints->ai_socktype > SOCK_SEQPACKET)
        return false;
    q->flags = hints->ai_flags;
    q->socket_type = hints->ai_socktype;
    q->protocol = hints->ai_protocol;
    q->ipv4 = hints->ai_family != AF_INET6;
    q->ipv6 = hints->ai_family != AF_INET;
    return true;
}

static bool read_port(struct addrinfo_question *q, const UNICODE_STRING *service)
{
    char text[64], *end;
    bool datagram = q->socket_type == SOCK_DGRAM || q->protocol == IPPROTO_UDP;

    if (!to_ascii(service, text, sizeof text))
        return false;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && !*end) {
        q->port = (uint16_t)value;
        return value <= 65535;
    }
    if (q->flags & AI_NUMERICSERV)
        return false;
    q->port = service_port(text, datagram);
    if (!q->port && !q->socket_type && !q->protocol)
        q->port = service_port(text, true);
    return q->port != 0;
}

NTSTATUS addrinfo_read(struct addrinfo_question *q, const UNICODE_STRING *node, const UNICODE_STRING *service,
                       ULONG name_space, const GUID *provider, const ADDRINFOEXW *hints)
{
    memset(q, 0, sizeof *q);
    if ((node && node->Length && !node->Buffer) || (service && service->Length && !service->Buffer))
        return STATUS_INVALID_PARAMETER;
    q->has_node = node && node->Length;
    bool has_service = service && service->Length;
    if ((!q->has_node && !has_service) || !read_hints(q, hints) || ((q->flags & AI_CANONNAME) && !q->has_node))
        return STATUS_INVALID_PARAMETER;
    if ((name_space != NS_ALL && name_space != NS_DNS) || provider)
        return STATUS_NO_MATCH;
    if (has_service && !read_port(q, service))
        return STATUS_NO_MATCH;
    return q->has_node && !to_ascii(node, q->node, sizeof q->node) ? STATUS_NO_MATCH : STATUS_SUCCESS;
}

/* --- what needs no name server -------------------------------------------------------------------------------- */

static void add(struct addrinfo_answer *answer, uint8_t family, const uint8_t *bytes)
{
    struct tcpip_address *a = &answer->address[answer->count++];

    *a = (struct tcpip_address){ .family = family };
    memcpy(a->bytes, bytes, family == 4 ? 4 : 16);
}

static void add_both(const struct addrinfo_question *q, struct addrinfo_answer *answer, const uint8_t *v6,
                     const uint8_t *v4)
{
    if (q->ipv6)
        add(answer, 6, v6);
    if (q->ipv4)
        add(answer, 4, v4);
}

static bool is_localhost(const char *name)
{
    size_t length = strlen(name);

    length -= length && name[length - 1] == '.';
    return length >= 9 && strncasecmp(name + length - 9, "localhost", 9) == 0 && (length == 9 || name[length - 10] == '.');
}

/* With a zone behind '%': a number. */
static bool read_numeric(const char *text, struct tcpip_address *address)
{
    char copy[TCPIP_ADDRESS_TEXT], *percent, *end;
    unsigned long zone = 0;

    if (strlen(text) >= sizeof copy)
        return false;
    strcpy(copy, text);
    if ((percent = strchr(copy, '%'))) {
        *percent++ = 0;
        zone = strtoul(percent, &end, 10);
        if (end == percent || *end || zone > 255)
            return false;
    }
    if (!tcpip_parse_address(copy, address) || address->port || (percent && address->family != 6))
        return false;
    address->zone = (uint8_t)zone;
    return true;
}

bool addrinfo_local(const struct addrinfo_question *q, struct addrinfo_answer *answer, NTSTATUS *status)
{
    static const uint8_t any[16], loopback6[16] = { [15] = 1 }, loopback4[4] = { 127, 0, 0, 1 };
    struct tcpip_address numeric;

    memset(answer, 0, sizeof *answer);
    if (!q->has_node) {
        add_both(q, answer, q->flags & AI_PASSIVE ? any : loopback6, q->flags & AI_PASSIVE ? any : loopback4);
    } else if (read_numeric(q->node, &numeric)) {
        if (numeric.family == 6 ? q->ipv6 : q->ipv4)
            answer->address[answer->count++] = numeric;
    } else if (q->flags & AI_NUMERICHOST) {
        *status = STATUS_NO_MATCH;
        return true;
    } else if (is_localhost(q->node)) {
        add_both(q, answer, loopback6, loopback4);
    } else {
        return false;
    }
    *status = answer->count ? STATUS_SUCCESS : STATUS_NO_MATCH;
    snprintf(answer->canonical, sizeof answer->canonical, "%s", q->node);
    return true;
}

/* --- the list ------------------------------------------------------------------------------------------------- */

union any_address {
    SOCKADDR any;
    SOCKADDR_IN v4;
    SOCKADDR_IN6 v6;
};

static size_t fill_address(union any_address *to, const struct tcpip_address *from, uint16_t port)
{
    uint16_t network_port = __builtin_bswap16(port);

    if (from->family == 4) {
        to->v4 = (SOCKADDR_IN){ .sin_family = AF_INET, .sin_port = network_port };
        memcpy(&to->v4.sin_addr, from->bytes, 4);
        return sizeof to->v4;
    }
    to->v6 = (SOCKADDR_IN6){ .sin6_family = AF_INET6, .sin6_port = network_port };
    memcpy(&to->v6.sin6_addr, from->bytes, 16);
    to->v6.sin6_scope_id = from->zone;
    return sizeof to->v6;
}

ADDRINFOEXW *addrinfo_build(const struct addrinfo_question *q, const struct addrinfo_answer *answer, const void *caller)
{
    bool named = (q->flags & (AI_CANONNAME | AI_FQDN)) && answer->canonical[0];
    size_t entries = answer->count * sizeof(ADDRINFOEXW), addresses = answer->count * sizeof(union any_address);
    size_t characters = named ? strlen(answer->canonical) + 1 : 0;
    ADDRINFOEXW *list = pool_alloc(NonPagedPoolNx | POOL_ZERO_ALLOCATION, entries + addresses + characters * sizeof(WCHAR),
                                   TAG, caller);

    if (!list)
        return NULL;
    union any_address *address = (union any_address *)(void *)((char *)list + entries);
    WCHAR *name = (WCHAR *)(void *)((char *)address + addresses);
    for (unsigned i = 0; i < answer->count; i++)
        list[i] = (ADDRINFOEXW){
            .ai_flags = q->flags,
            .ai_family = answer->address[i].family == 4 ? AF_INET : AF_INET6,
            .ai_socktype = q->socket_type,
            .ai_protocol = q->protocol,
            .ai_addrlen = fill_address(&address[i], &answer->address[i], q->port),
            .ai_addr = &address[i].any,
            .ai_next = i + 1 < answer->count ? &list[i + 1] : NULL,
        };
    for (size_t i = 0; i < characters; i++)
        name[i] = (unsigned char)answer->canonical[i];
    if (named)
        list[0].ai_canonname = name;
    return list;
}

void addrinfo_free(ADDRINFOEXW *list, const void *caller)
{
    pool_free(list, TAG, caller);
}
