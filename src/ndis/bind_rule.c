/* Which protocols bind which adapters, as the binding engine of Windows decides from what setup wrote.
 *
 * 0. Whoever the user has taken off an adapter (Linkage\Disabled of its driver key, user.c) is not bound to it.
 * 1. Linkage\UpperBind of the adapter's driver key, when it is not empty, lists the protocols by name: these, and no others.
 * 2. Otherwise the adapter's UpperRange and the protocol's LowerRange must have a word in common. The adapter's Ndi key is in its
 *    driver key; the protocol's is the one below Control\Network\{class of protocols} whose Service is the protocol's name.
 *    An adapter without one has "ndis5"; a protocol without one "ndis5, ndis4", and TCP/IP "ndis5_ip", too. "noupper" and
 *    "nolower" match nothing.
 * 3. An intermediate driver takes the adapters that it belongs on: only it binds them, as notify objects of such drivers see to.
 *    It takes none for which its UpperBindings is an empty list. Of several, the first registered takes an adapter, and the
 *    others find its virtual miniports.
 * 4. An intermediate driver binds virtual miniports of drivers that registered before it only, never its own: no stack has a
 *    driver twice.
 * docs: network/specifying-binding-interfaces, network/intermediate-driver-upperrange-and-lowerrange-inf-file-entries,
 * network/intermediate-driver-notify-object */
#include "ndis/virtual.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ndis/ports.h"
#include "ndis/stats.h"
#include "ndis/user.h"
#include "nt/cm.h"
#include "nt/text.h"

#define PROTOCOLS "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Network\\{4d36e975-e325-11ce-bfc1-08002be10318}"
#define SERVICES "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define RANGE 256u

bool (*ndis_setup_binding)(const char *protocol, const char *adapter, void *driver);
static bool settled;                    /* no binding changes any more but by removal */

void ndis_keep_bindings(bool keep)
{
    settled = keep;
}


static void guid_of(const struct adapter *a, char *guid, size_t size)
{
    const unsigned skip = 8;            /* \DEVICE\ */
    UNICODE_STRING name = text_string(a->name.Buffer + skip, a->name.Length / sizeof(WCHAR) - skip);

    text_utf8(guid, size, &name);
}

bool ndis_has_adapter(const char *guid)
{
    char name[64];

    list_each(it, &ndis_adapters) {
        guid_of(container_of(it, struct adapter, node), name, sizeof name);
        if (!strcasecmp(name, guid))
            return true;
    }
    return false;
}

/* --- ranges -------------------------------------------------------------------------------------------------------- */

/* The next word of a comma-separated list; NULL at its end. */
static const char *word(const char **list, size_t *length)
{
    const char *start = *list + strspn(*list, ", \t");

    *length = strcspn(start, ", \t");
    *list = start + *length;
    return *length ? start : NULL;
}

static bool says_nothing(const char *text, size_t length)
{
    return (length == 7 && !strncasecmp(text, "noupper", 7)) || (length == 7 && !strncasecmp(text, "nolower", 7));
}

static bool lists_word(const char *list, const char *text, size_t length)
{
    size_t n;

    for (const char *w; (w = word(&list, &n));)
        if (n == length && !strncasecmp(w, text, n))
            return true;
    return false;
}

static bool ranges_meet(const char *upper, const char *lower)
{
    size_t n;

    for (const char *w; (w = word(&upper, &n));)
        if (!says_nothing(w, n) && lists_word(lower, w, n))
            return true;
    return false;
}

static struct cm_key *protocol_key(const char *name)
{
    struct cm_key *all = cm_key(NULL, PROTOCOLS, false), *one, *ndi;
    char service[128];

    for (unsigned n = 0; all && (one = cm_subkey(all, n)); n++) {
        ndi = cm_key(one, "Ndi", false);
        if (ndi && cm_get_string(ndi, "Service", service, sizeof service) && !strcasecmp(service, name))
            return ndi;
    }
    return NULL;
}

static void lower_range(const char *protocol, char *range)
{
    struct cm_key *ndi = protocol_key(protocol), *interfaces = ndi ? cm_key(ndi, "Interfaces", false) : NULL;

    if (!interfaces || !cm_get_string(interfaces, "LowerRange", range, RANGE))
        snprintf(range, RANGE, strcasecmp(protocol, "TCPIP") ? "ndis5, ndis4" : "ndis5, ndis4, ndis5_ip");
}

/* --- what the adapter's key says -------------------------------------------------------------------------------------- */

int ndis_multi_has(struct cm_key *key, const char *value, const char *wanted)
{
    struct cm_value v;
    char text[128];
    int answer = -1;

    if (!key || !cm_get(key, value, &v))
        return -1;
    const WCHAR *at = v.data, *end = at + v.size / sizeof(WCHAR);
    while (at < end && *at) {
        const WCHAR *start = at;

        while (at < end && *at)
            at++;
        UNICODE_STRING one = text_string(start, (size_t)(at - start));
        text_utf8(text, sizeof text, &one);
        if (wanted && !strcasecmp(text, wanted))
            return 1;
        answer = 0;
        at++;
    }
    return answer;
}

