/* Where a command's data is: physical region page entries (NVM Express 1.4, chapter 4.3).
 *
 *  1. Only the first entry may begin inside a page, at a dword. The others begin pages.
 *  2. The second entry is data when what is left fits one page; else it points at a list, at a qword.
 *  3. The last entry of a list's page points at the next list, which begins a page, when more than one entry is still needed. So
 *     every list but the first brings data, and a list that points at itself ends with the command's length. */
#include <string.h>

#include "base/util.h"
#include "dev/nvme.h"

struct walk {
    struct nvme_request *request;
    struct iovec *parts;
    unsigned room;
    int count;
    uint64_t left, page;
};

static uint16_t add(struct walk *walk, uint64_t pa, uint64_t size)
{
    uint8_t *at = nvme_dma(walk->request->sq->nvme, pa, size);
    struct iovec *last = walk->count ? &walk->parts[walk->count - 1] : NULL;

    if (!at)
        return NVME_DATA_ERROR | NVME_DNR;
    walk->left -= size;
    if (last && (uint8_t *)last->iov_base + last->iov_len == at) {
        last->iov_len += size;
        return NVME_GOOD;
    }
    if ((unsigned)walk->count == walk->room)
        return NVME_INVALID_FIELD | NVME_DNR;
    walk->parts[walk->count++] = (struct iovec){ at, size };
    return NVME_GOOD;
}

static uint16_t add_page(struct walk *walk, uint64_t pa)
{
    if (pa & (walk->page - 1))
        return NVME_PRP_OFFSET | NVME_DNR;
    return add(walk, pa, min_u64(walk->left, walk->page));
}

static uint16_t add_list(struct walk *walk, uint64_t list)
{
    uint16_t status = list & 7 ? NVME_PRP_OFFSET | NVME_DNR : NVME_GOOD;

    while (!status && walk->left) {
        uint64_t in_page = (walk->page - (list & (walk->page - 1))) / 8, needed = (walk->left + walk->page - 1) / walk->page;
        uint64_t count = min_u64(in_page, needed), entry = 0;
        const uint8_t *at = nvme_dma(walk->request->sq->nvme, list, 8 * count);

        if (!at)
            return NVME_DATA_ERROR | NVME_DNR;
        for (uint64_t i = 0; i < count && !status; i++) {
            memcpy(&entry, at + 8 * i, sizeof entry);
            if (i + 1 == in_page && needed > in_page)
                break;
            status = add_page(walk, entry);
        }
        list = entry;
        if (!status && walk->left && list & (walk->page - 1))
            return NVME_PRP_OFFSET | NVME_DNR;
    }
    return status;
}

uint16_t nvme_map(struct nvme_request *request, uint64_t bytes, struct iovec *parts, unsigned room, int *count)
{
    struct walk walk = { .request = request, .parts = parts, .room = room, .left = bytes, .page = 1ull << request->sq->nvme->page_shift };
    uint64_t first, second;
    uint16_t status;

    memcpy(&first, &request->dw[NVME_PRP1], sizeof first);
    memcpy(&second, &request->dw[NVME_PRP2], sizeof second);
    if (first & 3)
        return NVME_PRP_OFFSET | NVME_DNR;
    status = add(&walk, first, min_u64(bytes, walk.page - (first & (walk.page - 1))));
    if (!status && walk.left)
        status = walk.left <= walk.page ? add_page(&walk, second) : add_list(&walk, second);
    *count = walk.count;
    return status;
}

static uint16_t move(struct nvme_request *request, uint8_t *own, uint64_t bytes, bool give)
{
    struct iovec parts[2];
    uint16_t status;
    int count;

    status = nvme_map(request, bytes, parts, countof(parts), &count);
    for (int i = 0; i < count && !status; own += parts[i++].iov_len) {
        if (give)
            memcpy(parts[i].iov_base, own, parts[i].iov_len);
        else
            memcpy(own, parts[i].iov_base, parts[i].iov_len);
    }
    return status;
}

uint16_t nvme_give(struct nvme_request *request, const void *from, uint64_t bytes)
{
    return bytes ? move(request, (uint8_t *)(uintptr_t)from, bytes, true) : NVME_GOOD;
}

uint16_t nvme_take(struct nvme_request *request, void *to, uint64_t bytes)
{
    return move(request, to, bytes, false);
}
