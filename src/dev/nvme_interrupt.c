/* Interrupts: messages, the pin, masks, and answers collected for one interrupt (NVM Express 1.4, chapters 5.21.1.8, 5.21.1.9 and 7.5).
 *
 * With a time and a threshold set, an I/O vector interrupts when more answers than the threshold wait to be told of, or when the time
 * since the first of them has passed. The admin queue's vector, and those with coalescing disabled, interrupt at once. */
#include "base/log.h"
#include "base/util.h"
#include "dev/nvme.h"

#define UNIT_NS 100000ull               /* of the aggregation time */

/* Vectors with entries that the driver has not taken. */
static uint32_t waiting_vectors(const struct nvme *nvme)
{
    uint32_t vectors = 0;

    for (unsigned i = 0; i < NVME_QUEUES_MAX; i++)
        if (nvme->cqs[i].exists && nvme->cqs[i].interrupts && nvme->cqs[i].head != nvme->cqs[i].tail)
            vectors |= 1u << nvme->cqs[i].vector;
    return vectors;
}

void nvme_update_line(struct nvme *nvme)
{
    struct device *device = &nvme->device;
    bool pending = (waiting_vectors(nvme) & ~nvme->masked & ~nvme->held) && !nvme->msix.enabled && !nvme->msi.enabled && !device->gone;
    bool asserted = pending && !(pci_get16(device, PCI_COMMAND) & PCI_COMMAND_NO_INTX);
    uint16_t status = pci_get16(device, PCI_STATUS) & (uint16_t)~PCI_STATUS_INTERRUPT;

    pci_put16(device, PCI_STATUS, status | (pending ? PCI_STATUS_INTERRUPT : 0));
    if (asserted == nvme->line_asserted)
        return;
    nvme->line_asserted = asserted;
    nvme->stats.interrupts += asserted;
    device->host->set_line(device->host->context, device, asserted);
}

static void signal_vectors(struct nvme *nvme, uint32_t vectors)
{
    for (; vectors; vectors &= vectors - 1) {
        unsigned vector = (unsigned)__builtin_ctz(vectors);

        if (nvme->msix.enabled)
            msix_notify(&nvme->msix, vector);
        else if (!(nvme->masked >> vector & 1))
            msi_notify(&nvme->msi, vector);
    }
    nvme_update_line(nvme);
}

/* --- coalescing --------------------------------------------------------------------------------------------------------------- */

static void arm(struct nvme *nvme, bool on)
{
    struct clock *clock = nvme->device.host->clock;

    if (on == nvme->timer_armed)
        return;
    nvme->timer_armed = on;
    clock->arm(clock, &nvme->timer, on ? clock->now_ns(clock) + (nvme->features.coalescing >> 8 & 0xFF) * UNIT_NS : UINT64_MAX);
}

static unsigned fresh_of(const struct nvme *nvme, unsigned vector)
{
    unsigned count = 0;

    for (unsigned i = 0; i < NVME_QUEUES_MAX; i++)
        if (nvme->cqs[i].exists && nvme->cqs[i].interrupts && nvme->cqs[i].vector == vector)
            count += nvme->cqs[i].fresh;
    return count;
}

static bool waits_for_more(const struct nvme *nvme, unsigned vector, unsigned fresh)
{
    uint32_t threshold = nvme->features.coalescing & 0xFF, time = nvme->features.coalescing >> 8 & 0xFF;

    return vector && time && fresh <= threshold && !nvme->features.no_coalescing[vector];
}

static uint32_t take_fresh(struct nvme *nvme, uint32_t vectors)
{
    uint32_t taken = 0;

    for (unsigned i = 0; i < NVME_QUEUES_MAX; i++) {
        struct nvme_cq *cq = &nvme->cqs[i];

        if (!cq->exists || !(vectors >> cq->vector & 1))
            continue;
        taken |= cq->fresh && cq->interrupts ? 1u << cq->vector : 0;
        cq->fresh = 0;
    }
    return taken;
}

void nvme_interrupt(struct nvme *nvme)
{
    uint32_t now = 0;

    for (unsigned vector = 0; vector < NVME_QUEUES_MAX; vector++) {
        unsigned fresh = fresh_of(nvme, vector);

        if (fresh && waits_for_more(nvme, vector, fresh))
            nvme->held |= 1u << vector;
        else
            now |= 1u << vector;
    }
    nvme->held &= ~now;
    arm(nvme, nvme->held != 0);
    signal_vectors(nvme, take_fresh(nvme, now));
}

void nvme_timer_expired(struct clock_timer *timer)
{
    struct nvme *nvme = container_of(timer, struct nvme, timer);
    uint32_t held = nvme->held;

    nvme->timer_armed = false;
    nvme->held = 0;
    if (!nvme->device.gone)
        signal_vectors(nvme, take_fresh(nvme, held) & waiting_vectors(nvme));
}

void nvme_forget_interrupts(struct nvme *nvme)
{
    nvme->held = 0;
    arm(nvme, false);
}

/* --- mask registers ----------------------------------------------------------------------------------------------------------- */

uint32_t nvme_mask_read(const struct nvme *nvme)
{
    return nvme->masked;
}

/* A vector that is unmasked while entries wait interrupts again. */
void nvme_mask_write(struct nvme *nvme, uint32_t set, uint32_t clear)
{
    uint32_t freed = nvme->masked & clear;

    nvme->masked = (nvme->masked | set) & ~clear;
    if (nvme->msix.enabled)
        log_warn("nvme", "the interrupt mask registers are not for MSI-X");
    else
        signal_vectors(nvme, freed & waiting_vectors(nvme) & ~nvme->held);
}
