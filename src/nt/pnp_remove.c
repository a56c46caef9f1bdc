/* Stopping and removing devices. */
#include "nt/pnp_internal.h"

static struct pnp_node *last_child(const struct pnp_node *node)
{
    for (struct list *it = pnp_nodes.prev; it != &pnp_nodes; it = it->prev)
        if (container_of(it, struct pnp_node, node)->parent == node)
            return container_of(it, struct pnp_node, node);
    return NULL;
}

NTSTATUS pnp_stop_node(struct pnp_node *node)
{
    NTSTATUS status;

    pnp_lock();
    status = node->state == PNP_STARTED ? pnp_send(node, IRP_MN_QUERY_STOP_DEVICE, NULL, NULL)
                                        : STATUS_INVALID_DEVICE_STATE;
    if (NT_SUCCESS(status)) {
        pnp_send(node, IRP_MN_STOP_DEVICE, NULL, NULL);
        node->state = PNP_STOPPED;
    } else if (node->state == PNP_STARTED) {
        pnp_send(node, IRP_MN_CANCEL_STOP_DEVICE, NULL, NULL);
    }
    pnp_unlock();
    return status;
}

static bool is_below(const struct pnp_node *node, const struct pnp_node *top)
{
    while (node != NULL && node != top)
        node = node->parent;
    return node == top;
}

/* Asks the node and everything below it; on a veto everybody who was asked is told. */
static NTSTATUS query_remove(struct pnp_node *node)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct list *it;

    pnp_notify_target(node, &pnp_guid_query_remove);
    for (it = pnp_nodes.prev; it != &pnp_nodes && NT_SUCCESS(status); it = it->prev) {
        struct pnp_node *n = container_of(it, struct pnp_node, node);

        if (is_below(n, node) && n->state == PNP_STARTED)
            status = pnp_send(n, IRP_MN_QUERY_REMOVE_DEVICE, NULL, NULL);
    }
    if (NT_SUCCESS(status))
        return status;
    for (it = it->next; it != &pnp_nodes; it = it->next) {
        struct pnp_node *n = container_of(it, struct pnp_node, node);

        if (is_below(n, node) && n->state == PNP_STARTED)
            pnp_send(n, IRP_MN_CANCEL_REMOVE_DEVICE, NULL, NULL);
    }
    pnp_notify_target(node, &pnp_guid_remove_cancelled);
    return status;
}

static void detach_left_over(struct pnp_node *node)
{
    if (node->pdo->AttachedDevice == NULL)
        return;
    NT_EMIT(NT_EVENT_MISUSE, "after IRP_MN_REMOVE_DEVICE the driver's device is still attached to the stack", node->pdo,
            node->pdo->AttachedDevice, ((struct pe_caller){ 0 }));
    IoDetachDevice(node->pdo);
}

static void send_remove(struct pnp_node *node)
{
    struct pnp_node *child;

    while ((child = last_child(node)) != NULL) {
        if (child->state != PNP_PRESENT && child->state != PNP_REMOVED)
            send_remove(child);
        pnp_free_node(child);
    }
    pnp_send(node, IRP_MN_REMOVE_DEVICE, NULL, NULL);
    pnp_disable_interfaces(node);       /* what the driver has left enabled */
    detach_left_over(node);
    pnp_notify_target(node, &pnp_guid_remove_complete);
    pnp_release_resources(node);
    node->driver = NULL;
    node->state = PNP_REMOVED;
}

NTSTATUS pnp_remove_node(struct pnp_node *node, bool forced)
{
    NTSTATUS status = STATUS_SUCCESS;

    pnp_lock();
    if (node->state != PNP_PRESENT && node->state != PNP_REMOVED) {
        if (!forced && node->state == PNP_STARTED)
            status = query_remove(node);
        if (NT_SUCCESS(status))
            send_remove(node);
    }
    pnp_unlock();
    return status;
}

bool pnp_has_open_files(const struct pnp_node *node)
{
    for (PDEVICE_OBJECT d = node->pdo; d != NULL; d = d->AttachedDevice)
        if (d->ReferenceCount != 0)
            return true;
    return false;
}

/* The whole subtree hears of it, children first, before anything of it is removed: a bus driver can then still end what its children's
 * drivers wait for. docs: kernel/handling-an-irp-mn-surprise-removal-request */
static void surprise(struct pnp_node *node)
{
    list_each_safe(it, &pnp_nodes) {
        struct pnp_node *child = container_of(it, struct pnp_node, node);

        if (child->parent == node)
            surprise(child);
    }
    if (node->state == PNP_STARTED || node->state == PNP_STOPPED) {
        node->state = PNP_SURPRISED;
        pnp_send(node, IRP_MN_SURPRISE_REMOVAL, NULL, NULL);
        pnp_disable_interfaces(node);
    }
}

/* After a surprise, IRP_MN_REMOVE_DEVICE waits until no file is open on the stack: the node stays as an orphan, and pnp_finish_orphans
 * ends it. A device without a driver gets its removal, too: that is how its bus lets go of the PDO. */
static void remove_or_orphan(struct pnp_node *node)
{
    struct pnp_node *child;

    while ((child = last_child(node)) != NULL)
        remove_or_orphan(child);
    if (node->state == PNP_SURPRISED && pnp_has_open_files(node)) {
        node->parent = NULL;
        return;
    }
    send_remove(node);
    pnp_free_node(node);
}

/* The bus no longer reports the node. */
void pnp_take_away(struct pnp_node *node)
{
    surprise(node);
    remove_or_orphan(node);
}

static struct pnp_node *finished_orphan(void)
{
    list_each(it, &pnp_nodes) {
        struct pnp_node *node = container_of(it, struct pnp_node, node);

        if (node->state == PNP_SURPRISED && node->parent == NULL && !pnp_has_open_files(node))
            return node;
    }
    return NULL;
}

void pnp_finish_orphans(void)
{
    struct pnp_node *node;

    while ((node = finished_orphan()) != NULL) {
        send_remove(node);
        pnp_free_node(node);
    }
}

NTSTATUS pnp_remove_driver_nodes(struct io_driver *driver, bool forced)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct list *it;

    pnp_lock();
again:
    for (it = pnp_nodes.prev; it != &pnp_nodes; it = it->prev) {
        struct pnp_node *node = container_of(it, struct pnp_node, node);

        if (node->driver != driver || node->state == PNP_REMOVED || node->state == PNP_PRESENT)
            continue;
        status = pnp_remove_node(node, forced);
        if (!NT_SUCCESS(status))
            break;
        if (node->parent != NULL)
            node->state = PNP_PRESENT;  /* the hardware is still there: another driver, or this one again, may have it */
        goto again;
    }
    pnp_unlock();
    return status;
}
