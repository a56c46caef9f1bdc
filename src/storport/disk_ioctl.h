/* Handlers of control codes. */
#ifndef STORPORT_DISK_IOCTL_H
#define STORPORT_DISK_IOCTL_H

#include "storport/disk_class.h"

/* buffer: in and out; *done: bytes of the answer. PASSIVE_LEVEL. */
typedef NTSTATUS disk_handler(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done);

/* disk_property.c: IOCTL_STORAGE_QUERY_PROPERTY. */
disk_handler disk_property;
/* pass_through.c: commands of the caller's own, and reservations. */
disk_handler disk_pass_through, disk_pass_through_direct, disk_reserve_in, disk_reserve_out;
/* partition.c: IOCTL_DISK_GET_DRIVE_LAYOUT_EX. */
disk_handler disk_layout;

/* Submits and waits. PASSIVE_LEVEL. */
NTSTATUS disk_wait(struct disk *disk, struct storport_io *io);
/* adapter_ioctl.c */
NTSTATUS adapter_miniport_ioctl(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done);
NTSTATUS adapter_capabilities(struct adapter *a, void *buffer, ULONG out, ULONG_PTR *done);

#endif
