/* System calls on handles, directories and symbolic links. */
#include <stdlib.h>
#include <string.h>

#include "nt/ob_internal.h"
#include "ring3/rtl_string.h"
#include "ring3/zw.h"

/* Closes a handle. STATUS_INVALID_HANDLE. PASSIVE_LEVEL. docs: wdm/nf-wdm-zwclose */
NTSTATUS NTAPI ZwClose(HANDLE Handle)
{
    return ob_close_handle(Handle);
}

/* docs: ntifs/nf-ntifs-ntclose */
NTSTATUS NTAPI NtClose(HANDLE Handle)
{
    return ob_close_handle(Handle);
}

/* A second handle to the same object; both process handles name the only process, System. Options:
 * DUPLICATE_SAME_ACCESS, _SAME_ATTRIBUTES, _CLOSE_SOURCE. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwduplicateobject */
NTSTATUS NTAPI ZwDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
                                 PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options)
{
    ACCESS_MASK access;
    ULONG attributes;
    void *body;
    NTSTATUS status = STATUS_SUCCESS;

    (void)SourceProcessHandle;
    if (!ob_handle_get(SourceHandle, &body, &access, &attributes))
        return STATUS_INVALID_HANDLE;
    if (TargetProcessHandle != NULL && TargetHandle != NULL)
        status = ob_open_watched(OB_OPERATION_HANDLE_DUPLICATE, body, Options & DUPLICATE_SAME_ACCESS ? access : DesiredAccess,
                                 Options & DUPLICATE_SAME_ATTRIBUTES ? attributes : HandleAttributes, TargetHandle);
    if (Options & DUPLICATE_CLOSE_SOURCE)
        ob_close_handle(SourceHandle);
    return status;
}

static NTSTATUS query_type(void *body, PPUBLIC_OBJECT_TYPE_INFORMATION info, ULONG length, PULONG needed)
{
    const char *name = ob_type(body)->name;
    size_t characters = strlen(name);
    WCHAR *text = (WCHAR *)(info + 1);

    *needed = (ULONG)(sizeof(*info) + (characters + 1) * sizeof(WCHAR));
    if (length < *needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(info, 0, sizeof(*info));
    text_to_utf16(text, characters, name, characters, NULL);
    text[characters] = 0;
    info->TypeName = text_string(text, characters);
    info->TypeName.MaximumLength += sizeof(WCHAR);
    return STATUS_SUCCESS;
}

static NTSTATUS query_basic(HANDLE handle, void *body, PPUBLIC_OBJECT_BASIC_INFORMATION info, ULONG length, PULONG needed)
{
    ACCESS_MASK access;
    ULONG attributes;
    void *same;

    *needed = sizeof(*info);
    if (length != sizeof(*info))
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(info, 0, sizeof(*info));
    ob_handle_get(handle, &same, &access, &attributes);
    info->Attributes = attributes;
    info->GrantedAccess = access;
    info->HandleCount = ob_handles(body);
    info->PointerCount = ob_references(body) - 1;
    return STATUS_SUCCESS;
}

/* Classes: basic, type, name. STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-zwqueryobject */
NTSTATUS NTAPI ZwQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
                             ULONG ObjectInformationLength, PULONG ReturnLength)
{
    ULONG needed = 0;
    void *body;
    NTSTATUS status = ob_from_handle(Handle, 0, NULL, KernelMode, &body);

    if (!NT_SUCCESS(status))
        return status;
    switch (ObjectInformationClass) {
    case ObjectBasicInformation:
        status = query_basic(Handle, body, ObjectInformation, ObjectInformationLength, &needed);
        break;
    case ObjectTypeInformation:
        status = query_type(body, ObjectInformation, ObjectInformationLength, &needed);
        break;
    case ObjectNameInformation:
        status = ObQueryNameString(body, ObjectInformation, ObjectInformationLength, &needed);
        break;
    default:
        status = STATUS_INVALID_INFO_CLASS;
    }
    if (ReturnLength != NULL)
        *ReturnLength = needed;
    ob_dereference(body);
    return status;
}

/* docs: wdm/nf-wdm-zwmaketemporaryobject */
NTSTATUS NTAPI ZwMakeTemporaryObject(HANDLE Handle)
{
    void *body;
    NTSTATUS status = ob_from_handle(Handle, DELETE, NULL, KernelMode, &body);

    if (!NT_SUCCESS(status))
        return status;
    ob_make_temporary(body);
    ob_dereference(body);
    return STATUS_SUCCESS;
}

static NTSTATUS insert_new(void *body, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, PHANDLE handle)
{
    NTSTATUS status = ob_insert_and_open(body, attributes, access, handle);

    ob_dereference(body);
    return status;
}

/* Creates, or with OBJ_OPENIF opens, a directory. OBJ_PERMANENT keeps it after the last handle. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-zwcreatedirectoryobject */
NTSTATUS NTAPI ZwCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    void *body;
    NTSTATUS status = ob_create_directory(&body);

    return NT_SUCCESS(status) ? insert_new(body, DesiredAccess, ObjectAttributes, DirectoryHandle) : status;
}

/* docs: ntifs/nf-ntifs-zwopendirectoryobject */
NTSTATUS NTAPI ZwOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ob_open_name(ObjectAttributes, ob_directory_type, DesiredAccess, DirectoryHandle);
}

