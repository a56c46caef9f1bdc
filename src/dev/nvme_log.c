/* Logs and asynchronous events (NVM Express 1.4, chapters 5.2 and 5.14). An event type that was reported is masked until its log is read. */
#include <string.h>

#include "base/util.h"
#include "dev/nvme.h"

#define RETAIN_EVENT (1u << 15)
#define EFFECTS_BYTES 4096u
#define SUPPORTED 1u                    /* of a command's effects */
#define CHANGES_CONTENT 2u

/* --- events -------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    uint8_t type, information, log;
} events[NVME_EVENTS] = {
    [NVME_EVENT_REGISTER] = { 0, 0, NVME_LOG_ERRORS },
    [NVME_EVENT_VALUE] = { 0, 1, NVME_LOG_ERRORS },
    [NVME_EVENT_RELIABILITY] = { 1, 0, NVME_LOG_HEALTH },
    [NVME_EVENT_TEMPERATURE] = { 1, 1, NVME_LOG_HEALTH },
    [NVME_EVENT_NAMESPACES] = { 2, 0, NVME_LOG_CHANGED },
};

void nvme_deliver_events(struct nvme *nvme)
{
    for (unsigned i = 0; i < NVME_EVENTS && nvme->event_count; i++) {
        struct nvme_request *request;

        if (!(nvme->events_pending >> i & 1) || nvme->event_types_masked >> events[i].type & 1)
            continue;
        nvme->events_pending &= ~(1u << i);
        nvme->event_types_masked |= 1u << events[i].type;
        request = nvme->event_requests[0];
        nvme->event_count--;
        memmove(nvme->event_requests, nvme->event_requests + 1, nvme->event_count * sizeof *nvme->event_requests);
        request->result = events[i].type | (uint32_t)events[i].information << 8 | (uint32_t)events[i].log << 16;
        nvme_complete(request, NVME_GOOD);
    }
}

void nvme_event(struct nvme *nvme, enum nvme_event event)
{
    uint32_t wanted = nvme->features.events;

    if ((event == NVME_EVENT_NAMESPACES && !(wanted & NVME_EVENT_NOTICE_NAMESPACES)) ||
        (event == NVME_EVENT_TEMPERATURE && !(wanted & WARNING_TEMPERATURE)) || (event == NVME_EVENT_RELIABILITY && !(wanted & WARNING_READ_ONLY)))
        return;
    nvme->events_pending |= 1u << event;
    nvme_deliver_events(nvme);
}

void nvme_event_request(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;

    if (nvme->event_count == NVME_EVENTS_MAX) {
        nvme_complete(request, NVME_EVENT_LIMIT | NVME_DNR);
        return;
    }
    nvme->event_requests[nvme->event_count++] = request;
    nvme_deliver_events(nvme);
}

uint8_t nvme_warnings(const struct nvme *nvme)
{
    uint8_t warnings = 0;

    if (NVME_TEMPERATURE >= nvme->features.temperature_over || NVME_TEMPERATURE <= nvme->features.temperature_under)
        warnings |= WARNING_TEMPERATURE;
    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        if (nvme->namespaces[i].disk && nvme->namespaces[i].disk->read_only)
            warnings |= WARNING_READ_ONLY;
    return warnings;
}

void nvme_check_health(struct nvme *nvme)
{
    uint8_t warnings = nvme_warnings(nvme);

    if (warnings & WARNING_TEMPERATURE)
        nvme_event(nvme, NVME_EVENT_TEMPERATURE);
    if (warnings & WARNING_READ_ONLY)
        nvme_event(nvme, NVME_EVENT_RELIABILITY);
}

static void unmask(struct nvme *nvme, unsigned log)
{
    for (unsigned i = 0; i < NVME_EVENTS; i++)
        if (events[i].log == log)
            nvme->event_types_masked &= ~(1u << events[i].type);
    nvme_deliver_events(nvme);
}

/* --- logs ------------------------------------------------------------------------------------------------------------------------------ */

static void put(uint8_t *block, unsigned at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        block[at + i] = (uint8_t)(value >> (8 * i));
}

void nvme_log_error(struct nvme *nvme, const struct nvme_error *error)
{
    struct nvme_error *to = &nvme->errors[nvme->error_count % NVME_ERRORS];

    *to = *error;
    to->number = ++nvme->error_count;
}

/* The newest first. */
static unsigned error_log(const struct nvme *nvme, uint8_t *block)
{
    uint64_t count = min_u64(nvme->error_count, NVME_ERRORS);

    for (uint64_t i = 0; i < count; i++) {
        const struct nvme_error *error = &nvme->errors[(nvme->error_count - 1 - i) % NVME_ERRORS];
        uint8_t *to = block + 64 * i;

        put(to, 0, 8, error->number);
        put(to, 8, 2, error->sqid);
        put(to, 10, 2, error->cid);
        put(to, 12, 2, (uint64_t)error->status << 1);
        put(to, 14, 2, error->parameter);
        put(to, 16, 8, error->lba);
        put(to, 24, 4, error->nsid);
    }
    return 64 * NVME_ERRORS;
}

/* Thousands of 512 bytes, rounded up. */
static uint64_t units(uint64_t bytes)
{
    return (bytes + 511999) / 512000;
}

