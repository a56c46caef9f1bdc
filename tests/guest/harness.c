/* The harness that all guest tests stand on. */
#include "testing.h"

static ULONG SetupRuns;

TEST_SETUP(count_setups)
{
    SetupRuns++;
}

TEST_TEARDOWN(say_goodbye)
{
    DbgPrint("teardown\n");
}

TEST_CASE(setup_has_run_once_before_the_first_case)
{
    EXPECT_EQ(SetupRuns, 1);
}

TEST_CASE(cases_start_at_passive_level_in_a_system_thread)
{
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(TestDriverObject != NULL);
    EXPECT(PsIsSystemThread(PsGetCurrentThread()));
}

TEST_CASE(the_registry_path_is_the_service_key)
{
    UNICODE_STRING prefix = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\");

    REQUIRE(TestRegistryPath != NULL);
    EXPECT(RtlPrefixUnicodeString(&prefix, TestRegistryPath, TRUE));
}

TEST_CASE(a_check_says_whether_it_held)
{
    EXPECT(TestCheck(TRUE, __FILE__, __LINE__, "unused"));
    EXPECT(TestCheckEqual(7, 7, __FILE__, __LINE__, "unused"));
}

TEST_CASE_THAT_STOPS(a_case_may_stop_the_system, 0x000000E2)
{
    KeBugCheckEx(0x000000E2, 1, 2, 3, 4);
}
