/* Drivers: from a .sys file to a started driver, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/log.h"
#include "check/check.h"
#include "fwp/fwp.h"
#include "host/dir.h"
#include "host/file.h"
#include "machine/library.h"
#include "ndis/stats.h"
#include "netio/netio.h"
#include "nt/io.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "pe/pe.h"
#include "pkg/inf.h"
#include "storport/storport.h"

static const char *file_of(const char *path)
{
    return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

/* The service that runs this file: a function driver's, or (network services) one that belongs to no device. */
static const struct inf_service *service_of(const struct inf_install *install, const char *file)
{
    for (int i = 0; i < install->service_count; i++)
        if (!strcasecmp(install->services[i].binary, file))
            return &install->services[i];
    return NULL;
}

/* --- which driver serves a device ---------------------------------------------------------------------------- */

/* The service that driver= of a card names, or that a virtual adapter belongs to; NULL: none. */
static const char *named_driver(struct ring3_computer *computer, const struct pnp_node *node)
{
    const struct device *device = node->device;

    if (virtual_driver_of(node))
        return virtual_driver_of(node);
    list_each(it, &computer->nics) {
        struct ring3_nic *nic = container_of(it, struct ring3_nic, node);
        if (device && nic->device == device && nic->driver[0])
            return nic->driver;
    }
    return disk_driver_of(computer, device);
}

/* The INF installs a device with one of these IDs for the driver: written under the service's name, or for its file. */
static bool installs(struct ring3_driver *driver, struct inf *inf, const char *const *ids, struct pnp_node *node)
{
    const struct inf_model *model = inf ? inf_match(inf, ids, NULL) : NULL;
    struct inf_install *install = model ? inf_install_of(inf, model) : NULL;

    if (!install)
        return false;
    bool mine = install->service && (!strcasecmp(install->service, driver->name) ||
                                     (inf == driver->miniport_inf && service_of(install, file_of(driver->path))));
    if (mine)
        install_device(driver, inf, node, model, install);
    inf_install_free(install);
    return mine;
}

static bool serves(struct ring3_driver *driver, const char *const *ids, struct pnp_node *node)
{
    return installs(driver, driver->inf, ids, node) || installs(driver, driver->miniport_inf, ids, node);
}

struct io_driver *driver_find(struct pnp_node *node, const char *const *ids, unsigned count)
{
    const char *list[65];
    const char *wanted = named_driver(machine, node);

    count = count < 64 ? count : 64;
    memcpy(list, ids, count * sizeof *list);
    list[count] = NULL;
    list_each(it, &machine->drivers) {
        struct ring3_driver *driver = container_of(it, struct ring3_driver, node);
        if (!driver->io || (wanted && strcasecmp(wanted, driver->name)))
            continue;
        if (!serves(driver, list, node)) {
            if (!adopt_device(driver, node) && !wanted)
                continue;
            install_device(driver, NULL, node, NULL, NULL);
        }
        driver->adapters++;
        return driver->io;
    }
    return storport_find_driver(node, ids, count);
}

/* --- load ------------------------------------------------------------------------------------------------------ */

static bool ends_in(const char *name, const char *ending)
{
    size_t length = strlen(name);

    return length > 4 && !strcasecmp(name + length - 4, ending);
}

static void set_names(struct ring3_driver *driver, const char *path)
{
    const char *file = file_of(path);
    size_t length = strlen(file);

    if (ends_in(file, ".sys"))
        length -= 4;
    snprintf(driver->name, sizeof driver->name, "%.*s", (int)length, file);
    snprintf(driver->path, sizeof driver->path, "%s", path);
}

/* The install of the first model, or of a primitive driver, whose service runs this file. NULL: none does. */
static struct inf_install *find_service(struct inf *inf, const char *file)
{
    const struct inf_model *models;
    int count = inf ? inf_models(inf, &models) : 0;
    struct inf_install *primitive = inf ? inf_default_install(inf) : NULL;

    if (primitive && service_of(primitive, file))
        return primitive;
    if (primitive)
        inf_install_free(primitive);

    for (int i = 0; i < count; i++) {
        struct inf_install *install = inf_install_of(inf, &models[i]);
        if (install && service_of(install, file))
            return install;
        if (install)
            inf_install_free(install);
    }
    return NULL;
}

/* Opens a file of the directory with this ending when its name is the driver's, or (any) when a service of it runs the driver's
 * file. False: it is the driver's own and it is wrong. */
static bool try_inf(struct ring3_driver *driver, const char *dir, const char *name, const char *ending, bool any)
{
    const char *file = file_of(driver->path);
    size_t length = strlen(name), stem = strlen(file) - (ends_in(file, ".sys") ? 4 : 0);
    bool own = length == stem + 4 && !strncasecmp(name, file, stem);
    char path[sizeof driver->path + 260];
    struct inf_install *install;

    if (own == any || !ends_in(name, ending))
        return true;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    driver->inf = inf_open(path);
    if (own)
        return driver->inf != NULL;
    install = find_service(driver->inf, file);
    if (install)
        return inf_install_free(install), true;
    inf_close(driver->inf);
    driver->inf = NULL;
    return true;
}

