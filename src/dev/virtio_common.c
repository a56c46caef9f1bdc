/* The common configuration structure: features, status, queue set-up. Offsets are the specification's. */
#include "base/log.h"
#include "dev/virtio.h"

enum {
    DEVICE_FEATURE_SELECT = 0x00, DEVICE_FEATURE = 0x04, DRIVER_FEATURE_SELECT = 0x08, DRIVER_FEATURE = 0x0C,
    CONFIG_VECTOR = 0x10, NUM_QUEUES = 0x12, DEVICE_STATUS = 0x14, CONFIG_GENERATION = 0x15, QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18, QUEUE_VECTOR = 0x1A, QUEUE_ENABLE = 0x1C, QUEUE_NOTIFY_OFF = 0x1E,
    QUEUE_DESC = 0x20, QUEUE_DRIVER = 0x28, QUEUE_DEVICE = 0x30,
};

static struct virtq *selected(struct virtio *virtio)
{
    return virtio->queue_select < virtio->queue_count ? &virtio->queues[virtio->queue_select] : NULL;
}

static uint32_t half(uint64_t value, uint32_t select)
{
    return select == 0 ? (uint32_t)value : select == 1 ? (uint32_t)(value >> 32) : 0;
}

static uint64_t read_queue(struct virtio *virtio, unsigned offset)
{
    const struct virtq *queue = selected(virtio);

    if (!queue)
        return offset == QUEUE_VECTOR ? VIRTIO_NO_VECTOR : 0;
    switch (offset) {
    case QUEUE_SIZE:
        return queue->size;
    case QUEUE_VECTOR:
        return queue->vector;
    case QUEUE_ENABLE:
        return queue->enabled;
    case QUEUE_NOTIFY_OFF:
        return queue->index;
    case QUEUE_DESC:
    case QUEUE_DESC + 4:
        return half(queue->desc_pa, (offset & 4) / 4);
    case QUEUE_DRIVER:
    case QUEUE_DRIVER + 4:
        return half(queue->driver_pa, (offset & 4) / 4);
    case QUEUE_DEVICE:
    case QUEUE_DEVICE + 4:
        return half(queue->device_pa, (offset & 4) / 4);
    default:
        return 0;
    }
}

uint64_t virtio_common_read(struct virtio *virtio, unsigned offset, unsigned size)
{
    (void)size;
    switch (offset) {
    case DEVICE_FEATURE_SELECT:
        return virtio->device_select;
    case DEVICE_FEATURE:
        return half(virtio->offered, virtio->device_select);
    case DRIVER_FEATURE_SELECT:
        return virtio->driver_select;
    case DRIVER_FEATURE:
        return half(virtio->accepted, virtio->driver_select);
    case CONFIG_VECTOR:
        return virtio->config_vector;
    case NUM_QUEUES:
        return virtio->queue_count;
    case DEVICE_STATUS:
        return virtio->status;
    case CONFIG_GENERATION:
        return virtio->generation;
    case QUEUE_SELECT:
        return virtio->queue_select;
    default:
        return read_queue(virtio, offset);
    }
}

static void write_features(struct virtio *virtio, uint32_t value)
{
    if ((virtio->status & VIRTIO_S_FEATURES_OK) || virtio->driver_select > 1)
        return;
    if (virtio->driver_select == 0)
        virtio->accepted = (virtio->accepted & ~0xFFFFFFFFull) | value;
    else
        virtio->accepted = (virtio->accepted & 0xFFFFFFFFull) | (uint64_t)value << 32;
}

static bool features_good(struct virtio *virtio)
{
    uint64_t bad = virtio->accepted & ~virtio->offered;

    if (bad)
        log_warn(virtio->name, "the driver accepts features 0x%llx that were not offered", (unsigned long long)bad);
    else if (!virtio_has(virtio, VIRTIO_F_VERSION_1))
        log_warn(virtio->name, "the driver does not accept VIRTIO_F_VERSION_1");
    else
        return !virtio->ops->accept_features || virtio->ops->accept_features(virtio, virtio->accepted);
    return false;
}

static void write_status(struct virtio *virtio, uint8_t value)
{
    uint8_t fresh = value & (uint8_t)~virtio->status;

    if (!value) {
        virtio_reset(virtio);
        return;
    }
    if ((fresh & VIRTIO_S_FEATURES_OK) && !features_good(virtio))
        fresh &= (uint8_t)~VIRTIO_S_FEATURES_OK;
    fresh &= (uint8_t)~VIRTIO_S_NEEDS_RESET;
    virtio->status |= fresh;
    if (!(fresh & VIRTIO_S_DRIVER_OK))
        return;
    if (!(virtio->status & VIRTIO_S_FEATURES_OK))
        virtio_break(virtio, "the driver set DRIVER_OK before FEATURES_OK");
    else if (virtio->ops->start)
        virtio->ops->start(virtio);
}

static uint16_t valid_vector(const struct virtio *virtio, uint32_t value)
{
    return value < virtio->msix.count ? (uint16_t)value : VIRTIO_NO_VECTOR;
}

static void put_half(uint64_t *field, unsigned offset, uint32_t value)
{
    if (offset & 4)
        *field = (*field & 0xFFFFFFFFull) | (uint64_t)value << 32;
    else
        *field = (*field & ~0xFFFFFFFFull) | value;
}

static void write_queue_size(struct virtq *queue, uint32_t value)
{
    if (value && value <= queue->size_max && !(value & (value - 1)))
        queue->size = (uint16_t)value;
    else
        log_warn(queue->owner->name, "queue %u: size %u is not a power of two up to %u", queue->index, value, queue->size_max);
}

/* The ring's place and size are fixed once the queue is enabled. */
static void write_queue_setup(struct virtq *queue, unsigned offset, uint32_t value)
{
    switch (offset) {
    case QUEUE_SIZE:
        write_queue_size(queue, value);
        break;
    case QUEUE_ENABLE:
        if (value & 1)
            virtq_enable(queue);
        break;
    case QUEUE_DESC:
    case QUEUE_DESC + 4:
        put_half(&queue->desc_pa, offset, value);
        break;
    case QUEUE_DRIVER:
    case QUEUE_DRIVER + 4:
        put_half(&queue->driver_pa, offset, value);
        break;
    case QUEUE_DEVICE:
    case QUEUE_DEVICE + 4:
        put_half(&queue->device_pa, offset, value);
        break;
    default:
        break;
    }
}

static void write_queue(struct virtio *virtio, unsigned offset, uint32_t value)
{
    struct virtq *queue = selected(virtio);

    if (!queue)
        return;
    if (offset == QUEUE_VECTOR)
        queue->vector = valid_vector(virtio, value);
    else if (!queue->enabled)
        write_queue_setup(queue, offset, value);
}

void virtio_common_write(struct virtio *virtio, unsigned offset, unsigned size, uint32_t value)
{
    (void)size;
    switch (offset) {
    case DEVICE_FEATURE_SELECT:
        virtio->device_select = value;
        break;
    case DRIVER_FEATURE_SELECT:
        virtio->driver_select = value;
        break;
    case DRIVER_FEATURE:
        write_features(virtio, value);
        break;
    case CONFIG_VECTOR:
        virtio->config_vector = valid_vector(virtio, value);
        break;
    case DEVICE_STATUS:
        write_status(virtio, (uint8_t)value);
        break;
    case QUEUE_SELECT:
        virtio->queue_select = (uint16_t)value;
        break;
    default:
        write_queue(virtio, offset, value);
        break;
    }
}
