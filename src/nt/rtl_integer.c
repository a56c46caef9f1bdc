/* Numbers and GUIDs as text. */
#include <stdint.h>
#include <string.h>

#include "nt/text.h"
#include "ntstatus.h"
#include "ring3/rtl_string.h"

/* Digits from the end of a 65-character buffer; returns where they start, NULL for a bad base. Base 0 is 10. */
static char *digits(uint64_t value, ULONG base, char buffer[65])
{
    char *at = buffer + 64;

    if (base == 0)
        base = 10;
    if (base != 2 && base != 8 && base != 10 && base != 16)
        return NULL;
    *at = 0;
    do {
        *--at = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value != 0);
    return at;
}

/* Base 2, 8, 10 (also 0) or 16; letters are upper case. STATUS_INVALID_PARAMETER, STATUS_BUFFER_OVERFLOW. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-rtlint64tounicodestring */
NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
    char buffer[65], *text = digits(Value, Base, buffer);
    size_t length = text != NULL ? strlen(text) : 0;

    if (text == NULL)
        return STATUS_INVALID_PARAMETER;
    if (length * sizeof(WCHAR) > String->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    for (size_t i = 0; i < length; i++)
        String->Buffer[i] = (WCHAR)text[i];
    String->Length = (USHORT)(length * sizeof(WCHAR));
    if (String->Length + sizeof(WCHAR) <= String->MaximumLength)
        String->Buffer[length] = 0;
    return STATUS_SUCCESS;
}

/* docs: wdm/nf-wdm-rtlintegertounicodestring */
NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    return RtlInt64ToUnicodeString(Value, Base, String);
}

/* OutputLength bytes; negative: exactly that many digits, padded with zeros. STATUS_BUFFER_OVERFLOW. */
NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG OutputLength, PSZ String)
{
    char buffer[65], *text = digits(Value, Base, buffer);
    LONG length = text != NULL ? (LONG)strlen(text) : 0, room = OutputLength < 0 ? -OutputLength : OutputLength;

    if (text == NULL)
        return STATUS_INVALID_PARAMETER;
    if (length > room)
        return STATUS_BUFFER_OVERFLOW;
    if (OutputLength < 0) {
        memset(String, '0', (size_t)(room - length));
        String += room - length;
    }
    memcpy(String, text, (size_t)length + (OutputLength > length ? 1 : 0));
    return STATUS_SUCCESS;
}

/* One reader for narrow and wide digits. */
struct scan {
    const char *narrow;
    const WCHAR *wide;
    size_t at, length;
};

static unsigned look(const struct scan *s)
{
    if (s->at >= s->length)
        return 0;
    return s->wide != NULL ? s->wide[s->at] : (unsigned char)s->narrow[s->at];
}

static unsigned digit(unsigned c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* White space, a sign, 0x 0o 0b when the base is 0, digits. STATUS_INVALID_PARAMETER for a bad base. No digits: 0. */
static NTSTATUS scan_number(struct scan *s, ULONG base, uint64_t *value)
{
    bool negative = false;

    while (look(s) != 0 && look(s) <= ' ')
        s->at++;
    if (look(s) == '-' || look(s) == '+') {
        negative = look(s) == '-';
        s->at++;
    }
    if (base == 0) {
        base = 10;
        if (look(s) == '0' && s->at + 1 < s->length) {
            s->at++;
            base = look(s) == 'x' ? 16 : look(s) == 'o' ? 8 : look(s) == 'b' ? 2 : 10;
            s->at += base != 10;
        }
    } else if (base != 2 && base != 8 && base != 10 && base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    for (*value = 0; digit(look(s)) < base; s->at++)
        *value = *value * base + digit(look(s));
    if (negative)
        *value = 0 - *value;
    return STATUS_SUCCESS;
}

/* Leading white space, a sign, and with base 0 the prefixes 0x, 0o, 0b. The number ends at the first other character;
 * without digits it is 0. PASSIVE_LEVEL. docs: wdm/nf-wdm-rtlunicodestringtointeger */
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    struct scan s = {.wide = String->Buffer, .length = String->Length / sizeof(WCHAR)};
    uint64_t value;
    NTSTATUS status = scan_number(&s, Base, &value);

    *Value = NT_SUCCESS(status) ? (ULONG)value : 0;
    return status;
}

/* The same for 64 bits; *EndPointer (may be NULL) gets where the number ended. */
NTSTATUS NTAPI RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number, PWSTR *EndPointer)
{
    struct scan s = {.wide = String->Buffer, .length = String->Length / sizeof(WCHAR)};
    uint64_t value = 0;
    NTSTATUS status = scan_number(&s, Base, &value);

    *Number = (LONG64)value;
    if (EndPointer != NULL)
        *EndPointer = String->Buffer + s.at;
    return status;
}

/* docs: ntddk/nf-ntddk-rtlchartointeger */
NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    struct scan s = {.narrow = String, .length = strlen(String)};
    uint64_t value;
    NTSTATUS status = scan_number(&s, Base, &value);

    if (NT_SUCCESS(status))
        *Value = (ULONG)value;
    return status;
}

/* ---- GUIDs: {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx} ---- */

#define GUID_CHARS 38

/* Where each pair of digits in the text goes: bytes of the GUID in memory order. */
static const char guid_form[] = "{3210-54-76-89-abcdef}";

static int guid_byte(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The text in upper case, allocated from paged pool: free it with RtlFreeUnicodeString. STATUS_NO_MEMORY. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-rtlstringfromguid */
NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString)
{
    const unsigned char *bytes = (const unsigned char *)Guid;
    WCHAR text[GUID_CHARS + 1], *to = text;

    for (const char *form = guid_form; *form != 0; form++) {
        int n = guid_byte(*form);

        if (n < 0) {
            *to++ = (WCHAR)*form;
            continue;
        }
        *to++ = (WCHAR)"0123456789ABCDEF"[bytes[n] >> 4];
        *to++ = (WCHAR)"0123456789ABCDEF"[bytes[n] & 15];
    }
    *to = 0;
    return RtlCreateUnicodeString(GuidString, text) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* STATUS_INVALID_PARAMETER when it is not a GUID in braces. docs: wdm/nf-wdm-rtlguidfromstring */
NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid)
{
    unsigned char bytes[16];
    const WCHAR *from = GuidString->Buffer;

    if (GuidString->Length != GUID_CHARS * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    for (const char *form = guid_form; *form != 0; form++) {
        int n = guid_byte(*form);

        if (n < 0) {
            if (*from++ != (WCHAR)*form)
                return STATUS_INVALID_PARAMETER;
            continue;
        }
        if (digit(from[0]) > 15 || digit(from[1]) > 15)
            return STATUS_INVALID_PARAMETER;
        bytes[n] = (unsigned char)(digit(from[0]) << 4 | digit(from[1]));
        from += 2;
    }
    memcpy(Guid, bytes, sizeof(bytes));
    return STATUS_SUCCESS;
}
