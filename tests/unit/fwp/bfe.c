/* The engine's life: who is told, what calls answer, which objects and filters there are in each state, and what the store keeps. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fwpmk.h>
#include <fwpsk.h>

#include "base/error.h"
#include "fwp/event.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "fwp/object.h"
#include "fwp/policy.h"
#include "fwp/store.h"
#include "host/file.h"
#include "machine/machine.h"
#include "nt/cm.h"
#include "nt/ke_wait.h"
#include "nt/ps.h"
#include "ring3.h"
#include "unit.h"

#define LAYER FWPS_LAYER_ALE_AUTH_CONNECT_V4
#define STORE(text) FWP_STORE_HEAD "\n" text

static WCHAR name[] = { 'b', 0 };
static WCHAR service[] = { 'g', 'u', 'a', 'r', 'd', 0 };
static char device;
static const GUID a_key = { 0x7b0d2f21, 1, 1, { 1 } }, b_key = { 0x7b0d2f22, 2, 2, { 2 } }, c_key = { 0x7b0d2f23, 3, 3, { 3 } };

static bool blocked(UINT16 port)
{
    const struct fwp_layer *layer = fwp_layer_of(LAYER);
    FWPS_INCOMING_VALUE0 value[64] = { 0 };
    FWPS_INCOMING_VALUES0 values = { layer->id, layer->field_count, value };
    struct fwp_verdict verdict = { 0 };

    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].value = (FWP_VALUE0){ .type = FWP_UINT16, .uint16 = port };
    fwp_classify(&values, NULL, NULL, &verdict);
    return verdict.action == FWP_ACTION_BLOCK;
}

static NTSTATUS add_block(HANDLE engine, UINT16 port, UINT32 flags, const GUID *key, const GUID *provider)
{
    const struct fwp_layer *layer = fwp_layer_of(LAYER);
    FWPM_FILTER_CONDITION0 condition = { .fieldKey = layer->fields[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].key,
                                         .conditionValue = { .type = FWP_UINT16, .uint16 = port } };
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = layer->key, .action = { .type = FWP_ACTION_BLOCK },
                            .flags = flags, .numFilterConditions = 1, .filterCondition = &condition, .providerKey = (GUID *)provider };

    if (key)
        filter.filterKey = *key;
    return FwpmFilterAdd0(engine, &filter, NULL, NULL);
}

static HANDLE opened(UINT32 flags)
{
    FWPM_SESSION0 session = { .flags = flags };
    HANDLE engine = NULL;

    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, &engine), STATUS_SUCCESS);
    return engine;
}

static void run_inside(void (*run)(void *))
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_ERROR;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    CHECK(machine_call(run, computer));
    ring3_close(computer, NULL);
}

/* --- the state --------------------------------------------------------------------------------------------------------------------- */

static FWPM_SERVICE_STATE heard[8];
static bool open_then[8];
static unsigned heard_count;

static VOID NTAPI hear(VOID *context, FWPM_SERVICE_STATE state)
{
    HANDLE engine;
    NTSTATUS status = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &engine);

    CHECK(context == &device);
    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    CHECK_EQ(state, FwpmBfeStateGet0());
    CHECK(NT_SUCCESS(status) == (state == FWPM_SERVICE_RUNNING));
    open_then[heard_count] = NT_SUCCESS(status);
    heard[heard_count++] = state;
    if (NT_SUCCESS(status))
        FwpmEngineClose0(engine);
}

