/* One buffer of a request queue: command and data out, answer and data in (Virtual I/O Device specification 1.2, "Device Operation: Request
 * Queues"). The driver may cut it into descriptors anywhere. */
#include <string.h>

#include "base/util.h"
#include "dev/virtio_scsi.h"

/* --- answers -------------------------------------------------------------------------------------------------------- */

static void publish(struct virtio_scsi *scsi, unsigned n)
{
    if (scsi->running & 1ull << n) {
        scsi->dirty |= 1ull << n;
        return;
    }
    scsi->dirty &= ~(1ull << n);
    if (virtio_running(&scsi->virtio))
        virtq_publish(&scsi->virtio.queues[VSCSI_REQUEST + n]);
}

void vscsi_publish_all(struct virtio_scsi *scsi)
{
    uint64_t dirty = scsi->dirty & ~scsi->running;

    for (; dirty; dirty &= dirty - 1)
        publish(scsi, (unsigned)__builtin_ctzll(dirty));
}

void vscsi_burst_end(void *card)
{
    struct virtio_scsi *scsi = card;

    if (!scsi->unit.draining)
        vscsi_publish_all(scsi);
}

/* Puts `size` bytes of `from`, or zeroes, at `offset` of the parts. */
static void put_answer(const struct vscsi_request *request, uint32_t offset, const void *from, uint32_t size)
{
    for (int i = 0; size; offset -= (uint32_t)min_u64(offset, request->answer[i++].iov_len)) {
        uint32_t n;

        if (offset >= request->answer[i].iov_len)
            continue;
        n = (uint32_t)min_u64(request->answer[i].iov_len - offset, size);
        if (from)
            memcpy((uint8_t *)request->answer[i].iov_base + offset, from, n);
        else
            memset((uint8_t *)request->answer[i].iov_base + offset, 0, n);
        from = from ? (const uint8_t *)from + n : NULL;
        size -= n;
        offset += n;
    }
}

static void answer(struct vscsi_request *request, uint8_t response)
{
    struct scsi_task *task = &request->task;
    struct virtio_scsi *scsi = request->scsi;
    uint32_t sense = (uint32_t)min_u64(response == VSCSI_S_OK ? task->sense_size : 0, request->sense_size);
    uint32_t moved = response == VSCSI_S_OK ? task->moved : 0, written = (uint32_t)sizeof(struct vscsi_answer) + request->sense_size;
    struct vscsi_answer head = { .sense_len = sense, .response = response };

    request->busy = false;
    if (scsi->stopping || !request->queue->enabled || !virtio_running(&scsi->virtio))
        return;
    head.status = response == VSCSI_S_OK ? task->status : 0;
    head.residual = task->in_size + task->out_size - moved;
    put_answer(request, 0, &head, sizeof head);
    put_answer(request, sizeof head, task->sense, sense);
    put_answer(request, (uint32_t)sizeof head + sense, NULL, request->sense_size - sense);
    virtq_push(request->queue, request->head, written + (task->in_size ? moved : 0));
    scsi->dirty |= 1ull << (request->queue->index - VSCSI_REQUEST);
}

static void task_done(struct scsi_task *task)
{
    static const uint8_t responses[] = {
        [SCSI_DONE] = VSCSI_S_OK, [SCSI_OVERRUN] = VSCSI_S_OVERRUN, [SCSI_ABORTED] = VSCSI_S_ABORTED, [SCSI_RESET] = VSCSI_S_RESET,
    };

    answer(container_of(task, struct vscsi_request, task), responses[task->end]);
}

/* --- requests --------------------------------------------------------------------------------------------------------- */

bool vscsi_address(const struct virtio_scsi *scsi, const uint8_t *lun, enum scsi_address *address)
{
    static const uint8_t report_luns[8] = { 0xC1, 0x01 };
    unsigned format = lun[2] >> 6, number = (unsigned)scsi_get(lun + 2, 2) & 0x3FFF;

    *address = SCSI_REPORT_LUNS_UNIT;
    if (memcmp(lun, report_luns, sizeof report_luns) == 0)
        return true;
    if (lun[0] != 1 || lun[1] != 0 || !scsi->unit.present)
        return false;
    if (scsi_get(lun + 2, 6) == 0xC10100000000)
        return true;
    *address = format <= 1 && number == 0 && scsi_get(lun + 4, 4) == 0 ? SCSI_THE_DISK : SCSI_NO_UNIT;
    return true;
}

void vscsi_take_front(struct iovec *parts, int *first, void *to, uint64_t size)
{
    for (uint8_t *at = to; size;) {
        struct iovec *part = &parts[*first];
        size_t n = min_u64(part->iov_len, size);

        if (at) {
            memcpy(at, part->iov_base, n);
            at += n;
        }
        part->iov_base = (uint8_t *)part->iov_base + n;
        part->iov_len -= n;
        size -= n;
        *first += !part->iov_len;
    }
}

