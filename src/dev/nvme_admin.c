/* Admin commands: queues made and deleted, Abort; the others have files of their own (NVM Express 1.4, chapter 5). */
#include "base/log.h"
#include "base/util.h"
#include "dev/nvme.h"

static void refuse(struct nvme_request *request, enum nvme_status status)
{
    nvme_complete(request, (uint16_t)(status | NVME_DNR));
}

static uint64_t prp1(const struct nvme_request *request)
{
    return request->dw[NVME_PRP1] | (uint64_t)request->dw[NVME_PRP1 + 1] << 32;
}

struct nvme_ns *nvme_namespace(struct nvme *nvme, uint32_t id, uint16_t *status)
{
    if (!id || id > nvme->namespace_count)
        *status = NVME_INVALID_NAMESPACE | NVME_DNR;
    else if (!nvme->namespaces[id - 1].disk)
        *status = NVME_INVALID_FIELD | NVME_DNR;        /* valid, but not active */
    else
        return &nvme->namespaces[id - 1];
    return NULL;
}

/* --- queues --------------------------------------------------------------------------------------------------------------------- */

/* Memory of a queue of `size` entries, or NULL: the command has been answered. */
static void *queue_memory(struct nvme_request *request, unsigned size, unsigned shift)
{
    struct nvme *nvme = request->sq->nvme;
    uint64_t pa = prp1(request);
    void *entries;

    if (!(request->dw[11] & 1)) {
        refuse(request, NVME_INVALID_FIELD);            /* CAP.CQR: contiguous only */
        return NULL;
    }
    if (pa & ((1ull << nvme->page_shift) - 1)) {
        refuse(request, NVME_PRP_OFFSET);
        return NULL;
    }
    entries = nvme_dma(nvme, pa, (uint64_t)size << shift);
    if (!entries) {
        log_warn("nvme", "queue %u is not in memory", request->dw[10] & 0xFFFF);
        refuse(request, NVME_INVALID_FIELD);
    }
    return entries;
}

/* Identifier and size of a queue to be made; false: the command has been answered. */
static bool check_queue(struct nvme_request *request, bool exists, unsigned entry, unsigned shift)
{
    const struct nvme *nvme = request->sq->nvme;
    unsigned id = request->dw[10] & 0xFFFF, size = (request->dw[10] >> 16) + 1;

    if (!id || id >= nvme->queue_count || exists)
        refuse(request, NVME_QUEUE_ID);
    else if (size < 2 || size > nvme->entries_max)
        refuse(request, NVME_QUEUE_SIZE);
    else if (entry != shift) {
        log_warn("nvme", "CC has entries of 2^%u bytes, the NVM command set has 2^%u", entry, shift);
        refuse(request, NVME_QUEUE_SIZE);
    } else
        return true;
    return false;
}

static bool queue_exists(const struct nvme *nvme, unsigned id, bool completion)
{
    return id < NVME_QUEUES_MAX && (completion ? nvme->cqs[id].exists : nvme->sqs[id].exists);
}

static void create_cq(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    unsigned id = request->dw[10] & 0xFFFF, size = (request->dw[10] >> 16) + 1, vector = request->dw[11] >> 16;
    bool line = !nvme->msix.count && !nvme->msi.count;
    void *entries;

    if (!check_queue(request, queue_exists(nvme, id, true), CC_CQ_ENTRY(nvme->cc), NVME_CQ_SHIFT))
        return;
    if (vector >= (line ? 1 : nvme->queue_count)) {
        refuse(request, NVME_VECTOR);
        return;
    }
    entries = queue_memory(request, size, NVME_CQ_SHIFT);
    if (!entries)
        return;
    nvme_make_cq(nvme, id, size, entries, vector, request->dw[11] & 2);
    nvme->queues_made = true;
    nvme_complete(request, NVME_GOOD);
}

static void create_sq(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    unsigned id = request->dw[10] & 0xFFFF, size = (request->dw[10] >> 16) + 1, cq = request->dw[11] >> 16;
    void *entries;

    if (!check_queue(request, queue_exists(nvme, id, false), CC_SQ_ENTRY(nvme->cc), NVME_SQ_SHIFT))
        return;
    if (!cq || cq >= nvme->queue_count) {
        refuse(request, NVME_QUEUE_ID);
        return;
    }
    if (!nvme->cqs[cq].exists) {
        refuse(request, NVME_CQ_INVALID);
        return;
    }
    entries = queue_memory(request, size, NVME_SQ_SHIFT);
    if (!entries)
        return;
    if (!nvme_make_sq(nvme, id, size, entries, &nvme->cqs[cq])) {
        nvme_complete(request, NVME_INTERNAL);
        return;
    }
    nvme->queues_made = true;
    nvme_complete(request, NVME_GOOD);
}

static void delete_cq(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    unsigned id = request->dw[10] & 0xFFFF;

    if (!id || !queue_exists(nvme, id, true)) {
        refuse(request, NVME_QUEUE_ID);
        return;
    }
    if (nvme->cqs[id].users) {
        refuse(request, NVME_QUEUE_DELETION);
        return;
    }
    nvme_drop_cq(&nvme->cqs[id]);
    nvme_update_line(nvme);
    nvme_complete(request, NVME_GOOD);
}

/* Commands that were fetched end by themselves; those that were not are forgotten. */
static void delete_sq(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    unsigned id = request->dw[10] & 0xFFFF;
    struct nvme_sq *sq;

    if (!id || !queue_exists(nvme, id, false) || nvme->sqs[id].deleting) {
        refuse(request, NVME_QUEUE_ID);
        return;
    }
    sq = &nvme->sqs[id];
    if (sq->outstanding) {
        sq->deleting = request;
        return;
    }
    nvme_drop_sq(sq);
    nvme_complete(request, NVME_GOOD);
}

/* --- abort ------------------------------------------------------------------------------------------------------------------------ */

/* A command is with the disk, which cannot be asked to stop; only an event request can be had back. */
static void abort_command(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    unsigned sqid = request->dw[10] & 0xFFFF;
    uint16_t cid = (uint16_t)(request->dw[10] >> 16);

    request->result = 1;                /* not aborted */
    for (unsigned i = 0; i < nvme->event_count && !sqid; i++) {
        struct nvme_request *event = nvme->event_requests[i];

        if (NVME_CID(event->dw[0]) != cid)
            continue;
        nvme->event_requests[i] = nvme->event_requests[--nvme->event_count];
        nvme_complete(event, NVME_ABORTED);
        request->result = 0;
        break;
    }
    nvme_complete(request, NVME_GOOD);
}

void nvme_admin(struct nvme_request *request)
{
    switch (NVME_OPCODE(request->dw[0])) {
    case ADMIN_DELETE_SQ: delete_sq(request); break;
    case ADMIN_CREATE_SQ: create_sq(request); break;
    case ADMIN_GET_LOG: nvme_get_log(request); break;
    case ADMIN_DELETE_CQ: delete_cq(request); break;
    case ADMIN_CREATE_CQ: create_cq(request); break;
    case ADMIN_IDENTIFY: nvme_identify(request); break;
    case ADMIN_ABORT: abort_command(request); break;
    case ADMIN_SET_FEATURES: nvme_set_features(request); break;
    case ADMIN_GET_FEATURES: nvme_get_features(request); break;
    case ADMIN_EVENT: nvme_event_request(request); break;
    case ADMIN_FORMAT: nvme_format(request); break;
    default: refuse(request, NVME_INVALID_OPCODE); break;
    }
}
