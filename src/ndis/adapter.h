/* Miniport drivers, adapters, protocols and bindings: the state that NDIS keeps. All of it belongs to the one host thread;
 * fields change only between scheduling points. */
#ifndef NDIS_ADAPTER_H
#define NDIS_ADAPTER_H

#include "ndis/object.h"
#include "ndis/stats.h"

#define NDIS_MULTICAST_MAX 256u
#define NDIS_FEATURES 8u

struct ndis_driver {
    struct ndis_object object;
    struct list node;                   /* ndis_drivers */
    struct list adapters;
    PDRIVER_OBJECT driver;
    UNICODE_STRING registry_path;       /* its own copy */
    NDIS_HANDLE context;
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS miniport;  /* handlers beyond the driver's revision are NULL */
    NDIS_MINIPORT_PNP_CHARACTERISTICS pnp;
    NDIS_MINIPORT_SS_CHARACTERISTICS selective_suspend;
    bool deregistered;
    bool intermediate;                  /* its adapters are virtual miniports (virtual.h) */
    struct ndis_protocol *protocol;     /* its lower edge */
    struct list im_requests;
};

enum adapter_state {
    ADAPTER_HALTED, ADAPTER_INITIALIZING, ADAPTER_PAUSED, ADAPTER_RESTARTING, ADAPTER_RUNNING, ADAPTER_PAUSING,
    ADAPTER_SHUT_DOWN
};

struct filter;

/* One OID request on its way to one driver; lies in the request's NdisReserved.
 *
 * queued -> with the driver (level->current) -> finished. While it is with the driver, NDIS may have put another OID and
 * buffer in the asker's place (merged filters, statistics); finishing puts the asker's back. */
struct oid_entry {
    struct list node;
    PNDIS_OID_REQUEST request;
    struct binding *binding;            /* the asker: a binding, */
    struct filter *filter;              /* or a filter module; neither: NDIS itself asks */
    PKEVENT done;                       /* NDIS's own: set at the end */
    NDIS_STATUS status;
    bool pended, finished;              /* the asker got NDIS_STATUS_PENDING; status is final */
    bool swapped, own;                  /* own: an idle miniport gets it, too */
    NDIS_OID asked_oid;
    void *asked_buffer;
    uint32_t asked_length, value, old_value;
    void *memory;                       /* of the substitute buffer, when it is not `value` */
};
_Static_assert(sizeof(struct oid_entry) <= sizeof ((PNDIS_OID_REQUEST)0)->NdisReserved, "an oid_entry fits");

static inline struct oid_entry *oid_entry_of(PNDIS_OID_REQUEST request)
{
    return (struct oid_entry *)(void *)request->NdisReserved;
}

/* The requests for one driver of a stack, handed over one at a time: the miniport's, or a filter module's. */
struct oid_level {
    struct adapter *adapter;
    struct filter *filter;              /* NULL: the miniport */
    struct list queue;
    struct oid_entry *current;          /* with the driver */
    bool in_loop, work_queued, draining;
    WORK_QUEUE_ITEM work;
    KEVENT idle;
};

/* Where lists go that leave a place of the stack: to the next module that has a handler for them (chain.c fills it in). */
struct ndis_below {
    bool loops;                         /* what is sent is looked at first: adapter->loops, and nobody is between */
    MINIPORT_SEND_NET_BUFFER_LISTS_HANDLER send;
    NDIS_HANDLE send_context;
    struct ndis_layer_stats *send_stats;
    struct filter *send_filter, *return_filter;         /* NULL: the miniport */
};
struct ndis_above {
    struct filter *receive_filter, *complete_filter;    /* NULL: the bindings */
};

/* Receive scaling: keywords, and what the miniport was set to last. */
#define RSS_ENTRIES_MAX 128u
struct ndis_rss {
    uint16_t entries;                   /* of a table of version 2, and the processor of each (scaling_v2.c) */
    uint8_t cpu[RSS_ENTRIES_MAX];
    uint32_t keyword, base, last, most; /* *RSS, *RssBaseProcNumber, *RssMaxProcNumber, *MaxRssProcessors */
    bool enabled;
    uint8_t revision;
    uint16_t base_cpu, table_size, key_size;
    uint32_t hash_information;
    uint8_t table[128 * sizeof(PROCESSOR_NUMBER)], key[NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_2];
};

