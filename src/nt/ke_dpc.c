/* Deferred procedure calls.
 *
 * A KDPC is queued while DpcData is not NULL; it then points at the processor's queue. It leaves the queue before its
 * routine runs, so the routine may queue it again. A queue is a singly linked list through DpcListEntry with a
 * pointer to the last link. Threaded DPCs have a queue of their own, and a thread that runs them (ke_threaded.c). */
#include "nt/ke.h"

#include <assert.h>

#include "nt/ke_internal.h"

#define LONG_DRAIN 256                  /* DPCs in a row after which the outside and the clock are looked at */
#define TARGET_BASE 0x1000              /* KDPC.Number of a DPC with a target processor, as Windows keeps it */

static PKDPC dpc_of(SINGLE_LIST_ENTRY *link)
{
    return container_of(link, KDPC, DpcListEntry);
}

static void initialize(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext, UCHAR type)
{
    Dpc->TargetInfoAsUlong = 0;
    Dpc->Type = type;
    Dpc->Importance = MediumImportance;
    Dpc->DeferredRoutine = DeferredRoutine;
    Dpc->DeferredContext = DeferredContext;
    Dpc->DpcData = NULL;
    Dpc->ProcessorHistory = 0;
}

/* Dpc: the caller's memory, resident while in use. DeferredRoutine runs at DISPATCH_LEVEL. Any IRQL.
 * docs: wdm/nf-wdm-keinitializedpc */
VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    initialize(Dpc, DeferredRoutine, DeferredContext, DpcObject);
}

/* The same for a threaded DPC: its routine runs at PASSIVE_LEVEL, in a thread of the highest priority, or at DISPATCH_LEVEL when the
 * registry has threaded DPCs turned off (ThreadDpcEnable = 0). Any IRQL.
 * docs: wdm/nf-wdm-keinitializethreadeddpc */
VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    initialize(Dpc, DeferredRoutine, DeferredContext, ThreadedDpcObject);
}

/* Importance of the next insertions: a high one goes to the head of its queue. Any IRQL.
 * docs: wdm/nf-wdm-kesetimportancedpc */
VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
    Dpc->Importance = (UCHAR)Importance;
}

/* Number: processor of group 0 that shall run the DPC. Any IRQL. docs: wdm/nf-wdm-kesettargetprocessordpc */
VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    Dpc->Number = (USHORT)(TARGET_BASE + (UCHAR)Number);
}

/* The same with a group; STATUS_INVALID_PARAMETER when there is no such processor. Any IRQL.
 * docs: wdm/nf-wdm-kesettargetprocessordpcex */
NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber)
{
    if (ProcNumber->Group != 0 || ProcNumber->Number >= ke.cpu_count || ProcNumber->Reserved != 0)
        return STATUS_INVALID_PARAMETER;
    Dpc->Number = (USHORT)(TARGET_BASE + ProcNumber->Number);
    return STATUS_SUCCESS;
}

static void put(struct ke_dpcs *queue, PRKDPC dpc)
{
    dpc->DpcData = queue;
    if (dpc->Importance == HighImportance && queue->first) {
        dpc->DpcListEntry.Next = queue->first;
        queue->first = &dpc->DpcListEntry;
    } else {
        dpc->DpcListEntry.Next = NULL;
        *queue->last = &dpc->DpcListEntry;
        queue->last = &dpc->DpcListEntry.Next;
    }
    queue->depth++;
}

/* Queues the DPC with its two arguments. FALSE when it is queued already (the arguments are then not replaced).
 * Any IRQL; below DISPATCH_LEVEL a DPC for this processor has run when the call returns.
 * docs: wdm/nf-wdm-keinsertqueuedpc */
BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    unsigned target = Dpc->Number >= TARGET_BASE ? (unsigned)Dpc->Number - TARGET_BASE : this_cpu->number;
    struct cpu *cpu = &ke.cpus[target < ke.cpu_count ? target : this_cpu->number];

    if (Dpc->DpcData)
        return FALSE;
    Dpc->SystemArgument1 = SystemArgument1;
    Dpc->SystemArgument2 = SystemArgument2;
    put(Dpc->Type == ThreadedDpcObject && ke_threaded_enabled() ? &cpu->threaded : &cpu->dpcs, Dpc);
    ke_kick(cpu, PENDING_DPC);
    ke_settle();
    return TRUE;
}

/* Takes the DPC out of its queue. FALSE when it was not in one (it may be running). Any IRQL.
 * docs: wdm/nf-wdm-keremovequeuedpc */
BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc)
{
    struct ke_dpcs *queue = Dpc->DpcData;

    if (!queue)
        return FALSE;
    SINGLE_LIST_ENTRY **link = &queue->first;
    while (*link != &Dpc->DpcListEntry)
        link = &(*link)->Next;
    *link = Dpc->DpcListEntry.Next;
    if (queue->last == &Dpc->DpcListEntry.Next)
        queue->last = link;
    queue->depth--;
    Dpc->DpcData = NULL;
    return TRUE;
}

static bool running_elsewhere(PRKDPC Dpc)
{
    for (unsigned i = 0; i < ke.cpu_count; i++)
        if ((ke.cpus[i].running_dpc == Dpc && &ke.cpus[i] != this_cpu) ||
            (ke.cpus[i].running_threaded == Dpc && ke.cpus[i].dpc_thread != ke_current()))
            return true;
    return false;
}

/* The same; with WaitIfActive it also waits until a running instance on another processor is done (IRQL < DISPATCH).
 * docs: wdm/nf-wdm-keremovequeuedpcex */
BOOLEAN NTAPI KeRemoveQueueDpcEx(PRKDPC Dpc, BOOLEAN WaitIfActive)
{
    BOOLEAN removed = KeRemoveQueueDpc(Dpc);

    while (WaitIfActive && running_elsewhere(Dpc))
        ke_spin_turn();
    return removed;
}

/* Nonzero while this processor runs a DPC. Any IRQL. docs: ntddk/nf-ntddk-keisexecutingdpc */
LOGICAL NTAPI KeIsExecutingDpc(VOID)
{
    return this_cpu->in_dpc;
}

static bool busy_with_dpcs(const struct cpu *cpu)
{
    return cpu->dpcs.first || cpu->in_dpc || cpu->threaded.first ||
           (cpu->running_threaded && cpu->dpc_thread != ke_current());
}

/* Returns when every DPC that was queued on any processor has run. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-keflushqueueddpcs */
VOID NTAPI KeFlushQueuedDpcs(VOID)
{
    for (unsigned i = 0; i < ke.cpu_count; i++)
        while (busy_with_dpcs(&ke.cpus[i]))
            ke_spin_turn();
}

PKDPC ke_dpc_take(struct ke_dpcs *queue)
{
    PKDPC dpc = dpc_of(queue->first);

    queue->first = dpc->DpcListEntry.Next;
    if (!queue->first)
        queue->last = &queue->first;
    queue->depth--;
    dpc->DpcData = NULL;
    return dpc;
}

static void run_one(struct cpu *cpu)
{
    PKDPC dpc = ke_dpc_take(&cpu->dpcs);
    PKDEFERRED_ROUTINE routine = dpc->DeferredRoutine;
    PVOID context = dpc->DeferredContext, a = dpc->SystemArgument1, b = dpc->SystemArgument2;

    cpu->running_dpc = dpc;
    cpu->dpc_count++;
    ke_trace("DPC %llx of KDPC %llx", (uint64_t)(uintptr_t)routine, (uint64_t)(uintptr_t)dpc);
    routine(dpc, context, a, b);
    cpu->running_dpc = NULL;
    if (unlikely(cpu->pcr->irql != DISPATCH_LEVEL))
        KeBugCheckEx(IRQL_NOT_GREATER_OR_EQUAL, (ULONG_PTR)routine, cpu->pcr->irql, DISPATCH_LEVEL, (ULONG_PTR)dpc);
}

void ke_run_dpcs(void)
{
    struct cpu *cpu = this_cpu;
    KIRQL old = cpu->pcr->irql;

    assert(old < DISPATCH_LEVEL);
    cpu->pcr->irql = DISPATCH_LEVEL;
    cpu->in_dpc = true;
    cpu->floor = DISPATCH_LEVEL;
    for (unsigned ran = 1; cpu->dpcs.first; ran++) {
        run_one(cpu);
        if (cpu->pending & PENDING_INTERRUPT)
            ke_take_interrupts(cpu);
        if (unlikely(ran % LONG_DRAIN == 0))
            ke_amid_dpcs(LONG_DRAIN);
    }
    if (unlikely(cpu->threaded.first))
        ke_threaded_start(cpu);
    cpu->in_dpc = false;
    cpu->floor = PASSIVE_LEVEL;
    cpu->pending &= ~(uint32_t)PENDING_DPC;
    cpu->pcr->irql = old;
}
