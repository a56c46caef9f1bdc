/* Received packets as a driver sees them: WSK_DATA_INDICATION and WSK_DATAGRAM_INDICATION over MDLs of the packets' memory.
 *
 * 1. An indication owns its packet. Its MDLs exist while a driver may look: from describe to undescribe or free.
 * 2. MDLs are carved out of the indication itself; only a packet of many pieces or pages allocates. */
#include <string.h>

#include "netio/wsk_internal.h"
#include "nt/mm.h"
#include "nt/pool.h"

#define PIECES TCPIP_PACKET_PARTS
#define KEPT_INDICATIONS 128u
#define TAG WSK_TAG('W', 's', 'k', 'i')

static struct list unused = LIST_INIT(unused);
static unsigned unused_count;

struct wsk_indication *wsk_indication_new(struct tcpip_packet *packet)
{
    struct list *node = list_pop_front(&unused);
    struct wsk_indication *indication;

    if (likely(node != NULL)) {
        indication = container_of(node, struct wsk_indication, node);
        unused_count--;
    } else {
        indication = pool_alloc(NonPagedPoolNx, sizeof *indication, TAG, NULL);
        if (indication == NULL)
            return NULL;
    }
    memset(&indication->datagram, 0, sizeof indication->datagram);
    list_init(&indication->node);
    indication->next_kept = NULL;
    indication->packet = packet;
    indication->skip = 0;
    indication->how.redirection = NULL;
    indication->size = tcpip_packet_size(packet);
    return indication;
}

void wsk_indication_free(struct wsk_indication *indication)
{
    wsk_indication_undescribe(indication);
    tcpip_redirection_release(indication->how.redirection);
    tcpip_packet_free(indication->packet);
    if (unused_count >= KEPT_INDICATIONS) {
        pool_free(indication, TAG, NULL);
        return;
    }
    list_push_front(&unused, &indication->node);
    unused_count++;
}

void wsk_indications_close(void)
{
    for (struct list *node = list_pop_front(&unused); node != NULL; node = list_pop_front(&unused))
        pool_free(container_of(node, struct wsk_indication, node), TAG, NULL);
    unused_count = 0;
}

static bool is_inside(const struct wsk_indication *indication, const void *mdl)
{
    return (const uint8_t *)mdl >= indication->mdls && (const uint8_t *)mdl < indication->mdls + WSK_MDL_ROOM;
}

void wsk_indication_undescribe(struct wsk_indication *indication)
{
    PMDL mdl = indication->data.Buffer.Mdl;

    while (mdl != NULL) {
        PMDL next = mdl->Next;

        if (!is_inside(indication, mdl))
            mm_mdl_free(mdl, NULL);
        mdl = next;
    }
    indication->data.Buffer.Mdl = NULL;
}

static PMDL make_mdl(struct wsk_indication *indication, size_t *used, const struct iovec *piece)
{
    size_t size = sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(piece->iov_base, piece->iov_len);
    PMDL mdl;

    if (*used + size <= WSK_MDL_ROOM) {
        mdl = (PMDL)(void *)(indication->mdls + *used);
        *used += size;
        MmInitializeMdl(mdl, piece->iov_base, piece->iov_len);
    } else {
        mdl = mm_mdl_alloc(piece->iov_base, piece->iov_len, NULL);
        if (mdl == NULL)
            return NULL;
    }
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

/* The pieces of what is left of the packet. */
static unsigned remaining(const struct wsk_indication *indication, struct iovec pieces[PIECES])
{
    unsigned count = tcpip_packet_parts(indication->packet, pieces, PIECES), kept = 0;
    size_t skip = indication->skip;

    for (unsigned i = 0; i < count && i < PIECES; i++) {
        if (pieces[i].iov_len <= skip) {
            skip -= pieces[i].iov_len;
            continue;
        }
        pieces[kept].iov_base = (uint8_t *)pieces[i].iov_base + skip;
        pieces[kept++].iov_len = pieces[i].iov_len - skip;
        skip = 0;
    }
    return kept;
}

bool wsk_indication_describe(struct wsk_indication *indication)
{
    struct iovec pieces[PIECES];
    unsigned count = remaining(indication, pieces);
    PMDL *link = &indication->data.Buffer.Mdl;
    size_t used = 0, described = 0;

    wsk_indication_undescribe(indication);
    for (unsigned i = 0; i < count; i++) {
        *link = make_mdl(indication, &used, &pieces[i]);
        if (*link == NULL) {
            wsk_indication_undescribe(indication);
            return false;
        }
        link = &(*link)->Next;
        *link = NULL;
        described += pieces[i].iov_len;
    }
    indication->data.Buffer.Offset = 0;
    indication->data.Buffer.Length = described;
    return described == indication->size;
}

size_t wsk_indication_copy(const struct wsk_indication *indication, struct wsk_cursor *to)
{
    struct iovec pieces[PIECES];
    unsigned count = remaining(indication, pieces);
    size_t done = 0;

    for (unsigned i = 0; i < count; i++) {
        size_t copied = wsk_cursor_write(to, pieces[i].iov_base, pieces[i].iov_len);

        done += copied;
        if (copied < pieces[i].iov_len)
            break;
    }
    return done;
}
