/* A part of ntstrsafe.h: the functions on UNICODE_STRING. They never write beyond MaximumLength and add no terminator. */
#ifndef RING3_STRSAFE_UNICODE_H
#define RING3_STRSAFE_UNICODE_H

#include <ntstrsafe.h>

#ifndef RING3_HOST

RING3_BEGIN_C

FORCEINLINE NTSTATUS RtlUnicodeStringValidateEx(const UNICODE_STRING *String, ULONG Flags)
{
    if (String == NULL)
        return (Flags & STRSAFE_IGNORE_NULLS) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    if (String->Length % 2 != 0 || String->MaximumLength % 2 != 0 || String->Length > String->MaximumLength)
        return STATUS_INVALID_PARAMETER;
    if (String->Buffer == NULL && (String->Length != 0 || String->MaximumLength != 0))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

FORCEINLINE NTSTATUS RtlUnicodeStringValidate(const UNICODE_STRING *String)
{
    return RtlUnicodeStringValidateEx(String, 0);
}

FORCEINLINE NTSTATUS RtlUnicodeStringInitEx(UNICODE_STRING *String, NTSTRSAFE_PCWSTR Source, ULONG Flags)
{
    size_t length = 0;

    (void)Flags;
    String->Length = String->MaximumLength = 0;
    String->Buffer = NULL;
    if (Source == NULL)
        return STATUS_SUCCESS;
    while (Source[length] != 0)
        if (++length >= NTSTRSAFE_UNICODE_STRING_MAX_CCH)
            return STATUS_INVALID_PARAMETER;
    String->Buffer = (PWCH)Source;
    String->Length = (USHORT)(length * sizeof(WCHAR));
    String->MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

FORCEINLINE NTSTATUS RtlUnicodeStringInit(UNICODE_STRING *String, NTSTRSAFE_PCWSTR Source)
{
    return RtlUnicodeStringInitEx(String, Source, 0);
}

/* Puts `bytes` at byte `at` of the destination. */
FORCEINLINE NTSTATUS ring3_unicode_put(UNICODE_STRING *to, size_t at, const WCHAR *from, size_t bytes, ULONG flags)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (at + bytes > to->MaximumLength) {
        status = STATUS_BUFFER_OVERFLOW;
        bytes = to->MaximumLength - at;
    }
    memmove((char *)to->Buffer + at, from, bytes);
    to->Length = (USHORT)(at + bytes);
    if (status == STATUS_SUCCESS && (flags & STRSAFE_FILL_BEHIND))
        memset((char *)to->Buffer + to->Length, (int)(flags & 0xFF), to->MaximumLength - to->Length);
    if (status != STATUS_SUCCESS && (flags & STRSAFE_FILL_ON_FAILURE))
        memset(to->Buffer, (int)(flags & 0xFF), to->MaximumLength);
    if (status != STATUS_SUCCESS && (flags & (STRSAFE_NO_TRUNCATION | STRSAFE_ZERO_LENGTH_ON_FAILURE)))
        to->Length = (USHORT)((flags & STRSAFE_ZERO_LENGTH_ON_FAILURE) ? 0 : at);
    return status;
}

FORCEINLINE NTSTATUS ring3_unicode_join(UNICODE_STRING *to, int append, const UNICODE_STRING *from, size_t limit,
                                        UNICODE_STRING *rest, ULONG flags)
{
    NTSTATUS status;
    size_t bytes;

    if (!NT_SUCCESS(RtlUnicodeStringValidateEx(to, 0)) || !NT_SUCCESS(RtlUnicodeStringValidateEx(from, flags)))
        return STATUS_INVALID_PARAMETER;
    bytes = from == NULL ? 0 : from->Length;
    if (bytes > limit)
        bytes = limit & ~(size_t)1;
    status = ring3_unicode_put(to, append ? to->Length : 0, from == NULL ? NULL : from->Buffer, bytes, flags);
    if (rest != NULL) {
        rest->Length = 0;
        rest->MaximumLength = (USHORT)(to->MaximumLength - to->Length);
        rest->Buffer = to->Buffer + to->Length / sizeof(WCHAR);
    }
    return status;
}

FORCEINLINE NTSTATUS ring3_unicode_join_text(UNICODE_STRING *to, int append, NTSTRSAFE_PCWSTR from, size_t limit,
                                             UNICODE_STRING *rest, ULONG flags)
{
    UNICODE_STRING source;
    size_t length = 0;

    if (from == NULL)
        return (flags & STRSAFE_IGNORE_NULLS) ? ring3_unicode_join(to, append, NULL, 0, rest, flags) : STATUS_INVALID_PARAMETER;
    while (length < NTSTRSAFE_UNICODE_STRING_MAX_CCH && length * 2 < limit && from[length] != 0)
        length++;
    source.Buffer = (PWCH)from;
    source.Length = source.MaximumLength = (USHORT)(length * sizeof(WCHAR));
    return ring3_unicode_join(to, append, &source, (size_t)-1, rest, flags);
}

#define RING3_UNICODE_PAIR(verb, append)                                                                                      \
    FORCEINLINE NTSTATUS RtlUnicodeString##verb(PUNICODE_STRING to, PCUNICODE_STRING from)                                    \
    {                                                                                                                         \
        return ring3_unicode_join(to, append, from, (size_t)-1, NULL, 0);                                                     \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeString##verb##Ex(PUNICODE_STRING to, PCUNICODE_STRING from, PUNICODE_STRING rest,          \
                                                    ULONG flags)                                                              \
    {                                                                                                                         \
        return ring3_unicode_join(to, append, from, (size_t)-1, rest, flags);                                                 \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeString##verb##String(PUNICODE_STRING to, NTSTRSAFE_PCWSTR from)                            \
    {                                                                                                                         \
        return ring3_unicode_join_text(to, append, from, (size_t)-1, NULL, 0);                                                \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeString##verb##StringEx(PUNICODE_STRING to, NTSTRSAFE_PCWSTR from, PUNICODE_STRING rest,    \
                                                          ULONG flags)                                                        \
    {                                                                                                                         \
        return ring3_unicode_join_text(to, append, from, (size_t)-1, rest, flags);                                            \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeStringCch##verb##N(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count)                \
    {                                                                                                                         \
        return ring3_unicode_join(to, append, from, count * sizeof(WCHAR), NULL, 0);                                          \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeStringCb##verb##N(PUNICODE_STRING to, PCUNICODE_STRING from, size_t bytes)                 \
    {                                                                                                                         \
        return ring3_unicode_join(to, append, from, bytes, NULL, 0);                                                          \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeStringCch##verb##StringN(PUNICODE_STRING to, NTSTRSAFE_PCWSTR from, size_t count)          \
    {                                                                                                                         \
        return ring3_unicode_join_text(to, append, from, count * sizeof(WCHAR), NULL, 0);                                     \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeStringCb##verb##StringN(PUNICODE_STRING to, NTSTRSAFE_PCWSTR from, size_t bytes)           \
    {                                                                                                                         \
        return ring3_unicode_join_text(to, append, from, bytes, NULL, 0);                                                     \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeStringCch##verb##NEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count,              \
                    PUNICODE_STRING rest, ULONG flags)                                                                        \
    {                                                                                                                         \
        return ring3_unicode_join(to, append, from, count * sizeof(WCHAR), rest, flags);                                      \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeStringCch##verb##StringNEx(PUNICODE_STRING to, NTSTRSAFE_PCWSTR from, size_t count,        \
                    PUNICODE_STRING rest, ULONG flags)                                                                        \
    {                                                                                                                         \
        return ring3_unicode_join_text(to, append, from, count * sizeof(WCHAR), rest, flags);                                 \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeStringCb##verb##NEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t bytes,               \
                    PUNICODE_STRING rest, ULONG flags)                                                                        \
    {                                                                                                                         \
        return ring3_unicode_join(to, append, from, bytes, rest, flags);                                                      \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RtlUnicodeStringCb##verb##StringNEx(PUNICODE_STRING to, NTSTRSAFE_PCWSTR from, size_t bytes,         \
                    PUNICODE_STRING rest, ULONG flags)                                                                        \
    {                                                                                                                         \
        return ring3_unicode_join_text(to, append, from, bytes, rest, flags);                                                 \
    }
RING3_UNICODE_PAIR(Copy, 0)
RING3_UNICODE_PAIR(Cat, 1)

FORCEINLINE NTSTATUS RtlUnicodeStringVPrintfEx(PUNICODE_STRING to, PUNICODE_STRING rest, ULONG flags,
                                               NTSTRSAFE_PCWSTR format, va_list arguments)
{
    size_t room;
    int written;
    NTSTATUS status = STATUS_SUCCESS;

    if (!NT_SUCCESS(RtlUnicodeStringValidate(to)))
        return STATUS_INVALID_PARAMETER;
    room = to->MaximumLength / sizeof(WCHAR);
    written = _vsnwprintf(to->Buffer, room, format, arguments);
    if (written < 0 || (size_t)written > room) {
        status = STATUS_BUFFER_OVERFLOW;
        written = (int)room;
    }
    to->Length = (USHORT)((size_t)written * sizeof(WCHAR));
    if (status != STATUS_SUCCESS && (flags & (STRSAFE_NO_TRUNCATION | STRSAFE_ZERO_LENGTH_ON_FAILURE)))
        to->Length = 0;
    if (rest != NULL) {
        rest->Length = 0;
        rest->MaximumLength = (USHORT)(to->MaximumLength - to->Length);
        rest->Buffer = to->Buffer + to->Length / sizeof(WCHAR);
    }
    return status;
}

FORCEINLINE NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING to, NTSTRSAFE_PCWSTR format, va_list arguments)
{
    return RtlUnicodeStringVPrintfEx(to, NULL, 0, format, arguments);
}

static __inline NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING to, NTSTRSAFE_PCWSTR format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, format);
    status = RtlUnicodeStringVPrintfEx(to, NULL, 0, format, arguments);
    va_end(arguments);
    return status;
}

static __inline NTSTATUS RtlUnicodeStringPrintfEx(PUNICODE_STRING to, PUNICODE_STRING rest, ULONG flags,
                                                  NTSTRSAFE_PCWSTR format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, format);
    status = RtlUnicodeStringVPrintfEx(to, rest, flags, format, arguments);
    va_end(arguments);
    return status;
}

FORCEINLINE NTSTATUS RtlStringCchCopyUnicodeString(NTSTRSAFE_PWSTR to, size_t size, PCUNICODE_STRING from)
{
    size_t count = from->Length / sizeof(WCHAR);
    NTSTATUS status = STATUS_SUCCESS;

    if (size == 0 || size > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    if (count >= size) {
        count = size - 1;
        status = STATUS_BUFFER_OVERFLOW;
    }
    memcpy(to, from->Buffer, count * sizeof(WCHAR));
    to[count] = 0;
    return status;
}

FORCEINLINE NTSTATUS RtlStringCchCopyUnicodeStringEx(NTSTRSAFE_PWSTR to, size_t size, PCUNICODE_STRING from,
                                                     NTSTRSAFE_PWSTR *end, size_t *left, ULONG flags)
{
    if (from == NULL || from->Buffer == NULL)
        return RtlStringCchCopyExW(to, size, from == NULL ? NULL : L"", end, left, flags);
    return RtlStringCchCopyNExW(to, size, from->Buffer, from->Length / sizeof(WCHAR), end, left, flags);
}

FORCEINLINE NTSTATUS RtlStringCbCopyUnicodeStringEx(NTSTRSAFE_PWSTR to, size_t bytes, PCUNICODE_STRING from,
                                                    NTSTRSAFE_PWSTR *end, size_t *left, ULONG flags)
{
    NTSTATUS status = RtlStringCchCopyUnicodeStringEx(to, bytes / sizeof(WCHAR), from, end, left, flags);

    if (left != NULL && status != STATUS_INVALID_PARAMETER)
        *left = *left * sizeof(WCHAR) + bytes % sizeof(WCHAR);
    return status;
}

FORCEINLINE NTSTATUS RtlStringCbCopyUnicodeString(NTSTRSAFE_PWSTR to, size_t bytes, PCUNICODE_STRING from)
{
    return RtlStringCchCopyUnicodeString(to, bytes / sizeof(WCHAR), from);
}

RING3_END_C

#endif

#endif
