#include "fwp/packet.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "fwp/callouts.h"
#include "fwp/event.h"
#include "ndis/nbl_pool.h"
#include "nt/pool.h"

#define PACKET_TAG 0x6B507746u          /* FwPk */

/* A frame; a jumbo frame; the largest IP packet. */
static const uint32_t sizes[] = { 1792, 9472, 65792 };

#define POISON 0xE7
#define QUARANTINE 32u

static struct {
    struct nbl_pool *pool;
    struct fwp_packet *free[countof(sizes)];
    struct fwp_packet *made;
    struct fwp_packet *waiting[QUARANTINE];     /* to become free, in a ring */
    unsigned next_waiting;
    unsigned held;
} packets;

static void *own_address(void)
{
    return __builtin_return_address(0);
}

static struct fwp_packet *make(unsigned size_class)
{
    uint32_t size = FWP_PACKET_BACKFILL + sizes[size_class];
    struct fwp_packet *packet = calloc(1, sizeof *packet);
    uint8_t *memory = packet ? pool_alloc(NonPagedPoolNx, size, PACKET_TAG, own_address()) : NULL;

    if (!memory)
        goto no_memory;
    packet->mdl = IoAllocateMdl(memory, size, FALSE, FALSE, NULL);
    if (!packet->mdl)
        goto no_mdl;
    packet->nbl = nbl_alloc(packets.pool, 0, 0, own_address());
    if (!packet->nbl)
        goto no_list;
    MmBuildMdlForNonPagedPool(packet->mdl);
    packet->bytes = memory + FWP_PACKET_BACKFILL;
    packet->space = sizes[size_class];
    packet->size_class = size_class;
    packet->nbl->ProtocolReserved[0] = packet;
    packet->next_made = packets.made;
    packets.made = packet;
    return packet;
no_list:
    IoFreeMdl(packet->mdl);
no_mdl:
    pool_free(memory, PACKET_TAG, own_address());
no_memory:
    free(packet);
    return NULL;
}

static void destroy(struct fwp_packet *packet)
{
    packet->nbl->Next = NULL;
    nbl_free(packet->nbl, own_address());
    IoFreeMdl(packet->mdl);
    pool_free(packet->bytes - FWP_PACKET_BACKFILL, PACKET_TAG, own_address());
    free(packet);
}

/* Whether somebody has written to a packet that was released. */
static void look_at(struct fwp_packet *packet)
{
    uint32_t n = 0;

    while (n < packet->poisoned && packet->bytes[n] == POISON)
        n++;
    if (n < packet->poisoned)
        FWP_EMIT(FWP_EVENT_STALE, "a packet was written to after its last clone was freed, or its last reference given back, here",
                 packet->nbl, 0, (struct pe_caller){ .rip = packet->released_by });
    packet->poisoned = 0;
}

void fwp_packets_check(void)
{
    for (struct fwp_packet *packet = packets.made; packet; packet = packet->next_made)
        if (packet->poisoned)
            look_at(packet);
}

static void forget_info(struct fwp_packet *packet)
{
    memset(packet->nbl->NetBufferListInfo, 0, sizeof packet->nbl->NetBufferListInfo);
    packet->nbl->NblFlags = 0;
    packet->info = false;
}

struct fwp_packet *fwp_packet_take(size_t size)
{
    unsigned size_class = 0;

    while (size_class < countof(sizes) && size > sizes[size_class])
        size_class++;
    if (size_class == countof(sizes) || !packets.pool)
        return NULL;
    struct fwp_packet *packet = packets.free[size_class];
    if (packet)
        packets.free[size_class] = packet->next;
    else if (!(packet = make(size_class)))
        return NULL;
    if (packet->info)
        forget_info(packet);
    if (unlikely(packet->poisoned))
        look_at(packet);
    fwp_last_classify = NULL;
    packet->references = 1;
    packet->lent = packet->hops = packet->tag_count = 0;
    packet->headers = 0;
    packets.held++;
    return packet;
}