/* The command and its CDB; what is longer than any CDB is passed over. */
static void take_command(struct vscsi_request *request, struct virtq_chain *chain, struct vscsi_command *command)
{
    struct virtio_scsi *scsi = request->scsi;
    struct scsi_task *task = &request->task;
    uint32_t cdb = (uint32_t)min_u64(scsi->cdb_size, SCSI_CDB_BYTES);
    int first = 0;

    vscsi_take_front(chain->parts, &first, command, sizeof *command);
    memset(task->cdb, 0, sizeof task->cdb);
    vscsi_take_front(chain->parts, &first, task->cdb, cdb);
    vscsi_take_front(chain->parts, &first, NULL, scsi->cdb_size - cdb);
    task->cdb_size = cdb;
    task->tag = command->id;
    task->out = request->all;
    task->out_count = chain->out_count - first;
    task->out_size = chain->out_size - (uint32_t)sizeof *command - scsi->cdb_size;
    memcpy(request->all, chain->parts + first, (size_t)task->out_count * sizeof *request->all);
}

/* Room for the answer in front, the rest is for data; a descriptor may be in both. */
static void take_answer(struct vscsi_request *request, struct virtq_chain *chain)
{
    struct scsi_task *task = &request->task;
    const struct iovec *in = chain->parts + chain->out_count, *end = in + chain->in_count;
    uint32_t need = (uint32_t)sizeof(struct vscsi_answer) + request->sense_size;
    struct iovec *to = request->all + task->out_count;
    size_t used = 0;

    request->answer = to;
    task->in_size = chain->in_size - need;
    for (; need; need -= (uint32_t)used) {
        used = min_u64(in->iov_len, need);
        *to++ = (struct iovec){ in->iov_base, used };
        in += used == in->iov_len;
    }
    request->answer_count = (int)(to - request->answer);
    task->in = to;
    if (task->in_size && used && in < end && to[-1].iov_base == in->iov_base) {
        *to++ = (struct iovec){ (uint8_t *)in->iov_base + used, in->iov_len - used };
        in++;
    }
    memcpy(to, in, (size_t)(end - in) * sizeof *in);
    task->in_count = (int)(to - task->in + (end - in));
}

static void start(struct vscsi_request *request, struct virtq_chain *chain)
{
    struct virtio_scsi *scsi = request->scsi;
    struct scsi_task *task = &request->task;
    struct vscsi_command command;
    enum scsi_address address;

    take_command(request, chain, &command);
    take_answer(request, chain);
    task->sense_size = 0;
    if (task->in_size && task->out_size)
        answer(request, VSCSI_S_FAILURE);           /* both ways: VIRTIO_SCSI_F_INOUT is not offered */
    else if (!vscsi_address(scsi, command.lun, &address))
        answer(request, VSCSI_S_BAD_TARGET);
    else
        scsi_disk_start(&scsi->unit, address, task);
}

/* False: the buffer breaks the device. */
static bool take(struct virtio_scsi *scsi, struct virtq *queue)
{
    struct virtq_chain *chain = &scsi->chain;
    struct vscsi_request *request = &scsi->requests[(queue->index - VSCSI_REQUEST) * scsi->ring + chain->head];

    if (chain->out_size < (uint64_t)sizeof(struct vscsi_command) + scsi->cdb_size ||
        chain->in_size < (uint64_t)sizeof(struct vscsi_answer) + scsi->sense_size) {
        virtio_break(&scsi->virtio, "queue %u: a buffer without room for a command (%u bytes of CDB) and its answer (%u of sense data)",
                     queue->index, scsi->cdb_size, scsi->sense_size);
        return false;
    }
    if (request->busy) {
        virtio_break(&scsi->virtio, "queue %u: buffer %u is offered while its request is under way", queue->index, chain->head);
        return false;
    }
    request->busy = true;
    request->queue = queue;
    request->head = chain->head;
    request->sense_size = scsi->sense_size;
    request->task.done = task_done;
    start(request, chain);
    return true;
}

/* An interrupt we cause may bring a notification while the queue runs: its buffers are seen by the loop that runs. */
void vscsi_queue_run(struct virtio_scsi *scsi, unsigned n)
{
    struct virtq *queue = &scsi->virtio.queues[VSCSI_REQUEST + n];
    uint64_t bit = 1ull << n;

    if (scsi->running & bit)
        return;
    do {
        scsi->running |= bit;
        scsi_disk_begin(&scsi->unit);
        while (queue->enabled && virtio_running(&scsi->virtio) && virtq_pop(queue, &scsi->chain) && take(scsi, queue))
            ;
        if (queue->enabled)
            virtq_want_kicks(queue, true);
        scsi_disk_commit(&scsi->unit);
        scsi->running &= ~bit;
        if (scsi->dirty & bit)
            publish(scsi, n);
    } while (queue->enabled && virtio_running(&scsi->virtio) && virtq_available(queue));
    if (scsi->control_due && !scsi->running)
        vscsi_control_run(scsi);
}
