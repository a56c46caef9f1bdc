/* The framework's loader as entry stubs of other ages use it: this driver has no stub of ring3's and binds itself.
 * docs: wdf/framework-library-versioning, wdf/building-a-kmdf-driver-for-multiple-versions-of-windows */
#include <ntddk.h>
#include <wdfldr.h>

#include "testing.h"

#define COUNT_1_9 396
#define COUNT_1_13 443
#define COUNT_1_15 444

static WCHAR component[] = L"KmdfLibrary";
static WDFFUNC old_table[COUNT_1_13 + 1];
static WDFFUNC *new_table;
static PWDF_COMPONENT_GLOBALS globals;

static WDF_BIND_INFO Info(ULONG minor, ULONG count, PVOID table)
{
    WDF_BIND_INFO info = { .Size = sizeof info, .Component = component, .Version = { 1, minor, 0 }, .FuncCount = count,
                           .FuncTable = table };

    globals = NULL;
    RtlZeroMemory(old_table, sizeof old_table);
    new_table = NULL;
    return info;
}

static NTSTATUS Bind(PWDF_BIND_INFO info)
{
    return WdfVersionBind(TestDriverObject, TestRegistryPath, info, &globals);
}

TEST_CASE(stubs_of_1_9_get_their_array_filled_and_no_more)
{
    WDF_BIND_INFO info = Info(9, COUNT_1_9, old_table);

    REQUIRE(NT_SUCCESS(Bind(&info)));
    REQUIRE(globals != NULL);
    for (ULONG i = 0; i < COUNT_1_9; i++)
        EXPECT(old_table[i] != NULL);
    EXPECT(old_table[COUNT_1_9] == NULL);
    EXPECT_EQ(WdfVersionUnbind(TestRegistryPath, &info, globals), STATUS_SUCCESS);
}

TEST_CASE(stubs_of_1_15_get_the_table_and_the_same_functions)
{
    WDF_BIND_INFO info = Info(13, COUNT_1_13, old_table), info15;
    PWDF_COMPONENT_GLOBALS first;
    WDFFUNC last;

    REQUIRE(NT_SUCCESS(Bind(&info)));
    first = globals;
    last = old_table[COUNT_1_9];
    info15 = Info(15, COUNT_1_15, &new_table);
    if (NT_SUCCESS(Bind(&info15))) {
        EXPECT(new_table != NULL && new_table[COUNT_1_9] == last);
        EXPECT(globals != first);
        EXPECT_EQ(WdfVersionUnbind(TestRegistryPath, &info15, globals), STATUS_SUCCESS);
    }
    EXPECT_EQ(WdfVersionUnbind(TestRegistryPath, &info, first), STATUS_SUCCESS);
}

