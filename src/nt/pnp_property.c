/* Properties of devices: the old numbered ones, and the unified property model. */
#include "nt/pnp_internal.h"

#include "nt/text.h"

struct property {
    const void *data;
    size_t size;
    WCHAR *owned;                       /* malloc'ed data */
    ULONG number;
    GUID guid;
    DEVPROPTYPE type;
};

static bool set_text(struct property *p, const char *text, size_t size)
{
    size_t length = text_to_utf16(NULL, 0, text, size, NULL);

    p->owned = malloc(length * sizeof(WCHAR));
    if (p->owned == NULL)
        return false;
    text_to_utf16(p->owned, length, text, size, NULL);
    p->data = p->owned;
    p->size = length * sizeof(WCHAR);
    p->type = DEVPROP_TYPE_STRING;
    return true;
}

static size_t multi_size(const char *ids)
{
    const char *at = ids;

    while (*at != 0)
        at += strlen(at) + 1;
    return (size_t)(at - ids) + 1;
}

static NTSTATUS text_property(struct property *p, const char *text)
{
    if (text == NULL || text[0] == 0)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return set_text(p, text, strlen(text) + 1) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS ids_property(struct property *p, const char *ids)
{
    if (ids == NULL || ids[0] == 0)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!set_text(p, ids, multi_size(ids)))
        return STATUS_INSUFFICIENT_RESOURCES;
    p->type = DEVPROP_TYPE_STRING_LIST;
    return STATUS_SUCCESS;
}

static NTSTATUS number_property(struct property *p, ULONG value)
{
    p->number = value;
    p->data = &p->number;
    p->size = sizeof(p->number);
    p->type = DEVPROP_TYPE_UINT32;
    return STATUS_SUCCESS;
}

static NTSTATUS guid_property(struct property *p, const GUID *guid)
{
    p->guid = *guid;
    p->data = &p->guid;
    p->size = sizeof(p->guid);
    p->type = DEVPROP_TYPE_GUID;
    return STATUS_SUCCESS;
}

