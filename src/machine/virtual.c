/* Virtual network adapters: what the notify object of an intermediate driver does on Windows.
 *
 * Each binding of such a driver has a value UpperBindings in Services\PROTOCOL\Parameters\Adapters\{adapter below}: a
 * REG_MULTI_SZ of device names, \Device\{GUID}, one for each virtual miniport.
 *
 * 1. A value that is there (--reg) stays. Without one, every --virtual of the driver that fits the card gives one name; a driver
 *    without any --virtual gets one name for each adapter.
 * 2. Every name has a root-enumerated device with that NetCfgInstanceId. Its hardware ID is the first of the driver's INF of class
 *    Net, or ROOT\DRIVER; the driver serves it whatever its ID.
 * 3. A device whose adapter below has gone for good serves the next adapter that needs a name.
 * docs: network/mux-intermediate-driver-installation, network/intermediate-driver-notify-object */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/log.h"
#include "machine/machine.h"
#include "ndis/stats.h"
#include "nt/cm.h"
#include "nt/io.h"
#include "nt/pnp.h"
#include "nt/text.h"
#include "pkg/inf.h"

#define ADAPTERS "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%.100s\\Parameters\\Adapters\\%.60s"
#define NAMES 64u                       /* of one adapter */

/* --virtual */
struct virtual_spec {
    struct list node;
    struct spec spec;
    int nic;                            /* -1: every adapter */
};

struct virtual_device {
    struct list node;
    char path[80], guid[40], driver[64], below[40];
    const struct virtual_spec *spec;    /* NULL: no keywords */
};

static struct list specs = LIST_INIT(specs), devices = LIST_INIT(devices);
static unsigned made;

/* --- --virtual ---------------------------------------------------------------------------------------------------- */

bool ring3_add_virtual_adapter(struct ring3_computer *computer, const char *text)
{
    struct virtual_spec *v = calloc(1, sizeof *v);
    const char *nic;
    char *end = "";

    (void)computer;
    if (!v)
        return error_set("no memory");
    if (!spec_parse(&v->spec, text)) {
        free(v);
        return false;
    }
    nic = spec_value(&v->spec, "nic", 0);
    v->nic = nic ? (int)strtoul(nic, &end, 10) : -1;
    if ((nic && (end == nic || *end || v->nic >= MACHINE_NICS)) || v->spec.argument) {
        free(v);
        return error_set("'%s' is not DRIVER[,nic=N][,KEYWORD=VALUE...]", text);
    }
    list_push_back(&specs, &v->node);
    return true;
}

static bool spec_is_of(const struct virtual_spec *v, const char *driver)
{
    return !strcasecmp(v->spec.kind, driver);
}

/* --- devices -------------------------------------------------------------------------------------------------------- */

static struct virtual_device *device_with(const char *guid)
{
    list_each(it, &devices) {
        struct virtual_device *d = container_of(it, struct virtual_device, node);

        if (!strcasecmp(d->guid, guid))
            return d;
    }
    return NULL;
}

static struct virtual_device *device_at(const struct pnp_node *node)
{
    list_each(it, &devices) {
        struct virtual_device *d = container_of(it, struct virtual_device, node);

        if (!strcasecmp(d->path, node->instance_path))
            return d;
    }
    return NULL;
}

const char *virtual_driver_of(const struct pnp_node *node)
{
    struct virtual_device *d = device_at(node);

    return d ? d->driver : NULL;
}

bool virtual_describe(const struct pnp_node *node, struct cm_key *key)
{
    struct virtual_device *d = device_at(node);

    if (!d)
        return false;
    cm_set_string(key, "NetCfgInstanceId", d->guid);
    for (int i = 0; d->spec && i < d->spec->spec.count; i++)
        if (strcmp(d->spec->spec.pair[i].key, "nic"))
            cm_set_string(key, d->spec->spec.pair[i].key, d->spec->spec.pair[i].value);
    return true;
}

static const char *hardware_id(const struct ring3_driver *driver, char *buffer, size_t size)
{
    const struct inf_model *models;
    int count = driver->miniport_inf ? inf_models(driver->miniport_inf, &models) : 0;

    snprintf(buffer, size, "ROOT\\%s", driver->name);
    return count > 0 && models[0].id_count ? models[0].id[0] : buffer;
}

static bool make_device(const struct ring3_driver *driver, const char *guid, const char *below, const struct virtual_spec *spec)
{
    struct virtual_device *d = calloc(1, sizeof *d);
    char buffer[80];
    const char *id = hardware_id(driver, buffer, sizeof buffer), *last = strrchr(id, '\\');

    if (!d)
        return error_set("no memory");
    snprintf(d->guid, sizeof d->guid, "%s", guid);
    snprintf(d->below, sizeof d->below, "%s", below);
    snprintf(d->driver, sizeof d->driver, "%s", driver->name);
    d->spec = spec;
    if (!NT_SUCCESS(pnp_add_root_device(last ? last + 1 : id, id, d->path, sizeof d->path))) {
        free(d);
        return error_set("no device for the virtual adapter %s", guid);
    }
    list_push_back(&devices, &d->node);
    return true;
}

