/* SHA-256 (FIPS 180-4). Any IRQL. */
#pragma once

#include <ntddk.h>

#define SHA256_SIZE 32

typedef struct _SHA256 {
    ULONG State[8];
    ULONG64 Length;                     /* bytes so far */
    UCHAR Block[64];
} SHA256, *PSHA256;

VOID Sha256Begin(_Out_ PSHA256 Hash);
VOID Sha256Add(_Inout_ PSHA256 Hash, _In_reads_bytes_(Size) const UCHAR *Data, _In_ SIZE_T Size);
VOID Sha256End(_Inout_ PSHA256 Hash, _Out_writes_bytes_(SHA256_SIZE) PUCHAR Digest);
