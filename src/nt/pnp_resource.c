/* From requirements to assigned resources: raw, as the bus counts, and translated, as the processor does. */
#include "nt/pnp_internal.h"

static PCM_RESOURCE_LIST new_list(const IO_RESOURCE_REQUIREMENTS_LIST *r, ULONG room, size_t *size)
{
    PCM_RESOURCE_LIST list;

    *size = offsetof(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors) +
            room * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    list = pool_alloc(PagedPool, *size, PNP_TAG, NULL);
    if (list == NULL)
        return NULL;
    memset(list, 0, *size);
    list->Count = 1;
    list->List[0].InterfaceType = r->InterfaceType;
    list->List[0].BusNumber = r->BusNumber;
    list->List[0].PartialResourceList.Version = 1;
    list->List[0].PartialResourceList.Revision = 1;
    return list;
}

static void append(PCM_RESOURCE_LIST list, const CM_PARTIAL_RESOURCE_DESCRIPTOR *d)
{
    PCM_PARTIAL_RESOURCE_LIST partial = &list->List[0].PartialResourceList;

    partial->PartialDescriptors[partial->Count++] = *d;
}

static CM_PARTIAL_RESOURCE_DESCRIPTOR same_kind(const IO_RESOURCE_DESCRIPTOR *d)
{
    return (CM_PARTIAL_RESOURCE_DESCRIPTOR){ .Type = d->Type, .ShareDisposition = d->ShareDisposition,
                                             .Flags = d->Flags & (USHORT)~CM_RESOURCE_INTERRUPT_POLICY_INCLUDED };
}

static void assign_memory(struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR c = same_kind(d);

    c.Flags = d->Flags;
    c.u.Memory.Start = d->u.Memory.MinimumAddress;
    c.u.Memory.Length = d->u.Memory.Length;
    append(node->raw, &c);
    append(node->translated, &c);
}

static void assign_line(struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR c = same_kind(d);

    node->line_vector = hal_line_vector(d->u.Interrupt.MinimumVector, &node->line_irql);
    c.u.Interrupt.Level = c.u.Interrupt.Vector = d->u.Interrupt.MinimumVector;
    c.u.Interrupt.Affinity = 1;
    append(node->raw, &c);
    c.u.Interrupt.Level = node->line_irql;
    c.u.Interrupt.Vector = node->line_vector;
    append(node->translated, &c);
}

/* Where a message may go: the driver's choice when it made one, else the processors in turn. */
static unsigned choose_cpu(const struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d)
{
    KAFFINITY wanted = d->u.Interrupt.TargetedProcessors;

    if ((d->Flags & CM_RESOURCE_INTERRUPT_POLICY_INCLUDED) &&
        d->u.Interrupt.AffinityPolicy == IrqPolicySpecifiedProcessors)
        for (unsigned cpu = 0; cpu < ke.cpu_count; cpu++)
            if (wanted >> cpu & 1)
                return cpu;
    return node->message_count % ke.cpu_count;
}

/* Plain MSI: what the driver asks for when the function can send and the processor take it, else exactly one. */
static unsigned allocate_msi(struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d, unsigned capable)
{
    unsigned wanted = d->u.Interrupt.MaximumVector - d->u.Interrupt.MinimumVector + 1, cpu = choose_cpu(node, d);

    if (node->message_count != 0)
        return 0;
    if (wanted > 1 && wanted <= capable && !(wanted & (wanted - 1)) &&
        hal_allocate_messages(cpu, wanted, node->messages))
        return wanted;
    return hal_allocate_message(cpu, node->messages) ? 1 : 0;
}

static unsigned allocate(struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d)
{
    bool msi = false;
    unsigned capable = node->device != NULL ? hal_message_count(node->device, &msi) : 0;

    if (msi)
        return allocate_msi(node, d, capable);
    return node->message_count < PNP_MAX_MESSAGES &&
           hal_allocate_message(choose_cpu(node, d), &node->messages[node->message_count]) ? 1 : 0;
}

static bool assign_message(struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR c = same_kind(d);
    struct pnp_message *m = &node->messages[node->message_count];
    unsigned count = allocate(node, d);

    if (count == 0)
        return false;
    node->message_count += count;
    c.u.MessageInterrupt.Raw.MessageCount = (USHORT)count;
    c.u.MessageInterrupt.Raw.Vector = m->vector;
    c.u.MessageInterrupt.Raw.Affinity = 1ull << m->cpu;
    append(node->raw, &c);
    memset(&c.u, 0, sizeof(c.u));
    c.u.MessageInterrupt.Translated.Level = m->irql;
    c.u.MessageInterrupt.Translated.Vector = m->vector;
    c.u.MessageInterrupt.Translated.Affinity = 1ull << m->cpu;
    append(node->translated, &c);
    return true;
}

