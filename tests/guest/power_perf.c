/* Performance states of components; counters, vectors and SIDs beside them. */
#include <ntifs.h>

#include "helpers.h"
#include "reported_device.h"

TEST_SETUP(report_device)
{
    ReportDevice();
}

static volatile LONG done, failed;
static PKTHREAD done_in;

static VOID NTAPI Done(PVOID context, ULONG component, BOOLEAN succeeded, PVOID request)
{
    EXPECT(context == &pdo && component == 0 && request == &done);
    done_in = KeGetCurrentThread();
    InterlockedIncrement(succeeded ? &done : &failed);
}

static VOID NTAPI Active(PVOID context, ULONG component)
{
    (void)context;
    (void)component;
}

static VOID NTAPI Idle(PVOID context, ULONG component)
{
    (void)context;
    (void)component;
}

static POHANDLE Register(VOID)
{
    static PO_FX_COMPONENT_IDLE_STATE state = { 0, 0, PO_FX_UNKNOWN_POWER };
    PO_FX_DEVICE device = { .Version = PO_FX_VERSION_V1, .ComponentCount = 1, .ComponentActiveConditionCallback = Active,
                            .ComponentIdleConditionCallback = Idle, .DeviceContext = &pdo };
    POHANDLE handle = NULL;

    device.Components[0].IdleStateCount = 1;
    device.Components[0].IdleStates = &state;
    EXPECT_EQ(PoFxRegisterDevice(pdo, &device, &handle), STATUS_SUCCESS);
    return handle;
}

