/* Change notifications.
 *
 * 1. The stack reports each change with its lock held. The event waits in a queue, and a work item calls the drivers, in the order
 *    of the changes, at PASSIVE_LEVEL.
 * 2. A registration hears of what happened after it was made, never of anything before.
 * 3. `turn` is taken around every call into a registration: calls of one registration never overlap.
 * 4. `users` counts calls that may still come; who cancels takes the registration off the list and waits for 0, except inside a
 *    callback of its own (on Windows that waits for itself): then the call in progress frees it. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "netio/ip_helper.h"
#include "netio/ip_internal.h"
#include "nt/ke.h"
#include "nt/pool.h"

#define NOTIFY_TAG 0x6f4e5049u          /* IPNo */

enum kind { NOTIFY_INTERFACE, NOTIFY_UNICAST, NOTIFY_ROUTE, NOTIFY_TEREDO, NOTIFY_STABLE };

struct registration {
    struct list node;
    enum kind kind;
    unsigned family;                    /* 0: both */
    union {
        PIPINTERFACE_CHANGE_CALLBACK interface;
        PUNICAST_IPADDRESS_CHANGE_CALLBACK unicast;
        PIPFORWARD_CHANGE_CALLBACK route;
        PTEREDO_PORT_CHANGE_CALLBACK teredo;
        PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK stable;
    } call;
    void *context;
    const void *caller;
    uint64_t since;                     /* number of the next event it may hear of */
    KEVENT turn, idle;
    unsigned users;
    PKTHREAD inside;                    /* runs its callback */
    bool cancelled, free_inside, delivered;
};

struct event {
    struct list node;
    uint64_t number;
    struct ip_event what;
};

static struct {
    KSPIN_LOCK lock;                    /* the lists, users, cancelled, queued, number */
    struct list registrations, events;
    uint64_t number;
    bool open, queued;
    WORK_QUEUE_ITEM work;
    KEVENT quiet;                       /* the work item is not queued or running */
} notify;

/* --- calling ----------------------------------------------------------------------------------------------------------- */

static MIB_NOTIFICATION_TYPE type_of(enum ip_change change)
{
    return change == IP_ADDED ? MibAddInstance : change == IP_DELETED ? MibDeleteInstance : MibParameterNotification;
}

/* Rows carry what names the entry; the rest is asked for with the Get function. */
static void call_interface(struct registration *r, const struct ip_event *e)
{
    MIB_IPINTERFACE_ROW row = { .Family = e->family == 6 ? AF_INET6 : AF_INET, .InterfaceIndex = e->index };

    row.InterfaceLuid.Value = e->luid;
    r->call.interface(r->context, &row, type_of(e->change));
}

static void call_unicast(struct registration *r, const struct ip_event *e)
{
    MIB_UNICASTIPADDRESS_ROW row = { .InterfaceIndex = e->index };

    row.InterfaceLuid.Value = e->luid;
    ip_give_address(&row.Address, &e->address, e->index);
    row.ScopeId.Value = ip_scope_of(&e->address, e->index);
    r->call.unicast(r->context, &row, type_of(e->change));
}

static void call_route(struct registration *r, const struct ip_event *e)
{
    MIB_IPFORWARD_ROW2 row = { .InterfaceIndex = e->index };

    row.InterfaceLuid.Value = e->luid;
    ip_give_address(&row.DestinationPrefix.Prefix, &e->address, e->index);
    row.DestinationPrefix.PrefixLength = e->prefix_length;
    ip_give_address(&row.NextHop, &e->next_hop, e->index);
    r->call.route(r->context, &row, type_of(e->change));
}

static size_t list_unicast(unsigned family, void *rows, size_t room)
{
    return ip_list_unicast(family, rows, room);
}

/* No address is still being tested for duplicates. */
static bool is_stable(unsigned family)
{
    size_t count;
    bool failed, stable = true;
    struct ip_unicast *rows = ip_collect(list_unicast, family, sizeof *rows, &count, &failed);

    for (size_t n = 0; rows && n < count; n++)
        stable = stable && rows[n].state != IP_DAD_TENTATIVE;
    free(rows);
    return stable && !failed;
}

static void call_stable(struct registration *r)
{
    PMIB_UNICASTIPADDRESS_TABLE table;

    if (r->delivered || !is_stable(r->family) || !NT_SUCCESS(ip_unicast_table(r->family, true, &table, r->caller)))
        return;
    r->delivered = true;
    r->call.stable(r->context, table);
}

