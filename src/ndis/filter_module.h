/* Filter drivers and their modules: what stands between bindings and adapter.
 *
 * 1. adapter->filters lists modules from the miniport up. A module enters it before FilterAttach and leaves it after
 *    FilterDetach; both happen under the adapter's pnp_lock while the stack is paused and no OID request is out.
 * 2. Lists and requests skip modules whose driver (or module) has no handler. For lists the way is precomputed (struct
 *    ndis_below, ndis_above): chain_link() runs after every change of modules or handlers, never while lists are on the way.
 * 3. A list's SourceHandle says who made it: a module that finds its own handle keeps the list, every other list goes on.
 *    `held` counts the lists of others that a module has; `own` its own lists that are out. Both are 0 when it is paused.
 * 4. A stack pauses from the top and restarts from the bottom, so a running module has running modules below it.
 *
 *   state       leaves on                                     to           calls that reach it
 *   ATTACHING   FilterAttach succeeds                         PAUSED       none
 *   PAUSED      FilterRestart                                 RESTARTING   OIDs, status, events, completions
 *               FilterDetach                                  DETACHING    none, but it may still call those above and below
 *   RESTARTING  success, or NdisFRestartComplete              RUNNING      the same, and receive indications
 *               failure                                       PAUSED, and detached
 *   RUNNING     FilterPause                                   PAUSING      all
 *   PAUSING     success, or NdisFPauseComplete                PAUSED       all but new sends
 *
 * docs: network/filter-module-states-and-operations, network/pausing-a-driver-stack, network/restarting-a-driver-stack */
#ifndef NDIS_FILTER_MODULE_H
#define NDIS_FILTER_MODULE_H

#include "ndis/adapter.h"

/* What the INF says about a filter driver (its Ndi key). */
struct filter_kind {
    bool monitoring, mandatory;
    unsigned rank;                      /* of its FilterClass: a higher one stands higher */
    char media[128];                    /* FilterMediaTypes */
};

struct filter_driver {
    struct ndis_object object;
    struct list node;                   /* ndis_filter_drivers, in the order of registration */
    struct list modules;
    PDRIVER_OBJECT driver;
    NDIS_HANDLE context;
    NDIS_FILTER_DRIVER_CHARACTERISTICS handlers;        /* those beyond the driver's revision are NULL */
    UNICODE_STRING unique_name, service_name;
    UNICODE_STRING friendly_name;
    WCHAR unique_buffer[48], service_buffer[64], friendly_buffer[128];
    struct filter_kind kind;
    bool ready;                         /* FilterSetOptions has returned: modules may attach */
};

/* Below FILTER_PAUSED a module is in the list, and nobody calls it. */
enum filter_state { FILTER_ATTACHING, FILTER_DETACHING, FILTER_PAUSED, FILTER_RESTARTING, FILTER_RUNNING, FILTER_PAUSING };

struct filter {
    struct ndis_object object;
    struct list node;                   /* adapter->filters */
    struct list driver_node;            /* driver->modules */
    struct adapter *adapter;
    struct filter_driver *driver;
    struct filter *over;                /* of a monitoring module: the modifying module below it; NULL: the miniport */
    NDIS_HANDLE context;                /* FilterModuleContext */
    enum filter_state state;
    bool has_attributes, setting_options;
    NDIS_FILTER_PARTIAL_CHARACTERISTICS on;     /* the handlers for lists */
    struct ndis_below below, here;      /* below it; and what stands above it has below */
    struct ndis_above above;
    int64_t sends_held, own_sends, receives_held, own_receives;
    uint64_t completed_up, completed_in, returned_down, returned_in;
    struct ndis_layer_stats stats;
    struct oid_level oid;
    KEVENT changed;                     /* a pended pause or restart is complete */
    NDIS_STATUS change_status;
    bool change_pended;
    NET_IFINDEX if_index;
    NET_LUID luid;
    uint32_t mtu;                       /* as it left the restart's attributes; 0: unknown */
    UNICODE_STRING name;                /* {adapter}-{driver's unique name}-0000 */
    WCHAR name_buffer[112];
};

#define FILTER_RANKS 12u                /* classes that modifying filters can have */

extern struct list ndis_filter_drivers;

/* --- filter_order.c --- */
/* Reads the driver's Ndi key. Without one: modifying, optional, custom class, every Ethernet adapter. PASSIVE_LEVEL. */
void filter_read_kind(struct filter_driver *driver);
/* The name of its FilterClass. */
const char *filter_class(const struct filter_driver *driver);
bool filter_fits(const struct filter_driver *driver, struct adapter *adapter);
/* Links a module into adapter->filters where its kind belongs. */
void filter_place(struct filter *filter);

/* --- filter_stack.c: PASSIVE_LEVEL, under pnp_lock, the stack paused --- */
/* Attaches the modules of one driver, unless it is there. */
void filter_attach(struct filter_driver *driver, struct adapter *adapter);
/* A module of the driver on the adapter; NULL: none. */
struct filter *filter_on(const struct filter_driver *driver, const struct adapter *adapter);
/* Attaches all drivers there are, from the miniport up; sets adapter->incomplete. */
void filters_attach(struct adapter *adapter);
/* Tells a module, or all, that they are about to be detached: requests and indications still pass. */
void filter_warn(struct filter *filter);
void filters_warn(struct adapter *adapter);
/* Detaches one module, and the monitoring modules that stand on it. */
void filter_detach(struct filter *filter);
void filters_detach(struct adapter *adapter);
/* The pause and restart of all modules. The restart's attributes pass from the miniport's to the protocols; a module that
 * fails is detached. False: it was a mandatory one. */
void filters_pause(struct adapter *adapter, uint32_t reason);
bool filters_restart(struct adapter *adapter, PNDIS_RESTART_ATTRIBUTES *attributes);
/* Prepares NdisFRestartFilter for an adapter. */
void filter_restart_init(struct adapter *adapter);

/* --- chain.c --- */
void chain_link(struct adapter *adapter);
/* The next module below (from NULL: the topmost) or above (from NULL: the lowest). NULL: none. */
struct filter *filter_below(const struct adapter *adapter, const struct filter *from);
struct filter *filter_above(const struct adapter *adapter, const struct filter *from);

/* --- filter_event.c --- */
/* To the next module below that wants it, else to the miniport. */
void device_event_down(struct adapter *adapter, struct filter *from, PNET_DEVICE_PNP_EVENT event);

/* --- filter_driver.c --- */
/* Attaches or detaches a driver's modules as they fit now, in a stack that may run. Without pnp_lock. */
void filter_follow(struct filter_driver *driver, struct adapter *adapter);
/* Sets adapter->incomplete. */
void filters_check(struct adapter *adapter);
/* NdisSetOptionalHandlers on a module. */
NDIS_STATUS filter_set_handlers(struct filter *filter, const NDIS_OBJECT_HEADER *header);

/* Calls into modules, for data.c. */
void filter_give(struct filter *filter, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, uint64_t count, ULONG flags);
void filter_complete(struct filter *filter, PNET_BUFFER_LIST lists, ULONG flags);
void filter_return(struct filter *filter, PNET_BUFFER_LIST lists, ULONG flags);

#endif
