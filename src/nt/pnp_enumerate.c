/* From bus relations to nodes, and from nodes to started devices. */
#include "nt/pnp_internal.h"

#include "nt/text.h"

char *pnp_multi_utf8(const WCHAR *text)
{
    size_t room = text != NULL ? pool_size(text) / sizeof(WCHAR) : 0, length = 0, size;
    char *copy;

    /* A list of no strings may be one null character; a driver's block may lack its end. */
    while (length < room && (text[length] != 0 || (length != 0 && text[length - 1] != 0)))
        length++;
    size = text_to_utf8(NULL, 0, text, length, NULL);
    copy = calloc(1, size + 2);
    if (copy != NULL)
        text_to_utf8(copy, size, text, length, NULL);
    return copy;
}

/* IRP_MN_QUERY_ID or _DEVICE_TEXT: the UTF-16 answer in pool memory, or NULL. */
static WCHAR *query_text(struct pnp_node *node, UCHAR minor, int type)
{
    IO_STACK_LOCATION p = { .MajorFunction = IRP_MJ_PNP };
    ULONG_PTR answer = 0;

    if (minor == IRP_MN_QUERY_ID)
        p.Parameters.QueryId.IdType = (BUS_QUERY_ID_TYPE)type;
    else
        p.Parameters.QueryDeviceText.DeviceTextType = (DEVICE_TEXT_TYPE)type;
    p.Parameters.QueryDeviceText.LocaleId = minor == IRP_MN_QUERY_ID ? 0 : 0x409;
    return NT_SUCCESS(pnp_send(node, minor, &p, &answer)) ? (WCHAR *)answer : NULL;
}

static void copy_text(struct pnp_node *node, UCHAR minor, int type, char *to, size_t size)
{
    WCHAR *text = query_text(node, minor, type);
    UNICODE_STRING string;
    size_t length = 0;

    to[0] = 0;
    if (text == NULL)
        return;
    while (length < pool_size(text) / sizeof(WCHAR) && length < 1000 && text[length] != 0)
        length++;
    string = text_string(text, length);
    io_utf8(&string, to, size);
    ExFreePool(text);
}

static char *copy_ids(struct pnp_node *node, int type)
{
    WCHAR *text = query_text(node, IRP_MN_QUERY_ID, type);
    char *ids = pnp_multi_utf8(text);

    if (text != NULL)
        ExFreePool(text);
    return ids;
}

static void query_capabilities(struct pnp_node *node)
{
    IO_STACK_LOCATION p = { .MajorFunction = IRP_MJ_PNP };

    memset(&node->capabilities, 0, sizeof(node->capabilities));
    node->capabilities.Size = sizeof(node->capabilities);
    node->capabilities.Version = 1;
    node->capabilities.Address = node->capabilities.UINumber = (ULONG)-1;
    p.Parameters.DeviceCapabilities.Capabilities = &node->capabilities;
    pnp_send(node, IRP_MN_QUERY_CAPABILITIES, &p, NULL);
}

static void default_class(struct pnp_node *node)
{
    unsigned base = node->device != NULL ? node->device->config[11] : 0;

    snprintf(node->class_guid, sizeof(node->class_guid), "%s",
             base == 2   ? "{4d36e972-e325-11ce-bfc1-08002be10318}"
             : base == 1 ? "{4d36e97b-e325-11ce-bfc1-08002be10318}"
                         : "{4d36e97d-e325-11ce-bfc1-08002be10318}");
    snprintf(node->class_name, sizeof(node->class_name), "%s", base == 2 ? "Net" : base == 1 ? "SCSIAdapter" : "System");
}

static bool identify(struct pnp_node *node)
{
    char id[110], instance[80];

    query_capabilities(node);
    copy_text(node, IRP_MN_QUERY_ID, BusQueryDeviceID, id, sizeof(id));
    copy_text(node, IRP_MN_QUERY_ID, BusQueryInstanceID, instance, sizeof(instance));
    if (id[0] == 0)
        return false;
    snprintf(node->instance_path, sizeof(node->instance_path), "%s\\%s%s", id,
             node->capabilities.UniqueID ? "" : "3&11583659&0&", instance);
    node->hardware_ids = copy_ids(node, BusQueryHardwareIDs);
    node->compatible_ids = copy_ids(node, BusQueryCompatibleIDs);
    copy_text(node, IRP_MN_QUERY_DEVICE_TEXT, DeviceTextDescription, node->description, sizeof(node->description));
    copy_text(node, IRP_MN_QUERY_DEVICE_TEXT, DeviceTextLocationInformation, node->location, sizeof(node->location));
    return node->hardware_ids != NULL && node->compatible_ids != NULL;
}

