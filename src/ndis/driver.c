/* Miniport driver registration. */
#include "base/log.h"
#include "ndis/filter_module.h"
#include "ndis/virtual.h"

#include <string.h>

#include "nt/pool.h"

struct list ndis_drivers = LIST_INIT(ndis_drivers);

/* Sizes that the revisions of a structure must at least have. */
static const struct {
    uint8_t revision;
    size_t size;
} miniport_revisions[] = {
    { 1, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1 },
    { 2, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 },
    { 3, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3 },
};

/* How many bytes of the characteristics count: by revision, and never more than the driver's own size. 0: bad header. */
size_t ndis_miniport_characteristics_size(const NDIS_OBJECT_HEADER *header)
{
    size_t size = 0;

    /* Drivers are around that say "default" here, and Windows takes them. */
    if (header->Type != NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS && header->Type != NDIS_OBJECT_TYPE_DEFAULT)
        return 0;
    for (size_t i = 0; i < countof(miniport_revisions); i++)
        if (header->Revision >= miniport_revisions[i].revision && header->Size >= miniport_revisions[i].size)
            size = miniport_revisions[i].size;
    return size;
}

static bool version_supported(uint8_t major, uint8_t minor)
{
    static const uint8_t minors[] = { 0, 1, 20, 30, 40, 50, 51, 60, 70, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89 };

    for (size_t i = 0; i < countof(minors); i++)
        if (major == 6 && minor == minors[i])
            return true;
    return false;
}

static bool complete(const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *m)
{
    return m->InitializeHandlerEx && m->HaltHandlerEx && m->UnloadHandler && m->PauseHandler && m->RestartHandler &&
           m->OidRequestHandler && m->SendNetBufferListsHandler && m->ReturnNetBufferListsHandler && m->CancelSendHandler &&
           m->DevicePnPEventNotifyHandler && m->ShutdownHandlerEx && m->CancelOidRequestHandler;
}

static bool copy_path(struct ndis_driver *driver, const UNICODE_STRING *path, const void *caller)
{
    driver->registry_path.Buffer = pool_alloc(NonPagedPoolNx, path->Length + sizeof(WCHAR), NDIS_TAG('N', 'D', 's', 't'), caller);
    if (!driver->registry_path.Buffer)
        return false;
    memcpy(driver->registry_path.Buffer, path->Buffer, path->Length);
    driver->registry_path.Buffer[path->Length / sizeof(WCHAR)] = 0;
    driver->registry_path.Length = path->Length;
    driver->registry_path.MaximumLength = (USHORT)(path->Length + sizeof(WCHAR));
    return true;
}

static void free_driver(struct ndis_driver *driver)
{
    list_remove(&driver->node);
    im_forget_driver(driver);
    if (driver->registry_path.Buffer)
        pool_free(driver->registry_path.Buffer, 0, NULL);
    ndis_object_destroy(driver);
}

bool ndis_is_miniport(const void *object, bool *intermediate)
{
    list_each(it, &ndis_drivers) {
        struct ndis_driver *driver = container_of(it, struct ndis_driver, node);

        *intermediate = driver->intermediate;
        if (driver->driver == object && !driver->deregistered)
            return true;
    }
    return false;
}

/* Registers a miniport driver, from DriverEntry: NDIS takes over the driver object's AddDevice, unload and dispatch
 * routines and creates an adapter for every device. The header's revision and size select the version. PASSIVE_LEVEL.
 * NDIS_STATUS_BAD_VERSION, _BAD_CHARACTERISTICS, _RESOURCES, or what SetOptionsHandler returns.
 * docs: ndis/nf-ndis-ndismregisterminiportdriver */
