/* Waits that the cancellation of an IRP ends, and small helpers of file systems. */
#include "nt/fsrtl.h"

#include <string.h>

#include "nt/ke_apc.h"
#include "nt/raise.h"

/* ---- waits ---- */

struct cancellable {
    struct list node;                   /* waits */
    const IRP *irp;
    struct thread *thread;
};

static struct list waits = LIST_INIT(waits);

void fsrtl_irp_cancelled(const IRP *irp)
{
    list_each(node, &waits) {
        struct cancellable *c = container_of(node, struct cancellable, node);

        if (c->irp != irp)
            continue;
        c->thread->cancel_wait = true;
        ke_interrupt_wait(c->thread, STATUS_CANCELLED);
    }
}

/* Waits as KeWaitForMultipleObjects does, not alertable; when Irp (NULL, or an IRP that the caller holds and that has no cancel
 * routine) is cancelled, the wait ends. PASSIVE_LEVEL with an IRP, else <= APC_LEVEL. The statuses of KeWaitForMultipleObjects and
 * STATUS_CANCELLED; no thread here is terminated by others. docs: ntifs/nf-ntifs-fsrtlcancellablewaitformultipleobjects */
NTSTATUS NTAPI FsRtlCancellableWaitForMultipleObjects(ULONG Count, PVOID ObjectArray[], WAIT_TYPE WaitType, PLARGE_INTEGER Timeout,
                                                      PKWAIT_BLOCK WaitBlockArray, PIRP Irp)
{
    struct cancellable c = { .irp = Irp, .thread = ke_current() };
    NTSTATUS status;

    if (Irp == NULL)
        return KeWaitForMultipleObjects(Count, ObjectArray, WaitType, Executive, KernelMode, FALSE, Timeout, WaitBlockArray);
    c.thread->cancel_wait = Irp->Cancel;
    list_push_back(&waits, &c.node);
    status = KeWaitForMultipleObjects(Count, ObjectArray, WaitType, Executive, KernelMode, FALSE, Timeout, WaitBlockArray);
    list_remove(&c.node);
    c.thread->cancel_wait = false;
    return status;
}

/* The same for one object. docs: ntifs/nf-ntifs-fsrtlcancellablewaitforsingleobject */
NTSTATUS NTAPI FsRtlCancellableWaitForSingleObject(PVOID Object, PLARGE_INTEGER Timeout, PIRP Irp)
{
    return FsRtlCancellableWaitForMultipleObjects(1, &Object, WaitAny, Timeout, NULL, Irp);
}

/* ---- statuses ---- */

/* FALSE for the exceptions that a processor raises for a fault in the code itself. Any IRQL.
 * docs: ntifs/nf-ntifs-_fsrtl_advanced_fcb_header-fsrtlisntstatusexpected */
BOOLEAN NTAPI FsRtlIsNtstatusExpected(NTSTATUS Exception)
{
    return Exception != STATUS_DATATYPE_MISALIGNMENT && Exception != STATUS_ACCESS_VIOLATION && Exception != STATUS_ILLEGAL_INSTRUCTION &&
           Exception != STATUS_INSTRUCTION_MISALIGNMENT;
}

/* Exception when it is one that is expected, else GenericException. Any IRQL.
 * docs: ntifs/nf-ntifs-_fsrtl_advanced_fcb_header-fsrtlnormalizentstatus */
NTSTATUS NTAPI FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException)
{
    return FsRtlIsNtstatusExpected(Exception) ? Exception : GenericException;
}

/* ---- requests ---- */

/* Sends a control request and waits. Flags: for the stack location (SL_). *IosbInformation (may be NULL): IoStatus.Information.
 * <= APC_LEVEL by its page; it waits for a completion, so special kernel APCs must not be disabled. The request's status,
 * STATUS_INSUFFICIENT_RESOURCES. docs: ntifs/nf-ntifs-fsrtlissuedeviceiocontrol */
NTSTATUS NTAPI FsRtlIssueDeviceIoControl(PDEVICE_OBJECT DeviceObject, ULONG IoCtl, UCHAR Flags, PVOID InputBuffer, ULONG InputBufferLength,
                                         PVOID OutputBuffer, ULONG OutputBufferLength, PULONG IosbInformation)
{
    IO_STATUS_BLOCK iosb = { .Status = STATUS_SUCCESS };
    KEVENT event;
    PIRP irp;
    NTSTATUS status;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(IoCtl, DeviceObject, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength, FALSE, &event,
                                        &iosb);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->AllocationFlags |= IO_IRP_ANYWHERE;
    IoGetNextIrpStackLocation(irp)->Flags |= Flags;
    status = IofCallDriver(DeviceObject, irp);
    if (status == STATUS_PENDING) {
        ke_wait(&event);
        status = iosb.Status;
    } else {
        io_forsake(irp, &event);
    }
    if (IosbInformation != NULL)
        *IosbInformation = (ULONG)iosb.Information;
    return status;
}

/* ---- memory ---- */

/* Pool as of ExAllocatePoolWithTag, or an exception. Nonpaged <= DISPATCH_LEVEL, paged <= APC_LEVEL. Raises
 * STATUS_INSUFFICIENT_RESOURCES. docs: ntifs/nf-ntifs-fsrtlallocatepoolwithtag */
PVOID NTAPI FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
    PVOID block = ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);

    if (block == NULL)
        nt_raise_status(STATUS_INSUFFICIENT_RESOURCES);
    return block;
}

/* The same: no quota is charged. Nonpaged <= DISPATCH_LEVEL, paged <= APC_LEVEL. Raises STATUS_INSUFFICIENT_RESOURCES.
 * docs: ntifs/nf-ntifs-fsrtlallocatepoolwithquotatag */
PVOID NTAPI FsRtlAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
    return FsRtlAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

/* ---- auto-expand push locks: push locks ---- */

/* A push lock of PoolType and Tag, free, for FsRtlFreeAePushLock. NULL, or an exception with POOL_RAISE_IF_ALLOCATION_FAILURE, without
 * memory. <= APC_LEVEL. docs: ntifs/nf-ntifs-fsrtlallocateaepushlock */
PVOID NTAPI FsRtlAllocateAePushLock(POOL_TYPE PoolType, ULONG Tag)
{
    PVOID lock = ExAllocatePoolWithTag(PoolType, sizeof(ULONG_PTR), Tag);

    if (lock != NULL)
        memset(lock, 0, sizeof(ULONG_PTR));
    return lock;
}

/* <= APC_LEVEL. docs: ntifs/nf-ntifs-fsrtlfreeaepushlock */
VOID NTAPI FsRtlFreeAePushLock(PVOID AePushLock)
{
    ExFreePool(AePushLock);
}
