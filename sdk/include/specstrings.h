/* Buffer annotations, both spellings. */
#ifndef RING3_SPECSTRINGS_H
#define RING3_SPECSTRINGS_H

#include <sal.h>
#include <ring3/sal_old.h>

#endif
