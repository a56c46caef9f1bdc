/* The well-known addresses that ws2ipdef.h and mstcpip.h declare; only those a driver names are linked in. */
#include <wdm.h>
#include <mstcpip.h>

#define CONSTANT DECLSPEC_SELECTANY CONST

CONSTANT SCOPE_ID scopeid_unspecified = SCOPEID_UNSPECIFIED_INIT;
CONSTANT IN_ADDR in4addr_any = {{{0, 0, 0, 0}}};
CONSTANT IN_ADDR in4addr_loopback = {{{127, 0, 0, 1}}};
CONSTANT IN_ADDR in4addr_broadcast = {{{255, 255, 255, 255}}};
CONSTANT IN_ADDR in4addr_allnodesonlink = {{{224, 0, 0, 1}}};
CONSTANT IN_ADDR in4addr_allroutersonlink = {{{224, 0, 0, 2}}};
CONSTANT IN6_ADDR in6addr_any = IN6ADDR_ANY_INIT;
CONSTANT IN6_ADDR in6addr_loopback = IN6ADDR_LOOPBACK_INIT;
CONSTANT IN6_ADDR in6addr_allnodesonnode = IN6ADDR_ALLNODESONNODE_INIT;
CONSTANT IN6_ADDR in6addr_allnodesonlink = IN6ADDR_ALLNODESONLINK_INIT;
CONSTANT IN6_ADDR in6addr_allroutersonlink = IN6ADDR_ALLROUTERSONLINK_INIT;
CONSTANT IN6_ADDR in6addr_linklocalprefix = IN6ADDR_LINKLOCALPREFIX_INIT;
CONSTANT IN6_ADDR in6addr_6to4prefix = IN6ADDR_6TO4PREFIX_INIT;
CONSTANT IN6_ADDR in6addr_teredoprefix = IN6ADDR_TEREDOPREFIX_INIT;
CONSTANT IN6_ADDR in6addr_v4mappedprefix = IN6ADDR_V4MAPPEDPREFIX_INIT;
