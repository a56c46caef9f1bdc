/* What is below IP: the loopback interface, every adapter of NDIS, bound or not, the filter modules on them, and what interface
 * providers have. */
#include <string.h>

#include "ndis/filter_module.h"
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

/* --- filter modules ------------------------------------------------------------------------------------------------------- */

static size_t append(uint16_t text[257], size_t length, const WCHAR *from, size_t count)
{
    for (size_t i = 0; i < count && length < 256; i++)
        text[length++] = from[i];
    text[length] = 0;
    return length;
}

static size_t length_of(const uint16_t *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

/* "Ethernet-Packet counter-0000": the adapter's name, the driver's, and which of its modules it is. */
static void name_filter(uint16_t text[257], const struct filter *f)
{
    const size_t count = f->name.Length / sizeof(WCHAR), tail = count < 5 ? count : 5;
    size_t length = append(text, length_of(text), u"-", 1);

    length = append(text, length, f->driver->friendly_name.Buffer, f->driver->friendly_name.Length / sizeof(WCHAR));
    append(text, length, f->name.Buffer + count - tail, tail);
}

static void fill_filter(struct ip_link *link, const struct filter *f, unsigned ordinal)
{
    fill(link, f->adapter, ordinal);
    link->luid = f->luid.Value;
    link->index = f->if_index;
    link->hardware = link->connector = false;
    link->filter = true;
    link->mtu = f->mtu ? f->mtu : link->mtu;
    link->paused = f->state != FILTER_RUNNING;
    link->up = link->up && !link->paused;
    name_filter(link->alias, f);
    name_filter(link->description, f);
    memcpy(link->guid, (const uint8_t[16]){ 0x44, 0x4e, 0x33, 0x52, 1, 0, 0, 0x40, 0x80 }, sizeof link->guid);
    for (unsigned i = 0; i < 4; i++)
        link->guid[15 - i] = (uint8_t)(f->if_index >> 8 * i);
    link->in = (struct ip_link_counters){ .octets = f->stats.rx_bytes, .unicast = f->stats.rx_frames, .discards = f->stats.rx_dropped };
    link->out = (struct ip_link_counters){ .octets = f->stats.tx_bytes, .unicast = f->stats.tx_frames, .discards = f->stats.tx_dropped };
}

static bool filter_at(unsigned number, struct ip_link *link)
{
    unsigned ordinal = 0;

    list_each(it, &ndis_adapters) {
        const struct adapter *a = container_of(it, struct adapter, node);

        if (!a->has_general)
            continue;
        ordinal++;
        for (const struct filter *f = filter_above(a, NULL); f; f = filter_above(a, f))
            if (number-- == 0) {
                fill_filter(link, f, ordinal);
                return true;
            }
    }
    return false;
}

/* --- interfaces of providers ------------------------------------------------------------------------------------------------- */

static void fill_provided(struct ip_link *link, const struct interface_row *row)
{
    const NET_IF_INFORMATION *info = &row->information;

    *link = (struct ip_link){
        .luid = row->luid.Value, .index = row->index, .type = (uint32_t)row->luid.Info.IfType, .medium = info->MediaType,
        .physical_medium = info->PhysicalMediumType, .access = info->AccessType, .direction = info->DirectionType,
        .connection = info->ConnectionType, .hardware = info->Flags & NIIF_HARDWARE_INTERFACE,
        .filter = info->Flags & NIIF_FILTER_INTERFACE, .connector = info->ifConnectorPresent,
        .mac_length = (uint8_t)(info->PhysAddressLength <= 6 ? info->PhysAddressLength : 6),
    };
    memcpy(link->mac, row->address, link->mac_length);
    memcpy(link->permanent_mac, row->permanent_address, link->mac_length);
    memcpy(link->guid, &info->InterfaceGuid, sizeof link->guid);
    put_text(link->description, row->name, length_of(row->name));
    put_text(link->alias, row->name, length_of(row->name));
}

static void take_state(struct ip_link *link, const NDIS_INTERFACE_INFORMATION *info)
{
    link->up = info->ifOperStatus == NET_IF_OPER_STATUS_UP;
    link->connected = info->MediaConnectState == MediaConnectStateConnected;
    link->paused = info->ifOperStatus == NET_IF_OPER_STATUS_DORMANT;
    link->mtu = info->ifMtu;
    link->transmit_speed = info->XmitLinkSpeed;
    link->receive_speed = info->RcvLinkSpeed;
    link->in = (struct ip_link_counters){
        .octets = info->ifHCInOctets, .unicast = info->ifHCInUcastPkts, .multicast = info->ifHCInMulticastPkts,
        .broadcast = info->ifHCInBroadcastPkts, .discards = info->ifInDiscards, .errors = info->ifInErrors,
        .unicast_octets = info->ifHCInUcastOctets, .multicast_octets = info->ifHCInMulticastOctets,
        .broadcast_octets = info->ifHCInBroadcastOctets,
    };
    link->out = (struct ip_link_counters){
        .octets = info->ifHCOutOctets, .unicast = info->ifHCOutUcastPkts, .multicast = info->ifHCOutMulticastPkts,
        .broadcast = info->ifHCOutBroadcastPkts, .discards = info->ifOutDiscards, .errors = info->ifOutErrors,
        .unicast_octets = info->ifHCOutUcastOctets, .multicast_octets = info->ifHCOutMulticastOctets,
        .broadcast_octets = info->ifHCOutBroadcastOctets,
    };
}

/* What changes during an interface's life only its provider knows. */
static void ask_provider(struct ip_link *link)
{
    NDIS_INTERFACE_INFORMATION info = { 0 };
    NDIS_IF_COUNTED_STRING alias = { 0 };
    uint32_t size = sizeof info;

    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return;
    if (interface_query(link->index, OID_GEN_INTERFACE_INFO, &info, &size) == NDIS_STATUS_SUCCESS && size == sizeof info)
        take_state(link, &info);
    size = sizeof alias;
    if (interface_query(link->index, OID_GEN_ALIAS, &alias, &size) == NDIS_STATUS_SUCCESS && alias.Length <= sizeof alias.String)
        put_text(link->alias, alias.String, alias.Length / sizeof(WCHAR));
}

static bool provided_at(unsigned number, struct ip_link *link, bool statistics)
{
    struct interface_row row;

    if (!provided_interface_at(number, &row))
        return false;
    fill_provided(link, &row);
    if (statistics)
        ask_provider(link);
    return true;
}

/* --- all of them ----------------------------------------------------------------------------------------------------------------- */

static unsigned count_filters(void)
{
    unsigned n = 0;

    list_each(it, &ndis_adapters) {
        const struct adapter *a = container_of(it, struct adapter, node);

        for (const struct filter *f = a->has_general ? filter_above(a, NULL) : NULL; f; f = filter_above(a, f))
            n++;
    }
    return n;
}

bool ip_link_at(unsigned number, struct ip_link *link, bool statistics)
{
    unsigned ordinal = 0, filters = count_filters();
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
    number -= ordinal;
    return number < filters ? filter_at(number, link) : provided_at(number - filters, link, statistics);
}

size_t ip_list_stack(struct ip_stack_row *rows, size_t room)
{
    _Static_assert(sizeof *rows == sizeof(struct interface_pair), "the same");
    return interface_stack((struct interface_pair *)rows, room);
}
