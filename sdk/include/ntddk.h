/* wdm.h for drivers that are not WDM: most routines are declared there already. */
#ifndef RING3_NTDDK_H
#define RING3_NTDDK_H

#include <wdm.h>
#include <ring3/disk_table.h>
#include <ring3/nt_calls.h>

#endif