/* Reads both: the protocols that UpperBind names (as multi_has), and the UpperRange. */
static int adapter_says(struct adapter *a, const char *protocol, char *range)
{
    struct cm_key *key = NULL, *interfaces;
    HANDLE handle;
    int listed = -1;

    snprintf(range, RANGE, "ndis5");
    if (config_device_key(a, &handle) != NDIS_STATUS_SUCCESS)
        return -1;
    if (NT_SUCCESS(cm_from_handle(handle, KEY_READ, &key))) {
        listed = ndis_multi_has(cm_key(key, "Linkage", false), "UpperBind", protocol);
        interfaces = cm_key(key, "Ndi\\Interfaces", false);
        if (interfaces)
            cm_get_string(interfaces, "UpperRange", range, RANGE);
    }
    ZwClose(handle);
    return listed;
}

static bool belongs(struct ndis_protocol *protocol, struct adapter *a)
{
    char name[128], upper[RANGE], lower[RANGE];

    text_utf8(name, sizeof name, &protocol->name);
    if (ndis_user_disabled(a, name))
        return false;
    int listed = adapter_says(a, name, upper);
    if (listed >= 0)
        return listed;
    lower_range(name, lower);
    return ranges_meet(upper, lower);
}

/* --- intermediate drivers ----------------------------------------------------------------------------------------------- */

/* Setup has had the chance to name virtual miniports; the list is not there, or it has entries. */
static bool has_virtual_miniports(struct ndis_protocol *protocol, struct adapter *a)
{
    char name[128], adapter[64], path[300];
    struct cm_value value;

    text_utf8(name, sizeof name, &protocol->name);
    guid_of(a, adapter, sizeof adapter);
    if (ndis_setup_binding && !ndis_setup_binding(name, adapter, protocol->miniport->driver))
        return false;
    snprintf(path, sizeof path, SERVICES "%s\\Parameters\\Adapters\\%s", name, adapter);
    struct cm_key *key = cm_key(NULL, path, false);
    return !key || !cm_get(key, "UpperBindings", &value) || ndis_multi_has(key, "UpperBindings", NULL) == 0;
}

static bool stands_below(const struct adapter *a, const struct ndis_protocol *protocol)
{
    if (!a->driver->intermediate)
        return true;
    list_each(it, &ndis_protocols) {
        const struct ndis_protocol *other = container_of(it, struct ndis_protocol, node);

        if (other == protocol || other == a->driver->protocol)
            return other != protocol;
    }
    return false;
}

static bool would_take(struct ndis_protocol *protocol, struct adapter *a)
{
    return protocol->miniport && !protocol->closing && stands_below(a, protocol) && belongs(protocol, a) &&
           has_virtual_miniports(protocol, a);
}

/* An intermediate driver that comes before `protocol` has the adapter. */
static bool taken(const struct ndis_protocol *protocol, struct adapter *a)
{
    list_each(it, &ndis_protocols) {
        struct ndis_protocol *other = container_of(it, struct ndis_protocol, node);

        if (other == protocol && protocol->miniport)
            return false;
        if (other != protocol && would_take(other, a))
            return true;
    }
    return false;
}

bool binds(struct ndis_protocol *protocol, struct adapter *a)
{
    char name[128], upper[RANGE];

    if (protocol->closing || a->incomplete || a->binds_inhibited || settled ||
        !port_is_active(a, NDIS_DEFAULT_PORT_NUMBER))
        return false;
    if (protocol->miniport)
        return !taken(protocol, a) && would_take(protocol, a);
    text_utf8(name, sizeof name, &protocol->name);
    if (!ndis_user_disabled(a, name) && adapter_says(a, name, upper) == 1)
        return true;                    /* named outright */
    return belongs(protocol, a) && !taken(protocol, a);
}

struct ndis_driver *im_driver_of_code(const void *code)
{
    struct pe_image *image = pe_image_at((uint64_t)(uintptr_t)code);

    list_each(it, &ndis_drivers) {
        struct ndis_driver *driver = container_of(it, struct ndis_driver, node);

        if (image && driver->intermediate && !driver->protocol &&
            pe_image_at((uint64_t)(uintptr_t)driver->miniport.InitializeHandlerEx) == image)
            return driver;
    }
    return NULL;
}

/* --- changes ---------------------------------------------------------------------------------------------------------- */

static bool bound(const struct ndis_protocol *protocol, struct adapter *a)
{
    list_each(it, &a->bindings)
        if (container_of(it, struct binding, node)->protocol == protocol)
            return true;
    return false;
}

static bool right(struct adapter *a)
{
    list_each(it, &ndis_protocols) {
        struct ndis_protocol *protocol = container_of(it, struct ndis_protocol, node);

        if (!protocol->closing && bound(protocol, a) != binds(protocol, a))
            return false;
    }
    return true;
}

void bindings_update(struct adapter *a)
{
    list_each_safe(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);

        if (!b->protocol->closing && !binds(b->protocol, a))
            binding_remove(b);
    }
    for (struct ndis_protocol *protocol = protocol_first(); protocol; protocol = protocol_next(protocol))
        if (!bound(protocol, a) && binds(protocol, a))
            binding_create(protocol, a);
}

static void settle(struct adapter *a)
{
    adapter_lock(a);
    if ((a->state == ADAPTER_RUNNING || a->state == ADAPTER_PAUSED) && !a->incomplete && !right(a)) {
        adapter_pause(a, NDIS_PAUSE_BIND_PROTOCOL);
        bindings_update(a);
        if (!a->low_power)
            adapter_restart(a);
    }
    adapter_unlock(a);
}

void bindings_settle(void)
{
    if (settled)
        return;
    for (struct adapter *a = adapter_first(); a; a = adapter_next(a))
        settle(a);
}
