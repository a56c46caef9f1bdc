/* The entry point of KMDF drivers: FxDriverEntry binds the driver to the framework and to its class extensions before
 * DriverEntry, and unbinds after DriverUnload, or when DriverEntry fails.
 *
 * Order of binding: framework, class extensions in the order of their section, context types of others. Unbinding goes back.
 * The function table pointer has a name for each version of the framework, so that objects built for another version do not
 * link by mistake; all of them are the same variable here. */
#define KMDF_VERSION_MINOR 33
#define WDF_STUB
#include <wdf.h>
#include <wdfldr.h>
#include <wdfminiport.h>

const WDFFUNC *WdfFunctions_01033;
#define OTHER_NAME(name) extern const WDFFUNC *name __attribute__((alias("WdfFunctions_01033")))
OTHER_NAME(WdfFunctions_01015);
OTHER_NAME(WdfFunctions_01017);
OTHER_NAME(WdfFunctions_01019);
OTHER_NAME(WdfFunctions_01021);
OTHER_NAME(WdfFunctions_01023);
OTHER_NAME(WdfFunctions_01025);
OTHER_NAME(WdfFunctions_01027);
OTHER_NAME(WdfFunctions_01029);
OTHER_NAME(WdfFunctions_01031);

PWDF_DRIVER_GLOBALS WdfDriverGlobals;
WDFFUNC WdfDriverMiniportUnloadOverride;
BOOLEAN WdfClientVersionHigherThanFramework;
ULONG WdfFunctionCount = WdfFunctionTableNumEntries, WdfStructureCount = WDF_STRUCTURE_TABLE_NUM_ENTRIES;
WDF_STRUCT_INFO WdfStructures;

