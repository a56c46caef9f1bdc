/* Handlers of control codes. */
#ifndef STORPORT_DISK_IOCTL_H
#define STORPORT_DISK_IOCTL_H

#include "storport/disk_class.h"

/* buffer: in and out; *done: bytes of the answer. PASSIVE_LEVEL. */
typedef NTSTATUS disk_handler(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done);

/* disk_property.c, unit_property.c: IOCTL_STORAGE_QUERY_PROPERTY. A filler puts a descriptor at `to` (PROPERTY_MOST bytes, zeroed) and
 * answers its length; 0: there is no such property. */
#define PROPERTY_MOST 512u
typedef uint32_t property_filler(void *owner, STORAGE_PROPERTY_ID id, void *to);
NTSTATUS property_answer(property_filler *fill, void *owner, void *buffer, ULONG in, ULONG out, ULONG_PTR *done);
uint32_t unit_descriptor(struct unit *u, STORAGE_PROPERTY_ID id, void *to);
uint32_t adapter_descriptor(const struct adapter *a, void *to);
disk_handler disk_property;
/* pass_through.c: commands of the caller's own. */
typedef NTSTATUS unit_handler(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done);
unit_handler unit_pass_through, unit_pass_through_direct;
unit_handler unit_pass_through_ex, unit_pass_through_direct_ex;         /* pass_through_ex.c */
/* ata.c: ATA commands, by SCSI's ATA PASS-THROUGH, and SMART by the miniport's own control codes. */
unit_handler unit_ata_pass_through, unit_ata_pass_through_direct, unit_smart_version, unit_smart_send, unit_smart_receive;
/* reservation.c */
disk_handler disk_reserve_in, disk_reserve_out;
/* partition.c: the partition table. */
disk_handler disk_layout, disk_layout_old;
/* partition_write.c, partition_change.c: what changes it. */
disk_handler disk_set_layout, disk_set_layout_old, disk_create, disk_delete_layout, disk_grow_partition;
/* The partition that begins at offset. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER: it is of another style. */
NTSTATUS partition_set_info(struct disk *disk, LONGLONG offset, const SET_PARTITION_INFORMATION_EX *asked);
/* What there was before GPT; false: it cannot say this one. */
bool partition_old_info(const PARTITION_INFORMATION_EX *info, PARTITION_INFORMATION *old);
/* disk_medium.c: caches, media, failure prediction, reservations of the whole unit. */
disk_handler disk_get_cache, disk_set_cache, disk_media_types, disk_media_types_ex, disk_predict_failure, disk_reassign, disk_reassign_ex, disk_copy_data, disk_reserve,
    disk_unreserve;
/* disk_media.c */
disk_handler disk_media_removal, disk_eject, disk_load, disk_device_number_ex;
unit_handler unit_break_reservation;
void disk_number_ex(const struct disk *disk, ULONG partition, PSTORAGE_DEVICE_NUMBER_EX to);
/* data_set.c: IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES. */
disk_handler disk_manage_data_set;

/* Submits and waits. PASSIVE_LEVEL. */
NTSTATUS disk_wait(struct disk *disk, struct storport_io *io);
/* adapter_ioctl.c */
NTSTATUS adapter_miniport_ioctl(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done);
/* A handler of a unit for a disk's row. */
bool unit_control_of(ULONG code, unit_handler **handler, ULONG *in, ULONG *out);
/* A command that waits: SRB status as NTSTATUS; success, too, when the device answered with sense data. data: in RAM. PASSIVE_LEVEL. */
struct unit_command {
    const uint8_t *cdb;
    unsigned cdb_length;
    uint8_t direction;                  /* SCSI_IOCTL_DATA_* */
    void *data;
    uint32_t length, timeout;           /* bytes, then what was moved; seconds */
    void *second;                       /* what comes back of a command with data in both directions; in RAM */
    uint32_t second_length;
    uint8_t scsi_status, sense_length;  /* out; sense_length: room before */
    uint8_t *sense;
};
NTSTATUS unit_run(struct unit *u, struct unit_command *c);
NTSTATUS adapter_capabilities(struct adapter *a, void *buffer, ULONG out, ULONG_PTR *done);

#endif
