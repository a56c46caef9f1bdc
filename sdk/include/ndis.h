/* NDIS 6. Define NDISxxx_MINIPORT or NDISxxx (see ndis/version.h) before including it. docs: ndis */
#ifndef RING3_NDIS_H
#define RING3_NDIS_H

#include <ntddk.h>
#include <ntddndis.h>
#include <windot11.h>
#include <ndis/version.h>
#include <ndis/types.h>
#include <ndis/status.h>
#include <ndis/sync.h>
#include <ndis/memory.h>
#include <ndis/nblqueue.h>
#include <ndis/nblmedia.h>
#include <ndis/config.h>
#include <ndis/miniport_api.h>
#include <ndis/poll.h>
#include <ndis/protocol.h>
#include <ndis/filter.h>
#include <ndis/vswitch_filter.h>
#include <ndis/im.h>
#include <ndis/interface.h>
#include <ndis/sriov.h>

#endif
