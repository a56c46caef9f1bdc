/* Selective suspend, as the other files of NDIS see it. */
#ifndef NDIS_IDLE_H
#define NDIS_IDLE_H

#include "ndis/adapter.h"

void idle_init(struct adapter *adapter);
/* The miniport runs, or does no more. PASSIVE_LEVEL, under pnp_lock; for idle_stop it must have been resumed. */
void idle_start(struct adapter *adapter);
void idle_stop(struct adapter *adapter);
/* Brings an adapter that is idle or suspended back; waits. PASSIVE_LEVEL, under pnp_lock. */
void idle_resume(struct adapter *adapter);
/* chain.c: where sends for the miniport go instead, while it is idle. */
void idle_redirect(const struct adapter *adapter, struct ndis_below *below);
/* Has the adapter resumed, soon: something waits for it. <= DISPATCH_LEVEL. */
void idle_wake(struct adapter *adapter);

#endif