/* idle.c */
enum idle_state { IDLE_OFF, IDLE_ACTIVE, IDLE_NOTIFIED, IDLE_SUSPENDED };

struct ndis_idle {
    enum idle_state state;
    bool confirmed, completed, wanted;  /* by the miniport; by it; somebody wants to send or ask */
    bool resuming, own_power, holding, work_queued;
    NDIS_DEVICE_POWER_STATE power;      /* as confirmed */
    uint32_t seconds, quiet;            /* *SSIdleTimeout; seconds without activity */
    uint64_t seen;
    PNET_BUFFER_LIST held, *held_last;  /* each with its port in Scratch */
    struct list directs;                /* direct requests that wait for the miniport */
    KEVENT done;
    KTIMER timer;
    KDPC dpc;
    WORK_QUEUE_ITEM work;
};

/* ports.c */
enum ndis_port_state { PORT_UNKNOWN, PORT_ALLOCATED, PORT_ACTIVE };

struct ndis_port {
    enum ndis_port_state state;
    NDIS_PORT_CHARACTERISTICS characteristics;
};

struct adapter {
    struct ndis_object object;
    struct list node;                   /* ndis_adapters */
    struct list driver_node;
    struct ndis_driver *driver;
    PDEVICE_OBJECT fdo, pdo, next;
    enum adapter_state state;
    NDIS_HANDLE context;                /* MiniportAdapterContext */
    MINIPORT_SEND_NET_BUFFER_LISTS_HANDLER send;
    MINIPORT_RETURN_NET_BUFFER_LISTS_HANDLER give_back;
    struct ndis_below below;            /* below the bindings */
    struct ndis_above above;            /* above the miniport */
    struct list filters;                /* from the miniport up */
    bool incomplete;                    /* a mandatory filter module is not attached: nothing is bound */
    WORK_QUEUE_ITEM restart_work;       /* NdisFRestartFilter */
    bool restart_queued;
    bool binds_inhibited, pause_required;       /* the miniport wants nobody above it; wants no traffic (net_event.c) */
    WORK_QUEUE_ITEM allow_work;
    bool allow_queued;
    unsigned holds;                     /* by whoever waits for pnp_lock, or will: it stays */

    struct list bindings;
    struct binding *only;               /* the one running binding, when there is exactly one and it takes all frames */

    /* state changes */
    KEVENT changed;                     /* a pended pause, restart or reset is complete */
    NDIS_STATUS change_status;
    bool change_pended, resetting, removed, surprise_removed, failed, low_power, halted_for_power, add_device_called;
    bool halting;                       /* MiniportHaltEx runs */
    bool asleep;                        /* low_power, and the protocols have been told: no requests but those of power */
    NDIS_HANDLE add_device_context;
    KMUTEX pnp_lock;                    /* one start, stop, bind, power change at a time */

    /* check for hang */
    KTIMER hang_timer;
    KDPC hang_dpc;
    WORK_QUEUE_ITEM hang_work, reset_work;
    uint32_t hang_seconds;
    bool hang_queued, hang_checking, reset_queued, addressing_reset;
    PNDIS_OID_REQUEST hang_request;     /* with the miniport at the last check, */
    uint64_t hang_oids;                 /* which had had so many then, */
    unsigned hang_checks;               /* and at so many checks before */

    struct { bool registered; uint32_t count; PNDIS_GUID custom; } wmi;        /* wmi.c */
    struct ndis_idle idle;
    struct ndis_port default_port, *ports;      /* number 0; those from 1 to port_room */
    uint32_t port_room, port_taken;     /* the numbers up to port_taken are in use */
    WORK_QUEUE_ITEM port_work;
    bool port_queued;

    /* requests */
    struct oid_level oid;
    KTIMER halt_timer;
    KDPC halt_dpc;
    bool oid_watched;                   /* between oid_watch and oid_unwatch */

