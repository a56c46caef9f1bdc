/* Counters that NDIS takes from a miniport's OID_GEN_STATISTICS. docs: network/oid-gen-statistics */
#include "ndis/adapter.h"

#include <string.h>

#include "nt/pool.h"

#define ONE(oid, field) { oid, offsetof(NDIS_STATISTICS_INFO, field) }

static const struct counter {
    NDIS_OID oid;
    size_t field;
} counters[] = {
    ONE(OID_GEN_BYTES_RCV, ifHCInOctets),
    ONE(OID_GEN_BYTES_XMIT, ifHCOutOctets),
    ONE(OID_GEN_DIRECTED_BYTES_RCV, ifHCInUcastOctets),
    ONE(OID_GEN_DIRECTED_BYTES_XMIT, ifHCOutUcastOctets),
    ONE(OID_GEN_DIRECTED_FRAMES_RCV, ifHCInUcastPkts),
    ONE(OID_GEN_DIRECTED_FRAMES_XMIT, ifHCOutUcastPkts),
    ONE(OID_GEN_MULTICAST_BYTES_RCV, ifHCInMulticastOctets),
    ONE(OID_GEN_MULTICAST_BYTES_XMIT, ifHCOutMulticastOctets),
    ONE(OID_GEN_MULTICAST_FRAMES_RCV, ifHCInMulticastPkts),
    ONE(OID_GEN_MULTICAST_FRAMES_XMIT, ifHCOutMulticastPkts),
    ONE(OID_GEN_BROADCAST_BYTES_RCV, ifHCInBroadcastOctets),
    ONE(OID_GEN_BROADCAST_BYTES_XMIT, ifHCOutBroadcastOctets),
    ONE(OID_GEN_BROADCAST_FRAMES_RCV, ifHCInBroadcastPkts),
    ONE(OID_GEN_BROADCAST_FRAMES_XMIT, ifHCOutBroadcastPkts),
    ONE(OID_GEN_RCV_DISCARDS, ifInDiscards),
    ONE(OID_GEN_XMIT_DISCARDS, ifOutDiscards),
    ONE(OID_GEN_RCV_ERROR, ifInErrors),
    ONE(OID_GEN_XMIT_ERROR, ifOutErrors),
    ONE(OID_GEN_RCV_NO_BUFFER, ifInDiscards),
};

static const struct counter *find(NDIS_OID oid)
{
    for (size_t i = 0; i < countof(counters); i++)
        if (counters[i].oid == oid)
            return &counters[i];
    return NULL;
}

bool oid_is_counter(NDIS_OID oid)
{
    return find(oid) != NULL;
}

NDIS_STATUS oid_ask_statistics(struct oid_entry *entry)
{
    struct _QUERY *query = &entry->request->DATA.QUERY_INFORMATION;
    NDIS_STATISTICS_INFO *info = pool_alloc(NonPagedPoolNx, sizeof *info, NDIS_TAG('N', 'D', 's', 'i'), NULL);

    if (!info)
        return NDIS_STATUS_RESOURCES;
    memset(info, 0, sizeof *info);
    entry->memory = info;
    entry->asked_buffer = query->InformationBuffer;
    entry->asked_length = query->InformationBufferLength;
    entry->swapped = true;
    query->Oid = OID_GEN_STATISTICS;
    query->InformationBuffer = info;
    query->InformationBufferLength = sizeof *info;
    return NDIS_STATUS_PENDING;
}

NDIS_STATUS oid_take_statistics(struct oid_entry *entry, NDIS_STATUS status)
{
    struct _QUERY *query = &entry->request->DATA.QUERY_INFORMATION;
    const struct counter *counter = find(entry->asked_oid);
    uint64_t value = 0;

    memcpy(&value, (char *)entry->memory + counter->field, sizeof value);
    pool_free(entry->memory, 0, NULL);
    entry->swapped = false;
    query->Oid = entry->asked_oid;
    query->InformationBuffer = entry->asked_buffer;
    query->InformationBufferLength = entry->asked_length;
    query->BytesWritten = 0;
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    /* Askers may have room for 32 bits only. */
    return oid_reply(entry->request, &value, entry->asked_length >= sizeof value ? 8 : 4);
}
