/* Connecting service routines to interrupts. */
#include "nt/hal_internal.h"

/* Which of the node's messages a translated vector is; -1: none of them. */
static int message_of_vector(const struct pnp_node *node, ULONG vector, KAFFINITY affinity)
{
    for (unsigned n = 0; node != NULL && n < node->message_count; n++)
        if (node->messages[n].vector == vector && (affinity >> node->messages[n].cpu & 1))
            return (int)n;
    return -1;
}

static bool connect(struct _KINTERRUPT *i, struct pnp_node *node, int message)
{
    i->table_entry = message;
    i->device = node != NULL ? node->device : NULL;
    if (i->lock == NULL)
        i->lock = &i->own_lock;
    if (i->synchronize_irql < i->irql)
        i->synchronize_irql = i->irql;
    if (!hal_attach(i))
        return false;
    if (message >= 0 && i->device != NULL)
        hal_program_message(node, (unsigned)message);
    return true;
}

static void disconnect(struct _KINTERRUPT *i)
{
    struct device *device = i->table_entry >= 0 ? i->device : NULL;

    hal_detach(i);
    if (i->passive) {
        hal_unmask_line(i->vector, i->cpu);
        hal_passive_end(i);
    }
    if (device != NULL)
        hal_mask_message(device, (unsigned)i->table_entry);
    free(i);
}

void hal_forget_device(const struct device *device)
{
    list_each(it, &hal_interrupts) {
        struct _KINTERRUPT *i = container_of(it, struct _KINTERRUPT, all);

        if (i->device == device)
            i->device = NULL;
    }
}

static bool lies_in(const void *routine, const void *base, size_t size)
{
    return (uintptr_t)routine - (uintptr_t)base < size;
}

void hal_driver_gone(const void *base, size_t size)
{
    list_each_safe(it, &hal_interrupts) {
        struct _KINTERRUPT *i = container_of(it, struct _KINTERRUPT, all);
        const void *routine = i->message_service != NULL ? (const void *)i->message_service : (const void *)i->service;

        if (!lies_in(routine, base, size))
            continue;
        NT_EMIT(NT_EVENT_MISUSE, "a driver unloaded with an interrupt connected", i, i->vector,
                ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)routine }));
        disconnect(i);
    }
}

static struct pnp_node *node_with_vector(ULONG vector, KAFFINITY affinity, int *message)
{
    *message = -1;
    for (struct list *it = pnp_nodes.next; it != &pnp_nodes; it = it->next) {
        struct pnp_node *node = container_of(it, struct pnp_node, node);

        *message = message_of_vector(node, vector, affinity);
        if (*message >= 0 || node->line_vector == vector)
            return node;
    }
    return NULL;
}

