/* The device tree: life of the whole, and the operations that the machine asks for. */
#include "nt/pnp_internal.h"

struct list pnp_nodes = LIST_INIT(pnp_nodes);
struct io_driver *(*pnp_find_driver)(struct pnp_node *node, const char *const *ids, unsigned count);

const GUID pnp_guid_bus_interface = { 0x496b8280, 0x6f25, 0x11d0, { 0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f } };
const GUID pnp_guid_pci_bus = { 0xc8ebdfb0, 0xb510, 0x11d0, { 0x80, 0xe5, 0x00, 0xa0, 0xc9, 0x25, 0x42, 0xe3 } };
const GUID pnp_guid_internal_bus = { 0x1530ea73, 0x086b, 0x11d1, { 0xa0, 0x9f, 0x00, 0xc0, 0x4f, 0xc3, 0x40, 0xb1 } };
const GUID pnp_guid_reenumerate = { 0x2aeb0243, 0x6a6e, 0x486b, { 0x82, 0xfc, 0xd8, 0x15, 0xf6, 0xb9, 0x70, 0x06 } };
const GUID pnp_guid_interface_arrival = { 0xcb3a4004, 0x46f0, 0x11d0, { 0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f } };
const GUID pnp_guid_interface_removal = { 0xcb3a4005, 0x46f0, 0x11d0, { 0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f } };
const GUID pnp_guid_query_remove = { 0xcb3a4006, 0x46f0, 0x11d0, { 0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f } };
const GUID pnp_guid_remove_cancelled = { 0xcb3a4007, 0x46f0, 0x11d0, { 0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f } };
const GUID pnp_guid_remove_complete = { 0xcb3a4008, 0x46f0, 0x11d0, { 0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f } };
const GUID pnp_guid_custom = { 0xaca73f8e, 0x8d23, 0x11d1, { 0xac, 0x7d, 0x00, 0x00, 0xf8, 0x75, 0x71, 0xd0 } };

/* What a worker has to do. */
static WORK_QUEUE_ITEM work;
static bool work_queued;
static struct pnp_node *dirty[64];
static unsigned dirty_count;

static struct thread *owner;
static unsigned depth;
static KEVENT unlocked;

void pnp_lock(void)
{
    while (owner != NULL && owner != ke_current())
        ke_wait(&unlocked);
    owner = ke_current();
    depth++;
}

void pnp_unlock(void)
{
    if (--depth != 0)
        return;
    owner = NULL;
    KeSetEvent(&unlocked, IO_NO_INCREMENT, FALSE);
}

void pnp_guid_text(const GUID *g, char text[40])
{
    snprintf(text, 40, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", (unsigned)g->Data1, g->Data2, g->Data3,
             g->Data4[0], g->Data4[1], g->Data4[2], g->Data4[3], g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);
}

static void reset(void)
{
    list_init(&pnp_nodes);
    owner = NULL;
    depth = 0;
    work_queued = false;
    dirty_count = 0;
    pnp_interfaces_reset();
    pnp_notify_reset();
    po_irp_reset();
    po_setting_reset();
    KeInitializeEvent(&unlocked, SynchronizationEvent, FALSE);
}

NTSTATUS pnp_start(void)
{
    NTSTATUS status;

    reset();
    pnp_lock();
    status = pnp_root_start();
    if (NT_SUCCESS(status))
        status = pnp_pci_start();
    pnp_unlock();
    return status;
}

static struct pnp_node *last_node(void)
{
    return list_empty(&pnp_nodes) ? NULL : container_of(pnp_nodes.prev, struct pnp_node, node);
}

void pnp_stop(void)
{
    struct pnp_node *node;

    pnp_flush();
    pnp_lock();
    while ((node = last_node()) != NULL && node != pnp_root) {
        pnp_remove_node(node, true);
        pnp_free_node(node);
    }
    pnp_pci_stop();
    pnp_root_stop();
    pnp_unlock();
    pnp_notify_stop();
    pnp_interfaces_stop();
    po_stop();
}

/* ---- finding ---- */

struct pnp_node *pnp_node_of(PDEVICE_OBJECT device)
{
    return device == NULL ? NULL : io_device_of(io_base_of_stack(device))->node;
}

