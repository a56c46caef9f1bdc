/* Power states and requests. docs: ntpoapi */
#ifndef RING3_NTPOAPI_H
#define RING3_NTPOAPI_H

#include <wdm.h>

#endif