    /* attributes */
    uint32_t attribute_flags;
    bool has_registration, has_general;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES general;
    NDIS_OID *oids;
    uint32_t oid_count;
    NDIS_PNP_CAPABILITIES pnp_capabilities;
    NDIS_PM_CAPABILITIES pm_capabilities;
    NDIS_RECEIVE_SCALE_CAPABILITIES rss_capabilities;
    struct ndis_rss rss;
    NDIS_OFFLOAD offload, offload_hardware;
    bool has_pnp_capabilities, has_pm_capabilities, has_rss, has_offload, has_offload_hardware;
    NDIS_RESTART_GENERAL_ATTRIBUTES effective;  /* general attributes as the stack's last restart changed them */
    NDIS_RECEIVE_SCALE_CAPABILITIES effective_rss;
    NDIS_LINK_STATE link;
    NDIS_OBJECT_HEADER *features[NDIS_FEATURES];        /* oid_features.c: copies of capabilities; NULL: none */
    NDIS_HD_SPLIT_CURRENT_CONFIG hd_split;
    NDIS_OFFLOAD_ENCAPSULATION encapsulation;
    NDIS_TIMESTAMP_CAPABILITIES stamps, stamps_now; /* NDIS_STATUS_TIMESTAMP_*; without a header: never told */
    bool has_hd_split, has_encapsulation;
    uint32_t rss_v2_size;
    uint8_t rss_v2[sizeof(NDIS_RECEIVE_SCALE_PARAMETERS_V2) + 64];     /* what OID_GEN_RECEIVE_SCALE_PARAMETERS_V2 set last */
    NDIS_PORT_AUTHENTICATION_PARAMETERS port_auth;

    /* what the miniport was told last: for the bindings, or by anybody */
    uint32_t miniport_filter;
    bool loops;                         /* bindings see what is sent (demux.c) */
    uint32_t packet_filter, lookahead, multicast_count;
    uint8_t multicast[NDIS_MULTICAST_MAX][6];

    struct {                            /* wait_wake.c */
        PIRP irp;                       /* with the bus */
        KEVENT over;
        WORK_QUEUE_ITEM work;
        bool queued;
    } wait_wake;
    struct list receive_filters;        /* receive_books.h */
    struct list wake_items;             /* wake.h */
    bool may_not_wake;                  /* the user does not want the device to wake the computer */
    uint32_t wake_id;                   /* the last one given out */

    /* resources */
    PCM_RESOURCE_LIST raw, translated;  /* its own copies */
    size_t raw_size, translated_size;
    PDMA_ADAPTER dma_adapter;
    struct dma *dma;
    struct ndis_interrupt *interrupt;
    struct ndis_log *log;

    /* names */
    NET_IFINDEX if_index;
    NET_LUID luid;
    UNICODE_STRING name, instance_name; /* \DEVICE\{GUID}; the friendly name */
    UNICODE_STRING device_links[2];     /* symbolic links of the device interfaces; no buffer: not registered */
    WCHAR name_buffer[64], instance_buffer[128];
    BUS_INTERFACE_STANDARD bus;
    bool has_bus;
    NDIS_PCI_DEVICE_CUSTOM_PROPERTIES pci_properties;

    struct ndis_adapter_stats stats;
    uint64_t receives_out;              /* lists that protocols hold */

    /* frames.h */
    struct binding *put_in[2];          /* whose sends are put in, by enum ndis_place; NULL: there were none */
    bool takes_frames;

    /* a virtual miniport (virtual.h) */
    NDIS_HANDLE im_context;             /* IMDeviceInstanceContext */
    bool im_started;                    /* its device is */
};

struct ndis_protocol {
    struct ndis_object object;
    struct list node;                   /* ndis_protocols */
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS handlers;
    UNICODE_STRING name;
    WCHAR name_buffer[64];
    NDIS_HANDLE context;
    struct list bindings;
    bool closing;
    unsigned holds;                     /* by whoever still needs it: it stays */
    struct ndis_driver *miniport;       /* an intermediate driver's upper edge */
};

