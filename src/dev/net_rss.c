#include "dev/net_rss.h"

#include <string.h>

#include "dev/net_offload.h"

/* The 32 bits of the key that start at bit `at`. */
static uint32_t key_window(const uint8_t key[NET_HASH_INPUT_MAX + 8], unsigned at)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < 5; i++)
        bits = bits << 8 | key[at / 8 + i];
    return (uint32_t)(bits >> (8 - at % 8));
}

static void fill_byte(uint32_t table[256], const uint8_t *key, unsigned byte)
{
    for (unsigned value = 0; value < 256; value++) {
        table[value] = 0;
        for (unsigned bit = 0; bit < 8; bit++)
            if (value & 0x80u >> bit)
                table[value] ^= key_window(key, byte * 8 + bit);
    }
}

void net_hash_set(struct net_hash *hash, uint32_t types, const uint8_t *key, size_t size)
{
    uint8_t padded[NET_HASH_INPUT_MAX + 8] = { 0 };

    memcpy(padded, key, size < NET_HASH_KEY_MAX ? size : NET_HASH_KEY_MAX);
    hash->types = types;
    for (unsigned byte = 0; byte < NET_HASH_INPUT_MAX; byte++)
        fill_byte(hash->bytes[byte], padded, byte);
}

uint32_t net_toeplitz(const struct net_hash *hash, const uint8_t *input, size_t size)
{
    uint32_t value = 0;

    for (size_t i = 0; i < size; i++)
        value ^= hash->bytes[i][input[i]];
    return value;
}

uint32_t net_hash_frame(const struct net_hash *hash, const uint8_t *frame, size_t size, uint16_t *report)
{
    static const struct { uint32_t ip, tcp, udp; } kinds[] = {
        { NET_HASH_IPV4, NET_HASH_TCPV4, NET_HASH_UDPV4 }, { NET_HASH_IPV6, NET_HASH_TCPV6, NET_HASH_UDPV6 },
    };
    struct net_flow flow = { 0 };
    uint8_t input[NET_HASH_INPUT_MAX];
    uint32_t type = 0;
    unsigned addresses;

    *report = 0;
    if (!net_find_ip(frame, size, &flow))
        return 0;
    addresses = flow.is_v6 ? 32 : 8;
    memcpy(input, frame + flow.network + (flow.is_v6 ? 8 : 12), addresses);
    if (net_find_ports(frame, size, &flow))
        type = (flow.protocol == NET_PROTOCOL_TCP ? kinds[flow.is_v6].tcp : kinds[flow.is_v6].udp) & hash->types;
    if (type)
        memcpy(input + addresses, frame + flow.transport, 4);
    *report = (uint16_t)__builtin_ffs((int)(type ? type : kinds[flow.is_v6].ip & hash->types));
    return *report ? net_toeplitz(hash, input, addresses + (type ? 4 : 0)) : 0;
}
