/* Drivers without an INF: which devices they get.
 *
 * An INF says which devices a driver serves. When there is none beside the .sys, what the driver registered in DriverEntry says
 * what it is for, once every driver is loaded and those with an INF have what is theirs:
 * 1. a miniport driver of NDIS gets the network cards that nobody serves;
 * 2. a physical Storport miniport gets the disk controllers that nobody serves;
 * 3. each gets the devices without hardware (--root-device) that nobody serves;
 * 4. a miniport driver of NDIS or Storport, or a driver with an AddDevice routine that has made no device object itself, and that still
 *    has no device gets one without hardware, ROOT\<name of the driver>. Only a physical Storport miniport does not: it finds nothing there.
 * Protocol, filter and intermediate drivers, callout drivers and the like need no device: NDIS has defaults for their Ndi keys.
 * Windows has nothing like it: docs: install/how-windows-selects-a-driver-for-a-device */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/log.h"
#include "machine/machine.h"
#include "ndis/stats.h"
#include "nt/io.h"
#include "nt/pnp.h"
#include "storport/storport.h"

enum purpose { NO_DEVICE, NETWORK, STORAGE, VIRTUAL_STORAGE, OTHER };

static enum purpose purpose_of(const struct ring3_driver *driver)
{
    bool is_virtual, intermediate;

    if (driver->inf || !driver->io || !driver->io->extension.AddDevice)
        return NO_DEVICE;
    if (ndis_is_miniport(&driver->io->object, &intermediate))
        return intermediate ? NO_DEVICE : NETWORK;
    if (storport_is_miniport(&driver->io->object, &is_virtual))
        return is_virtual ? VIRTUAL_STORAGE : STORAGE;
    return driver->io->made_devices ? NO_DEVICE : OTHER;
}

/* The device of a card, or one without hardware: what the purpose is for. */
static bool fits(enum purpose purpose, const struct ring3_computer *computer, const struct pnp_node *node)
{
    if (!node->device)
        return purpose != STORAGE && !strncasecmp(node->instance_path, "ROOT\\", 5) && !virtual_driver_of(node);
    list_each(it, &computer->nics)
        if (container_of(it, struct ring3_nic, node)->device == node->device)
            return purpose == NETWORK;
    list_each(it, &computer->disks)
        if (container_of(it, struct ring3_disk, node)->device == node->device)
            return purpose == STORAGE;
    return false;
}

bool adopt_device(struct ring3_driver *driver, struct pnp_node *node)
{
    static const char *const class[][2] = {
        [NETWORK] = { "Net", "{4d36e972-e325-11ce-bfc1-08002be10318}" },
        [STORAGE] = { "SCSIAdapter", "{4d36e97b-e325-11ce-bfc1-08002be10318}" },
        [VIRTUAL_STORAGE] = { "SCSIAdapter", "{4d36e97b-e325-11ce-bfc1-08002be10318}" },
        [OTHER] = { "System", "{4d36e97d-e325-11ce-bfc1-08002be10318}" },
    };
    enum purpose purpose = driver->computer->adopting ? purpose_of(driver) : NO_DEVICE;

    if (purpose == NO_DEVICE || !fits(purpose, driver->computer, node))
        return false;
    snprintf(node->class_name, sizeof node->class_name, "%s", class[purpose][0]);
    snprintf(node->class_guid, sizeof node->class_guid, "%s", class[purpose][1]);
    log_warn("machine", "%s: there is no INF beside it; it is taken for the driver of %s", driver->name, node->instance_path);
    return true;
}

static void offer(void *unused)
{
    (void)unused;
    pnp_find_drivers();
    pnp_flush();
}

bool adopt_devices(struct ring3_computer *computer)
{
    char id[80];

    computer->adopting = true;
    if (!machine_call(offer, NULL))
        return false;
    list_each(it, &computer->drivers) {
        struct ring3_driver *driver = container_of(it, struct ring3_driver, node);
        enum purpose purpose = driver->adapters ? NO_DEVICE : purpose_of(driver);

        snprintf(id, sizeof id, "ROOT\\%.60s", driver->name);
        if (purpose == STORAGE)
            log_warn("machine", "%s: there is no INF beside it, and no disk that it could serve (--disk)", driver->name);
        else if (purpose != NO_DEVICE && !ring3_add_root_device(computer, id))
            return false;
    }
    return true;
}