static void call_initial(struct registration *r)
{
    switch (r->kind) {
    case NOTIFY_INTERFACE: r->call.interface(r->context, NULL, MibInitialNotification); break;
    case NOTIFY_UNICAST: r->call.unicast(r->context, NULL, MibInitialNotification); break;
    case NOTIFY_ROUTE: r->call.route(r->context, NULL, MibInitialNotification); break;
    case NOTIFY_TEREDO: r->call.teredo(r->context, 0, MibInitialNotification); break;
    case NOTIFY_STABLE: call_stable(r); break;
    }
}

static void call_event(struct registration *r, const struct ip_event *e)
{
    switch (r->kind) {
    case NOTIFY_INTERFACE: call_interface(r, e); break;
    case NOTIFY_UNICAST: call_unicast(r, e); break;
    case NOTIFY_ROUTE: call_route(r, e); break;
    case NOTIFY_STABLE: call_stable(r); break;
    case NOTIFY_TEREDO: break;          /* there is no Teredo client, so its port never changes */
    }
}

static bool wants(const struct registration *r, const struct event *e)
{
    static const enum ip_table tables[] = {
        [NOTIFY_INTERFACE] = IP_TABLE_INTERFACE, [NOTIFY_UNICAST] = IP_TABLE_UNICAST, [NOTIFY_ROUTE] = IP_TABLE_ROUTE,
        [NOTIFY_STABLE] = IP_TABLE_UNICAST,
    };

    return r->kind != NOTIFY_TEREDO && tables[r->kind] == e->what.table && e->number >= r->since &&
           (!r->family || r->family == e->what.family);
}

/* The caller counts as a user. e NULL: the initial notification. */
static void call(struct registration *r, const struct ip_event *e)
{
    KeWaitForSingleObject(&r->turn, Executive, KernelMode, FALSE, NULL);
    if (!r->cancelled) {
        r->inside = KeGetCurrentThread();
        if (e)
            call_event(r, e);
        else
            call_initial(r);
        r->inside = NULL;
    }
    KeSetEvent(&r->turn, IO_NO_INCREMENT, FALSE);
}

static void release(struct registration *r)
{
    KIRQL old;

    KeAcquireSpinLock(&notify.lock, &old);
    bool last = --r->users == 0 && r->cancelled, gone = last && r->free_inside;
    if (last && !gone)
        KeSetEvent(&r->idle, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&notify.lock, old);
    if (gone)
        pool_free(r, NOTIFY_TAG, NULL);
}

/* A registration that wants the event and has not had it; it has one more user. */
static struct registration *next_for(const struct event *e)
{
    struct registration *found = NULL;
    KIRQL old;

    KeAcquireSpinLock(&notify.lock, &old);
    list_each(it, &notify.registrations) {
        struct registration *r = container_of(it, struct registration, node);
        if (!found && wants(r, e))
            found = r;
    }
    if (found) {
        found->users++;
        found->since = e->number + 1;
    }
    KeReleaseSpinLock(&notify.lock, old);
    return found;
}

static struct event *next_event(void)
{
    struct event *e = NULL;
    KIRQL old;

    KeAcquireSpinLock(&notify.lock, &old);
    struct list *node = list_pop_front(&notify.events);
    if (node)
        e = container_of(node, struct event, node);
    else
        notify.queued = false;
    KeReleaseSpinLock(&notify.lock, old);
    return e;
}

static VOID NTAPI deliver(PVOID context)
{
    struct event *e;

    while ((e = next_event())) {
        struct registration *r;
        while ((r = next_for(e))) {
            call(r, &e->what);
            release(r);
        }
        free(e);
    }
    if (!notify.queued)
        KeSetEvent(&notify.quiet, IO_NO_INCREMENT, FALSE);
}

/* With the stack's lock held, at DISPATCH_LEVEL. */
static void changed(const struct ip_event *what)
{
    struct event *e;
    KIRQL old;

    KeAcquireSpinLock(&notify.lock, &old);
    uint64_t number = notify.number++;
    bool heard = !list_empty(&notify.registrations) && (e = calloc(1, sizeof *e));
    if (heard) {
        e->number = number;
        e->what = *what;
        list_push_back(&notify.events, &e->node);
        if (!notify.queued) {
            notify.queued = true;
            KeClearEvent(&notify.quiet);
            ExQueueWorkItem(&notify.work, DelayedWorkQueue);
        }
    }
    KeReleaseSpinLock(&notify.lock, old);
}

/* --- registering -------------------------------------------------------------------------------------------------------- */

