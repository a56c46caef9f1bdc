/* vhub: Ethernet adapters without hardware, all on one hub. An NDIS 6.0 miniport: what one adapter sends, every other
 * running adapter receives.
 *
 * Hub.Lock guards the list of ports and each port's queues, counts and state; NDIS is never called with it held. */
#ifndef VHUB_H
#define VHUB_H

#define NDIS60_MINIPORT 1
#include <ndis.h>

#include "lower.h"

#define VHUB_TAG 'buhV'
#define VHUB_MTU 1500
#define VHUB_FRAME (VHUB_MTU + 14)
#define VHUB_MULTICAST 32
#define VHUB_LEND 8                     /* every so many bursts are lent only (NDIS_RECEIVE_FLAGS_RESOURCES) */

typedef enum { PortPaused, PortRunning, PortPausing } PORT_STATE;

typedef struct _PORT {
    LIST_ENTRY Link;                    /* Hub.Ports */
    NDIS_HANDLE Adapter;                /* NDIS's */
    NDIS_HANDLE Pool, Timer;
    LOWER Lower;
    PORT_STATE State;
    UCHAR PermanentAddress[6], Address[6];
    ULONG PacketFilter, Lookahead, MulticastCount;
    UCHAR Multicast[VHUB_MULTICAST][6];
    PNET_BUFFER_LIST Received, *LastReceived;   /* wait for the timer */
    BOOLEAN TimerSet;
    LONG Outstanding;                   /* lists that NDIS has */
    ULONG Bursts;
    PNDIS_OID_REQUEST Request;          /* pending: PortWork does it */
    NDIS_STATISTICS_INFO Statistics;
} PORT, *PPORT;

typedef struct _HUB {
    NDIS_HANDLE Driver, Device;
    NDIS_SPIN_LOCK Lock;
    LIST_ENTRY Ports;
    ULONG Count;                        /* ports ever made: numbers their addresses */
} HUB;
extern HUB Hub;

MINIPORT_INITIALIZE PortInitialize;
MINIPORT_HALT PortHalt;
MINIPORT_PAUSE PortPause;
MINIPORT_RESTART PortRestart;
MINIPORT_SHUTDOWN PortShutdown;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY PortPnPEvent;
MINIPORT_SEND_NET_BUFFER_LISTS PortSend;
MINIPORT_RETURN_NET_BUFFER_LISTS PortReturn;
MINIPORT_CANCEL_SEND PortCancelSend;
MINIPORT_OID_REQUEST PortRequest;
MINIPORT_CANCEL_OID_REQUEST PortCancelRequest;

NDIS_TIMER_FUNCTION PortDeliver;
/* Does the pending request. PASSIVE_LEVEL. */
VOID PortWork(_Inout_ PPORT Port);
/* Called when NDIS gave lists back: ends a pause that waited for them. */
VOID PortRelease(PPORT Port, LONG Count);

/* PASSIVE_LEVEL. */
NDIS_STATUS HubRegister(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath, _In_ MINIPORT_UNLOAD *Unload);
VOID HubDeregister(VOID);

extern const NDIS_OID PortOids[];
extern const ULONG PortOidsLength;

#endif
