/* Correlation vectors ("base.1.2": 22 base64 characters of a GUID, then numbers) and SIDs of many parts. */
#include <string.h>

#include "nt/text.h"
#include "ntstatus.h"
#include "ring3/nt_power.h"
#include "ring3/rtl_security.h"

#define BASE 22
#define LIMIT (RTL_CORRELATION_VECTOR_STRING_LENGTH - 1)

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The GUID and ".0". PASSIVE_LEVEL. STATUS_INVALID_PARAMETER without a GUID. docs: ntddk/nf-ntddk-rtlinitializecorrelationvector */
ULONG NTAPI RtlInitializeCorrelationVector(PCORRELATION_VECTOR CorrelationVector, int Version, const GUID *Guid)
{
    const uint8_t *bytes = (const uint8_t *)Guid;

    if (Guid == NULL || (Version != RTL_CORRELATION_VECTOR_VERSION_1 && Version != RTL_CORRELATION_VECTOR_VERSION_2))
        return (ULONG)STATUS_INVALID_PARAMETER;
    memset(CorrelationVector, 0, sizeof(*CorrelationVector));
    CorrelationVector->Version = (CHAR)Version;
    for (unsigned i = 0; i < BASE; i++) {
        unsigned bit = i * 6, high = bytes[bit / 8], low = bit / 8 + 1 < sizeof(*Guid) ? bytes[bit / 8 + 1] : 0;
        CorrelationVector->Vector[i] = base64[(high << 8 | low) >> (10 - bit % 8) & 63];
    }
    memcpy(CorrelationVector->Vector + BASE, ".0", 3);
    return STATUS_SUCCESS;
}

/* Does the vector have its base and then numbers behind periods? PASSIVE_LEVEL. docs: ntddk/nf-ntddk-rtlvalidatecorrelationvector */
ULONG NTAPI RtlValidateCorrelationVector(PCORRELATION_VECTOR Vector)
{
    const CHAR *v = Vector->Vector;
    size_t length = 0, i;

    while (length <= LIMIT && v[length] != 0)
        length++;
    if (length > LIMIT || length < BASE + 2)
        return (ULONG)STATUS_INVALID_PARAMETER;
    for (i = 0; i < BASE; i++)
        if (strchr(base64, v[i]) == NULL)
            return (ULONG)STATUS_INVALID_PARAMETER;
    while (i < length) {
        if (v[i++] != '.' || v[i] < '0' || v[i] > '9')
            return (ULONG)STATUS_INVALID_PARAMETER;
        while (v[i] >= '0' && v[i] <= '9')
            i++;
    }
    return STATUS_SUCCESS;
}

/* X.i becomes X.(i+1). STATUS_BUFFER_OVERFLOW when it would be too long; STATUS_INVALID_PARAMETER for no vector.
 * PASSIVE_LEVEL. docs: ntddk/nf-ntddk-rtlincrementcorrelationvector */
ULONG NTAPI RtlIncrementCorrelationVector(PCORRELATION_VECTOR CorrelationVector)
{
    CHAR *v = CorrelationVector->Vector;

    if (RtlValidateCorrelationVector(CorrelationVector) != STATUS_SUCCESS)
        return (ULONG)STATUS_INVALID_PARAMETER;
    size_t length = strlen(v), first = length, i;
    while (v[first - 1] != '.')
        first--;
    for (i = length; i > first && v[i - 1] == '9'; i--)
        ;
    if (i == first && length == LIMIT)
        return (ULONG)STATUS_BUFFER_OVERFLOW;
    if (i > first)
        v[i - 1]++;
    for (size_t k = i; k < length; k++)
        v[k] = '0';
    if (i == first) {                   /* all nines: one digit more */
        v[first] = '1';
        v[length] = '0';
        v[length + 1] = 0;
    }
    return STATUS_SUCCESS;
}

/* X.i becomes X.i.0. STATUS_INVALID_PARAMETER for no vector or one that would be too long.
 * PASSIVE_LEVEL. docs: ntddk/nf-ntddk-rtlextendcorrelationvector */
ULONG NTAPI RtlExtendCorrelationVector(PCORRELATION_VECTOR CorrelationVector)
{
    size_t length;

    if (RtlValidateCorrelationVector(CorrelationVector) != STATUS_SUCCESS)
        return (ULONG)STATUS_INVALID_PARAMETER;
    length = strlen(CorrelationVector->Vector);
    if (length + 2 > LIMIT)
        return (ULONG)STATUS_INVALID_PARAMETER;
    memcpy(CorrelationVector->Vector + length, ".0", 3);
    return STATUS_SUCCESS;
}

/* RtlInitializeSid with the sub-authorities behind the count. STATUS_INVALID_PARAMETER for more than 15. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-rtlinitializesidex */
NTSTATUS NTAPI rtl_initialize_sid_ex(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, ULONG count, ...);
NTSTATUS NTAPI rtl_initialize_sid_ex(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, ULONG count, ...)
{
    UCHAR parts = (UCHAR)count;         /* a UCHAR to drivers: the rest of the register is anything */
    __builtin_ms_va_list list;
    NTSTATUS status = parts > 15 ? STATUS_INVALID_PARAMETER : RtlInitializeSid(Sid, IdentifierAuthority, parts);

    if (!NT_SUCCESS(status))
        return status;
    __builtin_ms_va_start(list, count);
    for (ULONG i = 0; i < parts; i++)
        *RtlSubAuthoritySid(Sid, i) = __builtin_va_arg(list, ULONG);
    __builtin_ms_va_end(list);
    return STATUS_SUCCESS;
}
