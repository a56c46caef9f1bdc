/* Packet time stamps (NDIS 6.82): what a card can and does. docs: network/overview-of-ndis-packet-timestamping */
#ifndef RING3_NDIS_TIMESTAMP_H
#define RING3_NDIS_TIMESTAMP_H

#include <ndis/objectheader.h>
#include <ndis/status.h>

#define NDIS_STATUS_TIMESTAMP_CAPABILITY ((NDIS_STATUS)0x40051000L)
#define NDIS_STATUS_TIMESTAMP_CURRENT_CONFIG ((NDIS_STATUS)0x40051001L)

/* Which packets get a time, when, and by whom. docs: ntddndis/ns-ntddndis-_ndis_timestamp_capability_flags */
typedef struct _NDIS_TIMESTAMP_CAPABILITY_FLAGS {
    BOOLEAN PtpV2OverUdpIPv4EventMsgReceiveHw, PtpV2OverUdpIPv4AllMsgReceiveHw;
    BOOLEAN PtpV2OverUdpIPv4EventMsgTransmitHw, PtpV2OverUdpIPv4AllMsgTransmitHw;
    BOOLEAN PtpV2OverUdpIPv6EventMsgReceiveHw, PtpV2OverUdpIPv6AllMsgReceiveHw;
    BOOLEAN PtpV2OverUdpIPv6EventMsgTransmitHw, PtpV2OverUdpIPv6AllMsgTransmitHw;
    BOOLEAN AllReceiveHw, AllTransmitHw, TaggedTransmitHw;
    BOOLEAN AllReceiveSw, AllTransmitSw, TaggedTransmitSw;
} NDIS_TIMESTAMP_CAPABILITY_FLAGS, *PNDIS_TIMESTAMP_CAPABILITY_FLAGS;

/* With both statuses and with OID_TIMESTAMP_CAPABILITY and OID_TIMESTAMP_CURRENT_CONFIG.
 * docs: ntddndis/ns-ntddndis-_ndis_timestamp_capabilities */
typedef struct _NDIS_TIMESTAMP_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    ULONG64 HardwareClockFrequencyHz;
    BOOLEAN CrossTimestamp;
    ULONG64 Reserved1, Reserved2;
    NDIS_TIMESTAMP_CAPABILITY_FLAGS TimestampFlags;
} NDIS_TIMESTAMP_CAPABILITIES, *PNDIS_TIMESTAMP_CAPABILITIES;
#define NDIS_SIZEOF_TIMESTAMP_CAPABILITIES_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_TIMESTAMP_CAPABILITIES, TimestampFlags)

/* The answer to OID_TIMESTAMP_GET_CROSSTIMESTAMP, by the miniport. docs: ntddndis/ns-ntddndis-_ndis_hardware_crosstimestamp */
typedef struct _NDIS_HARDWARE_CROSSTIMESTAMP {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG64 SystemTimestamp1, HardwareClockTimestamp, SystemTimestamp2;
} NDIS_HARDWARE_CROSSTIMESTAMP, *PNDIS_HARDWARE_CROSSTIMESTAMP;
#define NDIS_SIZEOF_HARDWARE_CROSSTIMESTAMP_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_HARDWARE_CROSSTIMESTAMP, SystemTimestamp2)

RING3_SIZE(NDIS_TIMESTAMP_CAPABILITY_FLAGS, 14);
RING3_OFFSET(NDIS_TIMESTAMP_CAPABILITIES, TimestampFlags, 40);
RING3_SIZE(NDIS_HARDWARE_CROSSTIMESTAMP, 32);

#endif
