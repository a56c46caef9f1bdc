/* UDP and raw endpoints: life, addresses, options. */
#include "tcpip/datagram_internal.h"

#include <lwip/ip.h>
#include <stdlib.h>
#include <string.h>

#include "tcpip/interfaces.h"

#define BUCKETS 1024u

static struct list all = LIST_INIT(all), raw = LIST_INIT(raw), by_port[BUCKETS];
static struct list going = LIST_INIT(going);    /* closed, and still busy or waiting for a driver */

void datagram_open(void)
{
    for (unsigned n = 0; n < BUCKETS; n++)
        list_init(&by_port[n]);
}

struct list *datagram_port_list(uint16_t port)
{
    return &by_port[port % BUCKETS];
}

struct list *datagram_list(void)
{
    return &all;
}

struct list *datagram_raw_list(void)
{
    return &raw;
}

NTSTATUS tcpip_datagram_create(uint8_t family, uint8_t protocol, tcpip_datagram_received received, tcpip_datagram_error error,
                               void *context, struct tcpip_datagram **endpoint)
{
    stack_enter();
    struct tcpip_datagram *d = stack_calloc(sizeof *d);
    if (d) {
        d->family = family;
        d->protocol = protocol;
        d->received = received;
        d->error = error;
        d->context = context;
        list_init(&d->lookup_node);
        list_init(&d->memberships);
        list_init(&d->peers);
        list_init(&d->wfp.by_flow);
        d->wfp.protocol = protocol;
        d->wfp.is_datagram = true;
        d->wfp.raw = protocol != IP_PROTO_UDP;
        ip_options_init(&d->options);
        list_push_back(&all, &d->node);
        if (protocol != IP_PROTO_UDP)
            list_push_back(&raw, &d->lookup_node);
    }
    *endpoint = d;
    stack_leave();
    return d ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static void give_back(void *context)
{
    struct tcpip_datagram *d = context;
    struct tcpip_address local = d->local;

    datagram_wfp_release(d);
    port_release(&d->port);
    wfp_ale_released(&d->wfp, &local);
    list_remove(&d->node);
    free(d);
}

void datagram_release(struct tcpip_datagram *d)
{
    if (!d->dead) {
        d->dead = true;
        datagram_leave_all(d);
        list_remove(&d->lookup_node);
        list_remove(&d->node);
        list_push_back(&going, &d->node);
    }
    if (!d->busy && !d->wfp.going && !wfp_ale_closure(&d->wfp, &d->local, NULL, give_back, d))
        give_back(d);
}

void datagram_done(struct tcpip_datagram *d)
{
    if (--d->busy == 0 && d->dead)
        datagram_release(d);
}

void tcpip_datagram_close(struct tcpip_datagram *d)
{
    stack_enter();
    datagram_release(d);
    stack_leave();
}

void datagram_close_all(void)
{
    while (!list_empty(&all))
        datagram_release(list_first(&all, struct tcpip_datagram, node));
    while (!list_empty(&going)) {
        struct tcpip_datagram *d = list_first(&going, struct tcpip_datagram, node);
        wfp_ale_closure_forget(&d->wfp);
        give_back(d);
    }
}

/* --- addresses -------------------------------------------------------------------------------------------------- */

struct tcpip_address datagram_report(const struct tcpip_datagram *d, const struct tcpip_address *address)
{
    return d->family == 0 ? address_mapped(address) : *address;
}

static NTSTATUS bind_to(struct tcpip_datagram *d, const struct tcpip_address *local, enum tcpip_sharing sharing)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (d->protocol == IP_PROTO_UDP) {
        status = port_take(&d->port, IP_PROTO_UDP, local, d->family == 0, sharing);
        if (!NT_SUCCESS(status))
            return status;
        d->local = d->port.local;
        list_push_back(datagram_port_list(d->local.port), &d->lookup_node);
    } else {
        d->local = *local;
        d->local.port = 0;
    }
    return status;
}

