/* Strict annotations; see sal.h. */
#ifndef RING3_SPECSTRINGS_STRICT_H
#define RING3_SPECSTRINGS_STRICT_H

#include <specstrings.h>

#endif
