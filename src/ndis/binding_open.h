/* Opens, closes, and unbinds that protocols ask for. */
#ifndef NDIS_BINDING_OPEN_H
#define NDIS_BINDING_OPEN_H

#include "ndis/adapter.h"

/* binding_open.c */
void binding_open_init(struct binding *binding);
/* Waits for an open or a close that pends. PASSIVE_LEVEL. */
void binding_open_finish(struct binding *binding);
/* A send or a request of a binding that closes has ended: the close goes on when it was the last. <= DISPATCH_LEVEL. */
void binding_close_on(struct binding *binding);

/* unbind.c: the binding goes; NdisUnbindAdapter has nothing to do any more. */
void unbind_forget(struct binding *binding);
/* Unbinds one, under its adapter's lock, in a stack that is paused meanwhile. PASSIVE_LEVEL. */
void binding_unbind(struct binding *binding);

#endif
