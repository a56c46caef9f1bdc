/* IRPs: memory, initial state, threaded IRPs. */
#include "base/log.h"
#include "nt/io_internal.h"

/* Threaded IRPs, by IRP.ThreadListEntry. */
static LIST_ENTRY threaded = { &threaded, &threaded };

static void initialize(PIRP irp, USHORT size, CCHAR stack_size)
{
    memset(irp, 0, size);
    irp->Type = IO_TYPE_IRP;
    irp->Size = size;
    irp->StackCount = stack_size;
    irp->CurrentLocation = (CHAR)(stack_size + 1);
    irp->ApcEnvironment = 0;
    nt_list_init(&irp->ThreadListEntry);
    irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(irp + 1) + stack_size;
}

PIRP io_allocate_irp(CCHAR stack_size, const void *caller)
{
    USHORT size = IoSizeOfIrp(stack_size);
    PIRP irp = pool_alloc(NonPagedPoolNx, size, IO_TAG_IRP, caller);

    if (irp == NULL)
        return NULL;
    initialize(irp, size, stack_size);
    irp->AllocationFlags = IO_IRP_ALLOCATED;
    irp->AllocationProcessorNumber = (USHORT)this_cpu->number;
    return irp;
}

/* A new IRP with StackSize locations, zeroed, RequestorMode KernelMode; the caller frees it with IoFreeIrp.
 * NULL: no memory. ChargeQuota: accepted, drivers run in the system's account. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-ioallocateirp */
PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
    (void)ChargeQuota;
    return io_allocate_irp(StackSize, __builtin_return_address(0));
}

/* The same; DeviceObject is where the IRP will be sent. docs: wdm/nf-wdm-ioallocateirpex */
PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota)
{
    (void)DeviceObject;
    (void)ChargeQuota;
    return io_allocate_irp(StackSize, __builtin_return_address(0));
}

/* Makes an IRP of memory the driver owns: PacketSize bytes, StackSize locations. Never for IRPs of IoAllocateIrp.
 * Any IRQL. docs: wdm/nf-wdm-ioinitializeirp */
VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    initialize(Irp, PacketSize, StackSize);
}

/* Back to the state after allocation, with a status, so that the IRP can be sent again. Any IRQL.
 * docs: wdm/nf-wdm-ioreuseirp */
VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Iostatus)
{
    UCHAR flags = Irp->AllocationFlags;
    USHORT size = Irp->Size;
    CCHAR stack_size = Irp->StackCount;

    initialize(Irp, size, stack_size);
    Irp->AllocationFlags = flags;
    Irp->IoStatus.Status = Iostatus;
}

/* Frees what IoAllocateIrp, IoMakeAssociatedIrp or IoBuildAsynchronousFsdRequest made. Its buffers and MDLs are the
 * driver's to free before. IRQL <= DISPATCH. Stops with DRIVER_VERIFIER_IOMANAGER_VIOLATION for something that is not
 * an IRP (1) or still belongs to a thread (2). docs: wdm/nf-wdm-iofreeirp */
VOID NTAPI IoFreeIrp(PIRP Irp)
{
    if (Irp->Type != IO_TYPE_IRP)
        KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 1, (ULONG_PTR)Irp, 0, 0);
    if (io_irp_is_threaded(Irp))
        KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 2, (ULONG_PTR)Irp, 0, 0);
    if (!(Irp->AllocationFlags & IO_IRP_ALLOCATED)) {
        NT_EMIT(NT_EVENT_MISUSE, "IoFreeIrp of an IRP that IoInitializeIrp made in the driver's own memory", Irp, 0,
                PE_CALLER());
        return;
    }
    Irp->Type = 0;
    pool_free(Irp, IO_TAG_IRP, __builtin_return_address(0));
}

/* An IRP whose completion counts down the master's AssociatedIrp.IrpCount. Only for the highest driver of a stack.
 * IRQL <= DISPATCH. docs: wdm/nf-wdm-iomakeassociatedirp */
