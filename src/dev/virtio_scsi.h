/* virtio-scsi's parts: virtio_scsi.c (features, configuration, life, what happens by itself), virtio_scsi_request.c (commands),
 * virtio_scsi_control.c (task management, events). One target, 0, with one logical unit, 0: a scsi_disk.
 *
 *  1. A request is a slot of its queue, found by the head of its chain. A head that is offered again while its request is under
 *     way breaks the device.
 *  2. Answers that come while the queue is being run are published when the run ends, others at the disk's burst end; never while the
 *     unit drains.
 *  3. A task management function is answered after the tasks it ended have been published. It does not run inside a run of
 *     a request queue: it waits for its end.
 *  4. After a reset nothing of an earlier request touches memory: stop drains the disk first. */
#ifndef DEV_VIRTIO_SCSI_H
#define DEV_VIRTIO_SCSI_H

#include "dev/scsi_disk.h"
#include "dev/virtio.h"

#define VSCSI_F_INOUT (1ull << 0)
#define VSCSI_F_HOTPLUG (1ull << 1)
#define VSCSI_F_CHANGE (1ull << 2)

#define VSCSI_CONFIG_BYTES 36u
#define VSCSI_CONFIG_SENSE_SIZE 20u     /* offsets of what the driver may write */
#define VSCSI_CONFIG_CDB_SIZE 24u
#define VSCSI_SENSE_DEFAULT 96u
#define VSCSI_CDB_DEFAULT 32u

#define VSCSI_CONTROL 0u                /* queues */
#define VSCSI_EVENT 1u
#define VSCSI_REQUEST 2u                /* and the following */
#define VSCSI_QUEUES_MAX 64u
#define VSCSI_RING_MAX 256u

#define VSCSI_S_OK 0u                   /* response; of a task management function: complete */
#define VSCSI_S_OVERRUN 1u
#define VSCSI_S_ABORTED 2u
#define VSCSI_S_BAD_TARGET 3u
#define VSCSI_S_RESET 4u
#define VSCSI_S_FAILURE 9u
#define VSCSI_S_FUNCTION_SUCCEEDED 10u
#define VSCSI_S_FUNCTION_REJECTED 11u
#define VSCSI_S_INCORRECT_LUN 12u

#define VSCSI_T_TMF 0u                  /* type in the control queue */
#define VSCSI_T_AN_QUERY 1u
#define VSCSI_T_AN_SUBSCRIBE 2u

#define VSCSI_TMF_ABORT_TASK 0u
#define VSCSI_TMF_ABORT_TASK_SET 1u
#define VSCSI_TMF_CLEAR_ACA 2u
#define VSCSI_TMF_CLEAR_TASK_SET 3u
#define VSCSI_TMF_I_T_NEXUS_RESET 4u
#define VSCSI_TMF_LOGICAL_UNIT_RESET 5u
#define VSCSI_TMF_QUERY_TASK 6u
#define VSCSI_TMF_QUERY_TASK_SET 7u

#define VSCSI_T_EVENTS_MISSED 0x80000000u
#define VSCSI_T_NO_EVENT 0u
#define VSCSI_T_TRANSPORT_RESET 1u
#define VSCSI_T_PARAM_CHANGE 3u
#define VSCSI_EVT_RESET_RESCAN 1u
#define VSCSI_EVT_RESET_REMOVED 2u

struct __attribute__((packed, may_alias)) vscsi_command {
    uint8_t lun[8];
    uint64_t id;
    uint8_t task_attr, prio, crn;       /* then cdb[cdb_size], data */
};

struct __attribute__((packed, may_alias)) vscsi_answer {
    uint32_t sense_len, residual;
    uint16_t status_qualifier;
    uint8_t status, response;           /* then sense[sense_size], data */
};

struct __attribute__((packed, may_alias)) vscsi_tmf {
    uint32_t type, subtype;
    uint8_t lun[8];
    uint64_t id;
};

struct __attribute__((packed, may_alias)) vscsi_notification {
    uint32_t type;
    uint8_t lun[8];
    uint32_t event_requested;
};

struct __attribute__((packed, may_alias)) vscsi_event {
    uint32_t event;
    uint8_t lun[8];
    uint32_t reason;
};

struct vscsi_request {
    struct scsi_task task;              /* first */
    struct virtio_scsi *scsi;
    struct virtq *queue;
    uint16_t head;
    bool busy;
    uint32_t sense_size;                /* as the configuration had it when the request came */
    int answer_count;                   /* parts of the answer and its sense data; they are before task.in */
    struct iovec *all;                  /* ring + 1: out, answer, in */
    struct iovec *answer;
};

/* What happens to the target by itself, for the event queue. */
enum vscsi_change { VSCSI_APPEARS, VSCSI_LEAVES, VSCSI_GROWS, VSCSI_CHANGES };

struct vscsi_timer {
    struct clock_timer timer;
    struct virtio_scsi *scsi;
    uint64_t after_ns;                  /* 0: never */
};

struct virtio_scsi {
    struct virtio virtio;               /* first */
    struct disk *disk;
    struct scsi_disk unit;
    unsigned queue_count, ring;         /* request queues; entries of each queue */
    uint32_t sense_size, cdb_size;
    bool stopping, controlling, control_due, missed;
    unsigned lives;                     /* how often it was reset */
    uint64_t running, dirty;            /* request queues: in vscsi_queue_run; with answers to publish */
    struct vscsi_request *requests;     /* queue * ring + head */
    struct iovec *parts;                /* of all requests */
    struct vscsi_timer timers[VSCSI_CHANGES];
    uint64_t whole;                     /* blocks of the disk, with `grows` */
    struct virtq_chain chain;           /* scratch */
};

static inline struct virtio_scsi *vscsi_of(struct virtio *virtio)
{
    return container_of(virtio, struct virtio_scsi, virtio);
}

/* Takes what the driver made available in request queue n (0 is the first). */
void vscsi_queue_run(struct virtio_scsi *scsi, unsigned n);
/* disk.burst_end. */
void vscsi_burst_end(void *card);
/* Everything that is answered and not published yet. */
void vscsi_publish_all(struct virtio_scsi *scsi);
/* Whom the 8 bytes address. False: a target that does not exist. */
bool vscsi_address(const struct virtio_scsi *scsi, const uint8_t *lun, enum scsi_address *address);
/* Copies from the front of the parts, from `*first` on, and takes it off them. The caller knows that it is there. */
void vscsi_take_front(struct iovec *parts, int *first, void *to, uint64_t size);

void vscsi_control_run(struct virtio_scsi *scsi);
/* The driver gave buffers for events: those that were lost are reported. */
void vscsi_event_run(struct virtio_scsi *scsi);
/* An event about the logical unit; remembered as lost when there is no buffer. */
void vscsi_report(struct virtio_scsi *scsi, uint32_t event, uint32_t reason);

/* The target appears or goes, as if by hot plug; the unit gets larger. What the driver may not know of is not reported as an event. */
void vscsi_set_target(struct virtio_scsi *scsi, bool present);
void vscsi_set_blocks(struct virtio_scsi *scsi, uint64_t blocks);

#endif
