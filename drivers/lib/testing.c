/* DriverEntry of a test driver: finds the cases in the image's .tst section and runs them. See testing.h. */
#include "testing.h"

#pragma section(".tst$a", read)
#pragma section(".tst$z", read)
#pragma section(".tsh$a", read)
#pragma section(".tsh$z", read)

/* The linker sorts .tst$a, .tst$m (the cases) and .tst$z into one section, so these two are its borders. */
__declspec(allocate(".tst$a")) static const TEST_CASE_ENTRY *const FirstCase = NULL;
__declspec(allocate(".tst$z")) static const TEST_CASE_ENTRY *const LastCase = NULL;
__declspec(allocate(".tsh$a")) static const TEST_HOOK_ENTRY *const FirstHook = NULL;
__declspec(allocate(".tsh$z")) static const TEST_HOOK_ENTRY *const LastHook = NULL;

PDRIVER_OBJECT TestDriverObject;
PUNICODE_STRING TestRegistryPath;

static const char *CurrentCase;
static ULONG CaseFailures;
static ULONG FailedCases;
static BOOLEAN CaseSkipped;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD TestUnload;

static const char *FileName(const char *path)
{
    const char *name = path;

    for (; *path != '\0'; path++) {
        if (*path == '/' || *path == '\\')
            name = path + 1;
    }
    return name;
}

static const char *CaseName(void)
{
    return CurrentCase != NULL ? CurrentCase : "(outside a case)";
}

BOOLEAN TestCheck(BOOLEAN held, const char *file, int line, const char *text)
{
    if (!held) {
        CaseFailures++;
        DbgPrint("not ok %s: %s:%d: %s\n", CaseName(), FileName(file), line, text);
    }
    return held;
}

BOOLEAN TestCheckEqual(ULONG64 actual, ULONG64 expected, const char *file, int line, const char *text)
{
    if (actual == expected)
        return TRUE;
    CaseFailures++;
    DbgPrint("not ok %s: %s:%d: %s: 0x%llx, not 0x%llx\n", CaseName(), FileName(file), line, text, actual, expected);
    return FALSE;
}

void TestSkip(const char *reason)
{
    CaseSkipped = TRUE;
    DbgPrint("ok %s # skip %s\n", CaseName(), reason);
}

static BOOLEAN SameName(const char *name, const WCHAR *wanted)
{
    while (*name != '\0' && (WCHAR)*name == *wanted) {
        name++;
        wanted++;
    }
    return *name == '\0' && *wanted == 0;
}

/* A case that leaves the IRQL raised would spoil all that follow: note it, and put it right. */
static void CheckIrql(void)
{
    KIRQL irql = KeGetCurrentIrql();

    if (irql == PASSIVE_LEVEL)
        return;
    CaseFailures++;
    DbgPrint("not ok %s: returned at IRQL %d\n", CaseName(), irql);
    if (irql > PASSIVE_LEVEL)
        KeLowerIrql(PASSIVE_LEVEL);
}

static void RunCase(const TEST_CASE_ENTRY *entry)
{
    CurrentCase = entry->Name;
    CaseFailures = 0;
    CaseSkipped = FALSE;
    if (entry->BugCheckCode != 0)
        DbgPrint("stops %s 0x%08X\n", entry->Name, entry->BugCheckCode);
    entry->Run();
    CheckIrql();
    if (entry->BugCheckCode != 0)
        TestCheck(FALSE, __FILE__, __LINE__, "the case returned instead of stopping the system");
    if (CaseFailures != 0)
        FailedCases++;
    else if (!CaseSkipped)
        DbgPrint("ok %s\n", entry->Name);
    CurrentCase = NULL;
}

/* Runs the named case, or all that do not stop the system. Returns how many ran. */
static ULONG RunCases(const WCHAR *wanted)
{
    ULONG count = 0;

    /* The linker may pad between entries with zeros. */
    for (const TEST_CASE_ENTRY *const *it = &FirstCase + 1; it < &LastCase; it++) {
        if (*it == NULL)
            continue;
        if (wanted == NULL ? (*it)->BugCheckCode != 0 : !SameName((*it)->Name, wanted))
            continue;
        RunCase(*it);
        count++;
    }
    return count;
}

static void RunHooks(BOOLEAN teardown)
{
    for (const TEST_HOOK_ENTRY *const *it = &FirstHook + 1; it < &LastHook; it++) {
        if (*it != NULL && (*it)->Teardown == teardown)
            (*it)->Run();
    }
}

static HANDLE OpenKey(HANDLE parent, PUNICODE_STRING name)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, parent, NULL);
    return NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes)) ? key : NULL;
}

/* The text of Parameters\Test in `value` (a buffer of `size` bytes), or NULL when there is none. */
static const WCHAR *WantedCase(PUNICODE_STRING registryPath, KEY_VALUE_PARTIAL_INFORMATION *value, ULONG size)
{
    UNICODE_STRING parametersName = RTL_CONSTANT_STRING(L"Parameters");
    UNICODE_STRING testName = RTL_CONSTANT_STRING(L"Test");
    const WCHAR *result = NULL;
    HANDLE service, parameters;
    ULONG length;

    service = OpenKey(NULL, registryPath);
    if (service == NULL)
        return NULL;
    parameters = OpenKey(service, &parametersName);
    if (parameters != NULL) {
        NTSTATUS status = ZwQueryValueKey(parameters, &testName, KeyValuePartialInformation, value, size, &length);

        if (NT_SUCCESS(status) && value->Type == REG_SZ && value->DataLength >= sizeof(WCHAR))
            result = (const WCHAR *)value->Data;
        ZwClose(parameters);
    }
    ZwClose(service);
    return result;
}

static VOID NTAPI TestUnload(_In_ PDRIVER_OBJECT driverObject)
{
    UNREFERENCED_PARAMETER(driverObject);
    RunHooks(TRUE);
}

NTSTATUS NTAPI DriverEntry(_In_ PDRIVER_OBJECT driverObject, _In_ PUNICODE_STRING registryPath)
{
    DECLSPEC_ALIGN(8) static UCHAR buffer[512];
    const WCHAR *wanted;
    ULONG count;

    TestDriverObject = driverObject;
    TestRegistryPath = registryPath;
    driverObject->DriverUnload = TestUnload;
    wanted = WantedCase(registryPath, (KEY_VALUE_PARTIAL_INFORMATION *)buffer, sizeof(buffer));
    RunHooks(FALSE);
    count = RunCases(wanted);
    TestRegistryPath = NULL;
    if (count == 0)
        DbgPrint("not ok (none): no test case of this name\n");
    if (count != 0 && FailedCases == 0)
        return STATUS_SUCCESS;
    RunHooks(TRUE);
    return STATUS_UNSUCCESSFUL;
}