/* --- UpperBindings ----------------------------------------------------------------------------------------------------- */

/* A device of the driver that stands on nothing any more. */
static struct virtual_device *orphan(const char *driver, const struct virtual_spec *spec)
{
    list_each(it, &devices) {
        struct virtual_device *d = container_of(it, struct virtual_device, node);

        if (!strcasecmp(d->driver, driver) && d->spec == spec && !ndis_has_adapter(d->below))
            return d;
    }
    return NULL;
}

static void add_name(const struct ring3_driver *driver, const char *below, const struct virtual_spec *spec, char (*names)[48],
                     unsigned *count)
{
    struct virtual_device *d = orphan(driver->name, spec);
    char guid[40];

    if (*count == NAMES)
        return;
    snprintf(guid, sizeof guid, "{72330000-0000-4000-8001-%012X}", made + 1);
    if (!d && !make_device(driver, guid, below, spec)) {
        log_warn("machine", "%s", error_text());
        return;
    }
    if (d)
        snprintf(d->below, sizeof d->below, "%s", below);
    else
        made++;
    snprintf(names[(*count)++], sizeof names[0], "\\Device\\%s", d ? d->guid : guid);
}

static bool is_below(const struct ring3_computer *computer, int nic, const char *guid)
{
    char own[48];

    list_each(it, &computer->nics) {
        struct ring3_nic *n = container_of(it, struct ring3_nic, node);
        struct pnp_node *node = n->number == (unsigned)nic ? pnp_node_of_device(n->device) : NULL;
        struct cm_key *key = NULL;
        HANDLE handle;

        if (!node || !NT_SUCCESS(pnp_open_driver_key(node, KEY_READ, &handle)))
            continue;
        bool same = NT_SUCCESS(cm_from_handle(handle, KEY_READ, &key)) &&
                    cm_get_string(key, "NetCfgInstanceId", own, sizeof own) && !strcasecmp(own, guid);
        ZwClose(handle);
        if (same)
            return true;
    }
    return false;
}

static void make_names(const struct ring3_driver *driver, struct cm_key *key, const char *below)
{
    char names[NAMES][48];
    const char *list[NAMES];
    unsigned count = 0, wanted = 0;

    list_each(it, &specs) {
        struct virtual_spec *v = container_of(it, struct virtual_spec, node);

        if (!spec_is_of(v, driver->name))
            continue;
        wanted++;
        if (v->nic < 0 || is_below(driver->computer, v->nic, below))
            add_name(driver, below, v, names, &count);
    }
    if (!wanted)
        add_name(driver, below, NULL, names, &count);
    for (unsigned i = 0; i < count; i++)
        list[i] = names[i];
    cm_set_multi(key, "UpperBindings", list, count);
}

/* Names that the user brought have no devices yet. */
static void make_devices(const struct ring3_driver *driver, const struct cm_value *value, const char *below)
{
    const WCHAR *at = value->data, *end = at + value->size / sizeof(WCHAR);
    char text[64];

    while (at < end && *at) {
        const WCHAR *start = at;

        while (at < end && *at)
            at++;
        UNICODE_STRING one = text_string(start, (size_t)(at++ - start));
        text_utf8(text, sizeof text, &one);
        const char *guid = strrchr(text, '\\') ? strrchr(text, '\\') + 1 : text;
        if (!device_with(guid) && !make_device(driver, guid, below, NULL))
            log_warn("machine", "%s", error_text());
    }
}

static struct ring3_driver *driver_with(const DRIVER_OBJECT *object)
{
    const char *name = io_driver_of((DRIVER_OBJECT *)object)->name;

    list_each(it, &machine->drivers) {
        struct ring3_driver *driver = container_of(it, struct ring3_driver, node);

        if (!strcasecmp(driver->name, name))
            return driver;
    }
    return NULL;
}

static bool setup_binding(const char *protocol, const char *adapter, void *object)
{
    struct ring3_driver *driver = driver_with(object);
    struct cm_value value;
    char path[300];

    snprintf(path, sizeof path, ADAPTERS, protocol, adapter);
    struct cm_key *key = driver ? cm_key(NULL, path, true) : NULL;
    if (!key)
        return false;
    if (cm_get(key, "UpperBindings", &value))
        make_devices(driver, &value, adapter);
    else
        make_names(driver, key, adapter);
    return true;
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

void virtual_open(void)
{
    ndis_setup_binding = setup_binding;
}

void virtual_close(void)
{
    struct list *node;

    ndis_setup_binding = NULL;
    while ((node = list_pop_front(&devices))) {
        struct virtual_device *d = container_of(node, struct virtual_device, node);
        struct pnp_node *there = pnp_node_named(d->path);

        if (there)
            pnp_delete_root_device(there);
        free(d);
    }
    while ((node = list_pop_front(&specs)))
        free(container_of(node, struct virtual_spec, node));
    made = 0;
}
