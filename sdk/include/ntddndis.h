/* OIDs and the structures they carry. docs: ntddndis */
#ifndef RING3_NTDDNDIS_H
#define RING3_NTDDNDIS_H

#include <ndis/objectheader.h>
#include <ndis/oids.h>
#include <ndis/oids_other.h>
#include <ndis/oids_more.h>
#include <ndis/numbers_more.h>
#include <ndis/statistics.h>
#include <ndis/media.h>
#include <ndis/port.h>
#include <ndis/offload.h>
#include <ndis/rss.h>
#include <ndis/pm.h>
#include <ndis/receive_filter.h>
#include <ndis/vswitch.h>
#include <ndis/nic_switch.h>
#include <ndis/qos.h>
#include <ndis/qos_queues.h>
#include <ndis/timestamp.h>
#include <ndis/wmi.h>

#endif
