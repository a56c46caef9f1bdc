/* Get Features, Set Features (NVM Express 1.4, chapter 5.21). Nothing is saved over a reset; defaults come back. */
#include <string.h>

#include "base/util.h"
#include "dev/nvme.h"

#define DEFAULT_ARBITRATION 3u          /* bursts of 8 */
#define DEFAULT_OVER 343u
#define SAVE (1u << 31)
#define CAN_CHANGE 4u
#define OF_NAMESPACE 2u

enum { SELECT_CURRENT, SELECT_DEFAULT, SELECT_SAVED, SELECT_SUPPORTED };

static uint64_t now_ns(const struct nvme *nvme)
{
    return nvme->device.host->clock->now_ns(nvme->device.host->clock);
}

void nvme_features_reset(struct nvme *nvme)
{
    nvme->features = (struct nvme_features){
        .arbitration = DEFAULT_ARBITRATION, .temperature_over = DEFAULT_OVER, .write_cache = nvme_has_cache(nvme), .timestamp_at = now_ns(nvme),
    };
}

static bool is_known(const struct nvme *nvme, unsigned id)
{
    switch (id) {
    case FEATURE_WRITE_CACHE:
        return nvme_has_cache(nvme);
    case FEATURE_ARBITRATION: case FEATURE_POWER: case FEATURE_TEMPERATURE: case FEATURE_RECOVERY: case FEATURE_QUEUES: case FEATURE_COALESCING:
    case FEATURE_VECTOR: case FEATURE_ATOMICITY: case FEATURE_EVENTS: case FEATURE_TIMESTAMP:
        return true;
    default:
        return false;
    }
}

/* The number of queues is what the controller has, less than which nobody gets. */
static uint32_t queues(const struct nvme *nvme)
{
    return (nvme->queue_count - 2) | (nvme->queue_count - 2) << 16;
}

/* --- timestamp -------------------------------------------------------------------------------------------------------------------- */

static uint16_t get_timestamp(struct nvme_request *request)
{
    const struct nvme *nvme = request->sq->nvme;
    uint64_t value = nvme->features.timestamp + (now_ns(nvme) - nvme->features.timestamp_at) / 1000000;

    value = (value & 0xFFFFFFFFFFFFull) | (uint64_t)(nvme->features.timestamp_set ? 2 : 0) << 48;
    return nvme_give(request, &value, sizeof value);
}

static uint16_t set_timestamp(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    uint64_t value;
    uint16_t status = nvme_take(request, &value, sizeof value);

    if (status)
        return status;
    nvme->features.timestamp = value & 0xFFFFFFFFFFFFull;
    nvme->features.timestamp_at = now_ns(nvme);
    nvme->features.timestamp_set = true;
    return NVME_GOOD;
}

/* --- get ---------------------------------------------------------------------------------------------------------------------------- */

/* Thresholds are of the composite temperature; sensors of their own there are none. */
static uint16_t temperature(const struct nvme *nvme, uint32_t selector, uint32_t *result)
{
    if (selector >> 16 & 15 || (selector >> 20 & 3) > 1)
        return NVME_INVALID_FIELD | NVME_DNR;
    *result = selector >> 20 & 3 ? nvme->features.temperature_under : nvme->features.temperature_over;
    return NVME_GOOD;
}

static uint16_t recovery_of(struct nvme_request *request, unsigned *index)
{
    uint16_t status = NVME_GOOD;
    const struct nvme_ns *ns = nvme_namespace(request->sq->nvme, request->dw[NVME_NSID], &status);

    *index = ns ? ns->id - 1 : 0;
    return status;
}

static uint16_t current(struct nvme_request *request, unsigned id)
{
    const struct nvme *nvme = request->sq->nvme;
    const struct nvme_features *f = &nvme->features;
    unsigned vector = request->dw[11] & 0xFFFF, index;
    uint16_t status;

    switch (id) {
    case FEATURE_ARBITRATION: request->result = f->arbitration; break;
    case FEATURE_POWER: request->result = 0; break;
    case FEATURE_TEMPERATURE: return temperature(nvme, request->dw[11], &request->result);
    case FEATURE_RECOVERY:
        status = recovery_of(request, &index);
        request->result = f->recovery[index];
        return status;
    case FEATURE_WRITE_CACHE: request->result = f->write_cache; break;
    case FEATURE_QUEUES: request->result = queues(nvme); break;
    case FEATURE_COALESCING: request->result = f->coalescing; break;
    case FEATURE_VECTOR:
        if (vector >= nvme->queue_count)
            return NVME_INVALID_FIELD | NVME_DNR;
        request->result = vector | (uint32_t)f->no_coalescing[vector] << 16;
        break;
    case FEATURE_ATOMICITY: request->result = f->atomicity; break;
    case FEATURE_EVENTS: request->result = f->events; break;
    default: return get_timestamp(request);
    }
    return NVME_GOOD;
}