static void link_registration(struct registration *r)
{
    KIRQL old;

    KeAcquireSpinLock(&notify.lock, &old);
    r->since = notify.number;
    list_push_back(&notify.registrations, &r->node);
    KeReleaseSpinLock(&notify.lock, old);
}

static NTSTATUS register_for(const struct registration *wanted, BOOLEAN initial, HANDLE *handle)
{
    struct registration *r;

    *handle = NULL;
    if (!notify.open)
        return STATUS_NOT_SUPPORTED;
    r = pool_alloc(NonPagedPoolNx, sizeof *r, NOTIFY_TAG, wanted->caller);
    if (!r)
        return STATUS_NO_MEMORY;
    *r = *wanted;
    KeInitializeEvent(&r->turn, SynchronizationEvent, TRUE);
    KeInitializeEvent(&r->idle, NotificationEvent, FALSE);
    r->users = 1;                       /* this call, until the initial notification is over */
    *handle = r;
    link_registration(r);
    if (initial)
        call(r, NULL);
    release(r);
    return STATUS_SUCCESS;
}

/* The Notify functions. Family: AF_INET, AF_INET6 or AF_UNSPEC (both). Callback: at PASSIVE_LEVEL, one call at a time, with a row
 * that names what changed (valid during the call), or without a row before this function returns when InitialNotification is TRUE.
 * NotificationHandle: for CancelMibChangeNotify2. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY. */

/* docs: network/notifyipinterfacechange */
NTSTATUS NTAPI NotifyIpInterfaceChange(ADDRESS_FAMILY Family, PIPINTERFACE_CHANGE_CALLBACK Callback, PVOID CallerContext,
                                       BOOLEAN InitialNotification, HANDLE *NotificationHandle)
{
    struct registration r = { .kind = NOTIFY_INTERFACE, .call.interface = Callback, .context = CallerContext, .caller = IP_CALLER() };

    if (!Callback || !NotificationHandle || !ip_take_family(Family, &r.family))
        return STATUS_INVALID_PARAMETER;
    return register_for(&r, InitialNotification, NotificationHandle);
}

/* docs: network/notifyunicastipaddresschange */
NTSTATUS NTAPI NotifyUnicastIpAddressChange(ADDRESS_FAMILY Family, PUNICAST_IPADDRESS_CHANGE_CALLBACK Callback, PVOID CallerContext,
                                            BOOLEAN InitialNotification, HANDLE *NotificationHandle)
{
    struct registration r = { .kind = NOTIFY_UNICAST, .call.unicast = Callback, .context = CallerContext, .caller = IP_CALLER() };

    if (!Callback || !NotificationHandle || !ip_take_family(Family, &r.family))
        return STATUS_INVALID_PARAMETER;
    return register_for(&r, InitialNotification, NotificationHandle);
}

/* docs: network/notifyroutechange2 */
NTSTATUS NTAPI NotifyRouteChange2(ADDRESS_FAMILY AddressFamily, PIPFORWARD_CHANGE_CALLBACK Callback, PVOID CallerContext,
                                  BOOLEAN InitialNotification, HANDLE *NotificationHandle)
{
    struct registration r = { .kind = NOTIFY_ROUTE, .call.route = Callback, .context = CallerContext, .caller = IP_CALLER() };

    if (!Callback || !NotificationHandle || !ip_take_family(AddressFamily, &r.family))
        return STATUS_INVALID_PARAMETER;
    return register_for(&r, InitialNotification, NotificationHandle);
}

/* There is no Teredo client: only the initial notification comes. docs: network/notifyteredoportchange */
NTSTATUS NTAPI NotifyTeredoPortChange(PTEREDO_PORT_CHANGE_CALLBACK Callback, PVOID CallerContext, BOOLEAN InitialNotification,
                                      HANDLE *NotificationHandle)
{
    struct registration r = { .kind = NOTIFY_TEREDO, .call.teredo = Callback, .context = CallerContext, .caller = IP_CALLER() };

    if (!Callback || !NotificationHandle)
        return STATUS_INVALID_PARAMETER;
    return register_for(&r, InitialNotification, NotificationHandle);
}

/* Port: of the Teredo client. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER; STATUS_DEVICE_NOT_READY (ERROR_NOT_READY), because
 * there is no Teredo client. docs: network/getteredoport */
NTSTATUS NTAPI GetTeredoPort(USHORT *Port)
{
    return Port ? STATUS_DEVICE_NOT_READY : STATUS_INVALID_PARAMETER;
}

