/* Threaded DPCs that the registry turns off are ordinary ones. docs: kernel/introduction-to-threaded-dpcs */
#include "helpers.h"

static LONG runs;
static KIRQL seen_irql;

static VOID NTAPI Routine(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    (void)dpc;
    (void)context;
    (void)first;
    (void)second;
    seen_irql = KeGetCurrentIrql();
    InterlockedIncrement(&runs);
}

TEST_CASE(a_threaded_dpc_that_is_turned_off_runs_at_dispatch_level)
{
    ULONG off = 0;
    KDPC dpc;

    REQUIRE(NT_SUCCESS(RtlWriteRegistryValue(RTL_REGISTRY_CONTROL, L"Session Manager\\Kernel", L"ThreadDpcEnable", REG_DWORD, &off,
                                             sizeof(off))));
    KeInitializeThreadedDpc(&dpc, Routine, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    RtlDeleteRegistryValue(RTL_REGISTRY_CONTROL, L"Session Manager\\Kernel", L"ThreadDpcEnable");
    EXPECT_EQ(runs, 1);
    if (seen_irql == PASSIVE_LEVEL)
        SKIP("this system read the value when it started");
    EXPECT_EQ(seen_irql, DISPATCH_LEVEL);
}
