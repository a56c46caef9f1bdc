/* vlanmux: an NDIS intermediate driver. Over each adapter that it binds (a LOWER) it shows virtual adapters (UPPERs): one that
 * passes everything, or one for each VLAN.
 *
 * Which UPPER has a frame
 *  1. An UPPER with a VlanID has the frames of that VLAN: untagged above, tagged below.
 *  2. An UPPER without one (VlanID 0) has every frame that no other UPPER has, as it is.
 *  3. Two UPPERs of one LOWER never have the same VlanID; the second is not initialized.
 *
 * Life
 *  4. UPPERs are made with their LOWER, from UpperBindings, and freed with it; more are added by NetEventReconfigure. The list
 *     only grows, so that it is read without a lock.
 *  5. UPPER.Outstanding counts its lists that are above or below, and 1 while it runs. Whoever brings it to 0 completes the pause.
 *  6. LOWER.Sends counts lists that are below, and 1 while it runs. Whoever brings it to 0 sets Drained.
 *  7. An UPPER that is initialized belongs to NDIS until MiniportHaltEx; unbinding waits for that before it closes the binding.
 *
 * Lists
 *  8. Lists pass as they are: their SourceHandle, and their VLAN information, are kept in context space and put back.
 *  9. Only when the adapter below cannot insert and strip tags itself, frames of a VLAN are copied (tag.c). */
#pragma once

#define NDIS630 1
#define NDIS_MINIPORT_DRIVER 1
#define NDIS630_MINIPORT 1
#include <ndis.h>

#define MUX_TAG 'xmlV'
#define MUX_SERVICE L"vlanmux"
#define MUX_VLANS 4095u                 /* 1 to 4094 are VLANs */
#define MUX_MULTICAST 32u
#define MUX_ETHERNET_HEADER 14u
#define MUX_ADDRESSES 12u               /* destination and source */
#define MUX_TAG_LENGTH 4u
#define MUX_ETHERTYPE 0x8100u

typedef struct _LOWER LOWER, *PLOWER;
typedef struct _UPPER UPPER, *PUPPER;

typedef enum _MUX_STATE { MuxPaused, MuxRunning, MuxPausing } MUX_STATE;

/* In the context space of a list that passes. */
typedef struct _MUX_CONTEXT {
    PUPPER Upper;
    NDIS_HANDLE SourceHandle;
    PVOID Vlan;
    volatile LONG Copies;               /* of the frame, that are below */
} MUX_CONTEXT, *PMUX_CONTEXT;

/* Frames and bytes by kind of destination. */
typedef enum _MUX_KIND { MuxUnicast, MuxMulticast, MuxBroadcast, MuxKinds } MUX_KIND;
typedef struct _MUX_COUNT {
    volatile LONG64 Frames[MuxKinds], Bytes[MuxKinds];
} MUX_COUNT;
typedef struct _MUX_TALLY {
    LONG64 Frames[MuxKinds], Bytes[MuxKinds];
} MUX_TALLY;

struct _UPPER {
    PUPPER Next;
    PLOWER Lower;
    NDIS_STRING Name;                   /* \Device\{GUID}; its buffer follows the structure */
    NDIS_HANDLE Handle;                 /* NDIS's; NULL: not initialized */
    NET_IFINDEX IfIndex;
    BOOLEAN InitPending;                /* asked for, and MiniportInitializeEx has not begun */
    NDIS_EVENT Initialized, Halted;
    volatile LONG State;                /* MUX_STATE */
    volatile LONG Outstanding;
    USHORT VlanId;                      /* 0: none */
    UCHAR Address[ETH_LENGTH_OF_ADDRESS];
    NDIS_DEVICE_POWER_STATE Power;
    ULONG Filter, Lookahead, MulticastCount;
    UCHAR Multicast[MUX_MULTICAST][ETH_LENGTH_OF_ADDRESS];
    PNDIS_OID_REQUEST Pending;          /* of MiniportOidRequest; its clone is below */
    MUX_COUNT Sent, Received;
    volatile LONG64 SendErrors, ReceiveDrops;
};

