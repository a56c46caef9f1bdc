/* Receive-side scaling of miniports that move single entries of the indirection table (version 2). A protocol sets parameters of version 1:
 * the miniport is asked by OID_GEN_RECEIVE_SCALE_PARAMETERS_V2 for all of them but the table, and then, on each processor that an entry
 * is to leave, by OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES.
 *
 *   entry->swapped, value   the request                         goes on in
 *   no, 0                   came                                rss_convert: swapped
 *   yes, 0                  is with the miniport, as version 2  rss_converted: not swapped, 1
 *   no, 1                   is first in the queue again         rss_convert, at PASSIVE_LEVEL: the entries are moved, and it ends
 *
 * docs: network/receive-side-scaling-version-2-rssv2- */
#include "ndis/scaling.h"

#include <string.h>

#include "ndis/event.h"
#include "ndis/filter_oid.h"
#include "ndis/oid_features.h"
#include "nt/ke.h"
#include "nt/pool.h"

struct conversion {
    struct {
        NDIS_RECEIVE_SCALE_PARAMETERS_V2 p;
        uint8_t key[NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_2];
    } set;
    struct {
        NDIS_RSS_SET_INDIRECTION_ENTRIES head;
        NDIS_RSS_SET_INDIRECTION_ENTRY entry[RSS_ENTRIES_MAX];
    } moves;
    uint8_t target[RSS_ENTRIES_MAX];    /* processors */
    uint32_t count;                     /* of entries; 0: the table stays */
};

/* --- parameters ------------------------------------------------------------------------------------------------------------ */

static bool lies_in(size_t length, uint32_t offset, uint32_t size)
{
    return offset <= length && size <= length - offset;
}

/* Entries were bytes, and are PROCESSOR_NUMBERs since revision 2. */
static NDIS_STATUS take_table(struct conversion *c, const NDIS_RECEIVE_SCALE_PARAMETERS *p, size_t length)
{
    const uint8_t *table = (const uint8_t *)p + p->IndirectionTableOffset;
    uint32_t width = p->Header.Revision >= NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2 ? sizeof(PROCESSOR_NUMBER) : 1;
    uint32_t count = p->IndirectionTableSize / width;

    if (!lies_in(length, p->IndirectionTableOffset, p->IndirectionTableSize) || count > RSS_ENTRIES_MAX || (count & (count - 1)))
        return NDIS_STATUS_INVALID_DATA;
    for (uint32_t i = 0; i < count; i++) {
        PROCESSOR_NUMBER number = { .Number = table[i] };

        if (width > 1)
            memcpy(&number, table + i * width, sizeof number);
        if (number.Group || number.Number >= ke.cpu_count)
            return NDIS_STATUS_INVALID_DATA;
        c->target[i] = number.Number;
    }
    c->count = count;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS take_key(struct conversion *c, const NDIS_RECEIVE_SCALE_PARAMETERS *p, size_t length)
{
    if (!lies_in(length, p->HashSecretKeyOffset, p->HashSecretKeySize) || p->HashSecretKeySize > sizeof c->set.key)
        return NDIS_STATUS_INVALID_DATA;
    memcpy(c->set.key, (const uint8_t *)p + p->HashSecretKeyOffset, p->HashSecretKeySize);
    c->set.p.HashSecretKeySize = p->HashSecretKeySize;
    c->set.p.HashSecretKeyOffset = sizeof c->set.p;
    c->set.p.Flags |= NDIS_RECEIVE_SCALE_PARAM_HASH_KEY_CHANGED;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS translate(struct adapter *a, struct conversion *c, const NDIS_RECEIVE_SCALE_PARAMETERS *p, size_t length)
{
    NDIS_RECEIVE_SCALE_PARAMETERS_V2 *to = &c->set.p;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    to->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_RSS_PARAMETERS_V2, NDIS_RECEIVE_SCALE_PARAMETERS_V2_REVISION_1,
                                       NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_V2_REVISION_1 };
    to->NumberOfQueues = a->rss_capabilities.NumberOfReceiveQueues;
    to->NumberOfIndirectionTableEntries = a->rss.entries;
    if (p->Flags & NDIS_RSS_PARAM_FLAG_DISABLE_RSS)
        return NDIS_STATUS_SUCCESS;
    to->Flags = NDIS_RECEIVE_SCALE_PARAM_ENABLE_RSS | NDIS_RECEIVE_SCALE_PARAM_NUMBER_OF_QUEUES_CHANGED;
    if (!(p->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED)) {
        to->HashInformation = p->HashInformation;
        to->Flags |= NDIS_RECEIVE_SCALE_PARAM_HASH_INFO_CHANGED;
    }
    if (!(p->Flags & NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED))
        status = take_key(c, p, length);
    if (status == NDIS_STATUS_SUCCESS && !(p->Flags & NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED))
        status = take_table(c, p, length);
    if (c->count && c->count != a->rss.entries) {
        to->NumberOfIndirectionTableEntries = c->count;
        to->Flags |= NDIS_RECEIVE_SCALE_PARAM_NUMBER_OF_ENTRIES_CHANGED;
    }
    return status;
}

/* --- moves ------------------------------------------------------------------------------------------------------------------- */

/* As the miniport changes its table with the number of entries: new ones are clones of the old. */
static void resize(struct ndis_rss *rss, uint32_t count)
{
    for (uint32_t i = rss->entries; i < count; i++)
        rss->cpu[i] = rss->cpu[i % rss->entries];
    rss->entries = (uint16_t)count;
}

static uint32_t collect(struct conversion *c, const struct ndis_rss *rss, unsigned cpu)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < c->count; i++)
        if (rss->cpu[i] == cpu && c->target[i] != cpu)
            c->moves.entry[n++] = (NDIS_RSS_SET_INDIRECTION_ENTRY){
                .IndirectionTableIndex = (USHORT)i, .TargetProcessorNumber.Number = c->target[i], .EntryStatus = NDIS_STATUS_PENDING,
            };
    return n;
}

