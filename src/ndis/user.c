/* A user's changes: which components stand on which adapters, in which order, and configuration that protocols are told of. */
#include "ndis/user.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "ndis/net_event.h"
#include "ndis/virtual.h"
#include "nt/cm.h"
#include "nt/pnp.h"
#include "nt/text.h"

#define SERVICES "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define NAMES 32u                       /* adapters of an order, components that are off */
#define DEVICE_NAME 80u

/* --- names --------------------------------------------------------------------------------------------------------------------- */

static void device_name(const struct adapter *a, char *name)
{
    text_utf8(name, DEVICE_NAME, &a->name);
}

static bool is_named(const struct adapter *a, const char *wanted)
{
    const struct pnp_node *node = pnp_node_named(wanted);
    char name[DEVICE_NAME];

    device_name(a, name);
    return (node && node->pdo == a->pdo) || !strcasecmp(name, wanted) || !strcasecmp(strrchr(name, '\\') + 1, wanted);
}

/* Held: the caller releases it. */
static struct adapter *find_adapter(const char *wanted)
{
    struct adapter *a;

    for (a = adapter_first(); a && !is_named(a, wanted);)
        a = adapter_next(a);
    if (!a)
        error_set("there is no network adapter '%s'", wanted);
    return a;
}

static struct ndis_protocol *find_protocol(const char *wanted)
{
    char name[128];

    list_each(it, &ndis_protocols) {
        struct ndis_protocol *protocol = container_of(it, struct ndis_protocol, node);

        text_utf8(name, sizeof name, &protocol->name);
        if (!protocol->closing && !strcasecmp(name, wanted))
            return protocol;
    }
    error_set("no protocol '%s' is registered", wanted);
    return NULL;
}

static struct filter_driver *find_filter(const char *wanted)
{
    char name[64];

    list_each(it, &ndis_filter_drivers) {
        struct filter_driver *driver = container_of(it, struct filter_driver, node);

        text_utf8(name, sizeof name, &driver->service_name);
        if (driver->ready && !strcasecmp(name, wanted))
            return driver;
    }
    return NULL;
}

static struct binding *binding_on(const struct ndis_protocol *protocol, const struct adapter *a)
{
    list_each(it, &protocol->bindings) {
        struct binding *b = container_of(it, struct binding, protocol_node);

        if (b->adapter == a && b->opened)
            return b;
    }
    return NULL;
}

/* --- who stands on what -------------------------------------------------------------------------------------------------------- */

static struct cm_key *linkage_of(struct adapter *a, bool create)
{
    struct cm_key *key = NULL;
    HANDLE handle;

    if (config_device_key(a, &handle) != NDIS_STATUS_SUCCESS)
        return NULL;
    if (NT_SUCCESS(cm_from_handle(handle, KEY_READ, &key)))
        key = cm_key(key, "Linkage", create);
    ZwClose(handle);
    return key;
}

bool ndis_user_disabled(struct adapter *a, const char *component)
{
    return ndis_multi_has(linkage_of(a, false), "Disabled", component) == 1;
}

static size_t read_names(struct cm_key *key, char (*names)[DEVICE_NAME])
{
    struct cm_value v;
    size_t count = 0;

    if (!cm_get(key, "Disabled", &v))
        return 0;
    for (const WCHAR *at = v.data, *end = at + v.size / sizeof(WCHAR), *start; at < end && *at && count < NAMES; at++) {
        start = at;
        while (at < end && *at)
            at++;
        UNICODE_STRING one = text_string(start, (size_t)(at - start));
        text_utf8(names[count++], DEVICE_NAME, &one);
    }
    return count;
}

static bool write_disabled(struct adapter *a, const char *component, bool disabled)
{
    struct cm_key *key = linkage_of(a, true);
    char names[NAMES][DEVICE_NAME];
    const char *list[NAMES + 1];
    size_t count = 0;

    if (!key)
        return error_set("the adapter's driver key cannot be opened");
    size_t had = read_names(key, names);
    for (size_t i = 0; i < had; i++)
        if (strcasecmp(names[i], component))
            list[count++] = names[i];
    if (disabled)
        list[count++] = component;
    return cm_set_multi(key, "Disabled", list, count) || error_set("no memory for the list of components that are off");
}

