/* Network addresses as text. PASSIVE_LEVEL by their pages; they touch only their arguments. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "nt/crt_format.h"
#include "nt/text.h"
#include "ntstatus.h"
#include "ring3/rtl_misc.h"

#define TEXT_SIZE 80

static PWSTR widen(const char *text, PWSTR to)
{
    size_t n = strlen(text);

    for (size_t i = 0; i <= n; i++)
        to[i] = (unsigned char)text[i];
    return to + n;
}

/* The *Ex forms: *length in characters with the terminator, in and out. */
static NTSTATUS give(const char *text, PSTR narrow, PWSTR wide, PULONG length)
{
    ULONG needed = (ULONG)strlen(text) + 1, room = *length;

    *length = needed;
    if (room < needed)
        return STATUS_INVALID_PARAMETER;
    if (narrow != NULL)
        memcpy(narrow, text, needed);
    else
        widen(text, wide);
    return STATUS_SUCCESS;
}

/* A narrow copy of the start of a wide text; characters beyond ASCII end it. */
static const char *narrowed(PCWSTR from, char to[TEXT_SIZE])
{
    size_t i = 0;

    while (i < TEXT_SIZE - 1 && from[i] != 0 && from[i] < 0x80) {
        to[i] = (char)from[i];
        i++;
    }
    to[i] = 0;
    return to;
}

static unsigned port_of(USHORT port)
{
    return __builtin_bswap16(port);
}

/* ---- IPv4 ---- */

static int v4_text(const void *address, char text[TEXT_SIZE])
{
    const UCHAR *a = address;

    return format_host(text, TEXT_SIZE, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

/* At most 16 characters with the terminator; returns the terminator's place. docs: ip2string/nf-ip2string-rtlipv4addresstostringa */
PSTR NTAPI RtlIpv4AddressToStringA(const struct in_addr *Addr, PSTR S)
{
    char text[TEXT_SIZE];
    int n = v4_text(Addr, text);

    memcpy(S, text, (size_t)n + 1);
    return S + n;
}

/* docs: ip2string/nf-ip2string-rtlipv4addresstostringw */
PWSTR NTAPI RtlIpv4AddressToStringW(const struct in_addr *Addr, PWSTR S)
{
    char text[TEXT_SIZE];

    v4_text(Addr, text);
    return widen(text, S);
}

static void v4_text_port(const void *address, USHORT port, char text[TEXT_SIZE])
{
    int n = v4_text(address, text);

    if (port != 0)
        format_host(text + n, TEXT_SIZE - (size_t)n, ":%u", port_of(port));
}

/* Port in network order; 0 leaves it out. STATUS_INVALID_PARAMETER with the length needed.
 * docs: ip2string/nf-ip2string-rtlipv4addresstostringexa */
NTSTATUS NTAPI RtlIpv4AddressToStringExA(const struct in_addr *Address, USHORT Port, PSTR AddressString,
                                         PULONG AddressStringLength)
{
    char text[TEXT_SIZE];

    v4_text_port(Address, Port, text);
    return give(text, AddressString, NULL, AddressStringLength);
}

/* docs: ip2string/nf-ip2string-rtlipv4addresstostringexw */
NTSTATUS NTAPI RtlIpv4AddressToStringExW(const struct in_addr *Address, USHORT Port, PWSTR AddressString,
                                         PULONG AddressStringLength)
{
    char text[TEXT_SIZE];

    v4_text_port(Address, Port, text);
    return give(text, NULL, AddressString, AddressStringLength);
}

/* One number in C's notation (0x.., 0.., decimal), or decimal only. Returns what follows; NULL when there is none. */
static const char *part(const char *at, bool decimal_only, uint64_t *value)
{
    unsigned base = 10;
    const char *start;

    if (!decimal_only && *at == '0' && (at[1] | 32) == 'x') {
        base = 16;
        at += 2;
    } else if (!decimal_only && *at == '0') {
        base = 8;
    }
    *value = 0;
    for (start = at; *value <= 0xFFFFFFFF; at++) {
        unsigned d = (unsigned)(*at >= '0' && *at <= '9' ? *at - '0' : (*at | 32) >= 'a' && (*at | 32) <= 'f' ? (*at | 32) - 'a' + 10 : 99);

        if (d >= base)
            break;
        *value = *value * base + d;
    }
    return at == start || *value > 0xFFFFFFFF ? NULL : at;
}

/* Four parts, or (not strict) one to four, the last filling what is left. Returns what follows the address. */
static const char *parse_v4(const char *text, bool strict, UCHAR out[4])
{
    uint64_t parts[4], address = 0, last_limit;
    const char *at = text;
    int n = 0;

    for (;;) {
        at = part(at, strict, &parts[n]);
        if (at == NULL)
            return NULL;
        n++;
        if (*at != '.' || n == 4)
            break;
        at++;
    }
    if (strict && n != 4)
        return NULL;
    last_limit = 0xFFFFFFFFull >> (8 * (n - 1));
    for (int i = 0; i < n - 1; i++) {
        if (parts[i] > 255)
            return NULL;
        address |= parts[i] << (24 - 8 * i);
    }
    if (parts[n - 1] > last_limit)
        return NULL;
    address |= parts[n - 1];
    for (int i = 0; i < 4; i++)
        out[i] = (UCHAR)(address >> (24 - 8 * i));
    return at;
}

/* Strict: four decimal parts. *Terminator: what follows the address. STATUS_INVALID_PARAMETER.
 * docs: ip2string/nf-ip2string-rtlipv4stringtoaddressa */
NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR S, BOOLEAN Strict, PCSTR *Terminator, struct in_addr *Addr)
{
    UCHAR address[4];
    const char *end = parse_v4(S, Strict, address);

    *Terminator = end != NULL ? end : S;
    if (end == NULL)
        return STATUS_INVALID_PARAMETER;
    memcpy(Addr, address, 4);
    return STATUS_SUCCESS;
}

/* docs: ip2string/nf-ip2string-rtlipv4stringtoaddressw */
NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR S, BOOLEAN Strict, PCWSTR *Terminator, struct in_addr *Addr)
{
    char text[TEXT_SIZE];
    PCSTR end;
    NTSTATUS status = RtlIpv4StringToAddressA(narrowed(S, text), Strict, &end, Addr);

    *Terminator = S + (end - text);
    return status;
}

