/* What a driver gets when the system is turned off. Its shutdown routine prints; tests/system/shutdown.sh reads. */
#include "testing.h"

static PDEVICE_OBJECT First, Last, Quiet;

static NTSTATUS NTAPI OnShutdown(PDEVICE_OBJECT device, PIRP irp)
{
    DbgPrint("shutdown of %s at IRQL %d\n", device == First ? "first" : device == Last ? "last" : "quiet", KeGetCurrentIrql());
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

TEST_SETUP(create_devices)
{
    TestDriverObject->MajorFunction[IRP_MJ_SHUTDOWN] = OnShutdown;
    EXPECT_EQ(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Last), STATUS_SUCCESS);
    EXPECT_EQ(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &First), STATUS_SUCCESS);
    EXPECT_EQ(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Quiet), STATUS_SUCCESS);
}

TEST_TEARDOWN(delete_devices)
{
    IoUnregisterShutdownNotification(First);
    IoUnregisterShutdownNotification(Last);
    IoDeleteDevice(First);
    IoDeleteDevice(Last);
    IoDeleteDevice(Quiet);
}

TEST_CASE(a_device_is_registered_for_shutdown_once_and_may_change_its_mind)
{
    EXPECT_EQ(IoRegisterLastChanceShutdownNotification(Last), STATUS_SUCCESS);
    EXPECT_EQ(IoRegisterShutdownNotification(First), STATUS_SUCCESS);
    EXPECT_EQ(IoRegisterShutdownNotification(Quiet), STATUS_SUCCESS);
    IoUnregisterShutdownNotification(Quiet);
}
