/* Adding filters, and their way into classification and out of it. */
#include "fwp/filter.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/callouts.h"
#include "fwp/notice.h"
#include "fwp/objects.h"
#include "fwp/runtime.h"
#include "pe/pe.h"

static const FWPM_FILTER0 *filter_of(const struct fwp_object *object)
{
    return object->value;
}

/* What callouts see. Pointers are into the object's own memory. */
static void show(struct fwp_object *object)
{
    const FWPM_FILTER0 *filter = filter_of(object);
    const struct fwp_object *context = object->link[FWP_TO_CONTEXT];
    struct fwp_rule *rule = object->rule;
    FWPS_FILTER2 *seen = &rule->rest->seen;

    seen->filterId = object->id;
    seen->weight = filter->effectiveWeight;
    seen->subLayerWeight = ((const FWPM_SUBLAYER0 *)object->link[FWP_TO_SUBLAYER]->value)->weight;
    if (filter->flags & FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT)
        seen->flags |= FWPS_FILTER_FLAG_CLEAR_ACTION_RIGHT;
    if (filter->flags & FWPM_FILTER_FLAG_PERMIT_IF_CALLOUT_UNREGISTERED)
        seen->flags |= FWPS_FILTER_FLAG_PERMIT_IF_CALLOUT_UNREGISTERED;
    seen->action.type = filter->action.type;
    seen->action.calloutId = rule->callout_id;
    seen->context = context ? context->id : filter->rawContext;
    seen->providerContext = context ? context->value : NULL;
}

/* The object with its rule; nothing is in a table yet. */
static struct fwp_object *make(const FWPM_FILTER0 *given, const struct fwp_filter_plan *plan, enum fwp_enforcement how)
{
    UINT64 weight = 0;
    FWPM_FILTER0 filter = *given;
    struct fwp_object *object;

    if (fwp_null_guid(&filter.filterKey))
        fwp_guid_new(&filter.filterKey);
    filter.subLayerKey = plan->link[FWP_TO_SUBLAYER]->key;
    filter.filterId = fwp_object_new_id(FWP_FILTER);
    if (how == FWP_DISABLE)
        filter.flags |= FWPM_FILTER_FLAG_DISABLED;
    filter.effectiveWeight = (FWP_VALUE0){ .type = FWP_UINT64, .uint64 = &weight };
    object = fwp_object_create(FWP_FILTER, &filter, &filter.filterKey, filter.filterId);
    if (!object)
        return NULL;
    memcpy(object->link, plan->link, sizeof object->link);
    object->rule = fwp_rule_create(plan->layer, filter_of(object));
    if (!object->rule) {
        fwp_object_free(object);
        return NULL;
    }
    weight = fwp_filter_weight(given, object->rule, plan->layer);
    *filter_of(object)->effectiveWeight.uint64 = weight;
    object->rule->weight = weight;
    object->rule->id = object->id;
    object->rule->rest->owner = object;
    if (plan->link[FWP_TO_CALLOUT])
        object->rule->callout_id = (uint32_t)plan->link[FWP_TO_CALLOUT]->id;
    show(object);
    if (how == FWP_DISABLE || (how == FWP_ENFORCE && filter.flags & FWPM_FILTER_FLAG_BOOTTIME)) {
        fwp_rule_free(object->rule);
        object->rule = NULL;
    }
    return object;
}

NTSTATUS fwp_filter_put(struct fwp_session *session, const FWPM_FILTER0 *filter, PSECURITY_DESCRIPTOR sd, enum fwp_enforcement how,
                        UINT64 *id)
{
    struct fwp_filter_plan plan;
    struct fwp_object *object;
    NTSTATUS status = fwp_filter_check(filter, &plan);

    if (NT_SUCCESS(status) && fwp_object_by_key(FWP_FILTER, &filter->filterKey))
        status = STATUS_FWP_ALREADY_EXISTS;
    if (!NT_SUCCESS(status))
        return status;
    object = make(filter, &plan, how);
    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = fwp_object_settle(session, object, (filter->flags & (FWPM_FILTER_FLAG_PERSISTENT | FWPM_FILTER_FLAG_BOOTTIME)) != 0, sd);
    if (NT_SUCCESS(status) && object->rule && object->rule->callout_id &&
        !NT_SUCCESS(fwp_callout_notify(object->rule->callout_id, FWPS_CALLOUT_NOTIFY_ADD_FILTER, &object->key, object->rule)))
        status = STATUS_FWP_CALLOUT_NOTIFICATION_FAILED;
    if (!NT_SUCCESS(status)) {
        fwp_object_free(object);
        return status;
    }
    status = fwp_change_add(session, object);
    if (!NT_SUCCESS(status))
        fwp_filter_never(object);
    else if (id)
        *id = object->id;
    return status;
}

