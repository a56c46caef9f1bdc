/* Devices without hardware: what `devcon install` makes on Windows. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/log.h"
#include "machine/machine.h"
#include "nt/pnp.h"
#include "pkg/inf.h"

#define ROOT_DEVICES 16

static char paths[ROOT_DEVICES][80];            /* instance paths of those that are there */
static unsigned count;

struct root_call {
    const char *hardware_id;
    char name[64];
    NTSTATUS status;
};

static void create(void *arg)
{
    struct root_call *call = arg;
    struct pnp_node *node;

    call->status = pnp_create_root_device(call->name, call->hardware_id, &node);
    if (NT_SUCCESS(call->status))
        snprintf(paths[count++], sizeof paths[0], "%.79s", node->instance_path);
}

void root_close_all(void)
{
    while (count > 0) {
        struct pnp_node *node = pnp_node_named(paths[--count]);
        if (node)
            pnp_delete_root_device(node);
    }
}

bool ring3_add_root_device(struct ring3_computer *computer, const char *hardware_id)
{
    struct root_call call = { .hardware_id = hardware_id };
    const char *last = strrchr(hardware_id, '\\');

    (void)computer;
    last = last ? last + 1 : hardware_id;
    if (count == ROOT_DEVICES)
        return error_set("more than %d devices without hardware", ROOT_DEVICES);
    if (!last[0] || strlen(hardware_id) > 200 || strlen(last) >= sizeof call.name)
        return error_set("'%.80s' is no hardware ID like ROOT\\NAME", hardware_id);
    snprintf(call.name, sizeof call.name, "%s", last);
    if (!machine_call(create, &call))
        return false;
    return NT_SUCCESS(call.status) ||
           error_set("cannot make the device %s: status 0x%08x", hardware_id, (unsigned)call.status);
}

/* --- drivers that no device of the computer is for ------------------------------------------------------------------ */

static bool is_root_id(const char *id)
{
    return !strncasecmp(id, "ROOT\\", 5) && id[5];
}

/* The hardware ID of the first model that the driver's INF installs it for, when that is a root-enumerated one. */
static const char *root_id_of(const struct ring3_driver *driver)
{
    const struct inf_model *models;
    int count = driver->inf ? inf_models(driver->inf, &models) : 0;

    for (int i = 0; i < count; i++) {
        struct inf_install *install = models[i].id_count && is_root_id(models[i].id[0]) ? inf_install_of(driver->inf, &models[i]) : NULL;
        bool mine = install && install->service && !strcasecmp(install->service, driver->name);

        if (install)
            inf_install_free(install);
        if (mine)
            return models[i].id[0];
    }
    return NULL;
}

bool ring3_install_root_devices(struct ring3_computer *computer)
{
    list_each(it, &computer->drivers) {
        struct ring3_driver *driver = container_of(it, struct ring3_driver, node);
        const char *id = driver->adapters ? NULL : root_id_of(driver);

        if (!id)
            continue;
        if (!ring3_add_root_device(computer, id))
            return false;
        log_info("machine", "%s: no device is for it; %s is installed", driver->name, id);
    }
    return adopt_devices(computer);
}
