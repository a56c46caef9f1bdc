/* Comparisons of addresses. */
#include <string.h>

#include "tcpip/ip.h"

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, ip_address_bits(a) / 8) == 0;
}

bool ip_address_is_zero(const struct ip_address *a)
{
    for (unsigned i = 0; i < ip_address_bits(a) / 8; i++)
        if (a->bytes[i])
            return false;
    return true;
}

bool ip_address_is_multicast(const struct ip_address *a)
{
    return a->family == 4 ? a->bytes[0] >> 4 == 14 : a->bytes[0] == 0xff;
}

bool ip_address_is_loopback(const struct ip_address *a)
{
    static const uint8_t loopback[16] = { [15] = 1 };

    return a->family == 4 ? a->bytes[0] == 127 : memcmp(a->bytes, loopback, 16) == 0;
}

bool ip_address_is_link_local(const struct ip_address *a)
{
    return a->family == 4 ? a->bytes[0] == 169 && a->bytes[1] == 254 : a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

unsigned ip_address_common(const struct ip_address *a, const struct ip_address *b, unsigned limit)
{
    unsigned bits = ip_address_bits(a), n = 0;

    if (limit > bits)
        limit = bits;
    while (n < limit && a->bytes[n / 8] == b->bytes[n / 8])
        n += 8;
    if (n < limit) {
        unsigned difference = a->bytes[n / 8] ^ b->bytes[n / 8];
        n += (unsigned)__builtin_clz(difference) - 24;
    }
    return n < limit ? n : limit;
}
