/* What a storage miniport includes before storport.h or srb.h: the types of the kernel. docs: storport */
#ifndef RING3_MINIPORT_H
#define RING3_MINIPORT_H

#include <wdm.h>

#endif