static void write_multi(struct cm_key *key, const char *name, const char *ids)
{
    const char *texts[16];
    size_t count = 0;

    for (const char *id = ids; *id != 0 && count < countof(texts); id += strlen(id) + 1)
        texts[count++] = id;
    if (count != 0)
        cm_set_multi(key, name, texts, count);
}

static void write_instance_key(struct pnp_node *node)
{
    char path[320];
    struct cm_key *key;

    snprintf(path, sizeof(path), "\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\%s", node->instance_path);
    key = cm_key(NULL, path, true);
    if (key == NULL)
        return;
    write_multi(key, "HardwareID", node->hardware_ids);
    write_multi(key, "CompatibleIDs", node->compatible_ids);
    if (node->description[0] != 0)
        cm_set_string(key, "DeviceDesc", node->description);
    if (node->location[0] != 0)
        cm_set_string(key, "LocationInformation", node->location);
}

struct pnp_node *pnp_new_node(struct pnp_node *parent, PDEVICE_OBJECT pdo)
{
    struct pnp_node *node = calloc(1, sizeof(*node));

    if (node == NULL)
        return NULL;
    node->parent = parent;
    node->pdo = pdo;
    node->instance_number = (uint32_t)-1;
    ob_reference(pdo);
    io_device_of(pdo)->node = node;
    list_push_back(&pnp_nodes, &node->node);
    if (parent == NULL) {
        snprintf(node->instance_path, sizeof(node->instance_path), "HTREE\\ROOT\\0");
        node->hardware_ids = calloc(1, 2);
        node->compatible_ids = calloc(1, 2);
        return node;
    }
    if (parent == pnp_pci) {
        node->device = bus_pdo_of(pdo)->device;
        node->slot = bus_pdo_of(pdo)->slot;
    }
    default_class(node);
    if (!identify(node)) {
        pnp_free_node(node);
        return NULL;
    }
    write_instance_key(node);
    return node;
}

void pnp_free_node(struct pnp_node *node)
{
    pnp_forget_dirty(node);
    pnp_forget_interfaces(node);
    pnp_release_resources(node);
    list_remove(&node->node);
    io_device_of(node->pdo)->node = NULL;
    ob_dereference(node->pdo);
    free(node->hardware_ids);
    free(node->compatible_ids);
    free(node);
}

/* ---- starting ---- */

static struct io_driver *choose_driver(struct pnp_node *node)
{
    const char *ids[32];
    unsigned count = 0;

    for (const char *id = node->hardware_ids; *id != 0 && count < countof(ids); id += strlen(id) + 1)
        ids[count++] = id;
    for (const char *id = node->compatible_ids; *id != 0 && count < countof(ids); id += strlen(id) + 1)
        ids[count++] = id;
    return pnp_find_driver != NULL ? pnp_find_driver(node, ids, count) : NULL;
}

static void write_driver_values(struct pnp_node *node)
{
    char path[320];
    struct cm_key *key;
    HANDLE handle;

    snprintf(path, sizeof(path), "\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\%s", node->instance_path);
    key = cm_key(NULL, path, true);
    if (key == NULL)
        return;
    cm_set_string(key, "Service", node->driver->name);
    cm_set_string(key, "ClassGUID", node->class_guid);
    cm_set_string(key, "Class", node->class_name);
    if (NT_SUCCESS(pnp_open_driver_key(node, KEY_ALL_ACCESS, &handle)))
        ZwClose(handle);
}

static NTSTATUS add_device(struct pnp_node *node)
{
    PDRIVER_ADD_DEVICE routine;
    NTSTATUS status;

    node->driver = choose_driver(node);
    if (node->driver == NULL)
        return STATUS_NOT_FOUND;
    routine = node->driver->object.DriverExtension->AddDevice;
    if (routine == NULL) {
        log_warn("pnp", "%s has no AddDevice routine and cannot take %s", node->driver->name, node->instance_path);
        node->driver = NULL;
        return STATUS_DRIVER_UNABLE_TO_LOAD;
    }
    write_driver_values(node);
    pnp_wait_for_own_tick(node);
    ke_trace("AddDevice %llx pdo %llx", (uint64_t)(uintptr_t)routine, (uint64_t)(uintptr_t)node->pdo);
    status = routine(&node->driver->object, node->pdo);
    if (!NT_SUCCESS(status)) {
        log_warn(node->driver->name, "AddDevice for %s returned 0x%08X", node->instance_path, (unsigned)status);
        pnp_note_tick(node);
        node->driver = NULL;
        return status;
    }
    node->state = PNP_ADDED;
    return STATUS_SUCCESS;
}

