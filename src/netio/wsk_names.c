/* Name resolution: WskGetAddressInfo and WskGetNameInfo.
 *
 * 1. A call is answered at once, or its request is in the client's `names` with one or two lookups running.
 * 2. Lookups end inside the stack. The last one writes the result and ends the request, whose IRP is completed outside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "netio/services.h"
#include "netio/wsk_addrinfo.h"
#include "netio/wsk_internal.h"
#include "netio/wsk_names.h"
#include "pe/pe.h"
#include "tcpip/dns.h"

struct query {
    struct wsk_request *request;
    const void *caller;
    unsigned running;                   /* lookups */
    bool failed;                        /* no server could answer one of them */
    struct dns_lookup lookup[2];        /* AAAA and A; or PTR */
    unsigned attempt;                   /* which suffix is tried */
    /* WskGetAddressInfo */
    struct addrinfo_question question;
    struct addrinfo_answer answer;
    PADDRINFOEXW *result;
    /* WskGetNameInfo */
    bool for_address;
    PUNICODE_STRING node_name;
    char node[DNS_NAME_SIZE];
};

/* Whatever the call returns, Information repeats it. */
static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
    wsk_irp_complete(irp, status, (ULONG_PTR)status);
    return status;
}

/* --- answers ------------------------------------------------------------------------------------------------- */

