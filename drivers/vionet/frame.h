/* Ethernet frames: addresses, byte order, header fields. */
#ifndef VIONET_FRAME_H
#define VIONET_FRAME_H

#include "driver.h"

#define VIONET_ETHERTYPE_VLAN 0x8100
#define VIONET_ETHERTYPE_IPV4 0x0800
#define VIONET_ETHERTYPE_IPV6 0x86DD
#define VIONET_PROTOCOL_TCP 6
#define VIONET_PROTOCOL_UDP 17

enum { VIONET_UNICAST, VIONET_MULTICAST, VIONET_BROADCAST };

FORCEINLINE USHORT VioNetRead16(_In_reads_(2) const UCHAR *bytes)
{
    return (USHORT)(bytes[0] << 8 | bytes[1]);
}

FORCEINLINE VOID VioNetWrite16(_Out_writes_(2) PUCHAR bytes, _In_ USHORT value)
{
    bytes[0] = (UCHAR)(value >> 8);
    bytes[1] = (UCHAR)value;
}

FORCEINLINE BOOLEAN VioNetSameAddress(_In_reads_(6) const UCHAR *a, _In_reads_(6) const UCHAR *b)
{
    return *(const ULONG UNALIGNED *)a == *(const ULONG UNALIGNED *)b &&
           *(const USHORT UNALIGNED *)(a + 4) == *(const USHORT UNALIGNED *)(b + 4);
}

FORCEINLINE ULONG VioNetAddressKind(_In_reads_(6) const UCHAR *address)
{
    if ((address[0] & 1) == 0)
        return VIONET_UNICAST;
    return ETH_IS_BROADCAST(address) ? VIONET_BROADCAST : VIONET_MULTICAST;
}

#endif