enum binding_state {
    BINDING_OPENING, BINDING_PAUSED, BINDING_RESTARTING, BINDING_RUNNING, BINDING_PAUSING, BINDING_CLOSING
};

/* What a protocol is asked to do, and may pend. */
enum binding_task { BINDING_NO_TASK, BINDING_BINDS, BINDING_UNBINDS };

struct unbind_request;

struct binding {
    struct ndis_object object;
    struct list node;                   /* adapter->bindings */
    struct list protocol_node;
    struct adapter *adapter;
    struct ndis_protocol *protocol;
    NDIS_HANDLE context;                /* ProtocolBindingContext */
    enum binding_state state;
    enum binding_task task;
    bool opened, unbinding;             /* the handle is good; it is being removed */
    bool completed;                     /* NdisCompleteBindAdapterEx or -UnbindAdapterEx was called for the task */
    KEVENT event;
    NDIS_STATUS event_status;
    struct unbind_request *unbind;      /* NdisUnbindAdapter; NULL: none */
    PROTOCOL_RECEIVE_NET_BUFFER_LISTS *receive;
    PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE *send_complete;
    uint64_t sends_out;                 /* lists the miniport holds */
    uint64_t requests_out;
    KEVENT drained;
    bool draining;
    /* an open, or a close, that is complete later */
    bool open_pended, close_pended, close_queued;
    PNDIS_HANDLE handle;
    PUINT medium;
    UINT medium_index;
    WORK_QUEUE_ITEM work;
    KEVENT done;
    uint32_t packet_filter, lookahead, multicast_count;
    uint8_t multicast[NDIS_MULTICAST_MAX][6];
    NDIS_PM_PARAMETERS pm;              /* what it enabled (wake.h) */
    struct ndis_layer_stats stats;
};

extern struct list ndis_drivers, ndis_adapters, ndis_protocols;

/* Any NDIS handle that stands for one adapter: an adapter or a binding; NULL for others. */
struct adapter *ndis_adapter_of(NDIS_HANDLE handle);

/* driver.c: how many bytes of a miniport's characteristics count, by revision and size; 0: a bad header. */
size_t ndis_miniport_characteristics_size(const NDIS_OBJECT_HEADER *header);

/* adapter.c: PASSIVE_LEVEL, under pnp_lock. */
/* Copies the resources that PnP gave; NULL is none. False: no memory. They stay until the device stops or goes. */
bool adapter_take_resources(struct adapter *adapter, PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated);
NDIS_STATUS adapter_initialize(struct adapter *adapter);
/* Initializes, attaches, binds and restarts. */
NDIS_STATUS adapter_bring_up(struct adapter *adapter);
/* Pauses bindings, then the miniport; reason: NDIS_PAUSE_XXX. */
void adapter_pause(struct adapter *adapter, uint32_t reason);
/* Restarts the miniport, then the bindings. False: the miniport refused and stays paused. */
bool adapter_restart(struct adapter *adapter);
/* Attaches filter modules and binds protocols that belong and are not there. The stack is paused. */
void adapter_attach_all(struct adapter *adapter);
void adapter_halt(struct adapter *adapter, NDIS_HALT_ACTION action);
void adapter_set_state(struct adapter *adapter, enum adapter_state state);
/* The adapter is beyond help: PnP removes it, soon. <= DISPATCH_LEVEL. */
void adapter_fail(struct adapter *adapter);
/* An adapter that is held stays, even when its device goes meanwhile: whoever waits in between holds it. */
static inline void adapter_hold(struct adapter *a)
{
    a->holds++;
}
static inline void adapter_release(struct adapter *a)
{
    a->holds--;
}
/* All adapters, one after the other, each held until the next call; NULL at the end. */
struct adapter *adapter_first(void);
struct adapter *adapter_next(struct adapter *adapter);
/* The same for protocols. */
struct ndis_protocol *protocol_first(void);
struct ndis_protocol *protocol_next(struct ndis_protocol *protocol);
/* Unbinds it and calls ProtocolUninstall, which it has. PASSIVE_LEVEL. */
void protocol_uninstall(struct ndis_protocol *protocol);
void adapter_lock(struct adapter *adapter);
void adapter_unlock(struct adapter *adapter);
void adapter_notify(struct adapter *adapter, NDIS_DEVICE_PNP_EVENT event, void *buffer, uint32_t length);
/* After initialization, and whenever the device is back in D0. docs: ndis/nc-ndis-miniport_device_pnp_event_notify */
void adapter_tell_power_source(struct adapter *adapter);
/* After bindings came, went, or changed state: picks the receive path. */
void adapter_pick_receive_path(struct adapter *adapter);

