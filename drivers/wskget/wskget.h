/* wskget: fetches one file over HTTP/1.0 with Winsock Kernel and prints its size and SHA-256.
 *
 * Parameters of the service key: Host and Path (REG_SZ), Port (REG_DWORD, 80). A system thread resolves the name, connects to one
 * address after the other, asks, and reads to the end; unloading stops it wherever it is. */
#pragma once

#include <ntddk.h>
#include <wsk.h>
#include "sha256.h"
#include "wsk_request.h"

#define WSKGET_TAG 'tgEW'
#define BUFFER_SIZE (64 * 1024)
#define TEXT_MAX 256

typedef struct _FETCH {
    WSK_REGISTRATION Registration;
    PKTHREAD Thread;
    KEVENT Stop;
    WCHAR Host[TEXT_MAX], Path[TEXT_MAX];
    USHORT Port;
} FETCH, *PFETCH;

extern FETCH Fetch;

/* --- config.c -------------------------------------------------------------------------------------------------------- */

/* STATUS_OBJECT_NAME_NOT_FOUND: there is no Host. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS ConfigRead(_In_ PUNICODE_STRING RegistryPath);

/* --- http.c: one answer, piece by piece -------------------------------------------------------------------------------- */

typedef struct _HTTP_ANSWER {
    CHAR Head[4096];                    /* status line and header fields */
    ULONG HeadSize;
    BOOLEAN InBody, Malformed;
    ULONG Code;                         /* 200 */
    LONG64 Expected;                    /* Content-Length, -1 when there is none */
    LONG64 Received;                    /* bytes of the body */
    SHA256 Hash;
} HTTP_ANSWER, *PHTTP_ANSWER;

/* Writes the request; returns its length, or 0 when it does not fit or host or path are not ASCII. */
ULONG HttpWriteRequest(_Out_writes_bytes_(Size) PCHAR Buffer, _In_ ULONG Size, _In_ PCWSTR Host, _In_ PCWSTR Path);
VOID HttpBegin(_Out_ PHTTP_ANSWER Answer);
VOID HttpAdd(_Inout_ PHTTP_ANSWER Answer, _In_reads_bytes_(Size) const UCHAR *Data, _In_ SIZE_T Size);

/* --- fetch.c ----------------------------------------------------------------------------------------------------------- */

_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NTSTATUS FetchStart(VOID);
_IRQL_requires_(PASSIVE_LEVEL)
VOID FetchStop(VOID);
