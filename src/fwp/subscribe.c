/* Subscriptions. What a subscriber is told is copied when the change is committed, and told later (notice.h). */
#include "fwp/subscribe.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/changes.h"
#include "fwp/enumerate_kinds.h"
#include "fwp/net_event_calls.h"
#include "fwp/notice.h"
#include "fwp/session.h"
#include "pe/pe.h"

struct subscription {
    struct list node;                   /* session->subscriptions */
    HANDLE handle;
    enum fwp_kind kind;
    const void *callback;
    void *context;
    FWPM_FILTER_SUBSCRIPTION0 *value;   /* with its template, which is the kind's: one block */
};

union change {                          /* all begin alike: type, key, then an identifier */
    FWPM_PROVIDER_CHANGE0 provider;
    FWPM_PROVIDER_CONTEXT_CHANGE0 context;
    FWPM_SUBLAYER_CHANGE0 sublayer;
    FWPM_CALLOUT_CHANGE0 callout;
    FWPM_FILTER_CHANGE0 filter;
};

struct change_notice {
    struct fwp_notice notice;
    const struct subscription *subscription;
    union change change;
};

static uint64_t last_handle;

/* --- telling ---------------------------------------------------------------------------------------------------------------------- */

static void tell(struct fwp_notice *notice)
{
    struct change_notice *it = container_of(notice, struct change_notice, notice);
    const struct subscription *subscription = it->subscription;

    ((FWPM_FILTER_CHANGE_CALLBACK0)subscription->callback)(subscription->context, &it->change.filter);
    free(it);
}

static void drop(struct fwp_notice *notice)
{
    free(container_of(notice, struct change_notice, notice));
}

static void post(const struct subscription *subscription, const struct fwp_object *object, bool added)
{
    struct change_notice *it = calloc(1, sizeof *it);

    if (!it)
        return;                         /* as documented, notifications may be lost */
    it->notice = (struct fwp_notice){ .tell = tell, .drop = drop };
    it->subscription = subscription;
    it->change.filter.changeType = added ? FWPM_CHANGE_ADD : FWPM_CHANGE_DELETE;
    it->change.filter.filterKey = object->key;
    if (object->kind == FWP_FILTER || object->kind == FWP_CONTEXT)
        it->change.filter.filterId = object->id;
    else if (object->kind == FWP_CALLOUT)
        it->change.callout.calloutId = (UINT32)object->id;
    fwp_notices_post(&it->notice);
}

/* Subscribers hear of filters that are kept and not enforced, too. */
static bool is_meant(const struct subscription *subscription, const struct fwp_object *object)
{
    FWPM_FILTER_ENUM_TEMPLATE0 all = { .actionMask = 0xffffffff };

    if (object->kind != FWP_FILTER)
        return fwp_template_matches(object, subscription->value->enumTemplate);
    if (subscription->value->enumTemplate)
        all = *subscription->value->enumTemplate;
    all.flags |= FWP_FILTER_ENUM_FLAG_INCLUDE_BOOTTIME | FWP_FILTER_ENUM_FLAG_INCLUDE_DISABLED;
    return fwp_template_matches(object, &all);
}

void fwp_subscriptions_note(struct fwp_session *by, const struct fwp_object *object, bool added)
{
    UINT32 wanted = added ? FWPM_SUBSCRIPTION_FLAG_NOTIFY_ON_ADD : FWPM_SUBSCRIPTION_FLAG_NOTIFY_ON_DELETE;

    list_each(it, fwp_sessions_all()) {
        struct fwp_session *session = container_of(it, struct fwp_session, node);
        if (session == by || session->aborted)
            continue;
        list_each(link, &session->subscriptions) {
            const struct subscription *subscription = container_of(link, struct subscription, node);
            if (subscription->kind == object->kind && subscription->value->flags & wanted && is_meant(subscription, object))
                post(subscription, object, added);
        }
    }
}

void fwp_subscriptions_deliver(void)
{
    fwp_changes_tell();
    fwp_notices_deliver();
}

static bool is_about(const struct fwp_notice *notice, const void *what)
{
    return notice->tell == tell && container_of(notice, struct change_notice, notice)->subscription == what;
}

static void end(struct subscription *subscription)
{
    fwp_notices_drop(is_about, subscription);
    list_remove(&subscription->node);
    fwp_notices_drain();
    free(subscription->value);
    free(subscription);
}

void fwp_subscriptions_close(struct fwp_session *session)
{
    fwp_net_subscriptions_close(session);
    while (!list_empty(&session->subscriptions))
        end(list_first(&session->subscriptions, struct subscription, node));
}

/* --- subscribing ------------------------------------------------------------------------------------------------------------------ */

