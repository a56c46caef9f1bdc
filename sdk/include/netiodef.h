/* Definitions shared by kernel and user network code: the identity of a network module, the headers in packets. */
#ifndef RING3_NETIODEF_H
#define RING3_NETIODEF_H

#include <ifdef.h>
#include <mstcpip.h>
#include <netio/moduleid.h>
#include <netio/packet.h>

#endif
