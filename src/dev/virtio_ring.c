#include "dev/virtio_ring.h"

#include <string.h>

#include "base/util.h"
#include "dev/virtio.h"

#define DESC_NEXT 1u
#define DESC_WRITE 2u
#define DESC_INDIRECT 4u
#define AVAIL_NO_INTERRUPT 1u
#define USED_NO_NOTIFY 1u

enum { FLAGS, IDX, RING };              /* of the available ring, in 16-bit words; the used ring begins alike */

static uint16_t load_index(const ring_u16 *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

void virtq_reset(struct virtq *queue)
{
    struct virtq fresh = {
        .owner = queue->owner, .index = queue->index, .size = queue->size_max, .size_max = queue->size_max,
        .vector = VIRTIO_NO_VECTOR,
    };

    *queue = fresh;
}

bool virtq_enable(struct virtq *queue)
{
    struct virtio *virtio = queue->owner;
    uint32_t size = queue->size;

    if ((queue->desc_pa & 15) || (queue->driver_pa & 1) || (queue->device_pa & 3)) {
        virtio_break(virtio, "queue %u: descriptor table, driver area or device area is misaligned", queue->index);
        return false;
    }
    queue->desc = virtio_dma(virtio, queue->desc_pa, 16 * size);
    queue->avail = virtio_dma(virtio, queue->driver_pa, 6 + 2 * size);
    queue->used_head = virtio_dma(virtio, queue->device_pa, 6 + 8 * size);
    if (!queue->desc || !queue->avail || !queue->used_head) {
        virtio_break(virtio, "queue %u: the ring is not in RAM", queue->index);
        return false;
    }
    queue->used = (struct virtq_used_elem *)(queue->used_head + RING);
    queue->avail_event = (ring_u16 *)(queue->used + size);
    queue->event_index = virtio_has(virtio, VIRTIO_F_EVENT_IDX);
    queue->last_avail = queue->used_next = queue->signalled = 0;
    queue->enabled = true;
    return true;
}

bool virtq_available(struct virtq *queue)
{
    return queue->enabled && load_index(&queue->avail[IDX]) != queue->last_avail;
}

/* Adds one descriptor to the chain. */
static bool add_part(struct virtq *queue, struct virtq_chain *chain, uint64_t address, uint32_t length, bool write)
{
    int at = chain->out_count + chain->in_count;
    void *host;

    if (!write && chain->in_count) {
        virtio_break(queue->owner, "queue %u: a readable descriptor after a writable one", queue->index);
        return false;
    }
    if (!length)
        return true;
    host = virtio_dma(queue->owner, address, length);
    if (unlikely(!host)) {
        virtio_break(queue->owner, "queue %u: descriptor of %u bytes at 0x%llx is not in RAM", queue->index, length,
                     (unsigned long long)address);
        return false;
    }
    chain->parts[at] = (struct iovec){ host, length };
    if (write) {
        chain->in_count++;
        chain->in_size += length;
    } else {
        chain->out_count++;
        chain->out_size += length;
    }
    return true;
}

/* A table of descriptors, of any alignment. */
struct table {
    const uint8_t *entries;
    uint32_t count;
    bool indirect;
};

/* The descriptor refers to a table: it goes on there. It must be the last of its own table, which is the ring's. */
static bool enter_indirect(struct virtq *queue, struct table *table, struct virtq_desc d)
{
    if (table->indirect || !virtio_has(queue->owner, VIRTIO_F_INDIRECT_DESC) || (d.flags & DESC_NEXT) || !d.length ||
        d.length % 16) {
        virtio_break(queue->owner, "queue %u: a malformed indirect descriptor (flags 0x%x, %u bytes)", queue->index, d.flags,
                     d.length);
        return false;
    }
    *table = (struct table){ virtio_dma(queue->owner, d.address, d.length), d.length / 16, true };
    if (table->entries)
        return true;
    virtio_break(queue->owner, "queue %u: an indirect table at 0x%llx is not in RAM", queue->index,
                 (unsigned long long)d.address);
    return false;
}

/* Walks the chain that begins at `at`; the longest one allowed has as many parts as the queue has entries. */
static bool walk(struct virtq *queue, struct virtq_chain *chain, uint32_t at)
{
    struct table table = { (const uint8_t *)queue->desc, queue->size, false };

    for (uint32_t budget = queue->size;;) {
        struct virtq_desc d;

        if (at >= table.count) {
            virtio_break(queue->owner, "queue %u: descriptor index %u is beyond the table of %u", queue->index, at, table.count);
            return false;
        }
        memcpy(&d, table.entries + at * sizeof d, sizeof d);
        if (unlikely(d.flags & DESC_INDIRECT)) {
            if (!enter_indirect(queue, &table, d))
                return false;
            at = 0;
            continue;
        }
        if (!budget--) {
            virtio_break(queue->owner, "queue %u: a chain is longer than the queue, or loops", queue->index);
            return false;
        }
        if (UINT32_MAX - chain->out_size - chain->in_size < d.length) {
            virtio_break(queue->owner, "queue %u: a chain describes 4 GiB or more", queue->index);
            return false;
        }
        if (!add_part(queue, chain, d.address, d.length, d.flags & DESC_WRITE))
            return false;
        if (!(d.flags & DESC_NEXT))
            return true;
        at = d.next;
    }
}

bool virtq_pop(struct virtq *queue, struct virtq_chain *chain)
{
    uint16_t ready = (uint16_t)(load_index(&queue->avail[IDX]) - queue->last_avail);
    uint16_t head;

    if (!ready)
        return false;
    if (unlikely(ready > queue->size)) {
        virtio_break(queue->owner, "queue %u: %u buffers available in a queue of %u", queue->index, ready, queue->size);
        return false;
    }
    head = queue->avail[RING + (queue->last_avail & (queue->size - 1))];
    if (unlikely(head >= queue->size)) {
        virtio_break(queue->owner, "queue %u: head %u is beyond the queue of %u", queue->index, head, queue->size);
        return false;
    }
    chain->head = head;
    chain->out_count = chain->in_count = 0;
    chain->out_size = chain->in_size = 0;
    if (!walk(queue, chain, head))
        return false;
    queue->last_avail++;
    return true;
}

void *virtq_pop_simple(struct virtq *queue, bool writable, uint64_t size, uint16_t *head, uint32_t *length)
{
    uint16_t ready = (uint16_t)(load_index(&queue->avail[IDX]) - queue->last_avail);
    struct virtq_desc d;
    void *memory;

    *head = queue->avail[RING + (queue->last_avail & (queue->size - 1))];
    if (!ready || ready > queue->size || *head >= queue->size)
        return NULL;
    d = queue->desc[*head];
    if (d.flags != (writable ? DESC_WRITE : 0) || d.length < size)
        return NULL;
    *length = d.length;
    memory = virtio_dma(queue->owner, d.address, d.length);
    if (memory)
        queue->last_avail++;
    return memory;
}

void virtq_unpop(struct virtq *queue, uint16_t count)
{
    queue->last_avail = (uint16_t)(queue->last_avail - count);
}

void virtq_push(struct virtq *queue, uint16_t head, uint32_t length)
{
    queue->used[queue->used_next & (queue->size - 1)] = (struct virtq_used_elem){ head, length };
    queue->used_next++;
}

/* The driver wants to hear of the used index having moved from `signalled` to `used_next`. */
static bool interrupt_wanted(const struct virtq *queue)
{
    if (queue->event_index) {
        uint16_t used_event = queue->avail[RING + queue->size];

        return (uint16_t)(queue->used_next - used_event - 1) < (uint16_t)(queue->used_next - queue->signalled);
    }
    return !(queue->avail[FLAGS] & AVAIL_NO_INTERRUPT);
}

void virtq_publish(struct virtq *queue)
{
    bool wanted;

    if (!queue->enabled || queue->used_next == queue->signalled)
        return;
    __atomic_store_n(&queue->used_head[IDX], queue->used_next, __ATOMIC_RELEASE);
    wanted = interrupt_wanted(queue);
    queue->signalled = queue->used_next;
    if (wanted)
        virtio_interrupt(queue->owner, queue);
}

void virtq_want_kicks(struct virtq *queue, bool wanted)
{
    if (queue->event_index) {
        if (wanted)
            *queue->avail_event = queue->last_avail;
    } else if (wanted) {
        queue->used_head[FLAGS] &= (uint16_t)~USED_NO_NOTIFY;
    } else {
        queue->used_head[FLAGS] |= USED_NO_NOTIFY;
    }
}
