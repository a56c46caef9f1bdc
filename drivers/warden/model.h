/* The parts that the Kernel-Mode Driver Framework carries: the registry and the timer. */
#ifndef WARDEN_MODEL_H
#define WARDEN_MODEL_H

#include "warden.h"

#include <wdf.h>

/* registry.c. PASSIVE_LEVEL. Parameters\Policy (REG_MULTI_SZ or REG_SZ) of the driver's key; none: no rules. */
NTSTATUS PolicyRead(_In_ WDFDRIVER Driver);
/* tick.c. PASSIVE_LEVEL. The timer goes with the device. */
NTSTATUS TickCreate(_In_ WDFDEVICE Device);

#endif
