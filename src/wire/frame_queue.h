/* A bounded queue of whole frames, for wires whose source cannot be made to wait. */
#ifndef WIRE_FRAME_QUEUE_H
#define WIRE_FRAME_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct frame_queue {
    unsigned slots, slot_bytes;
    unsigned head, tail;                /* free-running; tail - head frames wait */
    uint32_t *size;
    uint8_t *bytes;
};

/* slots: a power of two. False with error_text() when memory is short. */
bool frame_queue_open(struct frame_queue *queue, unsigned slots, unsigned slot_bytes);
void frame_queue_close(struct frame_queue *queue);
/* False when the queue is full or the frame larger than a slot. */
bool frame_queue_push(struct frame_queue *queue, const struct iovec *parts, int count);
/* The oldest frame, valid until it is dropped; false when there is none. */
bool frame_queue_peek(const struct frame_queue *queue, struct iovec *part);

static inline void frame_queue_drop(struct frame_queue *queue)
{
    queue->head++;
}

static inline unsigned frame_queue_count(const struct frame_queue *queue)
{
    return queue->tail - queue->head;
}

#endif
