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
_Static_assert((int)WFP_STREAM_RECEIVE_ABORT == FWPS_STREAM_FLAG_RECEIVE_ABORT && (int)WFP_STREAM_SEND_ABORT == FWPS_STREAM_FLAG_SEND_ABORT &&
                   (int)WFP_STREAM_SEND_NODELAY == FWPS_STREAM_FLAG_SEND_NODELAY, "flags");
_Static_assert((int)WFP_STREAM_DEFER == FWPS_STREAM_ACTION_DEFER && (int)WFP_STREAM_MORE == FWPS_STREAM_ACTION_NEED_MORE_DATA, "actions");
_Static_assert((int)WFP_STREAM_OUT_LIMIT == FWPS_CLASSIFY_OUT_FLAG_BUFFER_LIMIT_REACHED && (int)WFP_STREAM_OUT_LAST == FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA,
               "out flags");

void wfp_stream_show(const struct fwp_step *step, uint16_t layer, const struct wfp_info *info, struct fwp_packet *const *pieces,
                     unsigned count, size_t size, uint32_t flags, uint32_t out_flags, struct wfp_stream_answer *answer)
{
    FWPS_STREAM_DATA0 data = { .flags = flags, .dataLength = size };
    FWPS_STREAM_CALLOUT_IO_PACKET0 packet = { .streamData = &data, .missedBytes = answer->missed };
    struct fwp_verdict verdict = { .out_flags = out_flags };

    for (unsigned n = 0; n + 1 < count; n++)
        pieces[n]->nbl->Next = pieces[n + 1]->nbl;
    if (count) {
        data.netBufferListChain = data.dataOffset.netBufferList = pieces[0]->nbl;
        data.dataOffset.netBuffer = pieces[0]->nbl->FirstNetBuffer;
        data.dataOffset.mdl = data.dataOffset.netBuffer->CurrentMdl;
        data.dataOffset.mdlOffset = data.dataOffset.netBuffer->CurrentMdlOffset;
    }
    answer->allowed = wfp_ask(step, layer, info, count ? &packet : NULL, &verdict);
    answer->decided = !verdict.by_default;
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
    struct wfp_stream_injection what = {
        .flow = flow, .callout = callout, .layer = layer, .inbound = inbound, .size = nbl ? length : 0, .copy = copy, .context = nbl,
        .end = flags & (inbound ? FWPS_STREAM_FLAG_RECEIVE_DISCONNECT : FWPS_STREAM_FLAG_SEND_DISCONNECT),
        .at_once = flags & (inbound ? FWPS_STREAM_FLAG_RECEIVE_PUSH : FWPS_STREAM_FLAG_SEND_NODELAY),
    };

    return wfp_stream_put(&what);
}

NTSTATUS wfp_stream_continue(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t flags)
{
    return flags & FWPS_STREAM_FLAG_SEND ? STATUS_FWP_INVALID_PARAMETER : wfp_stream_resume(flow, callout, layer);
}
