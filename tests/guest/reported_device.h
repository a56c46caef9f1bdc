/* A device that the test reports to the PnP manager and drives by itself, with a function device object that passes everything on.
 * After helpers.h. */
#ifndef TESTS_GUEST_REPORTED_DEVICE_H
#define TESTS_GUEST_REPORTED_DEVICE_H

static PDEVICE_OBJECT pdo, fdo, lower;

static NTSTATUS NTAPI Pnp(PDEVICE_OBJECT device, PIRP irp)
{
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    NTSTATUS status;

    (void)device;
    IoSkipCurrentIrpStackLocation(irp);
    status = IoCallDriver(lower, irp);
    if (minor == IRP_MN_REMOVE_DEVICE) {
        IoDetachDevice(lower);
        IoDeleteDevice(fdo);
    }
    return status;
}

static inline void ReportDevice(void)
{
    TestDriverObject->MajorFunction[IRP_MJ_PNP] = Pnp;
    IoReportDetectedDevice(TestDriverObject, InterfaceTypeUndefined, (ULONG)-1, (ULONG)-1, NULL, NULL, TRUE, &pdo);
    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &fdo);
    lower = IoAttachDeviceToDeviceStack(fdo, pdo);
    fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

#endif
