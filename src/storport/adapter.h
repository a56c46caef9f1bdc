/* Storport's adapters, units and requests, between its files.
 *
 * Invariants
 *  1. Host data changes only between scheduling points, so it has no lock. A call into the miniport and an acquired spin lock
 *     are scheduling points: nothing that was read before one is taken for granted after it.
 *  2. The miniport's memory (device extension, LU extensions, request blocks) lies in RAM; struct adapter, unit and request do not.
 *     A request block is found from an SRB by address arithmetic and never through a pointer that the miniport could spoil.
 *  3. A request is in one state, and on the list of that state:
 *
 *       FREE  --take-->  HELD  --start-->  STARTED  --RequestComplete-->  DONE  --finish-->  HELD or FREE
 *     STARTED is the miniport's; the SRB is not touched then. When the reset ladder of timeout.c is through, the request is
 *     abandoned: its owner gets it back as timed out, and its memory is not used again until the miniport returns it, too.
 *  4. Requests start and finish in adapter_run(), at DISPATCH_LEVEL, at most once a processor at a time; whoever makes work
 *     while it runs there leaves the work to it. So completion inside HwStorStartIo never recurses.
 *  5. Lock order, as documented for StorPortAcquireSpinLock: DPC lock, StartIo lock, interrupt lock. Storport holds the StartIo
 *     lock around HwStorStartIo of a full-duplex physical miniport and the interrupt lock of a half-duplex one, and no lock
 *     around HwStorBuildIo, a virtual miniport's HwStorStartIo, or with concurrent channels.
 *  6. Nothing between adapter_run() and the miniport allocates memory: requests are made with their unit. */
#ifndef STORPORT_ADAPTER_H
#define STORPORT_ADAPTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/log.h"
#include "nt/event.h"
#include "nt/ke.h"
#include <storport.h>
#include <srbhelper.h>
#include "storport/bounce.h"
#include "storport/disk.h"
#include "storport/pofx.h"
#include "storport/settings.h"
#include "storport/storport.h"

#define SP_TAG 0x74726f70u              /* "port" */
#define SP_MAX_MESSAGES 256
#define SP_SENSE 252                    /* bytes of sense data per request */
#define SP_PARAMETER 64                 /* bytes for a parameter list or a short answer per request */
#define SP_ELEMENTS 64                  /* of a scatter/gather list that Storport builds */
#define SP_MAX_TRANSFER (2u << 20)      /* when the adapter says it is unlimited */
#define SP_RESERVED_REQUESTS 4          /* of a unit: for commands that are not reads and writes */

/* What a miniport does wrong, and with what. */
#define SP_MISUSE(adapter, text, thing, from) NT_EMIT(NT_EVENT_STORAGE, text, (adapter)->driver->name, thing, from)
/* Whom memory is charged to that Storport takes for a miniport: its leaks and failures are tested with the driver's own. */
#define SP_OWNER(a) ((const void *)(a)->driver->object->DriverStart)
#define SP_NOBODY ((struct pe_caller){ 0 })

struct unit;
struct disk;
struct cm_key;
struct registry_watch;
struct wmi_port;

/* --- a driver -------------------------------------------------------------------------------------------------- */

struct sp_driver {
    struct list node;                   /* sp_drivers */
    PDRIVER_OBJECT object;
    char name[64];
    HW_INITIALIZATION_DATA init;        /* what its size did not hold is zero */
    bool is_virtual;
    PVOID context;                      /* StorPortInitialize's last argument */
    PDRIVER_UNLOAD unload;              /* the miniport's own, if it set one */
    struct list adapters;
};
extern struct list sp_drivers;

/* --- a request --------------------------------------------------------------------------------------------------- */

enum request_state { REQUEST_FREE, REQUEST_HELD, REQUEST_STARTED, REQUEST_DONE };

struct request {
    struct list node;                   /* of the state's list */
    struct adapter *adapter;
    struct unit *unit;
    enum request_state state;
    bool extended;                      /* srb is a STORAGE_REQUEST_BLOCK */
    bool bypass;                        /* a reset, or about power or PnP: not held back by pauses and depths */
    bool is_reset;                      /* when its time is over, nothing else is tried */
    bool abandoned, returned, released; /* timed out for good; the miniport, and the owner, let go of it since */
    uint8_t attempts, busy_count;       /* retries after errors; times the miniport was busy */
    PVOID srb;
    uint8_t *sense, *parameter;
    PSTOR_SCATTER_GATHER_LIST sgl;
    void *extension;
    PMDL mdl;                           /* made when the miniport first asks */
    struct second {                     /* what comes back of a command with data in both directions */
        void *buffer;
        uint32_t length;
        PMDL mdl;                       /* as mdl; freed with the request's release */
    } second;
    struct bounced *bounced;            /* pages it goes through; NULL: the caller's own */
    void *buffer;                       /* where the data is, as one piece; NULL: none, or only the list */
    uint32_t length;                    /* bytes */
    uint32_t timeout, seconds_left;
    uint8_t reset_rung;                 /* how far the ladder has come for it */
    uint64_t started_at;                /* ke_now(), with a latency cap */
    uint64_t offset;                    /* of reads and writes, for reports */
    void (*finish)(struct request *request);
    void *owner;                        /* finish's */
    void *owned;
};

