/* What programs say to \\.\Warden. Text is ASCII. */
#ifndef WARDEN_IOCTL_H
#define WARDEN_IOCTL_H

/* In: a new policy, a rule a line (newline or semicolon); nothing: no rules, everything is permitted and logged. */
#define IOCTL_WARDEN_SET_POLICY CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* Out: the policy as text. */
#define IOCTL_WARDEN_GET_POLICY CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_BUFFERED, FILE_READ_ACCESS)
/* Out: WARDEN_COUNTERS. */
#define IOCTL_WARDEN_COUNTERS CTL_CODE(FILE_DEVICE_NETWORK, 0x802, METHOD_BUFFERED, FILE_READ_ACCESS)
/* Out: the connections that wait, a line each: number and what it is. */
#define IOCTL_WARDEN_PENDING CTL_CODE(FILE_DEVICE_NETWORK, 0x803, METHOD_BUFFERED, FILE_READ_ACCESS)
/* In: WARDEN_DECISION. STATUS_NOT_FOUND: nothing of that number waits. */
#define IOCTL_WARDEN_DECIDE CTL_CODE(FILE_DEVICE_NETWORK, 0x804, METHOD_BUFFERED, FILE_WRITE_ACCESS)

typedef struct _WARDEN_COUNTERS {
    ULONG Permitted, Blocked, Pended, Inspected;
} WARDEN_COUNTERS, *PWARDEN_COUNTERS;

typedef struct _WARDEN_DECISION {
    ULONG Number;
    ULONG Permit;                       /* 0: block */
} WARDEN_DECISION, *PWARDEN_DECISION;

#endif
