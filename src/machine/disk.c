/* Disks: a back end, a block card on it, a place on the PCI bus. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "disk/disk.h"
#include "machine/machine.h"
#include "nt/hal.h"
#include "nt/io.h"
#include "nt/pnp.h"

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

/* Called from inside a request, at any IRQL: the computer ends at its next scheduling point. */
static void power_lost(void *context)
{
    struct ring3_computer *computer = machine;

    computer->power_cut = true;
    ke_power_off();
}

/* What must be repeatable does not depend on how fast the host's disk is. */
static bool waits(const struct ring3_config *config)
{
    return config->clock == RING3_CLOCK_VIRTUAL || config->seeded;
}

static const struct {
    const char *model;
    struct device *(*create)(const struct device_host *host, struct disk *disk, struct spec *spec);
} cards[] = { { "virtio-blk", virtio_blk_create }, { "ahci", ahci_create }, { "nvme", nvme_create },
            { "virtio-scsi", virtio_scsi_create } };

static struct device *create_card(struct ring3_disk *disk, struct spec *spec)
{
    for (unsigned i = 0; i < countof(cards); i++)
        if (!strcmp(disk->model, cards[i].model)) {
            disk->disk = disk_open(spec, ke_clock(), waits(&disk->computer->config));
            return disk->disk ? cards[i].create(hal_device_host(), disk->disk, spec) : NULL;
        }
    return error_set("there is no block card '%s'; ring3 has virtio-blk, ahci, nvme and virtio-scsi", disk->model), NULL;
}

/* controller=N: the disk becomes a namespace of disk N's controller instead of a card of its own. False: there is no such controller. */
static bool find_controller(struct ring3_disk *disk, struct spec *spec, const char *number)
{
    list_each(it, &disk->computer->disks) {
        struct ring3_disk *other = container_of(it, struct ring3_disk, node);
        uint64_t n;

        if (!spec_number(spec, "controller", 0, &n))
            return false;
        if (other == disk || other->number != n || other->controller || !other->plugged || strcmp(other->model, "nvme"))
            continue;
        disk->controller = other;
        return true;
    }
    return error_set("controller=%s: disk %s has no NVMe controller of its own", number, number);
}

static bool open_namespace(struct ring3_disk *disk, struct spec *spec, const char *number)
{
    if (strcmp(disk->model, "nvme"))
        return error_set("controller=%s: only model=nvme has controllers for several disks", number);
    if (!find_controller(disk, spec, number))
        return false;
    disk->disk = disk_open(spec, ke_clock(), waits(&disk->computer->config));
    if (!disk->disk)
        return false;
    disk->disk->power_lost = power_lost;
    return spec_finish(spec);
}

static bool open_device(struct ring3_disk *disk, struct spec *spec)
{
    const char *model = spec_value(spec, "model", 0), *controller = spec_value(spec, "controller", 0);

    copy(disk->model, sizeof disk->model, model ? model : "virtio-blk");
    copy(disk->driver, sizeof disk->driver, spec_value(spec, "driver", 0));
    copy(disk->kind, sizeof disk->kind, spec->kind);
    if (controller)
        return open_namespace(disk, spec, controller);
    disk->device = create_card(disk, spec);
    if (!disk->device)
        return false;
    disk->disk->power_lost = power_lost;
    return spec_finish(spec);
}

/* Once a controller has it, a namespace's disk goes with it. */
static void close_device(struct ring3_disk *disk)
{
    if (disk->device)
        disk->device->ops->destroy(disk->device);
    else if (!disk->controller || !disk->plugged)
        disk_close(disk->disk);
}

struct plug_call {
    struct ring3_disk *disk;
    bool surprise;
    NTSTATUS status;
};

static void plug(void *arg)
{
    struct plug_call *call = arg;
    struct ring3_disk *disk = call->disk;

    if (disk->controller) {
        disk->plugged = nvme_attach(disk->controller->device, disk->disk);
        return;
    }
    call->status = pnp_plug(disk->device, NULL);
    disk->plugged = NT_SUCCESS(call->status);
}

static bool plug_in(struct ring3_disk *disk)
{
    struct plug_call call = { .disk = disk };

    if (!machine_call(plug, &call))
        return false;
    if (disk->controller)
        return disk->plugged;
    return disk->plugged || error_set("the PCI bus refused the card (status 0x%08x)", (unsigned)call.status);
}

struct ring3_disk *ring3_add_disk(struct ring3_computer *computer, const char *text)
{
    struct spec spec;
    struct ring3_disk *disk;

