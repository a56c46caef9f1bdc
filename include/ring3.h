/* ring3: a computer that runs Windows kernel drivers, as a library.
 *
 *     struct ring3_config config;
 *     ring3_config_init(&config);
 *     struct ring3_computer *computer = ring3_open(&config);
 *     ring3_add_nic(computer, "slirp");
 *     ring3_load(computer, "vionet.sys");
 *     struct ring3_traffic *ping = ring3_ping(computer, "10.0.2.2,count=4");
 *     ring3_run(computer, RING3_UNTIL_IDLE);
 *     ring3_close(computer, &report);
 *
 * One computer at a time in a process, and all calls from one thread. A call runs its work inside the computer as a
 * system thread would and returns when that is done; between calls the computer stands still. Every function that can
 * fail returns false or NULL and leaves a sentence in ring3_error(). Handles end with their computer. */
#ifndef RING3_H
#define RING3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ring3_computer;
struct ring3_driver;
struct ring3_nic;
struct ring3_disk;
struct ring3_file;
struct ring3_traffic;

/* The last failure in words; never NULL. */
const char *ring3_error(void);
/* "1.0" and the like. */
const char *ring3_version(void);

/* --- the computer ------------------------------------------------------------------------------------------- */

enum ring3_clock { RING3_CLOCK_REAL, RING3_CLOCK_VIRTUAL };
enum ring3_log { RING3_LOG_ERROR, RING3_LOG_WARN, RING3_LOG_INFO, RING3_LOG_DEBUG, RING3_LOG_TRACE };

struct ring3_config {
    size_t size;                        /* of this structure, as the caller knows it: ring3_config_init sets it */
    unsigned cpus;                      /* 1 to 64; default 2 */
    enum ring3_clock clock;             /* default real */
    bool seeded;                        /* schedule chosen by `seed`: the same run again for the same inputs */
    uint64_t seed;
    uint64_t memory;                    /* bytes of RAM; default 2 GiB; only what is used takes the host's */
    enum ring3_log log;                 /* default info: what drivers print with DbgPrint, too */
    bool allow_missing;                 /* load drivers whose imports ring3 does not all have */
    bool without_tcpip;                 /* no TCP/IP of the computer's own: only the drivers' protocols are bound */
    const char *ignore_rules;           /* comma-separated names of rules that stay silent, or "all"; may be NULL */
    const char *replay;                 /* the command line that repeats this run, for reports; may be NULL */
    uint64_t fail_allocation;           /* the n-th pool allocation that drivers make fails (1: the first); 0: none */
};

#define ring3_config_init(config) ring3_config_init_sized((config), sizeof *(config))
void ring3_config_init_sized(struct ring3_config *config, size_t size);

/* NULL when the configuration or the host does not allow it, and after a bug check or ring3_power_off: a process that had one
 * can only report and end. */
struct ring3_computer *ring3_open(const struct ring3_config *config);

struct ring3_report {
    unsigned findings;                  /* rules broken by drivers, leaks included */
    bool bug_check;
    uint32_t bug_check_code;
    uint64_t pool_bytes, pool_allocations;      /* left over by drivers */
    bool power_cut;                     /* a disk with cut= took the power */
};

/* Unloads what is still loaded and takes everything down. report may be NULL. */
void ring3_close(struct ring3_computer *computer, struct ring3_report *report);
/* Unloads every driver in reverse order of loading; afterwards statistics and left-overs can be asked for. */
void ring3_shut_down(struct ring3_computer *computer);
/* Ends the computer as Windows does: drivers get IRP_MJ_SHUTDOWN, then IRP_MN_SET_POWER for PowerSystemShutdown, and stay
 * loaded with all they own; no driver is unloaded and no left-overs are counted. As after a bug check the process can only
 * report and end. False when a driver never completed its request or the computer stopped in it. */
bool ring3_power_off(struct ring3_computer *computer);
void ring3_query_report(struct ring3_computer *computer, struct ring3_report *report);

