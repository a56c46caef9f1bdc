/* [address%scope]:port as text. Any IRQL. */
#include <stdbool.h>
#include <stdint.h>

#include "ntstatus.h"
#include "in6addr.h"
#include "ring3/rtl.h"

#define LONGEST 96                      /* characters of the longest text that can be right */

/* A number in decimal, octal (0...) or hexadecimal (0x...); what follows it, or NULL. */
static const char *number(const char *at, uint64_t limit, uint64_t *value)
{
    unsigned base = 10;
    const char *start;

    if (at[0] == '0' && (at[1] | 32) == 'x') {
        base = 16;
        at += 2;
    } else if (at[0] == '0') {
        base = 8;
    }
    *value = 0;
    for (start = at;; at++) {
        unsigned char c = (unsigned char)*at, letter = (unsigned char)(c | 32);
        unsigned digit = c >= '0' && c <= '9' ? c - 48u : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10u : 99;

        if (digit >= base)
            return at > start ? at : NULL;
        *value = *value * base + digit;
        if (*value > limit)
            return NULL;
    }
}

static bool parse(const char *at, struct in6_addr *address, ULONG *scope, USHORT *port)
{
    bool bracket = *at == '[';
    uint64_t value;

    *scope = 0;
    *port = 0;
    if (!NT_SUCCESS(RtlIpv6StringToAddressA(at + bracket, &at, address)))
        return false;
    if (*at == '%') {
        for (const char *digit = at + 1; *digit >= '0' && *digit <= '9'; digit++)
            *scope = *scope * 10 + (ULONG)(*digit - '0');
        at = at[1] >= '0' && at[1] <= '9' ? at + 1 : NULL;
        if (at == NULL)
            return false;
        while (*at >= '0' && *at <= '9')
            at++;
    }
    if (!bracket)
        return *at == 0;
    if (*at++ != ']')
        return false;
    if (*at != ':')
        return *at == 0;
    at = number(at + 1, 0xFFFF, &value);
    if (at == NULL || *at != 0)
        return false;
    *port = __builtin_bswap16((USHORT)value);
    return true;
}

/* An address with an optional %scope and, in brackets, an optional :port (network order in *Port); 0 where one is absent. Nothing may
 * follow. Any IRQL. STATUS_INVALID_PARAMETER, and then the results are as they were. docs: ip2string/nf-ip2string-rtlipv6stringtoaddressexa */
NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR AddressString, struct in6_addr *Address, PULONG ScopeId, PUSHORT Port)
{
    struct in6_addr address;
    ULONG scope;
    USHORT port;

    if (AddressString == NULL || Address == NULL || ScopeId == NULL || Port == NULL || !parse(AddressString, &address, &scope, &port))
        return STATUS_INVALID_PARAMETER;
    *Address = address;
    *ScopeId = scope;
    *Port = port;
    return STATUS_SUCCESS;
}

/* The same. Any IRQL. docs: ip2string/nf-ip2string-rtlipv6stringtoaddressexw */
NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR AddressString, struct in6_addr *Address, PULONG ScopeId, PUSHORT Port)
{
    char text[LONGEST];
    unsigned n = 0;

    if (AddressString == NULL)
        return STATUS_INVALID_PARAMETER;
    for (; AddressString[n] != 0; n++) {
        if (n + 1 == LONGEST || AddressString[n] > 126)
            return STATUS_INVALID_PARAMETER;
        text[n] = (char)AddressString[n];
    }
    text[n] = 0;
    return RtlIpv6StringToAddressExA(text, Address, ScopeId, Port);
}
