/* Lock annotations; see sal.h. */
#ifndef RING3_CONCURRENCYSAL_H
#define RING3_CONCURRENCYSAL_H

#include <specstrings.h>

#endif
