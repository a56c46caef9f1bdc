/* A time limit on what NDIS asks of a driver: a finding after ten seconds, and after a minute the bug check that is documented for it.
 *
 * 1. A watchdog lies on the stack of whoever asks, from watchdog_start to watchdog_stop; it runs while the driver's handler does, and
 *    while what the handler left pending is waited for.
 * 2. Where no bug check is documented (binds and restarts), the wait ends after the same minute and what was asked has failed.
 *
 * docs: debugger/bug-check-0x7c--bugcode-ndis-driver */
#ifndef NDIS_WATCHDOG_H
#define NDIS_WATCHDOG_H

#include "ndis/adapter.h"

enum watchdog_operation {
    WATCHDOG_NONE, WATCHDOG_PROTOCOL_PAUSE = 0x01, WATCHDOG_PROTOCOL_NETPNPEVENT = 0x02, WATCHDOG_PROTOCOL_UNBIND = 0x04,
    WATCHDOG_FILTER_PAUSE = 0x11, WATCHDOG_FILTER_NETPNPEVENT = 0x12, WATCHDOG_FILTER_DETACH = 0x14, WATCHDOG_MINIPORT_PAUSE = 0x21,
    WATCHDOG_MINIPORT_HALT = 0x22, WATCHDOG_MINIPORT_OID = 0x23, WATCHDOG_FILTER_OID = 0x24, WATCHDOG_CANCEL_IDLE = 0x26
};

struct watchdog {
    enum watchdog_operation operation;
    const void *target;                 /* a handle of NDIS: whom it waits for */
    ULONG_PTR detail;                   /* the bug check's last parameter */
    const char *misuse;                 /* what the finding says, */
    const void *handler;                /* and where: in this function of the driver */
    /* Instead of that finding; may also correct who it waits for. last: the minute is over. */
    void (*report)(struct watchdog *watchdog, bool last);
    PKEVENT event;                      /* what ends the wait when the operation is WATCHDOG_NONE, */
    bool expired;                       /* and that it did */
    /* its own */
    KTIMER timer;
    KDPC dpc;
    uint64_t start;
    PKTHREAD thread;
    bool told;
};

/* The members down to `event` are set, the others zero. <= DISPATCH_LEVEL. */
void watchdog_start(struct watchdog *watchdog);
void watchdog_stop(struct watchdog *watchdog);
/* The watchdog runs meanwhile. False: it ended the wait. PASSIVE_LEVEL. */
bool watchdog_wait(struct watchdog *watchdog, PKEVENT event);

#endif
