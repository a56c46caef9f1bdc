/* Filter driver registration. docs: network/initializing-a-filter-driver, network/unloading-a-filter-driver */
#include "ndis/filter_module.h"

#include <string.h>

#include "ndis/stats.h"

struct list ndis_filter_drivers = LIST_INIT(ndis_filter_drivers);

/* How many bytes of the characteristics count: by revision, and never more than the driver's own size. 0: a bad header. */
static size_t characteristics_size(const NDIS_OBJECT_HEADER *header)
{
    static const size_t sizes[] = {
        NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_1, NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2,
        NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3,
    };
    size_t size = 0;

    if (header->Type != NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS)
        return 0;
    for (size_t i = 0; i < countof(sizes); i++)
        if (header->Revision > i && header->Size >= sizes[i])
            size = sizes[i];
    return size;
}

static bool complete(const NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
    if (!c->AttachHandler || !c->DetachHandler || !c->RestartHandler || !c->PauseHandler)
        return false;
    if ((c->ReceiveNetBufferListsHandler || c->ReturnNetBufferListsHandler) && !c->StatusHandler)
        return false;
    return c->OidRequestHandler || !c->OidRequestCompleteHandler;
}

static void copy_name(UNICODE_STRING *to, WCHAR *buffer, size_t size, const UNICODE_STRING *from)
{
    size_t length = min_u64(from->Length, size) & ~(size_t)1;

    if (length)
        memcpy(buffer, from->Buffer, length);
    *to = (UNICODE_STRING){ (USHORT)length, (USHORT)size, buffer };
}

static void free_driver(struct filter_driver *driver)
{
    list_remove(&driver->node);
    ndis_object_destroy(driver);
}

/* --- attach to, and detach from, stacks that run ----------------------------------------------------------------------- */

static bool lacks_mandatory(struct adapter *a)
{
    list_each(it, &ndis_filter_drivers) {
        struct filter_driver *driver = container_of(it, struct filter_driver, node);

        if (driver->ready && driver->kind.mandatory && filter_fits(driver, a) && !filter_on(driver, a))
            return true;
    }
    return false;
}

void filters_check(struct adapter *a)
{
    a->incomplete = lacks_mandatory(a);
}

static void rebind(struct adapter *a)
{
    filters_check(a);
    if (a->incomplete)
        bindings_remove(a);
    else if (list_empty(&a->bindings))
        bindings_create(a);
}

static void attach_to(struct filter_driver *driver, struct adapter *a)
{
    adapter_lock(a);
    if (a->state == ADAPTER_RUNNING || a->state == ADAPTER_PAUSED) {
        adapter_pause(a, NDIS_PAUSE_ATTACH_FILTER);
        oid_drain(a);
        if (driver->kind.mandatory)
            bindings_remove(a);
        filter_attach(driver, a);
        rebind(a);
        if (!a->low_power)
            adapter_restart(a);
    }
    adapter_unlock(a);
}

static void detach_from(struct filter_driver *driver, struct adapter *a)
{
    struct filter *f;

    adapter_lock(a);
    if ((f = filter_on(driver, a)))
        filter_warn(f);
    adapter_pause(a, NDIS_PAUSE_DETACH_FILTER);
    oid_drain(a);
    if (driver->kind.mandatory && a->state != ADAPTER_HALTED)
        bindings_remove(a);
    while ((f = filter_on(driver, a)))
        filter_detach(f);
    if (a->state != ADAPTER_HALTED && a->state != ADAPTER_SHUT_DOWN) {
        rebind(a);
        if (!a->low_power)
            adapter_restart(a);
    }
    adapter_unlock(a);
}

void filter_follow(struct filter_driver *driver, struct adapter *a)
{
    bool fits = filter_fits(driver, a), there = filter_on(driver, a) != NULL;

    if (fits && !there)
        attach_to(driver, a);
    if (!fits && there)
        detach_from(driver, a);
}

/* --- exports ----------------------------------------------------------------------------------------------------------- */

/* Registers a filter driver, from DriverEntry. Its INF's Ndi key says what it attaches to, and where; without one it attaches,
 * optionally, to every Ethernet adapter. Modules attach before the call returns, and when adapters come. PASSIVE_LEVEL.
 * NDIS_STATUS_BAD_VERSION, _BAD_CHARACTERISTICS, _RESOURCES, or what SetOptionsHandler returns.
 * docs: ndis/nf-ndis-ndisfregisterfilterdriver */
