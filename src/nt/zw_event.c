/* Event objects by handle, and waiting for any waitable object by handle. */
#include "wdm.h"

#include "nt/ob.h"

/* Creates an event, or opens it when ObjectAttributes carry OBJ_OPENIF and the name exists. *EventHandle is the caller's
 * (ZwClose). STATUS_OBJECT_NAME_COLLISION, STATUS_INVALID_PARAMETER for an unknown type. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-zwcreateevent */
NTSTATUS NTAPI ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                             EVENT_TYPE EventType, BOOLEAN InitialState)
{
    PKEVENT event;

    if (EventType != NotificationEvent && EventType != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ob_create(ExEventObjectType, sizeof *event, (void **)&event);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(event, EventType, InitialState);
    status = ob_insert_and_open(event, ObjectAttributes, DesiredAccess, EventHandle);
    ob_dereference(event);
    return status;
}

/* Opens a named event. STATUS_OBJECT_NAME_NOT_FOUND and others of a lookup. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-zwopenevent */
NTSTATUS NTAPI ZwOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ob_open_name(ObjectAttributes, ExEventObjectType, DesiredAccess, EventHandle);
}

static NTSTATUS change(HANDLE handle, PLONG previous, LONG (*how)(PKEVENT event))
{
    void *event;
    NTSTATUS status = ob_from_handle(handle, EVENT_MODIFY_STATE, ExEventObjectType, KernelMode, &event);

    if (!NT_SUCCESS(status))
        return status;
    LONG before = how(event);
    if (previous)
        *previous = before;
    ob_dereference(event);
    return STATUS_SUCCESS;
}

static LONG set(PKEVENT event)
{
    return KeSetEvent(event, EVENT_INCREMENT, FALSE);
}

static LONG reset(PKEVENT event)
{
    return KeResetEvent(event);
}

/* Signals the event; PreviousState may be NULL. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-zwsetevent */
NTSTATUS NTAPI ZwSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return change(EventHandle, PreviousState, set);
}

/* Takes the signal back. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwsetevent */
NTSTATUS NTAPI ZwResetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return change(EventHandle, PreviousState, reset);
}

/* The same without the previous state. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwsetevent */
NTSTATUS NTAPI ZwClearEvent(HANDLE EventHandle)
{
    return change(EventHandle, NULL, reset);
}

/* Waits for an event, thread, timer or other waitable object as KeWaitForSingleObject does.
 * STATUS_OBJECT_TYPE_MISMATCH when the object cannot be waited for. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-zwwaitforsingleobject */
NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    void *object;
    NTSTATUS status = ob_from_handle(Handle, SYNCHRONIZE, NULL, KernelMode, &object);

    if (!NT_SUCCESS(status))
        return status;
    status = STATUS_OBJECT_TYPE_MISMATCH;
    if (ob_type(object)->waitable)
        status = KeWaitForSingleObject(object, UserRequest, KernelMode, Alertable, Timeout);
    ob_dereference(object);
    return status;
}