struct _LOWER {
    LIST_ENTRY Link;                    /* Mux.Lowers */
    NDIS_HANDLE Binding;
    PUPPER volatile Uppers;
    volatile LONG State;                /* MUX_STATE */
    volatile LONG Sends;
    BOOLEAN Closing;
    NDIS_DEVICE_POWER_STATE Power;
    NDIS_EVENT Completed;               /* open, close, or a request of our own */
    NDIS_STATUS Status;
    NDIS_EVENT Drained;
    KMUTEX Control;                     /* one change of filter or multicast list at a time */
    ULONG Filter;                       /* as set */
    NDIS_HANDLE CopyPool;               /* lists with room for a whole frame; NULL: tags are the adapter's work */
    ULONG FrameSize;
    NDIS_BIND_PARAMETERS Bind;          /* its pointers are NULL, but for those to the copies that follow */
    NDIS_LINK_STATE Link_;
    NDIS_PM_CAPABILITIES Wake;
    NDIS_OFFLOAD Offload;
    NDIS_RECEIVE_SCALE_CAPABILITIES Scale;
};

typedef struct _MUX {
    NDIS_HANDLE Driver, Protocol;
    FAST_MUTEX Lock;                    /* Lowers */
    LIST_ENTRY Lowers;
} MUX;
extern MUX Mux;

/* driver.c */
FORCEINLINE BOOLEAN MuxOffloadsTags(const LOWER *Lower)
{
    return Lower->CopyPool == NULL;
}

/* Passes everything as it is, and is alone: what the adapter below can do, it can. */
FORCEINLINE BOOLEAN MuxIsTransparent(const UPPER *Upper)
{
    return Upper->VlanId == 0 && Upper->Lower->Uppers == Upper && Upper->Next == NULL;
}

/* lower.c */
PROTOCOL_BIND_ADAPTER_EX LowerBind;
PROTOCOL_UNBIND_ADAPTER_EX LowerUnbind;
PROTOCOL_OPEN_ADAPTER_COMPLETE_EX LowerOpened;
PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX LowerClosed;
/* Sends a request of ours and waits. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS LowerRequest(_Inout_ PLOWER Lower, _In_ NDIS_REQUEST_TYPE Type, _In_ NDIS_OID Oid, _Inout_ PVOID Buffer, _In_ ULONG Length);
/* Makes the UPPERs of UpperBindings that are not there, or asks for the one that is named again. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS LowerReadUppers(_Inout_ PLOWER Lower, _In_opt_ PNDIS_STRING Only);
/* Counts lists that go below. FALSE, and nothing counted: it does not run. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN LowerHold(_Inout_ PLOWER Lower, _In_ LONG Count);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID LowerRelease(_Inout_ PLOWER Lower, _In_ LONG Count);

/* event.c */
PROTOCOL_NET_PNP_EVENT LowerEvent;
PROTOCOL_STATUS_EX LowerStatus;

/* upper.c */
MINIPORT_INITIALIZE UpperInitialize;
MINIPORT_HALT UpperHalt;
MINIPORT_PAUSE UpperPause;
MINIPORT_RESTART UpperRestart;
MINIPORT_SHUTDOWN UpperShutdown;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY UpperPnPEvent;
_IRQL_requires_(PASSIVE_LEVEL)
PUPPER UpperCreate(_In_ PLOWER Lower, _In_ PNDIS_STRING Name);
/* Asks NDIS to initialize it. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS UpperStart(_Inout_ PUPPER Upper);
/* Tells those above the state of the link below. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID UpperIndicateLink(_In_ PUPPER Upper);
/* Takes that back, or has it halted; returns when no call comes any more. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID UpperStop(_Inout_ PUPPER Upper);
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN UpperHold(_Inout_ PUPPER Upper, _In_ LONG Count);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID UpperRelease(_Inout_ PUPPER Upper, _In_ LONG Count);

/* oid.c */
MINIPORT_OID_REQUEST UpperRequest;
MINIPORT_CANCEL_OID_REQUEST UpperCancelRequest;
PROTOCOL_OID_REQUEST_COMPLETE LowerRequestDone;
extern const NDIS_OID MuxSupportedOids[];
extern const ULONG MuxSupportedOidsLength;
/* Sets below the packet filter, and the multicast list, that all UPPERs together want. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS MuxApplyFilter(_Inout_ PLOWER Lower);
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS MuxApplyMulticast(_Inout_ PLOWER Lower);

/* statistics.c */
_IRQL_requires_max_(DISPATCH_LEVEL)
MUX_KIND MuxKindOf(_In_ PNET_BUFFER Frame);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID MuxAddTally(_Inout_ MUX_COUNT *Count, _In_ const MUX_TALLY *Tally);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID UpperStatistics(_In_ const UPPER *Upper, _Out_ PNDIS_STATISTICS_INFO Info);