PIRP NTAPI IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize)
{
    PIRP irp = io_allocate_irp(StackSize, __builtin_return_address(0));

    if (irp == NULL)
        return NULL;
    irp->Flags |= IRP_ASSOCIATED_IRP;
    irp->AssociatedIrp.MasterIrp = Irp;
    irp->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
    return irp;
}

void io_thread_irp(PIRP irp)
{
    nt_list_push_back(&threaded, &irp->ThreadListEntry);
}

bool io_irp_is_threaded(const IRP *irp)
{
    return irp->ThreadListEntry.Flink != NULL && irp->ThreadListEntry.Flink != &irp->ThreadListEntry;
}

void io_unthread_irp(PIRP irp)
{
    nt_list_remove(&irp->ThreadListEntry);
    nt_list_init(&irp->ThreadListEntry);
}

/* Makes the calling thread the owner of an IRP, so that it is completed like one of a Build function.
 * IRQL <= APC. docs: ntifs/nf-ntifs-ioqueuethreadirp */
VOID NTAPI IoQueueThreadIrp(PIRP Irp)
{
    Irp->Tail.Overlay.Thread = (PETHREAD)(void *)ke_current();
    io_thread_irp(Irp);
}

static PIRP request_of(const struct thread *thread, bool uncancelled)
{
    for (LIST_ENTRY *at = threaded.Flink; at != &threaded; at = at->Flink) {
        PIRP irp = CONTAINING_RECORD(at, IRP, ThreadListEntry);

        if ((const void *)irp->Tail.Overlay.Thread == thread && !(uncancelled && irp->Cancel))
            return irp;
    }
    return NULL;
}

void io_thread_ending(struct thread *thread)
{
    LARGE_INTEGER millisecond = { .QuadPart = -10000 };
    PIRP irp;

    io_more_thread_gone(thread);
    while ((irp = request_of(thread, true)) != NULL)
        IoCancelIrp(irp);
    for (unsigned n = 0; n < 5000 && request_of(thread, false) != NULL; n++)
        KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
    while ((irp = request_of(thread, false)) != NULL) {
        log_warn("io", "a request was not completed five seconds after it was cancelled with its thread");
        irp->Tail.Overlay.Thread = NULL;
        irp->UserIosb = NULL;
        irp->UserEvent = NULL;
        irp->UserBuffer = NULL;
    }
}

void io_thread_gone(const struct thread *thread)
{
    PIRP irp;

    while ((irp = request_of(thread, false)) != NULL)
        irp->Tail.Overlay.Thread = NULL;
}

static void release_mdls(PIRP irp)
{
    PMDL next;

    for (PMDL mdl = irp->MdlAddress; mdl != NULL; mdl = next) {
        next = mdl->Next;
        if (mdl->MdlFlags & MDL_PAGES_LOCKED)
            MmUnlockPages(mdl);
        IoFreeMdl(mdl);
    }
    irp->MdlAddress = NULL;
}

void io_release_buffers(PIRP irp)
{
    release_mdls(irp);
    if ((irp->Flags & IRP_DEALLOCATE_BUFFER) && irp->AssociatedIrp.SystemBuffer != NULL) {
        pool_free(irp->AssociatedIrp.SystemBuffer, IO_TAG_BUFFER, NULL);
        irp->AssociatedIrp.SystemBuffer = NULL;
    }
    irp->Flags &= ~(ULONG)(IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION);
}

struct irp_walk {
    void (*each)(PIRP irp, void *context);
    void *context;
    unsigned count;
};

static void visit_block(void *context, const struct pool_block *block)
{
    struct irp_walk *walk = context;

    if (block->tag != IO_TAG_IRP)
        return;
    walk->count++;
    if (walk->each != NULL)
        walk->each(block->address, walk->context);
}

unsigned io_each_irp(void (*each)(PIRP irp, void *context), void *context)
{
    struct irp_walk walk = { each, context, 0 };

    pool_walk(visit_block, &walk);
    return walk.count;
}

void io_irp_reset(void)
{
    nt_list_init(&threaded);
}
