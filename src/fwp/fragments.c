/* Fragments of a forwarded packet put together. docs: fwpsk/nf-fwpsk-fwpsreassembleforwardfragmentgroup0 */
#include <string.h>

#include "fwp/injection.h"
#include "fwp/packet.h"
#include "ndis/nbl_pool.h"

#define V4_HEADER 20u
#define V6_HEADER 40u
#define FRAGMENT_HEADER 8u
#define LARGEST 65535u

struct fragment {
    uint32_t header, offset, length;    /* of the unfragmentable part (IPv4: the header); of the data */
    uint32_t skip;                      /* from the packet's start to the data */
    bool more;
};

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static bool read_v4(const uint8_t *b, uint32_t size, uint32_t whole, struct fragment *f)
{
    if (size < V4_HEADER || b[0] >> 4 != 4)
        return false;
    uint32_t header = (b[0] & 15u) * 4, total = get16(b + 2);
    if (header < V4_HEADER || header > size || total < header || total > whole)
        return false;
    *f = (struct fragment){ header, (get16(b + 6) & 0x1fff) * 8, total - header, header, (b[6] & 0x20) != 0 };
    return true;
}

/* The fragment header must follow the fixed one: nothing before it is expected of a forwarded packet but that. */
static bool read_v6(const uint8_t *b, uint32_t size, uint32_t whole, struct fragment *f)
{
    const uint32_t skip = V6_HEADER + FRAGMENT_HEADER;

    if (size < skip || b[0] >> 4 != 6 || b[6] != 44)
        return false;
    uint32_t total = V6_HEADER + get16(b + 4);
    if (total < skip || total > whole)
        return false;
    *f = (struct fragment){ V6_HEADER, get16(b + V6_HEADER + 2) & ~7u, total - skip, skip, (b[V6_HEADER + 3] & 1) != 0 };
    return true;
}

static bool read_fragment(const NET_BUFFER *nb, bool v6, uint8_t header[64], struct fragment *f)
{
    uint32_t size = nb->DataLength < 64 ? (uint32_t)nb->DataLength : 64;

    return nb_copy_out(nb, 0, header, size) && (v6 ? read_v6(header, size, (uint32_t)nb->DataLength, f)
                                                   : read_v4(header, size, (uint32_t)nb->DataLength, f));
}

/* The size of the data when every byte of it is there once; 0: it is not. */
static uint32_t data_size(const NET_BUFFER_LIST *chain, bool v6, uint32_t *header)
{
    uint32_t sum = 0, end = 0;
    uint8_t bytes[64];
    struct fragment f;

    *header = 0;
    for (const NET_BUFFER_LIST *nbl = chain; nbl; nbl = nbl->Next)
        for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb; nb = nb->Next) {
            if (!read_fragment(nb, v6, bytes, &f))
                return 0;
            sum += f.length;
            if (!f.more)
                end = f.offset + f.length;
            if (f.offset == 0)
                *header = f.header;
        }
    return *header && end == sum && *header + end <= LARGEST ? end : 0;
}

static uint16_t checksum(const uint8_t *bytes, uint32_t size)
{
    uint32_t sum = 0;

    for (uint32_t n = 0; n < size; n += 2)
        sum += get16(bytes + n);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void mend_header(uint8_t *to, uint32_t header, uint32_t data, bool v6, const uint8_t *first)
{
    memcpy(to, first, header);
    if (v6) {
        put16(to + 4, data);
        to[6] = first[V6_HEADER];       /* what the fragment header says comes next */
        return;
    }
    put16(to + 2, header + data);
    put16(to + 6, 0);
    put16(to + 10, 0);
    put16(to + 10, checksum(to, header));
}

static bool assemble(const NET_BUFFER_LIST *chain, bool v6, uint32_t header, uint32_t data, uint8_t *to)
{
    uint8_t bytes[64];
    struct fragment f;

    for (const NET_BUFFER_LIST *nbl = chain; nbl; nbl = nbl->Next)
        for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb; nb = nb->Next) {
            if (!read_fragment(nb, v6, bytes, &f) || f.offset + f.length > data)
                return false;
            if (f.length && !nb_copy_out(nb, f.skip, to + header + f.offset, f.length))
                return false;
            if (f.offset == 0)
                mend_header(to, header, data, v6, bytes);
        }
    return true;
}

/* One list with one NET_BUFFER that has the packet of these fragments, each of which begins with its IP header; dataBackFill bytes of
 * unused space before it. The bytes are copied. Given back with FwpsFreeNetBufferList0. IRQL <= DISPATCH_LEVEL.
 * STATUS_FWP_NULL_POINTER, STATUS_INVALID_PARAMETER (flags, family, or the fragments do not make one packet),
 * STATUS_FWP_TCPIP_NOT_READY, STATUS_NO_MEMORY. docs: fwpsk/nf-fwpsk-fwpsreassembleforwardfragmentgroup0 */
NTSTATUS NTAPI FwpsReassembleForwardFragmentGroup0(ADDRESS_FAMILY addressFamily, NET_BUFFER_LIST *fragmentGroupNblChain,
                                                   NDIS_HANDLE netBufferAndNetBufferListPoolHandle, ULONG dataBackFill, UINT32 flags,
                                                   NET_BUFFER_LIST **reassembledNbl)
{
    bool v6 = addressFamily == AF_INET6;
    uint32_t header;

    if (!fragmentGroupNblChain || !reassembledNbl)
        return STATUS_FWP_NULL_POINTER;
    if (flags || (addressFamily != AF_INET && !v6))
        return STATUS_INVALID_PARAMETER;
    if (!fwp_network())
        return STATUS_FWP_TCPIP_NOT_READY;
    uint32_t data = data_size(fragmentGroupNblChain, v6, &header);
    if (!data)
        return STATUS_INVALID_PARAMETER;
    uint32_t before = dataBackFill > FWP_PACKET_BACKFILL ? dataBackFill - FWP_PACKET_BACKFILL : 0;
    struct fwp_packet *packet = before <= LARGEST ? fwp_packet_take((size_t)before + header + data) : NULL;
    if (!packet)
        return STATUS_NO_MEMORY;
    if (!assemble(fragmentGroupNblChain, v6, header, data, packet->bytes + before)) {
        fwp_packet_release(packet);
        return STATUS_INVALID_PARAMETER;
    }
    fwp_packet_show(packet, before, header + data);
    *reassembledNbl = packet->nbl;
    return STATUS_SUCCESS;
}
