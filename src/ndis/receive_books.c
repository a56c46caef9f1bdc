#include "ndis/receive_books.h"

#include <string.h>

#include "ndis/oid_features.h"
#include "nt/pool.h"

#define TAG NDIS_TAG('N', 'D', 'r', 'f')
#define LEAST NDIS_SIZEOF_RECEIVE_FILTER_PARAMETERS_REVISION_1

struct receive_filter {
    struct list node;
    const void *owner;                  /* a binding or a filter module */
    uint32_t size;
    union {
        NDIS_RECEIVE_FILTER_PARAMETERS parameters;
        uint8_t bytes[1];
    };
};

static const NDIS_RECEIVE_FILTER_CAPABILITIES *coalescing(const struct adapter *a)
{
    const NDIS_RECEIVE_FILTER_CAPABILITIES *c = features_find(a, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES);

    return c && c->Header.Revision >= NDIS_RECEIVE_FILTER_CAPABILITIES_REVISION_2 &&
                   c->Header.Size >= NDIS_SIZEOF_RECEIVE_FILTER_CAPABILITIES_REVISION_2 &&
                   c->EnabledFilterTypes & NDIS_RECEIVE_FILTER_PACKET_COALESCING_FILTERS_ENABLED
               ? c : NULL;
}

static const void *asker(const struct oid_entry *entry)
{
    return entry->binding ? (const void *)entry->binding : entry->filter;
}

static struct receive_filter *find(struct adapter *a, uint32_t id)
{
    list_each(it, &a->receive_filters) {
        struct receive_filter *f = container_of(it, struct receive_filter, node);

        if (f->parameters.FilterId == id)
            return f;
    }
    return NULL;
}

static void drop(struct receive_filter *f)
{
    list_remove(&f->node);
    pool_free(f, 0, NULL);
}

/* --- set ----------------------------------------------------------------------------------------------------------------------- */

static bool makes_sense(const NDIS_RECEIVE_FILTER_CAPABILITIES *c, const NDIS_RECEIVE_FILTER_PARAMETERS *p, uint32_t size)
{
    const uint64_t fields = (uint64_t)p->FieldParametersArrayNumElements * p->FieldParametersArrayElementSize;

    return p->QueueId == NDIS_DEFAULT_RECEIVE_QUEUE_ID && p->FieldParametersArrayNumElements &&
           p->FieldParametersArrayNumElements <= c->MaxFieldTestsPerPacketCoalescingFilter &&
           p->FieldParametersArrayElementSize >= NDIS_SIZEOF_RECEIVE_FILTER_FIELD_PARAMETERS_REVISION_1 &&
           p->FieldParametersArrayOffset >= LEAST && p->FieldParametersArrayOffset <= size &&
           fields <= size - p->FieldParametersArrayOffset;
}

static uint32_t count(const struct adapter *a)
{
    uint32_t n = 0;

    list_each(it, &a->receive_filters)
        n++;
    return n;
}

