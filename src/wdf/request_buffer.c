/* The buffers of received requests. docs: wdf/accessing-data-buffers-in-wdf-drivers */
#include "nt/ram.h"
#include "wdf/memory.h"
#include "wdf/request.h"

struct buffer {
    void *address;
    size_t length;
    PMDL mdl;
};

static bool by_write(const IO_STACK_LOCATION *s)
{
    return s->MajorFunction == IRP_MJ_WRITE;
}

static bool is_control(const IO_STACK_LOCATION *s)
{
    return s->MajorFunction == IRP_MJ_DEVICE_CONTROL || s->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
}

size_t wdf_request_output_length(const struct wdf_request *request)
{
    const IO_STACK_LOCATION *s = IoGetCurrentIrpStackLocation(request->irp);

    if (s->MajorFunction == IRP_MJ_READ)
        return s->Parameters.Read.Length;
    return is_control(s) ? s->Parameters.DeviceIoControl.OutputBufferLength : 0;
}

static NTSTATUS from_mdl(PIRP irp, struct buffer *b)
{
    b->mdl = irp->MdlAddress;
    if (!b->mdl)
        return STATUS_INVALID_DEVICE_REQUEST;
    b->address = MmGetSystemAddressForMdlSafe(b->mdl, NormalPagePriority);
    return b->address ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS transfer_buffer(struct wdf_request *request, struct buffer *b)
{
    ULONG flags = request->device->wdm->Flags;

    if (flags & DO_DIRECT_IO)
        return from_mdl(request->irp, b);
    if (!(flags & DO_BUFFERED_IO))
        return STATUS_INVALID_DEVICE_REQUEST;
    b->address = request->irp->AssociatedIrp.SystemBuffer;
    return STATUS_SUCCESS;
}

/* Internal controls carry what their sender put there: the kernel addresses themselves for METHOD_NEITHER. */
static NTSTATUS control_buffer(struct wdf_request *request, const IO_STACK_LOCATION *s, bool output, struct buffer *b)
{
    PIRP irp = request->irp;

    switch (s->Parameters.DeviceIoControl.IoControlCode & 3) {
    case METHOD_BUFFERED:
        b->address = irp->AssociatedIrp.SystemBuffer;
        return STATUS_SUCCESS;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        if (output)
            return from_mdl(irp, b);
        b->address = irp->AssociatedIrp.SystemBuffer;
        return STATUS_SUCCESS;
    default:
        if (s->MajorFunction != IRP_MJ_INTERNAL_DEVICE_CONTROL)
            return STATUS_INVALID_DEVICE_REQUEST;
        b->address = output ? irp->UserBuffer : s->Parameters.DeviceIoControl.Type3InputBuffer;
        return STATUS_SUCCESS;
    }
}

static NTSTATUS find_buffer(struct wdf_request *request, bool output, struct buffer *b)
{
    if (!request->irp || request->state == REQUEST_COMPLETED)
        return STATUS_INTERNAL_ERROR;
    if (!request->device)
        return STATUS_INVALID_DEVICE_REQUEST;
    const IO_STACK_LOCATION *s = IoGetCurrentIrpStackLocation(request->irp);
    *b = (struct buffer){ 0 };
    if (s->MajorFunction == (output ? IRP_MJ_READ : IRP_MJ_WRITE)) {
        b->length = by_write(s) ? s->Parameters.Write.Length : s->Parameters.Read.Length;
        return b->length ? transfer_buffer(request, b) : STATUS_BUFFER_TOO_SMALL;
    }
    if (!is_control(s))
        return STATUS_INVALID_DEVICE_REQUEST;
    b->length = output ? s->Parameters.DeviceIoControl.OutputBufferLength : s->Parameters.DeviceIoControl.InputBufferLength;
    return b->length ? control_buffer(request, s, output, b) : STATUS_BUFFER_TOO_SMALL;
}

static NTSTATUS retrieve_buffer(struct wdf_request *request, bool output, size_t minimum, PVOID *buffer, size_t *length)
{
    struct buffer b;
    NTSTATUS status = find_buffer(request, output, &b);

    *buffer = NULL;
    if (length)
        *length = 0;
    if (NT_SUCCESS(status) && b.length < minimum)
        status = STATUS_BUFFER_TOO_SMALL;
    if (!NT_SUCCESS(status))
        return status;
    *buffer = b.address;
    if (length)
        *length = b.length;
    return STATUS_SUCCESS;
}

static NTSTATUS retrieve_memory(struct wdf_request *request, bool output, WDFMEMORY *result, const void *caller)
{
    struct wdf_memory **kept = output ? &request->output : &request->input;
    struct buffer b;
    NTSTATUS status = find_buffer(request, output, &b);

    *result = NULL;
    if (!NT_SUCCESS(status))
        return status;
    if (!*kept) {
        status = wdf_memory_over(&request->object, b.address, b.length, caller, kept);
        if (!NT_SUCCESS(status))
            return status;
        (*kept)->read_only = !output;
        (*kept)->mdl = b.mdl;
        (*kept)->object.undeletable = true;
    }
    *result = (WDFMEMORY)*kept;
    return STATUS_SUCCESS;
}

/* A system buffer has no MDL of its own: one is made, and freed with the request. */
static NTSTATUS retrieve_mdl(struct wdf_request *request, bool output, PMDL *mdl, const void *caller)
{
    WDFMEMORY memory;
    NTSTATUS status = retrieve_memory(request, output, &memory, caller);

    *mdl = NULL;
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_memory *m = (struct wdf_memory *)memory;
    if (!m->mdl) {
        if (!request->built_mdl) {
            request->built_mdl = IoAllocateMdl(m->buffer, (ULONG)m->size, FALSE, FALSE, NULL);
            if (!request->built_mdl)
                return STATUS_INSUFFICIENT_RESOURCES;
            MmBuildMdlForNonPagedPool(request->built_mdl);
        }
        *mdl = request->built_mdl;
        return STATUS_SUCCESS;
    }
    *mdl = m->mdl;
    return STATUS_SUCCESS;
}

/* The input buffer of a write or control request, and its bytes; at least MinimumRequiredSize of them. Length may be NULL.
 * STATUS_BUFFER_TOO_SMALL (also when there is none), STATUS_INVALID_DEVICE_REQUEST, STATUS_INTERNAL_ERROR (completed),
 * STATUS_INSUFFICIENT_RESOURCES. <= DISPATCH_LEVEL. docs: wdfrequest/nf-wdfrequest-wdfrequestretrieveinputbuffer */
NTSTATUS NTAPI WdfRequestRetrieveInputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, size_t MinimumRequiredSize,
                                             PVOID *Buffer, size_t *Length)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);

    wdf_need(Buffer, caller);
    return retrieve_buffer(request, false, MinimumRequiredSize, Buffer, Length);
}

