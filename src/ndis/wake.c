#include "ndis/wake.h"

#include <string.h>

#include "nt/pool.h"

#define WAKE_TAG NDIS_TAG('N', 'D', 'p', 'm')
#define FIRST_ID (NDIS_PM_PRIVATE_PATTERN_ID + 1)

/* How NDIS_PM_WOL_PATTERN and NDIS_PM_PROTOCOL_OFFLOAD begin. */
struct head {
    NDIS_OBJECT_HEADER header;
    ULONG flags, priority, type;
    NDIS_PM_COUNTED_STRING name;
    ULONG id, next;
};
_Static_assert(offsetof(struct head, id) == offsetof(NDIS_PM_WOL_PATTERN, PatternId), "a pattern's head");
_Static_assert(offsetof(struct head, next) == offsetof(NDIS_PM_WOL_PATTERN, NextWoLPatternOffset), "a pattern's head");
_Static_assert(offsetof(struct head, id) == offsetof(NDIS_PM_PROTOCOL_OFFLOAD, ProtocolOffloadId), "an offload's head");
_Static_assert(offsetof(struct head, priority) == offsetof(NDIS_PM_PROTOCOL_OFFLOAD, Priority), "an offload's head");

static const struct kind {
    NDIS_OID add, remove, list;
    NDIS_STATUS rejected, full;
    uint32_t least;
} patterns = { OID_PM_ADD_WOL_PATTERN, OID_PM_REMOVE_WOL_PATTERN, OID_PM_WOL_PATTERN_LIST, NDIS_STATUS_PM_WOL_PATTERN_REJECTED,
               NDIS_STATUS_PM_WOL_PATTERN_LIST_FULL, NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_1 },
  offloads = { OID_PM_ADD_PROTOCOL_OFFLOAD, OID_PM_REMOVE_PROTOCOL_OFFLOAD, OID_PM_PROTOCOL_OFFLOAD_LIST,
               NDIS_STATUS_PM_OFFLOAD_REJECTED, NDIS_STATUS_PM_PROTOCOL_OFFLOAD_LIST_FULL,
               NDIS_SIZEOF_NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1 };

struct item {
    struct list node;
    const struct kind *kind;
    struct binding *binding;
    uint32_t size;
    union {
        struct head head;
        NDIS_PM_WOL_PATTERN pattern;
        uint8_t bytes[1];
    };
};

static const struct kind *kind_of(NDIS_OID oid)
{
    if (oid == patterns.add || oid == patterns.remove || oid == patterns.list)
        return &patterns;
    return oid == offloads.add || oid == offloads.remove || oid == offloads.list ? &offloads : NULL;
}

bool wake_is_request(NDIS_OID oid)
{
    const struct kind *kind = kind_of(oid);

    return oid == OID_PM_PARAMETERS || (kind && oid != kind->list);
}

static struct item *find(struct adapter *a, const struct kind *kind, uint32_t id)
{
    list_each(it, &a->wake_items) {
        struct item *item = container_of(it, struct item, node);

        if (item->kind == kind && item->head.id == id)
            return item;
    }
    return NULL;
}

static void drop(struct item *item)
{
    list_remove(&item->node);
    pool_free(item, 0, NULL);
}

static uint32_t new_id(struct adapter *a, const struct kind *kind)
{
    do {
        if (a->wake_id < FIRST_ID || ++a->wake_id > NDIS_PM_MAX_PATTERN_ID)
            a->wake_id = FIRST_ID;
    } while (find(a, kind, a->wake_id));
    return a->wake_id;
}

/* --- what the miniport can ------------------------------------------------------------------------------------------------ */