static void states(void *unused)
{
    static const FWPM_SERVICE_STATE expected[] = { FWPM_SERVICE_STOP_PENDING, FWPM_SERVICE_STOPPED, FWPM_SERVICE_START_PENDING,
                                                   FWPM_SERVICE_RUNNING };
    HANDLE change;

    CHECK_EQ(FwpmBfeStateGet0(), FWPM_SERVICE_RUNNING);
    CHECK_EQ(FwpmBfeStateSubscribeChanges0(NULL, hear, &device, &change), STATUS_INVALID_PARAMETER);
    CHECK_EQ(FwpmBfeStateSubscribeChanges0(&device, hear, &device, &change), STATUS_SUCCESS);
    CHECK_EQ(heard_count, 0);
    CHECK(!fwp_bfe_start());
    CHECK(fwp_bfe_stop());
    CHECK(!fwp_bfe_stop());
    CHECK_STR(error_text(), "the filter engine is stopped");
    CHECK(fwp_bfe_start());
    CHECK_EQ(heard_count, 4);
    CHECK(!memcmp(heard, expected, sizeof expected));
    CHECK(!open_then[0] && !open_then[1] && !open_then[2] && open_then[3]);
    CHECK_EQ(FwpmBfeStateUnsubscribeChanges0(change), STATUS_SUCCESS);
    CHECK_EQ(FwpmBfeStateUnsubscribeChanges0(change), STATUS_INVALID_HANDLE);
    CHECK(fwp_bfe_stop());
    CHECK_EQ(heard_count, 4);
}

TEST(subscribers_are_told_of_every_state)
{
    run_inside(states);
}

static void at_times(void *computer)
{
    CHECK(ring3_set_filter_engine(computer, "stopped,start=20ms,stop=50ms"));
    CHECK_EQ(FwpmBfeStateGet0(), FWPM_SERVICE_STOPPED);
    CHECK_EQ(ring3_run(computer, 10000000), RING3_END_TIME);
    CHECK_EQ(FwpmBfeStateGet0(), FWPM_SERVICE_STOPPED);
    CHECK_EQ(ring3_run(computer, 20000000), RING3_END_TIME);
    CHECK_EQ(FwpmBfeStateGet0(), FWPM_SERVICE_RUNNING);
    CHECK_EQ(ring3_run(computer, 30000000), RING3_END_TIME);
    CHECK_EQ(FwpmBfeStateGet0(), FWPM_SERVICE_STOPPED);
    CHECK(!ring3_set_filter_engine(computer, "running"));
    CHECK_STR(ring3_error(), "the filter engine's life is given already");
    CHECK(!ring3_set_filter_engine(computer, "late"));
    CHECK(!ring3_set_filter_engine(computer, "running,start=soon"));
    CHECK(!ring3_set_filter_engine(computer, "running,color=red"));
}

TEST(the_engine_starts_and_stops_when_the_command_line_says_so)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    at_times(computer);
    ring3_close(computer, NULL);
}

static int misuses;
static HANDLE own_change;

static void listen(const struct fwp_event *event)
{
    misuses += event->kind == FWP_EVENT_MISUSE;
}

static VOID NTAPI unsubscribe_itself(VOID *context, FWPM_SERVICE_STATE state)
{
    heard_count++;
    CHECK_EQ(FwpmBfeStateUnsubscribeChanges0(own_change), STATUS_SUCCESS);
}

static void from_within(void *unused)
{
    CHECK_EQ(FwpmBfeStateSubscribeChanges0(&device, unsubscribe_itself, NULL, &own_change), STATUS_SUCCESS);
    fwp_event_sink = listen;
    fwp_event_mask = 1u << FWP_EVENT_MISUSE;
    CHECK(fwp_bfe_stop());
    CHECK_EQ(heard_count, 1);
    CHECK_EQ(misuses, 1);
    fwp_event_mask = 0;
}

TEST(a_subscription_that_is_ended_from_its_own_callback_is_a_misuse_and_ends)
{
    run_inside(from_within);
}

