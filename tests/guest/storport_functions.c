/* Storport's functions as a miniport calls them: drivers/storcheck calls them in its own context, and answers with the line of the
 * first promise that was not kept. run after: storcheck
 * run with: --root-device=ROOT\STORCHECK */
#include "storcheck_helpers.h"

static void run_check(ULONG check)
{
    EXPECT_EQ(storcheck(STORCHECK_CODE_RUN, check, 0).Result, 0);
}

TEST_CASE(pool_is_given_and_taken)
{
    run_check(StorCheckPool);
}

TEST_CASE(mdls_describe_memory_in_lists)
{
    run_check(StorCheckMdl);
}

TEST_CASE(contiguous_memory_has_the_addresses_it_says)
{
    run_check(StorCheckContiguous);
}

TEST_CASE(timers_fire_once_and_can_be_taken_back)
{
    run_check(StorCheckTimers);
}

TEST_CASE(locks_raise_irql_and_nest_in_their_order)
{
    run_check(StorCheckLocks);
}

TEST_CASE(lists_give_back_what_was_put_in)
{
    run_check(StorCheckLists);
}

TEST_CASE(events_wake_and_time_out)
{
    run_check(StorCheckEvents);
}

TEST_CASE(a_dpc_is_queued_once_and_can_be_cancelled)
{
    run_check(StorCheckDpc);
}

TEST_CASE(a_thread_runs_where_it_wants_and_ends)
{
    run_check(StorCheckThreads);
}

TEST_CASE(processors_groups_and_nodes_are_known)
{
    run_check(StorCheckProcessors);
}

TEST_CASE(registry_values_come_back)
{
    run_check(StorCheckRegistry);
}

TEST_CASE(values_of_the_adapters_key_come_back)
{
    run_check(StorCheckAdapterKey);
}

TEST_CASE(performance_options_are_offered_by_version)
{
    run_check(StorCheckPerformance);
}

TEST_CASE(the_adapter_knows_its_devices_and_number)
{
    run_check(StorCheckSystem);
}

TEST_CASE(logs_take_what_they_get)
{
    run_check(StorCheckLogs);
}

TEST_CASE(missing_hardware_is_said_to_be_missing)
{
    run_check(StorCheckMissing);
}

TEST_CASE(a_request_shows_its_buffer_and_its_length)
{
    run_check(StorCheckRequest);
}

TEST_CASE(queues_are_paused_and_resumed_by_address)
{
    run_check(StorCheckQueues);
}

TEST_CASE(power_of_what_is_not_registered_is_refused)
{
    run_check(StorCheckPower);
}

TEST_CASE(settings_are_refused_at_the_wrong_time)
{
    run_check(StorCheckSettings);
}

TEST_CASE(memory_is_lent_to_the_device)
{
    run_check(StorCheckHostMemory);
}
