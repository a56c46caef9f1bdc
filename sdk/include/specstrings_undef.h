/* Kept so that sources that include it compile; nothing is undefined. */
#ifndef RING3_SPECSTRINGS_UNDEF_H
#define RING3_SPECSTRINGS_UNDEF_H

#include <specstrings.h>

#endif
