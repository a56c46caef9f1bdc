/* The Ob routines that drivers call, over the object manager's own interface. */
#include "nt/ob_internal.h"
#include "ring3/zw.h"

/* Takes one reference. Returns the new count. Any IRQL up to DISPATCH_LEVEL. docs: wdm/nf-wdm-obreferenceobject */
LONG_PTR NTAPI ObfReferenceObject(PVOID Object)
{
    ob_reference(Object);
    return (LONG_PTR)ob_references(Object);
}

/* The same; the tag names the holder in a debugger and changes nothing. docs: wdm/nf-wdm-obreferenceobjectwithtag */
LONG_PTR NTAPI ObfReferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    (void)Tag;
    return ObfReferenceObject(Object);
}

/* Drops one reference; the object goes with its last one, from a worker when IRQL is above PASSIVE_LEVEL. Returns the
 * new count. docs: wdm/nf-wdm-obdereferenceobject */
LONG_PTR NTAPI ObfDereferenceObject(PVOID Object)
{
    LONG_PTR left = (LONG_PTR)ob_references(Object) - 1;

    ob_dereference(Object);
    return left;
}

/* docs: wdm/nf-wdm-obdereferenceobjectwithtag */
LONG_PTR NTAPI ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    (void)Tag;
    return ObfDereferenceObject(Object);
}

/* Drops one reference where deletion must not happen in the caller's context. Deletion of host objects never calls back
 * into the caller's locks, so it may happen at once. docs: wdm/nf-wdm-obdereferenceobjectdeferdelete */
VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object)
{
    ob_dereference(Object);
}

/* docs: wdm/nf-wdm-obdereferenceobjectdeferdeletewithtag */
VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag)
{
    (void)Tag;
    ob_dereference(Object);
}

/* TRUE and one more reference, or FALSE when the object is already going. Any IRQL up to DISPATCH_LEVEL. */
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object)
{
    if (ob_header(Object)->references <= 0)
        return FALSE;
    ob_reference(Object);
    return TRUE;
}

/* One reference when the object has the wanted type (always checked for user mode; ObjectType may be NULL for kernel
 * mode). DesiredAccess is not checked: a pointer carries no access. docs: wdm/nf-wdm-obreferenceobjectbypointer */
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                          KPROCESSOR_MODE AccessMode)
{
    (void)DesiredAccess;
    if (ob_type(Object) != ObjectType && (AccessMode != KernelMode || ObjectType != NULL))
        return STATUS_OBJECT_TYPE_MISMATCH;
    ob_reference(Object);
    return STATUS_SUCCESS;
}

/* docs: wdm/nf-wdm-obreferenceobjectbypointerwithtag */
NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                                 KPROCESSOR_MODE AccessMode, ULONG Tag)
{
    (void)Tag;
    return ObReferenceObjectByPointer(Object, DesiredAccess, ObjectType, AccessMode);
}

/* The object behind a handle, with one reference for the caller. AccessMode UserMode also checks the access that the
 * handle was opened with and refuses kernel handles. PASSIVE_LEVEL. docs: wdm/nf-wdm-obreferenceobjectbyhandle */
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation)
{
    NTSTATUS status = ob_from_handle(Handle, DesiredAccess, ObjectType, AccessMode, Object);
    ACCESS_MASK access;
    ULONG attributes;
    void *body;

    if (NT_SUCCESS(status) && HandleInformation != NULL && ob_handle_get(Handle, &body, &access, &attributes)) {
        HandleInformation->GrantedAccess = access;
        HandleInformation->HandleAttributes = attributes & OBJ_INHERIT;
    }
    return status;
}

/* docs: wdm/nf-wdm-obreferenceobjectbyhandlewithtag */
NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                                KPROCESSOR_MODE AccessMode, ULONG Tag, PVOID *Object,
                                                POBJECT_HANDLE_INFORMATION HandleInformation)
{
    (void)Tag;
    return ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);
}

/* The object with an absolute name, with one reference for the caller. PASSIVE_LEVEL. Not documented, widely used for
 * drivers and devices; ParseContext goes to the type's parse routine. */
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes, struct _ACCESS_STATE *AccessState,
                                       ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                       PVOID ParseContext, PVOID *Object)
{
    OBJECT_ATTRIBUTES attributes;
    struct ob_lookup lookup = {
        .type = ObjectType, .access = DesiredAccess, .mode = AccessMode, .context = ParseContext,
    };

    (void)AccessState;
    InitializeObjectAttributes(&attributes, ObjectName, Attributes, NULL, NULL);
    return ob_find(&attributes, &lookup, Object);
}

/* Opens a handle by name. PASSIVE_LEVEL. Not documented. */
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                  struct _ACCESS_STATE *AccessState, ACCESS_MASK DesiredAccess, PVOID ParseContext,
                                  PHANDLE Handle)
{
    struct ob_lookup lookup = {
        .type = ObjectType, .access = DesiredAccess, .mode = AccessMode, .context = ParseContext,
    };
    void *body;
    NTSTATUS status = ob_find(ObjectAttributes, &lookup, &body);

    (void)AccessState;
    *Handle = NULL;
    if (!NT_SUCCESS(status))
        return status;
    status = ob_open_handle(body, DesiredAccess, ObjectAttributes->Attributes, Handle);
    ob_dereference(body);
    return status;
}

