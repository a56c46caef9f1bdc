/* The adapter's multicast list follows the groups that lwIP joins: the change is queued to a system worker, because
 * lwIP speaks at DISPATCH_LEVEL and the request waits. docs: network/oid-802-3-multicast-list */
#include <string.h>

#include "nt/ke.h"
#include "tcpip/ndis_internal.h"

/* One worker at a time: it makes requests until nothing has changed meanwhile. The binding may be gone once the event is set. */
static VOID NTAPI multicast_worker(PVOID context)
{
    struct binding *b = context;
    uint8_t list[MULTICAST_MAX][6];
    unsigned count;

    for (;;) {
        stack_enter();
        if (!b->multicast_changed || b->state == BINDING_CLOSING)
            break;
        b->multicast_changed = false;
        count = b->multicast_count;
        memcpy(list, b->multicast, sizeof list);
        stack_leave();
        if (count <= b->multicast_limit)
            protocol_set_oid(b, OID_802_3_MULTICAST_LIST, list, count * 6);
    }
    b->multicast_busy = false;
    KeSetEvent(&b->multicast_idle, IO_NO_INCREMENT, FALSE);
    stack_leave();
}

static void queue_change(struct binding *b)
{
    if (b->state == BINDING_CLOSING)
        return;
    b->multicast_changed = true;
    if (b->multicast_busy)
        return;
    b->multicast_busy = true;
    KeClearEvent(&b->multicast_idle);
    ExInitializeWorkItem(&b->multicast_work, multicast_worker, b);
    ExQueueWorkItem(&b->multicast_work, DelayedWorkQueue);
}

void protocol_multicast(struct binding *b, const uint8_t mac[6], bool add)
{
    unsigned n = 0;

    while (n < b->multicast_count && memcmp(b->multicast[n], mac, 6) != 0)
        n++;
    if (n < b->multicast_count) {       /* several groups share an address: count them */
        b->multicast_users[n] += add ? 1 : -1u;
        if (b->multicast_users[n])
            return;
        b->multicast_count--;
        memcpy(b->multicast[n], b->multicast[b->multicast_count], 6);
        b->multicast_users[n] = b->multicast_users[b->multicast_count];
    } else {
        if (!add || n == MULTICAST_MAX)
            return;
        memcpy(b->multicast[n], mac, 6);
        b->multicast_users[n] = 1;
        b->multicast_count++;
    }
    queue_change(b);
}

void multicast_open(struct binding *b, unsigned limit)
{
    b->multicast_limit = limit < MULTICAST_MAX ? limit : MULTICAST_MAX;
    KeInitializeEvent(&b->multicast_idle, NotificationEvent, TRUE);
}

void multicast_close(struct binding *b)
{
    KeWaitForSingleObject(&b->multicast_idle, Executive, KernelMode, FALSE, NULL);
}
