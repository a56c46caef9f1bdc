/* Rarely used parts of the I/O manager: access by function, controllers, top-level IRPs, activity IDs, threads. */
#include <stdlib.h>

#include "nt/io_internal.h"

#define CONTROLLER_TAG 0x6c746f49u      /* "Iotl" */

/* What a granted access lets a request do: for requests that come without a handle's own check. PASSIVE_LEVEL.
 * STATUS_ACCESS_DENIED. docs: ntifs/nf-ntifs-iocheckfunctionaccess */
NTSTATUS NTAPI IoCheckFunctionAccess(ACCESS_MASK GrantedAccess, UCHAR MajorFunction, UCHAR MinorFunction,
                                     ULONG IoControlCode, PVOID Arg1, PVOID Arg2)
{
    ACCESS_MASK needed = 0;

    (void)MinorFunction;
    (void)Arg1;
    (void)Arg2;
    if (MajorFunction == IRP_MJ_READ)
        needed = FILE_READ_DATA;
    else if (MajorFunction == IRP_MJ_WRITE)
        needed = FILE_WRITE_DATA;
    else if (MajorFunction == IRP_MJ_DEVICE_CONTROL || MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL)
        needed = (IoControlCode >> 14) & 3;     /* FILE_READ_ACCESS is FILE_READ_DATA, and so on */
    return (GrantedAccess & needed) == needed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* The process whose work a request does. docs: ntddk/nf-ntddk-iogetinitiatorprocess */
PEPROCESS NTAPI IoGetInitiatorProcess(PFILE_OBJECT FileObject)
{
    (void)FileObject;
    return PsInitialSystemProcess;
}

/* A controller object with an extension, which several devices share. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-iocreatecontroller */
PCONTROLLER_OBJECT NTAPI IoCreateController(ULONG Size)
{
    PCONTROLLER_OBJECT c = pool_alloc(NonPagedPoolNx, sizeof(*c) + Size, CONTROLLER_TAG, __builtin_return_address(0));

    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof(*c) + Size);
    c->Type = IO_TYPE_CONTROLLER;
    c->Size = (CSHORT)(sizeof(*c) + Size);
    c->ControllerExtension = c + 1;
    KeInitializeDeviceQueue(&c->DeviceWaitQueue);
    return c;
}

/* docs: ntddk/nf-ntddk-iodeletecontroller */
VOID NTAPI IoDeleteController(PCONTROLLER_OBJECT ControllerObject)
{
    pool_free(ControllerObject, CONTROLLER_TAG, __builtin_return_address(0));
}

static void run_controller(PCONTROLLER_OBJECT controller, PDEVICE_OBJECT device)
{
    IO_ALLOCATION_ACTION action = device->Queue.Wcb.DeviceRoutine(device, device->CurrentIrp, NULL,
                                                                  device->Queue.Wcb.DeviceContext);

    if (action == DeallocateObject)
        IoFreeController(controller);
}

/* Calls ExecutionRoutine when the controller is free: at once, or from IoFreeController. DISPATCH_LEVEL.
 * docs: ntddk/nf-ntddk-ioallocatecontroller */
VOID NTAPI IoAllocateController(PCONTROLLER_OBJECT ControllerObject, PDEVICE_OBJECT DeviceObject,
                                PDRIVER_CONTROL ExecutionRoutine, PVOID Context)
{
    DeviceObject->Queue.Wcb.DeviceRoutine = ExecutionRoutine;
    DeviceObject->Queue.Wcb.DeviceContext = Context;
    DeviceObject->Queue.Wcb.DeviceObject = DeviceObject;
    if (!KeInsertDeviceQueue(&ControllerObject->DeviceWaitQueue, &DeviceObject->Queue.Wcb.WaitQueueEntry))
        run_controller(ControllerObject, DeviceObject);
}

/* DISPATCH_LEVEL. docs: ntddk/nf-ntddk-iofreecontroller */
VOID NTAPI IoFreeController(PCONTROLLER_OBJECT ControllerObject)
{
    PKDEVICE_QUEUE_ENTRY entry = KeRemoveDeviceQueue(&ControllerObject->DeviceWaitQueue);

    if (entry != NULL)
        run_controller(ControllerObject, CONTAINING_RECORD(entry, DEVICE_OBJECT, Queue.Wcb.WaitQueueEntry));
}

/* PsCreateSystemThread; IoObject stays as long as the thread's creator keeps it. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-iocreatesystemthread */
NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle, PCLIENT_ID ClientId,
                                    PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    (void)IoObject;
    return PsCreateSystemThread(ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId, StartRoutine,
                                StartContext);
}

