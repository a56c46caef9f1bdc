/* The queue of notices, and the work item that empties it. */
#include "fwp/notice.h"

#include "nt/ke_wait.h"
#include "nt/ke.h"
#include "ring3/ex.h"

static struct {
    struct list waiting;
    struct thread *teller;              /* who delivers now */
    bool queued;
    WORK_QUEUE_ITEM work;
    KEVENT idle;
} notices = { .waiting = LIST_INIT(notices.waiting) };

void fwp_notices_open(void)
{
    list_init(&notices.waiting);
    notices.teller = NULL;
    notices.queued = false;
    KeInitializeEvent(&notices.idle, NotificationEvent, TRUE);
}

void fwp_notices_close(void)
{
    while (!list_empty(&notices.waiting)) {
        struct fwp_notice *notice = container_of(list_pop_front(&notices.waiting), struct fwp_notice, node);
        notice->drop(notice);
    }
}

static void NTAPI run(PVOID unused)
{
    notices.queued = false;
    fwp_notices_deliver();
}

void fwp_notices_post(struct fwp_notice *notice)
{
    list_push_back(&notices.waiting, &notice->node);
    if (notices.queued || notices.teller)
        return;
    notices.queued = true;
    ExInitializeWorkItem(&notices.work, run, NULL);
    ExQueueWorkItem(&notices.work, DelayedWorkQueue);
}

void fwp_notices_deliver(void)
{
    if (notices.teller || list_empty(&notices.waiting))
        return;
    notices.teller = this_cpu->current;
    KeClearEvent(&notices.idle);
    while (!list_empty(&notices.waiting)) {
        struct fwp_notice *notice = container_of(list_pop_front(&notices.waiting), struct fwp_notice, node);
        notice->tell(notice);
    }
    notices.teller = NULL;
    KeSetEvent(&notices.idle, IO_NO_INCREMENT, FALSE);
}

void fwp_notices_drain(void)
{
    fwp_notices_deliver();
    while (notices.teller && notices.teller != this_cpu->current)
        ke_wait(&notices.idle);
}

void fwp_notices_drop(bool (*about)(const struct fwp_notice *notice, const void *what), const void *what)
{
    list_each_safe(it, &notices.waiting) {
        struct fwp_notice *notice = container_of(it, struct fwp_notice, node);
        if (!about(notice, what))
            continue;
        list_remove(&notice->node);
        notice->drop(notice);
    }
}