NDIS_STATUS NTAPI NdisFRegisterFilterDriver(PDRIVER_OBJECT DriverObject, NDIS_HANDLE FilterDriverContext,
                                            PNDIS_FILTER_DRIVER_CHARACTERISTICS FilterDriverCharacteristics,
                                            PNDIS_HANDLE NdisFilterDriverHandle)
{
    const NDIS_FILTER_DRIVER_CHARACTERISTICS *c = FilterDriverCharacteristics;
    size_t size = characteristics_size(&c->Header);

    *NdisFilterDriverHandle = NULL;
    if (!size)
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (c->MajorNdisVersion != 6)
        return NDIS_STATUS_BAD_VERSION;
    if (!complete(c))
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    struct filter_driver *driver = ndis_object_create(NDIS_FILTER_DRIVER, sizeof *driver, NDIS_TAG('N', 'D', 'f', 'd'), NDIS_CALLER());
    if (!driver)
        return NDIS_STATUS_RESOURCES;
    memcpy(&driver->handlers, c, size);
    driver->driver = DriverObject;
    driver->context = FilterDriverContext;
    list_init(&driver->modules);
    list_push_back(&ndis_filter_drivers, &driver->node);
    copy_name(&driver->unique_name, driver->unique_buffer, sizeof driver->unique_buffer, &c->UniqueName);
    copy_name(&driver->service_name, driver->service_buffer, sizeof driver->service_buffer, &c->ServiceName);
    copy_name(&driver->friendly_name, driver->friendly_buffer, sizeof driver->friendly_buffer, &c->FriendlyName);
    filter_read_kind(driver);
    *NdisFilterDriverHandle = driver;
    NDIS_STATUS status = c->SetOptionsHandler ? c->SetOptionsHandler(driver, FilterDriverContext) : NDIS_STATUS_SUCCESS;
    if (status != NDIS_STATUS_SUCCESS) {
        *NdisFilterDriverHandle = NULL;
        free_driver(driver);
        return status;
    }
    driver->ready = true;
    for (struct adapter *a = adapter_first(); a; a = adapter_next(a))
        if (filter_fits(driver, a))
            attach_to(driver, a);
    return NDIS_STATUS_SUCCESS;
}

/* Undoes the registration, from the driver's unload routine: detaches its modules first, each under a paused stack.
 * PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisfderegisterfilterdriver */
VOID NTAPI NdisFDeregisterFilterDriver(NDIS_HANDLE NdisFilterDriverHandle)
{
    struct filter_driver *driver = ndis_object_check(NdisFilterDriverHandle, NDIS_FILTER_DRIVER);

    driver->ready = false;
    for (struct adapter *a = adapter_first(); a; a = adapter_next(a))
        if (filter_on(driver, a) || a->incomplete)
            detach_from(driver, a);
    free_driver(driver);
}

/* --- a driver that went without a word ----------------------------------------------------------------------------------- */

static struct filter_driver *driver_in(uint64_t base, uint64_t size)
{
    list_each(it, &ndis_filter_drivers) {
        struct filter_driver *driver = container_of(it, struct filter_driver, node);

        if ((uint64_t)(uintptr_t)driver->handlers.AttachHandler - base < size)
            return driver;
    }
    return NULL;
}

bool ndis_filter_driver_left(uint64_t base, uint64_t size)
{
    return driver_in(base, size) != NULL;
}

static NDIS_STATUS NTAPI quiet_attach(NDIS_HANDLE module, NDIS_HANDLE context, PNDIS_FILTER_ATTACH_PARAMETERS parameters)
{
    return NDIS_STATUS_FAILURE;
}

static VOID NTAPI quiet_detach(NDIS_HANDLE context)
{
}

static NDIS_STATUS NTAPI quiet_pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS parameters)
{
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI quiet_restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters)
{
    return NDIS_STATUS_SUCCESS;
}

void ndis_filter_driver_gone(uint64_t base, uint64_t size)
{
    struct filter_driver *driver;

    while ((driver = driver_in(base, size))) {
        driver->handlers = (NDIS_FILTER_DRIVER_CHARACTERISTICS){
            .MinorNdisVersion = driver->handlers.MinorNdisVersion,
            .AttachHandler = quiet_attach,
            .DetachHandler = quiet_detach,
            .RestartHandler = quiet_restart,
            .PauseHandler = quiet_pause,
        };
        driver->driver = NULL;
        list_each(it, &driver->modules) {
            struct filter *f = container_of(it, struct filter, driver_node);

            f->on = (NDIS_FILTER_PARTIAL_CHARACTERISTICS){ 0 };
            f->sends_held = f->own_sends = f->receives_held = f->own_receives = 0;
            chain_link(f->adapter);
        }
        NdisFDeregisterFilterDriver(driver);
    }
}

/* Names the context of a module; from FilterAttach, once. PASSIVE_LEVEL. NDIS_STATUS_FAILURE elsewhere.
 * docs: ndis/nf-ndis-ndisfsetattributes */
NDIS_STATUS NTAPI NdisFSetAttributes(NDIS_HANDLE NdisFilterHandle, NDIS_HANDLE FilterModuleContext,
                                     PNDIS_FILTER_ATTRIBUTES FilterAttributes)
{
    struct filter *f = ndis_object_check(NdisFilterHandle, NDIS_FILTER);

    if (f->state != FILTER_ATTACHING || FilterAttributes->Header.Type != NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES ||
        FilterAttributes->Header.Size < NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1)
        return NDIS_STATUS_FAILURE;
    f->context = FilterModuleContext;
    f->has_attributes = true;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS filter_set_handlers(struct filter *f, const NDIS_OBJECT_HEADER *header)
{
    const NDIS_FILTER_PARTIAL_CHARACTERISTICS *p = (const void *)header;

    if (header->Type != NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (!f->setting_options || header->Size < NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1)
        return NDIS_STATUS_FAILURE;
    if ((p->ReceiveNetBufferListsHandler || p->ReturnNetBufferListsHandler) && !f->driver->handlers.StatusHandler)
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    f->on = *p;
    return NDIS_STATUS_SUCCESS;
}
