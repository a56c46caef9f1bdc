/* What programs know of \\.\RawPort. Numbers are little-endian, structures have no padding. */
#pragma once

#define RAWPORT_CODE(Function, Access) CTL_CODE(FILE_DEVICE_NETWORK, (Function), METHOD_BUFFERED, (Access))

/* out: as many RAWPORT_ADAPTERs as there are bindings; STATUS_BUFFER_OVERFLOW when they do not all fit. */
#define IOCTL_RAWPORT_LIST RAWPORT_CODE(0x900, FILE_ANY_ACCESS)
/* in: a ULONG, the Index of an adapter, or its Name in UTF-16. Frames of the adapter before are forgotten. */
#define IOCTL_RAWPORT_SELECT RAWPORT_CODE(0x901, FILE_ANY_ACCESS)
/* in: a ULONG, NDIS_PACKET_TYPE_XXX: what this handle wants to read. */
#define IOCTL_RAWPORT_SET_FILTER RAWPORT_CODE(0x902, FILE_READ_ACCESS)
/* in: a ULONG, the OID; out: what the adapter answers. */
#define IOCTL_RAWPORT_QUERY_OID RAWPORT_CODE(0x903, FILE_ANY_ACCESS)
/* in: a ULONG, the OID, then its data. OID_GEN_CURRENT_PACKET_FILTER is refused: IOCTL_RAWPORT_SET_FILTER is for that. */
#define IOCTL_RAWPORT_SET_OID RAWPORT_CODE(0x904, FILE_WRITE_ACCESS)
/* out: a RAWPORT_COUNTERS of this handle. */
#define IOCTL_RAWPORT_COUNTERS RAWPORT_CODE(0x905, FILE_ANY_ACCESS)

#define RAWPORT_NAME_LENGTH 64

#define RAWPORT_RUNNING 1u
#define RAWPORT_LINK_UP 2u
#define RAWPORT_SELECTED 4u         /* by this handle */

typedef struct _RAWPORT_ADAPTER {
    ULONG Index;                    /* stays the adapter's as long as it is bound */
    ULONG Flags;
    ULONG FrameSize;                /* with its header, the longest that is sent */
    UCHAR Address[6];
    USHORT NameLength;              /* in bytes */
    WCHAR Name[RAWPORT_NAME_LENGTH];
} RAWPORT_ADAPTER, *PRAWPORT_ADAPTER;

typedef struct _RAWPORT_COUNTERS {
    ULONG64 Received;               /* frames that matched the filter */
    ULONG64 Lost;                   /* of them: nobody read them in time */
    ULONG64 Read, Written;
} RAWPORT_COUNTERS, *PRAWPORT_COUNTERS;
