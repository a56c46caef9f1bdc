/* Building IRPs with their buffers: buffered, direct or neither, as device and control code say. */
#include "nt/io_internal.h"
#include "nt/raise.h"

static bool add_system_buffer(PIRP irp, const struct io_request *r, ULONG size, ULONG copy)
{
    if (size == 0)
        return true;
    irp->AssociatedIrp.SystemBuffer = pool_alloc(NonPagedPoolNx, size, IO_TAG_BUFFER, r->caller);
    if (irp->AssociatedIrp.SystemBuffer == NULL)
        return false;
    if (copy != 0)
        memcpy(irp->AssociatedIrp.SystemBuffer, r->in, copy);
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    return true;
}

static bool add_mdl(PIRP irp, const struct io_request *r, PVOID buffer, ULONG length, LOCK_OPERATION operation)
{
    if (length == 0)
        return true;
    if (IoAllocateMdl(buffer, length, FALSE, FALSE, irp) == NULL)
        return false;
    MmProbeAndLockPages(irp->MdlAddress, r->mode, operation);
    return true;
}

static bool describe_control(PIRP irp, PIO_STACK_LOCATION stack, const struct io_request *r)
{
    unsigned method = METHOD_FROM_CTL_CODE(r->code);
    bool ok = true;

    stack->Parameters.DeviceIoControl.OutputBufferLength = r->out_length;
    stack->Parameters.DeviceIoControl.InputBufferLength = r->in_length;
    stack->Parameters.DeviceIoControl.IoControlCode = r->code;
    switch (method) {
    case METHOD_BUFFERED:
        ok = add_system_buffer(irp, r, r->in_length > r->out_length ? r->in_length : r->out_length, r->in_length);
        if (r->out_length != 0 && r->out != NULL)
            irp->Flags |= IRP_INPUT_OPERATION;
        irp->UserBuffer = r->out;
        break;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        ok = add_system_buffer(irp, r, r->in_length, r->in_length);
        if (ok && r->out != NULL)
            ok = add_mdl(irp, r, r->out, r->out_length, method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
        break;
    case METHOD_NEITHER:
        stack->Parameters.DeviceIoControl.Type3InputBuffer = r->in;
        irp->UserBuffer = r->out;
        break;
    }
    return ok;
}

static bool describe_read(PIRP irp, PIO_STACK_LOCATION stack, const struct io_request *r)
{
    stack->Parameters.Read.Length = r->out_length;
    stack->Parameters.Read.ByteOffset.QuadPart = r->offset;
    stack->Parameters.Read.Key = r->key;
    irp->Flags |= IRP_READ_OPERATION;
    irp->UserBuffer = r->out;
    if (r->device->Flags & DO_BUFFERED_IO) {
        if (r->out_length != 0)
            irp->Flags |= IRP_INPUT_OPERATION;
        return add_system_buffer(irp, r, r->out_length, 0);
    }
    if (r->device->Flags & DO_DIRECT_IO)
        return add_mdl(irp, r, r->out, r->out_length, IoWriteAccess);
    return true;
}

static bool describe_write(PIRP irp, PIO_STACK_LOCATION stack, const struct io_request *r)
{
    stack->Parameters.Write.Length = r->in_length;
    stack->Parameters.Write.ByteOffset.QuadPart = r->offset;
    stack->Parameters.Write.Key = r->key;
    irp->Flags |= IRP_WRITE_OPERATION;
    irp->UserBuffer = r->in;
    if (r->device->Flags & DO_BUFFERED_IO)
        return add_system_buffer(irp, r, r->in_length, r->in_length);
    if (r->device->Flags & DO_DIRECT_IO)
        return add_mdl(irp, r, r->in, r->in_length, IoReadAccess);
    return true;
}

static bool describe(PIRP irp, PIO_STACK_LOCATION stack, const struct io_request *r)
{
    switch (r->major) {
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        return describe_control(irp, stack, r);
    case IRP_MJ_READ:
        return describe_read(irp, stack, r);
    case IRP_MJ_WRITE:
        return describe_write(irp, stack, r);
    default:
        return true;
    }
}

PIRP io_build_request(const struct io_request *r)
{
    PIRP irp = io_allocate_irp(r->device->StackSize, r->caller);
    PIO_STACK_LOCATION stack;

    if (irp == NULL)
        return NULL;
    irp->RequestorMode = r->mode;
    irp->UserEvent = r->event;
    irp->UserIosb = r->iosb;
    irp->Tail.Overlay.Thread = (PETHREAD)(void *)ke_current();
    irp->Tail.Overlay.OriginalFileObject = r->file;
    stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = r->major;
    stack->FileObject = r->file;
    if (!describe(irp, stack, r)) {
        io_release_buffers(irp);
        IoFreeIrp(irp);
        return NULL;
    }
    return irp;
}

/* A control request that the I/O manager frees when it completes; then *IoStatusBlock is set and Event signalled.
 * Buffers: system memory, described as IoControlCode's method says. The caller sends it with IoCallDriver, waits, and
 * never frees it. NULL: no memory. PASSIVE_LEVEL. docs: wdm/nf-wdm-iobuilddeviceiocontrolrequest */
PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                         BOOLEAN InternalDeviceIoControl, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    struct io_request request = {
        .device = DeviceObject, .code = IoControlCode, .in = InputBuffer, .in_length = InputBufferLength,
        .out = OutputBuffer, .out_length = OutputBufferLength, .event = Event, .iosb = IoStatusBlock,
        .major = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL,
        .caller = __builtin_return_address(0),
    };
    PIRP irp = io_build_request(&request);

    if (irp != NULL)
        io_thread_irp(irp);
    return irp;
}

static PIRP build_fsd(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                      PIO_STATUS_BLOCK iosb, PKEVENT event, const void *caller)
{
    struct io_request request = { .device = device, .major = (UCHAR)major, .event = event, .iosb = iosb,
                                  .caller = caller };

    if (major == IRP_MJ_READ || major == IRP_MJ_WRITE) {
        if (offset == NULL)
            nt_raise_access_violation(false, 0);
        request.offset = offset->QuadPart;
    }
    if (major == IRP_MJ_WRITE) {
        request.in = buffer;
        request.in_length = length;
    } else if (major == IRP_MJ_READ) {
        request.out = buffer;
        request.out_length = length;
    }
    return io_build_request(&request);
}

/* A read, write, flush, shutdown, PnP or power request that the I/O manager completes into *IoStatusBlock and Event and
 * frees. StartingOffset: bytes, for reads and writes. PASSIVE_LEVEL. docs: wdm/nf-wdm-iobuildsynchronousfsdrequest */
PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                        PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP irp = build_fsd(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock, Event,
                         __builtin_return_address(0));

    if (irp != NULL)
        io_thread_irp(irp);
    return irp;
}

/* The same without an owner: a completion routine of the caller must stop the completion and free MDL, buffer and
 * IRP. IRQL <= DISPATCH. docs: wdm/nf-wdm-iobuildasynchronousfsdrequest */
PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                         PLARGE_INTEGER StartingOffset, PIO_STATUS_BLOCK IoStatusBlock)
{
    return build_fsd(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock, NULL,
                     __builtin_return_address(0));
}