static NTSTATUS connect_vector(PKINTERRUPT *result, PDEVICE_OBJECT pdo, PKSERVICE_ROUTINE service, PVOID context,
                               PKSPIN_LOCK lock, ULONG vector, KIRQL irql, KIRQL synchronize_irql,
                               KINTERRUPT_MODE mode, KAFFINITY affinity)
{
    struct _KINTERRUPT *i;
    struct pnp_node *node;
    int message;

    bool passive = irql == PASSIVE_LEVEL;

    *result = NULL;
    if (passive ? synchronize_irql != PASSIVE_LEVEL || lock != NULL
                : irql <= DISPATCH_LEVEL || irql > HIGH_LEVEL || synchronize_irql < irql)
        return STATUS_INVALID_PARAMETER;
    if (service == NULL)
        return STATUS_INVALID_PARAMETER;
    node = node_with_vector(vector, affinity, &message);
    if (node == NULL)
        return STATUS_INVALID_PARAMETER;
    i = calloc(1, sizeof(*i));
    if (i == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    i->pdo = pdo != NULL ? pdo : node->pdo;
    i->service = service;
    i->context = context;
    i->lock = lock;
    i->irql = irql;
    i->synchronize_irql = synchronize_irql;
    i->mode = mode;
    i->vector = vector;
    i->cpu = message >= 0 ? node->messages[message].cpu : 0;
    if (passive)
        hal_passive_init(i);
    if (!connect(i, node, message)) {
        free(i);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *result = i;
    return STATUS_SUCCESS;
}

/* Connects a service routine to a vector of the translated resources, at DIRQL Irql; SpinLock may be NULL when only
 * one vector is used. *InterruptObject is for IoDisconnectInterrupt. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER when the
 * vector is not one of a started device. docs: wdm/nf-wdm-ioconnectinterrupt */
NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext,
                                  PKSPIN_LOCK SpinLock, ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql,
                                  KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector, KAFFINITY ProcessorEnableMask,
                                  BOOLEAN FloatingSave)
{
    (void)ShareVector;
    (void)FloatingSave;
    return connect_vector(InterruptObject, NULL, ServiceRoutine, ServiceContext, SpinLock, Vector, Irql, SynchronizeIrql,
                          InterruptMode, ProcessorEnableMask);
}

/* PASSIVE_LEVEL. After it the service routine does not run any more. docs: wdm/nf-wdm-iodisconnectinterrupt */
VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject)
{
    disconnect(InterruptObject);
}

static NTSTATUS connect_line(PIO_CONNECT_INTERRUPT_PARAMETERS p)
{
    struct pnp_node *node = pnp_node_of(p->LineBased.PhysicalDeviceObject);
    KIRQL synchronize = p->LineBased.SynchronizeIrql;

    if (node == NULL)
        return STATUS_INVALID_PARAMETER;
    if (node->line_vector == 0 && node->message_count == 0)
        return STATUS_NOT_FOUND;
    if (node->line_vector == 0)
        return connect_vector(p->LineBased.InterruptObject, node->pdo, p->LineBased.ServiceRoutine,
                              p->LineBased.ServiceContext, p->LineBased.SpinLock, node->messages[0].vector,
                              node->messages[0].irql, synchronize != 0 ? synchronize : node->messages[0].irql, Latched,
                              1ull << node->messages[0].cpu);
    return connect_vector(p->LineBased.InterruptObject, node->pdo, p->LineBased.ServiceRoutine,
                          p->LineBased.ServiceContext, p->LineBased.SpinLock, node->line_vector, node->line_irql,
                          synchronize != 0 ? synchronize : node->line_irql, LevelSensitive, 1);
}

static void free_table(PIO_INTERRUPT_MESSAGE_INFO table)
{
    for (ULONG n = 0; n < table->MessageCount; n++)
        if (table->MessageInfo[n].InterruptObject != NULL)
            disconnect(table->MessageInfo[n].InterruptObject);
    pool_free(table, HAL_TAG, NULL);
}

static KIRQL highest_irql(const struct pnp_node *node, KIRQL wanted)
{
    for (unsigned n = 0; n < node->message_count; n++)
        if (node->messages[n].irql > wanted)
            wanted = node->messages[n].irql;
    return wanted;
}

static bool connect_message(const IO_CONNECT_INTERRUPT_PARAMETERS *p, struct pnp_node *node, ULONG n, KIRQL unified,
                            PIO_INTERRUPT_MESSAGE_INFO table)
{
    PIO_INTERRUPT_MESSAGE_INFO_ENTRY entry = &table->MessageInfo[n];
    const struct pnp_message *m = &node->messages[n];
    struct _KINTERRUPT *i = calloc(1, sizeof(*i));

    if (i == NULL)
        return false;
    i->pdo = node->pdo;
    i->message_service = p->MessageBased.MessageServiceRoutine;
    i->message = n;
    i->context = p->MessageBased.ServiceContext;
    i->lock = p->MessageBased.SpinLock;
    i->irql = m->irql;
    i->synchronize_irql = unified;
    i->mode = Latched;
    i->vector = m->vector;
    i->cpu = m->cpu;
    i->table = table;
    entry->MessageAddress.QuadPart = (LONGLONG)m->address;
    entry->TargetProcessorSet = 1ull << m->cpu;
    entry->MessageData = m->data;
    entry->Vector = m->vector;
    entry->Irql = m->irql;
    entry->Mode = Latched;
    entry->Polarity = InterruptActiveHigh;
    if (!connect(i, node, (int)n)) {
        free(i);
        return false;
    }
    entry->InterruptObject = i;
    return true;
}

