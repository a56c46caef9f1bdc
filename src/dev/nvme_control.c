/* Controller registers; enabling, resets and shutdown (NVM Express 1.4, chapters 3.1, 7.3 and 7.6).
 *
 *  CC.EN 0 -> 1   RDY, or CFS when the configuration cannot work
 *  CC.EN 1 -> 0   disks drained, queues forgotten, RDY, CFS and SHST cleared; AQA, ASQ and ACQ stay
 *  CC.SHN         SHST 01 until every disk is flushed, then 10; the way back is a reset
 *  NSSR "NVMe"    as power on, with NSSRO set; configuration space stays */
#include "base/log.h"
#include "base/util.h"
#include "dev/nvme.h"

#define CAP_TIMEOUT 20u                 /* of 500 ms */

void nvme_fatal(struct nvme *nvme, const char *why)
{
    log_warn("nvme", "fatal: %s", why);
    nvme->csts |= CSTS_FATAL;
}

/* --- reset ------------------------------------------------------------------------------------------------------------------ */

static void reset_controller(struct nvme *nvme)
{
    nvme_stop(nvme);
    nvme->csts &= CSTS_SUBSYSTEM_RESET;
    nvme->masked = 0;
    nvme->events_pending = nvme->event_types_masked = 0;
    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        nvme->namespaces[i].changed = nvme->namespaces[i].flushing = false;
    nvme_features_reset(nvme);
    nvme_update_line(nvme);
}

void nvme_power_on(struct nvme *nvme)
{
    reset_controller(nvme);
    nvme->csts = nvme->cc = nvme->aqa = 0;
    nvme->asq = nvme->acq = 0;
    nvme->power_cycles++;
}

static void reset_subsystem(struct nvme *nvme)
{
    if ((nvme->csts & CSTS_SHUTDOWN_MASK) != CSTS_SHUTDOWN_DONE)
        nvme->unsafe_shutdowns++;
    nvme_power_on(nvme);
    nvme->csts |= CSTS_SUBSYSTEM_RESET;
}

/* --- enabling ----------------------------------------------------------------------------------------------------------------- */

static const char *objection(const struct nvme *nvme)
{
    if (CC_COMMAND_SET(nvme->cc) != 0)
        return "CC.CSS selects a command set that is not there";
    if (CC_ARBITRATION(nvme->cc) != 0)
        return "CC.AMS selects an arbitration that is not there";
    if (CC_PAGE(nvme->cc) > NVME_PAGE_SHIFT_MAX)
        return "CC.MPS is beyond CAP.MPSMAX";
    if (!(nvme->aqa & 0xFFF) || !(nvme->aqa >> 16 & 0xFFF))
        return "AQA has a queue of less than two entries";
    return NULL;
}

static void enable(struct nvme *nvme)
{
    unsigned sq_size = (nvme->aqa & 0xFFF) + 1, cq_size = (nvme->aqa >> 16 & 0xFFF) + 1;
    const char *why = objection(nvme);
    void *submission, *completion;

    if (why) {
        nvme_fatal(nvme, why);
        return;
    }
    nvme->page_shift = 12 + CC_PAGE(nvme->cc);
    submission = nvme_dma(nvme, nvme->asq, (uint64_t)sq_size << NVME_SQ_SHIFT);
    completion = nvme_dma(nvme, nvme->acq, (uint64_t)cq_size << NVME_CQ_SHIFT);
    if (!submission || !completion || (nvme->asq | nvme->acq) & ((1ull << nvme->page_shift) - 1)) {
        nvme_fatal(nvme, "the admin queues do not begin at pages of memory");
        return;
    }
    nvme_make_cq(nvme, 0, cq_size, completion, 0, true);
    if (!nvme_make_sq(nvme, 0, sq_size, submission, &nvme->cqs[0])) {
        nvme_fatal(nvme, "the host has no memory for the admin queue");
        return;
    }
    nvme->csts |= CSTS_READY;
    nvme_check_health(nvme);
}

/* --- shutdown -------------------------------------------------------------------------------------------------------------------- */

static void check_shutdown(struct nvme *nvme)
{
    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        if (nvme->namespaces[i].flushing)
            return;
    nvme->csts = (nvme->csts & ~CSTS_SHUTDOWN_MASK) | CSTS_SHUTDOWN_DONE;
}

