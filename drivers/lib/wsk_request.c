#include "wsk_request.h"

static IO_COMPLETION_ROUTINE RequestDone;

_Use_decl_annotations_
static NTSTATUS RequestDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent((PKEVENT)Context, IO_NETWORK_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

_Use_decl_annotations_
NTSTATUS WskRequestCreate(PWSK_REQUEST Request)
{
    KeInitializeEvent(&Request->Done, SynchronizationEvent, FALSE);
    Request->Irp = IoAllocateIrp(1, FALSE);
    return Request->Irp ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

_Use_decl_annotations_
VOID WskRequestDestroy(PWSK_REQUEST Request)
{
    if (Request->Irp)
        IoFreeIrp(Request->Irp);
    Request->Irp = NULL;
}

_Use_decl_annotations_
PIRP WskRequestIrp(PWSK_REQUEST Request)
{
    IoReuseIrp(Request->Irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(Request->Irp, RequestDone, &Request->Done, TRUE, TRUE, TRUE);
    return Request->Irp;
}

_Use_decl_annotations_
NTSTATUS WskRequestWait(PWSK_REQUEST Request, NTSTATUS Returned)
{
    UNREFERENCED_PARAMETER(Returned);       /* the IRP is completed in any case */
    KeWaitForSingleObject(&Request->Done, Executive, KernelMode, FALSE, NULL);
    return Request->Irp->IoStatus.Status;
}

_Use_decl_annotations_
NTSTATUS WskRequestWaitUnless(PWSK_REQUEST Request, NTSTATUS Returned, PKEVENT Stop)
{
    PVOID objects[2] = { &Request->Done, Stop };

    if (KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL) != STATUS_WAIT_0) {
        IoCancelIrp(Request->Irp);
        return WskRequestWait(Request, Returned);
    }
    return Request->Irp->IoStatus.Status;
}
