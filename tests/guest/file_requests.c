/* Requests on files that file systems answer: what the driver sees of them. */
#include <ntifs.h>

#include "helpers.h"

static PDEVICE_OBJECT device;
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\R3Requests");
static IO_STACK_LOCATION seen;
static LARGE_INTEGER seen_length;
static CHAR seen_data[32];
static NTSTATUS answer;
static HANDLE handle;

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    ULONG_PTR information = 0;
    NTSTATUS status = STATUS_SUCCESS;

    (void)object;
    if (s->MajorFunction != IRP_MJ_CREATE && s->MajorFunction != IRP_MJ_CLEANUP && s->MajorFunction != IRP_MJ_CLOSE) {
        seen = *s;
        status = answer;
    }
    switch (s->MajorFunction) {
    case IRP_MJ_LOCK_CONTROL:
        seen_length = *s->Parameters.LockControl.Length;
        break;
    case IRP_MJ_SET_EA:
    case IRP_MJ_SET_VOLUME_INFORMATION:
        memcpy(seen_data, irp->AssociatedIrp.SystemBuffer, min(s->Parameters.SetEa.Length, sizeof(seen_data)));
        break;
    case IRP_MJ_QUERY_EA:
        memset(irp->AssociatedIrp.SystemBuffer, 'e', 10);
        information = 10;
        break;
    }
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

TEST_SETUP(open_device)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        if (i != IRP_MJ_POWER && i != IRP_MJ_PNP && i != IRP_MJ_SYSTEM_CONTROL)
            TestDriverObject->MajorFunction[i] = Dispatch;
    IoCreateDevice(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateFile(&handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0, FILE_OPEN,
                 FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

TEST_TEARDOWN(close_device)
{
    ZwClose(handle);
    IoDeleteDevice(device);
}

TEST_CASE(a_lock_carries_its_range)
{
    LARGE_INTEGER offset = Time(0x1000), length = Time(0x20);
    IO_STATUS_BLOCK iosb;

    answer = STATUS_SUCCESS;
    EXPECT_EQ(ZwLockFile(handle, NULL, NULL, NULL, &iosb, &offset, &length, 7, TRUE, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(seen.MajorFunction, IRP_MJ_LOCK_CONTROL);
    EXPECT_EQ(seen.MinorFunction, IRP_MN_LOCK);
    EXPECT_EQ(seen.Flags, SL_FAIL_IMMEDIATELY | SL_EXCLUSIVE_LOCK);
    EXPECT_EQ(seen.Parameters.LockControl.ByteOffset.QuadPart, 0x1000);
    EXPECT_EQ(seen_length.QuadPart, 0x20);
    EXPECT_EQ(seen.Parameters.LockControl.Key, 7);
    answer = STATUS_RANGE_NOT_LOCKED;
    EXPECT_EQ(ZwUnlockFile(handle, &iosb, &offset, &length, 7), STATUS_RANGE_NOT_LOCKED);
    EXPECT_EQ(seen.MinorFunction, IRP_MN_UNLOCK_SINGLE);
}

TEST_CASE(a_granted_lock_signals_its_event)
{
    LARGE_INTEGER offset = Time(0), length = Time(1);
    IO_STATUS_BLOCK iosb;
    HANDLE event = NULL;

    answer = STATUS_SUCCESS;
    EXPECT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(ZwLockFile(handle, event, NULL, NULL, &iosb, &offset, &length, 0, FALSE, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(seen.Flags, 0);
    EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &(LARGE_INTEGER){ .QuadPart = 0 }), STATUS_SUCCESS);
    ZwClose(event);
}

TEST_CASE(extended_attributes_are_queried_and_set)
{
    struct {
        FILE_FULL_EA_INFORMATION ea;
        CHAR rest[8];
    } set = { { 0, 0, 1, 2, "a" }, "" };
    CHAR out[16] = "";
    ULONG index = 3;
    IO_STATUS_BLOCK iosb = { 0 };

    answer = STATUS_SUCCESS;
    EXPECT_EQ(ZwQueryEaFile(handle, &iosb, out, sizeof(out), TRUE, NULL, 0, &index, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(seen.MajorFunction, IRP_MJ_QUERY_EA);
    EXPECT_EQ(seen.Flags, SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY | SL_INDEX_SPECIFIED);
    EXPECT_EQ(seen.Parameters.QueryEa.EaIndex, 3);
    EXPECT_EQ(seen.Parameters.QueryEa.Length, sizeof(out));
    EXPECT_EQ(iosb.Information, 10);
    EXPECT(out[9] == 'e' && out[10] == 0);
    EXPECT_EQ(ZwSetEaFile(handle, &iosb, &set, 12), STATUS_SUCCESS);
    EXPECT_EQ(seen.MajorFunction, IRP_MJ_SET_EA);
    EXPECT_EQ(seen.Parameters.SetEa.Length, 12);
    EXPECT_EQ(seen_data[8], 'a');
    seen.MajorFunction = 0;
    EXPECT_EQ(ZwSetEaFile(handle, &iosb, &set, 11), STATUS_EA_LIST_INCONSISTENT);
    EXPECT_EQ(seen.MajorFunction, 0);
}

TEST_CASE(volume_information_is_set_and_flushes_have_flags)
{
    IO_STATUS_BLOCK iosb;

    answer = STATUS_SUCCESS;
    EXPECT_EQ(ZwSetVolumeInformationFile(handle, &iosb, "label", 6, FileFsLabelInformation), STATUS_SUCCESS);
    EXPECT_EQ(seen.MajorFunction, IRP_MJ_SET_VOLUME_INFORMATION);
    EXPECT_EQ(seen.Parameters.SetVolume.Length, 6);
    EXPECT_EQ(seen.Parameters.SetVolume.FsInformationClass, FileFsLabelInformation);
    EXPECT(memcmp(seen_data, "label", 6) == 0);
    EXPECT_EQ(ZwFlushBuffersFileEx(handle, 1, NULL, 0, &iosb), STATUS_SUCCESS);
    EXPECT_EQ(seen.MajorFunction, IRP_MJ_FLUSH_BUFFERS);
    EXPECT_EQ(seen.MinorFunction, 1);
    EXPECT_EQ(ZwFlushBuffersFileEx(handle, 0, &iosb, 8, &iosb), STATUS_INVALID_PARAMETER);
}