/* shutdown.c: calls MiniportShutdownEx, once, when the adapter is initialized. PASSIVE_LEVEL, or any IRQL at a bug check. */
void adapter_shut_down(struct adapter *adapter, NDIS_SHUTDOWN_ACTION action);
/* The routine that a bug check calls. */
void shutdown_open(void);
void shutdown_close(void);

/* hang.c */
void hang_init(struct adapter *adapter);
void hang_start(struct adapter *adapter);
/* No further check begins, and none is under way when the call returns. PASSIVE_LEVEL. */
void hang_stop(struct adapter *adapter);

/* pnp.c and power.c */
void ndis_take_over_driver_object(struct ndis_driver *driver);
NTSTATUS ndis_power(struct adapter *adapter, PIRP irp);
NTSTATUS ndis_pass_down(struct adapter *adapter, PIRP irp);
NTSTATUS ndis_complete_irp(PIRP irp, NTSTATUS status);
/* names.c: interface index, LUID, \DEVICE\{GUID} and the friendly name of a new adapter. */
void adapter_name(struct adapter *adapter);
void names_reset(void);
/* The lowest interface index that is free; NET_IFINDEX_UNSPECIFIED: there is none. *serial (may be NULL): a number that nobody else has. */
NET_IFINDEX names_take_index(uint32_t *serial);
void names_free_index(NET_IFINDEX index);

/* interface.c */
struct interface_row {
    NET_IFINDEX index;
    NET_LUID luid;
    NET_IF_INFORMATION information;
    uint8_t address[IF_MAX_PHYS_ADDRESS_LENGTH], permanent_address[IF_MAX_PHYS_ADDRESS_LENGTH];
    WCHAR name[128];                    /* terminated */
};
void interfaces_reset(void);
/* An interface goes: its entries in the stack table do, too. */
void interface_forget(NET_IFINDEX index);
/* The n-th interface that a driver provides (neither an adapter's nor a filter module's); false: there is none. */
bool provided_interface_at(unsigned number, struct interface_row *row);
/* Asks its provider (ProviderQueryObject). length: of the buffer, then of the answer. NDIS_STATUS_INTERFACE_NOT_FOUND.
 * PASSIVE_LEVEL. */
NDIS_STATUS interface_query(NET_IFINDEX index, NDIS_OID oid, void *buffer, uint32_t *length);
/* The interface stack table: what NDIS knows of filter modules, then what drivers added. Number of entries, which may be more than
 * there is room for. */
struct interface_pair {
    NET_IFINDEX higher, lower;
};
size_t interface_stack(struct interface_pair *pairs, size_t room);
/* The interface stack table has an entry of the two. */
bool interface_is_above(NET_IFINDEX higher, NET_IFINDEX lower);

/* miniport_log.c: IOCTL_NDIS_GET_LOG_DATA. */
NTSTATUS log_read(struct adapter *adapter, PIRP irp);

/* device.c: what stands at the start of every device extension that NDIS makes. */
struct ndis_extension {
    enum ndis_type kind;                /* NDIS_ADAPTER: the FDO; NDIS_DEVICE: NdisRegisterDeviceEx */
    void *owner;
    const void *mark;                   /* ndis_extension_mark: a driver makes devices without NDIS, too */
};
extern const char ndis_extension_mark[];
struct ndis_extension *ndis_extension_of(PDEVICE_OBJECT device);        /* NULL: not a device of NDIS */
NTSTATUS device_dispatch(PDEVICE_OBJECT device, PIRP irp);

