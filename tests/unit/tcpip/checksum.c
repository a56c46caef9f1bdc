#define UNIT_LIBRARY_BYTES 65536
#include "unit.h"

#include <lwip/inet_chksum.h>
#include <lwip/pbuf.h>

#include "base/random.h"

/* The definition: 16-bit words in network order, an odd byte at the end padded with zero. */
static uint32_t slow_sum(const uint8_t *data, size_t size, uint32_t sum)
{
    for (size_t i = 0; i < size; i++)
        sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static uint16_t network(uint32_t sum)
{
    return __builtin_bswap16((uint16_t)sum);
}

TEST(a_checksum_is_what_rfc_1071_defines_at_every_length_and_offset)
{
    uint8_t data[300];
    struct random random;

    random_seed(&random, 1);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)random_below(&random, 256);
    for (size_t offset = 0; offset < 9; offset++)
        for (size_t size = 0; size + offset <= sizeof data; size++)
            CHECK_EQ(inet_chksum(data + offset, (u16_t)size), (uint16_t)~network(slow_sum(data + offset, size, 0)));
    memset(data, 0xff, sizeof data);
    CHECK_EQ(inet_chksum(data, 300), 0);
}

TEST(a_chain_counts_as_if_it_lay_in_one_piece)
{
    uint8_t flat[512];
    struct random random;

    random_seed(&random, 2);
    for (int round = 0; round < 500; round++) {
        struct pbuf pieces[8] = { 0 };
        size_t size = 0;
        unsigned count = 1 + random_below(&random, 8);
        for (size_t i = 0; i < sizeof flat; i++)
            flat[i] = (uint8_t)random_below(&random, 256);
        for (unsigned i = 0; i < count; i++) {
            pieces[i].payload = flat + size;
            pieces[i].len = (u16_t)random_below(&random, 60);
            pieces[i].next = i + 1 < count ? &pieces[i + 1] : NULL;
            size += pieces[i].len;
        }
        pieces[0].tot_len = (u16_t)size;
        CHECK_EQ(inet_chksum_pbuf(pieces), (uint16_t)~network(slow_sum(flat, size, 0)));
        ip4_addr_t from = { 0x04030201 }, to = { 0x08070605 };
        uint8_t pseudo[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 0, 6, (uint8_t)(size >> 8), (uint8_t)size };
        CHECK_EQ(inet_chksum_pseudo(pieces, 6, (u16_t)size, &from, &to),
                 (uint16_t)~network(slow_sum(flat, size, slow_sum(pseudo, 12, 0))));
        size_t covered = random_below(&random, (uint32_t)size + 1);
        CHECK_EQ(inet_chksum_pseudo_partial(pieces, 6, (u16_t)size, (u16_t)covered, &from, &to),
                 (uint16_t)~network(slow_sum(flat, covered, slow_sum(pseudo, 12, 0))));
    }
}

TEST(a_copy_is_summed_on_the_way)
{
    uint8_t from[101], to[101];

    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 37);
    CHECK_EQ(lwip_chksum_copy(to, from, sizeof from), network(slow_sum(from, sizeof from, 0)));
    CHECK(!memcmp(to, from, sizeof from));
}
