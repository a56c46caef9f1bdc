/* The registry's system calls as drivers import them: with the filters of CmRegisterCallbackEx around each. What the host itself does to
 * the registry goes to zw_registry.c at once and is not filtered. PASSIVE_LEVEL; contracts are those of the functions called. */
#include "nt/cm_filter.h"
#include "nt/cm_internal.h"
#include "nt/ob.h"
#include "ring3/rtl_string.h"

/* Begins a notification of a call on the key behind `handle`, when anybody listens. The object is referenced in between. */
struct filtered {
    struct cm_call call;
    void *object;
    NTSTATUS status;
};

static bool listened(struct filtered *f, HANDLE handle)
{
    f->object = NULL;
    return !list_empty(&cm_filters) && NT_SUCCESS(ob_from_handle(handle, 0, CmKeyObjectType, KernelMode, &f->object));
}

#define BEGIN(f, kind, information)                                                                                \
    ((f).call = (struct cm_call){ .before = RegNtPre##kind, .after = RegNtPost##kind, .info = &(information),       \
                                  .call_context = &(information).CallContext,                                      \
                                  .object_context = &(information).ObjectContext, .object = (f).object },          \
     (information).Object = (f).object, cm_call_begin(&(f).call, &(f).status))

static NTSTATUS end(struct filtered *f)
{
    NTSTATUS status = cm_call_end(&f->call, f->status, NULL);

    ob_dereference(f->object);
    return status;
}

/* docs: wdm/nf-wdm-zwdeletekey */
NTSTATUS NTAPI cm_filtered_delete_key(HANDLE KeyHandle)
{
    REG_DELETE_KEY_INFORMATION info = { 0 };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwDeleteKey(KeyHandle);
    if (BEGIN(f, DeleteKey, info))
        f.status = ZwDeleteKey(KeyHandle);
    return end(&f);
}

/* docs: wdm/nf-wdm-zwflushkey */
NTSTATUS NTAPI cm_filtered_flush_key(HANDLE KeyHandle)
{
    REG_FLUSH_KEY_INFORMATION info = { 0 };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwFlushKey(KeyHandle);
    if (BEGIN(f, FlushKey, info))
        f.status = ZwFlushKey(KeyHandle);
    return end(&f);
}

/* docs: wdm/ns-wdm-_reg_rename_key_information */
NTSTATUS NTAPI cm_filtered_rename_key(HANDLE KeyHandle, PUNICODE_STRING NewName)
{
    REG_RENAME_KEY_INFORMATION info = { .NewName = NewName };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwRenameKey(KeyHandle, NewName);
    if (BEGIN(f, RenameKey, info))
        f.status = ZwRenameKey(KeyHandle, NewName);
    return end(&f);
}

/* docs: wdm/nf-wdm-zwsetvaluekey */
NTSTATUS NTAPI cm_filtered_set_value(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG DataSize)
{
    REG_SET_VALUE_KEY_INFORMATION info = { .ValueName = ValueName, .TitleIndex = TitleIndex, .Type = Type, .Data = Data, .DataSize = DataSize };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwSetValueKey(KeyHandle, ValueName, TitleIndex, Type, Data, DataSize);
    if (BEGIN(f, SetValueKey, info))
        f.status = ZwSetValueKey(KeyHandle, ValueName, TitleIndex, Type, Data, DataSize);
    return end(&f);
}

/* docs: wdm/nf-wdm-zwdeletevaluekey */
NTSTATUS NTAPI cm_filtered_delete_value(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
    REG_DELETE_VALUE_KEY_INFORMATION info = { .ValueName = ValueName };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwDeleteValueKey(KeyHandle, ValueName);
    if (BEGIN(f, DeleteValueKey, info))
        f.status = ZwDeleteValueKey(KeyHandle, ValueName);
    return end(&f);
}

/* docs: wdm/ns-wdm-_reg_set_information_key_information */
NTSTATUS NTAPI cm_filtered_set_information(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS Class, PVOID Information, ULONG Length)
{
    REG_SET_INFORMATION_KEY_INFORMATION info = { .KeySetInformationClass = Class, .KeySetInformation = Information,
                                                 .KeySetInformationLength = Length };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwSetInformationKey(KeyHandle, Class, Information, Length);
    if (BEGIN(f, SetInformationKey, info))
        f.status = ZwSetInformationKey(KeyHandle, Class, Information, Length);
    return end(&f);
}