/* All FWPM_*_SUBSCRIPTION0 are alike but for the template's type. */
static NTSTATUS subscribe(HANDLE engine, enum fwp_kind kind, const void *given, const void *callback, void *context, HANDLE *handle)
{
    const FWPM_FILTER_SUBSCRIPTION0 *wanted = given;
    const UINT32 known = FWPM_SUBSCRIPTION_FLAG_NOTIFY_ON_ADD | FWPM_SUBSCRIPTION_FLAG_NOTIFY_ON_DELETE;
    struct subscription *made;
    struct fwp_session *session;
    NTSTATUS status;

    if (!wanted || !callback || !handle)
        return STATUS_FWP_NULL_POINTER;
    if (wanted->flags & ~known)
        return STATUS_FWP_INVALID_FLAGS;
    status = kind == FWP_FILTER ? fwp_check_filter_template(wanted->enumTemplate) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status) || !NT_SUCCESS(status = fwp_enter(engine, FWP_OUTSIDE, &session)))
        return status;
    FWPM_FILTER_SUBSCRIPTION0 kept = *wanted;
    kept.sessionKey = session->value->sessionKey;
    void *value = fwp_pack_one(fwp_subscription_packers[kind], &kept, fwp_alloc_host, NULL);
    made = calloc(1, sizeof *made);
    if (!made || !value) {
        free(made);
        free(value);
        return fwp_leave(session, STATUS_INSUFFICIENT_RESOURCES);
    }
    *made = (struct subscription){ .kind = kind, .callback = callback, .context = context, .value = value,
                                   .handle = (HANDLE)(uintptr_t)(0x46530000u + 4 * ++last_handle) };
    *handle = made->handle;
    list_push_back(&session->subscriptions, &made->node);
    return fwp_leave(session, STATUS_SUCCESS);
}

static NTSTATUS unsubscribe(HANDLE engine, enum fwp_kind kind, HANDLE handle)
{
    struct fwp_session *session;
    struct subscription *found = NULL;
    NTSTATUS status = fwp_enter(engine, FWP_OUTSIDE, &session);

    if (!NT_SUCCESS(status))
        return status;
    list_each(it, &session->subscriptions) {
        struct subscription *subscription = container_of(it, struct subscription, node);
        if (subscription->handle == handle && subscription->kind == kind)
            found = subscription;
    }
    status = fwp_leave(session, found ? STATUS_SUCCESS : STATUS_FWP_NOT_FOUND);
    if (found)
        end(found);
    return status;
}

/* Those of a kind over all sessions; values NULL: counts only. */
static UINT32 collect(enum fwp_kind kind, const void **values)
{
    UINT32 n = 0;

    list_each(it, fwp_sessions_all())
        list_each(link, &container_of(it, struct fwp_session, node)->subscriptions) {
            const struct subscription *s = container_of(link, struct subscription, node);
            if (s->kind != kind)
                continue;
            if (values)
                values[n] = s->value;
            n++;
        }
    return n;
}

static NTSTATUS list_subscriptions(HANDLE engine, enum fwp_kind kind, void ***entries, UINT32 *count, void *caller)
{
    struct fwp_session *session;
    const void **values;
    NTSTATUS status;

    if (!entries || !count)
        return STATUS_FWP_NULL_POINTER;
    status = fwp_enter(engine, FWP_READ, &session);
    if (!NT_SUCCESS(status))
        return status;
    *count = collect(kind, NULL);
    values = malloc((*count ? *count : 1) * sizeof *values);
    if (values)
        collect(kind, values);
    *entries = values ? fwp_pack_array(fwp_subscription_packers[kind], values, *count, fwp_alloc_guest, caller) : NULL;
    free(values);
    return fwp_leave(session, *entries ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

/* Each subscribes to objects of one kind being added or deleted by other sessions, as the subscription's flags and template say;
 * callback runs at PASSIVE_LEVEL, after the commit. *changeHandle is given back with the Unsubscribe function, or with the session;
 * no callback runs after that has returned. Not within a transaction. The template is copied. PASSIVE_LEVEL.
 * STATUS_FWP_NULL_POINTER, STATUS_FWP_INVALID_FLAGS, STATUS_FWP_TXN_IN_PROGRESS, STATUS_FWP_NOT_FOUND, what
 * fwp_check_filter_template finds, STATUS_INVALID_HANDLE, STATUS_INSUFFICIENT_RESOURCES. SubscriptionsGet lists all there are, with
 * their templates. docs: fwpmu/nf-fwpmu-fwpmfiltersubscribechanges0 and the same of the other kinds */
#define SUBSCRIPTIONS(name, kind, prefix)                                                                           \
    NTSTATUS NTAPI Fwpm##name##SubscribeChanges0(HANDLE engineHandle, const FWPM_##prefix##_SUBSCRIPTION0 *subscription, \
                                                 FWPM_##prefix##_CHANGE_CALLBACK0 callback, void *context,          \
                                                 HANDLE *changeHandle)                                              \
    {                                                                                                               \
        return subscribe(engineHandle, kind, subscription, (const void *)callback, context, changeHandle);          \
    }                                                                                                               \
    NTSTATUS NTAPI Fwpm##name##UnsubscribeChanges0(HANDLE engineHandle, HANDLE changeHandle)                        \
    {                                                                                                               \
        return unsubscribe(engineHandle, kind, changeHandle);                                                       \
    }                                                                                                               \
    NTSTATUS NTAPI Fwpm##name##SubscriptionsGet0(HANDLE engineHandle, FWPM_##prefix##_SUBSCRIPTION0 ***entries,     \
                                                 UINT32 *numEntries)                                                \
    {                                                                                                               \
        return list_subscriptions(engineHandle, kind, (void ***)entries, numEntries, (void *)PE_CALLER().rip);      \
    }
SUBSCRIPTIONS(Provider, FWP_PROVIDER, PROVIDER)
SUBSCRIPTIONS(ProviderContext, FWP_CONTEXT, PROVIDER_CONTEXT)
SUBSCRIPTIONS(SubLayer, FWP_SUBLAYER, SUBLAYER)
SUBSCRIPTIONS(Callout, FWP_CALLOUT, CALLOUT)
SUBSCRIPTIONS(Filter, FWP_FILTER, FILTER)