/* --- sessions ------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS waited;
static HANDLE waiting_session;

static VOID NTAPI wait_for_lock(PVOID unused)
{
    waited = FwpmTransactionBegin0(waiting_session, 0);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void sessions(void *unused)
{
    HANDLE plain = opened(0), dynamic = opened(FWPM_SESSION_FLAG_DYNAMIC), thread, enumeration, engine;
    FWPM_FILTER0 **filters;
    UINT32 count;

    CHECK_EQ(add_block(plain, 1, 0, &a_key, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterCreateEnumHandle0(plain, NULL, &enumeration), STATUS_SUCCESS);
    CHECK_EQ(FwpmTransactionBegin0(dynamic, 0), STATUS_SUCCESS);
    CHECK_EQ(add_block(dynamic, 2, 0, &b_key, NULL), STATUS_SUCCESS);
    waiting_session = opened(0);
    CHECK_EQ(PsCreateSystemThread(&thread, 0, NULL, NULL, NULL, wait_for_lock, NULL), STATUS_SUCCESS);
    LARGE_INTEGER while_waiting = { .QuadPart = -10000 };
    KeDelayExecutionThread(KernelMode, FALSE, &while_waiting);
    CHECK(fwp_bfe_stop());
    KeDelayExecutionThread(KernelMode, FALSE, &while_waiting);
    CHECK_EQ(waited, STATUS_FWP_SESSION_ABORTED);
    ZwClose(thread);
    CHECK_EQ(FwpmTransactionCommit0(dynamic), STATUS_FWP_SESSION_ABORTED);
    CHECK_EQ(FwpmTransactionAbort0(dynamic), STATUS_FWP_SESSION_ABORTED);
    CHECK_EQ(add_block(plain, 3, 0, NULL, NULL), STATUS_FWP_SESSION_ABORTED);
    CHECK_EQ(FwpmFilterEnum0(plain, enumeration, 1, &filters, &count), STATUS_FWP_SESSION_ABORTED);
    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &engine), EPT_NT_NOT_REGISTERED);
    CHECK(fwp_bfe_start());
    CHECK_EQ(add_block(plain, 3, 0, NULL, NULL), STATUS_FWP_SESSION_ABORTED);
    CHECK_EQ(FwpmEngineClose0(plain), STATUS_SUCCESS);
    CHECK_EQ(FwpmEngineClose0(plain), STATUS_INVALID_HANDLE);
    CHECK_EQ(FwpmEngineClose0(dynamic), STATUS_SUCCESS);
    CHECK_EQ(FwpmEngineClose0(waiting_session), STATUS_SUCCESS);
    CHECK(!blocked(1) && !blocked(2) && !blocked(3));
}

TEST(sessions_are_aborted_when_the_engine_stops)
{
    run_inside(sessions);
}

/* --- lifetimes ------------------------------------------------------------------------------------------------------------------------ */

static bool there(HANDLE engine, const GUID *key)
{
    FWPM_FILTER0 *filter;

    if (FwpmFilterGetByKey0(engine, key, &filter) != STATUS_SUCCESS)
        return false;
    FwpmFreeMemory0((void **)&filter);
    return true;
}

static void lifetimes(void *unused)
{
    HANDLE engine = opened(0), dynamic = opened(FWPM_SESSION_FLAG_DYNAMIC);
    static const GUID d_key = { 0x7b0d2f24, 4, 4, { 4 } };

    CHECK_EQ(add_block(dynamic, 1, 0, &a_key, NULL), STATUS_SUCCESS);
    CHECK_EQ(add_block(engine, 2, 0, &b_key, NULL), STATUS_SUCCESS);
    CHECK_EQ(add_block(engine, 3, FWPM_FILTER_FLAG_PERSISTENT, &c_key, NULL), STATUS_SUCCESS);
    CHECK_EQ(add_block(engine, 4, FWPM_FILTER_FLAG_BOOTTIME, &d_key, NULL), STATUS_SUCCESS);
    CHECK(blocked(1) && blocked(2) && blocked(3) && !blocked(4));
    CHECK(fwp_bfe_stop());
    CHECK(!blocked(1) && !blocked(2) && !blocked(3) && !blocked(4));
    CHECK(fwp_bfe_start());
    CHECK(!blocked(1) && !blocked(2) && blocked(3) && !blocked(4));
    FwpmEngineClose0(engine);
    FwpmEngineClose0(dynamic);
    engine = opened(0);
    CHECK(!there(engine, &a_key) && !there(engine, &b_key) && there(engine, &c_key) && there(engine, &d_key));
    CHECK_EQ(FwpmFilterDeleteByKey0(engine, &c_key), STATUS_SUCCESS);
    FwpmEngineClose0(engine);
    CHECK(fwp_bfe_stop());
    CHECK(fwp_bfe_start());
    CHECK(!blocked(3));
}