struct pnp_node *pnp_node_of_device(const struct device *device)
{
    list_each(it, &pnp_nodes)
        if (container_of(it, struct pnp_node, node)->device == device)
            return container_of(it, struct pnp_node, node);
    return NULL;
}

struct pnp_node *pnp_node_named(const char *path)
{
    list_each(it, &pnp_nodes)
        if (strcasecmp(container_of(it, struct pnp_node, node)->instance_path, path) == 0)
            return container_of(it, struct pnp_node, node);
    return NULL;
}

NTSTATUS pnp_send(struct pnp_node *node, UCHAR minor, const IO_STACK_LOCATION *parameters, ULONG_PTR *information)
{
    IO_STACK_LOCATION request = { .MajorFunction = IRP_MJ_PNP, .MinorFunction = minor };

    if (parameters != NULL)
        request.Parameters = parameters->Parameters;
    return io_send(node->pdo, &request, STATUS_NOT_SUPPORTED, information);
}

/* ---- plugging ---- */

NTSTATUS pnp_plug(struct device *device, struct pnp_node **result)
{
    struct pnp_node *node;
    NTSTATUS status;

    pnp_lock();
    status = pnp_pci_add(device);
    if (NT_SUCCESS(status))
        pnp_enumerate(pnp_pci);
    node = pnp_node_of_device(device);
    pnp_unlock();
    if (result != NULL)
        *result = node;
    if (!NT_SUCCESS(status))
        return status;
    return node != NULL ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS pnp_unplug(struct device *device, bool surprise)
{
    struct pnp_node *node = pnp_node_of_device(device);
    NTSTATUS status = STATUS_SUCCESS;

    if (node == NULL)
        return STATUS_NO_SUCH_DEVICE;
    pnp_lock();
    if (surprise)
        pci_unplug(device);
    else
        status = pnp_remove_node(node, false);
    if (NT_SUCCESS(status)) {
        pnp_pci_set_present(device, false);
        pnp_enumerate(pnp_pci);
        pnp_pci_forget(device);
    }
    pnp_unlock();
    return status;
}

void pnp_find_drivers(void)
{
    pnp_lock();
    list_each(it, &pnp_nodes) {
        struct pnp_node *node = container_of(it, struct pnp_node, node);

        if (node->state == PNP_PRESENT && node != pnp_root && node != pnp_pci)
            pnp_bring_up(node);
    }
    pnp_unlock();
}

/* ---- later, in a worker ---- */

static VOID NTAPI do_work(PVOID context)
{
    (void)context;
    pnp_lock();
    work_queued = false;
    while (dirty_count != 0) {
        struct pnp_node *node = dirty[--dirty_count];

        if (node->state == PNP_STARTED)
            pnp_enumerate(node);
    }
    pnp_finish_orphans();
    pnp_unlock();
}

static void queue_work(void)
{
    if (work_queued)
        return;
    work_queued = true;
    ExInitializeWorkItem(&work, do_work, NULL);
    ExQueueWorkItem(&work, DelayedWorkQueue);
}

void pnp_file_closed(PDEVICE_OBJECT device)
{
    struct pnp_node *node = pnp_node_of(device);

    if (node != NULL && node->state == PNP_SURPRISED)
        queue_work();
}

void pnp_invalidate_relations(struct pnp_node *node)
{
    for (unsigned i = 0; i < dirty_count; i++)
        if (dirty[i] == node)
            return;
    if (node == NULL || dirty_count == countof(dirty))
        return;
    dirty[dirty_count++] = node;
    queue_work();
}

void pnp_forget_dirty(const struct pnp_node *node)
{
    for (unsigned i = 0; i < dirty_count; i++)
        if (dirty[i] == node)
            dirty[i--] = dirty[--dirty_count];
}

void pnp_flush(void)
{
    LARGE_INTEGER millisecond = { .QuadPart = -10000 };

    while (work_queued)
        KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
    pnp_lock();
    pnp_unlock();
}

/* Something about the bus's children changed: the bus is asked again, in a worker. DeviceObject: a PDO. Type:
 * BusRelations (others concern nobody here). IRQL <= DISPATCH. docs: wdm/nf-wdm-ioinvalidatedevicerelations */
VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type)
{
    if (Type == BusRelations || Type == SingleBusRelations)
        pnp_invalidate_relations(pnp_node_of(DeviceObject));
}
