/* Lists and buffers: allocation. docs: nblapi */
#ifndef RING3_NBLAPI_H
#define RING3_NBLAPI_H

#include <ndis/nblapi.h>

#endif
