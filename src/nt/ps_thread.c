/* System threads. A thread object holds a reference to itself until it has ended. */
#include "nt/io.h"
#include "nt/ps.h"

#include "nt/event.h"
#include "nt/ke_apc.h"
#include "nt/ob.h"

#define PRIORITY_SYSTEM 8

static struct ps_thread *new_thread(void)
{
    void *body;

    if (!NT_SUCCESS(ob_create(PsThreadType, sizeof(struct ps_thread), &body)))
        return NULL;
    struct ps_thread *t = body;
    nt_list_init(&t->mutants);
    t->exit_status = STATUS_PENDING;
    t->start_ns = ke_now();
    t->create_time = ke_system_time();
    return t;
}

static struct thread *alloc_host_thread(void)
{
    struct ps_thread *t = new_thread();

    return t ? &t->thread : NULL;
}

static void drop(struct thread *thread)
{
    ob_dereference(thread);
}

static void signal_end(struct thread *thread)
{
    struct ps_thread *t = (struct ps_thread *)thread;

    ke_apc_close(thread);
    io_thread_gone(thread);
    ke_queue_leave(thread);
    ke_abandon_mutants(t);
    if (t->impersonated != NULL)
        ob_dereference(t->impersonated);
    t->impersonated = NULL;
    t->exit_time = ke_system_time();
    if (t->exit_status == STATUS_PENDING)
        t->exit_status = STATUS_SUCCESS;
    thread->header.SignalState = 1;
    ke_signalled(&thread->header, 0);
}

void ps_threads_start(void);
void ps_threads_stop(void);
void ps_notify_thread(struct ps_thread *thread, bool create);

void ps_threads_start(void)
{
    ke.thread_alloc = alloc_host_thread;
    ke.thread_free = drop;
    ke.thread_signal = signal_end;
}

static void leave_alone(struct thread *thread)
{
    (void)thread;
}

/* From here on threads are no objects: those that are left go with the pool. */
void ps_threads_stop(void)
{
    ke.thread_alloc = NULL;
    ke.thread_free = NULL;
    ke.thread_signal = NULL;
    list_each(node, &ke.threads)
        container_of(node, struct thread, all_node)->ended = leave_alone;
}

static _Noreturn void end(struct ps_thread *t, NTSTATUS status)
{
    const struct thread *thread = &t->thread;

    if (ke_irql() != PASSIVE_LEVEL || thread->kernel_apc_disable || thread->special_apc_disable)
        KeBugCheckEx(KERNEL_APC_PENDING_DURING_EXIT, 0,
                     (ULONG)(USHORT)thread->special_apc_disable << 16 | (USHORT)thread->kernel_apc_disable, ke_irql(), 0);
    t->exit_status = status;
    t->terminating = true;
    io_thread_ending(&t->thread);
    ps_notify_thread(t, false);
    ke_thread_exit();
}

static void thread_main(void *arg)
{
    struct ps_thread *t = arg;

    ps_notify_thread(t, true);
    t->start(t->start_context);
    end(t, STATUS_SUCCESS);
}

struct ps_thread *ps_create(const char *name, int priority, PKSTART_ROUTINE start, PVOID context)
{
    struct ps_thread *t = new_thread();

    if (!t)
        return NULL;
    t->start = start;
    t->start_context = context;
    if (!ke_thread_init(&t->thread, name, priority, thread_main, t)) {
        ob_dereference(t);
        return NULL;
    }
    t->thread.ended = drop;
    ob_reference(t);                    /* the thread's own */
    ke_ready(&t->thread, 0);
    return t;
}

/* Starts a thread of the System process at StartRoutine(StartContext), PASSIVE_LEVEL. *ThreadHandle is the caller's to
 * close. ProcessHandle: NULL. ClientId (or NULL) gets its identifiers. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-pscreatesystemthread */
NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                                    PVOID StartContext)
{
    ULONG attributes = ObjectAttributes ? ObjectAttributes->Attributes : 0;

    (void)ProcessHandle;
    struct ps_thread *t = ps_create("driver thread", PRIORITY_SYSTEM, StartRoutine, StartContext);
    if (!t)
        return STATUS_INSUFFICIENT_RESOURCES;
    t->of_driver = true;
    if (ClientId)
        *ClientId = (CLIENT_ID){ PsGetCurrentProcessId(), PsGetThreadId((PETHREAD)t) };
    NTSTATUS status = ob_open_handle(t, DesiredAccess, attributes | OBJ_KERNEL_HANDLE, ThreadHandle);
    ob_dereference(t);
    ke_settle();
    return status;
}

/* Ends the running thread, one of PsCreateSystemThread; does not return. Stops the system at a raised IRQL and in a
 * critical region. STATUS_INVALID_PARAMETER in any other thread, such as a worker's. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-psterminatesystemthread */
NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    struct ps_thread *t = ps_current();

    if (t->of_driver)
        end(t, ExitStatus);
    NT_EMIT(NT_EVENT_MISUSE, "PsTerminateSystemThread is called in a thread that PsCreateSystemThread did not make", t, 0,
            PE_CALLER());
    return STATUS_INVALID_PARAMETER;
}

static bool is_idle(const struct thread *thread)
{
    return thread->cpu && thread == thread->cpu->idle;
}

void ps_each_thread(void (*visit)(void *context, struct ps_thread *thread), void *context)
{
    list_each_safe(node, &ke.threads) {
        struct thread *thread = container_of(node, struct thread, all_node);
        if (!is_idle(thread) && thread->state != THREAD_DEAD)
            visit(context, (struct ps_thread *)thread);
    }
}

