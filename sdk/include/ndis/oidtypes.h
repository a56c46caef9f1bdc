/* Kinds of OID requests. docs: oidtypes */
#ifndef RING3_NDIS_OIDTYPES_H
#define RING3_NDIS_OIDTYPES_H

#include <ndis/oidrequest.h>

#endif