/* Requests lie in blocks: one piece of RAM with `count` equal parts. */
struct request_block {
    uint8_t *base;
    size_t stride;
    unsigned count;
    struct request *requests;
};

/* --- a logical unit ------------------------------------------------------------------------------------------------ */

struct unit {
    struct list node;                   /* adapter->units */
    struct adapter *adapter;
    uint8_t path, target, lun;
    void *extension;                    /* HwLuExtension, or NULL */
    PDEVICE_OBJECT pdo;
    struct disk *disk;                  /* while the class driver stands on it */
    struct request_block block;
    struct list free, active;           /* requests */
    struct list waiting;                /* HELD requests that are to start */
    struct list operations;             /* struct storport_io, of the class driver */
    struct list pump_node;              /* adapter->pumping while anything of the above waits */
    unsigned free_count, outstanding, depth;
    bool paused, gone, seen, reported, pdo_deleted;
    bool resetting;                     /* a reset of it is on its way */
    bool scsi_frozen, scsi_locked, scsi_claimed;        /* scsi_irp.c */
    struct list scsi_irps;              /* IRP.Tail.Overlay.ListEntry stands in a struct list */
    unsigned busy;                      /* completions to wait for */
    struct ke_alarm pause_alarm, busy_alarm;
    struct unit_settings settings;
    struct pofx pofx;
    STOR_UNIT_ATTRIBUTES attributes;
    bool failed;                        /* the miniport gave it up: PnP is to remove it */
    INQUIRYDATA inquiry;
    char serial[64], id[64];            /* pages 80h and 83h, readable */
    uint8_t device_id[252];             /* page 83h as it came */
    unsigned device_id_size;
    uint8_t bus_type;                   /* STORAGE_BUS_TYPE; the adapter's unless the miniport says otherwise */
    struct {
        char vendor[STOR_VENDOR_ID_LENGTH + 1], model[STOR_MODEL_NUMBER_LENGTH + 1], revision[STOR_FIRMWARE_REVISION_LENGTH + 1];
    } rich;                             /* longer than in INQUIRY data; "": as there */
};

/* --- an adapter ------------------------------------------------------------------------------------------------------ */

enum adapter_state { ADAPTER_ADDED, ADAPTER_STARTED, ADAPTER_STOPPED, ADAPTER_REMOVED };

struct sp_channel_dpc;