    if (computer->disk_count == MACHINE_DISKS)
        return error_set("at most %d disks", MACHINE_DISKS), NULL;
    if (!spec_parse(&spec, text))
        return NULL;
    disk = calloc(1, sizeof *disk);
    if (!disk)
        return error_set("no memory"), NULL;
    disk->computer = computer;
    disk->number = computer->disk_count;
    list_push_back(&computer->disks, &disk->node);
    if (open_device(disk, &spec) && plug_in(disk)) {
        computer->disk_count++;
        return disk;
    }
    close_device(disk);
    list_remove(&disk->node);
    free(disk);
    return NULL;
}

static void unplug(void *arg)
{
    struct plug_call *call = arg;

    call->disk->device->gone = call->surprise;
    call->status = pnp_unplug(call->disk->device, call->surprise);
    call->disk->plugged = call->disk->plugged && !call->surprise && !NT_SUCCESS(call->status);
}

static bool take_out(struct ring3_disk *disk, bool surprise)
{
    struct plug_call call = { disk, surprise, 0 };

    if (disk->controller)
        return error_set("a namespace goes with its controller, disk %u", disk->controller->number);
    if (!disk->plugged)
        return error_set("the card is not plugged in");
    return machine_call(unplug, &call) &&
           (NT_SUCCESS(call.status) || error_set("the card could not be removed (status 0x%08x)", (unsigned)call.status));
}

bool ring3_unplug_disk(struct ring3_disk *disk)
{
    return take_out(disk, true);
}

bool ring3_eject_disk(struct ring3_disk *disk)
{
    return take_out(disk, false);
}

const char *disk_driver_of(struct ring3_computer *computer, const struct device *device)
{
    list_each(node, &computer->disks) {
        struct ring3_disk *disk = container_of(node, struct ring3_disk, node);
        if (device && disk->device == device && disk->driver[0])
            return disk->driver;
    }
    return NULL;
}

void disk_close_all(struct ring3_computer *computer)
{
    struct list *node;

    while ((node = list_pop_front(&computer->disks))) {
        struct ring3_disk *disk = container_of(node, struct ring3_disk, node);
        close_device(disk);
        free(disk);
    }
}

static void fill_driver(struct ring3_disk *disk, struct ring3_disk_info *info)
{
    struct pnp_node *node = pnp_node_of_device(disk->controller ? disk->controller->device : disk->device);

    if (!node)
        return;
    info->started = node->state == PNP_STARTED;
    info->start_status = (uint32_t)node->start_status;
    if (node->driver)
        copy(info->driver, sizeof info->driver, node->driver->name);
}

static void fill(struct ring3_disk *disk, struct ring3_disk_info *info)
{
    const struct disk_stats *own = &disk->disk->stats;
    struct device_stats s = { .reads = own->reads, .read_bytes = own->read_bytes, .writes = own->writes, .write_bytes = own->write_bytes,
                              .flushes = own->flushes, .failed = own->failed };

    if (!disk->controller)
        disk->device->ops->stats(disk->device, &s);
    info->number = disk->number;
    info->bytes = disk->disk->size;
    copy(info->kind, sizeof info->kind, disk->kind);
    copy(info->model, sizeof info->model, disk->model);
    info->reads = s.reads;
    info->read_bytes = s.read_bytes;
    info->writes = s.writes;
    info->write_bytes = s.write_bytes;
    info->flushes = s.flushes;
    info->failed = s.failed;
    info->interrupts = s.interrupts;
    info->doorbells = s.doorbells;
}

void disk_remember(struct ring3_computer *computer)
{
    list_each(it, &computer->disks) {
        struct ring3_disk *disk = container_of(it, struct ring3_disk, node);
        memset(&disk->last, 0, sizeof disk->last);
        fill_driver(disk, &disk->last);
    }
}

/* After the drivers are gone, who served the card is what it was before; counters are the last ones. */
bool ring3_query_disk(struct ring3_computer *computer, unsigned number, struct ring3_disk_info *info)
{
    list_each(it, &computer->disks) {
        struct ring3_disk *disk = container_of(it, struct ring3_disk, node);
        if (disk->number != number)
            continue;
        if (computer->shut_down)
            *info = disk->last;
        else {
            memset(info, 0, sizeof *info);
            fill_driver(disk, info);
        }
        fill(disk, info);
        return true;
    }
    return false;
}

const char *ring3_disk_kind(unsigned n, const char **help)
{
    for (unsigned i = 0; disk_kinds[i]; i++)
        if (i == n) {
            if (help)
                *help = disk_kinds[i]->help;
            return disk_kinds[i]->kind;
        }
    return NULL;
}
