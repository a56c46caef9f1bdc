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
#define MACHINE_DISKS 16
#define MACHINE_VIRTUALS 64

struct ring3_computer {
    struct ring3_config config;
    char *replay;
    unsigned stages;                    /* how many of machine_stages are open */
    struct list nics, disks, drivers, libraries, traffic;
    unsigned nic_count, disk_count, instance_count;
    struct machine_parameter *parameters;
    struct nbd_server *nbd;             /* NULL: serves nobody */
    struct ctl_host *ctl;               /* NULL: no control socket */
    bool shut_down, until_idle, power_cut;
    bool adopting;                      /* drivers without an INF get devices that nobody serves (adopt.c) */
    enum ring3_load_failure load_failure;
    struct ke_alarm watch;              /* looks for the end of everything */
    uint64_t idle_since;                /* UINT64_MAX: not idle */
    struct ring3_report report;
    struct ring3_nic_info *virtuals[MACHINE_VIRTUALS];  /* as they were before the drivers went */
};

/* --parameter: a keyword over what INF files say. */
struct machine_parameter {
    struct machine_parameter *next;
    char *name, *value;
};

struct ring3_nic {
    struct ring3_computer *computer;
    struct list node;
    unsigned number;
    char wire_kind[32], model[32], driver[64];
    struct wire *wire;
    struct device *device;
    bool plugged;
    char ndis_name[64];                 /* of its adapter, \DEVICE\{GUID} */
    struct ring3_nic_info last;         /* as it was before its driver went */
};

struct ring3_disk {
    struct ring3_computer *computer;
    struct list node;
    unsigned number;
    char kind[32], model[32], driver[64];
    struct disk *disk;
    struct device *device;              /* NULL: the disk is a namespace of another one's controller */
    struct ring3_disk *controller;
    bool plugged;
    struct ring3_disk_info last;        /* who served it, before its driver went */
};

struct ring3_driver {
    struct ring3_computer *computer;
    struct list node;
    char name[64], path[512];
    struct io_driver *io;
    struct pe_image *image;
    struct inf *inf;                    /* NULL: none beside the .sys */
    struct inf *miniport_inf;           /* of an intermediate driver's virtual miniports; may be NULL */
    unsigned adapters;                  /* devices it was given, over time */
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
    struct tcpip_datagram *udp;
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

/* root.c: removes the devices without hardware. Inside, at PASSIVE_LEVEL. */
void root_close_all(void);

/* virtual.c: the virtual adapters of intermediate drivers. */
struct cm_key;
struct pnp_node;
void virtual_open(void);
void virtual_close(void);
/* The driver that serves the device, when it is one of these; else NULL. */
const char *virtual_driver_of(const struct pnp_node *node);
/* Writes its name and keywords into its driver key. False: it is another device. */
bool virtual_describe(const struct pnp_node *node, struct cm_key *driver_key);

/* traffic.c: starts what waits for an address; any IRQL up to DISPATCH_LEVEL, inside. */
void traffic_try_start(struct ring3_computer *computer);
bool traffic_all_finished(struct ring3_computer *computer);
void traffic_close_all(struct ring3_computer *computer);

/* nic.c */
bool nic_replays_finished(struct ring3_computer *computer);
/* True when any card's wire brings frames from outside the process. */
bool nic_any_external(struct ring3_computer *computer);
void nic_close_all(struct ring3_computer *computer);
/* Before the drivers go: what can only be asked while they are there. */
void nic_remember(struct ring3_computer *computer);
void nic_forget_virtual(struct ring3_computer *computer);

/* disk.c */
void disk_close_all(struct ring3_computer *computer);
void disk_remember(struct ring3_computer *computer);
/* The service that driver= names for the card; NULL when it names none. */
const char *disk_driver_of(struct ring3_computer *computer, const struct device *device);

/* nbd_disk.c: drops the clients and waits until the drivers have answered for them. */
void nbd_shut_down(struct ring3_computer *computer);

/* ctl_session.c: drops the clients, cancels what they wait for, and waits until their threads have ended. */
void ctl_shut_down(struct ring3_computer *computer);
/* Somebody asked for the socket by name, or is connected: the computer does not end by itself. */
bool ctl_keeps_running(struct ring3_computer *computer);

/* adopt.c: gives the devices that nobody serves to drivers without an INF. False with error_text(). */
bool adopt_devices(struct ring3_computer *computer);
/* The device goes to this driver, which has no INF; its class is written into the node. */
bool adopt_device(struct ring3_driver *driver, struct pnp_node *node);

/* driver.c */
void driver_unload_all(struct ring3_computer *computer);
/* pnp_find_driver of this computer: who serves the device, with its keys written. */
struct io_driver *driver_find(struct pnp_node *node, const char *const *ids, unsigned count);

/* registry.c */
void registry_forget_parameters(struct ring3_computer *computer);

/* install.c: the registry as setup would leave it. */
struct inf_install;
struct inf_model;
void install_service(struct ring3_driver *driver, const struct inf_install *install);
/* inf: where model and install come from; NULL: no INF says anything about the device. */
void install_device(struct ring3_driver *driver, struct inf *inf, struct pnp_node *node, const struct inf_model *model,
                    const struct inf_install *install);

#endif