/* Table: the addresses that are preferred, at once when none is being tested for duplicates. Otherwise STATUS_PENDING, and
 * CallerCallback gets the table when the tests are over. Either table is the caller's to free with FreeMibTable; the handle of a
 * pending request must be cancelled. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 * docs: network/notifystableunicastipaddresstable */
NTSTATUS NTAPI NotifyStableUnicastIpAddressTable(ADDRESS_FAMILY Family, PMIB_UNICASTIPADDRESS_TABLE *Table,
                                                 PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK CallerCallback, PVOID CallerContext,
                                                 HANDLE *NotificationHandle)
{
    struct registration r = { .kind = NOTIFY_STABLE, .call.stable = CallerCallback, .context = CallerContext, .caller = IP_CALLER() };

    if (!Table || !CallerCallback || !NotificationHandle || !ip_take_family(Family, &r.family))
        return STATUS_INVALID_PARAMETER;
    *Table = NULL;
    *NotificationHandle = NULL;
    if (is_stable(r.family))
        return ip_unicast_table(r.family, true, Table, r.caller);
    NTSTATUS status = register_for(&r, TRUE, NotificationHandle);       /* it may have become stable just now */
    return status == STATUS_SUCCESS ? STATUS_PENDING : status;
}

static struct registration *take_off(HANDLE handle, bool *wait)
{
    struct registration *r = NULL;
    KIRQL old;

    KeAcquireSpinLock(&notify.lock, &old);
    list_each(it, &notify.registrations)
        if (container_of(it, struct registration, node) == handle)
            r = handle;
    if (r) {
        list_remove(&r->node);
        r->cancelled = true;
        r->free_inside = r->inside == KeGetCurrentThread();
        *wait = r->users > 0;
    }
    KeReleaseSpinLock(&notify.lock, old);
    return r;
}

/* Ends a notification: when it returns, no callback runs and none will. IRQL PASSIVE_LEVEL; not from the callback itself (on Windows
 * that waits for ever). STATUS_INVALID_PARAMETER: no such handle. docs: network/cancelmibchangenotify2 */
NTSTATUS NTAPI CancelMibChangeNotify2(HANDLE NotificationHandle)
{
    bool wait;
    struct registration *r = NotificationHandle ? take_off(NotificationHandle, &wait) : NULL;

    if (!r)
        return STATUS_INVALID_PARAMETER;
    if (r->free_inside) {
        log_warn("netio", "CancelMibChangeNotify2 inside the callback that it cancels: on Windows this waits for ever");
        return STATUS_SUCCESS;
    }
    if (wait)
        KeWaitForSingleObject(&r->idle, Executive, KernelMode, FALSE, NULL);
    pool_free(r, NOTIFY_TAG, IP_CALLER());
    return STATUS_SUCCESS;
}

/* --- a driver that is gone ---------------------------------------------------------------------------------------------------- */

static bool is_of(const struct registration *r, uint64_t base, uint64_t size)
{
    return (uint64_t)(uintptr_t)r->call.interface - base < size;
}

bool ip_driver_has_left(uint64_t base, uint64_t size)
{
    list_each(it, &notify.registrations)
        if (is_of(container_of(it, struct registration, node), base, size))
            return true;
    return false;
}

/* The rule has named the block by now. */
void ip_driver_gone(uint64_t base, uint64_t size)
{
    KIRQL old;

    KeAcquireSpinLock(&notify.lock, &old);
    list_each_safe(it, &notify.registrations) {
        struct registration *r = container_of(it, struct registration, node);
        if (!is_of(r, base, size))
            continue;
        list_remove(&r->node);
        r->cancelled = r->free_inside = true;
        if (!r->users)
            pool_free(r, NOTIFY_TAG, NULL);
    }
    KeReleaseSpinLock(&notify.lock, old);
}

/* --- life -------------------------------------------------------------------------------------------------------------------- */

bool ip_helper_open(void)
{
    memset(&notify, 0, sizeof notify);
    KeInitializeSpinLock(&notify.lock);
    list_init(&notify.registrations);
    list_init(&notify.events);
    KeInitializeEvent(&notify.quiet, NotificationEvent, TRUE);
    ExInitializeWorkItem(&notify.work, deliver, NULL);
    notify.open = true;
    ip_set_listener(changed);
    return true;
}

void ip_helper_close(void)
{
    struct list *node;

    ip_set_listener(NULL);
    notify.open = false;
    while ((node = list_pop_front(&notify.registrations)))
        container_of(node, struct registration, node)->cancelled = true;
    KeWaitForSingleObject(&notify.quiet, Executive, KernelMode, FALSE, NULL);
}