struct adapter {
    struct list node;                   /* sp_driver.adapters */
    struct sp_driver *driver;
    PDEVICE_OBJECT fdo, pdo, next;
    enum adapter_state state;
    unsigned number;                    /* \\.\ScsiN: */
    void *extension;                    /* HwDeviceExtension */
    PPORT_CONFIGURATION_INFORMATION config;     /* in RAM; lives as long as the adapter */
    ACCESS_RANGE *ranges;
    uint8_t map_buffers;
    bool storage_srbs, half_duplex, powered;
    bool failed;                        /* the miniport gave it up: PnP is to remove it */
    bool services_ended;                /* HwStorCompleteServiceIrp was called */
    bool found;                         /* HwStorFindAdapter succeeded: a virtual miniport has something to free */
    uint32_t max_transfer, breaks, max_io;
    bool reset_hold, link_down;         /* after a bus reset, for its hold time; while the link is down */
    unsigned bus_resetting;             /* calls of HwStorResetBus going on: nothing starts */
    /* resources */
    PCM_RESOURCE_LIST raw, translated;
    struct list mappings;               /* StorPortGetDeviceBase */
    void *uncached, *uncached_block;    /* as the miniport has it; as it was allocated */
    size_t uncached_size;
    PKINTERRUPT line;
    PIO_INTERRUPT_MESSAGE_INFO messages;
    unsigned message_count;
    bool message_locks;                 /* each message has its own */
    KIRQL interrupt_irql;
    KSPIN_LOCK startio_lock, interrupt_lock, spare_lock;
    KSPIN_LOCK channel_locks[KE_MAX_CPUS];      /* around HwStorStartIo of a miniport with concurrent channels */
    /* queues */
    struct list units;
    struct list pumping;                /* units with something to start */
    struct list done;                   /* requests that the miniport completed */
    struct list lost;                   /* struct lost_block: of units that are gone, with requests the miniport still has */
    struct unit *control;               /* no unit of the bus: adapter requests and the search for units */
    uint64_t running, again;            /* processors inside adapter_run, and those with new work for it */
    unsigned outstanding;
    bool paused, stopping;              /* stopping: only requests about the adapter itself start */
    unsigned busy;
    struct ke_alarm pause_alarm, hold_alarm, link_alarm, timeout_alarm;
    bool timeouts_armed;
    struct ke_interrupt wake;           /* from outside NT */
    KDPC dpc;
    uint8_t *zeroes;                    /* a shared source of zeroes */
    void *refused[128];                 /* pool blocks that could not be freed at DIRQL */
    unsigned refused_count;
    struct bounce bounce;
    /* objects of the miniport */
    struct list timers, workers, threads;
    struct list power_settings;         /* the miniport wants to hear of */
    struct list lent;                   /* host memory buffers */
    struct registry_watch *registry_watch;
    void *registry_buffer;              /* StorPortAllocateRegistryBuffer: one at a time */
    struct wmi_port *wmi;               /* while it is a provider */
    PHW_TIMER timer_routine;            /* RequestTimerCall */
    struct ke_alarm timer_alarm;
    KDPC timer_dpc;
    PHW_PASSIVE_INITIALIZE_ROUTINE passive_initialize;
    bool in_initialize, initializing;   /* HwStorInitialize runs; that or HwStorPassiveInitializeRoutine */
    bool supports[ScsiAdapterControlMax], unit_supports[ScsiUnitControlMax];
    PERF_CONFIGURATION_DATA perf;
    bool perf_set;
    uint8_t bus_type;                   /* STORAGE_BUS_TYPE */
    uint32_t features;                  /* StorPortSetFeatureList: bits by STORPORT_FEATURE_TYPE */
    struct adapter_settings settings;
    struct pofx pofx;
    bool pofx_used;                     /* it or a unit of it is managed */
    bool asleep;                        /* with the system: not pofx.c's affair */
    /* re-enumeration */
    bool rescan_queued, rescan_again;
    PHW_STATE_CHANGE state_change;
    PVOID state_change_context;
    STOR_ADDR_BTL8 state_change_address;
    uint64_t srbs, resets, timeouts;
};

/* After a routine of the miniport's: it returns at the IRQL at which it was called. */
void sp_irql_changed(const char *what, const void *routine, KIRQL before);
#define SP_RETURNED(what, routine, before)                            \
    do {                                                              \
        if (unlikely(ke_irql() != (before)))                          \
            sp_irql_changed(what, (const void *)(routine), before);   \
    } while (0)

/* The adapter of a device extension; stops with a bug check when there is none. */
struct adapter *adapter_of(PVOID extension, struct pe_caller caller);
struct adapter *adapter_find(PVOID extension);

NTSTATUS NTAPI adapter_add_device(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo);
void adapter_free(struct adapter *a);
/* start.c: IRP_MN_START_DEVICE and the ways down. PASSIVE_LEVEL. */
NTSTATUS adapter_start(struct adapter *a, PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated);
/* why: what the miniport is told, when nothing is under way any more (a surprise: at once). */
void adapter_stop(struct adapter *a, STOR_PNP_ACTION why);
SCSI_ADAPTER_CONTROL_STATUS adapter_control(struct adapter *a, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters);
SCSI_UNIT_CONTROL_STATUS unit_control(struct unit *u, SCSI_UNIT_CONTROL_TYPE type, PVOID parameters);

/* describe.c. PASSIVE_LEVEL. Descriptors: their bytes at `to` (PROPERTY_MOST, zeroed); 0: the miniport does not say. */
bool adapter_feature(const struct adapter *a, STORPORT_FEATURE_TYPE feature);
void unit_describe(struct unit *u);                 /* as it is found */
uint32_t unit_fru(struct unit *u, void *to);
uint32_t adapter_fru(struct adapter *a, void *to);
uint32_t adapter_serial(struct adapter *a, void *to);
void unit_usage(struct unit *u, DEVICE_USAGE_NOTIFICATION_TYPE type, bool in_use);
bool adapter_reset_bus_passive(struct adapter *a, uint8_t path);

