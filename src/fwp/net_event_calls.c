/* Net events for drivers: the public structures in every version, and subscriptions.
 * docs: fwpmtypes/ns-fwpmtypes-fwpm_net_event1_, fwpmu/nf-fwpmu-fwpmneteventsubscribe0 */
#include "fwp/net_event_calls.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/enumerate_kinds.h"
#include "fwp/net_event.h"
#include "fwp/notice.h"
#include "fwp/session.h"
#include "pe/pe.h"

#define DIRECTION_IN 0x3900             /* msFwpDirection */
#define DIRECTION_OUT 0x3901

/* --- the structures --------------------------------------------------------------------------------------------------------------- */

static const SID system_sid = { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 18 } };

void *fwp_pack_net_event(struct fwp_pack *pack, const void *from)
{
    return fwp_pack_bytes(pack, from, sizeof(struct fwp_net_event));
}

/* Every version of the header begins like the first. app, user: the copies in the same block. */
static void fill_header(FWPM_NET_EVENT_HEADER0 *header, const struct fwp_net_event *event, void *app, void *user)
{
    header->timeStamp.dwLowDateTime = (DWORD)event->time;
    header->timeStamp.dwHighDateTime = (DWORD)(event->time >> 32);
    header->flags = event->flags;
    header->ipVersion = event->flags & FWPM_NET_EVENT_FLAG_IP_VERSION_SET ? event->version : FWP_IP_VERSION_NONE;
    header->ipProtocol = event->protocol;
    memcpy(&header->localAddrV6, &event->local, sizeof header->localAddrV6);
    memcpy(&header->remoteAddrV6, &event->remote, sizeof header->remoteAddrV6);
    header->localPort = event->local_port;
    header->remotePort = event->remote_port;
    header->scopeId = event->scope;
    if (event->flags & FWPM_NET_EVENT_FLAG_APP_ID_SET)
        header->appId = (FWP_BYTE_BLOB){ event->app_size, app };
    if (event->flags & FWPM_NET_EVENT_FLAG_USER_ID_SET)
        header->userId = user;
}

static FWPM_NET_EVENT_CLASSIFY_DROP2 drop_of(const struct fwp_net_event *event)
{
    return (FWPM_NET_EVENT_CLASSIFY_DROP2){ .filterId = event->filter, .layerId = event->layer,
                                            .reauthReason = event->reauthorize_reason, .isLoopback = event->loopback,
                                            .msFwpDirection = event->inbound ? DIRECTION_IN : DIRECTION_OUT };
}

/* The versions of the drop begin alike, too. */
#define PACK(version, drop_type)                                                                                    \
    void *fwp_pack_net_event##version(struct fwp_pack *pack, const void *from)                                      \
    {                                                                                                               \
        const struct fwp_net_event *event = from;                                                                   \
        FWPM_NET_EVENT_CLASSIFY_DROP2 drop = drop_of(event);                                                        \
        FWPM_NET_EVENT##version empty = { .type = FWPM_NET_EVENT_TYPE_CLASSIFY_DROP };                              \
        FWPM_NET_EVENT##version *copy = fwp_pack_bytes(pack, &empty, sizeof empty);                                 \
        void *dropped = fwp_pack_bytes(pack, &drop, sizeof(drop_type));                                             \
        void *app = fwp_pack_bytes(pack, event->app, event->app_size);                                              \
        void *user = fwp_pack_bytes(pack, &system_sid, sizeof system_sid);                                          \
        if (copy) {                                                                                                 \
            fill_header((FWPM_NET_EVENT_HEADER0 *)&copy->header, event, app, user);                                 \
            copy->classifyDrop = dropped;                                                                           \
        }                                                                                                           \
        return copy;                                                                                                \
    }
PACK(0, FWPM_NET_EVENT_CLASSIFY_DROP0)
PACK(1, FWPM_NET_EVENT_CLASSIFY_DROP1)
PACK(2, FWPM_NET_EVENT_CLASSIFY_DROP2)
PACK(3, FWPM_NET_EVENT_CLASSIFY_DROP2)
PACK(4, FWPM_NET_EVENT_CLASSIFY_DROP2)
PACK(5, FWPM_NET_EVENT_CLASSIFY_DROP2)

