/* Queues: doorbells, commands fetched, answers posted (NVM Express 1.4, chapters 4.1, 4.6 and 4.13). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "dev/nvme.h"

bool nvme_can_run(const struct nvme *nvme)
{
    return (nvme->csts & (CSTS_READY | CSTS_FATAL)) == CSTS_READY && !nvme->device.gone && pci_bus_master(&nvme->device) &&
           !pci_power_state(&nvme->device);
}

/* --- life of queues ------------------------------------------------------------------------------------------------------ */

/* Event requests wait in the admin queue's pool without a place in the queue. */
static unsigned pool_size(unsigned id, unsigned size)
{
    return id ? size : size + NVME_EVENTS_MAX + 1;
}

bool nvme_make_sq(struct nvme *nvme, unsigned id, unsigned size, const void *entries, struct nvme_cq *cq)
{
    struct nvme_sq *sq = &nvme->sqs[id];
    unsigned count = pool_size(id, size);
    struct nvme_request *requests = calloc(count, sizeof *requests);

    if (!requests)
        return false;
    memset(sq, 0, sizeof *sq);
    sq->nvme = nvme;
    sq->exists = true;
    sq->id = id;
    sq->size = size;
    sq->entries = entries;
    sq->cq = cq;
    sq->requests = requests;
    list_init(&sq->free);
    for (unsigned i = 0; i < count; i++) {
        requests[i].sq = sq;
        requests[i].io.done = nvme_disk_done;
        list_push_back(&sq->free, &requests[i].link);
    }
    cq->users++;
    return true;
}

void nvme_make_cq(struct nvme *nvme, unsigned id, unsigned size, void *entries, unsigned vector, bool interrupts)
{
    struct nvme_cq *cq = &nvme->cqs[id];

    *cq = (struct nvme_cq){ .exists = true, .interrupts = interrupts, .phase = true, .id = id, .size = size, .vector = vector, .entries = entries };
    list_init(&cq->waiting);
}

/* Answers of the queue that found no room yet go with it. */
static void forget_answers(struct nvme_sq *sq)
{
    list_each_safe(it, &sq->cq->waiting)
        if (container_of(it, struct nvme_request, link)->sq == sq)
            list_remove(it);
}

void nvme_drop_sq(struct nvme_sq *sq)
{
    if (!sq->exists)
        return;
    forget_answers(sq);
    sq->cq->users--;
    sq->exists = false;
    sq->deleting = NULL;
    free(sq->requests);
    sq->requests = NULL;
}

void nvme_drop_cq(struct nvme_cq *cq)
{
    cq->exists = false;
}

void nvme_stop(struct nvme *nvme)
{
    nvme->stopping = true;
    for (unsigned i = 0; i < NVME_NAMESPACES; i++) {
        struct nvme_ns *ns = &nvme->namespaces[i];

        if (ns->disk)
            disk_drain(ns->disk);
        ns->formatting = false;
    }
    nvme->stopping = false;
    nvme->event_count = 0;
    nvme->formatter = NULL;
    for (unsigned i = 0; i < NVME_QUEUES_MAX; i++)
        nvme_drop_sq(&nvme->sqs[i]);
    for (unsigned i = 0; i < NVME_QUEUES_MAX; i++)
        nvme_drop_cq(&nvme->cqs[i]);
    nvme->queues_made = false;
    nvme_forget_interrupts(nvme);
}

/* --- answers ------------------------------------------------------------------------------------------------------------------ */

static bool is_full(const struct nvme_cq *cq)
{
    return (cq->tail + 1) % cq->size == cq->head;
}

static void recycle(struct nvme_request *request)
{
    struct nvme_sq *sq = request->sq;
    uint16_t cid = NVME_CID(request->dw[0]);

    if (request->named)
        sq->identifiers[cid / 64] &= ~(1ull << cid % 64);
    sq->outstanding--;
    list_push_back(&sq->free, &request->link);
}

