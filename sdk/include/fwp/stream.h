/* Streams as the stream layer shows them, and what a callout does with them. docs: fwpsk, stream-inspection */
#ifndef RING3_FWP_STREAM_H
#define RING3_FWP_STREAM_H

#include <fwp/inject.h>

RING3_BEGIN_C

#define FWPS_STREAM_FLAG_RECEIVE 0x00000001
#define FWPS_STREAM_FLAG_RECEIVE_EXPEDITED 0x00000002
#define FWPS_STREAM_FLAG_RECEIVE_DISCONNECT 0x00000004
#define FWPS_STREAM_FLAG_RECEIVE_ABORT 0x00000008
#define FWPS_STREAM_FLAG_RECEIVE_PUSH 0x00000010
#define FWPS_STREAM_FLAG_SEND 0x00010000
#define FWPS_STREAM_FLAG_SEND_EXPEDITED 0x00020000
#define FWPS_STREAM_FLAG_SEND_NODELAY 0x00040000
#define FWPS_STREAM_FLAG_SEND_DISCONNECT 0x00080000
#define FWPS_STREAM_FLAG_SEND_ABORT 0x00100000

typedef enum FWPS_STREAM_ACTION_TYPE_ {
    FWPS_STREAM_ACTION_NONE,
    FWPS_STREAM_ACTION_ALLOW_CONNECTION,
    FWPS_STREAM_ACTION_NEED_MORE_DATA,
    FWPS_STREAM_ACTION_DROP_CONNECTION,
    FWPS_STREAM_ACTION_DEFER,
    FWPS_STREAM_ACTION_TYPE_MAX
} FWPS_STREAM_ACTION_TYPE;

typedef struct FWPS_STREAM_DATA_OFFSET0_ {
    NET_BUFFER_LIST *netBufferList;
    NET_BUFFER *netBuffer;
    MDL *mdl;
    UINT32 mdlOffset;
    UINT32 netBufferOffset;
    SIZE_T streamDataOffset;
} FWPS_STREAM_DATA_OFFSET0;
RING3_SIZE(FWPS_STREAM_DATA_OFFSET0, 40);

typedef struct FWPS_STREAM_DATA0_ {
    UINT32 flags;
    FWPS_STREAM_DATA_OFFSET0 dataOffset;
    SIZE_T dataLength;
    NET_BUFFER_LIST *netBufferListChain;
} FWPS_STREAM_DATA0;
RING3_SIZE(FWPS_STREAM_DATA0, 64);

typedef struct FWPS_STREAM_CALLOUT_IO_PACKET0_ {
    FWPS_STREAM_DATA0 *streamData;
    SIZE_T missedBytes;
    UINT32 countBytesRequired;
    SIZE_T countBytesEnforced;
    FWPS_STREAM_ACTION_TYPE streamAction;
} FWPS_STREAM_CALLOUT_IO_PACKET0;
RING3_SIZE(FWPS_STREAM_CALLOUT_IO_PACKET0, 40);
RING3_OFFSET(FWPS_STREAM_CALLOUT_IO_PACKET0, countBytesEnforced, 24);

NTSYSAPI NTSTATUS NTAPI FwpsStreamInjectAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags, UINT64 flowId,
                                               UINT32 calloutId, UINT16 layerId, UINT32 streamFlags,
                                               NET_BUFFER_LIST *netBufferList, SIZE_T dataLength,
                                               FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext);
NTSYSAPI NTSTATUS NTAPI FwpsStreamContinue0(UINT64 flowId, UINT32 calloutId, UINT16 layerId, UINT32 streamFlags);
NTSYSAPI VOID NTAPI FwpsCopyStreamDataToBuffer0(const FWPS_STREAM_DATA0 *calloutStreamData, PVOID buffer, SIZE_T bytesToCopy,
                                                SIZE_T *bytesCopied);
NTSYSAPI NTSTATUS NTAPI FwpsCloneStreamData0(FWPS_STREAM_DATA0 *calloutStreamData, NDIS_HANDLE netBufferListPoolHandle,
                                             NDIS_HANDLE netBufferPoolHandle, ULONG allocateCloneFlags,
                                             NET_BUFFER_LIST **netBufferListChain);
NTSYSAPI VOID NTAPI FwpsDiscardClonedStreamData0(NET_BUFFER_LIST *netBufferListChain, ULONG allocateCloneFlags,
                                                 BOOLEAN dispatchLevel);

RING3_END_C

#endif