/* Defaults, and what would be saved: the same, as nothing is. */
static uint16_t fallback(struct nvme_request *request, unsigned id)
{
    const struct nvme *nvme = request->sq->nvme;
    uint64_t zero = 0;

    switch (id) {
    case FEATURE_ARBITRATION: request->result = DEFAULT_ARBITRATION; break;
    case FEATURE_TEMPERATURE: request->result = request->dw[11] >> 20 & 3 ? 0 : DEFAULT_OVER; break;
    case FEATURE_WRITE_CACHE: request->result = 1; break;
    case FEATURE_QUEUES: request->result = queues(nvme); break;
    case FEATURE_VECTOR: request->result = request->dw[11] & 0xFFFF; break;
    case FEATURE_TIMESTAMP: return nvme_give(request, &zero, sizeof zero);
    default: break;
    }
    return NVME_GOOD;
}

void nvme_get_features(struct nvme_request *request)
{
    unsigned id = request->dw[10] & 0xFF, select = request->dw[10] >> 8 & 7;
    uint16_t status = NVME_GOOD;

    if (!is_known(request->sq->nvme, id) || select > SELECT_SUPPORTED)
        status = NVME_INVALID_FIELD | NVME_DNR;
    else if (select == SELECT_SUPPORTED)
        request->result = CAN_CHANGE | (id == FEATURE_RECOVERY ? OF_NAMESPACE : 0);
    else
        status = select == SELECT_CURRENT ? current(request, id) : fallback(request, id);
    nvme_complete(request, status);
}

/* --- set ------------------------------------------------------------------------------------------------------------------------------ */

static uint16_t set_temperature(struct nvme *nvme, uint32_t value)
{
    uint32_t selector = value >> 16 & 15, kind = value >> 20 & 3;

    if ((selector && selector != 15) || kind > 1)
        return NVME_INVALID_FIELD | NVME_DNR;
    if (kind)
        nvme->features.temperature_under = value & 0xFFFF;
    else
        nvme->features.temperature_over = value & 0xFFFF;
    nvme_check_health(nvme);
    return NVME_GOOD;
}

static uint16_t set_recovery(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;
    unsigned index;
    uint16_t status = NVME_GOOD;

    if (request->dw[11] >> 16)          /* reading a deallocated block is never an error here */
        return NVME_INVALID_FIELD | NVME_DNR;
    if (request->dw[NVME_NSID] == NVME_ALL_NAMESPACES) {
        for (unsigned i = 0; i < NVME_NAMESPACES; i++)
            nvme->features.recovery[i] = request->dw[11] & 0xFFFF;
        return NVME_GOOD;
    }
    status = recovery_of(request, &index);
    if (!status)
        nvme->features.recovery[index] = request->dw[11] & 0xFFFF;
    return status;
}

static uint16_t set_queues(struct nvme_request *request)
{
    const struct nvme *nvme = request->sq->nvme;

    if (nvme->queues_made)
        return NVME_SEQUENCE | NVME_DNR;
    if ((request->dw[11] & 0xFFFF) == 0xFFFF || request->dw[11] >> 16 == 0xFFFF)
        return NVME_INVALID_FIELD | NVME_DNR;
    request->result = queues(nvme);
    return NVME_GOOD;
}

static uint16_t set_vector(struct nvme *nvme, uint32_t value)
{
    if ((value & 0xFFFF) >= nvme->queue_count)
        return NVME_INVALID_FIELD | NVME_DNR;
    nvme->features.no_coalescing[value & 0xFFFF] = value >> 16 & 1;
    return NVME_GOOD;
}

static uint16_t set(struct nvme_request *request, unsigned id)
{
    struct nvme *nvme = request->sq->nvme;
    struct nvme_features *f = &nvme->features;
    uint32_t value = request->dw[11];

    switch (id) {
    case FEATURE_ARBITRATION: f->arbitration = value & 0xFFFFFF07; break;
    case FEATURE_POWER: return value & 31 ? NVME_INVALID_FIELD | NVME_DNR : NVME_GOOD;
    case FEATURE_TEMPERATURE: return set_temperature(nvme, value);
    case FEATURE_RECOVERY: return set_recovery(request);
    case FEATURE_WRITE_CACHE: f->write_cache = value & 1; break;
    case FEATURE_QUEUES: return set_queues(request);
    case FEATURE_COALESCING: f->coalescing = value & 0xFFFF; break;
    case FEATURE_VECTOR: return set_vector(nvme, value);
    case FEATURE_ATOMICITY: f->atomicity = value & 1; break;
    case FEATURE_EVENTS:
        f->events = value & (0xFF | NVME_EVENT_NOTICE_NAMESPACES);
        nvme_check_health(nvme);
        break;
    default: return set_timestamp(request);
    }
    return NVME_GOOD;
}

void nvme_set_features(struct nvme_request *request)
{
    unsigned id = request->dw[10] & 0xFF;
    uint32_t nsid = request->dw[NVME_NSID];
    uint16_t status;

    if (!is_known(request->sq->nvme, id))
        status = NVME_INVALID_FIELD | NVME_DNR;
    else if (request->dw[10] & SAVE)
        status = NVME_NOT_SAVEABLE | NVME_DNR;
    else if (id != FEATURE_RECOVERY && nsid && nsid != NVME_ALL_NAMESPACES)
        status = NVME_NOT_NAMESPACE | NVME_DNR;
    else
        status = set(request, id);
    nvme_complete(request, status);
}
