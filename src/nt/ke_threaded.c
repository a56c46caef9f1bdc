/* Threaded DPCs: a thread of the highest priority for each processor runs them at PASSIVE_LEVEL. It is made when the first one is
 * queued; without memory for it they run as ordinary ones. docs: kernel/introduction-to-threaded-dpcs */
#include "nt/cm.h"
#include "nt/ke_internal.h"
#include "nt/ke_wait.h"
#include "nt/ob.h"
#include "nt/ps.h"

#define KEY_OF_MANAGER "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\"

static bool turned_off(const char *path)
{
    struct cm_key *key = cm_key(NULL, path, false);
    uint32_t enable;

    return key && cm_get_dword(key, "ThreadDpcEnable", &enable) && enable == 0;
}

/* The page spells the key without the space that its real name has. */
bool ke_threaded_enabled(void)
{
    if (ke.threaded_dpcs == THREADED_UNKNOWN)
        ke.threaded_dpcs = turned_off(KEY_OF_MANAGER "Session Manager\\Kernel") || turned_off(KEY_OF_MANAGER "SessionManager\\Kernel")
                               ? THREADED_OFF
                               : THREADED_ON;
    return ke.threaded_dpcs == THREADED_ON;
}

static void run_one(struct cpu *cpu)
{
    PKDPC dpc = ke_dpc_take(&cpu->threaded);
    PKDEFERRED_ROUTINE routine = dpc->DeferredRoutine;
    PVOID context = dpc->DeferredContext, a = dpc->SystemArgument1, b = dpc->SystemArgument2;
    KIRQL before = ke_irql();

    cpu->running_threaded = dpc;
    cpu->dpc_count++;
    ke_trace("threaded DPC %llx of KDPC %llx", (uint64_t)(uintptr_t)routine, (uint64_t)(uintptr_t)dpc);
    routine(dpc, context, a, b);
    cpu->running_threaded = NULL;
    if (ke_irql() != before)
        KeBugCheckEx(IRQL_NOT_GREATER_OR_EQUAL, (ULONG_PTR)routine, ke_irql(), before, (ULONG_PTR)dpc);
}

static VOID NTAPI dpc_thread(PVOID context)
{
    struct cpu *cpu = context;

    for (;;) {
        while (cpu->threaded.first)
            run_one(cpu);
        ke_wait(&cpu->dpc_thread_event);
    }
}

static bool make_thread(struct cpu *cpu)
{
    struct ps_thread *t;

    KeInitializeEvent(&cpu->dpc_thread_event, SynchronizationEvent, FALSE);
    t = ps_create("DPC thread", KE_PRIORITIES - 1, dpc_thread, cpu);
    if (t == NULL)
        return false;
    cpu->dpc_thread = &t->thread;
    ke_set_affinity(&t->thread, 1ull << cpu->number);
    ob_dereference(t);
    return true;
}

void ke_threaded_start(struct cpu *cpu)
{
    if (!cpu->dpc_thread && !make_thread(cpu)) {
        while (cpu->threaded.first)
            run_one(cpu);
        return;
    }
    cpu->dpc_thread_event.Header.SignalState = 1;
    ke_signalled(&cpu->dpc_thread_event.Header, 0);
}
