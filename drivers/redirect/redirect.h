/* redirect: outgoing TCP connections to one port go to another address.
 *
 *   connect to Port                               what happens
 *   of a client                                   goes to the target; what the client wanted is kept as the connection's context
 *   of a proxy that has set the records of one    passes: the client's wish is restored
 *   that another driver has redirected            passes
 *
 * When the target is this computer a proxy there asks for records and context (SIO_QUERY_WFP_CONNECTION_REDIRECT_*).
 *
 *  1. The target is replaced whole, and copied under its lock. Nothing else is done while that is held.
 *  2. The filter names the port, so that other connects never reach the driver. Filter and target change one after the other: a connect
 *     to a port that is not the target's passes.
 *  3. The device's queue is sequential: one target is set at a time. */
#ifndef REDIRECT_H
#define REDIRECT_H

#include <ntddk.h>
#include <wdf.h>
#include <fwpsk.h>
#include <fwpmk.h>

#include "ioctl.h"
#include "wfp_callouts.h"

#define REDIRECT_TAG 'rdeR'

/* target.c */
VOID TargetStart(VOID);
/* PASSIVE_LEVEL. Parameters\Port, \Target (REG_SZ, IPv4), \TargetPort; without any of them nothing is redirected. */
NTSTATUS TargetRead(_In_ WDFDRIVER Driver, _Out_ PREDIRECT_TARGET Target);
/* STATUS_INVALID_PARAMETER: a port without a target port. <= DISPATCH_LEVEL. */
NTSTATUS TargetCheck(_In_ const REDIRECT_TARGET *Target);
VOID TargetSet(_In_ const REDIRECT_TARGET *Target);
REDIRECT_TARGET TargetGet(VOID);

/* connect.c */
extern REDIRECT_COUNTERS Counters;
/* PASSIVE_LEVEL: callout, sublayer and redirect handle, without a filter. After any failure: ConnectStop. */
NTSTATUS ConnectStart(_In_ PDEVICE_OBJECT Device);
/* PASSIVE_LEVEL, one call at a time: redirects to this target from now on. */
NTSTATUS ConnectRetarget(_In_ const REDIRECT_TARGET *Target);
/* PASSIVE_LEVEL. Afterwards nothing runs in the driver. No effect on what did not start. */
VOID ConnectStop(VOID);

#endif
