/* ZwNotifyChangeKey: a watch lives on its key until a change, or until the handle it was made with is closed. */
#include <stdlib.h>

#include "nt/cm_internal.h"
#include "nt/cm_object.h"
#include "nt/cm_time.h"
#include "nt/ob.h"
#include "ring3/ex.h"
#include "ring3/io_file_types.h"
#include "ring3/ke.h"

struct cm_watch {
    struct list node;           /* cm_key.watches */
    void *body;                 /* the Key object that asked; not referenced: cm_watch_drop comes first */
    KEVENT *event;              /* referenced when it came by handle; NULL: nobody waits */
    bool own_event;             /* the synchronous caller's, on its stack */
    PIO_STATUS_BLOCK iosb;
    PWORK_QUEUE_ITEM item;      /* the driver's, queued at the end; NULL: none */
    WORK_QUEUE_TYPE queue;
    uint32_t filter;
    bool tree;
};

static void complete(struct cm_watch *watch, NTSTATUS status)
{
    list_remove(&watch->node);
    if (watch->iosb != NULL) {
        watch->iosb->Status = status;
        watch->iosb->Information = 0;
    }
    if (watch->event != NULL) {
        KeSetEvent(watch->event, 0, FALSE);
        if (!watch->own_event)
            ob_dereference(watch->event);
    }
    if (watch->item != NULL)
        ExQueueWorkItem(watch->item, watch->queue);
    free(watch);
}

void cm_notify(struct cm_key *changed, uint32_t filter)
{
    for (struct cm_key *key = changed; key != NULL; key = key->parent)
        list_each_safe(node, &key->watches) {
            struct cm_watch *watch = container_of(node, struct cm_watch, node);

            if ((watch->filter & filter) && (watch->tree || key == changed))
                complete(watch, STATUS_NOTIFY_ENUM_DIR);
        }
}

void cm_watch_drop(void *body)
{
    struct cm_key *key = ((struct cm_body *)body)->key;

    if (key == NULL)
        return;
    list_each_safe(node, &key->watches) {
        struct cm_watch *watch = container_of(node, struct cm_watch, node);

        if (watch->body == body)
            complete(watch, STATUS_NOTIFY_CLEANUP);
    }
}

static NTSTATUS add_watch(const struct cm_watch *wanted, HANDLE event)
{
    struct cm_watch *watch = calloc(1, sizeof(*watch));
    void *object = wanted->event;
    NTSTATUS status = STATUS_SUCCESS;

    if (watch == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (object == NULL && event != NULL)
        status = ob_from_handle(event, EVENT_MODIFY_STATE, ExEventObjectType, KernelMode, &object);
    if (!NT_SUCCESS(status)) {
        free(watch);
        return status;
    }
    *watch = *wanted;
    watch->event = object;
    list_push_back(&((struct cm_body *)watch->body)->key->watches, &watch->node);
    return STATUS_SUCCESS;
}

static NTSTATUS wait_for_change(struct cm_watch *wanted)
{
    KEVENT done;
    NTSTATUS status;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    wanted->event = &done;
    wanted->own_event = true;
    status = add_watch(wanted, NULL);
    if (!NT_SUCCESS(status))
        return status;
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    return wanted->iosb->Status;
}

/* Waits for, or (Asynchronous) arranges for, the next change of a key: CompletionFilter has REG_NOTIFY_ bits, WatchTree
 * covers the keys below. Event is set and IoStatusBlock filled when it comes; STATUS_PENDING until then. ApcRoutine, when not
 * NULL, is a WORK_QUEUE_ITEM of the caller's that is queued then, to the WORK_QUEUE_TYPE in ApcContext. A buffer is refused
 * with STATUS_NOT_SUPPORTED. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwnotifychangekey */
NTSTATUS NTAPI ZwNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext,
                                 PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer,
                                 ULONG BufferSize, BOOLEAN Asynchronous)
{
    struct cm_watch wanted = {.iosb = IoStatusBlock, .item = ApcRoutine, .queue = (WORK_QUEUE_TYPE)(ULONG_PTR)ApcContext,
                              .filter = CompletionFilter, .tree = WatchTree != FALSE};
    NTSTATUS status;

    if (Buffer != NULL && BufferSize != 0)
        return STATUS_NOT_SUPPORTED;
    if (CompletionFilter == 0 || (CompletionFilter & ~0xFu))
        return STATUS_INVALID_PARAMETER;
    if (ApcRoutine != NULL && wanted.queue != CriticalWorkQueue && wanted.queue != DelayedWorkQueue)
        return STATUS_INVALID_PARAMETER;
    status = ob_from_handle(KeyHandle, KEY_NOTIFY, CmKeyObjectType, KernelMode, &wanted.body);
    if (!NT_SUCCESS(status))
        return status;
    if (((struct cm_body *)wanted.body)->key->deleted) {
        status = STATUS_KEY_DELETED;
    } else if (Asynchronous) {
        status = add_watch(&wanted, Event);
        if (NT_SUCCESS(status))
            status = STATUS_PENDING;
    } else {
        status = wait_for_change(&wanted);
    }
    ob_dereference(wanted.body);
    return status;
}