void nvme_flush_done(struct disk_io *io, enum disk_result result)
{
    struct nvme_ns *ns = container_of(io, struct nvme_ns, flush);

    if (result != DISK_DONE)
        log_warn("nvme", "namespace %u was not flushed", ns->id);
    ns->flushing = false;
    if (!ns->nvme->stopping && (ns->nvme->csts & CSTS_SHUTDOWN_MASK) == CSTS_SHUTDOWN_RUNS)
        check_shutdown(ns->nvme);
}

static void shut_down(struct nvme *nvme)
{
    if (nvme->csts & CSTS_SHUTDOWN_MASK)
        return;
    nvme->csts |= CSTS_SHUTDOWN_RUNS;
    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        nvme->namespaces[i].flushing = nvme->namespaces[i].disk && !nvme->namespaces[i].disk->read_only;
    for (unsigned i = 0; i < NVME_NAMESPACES; i++) {
        struct nvme_ns *ns = &nvme->namespaces[i];

        if (!ns->flushing)
            continue;
        ns->flush = (struct disk_io){ .op = DISK_FLUSH, .done = nvme_flush_done };
        disk_issue(ns->disk, &ns->flush);
        disk_flush_queue(ns->disk);
    }
    check_shutdown(nvme);
}

/* --- registers ---------------------------------------------------------------------------------------------------------------------- */

static void write_cc(struct nvme *nvme, uint32_t value)
{
    uint32_t before = nvme->cc;

    nvme->cc = value & CC_WRITABLE;
    if (before & ~nvme->cc & CC_ENABLE)
        reset_controller(nvme);
    if (nvme->cc & ~before & CC_ENABLE)
        enable(nvme);
    if (CC_SHUTDOWN(nvme->cc) && !CC_SHUTDOWN(before))
        shut_down(nvme);
    nvme_run(nvme);
}

/* Queues contiguous, reset of the subsystem, the NVM command set, pages of 4 to 64 KiB, doorbells 4 bytes apart. */
static uint64_t capabilities(const struct nvme *nvme)
{
    return (nvme->entries_max - 1) | 1u << 16 | CAP_TIMEOUT << 24 | 1ull << 36 | 1ull << 37 | (uint64_t)NVME_PAGE_SHIFT_MAX << 52;
}

uint32_t nvme_register_read(struct nvme *nvme, unsigned offset)
{
    switch (offset) {
    case NVME_CAP: return (uint32_t)capabilities(nvme);
    case NVME_CAP + 4: return (uint32_t)(capabilities(nvme) >> 32);
    case NVME_VS: return NVME_VERSION;
    case NVME_INTMS: case NVME_INTMC: return nvme_mask_read(nvme);
    case NVME_CC: return nvme->cc;
    case NVME_CSTS: return nvme->csts;
    case NVME_AQA: return nvme->aqa;
    case NVME_ASQ: return (uint32_t)nvme->asq;
    case NVME_ASQ + 4: return (uint32_t)(nvme->asq >> 32);
    case NVME_ACQ: return (uint32_t)nvme->acq;
    case NVME_ACQ + 4: return (uint32_t)(nvme->acq >> 32);
    default: return 0;
    }
}

static uint64_t low(uint64_t whole, uint32_t value)
{
    return (whole & ~0xFFFFFFFFull) | (value & ~0xFFFu);
}

static uint64_t high(uint64_t whole, uint32_t value)
{
    return (whole & 0xFFFFFFFFull) | (uint64_t)value << 32;
}

void nvme_register_write(struct nvme *nvme, unsigned offset, uint32_t value)
{
    switch (offset) {
    case NVME_INTMS: nvme_mask_write(nvme, value, 0); break;
    case NVME_INTMC: nvme_mask_write(nvme, 0, value); break;
    case NVME_CC: write_cc(nvme, value); break;
    case NVME_CSTS: nvme->csts &= ~(value & CSTS_SUBSYSTEM_RESET); break;
    case NVME_NSSR:
        if (value == NVME_RESET_WORD)
            reset_subsystem(nvme);
        break;
    case NVME_AQA: nvme->aqa = value & 0x0FFF0FFF; break;
    case NVME_ASQ: nvme->asq = low(nvme->asq, value); break;
    case NVME_ASQ + 4: nvme->asq = high(nvme->asq, value); break;
    case NVME_ACQ: nvme->acq = low(nvme->acq, value); break;
    case NVME_ACQ + 4: nvme->acq = high(nvme->acq, value); break;
    default: break;
    }
}
