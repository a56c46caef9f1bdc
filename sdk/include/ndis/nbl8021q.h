/* VLAN and priority in a list's information. docs: nbl8021q */
#ifndef RING3_NDIS_NBL8021Q_H
#define RING3_NDIS_NBL8021Q_H

#include <ndis/nblinfo.h>

#endif