NDIS_STATUS NTAPI NdisMRegisterMiniportDriver(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
                                              NDIS_HANDLE MiniportDriverContext,
                                              PNDIS_MINIPORT_DRIVER_CHARACTERISTICS MiniportDriverCharacteristics,
                                              PNDIS_HANDLE NdisMiniportDriverHandle)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS handlers = { 0 };
    size_t size = ndis_miniport_characteristics_size(&MiniportDriverCharacteristics->Header);

    *NdisMiniportDriverHandle = NULL;
    if (!size)
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    memcpy(&handlers, MiniportDriverCharacteristics, size);
    if (!version_supported(handlers.MajorNdisVersion, handlers.MinorNdisVersion))
        return NDIS_STATUS_BAD_VERSION;
    if (!complete(&handlers))
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    struct ndis_driver *driver = ndis_object_create(NDIS_DRIVER, sizeof *driver, NDIS_TAG('N', 'D', 'd', 'r'), NULL);
    if (!driver)
        return NDIS_STATUS_RESOURCES;
    list_push_back(&ndis_drivers, &driver->node);
    list_init(&driver->adapters);
    list_init(&driver->im_requests);
    driver->intermediate = handlers.Flags & NDIS_INTERMEDIATE_DRIVER;
    driver->driver = DriverObject;
    driver->context = MiniportDriverContext;
    driver->miniport = handlers;
    if (!copy_path(driver, RegistryPath, NULL)) {
        free_driver(driver);
        return NDIS_STATUS_RESOURCES;
    }
    *NdisMiniportDriverHandle = driver;
    if (handlers.SetOptionsHandler) {
        NDIS_STATUS status = handlers.SetOptionsHandler(driver, MiniportDriverContext);
        if (status != NDIS_STATUS_SUCCESS) {
            *NdisMiniportDriverHandle = NULL;
            free_driver(driver);
            return status;
        }
    }
    ndis_take_over_driver_object(driver);
    return NDIS_STATUS_SUCCESS;
}

/* Undoes the registration; called from the driver's unload routine, when no adapter is left. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndismderegisterminiportdriver */
VOID NTAPI NdisMDeregisterMiniportDriver(NDIS_HANDLE NdisMiniportDriverHandle)
{
    struct ndis_driver *driver = ndis_object_check(NdisMiniportDriverHandle, NDIS_DRIVER);

    if (!list_empty(&driver->adapters)) {
        driver->deregistered = true;    /* freed with its last adapter */
        return;
    }
    free_driver(driver);
}

static NDIS_STATUS set_pnp(struct ndis_driver *driver, const NDIS_OBJECT_HEADER *header)
{
    if (header->Size < NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1)
        return NDIS_STATUS_INVALID_PARAMETER;
    memcpy(&driver->pnp, header, NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_selective_suspend(struct ndis_driver *driver, const NDIS_OBJECT_HEADER *header)
{
    if (header->Size < NDIS_SIZEOF_MINIPORT_SS_CHARACTERISTICS_REVISION_1)
        return NDIS_STATUS_INVALID_PARAMETER;
    memcpy(&driver->selective_suspend, header, sizeof driver->selective_suspend);
    return NDIS_STATUS_SUCCESS;
}

static bool is_connection_oriented(UCHAR type)
{
    return type == NDIS_OBJECT_TYPE_CO_PROTOCOL_CHARACTERISTICS || type == NDIS_OBJECT_TYPE_CO_MINIPORT_CHARACTERISTICS ||
           type == NDIS_OBJECT_TYPE_CO_CALL_MANAGER_OPTIONAL_HANDLERS || type == NDIS_OBJECT_TYPE_CO_CLIENT_OPTIONAL_HANDLERS;
}

/* Installs further handlers of a miniport driver, those of PnP and of selective suspend, or, from FilterSetModuleOptions, the
 * handlers of one filter module. Other sets (connection-oriented,
 * chimney, NDK, shared memory), and all that a protocol, a binding or a filter driver could have, are refused with
 * NDIS_STATUS_NOT_SUPPORTED. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndissetoptionalhandlers */
NDIS_STATUS NTAPI NdisSetOptionalHandlers(NDIS_HANDLE NdisHandle, PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers)
{
    struct ndis_driver *driver = NdisHandle;
    enum ndis_type type = ndis_object_type(NdisHandle);

    if (is_connection_oriented(OptionalHandlers->Header.Type))
        log_warn("ndis", "a driver registers handlers for connections (CoNDIS): connection-oriented miniports, call managers and "
                         "clients are not supported");
    if (type == NDIS_PROTOCOL || type == NDIS_BINDING || type == NDIS_FILTER_DRIVER)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (type == NDIS_FILTER)
        return filter_set_handlers(NdisHandle, &OptionalHandlers->Header);
    if (type == NDIS_ADAPTER)
        driver = ((struct adapter *)NdisHandle)->driver;
    else
        ndis_object_check(NdisHandle, NDIS_DRIVER);
    switch (OptionalHandlers->Header.Type) {
    case NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS:
        return set_pnp(driver, &OptionalHandlers->Header);
    case NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS:
        return set_selective_suspend(driver, &OptionalHandlers->Header);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}