static NDIS_STATUS number(struct adapter *a, const NDIS_RECEIVE_FILTER_CAPABILITIES *c, NDIS_RECEIVE_FILTER_PARAMETERS *p)
{
    uint32_t id = NDIS_DEFAULT_RECEIVE_FILTER_ID + 1;

    if (count(a) >= c->MaxPacketCoalescingFilters)
        return NDIS_STATUS_RESOURCES;
    while (find(a, id))
        id++;
    p->FilterId = id;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS copy(struct oid_entry *entry, const void *data, uint32_t size)
{
    struct receive_filter *f = pool_alloc(NonPagedPoolNx, sizeof *f + size, TAG, NULL);

    if (!f)
        return NDIS_STATUS_RESOURCES;
    f->owner = asker(entry);
    f->size = size;
    memcpy(f->bytes, data, size);
    entry->memory = f;
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS set(struct adapter *a, struct oid_entry *entry)
{
    struct _METHOD *method = &entry->request->DATA.METHOD_INFORMATION;
    NDIS_RECEIVE_FILTER_PARAMETERS *p = method->InformationBuffer;
    const NDIS_RECEIVE_FILTER_CAPABILITIES *c = coalescing(a);

    if (method->InputBufferLength < LEAST) {
        method->BytesNeeded = LEAST;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    if (p->FilterType != NdisReceiveFilterTypePacketCoalescing)
        return NDIS_STATUS_PENDING;
    if (!c)
        return NDIS_STATUS_NOT_SUPPORTED;
    const struct receive_filter *old = p->FilterId ? find(a, p->FilterId) : NULL;
    if (old && old->owner != asker(entry) && entry->filter)
        return NDIS_STATUS_PENDING;     /* a clone (3) */
    if (p->FilterId && entry->filter && !old)
        return NDIS_STATUS_PENDING;     /* the same, of a filter that is being set */
    if (!makes_sense(c, p, method->InputBufferLength) || (p->FilterId && (!old || old->owner != asker(entry))))
        return NDIS_STATUS_INVALID_PARAMETER;
    NDIS_STATUS status = p->FilterId ? NDIS_STATUS_SUCCESS : number(a, c, p);
    return status == NDIS_STATUS_SUCCESS ? copy(entry, p, method->InputBufferLength) : status;
}

/* --- clear --------------------------------------------------------------------------------------------------------------------- */

static NDIS_STATUS clear(struct adapter *a, struct oid_entry *entry)
{
    struct _SET *information = &entry->request->DATA.SET_INFORMATION;
    const NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS *p = information->InformationBuffer;

    if (!coalescing(a))
        return NDIS_STATUS_PENDING;     /* of a VM queue, or the miniport refuses */
    if (information->InformationBufferLength < NDIS_SIZEOF_RECEIVE_FILTER_CLEAR_PARAMETERS_REVISION_1) {
        information->BytesNeeded = NDIS_SIZEOF_RECEIVE_FILTER_CLEAR_PARAMETERS_REVISION_1;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    const struct receive_filter *f = find(a, p->FilterId);
    if (f && f->owner == asker(entry)) {
        entry->value = p->FilterId;
        return NDIS_STATUS_PENDING;
    }
    return f && entry->filter ? NDIS_STATUS_PENDING : NDIS_STATUS_FILE_NOT_FOUND;
}

NDIS_STATUS receive_filter_prepare(struct adapter *a, struct oid_entry *entry)
{
    if (!asker(entry))
        return NDIS_STATUS_PENDING;
    if (entry->asked_oid == OID_RECEIVE_FILTER_SET_FILTER && entry->request->RequestType == NdisRequestMethod)
        return set(a, entry);
    if (entry->asked_oid == OID_RECEIVE_FILTER_CLEAR_FILTER && entry->request->RequestType == NdisRequestSetInformation)
        return clear(a, entry);
    return NDIS_STATUS_PENDING;
}

static void keep(struct adapter *a, struct oid_entry *entry, NDIS_STATUS status)
{
    struct receive_filter *fresh = entry->memory, *old = find(a, fresh->parameters.FilterId);

    entry->memory = NULL;
    if (status != NDIS_STATUS_SUCCESS) {
        if (!old)
            ((NDIS_RECEIVE_FILTER_PARAMETERS *)entry->request->DATA.METHOD_INFORMATION.InformationBuffer)->FilterId = 0;
        pool_free(fresh, 0, NULL);
        return;
    }
    if (old)
        drop(old);
    list_push_back(&a->receive_filters, &fresh->node);
}

void receive_filter_done(struct adapter *a, struct oid_entry *entry, NDIS_STATUS status)
{
    if (entry->asked_oid == OID_RECEIVE_FILTER_SET_FILTER && entry->memory) {
        keep(a, entry, status);
    } else if (entry->asked_oid == OID_RECEIVE_FILTER_CLEAR_FILTER && entry->value && status == NDIS_STATUS_SUCCESS) {
        struct receive_filter *f = find(a, entry->value);

        if (f)
            drop(f);
    }
}

/* --- answers ------------------------------------------------------------------------------------------------------------------- */

static NDIS_STATUS reply(struct _METHOD *method, const void *data, uint32_t size)
{
    if (method->OutputBufferLength < size) {
        method->BytesNeeded = size;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    memcpy(method->InformationBuffer, data, size);
    method->BytesWritten = size;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS reply_one(struct adapter *a, struct _METHOD *method)
{
    const NDIS_RECEIVE_FILTER_PARAMETERS *p = method->InformationBuffer;

    if (method->InputBufferLength < LEAST) {
        method->BytesNeeded = LEAST;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    const struct receive_filter *f = find(a, p->FilterId);
    return f ? reply(method, f->bytes, f->size) : NDIS_STATUS_INVALID_PARAMETER;
}

static NDIS_STATUS reply_all(struct adapter *a, struct _METHOD *method)
{
    NDIS_RECEIVE_FILTER_INFO_ARRAY *array = method->InformationBuffer;
    const uint32_t size = (uint32_t)(sizeof *array + count(a) * sizeof(NDIS_RECEIVE_FILTER_INFO));

    if (method->InputBufferLength < NDIS_SIZEOF_RECEIVE_FILTER_INFO_ARRAY_REVISION_1 || method->OutputBufferLength < size) {
        method->BytesNeeded = size;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    if (array->QueueId != NDIS_DEFAULT_RECEIVE_QUEUE_ID)
        return NDIS_STATUS_INVALID_PARAMETER;
    *array = (NDIS_RECEIVE_FILTER_INFO_ARRAY){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RECEIVE_FILTER_INFO_ARRAY_REVISION_2, NDIS_SIZEOF_RECEIVE_FILTER_INFO_ARRAY_REVISION_2 },
        .FirstElementOffset = sizeof *array, .NumElements = count(a), .ElementSize = sizeof(NDIS_RECEIVE_FILTER_INFO),
    };
    NDIS_RECEIVE_FILTER_INFO *info = (void *)(array + 1);
    list_each(it, &a->receive_filters)
        *info++ = (NDIS_RECEIVE_FILTER_INFO){
            .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RECEIVE_FILTER_INFO_REVISION_1, NDIS_SIZEOF_RECEIVE_FILTER_INFO_REVISION_1 },
            .FilterType = NdisReceiveFilterTypePacketCoalescing,
            .FilterId = container_of(it, struct receive_filter, node)->parameters.FilterId,
        };
    method->BytesWritten = size;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS reply_global(const NDIS_RECEIVE_FILTER_CAPABILITIES *c, PNDIS_OID_REQUEST request)
{
    NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS global = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_RECEIVE_FILTER_GLOBAL_PARAMETERS_REVISION_1 },
        .EnabledFilterTypes = c->EnabledFilterTypes, .EnabledQueueTypes = c->EnabledQueueTypes,
    };
    NDIS_STATUS status = oid_reply(request, &global, sizeof global);

    return status == NDIS_STATUS_BUFFER_TOO_SHORT ? NDIS_STATUS_INVALID_LENGTH : status;
}

bool receive_filter_answer(struct adapter *a, PNDIS_OID_REQUEST request, NDIS_STATUS *status)
{
    const NDIS_RECEIVE_FILTER_CAPABILITIES *c = coalescing(a);
    struct _METHOD *method = &request->DATA.METHOD_INFORMATION;
    NDIS_OID oid = request->DATA.Oid;

    if (!c)
        return false;
    if (request->RequestType == NdisRequestQueryInformation && oid == OID_RECEIVE_FILTER_GLOBAL_PARAMETERS)
        *status = reply_global(c, request);
    else if (request->RequestType == NdisRequestMethod && oid == OID_RECEIVE_FILTER_PARAMETERS)
        *status = reply_one(a, method);
    else if (request->RequestType == NdisRequestMethod && oid == OID_RECEIVE_FILTER_ENUM_FILTERS)
        *status = reply_all(a, method);
    else
        return false;
    return true;
}

/* --- the end ------------------------------------------------------------------------------------------------------------------- */

static struct receive_filter *owned_by(struct adapter *a, const void *owner)
{
    list_each(it, &a->receive_filters)
        if (container_of(it, struct receive_filter, node)->owner == owner)
            return container_of(it, struct receive_filter, node);
    return NULL;
}

void receive_filter_forget(struct adapter *a, const void *owner)
{
    struct receive_filter *f;

    while ((f = owned_by(a, owner))) {
        NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS p = {
            .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS_REVISION_1,
                        NDIS_SIZEOF_RECEIVE_FILTER_CLEAR_PARAMETERS_REVISION_1 },
            .QueueId = NDIS_DEFAULT_RECEIVE_QUEUE_ID, .FilterId = f->parameters.FilterId,
        };

        drop(f);
        oid_ask(a, NdisRequestSetInformation, OID_RECEIVE_FILTER_CLEAR_FILTER, &p, sizeof p, NULL);
    }
}

void receive_filter_forget_all(struct adapter *a)
{
    while (!list_empty(&a->receive_filters))
        drop(list_first(&a->receive_filters, struct receive_filter, node));
}
