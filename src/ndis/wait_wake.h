/* The wait/wake IRP of an adapter (wait_wake.c). PASSIVE_LEVEL, under pnp_lock. */
#ifndef NDIS_WAIT_WAKE_H
#define NDIS_WAIT_WAKE_H

#include "ndis/adapter.h"

/* The device is about to leave D0: has it wake when anything is enabled that wakes. */
void wait_wake_arm(struct adapter *adapter);
/* It is back in D0, or goes. */
void wait_wake_disarm(struct adapter *adapter);

#endif