static NTSTATUS connect_messages(PIO_CONNECT_INTERRUPT_PARAMETERS p, struct pnp_node *node)
{
    size_t size = sizeof(IO_INTERRUPT_MESSAGE_INFO) + node->message_count * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY);
    bool unify = p->MessageBased.SpinLock != NULL || p->MessageBased.SynchronizeIrql != 0;
    KIRQL unified = unify ? highest_irql(node, p->MessageBased.SynchronizeIrql) : 0;
    PIO_INTERRUPT_MESSAGE_INFO table = pool_alloc(NonPagedPoolNx, size, HAL_TAG, NULL);

    if (table == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(table, 0, size);
    table->UnifiedIrql = unified;
    table->MessageCount = node->message_count;
    for (ULONG n = 0; n < node->message_count; n++)
        if (!connect_message(p, node, n, unified, table)) {
            free_table(table);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    *p->MessageBased.ConnectionContext.InterruptMessageTable = table;
    return STATUS_SUCCESS;
}

static NTSTATUS connect_message_based(PIO_CONNECT_INTERRUPT_PARAMETERS p)
{
    struct pnp_node *node = pnp_node_of(p->MessageBased.PhysicalDeviceObject);
    IO_CONNECT_INTERRUPT_PARAMETERS line = { .Version = CONNECT_LINE_BASED };
    NTSTATUS status;

    if (node == NULL)
        return STATUS_INVALID_PARAMETER;
    if (node->message_count != 0)
        return connect_messages(p, node);
    if (node->line_vector == 0 || p->MessageBased.FallBackServiceRoutine == NULL)
        return STATUS_NOT_FOUND;
    line.LineBased.PhysicalDeviceObject = p->MessageBased.PhysicalDeviceObject;
    line.LineBased.InterruptObject = p->MessageBased.ConnectionContext.InterruptObject;
    line.LineBased.ServiceRoutine = p->MessageBased.FallBackServiceRoutine;
    line.LineBased.ServiceContext = p->MessageBased.ServiceContext;
    line.LineBased.SpinLock = p->MessageBased.SpinLock;
    line.LineBased.SynchronizeIrql = p->MessageBased.SynchronizeIrql;
    status = connect_line(&line);
    if (NT_SUCCESS(status))
        p->Version = CONNECT_LINE_BASED;
    return status;
}

/* Connects by vector (fully specified), line, or messages, as Version says. Message based: all of the device's
 * messages, or its line with FallBackServiceRoutine; then Version becomes CONNECT_LINE_BASED. The device must be
 * started. Fully specified with Irql and SynchronizeIrql PASSIVE_LEVEL and no spin lock, the routine runs at PASSIVE_LEVEL.
 * PASSIVE_LEVEL. STATUS_INVALID_PARAMETER; STATUS_NOT_SUPPORTED for CONNECT_MESSAGE_BASED_PASSIVE.
 * docs: wdm/nf-wdm-ioconnectinterruptex */
NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
        if (Parameters->Version == CONNECT_FULLY_SPECIFIED_GROUP && Parameters->FullySpecified.Group != 0)
            return STATUS_INVALID_PARAMETER;
        return connect_vector(Parameters->FullySpecified.InterruptObject,
                              Parameters->FullySpecified.PhysicalDeviceObject, Parameters->FullySpecified.ServiceRoutine,
                              Parameters->FullySpecified.ServiceContext, Parameters->FullySpecified.SpinLock,
                              Parameters->FullySpecified.Vector, Parameters->FullySpecified.Irql,
                              Parameters->FullySpecified.SynchronizeIrql, Parameters->FullySpecified.InterruptMode,
                              Parameters->FullySpecified.ProcessorEnableMask);
    case CONNECT_LINE_BASED:
        return connect_line(Parameters);
    case CONNECT_MESSAGE_BASED:
        return connect_message_based(Parameters);
    case CONNECT_MESSAGE_BASED_PASSIVE:
        return STATUS_NOT_SUPPORTED;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

/* Ends what IoConnectInterruptEx began; Version is what it left. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-iodisconnectinterruptex */
VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters)
{
    if (Parameters->Version == CONNECT_MESSAGE_BASED)
        free_table(Parameters->ConnectionContext.InterruptMessageTable);
    else
        disconnect(Parameters->ConnectionContext.InterruptObject);
}

