/* The stream layer's data as drivers see it. docs: fwpsk/ns-fwpsk-fwps_stream_callout_io_packet0_, stream-inspection */
#include <fwpsk.h>
#include <string.h>

#include "base/util.h"
#include "fwp/packet.h"
#include "ndis/nbl_pool.h"
#include "tcpip/wfp_stream_lists.h"
#include "tcpip/wfp_stream.h"

_Static_assert((int)WFP_STREAM_RECEIVE_END == FWPS_STREAM_FLAG_RECEIVE_DISCONNECT, "flags");
_Static_assert((int)WFP_STREAM_SEND_END == FWPS_STREAM_FLAG_SEND_DISCONNECT, "flags");
_Static_assert((int)WFP_STREAM_RECEIVE == FWPS_STREAM_FLAG_RECEIVE && (int)WFP_STREAM_SEND == FWPS_STREAM_FLAG_SEND, "flags");
_Static_assert((int)WFP_STREAM_DEFER == FWPS_STREAM_ACTION_DEFER && (int)WFP_STREAM_MORE == FWPS_STREAM_ACTION_NEED_MORE_DATA, "actions");
_Static_assert(FWPS_CLASSIFY_OUT_FLAG_BUFFER_LIMIT_REACHED == 2 && FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA == 4, "out flags");

void wfp_stream_show(uint16_t layer, const struct wfp_info *info, struct fwp_packet *const *pieces, unsigned count, size_t size,
                     uint32_t flags, uint32_t out_flags, struct wfp_stream_answer *answer)
{
    FWPS_STREAM_DATA0 data = { .flags = flags, .dataLength = size, .netBufferListChain = pieces[0]->nbl };
    FWPS_STREAM_CALLOUT_IO_PACKET0 packet = { .streamData = &data };
    struct fwp_verdict verdict = { .out_flags = out_flags };

    for (unsigned n = 0; n + 1 < count; n++)
        pieces[n]->nbl->Next = pieces[n + 1]->nbl;
    data.dataOffset.netBufferList = pieces[0]->nbl;
    data.dataOffset.netBuffer = pieces[0]->nbl->FirstNetBuffer;
    data.dataOffset.mdl = data.dataOffset.netBuffer->CurrentMdl;
    data.dataOffset.mdlOffset = data.dataOffset.netBuffer->CurrentMdlOffset;
    answer->allowed = wfp_classify(layer, info, &packet, &verdict);
    answer->action = (enum wfp_stream_action)packet.streamAction;
    answer->enforced = packet.countBytesEnforced;
    answer->required = packet.countBytesRequired;
    for (unsigned n = 0; n < count; n++)
        pieces[n]->nbl->Next = NULL;
}

/* `at` bytes into the chain. */
static bool copy(void *context, uint8_t *to, size_t at, size_t size)
{
    for (const NET_BUFFER_LIST *nbl = context; nbl && size; nbl = nbl->Next)
        for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb && size; nb = nb->Next) {
            if (at >= nb->DataLength) {
                at -= nb->DataLength;
                continue;
            }
            size_t n = min_u64(size, nb->DataLength - at);
            if (!nb_copy_out(nb, (uint32_t)at, to, n))
                return false;
            to += n;
            size -= n;
            at = 0;
        }
    return size == 0;
}

NTSTATUS wfp_stream_inject(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t flags, NET_BUFFER_LIST *nbl, size_t length)
{
    bool inbound = flags & FWPS_STREAM_FLAG_RECEIVE;
    bool end = flags & (inbound ? FWPS_STREAM_FLAG_RECEIVE_DISCONNECT : FWPS_STREAM_FLAG_SEND_DISCONNECT);

    return wfp_stream_put(flow, inbound, nbl ? length : 0, end, copy, nbl);
}

NTSTATUS wfp_stream_continue(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t flags)
{
    return wfp_stream_resume(flow);
}