/* send.c */
MINIPORT_SEND_NET_BUFFER_LISTS UpperSend;
MINIPORT_CANCEL_SEND UpperCancelSend;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE LowerSent;

/* receive.c */
PROTOCOL_RECEIVE_NET_BUFFER_LISTS LowerReceive;
MINIPORT_RETURN_NET_BUFFER_LISTS UpperReturn;

/* tag.c: frames as copies. NULL: no memory, or no frame that fits. */
/* One list for each NET_BUFFER; ParentNetBufferList is List, whose context counts them. */
_IRQL_requires_max_(DISPATCH_LEVEL)
PNET_BUFFER_LIST TagInsert(_In_ PUPPER Upper, _In_ PNET_BUFFER_LIST List, _In_ NDIS_NET_BUFFER_LIST_8021Q_INFO Info);
_IRQL_requires_max_(DISPATCH_LEVEL)
PNET_BUFFER_LIST TagStrip(_In_ PUPPER Upper, _In_ PNET_BUFFER_LIST List, _In_ USHORT Tag);

FORCEINLINE MUX_KIND MuxKindOfAddress(_In_ const UCHAR *Address)
{
    if (!ETH_IS_MULTICAST(Address))
        return MuxUnicast;
    return ETH_IS_BROADCAST(Address) ? MuxBroadcast : MuxMulticast;
}

/* Counts the frames of a list. Nearly all have their destination in one piece of mapped memory: only others are worth a call. */
FORCEINLINE VOID MuxCountList(_Inout_ MUX_TALLY *Tally, _In_ PNET_BUFFER_LIST List)
{
    for (PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(List); frame != NULL; frame = NET_BUFFER_NEXT_NB(frame)) {
        PMDL mdl = NET_BUFFER_CURRENT_MDL(frame);
        ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(frame);
        MUX_KIND kind;

        if ((mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0 &&
            offset + ETH_LENGTH_OF_ADDRESS <= MmGetMdlByteCount(mdl))
            kind = MuxKindOfAddress((PUCHAR)mdl->MappedSystemVa + offset);
        else
            kind = MuxKindOf(frame);
        Tally->Frames[kind]++;
        Tally->Bytes[kind] += NET_BUFFER_DATA_LENGTH(frame);
    }
}

/* The context that MuxPush left on a list. */
FORCEINLINE PMUX_CONTEXT MuxContext(_In_ PNET_BUFFER_LIST List)
{
    return (PMUX_CONTEXT)NET_BUFFER_LIST_CONTEXT_DATA_START(List);
}

/* Marks a list as passing for Upper, from Source on. FALSE: no memory. */
FORCEINLINE BOOLEAN MuxPush(_Inout_ PNET_BUFFER_LIST List, _In_ PUPPER Upper, _In_ NDIS_HANDLE Source)
{
    PMUX_CONTEXT context;

    if (NdisAllocateNetBufferListContext(List, sizeof(MUX_CONTEXT), 0, MUX_TAG) != NDIS_STATUS_SUCCESS)
        return FALSE;
    context = MuxContext(List);
    context->Upper = Upper;
    context->SourceHandle = List->SourceHandle;
    context->Vlan = NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo);
    context->Copies = 0;
    List->SourceHandle = Source;
    return TRUE;
}

/* Makes it what it was. */
FORCEINLINE PUPPER MuxPop(_Inout_ PNET_BUFFER_LIST List)
{
    PMUX_CONTEXT context = MuxContext(List);
    PUPPER upper = context->Upper;

    List->SourceHandle = context->SourceHandle;
    NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo) = context->Vlan;
    NdisFreeNetBufferListContext(List, sizeof(MUX_CONTEXT));
    return upper;
}
