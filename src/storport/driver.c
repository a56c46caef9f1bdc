/* Registration of miniport drivers. docs: storport/nf-storport-storportinitialize */
#include "storport/adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt/io.h"

struct list sp_drivers = LIST_INIT(sp_drivers);

static struct sp_driver *driver_of(PDRIVER_OBJECT object)
{
    list_each(it, &sp_drivers) {
        struct sp_driver *driver = container_of(it, struct sp_driver, node);
        if (driver->object == object)
            return driver;
    }
    return NULL;
}

bool storport_is_miniport(const void *object, bool *is_virtual)
{
    list_each(it, &sp_drivers) {
        struct sp_driver *driver = container_of(it, struct sp_driver, node);

        *is_virtual = driver->is_virtual;
        if (driver->object == object)
            return true;
    }
    return false;
}

static VOID NTAPI unload(PDRIVER_OBJECT object)
{
    struct sp_driver *driver = driver_of(object);

    if (!driver)
        return;
    if (driver->unload && driver->unload != unload)
        driver->unload(object);
    if (driver->is_virtual && driver->init.HwCleanupTracing)
        driver->init.HwCleanupTracing(object);
    list_remove(&driver->node);
    free(driver);
}

static bool known_size(ULONG size)
{
    return size == offsetof(HW_INITIALIZATION_DATA, HwFreeAdapterResources) || size == sizeof(VIRTUAL_HW_INITIALIZATION_DATA) ||
           size == offsetof(HW_INITIALIZATION_DATA, HwUnitControl) || size == sizeof(HW_INITIALIZATION_DATA);
}

static NTSTATUS refuse(const char *driver, const char *why)
{
    log_warn("storport", "%s: StorPortInitialize is refused: %s", driver, why);
    return STATUS_INVALID_PARAMETER;
}

/* Required members by kind. docs: storport/ns-storport-_hw_initialization_data~r1 */
static NTSTATUS check(const char *name, const HW_INITIALIZATION_DATA *init, bool is_virtual)
{
    if (!init->HwInitialize || !init->HwStartIo || !init->HwFindAdapter || !init->HwResetBus)
        return refuse(name, "HwInitialize, HwStartIo, HwFindAdapter and HwResetBus are required");
    if (!init->HwAdapterControl && !is_virtual)
        return refuse(name, "HwAdapterControl is required");
    if (is_virtual && !init->HwFreeAdapterResources)
        return refuse(name, "a virtual miniport needs HwFreeAdapterResources");
    if (init->HwDmaStarted || init->HwAdapterState)
        log_warn("storport", "%s: HwDmaStarted and HwAdapterState must be NULL; they are not called", name);
    if (!init->TaggedQueuing || !init->AutoRequestSense || !init->MultipleRequestPerLu || (!is_virtual && !init->NeedPhysicalAddresses))
        log_warn("storport", "%s: TaggedQueuing, AutoRequestSense, MultipleRequestPerLu and NeedPhysicalAddresses must be TRUE; it is "
                 "treated as if they were", name);
    return STATUS_SUCCESS;
}

static void take_over(PDRIVER_OBJECT object, struct sp_driver *driver)
{
    driver->unload = object->DriverUnload;
    object->DriverExtension->AddDevice = adapter_add_device;
    object->DriverUnload = unload;
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        object->MajorFunction[i] = sp_dispatch;
}

/* From DriverEntry: Argument1 and Argument2 are its own, HwInitializationData stays the caller's and is copied. Every size since
 * Windows XP is taken. STATUS_REVISION_MISMATCH for another size, STATUS_INVALID_PARAMETER for a missing routine,
 * STATUS_INSUFFICIENT_RESOURCES. PASSIVE_LEVEL. docs: storport/nf-storport-storportinitialize */
ULONG NTAPI StorPortInitialize(PVOID Argument1, PVOID Argument2, PHW_INITIALIZATION_DATA HwInitializationData, PVOID HwContext)
{
    PDRIVER_OBJECT object = Argument1;
    HW_INITIALIZATION_DATA init = { 0 };
    struct sp_driver *driver = object && Argument2 ? driver_of(object) : NULL;

    if (!object || !Argument2 || !HwInitializationData)
        return (ULONG)STATUS_INVALID_PARAMETER;
    const char *name = io_driver_of(object)->name;
    if (!known_size(HwInitializationData->HwInitializationDataSize)) {
        log_warn("storport", "%s: HW_INITIALIZATION_DATA has %u bytes, which no version of Windows knows", name,
                 HwInitializationData->HwInitializationDataSize);
        return (ULONG)STATUS_REVISION_MISMATCH;
    }
    memcpy(&init, HwInitializationData, HwInitializationData->HwInitializationDataSize);
    bool is_virtual = init.HwInitializationDataSize == sizeof(VIRTUAL_HW_INITIALIZATION_DATA) ||
                      (init.FeatureSupport & STOR_FEATURE_VIRTUAL_MINIPORT);
    NTSTATUS status = check(name, &init, is_virtual);
    if (!NT_SUCCESS(status))
        return (ULONG)status;
    bool again = driver != NULL;
    if (!driver)
        driver = calloc(1, sizeof *driver);
    if (!driver)
        return (ULONG)STATUS_INSUFFICIENT_RESOURCES;
    driver->object = object;
    driver->init = init;
    driver->is_virtual = is_virtual;
    driver->context = HwContext;
    snprintf(driver->name, sizeof driver->name, "%s", name);
    if (again)
        return STATUS_SUCCESS;          /* one call for each interface type: the last one counts, there is but one bus here */
    list_init(&driver->adapters);
    list_push_back(&sp_drivers, &driver->node);
    take_over(object, driver);
    if (is_virtual && init.HwInitializeTracing)
        init.HwInitializeTracing(Argument1, Argument2);
    return STATUS_SUCCESS;
}

NTSTATUS sp_complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

void sp_irql_changed(const char *what, const void *routine, KIRQL before)
{
    NT_EMIT(NT_EVENT_CALLBACK_IRQL, what, routine, (uint64_t)before << 8 | ke_irql(),
            ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)routine }));
    if (ke_irql() > before)
        ke_lower(before);
    else
        ke_raise(before);
}

static char said[64][96];               /* lines that sp_once has logged */
static unsigned said_count;

void sp_once(const char *driver, const char *what)
{
    char line[96];

    snprintf(line, sizeof line, "%.40s %.50s", driver, what);
    for (unsigned i = 0; i < said_count; i++)
        if (!strcmp(said[i], line))
            return;
    if (said_count < 64)
        strcpy(said[said_count++], line);
    log_warn("storport", "%s calls %s, which ring3 does not have: refused", driver, what);
}

/* DriverEntry failed after StorPortInitialize, or the computer closes: nothing will call unload any more. */
static void forget_drivers(void)
{
    list_each_safe(it, &sp_drivers) {
        struct sp_driver *driver = container_of(it, struct sp_driver, node);
        list_remove(it);
        free(driver);
    }
}

bool storport_open(void)
{
    list_init(&sp_drivers);
    said_count = 0;
    return NT_SUCCESS(disk_class_open());
}

void storport_close(void)
{
    disk_class_close();
    forget_drivers();
}
