/* The hash in a list's information. docs: nblhash */
#ifndef RING3_NDIS_NBLHASH_H
#define RING3_NDIS_NBLHASH_H

#include <ndis/nblaccessors.h>

#endif