static void set_active(const IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS *p, bool active)
{
    PIO_INTERRUPT_MESSAGE_INFO table = p->ConnectionContext.InterruptMessageTable;

    if (p->Version != CONNECT_MESSAGE_BASED) {
        p->ConnectionContext.InterruptObject->inactive = !active;
        return;
    }
    for (ULONG n = 0; n < table->MessageCount; n++)
        table->MessageInfo[n].InterruptObject->inactive = !active;
}

/* The device may interrupt again. IRQL <= DISPATCH. docs: wdm/nf-wdm-ioreportinterruptactive */
VOID NTAPI IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters)
{
    set_active(Parameters, true);
}

/* The device will not interrupt; what comes is ignored. IRQL <= DISPATCH. docs: wdm/nf-wdm-ioreportinterruptinactive */
VOID NTAPI IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters)
{
    set_active(Parameters, false);
}

/* Which processor the interrupt goes to. docs: wdm/nf-wdm-iogetaffinityinterrupt */
NTSTATUS NTAPI IoGetAffinityInterrupt(PKINTERRUPT InterruptObject, PGROUP_AFFINITY GroupAffinity)
{
    memset(GroupAffinity, 0, sizeof(*GroupAffinity));
    GroupAffinity->Mask = 1ull << InterruptObject->cpu;
    return STATUS_SUCCESS;
}

/* Calls a routine as if it were the service routine: at its synchronize IRQL, with its lock; at PASSIVE_LEVEL, with the event
 * of a passive one. Returns the routine's answer. IRQL <= that IRQL. docs: wdm/nf-wdm-kesynchronizeexecution */
BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
                                     PVOID SynchronizeContext)
{
    BOOLEAN result;
    KIRQL old;

    if (Interrupt->passive) {
        hal_passive_take(Interrupt);
        result = SynchronizeRoutine(SynchronizeContext);
        hal_passive_give(Interrupt);
        return result;
    }
    old = KeAcquireInterruptSpinLock(Interrupt);
    result = SynchronizeRoutine(SynchronizeContext);
    KeReleaseInterruptSpinLock(Interrupt, old);
    return result;
}

/* Takes the interrupt's lock at its synchronize IRQL and returns the IRQL before; stops for a passive-level interrupt. docs: wdm/nf-wdm-keacquireinterruptspinlock */
KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt)
{
    KIRQL old;

    if (Interrupt->passive)
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)Interrupt, ke_irql(), 0, (ULONG_PTR)__builtin_return_address(0));
    old = ke_raise(Interrupt->synchronize_irql);

    ke_spin_take(Interrupt->lock);
    return old;
}

PKSPIN_LOCK hal_interrupt_lock(PKINTERRUPT interrupt)
{
    return interrupt->lock;
}

/* docs: wdm/nf-wdm-kereleaseinterruptspinlock */
VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql)
{
    ke_spin_give(Interrupt->lock);
    ke_lower(OldIrql);
}
