/* Processor groups for every Windows version: procgrp.lib. The routines themselves are the kernel's. docs: procgrp */
#ifndef RING3_PROCGRP_H
#define RING3_PROCGRP_H

#include <wdm.h>

/* Once, before the routines of the library; nothing to do. PASSIVE_LEVEL. docs: procgrp/nf-procgrp-wdmlibprocgrpinitialize */
FORCEINLINE VOID WdmlibProcgrpInitialize(VOID)
{
}

#endif
