/* ring3 run: a computer with these drivers and cards. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/run.h"

static bool set_parameter(struct run *run, const char *text)
{
    char name[128];
    const char *equals = strchr(text, '=');

    if (!equals || equals == text || (size_t)(equals - text) >= sizeof name)
        return error_set("'%s' is not NAME=VALUE", text);
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = 0;
    return ring3_set_parameter(run->computer, name, equals + 1);
}

/* What the command line says about the computer before a driver is there. */
static int furnish(struct run *run)
{
    for (unsigned i = 0; i < run->addresses.count; i++)
        if (!ring3_set_address(run->computer, i, run->addresses.item[i]))
            return cli_fail(EXIT_USAGE, "--ip: %s", ring3_error());
    for (unsigned i = 0; i < run->name_servers.count; i++)
        if (!ring3_add_name_server(run->computer, run->name_servers.item[i]))
            return cli_fail(EXIT_USAGE, "--dns: %s", ring3_error());
    for (unsigned i = 0; i < run->registries.count; i++)
        if (!ring3_import_registry(run->computer, run->registries.item[i]))
            return cli_fail(EXIT_USAGE, "--reg: %s", ring3_error());
    if (run->bfe && !ring3_set_filter_engine(run->computer, run->bfe))
        return cli_fail(EXIT_USAGE, "--bfe: %s", ring3_error());
    for (unsigned i = 0; i < run->virtuals.count; i++)
        if (!ring3_add_virtual_adapter(run->computer, run->virtuals.item[i]))
            return cli_fail(EXIT_USAGE, "--virtual: %s", ring3_error());
    for (unsigned i = 0; i < run->parameters.count; i++)
        if (!set_parameter(run, run->parameters.item[i]))
            return cli_fail(EXIT_USAGE, "--parameter: %s", ring3_error());
    return EXIT_GOOD;
}

/* The kind is one of those that `name_of` counts up. */
static bool known_kind(const char *spec, const char *(*name_of)(unsigned n, const char **help))
{
    size_t length = strcspn(spec, ":,");
    const char *kind;

    for (unsigned n = 0; (kind = name_of(n, NULL)); n++)
        if (strlen(kind) == length && !memcmp(kind, spec, length))
            return true;
    return false;
}

static int add_cards(struct run *run)
{
    for (unsigned i = 0; i < run->nics.count; i++) {
        char spec[1024];
        bool capture = i == 0 && run->capture;
        snprintf(spec, sizeof spec, capture ? "%s,capture=%s" : "%s", run->nics.item[i], run->capture);
        if (!ring3_add_nic(run->computer, spec))
            return cli_fail(known_kind(spec, ring3_wire_kind) ? EXIT_HOST : EXIT_USAGE, "--nic=%s: %s", spec, ring3_error());
    }
    for (unsigned i = 0; i < run->disks.count; i++)
        if (!ring3_add_disk(run->computer, run->disks.item[i]))
            return cli_fail(known_kind(run->disks.item[i], ring3_disk_kind) ? EXIT_HOST : EXIT_USAGE, "--disk=%s: %s",
                            run->disks.item[i], ring3_error());
    for (unsigned i = 0; i < run->root_devices.count; i++)
        if (!ring3_add_root_device(run->computer, run->root_devices.item[i]))
            return cli_fail(EXIT_USAGE, "--root-device=%s: %s", run->root_devices.item[i], ring3_error());
    return EXIT_GOOD;
}

static bool power_cut(const struct run *run)
{
    struct ring3_report report;

    ring3_query_report(run->computer, &report);
    return report.power_cut;
}

/* How many drivers come before the cards: up to the last filter or intermediate driver, so that it sees every frame. */
static unsigned count_before_cards(struct run *run)
{
    unsigned count = run->cards_first ? 0 : run->drivers.count;

    while (count > 0 && !ring3_is_network_service(run->drivers.item[count - 1]))
        count--;
    return count;
}

static int load_drivers(struct run *run, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        if (!ring3_load(run->computer, run->drivers.item[i])) {
            if (power_cut(run))
                return EXIT_GOOD;       /* while the driver started: the run is over, not wrong */
            static const int codes[] = {
                [RING3_LOAD_FILE] = EXIT_USAGE, [RING3_LOAD_MISSING] = EXIT_MISSING, [RING3_LOAD_DRIVER] = EXIT_FINDINGS,
            };
            return cli_fail(codes[ring3_load_failure(run->computer)], "%s", ring3_error());
        }
    return EXIT_GOOD;
}

/* After the devices that the command line names: what they serve needs no others. */
static int install_root_devices(struct run *run)
{
    return ring3_install_root_devices(run->computer) || power_cut(run) ? EXIT_GOOD : cli_fail(EXIT_FINDINGS, "%s", ring3_error());
}

/* A card that no driver serves is only said; a driver that could not start its card is a failure. */
static bool cards_started(struct run *run)
{
    struct ring3_nic_info nic;
    struct ring3_disk_info disk;
    bool good = true;

    for (unsigned n = 0; ring3_query_nic(run->computer, n, &nic); n++) {
        if (!nic.driver[0])
            cli_fail(0, "no driver serves network card %u (%s on %s)", n, nic.model, nic.wire);
        else if (!nic.started)
            good = cli_fail(0, "%s did not start network card %u: status 0x%08x", nic.driver, n, nic.start_status);
    }
    for (unsigned n = 0; ring3_query_disk(run->computer, n, &disk); n++) {
        if (!disk.driver[0])
            cli_fail(0, "no driver serves disk %u (%s on %s)", n, disk.model, disk.kind);
        else if (!disk.started)
            good = cli_fail(0, "%s did not start disk %u: status 0x%08x", disk.driver, n, disk.start_status);
    }
    return good;
}

