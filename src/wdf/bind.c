/* WDFLDR.SYS: binding drivers and class extensions to the framework.
 *
 * A driver's entry stub names its version and how many functions it wants. Tables of 1.13 and before are copied into the
 * driver's own array; later stubs hold a pointer, which is set to the framework's table. Every entry of that table is an
 * export thunk, or a stub that names the function.
 * docs: wdf/framework-library-versioning, wdf/building-a-kmdf-driver-for-multiple-versions-of-windows */
#include "wdf/wdf.h"

#include <stdio.h>
#include <wdfldr.h>

#include "base/log.h"
#include "nt/bugcheck.h"
#include "nt/event.h"
#include "nt/pool.h"
#include "nt/text.h"
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/slots.h"

#define FUNCTIONS_OF_1_13 443
#define NEWEST_MINOR 33
#define LOADER_TAG 0x4c464457u          /* "WDFL" */

static WDFFUNC *table;                  /* WdfFunctionTableNumEntries entries, in the computer's memory */
static size_t *structure_sizes;

struct class_library {
    struct list node;
    WDF_CLASS_LIBRARY_INFO *info;
    char name[64];
    unsigned clients;
};
static struct list classes = LIST_INIT(classes);

/* --- the table -------------------------------------------------------------------------------------------------------- */

_Noreturn static void missing(unsigned slot, struct pe_caller caller)
{
    const uint64_t parameters[4] = { 0xC0000139, caller.rip, slot, 0 };
    struct pe_image *image = pe_image_at(caller.rip);
    char text[160];

    snprintf(text, sizeof text, "driver %s called %s (slot %u), which ring3 does not have", image ? image->name : "?",
             wdf_slot_names[slot], slot);
    bugcheck_report(KMODE_EXCEPTION_NOT_HANDLED, parameters, NULL, text);
}

/* Where the stubs of slot_stubs.S end up: `back` is the address behind the stub's own call. */
VOID NTAPI wdf_slot_missing(const char *back)
{
    missing((unsigned)((back - wdf_stubs) / WDF_STUB_SIZE), PE_CALLER());
}

static bool make_table(void)
{
    table = pool_alloc(NonPagedPoolNx, WdfFunctionTableNumEntries * sizeof *table, LOADER_TAG, NULL);
    structure_sizes = pool_alloc(NonPagedPoolNx, WDF_STRUCTURE_TABLE_NUM_ENTRIES * sizeof *structure_sizes, LOADER_TAG, NULL);
    if (!table || !structure_sizes)
        return false;
    for (unsigned i = 0; i < WdfFunctionTableNumEntries; i++) {
        void *routine = pe_system_routine("wdf01000.sys", wdf_slot_names[i]);
        table[i] = (WDFFUNC)(uintptr_t)(routine ? routine : wdf_stubs + (size_t)i * WDF_STUB_SIZE);
    }
    memcpy(structure_sizes, wdf_structure_sizes, WDF_STRUCTURE_TABLE_NUM_ENTRIES * sizeof *structure_sizes);
    return true;
}

bool wdf_open(void)
{
    wdf_objects_reset();
    list_init(&wdf_inits);
    list_init(&classes);
    table = NULL;
    structure_sizes = NULL;
    return true;
}

void wdf_close(void)
{
    if (table)
        pool_free(table, 0, NULL);
    if (structure_sizes)
        pool_free(structure_sizes, 0, NULL);
    table = NULL;
    structure_sizes = NULL;
}

/* --- drivers ---------------------------------------------------------------------------------------------------------- */

static struct wdf_client *client_of_info(PWDF_COMPONENT_GLOBALS globals)
{
    list_each(it, &wdf_clients) {
        struct wdf_client *client = container_of(it, struct wdf_client, node);
        if ((void *)client == (void *)globals)
            return client;
    }
    return NULL;
}

static NTSTATUS check_version(const WDF_BIND_INFO *info, const char *who, bool *higher)
{
    const WDF_BIND_INFO2 *info2 = info->Size == sizeof *info2 ? (const WDF_BIND_INFO2 *)(const void *)info : NULL;
    ULONG minor = info->Version.Minor, needed = info2 && info2->MinimumVersionRequired ? *info2->MinimumVersionRequired : minor;

    *higher = minor > NEWEST_MINOR;
    if (info->Version.Major != 1 || needed > NEWEST_MINOR) {
        log_warn("wdf", "%s needs framework %u.%u; ring3 has 1.%u", who, (unsigned)info->Version.Major, (unsigned)needed,
                 NEWEST_MINOR);
        return STATUS_REVISION_MISMATCH;
    }
    if (info->FuncCount > WdfFunctionTableNumEntries && !*higher) {
        log_warn("wdf", "%s says framework 1.%u and wants %u functions; that version has fewer", who, (unsigned)minor,
                 (unsigned)info->FuncCount);
        return STATUS_REVISION_MISMATCH;
    }
    return STATUS_SUCCESS;
}