enum ring3_end {
    RING3_END_TIME,                     /* the duration is over */
    RING3_END_IDLE,                     /* all traffic is finished and every replay has ended */
    RING3_END_STOPPED,                  /* SIGINT, SIGTERM or ring3_stop */
    RING3_END_BUG_CHECK,
    RING3_END_STUCK,                    /* nothing can ever happen again */
    RING3_END_POWER_CUT                 /* a disk with cut= took the power; nothing can be taken down */
};
#define RING3_FOREVER UINT64_MAX
#define RING3_UNTIL_IDLE (UINT64_MAX - 1)

/* Lets the computer run for so many nanoseconds of its own time. */
enum ring3_end ring3_run(struct ring3_computer *computer, uint64_t duration_ns);
/* Ends ring3_run from a callback. */
void ring3_stop(struct ring3_computer *computer);
/* Nanoseconds since the computer was opened. */
uint64_t ring3_now(struct ring3_computer *computer);

/* Values from a file in Windows' .reg format. Before ring3_load of the driver that reads them. */
bool ring3_import_registry(struct ring3_computer *computer, const char *path);
/* A keyword in the software key of every network adapter installed from now on ("*JumboPacket", "9014"). */
bool ring3_set_parameter(struct ring3_computer *computer, const char *name, const char *value);

/* --- the filter engine -------------------------------------------------------------------------------------------- */

/* The base filtering engine (BFE) by specification: running|stopped[,start=TIME][,stop=TIME][,store=FILE], times from now. Without this
 * call it runs from the beginning and keeps nothing. While it is stopped at first, boot-time filters of FILE are enforced. FILE is read now,
 * if it is there, and written when persistent objects or boot-time filters change. Before the first ring3_load. */
bool ring3_set_filter_engine(struct ring3_computer *computer, const char *spec);
/* Starts and stops it, as the service. False when it is in another state. */
bool ring3_start_filter_engine(struct ring3_computer *computer);
bool ring3_stop_filter_engine(struct ring3_computer *computer);

/* --- drivers ------------------------------------------------------------------------------------------------- */

/* Loads a .sys, with the INF beside it if there is one, calls DriverEntry and starts the devices it serves. */
struct ring3_driver *ring3_load(struct ring3_computer *computer, const char *path);
/* Why the last ring3_load failed. */
enum ring3_load_failure {
    RING3_LOAD_FILE,                    /* the .sys or its INF cannot be read or is malformed */
    RING3_LOAD_MISSING,                 /* it imports what ring3 does not have */
    RING3_LOAD_DRIVER                   /* DriverEntry failed, or the computer stopped in it */
};
enum ring3_load_failure ring3_load_failure(struct ring3_computer *computer);
/* The file is, by its INF or without one by what it imports, a network service or a protocol (a filter or intermediate driver): to be
 * there before the adapters. Between ring3_open and ring3_close. */
bool ring3_is_network_service(const char *path);
/* Removes its devices and unloads it. False when the driver cannot be unloaded. */
bool ring3_unload(struct ring3_driver *driver);
const char *ring3_driver_name(const struct ring3_driver *driver);

/* --- files and devices ---------------------------------------------------------------------------------------- */

/* Opens what a driver offers, by name ("\\\\.\\NAME" as a C string, or "\\Device\\NAME"), as a user-mode program would. */
struct ring3_file *ring3_file_open(struct ring3_computer *computer, const char *name, bool writable);
/* done: bytes (IoStatus.Information); status: the NTSTATUS. Either may be NULL. False unless the status is a success. */
bool ring3_file_read(struct ring3_file *file, void *data, uint32_t size, uint64_t offset, uint64_t *done, uint32_t *status);
bool ring3_file_write(struct ring3_file *file, const void *data, uint32_t size, uint64_t offset, uint64_t *done,
                      uint32_t *status);
bool ring3_file_ioctl(struct ring3_file *file, uint32_t code, const void *in, uint32_t in_size, void *out,
                      uint32_t out_size, uint64_t *done, uint32_t *status);
void ring3_file_close(struct ring3_file *file);

/* --- network -------------------------------------------------------------------------------------------------- */

/* A card by specification: WIRE[:ARGUMENT][,model=virtio-net][,driver=NAME][,capture=FILE][,key=value...].
 * capture writes every frame on its wire to a pcapng file. Cards get their drivers as these are loaded. */
