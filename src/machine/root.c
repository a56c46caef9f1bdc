/* Devices without hardware: what `devcon install` makes on Windows. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "machine/machine.h"
#include "nt/pnp.h"

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