TEST_CASE(a_driver_changes_the_states_it_registered)
{
    static PO_FX_PERF_STATE states[3] = { { 100, NULL }, { 200, NULL }, { 300, NULL } };
    static struct {
        PO_FX_COMPONENT_PERF_INFO info;
        PO_FX_COMPONENT_PERF_SET second;
    } sets;
    PO_FX_PERF_STATE_CHANGE change[2] = { { .Set = 0, .StateIndex = 2 }, { .Set = 1, .StateValue = 55 } };
    POHANDLE handle = Register();
    ULONGLONG now = 99;

    REQUIRE(handle != NULL);
    done = failed = 0;
    sets.info.PerfStateSetsCount = 2;
    sets.info.PerfStateSets[0].Type = PoFxPerfStateTypeDiscrete;
    sets.info.PerfStateSets[0].Discrete.Count = 3;
    sets.info.PerfStateSets[0].Discrete.States = states;
    sets.second.Type = PoFxPerfStateTypeRange;
    sets.second.Range.Minimum = 50;
    sets.second.Range.Maximum = 60;
    EXPECT_EQ(PoFxRegisterComponentPerfStates(handle, 1, PO_FX_FLAG_PERF_PEP_OPTIONAL, Done, &sets.info, NULL),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(PoFxRegisterComponentPerfStates(handle, 0, PO_FX_FLAG_PERF_PEP_OPTIONAL, Done, NULL, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(PoFxRegisterComponentPerfStates(handle, 0, PO_FX_FLAG_PERF_PEP_OPTIONAL, Done, &sets.info, NULL), STATUS_SUCCESS);
    EXPECT_EQ(PoFxQueryCurrentComponentPerfState(handle, 0, 0, 1, &now), STATUS_SUCCESS);
    EXPECT(now >= 50 && now <= 60);

    PoFxIssueComponentPerfStateChange(handle, PO_FX_FLAG_BLOCKING, 0, &change[0], (PVOID)&done);
    EXPECT_EQ(done, 1);
    EXPECT(done_in == KeGetCurrentThread());
    EXPECT_EQ(PoFxQueryCurrentComponentPerfState(handle, 0, 0, 0, &now), STATUS_SUCCESS);
    EXPECT_EQ(now, 2);
    change[0].StateIndex = 1;
    PoFxIssueComponentPerfStateChangeMultiple(handle, PO_FX_FLAG_ASYNC_ONLY, 0, 2, change, (PVOID)&done);
    EVENTUALLY(done == 2);
    EXPECT(done_in != KeGetCurrentThread());
    EXPECT_EQ(PoFxQueryCurrentComponentPerfState(handle, 0, 0, 0, &now), STATUS_SUCCESS);
    EXPECT_EQ(now, 1);
    EXPECT_EQ(PoFxQueryCurrentComponentPerfState(handle, 0, 0, 1, &now), STATUS_SUCCESS);
    EXPECT_EQ(now, 55);
    EXPECT_EQ(PoFxQueryCurrentComponentPerfState(handle, 0, 0, 2, &now), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(PoFxQueryCurrentComponentPerfState(handle, 0, 1, 0, &now), STATUS_INVALID_PARAMETER);
    PoFxUnregisterDevice(handle);
}

TEST_CASE(without_a_plug_in_its_states_are_not_there)
{
    PPO_FX_COMPONENT_PERF_INFO info = NULL;
    POHANDLE handle = Register();

    REQUIRE(handle != NULL);
    EXPECT_EQ(PoFxRegisterComponentPerfStates(handle, 0, 0, Done, NULL, &info), STATUS_NOT_IMPLEMENTED);
    EXPECT(info == NULL);
    EXPECT_EQ(PoFxRegisterCrashdumpDevice(handle), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(PoFxPowerOnCrashdumpDevice(handle, NULL), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(PoFxRegisterCrashdumpDevice(NULL), STATUS_INVALID_PARAMETER);
    PoFxUnregisterDevice(handle);
}

/* ---- correlation vectors ---- */

TEST_CASE(a_correlation_vector_counts_and_grows)
{
    GUID guid = { 0x03020100, 0x0504, 0x0706, { 8, 9, 10, 11, 12, 13, 14, 15 } };
    CORRELATION_VECTOR v;

    EXPECT_EQ((NTSTATUS)RtlInitializeCorrelationVector(&v, RTL_CORRELATION_VECTOR_VERSION_2, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(RtlInitializeCorrelationVector(&v, RTL_CORRELATION_VECTOR_VERSION_2, &guid), STATUS_SUCCESS);
    EXPECT(memcmp(v.Vector, "AAECAwQFBgcICQoLDA0ODw", 22) == 0);
    EXPECT_EQ(RtlValidateCorrelationVector(&v), STATUS_SUCCESS);
    for (ULONG i = 0; i < 10; i++)
        EXPECT_EQ(RtlIncrementCorrelationVector(&v), STATUS_SUCCESS);
    EXPECT(strcmp(v.Vector + 22, ".10") == 0);
    EXPECT_EQ(RtlExtendCorrelationVector(&v), STATUS_SUCCESS);
    EXPECT(strcmp(v.Vector + 22, ".10.0") == 0);
    for (ULONG i = 0; i < 99; i++)
        EXPECT_EQ(RtlIncrementCorrelationVector(&v), STATUS_SUCCESS);
    EXPECT_EQ(RtlIncrementCorrelationVector(&v), STATUS_SUCCESS);
    EXPECT(strcmp(v.Vector + 22, ".10.100") == 0);
    while (NT_SUCCESS(RtlExtendCorrelationVector(&v)))
        ;
    EXPECT_EQ(RtlValidateCorrelationVector(&v), STATUS_SUCCESS);
    EXPECT(strlen(v.Vector) >= 126 && strlen(v.Vector) <= 128);
    v.Vector[22] = 'x';
    EXPECT_EQ((NTSTATUS)RtlValidateCorrelationVector(&v), STATUS_INVALID_PARAMETER);
    EXPECT_EQ((NTSTATUS)RtlIncrementCorrelationVector(&v), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_sid_is_made_of_its_parts)
{
    SID_IDENTIFIER_AUTHORITY nt = { { 0, 0, 0, 0, 0, 5 } };
    UCHAR room[32];
    PSID sid = room;

    EXPECT_EQ(RtlInitializeSidEx(sid, &nt, 2, 32, 544), STATUS_SUCCESS);
    EXPECT(RtlEqualSid(sid, SeExports->SeAliasAdminsSid));
    EXPECT_EQ(RtlInitializeSidEx(sid, &nt, 16, 1), STATUS_INVALID_PARAMETER);
}

TEST_CASE(no_hardware_counter_is_in_use)
{
    HARDWARE_COUNTER counter;
    ULONG count = 9;
    HANDLE handle = (HANDLE)1;

    EXPECT_EQ(KeQueryHardwareCounterConfiguration(&counter, 1, &count), STATUS_SUCCESS);
    EXPECT_EQ(count, 0);
    EXPECT_EQ(KeSetHardwareCounterConfiguration(&counter, 17), STATUS_INVALID_PARAMETER);
    if (HalAllocateHardwareCounters(NULL, 0, NULL, &handle) == STATUS_SUCCESS)
        EXPECT_EQ(HalFreeHardwareCounters(handle), STATUS_SUCCESS);
    else
        EXPECT(handle == NULL);
    EXPECT_EQ(HalAllocateHardwareCounters(NULL, 1, NULL, &handle), STATUS_INVALID_PARAMETER);
    EXPECT(!MmIsRecursiveIoFault());
}

typedef PVOID(NTAPI *PFROM_PAGED)(PPAGED_LOOKASIDE_LIST);
typedef VOID(NTAPI *PTO_PAGED)(PPAGED_LOOKASIDE_LIST, PVOID);

TEST_CASE(the_exports_behind_inline_lookaside_functions_do_the_same)
{
    static PAGED_LOOKASIDE_LIST list;
    UNICODE_STRING take = RTL_CONSTANT_STRING(L"ExAllocateFromPagedLookasideList");
    UNICODE_STRING give = RTL_CONSTANT_STRING(L"ExFreeToPagedLookasideList");
    PFROM_PAGED from = (PFROM_PAGED)MmGetSystemRoutineAddress(&take);
    PTO_PAGED to = (PTO_PAGED)MmGetSystemRoutineAddress(&give);

    REQUIRE(from != NULL && to != NULL);
    ExInitializePagedLookasideList(&list, NULL, NULL, 0, 64, 'tseT', 0);
    PVOID block = from(&list);
    REQUIRE(block != NULL);
    memset(block, 1, 64);
    to(&list, block);
    EXPECT(ExAllocateFromPagedLookasideList(&list) == block);
    ExFreeToPagedLookasideList(&list, block);
    ExDeletePagedLookasideList(&list);
}
