/* Queueing and delivery of APCs. The functions have no pages of their own: kernel/types-of-apcs, kernel/disabling-apcs and
 * kernel/waits-and-apcs of the design guide say when which kind runs. */
#include "nt/ke_apc.h"

#define KERNEL_ROUTINE 0                /* KAPC.Reserved */
#define RUNDOWN_ROUTINE 1
#define NORMAL_ROUTINE 2

static bool is_special(const KAPC *apc)
{
    return apc->ApcMode == KernelMode && apc->Reserved[NORMAL_ROUTINE] == NULL;
}

static KAPC *apc_of(LIST_ENTRY *entry)
{
    return CONTAINING_RECORD(entry, KAPC, ApcListEntry);
}

/* The kernel APC that the thread may take now, or NULL. */
static KAPC *next_apc(const struct thread *thread)
{
    const LIST_ENTRY *head = &thread->apcs[KernelMode];

    if (nt_list_empty(head))
        return NULL;
    KAPC *apc = apc_of(head->Flink);
    return is_special(apc) || (thread->kernel_apc_disable == 0 && !thread->in_normal_apc) ? apc : NULL;
}

static bool deliverable(const struct thread *thread)
{
    return thread->apc_count && thread->special_apc_disable == 0 && (!nt_list_empty(&thread->errands) || next_apc(thread));
}

void ke_apc_note(struct thread *thread)
{
    bool now = deliverable(thread);

    if (thread->state == THREAD_RUNNING) {
        if (now)
            ke_kick(thread->cpu, PENDING_APC);
        else
            thread->cpu->pending &= ~(uint32_t)PENDING_APC;
    } else if (now && thread->wait_irql < APC_LEVEL) {
        ke_interrupt_wait(thread, STATUS_KERNEL_APC);
    }
}

static void take_out(struct thread *thread, KAPC *apc)
{
    nt_list_remove(&apc->ApcListEntry);
    apc->Inserted = FALSE;
    if (apc->ApcMode == KernelMode)
        thread->apc_count--;
}

/* The routine may free or queue the APC again. */
static void run_apc(struct thread *thread, KAPC *apc)
{
    PKKERNEL_ROUTINE kernel = (PKKERNEL_ROUTINE)apc->Reserved[KERNEL_ROUTINE];
    PKNORMAL_ROUTINE normal = (PKNORMAL_ROUTINE)apc->Reserved[NORMAL_ROUTINE];
    PVOID context = apc->NormalContext, first = apc->SystemArgument1, second = apc->SystemArgument2;

    take_out(thread, apc);
    ke_trace("APC %llx, normal routine %llx", (uint64_t)(uintptr_t)kernel, (uint64_t)(uintptr_t)normal);
    kernel(apc, &normal, &context, &first, &second);
    if (ke_irql() != APC_LEVEL)
        KeBugCheckEx(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)ke_irql() << 16 | (ULONG_PTR)APC_LEVEL << 8, (ULONG_PTR)kernel,
                     (ULONG_PTR)apc, (ULONG_PTR)normal);
    if (normal == NULL)
        return;
    thread->in_normal_apc = true;
    ke_lower(PASSIVE_LEVEL);
    normal(context, first, second);
    if (ke_irql() != PASSIVE_LEVEL)
        KeBugCheckEx(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)ke_irql() << 16 | (ULONG_PTR)PASSIVE_LEVEL << 8 | 1, (ULONG_PTR)normal,
                     (ULONG_PTR)apc, 0);
    ke_raise(APC_LEVEL);
    thread->in_normal_apc = false;
}

void ke_apc_deliver(void)
{
    struct thread *thread = ke_current();

    ke_raise(APC_LEVEL);
    while (deliverable(thread)) {
        LIST_ENTRY *link = nt_list_pop_front(&thread->errands);

        if (link == NULL) {
            run_apc(thread, next_apc(thread));
            continue;
        }
        struct ke_errand *errand = container_of(link, struct ke_errand, link);
        thread->apc_count--;
        errand->run(errand);
    }
    ke_apc_note(thread);
    this_cpu->pcr->irql = PASSIVE_LEVEL;
}

bool ke_errand_queue(struct thread *thread, struct ke_errand *errand)
{
    if (thread->apcs_closed)
        return false;
    if (thread == ke_current() && ke_irql() < APC_LEVEL && thread->special_apc_disable == 0)
        return false;
    nt_list_push_back(&thread->errands, &errand->link);
    thread->apc_count++;
    ke_apc_note(thread);
    return true;
}