static NTSTATUS block_property(struct property *p, const void *data, size_t size)
{
    if (data == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    p->data = data;
    p->size = size;
    p->type = DEVPROP_TYPE_BINARY;
    return STATUS_SUCCESS;
}

/* A value of the instance key. */
static NTSTATUS key_property(struct property *p, struct pnp_node *node, const char *name)
{
    char path[320], text[256];
    struct cm_key *key;

    snprintf(path, sizeof(path), "\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\%s", node->instance_path);
    key = cm_key(NULL, path, false);
    if (key == NULL || !cm_get_string(key, name, text, sizeof(text)))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return text_property(p, text);
}

static NTSTATUS name_property(struct property *p, struct pnp_node *node)
{
    char name[260];

    ob_name_text(node->pdo, name, sizeof(name));
    return text_property(p, name);
}

static NTSTATUS enumerator_property(struct property *p, struct pnp_node *node)
{
    char name[40];
    size_t length = strcspn(node->instance_path, "\\");

    snprintf(name, sizeof(name), "%.*s", (int)length, node->instance_path);
    return text_property(p, name);
}

static NTSTATUS find(struct property *p, struct pnp_node *node, DEVICE_REGISTRY_PROPERTY property)
{
    switch (property) {
    case DevicePropertyDeviceDescription:
        return key_property(p, node, "DeviceDesc");
    case DevicePropertyHardwareID:
        return ids_property(p, node->hardware_ids);
    case DevicePropertyCompatibleIDs:
        return ids_property(p, node->compatible_ids);
    case DevicePropertyBootConfiguration:
    case DevicePropertyAllocatedResources:
        return block_property(p, node->raw, node->resource_size);
    case DevicePropertyBootConfigurationTranslated:
        return block_property(p, node->translated, node->resource_size);
    case DevicePropertyResourceRequirements:
        return block_property(p, node->requirements, node->requirements != NULL ? node->requirements->ListSize : 0);
    case DevicePropertyClassName:
        return text_property(p, node->class_name);
    case DevicePropertyClassGuid:
        return text_property(p, node->class_guid);
    case DevicePropertyDriverKeyName:
        return key_property(p, node, "Driver");
    case DevicePropertyManufacturer:
        return key_property(p, node, "Mfg");
    case DevicePropertyFriendlyName:
        return key_property(p, node, "FriendlyName");
    case DevicePropertyLocationInformation:
        return text_property(p, node->location);
    case DevicePropertyPhysicalDeviceObjectName:
        return name_property(p, node);
    case DevicePropertyBusTypeGuid:
        return guid_property(p, node->device != NULL ? &pnp_guid_pci_bus : &pnp_guid_internal_bus);
    case DevicePropertyLegacyBusType:
        return number_property(p, node->device != NULL ? PCIBus : PNPBus);
    case DevicePropertyBusNumber:
        return number_property(p, node->bus);
    case DevicePropertyEnumeratorName:
        return enumerator_property(p, node);
    case DevicePropertyAddress:
        return number_property(p, node->capabilities.Address);
    case DevicePropertyUINumber:
        return number_property(p, node->capabilities.UINumber);
    case DevicePropertyInstallState:
        return number_property(p, InstallStateInstalled);
    case DevicePropertyRemovalPolicy:
        return number_property(p, node->capabilities.SurpriseRemovalOK ? RemovalPolicyExpectSurpriseRemoval
                                                                       : RemovalPolicyExpectOrderlyRemoval);
    default:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
}

static NTSTATUS give(struct property *p, NTSTATUS status, ULONG room, PVOID buffer, PULONG needed)
{
    if (NT_SUCCESS(status)) {
        *needed = (ULONG)p->size;
        if (p->size > room)
            status = STATUS_BUFFER_TOO_SMALL;
        else
            memcpy(buffer, p->data, p->size);
    }
    free(p->owned);
    return status;
}

/* A property of a PDO, copied to PropertyBuffer; *ResultLength: bytes it takes. PASSIVE_LEVEL.
 * STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST (no PDO), STATUS_OBJECT_NAME_NOT_FOUND.
 * docs: wdm/nf-wdm-iogetdeviceproperty */
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                   ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength)
{
    struct pnp_node *node = io_device_of(DeviceObject)->node;
    struct property p = { .data = NULL };

    *ResultLength = 0;
    if (node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    return give(&p, find(&p, node, DeviceProperty), BufferLength, PropertyBuffer, ResultLength);
}

/* ---- unified properties ---- */

static const struct {
    ULONG pid;
    int property;                       /* DEVICE_REGISTRY_PROPERTY */
} device_keys[] = {
    { 2, DevicePropertyDeviceDescription }, { 3, DevicePropertyHardwareID }, { 4, DevicePropertyCompatibleIDs },
    { 9, DevicePropertyClassName }, { 10, DevicePropertyClassGuid }, { 11, DevicePropertyDriverKeyName },
    { 13, DevicePropertyManufacturer }, { 14, DevicePropertyFriendlyName }, { 15, DevicePropertyLocationInformation },
    { 16, DevicePropertyPhysicalDeviceObjectName }, { 18, DevicePropertyUINumber }, { 21, DevicePropertyBusTypeGuid },
    { 22, DevicePropertyLegacyBusType }, { 23, DevicePropertyBusNumber }, { 24, DevicePropertyEnumeratorName },
    { 30, DevicePropertyAddress },
};
static const GUID device_format = { 0xa45c254e, 0xdf1c, 0x4efd, { 0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0 } };
static const GUID instance_format = { 0x78c34fc8, 0x104a, 0x4aca, { 0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57 } };
static const GUID numa_format = { 0x540b947e, 0x8b40, 0x45bc, { 0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2 } };

static NTSTATUS find_key(struct property *p, struct pnp_node *node, const DEVPROPKEY *key)
{
    if (pnp_same_guid(&key->fmtid, &device_format)) {
        if (key->pid == 6)
            return node->driver != NULL ? text_property(p, node->driver->name) : STATUS_OBJECT_NAME_NOT_FOUND;
        for (unsigned i = 0; i < countof(device_keys); i++)
            if (device_keys[i].pid == key->pid)
                return find(p, node, (DEVICE_REGISTRY_PROPERTY)device_keys[i].property);
    }
    if (pnp_same_guid(&key->fmtid, &instance_format) && key->pid == 256)
        return text_property(p, node->instance_path);
    if (pnp_same_guid(&key->fmtid, &numa_format) && key->pid == 3)
        return number_property(p, 0);
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

/* Properties that drivers set live in the instance key, under Properties\{format}\id. */
static struct cm_key *stored_key(struct pnp_node *node, const DEVPROPKEY *key, bool create)
{
    char path[420], guid[40];

    pnp_guid_text(&key->fmtid, guid);
    snprintf(path, sizeof(path), "\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\%s\\Properties\\%s\\%04X",
             node->instance_path, guid, (unsigned)key->pid);
    return cm_key(NULL, path, create);
}

static NTSTATUS find_stored(struct property *p, struct pnp_node *node, const DEVPROPKEY *key)
{
    struct cm_key *k = stored_key(node, key, false);
    struct cm_value value;

    if (k == NULL || !cm_get(k, "", &value))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    p->data = value.data;
    p->size = value.size;
    p->type = value.type & 0xffff;
    return STATUS_SUCCESS;
}

/* A property by key: what drivers set, else what PnP knows. PASSIVE_LEVEL (APC). STATUS_BUFFER_TOO_SMALL with
 * *RequiredSize. docs: wdm/nf-wdm-iogetdevicepropertydata */
NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, CONST DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                       ULONG Size, PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    struct pnp_node *node = io_device_of(Pdo)->node;
    struct property p = { .data = NULL };
    NTSTATUS status;

    (void)Lcid;
    (void)Flags;
    *RequiredSize = 0;
    if (node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = find_stored(&p, node, PropertyKey);
    if (!NT_SUCCESS(status))
        status = find_key(&p, node, PropertyKey);
    *Type = NT_SUCCESS(status) ? p.type : DEVPROP_TYPE_EMPTY;
    return give(&p, status, Size, Data, RequiredSize);
}

/* Sets, or with Size 0 and Data NULL removes, a property. PASSIVE_LEVEL. docs: wdm/nf-wdm-iosetdevicepropertydata */
NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, CONST DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                       DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    struct pnp_node *node = io_device_of(Pdo)->node;
    struct cm_key *key;

    (void)Lcid;
    (void)Flags;
    if (node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    key = stored_key(node, PropertyKey, true);
    if (key == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Data == NULL) {
        cm_delete_tree(key);
        return STATUS_SUCCESS;
    }
    return cm_set(key, "", 0xffff0000u | Type, Data, Size) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* The node of a device: there is one, 0. docs: wdm/nf-wdm-iogetdevicenumanode */
NTSTATUS NTAPI IoGetDeviceNumaNode(PDEVICE_OBJECT Pdo, PUSHORT NodeNumber)
{
    (void)Pdo;
    *NodeNumber = 0;
    return STATUS_SUCCESS;
}

struct state_work {
    WORK_QUEUE_ITEM item;
    PDEVICE_OBJECT pdo;
};

static VOID NTAPI query_state_later(PVOID context)
{
    struct state_work *w = context;
    struct pnp_node *node;
    ULONG_PTR state = 0;

    pnp_lock();
    node = io_device_of(w->pdo)->node;
    if (node != NULL && node->state == PNP_STARTED) {
        pnp_send(node, IRP_MN_QUERY_PNP_DEVICE_STATE, NULL, &state);
        if (state & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED)) {
            node->state = PNP_SURPRISED;
            pnp_send(node, IRP_MN_SURPRISE_REMOVAL, NULL, NULL);
            pnp_remove_node(node, true);
        } else if (state & PNP_DEVICE_DISABLED) {
            pnp_remove_node(node, false);
        } else if ((state & PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED) && NT_SUCCESS(pnp_stop_node(node))) {
            pnp_start_node(node);
        }
    }
    pnp_unlock();
    ob_dereference(w->pdo);
    pool_free(w, PNP_TAG, NULL);
}

/* IRP_MN_QUERY_PNP_DEVICE_STATE is sent again, in a worker, and acted upon: a failed device is removed. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-ioinvalidatedevicestate */
VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject)
{
    struct state_work *w = pool_alloc(NonPagedPoolNx, sizeof(*w), PNP_TAG, NULL);

    if (w == NULL)
        return;
    w->pdo = PhysicalDeviceObject;
    ob_reference(w->pdo);
    ExInitializeWorkItem(&w->item, query_state_later, w);
    ExQueueWorkItem(&w->item, DelayedWorkQueue);
}

/* A person asked to eject: the device is removed as when disabled. docs: wdm/nf-wdm-iorequestdeviceeject */
VOID NTAPI IoRequestDeviceEject(PDEVICE_OBJECT PhysicalDeviceObject)
{
    struct pnp_node *node = pnp_node_of(PhysicalDeviceObject);

    if (node != NULL)
        pnp_remove_node(node, false);
}
