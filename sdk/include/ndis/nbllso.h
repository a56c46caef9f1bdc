/* TCP segmentation in a list's information. docs: nbllso */
#ifndef RING3_NDIS_NBLLSO_H
#define RING3_NDIS_NBLLSO_H

#include <ndis/nblinfo.h>

#endif