static bool start(struct run *run, const struct run_list *list, const char *option,
                  struct ring3_traffic *(*begin)(struct ring3_computer *, const char *))
{
    for (unsigned i = 0; i < list->count; i++) {
        struct ring3_traffic *traffic = begin(run->computer, list->item[i]);
        if (!traffic) {
            cli_fail(EXIT_USAGE, "%s=%s: %s", option, list->item[i], ring3_error());
            return false;
        }
        run->traffic[run->traffic_count++] = traffic;
    }
    return true;
}

static bool start_traffic(struct run *run)
{
    return start(run, &run->echoes, "--udp-echo", ring3_udp_echo) &&
           start(run, &run->serves, "--tcp-serve", ring3_tcp_serve) &&
           start(run, &run->sends, "--tcp-send", ring3_tcp_send) && start(run, &run->pings, "--ping", ring3_ping);
}

static bool traffic_good(struct run *run)
{
    bool good = true;

    for (unsigned i = 0; i < run->traffic_count; i++) {
        struct ring3_traffic_info info;
        ring3_query_traffic(run->traffic[i], &info);
        good &= info.good;
    }
    return good;
}

/* The control socket. One that nobody asked for by name may fail: the run does not need it. */
static int serve_ctl(struct run *run)
{
    if (run->ctl && !strcmp(run->ctl, "off"))
        return EXIT_GOOD;
    if (!run->ctl && (run->config.clock != RING3_CLOCK_REAL || run->config.seeded))
        return EXIT_GOOD;
    if (ring3_serve_ctl(run->computer, run->ctl))
        return EXIT_GOOD;
    if (run->ctl)
        return cli_fail(run->config.clock == RING3_CLOCK_REAL ? EXIT_HOST : EXIT_USAGE, "--ctl: %s", ring3_error());
    log_debug("ctl", "no control socket: %s", ring3_error());
    return EXIT_GOOD;
}

static int work(struct run *run)
{
    struct ring3_report report;
    int code = furnish(run);

    if (code == EXIT_GOOD && !start_traffic(run))
        code = EXIT_USAGE;
    unsigned before = count_before_cards(run);
    if (code == EXIT_GOOD)
        code = load_drivers(run, 0, before);
    if (code == EXIT_GOOD)
        code = add_cards(run);
    if (code == EXIT_GOOD)
        code = load_drivers(run, before, run->drivers.count);
    if (code == EXIT_GOOD)
        code = install_root_devices(run);
    if (code != EXIT_GOOD)
        return code;
    if (run->nbd && !ring3_serve_nbd(run->computer, run->nbd))
        return cli_fail(EXIT_HOST, "--nbd: %s", ring3_error());
    code = serve_ctl(run);
    if (code != EXIT_GOOD)
        return code;
    ring3_query_report(run->computer, &report);
    bool good = report.power_cut || cards_started(run);
    run->end = ring3_run(run->computer, run->has_duration ? run->duration_ns : RING3_UNTIL_IDLE);
    good &= traffic_good(run);
    if (run->adapters)
        run->stack = ring3_describe(run->computer, "adapters", run->json ? "json" : "text");
    if (!run->power_off)
        ring3_shut_down(run->computer);
    else if (!ring3_power_off(run->computer))
        good = cli_fail(0, "--end=shutdown: %s", ring3_error());
    ring3_query_report(run->computer, &report);
    run_report(run, &report);
    free(run->stack);
    return good && !report.findings && !report.bug_check ? EXIT_GOOD : EXIT_FINDINGS;
}

/* The command that repeats this run; a run without a seed gets its clock and processors named. */
static void describe_replay(struct run *run, int argc, char **argv)
{
    size_t at = (size_t)snprintf(run->replay, sizeof run->replay, "ring3 run");

    for (int i = 0; i < argc && at < sizeof run->replay; i++)
        at += (size_t)snprintf(run->replay + at, sizeof run->replay - at,
                               strpbrk(argv[i], " \t'\"\\$*?") ? " '%s'" : " %s", argv[i]);
    run->config.replay = run->replay;
}

static int run_verb_main(const struct verb *verb, int argc, char **argv)
{
    static struct run run;
    struct ring3_report report = { 0 };

    ring3_config_init(&run.config);
    int code = cli_parse(verb, argc, argv, &run);
    if (code != EXIT_GOOD)
        return code;
    if (run.capture && (!run.nics.count || strchr(run.capture, ',')))
        return cli_fail(EXIT_USAGE, "--capture needs a --nic whose frames it writes, and a file name without comma");
    if (!run.drivers.count)
        return cli_fail(EXIT_USAGE, "no driver: expected ring3 run %s", verb->synopsis);
    describe_replay(&run, argc, argv);
    run.computer = ring3_open(&run.config);
    if (!run.computer)
        return cli_fail(EXIT_HOST, "%s", ring3_error());
    code = work(&run);
    ring3_close(run.computer, &report);
    if (code == EXIT_GOOD && (report.findings || report.bug_check))
        code = EXIT_FINDINGS;
    return code;
}

VERB(run_verb) = {
    .name = "run",
    .synopsis = "DRIVER.sys... [options]",
    .summary = "a computer with these drivers and network cards, until --for, the end of all traffic, or Ctrl-C",
    .options = run_options,
    .run = run_verb_main,
    .order = 30,
};
