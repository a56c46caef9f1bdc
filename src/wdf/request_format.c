/* Formatting requests for a target. docs: wdf/sending-i-o-requests-to-general-i-o-targets */
#include "nt/io_internal.h"
#include "wdf/memory.h"
#include "wdf/request.h"
#include "wdf/target.h"

/* --- spans ------------------------------------------------------------------------------------------------------------------ */

NTSTATUS wdf_span_of_memory(WDFMEMORY handle, const WDFMEMORY_OFFSET *offset, const void *caller, struct wdf_span *span)
{
    struct wdf_memory *memory;

    *span = (struct wdf_span){ 0 };
    if (!handle)
        return STATUS_SUCCESS;
    memory = wdf_check(handle, &wdf_memory_type, caller);
    if (!wdf_memory_range(memory, offset, &span->address, &span->length))
        return STATUS_INVALID_DEVICE_REQUEST;
    span->memory = memory;
    span->offset = offset ? offset->BufferOffset : 0;
    if (memory->mdl && span->length == memory->size)
        span->mdl = memory->mdl;
    return STATUS_SUCCESS;
}

NTSTATUS wdf_span_of_descriptor(const WDF_MEMORY_DESCRIPTOR *d, const void *caller, struct wdf_span *span)
{
    *span = (struct wdf_span){ 0 };
    if (!d)
        return STATUS_SUCCESS;
    switch (d->Type) {
    case WdfMemoryDescriptorTypeBuffer:
        span->address = d->u.BufferType.Buffer;
        span->length = d->u.BufferType.Length;
        return STATUS_SUCCESS;
    case WdfMemoryDescriptorTypeMdl:
        if (!d->u.MdlType.Mdl || d->u.MdlType.BufferLength > MmGetMdlByteCount(d->u.MdlType.Mdl))
            return STATUS_INVALID_PARAMETER;
        span->length = d->u.MdlType.BufferLength;
        span->mdl = span->length == MmGetMdlByteCount(d->u.MdlType.Mdl) ? d->u.MdlType.Mdl : NULL;
        span->address = MmGetSystemAddressForMdlSafe(d->u.MdlType.Mdl, NormalPagePriority);
        return span->address ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    case WdfMemoryDescriptorTypeHandle:
        return wdf_span_of_memory(d->u.HandleType.Memory, d->u.HandleType.Offsets, caller, span);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* --- the IRP ---------------------------------------------------------------------------------------------------------------- */

NTSTATUS wdf_request_fit(struct wdf_request *request, PDEVICE_OBJECT wdm, const void *caller)
{
    if (!wdm)
        return STATUS_INVALID_DEVICE_STATE;
    if (request->irp && request->irp->CurrentLocation - 1 >= wdm->StackSize)
        return STATUS_SUCCESS;
    if (!request->made_by_driver || request->free_irp || (request->irp && !request->own_irp))
        return STATUS_REQUEST_NOT_ACCEPTED;
    PIRP irp = io_allocate_irp(wdm->StackSize, caller);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (request->irp)
        IoFreeIrp(request->irp);
    request->irp = irp;
    request->own_irp = true;
    return STATUS_SUCCESS;
}

void wdf_request_reset_format(struct wdf_request *request)
{
    PIRP irp = request->irp;

    for (unsigned i = 0; i < 2; i++) {
        if (request->references[i])
            wdf_dereference(request->references[i]);
        request->references[i] = NULL;
    }
    if (request->saved && irp) {
        irp->AssociatedIrp.SystemBuffer = request->saved_system;
        irp->MdlAddress = request->saved_mdl;
        irp->UserBuffer = request->saved_user;
    } else if (irp && request->formatted && request->made_by_driver) {
        irp->MdlAddress = NULL;
        irp->AssociatedIrp.SystemBuffer = NULL;
    }
    request->saved = request->formatted = false;
    if (request->format_mdl)
        IoFreeMdl(request->format_mdl);
    request->format_mdl = NULL;
    if (request->system_buffer)
        wdf_free(request->system_buffer);
    request->system_buffer = NULL;
    request->copy_back.to = NULL;
    if (request->object.state == WDF_DESTROYED && request->built_mdl) {
        IoFreeMdl(request->built_mdl);
        request->built_mdl = NULL;
    }
}

void wdf_request_after_send(struct wdf_request *request)
{
    size_t size = request->params.IoStatus.Information;

    if (request->copy_back.to && !NT_ERROR(request->params.IoStatus.Status))
        memcpy(request->copy_back.to, request->system_buffer, size < request->copy_back.room ? size : request->copy_back.room);
    wdf_request_reset_format(request);
}

static NTSTATUS use_mdl(struct wdf_request *request, const struct wdf_span *span)
{
    if (span->mdl || !span->length) {
        request->irp->MdlAddress = span->mdl;
        return STATUS_SUCCESS;
    }
    request->format_mdl = IoAllocateMdl(span->address, (ULONG)span->length, FALSE, FALSE, NULL);
    if (!request->format_mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(request->format_mdl);
    request->irp->MdlAddress = request->format_mdl;
    return STATUS_SUCCESS;
}

/* One buffer for input and output, as METHOD_BUFFERED wants it. */
static NTSTATUS use_system_buffer(struct wdf_request *request, const struct wdf_span *in, const struct wdf_span *out,
                                  const void *caller)
{
    size_t size = in->length > out->length ? in->length : out->length;

    request->irp->AssociatedIrp.SystemBuffer = in->address ? in->address : out->address;
    if (!size || in->address == out->address || !in->length || !out->length)
        return STATUS_SUCCESS;
    request->system_buffer = wdf_alloc(request->object.client, NonPagedPoolNx, size, caller);
    if (!request->system_buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(request->system_buffer, in->address, in->length);
    request->copy_back.to = out->address;
    request->copy_back.room = out->length;
    request->irp->AssociatedIrp.SystemBuffer = request->system_buffer;
    return STATUS_SUCCESS;
}

static NTSTATUS transfer(struct wdf_request *request, PDEVICE_OBJECT wdm, PIO_STACK_LOCATION next, const struct wdf_format *f)
{
    const struct wdf_span *span = f->major == IRP_MJ_READ ? &f->out : &f->in;

    next->Parameters.Read.Length = (ULONG)span->length;
    next->Parameters.Read.ByteOffset.QuadPart = f->offset;
    if (wdm->Flags & DO_DIRECT_IO)
        return use_mdl(request, span);
    if (wdm->Flags & DO_BUFFERED_IO)
        request->irp->AssociatedIrp.SystemBuffer = span->address;
    else
        request->irp->UserBuffer = span->address;
    return STATUS_SUCCESS;
}

static NTSTATUS control(struct wdf_request *request, PIO_STACK_LOCATION next, const struct wdf_format *f, const void *caller)
{
    if (f->has_others) {
        next->Parameters.Others.Argument1 = f->argument[0];
        next->Parameters.Others.Argument2 = f->argument[1];
        next->Parameters.Others.Argument4 = f->argument[2];
        next->Parameters.DeviceIoControl.IoControlCode = f->code;
        return STATUS_SUCCESS;
    }
    next->Parameters.DeviceIoControl.IoControlCode = f->code;
    next->Parameters.DeviceIoControl.InputBufferLength = (ULONG)f->in.length;
    next->Parameters.DeviceIoControl.OutputBufferLength = (ULONG)f->out.length;
    switch (f->code & 3) {
    case METHOD_BUFFERED:
        return use_system_buffer(request, &f->in, &f->out, caller);
    case METHOD_NEITHER:
        next->Parameters.DeviceIoControl.Type3InputBuffer = f->in.address;
        request->irp->UserBuffer = f->out.address;
        return STATUS_SUCCESS;
    default:
        request->irp->AssociatedIrp.SystemBuffer = f->in.address;
        return use_mdl(request, &f->out);
    }
}

static void keep(struct wdf_request *request, unsigned n, const struct wdf_span *span)
{
    if (!span->memory || span->memory == request->input || span->memory == request->output)
        return;
    request->references[n] = &span->memory->object;
    wdf_reference(span->memory);
}

static void fill_params(struct wdf_request *request, const struct wdf_format *f)
{
    WDF_REQUEST_COMPLETION_PARAMS *p = &request->params;

    memset(p, 0, sizeof *p);
    p->Size = sizeof *p;
    p->Type = f->has_others ? WdfRequestTypeOther : (WDF_REQUEST_TYPE)f->major;
    if (f->has_others)
        return;
    if (f->major == IRP_MJ_READ || f->major == IRP_MJ_WRITE) {
        const struct wdf_span *span = f->major == IRP_MJ_READ ? &f->out : &f->in;
        p->Parameters.Read.Buffer = (WDFMEMORY)span->memory;
        p->Parameters.Read.Length = span->length;
        p->Parameters.Read.Offset = span->offset;
        return;
    }
    p->Parameters.Ioctl.IoControlCode = f->code;
    p->Parameters.Ioctl.Input.Buffer = (WDFMEMORY)f->in.memory;
    p->Parameters.Ioctl.Input.Offset = f->in.offset;
    p->Parameters.Ioctl.Output.Buffer = (WDFMEMORY)f->out.memory;
    p->Parameters.Ioctl.Output.Offset = f->out.offset;
    p->Parameters.Ioctl.Output.Length = f->out.length;
}

NTSTATUS wdf_request_format(struct wdf_request *request, struct wdf_target *target, const struct wdf_format *f, const void *caller)
{
    NTSTATUS status;

    if (request->state == REQUEST_SENT)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = wdf_request_fit(request, target->wdm, caller);
    if (!NT_SUCCESS(status))
        return status;
    wdf_request_reset_format(request);
    PIRP irp = request->irp;
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    memset(next, 0, sizeof *next);
    next->MajorFunction = f->major;
    next->FileObject = target->file;
    request->saved = !request->made_by_driver;
    request->saved_system = irp->AssociatedIrp.SystemBuffer;
    request->saved_mdl = irp->MdlAddress;
    request->saved_user = irp->UserBuffer;
    request->formatted = true;
    request->target = target;
    fill_params(request, f);
    keep(request, 0, &f->in);
    keep(request, 1, &f->out);
    if (f->major == IRP_MJ_READ || f->major == IRP_MJ_WRITE)
        status = transfer(request, target->wdm, next, f);
    else
        status = control(request, next, f, caller);
    if (!NT_SUCCESS(status))
        wdf_request_reset_format(request);
    return status;
}

/* --- what drivers call ---------------------------------------------------------------------------------------------------------- */

static NTSTATUS format_memory(WDFIOTARGET target, WDFREQUEST request, UCHAR major, ULONG code, WDFMEMORY in,
                              PWDFMEMORY_OFFSET in_offset, WDFMEMORY out, PWDFMEMORY_OFFSET out_offset, PLONGLONG offset,
                              const void *caller)
{
    struct wdf_format f = { .major = major, .code = code, .offset = offset ? *offset : 0 };
    NTSTATUS status = wdf_span_of_memory(in, in_offset, caller, &f.in);

    if (NT_SUCCESS(status))
        status = wdf_span_of_memory(out, out_offset, caller, &f.out);
    struct wdf_request *r = wdf_request_check(request, caller);
    struct wdf_target *t = wdf_target_check(target, caller);
    return NT_SUCCESS(status) ? wdf_request_format(r, t, &f, caller) : status;
}

/* Makes a read request of a request that the driver has. DeviceOffset may be NULL. <= DISPATCH_LEVEL. Errors: wdf_request_format.
 * docs: wdfiotarget/nf-wdfiotarget-wdfiotargetformatrequestforread */
NTSTATUS NTAPI WdfIoTargetFormatRequestForRead(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                               WDFMEMORY OutputBuffer, PWDFMEMORY_OFFSET OutputBufferOffset,
                                               PLONGLONG DeviceOffset)
{
    return format_memory(IoTarget, Request, IRP_MJ_READ, 0, NULL, NULL, OutputBuffer, OutputBufferOffset, DeviceOffset,
                         WDF_CALLER());
}

/* docs: wdfiotarget/nf-wdfiotarget-wdfiotargetformatrequestforwrite */
NTSTATUS NTAPI WdfIoTargetFormatRequestForWrite(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                WDFMEMORY InputBuffer, PWDFMEMORY_OFFSET InputBufferOffset,
                                                PLONGLONG DeviceOffset)
{
    return format_memory(IoTarget, Request, IRP_MJ_WRITE, 0, InputBuffer, InputBufferOffset, NULL, NULL, DeviceOffset,
                         WDF_CALLER());
}

/* docs: wdfiotarget/nf-wdfiotarget-wdfiotargetformatrequestforioctl */
NTSTATUS NTAPI WdfIoTargetFormatRequestForIoctl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                ULONG IoctlCode, WDFMEMORY InputBuffer, PWDFMEMORY_OFFSET InputBufferOffset,
                                                WDFMEMORY OutputBuffer, PWDFMEMORY_OFFSET OutputBufferOffset)
{
    return format_memory(IoTarget, Request, IRP_MJ_DEVICE_CONTROL, IoctlCode, InputBuffer, InputBufferOffset, OutputBuffer,
                         OutputBufferOffset, NULL, WDF_CALLER());
}

/* docs: wdfiotarget/nf-wdfiotarget-wdfiotargetformatrequestforinternalioctl */
NTSTATUS NTAPI WdfIoTargetFormatRequestForInternalIoctl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                        ULONG IoctlCode, WDFMEMORY InputBuffer,
                                                        PWDFMEMORY_OFFSET InputBufferOffset, WDFMEMORY OutputBuffer,
                                                        PWDFMEMORY_OFFSET OutputBufferOffset)
{
    return format_memory(IoTarget, Request, IRP_MJ_INTERNAL_DEVICE_CONTROL, IoctlCode, InputBuffer, InputBufferOffset, OutputBuffer,
                         OutputBufferOffset, NULL, WDF_CALLER());
}

static void *argument_of(WDFMEMORY memory, PWDFMEMORY_OFFSET offset, const void *caller, NTSTATUS *status)
{
    struct wdf_span span;
    NTSTATUS found = wdf_span_of_memory(memory, offset, caller, &span);

    if (!NT_SUCCESS(found))
        *status = found;
    return span.address;
}

/* Three arguments for drivers that take them in the stack location. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetformatrequestforinternalioctlothers */
NTSTATUS NTAPI WdfIoTargetFormatRequestForInternalIoctlOthers(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode, WDFMEMORY OtherArg1,
    PWDFMEMORY_OFFSET OtherArg1Offset, WDFMEMORY OtherArg2, PWDFMEMORY_OFFSET OtherArg2Offset, WDFMEMORY OtherArg4,
    PWDFMEMORY_OFFSET OtherArg4Offset)
{
    const void *caller = WDF_CALLER();
    struct wdf_format f = { .major = IRP_MJ_INTERNAL_DEVICE_CONTROL, .code = IoctlCode, .has_others = true };
    NTSTATUS status = STATUS_SUCCESS;

    f.argument[0] = argument_of(OtherArg1, OtherArg1Offset, caller, &status);
    f.argument[1] = argument_of(OtherArg2, OtherArg2Offset, caller, &status);
    f.argument[2] = argument_of(OtherArg4, OtherArg4Offset, caller, &status);
    struct wdf_request *request = wdf_request_check(Request, caller);
    struct wdf_target *target = wdf_target_check(IoTarget, caller);
    return NT_SUCCESS(status) ? wdf_request_format(request, target, &f, caller) : status;
}
