/* The parts that depend on the driver model: the registry and the timer. */
#ifndef WARDEN_MODEL_H
#define WARDEN_MODEL_H

#include "warden.h"

/* registry.c. PASSIVE_LEVEL. Parameters\Policy (REG_MULTI_SZ or REG_SZ) of the driver's key; none: no rules. */
NTSTATUS PolicyRead(_In_ PUNICODE_STRING RegistryPath);
/* tick.c */
VOID TickCreate(VOID);

#endif
