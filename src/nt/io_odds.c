/* Who a request comes from, its priority, stack limits, and other small answers of the I/O manager. */
#include "nt/io_internal.h"
#include "nt/ram.h"

#define PRIORITY_SHIFT 17               /* in IRP.Flags */
#define PRIORITY_MASK (7u << PRIORITY_SHIFT)

/* Would the request's thread wait for it? IRQL <= DISPATCH. docs: ntifs/nf-ntifs-ioisoperationsynchronous */
BOOLEAN NTAPI IoIsOperationSynchronous(PIRP Irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    return (file != NULL && (file->Flags & FO_SYNCHRONOUS_IO)) || (Irp->Flags & IRP_SYNCHRONOUS_API) != 0;
}

/* FALSE: there are no 32-bit processes. docs: ntddk/nf-ntddk-iois32bitprocess */
BOOLEAN NTAPI IoIs32bitProcess(PIRP Irp)
{
    (void)Irp;
    return FALSE;
}

/* Can the IRP's status be final? docs: ntifs/nf-ntifs-ioisvalidirpstatus */
BOOLEAN NTAPI IoIsValidIrpStatus(PIRP Irp)
{
    return Irp->IoStatus.Status != STATUS_PENDING && (ULONG)Irp->IoStatus.Status != 0xffffffff;
}

/* The process of the thread that sent the IRP; NULL for a driver's own. docs: ntifs/nf-ntifs-iogetrequestorprocess */
PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp)
{
    return Irp->Tail.Overlay.Thread != NULL ? IoThreadToProcess(Irp->Tail.Overlay.Thread) : NULL;
}

/* docs: ntifs/nf-ntifs-iogetrequestorprocessid */
ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    PEPROCESS process = IoGetRequestorProcess(Irp);

    return process != NULL ? (ULONG)(ULONG_PTR)PsGetProcessId(process) : 0;
}

/* docs: ntifs/nf-ntifs-iogetrequestorsessionid */
NTSTATUS NTAPI IoGetRequestorSessionId(PIRP Irp, PULONG pSessionId)
{
    *pSessionId = 0;
    return Irp->Tail.Overlay.Thread != NULL ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/* docs: ntifs/nf-ntifs-iothreadtoprocess */
PEPROCESS NTAPI IoThreadToProcess(PETHREAD Thread)
{
    (void)Thread;
    return PsInitialSystemProcess;
}

/* docs: ntifs/nf-ntifs-ioissystemthread */
BOOLEAN NTAPI IoIsSystemThread(PETHREAD Thread)
{
    return !((struct thread *)(void *)Thread)->user_mode;
}

/* The current thread's stack, lowest and highest byte + 1. Any IRQL. docs: wdm/nf-wdm-iogetstacklimits */
VOID NTAPI IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
    *LowLimit = (ULONG_PTR)ke_current()->stack;
    *HighLimit = *LowLimit + STACK_SIZE;
}

/* docs: ntddk/nf-ntddk-iogetinitialstack */
PVOID NTAPI IoGetInitialStack(VOID)
{
    return (char *)ke_current()->stack + STACK_SIZE;
}

/* Does a region lie in the current stack? docs: ntddk/nf-ntddk-iowithinstacklimits */
ULONG NTAPI IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize)
{
    ULONG_PTR low, high;

    IoGetStackLimits(&low, &high);
    return RegionStart >= low && RegionStart <= high && RegionSize <= high - RegionStart;
}

/* Kept in the IRP's flags. IRQL <= DISPATCH. docs: ntifs/nf-ntifs-iosetiopriorityhint */
NTSTATUS NTAPI IoSetIoPriorityHint(PIRP Irp, IO_PRIORITY_HINT PriorityHint)
{
    if ((unsigned)PriorityHint >= MaxIoPriorityTypes)
        return STATUS_INVALID_PARAMETER;
    Irp->Flags = (Irp->Flags & ~PRIORITY_MASK) | ((ULONG)PriorityHint + 1) << PRIORITY_SHIFT;
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-iogetiopriorityhint */
IO_PRIORITY_HINT NTAPI IoGetIoPriorityHint(PIRP Irp)
{
    ULONG hint = (Irp->Flags & PRIORITY_MASK) >> PRIORITY_SHIFT;

    return hint == 0 ? IoPriorityNormal : (IO_PRIORITY_HINT)(hint - 1);
}

static CONFIGURATION_INFORMATION configuration = { .Version = sizeof(CONFIGURATION_INFORMATION) };

/* Counts of disks and ports that drivers keep. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-iogetconfigurationinformation */
PCONFIGURATION_INFORMATION NTAPI IoGetConfigurationInformation(VOID)
{
    return &configuration;
}

/* Is the version of WDM at least that? Windows 10 says 6.00. docs: wdm/nf-wdm-ioiswdmversionavailable */
BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion)
{
    return MajorVersion < WDM_MAJORVERSION || (MajorVersion == WDM_MAJORVERSION && MinorVersion <= WDM_MINORVERSION);
}

static PKEVENT open_event(PUNICODE_STRING name, EVENT_TYPE type, PHANDLE handle)
{
    OBJECT_ATTRIBUTES attributes;
    void *event;

    InitializeObjectAttributes(&attributes, name, OBJ_OPENIF | OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateEvent(handle, EVENT_ALL_ACCESS, &attributes, type, TRUE)))
        return NULL;
    if (!NT_SUCCESS(ob_from_handle(*handle, 0, ExEventObjectType, KernelMode, &event))) {
        ZwClose(*handle);
        return NULL;
    }
    ob_dereference(event);
    return event;
}

/* Creates or opens a named event, new ones signalled; it lives until its handle is closed. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-iocreatenotificationevent */
PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return open_event(EventName, NotificationEvent, EventHandle);
}

/* docs: wdm/nf-wdm-iocreatesynchronizationevent */
PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return open_event(EventName, SynchronizationEvent, EventHandle);
}

struct kept_completion {
    PDEVICE_OBJECT device;
    PIO_COMPLETION_ROUTINE routine;
    PVOID context;
};

static NTSTATUS NTAPI run_kept(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct kept_completion kept = *(struct kept_completion *)context;
    NTSTATUS status;

    pool_free(context, IO_TAG_EXTENSION, NULL);
    status = kept.routine(device, irp, kept.context);
    ob_dereference(kept.device);
    return status;
}

/* Sets a completion routine in the next location that keeps the driver loaded until it has run.
 * STATUS_INSUFFICIENT_RESOURCES. IRQL <= DISPATCH. docs: wdm/nf-wdm-iosetcompletionroutineex */
NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine,
                                        PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
                                        BOOLEAN InvokeOnCancel)
{
    struct kept_completion *kept = pool_alloc(NonPagedPoolNx, sizeof(*kept), IO_TAG_EXTENSION, NULL);

    if (kept == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *kept = (struct kept_completion){ DeviceObject, CompletionRoutine, Context };
    ob_reference(DeviceObject);
    IoSetCompletionRoutine(Irp, run_kept, kept, InvokeOnSuccess, InvokeOnError, InvokeOnCancel);
    return STATUS_SUCCESS;
}
