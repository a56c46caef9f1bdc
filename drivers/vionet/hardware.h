/* The device as the adapter uses it: everything between a reset and DRIVER_OK, and the way back. */
#ifndef VIONET_HARDWARE_H
#define VIONET_HARDWARE_H

#include "adapter.h"

/* Resets the device and agrees on features (Features, Mtu, addresses, link). */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetHardwareNegotiate(_Inout_ PVIONET_ADAPTER adapter);

/* After Negotiate: queues, interrupts, receive buffers, DRIVER_OK. On failure the device is reset. */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetHardwareStart(_Inout_ PVIONET_ADAPTER adapter);

/* Resets the device (unless it was removed) and takes all buffers back: sends in progress complete with `status`. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetHardwareStop(_Inout_ PVIONET_ADAPTER adapter, _In_ NDIS_STATUS status);

/* Reads link state and speed; indicates NDIS_STATUS_LINK_STATE when they changed. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetHardwareUpdateLink(_Inout_ PVIONET_ADAPTER adapter, _In_ BOOLEAN indicate);

#endif