/* The output buffer of a read or control request. Errors as above. docs: wdfrequest/nf-wdfrequest-wdfrequestretrieveoutputbuffer */
NTSTATUS NTAPI WdfRequestRetrieveOutputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, size_t MinimumRequiredSize,
                                              PVOID *Buffer, size_t *Length)
{
    const void *caller = WDF_CALLER();
    struct wdf_request *request = wdf_request_check(Request, caller);

    wdf_need(Buffer, caller);
    return retrieve_buffer(request, true, MinimumRequiredSize, Buffer, Length);
}

/* The same as memory objects, good until the request is completed; the input may not be written.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestretrieveinputmemory */
NTSTATUS NTAPI WdfRequestRetrieveInputMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFMEMORY *Memory)
{
    const void *caller = WDF_CALLER();

    wdf_need(Memory, caller);
    return retrieve_memory(wdf_request_check(Request, caller), false, Memory, caller);
}

/* docs: wdfrequest/nf-wdfrequest-wdfrequestretrieveoutputmemory */
NTSTATUS NTAPI WdfRequestRetrieveOutputMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFMEMORY *Memory)
{
    const void *caller = WDF_CALLER();

    wdf_need(Memory, caller);
    return retrieve_memory(wdf_request_check(Request, caller), true, Memory, caller);
}

/* An MDL over the input buffer, good until the request is completed. docs: wdfrequest/nf-wdfrequest-wdfrequestretrieveinputwdmmdl */
NTSTATUS NTAPI WdfRequestRetrieveInputWdmMdl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PMDL *Mdl)
{
    const void *caller = WDF_CALLER();

    wdf_need(Mdl, caller);
    return retrieve_mdl(wdf_request_check(Request, caller), false, Mdl, caller);
}

/* docs: wdfrequest/nf-wdfrequest-wdfrequestretrieveoutputwdmmdl */
NTSTATUS NTAPI WdfRequestRetrieveOutputWdmMdl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PMDL *Mdl)
{
    const void *caller = WDF_CALLER();

    wdf_need(Mdl, caller);
    return retrieve_mdl(wdf_request_check(Request, caller), true, Mdl, caller);
}

/* --- METHOD_NEITHER --------------------------------------------------------------------------------------------------------- */