typedef NTSTATUS NTAPI DRIVER_ENTRY(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
DRIVER_ENTRY DriverEntry, FxDriverEntry;
void __security_init_cookie(void);
extern ULONG_PTR __security_cookie, __security_cookie_complement;

/* The driver's own class extension infos and shared context types lie between these. */
#pragma section(".kmdfclassbind$a", read, write)
#pragma section(".kmdfclassbind$z", read, write)
#pragma section(".kmdftypeinit$a", read, write)
#pragma section(".kmdftypeinit$z", read, write)
__declspec(allocate(".kmdfclassbind$a")) PVOID __KMDF_CLASS_BIND_START[1] = { 0 };
__declspec(allocate(".kmdfclassbind$z")) PVOID __KMDF_CLASS_BIND_END[1] = { 0 };
__declspec(allocate(".kmdftypeinit$a")) PVOID __KMDF_TYPE_INIT_START[1] = { 0 };
__declspec(allocate(".kmdftypeinit$z")) PVOID __KMDF_TYPE_INIT_END[1] = { 0 };

static WCHAR component[] = L"KmdfLibrary";
static WDF_BIND_INFO2 bind_info;
static UNICODE_STRING registry_path;
static WCHAR registry_path_buffer[260];
static PDRIVER_UNLOAD driver_unload;

/* The next structure of at least `size` bytes that says its own size in its first field; padding between them is zero. */
static char *NextSized(char *at, char *end, ULONG size)
{
    while (at + sizeof(PVOID) <= end && *(PVOID *)at == NULL)
        at += sizeof(PVOID);
    return at + size <= end && *(ULONG *)at >= size ? at : NULL;
}

static PWDF_CLASS_BIND_INFO NextClass(PWDF_CLASS_BIND_INFO after)
{
    char *at = after ? (char *)after + after->Size : (char *)(__KMDF_CLASS_BIND_START + 1);

    return (PWDF_CLASS_BIND_INFO)NextSized(at, (char *)__KMDF_CLASS_BIND_END, sizeof(WDF_CLASS_BIND_INFO));
}

static void UnbindClass(PWDF_CLASS_BIND_INFO info)
{
    PWDF_COMPONENT_GLOBALS globals = (PWDF_COMPONENT_GLOBALS)WdfDriverGlobals;

    if (info->ClientUnbindClass)
        info->ClientUnbindClass((PVOID)WdfVersionUnbindClass, &bind_info.V1, globals, info);
    else
        WdfVersionUnbindClass(&bind_info.V1, globals, info);
}

/* All before `end`, the last first. */
static void UnbindClasses(PWDF_CLASS_BIND_INFO end)
{
    for (;;) {
        PWDF_CLASS_BIND_INFO last = NULL, info;
        for (info = NextClass(NULL); info != NULL && info != end; info = NextClass(info))
            last = info;
        if (last == NULL)
            return;
        UnbindClass(last);
        end = last;
    }
}

static NTSTATUS BindClasses(void)
{
    PWDF_COMPONENT_GLOBALS globals = (PWDF_COMPONENT_GLOBALS)WdfDriverGlobals;
    PWDF_CLASS_BIND_INFO info;
    NTSTATUS status;

    for (info = NextClass(NULL); info != NULL; info = NextClass(info)) {
        if (info->ClientBindClass)
            status = info->ClientBindClass((PVOID)WdfVersionBindClass, &bind_info.V1, globals, info);
        else
            status = WdfVersionBindClass(&bind_info.V1, globals, info);
        if (!NT_SUCCESS(status)) {
            UnbindClasses(info);
            return status;
        }
    }
    return STATUS_SUCCESS;
}

/* Context types whose identity another driver gives. */
static NTSTATUS InitializeTypes(void)
{
    char *at = (char *)(__KMDF_TYPE_INIT_START + 1);
    WDF_OBJECT_CONTEXT_TYPE_INFO *type;

    while ((at = NextSized(at, (char *)__KMDF_TYPE_INIT_END, sizeof *type)) != NULL) {
        type = (WDF_OBJECT_CONTEXT_TYPE_INFO *)at;
        if (type->EvtDriverGetUniqueContextType)
            type->UniqueType = type->EvtDriverGetUniqueContextType();
        if (type->UniqueType == NULL)
            return STATUS_WDF_INTERNAL_ERROR;
        at += type->Size;
    }
    return STATUS_SUCCESS;
}

static void Unbind(void)
{
    UnbindClasses(NULL);
    WdfVersionUnbind(&registry_path, &bind_info.V1, (PWDF_COMPONENT_GLOBALS)WdfDriverGlobals);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    if (driver_unload != NULL)
        driver_unload(DriverObject);
    Unbind();
}

static VOID NTAPI MiniportUnload(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver)
{
    typedef VOID (NTAPI *FUNCTION)(PWDF_DRIVER_GLOBALS, WDFDRIVER);

    ((FUNCTION)WdfFunctions_01033[WdfDriverMiniportUnloadTableIndex])(DriverGlobals, Driver);
    Unbind();
}

static void KeepRegistryPath(PUNICODE_STRING path)
{
    USHORT length = path->Length < sizeof registry_path_buffer ? path->Length : (USHORT)(sizeof registry_path_buffer - 2);

    RtlCopyMemory(registry_path_buffer, path->Buffer, length);
    registry_path.Buffer = registry_path_buffer;
    registry_path.Length = length;
    registry_path.MaximumLength = sizeof registry_path_buffer;
}

static NTSTATUS Bind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_BIND_INFO *v1 = &bind_info.V1;
    NTSTATUS status;

    v1->Size = sizeof bind_info;
    v1->Component = component;
    v1->Version.Major = 1;
    v1->Version.Minor = WdfTargetMinorVersion;
    v1->FuncCount = WdfFunctionTableNumEntries;
    v1->FuncTable = (WDFFUNC *)&WdfFunctions_01033;
    bind_info.MinimumVersionRequired = &WdfMinimumVersionRequired;
    bind_info.ClientVersionHigherThanFramework = &WdfClientVersionHigherThanFramework;
    bind_info.FuncCountPtr = &WdfFunctionCount;
    bind_info.StructCountPtr = &WdfStructureCount;
    bind_info.StructTable = &WdfStructures;
    KeepRegistryPath(RegistryPath);
    WdfDriverMiniportUnloadOverride = (WDFFUNC)MiniportUnload;
    status = WdfVersionBind(DriverObject, &registry_path, v1, (PWDF_COMPONENT_GLOBALS *)&WdfDriverGlobals);
    if (!NT_SUCCESS(status))
        return status;
    status = BindClasses();
    if (!NT_SUCCESS(status)) {
        WdfVersionUnbind(&registry_path, v1, (PWDF_COMPONENT_GLOBALS)WdfDriverGlobals);
        return status;
    }
    status = InitializeTypes();
    if (!NT_SUCCESS(status))
        Unbind();
    return status;
}

/* The image's entry point. PASSIVE_LEVEL. */
__attribute__((no_stack_protector)) NTSTATUS NTAPI FxDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status;

    __security_init_cookie();
    __security_cookie_complement = ~__security_cookie;
    status = Bind(DriverObject, RegistryPath);
    if (!NT_SUCCESS(status))
        return status;
    status = DriverEntry(DriverObject, RegistryPath);
    if (!NT_SUCCESS(status)) {
        Unbind();
        return status;
    }
    if (WdfDriverGlobals->DisplaceDriverUnload && DriverObject->DriverUnload != NULL) {
        driver_unload = DriverObject->DriverUnload;
        DriverObject->DriverUnload = Unload;
    }
    return status;
}
