/* Parameters of receive-side scaling, version 1, for a miniport of version 2. docs: network/receive-side-scaling-version-2-rssv2- */
#include "fake.h"

#include "ndis/event.h"
#include "nt/ke.h"

#define ENTRIES 8

static NDIS_RECEIVE_SCALE_PARAMETERS_V2 set;
static uint8_t key[40];
static unsigned sets, requests, moves, misuses;
static unsigned table[ENTRIES];         /* the miniport's, as it was told */
static bool pends_sets, refuses, leaves_pending;
static NDIS_HANDLE timer;

static NDIS_STATUS NTAPI move_entries(NDIS_HANDLE context, PNDIS_OID_REQUEST r)
{
    const NDIS_RSS_SET_INDIRECTION_ENTRIES *all = r->DATA.METHOD_INFORMATION.InformationBuffer;
    NDIS_RSS_SET_INDIRECTION_ENTRY *entry = (void *)((uint8_t *)all + all->RssEntryTableOffset);

    CHECK_EQ(r->RequestType, NdisRequestMethod);
    CHECK_EQ(r->DATA.METHOD_INFORMATION.Oid, OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES);
    CHECK_EQ(all->Header.Type, NDIS_OBJECT_TYPE_RSS_SET_INDIRECTION_ENTRIES);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    requests++;
    for (ULONG i = 0; i < all->NumberOfRssEntries; i++, entry++) {
        CHECK_EQ(entry->EntryStatus, NDIS_STATUS_PENDING);
        CHECK_EQ(table[entry->IndirectionTableIndex], KeGetCurrentProcessorNumber());  /* the actor is the source */
        if (leaves_pending)
            continue;
        entry->EntryStatus = refuses ? NDIS_STATUS_INVALID_DATA : NDIS_STATUS_SUCCESS;
        if (!refuses)
            table[entry->IndirectionTableIndex] = entry->TargetProcessorNumber.Number;
        moves++;
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI complete(PVOID a, PVOID request, PVOID b, PVOID c)
{
    NdisMOidRequestComplete(mp.adapter, request, NDIS_STATUS_SUCCESS);
}

static NDIS_STATUS take(PNDIS_OID_REQUEST r)
{
    LARGE_INTEGER soon = { .QuadPart = -10000 };

    if (r->DATA.Oid != OID_GEN_RECEIVE_SCALE_PARAMETERS_V2)
        return NDIS_STATUS_NOT_SUPPORTED;
    memcpy(&set, r->DATA.SET_INFORMATION.InformationBuffer, sizeof set);
    CHECK_EQ(set.Header.Type, NDIS_OBJECT_TYPE_RSS_PARAMETERS_V2);
    if (set.Flags & NDIS_RECEIVE_SCALE_PARAM_HASH_KEY_CHANGED)
        memcpy(key, (uint8_t *)r->DATA.SET_INFORMATION.InformationBuffer + set.HashSecretKeyOffset, sizeof key);
    sets++;
    if (!pends_sets)
        return NDIS_STATUS_SUCCESS;
    NdisSetTimerObject(timer, soon, 0, r);
    return NDIS_STATUS_PENDING;
}

struct version_1 {
    NDIS_RECEIVE_SCALE_PARAMETERS p;
    PROCESSOR_NUMBER table[ENTRIES];
    uint8_t key[40];
};

static NDIS_STATUS ask_for(struct version_1 *v, USHORT flags, const char *cpus)
{
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = { .Oid = OID_GEN_RECEIVE_SCALE_PARAMETERS, .InformationBuffer = v, .InformationBufferLength = sizeof *v },
    };

    v->p = (NDIS_RECEIVE_SCALE_PARAMETERS){
        .Header = { NDIS_OBJECT_TYPE_RSS_PARAMETERS, NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2, NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2 },
        .Flags = flags, .HashInformation = NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(NDIS_HASH_IPV4, NdisHashFunctionToeplitz),
        .IndirectionTableSize = (USHORT)(strlen(cpus) * sizeof(PROCESSOR_NUMBER)), .IndirectionTableOffset = offsetof(struct version_1, table),
        .HashSecretKeySize = sizeof v->key, .HashSecretKeyOffset = offsetof(struct version_1, key),
    };
    for (unsigned i = 0; i < strlen(cpus); i++)
        v->table[i] = (PROCESSOR_NUMBER){ .Number = (UCHAR)(cpus[i] - '0') };
    memset(v->key, 0x6d, sizeof v->key);
    NDIS_STATUS status = NdisOidRequest(pr.binding, &r);
    CHECK_EQ(r.DATA.SET_INFORMATION.Oid, OID_GEN_RECEIVE_SCALE_PARAMETERS);
    CHECK(r.DATA.SET_INFORMATION.InformationBuffer == v);
    return status;
}

static void start(void)
{
    static NDIS_RECEIVE_SCALE_CAPABILITIES scaling;

    scaling = (NDIS_RECEIVE_SCALE_CAPABILITIES){
        .Header = { NDIS_OBJECT_TYPE_RSS_CAPABILITIES, NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2, NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2 },
        .CapabilitiesFlags = NdisHashFunctionToeplitz | NDIS_RSS_CAPS_SUPPORTS_INDEPENDENT_ENTRY_MOVE, .NumberOfReceiveQueues = 4,
        .NumberOfIndirectionTableEntries = 128,
    };
    mp.scaling = &scaling;
    mp.on_synchronous = move_entries;
    mp.on_set = take;
    memset(table, 0, sizeof table);
    sets = requests = moves = misuses = 0;
    pends_sets = refuses = leaves_pending = false;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
}

static void stop(void)
{
    unplug_fake();
    deregister_protocol();
}

static void check_table(const char *cpus)
{
    for (unsigned i = 0; i < strlen(cpus); i++)
        CHECK_EQ(table[i], (unsigned)(cpus[i] - '0'));
}

static void converted(void *unused)
{
    struct version_1 v;

    start();
    CHECK_EQ(ask_for(&v, 0, "01230123"), NDIS_STATUS_SUCCESS);
    CHECK_EQ(sets, 1);
    CHECK(set.Flags & NDIS_RECEIVE_SCALE_PARAM_ENABLE_RSS);
    CHECK(set.Flags & NDIS_RECEIVE_SCALE_PARAM_NUMBER_OF_ENTRIES_CHANGED);
    CHECK_EQ(set.NumberOfIndirectionTableEntries, ENTRIES);
    CHECK_EQ(set.NumberOfQueues, 4);
    CHECK_EQ(set.HashInformation, v.p.HashInformation);
    CHECK_EQ(key[39], 0x6d);
    CHECK_EQ(requests, 1);              /* all pointed to one processor */
    CHECK_EQ(moves, 6);
    check_table("01230123");
    CHECK_EQ(ask_for(&v, NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED | NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED, "01010101"), NDIS_STATUS_SUCCESS);
    CHECK(!(set.Flags & (NDIS_RECEIVE_SCALE_PARAM_NUMBER_OF_ENTRIES_CHANGED | NDIS_RECEIVE_SCALE_PARAM_HASH_KEY_CHANGED |
                         NDIS_RECEIVE_SCALE_PARAM_HASH_INFO_CHANGED)));
    CHECK_EQ(requests, 3);              /* from processors 2 and 3 */
    CHECK_EQ(moves, 10);
    check_table("01010101");
    CHECK_EQ(ask_for(&v, NDIS_RSS_PARAM_FLAG_DISABLE_RSS, ""), NDIS_STATUS_SUCCESS);
    CHECK_EQ(set.Flags, 0);
    CHECK_EQ(requests, 3);
    stop();
}

TEST(parameters_of_version_1_become_parameters_and_moves)
{
    on_a_computer(converted, 4);
}

static void pended(void *unused)
{
    NDIS_TIMER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 }, .TimerFunction = complete,
    };
    LARGE_INTEGER moment = { .QuadPart = -1000000 };
    struct version_1 v;

    CHECK_EQ(NdisAllocateTimerObject(NULL, &c, &timer), NDIS_STATUS_SUCCESS);
    start();
    pends_sets = true;
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = { .Oid = OID_GEN_RECEIVE_SCALE_PARAMETERS, .InformationBuffer = &v, .InformationBufferLength = sizeof v },
    };
    pends_sets = false;
    CHECK_EQ(ask_for(&v, 0, "00000000"), NDIS_STATUS_SUCCESS);
    pends_sets = true;
    for (unsigned i = 0; i < ENTRIES; i++)
        v.table[i].Number = (UCHAR)(i / 4);
    v.p.Flags = 0;
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_PENDING);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    CHECK_EQ(sets, 2);
    check_table("00001111");
    stop();
    NdisFreeTimerObject(timer);
}

TEST(a_miniport_may_pend_what_the_parameters_became)
{
    on_a_computer(pended, 2);
}

static void listen(const struct ndis_event *event)
{
    misuses += event->kind == NDIS_EVENT_MISUSE;
}

static void failed(void *unused)
{
    struct version_1 v;

    start();
    refuses = true;
    CHECK_EQ(ask_for(&v, 0, "0101"), NDIS_STATUS_INVALID_DATA);
    refuses = false;
    CHECK_EQ(ask_for(&v, 0, "0101"), NDIS_STATUS_SUCCESS);
    check_table("0101");
    CHECK_EQ(ask_for(&v, 0, "010"), NDIS_STATUS_INVALID_DATA);          /* no power of two */
    CHECK_EQ(ask_for(&v, 0, "0107"), NDIS_STATUS_INVALID_DATA);         /* no such processor */
    ndis_event_sink = listen;
    ndis_event_mask = 1u << NDIS_EVENT_MISUSE;
    leaves_pending = true;
    CHECK_EQ(ask_for(&v, 0, "1111"), NDIS_STATUS_FAILURE);
    CHECK_EQ(misuses, 1);
    stop();
}

TEST(a_move_that_fails_fails_the_request)
{
    on_a_computer(failed, 2);
}
