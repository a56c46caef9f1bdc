/* Verbs that change the computer: drivers, cards, devices, power, the end. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "machine/ctl_session.h"
#include "nt/io.h"
#include "nt/pnp.h"

/* --- drivers --------------------------------------------------------------------------------------------------------------- */

static void verb_load(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    static const enum ctl_failure kinds[] = {
        [RING3_LOAD_FILE] = CTL_USAGE, [RING3_LOAD_MISSING] = CTL_MISSING, [RING3_LOAD_DRIVER] = CTL_DRIVER,
    };
    struct ring3_computer *computer = ctl_computer(s);
    const char *path = ctl_text(request, "path", reply);
    struct ring3_driver *driver = path ? ring3_load(computer, path) : NULL;

    if (driver)
        message_add(&reply->line, "driver", ring3_driver_name(driver));
    else if (path)
        ctl_fail(reply, kinds[ring3_load_failure(computer)], "%s", error_text());
}

static struct ring3_driver *driver_named(struct ring3_computer *computer, const char *name)
{
    list_each(it, &computer->drivers) {
        struct ring3_driver *driver = container_of(it, struct ring3_driver, node);
        if (!strcasecmp(driver->name, name))
            return driver;
    }
    return NULL;
}

static void verb_unload(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *name = ctl_text(request, "driver", reply);
    struct ring3_driver *driver = name ? driver_named(ctl_computer(s), name) : NULL;

    if (name && !driver)
        ctl_fail(reply, CTL_USAGE, "no driver '%s' is loaded", name);
    else if (driver && !ring3_unload(driver))
        ctl_fail(reply, CTL_DRIVER, "%s", error_text());
}

/* --- cards ------------------------------------------------------------------------------------------------------------------- */

static void verb_plug(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    struct ring3_computer *computer = ctl_computer(s);
    const char *kind = ctl_text(request, "kind", reply), *spec = kind ? ctl_text(request, "spec", reply) : NULL;
    struct ring3_nic *nic;
    struct ring3_disk *disk;

    if (!spec)
        return;
    if (!strcmp(kind, "nic")) {
        if ((nic = ring3_add_nic(computer, spec)))
            message_add_number(&reply->line, "number", nic->number);
        else
            ctl_fail(reply, CTL_HOST, "%s", error_text());
    } else if (!strcmp(kind, "disk")) {
        if ((disk = ring3_add_disk(computer, spec)))
            message_add_number(&reply->line, "number", disk->number);
        else
            ctl_fail(reply, CTL_HOST, "%s", error_text());
    } else if (strcmp(kind, "root")) {
        ctl_fail(reply, CTL_USAGE, "kind=%.20s is not nic, disk or root", kind);
    } else if (!ring3_add_root_device(computer, spec)) {
        ctl_fail(reply, CTL_USAGE, "%s", error_text());
    } else {
        pnp_find_drivers();
    }
}

static struct ring3_nic *nic_numbered(struct ring3_computer *computer, uint64_t number)
{
    list_each(it, &computer->nics) {
        struct ring3_nic *nic = container_of(it, struct ring3_nic, node);
        if (nic->number == number)
            return nic;
    }
    return NULL;
}

static struct ring3_disk *disk_numbered(struct ring3_computer *computer, uint64_t number)
{
    list_each(it, &computer->disks) {
        struct ring3_disk *disk = container_of(it, struct ring3_disk, node);
        if (disk->number == number)
            return disk;
    }
    return NULL;
}

static void verb_unplug(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    struct ring3_computer *computer = ctl_computer(s);
    const char *kind = ctl_text(request, "kind", reply);
    uint64_t number, surprise;
    bool good;

    if (!kind || !ctl_text(request, "number", reply) || !ctl_number(request, "number", 0, UINT32_MAX, &number, reply) ||
        !ctl_number(request, "surprise", 0, 1, &surprise, reply))
        return;
    struct ring3_nic *nic = !strcmp(kind, "nic") ? nic_numbered(computer, number) : NULL;
    struct ring3_disk *disk = !strcmp(kind, "disk") ? disk_numbered(computer, number) : NULL;
    if (!nic && !disk) {
        ctl_fail(reply, CTL_USAGE, "there is no %.20s %llu", kind, (unsigned long long)number);
        return;
    }
    if (nic)
        good = surprise ? ring3_unplug_nic(nic) : ring3_eject_nic(nic);
    else
        good = surprise ? ring3_unplug_disk(disk) : ring3_eject_disk(disk);
    if (!good)
        ctl_fail(reply, CTL_DRIVER, "%s", error_text());
}