static void give_table(PWDF_BIND_INFO info, bool higher)
{
    if (info->FuncCount <= FUNCTIONS_OF_1_13)
        memcpy(info->FuncTable, table, info->FuncCount * sizeof *table);
    else
        *(const WDFFUNC **)(void *)info->FuncTable = table;
    if (info->Size != sizeof(WDF_BIND_INFO2))
        return;
    WDF_BIND_INFO2 *info2 = (WDF_BIND_INFO2 *)(void *)info;
    if (info2->ClientVersionHigherThanFramework)
        *info2->ClientVersionHigherThanFramework = higher;
    if (info2->FuncCountPtr)
        *info2->FuncCountPtr = WdfFunctionTableNumEntries;
    if (info2->StructCountPtr)
        *info2->StructCountPtr = WDF_STRUCTURE_TABLE_NUM_ENTRIES;
    if (info2->StructTable)
        *info2->StructTable = structure_sizes;
}

/* The service's name, from the end of its registry path. */
static void name_client(struct wdf_client *client, const UNICODE_STRING *path)
{
    char text[256];
    const char *name;

    text_utf8(text, sizeof text, path);
    name = strrchr(text, '\\') ? strrchr(text, '\\') + 1 : text;
    snprintf(client->globals.DriverName, sizeof client->globals.DriverName, "%.31s", name);
    if (strlen(name) >= 7 && !strncasecmp(name, "wdf", 3))
        name += 3;
    if (strlen(name) < 4)
        name = "FxDr";
    memcpy(&client->globals.DriverTag, name, 4);
}

/* Binds a driver: fills its function table and gives it its globals. Called by the entry stub before DriverEntry.
 * STATUS_INVALID_PARAMETER, STATUS_REVISION_MISMATCH (with a sentence in the log), STATUS_INSUFFICIENT_RESOURCES.
 * PASSIVE_LEVEL. docs: wdf/framework-library-versioning */
NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, PWDF_BIND_INFO BindInfo,
                              PWDF_COMPONENT_GLOBALS *ComponentGlobals)
{
    const void *caller = WDF_CALLER();
    struct wdf_client *client;
    bool higher;

    if (!DriverObject || !RegistryPath || !BindInfo || !ComponentGlobals || !BindInfo->FuncTable ||
        (BindInfo->Size != sizeof(WDF_BIND_INFO) && BindInfo->Size != sizeof(WDF_BIND_INFO2)))
        return STATUS_INVALID_PARAMETER;
    *ComponentGlobals = NULL;
    if (!table && !make_table())
        return STATUS_INSUFFICIENT_RESOURCES;
    client = pool_alloc(NonPagedPoolNx, sizeof *client, LOADER_TAG, caller);
    if (!client)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(client, 0, sizeof *client);
    list_init(&client->objects);
    name_client(client, RegistryPath);
    NTSTATUS status = check_version(BindInfo, client->globals.DriverName, &higher);
    if (!NT_SUCCESS(status)) {
        pool_free(client, 0, NULL);
        return status;
    }
    client->driver_object = DriverObject;
    client->function_count = BindInfo->FuncCount;
    client->version_minor = BindInfo->Version.Minor;
    client->globals.DisplaceDriverUnload = TRUE;
    client->caller = caller;
    list_push_back(&wdf_clients, &client->node);
    give_table(BindInfo, higher);
    *ComponentGlobals = (PWDF_COMPONENT_GLOBALS)client;
    log_debug("wdf", "%s is bound to framework 1.%u", client->globals.DriverName, client->version_minor);
    return STATUS_SUCCESS;
}

/* Undoes it, last of all in the driver: objects that have references left are reported with their type and forgotten.
 * PASSIVE_LEVEL. docs: wdf/framework-library-versioning */
NTSTATUS NTAPI WdfVersionUnbind(PUNICODE_STRING RegistryPath, PWDF_BIND_INFO BindInfo, PWDF_COMPONENT_GLOBALS ComponentGlobals)
{
    struct wdf_client *client = client_of_info(ComponentGlobals);

    if (!client)
        return STATUS_INVALID_PARAMETER;
    wdf_driver_unbind(client);
    list_remove(&client->node);
    pool_free(client, 0, NULL);
    return STATUS_SUCCESS;
}