/* Messages are short: the device gets only one, or its line. */
enum fallback { ALL_MESSAGES, ONE_MESSAGE, NO_MESSAGE };

static NTSTATUS assign_line_instead(struct pnp_node *node)
{
    IO_RESOURCE_DESCRIPTOR d = { .Type = CmResourceTypeInterrupt, .ShareDisposition = CmResourceShareShared,
                                 .Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE };

    if (node->device == NULL || pci_config_read(node->device, 0x3d, 1) == 0)
        return STATUS_CONFLICTING_ADDRESSES;
    d.u.Interrupt.MinimumVector = d.u.Interrupt.MaximumVector = node->slot % HAL_LINES;
    if (node->line_vector == 0)
        assign_line(node, &d);
    return STATUS_SUCCESS;
}

static NTSTATUS assign_interrupt(struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d, enum fallback fallback)
{
    if (!(d->Flags & CM_RESOURCE_INTERRUPT_MESSAGE)) {
        assign_line(node, d);
        return STATUS_SUCCESS;
    }
    if (fallback == NO_MESSAGE)
        return assign_line_instead(node);
    if (fallback == ONE_MESSAGE && node->message_count != 0)
        return STATUS_SUCCESS;
    return assign_message(node, d) ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
}

static void copy_private(struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR c = same_kind(d);

    memcpy(c.u.DevicePrivate.Data, d->u.DevicePrivate.Data, sizeof(c.u.DevicePrivate.Data));
    append(node->raw, &c);
    append(node->translated, &c);
}

static NTSTATUS assign(struct pnp_node *node, const IO_RESOURCE_DESCRIPTOR *d, enum fallback fallback)
{
    if (d->Option & IO_RESOURCE_ALTERNATIVE)
        return STATUS_SUCCESS;
    switch (d->Type) {
    case CmResourceTypeMemory:
    case CmResourceTypeMemoryLarge:
        assign_memory(node, d);
        return STATUS_SUCCESS;
    case CmResourceTypeInterrupt:
        return assign_interrupt(node, d, fallback);
    case CmResourceTypeDevicePrivate:
        copy_private(node, d);
        return STATUS_SUCCESS;
    case CmResourceTypeNull:
    case CmResourceTypeConfigData:
        return STATUS_SUCCESS;
    default:
        log_warn("pnp", "%s asks for a resource of type %u, which this computer does not have", node->instance_path,
                 d->Type);
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
}

static NTSTATUS try_list(struct pnp_node *node, const IO_RESOURCE_LIST *list, enum fallback fallback)
{
    NTSTATUS status = STATUS_SUCCESS;
    size_t size;

    node->raw = new_list(node->requirements, list->Count + 1, &size);
    node->translated = new_list(node->requirements, list->Count + 1, &size);
    node->resource_size = size;
    if (node->raw == NULL || node->translated == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG n = 0; NT_SUCCESS(status) && n < list->Count; n++)
        status = assign(node, &list->Descriptors[n], fallback);
    return status;
}

static void release_assignment(struct pnp_node *node)
{
    for (unsigned n = 0; n < node->message_count; n++)
        hal_free_message(&node->messages[n]);
    node->message_count = 0;
    node->line_vector = 0;
    if (node->raw != NULL)
        pool_free(node->raw, PNP_TAG, NULL);
    if (node->translated != NULL)
        pool_free(node->translated, PNP_TAG, NULL);
    node->raw = node->translated = NULL;
    node->resource_size = 0;
}

void pnp_release_resources(struct pnp_node *node)
{
    release_assignment(node);
    if (node->requirements != NULL)
        ExFreePool(node->requirements);
    node->requirements = NULL;
}

/* A list with messages that are not to be had is tried with exactly one, then with the line. */
static NTSTATUS assign_list(struct pnp_node *node, const IO_RESOURCE_LIST *list)
{
    NTSTATUS status = STATUS_CONFLICTING_ADDRESSES;

    for (enum fallback f = ALL_MESSAGES; f <= NO_MESSAGE && status == STATUS_CONFLICTING_ADDRESSES; f++) {
        status = try_list(node, list, f);
        if (!NT_SUCCESS(status))
            release_assignment(node);
    }
    return status;
}

NTSTATUS pnp_assign_resources(struct pnp_node *node)
{
    const IO_RESOURCE_LIST *list;
    NTSTATUS status = STATUS_SUCCESS;

    release_assignment(node);
    if (node->requirements == NULL)
        return STATUS_SUCCESS;
    list = &node->requirements->List[0];
    for (ULONG n = 0; n < node->requirements->AlternativeLists; n++) {
        status = assign_list(node, list);
        if (NT_SUCCESS(status))
            return status;
        list = (const IO_RESOURCE_LIST *)(const void *)&list->Descriptors[list->Count];
    }
    return status;
}
