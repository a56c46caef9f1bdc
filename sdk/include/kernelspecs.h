/* Kernel annotations; see sal.h. */
#ifndef RING3_KERNELSPECS_H
#define RING3_KERNELSPECS_H

#include <specstrings.h>

#endif
