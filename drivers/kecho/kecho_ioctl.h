/* What a program says to \\.\KEcho. */
#ifndef KECHO_IOCTL_H
#define KECHO_IOCTL_H

#define KECHO_DEVICE_NAME L"\\Device\\KEcho"
#define KECHO_LINK_NAME L"\\DosDevices\\KEcho"

/* Out: KECHO_STATISTICS. */
#define IOCTL_KECHO_STATISTICS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)
/* In: ULONG milliseconds. Completes when they are over. */
#define IOCTL_KECHO_DELAY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Forgets messages that nobody has read. */
#define IOCTL_KECHO_FLUSH CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_WRITE_ACCESS)

typedef struct _KECHO_STATISTICS {
    ULONG MessagesWritten;
    ULONG MessagesRead;
    ULONG MessagesWaiting;
    ULONG BytesWaiting;
} KECHO_STATISTICS, *PKECHO_STATISTICS;

#endif
