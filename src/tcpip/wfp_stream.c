#include "tcpip/wfp_stream.h"
NTSTATUS wfp_stream_inject(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t flags, NET_BUFFER_LIST *nbl, size_t length)
{
    return STATUS_NOT_SUPPORTED;
}
NTSTATUS wfp_stream_continue(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t flags)
{
    return STATUS_NOT_SUPPORTED;
}
