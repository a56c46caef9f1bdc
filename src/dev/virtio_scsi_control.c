/* The control and the event queue of virtio-scsi: task management functions, notifications, hot plug and changes (Virtual I/O Device
 * specification 1.2, "Device Operation: controlq" and "Device Operation: eventq"). */
#include <string.h>

#include "base/util.h"
#include "dev/virtio_scsi.h"

/* ---- control ---- */

static uint8_t manage_tasks(struct virtio_scsi *scsi, const struct vscsi_tmf *tmf)
{
    struct scsi_disk *unit = &scsi->unit;

    switch (tmf->subtype) {
    case VSCSI_TMF_ABORT_TASK:
        scsi_disk_abort(unit, tmf->id);
        return VSCSI_S_OK;
    case VSCSI_TMF_ABORT_TASK_SET:
    case VSCSI_TMF_CLEAR_TASK_SET:      /* of the one initiator */
        scsi_disk_abort_all(unit);
        return VSCSI_S_OK;
    case VSCSI_TMF_I_T_NEXUS_RESET:
        scsi_disk_reset(unit, ASC_NEXUS_LOSS);
        return VSCSI_S_OK;
    case VSCSI_TMF_LOGICAL_UNIT_RESET:
        scsi_disk_reset(unit, ASC_UNIT_RESET);
        return VSCSI_S_OK;
    case VSCSI_TMF_QUERY_TASK:
        return scsi_disk_has_task(unit, tmf->id) ? VSCSI_S_FUNCTION_SUCCEEDED : VSCSI_S_OK;
    case VSCSI_TMF_QUERY_TASK_SET:
        return !list_empty(&unit->tasks) ? VSCSI_S_FUNCTION_SUCCEEDED : VSCSI_S_OK;
    default:                            /* CLEAR ACA: there is none */
        return VSCSI_S_FUNCTION_REJECTED;
    }
}

static uint8_t task_management(struct virtio_scsi *scsi, const struct vscsi_tmf *tmf)
{
    enum scsi_address address;
    uint8_t response;

    if (!vscsi_address(scsi, tmf->lun, &address))
        return VSCSI_S_BAD_TARGET;
    if (tmf->subtype != VSCSI_TMF_I_T_NEXUS_RESET && address != SCSI_THE_DISK)
        return VSCSI_S_INCORRECT_LUN;
    response = manage_tasks(scsi, tmf);
    vscsi_publish_all(scsi);
    return response;
}

/* The disk has none of the events of physical interfaces. */
static uint8_t notifications(struct virtio_scsi *scsi, const struct vscsi_notification *asked)
{
    enum scsi_address address;

    if (!vscsi_address(scsi, asked->lun, &address))
        return VSCSI_S_BAD_TARGET;
    return address == SCSI_THE_DISK ? VSCSI_S_OK : VSCSI_S_INCORRECT_LUN;
}

static void put_front(const struct virtq_chain *chain, const void *from, uint32_t size)
{
    const uint8_t *at = from;

    for (int i = chain->out_count; size; i++) {
        uint32_t n = (uint32_t)min_u64(chain->parts[i].iov_len, size);

        memcpy(chain->parts[i].iov_base, at, n);
        at += n;
        size -= n;
    }
}

/* False: the buffer breaks the device. The chain is done with before any task ends: that may run other queues. */
static bool control(struct virtio_scsi *scsi, struct virtq *queue)
{
    struct virtq_chain chain = scsi->chain;
    union {
        uint32_t type;
        struct vscsi_tmf tmf;
        struct vscsi_notification notification;
    } asked = { 0 };
    uint8_t reply[5] = { 0 };
    uint32_t needed, replied = 1;
    unsigned life = scsi->lives;
    int first = 0;

    vscsi_take_front(chain.parts, &first, &asked, min_u64(chain.out_size, sizeof asked));
    needed = asked.type == VSCSI_T_TMF ? sizeof asked.tmf : asked.type <= VSCSI_T_AN_SUBSCRIBE ? sizeof asked.notification : 4;
    if (asked.type == VSCSI_T_AN_QUERY || asked.type == VSCSI_T_AN_SUBSCRIBE)
        replied = 5;
    if (chain.out_size < needed || chain.in_size < replied) {
        virtio_break(&scsi->virtio, "control queue: a buffer of %u and %u bytes is none of type %u", chain.out_size, chain.in_size, asked.type);
        return false;
    }
    if (asked.type == VSCSI_T_TMF)
        reply[0] = task_management(scsi, &asked.tmf);
    else if (replied == 5)
        reply[4] = notifications(scsi, &asked.notification);
    else
        reply[0] = VSCSI_S_FAILURE;
    if (life != scsi->lives || !queue->enabled || !virtio_running(&scsi->virtio))
        return false;                   /* what was published made the driver reset the device */
    put_front(&chain, reply, replied);
    virtq_push(queue, chain.head, replied);
    return true;
}

