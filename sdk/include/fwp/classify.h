/* A classification that goes on later, writable layer data, redirection of connects and binds.
 * docs: fwpsk, using-bind-or-connect-redirection, processing-classify-callouts-asynchronously */
#ifndef RING3_FWP_CLASSIFY_H
#define RING3_FWP_CLASSIFY_H

#include <fwp/metadata.h>

RING3_BEGIN_C

#define FWPS_CLASSIFY_FLAG_REAUTHORIZE_IF_MODIFIED_BY_OTHERS 0x00000001

typedef enum FWPS_CONNECTION_REDIRECT_STATE_ {
    FWPS_CONNECTION_NOT_REDIRECTED,
    FWPS_CONNECTION_REDIRECTED_BY_SELF,
    FWPS_CONNECTION_REDIRECTED_BY_OTHER,
    FWPS_CONNECTION_PREVIOUSLY_REDIRECTED_BY_SELF,
    FWPS_CONNECTION_REDIRECT_STATE_MAX
} FWPS_CONNECTION_REDIRECT_STATE;

/* Writable data of the connect redirect layers; previousVersion leads back to the request as the client made it. */
typedef struct _FWPS_CONNECT_REQUEST0 {
    SOCKADDR_STORAGE localAddressAndPort;
    SOCKADDR_STORAGE remoteAddressAndPort;
    UINT64 portReservationToken;
    DWORD localRedirectTargetPID;
    struct _FWPS_CONNECT_REQUEST0 *previousVersion;
    UINT64 modifierFilterId;
    HANDLE localRedirectHandle;
    void *localRedirectContext;
    SIZE_T localRedirectContextSize;
} FWPS_CONNECT_REQUEST0;
RING3_SIZE(FWPS_CONNECT_REQUEST0, 312);
RING3_OFFSET(FWPS_CONNECT_REQUEST0, portReservationToken, 256);
RING3_OFFSET(FWPS_CONNECT_REQUEST0, localRedirectHandle, 288);

/* Writable data of the bind redirect layers. */
typedef struct _FWPS_BIND_REQUEST0 {
    SOCKADDR_STORAGE localAddressAndPort;
    UINT64 portReservationToken;
    struct _FWPS_BIND_REQUEST0 *previousVersion;
    UINT64 modifierFilterId;
} FWPS_BIND_REQUEST0;
RING3_SIZE(FWPS_BIND_REQUEST0, 152);

NTSYSAPI NTSTATUS NTAPI FwpsAcquireClassifyHandle0(VOID *classifyContext, UINT32 flags, UINT64 *classifyHandle);
NTSYSAPI VOID NTAPI FwpsReleaseClassifyHandle0(UINT64 classifyHandle);
NTSYSAPI NTSTATUS NTAPI FwpsPendClassify0(UINT64 classifyHandle, UINT64 filterId, UINT32 flags,
                                          FWPS_CLASSIFY_OUT0 *classifyOut);
NTSYSAPI VOID NTAPI FwpsCompleteClassify0(UINT64 classifyHandle, UINT32 flags, const FWPS_CLASSIFY_OUT0 *classifyOut);
NTSYSAPI NTSTATUS NTAPI FwpsAcquireWritableLayerDataPointer0(UINT64 classifyHandle, UINT64 filterId, UINT32 flags,
                                                             PVOID *writableLayerData, FWPS_CLASSIFY_OUT0 *classifyOut);
NTSYSAPI VOID NTAPI FwpsApplyModifiedLayerData0(UINT64 classifyHandle, PVOID modifiedLayerData, UINT32 flags);
NTSYSAPI NTSTATUS NTAPI FwpsPendOperation0(HANDLE completionHandle, HANDLE *completionContext);
NTSYSAPI VOID NTAPI FwpsCompleteOperation0(HANDLE completionContext, PNET_BUFFER_LIST netBufferList);

NTSYSAPI NTSTATUS NTAPI FwpsRedirectHandleCreate0(const GUID *providerGuid, UINT32 flags, HANDLE *redirectHandle);
NTSYSAPI VOID NTAPI FwpsRedirectHandleDestroy0(HANDLE redirectHandle);
NTSYSAPI FWPS_CONNECTION_REDIRECT_STATE NTAPI FwpsQueryConnectionRedirectState0(HANDLE redirectRecords, HANDLE redirectHandle,
                                                                                VOID **redirectContext);
NTSYSAPI NTSTATUS NTAPI FwpsQueryConnectionSioFormatRedirectRecords0(HANDLE redirectRecords, VOID *outputBuffer,
                                                                     SIZE_T outputBufferLength, SIZE_T *bytesTransferred);

RING3_END_C

#endif
