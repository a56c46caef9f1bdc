/* How busy a processor is, as a driver measures it. docs: ndis/nf-ndis-ndisgetcurrentprocessorcounts */
#define NDIS630 1
#include <ndis.h>
#include "testing.h"

/* The percentage between two pairs of counts. */
static ULONG Usage(const ULONG *before, const ULONG *after)
{
    return 100 - 100 * (after[0] - before[0]) / (after[1] - before[1]);
}

TEST_CASE(a_processor_that_waits_is_idle)
{
    ULONG before[2], after[2], index, other;
    KAFFINITY affinity = KeSetSystemAffinityThreadEx(1);

    NdisGetCurrentProcessorCounts(&before[0], &before[1], &index);
    NdisMSleep(2000000);
    NdisGetCurrentProcessorCounts(&after[0], &after[1], &other);
    KeRevertToUserAffinityThreadEx(affinity);
    EXPECT_EQ(index, 0);
    EXPECT_EQ(other, 0);
    REQUIRE(after[1] > before[1]);
    EXPECT(Usage(before, after) <= 20);
}

TEST_CASE(a_processor_that_works_is_busy)
{
    ULONG before[2], after[2], index;
    KAFFINITY affinity = KeSetSystemAffinityThreadEx(1);

    NdisGetCurrentProcessorCounts(&before[0], &before[1], &index);
    for (int i = 0; i < 2000; i++)
        KeStallExecutionProcessor(50);
    NdisGetCurrentProcessorCounts(&after[0], &after[1], &index);
    KeRevertToUserAffinityThreadEx(affinity);
    REQUIRE(after[1] > before[1]);
    EXPECT(Usage(before, after) >= 80);
}
