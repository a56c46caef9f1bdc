/* What setup does to the registry when a driver is installed for a device: service key, driver key, device key.
 *
 * The registry of a new computer is empty but for the standard keys, so a value that is there already comes from the
 * user (--reg) and stays. docs: install/inf-addreg-directive, network/adding-registry-values-for-a-network-adapter */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "machine/machine.h"
#include "nt/cm.h"
#include "nt/pnp.h"
#include "pkg/inf.h"

#define SERVICES "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define NETWORK "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Network\\"
#define NET_SERVICES NETWORK "{4d36e974-e325-11ce-bfc1-08002be10318}\\"
#define NET_PROTOCOLS NETWORK "{4d36e975-e325-11ce-bfc1-08002be10318}\\"
#define NET_CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"

static void set(struct cm_key *key, const char *name, uint32_t type, const void *data, size_t size)
{
    struct cm_value present;

    if (key && !cm_get(key, name, &present))
        cm_set(key, name, type, data, size);
}

static void set_string(struct cm_key *key, const char *name, const char *text)
{
    struct cm_value present;

    if (key && text && !cm_get(key, name, &present))
        cm_set_string(key, name, text);
}

static void set_dword(struct cm_key *key, const char *name, uint32_t number)
{
    set(key, name, REG_DWORD, &number, sizeof number);
}

/* docs: install/inf-delreg-directive */
static void apply_removal(struct cm_key *root, const struct inf_value *value)
{
    struct cm_key *key = root && value->subkey[0] ? cm_key(root, value->subkey, false) : root;

    if (key && value->remove_key && value->subkey[0])
        cm_delete_tree(key);
    else if (key && value->remove)
        cm_delete_value(key, value->name);
}

static void apply(struct cm_key *root, const struct inf_value *value)
{
    struct cm_key *key;
    struct cm_value present;

    if (value->remove || value->remove_key) {
        apply_removal(root, value);
        return;
    }
    key = root && value->subkey[0] ? cm_key(root, value->subkey, true) : root;
    if (!key || value->key_only || ((value->flags & INF_FLAG_OVERWRITE_ONLY) && !cm_get(key, value->name, &present)))
        return;
    set(key, value->name, value->type, value->data, value->size);
}

static struct cm_key *absolute_root(enum inf_root root)
{
    switch (root) {
    case INF_LOCAL_MACHINE: return cm_key(NULL, "\\Registry\\Machine", true);
    case INF_CLASSES_ROOT: return cm_key(NULL, "\\Registry\\Machine\\Software\\Classes", true);
    case INF_USERS: return cm_key(NULL, "\\Registry\\User", true);
    default: return NULL;
    }
}

static struct cm_key *service_key(const char *name)
{
    char path[200];

    snprintf(path, sizeof path, SERVICES "%.100s", name);
    return cm_key(NULL, path, true);
}

/* --- services ---------------------------------------------------------------------------------------------------- */

static void describe_service(struct ring3_driver *driver, const struct inf_service *service)
{
    struct cm_key *key = service_key(service ? service->name : driver->name);
    const char *file = strrchr(driver->path, '/') ? strrchr(driver->path, '/') + 1 : driver->path;
    char image[600];

    snprintf(image, sizeof image, "\\SystemRoot\\System32\\drivers\\%s", service ? service->binary : file);
    set_dword(key, "Type", service ? service->type : 1);
    set_dword(key, "Start", service ? service->start : 3);
    set_dword(key, "ErrorControl", service ? service->error_control : 1);
    if (key)
        cm_set_expand(key, "ImagePath", image);
    set_string(key, "DisplayName", service && service->display_name ? service->display_name : driver->name);
    if (service)
        set_string(key, "Group", service->load_order_group);
}

/* A network service or a protocol: what belongs to no device. */
static bool is_network_service(const struct ring3_driver *driver)
{
    return driver->inf && (!strcasecmp(inf_version(driver->inf, "Class"), "NetService") ||
                           !strcasecmp(inf_version(driver->inf, "Class"), "NetTrans"));
}

/* What the user says: before the INF has its say. */
static void set_parameters(struct ring3_driver *driver, const struct inf_install *install)
{
    for (int i = 0; i < install->service_count; i++) {
        struct cm_key *key = service_key(install->services[i].name);

        for (struct machine_parameter *p = key ? driver->computer->parameters : NULL; p; p = p->next)
            set_string(cm_key(key, "Parameters", true), p->name, p->value);
    }
}

