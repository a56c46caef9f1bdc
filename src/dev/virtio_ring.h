/* The split virtqueue from the device's side (Virtual I/O Device specification 1.x, "Split Virtqueues").
 *
 *  1. Nothing in the ring is trusted: indices, descriptors and addresses are checked before use; what is wrong breaks
 *     the device (virtio_break) and the queue stays silent until a reset.
 *  2. Descriptors are read once, into host memory, before anything acts on them.
 *  3. Used elements become visible at virtq_publish, so that a burst is one store of the index.
 *  4. An interrupt is due exactly when the driver asked for it: event index, or the flag. */
#ifndef DEV_VIRTIO_RING_H
#define DEV_VIRTIO_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#define VIRTQ_SIZE_MAX 1024u

struct virtio;
typedef uint16_t __attribute__((may_alias)) ring_u16;

struct __attribute__((may_alias)) virtq_desc {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct __attribute__((may_alias)) virtq_used_elem {
    uint32_t id, length;
};

struct virtq {
    struct virtio *owner;
    uint16_t index, size, size_max, vector;
    bool enabled, event_index;
    uint64_t desc_pa, driver_pa, device_pa;     /* as the driver wrote them */
    const struct virtq_desc *desc;
    const ring_u16 *avail;                      /* flags, idx, ring[size], used_event */
    ring_u16 *used_head;                        /* flags, idx */
    struct virtq_used_elem *used;
    ring_u16 *avail_event;
    uint16_t last_avail;                        /* the next available entry to take */
    uint16_t used_next;                         /* our used index; published later */
    uint16_t signalled;                         /* used index at the last interrupt decision */
};

/* One buffer: device-readable parts first, then device-writable ones. */
struct virtq_chain {
    uint16_t head;
    int out_count, in_count;
    uint32_t out_size, in_size;
    struct iovec parts[VIRTQ_SIZE_MAX];
};

/* Looks at the driver's addresses and makes the queue usable. False: they are not acceptable (device is broken). */
bool virtq_enable(struct virtq *queue);
void virtq_reset(struct virtq *queue);
/* Takes the next available buffer. False: there is none, or the ring broke the device. */
bool virtq_pop(struct virtq *queue, struct virtq_chain *chain);
/* Takes the next buffer when it is one descriptor of at least `size` bytes, writable or readable as asked, and returns its
 * memory. NULL in every other case: nothing is taken, and virtq_pop says what it is. */
void *virtq_pop_simple(struct virtq *queue, bool writable, uint64_t size, uint16_t *head, uint32_t *length);
/* Puts the `count` buffers taken last back, as if they had not been taken. */
void virtq_unpop(struct virtq *queue, uint16_t count);
/* Returns a buffer with `length` bytes written; visible to the driver after virtq_publish. */
void virtq_push(struct virtq *queue, uint16_t head, uint32_t length);
/* Publishes and interrupts the driver if it wants that. Nothing pushed since: nothing happens. */
void virtq_publish(struct virtq *queue);
/* True when buffers wait. */
bool virtq_available(struct virtq *queue);
/* Asks the driver to notify (or not to) when it makes more buffers available. Off is a hint. */
void virtq_want_kicks(struct virtq *queue, bool wanted);

#endif