struct listing {
    POBJECT_DIRECTORY_INFORMATION out;  /* grows upward from the buffer's start; texts follow the last one */
    ULONG skip, index, count, bytes, room;
    bool single, full;
};

/* First pass of ZwQueryDirectoryObject: how many entries fit. */
static bool measure(const UNICODE_STRING *name, void *body, void *context)
{
    struct listing *l = context;
    ULONG need;

    if (l->index++ < l->skip)
        return true;
    need = (ULONG)(sizeof(*l->out) + name->Length + 2 + (strlen(ob_type(body)->name) + 1) * 2);
    if (l->bytes + need > l->room) {
        l->full = true;
        return false;
    }
    l->bytes += need;
    l->count++;
    return !l->single;
}

static WCHAR *put_text(UNICODE_STRING *to, WCHAR *at, const WCHAR *text, size_t characters)
{
    memcpy(at, text, characters * sizeof(WCHAR));
    at[characters] = 0;
    *to = text_string(at, characters);
    to->MaximumLength += sizeof(WCHAR);
    return at + characters + 1;
}

struct filling {
    POBJECT_DIRECTORY_INFORMATION out;
    WCHAR *text;
    ULONG skip, count, index;
};

static bool fill(const UNICODE_STRING *name, void *body, void *context)
{
    struct filling *f = context;
    WCHAR type[64];
    size_t n;

    if (f->index++ < f->skip)
        return true;
    if (f->count-- == 0)
        return false;
    n = text_to_utf16(type, 64, ob_type(body)->name, strlen(ob_type(body)->name), NULL);
    f->text = put_text(&f->out->Name, f->text, name->Buffer, name->Length / sizeof(WCHAR));
    f->text = put_text(&f->out->TypeName, f->text, type, n);
    f->out++;
    return true;
}

/* Lists a directory: an array that an empty entry ends, then the texts. *Context counts entries between calls.
 * STATUS_MORE_ENTRIES, STATUS_NO_MORE_ENTRIES, STATUS_BUFFER_TOO_SMALL. PASSIVE_LEVEL. */
NTSTATUS NTAPI ZwQueryDirectoryObject(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                                      BOOLEAN RestartScan, PULONG Context, PULONG ReturnLength)
{
    struct listing l = {.out = Buffer, .skip = RestartScan ? 0 : *Context, .room = Length, .single = ReturnSingleEntry};
    void *body;
    NTSTATUS status = ob_from_handle(DirectoryHandle, DIRECTORY_QUERY, ob_directory_type, KernelMode, &body);

    if (!NT_SUCCESS(status))
        return status;
    l.bytes = sizeof(*l.out);
    ob_each_name(body, measure, &l);
    if (l.count == 0)
        status = l.full ? STATUS_BUFFER_TOO_SMALL : STATUS_NO_MORE_ENTRIES;
    else if (l.full)
        status = STATUS_MORE_ENTRIES;
    if (l.count != 0) {
        struct filling f = {.out = Buffer, .text = (WCHAR *)(l.out + l.count + 1), .skip = l.skip, .count = l.count};

        ob_each_name(body, fill, &f);
        memset(l.out + l.count, 0, sizeof(*l.out));
    }
    *Context = l.skip + l.count;
    if (ReturnLength != NULL)
        *ReturnLength = l.bytes;
    ob_dereference(body);
    return status;
}

/* A link to LinkTarget, which need not exist. PASSIVE_LEVEL. docs: ntifs: IoCreateSymbolicLink is the documented form */
NTSTATUS NTAPI ZwCreateSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                          PUNICODE_STRING LinkTarget)
{
    struct ob_link *link;
    void *body;
    NTSTATUS status;

    if (LinkTarget->Length == 0 || LinkTarget->Length % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER;
    status = ob_create(ob_symbolic_link_type, sizeof(*link), &body);
    if (!NT_SUCCESS(status))
        return status;
    link = body;
    link->target.Buffer = malloc(LinkTarget->Length);
    if (link->target.Buffer == NULL) {
        ob_dereference(body);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(link->target.Buffer, LinkTarget->Buffer, LinkTarget->Length);
    link->target.Length = link->target.MaximumLength = LinkTarget->Length;
    return insert_new(body, DesiredAccess, ObjectAttributes, LinkHandle);
}

/* docs: wdm/nf-wdm-zwopensymboliclinkobject */
NTSTATUS NTAPI ZwOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ob_open_name(ObjectAttributes, ob_symbolic_link_type, DesiredAccess, LinkHandle);
}

/* The link's target. STATUS_BUFFER_TOO_SMALL with *ReturnedLength. docs: wdm/nf-wdm-zwquerysymboliclinkobject */
NTSTATUS NTAPI ZwQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength)
{
    struct ob_link *link;
    void *body;
    NTSTATUS status = ob_from_handle(LinkHandle, SYMBOLIC_LINK_QUERY, ob_symbolic_link_type, KernelMode, &body);

    if (!NT_SUCCESS(status))
        return status;
    link = body;
    if (ReturnedLength != NULL)
        *ReturnedLength = link->target.Length;
    if (link->target.Length > LinkTarget->MaximumLength)
        status = STATUS_BUFFER_TOO_SMALL;
    else
        RtlCopyUnicodeString(LinkTarget, &link->target);
    ob_dereference(body);
    return status;
}