static void unbind(struct tcpip_datagram *d)
{
    stack_enter();
    port_release(&d->port);
    if (d->protocol == IP_PROTO_UDP) {
        list_remove(&d->lookup_node);
        list_init(&d->lookup_node);
    }
    d->local = (struct tcpip_address){ 0 };
    stack_leave();
}

/* Without the stack entered: drivers are asked. */
static NTSTATUS bind_as_asked(struct tcpip_datagram *d, struct tcpip_address *local, enum tcpip_sharing sharing, bool implicit)
{
    NTSTATUS status = wfp_redirect_bind(&d->wfp, d->protocol, local);

    if (!NT_SUCCESS(status))
        return status;
    stack_enter();
    bool any_port = local->port == 0, bound = d->local.family != 0;  /* meanwhile, by another thread */
    status = bound ? STATUS_INVALID_DEVICE_STATE : address_check_local(local, d->family);
    if (NT_SUCCESS(status))
        status = bind_to(d, local, sharing);
    *local = d->local;
    stack_leave();
    if (NT_SUCCESS(status) && !NT_SUCCESS(status = wfp_ale_bind(&d->wfp, local, implicit, any_port)))
        unbind(d);
    return bound && implicit ? STATUS_SUCCESS : status;
}

NTSTATUS tcpip_datagram_bind(struct tcpip_datagram *d, const struct tcpip_address *local, enum tcpip_sharing sharing)
{
    struct tcpip_address address = address_unmapped(local);

    return d->local.family ? STATUS_INVALID_DEVICE_STATE : bind_as_asked(d, &address, sharing, false);
}

NTSTATUS datagram_bind_any(struct tcpip_datagram *d)
{
    struct tcpip_address any = { .family = d->family == 4 ? 4 : 6 };

    return d->local.family ? STATUS_SUCCESS : bind_as_asked(d, &any, TCPIP_SHARE_DEFAULT, true);
}

NTSTATUS tcpip_datagram_connect(struct tcpip_datagram *d, const struct tcpip_address *remote)
{
    struct tcpip_address address = address_unmapped(remote);
    NTSTATUS status = STATUS_SUCCESS;

    if (address.family && d->family && address.family != d->family)
        return STATUS_INVALID_ADDRESS_COMPONENT;
    if (address.family)
        status = datagram_bind_any(d);
    stack_enter();
    if (NT_SUCCESS(status))
        d->remote = address;
    stack_leave();
    return status;
}

void tcpip_datagram_local(struct tcpip_datagram *d, struct tcpip_address *local)
{
    stack_enter();
    *local = datagram_report(d, &d->local);
    stack_leave();
}

void tcpip_datagram_remote(struct tcpip_datagram *d, struct tcpip_address *remote)
{
    stack_enter();
    *remote = datagram_report(d, &d->remote);
    stack_leave();
}

/* --- options ------------------------------------------------------------------------------------------------------ */

void tcpip_datagram_get_options(struct tcpip_datagram *d, struct tcpip_ip_options *options)
{
    stack_enter();
    *options = d->options;
    stack_leave();
}

static bool there(unsigned interface)
{
    return interface == 0 || interface_netif(interface);
}

NTSTATUS tcpip_datagram_set_options(struct tcpip_datagram *d, const struct tcpip_ip_options *options)
{
    if (options->ttl == 0)
        return STATUS_INVALID_PARAMETER;
    stack_enter();
    bool good = there(options->interface) && there(options->multicast_interface);
    if (good)
        d->options = *options;
    stack_leave();
    return good ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS tcpip_datagram_set_header_included(struct tcpip_datagram *d, bool included)
{
    if (d->protocol == IP_PROTO_UDP || d->family != 4)
        return STATUS_NOT_SUPPORTED;
    d->header_included = included;
    return STATUS_SUCCESS;
}
