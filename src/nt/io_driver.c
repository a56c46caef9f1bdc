/* Driver objects: loading, unloading, what drivers hang on them. */
#include "nt/io_internal.h"

#include "base/log.h"
#include "nt/cm.h"
#include "nt/cm_filter.h"
#include "nt/hal.h"
#include "nt/pnp.h"
#include "pe/pe.h"

struct list io_drivers = LIST_INIT(io_drivers);

struct driver_extension {
    struct list node;
    PVOID id;
};

struct reinitialization {
    struct list node;
    PDRIVER_REINITIALIZE routine;
    PVOID context;
};

static const char services[] = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

/* What a driver gets for the major functions it does not handle. */
static NTSTATUS NTAPI invalid_request(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static void driver_deleted(void *body)
{
    struct io_driver *driver = body;

    io_free_unicode(&driver->service);
    io_free_unicode(&driver->registry_path);
    io_free_unicode(&driver->object.DriverName);
}

const struct ob_ops io_driver_ops = { .deleted = driver_deleted };

static void init_object(struct io_driver *driver, struct pe_image *image, PDRIVER_INITIALIZE entry)
{
    PDRIVER_OBJECT object = &driver->object;

    object->Type = IO_TYPE_DRIVER;
    object->Size = sizeof(DRIVER_OBJECT);
    object->DriverExtension = &driver->extension;
    object->DriverInit = entry;
    driver->extension.DriverObject = object;
    driver->extension.ServiceKeyName = driver->service;
    if (image != NULL) {
        object->DriverStart = image->base;
        object->DriverSize = image->size;
        object->DriverSection = image;
    } else {
        object->Flags |= DRVO_BUILTIN_DRIVER;
    }
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        object->MajorFunction[i] = invalid_request;
}

static bool write_service_key(const char *path, const char *service, const struct pe_image *image)
{
    struct cm_key *key = cm_key(NULL, path, true);
    char file[160];
    uint32_t type;

    if (key == NULL)
        return false;
    if (cm_get_dword(key, "Type", &type) || image == NULL)
        return true;
    snprintf(file, sizeof(file), "\\SystemRoot\\System32\\drivers\\%s", image->name);
    return cm_set_dword(key, "Type", 1) && cm_set_dword(key, "Start", 3) && cm_set_dword(key, "ErrorControl", 1) &&
           cm_set_expand(key, "ImagePath", file) && cm_set_string(key, "DisplayName", service);
}

static NTSTATUS create_driver(const char *service, struct pe_image *image, PDRIVER_INITIALIZE entry,
                              struct io_driver **result)
{
    char path[192];
    struct io_driver *driver;
    void *body;
    NTSTATUS status = ob_create(IoDriverObjectType, sizeof(*driver), &body);

    if (!NT_SUCCESS(status))
        return status;
    driver = body;
    driver->image = image;
    list_init(&driver->extensions);
    list_init(&driver->reinit);
    snprintf(driver->name, sizeof(driver->name), "%s", service);
    snprintf(path, sizeof(path), "%s%s", services, service);
    driver->service = io_unicode(service);
    driver->registry_path = io_unicode(path);
    if (!write_service_key(path, service, image))
        status = STATUS_INSUFFICIENT_RESOURCES;
    snprintf(path, sizeof(path), "\\Driver\\%s", service);
    driver->object.DriverName = io_unicode(path);
    if (driver->service.Buffer == NULL || driver->registry_path.Buffer == NULL || driver->object.DriverName.Buffer == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    init_object(driver, image, entry);
    if (NT_SUCCESS(status))
        status = ob_insert_name(driver, &driver->object.DriverName, OBJ_CASE_INSENSITIVE);
    if (!NT_SUCCESS(status)) {
        ob_dereference(driver);
        return status;
    }
    list_push_back(&io_drivers, &driver->node);
    *result = driver;
    return STATUS_SUCCESS;
}

static void free_list(struct list *head)
{
    while (!list_empty(head)) {
        struct list *node = head->next;

        list_remove(node);
        pool_free(node, IO_TAG_EXTENSION, NULL);
    }
}

static void destroy_driver(struct io_driver *driver)
{
    list_remove(&driver->node);
    io_delete_left_over_devices(driver);
    free_list(&driver->extensions);
    free_list(&driver->reinit);
    ob_remove_name(driver);
    ob_dereference(driver);
}

/* What would call into memory that is about to go. */
static void report_left_over(struct io_driver *driver)
{
    if (driver->image == NULL)
        return;
    pnp_notify_driver_gone(driver);
    wpp_driver_gone(driver);
    etw_driver_gone(driver->image->base, driver->image->size);
    cm_filter_driver_gone(driver->image->base, driver->image->size);
    po_driver_gone(driver->image->base, driver->image->size);
    hal_driver_gone(driver->image->base, driver->image->size);
}

static void clear_initializing(PDRIVER_OBJECT object)
{
    for (PDEVICE_OBJECT d = object->DeviceObject; d != NULL; d = d->NextDevice)
        d->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

/* What runs in a system thread must leave its IRQL. */
static void check_irql_after(const void *routine, const char *what)
{
    if (ke_irql() == PASSIVE_LEVEL)
        return;
    io_dispatch_irql_changed(routine, PASSIVE_LEVEL, what);
    KeBugCheckEx(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)ke_irql() << 16 | 2, (ULONG_PTR)routine, 0, 0);
}

static NTSTATUS start_driver(const char *service, struct pe_image *image, PDRIVER_INITIALIZE entry,
                             struct io_driver **result)
{
    struct io_driver *driver;
    NTSTATUS status = create_driver(service, image, entry, &driver);

    if (!NT_SUCCESS(status))
        return status;
    ke_trace("DriverEntry %llx", (uint64_t)(uintptr_t)entry, 0);
    status = entry(&driver->object, &driver->registry_path);
    check_irql_after((const void *)entry, "DriverEntry");
    if (!NT_SUCCESS(status)) {
        log_info(driver->name, "DriverEntry returned 0x%08X", (unsigned)status);
        report_left_over(driver);
        destroy_driver(driver);
        return status;
    }
    clear_initializing(&driver->object);
    driver->object.Flags |= DRVO_INITIALIZED;
    driver->started = true;
    if (image != NULL)
        pe_discard(image);
    if (result != NULL)
        *result = driver;
    return STATUS_SUCCESS;
}

NTSTATUS io_load_driver(const char *service, struct pe_image *image, struct io_driver **driver)
{
    if (image->entry == 0)
        return STATUS_INVALID_IMAGE_FORMAT;
    return start_driver(service, image, (PDRIVER_INITIALIZE)(void *)(image->base + image->entry), driver);
}

NTSTATUS io_create_host_driver(const char *service, PDRIVER_INITIALIZE entry, struct io_driver **driver)
{
    return start_driver(service, NULL, entry, driver);
}

/* A work item keeps its device, and thereby the driver's code. */
static void wait_for_work_items(struct io_driver *driver)
{
    LARGE_INTEGER millisecond = { .QuadPart = -10000 };

    for (unsigned n = 0; driver->work_items != 0 && n < 10000; n++)
        KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
    if (driver->work_items != 0)
        NT_EMIT(NT_EVENT_MISUSE, "a driver unloaded while one of its work items still ran after ten seconds", driver,
                driver->work_items, ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)driver->object.DriverUnload }));
}

