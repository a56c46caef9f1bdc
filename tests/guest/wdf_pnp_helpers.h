/* PnP requests that a test sends by hand. After helpers.h. */
#ifndef TESTS_GUEST_WDF_PNP_HELPERS_H
#define TESTS_GUEST_WDF_PNP_HELPERS_H

/* The request to the top of the stack over `bottom`; *information: what it came back with. */
static inline NTSTATUS Ask(PDEVICE_OBJECT bottom, UCHAR minor, IO_STACK_LOCATION *parameters, ULONG_PTR *information)
{
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(bottom);
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    NTSTATUS status;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, &iosb);
    if (irp == NULL) {
        ObDereferenceObject(top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    irp->IoStatus.Information = 0;
    IoGetNextIrpStackLocation(irp)->MinorFunction = minor;
    if (parameters != NULL)
        IoGetNextIrpStackLocation(irp)->Parameters = parameters->Parameters;
    IoCallDriver(top, irp);
    WaitFor(&event);
    status = iosb.Status;
    if (information != NULL)
        *information = iosb.Information;
    ObDereferenceObject(top);
    return status;
}

static inline NTSTATUS Pnp(PDEVICE_OBJECT bottom, UCHAR minor)
{
    return Ask(bottom, minor, NULL, NULL);
}

#endif
