/* Hardware QoS offload: an adapter's scheduler queues (SQ), what OID_QOS_OFFLOAD_XXX carries. NDIS 6.85.
 * docs: network/oid-qos-offload-create-sq */
#ifndef RING3_NDIS_QOS_QUEUES_H
#define RING3_NDIS_QOS_QUEUES_H

#include <ndis/version.h>
#include <ndis/qos.h>
#include <ndis/receive_filter.h>

/* docs: ntddndis/ne-ntddndis-ndis_qos_sq_type */
typedef enum _NDIS_QOS_SQ_TYPE {
    NdisQosSqTypeUndefined,
    NdisQosSqTypeStandard,
    NdisQosSqTypeGFT,
    NdisQosSqTypeMax
} NDIS_QOS_SQ_TYPE, *PNDIS_QOS_SQ_TYPE;

/* What the elements at the offset are depends on the OID: NDIS_QOS_SQ_PARAMETERS or NDIS_QOS_SQ_STATS.
 * docs: ntddndis/ns-ntddndis-ndis_qos_sq_parameters_enum_array */
typedef struct _NDIS_QOS_SQ_PARAMETERS_ENUM_ARRAY {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_QOS_SQ_TYPE SqType;
    NDIS_QOS_SQ_ID FirstSqId;
    ULONG MaxSqsToReturn;
#if NDIS_SUPPORT_NDIS684
    union {
        ULONG SqArrayOffset;
        ULONG SqParamsArrayOffset;
    };
    union {
        ULONG SqArrayNumElements;
        ULONG SqParamsArrayNumElements;
    };
    union {
        ULONG SqArrayElementSize;
        ULONG SqParamsArrayElementSize;
    };
#else
    ULONG SqParamsArrayOffset;
    ULONG SqParamsArrayNumElements;
    ULONG SqParamsArrayElementSize;
#endif
} NDIS_QOS_SQ_PARAMETERS_ENUM_ARRAY, *PNDIS_QOS_SQ_PARAMETERS_ENUM_ARRAY;
RING3_SIZE(NDIS_QOS_SQ_PARAMETERS_ENUM_ARRAY, 32);
#define NDIS_SIZEOF_QOS_SQ_PARAMETERS_ENUM_ARRAY_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_QOS_SQ_PARAMETERS_ENUM_ARRAY, SqParamsArrayElementSize)

#if NDIS_SUPPORT_NDIS684
typedef struct _NDIS_QOS_SQ_PARAMETERS_ENUM_ARRAY NDIS_QOS_SQ_ARRAY, *PNDIS_QOS_SQ_ARRAY;
#define NDIS_SIZEOF_QOS_SQ_ARRAY_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_QOS_SQ_ARRAY, SqArrayElementSize)
#endif

#if NDIS_SUPPORT_NDIS685

/* docs: ntddndis/ns-ntddndis-ndis_qos_offload_capabilities */
typedef struct _NDIS_QOS_OFFLOAD_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG SupportedSqTypes; /* NDIS_QOS_OFFLOAD_CAPS_* */
    BOOLEAN TransmitCapSupported[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    BOOLEAN TransmitReservationSupported[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    BOOLEAN ReceiveCapSupported[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    BOOLEAN TransmitGftCapSupported[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    BOOLEAN ReceiveGftCapSupported[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    BOOLEAN TcSupportedTable[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    ULONG NumStandardSqsSupported;
    ULONG NumGftSqsSupported;
    ULONG ReservationGranularitySupported;
    ULONG MaxNumSqInputs;
    BOOLEAN CrossTcTransmitMaxCapSupported;
} NDIS_QOS_OFFLOAD_CAPABILITIES, *PNDIS_QOS_OFFLOAD_CAPABILITIES;
RING3_SIZE(NDIS_QOS_OFFLOAD_CAPABILITIES, 80);
#define NDIS_SIZEOF_QOS_OFFLOAD_CAPABILITIES_REVISION_2 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_QOS_OFFLOAD_CAPABILITIES, CrossTcTransmitMaxCapSupported)

/* Caps are in Mbps, reservations relative to each other. docs: ntddndis/ns-ntddndis-ndis_qos_sq_parameters */
typedef struct _NDIS_QOS_SQ_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags; /* NDIS_QOS_SQ_*_ENABLED */
    NDIS_QOS_SQ_ID SqId;
    NDIS_QOS_SQ_TYPE SqType;
    BOOLEAN TcEnabledTable[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    ULONG TcTransmitBandwidthCapTable[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    ULONG TcTransmitBandwidthReservationTable[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    ULONG TcReceiveBandwidthCapTable[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    ULONG CrossTcTransmitBandwidthCap;
    ULONG MaxNumSqInputs;
} NDIS_QOS_SQ_PARAMETERS, *PNDIS_QOS_SQ_PARAMETERS;
RING3_SIZE(NDIS_QOS_SQ_PARAMETERS, 128);
#define NDIS_SIZEOF_QOS_SQ_PARAMETERS_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_QOS_SQ_PARAMETERS, MaxNumSqInputs)

/* docs: ntddndis/ns-ntddndis-ndis_qos_sq_stats */
typedef struct _NDIS_QOS_SQ_STATS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_QOS_SQ_ID SqId;
    NDIS_QOS_SQ_TYPE SqType;
    UINT64 BytesTransmitted[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
    UINT64 PktsTransmitted[NDIS_QOS_MAXIMUM_TRAFFIC_CLASSES];
} NDIS_QOS_SQ_STATS, *PNDIS_QOS_SQ_STATS;
RING3_SIZE(NDIS_QOS_SQ_STATS, 144);
#define NDIS_SIZEOF_QOS_SQ_STATS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_QOS_SQ_STATS, PktsTransmitted)

#endif

#endif