/* docs: wdm/nf-wdm-zwquerykey */
NTSTATUS NTAPI cm_filtered_query_key(HANDLE KeyHandle, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ResultLength)
{
    REG_QUERY_KEY_INFORMATION info = { .KeyInformationClass = Class, .KeyInformation = Information, .Length = Length,
                                       .ResultLength = ResultLength };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwQueryKey(KeyHandle, Class, Information, Length, ResultLength);
    if (BEGIN(f, QueryKey, info))
        f.status = ZwQueryKey(KeyHandle, Class, Information, Length, ResultLength);
    return end(&f);
}

/* docs: wdm/nf-wdm-zwenumeratekey */
NTSTATUS NTAPI cm_filtered_enumerate_key(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                                         PULONG ResultLength)
{
    REG_ENUMERATE_KEY_INFORMATION info = { .Index = Index, .KeyInformationClass = Class, .KeyInformation = Information, .Length = Length,
                                           .ResultLength = ResultLength };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwEnumerateKey(KeyHandle, Index, Class, Information, Length, ResultLength);
    if (BEGIN(f, EnumerateKey, info))
        f.status = ZwEnumerateKey(KeyHandle, Index, Class, Information, Length, ResultLength);
    return end(&f);
}

/* docs: wdm/nf-wdm-zwenumeratevaluekey */
NTSTATUS NTAPI cm_filtered_enumerate_value(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                                           PULONG ResultLength)
{
    REG_ENUMERATE_VALUE_KEY_INFORMATION info = { .Index = Index, .KeyValueInformationClass = Class, .KeyValueInformation = Information,
                                                 .Length = Length, .ResultLength = ResultLength };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwEnumerateValueKey(KeyHandle, Index, Class, Information, Length, ResultLength);
    if (BEGIN(f, EnumerateValueKey, info))
        f.status = ZwEnumerateValueKey(KeyHandle, Index, Class, Information, Length, ResultLength);
    return end(&f);
}

/* docs: wdm/nf-wdm-zwqueryvaluekey */
NTSTATUS NTAPI cm_filtered_query_value(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information,
                                       ULONG Length, PULONG ResultLength)
{
    REG_QUERY_VALUE_KEY_INFORMATION info = { .ValueName = ValueName, .KeyValueInformationClass = Class, .KeyValueInformation = Information,
                                             .Length = Length, .ResultLength = ResultLength };
    struct filtered f;

    if (!listened(&f, KeyHandle))
        return ZwQueryValueKey(KeyHandle, ValueName, Class, Information, Length, ResultLength);
    if (BEGIN(f, QueryValueKey, info))
        f.status = ZwQueryValueKey(KeyHandle, ValueName, Class, Information, Length, ResultLength);
    return end(&f);
}

/* ---- creating and opening ---- */

static const WCHAR root_name[] = { '\\', 'R', 'E', 'G', 'I', 'S', 'T', 'R', 'Y', '\\', 0 };

/* The name relative to the root object: without \REGISTRY\ when it is absolute. */
static UNICODE_STRING remaining(const UNICODE_STRING *name)
{
    UNICODE_STRING rest = *name, root = { sizeof(root_name) - sizeof(WCHAR), sizeof(root_name), (PWSTR)(ULONG_PTR)root_name };

    if (RtlPrefixUnicodeString(&root, name, TRUE)) {
        rest.Buffer += root.Length / sizeof(WCHAR);
        rest.Length -= root.Length;
        rest.MaximumLength = rest.Length;
    }
    return rest;
}

/* A filter that bypasses an open has given the Key object itself. */
static NTSTATUS adopt(PHANDLE handle, const REG_CREATE_KEY_INFORMATION_V1 *info, ULONG attributes)
{
    NTSTATUS status;

    if (*info->ResultObject == NULL)
        return STATUS_SUCCESS;
    status = ob_open_handle(*info->ResultObject, info->GrantedAccess, attributes, handle);
    ob_dereference(*info->ResultObject);
    return status;
}

