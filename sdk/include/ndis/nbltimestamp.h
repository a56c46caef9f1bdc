/* The time stamp in a list's information. docs: nbltimestamp */
#ifndef RING3_NDIS_NBLTIMESTAMP_H
#define RING3_NDIS_NBLTIMESTAMP_H

#include <ndis/nblaccessors.h>

#endif
