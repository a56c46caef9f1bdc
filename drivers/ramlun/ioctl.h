/* Control codes of ramlun inside an SRB_IO_CONTROL, for IOCTL_SCSI_MINIPORT on \\.\ScsiN:. */
#ifndef RAMLUN_IOCTL_H
#define RAMLUN_IOCTL_H

#define RAMLUN_SIGNATURE "RAMLUN  "             /* 8 bytes, without the end of the string */

#define RAMLUN_CONTROL_ADD 1                    /* Megabytes in; Lun out */
#define RAMLUN_CONTROL_REMOVE 2                 /* Lun in */
#define RAMLUN_CONTROL_QUERY 3                  /* Lun in; Megabytes and Allocated out */

/* SRB_IO_CONTROL.ReturnCode */
#define RAMLUN_RETURN_SUCCESS 0
#define RAMLUN_RETURN_NO_SUCH_LUN 1
#define RAMLUN_RETURN_NO_ROOM 2
#define RAMLUN_RETURN_INVALID 3

typedef struct _RAMLUN_CONTROL {
    SRB_IO_CONTROL Header;
    ULONG Lun;
    ULONG Megabytes;
    ULONGLONG Allocated;                        /* bytes of pool */
} RAMLUN_CONTROL, *PRAMLUN_CONTROL;

#endif
