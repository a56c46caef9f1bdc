/* Poll mode: NDIS drives a miniport's data path instead of its interrupt DPC. docs: poll, network/ndis-poll-mode */
#ifndef RING3_NDIS_POLL_H
#define RING3_NDIS_POLL_H

#include <ndis/miniport.h>

#if NDIS_SUPPORT_NDIS685

RING3_BEGIN_C

#define NDIS_ANY_NUMBER_OF_NBLS MAXULONG

typedef NDIS_HANDLE NDIS_POLL_HANDLE;

/* docs: poll/ns-poll-ndis_poll_transmit_data */
typedef struct _NDIS_POLL_TRANSMIT_DATA {
    ULONG MaxNblsToComplete;
    ULONG Reserved1[3];
    NET_BUFFER_LIST *CompletedNblChain;
    ULONG NumberOfCompletedNbls;
    ULONG NumberOfRemainingNbls;
    ULONG SendCompleteFlags;
    ULONG Reserved2;
    void *Reserved3[4];
} NDIS_POLL_TRANSMIT_DATA;
RING3_SIZE(NDIS_POLL_TRANSMIT_DATA, 72);

/* docs: poll/ns-poll-ndis_poll_receive_data */
typedef struct _NDIS_POLL_RECEIVE_DATA {
    ULONG MaxNblsToIndicate;
    ULONG Reserved1[3];
    NET_BUFFER_LIST *IndicatedNblChain;
    ULONG NumberOfIndicatedNbls;
    ULONG NumberOfRemainingNbls;
    ULONG Flags;
    ULONG Reserved2;
    void *Reserved3[4];
} NDIS_POLL_RECEIVE_DATA;
RING3_SIZE(NDIS_POLL_RECEIVE_DATA, 72);

/* docs: poll/ns-poll-ndis_poll_data */
typedef struct _NDIS_POLL_DATA {
    NDIS_OBJECT_HEADER Header;
    NDIS_POLL_TRANSMIT_DATA Transmit;
    NDIS_POLL_RECEIVE_DATA Receive;
} NDIS_POLL_DATA;
RING3_SIZE(NDIS_POLL_DATA, 152);

/* docs: poll/ns-poll-ndis_poll_notification */
typedef struct _NDIS_POLL_NOTIFICATION {
    NDIS_OBJECT_HEADER Header;
    BOOLEAN Enabled;
} NDIS_POLL_NOTIFICATION;

typedef void(NTAPI NDIS_POLL)(void *Context, NDIS_POLL_DATA *PollData);
typedef void(NTAPI NDIS_SET_POLL_NOTIFICATION)(void *Context, NDIS_POLL_NOTIFICATION *Notification);
typedef NDIS_POLL *NDIS_POLL_HANDLER;
typedef NDIS_SET_POLL_NOTIFICATION *NDIS_SET_POLL_NOTIFICATION_HANDLER;

#define NDIS_POLL_CHARACTERISTICS_REVISION_1 1

/* docs: poll/ns-poll-ndis_poll_characteristics */
typedef struct _NDIS_POLL_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    NDIS_SET_POLL_NOTIFICATION_HANDLER SetPollNotificationHandler;
    NDIS_POLL_HANDLER PollHandler;
} NDIS_POLL_CHARACTERISTICS;
RING3_SIZE(NDIS_POLL_CHARACTERISTICS, 24);
#define NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_POLL_CHARACTERISTICS, PollHandler)

NDISAPI NDIS_STATUS NTAPI NdisRegisterPoll(NDIS_HANDLE NdisHandle, void *Context, NDIS_POLL_CHARACTERISTICS const *Characteristics,
                                           NDIS_POLL_HANDLE *PollHandle);
NDISAPI void NTAPI NdisDeregisterPoll(NDIS_POLL_HANDLE PollHandle);
NDISAPI void NTAPI NdisSetPollAffinity(NDIS_POLL_HANDLE PollHandle, PROCESSOR_NUMBER const *PollAffinity);
NDISAPI void NTAPI NdisRequestPoll(NDIS_POLL_HANDLE PollHandle, void *Reserved);

RING3_END_C

#endif

#endif
