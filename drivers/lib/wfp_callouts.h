/* What a callout driver holds in the filter engine: a dynamic session with one sublayer, callouts and filters, which all go
 * when it ends. docs: network/registering-callouts-with-the-filter-engine, fwpmk/nf-fwpmk-fwpmengineopen0 */
#ifndef DRIVERS_LIB_WFP_CALLOUTS_H
#define DRIVERS_LIB_WFP_CALLOUTS_H

#include <fwpsk.h>
#include <fwpmk.h>

#define WFP_CALLOUTS_MAX 16

typedef struct _WFP_CALLOUTS {
    PDEVICE_OBJECT Device;              /* of the driver */
    HANDLE Engine;
    GUID SubLayer;
    PCWSTR Name;                        /* of every object; stays where it is */
    BOOLEAN Changing;                   /* a transaction is open */
    ULONG Count;
    UINT32 Registered[WFP_CALLOUTS_MAX];
} WFP_CALLOUTS, *PWFP_CALLOUTS;

/* Opens the session and a transaction, and adds the sublayer. After any failure: WfpCalloutsEnd. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WfpCalloutsBegin(_Out_ PWFP_CALLOUTS Callouts, _In_ PDEVICE_OBJECT Device, _In_ PCWSTR Name, _In_ const GUID *SubLayer,
                          _In_ UINT16 Weight);
/* Registers a callout without flow contexts, and adds it to the engine. *Id: its run-time id. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WfpCalloutsAdd(_Inout_ PWFP_CALLOUTS Callouts, _In_ const GUID *Key, _In_ const GUID *Layer,
                        _In_ FWPS_CALLOUT_CLASSIFY_FN1 Classify, _Out_ PUINT32 Id);
/* Adds a filter in the sublayer. Action: FWP_ACTION_CALLOUT_*. Context comes back as FWPS_FILTER1.context. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WfpCalloutsFilter(_In_ PWFP_CALLOUTS Callouts, _In_ const GUID *Layer, _In_ const GUID *Callout, _In_ UINT32 Action,
                           _In_ UINT64 Context, _In_reads_opt_(Count) FWPM_FILTER_CONDITION0 *Conditions, _In_ UINT32 Count);
/* The same; *Id: for WfpCalloutsRemoveFilter. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WfpCalloutsFilterId(_In_ PWFP_CALLOUTS Callouts, _In_ const GUID *Layer, _In_ const GUID *Callout, _In_ UINT32 Action,
                             _In_ UINT64 Context, _In_reads_opt_(Count) FWPM_FILTER_CONDITION0 *Conditions, _In_ UINT32 Count,
                             _Out_opt_ PUINT64 Id);
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WfpCalloutsRemoveFilter(_In_ PWFP_CALLOUTS Callouts, _In_ UINT64 Id);
/* Opens another transaction, after WfpCalloutsCommit: WfpCalloutsCommit or WfpCalloutsAbort ends it. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WfpCalloutsChange(_Inout_ PWFP_CALLOUTS Callouts);
/* Takes back what the open transaction did. No effect when there is none. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID WfpCalloutsAbort(_Inout_ PWFP_CALLOUTS Callouts);
/* All that was added takes effect, at once. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WfpCalloutsCommit(_Inout_ PWFP_CALLOUTS Callouts);
/* Afterwards no classify function runs. No effect on what was never begun. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID WfpCalloutsEnd(_Inout_ PWFP_CALLOUTS Callouts);

/* The life of the filter engine: what a driver adds to it is added when it runs, now or later, and gone when it stops.
 * docs: fwpmk/nf-fwpmk-fwpmbfestatesubscribechanges0 */
typedef NTSTATUS WFP_ADD(_In_ PDEVICE_OBJECT Device);
typedef VOID WFP_REMOVE(VOID);

typedef struct _WFP_FOLLOWER {
    PDEVICE_OBJECT Device;
    WFP_ADD *Add;                       /* after a failure Remove is called */
    WFP_REMOVE *Remove;
    HANDLE Change;
    KEVENT Turn;                        /* one transition at a time */
    BOOLEAN Added;
} WFP_FOLLOWER, *PWFP_FOLLOWER;

/* Calls Add when the engine runs; its failure is then the result. STATUS_SUCCESS when the engine does not run yet. After any failure:
 * WfpEngineLeave. */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS WfpEngineFollow(_Out_ PWFP_FOLLOWER Follower, _In_ PDEVICE_OBJECT Device, _In_ WFP_ADD *Add, _In_ WFP_REMOVE *Remove);
/* Between these neither Add nor Remove runs. TRUE: what the driver adds is there. */
_IRQL_requires_(PASSIVE_LEVEL)
BOOLEAN WfpEngineEnter(_Inout_ PWFP_FOLLOWER Follower);
_IRQL_requires_(PASSIVE_LEVEL)
VOID WfpEngineExit(_Inout_ PWFP_FOLLOWER Follower);
/* Calls Remove when something was added. No effect on what was never begun. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID WfpEngineLeave(_Inout_ PWFP_FOLLOWER Follower);

#endif