static bool serves_devices(const struct io_driver *driver)
{
    list_each(it, &pnp_nodes) {
        const struct pnp_node *node = container_of(it, struct pnp_node, node);

        if (node->driver == driver && node->state != PNP_PRESENT && node->state != PNP_REMOVED)
            return true;
    }
    return false;
}

NTSTATUS io_unload_driver(struct io_driver *driver)
{
    PDRIVER_OBJECT object = &driver->object;

    if (object->DriverUnload == NULL && driver->image != NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (serves_devices(driver))
        return STATUS_DEVICE_BUSY;
    driver->unloading = true;
    object->Flags |= DRVO_UNLOAD_INVOKED;
    ke_trace("DriverUnload %llx", (uint64_t)(uintptr_t)object->DriverUnload, 0);
    if (object->DriverUnload != NULL) {
        object->DriverUnload(object);
        check_irql_after((const void *)object->DriverUnload, "DriverUnload");
    }
    wait_for_work_items(driver);
    report_left_over(driver);
    if (driver->image != NULL)
        NT_EMIT(NT_EVENT_DRIVER_STOPPED, driver->name, driver->image->base, driver->image->size,
                ((struct pe_caller){ 0 }));
    destroy_driver(driver);
    return STATUS_SUCCESS;
}

struct io_driver *io_driver_named(const char *service)
{
    list_each(node, &io_drivers) {
        struct io_driver *driver = container_of(node, struct io_driver, node);

        if (strcasecmp(driver->name, service) == 0)
            return driver;
    }
    return NULL;
}

/* ---- what drivers hang on their object ---- */

static struct driver_extension *find_extension(struct io_driver *driver, PVOID id)
{
    list_each(node, &driver->extensions) {
        struct driver_extension *e = container_of(node, struct driver_extension, node);

        if (e->id == id)
            return e;
    }
    return NULL;
}

/* Zeroed memory that lives as long as the driver object, found again by its identification address.
 * STATUS_OBJECT_NAME_COLLISION when the address is taken. IRQL <= APC. docs: wdm/nf-wdm-ioallocatedriverobjectextension */
NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID *DriverObjectExtension)
{
    struct io_driver *driver = io_driver_of(DriverObject);
    size_t head = align_up(sizeof(struct driver_extension), 16);
    struct driver_extension *e;

    *DriverObjectExtension = NULL;
    if (find_extension(driver, ClientIdentificationAddress) != NULL)
        return STATUS_OBJECT_NAME_COLLISION;
    e = pool_alloc(NonPagedPoolNx | POOL_ZERO_ALLOCATION, head + DriverObjectExtensionSize, IO_TAG_EXTENSION, NULL);
    if (e == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(e, 0, head + DriverObjectExtensionSize);
    e->id = ClientIdentificationAddress;
    list_push_back(&driver->extensions, &e->node);
    *DriverObjectExtension = (char *)e + head;
    return STATUS_SUCCESS;
}

/* The extension with that address, or NULL. IRQL <= DISPATCH. docs: wdm/nf-wdm-iogetdriverobjectextension */
PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress)
{
    struct driver_extension *e = find_extension(io_driver_of(DriverObject), ClientIdentificationAddress);

    return e == NULL ? NULL : (char *)e + align_up(sizeof(struct driver_extension), 16);
}