struct ring3_nic *ring3_add_nic(struct ring3_computer *computer, const char *spec);
/* Pulls the card out without asking its driver. */
bool ring3_unplug_nic(struct ring3_nic *nic);
/* Takes the card out as Device Manager does: its driver is asked and may refuse. */
bool ring3_eject_nic(struct ring3_nic *nic);
/* A device without hardware, as `devcon install` makes it: hardware_id is "ROOT\\NAME", and the driver whose INF names
 * it is started for it when it is loaded. */
bool ring3_add_root_device(struct ring3_computer *computer, const char *hardware_id);
/* Makes such a device for each driver that is loaded, has been given no device, and whose INF installs it for a hardware ID
 * that begins with ROOT\\. Then gives drivers that have no INF beside them the cards and devices that nobody serves, by what they
 * registered in DriverEntry; one that finds none gets a device ROOT\\NAME. */
bool ring3_install_root_devices(struct ring3_computer *computer);
/* One more virtual adapter of an intermediate driver on each adapter that it takes, or on the nic-th card:
 * "DRIVER[,nic=N][,KEYWORD=VALUE...]", as a person adds it in the driver's property page. Without any, such a driver gets one.
 * Before the driver is loaded. */
bool ring3_add_virtual_adapter(struct ring3_computer *computer, const char *spec);
/* "ADDRESS/LENGTH[,GATEWAY]" for the n-th network interface; NULL for DHCP, the default. */
bool ring3_set_address(struct ring3_computer *computer, unsigned interface, const char *text);

/* "ADDRESS[:PORT]": a DNS server, asked before those that DHCP gives. */
bool ring3_add_name_server(struct ring3_computer *computer, const char *text);

/* Traffic of the computer's own TCP/IP. It starts as soon as an interface has an address. */
/* "ADDRESS[,count=4][,interval=100ms][,timeout=1s][,size=32]" */
struct ring3_traffic *ring3_ping(struct ring3_computer *computer, const char *spec);
/* "ADDRESS:PORT,bytes=1G": connects, sends a known pattern. */
struct ring3_traffic *ring3_tcp_send(struct ring3_computer *computer, const char *spec);
/* Takes one connection on a port and checks the pattern. */
struct ring3_traffic *ring3_tcp_serve(struct ring3_computer *computer, const char *port);
/* Answers every datagram on a port with itself; never finishes. */
struct ring3_traffic *ring3_udp_echo(struct ring3_computer *computer, const char *port);

enum ring3_traffic_kind { RING3_PING, RING3_TCP_SEND, RING3_TCP_SERVE, RING3_UDP_ECHO };
struct ring3_traffic_info {
    enum ring3_traffic_kind kind;
    char peer[64];
    bool started, finished, good;       /* good: every ping answered; every byte moved and right */
    char why[128];                      /* when not good */
    unsigned sent, received;            /* pings */
    uint64_t min_ns, max_ns, average_ns;
    uint64_t bytes, checksum, elapsed_ns;       /* TCP */
};
void ring3_query_traffic(struct ring3_traffic *traffic, struct ring3_traffic_info *info);

/* --- disks ---------------------------------------------------------------------------------------------------- */

/* A block card on a disk by specification: file:PATH[,size=N][,ro=on], mem:SIZE, null:SIZE, with [,model=virtio-blk][,driver=NAME]
 * [,queues=N][,ring=N][,serial=TEXT][,block=512|4096][,delay=TIME][,error=seed:N][,cut=seed:N][,key=value...]. */
struct ring3_disk *ring3_add_disk(struct ring3_computer *computer, const char *spec);
/* Pulls the card out without asking its driver. */
bool ring3_unplug_disk(struct ring3_disk *disk);
/* Asks its driver first. */
bool ring3_eject_disk(struct ring3_disk *disk);

/* Serves the disks that drivers show, as \\\\.\\PhysicalDriveN, to NBD clients on a Unix socket, until the computer is shut down. */
bool ring3_serve_nbd(struct ring3_computer *computer, const char *socket);