/* --- what is known of a thread ------------------------------------------------------------------------------- */

/* Any IRQL. docs: wdm/nf-wdm-kegetcurrentthread */
PKTHREAD NTAPI KeGetCurrentThread(VOID)
{
    return (PKTHREAD)ke_current();
}

/* docs: wdm/nf-wdm-psgetcurrentthread */
PETHREAD NTAPI PsGetCurrentThread(VOID)
{
    return (PETHREAD)ke_current();
}

/* docs: ntddk/nf-ntddk-psgetcurrentthreadid */
HANDLE NTAPI PsGetCurrentThreadId(VOID)
{
    return PsGetThreadId((PETHREAD)ke_current());
}

/* docs: ntddk/nf-ntddk-psgetthreadid */
HANDLE NTAPI PsGetThreadId(PETHREAD Thread)
{
    const struct thread *thread = (const struct thread *)Thread;

    return is_idle(thread) ? NULL : (HANDLE)(ULONG_PTR)thread->id;
}

/* Every thread is one of the System process. docs: ntddk/nf-ntddk-psgetthreadprocessid */
HANDLE NTAPI PsGetThreadProcessId(PETHREAD Thread)
{
    (void)Thread;
    return PsGetCurrentProcessId();
}

/* docs: ntddk/nf-ntddk-psgetthreadprocessid */
PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread)
{
    (void)Thread;
    return PsInitialSystemProcess;
}

/* 100 ns units since 1601. docs: ntddk/nf-ntddk-psgetthreadcreatetime */
LONGLONG NTAPI PsGetThreadCreateTime(PETHREAD Thread)
{
    return (LONGLONG)((struct ps_thread *)Thread)->create_time;
}

/* STATUS_PENDING while it runs. docs: ntddk/nf-ntddk-psgetthreadexitstatus */
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread)
{
    return ((struct ps_thread *)Thread)->exit_status;
}

/* docs: ntifs/nf-ntifs-psissystemthread */
BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread)
{
    (void)Thread;
    return TRUE;
}

/* docs: ntifs/nf-ntifs-psisthreadterminating */
BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread)
{
    return ((struct ps_thread *)Thread)->terminating;
}

/* System threads have no user-mode environment block. docs: ntddk/nf-ntddk-psgetcurrentthreadteb */
PVOID NTAPI PsGetCurrentThreadTeb(VOID)
{
    return NULL;
}

/* *Thread comes referenced. STATUS_INVALID_PARAMETER when there is none. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-pslookupthreadbythreadid */
NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread)
{
    list_each(node, &ke.threads) {
        struct thread *thread = container_of(node, struct thread, all_node);
        if (is_idle(thread) || thread->state == THREAD_DEAD || (HANDLE)(ULONG_PTR)thread->id != ThreadId)
            continue;
        ob_reference(thread);
        *Thread = (PETHREAD)thread;
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}

/* --- priority ------------------------------------------------------------------------------------------------- */

/* Priority: 1..31, 16 and above is real time. Returns the one before. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-kesetprioritythread */
KPRIORITY NTAPI KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
    struct thread *thread = (struct thread *)Thread;
    KPRIORITY before = thread->base_priority;

    if (Priority < 1 || Priority > HIGH_PRIORITY)
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)Priority, ke_irql(), 0,
                     (ULONG_PTR)__builtin_return_address(0));
    ke_set_priority(thread, Priority);
    ke_settle();
    return before;
}

/* Relative to the System process. Returns the increment before. docs: ntddk/nf-ntddk-kesetbaseprioritythread */
LONG NTAPI KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment)
{
    struct thread *thread = (struct thread *)Thread;
    LONG before = thread->base_priority - PRIORITY_SYSTEM;
    LONG priority = PRIORITY_SYSTEM + Increment;

    ke_set_priority(thread, priority < 1 ? 1 : priority > 15 ? 15 : priority);
    ke_settle();
    return before;
}

/* docs: wdm/nf-wdm-kequeryprioritythread */
KPRIORITY NTAPI KeQueryPriorityThread(PKTHREAD Thread)
{
    return ((struct thread *)Thread)->priority;
}

/* Clock ticks since it was created; run time of its own is not measured. docs: wdm/nf-wdm-kequeryruntimethread */
ULONG NTAPI KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime)
{
    uint64_t ns = ke_now() - ((struct ps_thread *)Thread)->start_ns;

    *UserTime = 0;
    return (ULONG)(ns / 100 / KeQueryTimeIncrement());
}

/* Cycles since it was created, taken as nanoseconds. docs: wdm/nf-wdm-kequerytotalcycletimethread */
ULONG64 NTAPI KeQueryTotalCycleTimeThread(PKTHREAD Thread, PULONG64 CycleTimeStamp)
{
    *CycleTimeStamp = ke_now();
    return ke_now() - ((struct ps_thread *)Thread)->start_ns;
}

/* A hint, kept and otherwise ignored. Returns the one before. docs: ntifs/nf-ntifs-kesetidealprocessorthread */
CCHAR NTAPI KeSetIdealProcessorThread(PKTHREAD Thread, CCHAR Processor)
{
    const struct thread *thread = (const struct thread *)Thread;

    (void)Processor;
    return (CCHAR)(thread->cpu ? thread->cpu->number : 0);
}

/* Stacks are never swapped out. docs: ntifs/nf-ntifs-kesetkernelstackswapenable */
BOOLEAN NTAPI KeSetKernelStackSwapEnable(BOOLEAN Enable)
{
    (void)Enable;
    return FALSE;
}
