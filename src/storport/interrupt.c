/* The adapter's interrupt: line or messages, and the interrupt lock.
 *
 * | connected                         | interrupt lock                                  | a message's own lock             |
 * |-----------------------------------|-------------------------------------------------|----------------------------------|
 * | line                              | the interrupt object's                          | -                                |
 * | messages, InterruptSynchronizeAll | interrupt_lock, shared by all messages          | the same                         |
 * | messages, ...PerMessage           | the locks of all messages, the first first      | its interrupt object's           |
 * | nothing (virtual)                 | interrupt_lock at DISPATCH_LEVEL                | -                                |
 *
 * The interrupt lock is at the device's IRQL, with several messages at the highest of theirs.
 *
 * docs: storport/ne-storport-_interrupt_synchronization_mode, storport/nf-storport-storportacquiremsispinlock,
 *       kernel/using-interrupt-resource-descriptors */
#include "storport/adapter.h"

#include "nt/hal.h"

static BOOLEAN NTAPI line_isr(PKINTERRUPT interrupt, PVOID context)
{
    struct adapter *a = context;

    return a->driver->init.HwInterrupt(a->extension);
}

static BOOLEAN NTAPI message_isr(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    struct adapter *a = context;

    return a->config->HwMSInterruptRoutine(a->extension, message);
}

static bool wants_messages(const struct adapter *a)
{
    return a->config->HwMSInterruptRoutine && a->config->InterruptSynchronizationMode != InterruptSupportNone;
}

static NTSTATUS connect_messages(struct adapter *a)
{
    bool all = a->config->InterruptSynchronizationMode == InterruptSynchronizeAll;
    IO_CONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_MESSAGE_BASED };

    p.MessageBased.PhysicalDeviceObject = a->pdo;
    p.MessageBased.ConnectionContext.InterruptMessageTable = &a->messages;
    p.MessageBased.MessageServiceRoutine = message_isr;
    p.MessageBased.ServiceContext = a;
    p.MessageBased.SpinLock = all ? &a->interrupt_lock : NULL;
    p.MessageBased.SynchronizeIrql = 0;
    p.MessageBased.FallBackServiceRoutine = a->driver->init.HwInterrupt ? line_isr : NULL;
    NTSTATUS status = IoConnectInterruptEx(&p);
    if (!NT_SUCCESS(status))
        return status;
    if (p.Version != CONNECT_MESSAGE_BASED) {       /* the device has no messages */
        a->line = (PKINTERRUPT)a->messages;
        a->messages = NULL;
        return status;
    }
    a->message_count = a->messages->MessageCount;
    a->interrupt_irql = 0;
    for (unsigned n = 0; n < a->message_count; n++)
        if (a->messages->MessageInfo[n].Irql > a->interrupt_irql)
            a->interrupt_irql = a->messages->MessageInfo[n].Irql;
    a->message_locks = !all;
    return status;
}

static NTSTATUS connect_line(struct adapter *a)
{
    IO_CONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_LINE_BASED };

    p.LineBased.PhysicalDeviceObject = a->pdo;
    p.LineBased.InterruptObject = &a->line;
    p.LineBased.ServiceRoutine = line_isr;
    p.LineBased.ServiceContext = a;
    return IoConnectInterruptEx(&p);
}

static bool has_interrupt(const struct adapter *a)
{
    const CM_PARTIAL_RESOURCE_LIST *list = a->raw ? &a->raw->List[0].PartialResourceList : NULL;

    for (ULONG i = 0; list && i < list->Count; i++)
        if (list->PartialDescriptors[i].Type == CmResourceTypeInterrupt)
            return true;
    return false;
}

NTSTATUS interrupt_connect(struct adapter *a)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (a->driver->is_virtual || !has_interrupt(a))
        return STATUS_SUCCESS;
    if (wants_messages(a))
        status = connect_messages(a);
    else if (a->driver->init.HwInterrupt)
        status = connect_line(a);
    if (!NT_SUCCESS(status))
        log_warn("storport", "%s: the interrupt cannot be connected: 0x%08x", a->driver->name, (unsigned)status);
    return status;
}

void interrupt_disconnect(struct adapter *a)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS p = { 0 };

    if (!a->line && !a->messages)
        return;
    p.Version = a->line ? CONNECT_LINE_BASED : CONNECT_MESSAGE_BASED;
    if (a->line)
        p.ConnectionContext.InterruptObject = a->line;
    else
        p.ConnectionContext.InterruptMessageTable = a->messages;
    IoDisconnectInterruptEx(&p);
    a->line = NULL;
    a->messages = NULL;
    a->message_locks = false;
    a->message_count = 0;
    a->interrupt_irql = 0;
}

KIRQL interrupt_lock(struct adapter *a)
{
    KIRQL old;

    if (a->line)
        return KeAcquireInterruptSpinLock(a->line);
    KeRaiseIrql(a->interrupt_irql > DISPATCH_LEVEL ? a->interrupt_irql : DISPATCH_LEVEL, &old);
    for (unsigned n = 0; a->message_locks && n < a->message_count; n++)
        KeAcquireSpinLockAtDpcLevel(hal_interrupt_lock(a->messages->MessageInfo[n].InterruptObject));
    if (!a->message_locks)
        KeAcquireSpinLockAtDpcLevel(&a->interrupt_lock);
    return old;
}

void interrupt_unlock(struct adapter *a, KIRQL old)
{
    if (a->line) {
        KeReleaseInterruptSpinLock(a->line, old);
        return;
    }
    for (unsigned n = a->message_count; a->message_locks && n--;)
        KeReleaseSpinLockFromDpcLevel(hal_interrupt_lock(a->messages->MessageInfo[n].InterruptObject));
    if (!a->message_locks)
        KeReleaseSpinLockFromDpcLevel(&a->interrupt_lock);
    KeLowerIrql(old);
}

PKINTERRUPT interrupt_of_message(struct adapter *a, ULONG message)
{
    if (!a->messages || message >= a->message_count)
        return NULL;
    return a->messages->MessageInfo[message].InterruptObject;
}
