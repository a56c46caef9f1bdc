/* UDP segmentation in a list's information. docs: nbluso */
#ifndef RING3_NDIS_NBLUSO_H
#define RING3_NDIS_NBLUSO_H

#include <ndis/nblinfo.h>

#endif
