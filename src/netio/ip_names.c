/* The five names of an interface: LUID, index, GUID, alias, and the "ethernet_32770" that if_nametoindex takes. */
#include <stdio.h>
#include <string.h>

#include "netio/ip_internal.h"

static const struct {
    unsigned type;
    const char *word;
} words[] = {
    { IF_TYPE_OTHER, "other" }, { IF_TYPE_ETHERNET_CSMACD, "ethernet" }, { IF_TYPE_ISO88025_TOKENRING, "tokenring" },
    { IF_TYPE_PPP, "ppp" }, { IF_TYPE_SOFTWARE_LOOPBACK, "loopback" }, { IF_TYPE_ATM, "atm" }, { IF_TYPE_IEEE80211, "wireless" },
    { IF_TYPE_TUNNEL, "tunnel" }, { IF_TYPE_IEEE1394, "ieee1394" },
};

enum { NAME_ROOM = 64 };

static void name_of(const struct ip_link *link, char name[NAME_ROOM])
{
    NET_LUID luid = { .Value = link->luid };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].type == luid.Info.IfType) {
            snprintf(name, NAME_ROOM, "%s_%u", words[i].word, (unsigned)luid.Info.NetLuidIndex);
            return;
        }
    snprintf(name, NAME_ROOM, "iftype%u_%u", (unsigned)luid.Info.IfType, (unsigned)luid.Info.NetLuidIndex);
}

static bool has_name(const struct ip_link *link, const void *what)
{
    char name[NAME_ROOM];

    name_of(link, name);
    return strcmp(name, what) == 0;
}

static WCHAR lower(WCHAR c)
{
    return c >= 'A' && c <= 'Z' ? (WCHAR)(c + 32) : c;
}

static bool has_alias(const struct ip_link *link, const void *what)
{
    const WCHAR *wanted = what;
    size_t n = 0;

    while (wanted[n] && lower(wanted[n]) == lower(link->alias[n]))
        n++;
    return n && wanted[n] == link->alias[n];
}

static bool has_guid(const struct ip_link *link, const void *what)
{
    return memcmp(link->guid, what, sizeof link->guid) == 0;
}

