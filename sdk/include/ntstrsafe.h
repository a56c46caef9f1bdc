/* String functions that know the size of the destination and always terminate it. Inline code over the kernel's CRT.
 * docs: ntstrsafe/nf-ntstrsafe-rtlstringcchcopya and beside it.
 * Results: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW (the result is cut and terminated); STATUS_INVALID_PARAMETER. */
#ifndef RING3_NTSTRSAFE_H
#define RING3_NTSTRSAFE_H

#include <ntdef.h>
#include <ntstatus.h>

#ifndef RING3_HOST
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(wchar_t))
#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_FILL_BEHIND 0x00000200
#define STRSAFE_ZERO_LENGTH_ON_FAILURE 0x00000800
#define STRSAFE_FILL_BYTE(x) ((ULONG)(((x) & 0x000000FF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)(((x) & 0x000000FF) | STRSAFE_FILL_ON_FAILURE))

typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef wchar_t *NTSTRSAFE_PWSTR;
typedef const wchar_t *NTSTRSAFE_PCWSTR;

#define RING3_STR_CHAR char
#define RING3_STR_SUFFIX A
#define RING3_STR_FORMAT _vsnprintf
#include <ring3/strsafe_chars.h>

#define RING3_STR_CHAR wchar_t
#define RING3_STR_SUFFIX W
#define RING3_STR_FORMAT _vsnwprintf
#include <ring3/strsafe_chars.h>

/* x64 reads unaligned text as any other. */
#define RtlUnalignedStringCchLengthW RtlStringCchLengthW
#define RtlUnalignedStringCbLengthW RtlStringCbLengthW

#ifndef NTSTRSAFE_NO_UNICODE_STRING_FUNCTIONS
#include <ring3/strsafe_unicode.h>
#endif
#endif

#endif