void fwp_packet_show(struct fwp_packet *packet, uint32_t start, uint32_t length)
{
    PNET_BUFFER nb = packet->nbl->FirstNetBuffer;

    packet->headers = start;
    packet->mdl->ByteCount = FWP_PACKET_BACKFILL + start + length;
    packet->mdl->Next = NULL;
    packet->nbl->Next = NULL;
    packet->nbl->Status = STATUS_SUCCESS;
    nb->Next = NULL;
    nb_set_data(nb, packet->mdl, FWP_PACKET_BACKFILL + start, length);
}

void fwp_packet_take_info(struct fwp_packet *packet, const NET_BUFFER_LIST *from)
{
    memcpy(packet->nbl->NetBufferListInfo, from->NetBufferListInfo, sizeof packet->nbl->NetBufferListInfo);
    packet->nbl->NblFlags = from->NblFlags;
    packet->info = true;
}

void fwp_packet_hold(struct fwp_packet *packet)
{
    packet->references++;
}

static void forget_contexts(struct fwp_packet *packet)
{
    for (unsigned n = 0; n < FWP_PACKET_CONTEXTS; n++) {
        struct fwp_packet_context *c = &packet->contexts[n];
        uint64_t tag = c->tag;

        if (!tag)
            continue;
        c->tag = 0;
        if (c->returns)
            ((FWPS_NET_BUFFER_LIST_NOTIFY_FN1 *)c->notify)(FWPS_NET_BUFFER_LIST_CONTEXT_REMOVED, packet->nbl, NULL, c->layer,
                                                           c->context, tag);
        else
            ((FWPS_NET_BUFFER_LIST_NOTIFY_FN0 *)c->notify)(FWPS_NET_BUFFER_LIST_CONTEXT_REMOVED, packet->nbl, NULL, c->layer,
                                                           c->context, tag);
    }
}

static void make_free(struct fwp_packet *packet)
{
    packet->next = packets.free[packet->size_class];
    packets.free[packet->size_class] = packet;
}

/* Whoever still has the list finds an empty one. */
static void poison(struct fwp_packet *packet)
{
    PNET_BUFFER nb = packet->nbl->FirstNetBuffer;
    struct fwp_packet **place = &packets.waiting[packets.next_waiting++ % QUARANTINE], *before = *place;

    packet->poisoned = packet->mdl->ByteCount - FWP_PACKET_BACKFILL;
    memset(packet->bytes, POISON, packet->poisoned);
    nb->MdlChain = nb->CurrentMdl = NULL;
    nb->DataLength = 0;
    *place = packet;
    if (before)
        make_free(before);
}

void fwp_packet_release_for(struct fwp_packet *packet, uint64_t caller)
{
    if (packet->references > 1) {
        packet->references--;
        return;
    }
    forget_contexts(packet);
    packet->references = 0;
    packet->nbl->ChildRefCount = 0;
    packet->released_by = caller;
    packets.held--;
    if (fwp_event_mask & 1u << FWP_EVENT_STALE)
        poison(packet);
    else
        make_free(packet);
}

void fwp_packet_release(struct fwp_packet *packet)
{
    uint64_t seen = (uint64_t)(uintptr_t)fwp_last_classify;

    fwp_packet_release_for(packet, seen ? seen + 1 : 0);
}

struct fwp_packet *fwp_packet_of(const NET_BUFFER_LIST *nbl)
{
    while (nbl && nbl->NdisPoolHandle != packets.pool)
        nbl = nbl->ParentNetBufferList;
    return nbl ? nbl->ProtocolReserved[0] : NULL;
}

unsigned fwp_packets_held(void)
{
    return packets.held;
}

bool fwp_packets_open(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .ProtocolId = NDIS_PROTOCOL_ID_TCP_IP,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = PACKET_TAG,
    };

    packets.pool = nbl_pool_create(&parameters, own_address());
    return packets.pool != NULL;
}

void fwp_packets_close(void)
{
    while (packets.made) {
        struct fwp_packet *packet = packets.made;
        packets.made = packet->next_made;
        destroy(packet);
    }
    if (packets.pool)
        NdisFreeNetBufferListPool(packets.pool);
    memset(&packets, 0, sizeof packets);
}