TEST(only_persistent_objects_come_back_when_the_engine_starts_again)
{
    run_inside(lifetimes);
}

/* --- boot --------------------------------------------------------------------------------------------------------------------------------- */

static char store_path[40];

static void make_store(const char *text)
{
    strcpy(store_path, "/tmp/fwp-bfe-XXXXXX");
    int file = mkstemp(store_path);

    CHECK(file >= 0);
    CHECK_EQ(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static bool never_neither = true;

static VOID NTAPI look(VOID *context, FWPM_SERVICE_STATE state)
{
    bool boot = blocked(23), persistent = blocked(24);

    never_neither &= blocked(25);
    CHECK(state == FWPM_SERVICE_START_PENDING ? boot && !persistent : !boot && persistent);
    heard_count++;
}

static const char two_filters[] = STORE(
    "# port 25: boot-time and persistent\n"
    "filter {7b0d2f30-0000-0000-0000-000000000001}\n  name \"boot\"\n  flags 2\n  layer ALE_AUTH_CONNECT_V4\n  action block\n"
    "  condition IP_REMOTE_PORT EQUAL UINT16 23\n  condition IP_REMOTE_PORT EQUAL UINT16 25\n\n"
    "filter {7b0d2f30-0000-0000-0000-000000000002}\n  name \"run\"\n  flags 1\n  layer ALE_AUTH_CONNECT_V4\n  action block\n"
    "  condition IP_REMOTE_PORT RANGE RANGE UINT16 24 UINT16 25\n");

static void boot(void *unused)
{
    HANDLE change;

    CHECK(fwp_bfe_boot(store_path, false));
    CHECK(blocked(23) && !blocked(24) && blocked(25));
    CHECK_EQ(FwpmBfeStateSubscribeChanges0(&device, look, NULL, &change), STATUS_SUCCESS);
    CHECK(fwp_bfe_start());
    CHECK_EQ(heard_count, 2);
    CHECK(never_neither);
    CHECK_EQ(FwpmBfeStateUnsubscribeChanges0(change), STATUS_SUCCESS);
    CHECK(!blocked(23) && blocked(24) && blocked(25));
    CHECK(fwp_bfe_stop());
    CHECK(!blocked(23) && !blocked(24) && !blocked(25));
}

TEST(boot_time_filters_are_enforced_until_the_engine_runs_and_persistent_ones_from_then_on)
{
    make_store(two_filters);
    run_inside(boot);
    unlink(store_path);
}

static void first_run(void *unused)
{
    HANDLE engine;

    CHECK(fwp_bfe_boot(store_path, true));
    engine = opened(0);
    CHECK_EQ(add_block(engine, 23, FWPM_FILTER_FLAG_BOOTTIME, &a_key, NULL), STATUS_SUCCESS);
    CHECK_EQ(add_block(engine, 24, FWPM_FILTER_FLAG_PERSISTENT, &b_key, NULL), STATUS_SUCCESS);
    CHECK_EQ(add_block(engine, 26, 0, &c_key, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmTransactionBegin0(engine, 0), STATUS_SUCCESS);
    CHECK_EQ(add_block(engine, 27, FWPM_FILTER_FLAG_PERSISTENT, NULL, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmTransactionAbort0(engine), STATUS_SUCCESS);
    FwpmEngineClose0(engine);
}

static void second_run(void *unused)
{
    CHECK(fwp_bfe_boot(store_path, false));
    CHECK(blocked(23) && !blocked(24) && !blocked(26) && !blocked(27));
    CHECK(fwp_bfe_start());
    CHECK(!blocked(23) && blocked(24) && !blocked(26) && !blocked(27));
}

TEST(what_is_persistent_outlives_the_computer_in_a_file)
{
    make_store("");
    unlink(store_path);
    run_inside(first_run);
    run_inside(second_run);
    unlink(store_path);
}

static void nowhere(void *unused)
{
    HANDLE engine;

    CHECK(fwp_bfe_boot("/nonexistent/store", true));
    engine = opened(0);
    CHECK_EQ(add_block(engine, 24, FWPM_FILTER_FLAG_PERSISTENT, &b_key, NULL), STATUS_IO_DEVICE_ERROR);
    CHECK(!blocked(24) && !there(engine, &b_key));
    CHECK_EQ(add_block(engine, 25, 0, NULL, NULL), STATUS_SUCCESS);
    CHECK(blocked(25));
    FwpmEngineClose0(engine);
}

TEST(a_persistent_object_that_cannot_be_kept_is_not_added)
{
    run_inside(nowhere);
}

static UINT32 enumerated(HANDLE engine, UINT32 flags)
{
    FWPM_FILTER_ENUM_TEMPLATE0 template = { .actionMask = 0xffffffff, .flags = flags };
    FWPM_FILTER0 **filters;
    HANDLE handle;
    UINT32 count;

    CHECK_EQ(FwpmFilterCreateEnumHandle0(engine, &template, &handle), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterEnum0(engine, handle, 100, &filters, &count), STATUS_SUCCESS);
    FwpmFreeMemory0((void **)&filters);
    CHECK_EQ(FwpmFilterDestroyEnumHandle0(engine, handle), STATUS_SUCCESS);
    return count;
}

/* --- callouts ------------------------------------------------------------------------------------------------------------------------------- */

static int added, deleted;
static bool refuse;

static VOID NTAPI block_all(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                            const FWPS_FILTER0 *filter, UINT64 context, FWPS_CLASSIFY_OUT0 *out)
{
    out->actionType = FWP_ACTION_BLOCK;
}

static NTSTATUS NTAPI count_filters(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, const FWPS_FILTER0 *filter)
{
    if (type == FWPS_CALLOUT_NOTIFY_ADD_FILTER && refuse)
        return STATUS_ACCESS_DENIED;
    added += type == FWPS_CALLOUT_NOTIFY_ADD_FILTER;
    deleted += type == FWPS_CALLOUT_NOTIFY_DELETE_FILTER;
    return STATUS_SUCCESS;
}

static void callouts(void *unused)
{
    FWPS_CALLOUT0 functions = { .calloutKey = a_key, .classifyFn = block_all, .notifyFn = count_filters };
    const struct fwp_layer *layer = fwp_layer_of(LAYER);
    FWPM_CALLOUT0 callout = { .calloutKey = a_key, .displayData = { name, NULL }, .flags = FWPM_CALLOUT_FLAG_PERSISTENT,
                              .applicableLayer = layer->key };
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = layer->key, .flags = FWPM_FILTER_FLAG_PERSISTENT,
                            .action = { .type = FWP_ACTION_CALLOUT_TERMINATING, .calloutKey = a_key } };
    HANDLE engine = opened(0);
    UINT32 id, again;

    CHECK_EQ(FwpmCalloutAdd0(engine, &callout, NULL, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterAdd0(engine, &filter, NULL, NULL), STATUS_SUCCESS);
    FwpmEngineClose0(engine);
    CHECK(fwp_bfe_stop());
    CHECK_EQ(FwpsCalloutRegister0(&device, &functions, &id), STATUS_SUCCESS);      /* at any time */
    CHECK(!blocked(1));
    CHECK(fwp_bfe_start());
    CHECK_EQ(added, 1);
    CHECK(blocked(1));
    engine = opened(0);
    callout.flags = 0;
    CHECK_EQ(FwpmCalloutAdd0(engine, &callout, NULL, &again), STATUS_FWP_ALREADY_EXISTS);
    FwpmEngineClose0(engine);
    CHECK(fwp_bfe_stop());
    CHECK_EQ(deleted, 1);
    CHECK(!blocked(1));
    refuse = true;
    CHECK(fwp_bfe_start());
    CHECK_EQ(added, 1);
    CHECK(!blocked(1));
    engine = opened(0);
    CHECK_EQ(enumerated(engine, 0), 0);
    CHECK_EQ(enumerated(engine, FWP_FILTER_ENUM_FLAG_INCLUDE_DISABLED), 1);
    FwpmEngineClose0(engine);
    refuse = false;
    CHECK(fwp_bfe_stop());
    CHECK(fwp_bfe_start());
    CHECK_EQ(added, 2);
    CHECK(blocked(1));
    CHECK_EQ(deleted, 1);
    CHECK_EQ(FwpsCalloutUnregisterById0(id), STATUS_SUCCESS);
    CHECK(blocked(1));                  /* as a filter whose callout is not registered */
}

TEST(registered_callouts_hear_of_the_filters_that_come_and_go_with_the_engine)
{
    run_inside(callouts);
}

/* --- providers that are switched off ------------------------------------------------------------------------------------------------------ */

static UINT32 provider_flags(HANDLE engine, const GUID *key)
{
    FWPM_PROVIDER0 *provider;
    UINT32 flags;

    CHECK_EQ(FwpmProviderGetByKey0(engine, key, &provider), STATUS_SUCCESS);
    flags = provider->flags;
    FwpmFreeMemory0((void **)&provider);
    return flags;
}

static void restart(HANDLE *engine)
{
    FwpmEngineClose0(*engine);
    CHECK(fwp_bfe_stop());
    CHECK(fwp_bfe_start());
    *engine = opened(0);
}

static void providers(void *unused)
{
    FWPM_PROVIDER0 with = { .providerKey = a_key, .displayData = { name, NULL }, .flags = FWPM_PROVIDER_FLAG_PERSISTENT,
                            .serviceName = service };
    FWPM_PROVIDER0 without = { .providerKey = b_key, .displayData = { name, NULL }, .flags = FWPM_PROVIDER_FLAG_PERSISTENT };
    struct cm_key *key = cm_key(NULL, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\guard", true);
    HANDLE engine = opened(0);

    CHECK_EQ(FwpmProviderAdd0(engine, &with, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmProviderAdd0(engine, &without, NULL), STATUS_SUCCESS);
    CHECK_EQ(add_block(engine, 1, FWPM_FILTER_FLAG_PERSISTENT, NULL, &a_key), STATUS_SUCCESS);
    CHECK_EQ(add_block(engine, 2, FWPM_FILTER_FLAG_PERSISTENT, NULL, &b_key), STATUS_SUCCESS);
    CHECK(blocked(1) && blocked(2));
    CHECK(cm_set_dword(key, "Start", 3));
    restart(&engine);
    CHECK(!blocked(1) && blocked(2));
    CHECK_EQ(provider_flags(engine, &a_key), FWPM_PROVIDER_FLAG_PERSISTENT | FWPM_PROVIDER_FLAG_DISABLED);
    CHECK_EQ(provider_flags(engine, &b_key), FWPM_PROVIDER_FLAG_PERSISTENT);
    CHECK_EQ(enumerated(engine, 0), 1);
    CHECK_EQ(enumerated(engine, FWP_FILTER_ENUM_FLAG_INCLUDE_DISABLED), 2);
    CHECK(cm_set_dword(key, "Start", 2));
    restart(&engine);
    CHECK(blocked(1) && blocked(2));
    CHECK_EQ(provider_flags(engine, &a_key), FWPM_PROVIDER_FLAG_PERSISTENT);
    fwp_policy.providers_need_service = true;
    restart(&engine);
    CHECK(blocked(1) && !blocked(2));
    FwpmEngineClose0(engine);
}

TEST(filters_of_a_provider_whose_service_does_not_start_are_disabled)
{
    run_inside(providers);
}
