/* Extra create parameters: contexts that go with a create. docs: ifs/using-extra-create-parameters-with-an-irp-mj-create-operation */
#include <ntifs.h>
#include "helpers.h"

static const GUID type_a = { 0x6a1f0001, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 10 } };
static const GUID type_b = { 0x6a1f0002, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 10 } };
static const GUID type_c = { 0x6a1f0003, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 10 } };
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\R3Ecp");
static PDEVICE_OBJECT device;
static ULONG cleanups;
static PVOID cleaned;
static GUID cleaned_type;
static NTSTATUS found, set_again, get_from_read;
static ULONG found_size, found_value;
static PECP_LIST seen;
static BOOLEAN set_own, insert_own;

static VOID NTAPI CleanUp(PVOID context, LPCGUID type)
{
    cleanups++;
    cleaned = context;
    cleaned_type = *type;
}

static NTSTATUS Complete(PIRP irp)
{
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT object, PIRP irp)
{
    PECP_LIST list;

    (void)object;
    get_from_read = FsRtlGetEcpListFromIrp(irp, &list);
    return Complete(irp);
}

static NTSTATUS NTAPI Create(PDEVICE_OBJECT object, PIRP irp)
{
    PECP_LIST list = NULL;
    PVOID context = NULL;

    (void)object;
    EXPECT_EQ(FsRtlGetEcpListFromIrp(irp, &list), STATUS_SUCCESS);
    seen = list;
    if (list != NULL) {
        found = FsRtlFindExtraCreateParameter(list, &type_a, &context, &found_size);
        if (context != NULL) {
            found_value = *(ULONG *)context;
            FsRtlAcknowledgeEcp(context);
        }
        set_again = FsRtlSetEcpListIntoIrp(irp, list);
        if (insert_own && NT_SUCCESS(FsRtlAllocateExtraCreateParameter(&type_c, 4, 0, CleanUp, 'pcET', &context)))
            EXPECT_EQ(FsRtlInsertExtraCreateParameter(list, context), STATUS_SUCCESS);
    } else if (set_own && NT_SUCCESS(FsRtlAllocateExtraCreateParameterList(0, &list))) {
        if (NT_SUCCESS(FsRtlAllocateExtraCreateParameter(&type_b, 4, 0, CleanUp, 'pcET', &context)))
            FsRtlInsertExtraCreateParameter(list, context);
        EXPECT_EQ(FsRtlSetEcpListIntoIrp(irp, list), STATUS_SUCCESS);
        EXPECT_EQ(FsRtlGetEcpListFromIrp(irp, &seen), STATUS_SUCCESS);
        EXPECT(seen == list);
    }
    return Complete(irp);
}

