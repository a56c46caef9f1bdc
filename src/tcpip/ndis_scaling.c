/* Receive-side scaling: TCP/IP sets the parameters of an adapter that can. docs: network/rss-configuration */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/ndis_internal.h"

#define TABLE_MAX 128u
#define KEY_BYTES 40u
#define PROCESSORS_MAX 64u

static ULONG hash_types(ULONG capabilities)
{
    ULONG types = 0;

    if (capabilities & NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4)
        types |= NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4;
    if (capabilities & NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6)
        types |= NDIS_HASH_IPV6 | NDIS_HASH_TCP_IPV6;
    return types;
}

/* The processors to use, at most as many as the adapter has queues. Returns how many. */
static unsigned choose_processors(NDIS_HANDLE handle, ULONG queues, PROCESSOR_NUMBER *chosen)
{
    uint8_t buffer[sizeof(NDIS_RSS_PROCESSOR_INFO) + PROCESSORS_MAX * sizeof(NDIS_RSS_PROCESSOR)];
    PNDIS_RSS_PROCESSOR_INFO info = (void *)buffer;
    SIZE_T size = sizeof buffer;
    unsigned count = 0;

    if (NdisGetRssProcessorInformation(handle, info, &size) != NDIS_STATUS_SUCCESS)
        return 0;
    for (; count < info->RssProcessorCount && count < info->MaxNumRssProcessors && count < queues; count++)
        chosen[count] = ((PNDIS_RSS_PROCESSOR)(buffer + info->RssProcessorArrayOffset + count * info->RssProcessorEntrySize))->ProcNum;
    return count;
}

static ULONG table_entries(const NDIS_RECEIVE_SCALE_CAPABILITIES *c)
{
    ULONG entries = TABLE_MAX;

    if (c->Header.Revision >= NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2 && c->NumberOfIndirectionTableEntries)
        entries = c->NumberOfIndirectionTableEntries;
    return entries > TABLE_MAX || (entries & (entries - 1)) ? TABLE_MAX : entries;
}

void scaling_enable(struct binding *b, const NDIS_RECEIVE_SCALE_CAPABILITIES *c)
{
    struct {
        NDIS_RECEIVE_SCALE_PARAMETERS p;
        uint8_t key[KEY_BYTES];
        PROCESSOR_NUMBER table[TABLE_MAX];
    } request = { .p.Header = { NDIS_OBJECT_TYPE_RSS_PARAMETERS, NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2,
                                NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2 } };
    PROCESSOR_NUMBER processors[PROCESSORS_MAX];
    ULONG types = c ? hash_types(c->CapabilitiesFlags) : 0, entries, count;

    if (!types || !(c->CapabilitiesFlags & NdisHashFunctionToeplitz))
        return;
    entries = table_entries(c);
    count = choose_processors(b->handle, c->NumberOfReceiveQueues, processors);
    if (count < 2)
        return;
    for (ULONG i = 0; i < entries; i++)
        request.table[i] = processors[i % count];
    for (unsigned i = 0; i < KEY_BYTES; i++)
        request.key[i] = (uint8_t)stack_random();
    request.p.HashInformation = NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(types, NdisHashFunctionToeplitz);
    request.p.IndirectionTableSize = (USHORT)(entries * sizeof(PROCESSOR_NUMBER));
    request.p.IndirectionTableOffset = offsetof(typeof(request), table);
    request.p.HashSecretKeySize = KEY_BYTES;
    request.p.HashSecretKeyOffset = offsetof(typeof(request), key);
    NDIS_STATUS status = protocol_set_oid(b, OID_GEN_RECEIVE_SCALE_PARAMETERS, &request, sizeof request);
    if (status != NDIS_STATUS_SUCCESS)
        log_warn("tcpip", "the adapter refuses receive-side scaling with status %08x", (unsigned)status);
}