static NTSTATUS luid_of(bool (*fits)(const struct ip_link *link, const void *what), const void *what, NET_LUID *luid)
{
    struct ip_link link;
    bool found = what && luid && ip_find_link(fits, what, &link);

    if (luid)
        luid->Value = found ? link.luid : 0;
    return found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* Each Convert function: IRQL PASSIVE_LEVEL; STATUS_INVALID_PARAMETER for NULL and for an interface that is not there, then with
 * the output zeroed; into text, STATUS_NO_MEMORY when it does not fit into Length characters with its end. */

/* docs: network/convertinterfacealiastoluid */
NTSTATUS NTAPI ConvertInterfaceAliasToLuid(const WCHAR *InterfaceAlias, PNET_LUID InterfaceLuid)
{
    return luid_of(has_alias, InterfaceAlias, InterfaceLuid);
}

/* docs: network/convertinterfaceguidtoluid */
NTSTATUS NTAPI ConvertInterfaceGuidToLuid(const GUID *InterfaceGuid, PNET_LUID InterfaceLuid)
{
    return luid_of(has_guid, InterfaceGuid, InterfaceLuid);
}

/* docs: network/convertinterfaceindextoluid */
NTSTATUS NTAPI ConvertInterfaceIndexToLuid(NET_IFINDEX InterfaceIndex, PNET_LUID InterfaceLuid)
{
    struct ip_link link;

    if (!InterfaceLuid)
        return STATUS_INVALID_PARAMETER;
    bool found = NT_SUCCESS(ip_take_interface(NULL, InterfaceIndex, &link));
    InterfaceLuid->Value = found ? link.luid : 0;
    return found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* docs: network/convertinterfacenametoluida */
NTSTATUS NTAPI ConvertInterfaceNameToLuidA(const CHAR *InterfaceName, NET_LUID *InterfaceLuid)
{
    return luid_of(has_name, InterfaceName, InterfaceLuid);
}

/* docs: network/convertinterfacenametoluidw */
NTSTATUS NTAPI ConvertInterfaceNameToLuidW(const WCHAR *InterfaceName, NET_LUID *InterfaceLuid)
{
    char name[NAME_ROOM] = "";

    for (size_t n = 0; InterfaceName && InterfaceName[n] && n + 1 < sizeof name; n++)
        name[n] = InterfaceName[n] < 0x80 ? (char)InterfaceName[n] : '?';
    return luid_of(has_name, InterfaceName ? name : NULL, InterfaceLuid);
}

static bool link_of(const NET_LUID *luid, struct ip_link *link)
{
    return luid && luid->Value && NT_SUCCESS(ip_take_interface(luid, 0, link));
}

/* docs: network/convertinterfaceluidtoindex */
NTSTATUS NTAPI ConvertInterfaceLuidToIndex(const NET_LUID *InterfaceLuid, PNET_IFINDEX InterfaceIndex)
{
    struct ip_link link;
    bool found = link_of(InterfaceLuid, &link);

    if (InterfaceIndex)
        *InterfaceIndex = found ? link.index : NET_IFINDEX_UNSPECIFIED;
    return found && InterfaceIndex ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* docs: network/convertinterfaceluidtoguid */
NTSTATUS NTAPI ConvertInterfaceLuidToGuid(const NET_LUID *InterfaceLuid, GUID *InterfaceGuid)
{
    struct ip_link link;
    bool found = link_of(InterfaceLuid, &link);

    if (InterfaceGuid)
        memset(InterfaceGuid, 0, sizeof *InterfaceGuid);
    if (!found || !InterfaceGuid)
        return STATUS_INVALID_PARAMETER;
    memcpy(InterfaceGuid, link.guid, sizeof *InterfaceGuid);
    return STATUS_SUCCESS;
}

/* docs: network/convertinterfaceluidtoalias */
NTSTATUS NTAPI ConvertInterfaceLuidToAlias(const NET_LUID *InterfaceLuid, PWSTR InterfaceAlias, SIZE_T Length)
{
    struct ip_link link;
    size_t length = 0;

    if (!InterfaceAlias || !link_of(InterfaceLuid, &link))
        return STATUS_INVALID_PARAMETER;
    while (link.alias[length])
        length++;
    if (Length <= length)
        return STATUS_NO_MEMORY;
    memcpy(InterfaceAlias, link.alias, (length + 1) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/* docs: network/convertinterfaceluidtonamea */
NTSTATUS NTAPI ConvertInterfaceLuidToNameA(const NET_LUID *InterfaceLuid, PSTR InterfaceName, SIZE_T Length)
{
    char name[NAME_ROOM];
    struct ip_link link;

    if (!InterfaceName || !link_of(InterfaceLuid, &link))
        return STATUS_INVALID_PARAMETER;
    name_of(&link, name);
    if (Length <= strlen(name))
        return STATUS_NO_MEMORY;
    strcpy(InterfaceName, name);
    return STATUS_SUCCESS;
}

/* docs: network/convertinterfaceluidtonamew */
NTSTATUS NTAPI ConvertInterfaceLuidToNameW(const NET_LUID *InterfaceLuid, PWSTR InterfaceName, SIZE_T Length)
{
    char name[NAME_ROOM];
    struct ip_link link;

    if (!InterfaceName || !link_of(InterfaceLuid, &link))
        return STATUS_INVALID_PARAMETER;
    name_of(&link, name);
    if (Length <= strlen(name))
        return STATUS_NO_MEMORY;
    for (size_t n = 0; n <= strlen(name); n++)
        InterfaceName[n] = (WCHAR)name[n];
    return STATUS_SUCCESS;
}

/* The index of a name such as "ethernet_32770"; 0: no such interface. IRQL PASSIVE_LEVEL. docs: network/if-nametoindex */
NET_IFINDEX NTAPI if_nametoindex(PCSTR InterfaceName)
{
    struct ip_link link;

    return InterfaceName && ip_find_link(has_name, InterfaceName, &link) ? link.index : 0;
}

/* Writes the name of an index into IF_NAMESIZE bytes and returns them; NULL: no such interface. IRQL PASSIVE_LEVEL.
 * docs: network/if-indextoname */
PCHAR NTAPI if_indextoname(NET_IFINDEX InterfaceIndex, PCHAR InterfaceName)
{
    char name[NAME_ROOM];
    struct ip_link link;

    if (!InterfaceName || !NT_SUCCESS(ip_take_interface(NULL, InterfaceIndex, &link)))
        return NULL;
    name_of(&link, name);
    return strcpy(InterfaceName, name);
}

/* Mask: of MaskLength one bits, in network byte order. STATUS_INVALID_PARAMETER above 32. Any IRQL.
 * docs: network/convertlengthtoipv4mask, netioapi/nf-netioapi-convertlengthtoipv4mask */
NTSTATUS NTAPI ConvertLengthToIpv4Mask(ULONG MaskLength, PULONG Mask)
{
    if (!Mask || MaskLength > 32) {
        if (Mask)
            *Mask = INADDR_NONE;
        return STATUS_INVALID_PARAMETER;
    }
    *Mask = MaskLength ? __builtin_bswap32(UINT32_MAX << (32 - MaskLength)) : 0;
    return STATUS_SUCCESS;
}

/* MaskLength: how many one bits lead Mask (network byte order). STATUS_INVALID_PARAMETER when others follow. Any IRQL.
 * docs: network/convertipv4masktolength, netioapi/nf-netioapi-convertipv4masktolength */
NTSTATUS NTAPI ConvertIpv4MaskToLength(ULONG Mask, PUINT8 MaskLength)
{
    ULONG mask = __builtin_bswap32(Mask);

    if (!MaskLength || (~mask & (~mask + 1)))
        return STATUS_INVALID_PARAMETER;
    *MaskLength = (UINT8)__builtin_popcount(mask);
    return STATUS_SUCCESS;
}
