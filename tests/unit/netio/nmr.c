/* The registrar from ring3's own side: host modules, failing allocations, what is left at the end. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "machine/machine.h"
#include "netio/leaks.h"
#include "netio/netio.h"
#include "netio/nmr.h"
#include "nt/pool.h"
#include "ring3.h"
#include "unit.h"

#define MODULES 5

static const NPIID npi = { 0x1b2c3d4e, 1, 2, { 3 } };
static const NPI_MODULEID module_id = { sizeof module_id, MIT_GUID, { { 0x1b2c3d4f } } };

struct module {
    bool is_client;
    int offers, attaches, detaches, cleanups;
    HANDLE handle;
};
static struct module modules[MODULES];

static NTSTATUS NTAPI attach_provider(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE provider)
{
    struct module *m = context;
    const VOID *dispatch;
    PVOID partner;

    m->offers++;
    NTSTATUS status = NmrClientAttachProvider(binding, m, NULL, &partner, &dispatch);
    if (status == STATUS_SUCCESS)
        m->attaches++;
    return status;
}

static NTSTATUS NTAPI attach_client(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE client, PVOID client_context,
                                    const VOID *client_dispatch, PVOID *provider_context, const VOID **dispatch)
{
    struct module *m = context;

    m->offers++;
    m->attaches++;
    *provider_context = m;
    *dispatch = m;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI detach(PVOID context)
{
    ((struct module *)context)->detaches++;
    return STATUS_SUCCESS;
}

static VOID NTAPI cleanup(PVOID context)
{
    ((struct module *)context)->cleanups++;
}

#define INSTANCE { 0, sizeof(NPI_REGISTRATION_INSTANCE), &npi, &module_id, 0, NULL }
static const NPI_CLIENT_CHARACTERISTICS client = { 0, sizeof client, attach_provider, detach, cleanup, INSTANCE };
static const NPI_PROVIDER_CHARACTERISTICS provider = { 0, sizeof provider, attach_client, detach, cleanup, INSTANCE };

static struct ring3_computer *open_computer(void)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_WARN;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    return computer;
}

static NTSTATUS enter(struct module *m, bool is_client)
{
    memset(m, 0, sizeof *m);
    m->is_client = is_client;
    return is_client ? NmrRegisterClient(&client, m, &m->handle) : NmrRegisterProvider(&provider, m, &m->handle);
}

static void leave(struct module *m)
{
    CHECK_EQ(m->is_client ? NmrDeregisterClient(m->handle) : NmrDeregisterProvider(m->handle), STATUS_PENDING);
    CHECK_EQ(m->is_client ? NmrWaitForClientDeregisterComplete(m->handle) : NmrWaitForProviderDeregisterComplete(m->handle),
             STATUS_SUCCESS);
    CHECK_EQ(m->detaches, m->attaches);
    CHECK_EQ(m->cleanups, m->attaches);
}

static int total_offers(void)
{
    int n = 0;

    for (int i = 0; i < MODULES; i++)
        n += modules[i].offers;
    return n;
}

struct run {
    uint64_t fail_at;
    bool onwards;
    uint64_t allocations;
    int registered;
};

/* Two providers and three clients come and go. A registration that has no memory leaves no trace. */
static void everybody(void *arg)
{
    struct run *run = arg;
    int expected = 0;

    memset(modules, 0, sizeof modules);
    pool_set_fail_at(run->fail_at, run->onwards);
    for (int i = 0; i < MODULES; i++) {
        int offers = total_offers(), partners = 0;
        for (int j = 0; j < i; j++)
            partners += modules[j].handle && modules[j].is_client != (i % 2 == 0);
        NTSTATUS status = enter(&modules[i], i % 2 == 0);
        if (status == STATUS_SUCCESS) {
            run->registered++;
            expected += partners;
            CHECK_EQ(modules[i].attaches, partners);
        } else {
            CHECK_EQ(status, STATUS_INSUFFICIENT_RESOURCES);
            CHECK(!modules[i].handle);
            CHECK_EQ(total_offers(), offers);
        }
    }
    CHECK_EQ(total_offers(), 2 * expected);
    for (int i = 0; i < MODULES; i++)
        if (modules[i].handle)
            leave(&modules[i]);
    run->allocations = pool_fail_count();
    pool_set_fail_at(0, false);
}

static void count_leak(void *context, const struct netio_leak *leak)
{
    ++*(int *)context;
}

/* Besides ring3's own provider, Winsock Kernel. */
static int leaks(void)
{
    int n = -1;

    netio_leaks_walk(0, 0, count_leak, &n);
    return n;
}

static bool every_caller(const void *caller)
{
    return true;
}

static struct run run_with_failure(uint64_t n, bool onwards)
{
    struct ring3_computer *computer = open_computer();
    struct run run = { n, onwards, 0, 0 };
    struct pool_stats before, after;

    pool_get_stats(&before);
    pool_counts = every_caller;
    CHECK(machine_call(everybody, &run));
    pool_counts = NULL;
    pool_get_stats(&after);
    CHECK_EQ(leaks(), 0);
    CHECK_EQ(after.live_blocks, before.live_blocks);
    ring3_close(computer, NULL);
    return run;
}

TEST(every_allocation_may_fail_and_leaves_the_others_attached)
{
    uint64_t n = 1;

    for (;; n++) {
        struct run run = run_with_failure(n, false);
        if (run.allocations < n)
            break;
        CHECK_EQ(run.registered, MODULES - 1);
    }
    CHECK_EQ(n - 1, MODULES + 6);       /* five modules, six pairs */
}

TEST(every_allocation_from_some_point_on_may_fail)
{
    for (uint64_t n = 1; n <= MODULES + 6; n++)
        CHECK(run_with_failure(n, true).registered < MODULES);
}

static void register_and_forget(void *arg)
{
    CHECK_EQ(enter(&modules[0], false), STATUS_SUCCESS);
    CHECK_EQ(enter(&modules[1], true), STATUS_SUCCESS);
}

TEST(a_computer_closes_with_modules_registered)
{
    struct ring3_computer *computer = open_computer();

    CHECK(machine_call(register_and_forget, NULL));
    CHECK_EQ(leaks(), 2);
    ring3_close(computer, NULL);
    CHECK_EQ(modules[0].detaches + modules[1].detaches, 0);
    computer = open_computer();
    CHECK_EQ(leaks(), 0);
    ring3_close(computer, NULL);
}

/* As if the attach callback had been an image of its own. */
static void forget(void *arg)
{
    uint64_t at = *(uint64_t *)arg;

    CHECK(netio_driver_has_left(at - 1, 2));
    netio_driver_gone(at - 1, 2);
    CHECK(!netio_driver_has_left(at - 1, 2));
}

static void leave_other(void *arg)
{
    CHECK_EQ(modules[1].attaches, 1);
    CHECK_EQ(modules[1].detaches, 1);
    CHECK_EQ(modules[1].cleanups, 1);
    leave(&modules[1]);
}

TEST(the_partner_of_a_driver_that_is_gone_is_detached_and_the_driver_not_called)
{
    struct ring3_computer *computer = open_computer();

    CHECK(machine_call(register_and_forget, NULL));
    uint64_t callback = (uint64_t)(uintptr_t)attach_client;
    CHECK(machine_call(forget, &callback));
    CHECK_EQ(modules[0].detaches + modules[0].cleanups, 0);
    CHECK(machine_call(leave_other, NULL));
    CHECK_EQ(leaks(), 0);
    CHECK(nmr_modules.next == nmr_modules.prev);    /* Winsock Kernel alone */
    ring3_close(computer, NULL);
}