/* device_interface.c: the interfaces by which others find an adapter */
void device_interfaces_open(struct adapter *adapter);
void device_interfaces_close(struct adapter *adapter);

/* binding.c */
void bindings_create(struct adapter *adapter);              /* binds every protocol that belongs (bind_rule.c) */
void bindings_remove(struct adapter *adapter);              /* unbinds all */
NDIS_STATUS binding_create(struct ndis_protocol *protocol, struct adapter *adapter);
void binding_remove(struct binding *binding);
NDIS_STATUS binding_pnp_event(struct binding *binding, NET_PNP_EVENT_CODE code, void *buffer, uint32_t length);
void binding_pause(struct binding *binding, uint32_t reason);
/* The attributes are those of the restarted stack; NULL: unknown. */
void binding_restart(struct binding *binding, PNDIS_RESTART_ATTRIBUTES attributes);
void binding_sends_done(struct binding *binding, uint64_t count);
/* Returns when none of its sends is out. PASSIVE_LEVEL. */
void binding_wait_for_sends(struct binding *binding);
void binding_request_done(struct binding *binding);
/* For tests: opens pend, as documentation allows. */
extern bool ndis_pend_opens;
/* Under a seeded schedule: answers that documentation leaves to NDIS alternate by chance. Otherwise false. */
bool ndis_by_chance(void);

/* bind_parameters.c: what ProtocolBindAdapterEx is told. */
struct bind_parameters {
    NDIS_BIND_PARAMETERS p;
    NDIS_PNP_CAPABILITIES old_power;
    NDIS_PM_CAPABILITIES power;
    UNICODE_STRING section;
    WCHAR section_buffer[160];
    PNDIS_PORT ports;                   /* freed with it */
};
/* False: no memory. */
bool bind_parameters_fill(struct bind_parameters *parameters, struct binding *binding);
void bind_parameters_free(struct bind_parameters *parameters);
/* The attributes of a stack: as the miniport gave them; as they are after a restart. */
void effective_reset(struct adapter *adapter);
void effective_keep(struct adapter *adapter, PNDIS_RESTART_ATTRIBUTES attributes);
/* MtuSize of the general attributes among them; 0: they are not there. */
uint32_t restart_mtu(PNDIS_RESTART_ATTRIBUTES attributes);

/* oid.c */
void oid_init(struct oid_level *level, struct adapter *adapter, struct filter *filter);
/* A binding's request (filter NULL) goes to the top of the stack, a filter module's to what is below it. */
NDIS_STATUS oid_submit(struct adapter *adapter, struct binding *binding, struct filter *filter, PNDIS_OID_REQUEST request);
/* The driver of a level completes what it left pending. */
void oid_complete(struct oid_level *level, PNDIS_OID_REQUEST request, NDIS_STATUS status, const void *caller);
/* Tells the rules what a driver does with a request. */
#define OID_COMPLETED_TWICE "completes"
#define OID_NOT_COMPLETED "has not completed"
void oid_wrong(PNDIS_OID_REQUEST request, const void *who, const char *what, const void *caller);
/* While the adapter is halted: a request that its drivers keep for more than ten seconds is told to the rules. PASSIVE_LEVEL. */
void oid_watch(struct adapter *adapter);
void oid_unwatch(struct adapter *adapter);
/* Cancels what this asker has: queued requests end, the driver that has one is told. */
void oid_cancel(struct adapter *adapter, struct binding *binding, struct filter *filter, void *id);
/* NDIS's own request; waits. PASSIVE_LEVEL. *written may be NULL. */
NDIS_STATUS oid_ask(struct adapter *adapter, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, uint32_t length,
                    uint32_t *written);
/* The same for the miniport alone, before all that waits. No request may be with it. */
NDIS_STATUS oid_ask_now(struct adapter *adapter, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, uint32_t length);
/* Requests that waited for the miniport go on. PASSIVE_LEVEL. */
void oid_run(struct adapter *adapter);
/* Waits until no request is with the miniport or a filter module. PASSIVE_LEVEL. */
void oid_drain(struct adapter *adapter);
void oid_drain_level(struct oid_level *level);