static bool follow(struct adapter *a, const char *component, struct ndis_protocol *protocol, struct filter_driver *filter, bool on)
{
    if (filter)
        filter_follow(filter, a);
    else
        bindings_settle();
    if (!on || (filter ? filter_on(filter, a) != NULL : binding_on(protocol, a) != NULL))
        return true;
    return error_set("%s does not stand on this adapter now, either: its ranges, an intermediate driver, a filter module or its own "
                     "refusal keep it off", component);
}

bool ndis_user_bind(const char *component, const char *adapter, bool on)
{
    struct filter_driver *filter = find_filter(component);
    struct ndis_protocol *protocol = filter ? NULL : find_protocol(component);
    struct adapter *a = filter || protocol ? find_adapter(adapter) : NULL;

    if (!filter && !protocol)
        return error_set("no protocol or filter driver '%s' is registered", component);
    if (!a)
        return false;
    bool good = write_disabled(a, component, !on) && follow(a, component, protocol, filter, on);
    adapter_release(a);
    return good;
}

/* --- order --------------------------------------------------------------------------------------------------------------------- */

static bool is_listed(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcasecmp(list[i], name))
            return true;
    return false;
}

struct order {
    char names[NAMES][DEVICE_NAME];
    const char *list[NAMES];
    size_t count;
};

static bool add(struct order *order, const struct adapter *a)
{
    char name[DEVICE_NAME];

    device_name(a, name);
    if (is_listed(order->list, order->count, name))
        return true;
    if (order->count == NAMES)
        return error_set("more than %u adapters", NAMES);
    strcpy(order->names[order->count], name);
    order->list[order->count] = order->names[order->count];
    order->count++;
    return true;
}

static bool make_order(const struct ndis_protocol *protocol, const char *const *adapters, size_t count, struct order *order)
{
    for (size_t i = 0; i < count; i++) {
        struct adapter *a = find_adapter(adapters[i]);
        bool good = a && (binding_on(protocol, a) || error_set("the protocol is not bound to '%s'", adapters[i])) && add(order, a);

        if (a)
            adapter_release(a);
        if (!good)
            return false;
    }
    list_each(it, &protocol->bindings)
        if (!add(order, container_of(it, struct binding, protocol_node)->adapter))
            return false;
    return true;
}

bool ndis_user_order(const char *name, const char *const *adapters, size_t count, int32_t *status)
{
    struct ndis_protocol *protocol = find_protocol(name);
    struct order order = { .count = 0 };
    struct cm_value list;
    char path[256];

    *status = NDIS_STATUS_SUCCESS;
    if (!protocol || !make_order(protocol, adapters, count, &order))
        return false;
    snprintf(path, sizeof path, SERVICES "%s\\Linkage", name);
    struct cm_key *key = cm_key(NULL, path, true);
    if (!key || !cm_set_multi(key, "Bind", order.list, order.count) || !cm_get(key, "Bind", &list))
        return error_set("no memory for the order of the bindings");
    *status = ndis_bind_list(protocol, (void *)(uintptr_t)list.data, list.size);
    return *status == NDIS_STATUS_SUCCESS || error_set("the protocol refuses the order");
}

/* --- configuration ------------------------------------------------------------------------------------------------------------- */

bool ndis_user_reconfigure(const char *name, const char *adapter, void *data, uint32_t length, int32_t *status)
{
    struct ndis_protocol *protocol = find_protocol(name);
    struct adapter *a = protocol && adapter ? find_adapter(adapter) : NULL;

    *status = NDIS_STATUS_SUCCESS;
    if (!protocol || (adapter && !a))
        return false;
    bool bound = !a || binding_on(protocol, a);
    if (bound)
        *status = ndis_reconfigure(protocol, a, data, length);
    if (a)
        adapter_release(a);
    if (!bound)
        return error_set("%s is not bound to '%s'", name, adapter);
    return *status == NDIS_STATUS_SUCCESS || error_set("the protocol refuses the configuration");
}

bool ndis_user_wake(const char *adapter, bool on)
{
    struct adapter *a = find_adapter(adapter);
    ULONG capabilities = on ? NDIS_DEVICE_WAKE_UP_ENABLE : 0;

    if (!a)
        return false;
    adapter_lock(a);
    bool can = a->has_pm_capabilities || a->has_pnp_capabilities;
    if (can && a->state != ADAPTER_HALTED && a->state != ADAPTER_SHUT_DOWN) {
        a->may_not_wake = !on;
        net_event(a, NetEventPnPCapabilities, &capabilities, sizeof capabilities);
    }
    adapter_unlock(a);
    adapter_release(a);
    return can || error_set("the adapter knows no power management");
}
