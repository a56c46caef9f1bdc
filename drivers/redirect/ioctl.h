/* What programs say to \\.\Redirect. */
#ifndef REDIRECT_IOCTL_H
#define REDIRECT_IOCTL_H

/* In: REDIRECT_TARGET. Connects from now on go there; what is connected stays. Port 0: nothing is redirected. */
#define IOCTL_REDIRECT_SET_TARGET CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* Out: REDIRECT_TARGET. */
#define IOCTL_REDIRECT_GET_TARGET CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_BUFFERED, FILE_READ_ACCESS)
/* Out: REDIRECT_COUNTERS. */
#define IOCTL_REDIRECT_COUNTERS CTL_CODE(FILE_DEVICE_NETWORK, 0x802, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _REDIRECT_TARGET {
    USHORT Port;                        /* of the connects that are redirected, host byte order */
    USHORT TargetPort;
    UCHAR Address[4];                   /* IPv4, as it is written */
} REDIRECT_TARGET, *PREDIRECT_TARGET;

typedef struct _REDIRECT_COUNTERS {
    ULONG Redirected, Restored;
} REDIRECT_COUNTERS, *PREDIRECT_COUNTERS;

#endif
