/* Definitions shared by kernel and user network code: so far, the identity of a network module. */
#ifndef RING3_NETIODEF_H
#define RING3_NETIODEF_H

#include <ifdef.h>
#include <netio/moduleid.h>

#endif
