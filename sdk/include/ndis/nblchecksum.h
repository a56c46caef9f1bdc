/* Checksum offload in a list's information. docs: nblchecksum */
#ifndef RING3_NDIS_NBLCHECKSUM_H
#define RING3_NDIS_NBLCHECKSUM_H

#include <ndis/nblinfo.h>

#endif
