/* IP headers for packets of the transport layers. docs: fwpsk/nf-fwpsk-fwpsconstructipheaderfortransportpacket0 */
#include <fwpsk.h>
#include <string.h>

#include "base/util.h"
#include "ndis/nbl_pool.h"

#define V4_HEADER 20u
#define V6_HEADER 40u
#define V4_OPTIONS_MAX 40u
#define HOPS 128

static uint16_t identification;

static void put16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static uint16_t checksum(const uint8_t *bytes, uint32_t size)
{
    uint32_t sum = 0;

    for (uint32_t n = 0; n < size; n += 2)
        sum += (uint32_t)(bytes[n] << 8 | bytes[n + 1]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void write_v4(uint8_t *to, uint32_t size, const uint8_t *options, uint32_t total, const UCHAR *from, const UCHAR *remote,
                     uint8_t protocol)
{
    memset(to, 0, size);
    to[0] = (uint8_t)(0x40 | size / 4);
    put16(to + 2, total);
    put16(to + 4, ++identification);
    to[8] = HOPS;
    to[9] = protocol;
    memcpy(to + 12, from, 4);
    memcpy(to + 16, remote, 4);
    memcpy(to + V4_HEADER, options, size - V4_HEADER);
    put16(to + 10, checksum(to, size));
}

static void write_v6(uint8_t *to, uint32_t total, const UCHAR *from, const UCHAR *remote, uint8_t protocol)
{
    memset(to, 0, 8);
    to[0] = 0x60;
    put16(to + 4, total - V6_HEADER);
    to[6] = protocol;
    to[7] = HOPS;
    memcpy(to + 8, from, 16);
    memcpy(to + 24, remote, 16);
}

/* False: what is there is no header of that length. */
static bool take_options(const NET_BUFFER *nb, uint32_t old, uint8_t options[V4_OPTIONS_MAX], uint32_t *size)
{
    uint8_t header[V4_HEADER + V4_OPTIONS_MAX];

    *size = 0;
    if (old < V4_HEADER || old > nb->DataLength)
        return false;
    uint32_t kept = (uint32_t)min_u64(old, sizeof header);
    if (!nb_copy_out(nb, 0, header, kept) || header[0] >> 4 != 4)
        return false;
    uint32_t length = (header[0] & 15u) * 4;
    if (length < V4_HEADER || length > kept)
        return false;
    *size = length - V4_HEADER;
    memcpy(options, header + V4_HEADER, *size);
    return true;
}

static NTSTATUS construct(NET_BUFFER *nb, uint32_t old, bool v6, const UCHAR *from, const UCHAR *remote, uint8_t protocol)
{
    uint8_t options[V4_OPTIONS_MAX];
    uint32_t option_size = 0;

    if (old && v6 && old > nb->DataLength)
        return STATUS_INVALID_PARAMETER;
    if (old && !v6 && !take_options(nb, old, options, &option_size))
        return STATUS_INVALID_PARAMETER;
    uint32_t size = v6 ? V6_HEADER : V4_HEADER + option_size, total = nb->DataLength - old + size;
    if (total - (v6 ? size : 0) > 0xffff)
        return STATUS_INVALID_PARAMETER;
    if (old)
        NdisAdvanceNetBufferDataStart(nb, old, FALSE, NULL);
    if (NdisRetreatNetBufferDataStart(nb, size, 0, NULL) != NDIS_STATUS_SUCCESS)
        return STATUS_NO_MEMORY;
    uint8_t *to = NdisGetDataBuffer(nb, size, NULL, 1, 0);
    if (!to)
        return STATUS_NO_MEMORY;
    if (v6)
        write_v6(to, total, from, remote, protocol);
    else
        write_v4(to, size, options, total, from, remote, protocol);
    return STATUS_SUCCESS;
}

/* Writes an IP header before each net buffer of a clone, which then begins with it; with headerIncludeHeaderLength it takes the place of the
 * one the only net buffer begins with, whose IPv4 options stay. Addresses: in network order. Socket options and control data change
 * nothing. The transport header is left as it is, checksum included. IRQL <= DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER: no address, family or list; no such header; too long; STATUS_NO_MEMORY.
 * docs: fwpsk/nf-fwpsk-fwpsconstructipheaderfortransportpacket0 */
NTSTATUS NTAPI FwpsConstructIpHeaderForTransportPacket0(NET_BUFFER_LIST *netBufferList, ULONG headerIncludeHeaderLength,
                                                        ADDRESS_FAMILY addressFamily, const UCHAR *sourceAddress,
                                                        const UCHAR *remoteAddress, IPPROTO nextProtocol, UINT64 endpointHandle,
                                                        const WSACMSGHDR *controlData, ULONG controlDataLength, UINT32 flags,
                                                        PVOID reserved, IF_INDEX interfaceIndex, IF_INDEX subInterfaceIndex)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (!netBufferList || !sourceAddress || !remoteAddress || reserved || (addressFamily != AF_INET && addressFamily != AF_INET6) ||
        (headerIncludeHeaderLength && netBufferList->FirstNetBuffer && netBufferList->FirstNetBuffer->Next))
        return STATUS_INVALID_PARAMETER;
    for (NET_BUFFER *nb = netBufferList->FirstNetBuffer; nb && NT_SUCCESS(status); nb = nb->Next)
        status = construct(nb, headerIncludeHeaderLength, addressFamily == AF_INET6, sourceAddress, remoteAddress, (uint8_t)nextProtocol);
    return status;
}