/* Where the Ndi key goes: a network service has a GUID of its own in its INF; a protocol gets one here. */
static bool component_path(const struct ring3_driver *driver, const struct inf_install *install, char *path, size_t size)
{
    const struct inf_section *section = inf_section(driver->inf, install->section);
    const struct inf_line *line = section ? inf_line(section, "NetCfgInstanceId", NULL) : NULL;
    bool protocol = !strcasecmp(inf_version(driver->inf, "Class"), "NetTrans");
    uint32_t hash = 2166136261u;

    for (const char *c = driver->name; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    if (line)
        snprintf(path, size, "%s%.60s", protocol ? NET_PROTOCOLS : NET_SERVICES, inf_field(line, 0));
    else if (protocol)
        snprintf(path, size, NET_PROTOCOLS "{72330000-0000-4000-8002-0000%08X}", hash);
    else
        log_warn("machine", "%s: [%s] has no NetCfgInstanceId", inf_name(driver->inf), install->section);
    return line || protocol;
}

/* What the network class installer makes of the INF of a network service or protocol: DDInstall's values below the component's
 * GUID, where NDIS reads the Ndi key. docs: network/ndis-filter-driver-installation, network/ddinstall-section-in-a-network-inf-file */
static void install_network_service(struct ring3_driver *driver, const struct inf_install *install)
{
    char path[240];

    if (!is_network_service(driver) || !component_path(driver, install, path, sizeof path))
        return;
    struct cm_key *key = cm_key(NULL, path, true);
    for (int i = 0; i < install->value_count; i++)
        if (install->value[i].root == INF_DRIVER_KEY)
            apply(key, &install->value[i]);
}

void install_service(struct ring3_driver *driver, const struct inf_install *install)
{
    if (!install) {
        describe_service(driver, NULL);
        return;
    }
    if (is_network_service(driver))
        set_parameters(driver, install);
    for (int i = 0; i < install->service_count; i++)
        describe_service(driver, &install->services[i]);
    for (int i = 0; i < install->value_count; i++)
        if (install->value[i].root == INF_SERVICE_KEY)
            apply(service_key(install->value[i].service), &install->value[i]);
        else if (absolute_root(install->value[i].root))
            apply(absolute_root(install->value[i].root), &install->value[i]);
    install_network_service(driver, install);
}

/* --- devices ------------------------------------------------------------------------------------------------------- */

static struct cm_key *open_key(struct pnp_node *node, NTSTATUS (*open)(struct pnp_node *, ACCESS_MASK, HANDLE *),
                               HANDLE *handle)
{
    struct cm_key *key = NULL;

    *handle = NULL;
    if (!NT_SUCCESS(open(node, KEY_ALL_ACCESS, handle)) || !NT_SUCCESS(cm_from_handle(*handle, KEY_WRITE, &key)))
        log_warn("machine", "no registry key for %s", node->instance_path);
    return key;
}

/* The INF's words replace the bus's. */
static void describe_device(struct pnp_node *node, const char *description)
{
    struct cm_key *key;
    HANDLE handle;

    snprintf(node->description, sizeof node->description, "%.79s", description);
    if (!NT_SUCCESS(pnp_open_instance_key(node, KEY_WRITE, &handle)))
        return;
    if (NT_SUCCESS(cm_from_handle(handle, KEY_WRITE, &key)))
        cm_set_string(key, "DeviceDesc", node->description);
    ZwClose(handle);
}

static void set_class(struct inf *inf, struct pnp_node *node, const struct inf_model *model)
{
    const char *guid = inf ? inf_version(inf, "ClassGuid") : "";
    const char *name = inf ? inf_version(inf, "Class") : "";

    if (!inf && !virtual_driver_of(node))
        return;                         /* what the bus or adopt.c says */
    snprintf(node->class_guid, sizeof node->class_guid, "%s", guid[0] ? guid : NET_CLASS);
    snprintf(node->class_name, sizeof node->class_name, "%s", name[0] ? name : "Net");
    if (model && model->description)
        describe_device(node, model->description);
}

/* What the network class installer adds for every adapter. */
static void describe_adapter(struct ring3_driver *driver, struct pnp_node *node, struct cm_key *key)
{
    char guid[64], device[80];
    unsigned n = driver->computer->instance_count++;

    if (strcasecmp(node->class_guid, NET_CLASS))
        return;
    snprintf(guid, sizeof guid, "{72330000-0000-4000-8000-%012X}", n + 1);
    set_string(key, "NetCfgInstanceId", guid);
    cm_get_string(key, "NetCfgInstanceId", guid, sizeof guid);
    snprintf(device, sizeof device, "\\Device\\%s", guid);
    set_dword(key, "NetLuidIndex", 0x8000 + n);
    set_string(key, "ComponentId", node->hardware_ids);
    struct cm_key *linkage = cm_key(key, "Linkage", true);
    if (linkage) {
        const char *root[] = { guid }, *bind[] = { device };
        cm_set_multi(linkage, "RootDevice", root, 1);
        cm_set_multi(linkage, "Export", bind, 1);
    }
}

static void describe_driver(struct ring3_driver *driver, struct inf *inf, struct pnp_node *node, struct cm_key *key,
                            const struct inf_model *model)
{
    set_string(key, "DriverDesc", node->description[0] ? node->description : driver->name);
    if (!model)
        return;
    set_string(key, "ProviderName", inf_version(inf, "Provider"));
    set_string(key, "InfPath", "oem0.inf");
    set_string(key, "InfSection", model->install_section);
    set_string(key, "MatchingDeviceId", model->id_count ? model->id[0] : "");
    set_string(key, "DriverVer", inf_version(inf, "DriverVer"));
}

static bool guid_of(const char *text, GUID *guid)
{
    unsigned byte[8];
    int used = 0;

    if (sscanf(text, "{%8x-%4hx-%4hx-%2x%2x-%2x%2x%2x%2x%2x%2x}%n", (unsigned *)&guid->Data1, &guid->Data2, &guid->Data3, &byte[0], &byte[1],
               &byte[2], &byte[3], &byte[4], &byte[5], &byte[6], &byte[7], &used) != 11 || text[used] || used != 38)
        return false;
    for (int i = 0; i < 8; i++)
        guid->Data4[i] = (unsigned char)byte[i];
    return true;
}

/* Registers an interface that the INF lists, disabled as setup leaves it, and fills its key. docs: install/inf-addinterface-directive */
static void install_interface(struct pnp_node *node, const struct inf_install *install, int index)
{
    const struct inf_interface *interface = &install->interface[index];
    GUID guid;
    struct cm_key *key = guid_of(interface->guid, &guid) ? pnp_provide_interface(node, &guid, interface->reference) : NULL;

    if (!key)
        log_warn("machine", "AddInterface: %s, '%s' is not registered", interface->guid, interface->reference);
    for (int i = 0; key && i < install->value_count; i++)
        if (install->value[i].root == INF_INTERFACE_KEY && install->value[i].interface == index)
            apply(key, &install->value[i]);
}

void install_device(struct ring3_driver *driver, struct inf *inf, struct pnp_node *node, const struct inf_model *model,
                    const struct inf_install *install)
{
    HANDLE driver_handle, device_handle;

    set_class(inf, node, model);
    struct cm_key *driver_key = open_key(node, pnp_open_driver_key, &driver_handle);
    struct cm_key *device_key = open_key(node, pnp_open_hardware_key, &device_handle);
    if (driver_key) {
        virtual_describe(node, driver_key);
        for (struct machine_parameter *p = driver->computer->parameters; p; p = p->next)
            set_string(driver_key, p->name, p->value);
        describe_driver(driver, inf, node, driver_key, model);
        describe_adapter(driver, node, driver_key);
    }
    for (int i = 0; install && i < install->value_count; i++)
        if (install->value[i].root == INF_DRIVER_KEY)
            apply(driver_key, &install->value[i]);
        else if (install->value[i].root == INF_DEVICE_KEY)
            apply(device_key, &install->value[i]);
    for (int i = 0; install && i < install->interface_count; i++)
        install_interface(node, install, i);
    if (driver_handle)
        ZwClose(driver_handle);
    if (device_handle)
        ZwClose(device_handle);
}
