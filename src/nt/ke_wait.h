/* Waiting and signalling: what the dispatcher objects share.
 *
 * 1. A waiter is a struct waiter on its own stack, with one KWAIT_BLOCK per object, each in that object's WaitListHead.
 * 2. A thread is in THREAD_BLOCKED exactly while its waiter is not `done`; whoever sets done has taken all its blocks
 *    out of the lists, stopped its alarm, and called ke_ready().
 * 3. An object that is signalled has no waiter in its list that it could satisfy. */
#ifndef NT_KE_WAIT_H
#define NT_KE_WAIT_H

#include "nt/ke.h"
#include "ring3/ps.h"

static inline void nt_list_init(LIST_ENTRY *head)
{
    head->Flink = head->Blink = head;
}

static inline bool nt_list_empty(const LIST_ENTRY *head)
{
    return head->Flink == head;
}

static inline void nt_list_push_back(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}

static inline void nt_list_push_front(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    nt_list_push_back(head->Flink, entry);
}

static inline void nt_list_remove(LIST_ENTRY *entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
}

static inline LIST_ENTRY *nt_list_pop_front(LIST_ENTRY *head)
{
    LIST_ENTRY *entry = head->Flink;

    if (entry == head)
        return NULL;
    nt_list_remove(entry);
    return entry;
}

static inline void ke_header_init(DISPATCHER_HEADER *header, UCHAR type, unsigned size, LONG state)
{
    header->Lock = 0;
    header->Type = type;
    header->Size = (UCHAR)(size / 4);
    header->SignalState = state;
    nt_list_init(&header->WaitListHead);
}

void ke_satisfy_waiters(DISPATCHER_HEADER *object, int increment);

/* ke_queue.c: the thread of a queue blocks, which may let another one take an entry; it goes on; it ends. */
void ke_queue_blocks(struct thread *thread);
void ke_queue_goes_on(struct thread *thread);
void ke_queue_leave(struct thread *thread);

/* Wait = TRUE: IRQL stays at DISPATCH_LEVEL until the wait that must be the caller's next call. */
static inline void ke_wait_follows(void)
{
    struct thread *thread = ke_current();

    if (thread->wait_next || ke_irql() >= DISPATCH_LEVEL)
        return;
    thread->wait_next = true;
    thread->next_irql = ke_raise(DISPATCH_LEVEL);
}

/* After an object's SignalState rose: readies who may go on. The caller settles. */
static inline void ke_signalled(DISPATCHER_HEADER *object, int increment)
{
    if (unlikely(!nt_list_empty(&object->WaitListHead)))
        ke_satisfy_waiters(object, increment);
}

/* Waits for one dispatcher object from host code, without time-out and alerts. IRQL < DISPATCH. */
NTSTATUS ke_wait(void *object);
/* The same with a time-out: NULL for ever, negative 100 ns units relative, positive system time. */
NTSTATUS ke_wait_timeout(void *object, const LARGE_INTEGER *timeout);
/* Wakes a thread in an alertable wait with STATUS_ALERTED, or lets its next alertable wait return so. */
void ke_alert(struct thread *thread);

/* Due time in ns of ke_now() for a Windows time value (100 ns; negative: relative, else system time). */
uint64_t ke_due_ns(int64_t time);

/* A thread as the executive makes it: what the scheduler core does not need to know. Every thread that drivers can
 * run on is one (ps_thread.c allocates the host's own, too). */
struct ps_thread {
    struct thread thread;
    LIST_ENTRY mutants;             /* KMUTANT.MutantListEntry: what it owns; Flink NULL: none yet */
    NTSTATUS exit_status;
    uint64_t create_time, exit_time;    /* 100 ns since 1601 */
    uint64_t start_ns;              /* ke_now at creation */
    PKSTART_ROUTINE start;
    PVOID start_context;
    uint64_t user_affinity;         /* before KeSetSystemAffinityThread; 0: not set */
    struct _DEVICE_OBJECT *to_verify;   /* IoSetHardErrorOrVerifyDevice */
    void *impersonated;             /* referenced token; NULL: the thread acts for itself */
    int impersonation_level;        /* SECURITY_IMPERSONATION_LEVEL */
    bool copy_on_open, effective_only;
    bool terminating;
    bool of_driver;                 /* made by PsCreateSystemThread */
};

/* Marks the mutants of an ending thread as abandoned; stops the system when one is a kernel mutex. */
void ke_abandon_mutants(struct ps_thread *thread);

#endif
