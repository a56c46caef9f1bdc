#include "fwp/pending.h"

#include <fwpsk.h>
#include <stdlib.h>

#include "base/util.h"
#include "fwp/net_event.h"
#include "nt/ke.h"
#include "pe/pe.h"

struct fwp_pended {
    struct list node;
    bool ready, completed, forgotten;
    void (*resume)(void *context);
    void *context;
    struct fwp_net_event event;
    const void *caller;
};

static struct list offered = LIST_INIT(offered), pending = LIST_INIT(pending), done = LIST_INIT(done);
static KDPC dpc;

void fwp_pendable_begin(struct fwp_pendable *pendable, bool cannot)
{
    pendable->cannot = cannot;
    pendable->pended = NULL;
    pendable->values = NULL;
    list_push_back(&offered, &pendable->node);
}

void fwp_pendable_end(struct fwp_pendable *pendable)
{
    list_remove(&pendable->node);
}

static bool is_in(struct list *head, const struct list *wanted)
{
    list_each(node, head)
        if (node == wanted)
            return true;
    return false;
}

static void finish_if_ready(struct fwp_pended *p)
{
    if (!p->completed || (!p->ready && !p->forgotten))
        return;
    list_remove(&p->node);
    list_push_back(&done, &p->node);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

static VOID NTAPI run(PKDPC unused, PVOID context, PVOID argument1, PVOID argument2)
{
    struct list *node;

    while ((node = list_pop_front(&done))) {
        struct fwp_pended *p = container_of(node, struct fwp_pended, node);
        if (p->resume && !p->forgotten)
            p->resume(p->context);
        free(p);
    }
}

void fwp_pended_resume(struct fwp_pended *p, void (*resume)(void *context), void *context)
{
    p->resume = resume;
    p->context = context;
    p->ready = true;
    finish_if_ready(p);
}

void fwp_pended_forget(struct fwp_pended *p)
{
    p->forgotten = true;
    finish_if_ready(p);
}

NTSTATUS fwp_pend(struct fwp_pendable *pendable, HANDLE *completionContext, const void *caller)
{
    if (pendable->cannot || pendable->pended)
        return STATUS_FWP_CANNOT_PEND;
    struct fwp_pended *p = calloc(1, sizeof *p);
    if (!p)
        return STATUS_NO_MEMORY;
    p->caller = caller;
    fwp_net_event_begin(&p->event, pendable->values);
    list_push_back(&pending, &p->node);
    pendable->pended = p;
    *completionContext = p;
    return STATUS_SUCCESS;
}

/* Lets an authorisation wait: classifyFn then blocks and absorbs. completionHandle: from the metadata. IRQL <= DISPATCH_LEVEL.
 * STATUS_FWP_NULL_POINTER, STATUS_FWP_CANNOT_PEND (a reauthorisation, or pended already), STATUS_INVALID_HANDLE,
 * STATUS_NO_MEMORY. docs: fwpsk/nf-fwpsk-fwpspendoperation0 */
NTSTATUS NTAPI FwpsPendOperation0(HANDLE completionHandle, HANDLE *completionContext)
{
    struct fwp_pendable *pendable = completionHandle;

    if (!completionHandle || !completionContext)
        return STATUS_FWP_NULL_POINTER;
    if (!is_in(&offered, &pendable->node))
        return STATUS_INVALID_HANDLE;
    return fwp_pend(pendable, completionContext, pe_true_caller(__builtin_return_address(0)));
}

void fwp_pended_callers(void (*visit)(void *context, uint64_t caller), void *context)
{
    list_each(node, &pending) {
        const struct fwp_pended *p = container_of(node, struct fwp_pended, node);
        if (!p->completed)
            visit(context, (uint64_t)(uintptr_t)p->caller);
    }
}

/* Goes on with what was pended: it is authorised again. IRQL <= DISPATCH_LEVEL. docs: fwpsk/nf-fwpsk-fwpscompleteoperation0 */
VOID NTAPI FwpsCompleteOperation0(HANDLE completionContext, PNET_BUFFER_LIST netBufferList)
{
    struct fwp_pended *p = completionContext;

    if (!p || !is_in(&pending, &p->node) || p->completed)
        return;
    p->completed = true;
    finish_if_ready(p);
}

void fwp_pending_driver_gone(uint64_t base, uint64_t size)
{
    list_each(node, &pending) {
        struct fwp_pended *p = container_of(node, struct fwp_pended, node);
        if ((uint64_t)(uintptr_t)p->caller - base < size)
            p->caller = NULL;
    }
}

unsigned fwp_pended_count(void)
{
    unsigned count = 0;

    list_each(node, &pending)
        count++;
    return count;
}

void fwp_pended_each(void (*visit)(void *context, const struct fwp_net_event *event, const char *driver), void *context)
{
    list_each(node, &pending) {
        const struct fwp_pended *p = container_of(node, struct fwp_pended, node);
        const struct pe_image *image = pe_image_at((uint64_t)(uintptr_t)p->caller);
        visit(context, &p->event, image ? image->name : "");
    }
}

void fwp_pending_open(void)
{
    list_init(&offered);
    list_init(&pending);
    list_init(&done);
    KeInitializeDpc(&dpc, run, NULL);
}

void fwp_pending_close(void)
{
    struct list *node;

    KeRemoveQueueDpc(&dpc);
    while ((node = list_pop_front(&pending)) || (node = list_pop_front(&done)))
        free(container_of(node, struct fwp_pended, node));
}
