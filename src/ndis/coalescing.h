/* Receive segment coalescing and drivers older than it (coalescing.c). */
#ifndef NDIS_COALESCING_H
#define NDIS_COALESCING_H

#include "ndis/adapter.h"

/* The stack is as it will run: has coalescing switched off when a driver is too old for it. PASSIVE_LEVEL. */
void coalescing_follow(struct adapter *adapter);
/* A set request that would switch it on in such a stack: NDIS_STATUS_NOT_SUPPORTED. */
bool coalescing_refuses(struct adapter *adapter, const NDIS_OID_REQUEST *request);

#endif