static void filter_requirements(struct pnp_node *node)
{
    IO_STACK_LOCATION p = { .MajorFunction = IRP_MJ_PNP };
    ULONG_PTR list = 0;
    NTSTATUS status = pnp_send(node, IRP_MN_QUERY_RESOURCE_REQUIREMENTS, NULL, &list);

    if (!NT_SUCCESS(status))
        list = 0;
    p.Parameters.FilterResourceRequirements.IoResourceRequirementList = (PIO_RESOURCE_REQUIREMENTS_LIST)list;
    node->requirements = (PIO_RESOURCE_REQUIREMENTS_LIST)list;
    status = pnp_send(node, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, &p, &list);
    if (NT_SUCCESS(status) && list != 0)
        node->requirements = (PIO_RESOURCE_REQUIREMENTS_LIST)list;
}

static NTSTATUS send_start(struct pnp_node *node)
{
    IO_STACK_LOCATION p = { .MajorFunction = IRP_MJ_PNP };

    p.Parameters.StartDevice.AllocatedResources = node->raw;
    p.Parameters.StartDevice.AllocatedResourcesTranslated = node->translated;
    return pnp_send(node, IRP_MN_START_DEVICE, &p, NULL);
}

NTSTATUS pnp_start_node(struct pnp_node *node)
{
    NTSTATUS status = STATUS_SUCCESS;
    ULONG_PTR state = 0;

    pnp_lock();
    if (node->state == PNP_REMOVED)
        node->state = PNP_PRESENT;
    if (node->state == PNP_PRESENT)
        status = add_device(node);
    if (NT_SUCCESS(status) && (node->state == PNP_ADDED || node->state == PNP_STOPPED)) {
        filter_requirements(node);
        status = pnp_assign_resources(node);
        if (NT_SUCCESS(status))
            status = send_start(node);
        if (NT_SUCCESS(status)) {
            node->state = PNP_STARTED;
            query_capabilities(node);
            pnp_send(node, IRP_MN_QUERY_PNP_DEVICE_STATE, NULL, &state);
            if (state & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED | PNP_DEVICE_DISABLED))
                status = STATUS_UNSUCCESSFUL;
        }
        if (!NT_SUCCESS(status)) {
            log_warn("pnp", "%s did not start: 0x%08X", node->instance_path, (unsigned)status);
            pnp_remove_node(node, true);
        }
    }
    node->start_status = status;
    if (node->driver != NULL)
        pnp_note_tick(node);
    if (node->state == PNP_STARTED) {
        pnp_announce_interfaces(node);
        pnp_enumerate(node);
    }
    pnp_unlock();
    return status;
}

void pnp_bring_up(struct pnp_node *node)
{
    pnp_start_node(node);
}

/* ---- bus relations ---- */

static PDEVICE_RELATIONS query_children(struct pnp_node *node)
{
    IO_STACK_LOCATION p = { .MajorFunction = IRP_MJ_PNP };
    ULONG_PTR relations = 0;

    p.Parameters.QueryDeviceRelations.Type = BusRelations;
    if (!NT_SUCCESS(pnp_send(node, IRP_MN_QUERY_DEVICE_RELATIONS, &p, &relations)))
        return NULL;
    return (PDEVICE_RELATIONS)relations;
}

static void mark_children(struct pnp_node *node, bool reported)
{
    list_each(it, &pnp_nodes) {
        struct pnp_node *child = container_of(it, struct pnp_node, node);

        if (child->parent == node)
            child->reported = reported;
    }
}

static struct pnp_node *missing_child(struct pnp_node *node)
{
    list_each(it, &pnp_nodes) {
        struct pnp_node *child = container_of(it, struct pnp_node, node);

        if (child->parent == node && !child->reported)
            return child;
    }
    return NULL;
}

static struct pnp_node *new_child(struct pnp_node *node)
{
    list_each(it, &pnp_nodes) {
        struct pnp_node *child = container_of(it, struct pnp_node, node);

        if (child->parent == node && child->state == PNP_PRESENT && child->start_status == STATUS_PENDING)
            return child;
    }
    return NULL;
}

static void take_children(struct pnp_node *node, PDEVICE_RELATIONS relations)
{
    for (ULONG n = 0; relations != NULL && n < relations->Count; n++) {
        PDEVICE_OBJECT pdo = relations->Objects[n];
        struct pnp_node *child = io_device_of(pdo)->node;

        if (child == NULL) {
            pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
            child = pnp_new_node(node, pdo);
            if (child != NULL)
                child->start_status = STATUS_PENDING;
        }
        if (child != NULL)
            child->reported = true;
        ob_dereference(pdo);
    }
}

void pnp_enumerate(struct pnp_node *node)
{
    PDEVICE_RELATIONS relations = query_children(node);
    struct pnp_node *child;

    if (relations == NULL)
        return;
    mark_children(node, false);
    take_children(node, relations);
    ExFreePool(relations);
    while ((child = missing_child(node)) != NULL)
        pnp_take_away(child);
    while ((child = new_child(node)) != NULL) {
        child->start_status = STATUS_NOT_FOUND;
        if (pnp_pci != NULL)
            pnp_bring_up(child);
    }
}