TEST_CASE(versions_that_are_not_there_are_refused)
{
    WDF_BIND_INFO info = Info(34, 500, &new_table);

    EXPECT_EQ(Bind(&info), STATUS_REVISION_MISMATCH);
    EXPECT(globals == NULL && new_table == NULL);
    info = Info(33, COUNT_1_15, &new_table);
    info.Version.Major = 2;
    EXPECT_EQ(Bind(&info), STATUS_REVISION_MISMATCH);
    info = Info(33, COUNT_1_15, &new_table);
    info.Size = sizeof info - 8;
    EXPECT_EQ(Bind(&info), STATUS_INVALID_PARAMETER);
    info = Info(33, COUNT_1_15, NULL);
    EXPECT_EQ(Bind(&info), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_later_stub_with_a_low_minimum_is_told_what_there_is)
{
    WDF_MINOR_VERSION minimum = 25;
    BOOLEAN higher = FALSE;
    ULONG functions = 600, structures = 200;
    WDF_STRUCT_INFO sizes = NULL;
    WDF_BIND_INFO2 info = { .V1 = Info(35, 600, &new_table), .MinimumVersionRequired = &minimum,
                            .ClientVersionHigherThanFramework = &higher, .FuncCountPtr = &functions,
                            .StructCountPtr = &structures, .StructTable = &sizes };

    info.V1.Size = sizeof info;
    REQUIRE(NT_SUCCESS(Bind(&info.V1)));
    EXPECT(higher);
    EXPECT_EQ(functions, 458);
    EXPECT(structures > 0 && structures < 200);
    EXPECT(sizes != NULL && sizes[0] != 0);
    EXPECT(new_table != NULL && new_table[functions - 1] != NULL);
    EXPECT_EQ(WdfVersionUnbind(TestRegistryPath, &info.V1, globals), STATUS_SUCCESS);
    minimum = 34;
    EXPECT_EQ(Bind(&info.V1), STATUS_REVISION_MISMATCH);
}

TEST_CASE(globals_that_are_not_bound_cannot_be_unbound)
{
    WDF_BIND_INFO info = Info(33, COUNT_1_15, &new_table);

    EXPECT_EQ(WdfVersionUnbind(TestRegistryPath, &info, (PWDF_COMPONENT_GLOBALS)&info), STATUS_INVALID_PARAMETER);
}

/* --- class extensions ------------------------------------------------------------------------------------------------- */

static ULONG initialized, bound;
static PWDF_COMPONENT_GLOBALS seen;

static NTSTATUS NTAPI Initialize(VOID)
{
    initialized++;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI BindClient(PWDF_CLASS_BIND_INFO ClassInfo, PWDF_COMPONENT_GLOBALS Globals)
{
    bound++;
    seen = Globals;
    ClassInfo->FunctionTable[0] = (WDFFUNC)Initialize;
    return STATUS_SUCCESS;
}

static VOID NTAPI UnbindClient(PWDF_CLASS_BIND_INFO ClassInfo, PWDF_COMPONENT_GLOBALS Globals)
{
    EXPECT(seen == Globals);
    bound--;
}

static WCHAR class_name[] = L"Ring3TestClass";
static WDFFUNC class_functions[1];

TEST_CASE(a_class_extension_serves_drivers_that_name_it)
{
    static WDF_CLASS_LIBRARY_INFO library = { sizeof library, { 1, 2, 0 }, Initialize, NULL, BindClient, UnbindClient };
    WDF_CLASS_BIND_INFO client = { .Size = sizeof client, .ClassName = class_name, .Version = { 1, 1, 0 },
                                   .FunctionTable = class_functions, .FunctionTableCount = 1 };
    WDF_BIND_INFO info = Info(33, COUNT_1_15, &new_table);
    UNICODE_STRING path, device;
    NTSTATUS status;

    RtlInitUnicodeString(&path, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Ring3TestClass");
    RtlInitUnicodeString(&device, L"\\Device\\Ring3TestClass");
    REQUIRE(NT_SUCCESS(Bind(&info)));
    EXPECT_EQ(WdfVersionBindClass(&info, globals, &client), STATUS_OBJECT_NAME_NOT_FOUND);
    status = WdfRegisterClassLibrary(&library, &path, &device);
    if (NT_SUCCESS(status)) {
        EXPECT_EQ(initialized, 1);
        EXPECT_EQ(WdfRegisterClassLibrary(&library, &path, &device), STATUS_OBJECT_NAME_COLLISION);
        client.Version.Minor = 3;
        EXPECT_EQ(WdfVersionBindClass(&info, globals, &client), STATUS_REVISION_MISMATCH);
        client.Version.Minor = 1;
        EXPECT_EQ(WdfVersionBindClass(&info, globals, &client), STATUS_SUCCESS);
        EXPECT(bound == 1 && seen == globals && class_functions[0] == (WDFFUNC)Initialize);
        WdfVersionUnbindClass(&info, globals, &client);
        EXPECT_EQ(bound, 0);
    } else {
        EXPECT_EQ(status, STATUS_INSUFFICIENT_RESOURCES);
    }
    EXPECT_EQ(WdfVersionUnbind(TestRegistryPath, &info, globals), STATUS_SUCCESS);
}
