/* Processors, groups, nodes, and small system queries. docs: kernel/processor-group-support */
#include "helpers.h"

TEST_CASE(counts_agree)
{
    KAFFINITY mask;
    ULONG count = KeQueryActiveProcessorCount(&mask), bits = 0;

    EXPECT(count >= 1);
    for (KAFFINITY m = mask; m; m &= m - 1)
        bits++;
    EXPECT_EQ(bits, count);
    EXPECT_EQ(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), count);
    EXPECT_EQ(KeQueryActiveProcessorCountEx(0), count);
    EXPECT_EQ(KeQueryActiveProcessorCountEx(7), 0);
    EXPECT(KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS) >= count);
    EXPECT_EQ(KeQueryActiveGroupCount(), 1);
    EXPECT_EQ(KeQueryGroupAffinity(0), mask);
    EXPECT_EQ(KeQueryActiveProcessors(), mask);
    EXPECT_EQ(KeQueryHighestNodeNumber(), 0);
}

TEST_CASE(numbers_and_indexes_translate)
{
    PROCESSOR_NUMBER number;
    ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);

    for (ULONG i = 0; i < count; i++) {
        EXPECT_EQ(KeGetProcessorNumberFromIndex(i, &number), STATUS_SUCCESS);
        EXPECT_EQ(KeGetProcessorIndexFromNumber(&number), i);
    }
    EXPECT_EQ((ULONG)KeGetProcessorNumberFromIndex(count, &number), (ULONG)STATUS_INVALID_PARAMETER);
    number.Group = 3;
    EXPECT_EQ(KeGetProcessorIndexFromNumber(&number), INVALID_PROCESSOR_INDEX);
    EXPECT(KeGetCurrentProcessorNumberEx(&number) < count);
}

TEST_CASE(relations_fill_the_size_they_ask_for)
{
    ULONG length = 0, again, count = 0;

    EXPECT_EQ((ULONG)KeQueryLogicalProcessorRelationship(NULL, RelationAll, NULL, &length),
              (ULONG)STATUS_INFO_LENGTH_MISMATCH);
    REQUIRE(length != 0);
    PUCHAR buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, length, 'tseT');
    REQUIRE(buffer != NULL);
    again = length;
    EXPECT_EQ(KeQueryLogicalProcessorRelationship(NULL, RelationAll,
                                                  (PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX)buffer, &again), 0);
    EXPECT_EQ(again, length);
    for (ULONG at = 0; at < length;) {
        PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX entry = (PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX)(buffer + at);
        REQUIRE(entry->Size != 0);
        count += entry->Relationship == RelationProcessorCore;
        at += entry->Size;
    }
    EXPECT_EQ(count, KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS));
    ExFreePool(buffer);
}

TEST_CASE(every_relation_can_be_asked_for_alone)
{
    static const LOGICAL_PROCESSOR_RELATIONSHIP kinds[] = { RelationProcessorCore, RelationNumaNode, RelationCache,
        RelationProcessorPackage, RelationGroup, RelationProcessorDie, RelationNumaNodeEx };

    for (int i = 0; i < (int)(sizeof kinds / sizeof kinds[0]); i++) {
        ULONG length = 0;
        EXPECT_EQ((ULONG)KeQueryLogicalProcessorRelationship(NULL, kinds[i], NULL, &length),
                  (ULONG)STATUS_INFO_LENGTH_MISMATCH);
        EXPECT(length != 0);
    }
}

TEST_CASE(an_affinity_set_at_dispatch_level_counts_when_irql_falls)
{
    ULONG here, there;
    KIRQL old;

    if (KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) < 2)
        SKIP("one processor");
    EXPECT_EQ(KeSetSystemAffinityThreadEx(1), 0);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(KeSetSystemAffinityThreadEx(2), 1);
    here = KeGetCurrentProcessorNumberEx(NULL);
    KeLowerIrql(old);
    there = KeGetCurrentProcessorNumberEx(NULL);
    KeRevertToUserAffinityThreadEx(0);
    EXPECT_EQ(here, 0);
    EXPECT_EQ(there, 1);
}

