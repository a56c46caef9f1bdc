/* What is below IP: the loopback interface and every adapter of NDIS, bound or not. */
#include <string.h>

#include "ndis/adapter.h"
#include "nt/ke.h"
#include "tcpip/ip.h"
#include "tcpip/stack.h"

enum { LOOPBACK_SPEED = 1073741824, IF_TYPE_LOOPBACK = 24 };

static void put_text(uint16_t text[257], const WCHAR *from, size_t count)
{
    if (count > 256)
        count = 256;
    memcpy(text, from, count * sizeof *text);
    text[count] = 0;
}

static bool loopback_link(struct ip_link *link)
{
    static const WCHAR alias[] = u"Loopback Pseudo-Interface 1", description[] = u"Software Loopback Interface 1";
    struct tcpip_stats stats;

    if (!interface_loopback_stats(&stats))
        return false;
    *link = (struct ip_link){
        .luid = (uint64_t)IF_TYPE_LOOPBACK << 48, .index = IP_LOOPBACK_INDEX, .mtu = UINT32_MAX, .type = IF_TYPE_LOOPBACK,
        .guid = { 0x44, 0x4e, 0x33, 0x52, 0, 0, 0, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 1 },
        .medium = NdisMediumLoopback, .access = NET_IF_ACCESS_LOOPBACK, .direction = NET_IF_DIRECTION_SENDRECEIVE,
        .connection = NET_IF_CONNECTION_DEDICATED, .connected = true, .up = true, .transmit_speed = LOOPBACK_SPEED,
        .receive_speed = LOOPBACK_SPEED,
    };
    put_text(link->alias, alias, sizeof alias / sizeof *alias - 1);
    put_text(link->description, description, sizeof description / sizeof *description - 1);
    link->in.octets = link->in.unicast_octets = stats.rx_bytes;
    link->in.unicast = stats.rx_frames;
    link->out.octets = link->out.unicast_octets = stats.tx_bytes;
    link->out.unicast = stats.tx_frames;
    link->out.discards = stats.tx_dropped;
    return true;
}

static void take_guid(struct ip_link *link, const struct adapter *a)
{
    UNICODE_STRING text = a->name;
    GUID guid;

    while (text.Length && text.Buffer[0] != '{') {
        text.Buffer++;
        text.Length -= sizeof(WCHAR);
    }
    if (NT_SUCCESS(RtlGUIDFromString(&text, &guid)))
        memcpy(link->guid, &guid, sizeof guid);
}

/* "Ethernet", "Ethernet 2", ..: as Windows names connections, by the order in which the adapters came. */
static void take_alias(struct ip_link *link, unsigned ordinal)
{
    static const WCHAR name[] = u"Ethernet";
    size_t length = 8;

    memcpy(link->alias, name, sizeof name);
    if (ordinal > 1) {
        link->alias[length++] = ' ';
        if (ordinal >= 10)
            link->alias[length++] = (uint16_t)('0' + ordinal / 10 % 10);
        link->alias[length++] = (uint16_t)('0' + ordinal % 10);
    }
    link->alias[length] = 0;
}

static void fill(struct ip_link *link, const struct adapter *a, unsigned ordinal)
{
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a->general;

    *link = (struct ip_link){
        .luid = a->luid.Value, .index = a->if_index, .mtu = g->MtuSize, .type = g->IfType, .medium = g->MediaType,
        .physical_medium = g->PhysicalMediumType, .access = g->AccessType, .direction = g->DirectionType,
        .connection = g->ConnectionType, .hardware = true, .connector = g->IfConnectorPresent,
        .connected = a->link.MediaConnectState == MediaConnectStateConnected,
        .paused = a->state == ADAPTER_PAUSED || a->state == ADAPTER_PAUSING, .low_power = a->low_power,
        .transmit_speed = a->link.XmitLinkSpeed, .receive_speed = a->link.RcvLinkSpeed,
        .mac_length = (uint8_t)(g->MacAddressLength <= 6 ? g->MacAddressLength : 6),
    };
    link->up = link->connected && a->state == ADAPTER_RUNNING && !a->low_power;
    memcpy(link->mac, g->CurrentMacAddress, link->mac_length);
    memcpy(link->permanent_mac, g->PermanentMacAddress, link->mac_length);
    put_text(link->description, a->instance_name.Buffer, a->instance_name.Length / sizeof(WCHAR));
    take_alias(link, ordinal);
    take_guid(link, a);
    link->in.octets = a->stats.miniport.rx_bytes;
    link->in.unicast = a->stats.miniport.rx_frames;
    link->in.discards = a->stats.miniport.rx_dropped;
    link->out.octets = a->stats.miniport.tx_bytes;
    link->out.unicast = a->stats.miniport.tx_frames;
    link->out.discards = a->stats.miniport.tx_dropped;
}

static void take_statistics(struct ip_link *link)
{
    NDIS_STATISTICS_INFO info = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_STATISTICS_INFO_REVISION_1,
                                              NDIS_SIZEOF_STATISTICS_INFO_REVISION_1 } };

    if (!protocol_query_statistics(link->index, &info))
        return;
    link->in.octets = info.ifHCInOctets;
    link->in.unicast = info.ifHCInUcastPkts;
    link->in.multicast = info.ifHCInMulticastPkts;
    link->in.broadcast = info.ifHCInBroadcastPkts;
    link->in.discards = info.ifInDiscards;
    link->in.errors = info.ifInErrors;
    link->in.unicast_octets = info.ifHCInUcastOctets;
    link->in.multicast_octets = info.ifHCInMulticastOctets;
    link->in.broadcast_octets = info.ifHCInBroadcastOctets;
    link->out.octets = info.ifHCOutOctets;
    link->out.unicast = info.ifHCOutUcastPkts;
    link->out.multicast = info.ifHCOutMulticastPkts;
    link->out.broadcast = info.ifHCOutBroadcastPkts;
    link->out.discards = info.ifOutDiscards;
    link->out.errors = info.ifOutErrors;
    link->out.unicast_octets = info.ifHCOutUcastOctets;
    link->out.multicast_octets = info.ifHCOutMulticastOctets;
    link->out.broadcast_octets = info.ifHCOutBroadcastOctets;
}

bool ip_link_at(unsigned number, struct ip_link *link, bool statistics)
{
    unsigned ordinal = 0;
    bool loopback = loopback_link(link);

    if (number == 0 && loopback)
        return true;
    number -= loopback;
    list_each(it, &ndis_adapters) {
        const struct adapter *a = container_of(it, struct adapter, node);
        if (!a->has_general)
            continue;
        if (ordinal++ == number) {
            fill(link, a, ordinal);
            if (statistics)
                take_statistics(link);
            return true;
        }
    }
    return false;
}
