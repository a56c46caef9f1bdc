/* Undocumented exports that drivers import: declared by the driver. */
#include <ntifs.h>
#include <ring3/nt_imported.h>
#include "helpers.h"

TEST_CASE(a_thread_is_found_by_its_client_id)
{
    CLIENT_ID id = { PsGetCurrentProcessId(), PsGetCurrentThreadId() };
    PEPROCESS process = NULL;
    PETHREAD thread = NULL;

    EXPECT_EQ(PsLookupProcessThreadByCid(&id, &process, &thread), STATUS_SUCCESS);
    EXPECT(thread == PsGetCurrentThread());
    EXPECT(process == PsGetCurrentProcess());
    if (thread != NULL)
        ObDereferenceObject(thread);
    if (process != NULL)
        ObDereferenceObject(process);
    id.UniqueThread = (HANDLE)(ULONG_PTR)0x7FFFFFF0;
    EXPECT_EQ(PsLookupProcessThreadByCid(&id, NULL, &thread), STATUS_INVALID_CID);
}

TEST_CASE(the_system_process_is_protected_and_in_session_zero)
{
    EXPECT(PsIsProtectedProcess(PsInitialSystemProcess));
    EXPECT_EQ(PsGetProcessSessionIdEx(PsInitialSystemProcess), 0);
    EXPECT_EQ(PsGetThreadSessionId(PsGetCurrentThread()), 0);
    EXPECT_EQ(PsAcquireProcessExitSynchronization(PsInitialSystemProcess), STATUS_SUCCESS);
    PsReleaseProcessExitSynchronization(PsInitialSystemProcess);
}

static NTSTATUS wait_status;
static KEVENT never;

static VOID NTAPI Waiter(PVOID context)
{
    (void)context;
    wait_status = KeWaitForSingleObject(&never, Executive, KernelMode, TRUE, NULL);
}

TEST_CASE(a_thread_is_alerted_by_its_handle)
{
    PKTHREAD thread;
    HANDLE handle;

    KeInitializeEvent(&never, NotificationEvent, FALSE);
    EXPECT(KeIsWaitListEmpty(&never));
    wait_status = STATUS_PENDING;
    thread = StartThread(Waiter, NULL);
    REQUIRE(thread != NULL);
    EVENTUALLY(!KeIsWaitListEmpty(&never));
    REQUIRE(NT_SUCCESS(ObOpenObjectByPointer(thread, OBJ_KERNEL_HANDLE, NULL, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &handle)));
    EXPECT_EQ(ZwAlertThread(handle), STATUS_SUCCESS);
    JoinThread(thread);
    EXPECT_EQ(wait_status, STATUS_ALERTED);
    EXPECT_EQ(ZwPulseEvent(handle, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(handle);
    EXPECT_EQ(ZwAlertThread(handle), STATUS_INVALID_HANDLE);
}

TEST_CASE(a_pulsed_event_is_not_signalled_afterwards)
{
    OBJECT_ATTRIBUTES attributes;
    LONG before = -1;
    HANDLE handle;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(NT_SUCCESS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, TRUE)));
    EXPECT_EQ(ZwPulseEvent(handle, &before), STATUS_SUCCESS);
    EXPECT(before != 0);
    EXPECT_EQ(ZwPulseEvent(handle, &before), STATUS_SUCCESS);
    EXPECT_EQ(before, 0);
    ZwClose(handle);
}

TEST_CASE(the_other_names_do_what_the_known_ones_do)
{
    static const char digits[] = "123456789";
    LARGE_INTEGER system = { .QuadPart = 0x1D0000000000000 }, local, back;
    PDEVICE_OBJECT lower, upper;

    EXPECT_EQ(RtlComputeCrc32(0, (PVOID)digits, 9), 0xCBF43926);
    EXPECT_EQ(RtlComputeCrc32(RtlComputeCrc32(0, (PVOID)digits, 4), (PVOID)(digits + 4), 5), 0xCBF43926);
    EXPECT_EQ(RtlSystemTimeToLocalTime(&system, &local), STATUS_SUCCESS);
    EXPECT_EQ(RtlLocalTimeToSystemTime(&local, &back), STATUS_SUCCESS);
    EXPECT_EQ(back.QuadPart, system.QuadPart);
    REQUIRE(NT_SUCCESS(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &lower)));
    REQUIRE(NT_SUCCESS(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &upper)));
    lower->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    EXPECT_EQ(IoAttachDeviceByPointer(upper, lower), STATUS_SUCCESS);
    EXPECT(lower->AttachedDevice == upper);
    IoDetachDevice(lower);
    IoDeleteDevice(upper);
    IoDeleteDevice(lower);
}
