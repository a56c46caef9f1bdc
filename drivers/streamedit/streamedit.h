/* streamedit: replaces a phrase in TCP streams, in both directions.
 *
 *   what waits to pass                             what is said
 *   the phrase is not there, nor its beginning     all of it passes
 *   some bytes, then the phrase or its beginning   the bytes before it pass; the rest is shown again
 *   the phrase, at the front                       the replacement is injected, the phrase is blocked
 *   the beginning of the phrase, nothing else      more data is asked for; at the end of the stream it passes
 *
 * Invariants
 *  1. The engine keeps what waits; the driver keeps nothing for a connection, so that connections do not mind when it goes.
 *  2. Injected bytes are not shown to the callout again: a replacement may hold the phrase.
 *  3. When there is no memory to look or to replace, the connection is dropped: nothing passes that was to be edited. */
#ifndef STREAMEDIT_H
#define STREAMEDIT_H

#include <ntddk.h>
#include <fwpsk.h>
#include <fwpmk.h>

#define STREAMEDIT_TAG 'deTS'
#define PHRASE_MAX 256
#define WINDOW 16384                    /* bytes looked at in one call */

typedef struct _PHRASE {
    USHORT Length;
    UCHAR Bytes[PHRASE_MAX];
} PHRASE;

typedef struct _EDIT {
    PHRASE Find, Replacement;
    USHORT Port;                        /* local or remote; 0: every */
} EDIT;

extern EDIT Edit;                       /* does not change while callouts are registered */

/* Parameters\Find, \Replace (REG_SZ, their low bytes count), \Port (REG_DWORD). */
_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS EditRead(_In_ PUNICODE_STRING RegistryPath);

_IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS ReplacerStart(VOID);
/* After the callouts are gone. Waits for what is being injected. No effect on what did not start. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID ReplacerStop(VOID);
/* WINDOW bytes to look at data in, until ReplacerWindowDone. */
_IRQL_requires_max_(DISPATCH_LEVEL)
PUCHAR ReplacerWindow(VOID);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID ReplacerWindowDone(_In_ PUCHAR Window);
/* Puts the replacement behind what has passed already. */
_IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS ReplacerInject(_In_ UINT64 Flow, _In_ UINT32 Callout, _In_ UINT16 Layer, _In_ UINT32 StreamFlags);
/* Phrases replaced so far. */
LONG64 ReplacerCount(VOID);

VOID NTAPI EditStream(_In_ const FWPS_INCOMING_VALUES0 *Values, _In_ const FWPS_INCOMING_METADATA_VALUES0 *Metadata,
                      _Inout_opt_ VOID *LayerData, _In_opt_ const VOID *Context, _In_ const FWPS_FILTER1 *Filter, _In_ UINT64 Flow,
                      _Inout_ FWPS_CLASSIFY_OUT0 *Out);

#endif