static bool pattern_supported(const NDIS_PM_CAPABILITIES *c, const struct item *item)
{
    static const uint32_t bits[NdisPMWoLPacketMaximum] = {
        [NdisPMWoLPacketBitmapPattern] = NDIS_PM_WOL_BITMAP_PATTERN_SUPPORTED,
        [NdisPMWoLPacketMagicPacket] = NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED,
        [NdisPMWoLPacketIPv4TcpSyn] = NDIS_PM_WOL_IPV4_TCP_SYN_SUPPORTED,
        [NdisPMWoLPacketIPv6TcpSyn] = NDIS_PM_WOL_IPV6_TCP_SYN_SUPPORTED,
        [NdisPMWoLPacketEapolRequestIdMessage] = NDIS_PM_WOL_EAPOL_REQUEST_ID_MESSAGE_SUPPORTED,
    };

    return (c->SupportedWoLPacketPatterns & bits[item->head.type]) != 0 &&
           (item->head.type != NdisPMWoLPacketBitmapPattern ||
            item->pattern.WoLPattern.WoLBitMapPattern.PatternSize <= c->MaxWoLPatternSize);
}

static bool supported(const NDIS_PM_CAPABILITIES *c, const struct item *item)
{
    if (item->kind == &patterns)
        return pattern_supported(c, item);
    return (c->SupportedProtocolOffloads >> (item->head.type == NdisPMProtocolOffload80211RSNRekey ? 7 : item->head.type - 1)) & 1;
}

/* How many items like this one there may be; the magic packet does not count. */
static uint32_t limit(const NDIS_PM_CAPABILITIES *c, const struct item *item)
{
    if (item->kind == &patterns)
        return item->head.type == NdisPMWoLPacketMagicPacket ? UINT32_MAX : c->NumTotalWoLPatterns;
    if (item->head.type == NdisPMProtocolOffloadIdIPv4ARP)
        return c->NumArpOffloadIPv4Addresses;
    return item->head.type == NdisPMProtocolOffloadIdIPv6NS ? c->NumNSOffloadIPv6Addresses : UINT32_MAX;
}

static bool share_a_limit(const struct item *a, const struct item *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == &offloads ? a->head.type == b->head.type
                                : (a->head.type == NdisPMWoLPacketMagicPacket) == (b->head.type == NdisPMWoLPacketMagicPacket);
}

/* Whether there is room; else *victim is the least important item that has less weight, or NULL. */
static bool has_room(struct adapter *a, const struct item *fresh, struct item **victim)
{
    uint32_t count = 0;

    *victim = NULL;
    list_each(it, &a->wake_items) {
        struct item *item = container_of(it, struct item, node);

        if (!share_a_limit(item, fresh))
            continue;
        count++;
        if (item->head.priority > (*victim ? (*victim)->head.priority : fresh->head.priority))
            *victim = item;
    }
    return count < limit(&a->pm_capabilities, fresh);
}

/* --- adding and removing --------------------------------------------------------------------------------------------------- */

static bool lies_within(uint32_t offset, uint32_t size, uint32_t length)
{
    return size == 0 || (offset >= NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_1 && offset <= length && size <= length - offset);
}

static bool makes_sense(const struct item *item)
{
    const struct _WOL_BITMAP_PATTERN *map = &item->pattern.WoLPattern.WoLBitMapPattern;

    if (item->head.type == 0)
        return false;
    if (item->kind == &offloads)
        return item->head.type <= NdisPMProtocolOffload80211RSNRekey;
    if (item->head.type >= NdisPMWoLPacketMaximum)
        return false;
    return item->head.type != NdisPMWoLPacketBitmapPattern ||
           (map->PatternSize && lies_within(map->MaskOffset, map->MaskSize, item->size) &&
            lies_within(map->PatternOffset, map->PatternSize, item->size));
}

static struct item *copy(struct oid_entry *entry, const struct kind *kind)
{
    const struct _SET *set = &entry->request->DATA.SET_INFORMATION;
    struct item *item = pool_alloc(NonPagedPoolNx, sizeof *item + set->InformationBufferLength, WAKE_TAG, NULL);