/* interrupt.c */
NTSTATUS interrupt_connect(struct adapter *a);
void interrupt_disconnect(struct adapter *a);
KIRQL interrupt_lock(struct adapter *a);
void interrupt_unlock(struct adapter *a, KIRQL old);
PKINTERRUPT interrupt_of_message(struct adapter *a, ULONG message);

/* unit.c */
struct unit *unit_create(struct adapter *a, uint8_t path, uint8_t target, uint8_t lun, unsigned requests);
/* The memory of requests that the miniport still holds stays until the adapter goes. */
void unit_free(struct unit *u);
/* Waits until nobody holds a request of the unit any more. PASSIVE_LEVEL. */
void unit_settle(struct unit *u);
struct unit *unit_find(struct adapter *a, uint8_t path, uint8_t target, uint8_t lun);
struct unit *unit_of_address(struct adapter *a, PSTOR_ADDRESS address);     /* NULL: none, or of an unknown type */
/* An SRB of a unit that is gone came back. */
bool request_was_lost(struct adapter *a, const void *srb);
void unit_free_lost(struct adapter *a);
struct request *request_take(struct unit *u);       /* NULL: all are in use */
void request_release(struct request *r);
STOR_ADDR_BTL8 unit_address(const struct unit *u);
/* The request of an SRB that Storport gave this adapter, or NULL. */
struct request *request_of(struct adapter *a, const void *srb);
PMDL request_mdl(struct request *r);
/* A blank SRB for the function; data: where, how much, SRB_FLAGS_DATA_*. */
void request_prepare(struct request *r, uint32_t function, uint32_t flags, void *data, uint32_t length, uint32_t timeout);
/* At most REQUEST_CDB bytes in a STORAGE_REQUEST_BLOCK, REQUEST_CDB_AND_SECOND when a second buffer follows; 16 in the plain one. */
#define REQUEST_CDB 64u
#define REQUEST_CDB_AND_SECOND 32u
void request_set_cdb(struct request *r, const void *cdb, unsigned length);
/* After request_set_cdb, of an extended request: data in RAM for what the device answers beside taking r->buffer. */
void request_set_second(struct request *r, void *data, uint32_t length);
uint32_t request_second(const struct request *r);   /* bytes that came there */
PMDL request_second_mdl(struct request *r);         /* NULL: there is none, or no memory */
PSTOR_SCATTER_GATHER_LIST request_second_list(struct request *r);

/* unit_pnp.c. PASSIVE_LEVEL. */
void unit_started(struct unit *u);
uint8_t unit_tell_pnp(struct unit *u, STOR_PNP_ACTION action, void *data, uint32_t length);
/* The same about the whole adapter, before ScsiStopAdapter: what the miniport answers changes nothing. */
void adapter_tell_pnp(struct adapter *a, STOR_PNP_ACTION action);
void unit_query_capabilities(struct unit *u, PDEVICE_CAPABILITIES to);

/* queue.c: the engine. Any IRQL unless said otherwise. */
void adapter_run(struct adapter *a);                /* <= DISPATCH_LEVEL */
/* The same later: from where the miniport may hold locks, or outside NT. */
void adapter_kick(struct adapter *a);
void adapter_kick_from_outside(struct adapter *a);
void adapter_init_queue(struct adapter *a);
void adapter_hold_after_reset(struct adapter *a);   /* any IRQL */
void unit_kick(struct unit *u);                     /* it has something to start */
void request_start(struct request *r);              /* HELD: starts when the queues allow it */
void request_renew(struct request *r);              /* nothing of the miniport's last answer stays: it is sent again */
/* Holds HwStorStartIo off: the StartIo lock, and before it every channel of a miniport that has some. DISPATCH_LEVEL. */
void adapter_lock_starts(struct adapter *a);
void adapter_unlock_starts(struct adapter *a);
void request_complete(struct adapter *a, PVOID srb, bool direct, struct pe_caller caller);
/* Starts, waits, and answers the SRB status; r stays HELD. PASSIVE_LEVEL. */
uint8_t request_wait(struct request *r);
/* Fails everything that waits. */
void unit_flush(struct unit *u, NTSTATUS status);

/* timeout.c */
void timeout_arm(struct adapter *a);
void timeout_fire(struct ke_alarm *alarm);
void request_abandon(struct request *r);
/* HwStorResetBus; no queue of the adapter starts anything before it is over. <= DISPATCH_LEVEL. */
bool adapter_reset_bus(struct adapter *a, uint8_t path);

/* power.c. A change of power that the miniport hears by an SRB: done is called with it, HELD, to be released. False: it has heard
 * already, or there is nobody to tell. <= DISPATCH_LEVEL. */
