/* Coalesced segments in a list's information. docs: nblrsc */
#ifndef RING3_NDIS_NBLRSC_H
#define RING3_NDIS_NBLRSC_H

#include <ndis/nblaccessors.h>

#endif
