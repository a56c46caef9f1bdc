/* Registry keys of devices and drivers. */
#include "nt/pnp_internal.h"

static const char control_set[] = "\\Registry\\Machine\\System\\CurrentControlSet";

static NTSTATUS open_path(const char *path, ACCESS_MASK access, bool create, HANDLE *handle)
{
    struct cm_key *key = cm_key(NULL, path, create);

    if (key == NULL)
        return create ? STATUS_INSUFFICIENT_RESOURCES : STATUS_OBJECT_NAME_NOT_FOUND;
    return cm_open_handle(key, access, OBJ_KERNEL_HANDLE, handle);
}

NTSTATUS pnp_open_instance_key(struct pnp_node *node, ACCESS_MASK access, HANDLE *key)
{
    char path[320];

    snprintf(path, sizeof(path), "%s\\Enum\\%s", control_set, node->instance_path);
    return open_path(path, access, true, key);
}

NTSTATUS pnp_open_hardware_key(struct pnp_node *node, ACCESS_MASK access, HANDLE *key)
{
    char path[340];

    snprintf(path, sizeof(path), "%s\\Enum\\%s\\Device Parameters", control_set, node->instance_path);
    return open_path(path, access, true, key);
}

/* The number after the class GUID: what the instance key says, or the first that no installed device has. A key without
 * a description holds only values that a person put there in advance (--reg): they are for the device to come. */
static void choose_instance_number(struct pnp_node *node)
{
    char path[340], text[80];
    struct cm_key *key;
    unsigned n;

    snprintf(path, sizeof(path), "%s\\Enum\\%s", control_set, node->instance_path);
    key = cm_key(NULL, path, true);
    if (key != NULL && cm_get_string(key, "Driver", text, sizeof(text)) && strrchr(text, '\\') != NULL &&
        strncasecmp(text, node->class_guid, strlen(node->class_guid)) == 0) {
        node->instance_number = (uint32_t)strtoul(strrchr(text, '\\') + 1, NULL, 10);
        return;
    }
    for (n = 0; n < 9999; n++) {
        snprintf(path, sizeof(path), "%s\\Control\\Class\\%s\\%04u", control_set, node->class_guid, n);
        struct cm_key *other = cm_key(NULL, path, false);
        struct cm_value description;
        if (other == NULL || !cm_get(other, "DriverDesc", &description))
            break;
    }
    node->instance_number = n;
    snprintf(text, sizeof(text), "%s\\%04u", node->class_guid, n);
    if (key != NULL)
        cm_set_string(key, "Driver", text);
}

NTSTATUS pnp_open_driver_key(struct pnp_node *node, ACCESS_MASK access, HANDLE *handle)
{
    char path[200], text[80];
    struct cm_key *key;

    if (node->instance_number == (uint32_t)-1)
        choose_instance_number(node);
    snprintf(path, sizeof(path), "%s\\Control\\Class\\%s\\%04u", control_set, node->class_guid, node->instance_number);
    key = cm_key(NULL, path, true);
    if (key == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!cm_get_string(key, "DriverDesc", text, sizeof(text)))
        cm_set_string(key, "DriverDesc", node->description);
    return cm_open_handle(key, access, OBJ_KERNEL_HANDLE, handle);
}

/* A handle to the device's hardware key (PLUGPLAY_REGKEY_DEVICE) or its driver's key (PLUGPLAY_REGKEY_DRIVER); the
 * caller closes it with ZwClose. DeviceObject: the PDO. PASSIVE_LEVEL. STATUS_INVALID_DEVICE_REQUEST for what is no
 * PDO. docs: wdm/nf-wdm-ioopendeviceregistrykey */
NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess,
                                       PHANDLE DeviceRegKey)
{
    struct pnp_node *node = io_device_of(DeviceObject)->node;

    *DeviceRegKey = NULL;
    if (node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    switch (DevInstKeyType & ~(ULONG)PLUGPLAY_REGKEY_CURRENT_HWPROFILE) {
    case PLUGPLAY_REGKEY_DEVICE:
        return pnp_open_hardware_key(node, DesiredAccess, DeviceRegKey);
    case PLUGPLAY_REGKEY_DRIVER:
        return pnp_open_driver_key(node, DesiredAccess, DeviceRegKey);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* A handle to the driver's Parameters key, or its persistent state. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-ioopendriverregistrykey */
NTSTATUS NTAPI IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
                                       ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey)
{
    static const char *const parts[] = { "Parameters", "State", "SharedState" };
    char path[200];

    if ((unsigned)RegKeyType >= countof(parts) || Flags != 0)
        return STATUS_INVALID_PARAMETER;
    snprintf(path, sizeof(path), "%s\\Services\\%s\\%s", control_set, io_driver_of(DriverObject)->name,
             parts[RegKeyType]);
    return open_path(path, DesiredAccess, true, DriverRegKey);
}
