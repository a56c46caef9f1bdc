/* Frames on their way between protocols and miniports, for somebody in the computer who looks at them as a filter module would
 * (tcpip/wfp_frames.c: the layers of MAC frames).
 *
 * | place                      | above it                  | below it                  |
 * |----------------------------|---------------------------|---------------------------|
 * | SENT_UPPER, RECEIVED_UPPER | the bindings              | the topmost filter module |
 * | SENT_LOWER, RECEIVED_LOWER | the lowest filter module  | the miniport              |
 *
 * 1. While nobody watches, frames pass with one load for all places.
 * 2. A list is shown alone (Next is NULL), and is as it was when it goes on. One that may not go on goes back: a send is completed with
 *    the judge's status, an indication returned.
 * 3. What is put in enters on the far side of its place and is shown there, too. The list is its owner's again when the watcher's `done` is called
 *    (a send) or the call returns (an indication, which everybody above copies).
 * 4. A pause waits for sends that were put in, as it does for a binding's.
 * 5. Frames that NDIS loops back are not shown. */
#ifndef NDIS_FRAMES_H
#define NDIS_FRAMES_H

#include "ndis/adapter.h"

enum ndis_place { NDIS_SENT_UPPER, NDIS_SENT_LOWER, NDIS_RECEIVED_LOWER, NDIS_RECEIVED_UPPER, NDIS_PLACES };

#define NDIS_SENDS (1u << NDIS_SENT_UPPER | 1u << NDIS_SENT_LOWER)
#define NDIS_RECEIVES (1u << NDIS_RECEIVED_LOWER | 1u << NDIS_RECEIVED_UPPER)

struct ndis_frame_watcher {
    /* True: the list goes on. *status: what a send is completed with otherwise. At the IRQL of the call, at most DISPATCH_LEVEL. */
    bool (*judge)(struct adapter *adapter, enum ndis_place place, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port, NDIS_STATUS *status);
    void (*done)(PNET_BUFFER_LIST nbl);
};

extern unsigned ndis_frames_watched;    /* bits of enum ndis_place */
extern const struct ndis_frame_watcher *ndis_frame_watcher;

/* Puts one list in at a place of the adapter with this interface index; DISPATCH_LEVEL. STATUS_SUCCESS, NDIS_STATUS_PAUSED,
 * STATUS_NOT_FOUND (no such adapter), STATUS_INSUFFICIENT_RESOURCES. On an error of a send `done` is not called. */
NTSTATUS ndis_frames_put(NET_IFINDEX if_index, enum ndis_place place, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port);

/* --- for NDIS itself ------------------------------------------------------------------------------------------------------------- */

/* A chain from a binding (top) or a module, counted by whoever sends it, to what is below. */
void frames_send(struct adapter *adapter, const struct ndis_below *below, bool top, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port,
                 ULONG flags);
/* The arguments of indicate_up. */
void frames_indicate(struct adapter *adapter, const struct ndis_above *above, const struct ndis_below *below, PNET_BUFFER_LIST lists,
                     NDIS_PORT_NUMBER port, ULONG flags);
/* Who gets a list that is completed below the module `above`: that one, or whoever put the list in below it. */
const void *frames_completes_to(const struct adapter *adapter, const struct filter *above, const NET_BUFFER_LIST *nbl);
/* Takes out of a chain that the miniport completes what was put in below all modules; returns the rest. */
PNET_BUFFER_LIST frames_completed(struct adapter *adapter, PNET_BUFFER_LIST lists, ULONG flags);
void frames_restart(struct adapter *adapter);
/* Nothing more is put in, and what was put in is back. PASSIVE_LEVEL. */
void frames_pause(struct adapter *adapter);
void frames_free(struct adapter *adapter);

#endif
