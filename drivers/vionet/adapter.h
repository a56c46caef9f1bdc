/* One network adapter, from MiniportInitializeEx to MiniportHaltEx.
 *
 * States: NDIS creates an adapter Paused; Restart makes it Running; Pause makes it Pausing and, when everything it
 * handed out or took in has come back, Paused.
 *
 * Invariants
 *  1. Outstanding counts the NET_BUFFER_LISTs NDIS has from us (received) or we have from it (sent), plus one while
 *     Running. It reaches zero only when Pausing; whoever takes it there completes the pause.
 *  2. HardwareUp is true between a successful VioNetHardwareStart and VioNetHardwareStop; both run with no DPC of ours
 *     active on the queues' rings (the queues' locks).
 *  3. Lock order: a queue's lock is a leaf. The control queue is used by OID requests alone, which NDIS serializes. */
#ifndef VIONET_ADAPTER_H
#define VIONET_ADAPTER_H

#include "config.h"
#include "control.h"
#include "interrupt.h"
#include "offload.h"
#include "receive.h"
#include "rss.h"
#include "statistics.h"
#include "transmit.h"

typedef enum _VIONET_STATE { VioNetPaused, VioNetRunning, VioNetPausing } VIONET_STATE;

#define VIONET_MAX_MULTICAST 64
#define VIONET_ETHERNET_HEADER 14
#define VIONET_VLAN_TAG 4
#define VIONET_DEFAULT_SPEED 10000000000ULL     /* bit per second, when the device does not say */

struct _VIONET_ADAPTER {
    NDIS_HANDLE Handle;
    NDIS_HANDLE DmaHandle;
    ULONG SgListSize;
    VIONET_CONFIG Config;
    VIONET_PCI Pci;
    ULONG64 Features;           /* negotiated */
    VIONET_INTERRUPT Interrupt;
    ULONG QueueCount;           /* pairs of queues, from initialize to halt */
    ULONG HeaderSize;           /* of what stands before a frame in a buffer */
    VIONET_RECEIVE Receive[VIONET_MAX_QUEUES];
    VIONET_TRANSMIT Transmit[VIONET_MAX_QUEUES];
    VIONET_CONTROL Control;
    VIONET_RSS Rss;
    VIONET_OFFLOAD Offload;
    BOOLEAN RscActiveV4, RscActiveV6;   /* a protocol has set OID_OFFLOAD_ENCAPSULATION */

    volatile LONG State;        /* VIONET_STATE */
    volatile LONG Outstanding;
    BOOLEAN HardwareUp;
    BOOLEAN Removed;            /* surprise removal: no register may be touched */
    BOOLEAN LinkUp;
    NDIS_DEVICE_POWER_STATE PowerState;

    ULONG Mtu;
    ULONG64 LinkSpeed;          /* bit per second */
    UCHAR PermanentAddress[ETH_LENGTH_OF_ADDRESS];
    UCHAR CurrentAddress[ETH_LENGTH_OF_ADDRESS];
    ULONG PacketFilter;
    ULONG Lookahead;
    ULONG MulticastCount;
    UCHAR Multicast[VIONET_MAX_MULTICAST][ETH_LENGTH_OF_ADDRESS];
};

MINIPORT_INITIALIZE VioNetInitialize;
MINIPORT_HALT VioNetHalt;
MINIPORT_PAUSE VioNetPause;
MINIPORT_RESTART VioNetRestart;
MINIPORT_SHUTDOWN VioNetShutdown;
MINIPORT_RESET VioNetReset;
MINIPORT_CHECK_FOR_HANG VioNetCheckForHang;

/* Largest frame on the wire, with its header and VLAN tag, without FCS. */
FORCEINLINE ULONG VioNetMaxFrame(_In_ const VIONET_ADAPTER *adapter)
{
    return adapter->Mtu + VIONET_ETHERNET_HEADER + VIONET_VLAN_TAG;
}

/* Gives back `count` of Outstanding; may complete the pause. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetRelease(_Inout_ PVIONET_ADAPTER adapter, _In_ LONG count);

/* Takes `count` of Outstanding. FALSE, and nothing taken, when the adapter is not running. */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_
BOOLEAN VioNetHold(_Inout_ PVIONET_ADAPTER adapter, _In_ LONG count);

#endif
