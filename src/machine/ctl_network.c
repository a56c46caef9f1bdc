/* Verbs that change the network configuration: who stands on an adapter, in which order, what protocols and drivers are told. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "machine/ctl_session.h"
#include "ndis/user.h"
#include "nt/cm.h"
#include "nt/pnp.h"

#define ADAPTERS 16

/* error_text() says what is wrong; when a driver refused, its status does. */
static void answer(struct ctl_reply *reply, bool good, const char *what, int32_t status)
{
    if (good)
        return;
    if (status)
        ctl_fail_status(reply, what, (uint32_t)status);
    else
        ctl_fail(reply, CTL_DRIVER, "%s", error_text());
}

static void verb_bind(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *component = ctl_text(request, "component", reply), *adapter = component ? ctl_text(request, "adapter", reply) : NULL;
    uint64_t on;

    if (adapter && ctl_number(request, "on", 1, 1, &on, reply))
        answer(reply, ndis_user_bind(component, adapter, on), component, 0);
}

static void verb_order(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *protocol = ctl_text(request, "protocol", reply), *adapters[ADAPTERS];
    size_t count = 0;
    char key[16];
    int32_t status;

    while (count < ADAPTERS) {
        snprintf(key, sizeof key, "adapter%u", (unsigned)count);
        if (!(adapters[count] = message_value(request, key)))
            break;
        count++;
    }
    if (!protocol)
        return;
    bool good = ndis_user_order(protocol, adapters, count, &status);
    answer(reply, good, protocol, status);
}

static void verb_reconfigure(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *protocol = ctl_text(request, "protocol", reply);
    int32_t status;

    if (!protocol)
        return;
    bool good = ndis_user_reconfigure(protocol, message_value(request, "adapter"), request->size ? s->connection->data : NULL,
                                      request->size, &status);
    answer(reply, good, protocol, status);
}

static void verb_wake(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *adapter = ctl_text(request, "adapter", reply);
    uint64_t on;

    if (adapter && ctl_number(request, "on", 1, 1, &on, reply))
        answer(reply, ndis_user_wake(adapter, on), adapter, 0);
}

/* --- a driver's settings ------------------------------------------------------------------------------------------------------- */

static NTSTATUS write_value(struct pnp_node *node, const char *name, const char *value)
{
    struct cm_key *key;
    HANDLE handle;
    NTSTATUS status = IoOpenDeviceRegistryKey(node->pdo, PLUGPLAY_REGKEY_DRIVER, KEY_WRITE, &handle);

    if (!NT_SUCCESS(status))
        return status;
    status = cm_from_handle(handle, KEY_WRITE, &key);
    if (NT_SUCCESS(status) && !cm_set_string(key, name, value))
        status = STATUS_INSUFFICIENT_RESOURCES;
    ZwClose(handle);
    return status;
}

/* As the Advanced page of Device Manager: the value is written as text, and the device starts anew. */
static void verb_set(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *name = ctl_text(request, "device", reply), *keyword = name ? ctl_text(request, "name", reply) : NULL;
    const char *value = keyword ? ctl_text(request, "value", reply) : NULL;
    struct pnp_node *node = value ? pnp_node_named(name) : NULL;
    NTSTATUS status;

    if (!value)
        return;
    if (!node) {
        ctl_fail(reply, CTL_USAGE, "there is no device '%s'; `ring3 ctl devices` lists them", name);
        return;
    }
    status = write_value(node, keyword, value);
    if (NT_SUCCESS(status) && node->state == PNP_STARTED) {
        status = pnp_remove_node(node, false);
        if (NT_SUCCESS(status)) {
            pnp_find_drivers();
            status = node->state == PNP_STARTED ? STATUS_SUCCESS : pnp_start_node(node);
        }
    }
    if (!NT_SUCCESS(status))
        ctl_fail_status(reply, keyword, (uint32_t)status);
}

CTL_VERB(bind_verb) = { .name = "bind", .changes = true, .run = verb_bind };
CTL_VERB(order_verb) = { .name = "order", .changes = true, .run = verb_order };
CTL_VERB(reconfigure_verb) = { .name = "reconfigure", .changes = true, .run = verb_reconfigure };
CTL_VERB(wake_verb) = { .name = "wake", .changes = true, .run = verb_wake };
CTL_VERB(set_verb) = { .name = "set", .changes = true, .run = verb_set };