bool unit_power_begin(struct unit *u, STOR_DEVICE_POWER_STATE state, void (*done)(struct request *r));
void adapter_flush(struct adapter *a);              /* to units of a miniport that caches data. PASSIVE_LEVEL */

/* enumerate.c: looks for units; PASSIVE_LEVEL. */
void adapter_enumerate(struct adapter *a);
void adapter_rescan(struct adapter *a);             /* any IRQL, later */
void adapter_rescanned(struct adapter *a);

/* pnp.c, pdo.c, power.c */
NTSTATUS sp_complete(PIRP irp, NTSTATUS status);
NTSTATUS NTAPI sp_dispatch(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS pdo_dispatch(struct unit *u, PIRP irp);
NTSTATUS adapter_power(struct adapter *a, PIRP irp);
NTSTATUS adapter_ioctl(struct adapter *a, PIRP irp);
NTSTATUS unit_ioctl(struct unit *u, PIRP irp);      /* unit_ioctl.c */
/* scsi_irp.c: IRP_MJ_SCSI. <= DISPATCH_LEVEL. */
NTSTATUS scsi_dispatch(struct unit *u, PIRP irp);
void scsi_next(struct unit *u);                     /* a request is free, or the queue is released */
void scsi_flush(struct unit *u, UCHAR srb_status);  /* answers what waits */
NTSTATUS pdo_create(struct unit *u);
void pdo_delete(struct unit *u);

enum sp_device_kind { SP_ADAPTER = 0x53504144, SP_UNIT = 0x5350554e, SP_DISK = 0x5350444b, SP_PARTITION = 0x53505054 };
struct sp_extension {
    enum sp_device_kind kind;
    void *owner;
};

/* memory.c, sync.c: what a stopping adapter takes from the miniport. */
void memory_free_all(struct adapter *a);
void memory_free_refused(struct adapter *a);        /* ext_memory.c */
uint64_t adapter_dma_limit(const struct adapter *a);
void sync_free_all(struct adapter *a);
void sync_init(struct adapter *a);
void notify_init(struct adapter *a);                /* notify.c */

/* wmi.c. PASSIVE_LEVEL unless said otherwise. True: the miniport has answered an IRP_MJ_SYSTEM_CONTROL to the adapter (u NULL) or to
 * its unit; it is to be completed with *status. */
bool wmi_request(struct adapter *a, struct unit *u, PIRP irp, NTSTATUS *status);
void wmi_start(struct adapter *a);
void wmi_stop(struct adapter *a);
void wmi_event(struct adapter *a, PVOID event, uint8_t path, uint8_t target, uint8_t lun);      /* any IRQL */
void wmi_reregister(struct adapter *a);             /* any IRQL */
void wmi_queue(struct adapter *a);                  /* DISPATCH_LEVEL: in the engine's DPC */

/* ext_thread.c */
ULONG thread_terminate(struct adapter *a, PVOID context);
void thread_wait_all(struct adapter *a);            /* PASSIVE_LEVEL */
/* ext_platform.c: what the miniport registered for begins and ends with its adapter. PASSIVE_LEVEL. */
void platform_start(struct adapter *a);
void platform_stop(struct adapter *a);

/* registry.c: Services\<driver>\Parameters\Device, or \DeviceN of one adapter; NULL when there is none. */
struct cm_key *parameters_key(struct adapter *a, bool global, bool create);
/* settings.c. PASSIVE_LEVEL. */
void adapter_read_settings(struct adapter *a);
void unit_read_settings(struct unit *u);            /* once PnP knows its PDO */
char *adapter_driver_parameter(struct adapter *a);  /* DriverParameter, "" without; pool memory, the caller's; NULL: no memory */
/* A value of the adapter's key Device Parameters\StorPort. */
uint32_t setting_dword(struct adapter *a, const char *name, uint32_t otherwise);

/* --- the disk class: disk.c and its neighbours ------------------------------------------------------------------------ */

NTSTATUS disk_class_open(void);
void disk_class_close(void);
/* The unit goes: its disk answers everything with STATUS_DEVICE_DOES_NOT_EXIST from now on. */
void disk_unit_gone(struct unit *u);
/* Starts what the head of u->operations needs next; false when it must wait. */
bool disk_pump(struct unit *u);
NTSTATUS sp_status(uint8_t srb_status);
/* SRB status, SCSI status and sense data of a finished request. */
uint8_t request_srb_status(const struct request *r);

/* log.c: says a thing once per adapter driver. */
void sp_once(const char *driver, const char *what);

#endif