static NDIS_STATUS send_moves(struct adapter *a, struct conversion *c, uint32_t count, unsigned cpu)
{
    uint32_t size = (uint32_t)(sizeof c->moves.head + count * sizeof c->moves.entry[0]);
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestMethod,
        .DATA.METHOD_INFORMATION = { .Oid = OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES, .InformationBuffer = &c->moves,
                                     .InputBufferLength = size, .OutputBufferLength = size },
    };

    c->moves.head = (NDIS_RSS_SET_INDIRECTION_ENTRIES){
        .Header = { NDIS_OBJECT_TYPE_RSS_SET_INDIRECTION_ENTRIES, NDIS_RSS_SET_INDIRECTION_ENTRIES_REVISION_1,
                    NDIS_SIZEOF_RSS_SET_INDIRECTION_ENTRIES_REVISION_1 },
        .RssEntrySize = sizeof c->moves.entry[0], .RssEntryTableOffset = sizeof c->moves.head, .NumberOfRssEntries = count,
    };
    KAFFINITY before = KeSetSystemAffinityThreadEx(1ull << cpu);
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    NDIS_STATUS status = oid_synchronous(a, NULL, &request);
    ke_lower(old);
    KeRevertToUserAffinityThreadEx(before);
    return status;
}

/* What the miniport says of each move; the first that failed. */
static NDIS_STATUS take_answers(struct adapter *a, const struct conversion *c, uint32_t count)
{
    const void *handler = (const char *)a->driver->miniport.SynchronousOidRequestHandler + 1;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    for (uint32_t n = 0; n < count; n++) {
        const NDIS_RSS_SET_INDIRECTION_ENTRY *entry = &c->moves.entry[n];

        if (entry->EntryStatus == NDIS_STATUS_SUCCESS)
            a->rss.cpu[entry->IndirectionTableIndex] = entry->TargetProcessorNumber.Number;
        else if (status == NDIS_STATUS_SUCCESS)
            status = entry->EntryStatus;
    }
    if (status != NDIS_STATUS_PENDING)
        return status;
    NDIS_EMIT(NDIS_EVENT_MISUSE, a, "a miniport leaves EntryStatus of OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES pending", handler);
    return NDIS_STATUS_FAILURE;
}

static NDIS_STATUS move_all(struct adapter *a, struct conversion *c)
{
    for (unsigned cpu = 0; cpu < ke.cpu_count; cpu++) {
        uint32_t count = collect(c, &a->rss, cpu);

        if (!count)
            continue;
        NDIS_STATUS status = send_moves(a, c, count, cpu);
        if (status == NDIS_STATUS_SUCCESS)
            status = take_answers(a, c, count);
        if (status != NDIS_STATUS_SUCCESS)
            return status;
    }
    return NDIS_STATUS_SUCCESS;
}

/* --- the request --------------------------------------------------------------------------------------------------------------- */

static NDIS_STATUS begin(struct adapter *a, struct oid_entry *entry)
{
    const struct _SET *set = &entry->request->DATA.SET_INFORMATION;

    if (set->InformationBufferLength < NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1)
        return NDIS_STATUS_INVALID_LENGTH;
    struct conversion *c = pool_alloc(NonPagedPoolNx, sizeof *c, NDIS_TAG('N', 'D', 'r', '2'), NULL);
    if (!c)
        return NDIS_STATUS_RESOURCES;
    memset(c, 0, sizeof *c);
    NDIS_STATUS status = translate(a, c, set->InformationBuffer, set->InformationBufferLength);
    if (status != NDIS_STATUS_SUCCESS) {
        pool_free(c, 0, NULL);
        return status;
    }
    entry->memory = c;
    oid_swap(entry, OID_GEN_RECEIVE_SCALE_PARAMETERS_V2, &c->set, (uint32_t)sizeof c->set.p + c->set.p.HashSecretKeySize);
    return NDIS_STATUS_PENDING;
}

NDIS_STATUS rss_convert(struct adapter *a, struct oid_entry *entry)
{
    struct _SET *set = &entry->request->DATA.SET_INFORMATION;
    struct conversion *c = entry->memory;

    if (!entry->value)
        return begin(a, entry);
    NDIS_STATUS status = move_all(a, c);
    set->BytesRead = status == NDIS_STATUS_SUCCESS ? set->InformationBufferLength : 0;
    pool_free(c, 0, NULL);
    entry->memory = NULL;
    return status;
}

bool rss_converted(struct adapter *a, struct oid_entry *entry, NDIS_STATUS status)
{
    struct conversion *c = entry->memory;
    bool good = entry->swapped && status == NDIS_STATUS_SUCCESS;        /* or it was cancelled before its moves */

    if (good) {
        features_keep(a, entry->request);
        resize(&a->rss, c->set.p.NumberOfIndirectionTableEntries);
    }
    if (entry->swapped)
        oid_swap_back(entry, status);
    if (good && c->count) {
        entry->value = 1;
        return true;
    }
    pool_free(c, 0, NULL);
    entry->memory = NULL;
    return false;
}