static NTSTATUS write_name(PUNICODE_STRING to, const char *name)
{
    size_t length = strlen(name);

    if (to->MaximumLength < (length + 1) * sizeof(WCHAR) || !to->Buffer)
        return STATUS_BUFFER_TOO_SMALL;
    for (size_t i = 0; i <= length; i++)
        to->Buffer[i] = (unsigned char)name[i];
    to->Length = (USHORT)(length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS deliver(struct query *q)
{
    if (q->for_address)
        return write_name(q->node_name, q->node);
    PADDRINFOEXW list = addrinfo_build(&q->question, &q->answer, q->caller);
    if (!list)
        return STATUS_INSUFFICIENT_RESOURCES;
    *q->result = list;
    return STATUS_SUCCESS;
}

/* The end of a query that was begun. Stack entered. */
static void finish(struct query *q, NTSTATUS status)
{
    if (status == STATUS_SUCCESS)
        status = deliver(q);
    wsk_request_done(q->request, status, (ULONG_PTR)status);
    free(q);
}

void wsk_name_cancel(struct wsk_request *request)
{
    struct query *q = request->query;

    dns_lookup_stop(&q->lookup[0]);
    dns_lookup_stop(&q->lookup[1]);
    finish(q, STATUS_CANCELLED);
}

/* --- lookups -------------------------------------------------------------------------------------------------- */

/* A name of one label is tried with the domain of each interface, then alone. False: there is no such attempt. */
static bool name_of_attempt(const struct query *q, char name[DNS_NAME_SIZE])
{
    const char *node = q->question.node;
    struct tcpip_interface_info info;
    unsigned attempt = 0;
    bool one_label = !strchr(node, '.');

    for (unsigned i = 0; one_label && tcpip_query_interface(i, &info); i++)
        if (info.bound && info.domain[0] && attempt++ == q->attempt)
            return snprintf(name, DNS_NAME_SIZE, "%s.%s", node, info.domain) < DNS_NAME_SIZE;
    return attempt == q->attempt && snprintf(name, DNS_NAME_SIZE, "%s", node) < DNS_NAME_SIZE;
}

static bool has_address_of(uint8_t family)
{
    struct tcpip_interface_info info;

    for (unsigned i = 0; tcpip_query_interface(i, &info); i++)
        for (unsigned n = 0; info.bound && n < TCPIP_IPV6_ADDRESSES; n++)
            if (family == 4 ? info.configured : info.ipv6[n].family && info.ipv6[n].bytes[0] != 0xfe)
                return true;
    return false;
}

static bool wants(const struct addrinfo_question *question, enum dns_type type)
{
    bool mapped = (question->flags & AI_V4MAPPED) && !question->ipv4;
    bool wanted = type == DNS_AAAA ? question->ipv6 : question->ipv4 || mapped;

    return wanted && (!(question->flags & AI_ADDRCONFIG) || has_address_of(type == DNS_AAAA ? 6 : 4));
}

static void add_addresses(struct query *q, const struct dns_lookup *l, bool mapped)
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

    for (unsigned i = 0; i < l->answer.count && q->answer.count < ADDRINFO_MAX; i++) {
        struct tcpip_address *a = &q->answer.address[q->answer.count++];
        *a = (struct tcpip_address){ .family = l->type == DNS_A && !mapped ? 4 : 6 };
        memcpy(a->bytes, prefix, mapped ? sizeof prefix : 0);
        memcpy(a->bytes + (mapped ? sizeof prefix : 0), l->answer.address[i], l->type == DNS_A ? 4 : 16);
    }
    if (l->answer.count)
        strcpy(q->answer.canonical, l->answer.name);
}

static void collect(struct query *q)
{
    bool mapped = !q->question.ipv4;

    add_addresses(q, &q->lookup[0], false);
    if (!mapped || q->answer.count == 0 || (q->question.flags & AI_ALL))
        add_addresses(q, &q->lookup[1], mapped);
}

static void ask(struct query *q);

static void looked_up(struct dns_lookup *l)
{
    struct query *q = l->context;

    if (l->outcome != DNS_FOUND)
        l->answer.count = 0;
    q->failed |= l->outcome == DNS_SERVER_FAILED;
    if (--q->running)
        return;
    if (q->for_address) {
        if (l->outcome == DNS_FOUND)
            strcpy(q->node, l->answer.name);
        finish(q, l->outcome == DNS_FOUND || q->node[0] ? STATUS_SUCCESS : STATUS_NO_MATCH);
        return;
    }
    collect(q);
    q->attempt++;
    if (q->answer.count) {
        finish(q, STATUS_SUCCESS);
    } else {
        if (q->failed)
            log_info("wsk", "no name server answered for %s", l->name);
        ask(q);
    }
}

static void start_lookup(struct query *q, struct dns_lookup *l, enum dns_type type, const char *name)
{
    memset(l, 0, sizeof *l);
    strcpy(l->name, name);
    l->type = type;
    l->done = looked_up;
    l->context = q;
    q->running++;
    /* done must not come before every lookup of this attempt has been counted: it comes from the stack, which is ours. */
    if (dns_lookup_start(l) != STATUS_PENDING)
        q->running--;
}

/* Starts the present attempt; without one the name is not there. Stack entered. */
static void ask(struct query *q)
{
    char name[DNS_NAME_SIZE];

    q->running = 0;
    while (!q->running) {
        if (!name_of_attempt(q, name)) {
            finish(q, STATUS_NO_MATCH);
            return;
        }
        if (wants(&q->question, DNS_AAAA))
            start_lookup(q, &q->lookup[0], DNS_AAAA, name);
        if (wants(&q->question, DNS_A))
            start_lookup(q, &q->lookup[1], DNS_A, name);
        if (!q->running)
            q->attempt++;
    }
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

static struct query *create(const void *caller)
{
    struct query *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    q->caller = caller;
    list_init(&q->lookup[0].node);
    list_init(&q->lookup[1].node);
    return q;
}

/* Starts it; the IRP may be complete when this returns. */
static NTSTATUS begin(struct query *q, struct wsk_client *client, PIRP irp, void (*start)(struct query *q))
{
    struct wsk_request *request = wsk_request_new(WSK_DO_NAME, NULL, irp);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    tcpip_enter();
    if (request) {
        request->client = client;
        request->query = q;
        q->request = request;
        status = wsk_request_pend(request, &client->names);
    }
    if (status == STATUS_PENDING)
        start(q);
    tcpip_leave();
    if (status == STATUS_PENDING)
        return status;
    free(q);
    return complete(irp, status);
}

static bool is_client(PWSK_CLIENT client)
{
    return client && ((struct wsk_client *)client)->magic == WSK_CLIENT_MAGIC;
}

NTSTATUS NTAPI wsk_get_address_info(PWSK_CLIENT client, PUNICODE_STRING node, PUNICODE_STRING service, ULONG name_space,
                                    GUID *provider, PADDRINFOEXW hints, PADDRINFOEXW *result, PEPROCESS process,
                                    PETHREAD thread, PIRP irp)
{
    const void *caller = pe_true_caller(__builtin_return_address(0));
    NTSTATUS status;

    if (!wsk_irp_take(irp, "WskGetAddressInfo", __builtin_frame_address(0)))
        return STATUS_INVALID_PARAMETER;
    if (!is_client(client) || !result || (thread && !process))
        return complete(irp, STATUS_INVALID_PARAMETER);
    *result = NULL;
    struct query *q = create(caller);
    if (!q)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES);
    q->result = result;
    status = addrinfo_read(&q->question, node, service, name_space, provider, hints);
    if (status == STATUS_SUCCESS && !addrinfo_local(&q->question, &q->answer, &status))
        return begin(q, (struct wsk_client *)client, irp, ask);
    if (status == STATUS_SUCCESS)
        status = deliver(q);
    free(q);
    return complete(irp, status);
}

VOID NTAPI wsk_free_address_info(PWSK_CLIENT client, PADDRINFOEXW info)
{
    if (info)
        addrinfo_free(info, __builtin_return_address(0));
}

/* --- addresses to names ------------------------------------------------------------------------------------------- */

static bool read_sockaddr(const SOCKADDR *from, ULONG length, struct tcpip_address *to)
{
    *to = (struct tcpip_address){ 0 };
    if (length >= sizeof(SOCKADDR_IN) && from->sa_family == AF_INET) {
        const SOCKADDR_IN *v4 = (const SOCKADDR_IN *)(const void *)from;
        to->family = 4;
        memcpy(to->bytes, &v4->sin_addr, 4);
        to->port = __builtin_bswap16(v4->sin_port);
        return true;
    }
    if (length >= sizeof(SOCKADDR_IN6) && from->sa_family == AF_INET6) {
        const SOCKADDR_IN6 *v6 = (const SOCKADDR_IN6 *)(const void *)from;
        to->family = 6;
        memcpy(to->bytes, &v6->sin6_addr, 16);
        to->port = __builtin_bswap16(v6->sin6_port);
        to->zone = (uint8_t)v6->sin6_scope_id;
        return true;
    }
    return false;
}

static bool is_loopback(const struct tcpip_address *a)
{
    static const uint8_t one[16] = { [15] = 1 };

    return a->family == 4 ? a->bytes[0] == 127 && !memcmp(a->bytes + 1, one + 13, 3) : !memcmp(a->bytes, one, 16);
}

static void numeric_text(const struct tcpip_address *address, char text[DNS_NAME_SIZE])
{
    struct tcpip_address bare = *address;
    char number[TCPIP_ADDRESS_TEXT];

    bare.port = 0;
    tcpip_format_address(&bare, number);
    snprintf(text, DNS_NAME_SIZE, address->zone ? "%s%%%u" : "%s", number, address->zone);
}

static NTSTATUS write_service(PUNICODE_STRING to, uint16_t port, ULONG flags)
{
    const char *name = flags & NI_NUMERICSERV ? NULL : service_name(port, flags & NI_DGRAM);
    char number[8];

    snprintf(number, sizeof number, "%u", port);
    return write_name(to, name ? name : number);
}

static void ask_pointer(struct query *q)
{
    const struct tcpip_address *address = &q->answer.address[0];
    char name[DNS_NAME_SIZE];

    dns_reverse_name(address->bytes, address->family == 4 ? 4 : 16, name);
    start_lookup(q, &q->lookup[0], DNS_PTR, name);
}

/* A name without asking, or the address itself where that is allowed; false: a name server is asked first. */
static bool local_name(const struct tcpip_address *address, ULONG flags, char name[DNS_NAME_SIZE])
{
    if (!(flags & NI_NAMEREQD))
        numeric_text(address, name);
    if (flags & NI_NUMERICHOST) {
        numeric_text(address, name);
        return true;
    }
    if (!is_loopback(address))
        return false;
    strcpy(name, "localhost");
    return true;
}

NTSTATUS NTAPI wsk_get_name_info(PWSK_CLIENT client, PSOCKADDR address, ULONG address_size, PUNICODE_STRING node,
                                 PUNICODE_STRING service, ULONG flags, PEPROCESS process, PETHREAD thread, PIRP irp)
{
    const ULONG known = NI_NOFQDN | NI_NUMERICHOST | NI_NAMEREQD | NI_NUMERICSERV | NI_DGRAM;
    struct tcpip_address from;

    if (!wsk_irp_take(irp, "WskGetNameInfo", __builtin_frame_address(0)))
        return STATUS_INVALID_PARAMETER;
    if (!is_client(client) || !address || (!node && !service) || (flags & ~known) || (thread && !process) ||
        !read_sockaddr(address, address_size, &from))
        return complete(irp, STATUS_INVALID_PARAMETER);
    NTSTATUS status = service ? write_service(service, from.port, flags) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status) || !node)
        return complete(irp, status);
    struct query *q = create(pe_true_caller(__builtin_return_address(0)));
    if (!q)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES);
    q->for_address = true;
    q->node_name = node;
    q->answer.address[0] = from;
    if (!local_name(&from, flags, q->node))
        return begin(q, (struct wsk_client *)client, irp, ask_pointer);
    status = write_name(node, q->node);
    free(q);
    return complete(irp, status);
}

