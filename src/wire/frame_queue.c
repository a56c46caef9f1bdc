#include "wire/frame_queue.h"

#include <stdlib.h>

#include "base/error.h"
#include "wire/wire_impl.h"

bool frame_queue_open(struct frame_queue *queue, unsigned slots, unsigned slot_bytes)
{
    *queue = (struct frame_queue){ .slots = slots, .slot_bytes = slot_bytes };
    queue->size = malloc(slots * sizeof *queue->size);
    queue->bytes = malloc((size_t)slots * slot_bytes);
    if (queue->size && queue->bytes)
        return true;
    frame_queue_close(queue);
    return error_set("no memory for a queue of %u frames", slots);
}

void frame_queue_close(struct frame_queue *queue)
{
    free(queue->size);
    free(queue->bytes);
    queue->size = NULL;
    queue->bytes = NULL;
}

static uint8_t *slot_of(const struct frame_queue *queue, unsigned position)
{
    return queue->bytes + (size_t)(position & (queue->slots - 1)) * queue->slot_bytes;
}

bool frame_queue_push(struct frame_queue *queue, const struct iovec *parts, int count)
{
    size_t size = frame_size(parts, count);

    if (frame_queue_count(queue) == queue->slots || size > queue->slot_bytes)
        return false;
    frame_gather(slot_of(queue, queue->tail), parts, count);
    queue->size[queue->tail & (queue->slots - 1)] = (uint32_t)size;
    queue->tail++;
    return true;
}

bool frame_queue_peek(const struct frame_queue *queue, struct iovec *part)
{
    if (!frame_queue_count(queue))
        return false;
    part->iov_base = slot_of(queue, queue->head);
    part->iov_len = queue->size[queue->head & (queue->slots - 1)];
    return true;
}
