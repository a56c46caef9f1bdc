/* The header that starts every versioned NDIS structure. docs: objectheader/ns-objectheader-ndis_object_header */
#ifndef RING3_NDIS_OBJECTHEADER_H
#define RING3_NDIS_OBJECTHEADER_H

#include <ndis/types_base.h>

typedef struct _NDIS_OBJECT_HEADER {
    UCHAR Type;
    UCHAR Revision;
    USHORT Size;
} NDIS_OBJECT_HEADER, *PNDIS_OBJECT_HEADER;
RING3_SIZE(NDIS_OBJECT_HEADER, 4);

#define NDIS_OBJECT_REVISION_1 1

#define NDIS_OBJECT_TYPE_DEFAULT                                          0x80
#define NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS                         0x81
#define NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION                               0x83
#define NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT                               0x84
#define NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES                         0x85
#define NDIS_OBJECT_TYPE_BIND_PARAMETERS                                  0x86
#define NDIS_OBJECT_TYPE_OPEN_PARAMETERS                                  0x87
#define NDIS_OBJECT_TYPE_RSS_CAPABILITIES                                 0x88
#define NDIS_OBJECT_TYPE_RSS_PARAMETERS                                   0x89
#define NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS                  0x8a
#define NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS                    0x8b
#define NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS                   0x8c
#define NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES                                0x8d
#define NDIS_OBJECT_TYPE_CLIENT_CHIMNEY_OFFLOAD_GENERIC_CHARACTERISTICS   0x8e
#define NDIS_OBJECT_TYPE_PROVIDER_CHIMNEY_OFFLOAD_GENERIC_CHARACTERISTICS 0x8f
#define NDIS_OBJECT_TYPE_CO_PROTOCOL_CHARACTERISTICS                      0x90
#define NDIS_OBJECT_TYPE_CO_MINIPORT_CHARACTERISTICS                      0x91
#define NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS                     0x92
#define NDIS_OBJECT_TYPE_CLIENT_CHIMNEY_OFFLOAD_CHARACTERISTICS           0x93
#define NDIS_OBJECT_TYPE_PROVIDER_CHIMNEY_OFFLOAD_CHARACTERISTICS         0x94
#define NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS                  0x95
#define NDIS_OBJECT_TYPE_REQUEST_EX                                       0x96
#define NDIS_OBJECT_TYPE_OID_REQUEST                                      0x96
#define NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS                            0x97
#define NDIS_OBJECT_TYPE_STATUS_INDICATION                                0x98
#define NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS                         0x99
#define NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS                          0x9a
#define NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS                        0x9b
#define NDIS_OBJECT_TYPE_PORT_CHARACTERISTICS                             0x9c
#define NDIS_OBJECT_TYPE_PORT_STATE                                       0x9d
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES         0x9e
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES              0x9f
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES              0xa0
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_NATIVE_802_11_ATTRIBUTES        0xa1
#define NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES                       0xa2
#define NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS                      0xa3
#define NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES      0xa4
#define NDIS_OBJECT_TYPE_CO_CALL_MANAGER_OPTIONAL_HANDLERS                0xa5
#define NDIS_OBJECT_TYPE_CO_CLIENT_OPTIONAL_HANDLERS                      0xa6
#define NDIS_OBJECT_TYPE_OFFLOAD                                          0xa7
#define NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION                            0xa8
#define NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT                             0xa9
#define NDIS_OBJECT_TYPE_DRIVER_WRAPPER_OBJECT                            0xaa
#define NDIS_OBJECT_TYPE_HD_SPLIT_ATTRIBUTES                              0xab
#define NDIS_OBJECT_TYPE_NSI_NETWORK_RW_STRUCT                            0xac
#define NDIS_OBJECT_TYPE_NSI_COMPARTMENT_RW_STRUCT                        0xad
#define NDIS_OBJECT_TYPE_NSI_INTERFACE_PERSIST_RW_STRUCT                  0xae
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES      0xaf
#define NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS           0xb0
#define NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO                               0xb1
#define NDIS_OBJECT_TYPE_NDK_PROVIDER_CHARACTERISTICS                     0xb2
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_NDK_ATTRIBUTES                  0xb3
#define NDIS_OBJECT_TYPE_MINIPORT_SS_CHARACTERISTICS                      0xb4
#define NDIS_OBJECT_TYPE_QOS_CAPABILITIES                                 0xb5
#define NDIS_OBJECT_TYPE_QOS_PARAMETERS                                   0xb6
#define NDIS_OBJECT_TYPE_QOS_CLASSIFICATION_ELEMENT                       0xb7
#define NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS                         0xb8
#define NDIS_OBJECT_TYPE_IOCTL_OID_INFO                                   0xb9
#define NDIS_OBJECT_TYPE_LBFO_DIAGNOSTIC_OID                              0xba

#endif
