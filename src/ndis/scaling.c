/* Receive-side scaling: the standardized keywords, the processors that an adapter may use, and the parameters it was set to last.
 * docs: network/rss-configuration, network/standardized-inf-keywords-for-rss */
#include "ndis/scaling.h"

#include <string.h>

#include "nt/ke.h"

/* --- keywords ------------------------------------------------------------------------------------------------------------ */

void rss_open(struct adapter *a)
{
    struct ndis_rss *rss = &a->rss;

    *rss = (struct ndis_rss){
        .keyword = config_keyword(a, u"*RSS", 1),
        .base = config_keyword(a, u"*RssBaseProcNumber", 0),
        .last = config_keyword(a, u"*RssMaxProcNumber", ke.cpu_count - 1),
        .most = config_keyword(a, u"*MaxRssProcessors", ke.cpu_count),
    };
    if (rss->last >= ke.cpu_count)
        rss->last = ke.cpu_count - 1;
    if (rss->base > rss->last)
        rss->base = 0;
    if (!rss->most)
        rss->most = 1;
    rss->entries = 1;                   /* which points to the base processor */
    rss->cpu[0] = (uint8_t)rss->base;
}

/* --- parameters ---------------------------------------------------------------------------------------------------------- */

static void keep_part(uint8_t *to, uint16_t *kept, size_t room, const uint8_t *from, size_t total, uint32_t offset, uint16_t size)
{
    if (size > room || offset > total || size > total - offset)
        return;
    memcpy(to, from + offset, size);
    *kept = size;
}

void rss_keep(struct adapter *a, const NDIS_OID_REQUEST *request)
{
    const NDIS_RECEIVE_SCALE_PARAMETERS *p = request->DATA.SET_INFORMATION.InformationBuffer;
    size_t length = request->DATA.SET_INFORMATION.InformationBufferLength;
    struct ndis_rss *rss = &a->rss;

    if (length < NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1)
        return;
    rss->enabled = !(p->Flags & NDIS_RSS_PARAM_FLAG_DISABLE_RSS);
    if (!rss->enabled)
        return;
    rss->revision = p->Header.Revision;
    if (!(p->Flags & NDIS_RSS_PARAM_FLAG_BASE_CPU_UNCHANGED))
        rss->base_cpu = p->BaseCpuNumber;
    if (!(p->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED))
        rss->hash_information = p->HashInformation;
    if (!(p->Flags & NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED))
        keep_part(rss->table, &rss->table_size, sizeof rss->table, (const uint8_t *)p, length, p->IndirectionTableOffset,
                  p->IndirectionTableSize);
    if (!(p->Flags & NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED))
        keep_part(rss->key, &rss->key_size, sizeof rss->key, (const uint8_t *)p, length, p->HashSecretKeyOffset,
                  p->HashSecretKeySize);
}

NDIS_STATUS rss_answer(struct adapter *a, PNDIS_OID_REQUEST request)
{
    const struct ndis_rss *rss = &a->rss;
    struct {
        NDIS_RECEIVE_SCALE_PARAMETERS p;
        uint8_t rest[sizeof rss->table + sizeof rss->key];
    } answer = {
        .p = {
            .Header = { NDIS_OBJECT_TYPE_RSS_PARAMETERS, NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2,
                        NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2 },
            .Flags = rss->enabled ? 0 : NDIS_RSS_PARAM_FLAG_DISABLE_RSS,
            .BaseCpuNumber = rss->base_cpu,
            .HashInformation = rss->hash_information,
            .IndirectionTableSize = rss->table_size,
            .IndirectionTableOffset = sizeof answer.p,
            .HashSecretKeySize = rss->key_size,
            .HashSecretKeyOffset = sizeof answer.p + rss->table_size,
        },
    };

    if (!a->has_rss)
        return NDIS_STATUS_NOT_SUPPORTED;
    memcpy(answer.rest, rss->table, rss->table_size);
    memcpy(answer.rest + rss->table_size, rss->key, rss->key_size);
    return oid_reply(request, &answer, (uint32_t)sizeof answer.p + rss->table_size + rss->key_size);
}

/* --- processors ---------------------------------------------------------------------------------------------------------- */

/* The processors that may be used for receive scaling: with an adapter's handle those that its keywords *RssBaseProcNumber,
 * *RssMaxProcNumber and *MaxRssProcessors leave, else all; in order. Size: bytes in the buffer, then bytes written or needed.
 * NDIS_STATUS_BUFFER_TOO_SHORT. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisgetrssprocessorinformation */
NDIS_STATUS NTAPI NdisGetRssProcessorInformation(NDIS_HANDLE NdisHandle, PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo, PSIZE_T Size)
{
    struct adapter *a = NdisHandle ? ndis_adapter_of(NdisHandle) : NULL;
    uint32_t base = a ? a->rss.base : 0, last = a ? a->rss.last : ke.cpu_count - 1, most = a ? a->rss.most : ke.cpu_count;
    uint32_t count = last - base + 1;
    SIZE_T need = sizeof *RssProcessorInfo + count * sizeof(NDIS_RSS_PROCESSOR);
    PNDIS_RSS_PROCESSOR_INFO info = RssProcessorInfo;
    bool fits = info && *Size >= need;

    *Size = need;
    if (!fits)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    *info = (NDIS_RSS_PROCESSOR_INFO){
        .Header = { NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO, NDIS_RSS_PROCESSOR_INFO_REVISION_2,
                    NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2 },
        .RssBaseProcessor = { .Number = (UCHAR)base },
        .MaxNumRssProcessors = most < count ? most : count,
        .RssProcessorArrayOffset = sizeof *info,
        .RssProcessorCount = count,
        .RssProcessorEntrySize = sizeof(NDIS_RSS_PROCESSOR),
        .RssMaxProcessor = { .Number = (UCHAR)last },
        .RssProfile = NdisRssProfileClosest,
    };
    PNDIS_RSS_PROCESSOR entry = (PNDIS_RSS_PROCESSOR)(info + 1);
    for (uint32_t i = 0; i < count; i++)
        entry[i] = (NDIS_RSS_PROCESSOR){ .ProcNum = { .Number = (UCHAR)(base + i) } };
    return NDIS_STATUS_SUCCESS;
}