bool fwp_enum_net_events(struct enumeration *it, const FWPM_NET_EVENT_ENUM_TEMPLATE0 *template)
{
    const struct fwp_net_event *event;

    for (uint64_t next = 1; (event = fwp_net_event_from(next)) != NULL; next = event->sequence + 1)
        if (fwp_net_template_matches(template, event) && !fwp_enum_take(it, event))
            return false;
    return true;
}

/* --- subscriptions ------------------------------------------------------------------------------------------------------------------ */

struct net_subscription {
    struct list node;
    HANDLE handle;
    struct fwp_session *session;
    fwp_packer *pack;
    const void *callback;
    void *context;
    uint64_t next;                      /* sequence number */
    FWPM_NET_EVENT_SUBSCRIPTION0 *value;        /* with its template: one block */
};

static struct list subscriptions = LIST_INIT(subscriptions);
static uint64_t last_handle;
static bool posted;

static void tell(struct fwp_notice *notice);

static void drop(struct fwp_notice *notice)
{
    posted = false;
}

static struct fwp_notice notice = { .tell = tell, .drop = drop };

static struct net_subscription *behind(void)
{
    list_each(it, &subscriptions) {
        struct net_subscription *subscription = container_of(it, struct net_subscription, node);
        if (!subscription->session->aborted && fwp_net_event_from(subscription->next))
            return subscription;
    }
    return NULL;
}

/* One event after the other, because a callback may end any subscription. */
static void tell(struct fwp_notice *unused)
{
    struct net_subscription *subscription;

    posted = false;
    while ((subscription = behind()) != NULL) {
        const struct fwp_net_event *event = fwp_net_event_from(subscription->next);
        void *view = fwp_net_template_matches(subscription->value->enumTemplate, event)
                         ? fwp_pack_one(subscription->pack, event, fwp_alloc_host, NULL) : NULL;
        subscription->next = event->sequence + 1;
        if (view)
            ((FWPM_NET_EVENT_CALLBACK0)subscription->callback)(subscription->context, view);
        free(view);
    }
}

static void recorded(void)
{
    if (posted || list_empty(&subscriptions))
        return;
    posted = true;
    fwp_notices_post(&notice);
}

static void end(struct net_subscription *subscription)
{
    list_remove(&subscription->node);
    fwp_notices_drain();
    free(subscription->value);
    free(subscription);
}

void fwp_net_subscriptions_close(struct fwp_session *session)
{
    list_each_safe(it, &subscriptions) {
        struct net_subscription *subscription = container_of(it, struct net_subscription, node);
        if (subscription->session == session)
            end(subscription);
    }
}

void fwp_net_subscriptions_open(void)
{
    list_init(&subscriptions);
    posted = false;
    fwp_net_event_recorded = recorded;
}

static NTSTATUS subscribe(HANDLE engine, const FWPM_NET_EVENT_SUBSCRIPTION0 *wanted, fwp_packer *pack, const void *callback,
                          void *context, HANDLE *handle)
{
    struct fwp_session *session;
    struct net_subscription *made;
    NTSTATUS status;

    if (!wanted || !callback || !handle)
        return STATUS_FWP_NULL_POINTER;
    status = fwp_net_template_check(wanted->enumTemplate);
    if (!NT_SUCCESS(status))
        return status;
    status = fwp_enter(engine, FWP_OUTSIDE, &session);
    if (!NT_SUCCESS(status))
        return status;
    FWPM_NET_EVENT_SUBSCRIPTION0 kept = *wanted;
    kept.sessionKey = session->value->sessionKey;
    made = calloc(1, sizeof *made);
    void *value = fwp_pack_one(fwp_net_event_subscription_packer, &kept, fwp_alloc_host, NULL);
    if (!made || !value) {
        free(made);
        free(value);
        return fwp_leave(session, STATUS_INSUFFICIENT_RESOURCES);
    }
    *made = (struct net_subscription){ .handle = (HANDLE)(uintptr_t)(0x464e0000u + 4 * ++last_handle), .session = session, .pack = pack,
                                       .callback = callback, .context = context, .next = fwp_net_event_count() + 1,
                                       .value = value };
    list_push_back(&subscriptions, &made->node);
    *handle = made->handle;
    return fwp_leave(session, STATUS_SUCCESS);
}