/* With an optional :port (network order in *Port, 0 when absent), and nothing behind. docs: ip2string/nf-ip2string-rtlipv4stringtoaddressexa */
NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR AddressString, BOOLEAN Strict, struct in_addr *Address, PUSHORT Port)
{
    PCSTR end;
    uint64_t port = 0;
    NTSTATUS status = RtlIpv4StringToAddressA(AddressString, Strict, &end, Address);

    if (!NT_SUCCESS(status))
        return status;
    if (*end == ':') {
        end = part(end + 1, false, &port);
        if (end == NULL || port == 0 || port > 0xFFFF)
            return STATUS_INVALID_PARAMETER;
    }
    if (*end != 0)
        return STATUS_INVALID_PARAMETER;
    *Port = __builtin_bswap16((USHORT)port);
    return STATUS_SUCCESS;
}

/* docs: ip2string/nf-ip2string-rtlipv4stringtoaddressexw */
NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR AddressString, BOOLEAN Strict, struct in_addr *Address, PUSHORT Port)
{
    char text[TEXT_SIZE];

    return RtlIpv4StringToAddressExA(narrowed(AddressString, text), Strict, Address, Port);
}

/* ---- IPv6: lower case, the longest run of zero groups as ::, an embedded IPv4 address where the prefix says so ---- */

