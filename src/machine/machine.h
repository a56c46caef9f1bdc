/* Between the files of machine/: the computer behind include/ring3.h. */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "base/list.h"
#include "base/spec.h"
#include "dev/device.h"
#include "nt/ke.h"
#include "ring3.h"
#include "tcpip/tcpip.h"
#include "wire/wire.h"

#define MACHINE_NICS 16

struct ring3_computer {
    struct ring3_config config;
    char *replay;
    unsigned stages;                    /* how many of machine_stages are open */
    struct list nics, drivers, traffic;
    unsigned nic_count;
    bool shut_down, until_idle;
    struct ke_alarm watch;              /* looks for the end of everything */
    uint64_t idle_since;                /* UINT64_MAX: not idle */
    struct ring3_report report;
};

struct ring3_nic {
    struct ring3_computer *computer;
    struct list node;
    unsigned number;
    char wire_kind[32], model[32], driver[64];
    struct wire *wire;
    struct device *device;
    void *pdo;                          /* the bus's device object */
};

struct ring3_driver {
    struct ring3_computer *computer;
    struct list node;
    char name[64], path[512];
    void *handle;                       /* the I/O manager's */
    struct inf *inf;
};

struct ring3_traffic {
    struct ring3_computer *computer;
    struct list node;
    enum ring3_traffic_kind kind;
    bool started, failed;
    char why[128];
    uint64_t give_up_ns;
    struct tcpip_ping ping;
    struct tcpip_transfer transfer;
    struct tcpip_udp *udp;
    uint64_t udp_bytes;
};

/* The one computer that is open, or NULL. */
extern struct ring3_computer *machine;

/* Runs fn(arg) inside the computer at PASSIVE_LEVEL. False with error_text() when the computer has stopped for good. */
bool machine_call(void (*fn)(void *arg), void *arg);

/* The parts in the order in which they open; closing goes backwards. */
struct machine_stage {
    const char *name;
    bool inside;                        /* runs as a system thread, not on the host's stack */
    bool (*open)(struct ring3_computer *computer);
    void (*close)(struct ring3_computer *computer);
};
extern const struct machine_stage machine_stages[];
extern const unsigned machine_stage_count;

/* crossing.c: what pe/ needs of the executive. */
bool crossing_open(struct ring3_computer *computer);
void crossing_close(struct ring3_computer *computer);

/* traffic.c: starts what waits for an address; any IRQL up to DISPATCH_LEVEL, inside. */
void traffic_try_start(struct ring3_computer *computer);
bool traffic_all_finished(struct ring3_computer *computer);
void traffic_close_all(struct ring3_computer *computer);

/* nic.c */
bool nic_replays_finished(struct ring3_computer *computer);
/* True when any card's wire brings frames from outside the process. */
bool nic_any_external(struct ring3_computer *computer);
void nic_close_all(struct ring3_computer *computer);

/* driver.c */
void driver_unload_all(struct ring3_computer *computer);
/* The loaded driver whose INF or name says that it serves this device; NULL: none. ids are NULL-terminated. */
struct ring3_driver *driver_for(struct ring3_computer *computer, struct ring3_nic *nic, const char *const *ids);

#endif
