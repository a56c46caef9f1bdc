/* What the IP Helper tests share. They expect one Ethernet interface beside the loopback interface. */
#ifndef TESTS_IP_HELPERS_H
#define TESTS_IP_HELPERS_H

#include <ntddk.h>
#include <netioapi.h>
#include <mstcpip.h>
#include <ip2string.h>
#include "testing.h"

/* ERROR_OBJECT_ALREADY_EXISTS as a status. */
#define ALREADY_EXISTS STATUS_DUPLICATE_OBJECTID
#define LOOPBACK_INDEX 1

static inline SOCKADDR_INET address_of(const char *text)
{
    SOCKADDR_INET address;
    PCSTR end;

    RtlZeroMemory(&address, sizeof(address));
    if (NT_SUCCESS(RtlIpv4StringToAddressA(text, TRUE, &end, &address.Ipv4.sin_addr)))
        address.si_family = AF_INET;
    else if (NT_SUCCESS(RtlIpv6StringToAddressA(text, &end, &address.Ipv6.sin6_addr)))
        address.si_family = AF_INET6;
    return address;
}

static inline BOOLEAN same_address(const SOCKADDR_INET *a, const SOCKADDR_INET *b)
{
    if (a->si_family != b->si_family)
        return FALSE;
    return a->si_family == AF_INET ? IN4_ADDR_EQUAL(&a->Ipv4.sin_addr, &b->Ipv4.sin_addr)
                                   : IN6_ADDR_EQUAL(&a->Ipv6.sin6_addr, &b->Ipv6.sin6_addr);
}

/* The Ethernet interface; index 0: none. */
static inline MIB_IF_ROW2 *ethernet(void)
{
    static MIB_IF_ROW2 row;
    PMIB_IF_TABLE2 table;

    RtlZeroMemory(&row, sizeof(row));
    if (!NT_SUCCESS(GetIfTable2Ex(MibIfTableNormalWithoutStatistics, &table)))
        return &row;
    for (ULONG i = 0; i < table->NumEntries; i++)
        if (table->Table[i].Type == IF_TYPE_ETHERNET_CSMACD && row.InterfaceIndex == 0)
            row = table->Table[i];
    FreeMibTable(table);
    return &row;
}

static inline void pause_ms(ULONG ms)
{
    LARGE_INTEGER time;

    time.QuadPart = -(LONGLONG)ms * 10000;
    KeDelayExecutionThread(KernelMode, FALSE, &time);
}

static inline MIB_UNICASTIPADDRESS_ROW unicast_row(const char *text, UINT8 length)
{
    MIB_UNICASTIPADDRESS_ROW row;

    InitializeUnicastIpAddressEntry(&row);
    row.InterfaceLuid = ethernet()->InterfaceLuid;
    row.Address = address_of(text);
    row.OnLinkPrefixLength = length;
    return row;
}

/* Usable at once. */
static inline NTSTATUS add_address(const char *text, UINT8 length)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row(text, length);

    row.DadState = IpDadStatePreferred;
    return CreateUnicastIpAddressEntry(&row);
}

static inline NTSTATUS remove_address(const char *text)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row(text, 32);

    return DeleteUnicastIpAddressEntry(&row);
}

static inline MIB_IPFORWARD_ROW2 route_row(const char *prefix, UINT8 length, const char *hop)
{
    MIB_IPFORWARD_ROW2 row;

    InitializeIpForwardEntry(&row);
    row.InterfaceLuid = ethernet()->InterfaceLuid;
    row.DestinationPrefix.Prefix = address_of(prefix);
    row.DestinationPrefix.PrefixLength = length;
    row.NextHop = address_of(hop);
    row.Metric = 0;
    row.Protocol = MIB_IPPROTO_NETMGMT;
    row.SitePrefixLength = 0;
    return row;
}

#endif
