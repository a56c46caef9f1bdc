/* Intermediate drivers: one driver with a protocol edge below and virtual miniports above.
 *
 * A virtual miniport is an adapter of a driver that registered with NDIS_INTERMEDIATE_DRIVER. It has a device like any other,
 * but MiniportInitializeEx waits for two things that may come in either order:
 *
 *   START_DEVICE   NdisIMInitializeDeviceInstanceEx   the adapter
 *   no             no                                  HALTED
 *   no             yes: an im_request waits            HALTED, or not there yet
 *   yes            no: adapter->im_started             HALTED
 *   yes            yes                                 initialized in the context of whichever came last
 *
 * 1. A request is used up when its adapter is initialized, also when MiniportInitializeEx fails.
 * 2. NdisIMDeInitializeDeviceInstance halts the adapter and leaves im_started as it is: the driver may ask again.
 * 3. STOP_DEVICE and removal clear im_started; the next START_DEVICE asks the driver with NetEventIMReEnableDevice.
 * 4. The lock of a virtual miniport is taken after that of an adapter below it (bind, unbind), never before.
 * docs: network/initializing-virtual-miniports, network/halting-a-virtual-miniport */
#ifndef NDIS_VIRTUAL_H
#define NDIS_VIRTUAL_H

#include "ndis/adapter.h"

/* START_DEVICE of a virtual miniport. Under its pnp_lock. The status of MiniportInitializeEx when it ran. */
NDIS_STATUS im_start(struct adapter *adapter);
/* After im_start, without the lock: tells the driver of a device that it has not asked for. */
void im_announce(struct adapter *adapter);
/* The device stops or goes. */
void im_stop(struct adapter *adapter);
/* A miniport driver goes: its requests, and its tie with a protocol, are forgotten. */
void im_forget_driver(struct ndis_driver *driver);
void im_forget_protocol(struct ndis_protocol *protocol);

/* --- bind_rule.c --- */
/* Whether the protocol belongs on the adapter. PASSIVE_LEVEL. */
bool binds(struct ndis_protocol *protocol, struct adapter *adapter);
/* On one adapter, under its lock, the stack paused: removes bindings that no longer belong, makes those that do and are not there.
 * PASSIVE_LEVEL. */
void bindings_update(struct adapter *adapter);
/* Removes bindings that no longer belong, and makes those that do and are not there, on every adapter. PASSIVE_LEVEL. */
void bindings_settle(void);
/* A REG_MULTI_SZ has the word: 1; it has others only: 0; there is none (key NULL, too), or it is empty: -1. */
struct cm_key;
int ndis_multi_has(struct cm_key *key, const char *value, const char *wanted);
/* The intermediate driver whose image has this code; NULL: none. */
struct ndis_driver *im_driver_of_code(const void *code);

#endif
