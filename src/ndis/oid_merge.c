/* Set requests that a miniport sees merged: it has one packet filter, one multicast list and one lookahead size, while every
 * binding has its own. docs: network/oid-gen-current-packet-filter, network/oid-802-3-multicast-list */
#include "ndis/adapter.h"
#include "ndis/receive_books.h"
#include "ndis/wake.h"

#include <string.h>

#include "nt/pool.h"

/* The substitute multicast list, and the binding's list as it was. */
struct multicast_change {
    uint32_t count, old_count;
    uint8_t list[NDIS_MULTICAST_MAX][6], old[NDIS_MULTICAST_MAX][6];
};

bool oid_is_merged(NDIS_OID oid)
{
    return oid == OID_GEN_CURRENT_PACKET_FILTER || oid == OID_GEN_CURRENT_LOOKAHEAD || oid == OID_802_3_MULTICAST_LIST ||
           oid == OID_802_3_ADD_MULTICAST_ADDRESS || oid == OID_802_3_DELETE_MULTICAST_ADDRESS;
}

void oid_swap(struct oid_entry *entry, NDIS_OID oid, void *buffer, uint32_t length)
{
    struct _SET *set = &entry->request->DATA.SET_INFORMATION;

    entry->asked_buffer = set->InformationBuffer;
    entry->asked_length = set->InformationBufferLength;
    entry->swapped = true;
    set->Oid = oid;
    set->InformationBuffer = buffer;
    set->InformationBufferLength = length;
}

void oid_swap_back(struct oid_entry *entry, NDIS_STATUS status)
{
    struct _SET *set = &entry->request->DATA.SET_INFORMATION;

    set->Oid = entry->asked_oid;
    set->InformationBuffer = entry->asked_buffer;
    set->InformationBufferLength = entry->asked_length;
    if (status == NDIS_STATUS_SUCCESS)
        set->BytesRead = entry->asked_length;
    entry->swapped = false;
}

/* --- packet filter and lookahead ------------------------------------------------------------------------------------- */

/* Two bits are NDIS's own business (demux.c). */
static uint32_t filter_union(struct adapter *a)
{
    uint32_t filter = 0;

    list_each(it, &a->bindings)
        filter |= container_of(it, struct binding, node)->packet_filter;
    return filter & ~(uint32_t)(NDIS_PACKET_TYPE_ALL_LOCAL | NDIS_PACKET_TYPE_NO_LOCAL);
}

static uint32_t lookahead_most(struct adapter *a)
{
    uint32_t most = 0;

    list_each(it, &a->bindings)
        most = (uint32_t)max_u64(most, container_of(it, struct binding, node)->lookahead);
    return most;
}

