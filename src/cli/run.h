/* ring3 run, between its parts: the options (run_options.c), the run (run.c), what it prints (run_report.c). */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/verb.h"
#include "ring3.h"

#define RUN_MAX 32

struct run_list {
    const char *item[RUN_MAX];
    unsigned count;
};

struct run {
    struct ring3_config config;
    struct run_list drivers, nics, disks, root_devices, virtuals, addresses, name_servers, registries, parameters, pings, sends, serves;
    struct run_list echoes;
    const char *capture, *nbd, *ctl, *bfe;
    bool has_duration, json, power_off, adapters, cards_first;
    uint64_t duration_ns;

    struct ring3_computer *computer;
    struct ring3_traffic *traffic[4 * RUN_MAX];
    unsigned traffic_count;
    enum ring3_end end;
    char *stack;                        /* --adapters */
    char replay[2048];
};

extern const struct cli_option run_options[];

/* The tables, on stdout. */
void run_report(struct run *run, const struct ring3_report *report);

#endif
