/* wdm.h for drivers that are not WDM: every routine is declared there already. */
#ifndef RING3_NTDDK_H
#define RING3_NTDDK_H

#include <wdm.h>

#endif