struct ring3_disk_info {
    unsigned number;
    char kind[32], model[32], driver[64];               /* driver "" when none serves it */
    bool started;
    uint32_t start_status;              /* NTSTATUS of a start that failed */
    uint64_t bytes;                     /* its size */
    uint64_t reads, read_bytes, writes, write_bytes, flushes, failed;   /* that the card answered */
    uint64_t interrupts, doorbells;
};
/* What the driver stack shows as PhysicalDriveN, whatever it stands on. */
struct ring3_drive_layer {
    const char *layer;                  /* "disk": asked of it; "miniport": what its driver completed */
    uint64_t reads, read_bytes, writes, write_bytes, flushes, others;
};
struct ring3_drive_info {
    unsigned number;
    char model[32], driver[64];
    uint64_t bytes;
    struct ring3_drive_layer layer[2];  /* in the order above */
    uint64_t retries, timeouts, resets, errors;
};
/* One past the highest PhysicalDriveN that there was since the computer was opened; gone ones are reported, too. */
unsigned ring3_drive_count(struct ring3_computer *computer);
/* False when there is no drive of this number. */
bool ring3_query_drive(struct ring3_computer *computer, unsigned number, struct ring3_drive_info *info);

/* False when there is no disk of this number. */
bool ring3_query_disk(struct ring3_computer *computer, unsigned number, struct ring3_disk_info *info);

/* --- the control socket ----------------------------------------------------------------------------------------- */

/* Lets clients (`ring3 ctl`) control the computer through a Unix socket while ring3_run runs, until it is shut down. NULL: the default
 * place, $XDG_RUNTIME_DIR/ring3/PID.ctl, or /tmp/ring3-UID/PID.ctl; then the computer still ends by itself when it is idle and
 * nobody is connected. Needs the real clock. docs/design/ctl.md has the protocol. */
bool ring3_serve_ctl(struct ring3_computer *computer, const char *socket);
/* Where it listens; NULL: nowhere. */
const char *ring3_ctl_path(struct ring3_computer *computer);

/* Text about the computer, malloc'ed: what is "adapters", "devices", "drivers", "stats" or "wfp"; format is "text", "json" or (adapters) "dot".
 * NULL when there is no such text. */
char *ring3_describe(struct ring3_computer *computer, const char *what, const char *format);

/* --- what went through ------------------------------------------------------------------------------------------ */

struct ring3_layer {
    char layer[32];                     /* "wire", "device", "miniport", each filter module's driver, "protocol" */
    uint64_t tx_frames, tx_bytes, rx_frames, rx_bytes, tx_dropped, rx_dropped;
};
#define RING3_LAYERS 36
struct ring3_nic_info {
    unsigned number;
    char wire[32], model[96], driver[64], address[64];  /* driver "" when none serves it */
    bool started, link_up;
    uint32_t start_status;              /* NTSTATUS of a start that failed */
    struct ring3_layer layer[RING3_LAYERS];     /* in the order above */
    unsigned layer_count;
    uint64_t interrupts, doorbells, oids;
};
/* False when there is no card of this number. */
bool ring3_query_nic(struct ring3_computer *computer, unsigned number, struct ring3_nic_info *info);
/* The same for the n-th adapter that has no card of ring3's, a virtual one: model is its name, its layers begin with "miniport". */
bool ring3_query_virtual(struct ring3_computer *computer, unsigned number, struct ring3_nic_info *info);

struct ring3_counts {
    uint64_t interrupts, dpcs, switches, elapsed_ns;
    uint64_t pool_bytes, pool_allocations;      /* held by drivers now */
};
void ring3_query_counts(struct ring3_computer *computer, struct ring3_counts *counts);

/* --- what there is ----------------------------------------------------------------------------------------------- */

struct ring3_export {
    const char *module, *name, *doc;
    bool partial;
};
/* The n-th function that drivers can import, in order of name. False after the last. */
bool ring3_export_at(unsigned n, struct ring3_export *row);
/* The n-th function of the documented surface, whether ring3 has it or not: module, name, and its header in doc. */
bool ring3_documented_at(unsigned n, struct ring3_export *row);
/* The n-th kind of wire with its one line of help; NULL after the last. */
const char *ring3_wire_kind(unsigned n, const char **help);
/* The same for disks. */
const char *ring3_disk_kind(unsigned n, const char **help);

#ifdef __cplusplus
}
#endif

#endif