/* Each subscribes to net events from now on, in one version of the structure; callback runs at PASSIVE_LEVEL after the event, which
 * lives as long as the call. The template is copied. Not within a transaction. PASSIVE_LEVEL.
 * STATUS_FWP_NULL_POINTER, STATUS_FWP_TXN_IN_PROGRESS, what fwp_net_template_check finds, STATUS_INVALID_HANDLE,
 * STATUS_INSUFFICIENT_RESOURCES. docs: fwpmu/nf-fwpmu-fwpmneteventsubscribe0 to 4 */
#define SUBSCRIBE(version, event_version)                                                                           \
    NTSTATUS NTAPI FwpmNetEventSubscribe##version(HANDLE engineHandle, const FWPM_NET_EVENT_SUBSCRIPTION0 *subscription, \
                                                  FWPM_NET_EVENT_CALLBACK##version callback, void *context,         \
                                                  HANDLE *eventsHandle)                                             \
    {                                                                                                               \
        return subscribe(engineHandle, subscription, fwp_pack_net_event##event_version, (const void *)callback, context, \
                         eventsHandle);                                                                             \
    }
SUBSCRIBE(0, 1)
SUBSCRIBE(1, 2)
SUBSCRIBE(2, 3)
SUBSCRIBE(3, 4)
SUBSCRIBE(4, 5)

/* Ends a subscription; no callback runs after this has returned. PASSIVE_LEVEL. STATUS_FWP_NOT_FOUND, STATUS_FWP_TXN_IN_PROGRESS,
 * STATUS_INVALID_HANDLE. docs: fwpmu/nf-fwpmu-fwpmneteventunsubscribe0 */
NTSTATUS NTAPI FwpmNetEventUnsubscribe0(HANDLE engineHandle, HANDLE eventsHandle)
{
    struct fwp_session *session;
    struct net_subscription *found = NULL;
    NTSTATUS status = fwp_enter(engineHandle, FWP_OUTSIDE, &session);

    if (!NT_SUCCESS(status))
        return status;
    list_each(it, &subscriptions) {
        struct net_subscription *subscription = container_of(it, struct net_subscription, node);
        if (subscription->session == session && subscription->handle == eventsHandle)
            found = subscription;
    }
    status = fwp_leave(session, found ? STATUS_SUCCESS : STATUS_FWP_NOT_FOUND);
    if (found)
        end(found);
    return status;
}

/* Lists the subscriptions to net events with their templates; freed with FwpmFreeMemory0. PASSIVE_LEVEL.
 * docs: fwpmu/nf-fwpmu-fwpmneteventsubscriptionsget0 */
NTSTATUS NTAPI FwpmNetEventSubscriptionsGet0(HANDLE engineHandle, FWPM_NET_EVENT_SUBSCRIPTION0 ***entries, UINT32 *numEntries)
{
    const void **values;
    struct fwp_session *session;
    UINT32 n = 0;
    NTSTATUS status;

    if (!entries || !numEntries)
        return STATUS_FWP_NULL_POINTER;
    status = fwp_enter(engineHandle, FWP_READ, &session);
    if (!NT_SUCCESS(status))
        return status;
    list_each(it, &subscriptions)
        n++;
    values = malloc((n ? n : 1) * sizeof *values);
    *numEntries = n;
    n = 0;
    if (values)
        list_each(it, &subscriptions)
            values[n++] = container_of(it, struct net_subscription, node)->value;
    *entries = values ? fwp_pack_array(fwp_net_event_subscription_packer, values, n, fwp_alloc_guest, (void *)PE_CALLER().rip) : NULL;
    free(values);
    return fwp_leave(session, *entries ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}