/* Are all wanted rights among the granted ones? docs: ntifs/nf-ntifs-iocheckdesiredaccess */
NTSTATUS NTAPI IoCheckDesiredAccess(PACCESS_MASK DesiredAccess, ACCESS_MASK GrantedAccess)
{
    RtlMapGenericMask(DesiredAccess, IoGetFileObjectGenericMapping());
    return (*DesiredAccess & ~GrantedAccess) == 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* Claims resources for a search: nothing is arbitrated, so nothing conflicts. docs: ntddk/nf-ntddk-ioreportresourcefordetection */
NTSTATUS NTAPI IoReportResourceForDetection(PDRIVER_OBJECT DriverObject, PCM_RESOURCE_LIST DriverList,
                                            ULONG DriverListSize, PDEVICE_OBJECT DeviceObject,
                                            PCM_RESOURCE_LIST DeviceList, ULONG DeviceListSize,
                                            PBOOLEAN ConflictDetected)
{
    *ConflictDetected = FALSE;
    return STATUS_SUCCESS;
}

/* What a thread has set: its top-level IRP and its activity ID. */
struct thread_note {
    struct list node;
    const struct thread *thread;
    PIRP top_level;
    LPCGUID activity;                   /* IoSetActivityIdThread */
    GUID own_activity;                  /* EtwActivityIdControl */
    bool has_own;
};

static struct list notes = LIST_INIT(notes);

static struct thread_note *find_note(const struct thread *thread)
{
    list_each(it, &notes)
        if (container_of(it, struct thread_note, node)->thread == thread)
            return container_of(it, struct thread_note, node);
    return NULL;
}

static struct thread_note *note_of(bool make)
{
    struct thread_note *n = find_note(ke_current());

    if (n != NULL)
        return n;
    n = make ? calloc(1, sizeof(*n)) : NULL;
    if (n == NULL)
        return NULL;
    n->thread = ke_current();
    list_push_back(&notes, &n->node);
    return n;
}

void io_more_thread_gone(const struct thread *thread)
{
    struct thread_note *n = find_note(thread);

    if (n == NULL)
        return;
    list_remove(&n->node);
    free(n);
}

static void drop_if_empty(struct thread_note *n)
{
    if (n == NULL || n->top_level != NULL || n->activity != NULL || n->has_own)
        return;
    list_remove(&n->node);
    free(n);
}

/* The IRP that a file system set as the thread's outermost. docs: ntifs/nf-ntifs-iogettoplevelirp */
PIRP NTAPI IoGetTopLevelIrp(VOID)
{
    struct thread_note *n = note_of(false);

    return n != NULL ? n->top_level : NULL;
}

/* NULL ends it. docs: ntifs/nf-ntifs-iosettoplevelirp */
VOID NTAPI IoSetTopLevelIrp(PIRP Irp)
{
    struct thread_note *n = note_of(Irp != NULL);

    if (n != NULL)
        n->top_level = Irp;
    drop_if_empty(n);
}

GUID *io_thread_activity(bool make)
{
    struct thread_note *n = note_of(make);

    if (n != NULL && make)
        n->has_own = true;
    return n != NULL && n->has_own ? &n->own_activity : NULL;
}

/* The thread's activity ID, NULL for none. docs: ntddk/nf-ntddk-iogetactivityidthread */
LPCGUID NTAPI IoGetActivityIdThread(VOID)
{
    struct thread_note *n = note_of(false);

    return n != NULL ? n->activity : NULL;
}

/* Sets it and returns the one before; the GUID stays the caller's until it is cleared. docs: ntddk/nf-ntddk-iosetactivityidthread */
LPCGUID NTAPI IoSetActivityIdThread(LPCGUID ActivityId)
{
    struct thread_note *n = note_of(ActivityId != NULL);
    LPCGUID before = n != NULL ? n->activity : NULL;

    if (n != NULL)
        n->activity = ActivityId;
    drop_if_empty(n);
    return before;
}

/* Back to the one before. docs: ntddk/nf-ntddk-ioclearactivityidthread */
VOID NTAPI IoClearActivityIdThread(LPCGUID OriginalId)
{
    IoSetActivityIdThread(OriginalId);
}

void io_more_stop(void)
{
    list_each_safe(it, &notes) {
        list_remove(it);
        free(container_of(it, struct thread_note, node));
    }
}

/* There is no file system whose directories could be listed. docs: ntifs/nf-ntifs-zwquerydirectoryfile */
NTSTATUS NTAPI ZwQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                    PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry,
                                    PUNICODE_STRING FileName, BOOLEAN RestartScan)
{
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* Opens, asks for the length, closes. PASSIVE_LEVEL. docs: wdm/nf-wdm-zwqueryfullattributesfile */
NTSTATUS NTAPI ZwQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
                                         PFILE_NETWORK_OPEN_INFORMATION FileInformation)
{
    FILE_STANDARD_INFORMATION standard;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status = ZwOpenFile(&handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, ObjectAttributes, &iosb,
                                 FILE_SHARE_VALID_FLAGS, FILE_SYNCHRONOUS_IO_NONALERT);

    if (!NT_SUCCESS(status))
        return status;
    memset(FileInformation, 0, sizeof(*FileInformation));
    status = ZwQueryInformationFile(handle, &iosb, &standard, sizeof(standard), FileStandardInformation);
    if (NT_SUCCESS(status)) {
        FileInformation->EndOfFile = standard.EndOfFile;
        FileInformation->AllocationSize = standard.AllocationSize;
        FileInformation->FileAttributes = standard.Directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
    }
    ZwClose(handle);
    return status;
}

/* There is nothing that could be deleted. docs: ntifs/nf-ntifs-zwdeletefile */
NTSTATUS NTAPI ZwDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes)
{
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = ZwOpenFile(&handle, DELETE, ObjectAttributes, &iosb, FILE_SHARE_VALID_FLAGS,
                                 FILE_DELETE_ON_CLOSE | FILE_NON_DIRECTORY_FILE);

    if (NT_SUCCESS(status))
        ZwClose(handle);
    return status;
}
