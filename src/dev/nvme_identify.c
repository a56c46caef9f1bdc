/* Identify: what the controller and its namespaces say of themselves (NVM Express 1.4, chapter 5.15). */
#include <stdio.h>
#include <string.h>

#include "dev/nvme.h"

#define BLOCK 4096u
#define OACS_FORMAT 0x0002u
#define ONCS_COMPARE 0x0001u
#define ONCS_DATASET 0x0004u
#define ONCS_ZEROES 0x0008u
#define ONCS_SELECT 0x0010u
#define ONCS_TIMESTAMP 0x0040u
#define OUI "\x00\x54\x52"              /* a locally administered vendor, as in 52:54:00, low byte first */

uint64_t nvme_blocks(const struct nvme_ns *ns)
{
    return ns->disk->size / ns->disk->block_size;
}

bool nvme_has_cache(const struct nvme *nvme)
{
    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        if (nvme->namespaces[i].disk && nvme->namespaces[i].disk->volatile_cache)
            return true;
    return false;
}

static void put(uint8_t *block, unsigned at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        block[at + i] = (uint8_t)(value >> (8 * i));
}

static void text(uint8_t *block, unsigned at, unsigned bytes, const char *from)
{
    memset(block + at, ' ', bytes);
    memcpy(block + at, from, strlen(from));
}

static uint64_t capacity(const struct nvme *nvme)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        bytes += nvme->namespaces[i].disk ? nvme->namespaces[i].disk->size : 0;
    return bytes;
}

/* As unique as serial numbers are. */
static uint64_t unique(const char *serial, unsigned id)
{
    uint64_t hash = 14695981039346656037ull;

    for (const char *at = serial; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 1099511628211ull;
    return (hash ^ id) * 1099511628211ull;
}

static void controller(const struct nvme *nvme, uint8_t *block)
{
    put(block, 0, 2, pci_get16(&nvme->device, 0x00));
    put(block, 2, 2, pci_get16(&nvme->device, 0x2C));
    text(block, 4, 20, nvme->serial);
    text(block, 24, 40, "ring3 NVMe disk");
    text(block, 64, 8, "1.0");
    block[72] = 3;                      /* arbitration burst: 8 commands */
    memcpy(block + 73, OUI, 3);
    block[77] = NVME_MDTS;
    put(block, 80, 4, NVME_VERSION);
    put(block, 84, 4, 1000);            /* microseconds into D3 and out of it */
    put(block, 88, 4, 1000);
    put(block, 92, 4, NVME_EVENT_NOTICE_NAMESPACES);
    block[111] = 1;                     /* an I/O controller */
    put(block, 256, 2, OACS_FORMAT);
    block[258] = 3;                     /* four aborts at once */
    block[259] = NVME_EVENTS_MAX - 1;
    block[260] = 0x03;                  /* one firmware slot, read only */
    block[261] = 0x07;                  /* health by namespace, effects, offsets into logs */
    block[262] = NVME_ERRORS - 1;
    put(block, 266, 2, 343);            /* warning and critical temperature */
    put(block, 268, 2, 373);
    put(block, 280, 8, capacity(nvme));
    block[512] = NVME_SQ_SHIFT << 4 | NVME_SQ_SHIFT;
    block[513] = NVME_CQ_SHIFT << 4 | NVME_CQ_SHIFT;
    put(block, 516, 4, nvme->namespace_count);
    put(block, 520, 2, ONCS_COMPARE | ONCS_DATASET | ONCS_ZEROES | ONCS_SELECT | ONCS_TIMESTAMP);
    block[525] = nvme_has_cache(nvme) ? 0x07 : 0x06;    /* a flush may mean every namespace */
    snprintf((char *)block + 768, 256, "nqn.2014-08.org.nvmexpress:uuid:72696e67-3300-4000-8000-%012llx",
             (unsigned long long)unique(nvme->serial, 0) & 0xFFFFFFFFFFFFull);
    put(block, 2048, 2, 2500);          /* power state 0: 25 W */
}

/* Big endian: a locally administered vendor's identifier, then ours. */
static void eui64(const struct nvme_ns *ns, uint8_t *to)
{
    uint64_t id = unique(ns->nvme->serial, ns->id);

    memcpy(to, "\x52\x54\x00", 3);
    for (unsigned i = 0; i < 5; i++)
        to[3 + i] = (uint8_t)(id >> (32 - 8 * i));
}

static void name_space(const struct nvme_ns *ns, uint8_t *block)
{
    put(block, 0, 8, nvme_blocks(ns));
    put(block, 8, 8, nvme_blocks(ns));
    put(block, 16, 8, nvme_blocks(ns));
    block[33] = 0x08;                   /* Write Zeroes may deallocate; what a deallocated block reads is not said */
    put(block, 48, 8, ns->disk->size);
    block[99] = ns->disk->read_only;
    eui64(ns, block + 120);
    block[130] = (uint8_t)__builtin_ctz(ns->disk->block_size);  /* format 0, no metadata */
}

static uint16_t active_list(const struct nvme *nvme, uint32_t after, uint8_t *block)
{
    unsigned at = 0;

    if (after >= NVME_ALL_NAMESPACES - 1)
        return NVME_INVALID_NAMESPACE | NVME_DNR;
    for (unsigned i = 0; i < nvme->namespace_count; i++)
        if (nvme->namespaces[i].disk && i + 1 > after) {
            put(block, at, 4, i + 1);
            at += 4;
        }
    return NVME_GOOD;
}

static uint16_t descriptors(struct nvme *nvme, uint32_t id, uint8_t *block)
{
    uint16_t status = NVME_GOOD;
    const struct nvme_ns *ns = nvme_namespace(nvme, id, &status);

    if (!ns)
        return status;
    block[0] = 1;                       /* EUI64 */
    block[1] = 8;
    eui64(ns, block + 4);
    return NVME_GOOD;
}

static uint16_t one_namespace(struct nvme *nvme, uint32_t id, uint8_t *block)
{
    uint16_t status = NVME_GOOD;
    const struct nvme_ns *ns = nvme_namespace(nvme, id, &status);

    if (ns)
        name_space(ns, block);
    else if (id && id <= nvme->namespace_count)
        status = NVME_GOOD;             /* not active: all zero */
    return status;
}

void nvme_identify(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    uint32_t id = request->dw[NVME_NSID];
    uint8_t *block = nvme->scratch;
    uint16_t status = NVME_GOOD;

    memset(block, 0, BLOCK);
    switch (request->dw[10] & 0xFF) {
    case 0x00: status = one_namespace(nvme, id, block); break;
    case 0x01: controller(nvme, block); break;
    case 0x02: status = active_list(nvme, id, block); break;
    case 0x03: status = descriptors(nvme, id, block); break;
    default: status = NVME_INVALID_FIELD | NVME_DNR; break;
    }
    nvme_complete(request, status ? status : nvme_give(request, block, BLOCK));
}