/* oid_request.c: the direct requests that waited while the miniport was idle go to it. PASSIVE_LEVEL. */
void oid_direct_release(struct adapter *adapter);

/* oid_answer.c: NDIS answers a query from what it knows. False: the miniport has to be asked. */
bool oid_answer(struct adapter *adapter, PNDIS_OID_REQUEST request, NDIS_STATUS *status);
/* The same for a binding that asks: what the stack's last restart left of the attributes. */
bool oid_answer_effective(struct adapter *adapter, PNDIS_OID_REQUEST request, NDIS_STATUS *status);
/* The same from what it keeps for one binding. */
bool oid_answer_binding(struct binding *binding, PNDIS_OID_REQUEST request, NDIS_STATUS *status);
/* Copies an answer into a query's buffer: NDIS_STATUS_SUCCESS, or NDIS_STATUS_BUFFER_TOO_SHORT with BytesNeeded. */
NDIS_STATUS oid_reply(PNDIS_OID_REQUEST request, const void *data, uint32_t length);

/* oid_statistics.c: counters that come from OID_GEN_STATISTICS. */
bool oid_is_counter(NDIS_OID oid);
NDIS_STATUS oid_ask_statistics(struct oid_entry *entry);
NDIS_STATUS oid_take_statistics(struct oid_entry *entry, NDIS_STATUS status);

/* oid_merge.c: another OID and buffer in the asker's place, and the asker's again (status: how the request ended). */
void oid_swap(struct oid_entry *entry, NDIS_OID oid, void *buffer, uint32_t length);
void oid_swap_back(struct oid_entry *entry, NDIS_STATUS status);
/* Set requests that NDIS merges over bindings. */
bool oid_is_merged(NDIS_OID oid);
/* Changes the binding's wish and prepares the request for the miniport. NDIS_STATUS_PENDING: the miniport must be asked;
 * anything else is the answer. */
NDIS_STATUS oid_merge(struct adapter *adapter, struct oid_entry *entry);
/* After the miniport answered: keeps the new union, or takes the binding's wish back. */
void oid_merged(struct adapter *adapter, struct oid_entry *entry, NDIS_STATUS status);
/* Tells the miniport the unions when they are not what it was told last. PASSIVE_LEVEL. */
void oid_apply_wishes(struct adapter *adapter);
/* Takes a closing binding's wishes out of the union. PASSIVE_LEVEL. */
void oid_forget_binding(struct adapter *adapter, struct binding *binding);

/* status.c: to the next filter module above `from` (NULL: the miniport) that wants it, else to the bindings. */
void status_deliver(struct adapter *adapter, struct filter *from, PNDIS_STATUS_INDICATION indication);

/* net_event.c: an event for all, likewise. The first status that is neither success nor "not supported". PASSIVE_LEVEL. */
NDIS_STATUS net_event_up(struct adapter *adapter, struct filter *from, PNET_PNP_EVENT_NOTIFICATION notification);
NDIS_STATUS net_event(struct adapter *adapter, NET_PNP_EVENT_CODE code, void *buffer, uint32_t length);

/* hang.c: resets the miniport when it may be; waits. PASSIVE_LEVEL, without pnp_lock. */
void adapter_reset(struct adapter *adapter);

/* attributes.c */
void attributes_reset(struct adapter *adapter);
/* Keeps a structure with an object header that a driver gave, of at most `length` bytes: what is newer than `newest`, and
 * does not fit in `room`, is left out, and the header says so. */
void attributes_copy(void *to, size_t room, uint8_t newest, const void *from, size_t length);

/* config.c */
/* An integer of the adapter's own key; `fallback` when there is none. PASSIVE_LEVEL. */
uint32_t config_keyword(struct adapter *adapter, const WCHAR *name, uint32_t fallback);
NDIS_STATUS config_device_key(struct adapter *adapter, HANDLE *key);
/* NAME\Parameters\Adapters\{adapter}: the binding's key below Services, as ProtocolSection has it. */
void config_binding_path(const struct binding *binding, UNICODE_STRING *path);

#endif
