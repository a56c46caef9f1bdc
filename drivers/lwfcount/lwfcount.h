/* lwfcount: an NDIS filter driver that counts what passes an adapter, and can drop, delay and edit it.
 *
 * MODULE.Lock guards State, Queue, Outstanding and the drop counters; NDIS is never called with it held. Counters are one block
 * for each processor, written at DISPATCH_LEVEL. A module without a wish to change anything passes chains on as they are. */
#pragma once

#define NDIS630 1
#include <ndis.h>

#define LWF_TAG 'cfwL'
#define LWF_UNIQUE_NAME L"{6c1e4a0c-2f0b-4d0e-9d53-1b7c2f6d8a41}"
#define LWF_SERVICE_NAME L"lwfcount"
#define LWF_FRAME_SIZE 2048             /* frames up to this size can be edited on their way out */

typedef struct _SETTINGS {
    ULONG Enabled;                      /* 0: the module lets NDIS bypass it */
    ULONG DropSend, DropReceive;        /* every n-th list; 0: none */
    ULONG DelaySend, DelayReceive;      /* milliseconds */
    ULONG EditSend, EditReceive;        /* 1: the byte at EditOffset becomes EditValue */
    ULONG EditOffset, EditValue;
} SETTINGS, *PSETTINGS;

typedef struct DECLSPEC_ALIGN(64) _COUNTERS {
    ULONG64 SentFrames, SentBytes, ReceivedFrames, ReceivedBytes, Dropped, Delayed, Edited;
} COUNTERS, *PCOUNTERS;

typedef enum { ModulePaused, ModuleRunning, ModulePausing } MODULE_STATE;

/* Lists that wait, all for the same time: the first is due first. */
typedef struct _WAITING {
    PNET_BUFFER_LIST First, *Last;
    ULONG Count;
} WAITING, *PWAITING;

typedef struct _MODULE {
    LIST_ENTRY Link;                    /* Driver.Modules */
    NDIS_HANDLE Handle, Pool, SendTimer, ReceiveTimer;
    SETTINGS Settings;
    BOOLEAN Changes;                    /* anything but counting is wanted */
    NDIS_SPIN_LOCK Lock;
    MODULE_STATE State;
    BOOLEAN SendTimerSet, ReceiveTimerSet;
    WAITING Sends, Receives;
    ULONG SendNumber, ReceiveNumber;    /* of the last list that could be dropped */
    LONG Outstanding;                   /* own lists that NDIS has */
    BOOLEAN PausePending;
    PNDIS_OID_REQUEST Request;          /* with the drivers below, as a clone */
    ULONG Processors;
    PCOUNTERS Counters;
} MODULE, *PMODULE;

typedef struct _DRIVER {
    NDIS_HANDLE Handle;
    NDIS_SPIN_LOCK Lock;                /* guards Modules */
    LIST_ENTRY Modules;
} DRIVER;
extern DRIVER Driver;

FILTER_ATTACH ModuleAttach;
FILTER_DETACH ModuleDetach;
FILTER_RESTART ModuleRestart;
FILTER_PAUSE ModulePause;
FILTER_SET_MODULE_OPTIONS ModuleSetOptions;
FILTER_STATUS ModuleStatus;
/* Adds the counters of all processors. */
VOID ModuleSum(PMODULE Module, PCOUNTERS Sum);
/* Own lists came back: ends a pause that waited for them. */
VOID ModuleRelease(PMODULE Module, LONG Count);

FILTER_OID_REQUEST ModuleRequest;
FILTER_OID_REQUEST_COMPLETE ModuleRequestComplete;
FILTER_CANCEL_OID_REQUEST ModuleCancelRequest;

FILTER_SEND_NET_BUFFER_LISTS ModuleSend;
FILTER_SEND_NET_BUFFER_LISTS_COMPLETE ModuleSendComplete;
FILTER_CANCEL_SEND_NET_BUFFER_LISTS ModuleCancelSend;
FILTER_RECEIVE_NET_BUFFER_LISTS ModuleReceive;
FILTER_RETURN_NET_BUFFER_LISTS ModuleReturn;

/* delay.c */
NDIS_TIMER_FUNCTION DelaySendDue, DelayReceiveDue;
VOID DelayInitialize(PWAITING Waiting);
/* Keeps a chain for the module's delay; the timer passes it on. */
VOID DelaySends(PMODULE Module, PNET_BUFFER_LIST Lists);
VOID DelayReceives(PMODULE Module, PNET_BUFFER_LIST Lists);
/* Gives everything that waits back, at a pause. */
VOID DelayFlush(PMODULE Module);
VOID DelayCancel(PMODULE Module, PVOID CancelId);

/* edit.c: sends edited copies in place of the lists, and returns those that cannot be copied. */
PNET_BUFFER_LIST EditSends(PMODULE Module, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags);
VOID EditReceived(PMODULE Module, PNET_BUFFER_LIST Lists);
VOID EditRelease(PMODULE Module, PNET_BUFFER_LIST List);

/* config.c: the driver's Parameters, then the adapter's in Parameters\Adapters\{GUID}. */
VOID SettingsRead(PSETTINGS Settings, NDIS_HANDLE Module);

/* filter.c. PASSIVE_LEVEL. */
NDIS_STATUS FilterRegister(_In_ PDRIVER_OBJECT DriverObject);
VOID FilterDeregister(VOID);
/* The sums of all modules. <= DISPATCH_LEVEL. */
VOID FilterSum(_Out_ PCOUNTERS Sum);

/* device.c: \\.\LwfCount, IOCTL_LWFCOUNT_QUERY: FilterSum. PASSIVE_LEVEL. A device that cannot be made is missing. */
VOID DeviceCreate(VOID);
VOID DeviceDelete(VOID);
#define IOCTL_LWFCOUNT_QUERY CTL_CODE(FILE_DEVICE_NETWORK, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
