/* ntddk.h for file systems and filters; what ring3 has of them is declared there already. */
#ifndef RING3_NTIFS_H
#define RING3_NTIFS_H

#include <ntddk.h>
#include <ring3/fsrtl.h>

#endif