static unsigned health_log(const struct nvme *nvme, uint32_t nsid, uint8_t *block)
{
    const struct device_host *host = nvme->device.host;
    uint64_t read = 0, written = 0, reads = 0, writes = 0, media = 0;

    for (unsigned i = 0; i < NVME_NAMESPACES; i++) {
        const struct nvme_ns *ns = &nvme->namespaces[i];

        if (nsid && nsid != NVME_ALL_NAMESPACES && nsid != ns->id)
            continue;
        read += ns->read_bytes;
        written += ns->write_bytes;
        reads += ns->reads;
        writes += ns->writes;
        media += ns->media_errors;
    }
    block[0] = nvme_warnings(nvme);
    put(block, 1, 2, NVME_TEMPERATURE);
    block[3] = 100;                     /* spare blocks, and the threshold below which they are too few */
    block[4] = 10;
    put(block, 32, 8, units(read));
    put(block, 48, 8, units(written));
    put(block, 64, 8, reads);
    put(block, 80, 8, writes);
    put(block, 112, 8, nvme->power_cycles);
    put(block, 128, 8, host->clock->now_ns(host->clock) / 3600000000000ull);
    put(block, 144, 8, nvme->unsafe_shutdowns);
    put(block, 160, 8, media);
    put(block, 176, 8, nvme->error_count);
    return 512;
}

static unsigned firmware_log(uint8_t *block)
{
    block[0] = 1;                       /* slot 1 is active */
    memcpy(block + 8, "1.0     ", 8);
    return 512;
}

static unsigned changed_log(struct nvme *nvme, bool retain, uint8_t *block)
{
    unsigned at = 0;

    for (unsigned i = 0; i < nvme->namespace_count; i++) {
        if (!nvme->namespaces[i].changed)
            continue;
        put(block, at, 4, i + 1);
        at += 4;
        nvme->namespaces[i].changed = retain;
    }
    return 4096;
}

static unsigned effects_log(uint8_t *block)
{
    static const uint8_t admin[] = { ADMIN_DELETE_SQ, ADMIN_CREATE_SQ, ADMIN_GET_LOG, ADMIN_DELETE_CQ, ADMIN_CREATE_CQ, ADMIN_IDENTIFY, ADMIN_ABORT,
                                     ADMIN_SET_FEATURES, ADMIN_GET_FEATURES, ADMIN_EVENT };
    static const uint8_t reading[] = { IO_FLUSH, IO_READ, IO_COMPARE }, writing[] = { IO_WRITE, IO_WRITE_ZEROES, IO_DATASET };

    for (unsigned i = 0; i < sizeof admin; i++)
        put(block, 4u * admin[i], 4, SUPPORTED);
    put(block, 4 * ADMIN_FORMAT, 4, SUPPORTED | CHANGES_CONTENT | 1u << 16);    /* alone in its namespace */
    for (unsigned i = 0; i < sizeof reading; i++)
        put(block, 1024 + 4u * reading[i], 4, SUPPORTED);
    for (unsigned i = 0; i < sizeof writing; i++)
        put(block, 1024 + 4u * writing[i], 4, SUPPORTED | CHANGES_CONTENT);
    return EFFECTS_BYTES;
}

/* Bytes of the log in `block`, or 0 with a status. */
static unsigned read_log(struct nvme_request *request, uint8_t *block, uint16_t *status)
{
    struct nvme *nvme = request->sq->nvme;
    uint32_t nsid = request->dw[NVME_NSID];

    switch (request->dw[10] & 0xFF) {
    case NVME_LOG_ERRORS: return error_log(nvme, block);
    case NVME_LOG_HEALTH:
        if (nsid && nsid != NVME_ALL_NAMESPACES && !nvme_namespace(nvme, nsid, status))
            return 0;
        return health_log(nvme, nsid, block);
    case NVME_LOG_FIRMWARE: return firmware_log(block);
    case NVME_LOG_CHANGED: return changed_log(nvme, request->dw[10] & RETAIN_EVENT, block);
    case NVME_LOG_EFFECTS: return effects_log(block);
    default:
        *status = NVME_LOG_PAGE | NVME_DNR;
        return 0;
    }
}

void nvme_get_log(struct nvme_request *request)
{
    uint64_t bytes = 4 * ((request->dw[10] >> 16 | (uint64_t)(request->dw[11] & 0xFFFF) << 16) + 1);
    uint64_t offset = request->dw[12] | (uint64_t)request->dw[13] << 32;
    uint8_t *block = request->sq->nvme->scratch;
    uint16_t status = NVME_GOOD;
    unsigned size;

    memset(block, 0, sizeof request->sq->nvme->scratch);
    size = read_log(request, block, &status);
    if (!status && (offset & 3 || offset >= size || bytes > EFFECTS_BYTES))
        status = NVME_INVALID_FIELD | NVME_DNR;
    if (!status)
        status = nvme_give(request, block + offset, bytes);     /* beyond the log: zeroes */
    nvme_complete(request, status);
    if (!status && !(request->dw[10] & RETAIN_EVENT))
        unmask(request->sq->nvme, request->dw[10] & 0xFF);
}
