/* Device interfaces: a class GUID, a device, a symbolic link that applications and drivers find.
 *
 * The link's name is \??\<instance path with # for \>#{class}[\reference], in the case PnP gives it. Enabled means that
 * the link exists in the namespace and leads to the PDO's name. Who watches the class is told when the device has
 * started: an interface that is enabled before is announced then. */
#include "nt/pnp_internal.h"

struct interface {
    struct list node;
    GUID class_guid;
    PDEVICE_OBJECT pdo;                 /* NULL: the device is gone */
    UNICODE_STRING link;                /* without the reference string */
    UNICODE_STRING full;                /* with it */
    bool enabled, announced;
};

static struct list interfaces = LIST_INIT(interfaces);

static struct interface *find_link(const UNICODE_STRING *link)
{
    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (io_same_text(&i->full, link))
            return i;
    }
    return NULL;
}

static struct cm_key *interface_key(const struct interface *i, bool create)
{
    char guid[40], link[260], path[400];

    pnp_guid_text(&i->class_guid, guid);
    io_utf8(&i->full, link, sizeof(link));
    for (char *c = link; *c != 0; c++)
        if (*c == '\\' || *c == '?')
            *c = '#';
    snprintf(path, sizeof(path), "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\DeviceClasses\\%s\\%s", guid,
             link);
    return cm_key(NULL, path, create);
}

static bool make_names(struct interface *i, struct pnp_node *node, PUNICODE_STRING reference)
{
    char guid[40], text[300], ref[120] = "";

    pnp_guid_text(&i->class_guid, guid);
    snprintf(text, sizeof(text), "\\??\\%s#%s", node->instance_path, guid);
    for (char *c = text + 4; *c != 0; c++)
        if (*c == '\\')
            *c = '#';
    i->link = io_unicode(text);
    if (reference != NULL && reference->Length != 0) {
        io_utf8(reference, ref, sizeof(ref));
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "\\%s", ref);
    }
    i->full = io_unicode(text);
    return i->link.Buffer != NULL && i->full.Buffer != NULL;
}

static void free_interface(struct interface *i)
{
    io_free_unicode(&i->link);
    io_free_unicode(&i->full);
    list_remove(&i->node);
    free(i);
}

static NTSTATUS copy_name(const UNICODE_STRING *from, PUNICODE_STRING to)
{
    to->Buffer = pool_alloc(PagedPool, from->MaximumLength, IO_TAG_NAME, NULL);
    if (to->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(to->Buffer, from->Buffer, from->MaximumLength);
    to->Length = from->Length;
    to->MaximumLength = from->MaximumLength;
    return STATUS_SUCCESS;
}

static bool has_separator(const UNICODE_STRING *text)
{
    for (unsigned n = 0; text != NULL && n < text->Length / sizeof(WCHAR); n++)
        if (text->Buffer[n] == '\\' || text->Buffer[n] == '/')
            return true;
    return false;
}

/* Registers an interface of a PDO, or finds it when it is registered; not yet enabled. *SymbolicLinkName gets a buffer
 * that the caller frees with RtlFreeUnicodeString. PASSIVE_LEVEL. STATUS_OBJECT_NAME_EXISTS (a success) when it was
 * registered before; STATUS_INVALID_DEVICE_REQUEST for what is no PDO and for a separator in the reference string.
 * docs: wdm/nf-wdm-ioregisterdeviceinterface */
NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, CONST GUID *InterfaceClassGuid,
                                         PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName)
{
    struct pnp_node *node = io_device_of(PhysicalDeviceObject)->node;
    struct interface *i, *known;
    NTSTATUS status;

    if (node == NULL || has_separator(ReferenceString))
        return STATUS_INVALID_DEVICE_REQUEST;
    i = calloc(1, sizeof(*i));
    if (i == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    list_init(&i->node);
    i->class_guid = *InterfaceClassGuid;
    if (!make_names(i, node, ReferenceString)) {
        free_interface(i);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    known = find_link(&i->full);
    if (known != NULL) {
        free_interface(i);
        i = known;
    } else {
        list_push_back(&interfaces, &i->node);
        interface_key(i, true);
    }
    i->pdo = PhysicalDeviceObject;
    status = copy_name(&i->full, SymbolicLinkName);
    return NT_SUCCESS(status) && known != NULL ? STATUS_OBJECT_NAME_EXISTS : status;
}

static bool another_enabled(const struct interface *than)
{
    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (i != than && i->enabled && io_same_text(&i->link, &than->link))
            return true;
    }
    return false;
}

/* Tells who watches about a change that they do not know yet. The interface may be gone afterwards. */
static void announce(struct interface *i)
{
    const struct pnp_node *node = io_device_of(i->pdo)->node;

    if (i->enabled == i->announced || (i->enabled && (node == NULL || node->state != PNP_STARTED)))
        return;
    i->announced = i->enabled;
    pnp_notify_interface(&i->class_guid, &i->full, i->enabled);
}

static NTSTATUS set_state(struct interface *i, bool enable)
{
    struct io_path target;
    char name[260];
    NTSTATUS status = STATUS_SUCCESS;

    ob_name_text(i->pdo, name, sizeof(name));
    if (enable && !another_enabled(i))
        status = IoCreateSymbolicLink(&i->link, io_path(&target, name));
    else if (!enable && !another_enabled(i))
        status = IoDeleteSymbolicLink(&i->link);
    if (!NT_SUCCESS(status) && enable)
        return status;
    i->enabled = enable;
    cm_set_dword(interface_key(i, true), "Linked", enable);
    announce(i);
    return STATUS_SUCCESS;
}

void pnp_announce_interfaces(struct pnp_node *node)
{
    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (i->pdo == node->pdo)
            announce(i);
    }
}