TEST_CASE(an_affinity_with_processors_that_are_not_there_changes_nothing)
{
    KAFFINITY active = KeQueryActiveProcessors(), beyond = active + 1;

    if (!beyond)
        SKIP("every bit is a processor");
    EXPECT_EQ(KeSetSystemAffinityThreadEx(beyond), 0);
    EXPECT_EQ(KeSetSystemAffinityThreadEx(beyond | 1), 0);
    EXPECT_EQ(KeSetSystemAffinityThreadEx(1), 0);
    EXPECT_EQ(KeSetSystemAffinityThreadEx(beyond | 1), 1);
    KeRevertToUserAffinityThreadEx(0);
}

static LONG Started, Completed;

static void NTAPI Change(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status)
{
    if (change->State == KeProcessorAddStartNotify)
        Started++;
    if (change->State == KeProcessorAddCompleteNotify)
        Completed++;
}

TEST_CASE(existing_processors_are_announced)
{
    LONG count = (LONG)KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);

    Started = Completed = 0;
    PVOID handle = KeRegisterProcessorChangeCallback(Change, NULL, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    REQUIRE(handle != NULL);
    EXPECT_EQ(Started, count);
    EXPECT_EQ(Completed, count);
    KeDeregisterProcessorChangeCallback(handle);
}

TEST_CASE(the_version_is_windows_10)
{
    ULONG major, minor, build;

    PsGetVersion(&major, &minor, &build, NULL);
    EXPECT_EQ(major, 10);
    EXPECT_EQ(minor, 0);
    EXPECT(build >= 10240);
    EXPECT(SharedUserData->NtMajorVersion == 10);
    EXPECT_EQ(SharedUserData->ActiveProcessorCount, KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS));
    EXPECT_EQ(SharedUserData->ProcessorFeatures[PF_COMPARE_EXCHANGE128], TRUE);
    for (ULONG i = 0; i < PROCESSOR_FEATURE_MAX; i++)
        EXPECT_EQ(SharedUserData->ProcessorFeatures[i], ExIsProcessorFeaturePresent(i));
}

TEST_CASE(uuids_are_random_and_well_formed)
{
    GUID a, b;

    EXPECT_EQ(ExUuidCreate(&a), STATUS_SUCCESS);
    EXPECT_EQ(ExUuidCreate(&b), STATUS_SUCCESS);
    EXPECT(!RtlEqualMemory(&a, &b, sizeof a));
    EXPECT_EQ(a.Data3 >> 12, 4);
    EXPECT_EQ(a.Data4[0] >> 6, 2);
}

TEST_CASE(processor_features_include_what_x64_promises)
{
    EXPECT(ExIsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
    EXPECT(ExIsProcessorFeaturePresent(PF_COMPARE_EXCHANGE128));
    EXPECT(!ExIsProcessorFeaturePresent(60));
}

static void NTAPI OnBigStack(PVOID parameter)
{
    volatile UCHAR buffer[20000];

    buffer[0] = 1;
    buffer[19999] = 2;
    *(LONG *)parameter = buffer[0] + buffer[19999];
}

TEST_CASE(a_callout_gets_the_stack_it_asks_for)
{
    LONG result = 0;

    EXPECT_EQ(KeExpandKernelStackAndCallout(OnBigStack, &result, 32768), STATUS_SUCCESS);
    EXPECT_EQ(result, 3);
    EXPECT((LONG)KeExpandKernelStackAndCallout(OnBigStack, &result, MAXIMUM_EXPANSION_SIZE + 1) < 0);
}

TEST_CASE(system_routines_are_found_by_name)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, L"KeSetEvent");
    LONG (NTAPI *set)(PRKEVENT, KPRIORITY, BOOLEAN) = MmGetSystemRoutineAddress(&name);
    REQUIRE(set != NULL);
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    set(&event, 0, FALSE);
    EXPECT(KeReadStateEvent(&event) != 0);
    RtlInitUnicodeString(&name, L"KeNoSuchThing");
    EXPECT(MmGetSystemRoutineAddress(&name) == NULL);
}

TEST_CASE(the_silo_of_a_system_thread_is_the_hosts)
{
    EXPECT(PsIsHostSilo(PsGetCurrentSilo()));
    EXPECT(PsIsHostSilo(PsGetCurrentServerSilo()));
}
