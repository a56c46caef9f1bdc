/* What a transaction did: undone, or published. session.h has the invariants. */
#include <stdlib.h>

#include "fwp/callouts.h"
#include "fwp/changes.h"
#include "fwp/filter.h"
#include "fwp/runtime.h"
#include "fwp/session.h"
#include "fwp/subscribe.h"

static struct fwp_change *note(struct fwp_session *session, struct fwp_object *object, bool added)
{
    struct fwp_change *change = malloc(sizeof *change);

    if (!change)
        return NULL;
    change->object = object;
    change->added = added;
    list_push_back(&session->changes, &change->node);
    return change;
}

static void forget(struct fwp_change *change)
{
    list_remove(&change->node);
    free(change);
}

NTSTATUS fwp_change_add(struct fwp_session *session, struct fwp_object *object)
{
    struct fwp_change *change = note(session, object, true);

    if (change && fwp_object_insert(object)) {
        object->addition = change;
        return STATUS_SUCCESS;
    }
    if (change)
        forget(change);
    return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS fwp_change_delete(struct fwp_session *session, struct fwp_object *object)
{
    struct fwp_change *addition = object->addition;

    if (addition) {
        fwp_object_take_out(object);
        forget(addition);
        fwp_filter_never(object);
        return STATUS_SUCCESS;
    }
    if (!note(session, object, false))
        return STATUS_INSUFFICIENT_RESOURCES;
    fwp_object_take_out(object);
    return STATUS_SUCCESS;
}

/* Publishes the additions; false without memory, and then none is. */
static bool add_rules(struct fwp_session *session)
{
    list_each(it, &session->changes) {
        struct fwp_change *change = container_of(it, struct fwp_change, node);
        if (!change->added || !change->object->rule || fwp_filter_publish(change->object))
            continue;
        for (struct list *back = it->prev; back != &session->changes; back = back->prev) {
            struct fwp_change *done = container_of(back, struct fwp_change, node);
            if (done->added && done->object->rule)
                fwp_filter_withdraw(done->object);
        }
        return false;
    }
    return true;
}

/* A filter that is removed belongs to the runtime from here on; other deleted objects are buried after the publication. */
static void take_over(struct fwp_session *session, struct list *done)
{
    list_each_safe(it, &session->changes) {
        struct fwp_change *change = container_of(it, struct fwp_change, node);
        struct fwp_object *object = change->object;
        fwp_subscriptions_note(session, object, change->added);
        if (object->rule)
            fwp_layer_changed(object->rule->layer);
        object->addition = NULL;
        list_remove(&change->node);
        if (!change->added && object->rule) {
            fwp_filter_remove(object);
            free(change);
        } else {
            list_push_back(done, &change->node);
        }
    }
}

NTSTATUS fwp_commit(struct fwp_session *session)
{
    struct list done = LIST_INIT(done);

    if (!add_rules(session))
        return STATUS_INSUFFICIENT_RESOURCES;
    take_over(session, &done);
    fwp_runtime_publish();
    while (!list_empty(&done)) {
        struct fwp_change *change = container_of(list_pop_front(&done), struct fwp_change, node);
        if (!change->added)
            fwp_object_bury(change->object);
        else if (change->object->rule)
            fwp_filter_committed(change->object);
        free(change);
    }
    return STATUS_SUCCESS;
}

void fwp_abort(struct fwp_session *session)
{
    while (!list_empty(&session->changes)) {
        struct fwp_change *change = container_of(session->changes.prev, struct fwp_change, node);
        struct fwp_object *object = change->object;
        bool added = change->added;
        forget(change);
        if (added) {
            fwp_object_take_out(object);
            fwp_filter_never(object);
        } else {
            fwp_object_put_back(object);
        }
    }
}
