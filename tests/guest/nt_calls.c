/* Native services under the names without Zw, handles of processes and threads, tokens; small answers of the I/O manager. */
#include <ntifs.h>

#include "testing.h"

static NTSTATUS OpenProcess(PHANDLE handle, HANDLE process, HANDLE thread)
{
    CLIENT_ID id = { process, thread };
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenProcess(handle, PROCESS_ALL_ACCESS, &attributes, &id);
}

TEST_CASE(a_process_is_opened_by_its_id)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = { PsGetCurrentProcessId(), NULL };
    HANDLE handle = NULL;
    PVOID object;

    REQUIRE(OpenProcess(&handle, PsGetCurrentProcessId(), NULL) == STATUS_SUCCESS);
    REQUIRE(ObReferenceObjectByHandle(handle, 0, *PsProcessType, KernelMode, &object, NULL) == STATUS_SUCCESS);
    EXPECT(object == (PVOID)PsGetCurrentProcess());
    ObDereferenceObject(object);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    REQUIRE(OpenProcess(&handle, PsGetCurrentProcessId(), PsGetCurrentThreadId()) == STATUS_SUCCESS);
    ZwClose(handle);
    EXPECT_EQ(OpenProcess(&handle, (HANDLE)0x7FFFFFF0, NULL), STATUS_INVALID_CID);
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_EQ(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, NULL), STATUS_INVALID_PARAMETER_MIX);
    REQUIRE(NtOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &id) == STATUS_SUCCESS);
    ZwClose(handle);
}

TEST_CASE(a_threads_priority_is_set_through_its_handle)
{
    KPRIORITY before = KeQueryPriorityThread(KeGetCurrentThread()), priority = 12;
    ULONG page = MEMORY_PRIORITY_LOW, wrong = 32;
    HANDLE handle;

    REQUIRE(ObOpenObjectByPointer(KeGetCurrentThread(), OBJ_KERNEL_HANDLE, NULL, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                  &handle) == STATUS_SUCCESS);
    EXPECT_EQ(ZwSetInformationThread(handle, ThreadPriority, &priority, sizeof(priority)), STATUS_SUCCESS);
    EXPECT_EQ(KeQueryPriorityThread(KeGetCurrentThread()), 12);
    EXPECT_EQ(ZwSetInformationThread(handle, ThreadPriority, &wrong, sizeof(wrong)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ZwSetInformationThread(handle, ThreadPriority, &priority, 2), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(ZwSetInformationThread(handle, ThreadPagePriority, &page, sizeof(page)), STATUS_SUCCESS);
    EXPECT_EQ(KeQueryPriorityThread(KeGetCurrentThread()), 12);
    KeSetPriorityThread(KeGetCurrentThread(), before);
    ZwClose(handle);
}

static void NTAPI TellStart(PVOID context)
{
    NTSTATUS *status = context;
    PVOID start[2] = { 0 };
    ULONG length = 0;
    HANDLE handle;

    *status = ObOpenObjectByPointer(KeGetCurrentThread(), OBJ_KERNEL_HANDLE, NULL, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &handle);
    if (!NT_SUCCESS(*status))
        return;
    *status = ZwQueryInformationThread(handle, ThreadQuerySetWin32StartAddress, start, sizeof(start[0]), &length);
    EXPECT(start[0] == (PVOID)(ULONG_PTR)TellStart);
    EXPECT_EQ(length, sizeof(start[0]));
    EXPECT_EQ(ZwQueryInformationThread(handle, ThreadQuerySetWin32StartAddress, start, 4, &length), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(length, sizeof(start[0]));
    EXPECT_EQ(NtQueryInformationThread(handle, (THREADINFOCLASS)999, start, sizeof(start[0]), NULL), STATUS_INVALID_INFO_CLASS);
    ZwClose(handle);
}

TEST_CASE(a_thread_tells_where_it_started)
{
    NTSTATUS status = STATUS_PENDING;
    HANDLE thread;
    PVOID object;

    REQUIRE(NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, TellStart, &status)));
    REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(thread, SYNCHRONIZE, *PsThreadType, KernelMode, &object, NULL)));
    KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(object);
    ZwClose(thread);
    EXPECT_EQ(status, STATUS_SUCCESS);
}

