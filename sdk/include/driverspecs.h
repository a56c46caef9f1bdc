/* Driver annotations (IRQL, locks, memory); see sal.h. */
#ifndef RING3_DRIVERSPECS_H
#define RING3_DRIVERSPECS_H

#include <specstrings.h>

#endif
