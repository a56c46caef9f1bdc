/* The control queue: receive mode, address filter and address of the device. One command at a time, waited for. */
#ifndef VIONET_CONTROL_H
#define VIONET_CONTROL_H

#include "virtqueue.h"

typedef struct _VIONET_CONTROL {
    PVIONET_ADAPTER Adapter;
    VIRTQUEUE Queue;            /* Size 0: the device has none */
    BOOLEAN Up;
    VIONET_SHARED Command;      /* header and data, then the device's answer in the last byte */
} VIONET_CONTROL, *PVIONET_CONTROL;

_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetControlCreate(_Out_ PVIONET_CONTROL control, _In_ PVIONET_ADAPTER adapter);
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetControlDestroy(_Inout_ PVIONET_CONTROL control);

_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VioNetControlStart(_Inout_ PVIONET_CONTROL control, _In_ BOOLEAN eventIndex);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetControlStop(_Inout_ PVIONET_CONTROL control);

/* Tells the device the adapter's packet filter and multicast list. A device without filters passes everything, and
 * the receive path filters. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetControlSetFilter(_Inout_ PVIONET_CONTROL control);
/* A command of class VIRTIO_NET_CTRL_MQ. FALSE: the device refuses it. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VioNetControlSteer(_Inout_ PVIONET_CONTROL control, _In_ UCHAR command, _In_reads_bytes_(length) const VOID *data,
                           _In_ ULONG length);
/* The offloads of received frames that the device does from now on, VIRTIO_NET_F_GUEST_xxx. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetControlOffloads(_Inout_ PVIONET_CONTROL control, _In_ ULONG64 offloads);
/* The device's address and filter after a reset. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetControlRestore(_Inout_ PVIONET_CONTROL control);

#endif