TEST_SETUP(make_device)
{
    TestDriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    TestDriverObject->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
    TestDriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    IoCreateDevice(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

TEST_TEARDOWN(delete_device)
{
    IoDeleteDevice(device);
}

static PVOID NewContext(LPCGUID type, ULONG size)
{
    PVOID context = NULL;

    EXPECT_EQ(FsRtlAllocateExtraCreateParameter(type, size, 0, CleanUp, 'pcET', &context), STATUS_SUCCESS);
    return context;
}

static NTSTATUS Open(PECP_LIST list)
{
    IO_DRIVER_CREATE_CONTEXT context;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status;

    cleanups = 0;
    seen = NULL;
    IoInitializeDriverCreateContext(&context);
    context.ExtraCreateParameter = list;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = IoCreateFileEx(&handle, FILE_READ_DATA, &attributes, &iosb, NULL, 0, FILE_SHARE_READ, FILE_OPEN, 0, NULL, 0,
                            CreateFileTypeNone, NULL, 0, &context);
    if (NT_SUCCESS(status))
        ZwClose(handle);
    return status;
}

TEST_CASE(a_list_keeps_contexts_by_type_in_their_order)
{
    PVOID a, b, at;
    PECP_LIST list;
    ULONG size;
    GUID type;

    cleanups = 0;
    REQUIRE(NT_SUCCESS(FsRtlAllocateExtraCreateParameterList(0, &list)));
    EXPECT_EQ(FsRtlGetNextExtraCreateParameter(list, NULL, NULL, &at, &size), STATUS_NOT_FOUND);
    EXPECT_EQ(FsRtlGetNextExtraCreateParameter(NULL, NULL, NULL, &at, &size), STATUS_INVALID_PARAMETER);
    a = NewContext(&type_a, 8);
    b = NewContext(&type_b, 16);
    REQUIRE(a != NULL && b != NULL);
    EXPECT_EQ(FsRtlInsertExtraCreateParameter(list, a), STATUS_SUCCESS);
    EXPECT_EQ(FsRtlInsertExtraCreateParameter(list, a), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FsRtlInsertExtraCreateParameter(list, b), STATUS_SUCCESS);
    EXPECT_EQ(FsRtlFindExtraCreateParameter(list, &type_b, &at, &size), STATUS_SUCCESS);
    EXPECT(at == b);
    EXPECT_EQ(size, 16);
    EXPECT_EQ(FsRtlFindExtraCreateParameter(list, &type_c, &at, &size), STATUS_NOT_FOUND);
    EXPECT(at == NULL);
    EXPECT_EQ(size, 0);
    EXPECT_EQ(FsRtlGetNextExtraCreateParameter(list, NULL, &type, &at, &size), STATUS_SUCCESS);
    EXPECT(at == a && IsEqualGUID(&type, &type_a));
    EXPECT_EQ(FsRtlGetNextExtraCreateParameter(list, a, &type, &at, &size), STATUS_SUCCESS);
    EXPECT(at == b);
    EXPECT_EQ(FsRtlGetNextExtraCreateParameter(list, b, &type, &at, &size), STATUS_NOT_FOUND);
    EXPECT_EQ(FsRtlRemoveExtraCreateParameter(list, &type_a, &at, &size), STATUS_SUCCESS);
    EXPECT(at == a);
    EXPECT_EQ(FsRtlRemoveExtraCreateParameter(list, &type_a, &at, NULL), STATUS_NOT_FOUND);
    EXPECT_EQ(cleanups, 0);
    FsRtlFreeExtraCreateParameter(a);
    EXPECT_EQ(cleanups, 1);
    EXPECT(cleaned == a && IsEqualGUID(&cleaned_type, &type_a));
    FsRtlFreeExtraCreateParameterList(list);
    EXPECT_EQ(cleanups, 2);
}

TEST_CASE(the_driver_of_the_file_finds_the_callers_parameters_which_stay_the_callers)
{
    PECP_LIST list;
    PVOID a;

    REQUIRE(NT_SUCCESS(FsRtlAllocateExtraCreateParameterList(0, &list)));
    a = NewContext(&type_a, 12);
    REQUIRE(a != NULL);
    *(ULONG *)a = 77;
    FsRtlInsertExtraCreateParameter(list, a);
    for (int i = 0; i < 2; i++) {
        EXPECT(!FsRtlIsEcpAcknowledged(a));
        EXPECT_EQ(Open(list), STATUS_SUCCESS);
        EXPECT(seen == list);
        EXPECT_EQ(found, STATUS_SUCCESS);
        EXPECT_EQ(found_size, 12);
        EXPECT_EQ(found_value, 77);
        EXPECT_EQ(set_again, STATUS_INVALID_PARAMETER_3);
        EXPECT_EQ(cleanups, 0);
        EXPECT(FsRtlIsEcpAcknowledged(a));
        EXPECT(!FsRtlIsEcpFromUserMode(a));
        FsRtlPrepareToReuseEcp(a);
    }
    EXPECT_EQ(get_from_read, STATUS_INVALID_PARAMETER);
    FsRtlFreeExtraCreateParameterList(list);
    EXPECT_EQ(cleanups, 1);
}

TEST_CASE(what_a_driver_adds_to_a_create_goes_when_the_create_is_over)
{
    PECP_LIST list;
    PVOID at;

    REQUIRE(NT_SUCCESS(FsRtlAllocateExtraCreateParameterList(0, &list)));
    insert_own = TRUE;
    EXPECT_EQ(Open(list), STATUS_SUCCESS);
    insert_own = FALSE;
    EXPECT_EQ(cleanups, 1);
    EXPECT_EQ(FsRtlFindExtraCreateParameter(list, &type_c, &at, NULL), STATUS_NOT_FOUND);
    FsRtlFreeExtraCreateParameterList(list);
    set_own = TRUE;
    EXPECT_EQ(Open(NULL), STATUS_SUCCESS);
    set_own = FALSE;
    EXPECT(seen != NULL);
    EXPECT_EQ(cleanups, 1);
    EXPECT_EQ(Open(NULL), STATUS_SUCCESS);
    EXPECT(seen == NULL);
}

TEST_CASE(contexts_come_from_a_lookaside_list_or_from_pool_when_they_are_larger)
{
    static PAGED_LOOKASIDE_LIST paged;
    static NPAGED_LOOKASIDE_LIST nonpaged;
    PVOID small = NULL, large = NULL;

    cleanups = 0;
    FsRtlInitExtraCreateParameterLookasideList(&paged, 0, 32, 'pcET');
    FsRtlInitExtraCreateParameterLookasideList(&nonpaged, FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL, 32, 'pcET');
    EXPECT_EQ(FsRtlAllocateExtraCreateParameterFromLookasideList(&type_a, 32, 0, CleanUp, &paged, &small), STATUS_SUCCESS);
    EXPECT_EQ(FsRtlAllocateExtraCreateParameterFromLookasideList(&type_a, 500, 0, CleanUp, &nonpaged, &large), STATUS_SUCCESS);
    REQUIRE(small != NULL && large != NULL);
    RtlFillMemory(small, 32, 1);
    RtlFillMemory(large, 500, 1);
    FsRtlFreeExtraCreateParameter(small);
    FsRtlFreeExtraCreateParameter(large);
    EXPECT_EQ(FsRtlAllocateExtraCreateParameterFromLookasideList(&type_a, 8, 0, NULL, &nonpaged, &small), STATUS_SUCCESS);
    REQUIRE(small != NULL);
    FsRtlFreeExtraCreateParameter(small);
    EXPECT_EQ(cleanups, 2);
    FsRtlDeleteExtraCreateParameterLookasideList(&paged, 0);
    FsRtlDeleteExtraCreateParameterLookasideList(&nonpaged, FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL);
}