static void register_reinitialization(PDRIVER_OBJECT object, PDRIVER_REINITIALIZE routine, PVOID context)
{
    struct reinitialization *r = pool_alloc(NonPagedPoolNx, sizeof(*r), IO_TAG_EXTENSION, NULL);

    if (r == NULL)
        return;
    r->routine = routine;
    r->context = context;
    list_push_back(&io_driver_of(object)->reinit, &r->node);
    object->Flags |= DRVO_REINIT_REGISTERED;
}

/* Has the routine called once after DriverEntry and after other drivers had a chance to start. PASSIVE_LEVEL, from
 * DriverEntry or the routine itself. docs: ntddk/nf-ntddk-ioregisterdriverreinitialization */
VOID NTAPI IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                            PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context)
{
    register_reinitialization(DriverObject, DriverReinitializationRoutine, Context);
}

/* The same for boot drivers. docs: ntddk/nf-ntddk-ioregisterbootdriverreinitialization */
VOID NTAPI IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                                PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context)
{
    register_reinitialization(DriverObject, DriverReinitializationRoutine, Context);
}

static void reinitialize(struct io_driver *driver)
{
    struct list now = LIST_INIT(now);

    while (!list_empty(&driver->reinit)) {
        struct list *node = driver->reinit.next;

        list_remove(node);
        list_push_back(&now, node);
    }
    while (!list_empty(&now)) {
        struct reinitialization *r = list_first(&now, struct reinitialization, node);
        struct reinitialization copy = *r;

        list_remove(&r->node);
        pool_free(r, IO_TAG_EXTENSION, NULL);
        copy.routine(&driver->object, copy.context, ++driver->extension.Count);
        clear_initializing(&driver->object);
    }
}

void io_reinitialize_drivers(void)
{
    for (unsigned round = 0; round < 8; round++)
        list_each(node, &io_drivers)
            reinitialize(container_of(node, struct io_driver, node));
}

/* A driver object without an image, whose InitializationFunction is called at once. PASSIVE_LEVEL. Undocumented by its
 * own page; WDF and class libraries use it. DriverName: "\\Driver\\NAME". */
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction)
{
    char text[96] = "", *name;

    if (DriverName != NULL)
        io_utf8(DriverName, text, sizeof(text));
    name = strrchr(text, '\\');
    return start_driver(name != NULL ? name + 1 : text, NULL, InitializationFunction, NULL);
}

/* Takes away what IoCreateDriver made. */
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT DriverObject)
{
    destroy_driver(io_driver_of(DriverObject));
}

/* The image's path in pool memory the caller frees. PASSIVE_LEVEL. docs: wdm/nf-wdm-ioqueryfulldriverpath */
NTSTATUS NTAPI IoQueryFullDriverPath(PDRIVER_OBJECT DriverObject, PUNICODE_STRING FullPath)
{
    struct io_driver *driver = io_driver_of(DriverObject);
    char path[160];

    if (driver->image == NULL)
        return STATUS_NOT_FOUND;
    snprintf(path, sizeof(path), "\\SystemRoot\\System32\\drivers\\%s", driver->image->name);
    *FullPath = io_unicode(path);
    return FullPath->Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS (*io_load_service)(const char *service);

/* Loads and starts the driver of a service key. PASSIVE_LEVEL. STATUS_OBJECT_NAME_NOT_FOUND, or the driver's status.
 * docs: wdm/nf-wdm-zwloaddriver */
NTSTATUS NTAPI ZwLoadDriver(PUNICODE_STRING DriverServiceName)
{
    char text[192], *name;

    name = strrchr(io_utf8(DriverServiceName, text, sizeof(text)), '\\');
    if (name == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    if (io_driver_named(name + 1) != NULL)
        return STATUS_IMAGE_ALREADY_LOADED;
    return io_load_service != NULL ? io_load_service(name + 1) : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* Lets go of a driver by the name of its service key. PASSIVE_LEVEL. docs: wdm/nf-wdm-zwunloaddriver */
NTSTATUS NTAPI ZwUnloadDriver(PUNICODE_STRING DriverServiceName)
{
    char text[192], *name;
    struct io_driver *driver;

    name = strrchr(io_utf8(DriverServiceName, text, sizeof(text)), '\\');
    driver = name == NULL ? NULL : io_driver_named(name + 1);
    if (driver == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return io_unload_driver(driver);
}