void vscsi_control_run(struct virtio_scsi *scsi)
{
    struct virtq *queue = &scsi->virtio.queues[VSCSI_CONTROL];

    scsi->control_due = scsi->running || scsi->controlling;
    if (scsi->control_due)
        return;
    scsi->controlling = true;
    do {
        scsi->control_due = false;
        while (queue->enabled && virtio_running(&scsi->virtio) && virtq_pop(queue, &scsi->chain) && control(scsi, queue))
            ;
        if (queue->enabled) {
            virtq_want_kicks(queue, true);
            virtq_publish(queue);
        }
    } while (queue->enabled && virtio_running(&scsi->virtio) && virtq_available(queue));
    scsi->controlling = false;
}

/* ---- events ---- */

static bool send(struct virtio_scsi *scsi, uint32_t type, uint32_t reason)
{
    struct virtq *queue = &scsi->virtio.queues[VSCSI_EVENT];
    struct vscsi_event event = { .event = type | (scsi->missed ? VSCSI_T_EVENTS_MISSED : 0), .lun = { 1, 0, 0x40, 0 }, .reason = reason };
    uint32_t size;

    if (!queue->enabled || !virtio_running(&scsi->virtio) || !virtq_pop(queue, &scsi->chain))
        return false;
    size = (uint32_t)min_u64(scsi->chain.in_size, sizeof event);
    if (size < sizeof event)            /* too short for any: it says so as far as it can */
        event = (struct vscsi_event){ .event = VSCSI_T_NO_EVENT | VSCSI_T_EVENTS_MISSED };
    put_front(&scsi->chain, &event, size);
    virtq_push(queue, scsi->chain.head, size);
    scsi->missed = size < sizeof event;
    virtq_publish(queue);
    return true;
}

void vscsi_event_run(struct virtio_scsi *scsi)
{
    if (scsi->missed)
        send(scsi, VSCSI_T_NO_EVENT, 0);
}

void vscsi_report(struct virtio_scsi *scsi, uint32_t event, uint32_t reason)
{
    if (virtio_running(&scsi->virtio) && !send(scsi, event, reason))
        scsi->missed = true;
}

void vscsi_set_target(struct virtio_scsi *scsi, bool present)
{
    if (present == scsi->unit.present)
        return;
    scsi_disk_power_on(&scsi->unit);
    scsi->unit.present = present;
    vscsi_publish_all(scsi);
    if (virtio_has(&scsi->virtio, VSCSI_F_HOTPLUG))
        vscsi_report(scsi, VSCSI_T_TRANSPORT_RESET, present ? VSCSI_EVT_RESET_RESCAN : VSCSI_EVT_RESET_REMOVED);
}

/* The reason has the additional sense code below its qualifier. */
void vscsi_set_blocks(struct virtio_scsi *scsi, uint64_t blocks)
{
    if (blocks == scsi->unit.blocks)
        return;
    scsi->unit.blocks = blocks;
    if (!scsi->unit.present)
        return;
    scsi->unit.attention = ASC_CAPACITY_CHANGED;
    if (virtio_has(&scsi->virtio, VSCSI_F_CHANGE))
        vscsi_report(scsi, VSCSI_T_PARAM_CHANGE, (uint16_t)(ASC_CAPACITY_CHANGED << 8 | ASC_CAPACITY_CHANGED >> 8));
}