static void run_down(struct thread *thread, LIST_ENTRY *head)
{
    LIST_ENTRY *entry;

    while (!nt_list_empty(head)) {
        entry = head->Flink;
        KAPC *apc = apc_of(entry);
        PKRUNDOWN_ROUTINE rundown = (PKRUNDOWN_ROUTINE)apc->Reserved[RUNDOWN_ROUTINE];

        take_out(thread, apc);
        if (rundown != NULL)
            rundown(apc);
    }
}

void ke_apc_close(struct thread *thread)
{
    ke_settle();
    thread->apcs_closed = true;
    LIST_ENTRY *link;
    while ((link = nt_list_pop_front(&thread->errands))) {
        struct ke_errand *errand = container_of(link, struct ke_errand, link);
        thread->apc_count--;
        errand->run(errand);
    }
    run_down(thread, &thread->apcs[UserMode]);
    run_down(thread, &thread->apcs[KernelMode]);
    thread->cpu->pending &= ~(uint32_t)PENDING_APC;
}

/* Prepares an APC object in the caller's nonpaged memory. KernelRoutine: at APC_LEVEL, may change what follows it or free the
 * object. NormalRoutine (PASSIVE_LEVEL): NULL makes the APC a special one of KernelMode. RundownRoutine (or NULL): called instead
 * when the thread ends first. Environment: every thread has one address space, so that all mean the same. Any IRQL.
 * docs: kernel/types-of-apcs */
VOID NTAPI KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, int Environment, PKKERNEL_ROUTINE KernelRoutine,
                           PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode,
                           PVOID NormalContext)
{
    *Apc = (KAPC){
        .Type = ApcObject, .Size = sizeof(KAPC), .Thread = (struct _KTHREAD *)Thread, .ApcStateIndex = (CCHAR)Environment,
        .Reserved = { (PVOID)KernelRoutine, (PVOID)RundownRoutine, (PVOID)NormalRoutine },
        .ApcMode = NormalRoutine != NULL ? ApcMode : KernelMode,
        .NormalContext = NormalRoutine != NULL ? NormalContext : NULL,
    };
}

/* Before the first normal one when it is special, else behind all. */
static void put(struct thread *thread, KAPC *apc)
{
    LIST_ENTRY *head = &thread->apcs[(int)apc->ApcMode], *before = head;

    if (is_special(apc))
        for (before = head->Flink; before != head && is_special(apc_of(before)); before = before->Flink)
            ;
    nt_list_push_back(before, &apc->ApcListEntry);
    apc->Inserted = TRUE;
}

/* Queues the APC to its thread, which runs it as soon as it may; below APC_LEVEL an APC to the running thread has run when the call
 * returns. FALSE: it is queued already, or its thread has ended. Increment: priority boost of a thread that waits.
 * <= DISPATCH_LEVEL. docs: kernel/types-of-apcs */
BOOLEAN NTAPI KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment)
{
    struct thread *thread = (struct thread *)Apc->Thread;

    (void)Increment;
    if (Apc->Inserted || thread->apcs_closed || (thread->cpu != NULL && thread == thread->cpu->idle))
        return FALSE;
    Apc->SystemArgument1 = SystemArgument1;
    Apc->SystemArgument2 = SystemArgument2;
    put(thread, Apc);
    if (Apc->ApcMode == UserMode) {
        if (thread->alertable)
            ke_interrupt_wait(thread, STATUS_USER_APC);
    } else {
        thread->apc_count++;
        ke_apc_note(thread);
    }
    ke_settle();
    return TRUE;
}

/* Takes the APC out of its thread's queue; FALSE when it is in none. <= DISPATCH_LEVEL. docs: kernel/types-of-apcs */
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC Apc)
{
    struct thread *thread = (struct thread *)Apc->Thread;

    if (!Apc->Inserted)
        return FALSE;
    take_out(thread, Apc);
    ke_apc_note(thread);
    return TRUE;
}

/* Ends the thread's alertable wait, or its next one, with STATUS_ALERTED; TRUE when it was alerted before and has not seen it yet.
 * Alerts of both modes are one. <= DISPATCH_LEVEL. docs: kernel/waits-and-apcs */
BOOLEAN NTAPI KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode)
{
    struct thread *thread = (struct thread *)Thread;
    BOOLEAN before = thread->alerted;

    (void)AlertMode;
    ke_alert(thread);
    ke_settle();
    return before;
}

/* Takes an alert of the running thread back; TRUE when there was one. <= DISPATCH_LEVEL. docs: kernel/waits-and-apcs */
BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE AlertMode)
{
    struct thread *thread = ke_current();
    BOOLEAN before = thread->alerted;

    (void)AlertMode;
    thread->alerted = false;
    return before;
}