/* A handle to an object the caller has a pointer to. HandleAttributes: OBJ_ flags; close with ZwClose.
 * PASSIVE_LEVEL. STATUS_OBJECT_TYPE_MISMATCH. docs: ntifs/nf-ntifs-obopenobjectbypointer */
NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, struct _ACCESS_STATE *PassedAccessState,
                                     ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                     PHANDLE Handle)
{
    (void)PassedAccessState;
    *Handle = NULL;
    if (ob_type(Object) != ObjectType && (AccessMode != KernelMode || ObjectType != NULL))
        return STATUS_OBJECT_TYPE_MISMATCH;
    return ob_open_handle(Object, DesiredAccess, HandleAttributes, Handle);
}

/* docs: ntifs/nf-ntifs-obopenobjectbypointerwithtag */
NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes, struct _ACCESS_STATE *PassedAccessState,
                                            ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                            KPROCESSOR_MODE AccessMode, ULONG Tag, PHANDLE Handle)
{
    (void)Tag;
    return ObOpenObjectByPointer(Object, HandleAttributes, PassedAccessState, DesiredAccess, ObjectType, AccessMode, Handle);
}

/* Opens a handle to an object made by another routine, and drops the creator's reference; no name is given.
 * PASSIVE_LEVEL. docs: ntifs/nf-ntifs-obinsertobject */
NTSTATUS NTAPI ObInsertObject(PVOID Object, struct _ACCESS_STATE *PassedAccessState, ACCESS_MASK DesiredAccess,
                              ULONG ObjectPointerBias, PVOID *NewObject, PHANDLE Handle)
{
    NTSTATUS status = STATUS_SUCCESS;

    (void)PassedAccessState;
    if (Handle != NULL)
        status = ob_open_handle(Object, DesiredAccess, 0, Handle);
    for (ULONG i = 0; NT_SUCCESS(status) && i < ObjectPointerBias; i++)
        ob_reference(Object);
    if (NT_SUCCESS(status) && NewObject != NULL)
        *NewObject = Object;
    ob_dereference(Object);
    return status;
}

/* The object may go, and lose its name, when its last handle is closed. PASSIVE_LEVEL or APC_LEVEL.
 * docs: ntifs/nf-ntifs-obmaketemporaryobject */
VOID NTAPI ObMakeTemporaryObject(PVOID Object)
{
    ob_make_temporary(Object);
}

/* Closes a handle. PASSIVE_LEVEL. STATUS_INVALID_HANDLE. docs: ntifs/nf-ntifs-obclosehandle */
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode)
{
    ACCESS_MASK access;
    ULONG attributes;
    void *body;

    if (!ob_handle_get(Handle, &body, &access, &attributes))
        return STATUS_INVALID_HANDLE;
    if (PreviousMode != KernelMode && (attributes & OBJ_KERNEL_HANDLE))
        return STATUS_INVALID_HANDLE;
    return ob_close_handle(Handle);
}

/* The name of an object: the structure, then the characters, in one buffer of Length bytes. An object without a name has
 * an empty one. *ReturnLength gets the bytes needed. STATUS_INFO_LENGTH_MISMATCH, STATUS_BUFFER_OVERFLOW when it
 * does not fit. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-obquerynamestring */
NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length, PULONG ReturnLength)
{
    struct ob_header *header = ob_header(Object);
    UNICODE_STRING name = {0};
    ULONG needed = 0, room = Length > sizeof(*ObjectNameInfo) ? Length - (ULONG)sizeof(*ObjectNameInfo) : 0;

    if (ObjectNameInfo != NULL)
        name.Buffer = (PWCH)(ObjectNameInfo + 1);
    name.MaximumLength = (USHORT)(room > 0xFFFE ? 0xFFFE : room & ~1u);
    if (header->type->ops != NULL && header->type->ops->query_name != NULL) {
        NTSTATUS status = header->type->ops->query_name(Object, &name, &needed);

        if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW && status != STATUS_INFO_LENGTH_MISMATCH)
            return status;
    } else {
        needed = (ULONG)(ob_full_name(header, name.Buffer, name.MaximumLength / sizeof(WCHAR)) * sizeof(WCHAR));
        name.Length = needed <= name.MaximumLength ? (USHORT)needed : 0;
    }
    *ReturnLength = (ULONG)sizeof(*ObjectNameInfo) + (needed != 0 ? needed + (ULONG)sizeof(WCHAR) : 0);
    if (Length < sizeof(*ObjectNameInfo))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Length < *ReturnLength)
        return STATUS_BUFFER_OVERFLOW;
    if (needed == 0) {
        *ObjectNameInfo = (OBJECT_NAME_INFORMATION){0};
        return STATUS_SUCCESS;
    }
    name.MaximumLength = (USHORT)(name.Length + sizeof(WCHAR));
    name.Buffer[name.Length / sizeof(WCHAR)] = 0;
    ObjectNameInfo->Name = name;
    return STATUS_SUCCESS;
}

/* The type of an object. Any IRQL. */
POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object)
{
    return ob_type(Object);
}

/* Whether a handle value is one of the kernel's. docs: ntifs/nf-ntifs-obiskernelhandle */
BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle)
{
    return (BOOLEAN)((LONG_PTR)Handle < 0 && Handle != NtCurrentProcess() && Handle != NtCurrentThread());
}