static NDIS_STATUS merge_value(struct adapter *a, struct oid_entry *entry, uint32_t *wish, uint32_t (*unite)(struct adapter *),
                               uint32_t present)
{
    struct _SET *set = &entry->request->DATA.SET_INFORMATION;

    if (set->InformationBufferLength < sizeof(uint32_t)) {
        set->BytesNeeded = sizeof(uint32_t);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    entry->old_value = *wish;
    memcpy(wish, set->InformationBuffer, sizeof *wish);
    entry->value = unite(a);
    if (entry->value == present) {
        set->BytesRead = sizeof(uint32_t);
        return NDIS_STATUS_SUCCESS;
    }
    oid_swap(entry, entry->asked_oid, &entry->value, sizeof entry->value);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS merge_filter(struct adapter *a, struct oid_entry *entry)
{
    NDIS_STATUS status = merge_value(a, entry, &entry->binding->packet_filter, filter_union, a->packet_filter);

    adapter_pick_receive_path(a);
    return status;
}

/* --- multicast lists ------------------------------------------------------------------------------------------------- */

static bool list_has(const uint8_t (*list)[6], uint32_t count, const uint8_t *address)
{
    for (uint32_t i = 0; i < count; i++)
        if (!memcmp(list[i], address, 6))
            return true;
    return false;
}

static bool multicast_union(struct adapter *a, struct multicast_change *change, uint32_t limit)
{
    change->count = 0;
    list_each(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);

        for (uint32_t i = 0; i < b->multicast_count; i++) {
            if (list_has((const uint8_t (*)[6])change->list, change->count, b->multicast[i]))
                continue;
            if (change->count >= limit)
                return false;
            memcpy(change->list[change->count++], b->multicast[i], 6);
        }
    }
    return true;
}

/* Applies the request to the binding's own list. */
static NDIS_STATUS change_list(struct binding *b, NDIS_OID oid, const uint8_t *data, uint32_t length)
{
    if (length % 6 || (oid != OID_802_3_MULTICAST_LIST && length != 6))
        return NDIS_STATUS_INVALID_LENGTH;
    if (oid == OID_802_3_MULTICAST_LIST) {
        if (length / 6 > NDIS_MULTICAST_MAX)
            return NDIS_STATUS_MULTICAST_FULL;
        b->multicast_count = length / 6;
        memcpy(b->multicast, data, length);
        return NDIS_STATUS_SUCCESS;
    }
    uint32_t at = 0;
    while (at < b->multicast_count && memcmp(b->multicast[at], data, 6))
        at++;
    if (oid == OID_802_3_DELETE_MULTICAST_ADDRESS) {
        if (at == b->multicast_count)
            return NDIS_STATUS_MULTICAST_NOT_FOUND;
        memcpy(b->multicast[at], b->multicast[--b->multicast_count], 6);
        return NDIS_STATUS_SUCCESS;
    }
    if (at < b->multicast_count)
        return NDIS_STATUS_MULTICAST_EXISTS;
    if (at == NDIS_MULTICAST_MAX)
        return NDIS_STATUS_MULTICAST_FULL;
    memcpy(b->multicast[b->multicast_count++], data, 6);
    return NDIS_STATUS_SUCCESS;
}

static void restore_list(struct binding *b, const struct multicast_change *change)
{
    b->multicast_count = change->old_count;
    memcpy(b->multicast, change->old, change->old_count * 6);
}

static bool same_as_now(const struct adapter *a, const struct multicast_change *change)
{
    return change->count == a->multicast_count && !memcmp(change->list, a->multicast, change->count * 6);
}

static NDIS_STATUS merge_multicast(struct adapter *a, struct oid_entry *entry)
{
    struct _SET *set = &entry->request->DATA.SET_INFORMATION;
    struct binding *b = entry->binding;
    struct multicast_change *change = pool_alloc(NonPagedPoolNx, sizeof *change, NDIS_TAG('N', 'D', 'm', 'c'), NULL);

    if (!change)
        return NDIS_STATUS_RESOURCES;
    change->old_count = b->multicast_count;
    memcpy(change->old, b->multicast, b->multicast_count * 6);
    NDIS_STATUS status = change_list(b, entry->asked_oid, set->InformationBuffer, set->InformationBufferLength);
    if (status == NDIS_STATUS_SUCCESS && !multicast_union(a, change, (uint32_t)min_u64(a->general.MaxMulticastListSize, NDIS_MULTICAST_MAX))) {
        restore_list(b, change);
        status = NDIS_STATUS_MULTICAST_FULL;
    }
    if (status != NDIS_STATUS_SUCCESS || same_as_now(a, change)) {
        pool_free(change, 0, NULL);
        set->BytesRead = status == NDIS_STATUS_SUCCESS ? set->InformationBufferLength : 0;
        return status;
    }
    entry->memory = change;
    oid_swap(entry, OID_802_3_MULTICAST_LIST, change->list, change->count * 6);
    return NDIS_STATUS_PENDING;
}

/* --- both ------------------------------------------------------------------------------------------------------------- */

NDIS_STATUS oid_merge(struct adapter *a, struct oid_entry *entry)
{
    if (entry->asked_oid == OID_GEN_CURRENT_PACKET_FILTER)
        return merge_filter(a, entry);
    if (entry->asked_oid == OID_GEN_CURRENT_LOOKAHEAD)
        return merge_value(a, entry, &entry->binding->lookahead, lookahead_most, a->lookahead);
    return merge_multicast(a, entry);
}

void oid_merged(struct adapter *a, struct oid_entry *entry, NDIS_STATUS status)
{
    bool good = status == NDIS_STATUS_SUCCESS;

    oid_swap_back(entry, status);
    if (entry->asked_oid == OID_GEN_CURRENT_PACKET_FILTER) {
        if (good)
            a->packet_filter = entry->value;
        else
            entry->binding->packet_filter = entry->old_value;
        adapter_pick_receive_path(a);
    } else if (entry->asked_oid == OID_GEN_CURRENT_LOOKAHEAD) {
        if (good)
            a->lookahead = entry->value;
        else
            entry->binding->lookahead = entry->old_value;
    } else {
        struct multicast_change *change = entry->memory;

        if (good) {
            a->multicast_count = change->count;
            memcpy(a->multicast, change->list, change->count * 6);
        } else {
            restore_list(entry->binding, change);
        }
        pool_free(change, 0, NULL);
    }
}

static void apply_filter(struct adapter *a)
{
    uint32_t filter = filter_union(a);

    if (filter != a->packet_filter &&
        oid_ask(a, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter, NULL) == NDIS_STATUS_SUCCESS)
        a->packet_filter = filter;
}

static void apply_multicast(struct adapter *a)
{
    struct multicast_change *change = pool_alloc(NonPagedPoolNx, sizeof *change, NDIS_TAG('N', 'D', 'm', 'c'), NULL);

    if (!change)
        return;
    if (multicast_union(a, change, NDIS_MULTICAST_MAX) && !same_as_now(a, change) &&
        oid_ask(a, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, change->list, change->count * 6, NULL) ==
            NDIS_STATUS_SUCCESS) {
        a->multicast_count = change->count;
        memcpy(a->multicast, change->list, change->count * 6);
    }
    pool_free(change, 0, NULL);
}

void oid_apply_wishes(struct adapter *a)
{
    if (a->state == ADAPTER_HALTED || a->state == ADAPTER_SHUT_DOWN || a->surprise_removed)
        return;
    apply_filter(a);
    apply_multicast(a);
}

void oid_forget_binding(struct adapter *a, struct binding *b)
{
    b->packet_filter = b->lookahead = b->multicast_count = 0;
    oid_apply_wishes(a);
    wake_forget_binding(a, b);
    receive_filter_forget(a, b);
}