static int v6_text(const void *address, char text[TEXT_SIZE])
{
    const UCHAR *a = address;
    unsigned group[8], groups = 8;
    int best = -1, best_length = 1, n = 0;

    for (int i = 0; i < 8; i++)
        group[i] = (unsigned)a[2 * i] << 8 | a[2 * i + 1];
    if (!group[0] && !group[1] && !group[2] && !group[3] &&
        ((!group[4] && (group[5] == 0xFFFF || (!group[5] && group[6]))) || (group[4] == 0xFFFF && !group[5])))
        groups = 6;
    for (int i = 0, run = 0; i < (int)groups; i++) {
        run = group[i] == 0 ? run + 1 : 0;
        if (run > best_length) {
            best_length = run;
            best = i - run + 1;
        }
    }
    for (int i = 0; i < (int)groups; i++) {
        if (i == best) {
            n += format_host(text + n, TEXT_SIZE - (size_t)n, "::", 0);
            i += best_length - 1;
            continue;
        }
        n += format_host(text + n, TEXT_SIZE - (size_t)n, n != 0 && text[n - 1] != ':' ? ":%x" : "%x", group[i]);
    }
    if (groups == 6) {
        if (text[n - 1] != ':')
            text[n++] = ':';
        n += v4_text(a + 12, text + n);
    }
    return n;
}

/* At most 46 characters with the terminator. docs: ip2string/nf-ip2string-rtlipv6addresstostringa */
PSTR NTAPI RtlIpv6AddressToStringA(const struct in6_addr *Addr, PSTR S)
{
    char text[TEXT_SIZE + TEXT_SIZE];
    int n = v6_text(Addr, text);

    memcpy(S, text, (size_t)n + 1);
    return S + n;
}

/* docs: ip2string/nf-ip2string-rtlipv6addresstostringw */
PWSTR NTAPI RtlIpv6AddressToStringW(const struct in6_addr *Addr, PWSTR S)
{
    char text[TEXT_SIZE + TEXT_SIZE];

    v6_text(Addr, text);
    return widen(text, S);
}

static void v6_text_port(const void *address, ULONG scope, USHORT port, char text[3 * TEXT_SIZE])
{
    int n = 0;

    if (port != 0)
        text[n++] = '[';
    n += v6_text(address, text + n);
    if (scope != 0)
        n += format_host(text + n, TEXT_SIZE, "%%%u", scope);
    if (port != 0)
        format_host(text + n, TEXT_SIZE, "]:%u", port_of(port));
}

/* [address%scope]:port; scope and port 0 are left out. docs: ip2string/nf-ip2string-rtlipv6addresstostringexa */
NTSTATUS NTAPI RtlIpv6AddressToStringExA(const struct in6_addr *Address, ULONG ScopeId, USHORT Port, PSTR AddressString,
                                         PULONG AddressStringLength)
{
    char text[3 * TEXT_SIZE];

    v6_text_port(Address, ScopeId, Port, text);
    return give(text, AddressString, NULL, AddressStringLength);
}