static NTSTATUS filtered_open(bool create, PHANDLE KeyHandle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, PUNICODE_STRING class,
                              ULONG options, PULONG disposition)
{
    UNICODE_STRING rest = remaining(attributes->ObjectName);
    ULONG told = 0;
    PVOID result = NULL, root = NULL;
    REG_CREATE_KEY_INFORMATION_V1 info = {
        .CompleteName = attributes->ObjectName, .ObjectType = CmKeyObjectType, .Options = options, .Class = class,
        .SecurityDescriptor = attributes->SecurityDescriptor, .SecurityQualityOfService = attributes->SecurityQualityOfService,
        .DesiredAccess = access, .GrantedAccess = access, .Disposition = disposition != NULL ? disposition : &told, .ResultObject = &result,
        .Version = 1, .RemainingName = &rest, .Attributes = attributes->Attributes, .CheckAccessMode = KernelMode };
    struct cm_call call = { .before = create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx, .after = create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx,
                            .info = &info, .call_context = &info.CallContext, .object_context = &info.RootObjectContext };
    NTSTATUS status;
    bool made;

    if (attributes->RootDirectory != NULL && NT_SUCCESS(ob_from_handle(attributes->RootDirectory, 0, CmKeyObjectType, KernelMode, &root)))
        info.RootObject = root;
    else
        info.RootObject = cm_registry_object();
    call.object = info.RootObject;
    made = cm_call_begin(&call, &status);
    if (made)
        status = create ? ZwCreateKey(KeyHandle, access, attributes, 0, class, options, disposition)
                        : ZwOpenKeyEx(KeyHandle, access, attributes, options);
    else if (NT_SUCCESS(status))
        status = adopt(KeyHandle, &info, attributes->Attributes);
    result = NULL;
    if (NT_SUCCESS(status))
        ob_from_handle(*KeyHandle, 0, CmKeyObjectType, KernelMode, &result);
    status = cm_call_end(&call, status, result);
    if (!NT_SUCCESS(status) && result != NULL)
        ob_close_handle(*KeyHandle);
    if (result != NULL)
        ob_dereference(result);
    if (root != NULL)
        ob_dereference(root);
    return status;
}

/* docs: wdm/nf-wdm-zwcreatekey */
NTSTATUS NTAPI cm_filtered_create_key(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                                      PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
    if (list_empty(&cm_filters) || ObjectAttributes->ObjectName == NULL)
        return ZwCreateKey(KeyHandle, DesiredAccess, ObjectAttributes, TitleIndex, Class, CreateOptions, Disposition);
    return filtered_open(true, KeyHandle, DesiredAccess, ObjectAttributes, Class, CreateOptions, Disposition);
}

/* docs: wdm/nf-wdm-zwopenkey */
NTSTATUS NTAPI cm_filtered_open_key(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    if (list_empty(&cm_filters) || ObjectAttributes->ObjectName == NULL)
        return ZwOpenKey(KeyHandle, DesiredAccess, ObjectAttributes);
    return filtered_open(false, KeyHandle, DesiredAccess, ObjectAttributes, NULL, 0, NULL);
}

/* docs: wdm/nf-wdm-zwopenkeyex */
NTSTATUS NTAPI cm_filtered_open_key_ex(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions)
{
    if (list_empty(&cm_filters) || ObjectAttributes->ObjectName == NULL)
        return ZwOpenKeyEx(KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions);
    return filtered_open(false, KeyHandle, DesiredAccess, ObjectAttributes, NULL, OpenOptions, NULL);
}

/* Any handle; that of a key with its notifications. docs: wdm/nf-wdm-zwclose */
NTSTATUS NTAPI cm_filtered_close(HANDLE Handle)
{
    REG_KEY_HANDLE_CLOSE_INFORMATION info = { 0 };
    struct filtered f;
    unsigned handles;

    if (!listened(&f, Handle))
        return ZwClose(Handle);
    handles = ob_handles(f.object);
    if (BEGIN(f, KeyHandleClose, info))
        f.status = ZwClose(Handle);
    if (NT_SUCCESS(f.status) && handles <= 1)
        cm_filter_object_gone(f.object);
    return end(&f);
}
