#define UNIT_LIBRARY_BYTES 2048         /* lwIP keeps its timers, libslirp a table */
#include "ring3.h"
#include "unit.h"

static struct ring3_computer *open_computer(void)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    return ring3_open(&config);
}

TEST(a_computer_opens_runs_and_closes_twice)
{
    for (int n = 0; n < 2; n++) {
        struct ring3_report report;
        struct ring3_computer *computer = open_computer();
        CHECK(computer);
        CHECK_EQ(ring3_run(computer, 1000000000), RING3_END_TIME);
        CHECK(ring3_now(computer) >= 1000000000);
        ring3_close(computer, &report);
        CHECK_EQ(report.findings, 0);
        CHECK(!report.bug_check);
    }
}

TEST(only_one_computer_is_open_at_a_time)
{
    struct ring3_computer *computer = open_computer();

    CHECK(computer);
    CHECK(!open_computer());
    CHECK_CONTAINS(ring3_error(), "open already");
    ring3_close(computer, NULL);
}

TEST(what_cannot_be_is_refused_in_words)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.cpus = 65;
    CHECK(!ring3_open(&config));
    CHECK_CONTAINS(ring3_error(), "65 processors");
    config.cpus = 1;
    config.memory = 4096;
    CHECK(!ring3_open(&config));
    CHECK_CONTAINS(ring3_error(), "memory");
}

TEST(a_shorter_configuration_of_an_older_caller_gets_defaults)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.size = offsetof(struct ring3_config, seeded);
    config.clock = RING3_CLOCK_VIRTUAL;
    config.memory = 1;                  /* beyond what this caller knows */
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    ring3_close(computer, NULL);
}

TEST(cards_and_traffic_are_checked)
{
    struct ring3_computer *computer = open_computer();

    CHECK(!ring3_add_nic(computer, "nosuchwire"));
    CHECK_CONTAINS(ring3_error(), "nosuchwire");
    CHECK(!ring3_add_nic(computer, "null,nosuchkey=1"));
    CHECK_CONTAINS(ring3_error(), "nosuchkey");
    CHECK(!ring3_add_nic(computer, "null,model=ne2000"));
    CHECK_CONTAINS(ring3_error(), "ne2000");
    CHECK(!ring3_add_nic(computer, "slirp"));
    CHECK_CONTAINS(ring3_error(), "real clock");
    CHECK(!ring3_ping(computer, "10.0.2"));
    CHECK(!ring3_ping(computer, "10.0.2.2,count=0"));
    CHECK(!ring3_ping(computer, "10.0.2.2,size=1500"));
    CHECK(!ring3_tcp_send(computer, "10.0.2.2"));
    CHECK(!ring3_tcp_serve(computer, "0"));
    CHECK(!ring3_load(computer, "/nonexistent.sys"));
    CHECK_EQ(ring3_load_failure(computer), RING3_LOAD_FILE);
    CHECK(!ring3_import_registry(computer, "/nonexistent.reg"));
    ring3_close(computer, NULL);
}

TEST(traffic_without_an_interface_gives_up)
{
    struct ring3_computer *computer = open_computer();
    struct ring3_traffic *ping = ring3_ping(computer, "10.0.2.2");
    struct ring3_traffic_info info;

    CHECK_EQ(ring3_run(computer, RING3_UNTIL_IDLE), RING3_END_IDLE);
    ring3_query_traffic(ping, &info);
    CHECK(!info.good && info.finished);
    CHECK_CONTAINS(info.why, "address");
    ring3_close(computer, NULL);
}

TEST(a_card_without_a_driver_counts_nothing)
{
    struct ring3_computer *computer = open_computer();
    struct ring3_nic_info info;

    CHECK(ring3_add_nic(computer, "null"));
    CHECK(ring3_query_nic(computer, 0, &info));
    CHECK_STR(info.driver, "");
    CHECK_STR(info.layer[0].layer, "wire");
    CHECK_EQ(info.layer_count, 4);
    CHECK_STR(info.layer[3].layer, "protocol");
    CHECK(!ring3_query_nic(computer, 1, &info));
    ring3_close(computer, NULL);
}