/* Enables or disables an interface: its link appears or goes, and who registered for the class is told. PASSIVE_LEVEL.
 * STATUS_OBJECT_NAME_EXISTS (a success) when already enabled, STATUS_OBJECT_NAME_NOT_FOUND when unknown or already
 * disabled. docs: wdm/nf-wdm-iosetdeviceinterfacestate */
NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable)
{
    struct interface *i = find_link(SymbolicLinkName);

    if (i == NULL || i->pdo == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (i->enabled == (Enable != FALSE))
        return Enable ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_NAME_NOT_FOUND;
    return set_state(i, Enable);
}

static bool wanted(const struct interface *i, CONST GUID *class_guid, PDEVICE_OBJECT pdo, ULONG flags)
{
    return pnp_same_guid(&i->class_guid, class_guid) && (pdo == NULL || i->pdo == pdo) &&
           (i->enabled || (flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE));
}

/* A list of link names, each ended by a null character, the list by another, in pool memory that the caller frees with
 * ExFreePool. PASSIVE_LEVEL. docs: wdm/nf-wdm-iogetdeviceinterfaces */
NTSTATUS NTAPI IoGetDeviceInterfaces(CONST GUID *InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags,
                                     PWSTR *SymbolicLinkList)
{
    size_t size = sizeof(WCHAR);
    char *at;

    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (wanted(i, InterfaceClassGuid, PhysicalDeviceObject, Flags))
            size += i->full.Length + sizeof(WCHAR);
    }
    *SymbolicLinkList = pool_alloc(PagedPool, size, IO_TAG_NAME, NULL);
    if (*SymbolicLinkList == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(*SymbolicLinkList, 0, size);
    at = (char *)*SymbolicLinkList;
    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (!wanted(i, InterfaceClassGuid, PhysicalDeviceObject, Flags))
            continue;
        memcpy(at, i->full.Buffer, i->full.Length);
        at += i->full.Length + sizeof(WCHAR);
    }
    return STATUS_SUCCESS;
}

static bool same_reference(const struct interface *a, const struct interface *b)
{
    UNICODE_STRING x = a->full, y = b->full;

    x.Buffer += a->link.Length / sizeof(WCHAR);
    y.Buffer += b->link.Length / sizeof(WCHAR);
    x.Length = (USHORT)(x.Length - a->link.Length);
    y.Length = (USHORT)(y.Length - b->link.Length);
    return io_same_text(&x, &y);
}

/* The same device's interface of another class with the same reference string; the name's buffer is the caller's to
 * free. PASSIVE_LEVEL. STATUS_OBJECT_NAME_NOT_FOUND. docs: wdm/nf-wdm-iogetdeviceinterfacealias */