static bool has_class(struct inf *inf, const char *class)
{
    return inf && !strcasecmp(inf_version(inf, "Class"), class);
}

/* An intermediate driver has two: one of class NetTrans for its protocol, one of class Net for its virtual miniports.
 * docs: network/installing-an-intermediate-driver */
static void pair_infs(struct ring3_driver *driver, const char *dir, char **names)
{
    const char *wanted = has_class(driver->inf, "NetTrans") ? "Net" : has_class(driver->inf, "Net") ? "NetTrans" : NULL;
    char path[sizeof driver->path + 260];

    for (int i = 0; wanted && names && names[i] && !driver->miniport_inf; i++) {
        struct inf_install *install;

        if (!ends_in(names[i], ".inf") && !ends_in(names[i], ".inx"))
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        driver->miniport_inf = inf_open(path);
        install = has_class(driver->miniport_inf, wanted) ? find_service(driver->miniport_inf, file_of(driver->path)) : NULL;
        if (install) {
            inf_install_free(install);
        } else if (driver->miniport_inf) {
            inf_close(driver->miniport_inf);
            driver->miniport_inf = NULL;
        }
    }
    if (has_class(driver->miniport_inf, "NetTrans")) {
        struct inf *other = driver->inf;

        driver->inf = driver->miniport_inf;
        driver->miniport_inf = other;
    }
}

/* The INF beside it, when there is one: NAME.inf, else the first that installs it; else an INX, which becomes one when it is
 * stamped. Windows does not tell case. False: there is one and it is wrong. */
static bool read_inf(struct ring3_driver *driver)
{
    static const char *const endings[] = { ".inf", ".inx" };
    char dir[sizeof driver->path];
    char **names;
    bool good = true;

    snprintf(dir, sizeof dir, "%.*s", (int)(file_of(driver->path) - driver->path), driver->path);
    names = host_list_dir(dir[0] ? dir : ".", "");
    for (int pass = 0; pass < 4; pass++)
        for (int i = 0; good && !driver->inf && names && names[i]; i++)
            good = try_inf(driver, dir[0] ? dir : ".", names[i], endings[pass / 2], pass % 2);
    if (good)
        pair_infs(driver, dir[0] ? dir : ".", names);
    host_free_names(names);
    return good;
}

struct load_call {
    struct ring3_driver *driver;
    NTSTATUS status;
};

static void start_driver(void *arg)
{
    struct load_call *call = arg;
    struct ring3_driver *driver = call->driver;
    struct inf_install *install = find_service(driver->inf, file_of(driver->path));

    if (install)
        snprintf(driver->name, sizeof driver->name, "%s", service_of(install, file_of(driver->path))->name);
    if (io_driver_named(driver->name)) {
        call->status = STATUS_IMAGE_ALREADY_LOADED;
        if (install)
            inf_install_free(install);
        return;
    }
    install_service(driver, install);
    if (install)
        inf_install_free(install);
    call->status = io_load_driver(driver->name, driver->image, &driver->io);
    if (!NT_SUCCESS(call->status))
        return;
    pe_discard(driver->image);
    io_reinitialize_drivers();
    pnp_find_drivers();
    pnp_flush();
}

static void forget_image(void *arg)
{
    struct pe_image *image = arg;

    netio_driver_gone((uint64_t)(uintptr_t)image->base, image->size);
    fwp_driver_gone((uint64_t)(uintptr_t)image->base, image->size);
    ndis_filter_driver_gone((uint64_t)(uintptr_t)image->base, image->size);
    ndis_protocol_gone((uint64_t)(uintptr_t)image->base, image->size);
}

/* Nothing may call an image that goes. */
static void unload_image(struct pe_image *image)
{
    uint64_t base = (uint64_t)(uintptr_t)image->base;

    if ((netio_driver_has_left(base, image->size) || ndis_filter_driver_left(base, image->size) || ndis_protocol_left(base, image->size) ||
         fwp_driver_has_left(base, image->size)) && !machine_call(forget_image, image))
        log_warn("machine", "%s: %s", image->name, error_text());
    pe_unload(image);
}

static struct ring3_driver *drop(struct ring3_driver *driver)
{
    list_remove(&driver->node);
    if (driver->image)
        unload_image(driver->image);
    libraries_unload(driver->computer, false);
    if (driver->inf)
        inf_close(driver->inf);
    if (driver->miniport_inf)
        inf_close(driver->miniport_inf);
    free(driver);
    return NULL;
}