TEST_CASE(a_process_has_a_primary_token_and_no_thread_impersonates)
{
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    SECURITY_IMPERSONATION_LEVEL level;
    BOOLEAN copy, effective;

    REQUIRE(token != NULL);
    EXPECT_EQ(SeTokenType(token), TokenPrimary);
    PsDereferencePrimaryToken(token);
    EXPECT(PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level) == NULL);
    PsDereferenceImpersonationToken(NULL);
}

TEST_CASE(a_file_opens_under_either_name)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\NoSuchThing");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_EQ(NtOpenFile(&handle, FILE_READ_DATA, &attributes, &iosb, 0, 0),
              ZwOpenFile(&handle, FILE_READ_DATA, &attributes, &iosb, 0, 0));
    EXPECT_EQ(NtReadFile((HANDLE)0x7FFFFFF0, NULL, NULL, NULL, &iosb, &handle, 1, NULL, NULL), STATUS_INVALID_HANDLE);
}

static VOID Merge(PIRP master, NTSTATUS first, NTSTATUS second, NTSTATUS expected)
{
    master->IoStatus.Status = STATUS_SUCCESS;
    IoSetMasterIrpStatus(master, first);
    IoSetMasterIrpStatus(master, second);
    EXPECT_EQ(master->IoStatus.Status, expected);
}

TEST_CASE(a_master_irp_keeps_the_more_severe_status)
{
    PIRP master = IoAllocateIrp(1, FALSE);

    REQUIRE(master != NULL);
    Merge(master, STATUS_SUCCESS, STATUS_SUCCESS, STATUS_SUCCESS);
    Merge(master, STATUS_SUCCESS, STATUS_IO_DEVICE_ERROR, STATUS_IO_DEVICE_ERROR);
    Merge(master, STATUS_IO_DEVICE_ERROR, STATUS_SUCCESS, STATUS_IO_DEVICE_ERROR);
    Merge(master, STATUS_BUFFER_OVERFLOW, STATUS_IO_DEVICE_ERROR, STATUS_IO_DEVICE_ERROR);
    Merge(master, STATUS_IO_DEVICE_ERROR, STATUS_BUFFER_OVERFLOW, STATUS_IO_DEVICE_ERROR);
    Merge(master, STATUS_IO_DEVICE_ERROR, STATUS_VERIFY_REQUIRED, STATUS_VERIFY_REQUIRED);
    Merge(master, (NTSTATUS)0x40000035, STATUS_SUCCESS, STATUS_SUCCESS);
    IoFreeIrp(master);
}

TEST_CASE(the_device_to_verify_is_noted_for_the_irps_thread)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    PDEVICE_OBJECT device;

    REQUIRE(irp != NULL);
    REQUIRE(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_DISK, 0, FALSE, &device) == STATUS_SUCCESS);
    EXPECT(IoGetDeviceToVerify(PsGetCurrentThread()) == NULL);
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetHardErrorOrVerifyDevice(irp, device);
    EXPECT(IoGetDeviceToVerify(PsGetCurrentThread()) == device);
    IoSetDeviceToVerify(PsGetCurrentThread(), NULL);
    EXPECT(IoGetDeviceToVerify(PsGetCurrentThread()) == NULL);
    IoDeleteDevice(device);
    IoFreeIrp(irp);
}

TEST_CASE(an_irp_has_no_activity_id_while_nobody_traces)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    LPCGUID original;
    GUID id = { 0 };

    REQUIRE(irp != NULL);
    EXPECT_EQ(IoGetActivityIdIrp(irp, &id), STATUS_NOT_FOUND);
    EXPECT_EQ(IoPropagateActivityIdToThread(irp, &id, &original), STATUS_NOT_FOUND);
    EXPECT_EQ(IoSetActivityIdIrp(irp, NULL), STATUS_NOT_SUPPORTED);
    IoFreeIrp(irp);
}