static void note_error(struct nvme_request *request)
{
    struct nvme_error error = {
        .sqid = (uint16_t)request->sq->id, .cid = NVME_CID(request->dw[0]), .status = request->status, .parameter = 0xFFFF,
        .nsid = request->dw[NVME_NSID], .lba = request->ns ? request->dw[10] | (uint64_t)request->dw[11] << 32 : 0,
    };

    nvme_log_error(request->sq->nvme, &error);
    request->status |= NVME_MORE;
}

void nvme_complete(struct nvme_request *request, uint16_t status)
{
    struct nvme *nvme = request->sq->nvme;

    free(request->bounce);
    request->bounce = NULL;
    request->status = status;
    if (nvme->stopping) {
        recycle(request);
        return;
    }
    if (status) {
        nvme->stats.failed++;
        if ((status & NVME_STATUS_CODE) != NVME_ABORTED && (status & NVME_STATUS_CODE) != NVME_SQ_DELETED)
            note_error(request);
    }
    list_push_back(&request->sq->cq->waiting, &request->link);
}

static void post(struct nvme_cq *cq, const struct nvme_request *request)
{
    const struct nvme_sq *sq = request->sq;
    uint32_t entry[4] = { request->result, 0, sq->head | sq->id << 16,
                          NVME_CID(request->dw[0]) | (uint32_t)cq->phase << 16 | (uint32_t)request->status << 17 };

    memcpy(cq->entries + ((size_t)cq->tail << NVME_CQ_SHIFT), entry, sizeof entry);
    cq->tail = (cq->tail + 1) % cq->size;
    cq->phase ^= cq->tail == 0;
    cq->fresh++;
}

/* The last command of a queue that is being deleted is answered: so is the Delete command. */
static void finish_deletion(struct nvme_sq *sq)
{
    struct nvme_request *request = sq->deleting;

    nvme_drop_sq(sq);
    nvme_complete(request, NVME_GOOD);
}

/* From the last to the first: what this adds to the admin queue's answers is then still posted. */
static void post_all(struct nvme *nvme)
{
    for (unsigned i = NVME_QUEUES_MAX; i-- > 0 && nvme_can_run(nvme);) {
        struct nvme_cq *cq = &nvme->cqs[i];

        while (cq->exists && !is_full(cq) && !list_empty(&cq->waiting)) {
            struct nvme_request *request = list_first(&cq->waiting, struct nvme_request, link);
            struct nvme_sq *sq = request->sq;

            list_remove(&request->link);
            post(cq, request);
            recycle(request);
            if (sq->deleting && !sq->outstanding)
                finish_deletion(sq);
        }
    }
}

/* --- commands ------------------------------------------------------------------------------------------------------------------- */

static bool can_fetch(const struct nvme_sq *sq)
{
    return sq->exists && sq->head != sq->tail && !sq->deleting && !list_empty(&sq->free) && !is_full(sq->cq);
}

static void take(struct nvme_sq *sq)
{
    struct nvme_request *request = list_first(&sq->free, struct nvme_request, link);
    uint64_t bit;
    uint16_t cid;

    list_remove(&request->link);
    memcpy(request->dw, sq->entries + ((size_t)sq->head << NVME_SQ_SHIFT), sizeof request->dw);
    sq->head = (sq->head + 1) % sq->size;
    sq->outstanding++;
    request->ns = NULL;
    request->result = 0;
    request->step = request->steps = 0;
    cid = NVME_CID(request->dw[0]);
    bit = 1ull << cid % 64;
    request->named = !(sq->identifiers[cid / 64] & bit);
    if (!request->named) {
        log_warn("nvme", "queue %u: identifier %u is that of a command under way", sq->id, cid);
        nvme_complete(request, NVME_ID_CONFLICT | NVME_DNR);
        return;
    }
    sq->identifiers[cid / 64] |= bit;
    if (NVME_FUSE(request->dw[0]) || NVME_PSDT(request->dw[0]))
        nvme_complete(request, NVME_INVALID_FIELD | NVME_DNR);      /* neither fused operations nor SGLs */
    else if (sq->id)
        nvme_io(request);
    else
        nvme_admin(request);
}

