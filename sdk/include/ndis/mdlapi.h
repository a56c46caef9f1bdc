/* NdisAllocateMdl and NdisFreeMdl. docs: ndis/mdlapi */
#ifndef RING3_NDIS_MDLAPI_H
#define RING3_NDIS_MDLAPI_H

#include <ndis/nblapi.h>

#endif
