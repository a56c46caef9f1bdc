/* The stream layer, between its lists and the seam to drivers. */
#ifndef TCPIP_WFP_STREAM_LISTS_H
#define TCPIP_WFP_STREAM_LISTS_H

#include <ndis.h>
#include <stddef.h>
#include <stdint.h>

/* As FwpsStreamInjectAsync0 and FwpsStreamContinue0 say. Any IRQL <= DISPATCH_LEVEL; the stack is not entered by them. */
NTSTATUS wfp_stream_inject(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t flags, NET_BUFFER_LIST *nbl, size_t length);
NTSTATUS wfp_stream_continue(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t flags);

#endif
