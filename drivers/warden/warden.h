/* warden: permits, blocks, pends and inspects connections by its policy, and logs each decision.
 *
 * 1. The policy is replaced whole. A decision copies the rule that matches while it holds PolicyLock; nothing else does.
 * 2. A connection that waits is in the list of pend.c from FwpsPendOperation0 until it is decided. Whoever takes it out of the
 *    list completes it; no lock is held over FwpsCompleteOperation0 or an injection.
 * 3. What was decided is found again by the second classification: a connect by its endpoints, an accept by the context of the
 *    injected packet. */
#ifndef WARDEN_H
#define WARDEN_H

#include <ntddk.h>
#include <fwpsk.h>
#include <fwpmk.h>

#include "ioctl.h"
#include "wfp_callouts.h"

#define WARDEN_TAG 'draW'
#define WARDEN_RULES 32
#define WARDEN_TEXT 2048                /* characters of a policy */

typedef enum _VERB { VerbPermit, VerbBlock, VerbPend, VerbInspect } VERB;

typedef struct _RULE {
    VERB Verb;
    BOOLEAN In, Out;
    UCHAR Protocol;                     /* 0: any */
    USHORT Port;                        /* local for incoming, remote for outgoing connections; 0: any */
    ULONG Milliseconds;                 /* how long to pend */
    BOOLEAN PermitThen;                 /* what happens when nobody decides */
    ULONG Number;                       /* place in the policy, from 1; 0: no rule matched */
} RULE;

/* A connection as a layer shows it. Addresses are in network byte order, ports in host byte order. */
typedef struct _CONNECTION {
    BOOLEAN V6, Incoming, Reauthorised;
    UCHAR Protocol;
    UCHAR Local[16], Remote[16];
    USHORT LocalPort, RemotePort;
    UINT32 Interface, SubInterface;
} CONNECTION;

/* policy.c */
/* <= DISPATCH_LEVEL. Text that is not understood changes nothing: STATUS_INVALID_PARAMETER. */
NTSTATUS PolicySet(_In_reads_(Length) const CHAR *Text, _In_ SIZE_T Length);
/* The first rule that matches, or one that permits. */
RULE PolicyMatch(_In_ const CONNECTION *Connection);
SIZE_T PolicyText(_Out_writes_(Room) CHAR *Text, _In_ SIZE_T Room);
/* PASSIVE_LEVEL. The same from the registry: the strings of a REG_MULTI_SZ become lines. Length: characters. */
NTSTATUS PolicySetWide(_In_reads_(Length) const WCHAR *Wide, _In_ SIZE_T Length);
VOID PolicyStart(VOID);

/* points.c. PASSIVE_LEVEL. Registers the callouts, which the device's driver has, and adds a filter for each. */
NTSTATUS PointsStart(_In_ PDEVICE_OBJECT Device);
/* Also after a PointsStart that failed. */
VOID PointsStop(VOID);

/* decide.c */
extern WARDEN_COUNTERS Counters;
VOID NTAPI Decide(_In_ const FWPS_INCOMING_VALUES0 *Values, _In_ const FWPS_INCOMING_METADATA_VALUES0 *Metadata, _Inout_opt_ void *LayerData,
                  _In_opt_ const void *Context, _In_ const FWPS_FILTER1 *Filter, _In_ UINT64 Flow, _Inout_ FWPS_CLASSIFY_OUT0 *Out);
/* "in tcp 10.0.2.2:1234 > 10.0.2.15:7", always terminated. */
VOID Describe(_In_ const CONNECTION *Connection, _Out_writes_(Room) CHAR *Text, _In_ SIZE_T Room);

/* pend.c */
NTSTATUS PendStart(VOID);
/* The tick: completes those whose time is over. TRUE: others wait, and the tick is wanted again. */
BOOLEAN PendTick(VOID);
/* PASSIVE_LEVEL. Decides against what waits; afterwards nothing is injected any more. */
VOID PendStop(VOID);
/* After the callouts are gone: connects that nobody classified again, because their socket was closed. */
VOID PendForget(VOID);
/* <= DISPATCH_LEVEL, in a classify function. The packet of an incoming connection is cloned. */
NTSTATUS PendAdd(_In_ const CONNECTION *Connection, _In_ const RULE *Rule, _In_ const FWPS_INCOMING_METADATA_VALUES0 *Metadata,
                 _Inout_opt_ void *LayerData);
/* What was decided of this connection. FALSE: nothing. */
BOOLEAN PendDecided(_In_ const CONNECTION *Connection, _In_opt_ void *LayerData, _Out_ PBOOLEAN Permit);
NTSTATUS PendDecide(_In_ ULONG Number, _In_ BOOLEAN Permit);
SIZE_T PendText(_Out_writes_(Room) CHAR *Text, _In_ SIZE_T Room);

/* tick.c: calls PendTick TICK milliseconds after TickStart. */
#define TICK 20
/* <= DISPATCH_LEVEL. */
VOID TickStart(VOID);
/* PASSIVE_LEVEL. Waits for a call that runs. */
VOID TickStop(VOID);

#endif