    if (!item)
        return NULL;
    item->kind = kind;
    item->binding = entry->binding;
    item->size = set->InformationBufferLength;
    memcpy(item->bytes, set->InformationBuffer, item->size);
    return item;
}

/* The least important item makes room: the miniport is told to remove it before it sees the request. */
static NDIS_STATUS make_room(struct oid_entry *entry, struct item *victim)
{
    struct item *fresh = entry->memory;

    if (!victim) {
        NDIS_STATUS full = fresh->kind->full;

        entry->memory = NULL;
        pool_free(fresh, 0, NULL);
        return full;
    }
    entry->value = victim->head.id;
    oid_swap(entry, victim->kind->remove, &entry->value, sizeof entry->value);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS judge(struct adapter *a, const struct item *item)
{
    if (!makes_sense(item))
        return NDIS_STATUS_INVALID_PARAMETER;
    if (a->low_power)
        return NDIS_STATUS_FAILURE;     /* on its way to sleep, or asleep */
    return supported(&a->pm_capabilities, item) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS add(struct adapter *a, struct oid_entry *entry, const struct kind *kind)
{
    struct _SET *set = &entry->request->DATA.SET_INFORMATION;
    struct item *item, *victim;
    NDIS_STATUS status;

    if (entry->memory)                  /* room was made */
        return NDIS_STATUS_PENDING;
    if (set->InformationBufferLength < kind->least) {
        set->BytesNeeded = kind->least;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    item = copy(entry, kind);
    if (!item)
        return NDIS_STATUS_RESOURCES;
    status = judge(a, item);
    if (status != NDIS_STATUS_SUCCESS) {
        pool_free(item, 0, NULL);
        return status;
    }
    item->head.id = ((struct head *)set->InformationBuffer)->id = new_id(a, kind);
    entry->memory = item;
    return has_room(a, item, &victim) ? NDIS_STATUS_PENDING : make_room(entry, victim);
}

static NDIS_STATUS remove_one(struct adapter *a, struct oid_entry *entry, const struct kind *kind)
{
    struct _SET *set = &entry->request->DATA.SET_INFORMATION;
    struct item *item;

    if (set->InformationBufferLength < sizeof(ULONG)) {
        set->BytesNeeded = sizeof(ULONG);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    item = find(a, kind, *(ULONG *)set->InformationBuffer);
    entry->value = *(ULONG *)set->InformationBuffer;
    return item && item->binding == entry->binding ? NDIS_STATUS_PENDING : NDIS_STATUS_FILE_NOT_FOUND;
}

static void tell_rejected(struct adapter *a, const struct item *item)
{
    ULONG id = item->head.id;
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = a,
        .StatusCode = item->kind->rejected,
        .DestinationHandle = item->binding,
        .StatusBuffer = &id,
        .StatusBufferSize = sizeof id,
    };

    status_deliver(a, NULL, &indication);
}

/* Room was to be made. */
static bool room_made(struct adapter *a, struct oid_entry *entry, NDIS_STATUS *status)
{
    struct item *fresh = entry->memory, *victim = find(a, fresh->kind, entry->value);

    oid_swap_back(entry, NDIS_STATUS_FAILURE);
    if (*status == NDIS_STATUS_SUCCESS) {
        if (victim) {
            tell_rejected(a, victim);
            drop(victim);
        }
        return true;
    }
    *status = fresh->kind->full;
    entry->memory = NULL;
    pool_free(fresh, 0, NULL);
    return false;
}

bool wake_done(struct adapter *a, struct oid_entry *entry, NDIS_STATUS *status)
{
    const struct kind *kind = kind_of(entry->asked_oid);
    struct item *item = entry->memory;

    if (!kind)
        return false;
    if (entry->asked_oid == kind->remove) {
        item = *status == NDIS_STATUS_SUCCESS ? find(a, kind, entry->value) : NULL;
        if (item)
            drop(item);
        return false;
    }
    if (!item)
        return false;
    if (entry->swapped)
        return room_made(a, entry, status);
    entry->memory = NULL;
    if (*status == NDIS_STATUS_SUCCESS)
        list_push_back(&a->wake_items, &item->node);
    else
        pool_free(item, 0, NULL);
    return false;
}

/* --- parameters ------------------------------------------------------------------------------------------------------------ */

static uint32_t possible_flags(const NDIS_PM_CAPABILITIES *c)
{
    if (c->Header.Revision < NDIS_PM_CAPABILITIES_REVISION_2)
        return c->MinLinkChangeWakeUp != NdisDeviceStateUnspecified ? NDIS_PM_WAKE_ON_LINK_CHANGE_ENABLED : 0;
    return c->SupportedWakeUpEvents;
}

static NDIS_STATUS set_parameters(struct adapter *a, struct oid_entry *entry)
{
    struct _SET *set = &entry->request->DATA.SET_INFORMATION;
    const NDIS_PM_CAPABILITIES *c = &a->pm_capabilities;
    NDIS_PM_PARAMETERS p = { 0 };

    if (set->InformationBufferLength < NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1) {
        set->BytesNeeded = NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    memcpy(&p, set->InformationBuffer, min_u64(set->InformationBufferLength, sizeof p));
    if (p.Header.Revision < NDIS_PM_PARAMETERS_REVISION_2)
        p.MediaSpecificWakeUpEvents = 0;
    if ((p.EnabledWoLPacketPatterns & ~c->SupportedWoLPacketPatterns) || (p.EnabledProtocolOffloads & ~c->SupportedProtocolOffloads) ||
        (p.WakeUpFlags & ~possible_flags(c)) || (p.MediaSpecificWakeUpEvents & ~c->MediaSpecificWakeUpEvents))
        return NDIS_STATUS_INVALID_PARAMETER;
    entry->binding->pm = p;
    set->BytesRead = (ULONG)min_u64(set->InformationBufferLength, sizeof p);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_PM_PARAMETERS together(struct adapter *a)
{
    bool old = a->pm_capabilities.Header.Revision < NDIS_PM_CAPABILITIES_REVISION_2;
    NDIS_PM_PARAMETERS all = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, old ? NDIS_PM_PARAMETERS_REVISION_1 : NDIS_PM_PARAMETERS_REVISION_2,
                    old ? NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1 : NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2 },
    };

    list_each(it, &a->bindings) {
        const NDIS_PM_PARAMETERS *p = &container_of(it, struct binding, node)->pm;

        all.EnabledWoLPacketPatterns |= p->EnabledWoLPacketPatterns;
        all.EnabledProtocolOffloads |= p->EnabledProtocolOffloads;
        all.WakeUpFlags |= p->WakeUpFlags;
        all.MediaSpecificWakeUpEvents |= p->MediaSpecificWakeUpEvents;
    }
    if (a->may_not_wake)
        all.EnabledWoLPacketPatterns = all.WakeUpFlags = all.MediaSpecificWakeUpEvents = 0;
    return all;
}

void wake_tell_parameters(struct adapter *a)
{
    NDIS_PM_PARAMETERS all = together(a);

    if (a->has_pm_capabilities)
        oid_ask(a, NdisRequestSetInformation, OID_PM_PARAMETERS, &all, all.Header.Size, NULL);
}

bool wake_wanted(struct adapter *a)
{
    NDIS_PM_PARAMETERS all = together(a);

    return a->has_pm_capabilities && (all.EnabledWoLPacketPatterns || all.WakeUpFlags || all.MediaSpecificWakeUpEvents);
}

NDIS_STATUS wake_prepare(struct adapter *a, struct oid_entry *entry)
{
    const struct kind *kind = kind_of(entry->asked_oid);

    if (!a->has_pm_capabilities)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (!kind)
        return set_parameters(a, entry);
    return entry->asked_oid == kind->add ? add(a, entry, kind) : remove_one(a, entry, kind);
}

/* --- answers --------------------------------------------------------------------------------------------------------------- */

static NDIS_STATUS list_items(struct adapter *a, PNDIS_OID_REQUEST request, const struct kind *kind)
{
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    uint8_t *to = query->InformationBuffer;
    uint32_t at = 0, needed = 0;
    struct head *last = NULL;

    list_each(it, &a->wake_items) {
        const struct item *item = container_of(it, struct item, node);
        if (item->kind == kind)
            needed = (uint32_t)align_up(needed, 8) + item->size;
    }
    query->BytesWritten = 0;
    if (query->InformationBufferLength < needed) {
        query->BytesNeeded = needed;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    list_each(it, &a->wake_items) {
        const struct item *item = container_of(it, struct item, node);
        if (item->kind != kind)
            continue;
        at = (uint32_t)align_up(at, 8);
        if (last)
            last->next = at;
        last = (struct head *)(void *)(to + at);
        memcpy(last, item->bytes, item->size);
        last->next = 0;
        at += item->size;
    }
    query->BytesWritten = needed;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS reply_parameters(struct adapter *a, PNDIS_OID_REQUEST request)
{
    NDIS_PM_PARAMETERS all = together(a);

    if (request->DATA.QUERY_INFORMATION.InformationBufferLength < all.Header.Size) {
        all.Header.Revision = NDIS_PM_PARAMETERS_REVISION_1;
        all.Header.Size = NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1;
    }
    return oid_reply(request, &all, all.Header.Size);
}

bool wake_answer(struct adapter *a, PNDIS_OID_REQUEST request, NDIS_STATUS *status)
{
    const struct kind *kind = kind_of(request->DATA.Oid);

    if (request->DATA.Oid == OID_PM_PARAMETERS)
        *status = a->has_pm_capabilities ? reply_parameters(a, request) : NDIS_STATUS_NOT_SUPPORTED;
    else if (request->DATA.Oid == OID_PM_HARDWARE_CAPABILITIES || request->DATA.Oid == OID_PM_CURRENT_CAPABILITIES)
        *status = a->has_pm_capabilities ? oid_reply(request, &a->pm_capabilities, a->pm_capabilities.Header.Size)
                                         : NDIS_STATUS_NOT_SUPPORTED;
    else if (kind && request->DATA.Oid == kind->list)
        *status = a->has_pm_capabilities ? list_items(a, request, kind) : NDIS_STATUS_NOT_SUPPORTED;
    else
        return false;
    return true;
}

/* --- ends ------------------------------------------------------------------------------------------------------------------ */

void wake_rejected(struct adapter *a, PNDIS_STATUS_INDICATION indication)
{
    const struct kind *kind = indication->StatusCode == patterns.rejected ? &patterns : &offloads;
    struct item *item = NULL;

    if (indication->StatusBufferSize >= sizeof(ULONG) && indication->StatusBuffer)
        item = find(a, kind, *(ULONG *)indication->StatusBuffer);
    if (!item)
        return;
    tell_rejected(a, item);
    drop(item);
}

void wake_forget_binding(struct adapter *a, struct binding *b)
{
    memset(&b->pm, 0, sizeof b->pm);
    for (bool again = true; again;) {
        again = false;
        list_each(it, &a->wake_items) {
            struct item *item = container_of(it, struct item, node);
            ULONG id = item->head.id;
            NDIS_OID oid = item->kind->remove;

            if (item->binding != b)
                continue;
            drop(item);
            oid_ask(a, NdisRequestSetInformation, oid, &id, sizeof id, NULL);
            again = true;
            break;
        }
    }
}

void wake_forget_all(struct adapter *a)
{
    while (!list_empty(&a->wake_items))
        drop(container_of(a->wake_items.next, struct item, node));
}