/* --- devices ------------------------------------------------------------------------------------------------------------------- */

static struct pnp_node *node_of(const struct message *request, struct ctl_reply *reply)
{
    const char *name = ctl_text(request, "device", reply);
    struct pnp_node *node = name ? pnp_node_named(name) : NULL;

    if (name && !node)
        ctl_fail(reply, CTL_USAGE, "there is no device '%s'; `ring3 ctl devices` lists them", name);
    return node;
}

static void verb_device(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *action = ctl_text(request, "action", reply);
    struct pnp_node *node = action ? node_of(request, reply) : NULL;
    NTSTATUS status;

    if (!node)
        return;
    if (!strcmp(action, "disable")) {
        status = pnp_remove_node(node, false);
    } else if (!strcmp(action, "enable")) {
        pnp_find_drivers();
        status = node->state == PNP_STARTED ? STATUS_SUCCESS : pnp_start_node(node);
    } else if (!strcmp(action, "rebalance")) {
        status = pnp_stop_node(node);
        if (NT_SUCCESS(status))
            status = pnp_start_node(node);
    } else {
        ctl_fail(reply, CTL_USAGE, "action=%.20s is not disable, enable or rebalance", action);
        return;
    }
    if (!NT_SUCCESS(status))
        ctl_fail_status(reply, action, (uint32_t)status);
}

/* --- power ----------------------------------------------------------------------------------------------------------------------- */

struct power_wait {
    KEVENT done;
    NTSTATUS status;
};

static VOID NTAPI power_done(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK iosb)
{
    struct power_wait *wait = context;

    (void)device;
    (void)minor;
    (void)state;
    wait->status = iosb->Status;
    KeSetEvent(&wait->done, 0, FALSE);
}

static NTSTATUS device_power(struct pnp_node *node, DEVICE_POWER_STATE wanted)
{
    struct power_wait wait = { .status = STATUS_SUCCESS };
    POWER_STATE state = { .DeviceState = wanted };
    NTSTATUS status;

    KeInitializeEvent(&wait.done, NotificationEvent, FALSE);
    status = PoRequestPowerIrp(node->pdo, IRP_MN_SET_POWER, state, power_done, &wait, NULL);
    if (status != STATUS_PENDING)
        return status;
    ke_wait(&wait.done);
    return wait.status;
}

static void verb_power(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *state = ctl_text(request, "state", reply);
    struct pnp_node *node = NULL;
    uint64_t critical;
    NTSTATUS status;

    if (!state || !ctl_number(request, "critical", 0, 1, &critical, reply))
        return;
    if (message_value(request, "device") && !(node = node_of(request, reply)))
        return;
    bool good = strlen(state) == 2 && state[0] == (node ? 'D' : 'S') && state[1] >= '0' && state[1] <= (node ? '3' : '4');
    if (!good) {
        ctl_fail(reply, CTL_USAGE, "state=%.20s is not one of %s", state, node ? "D0 to D3" : "S0 to S4");
        return;
    }
    if (node)
        status = device_power(node, PowerDeviceD0 + (DEVICE_POWER_STATE)(state[1] - '0'));
    else
        status = po_set_system_state(PowerSystemWorking + (SYSTEM_POWER_STATE)(state[1] - '0'), critical != 0);
    if (!NT_SUCCESS(status))
        ctl_fail_status(reply, state, (uint32_t)status);
}

/* --- the end ------------------------------------------------------------------------------------------------------------------------ */

static void verb_shutdown(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    reply->stop = true;
}

CTL_VERB(load_verb) = { .name = "load", .changes = true, .run = verb_load };
CTL_VERB(unload_verb) = { .name = "unload", .changes = true, .run = verb_unload };
CTL_VERB(plug_verb) = { .name = "plug", .changes = true, .run = verb_plug };
CTL_VERB(unplug_verb) = { .name = "unplug", .changes = true, .run = verb_unplug };
CTL_VERB(device_verb) = { .name = "device", .changes = true, .run = verb_device };
CTL_VERB(power_verb) = { .name = "power", .changes = true, .run = verb_power };
CTL_VERB(shutdown_verb) = { .name = "shutdown", .run = verb_shutdown };