/* --- class extensions ------------------------------------------------------------------------------------------------- */

static struct class_library *class_named(const char *name)
{
    list_each(it, &classes) {
        struct class_library *library = container_of(it, struct class_library, node);
        if (!strcasecmp(library->name, name))
            return library;
    }
    return NULL;
}

static void class_name(const WCHAR *text, char *name, size_t size)
{
    UNICODE_STRING string = text_string(text, text_length(text));
    char all[128];

    text_utf8(all, sizeof all, &string);
    const char *last = strrchr(all, '\\') ? strrchr(all, '\\') + 1 : all;
    snprintf(name, size, "%.63s", last);
}

/* Binds a driver to a class extension that a driver registered; the extension's driver must be loaded before.
 * STATUS_OBJECT_NAME_NOT_FOUND (the log names it), STATUS_REVISION_MISMATCH, or what the extension says. PASSIVE_LEVEL.
 * docs: wdf/framework-library-versioning */
NTSTATUS NTAPI WdfVersionBindClass(PWDF_BIND_INFO BindInfo, PWDF_COMPONENT_GLOBALS Globals, PWDF_CLASS_BIND_INFO ClassBindInfo)
{
    char name[64];

    if (!ClassBindInfo || !ClassBindInfo->ClassName)
        return STATUS_INVALID_PARAMETER;
    class_name(ClassBindInfo->ClassName, name, sizeof name);
    struct class_library *library = class_named(name);
    if (!library) {
        log_warn("wdf", "the class extension %s is not loaded: name its driver first", name);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (ClassBindInfo->Version.Major != library->info->Version.Major || ClassBindInfo->Version.Minor > library->info->Version.Minor)
        return STATUS_REVISION_MISMATCH;
    NTSTATUS status = library->info->ClassLibraryBindClient(ClassBindInfo, Globals);
    if (NT_SUCCESS(status)) {
        ClassBindInfo->ClassModule = library;
        library->clients++;
    }
    return status;
}

/* Undoes it. PASSIVE_LEVEL. docs: wdf/framework-library-versioning */
VOID NTAPI WdfVersionUnbindClass(PWDF_BIND_INFO BindInfo, PWDF_COMPONENT_GLOBALS Globals, PWDF_CLASS_BIND_INFO ClassBindInfo)
{
    struct class_library *library = ClassBindInfo->ClassModule;

    if (!library)
        return;
    ClassBindInfo->ClassModule = NULL;
    library->clients--;
    library->info->ClassLibraryUnbindClient(ClassBindInfo, Globals);
}

/* Registers a class extension under the last part of its service path; it stays until the computer ends.
 * STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_COLLISION, STATUS_INSUFFICIENT_RESOURCES, or what its initialisation says.
 * PASSIVE_LEVEL. docs: wdf/framework-library-versioning */
NTSTATUS NTAPI WdfRegisterClassLibrary(PWDF_CLASS_LIBRARY_INFO ClassLibraryInfo, PUNICODE_STRING ServicePath,
                                       PUNICODE_STRING ClassLibraryDeviceName)
{
    struct class_library *library;
    char path[256];

    if (!ClassLibraryInfo || ClassLibraryInfo->Size != sizeof *ClassLibraryInfo || !ServicePath ||
        !ClassLibraryInfo->ClassLibraryBindClient || !ClassLibraryInfo->ClassLibraryUnbindClient)
        return STATUS_INVALID_PARAMETER;
    text_utf8(path, sizeof path, ServicePath);
    const char *name = strrchr(path, '\\') ? strrchr(path, '\\') + 1 : path;
    if (class_named(name))
        return STATUS_OBJECT_NAME_COLLISION;
    NTSTATUS status = ClassLibraryInfo->ClassLibraryInitialize ? ClassLibraryInfo->ClassLibraryInitialize() : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    library = pool_alloc(NonPagedPoolNx, sizeof *library, LOADER_TAG, NULL);
    if (!library)
        return STATUS_INSUFFICIENT_RESOURCES;
    *library = (struct class_library){ .info = ClassLibraryInfo };
    snprintf(library->name, sizeof library->name, "%.63s", name);
    list_push_back(&classes, &library->node);
    return STATUS_SUCCESS;
}

/* Interfaces of the loader for libraries other than the framework: there are none. PASSIVE_LEVEL.
 * docs: wdf/framework-library-versioning */
NTSTATUS NTAPI WdfLdrQueryInterface(PWDF_INTERFACE_HEADER LoaderInterface)
{
    return LoaderInterface ? STATUS_NOT_FOUND : STATUS_INVALID_PARAMETER;
}