static bool load_image(struct ring3_driver *driver)
{
    struct ring3_config *config = &driver->computer->config;

    if (!libraries_load(driver->computer, driver->path))
        return false;
    driver->image = pe_load_file(driver->path, config->allow_missing ? PE_ALLOW_MISSING : 0);
    return driver->image != NULL;
}

static void note_registration(void *context, const char *module, const char *name, bool there)
{
    if (!strcmp(name, "NdisFRegisterFilterDriver") || !strcmp(name, "NdisRegisterProtocolDriver"))
        *(bool *)context = true;
}

static bool registers_service(const char *path)
{
    bool answer = false;
    uint8_t *data;
    size_t size;

    if (!host_read_file(path, PE_FILE_LIMIT, &data, &size))
        return false;
    bool read = pe_list_imports(path, data, size, note_registration, &answer);
    free(data);
    return read && answer;
}

bool ring3_is_network_service(const char *path)
{
    struct ring3_driver driver = { 0 };
    bool answer;

    if (strlen(path) >= sizeof driver.path)
        return false;
    set_names(&driver, path);
    answer = read_inf(&driver) && (has_class(driver.inf, "NetService") || has_class(driver.inf, "NetTrans"));
    if (driver.inf)
        inf_close(driver.inf);
    else
        answer = registers_service(path);
    if (driver.miniport_inf)
        inf_close(driver.miniport_inf);
    return answer;
}

struct ring3_driver *ring3_load(struct ring3_computer *computer, const char *path)
{
    struct ring3_driver *driver = calloc(1, sizeof *driver);
    struct load_call call = { driver, 0 };

    if (!driver)
        return error_set("no memory"), NULL;
    driver->computer = computer;
    list_init(&driver->node);
    computer->load_failure = RING3_LOAD_FILE;
    if (strlen(path) >= sizeof driver->path) {
        error_set("the path '%.40s...' is too long", path);
        return drop(driver);
    }
    set_names(driver, path);
    if (!read_inf(driver))
        return drop(driver);
    if (!load_image(driver)) {
        computer->load_failure = pe_missing_only() ? RING3_LOAD_MISSING : RING3_LOAD_FILE;
        return drop(driver);
    }
    list_push_back(&computer->drivers, &driver->node);
    computer->load_failure = RING3_LOAD_DRIVER;
    if (!machine_call(start_driver, &call))
        return drop(driver);
    if (call.status == STATUS_IMAGE_ALREADY_LOADED && io_driver_named(driver->name)) {
        computer->load_failure = RING3_LOAD_FILE;
        error_set("%s: a driver '%s' is loaded already", path, driver->name);
        return drop(driver);
    }
    if (!NT_SUCCESS(call.status)) {
        error_set("%s: DriverEntry returned status 0x%08x", path, (unsigned)call.status);
        return drop(driver);
    }
    return driver;
}

enum ring3_load_failure ring3_load_failure(struct ring3_computer *computer)
{
    return computer->load_failure;
}

const char *ring3_driver_name(const struct ring3_driver *driver)
{
    return driver->name;
}

/* --- unload ------------------------------------------------------------------------------------------------------ */

static void stop_driver(void *arg)
{
    struct load_call *call = arg;
    struct ring3_driver *driver = call->driver;

    pnp_remove_driver_nodes(driver->io, true);
    pnp_flush();
    ndis_protocol_uninstall((uint64_t)(uintptr_t)driver->image->base, driver->image->size);
    call->status = io_unload_driver(driver->io);
    if (NT_SUCCESS(call->status))
        driver->io = NULL;
}

/* The image is still mapped: what it allocated and never freed is charged to it. */
static void count_leftovers(struct ring3_driver *driver)
{
    struct ring3_report *report = &driver->computer->report;
    uint64_t base = (uint64_t)(uintptr_t)driver->image->base, bytes = 0;

    report->pool_allocations += pool_owned_by(base, driver->image->size, &bytes);
    report->pool_bytes += bytes;
    check_after_unload(driver->name, base, driver->image->size);
}

bool ring3_unload(struct ring3_driver *driver)
{
    struct load_call call = { driver, 0 };

    if (driver->io && !machine_call(stop_driver, &call))
        return false;
    if (!NT_SUCCESS(call.status))
        return error_set("%s cannot be unloaded (status 0x%08x)", driver->name, (unsigned)call.status);
    count_leftovers(driver);
    drop(driver);
    return true;
}

void driver_unload_all(struct ring3_computer *computer)
{
    ndis_keep_bindings(true);           /* no protocol moves down as the drivers above an adapter go */
    while (!list_empty(&computer->drivers)) {
        struct ring3_driver *driver = container_of(computer->drivers.prev, struct ring3_driver, node);
        if (ring3_unload(driver))
            continue;
        log_warn("machine", "%s", error_text());
        driver->image = NULL;           /* its code may still be called: the loader keeps it to the end */
        drop(driver);
    }
    libraries_unload(computer, true);
}
