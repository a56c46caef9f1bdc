/* The layers of MAC frames: between the protocols and the filter modules (ETHERNET), and between those and the miniport (NATIVE).
 * docs: network/using-layer-2-filtering
 *
 *  1. NDIS shows frames (ndis/frames.h) only of places whose layer has filters.
 *  2. A callout sees a copy of each frame, with its out-of-band data; a frame that is permitted goes on as it was.
 *  3. Of a list with several frames, some of which are blocked, the others go on as copies.
 *  4. The stack is not entered. */
#ifndef TCPIP_WFP_FRAMES_H
#define TCPIP_WFP_FRAMES_H

#include "fwp/injection.h"

/* The frames of a list that a driver injects; DISPATCH_LEVEL, without locks. STATUS_SUCCESS, STATUS_NOT_FOUND (the interface),
 * NDIS_STATUS_PAUSED, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS wfp_frames_inject(const struct fwp_injection *injection);
bool wfp_frames_open(void);
/* What was injected is back. PASSIVE_LEVEL. */
void wfp_frames_close(void);

#endif