/* docs: ip2string/nf-ip2string-rtlipv6addresstostringexw */
NTSTATUS NTAPI RtlIpv6AddressToStringExW(const struct in6_addr *Address, ULONG ScopeId, USHORT Port, PWSTR AddressString,
                                         PULONG AddressStringLength)
{
    char text[3 * TEXT_SIZE];

    v6_text_port(Address, ScopeId, Port, text);
    return give(text, NULL, AddressString, AddressStringLength);
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Returns what follows the address, NULL when it is none. */
static const char *parse_v6(const char *at, UCHAR out[16])
{
    UCHAR bytes[16] = {0};
    int n = 0, gap = -1;

    if (at[0] == ':' && at[1] != ':')
        return NULL;
    for (;;) {
        const char *start = at;
        unsigned value = 0;

        if (at[0] == ':' && at[1] == ':') {
            if (gap >= 0)
                return NULL;
            gap = n;
            at += 2;
            if (hex(*at) < 0)
                break;
            start = at;
        }
        while (hex(*at) >= 0 && at - start < 4)
            value = value << 4 | (unsigned)hex(*at++);
        if (*at == '.' && n <= 12) {
            at = parse_v4(start, true, bytes + n);
            if (at == NULL)
                return NULL;
            n += 4;
            break;
        }
        if (at == start || hex(*at) >= 0 || n > 14)
            return NULL;
        bytes[n++] = (UCHAR)(value >> 8);
        bytes[n++] = (UCHAR)value;
        if (n == 16 || *at != ':')
            break;
        if (at[1] != ':')
            at++;
        if (*at != ':' && hex(*at) < 0)
            return NULL;
    }
    if (gap < 0 ? n != 16 : n > 14)
        return NULL;
    if (gap >= 0) {
        memmove(bytes + 16 - (n - gap), bytes + gap, (size_t)(n - gap));
        memset(bytes + gap, 0, (size_t)(16 - n));
    }
    memcpy(out, bytes, 16);
    return at;
}

/* *Terminator: what follows the address. STATUS_INVALID_PARAMETER. docs: ip2string/nf-ip2string-rtlipv6stringtoaddressa */
NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR S, PCSTR *Terminator, struct in6_addr *Addr)
{
    UCHAR address[16];
    const char *end = parse_v6(S, address);

    *Terminator = end != NULL ? end : S;
    if (end == NULL)
        return STATUS_INVALID_PARAMETER;
    memcpy(Addr, address, 16);
    return STATUS_SUCCESS;
}

/* docs: ip2string/nf-ip2string-rtlipv6stringtoaddressw */
NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR S, PCWSTR *Terminator, struct in6_addr *Addr)
{
    char text[TEXT_SIZE];
    PCSTR end;
    NTSTATUS status = RtlIpv6StringToAddressA(narrowed(S, text), &end, Addr);

    *Terminator = S + (end - text);
    return status;
}

/* ---- Ethernet: XX-XX-XX-XX-XX-XX ---- */

static void ethernet_text(const UCHAR *a, char text[18])
{
    for (int i = 0; i < 6; i++)
        format_host(text + 3 * i, 4, i < 5 ? "%02X-" : "%02X", a[i]);
}

/* docs: ip2string/nf-ip2string-rtlethernetaddresstostringa */
PSTR NTAPI RtlEthernetAddressToStringA(const void *Addr, PSTR S)
{
    ethernet_text(Addr, S);
    return S + 17;
}

/* docs: ip2string/nf-ip2string-rtlethernetaddresstostringw */
PWSTR NTAPI RtlEthernetAddressToStringW(const void *Addr, PWSTR S)
{
    char text[18];

    ethernet_text(Addr, text);
    return widen(text, S);
}

/* Six bytes of two digits, with - or : between. STATUS_INVALID_PARAMETER. docs: ip2string/nf-ip2string-rtlethernetstringtoaddressa */
NTSTATUS NTAPI RtlEthernetStringToAddressA(PCSTR S, PCSTR *Terminator, void *Addr)
{
    UCHAR address[6];
    const char *at = S;

    *Terminator = S;
    for (int i = 0; i < 6; i++) {
        if (hex(at[0]) < 0 || hex(at[1]) < 0)
            return STATUS_INVALID_PARAMETER;
        address[i] = (UCHAR)(hex(at[0]) << 4 | hex(at[1]));
        at += 2;
        if (i < 5 && *at != '-' && *at != ':')
            return STATUS_INVALID_PARAMETER;
        at += i < 5;
    }
    memcpy(Addr, address, 6);
    *Terminator = at;
    return STATUS_SUCCESS;
}

/* docs: ip2string/nf-ip2string-rtlethernetstringtoaddressw */
NTSTATUS NTAPI RtlEthernetStringToAddressW(PCWSTR S, PCWSTR *Terminator, void *Addr)
{
    char text[TEXT_SIZE];
    PCSTR end;
    NTSTATUS status = RtlEthernetStringToAddressA(narrowed(S, text), &end, Addr);

    *Terminator = S + (end - text);
    return status;
}
