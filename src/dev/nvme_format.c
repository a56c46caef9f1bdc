/* Format NVM (NVM Express 1.4, chapter 5.23): the one format there is, user data erased by zeroes on the medium. */
#include "base/util.h"
#include "dev/nvme.h"

#define PIECE (64ull << 20)             /* bytes zeroed by one request to a disk */

static void finish(struct nvme_request *request, uint16_t status)
{
    struct nvme *nvme = request->sq->nvme;

    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        nvme->namespaces[i].formatting = false;
    nvme->formatter = NULL;
    nvme_complete(request, status);
}

/* The next namespace that is to be formatted, from the request's own on. */
static struct nvme_ns *next_namespace(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;

    for (; request->step < nvme->namespace_count; request->step++)
        if (nvme->namespaces[request->step].formatting)
            return &nvme->namespaces[request->step];
    return NULL;
}

/* Prepares the next piece; false: there is none, the command has been answered. */
static bool zero_next(struct nvme_request *request)
{
    struct nvme_ns *ns = next_namespace(request);
    uint64_t from;

    if (!ns) {
        finish(request, NVME_GOOD);
        return false;
    }
    from = ns == request->ns ? request->io.offset + request->io.length : 0;
    request->ns = ns;
    request->io.op = DISK_WRITE_ZEROES;
    request->io.unmap = request->io.fua = true;
    request->io.offset = from;
    request->io.length = min_u64(PIECE, ns->disk->size - from);
    return true;
}

bool nvme_format_step(struct nvme_request *request, uint16_t status)
{
    struct nvme_ns *ns = request->ns;

    if (status || request->sq->nvme->stopping) {
        finish(request, status);
        return false;
    }
    if (request->io.offset + request->io.length == ns->disk->size) {
        ns->formatting = false;
        request->ns = NULL;
    }
    return zero_next(request);
}

static bool mark(struct nvme_request *request, uint32_t id, uint16_t *status)
{
    struct nvme *nvme = request->sq->nvme;
    struct nvme_ns *ns = nvme_namespace(nvme, id, status);

    if (!ns)
        return false;
    if (ns->disk->read_only) {
        *status = NVME_WRITE_PROTECTED | NVME_DNR;
        return false;
    }
    ns->formatting = true;
    return true;
}

void nvme_format(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    uint32_t what = request->dw[10], id = request->dw[NVME_NSID];
    uint16_t status = NVME_INVALID_NAMESPACE | NVME_DNR;
    bool any = false;

    if (nvme->formatter) {
        nvme_complete(request, NVME_FORMATTING);
        return;
    }
    if (what & 0x0F || what >> 4 & 0x1F) {              /* another format, metadata or protection information */
        nvme_complete(request, NVME_FORMAT_INVALID | NVME_DNR);
        return;
    }
    if ((what >> 9 & 7) > 1) {                          /* nothing, or an erasure of user data */
        nvme_complete(request, NVME_INVALID_FIELD | NVME_DNR);
        return;
    }
    for (unsigned i = 0; i < nvme->namespace_count; i++)
        if (id == i + 1 || (id == NVME_ALL_NAMESPACES && nvme->namespaces[i].disk))
            any |= mark(request, i + 1, &status);
    if (!any) {
        nvme_complete(request, status);
        return;
    }
    nvme->formatter = request;
    request->ns = NULL;
    if (zero_next(request))
        nvme_drive(request);
}
