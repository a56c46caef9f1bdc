/* Random sequences of everything that happens to a stack with filters, under many seeds. At the end nothing is lost: every sent
 * list came back, every indicated one was returned, every request ended. */
#include "fake_filter.h"

#define SEEDS 200
#define STEPS 120

static uint64_t state;
static unsigned good_sends, good_receives, good_oids, attaches, sleeps, restarts;

static unsigned any(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static PNET_BUFFER_LIST frames(unsigned count)
{
    static const UCHAR own[6] = { 2, 0, 0, 0, 0, 1 };
    PNET_BUFFER_LIST first = NULL;

    while (count--) {
        PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

        CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
        memcpy(NdisGetDataBuffer(nbl->FirstNetBuffer, 6, NULL, 1, 0), own, 6);
        nbl->Next = first;
        first = nbl;
    }
    return first;
}

static unsigned sent, indicated, asked;

static void send(void)
{
    unsigned count = 1 + any(4);

    sent += count;
    NdisSendNetBufferLists(pr.binding, frames(count), 0, 0);
    good_sends += pr.last_status == NDIS_STATUS_SUCCESS;
}

static void indicate(void)
{
    unsigned count = 1 + any(4), before = pr.received;

    if (!mp.adapter)
        return;                         /* halted: the miniport is silent */
    indicated += count;
    NdisMIndicateReceiveNetBufferLists(mp.adapter, frames(count), 0, count, 0);
    good_receives += pr.received > before;
}

static void ask(void)
{
    static NDIS_OID_REQUEST request;
    static char text[32];
    unsigned before = pr.oid_completions;

    request = (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .DATA.QUERY_INFORMATION = { any(2) ? OID_GEN_VENDOR_DESCRIPTION : OID_GEN_MAXIMUM_FRAME_SIZE, text, sizeof text, 0, 0 },
    };
    mp.pend_oids = true;
    asked++;
    if (NdisOidRequest(pr.binding, &request) != NDIS_STATUS_PENDING)
        return;
    while (pr.oid_completions == before)
        KeWaitForSingleObject(&pr.oid_done, Executive, KernelMode, FALSE, NULL);
    good_oids += pr.oid_status == NDIS_STATUS_SUCCESS;
}

static void attach_or_detach(void)
{
    unsigned i = any(4);
    struct fake_filter *f = &ff[i];

    if (f->driver) {
        NdisFDeregisterFilterDriver(f->driver);
        f->driver = NULL;
        CHECK_EQ(f->attached, 0);
        return;
    }
    memset(f, 0, sizeof *f);
    f->bypass = any(4) == 0;
    f->no_oids = any(3) == 0;
    f->pend_pause = any(2);
    f->pend_restart = any(2);
    f->restart_status = any(8) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
    f->attach_status = any(8) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
    CHECK_EQ(register_filter(f, (char)('a' + i)), NDIS_STATUS_SUCCESS);
    attaches += f->attached;
}

static void restart_one(void)
{
    struct fake_filter *f = &ff[any(4)];
    LARGE_INTEGER moment = { .QuadPart = -50000 };

    if (!f->driver || !f->attached)
        return;
    CHECK_EQ(NdisFRestartFilter(only(f)), NDIS_STATUS_SUCCESS);
    if (any(2))
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    restarts++;
}

static bool asleep;

static void sleep_or_wake(void)
{
    CHECK_EQ(po_set_system_state(asleep ? PowerSystemWorking : PowerSystemSleeping3, false), STATUS_SUCCESS);
    asleep = !asleep;
    sleeps++;
}

static void step(void)
{
    switch (any(12)) {
    case 0: attach_or_detach(); break;
    case 1: restart_one(); break;
    case 2: if (asleep || any(4) == 0) sleep_or_wake(); break;
    case 3: mp.pend_pause = any(2); break;
    case 4: mp.pend_restart = any(2); break;
    case 5: case 6: ask(); break;
    case 7: case 8: indicate(); break;
    default: send(); break;
    }
}

static void sequence(void *unused)
{
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED;
    NDIS_OID_REQUEST request = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = { OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter, 0, 0 },
    };

    sent = indicated = asked = 0;
    asleep = false;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(NdisOidRequest(pr.binding, &request), NDIS_STATUS_SUCCESS);
    for (unsigned i = 0; i < STEPS; i++)
        step();
    if (asleep)
        sleep_or_wake();
    CHECK_EQ(pr.completed, sent);
    CHECK_EQ(mp.returned, indicated);
    if (any(2))
        CHECK_EQ(pnp_send(mp.node, IRP_MN_SURPRISE_REMOVAL, NULL, NULL), STATUS_SUCCESS);
    unplug_fake();
    for (unsigned i = 0; i < 4; i++)
        if (ff[i].driver)
            NdisFDeregisterFilterDriver(ff[i].driver);
    deregister_protocol();
}

TEST(nothing_is_lost_in_random_sequences)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        state = seed * 0x9e3779b97f4a7c15u;
        with_filters(sequence);
    }
    /* A stack that always says no would pass, too. */
    CHECK(good_sends > 15 * SEEDS);
    CHECK(good_receives > 10 * SEEDS);
    CHECK(good_oids > 5 * SEEDS);
    CHECK(attaches > 2 * SEEDS);
    CHECK(sleeps > 2 * SEEDS);
    CHECK(restarts > SEEDS);
}
