/* A sleeping card listens for the magic packet: six bytes FFh and sixteen times the card's address, anywhere in a frame. It then signals a
 * power management event, once until the driver's side has forgotten it. That is PCI's and the card's, not virtio's. */
#include <string.h>

#include "base/util.h"
#include "dev/virtio_net.h"

#define SYNC 6u
#define REPEATS 16u
#define MAGIC (SYNC + REPEATS * 6u)
#define LOOK_AT 1600u

static bool is_magic(const uint8_t *at, const uint8_t mac[6])
{
    for (unsigned i = 0; i < SYNC; i++)
        if (at[i] != 0xFF)
            return false;
    for (unsigned i = 0; i < REPEATS; i++)
        if (memcmp(at + SYNC + 6 * i, mac, 6))
            return false;
    return true;
}

void net_wake_look(struct virtio_net *net, const struct iovec *parts, int count)
{
    uint8_t frame[LOOK_AT];
    size_t size = 0;

    for (int i = 0; i < count && size < sizeof frame; i++) {
        size_t n = min_u64(parts[i].iov_len, sizeof frame - size);

        memcpy(frame + size, parts[i].iov_base, n);
        size += n;
    }
    for (size_t at = WIRE_FRAME_MIN; at + MAGIC <= size; at++)
        if (is_magic(frame + at, net->mac)) {
            pci_pme(&net->virtio.device);
            return;
        }
}

void net_wake_config_written(struct device *device, unsigned offset, unsigned size)
{
    struct virtio_net *net = container_of(device, struct virtio_net, virtio.device);
    bool listens;

    virtio_config_written(device, offset, size);
    listens = pci_waits_for_event(device);
    if (listens == net->listens || !net->wire)
        return;
    net->listens = listens;
    if (!virtio_running(&net->virtio))
        wire_set_ready(net->wire, listens);
}