/* --- clients that go -------------------------------------------------------------------------------------------------- */

void wsk_names_end(struct wsk_client *client)
{
    while (!list_empty(&client->names))
        wsk_name_cancel(list_first(&client->names, struct wsk_request, node));
}

static bool from_image(const struct query *q, uint64_t base, uint64_t size)
{
    return size == 0 || (uint64_t)(uintptr_t)q->caller - base < size;
}

void wsk_names_walk(struct wsk_client *client, uint64_t base, uint64_t size,
                    void (*visit)(void *context, const struct netio_leak *leak), void *context)
{
    list_each(node, &client->names) {
        const struct query *q = container_of(node, struct wsk_request, node)->query;
        uint64_t caller = (uint64_t)(uintptr_t)q->caller;
        struct netio_leak leak = { "a name resolution that is not complete", "its IRP was neither waited for nor cancelled", 0,
                                   &caller, 1 };

        if (from_image(q, base, size))
            visit(context, &leak);
    }
}

void wsk_names_abandon(struct wsk_client *client, uint64_t base, uint64_t size)
{
    list_each_safe(node, &client->names) {
        struct wsk_request *request = container_of(node, struct wsk_request, node);
        struct query *q = request->query;

        if (!from_image(q, base, size))
            continue;
        dns_lookup_stop(&q->lookup[0]);
        dns_lookup_stop(&q->lookup[1]);
        free(q);
        list_remove(&request->node);
        client->busy--;
        wsk_request_drop(request);
    }
}