NTSTATUS NTAPI IoGetDeviceInterfaceAlias(PUNICODE_STRING SymbolicLinkName, CONST GUID *AliasInterfaceClassGuid,
                                         PUNICODE_STRING AliasSymbolicLinkName)
{
    struct interface *of = find_link(SymbolicLinkName);

    if (of == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (i->pdo == of->pdo && pnp_same_guid(&i->class_guid, AliasInterfaceClassGuid) && same_reference(i, of))
            return copy_name(&i->full, AliasSymbolicLinkName);
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

/* A handle to the interface's own key. PASSIVE_LEVEL. docs: wdm/nf-wdm-ioopendeviceinterfaceregistrykey */
NTSTATUS NTAPI IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess,
                                                PHANDLE DeviceInterfaceRegKey)
{
    struct interface *i = find_link(SymbolicLinkName);
    struct cm_key *key = i == NULL ? NULL : cm_key(interface_key(i, true), "Device Parameters", true);

    if (i == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (key == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return cm_open_handle(key, DesiredAccess, OBJ_KERNEL_HANDLE, DeviceInterfaceRegKey);
}

struct cm_key *pnp_provide_interface(struct pnp_node *node, const GUID *class_guid, const char *reference)
{
    UNICODE_STRING name = io_unicode(reference), link = { 0 };
    struct cm_key *key = NULL;

    if (node->pdo != NULL && NT_SUCCESS(IoRegisterDeviceInterface(node->pdo, class_guid, &name, &link)))
        key = cm_key(interface_key(find_link(&link), true), "Device Parameters", true);
    RtlFreeUnicodeString(&link);
    io_free_unicode(&name);
    return key;
}

static struct cm_key *property_key(const struct interface *i, const DEVPROPKEY *key, bool create)
{
    char path[100], guid[40];

    pnp_guid_text(&key->fmtid, guid);
    snprintf(path, sizeof(path), "Properties\\%s\\%04X", guid, (unsigned)key->pid);
    return cm_key(interface_key(i, true), path, create);
}

/* Sets, or with Data NULL removes, a property of an interface. PASSIVE_LEVEL. docs: wdm/nf-wdm-iosetdeviceinterfacepropertydata */
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, CONST DEVPROPKEY *PropertyKey,
                                                LCID Lcid, ULONG Flags, DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    struct interface *i = find_link(SymbolicLinkName);
    struct cm_key *key = i == NULL ? NULL : property_key(i, PropertyKey, true);

    (void)Lcid;
    (void)Flags;
    if (i == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (key == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Data == NULL) {
        cm_delete_tree(key);
        return STATUS_SUCCESS;
    }
    return cm_set(key, "", 0xffff0000u | Type, Data, Size) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Reads it back. STATUS_BUFFER_TOO_SMALL with *RequiredSize. PASSIVE_LEVEL. docs: wdm/nf-wdm-iogetdeviceinterfacepropertydata */
NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, CONST DEVPROPKEY *PropertyKey,
                                                LCID Lcid, ULONG Flags, ULONG Size, PVOID Data, PULONG RequiredSize,
                                                PDEVPROPTYPE Type)
{
    struct interface *i = find_link(SymbolicLinkName);
    struct cm_key *key = i == NULL ? NULL : property_key(i, PropertyKey, false);
    struct cm_value value;

    (void)Lcid;
    (void)Flags;
    *RequiredSize = 0;
    *Type = DEVPROP_TYPE_EMPTY;
    if (key == NULL || !cm_get(key, "", &value))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *RequiredSize = value.size;
    *Type = value.type & 0xffff;
    if (value.size > Size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(Data, value.data, value.size);
    return STATUS_SUCCESS;
}

void pnp_disable_interfaces(struct pnp_node *node)
{
    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (i->pdo == node->pdo && i->enabled)
            set_state(i, false);
    }
}

void pnp_forget_interfaces(struct pnp_node *node)
{
    pnp_disable_interfaces(node);
    list_each_safe(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (i->pdo == node->pdo)
            free_interface(i);
    }
}

void pnp_interfaces_stop(void)
{
    list_each_safe(it, &interfaces)
        free_interface(container_of(it, struct interface, node));
}

bool io_interface_find(const GUID *class_guid, char *link, size_t size)
{
    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (wanted(i, class_guid, NULL, 0)) {
            io_utf8(&i->full, link, size);
            return true;
        }
    }
    return false;
}

/* Calls back for every enabled interface of a class, with copies of the names: a callback may change the list. */
void pnp_each_interface(const GUID *class_guid, void (*each)(PUNICODE_STRING link, void *context), void *context)
{
    unsigned count = 0, at = 0;
    UNICODE_STRING *names;

    list_each(it, &interfaces)
        count++;
    names = calloc(count + 1, sizeof(*names));
    if (names == NULL)
        return;
    list_each(it, &interfaces) {
        struct interface *i = container_of(it, struct interface, node);

        if (wanted(i, class_guid, NULL, 0) && NT_SUCCESS(copy_name(&i->full, &names[at])))
            at++;
    }
    for (unsigned n = 0; n < at; n++) {
        each(&names[n], context);
        io_free_unicode(&names[n]);
    }
    free(names);
}

void pnp_interfaces_reset(void)
{
    list_init(&interfaces);
}