/* Adds a copy of the filter. Key, sublayer and weight may be left to the engine; *id (may be NULL) gets the run-time identifier. A
 * filter with a callout is first shown to the callout's notifyFn. Boot-time filters are kept, and enforced before the engine runs: at the
 * computer's next start (bfe.h); they want a layer of the kernel, STATUS_FWP_INCOMPATIBLE_LAYER.
 * PASSIVE_LEVEL. STATUS_FWP_NULL_POINTER, _NULL_DISPLAY_NAME, _INVALID_FLAGS, _LAYER_NOT_FOUND, _SUBLAYER_NOT_FOUND,
 * _PROVIDER_NOT_FOUND, _INVALID_WEIGHT, _INVALID_ACTION_TYPE, _CALLOUT_NOT_FOUND, _INCOMPATIBLE_LAYER,
 * _PROVIDER_CONTEXT_NOT_FOUND, _CONTEXT_INCOMPATIBLE_WITH_CALLOUT, _CONDITION_NOT_FOUND, what fwp_condition_check finds,
 * _ALREADY_EXISTS, _LIFETIME_MISMATCH, _DYNAMIC_SESSION_IN_PROGRESS, _CALLOUT_NOTIFICATION_FAILED, _INCOMPATIBLE_TXN, _TIMEOUT;
 * STATUS_INVALID_SECURITY_DESCR, STATUS_INVALID_HANDLE, STATUS_INSUFFICIENT_RESOURCES. docs: fwpmu/nf-fwpmu-fwpmfilteradd0 */
NTSTATUS NTAPI FwpmFilterAdd0(HANDLE engineHandle, const FWPM_FILTER0 *filter, PSECURITY_DESCRIPTOR sd, UINT64 *id)
{
    struct fwp_session *session;
    NTSTATUS status;

    if (!filter)
        return STATUS_FWP_NULL_POINTER;
    status = fwp_enter(engineHandle, FWP_WRITE, &session);
    return NT_SUCCESS(status) ? fwp_leave(session, fwp_filter_put(session, filter, sd, FWP_ENFORCE, id)) : status;
}

/* --- into classification and out ---------------------------------------------------------------------------------------------- */

bool fwp_filter_publish(struct fwp_object *object)
{
    const struct fwp_object *sublayer = object->link[FWP_TO_SUBLAYER];

    return fwp_runtime_add(object->rule, ((const FWPM_SUBLAYER0 *)sublayer->value)->weight, sublayer->number);
}

void fwp_filter_withdraw(struct fwp_object *object)
{
    fwp_runtime_withdraw(object->rule);
}

struct goodbye {
    struct fwp_notice notice;
    struct fwp_object *object;
    struct fwp_callout *callout;
};

static void say_goodbye(struct fwp_notice *notice)
{
    struct goodbye *goodbye = container_of(notice, struct goodbye, notice);

    fwp_callout_notify(goodbye->object->rule->callout_id, FWPS_CALLOUT_NOTIFY_DELETE_FILTER, NULL, goodbye->object->rule);
    fwp_callout_dereference(goodbye->callout);
    fwp_object_free(goodbye->object);
    free(goodbye);
}

static void drop_goodbye(struct fwp_notice *notice)
{
    struct goodbye *goodbye = container_of(notice, struct goodbye, notice);

    fwp_object_free(goodbye->object);
    free(goodbye);
}

/* The callout is told, then the object is freed. Without memory for that the callout is not told. */
static void tell_and_free(struct fwp_object *object)
{
    struct fwp_callout *callout = object->rule && object->rule->callout_id ? fwp_callout_of(object->rule->callout_id) : NULL;
    struct goodbye *goodbye = callout && callout->registered ? malloc(sizeof *goodbye) : NULL;

    if (!goodbye) {
        fwp_object_free(object);
        return;
    }
    *goodbye = (struct goodbye){ .notice = { .tell = say_goodbye, .drop = drop_goodbye }, .object = object, .callout = callout };
    callout->references++;
    fwp_notices_post(&goodbye->notice);
}

static void rule_gone(struct fwp_rule *rule)
{
    tell_and_free(rule->rest->owner);
}

void fwp_filter_remove(struct fwp_object *object)
{
    fwp_runtime_remove(object->rule, rule_gone);
}

void fwp_filter_never(struct fwp_object *object)
{
    tell_and_free(object);
}

static void tell_committed(struct fwp_notice *notice)
{
    struct goodbye *hello = container_of(notice, struct goodbye, notice);
    struct fwp_object *object = fwp_object_by_id(FWP_FILTER, (uint64_t)(uintptr_t)hello->object);

    if (object && object->rule)
        fwp_callout_notify(object->rule->callout_id, FWPS_CALLOUT_NOTIFY_ADD_FILTER_POST_COMMIT, &object->key, object->rule);
    fwp_callout_dereference(hello->callout);
    free(hello);
}

static void drop_committed(struct fwp_notice *notice)
{
    free(container_of(notice, struct goodbye, notice));
}

void fwp_filter_committed(struct fwp_object *object)
{
    struct fwp_callout *callout = object->rule->callout_id ? fwp_callout_of(object->rule->callout_id) : NULL;
    struct goodbye *hello;

    if (!callout || !callout->registered || !(callout->functions.flags & FWP_CALLOUT_FLAG_ENABLE_COMMIT_ADD_NOTIFY))
        return;
    hello = malloc(sizeof *hello);
    if (!hello)
        return;
    *hello = (struct goodbye){ .notice = { .tell = tell_committed, .drop = drop_committed }, .callout = callout,
                               .object = (struct fwp_object *)(uintptr_t)object->id };
    callout->references++;
    fwp_notices_post(&hello->notice);
}