static NTSTATUS user_buffer(struct wdf_request *request, bool output, size_t minimum, PVOID *buffer, size_t *length)
{
    const IO_STACK_LOCATION *s;
    size_t size;

    *buffer = NULL;
    if (length)
        *length = 0;
    if (!request->irp || !request->device)
        return STATUS_INVALID_DEVICE_REQUEST;
    s = IoGetCurrentIrpStackLocation(request->irp);
    if (is_control(s)) {
        if ((s->Parameters.DeviceIoControl.IoControlCode & 3) != METHOD_NEITHER)
            return STATUS_INVALID_DEVICE_REQUEST;
        size = output ? s->Parameters.DeviceIoControl.OutputBufferLength : s->Parameters.DeviceIoControl.InputBufferLength;
        *buffer = output ? request->irp->UserBuffer : s->Parameters.DeviceIoControl.Type3InputBuffer;
    } else if (s->MajorFunction == (output ? IRP_MJ_READ : IRP_MJ_WRITE) &&
               !(request->device->wdm->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO))) {
        size = by_write(s) ? s->Parameters.Write.Length : s->Parameters.Read.Length;
        *buffer = request->irp->UserBuffer;
    } else {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (!size || size < minimum) {
        *buffer = NULL;
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (length)
        *length = size;
    return STATUS_SUCCESS;
}

/* The requester's own address, in EvtIoInCallerContext, to be probed before use. STATUS_INVALID_DEVICE_REQUEST unless I/O is
 * neither buffered nor direct, STATUS_BUFFER_TOO_SMALL. PASSIVE_LEVEL.
 * docs: wdfrequest/nf-wdfrequest-wdfrequestretrieveunsafeuserinputbuffer */
NTSTATUS NTAPI WdfRequestRetrieveUnsafeUserInputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                       size_t MinimumRequiredLength, PVOID *InputBuffer, size_t *Length)
{
    const void *caller = WDF_CALLER();

    wdf_need(InputBuffer, caller);
    return user_buffer(wdf_request_check(Request, caller), false, MinimumRequiredLength, InputBuffer, Length);
}

/* docs: wdfrequest/nf-wdfrequest-wdfrequestretrieveunsafeuseroutputbuffer */
NTSTATUS NTAPI WdfRequestRetrieveUnsafeUserOutputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                        size_t MinimumRequiredLength, PVOID *OutputBuffer, size_t *Length)
{
    const void *caller = WDF_CALLER();

    wdf_need(OutputBuffer, caller);
    return user_buffer(wdf_request_check(Request, caller), true, MinimumRequiredLength, OutputBuffer, Length);
}

/* What MmProbeAndLockPages would raise an exception for. */
static bool is_there(const void *buffer, size_t length, KPROCESSOR_MODE mode)
{
    uint64_t start = (uint64_t)(uintptr_t)buffer, end = start + length;

    if (end < start || (mode != KernelMode && end > USER_PROBE_ADDRESS))
        return false;
    for (uint64_t page = start & ~(uint64_t)(RAM_PAGE - 1); page < end; page += RAM_PAGE)
        if (ram_pa((const void *)(uintptr_t)page) == UINT64_MAX)
            return false;
    return true;
}

static NTSTATUS probe_and_lock(struct wdf_request *request, PVOID buffer, size_t length, LOCK_OPERATION operation,
                               WDFMEMORY *memory, const void *caller)
{
    struct wdf_memory *made;
    NTSTATUS status;
    PMDL mdl;

    *memory = NULL;
    if (!length || length > MAXULONG)
        return STATUS_INVALID_USER_BUFFER;
    if (!request->irp || request->made_by_driver || !is_there(buffer, length, request->irp->RequestorMode))
        return STATUS_ACCESS_VIOLATION;
    mdl = IoAllocateMdl(buffer, (ULONG)length, FALSE, FALSE, NULL);
    if (!mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmProbeAndLockPages(mdl, request->irp->RequestorMode, operation);
    void *address = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    status = address ? wdf_memory_over(&request->object, address, length, caller, &made) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status)) {
        MmUnlockPages(mdl);
        IoFreeMdl(mdl);
        return status;
    }
    made->kind = MEMORY_LOCKED;
    made->mdl = mdl;
    made->read_only = operation == IoReadAccess;
    *memory = (WDFMEMORY)made;
    return STATUS_SUCCESS;
}

/* Locks the requester's buffer in memory until the request is completed, and gives a memory object over it. In the
 * requester's context (EvtIoInCallerContext), PASSIVE_LEVEL. STATUS_INVALID_USER_BUFFER, STATUS_ACCESS_VIOLATION,
 * STATUS_INSUFFICIENT_RESOURCES. docs: wdfrequest/nf-wdfrequest-wdfrequestprobeandlockuserbufferforread */
NTSTATUS NTAPI WdfRequestProbeAndLockUserBufferForRead(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PVOID Buffer,
                                                       size_t Length, WDFMEMORY *MemoryObject)
{
    const void *caller = WDF_CALLER();

    wdf_need(MemoryObject, caller);
    return probe_and_lock(wdf_request_check(Request, caller), Buffer, Length, IoReadAccess, MemoryObject, caller);
}

/* The same to write into. docs: wdfrequest/nf-wdfrequest-wdfrequestprobeandlockuserbufferforwrite */
NTSTATUS NTAPI WdfRequestProbeAndLockUserBufferForWrite(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PVOID Buffer,
                                                        size_t Length, WDFMEMORY *MemoryObject)
{
    const void *caller = WDF_CALLER();

    wdf_need(MemoryObject, caller);
    return probe_and_lock(wdf_request_check(Request, caller), Buffer, Length, IoWriteAccess, MemoryObject, caller);
}
