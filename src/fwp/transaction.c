/* What a transaction did: undone, or published. session.h has the invariants. */
#include "fwp/bfe.h"
#include "fwp/callouts.h"
#include "fwp/changes.h"
#include "fwp/filter.h"
#include "fwp/runtime.h"
#include "fwp/session.h"
#include "fwp/subscribe.h"

static void note(struct fwp_session *session, struct fwp_object *object, enum fwp_change change)
{
    object->change = change;
    session->durable |= object->lifetime == FWP_PERSISTENT;
    list_push_back(&session->changes, &object->change_node);
}

static void forget(struct fwp_object *object)
{
    object->change = FWP_UNCHANGED;
    list_remove(&object->change_node);
}

NTSTATUS fwp_change_add(struct fwp_session *session, struct fwp_object *object)
{
    if (!fwp_object_insert(object))
        return STATUS_INSUFFICIENT_RESOURCES;
    note(session, object, FWP_ADDED);
    return STATUS_SUCCESS;
}

void fwp_change_delete(struct fwp_session *session, struct fwp_object *object)
{
    fwp_object_take_out(object);
    if (object->change == FWP_ADDED) {
        forget(object);
        fwp_filter_never(object);
    } else {
        note(session, object, FWP_DELETED);
    }
}

static struct fwp_object *changed(struct list *node)
{
    return container_of(node, struct fwp_object, change_node);
}

/* Takes the additions before `from` back, the last first. */
static void withdraw_rules(struct fwp_session *session, struct list *from)
{
    for (struct list *back = from->prev; back != &session->changes; back = back->prev)
        if (changed(back)->change == FWP_ADDED && changed(back)->rule)
            fwp_filter_withdraw(changed(back));
}

/* Publishes the additions; false without memory, and then none is. */
static bool add_rules(struct fwp_session *session)
{
    list_each(it, &session->changes) {
        struct fwp_object *object = changed(it);
        if (object->change != FWP_ADDED || !object->rule || fwp_filter_publish(object))
            continue;
        withdraw_rules(session, it);
        return false;
    }
    return true;
}

/* A filter that is removed belongs to the runtime from here on; other deleted objects are buried after the publication. */
static void take_over(struct fwp_session *session, struct list *done)
{
    list_each_safe(it, &session->changes) {
        struct fwp_object *object = changed(it);
        bool added = object->change == FWP_ADDED;
        fwp_subscriptions_note(session, object, added);
        if (object->rule)
            fwp_layer_changed(object->rule->layer);
        if (object->kind == FWP_CALLOUT || (object->rule && object->rule->callout_id))
            fwp_offloads_note();
        list_remove(it);
        if (!added && object->rule)
            fwp_filter_remove(object);
        else
            list_push_back(done, it);
    }
}

NTSTATUS fwp_commit(struct fwp_session *session)
{
    struct list done = LIST_INIT(done);

    if (!add_rules(session))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (session->durable && !session->loading && !fwp_bfe_save()) {
        withdraw_rules(session, &session->changes);
        return STATUS_IO_DEVICE_ERROR;
    }
    take_over(session, &done);
    fwp_runtime_publish();
    while (!list_empty(&done)) {
        struct fwp_object *object = changed(done.next);
        bool added = object->change == FWP_ADDED;
        forget(object);
        if (!added)
            fwp_object_bury(object);
        else if (object->rule)
            fwp_filter_committed(object);
    }
    return STATUS_SUCCESS;
}

void fwp_abort(struct fwp_session *session)
{
    while (!list_empty(&session->changes)) {
        struct fwp_object *object = changed(session->changes.prev);
        bool added = object->change == FWP_ADDED;
        forget(object);
        if (added) {
            fwp_object_take_out(object);
            fwp_filter_never(object);
        } else {
            fwp_object_put_back(object);
        }
    }
}