/* Round robin, a burst of each queue at a time. */
static void fetch_all(struct nvme *nvme)
{
    unsigned shift = nvme->features.arbitration & 7, burst = shift == 7 ? UINT32_MAX : 1u << shift;
    bool more = true;

    while (more) {
        more = false;
        for (unsigned i = 0; i < NVME_QUEUES_MAX; i++) {
            struct nvme_sq *sq = &nvme->sqs[i];

            for (unsigned n = 0; n < burst && nvme_can_run(nvme) && can_fetch(sq); n++)
                take(sq);
            more |= nvme_can_run(nvme) && can_fetch(sq);
        }
    }
}

static void flush_queues(struct nvme *nvme)
{
    for (unsigned i = 0; i < nvme->namespace_count; i++)
        if (nvme->namespaces[i].disk)
            disk_flush_queue(nvme->namespaces[i].disk);
}

/* --- the loop --------------------------------------------------------------------------------------------------------------------- */

static bool work_left(const struct nvme *nvme)
{
    if (!nvme_can_run(nvme))
        return false;
    for (unsigned i = 0; i < NVME_QUEUES_MAX; i++) {
        const struct nvme_cq *cq = &nvme->cqs[i];

        if (can_fetch(&nvme->sqs[i]) || (cq->exists && !list_empty(&cq->waiting) && !is_full(cq)))
            return true;
    }
    return false;
}

void nvme_run(struct nvme *nvme)
{
    if (nvme->running || nvme->stopping)
        return;
    do {
        nvme->running = true;
        fetch_all(nvme);
        flush_queues(nvme);
        post_all(nvme);
        nvme->running = false;
        nvme_interrupt(nvme);
    } while (!nvme->running && work_left(nvme));
}

void nvme_burst_end(void *card)
{
    nvme_run(card);
}

/* --- doorbells ---------------------------------------------------------------------------------------------------------------------- */

static void bad_doorbell(struct nvme *nvme, enum nvme_event event, unsigned offset, uint32_t value)
{
    struct nvme_error error = { .sqid = 0xFFFF, .cid = 0xFFFF, .parameter = 0xFFFF };

    log_warn("nvme", "doorbell 0x%x: %s (0x%x)", offset, event == NVME_EVENT_VALUE ? "no such place in the queue" : "there is no such queue", value);
    nvme_log_error(nvme, &error);
    nvme_event(nvme, event);
    nvme_run(nvme);
}

/* Entries between head and tail are the ones a driver may take. */
static bool acknowledges(const struct nvme_cq *cq, uint32_t head)
{
    return head < cq->size && (head + cq->size - cq->head) % cq->size <= (cq->tail + cq->size - cq->head) % cq->size;
}

void nvme_doorbell(struct nvme *nvme, unsigned offset, uint32_t value)
{
    unsigned id = offset / 8;
    bool completion = offset & 4;
    struct nvme_sq *sq;
    struct nvme_cq *cq;

    if (!(nvme->csts & CSTS_READY))
        return;
    value &= 0xFFFF;
    nvme->stats.doorbells += !completion;
    sq = id < NVME_QUEUES_MAX ? &nvme->sqs[id] : NULL;
    cq = id < NVME_QUEUES_MAX ? &nvme->cqs[id] : NULL;
    if (!sq || (completion ? !cq->exists : !sq->exists || sq->deleting)) {
        bad_doorbell(nvme, NVME_EVENT_REGISTER, offset, value);
        return;
    }
    if (completion ? !acknowledges(cq, value) : value >= sq->size) {
        bad_doorbell(nvme, NVME_EVENT_VALUE, offset, value);
        return;
    }
    if (completion) {
        cq->head = value;
        nvme_update_line(nvme);
    } else {
        sq->tail = value;
    }
    nvme_run(nvme);
}
