/* What the virtio-net device itself costs for a 64-byte frame, without any driver: bursts of 32 into receive buffers, and
 * bursts of 32 out to a null wire. Prints `card-receive NS` and `card-transmit NS` per frame. The ring's other side (refill,
 * index updates) is done here and is part of the number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dev/virtio_net.h"
#include "host/time.h"
#include "wire/wire_impl.h"

#define RAM_BYTES (4u << 20)
#define RING 256u
#define BURST 32u
#define BUFFER 2048u
#define ROUNDS 100000u

static uint8_t *ram;
static uint64_t messages;

static void *dma(void *context, uint64_t pa, size_t size)
{
    return pa <= RAM_BYTES && size <= RAM_BYTES - pa ? ram + pa : NULL;
}

static void raise_msi(void *context, uint64_t address, uint32_t data)
{
    messages++;
}

static void set_line(void *context, struct device *device, bool asserted)
{
}

static uint64_t now_ns(struct clock *clock)
{
    return host_monotonic_ns();
}

static void arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
}

struct ring {
    struct virtq_desc *desc;
    ring_u16 *avail;
    uint64_t pa;
    uint16_t next;
};

static void put64(struct device *card, unsigned offset, uint64_t value)
{
    pci_bar_write(card, VIRTIO_BAR, offset, 8, value);
}

/* Ring n lives in its own 64 KiB, its buffers behind the first MiB. */
static void make_ring(struct device *card, struct ring *ring, unsigned index, uint16_t flags)
{
    ring->pa = 0x10000u * (index + 1);
    ring->desc = (struct virtq_desc *)(ram + ring->pa);
    ring->avail = (ring_u16 *)(ram + ring->pa + 0x4000);
    for (unsigned i = 0; i < RING; i++)
        ring->desc[i] = (struct virtq_desc){ 0x100000u + (index * RING + i) * BUFFER, flags ? BUFFER : 12 + 64, flags, 0 };
    for (unsigned i = 0; i < RING; i++)
        ring->avail[2 + i] = (uint16_t)i;
    pci_bar_write(card, VIRTIO_BAR, 0x16, 2, index);
    pci_bar_write(card, VIRTIO_BAR, 0x1A, 2, index);
    put64(card, 0x20, ring->pa);
    put64(card, 0x28, ring->pa + 0x4000);
    put64(card, 0x30, ring->pa + 0x8000);
    pci_bar_write(card, VIRTIO_BAR, 0x1C, 2, 1);
}

static void kick(struct device *card, unsigned index)
{
    pci_bar_write(card, VIRTIO_BAR, VIRTIO_NOTIFY + index * VIRTIO_NOTIFY_STEP, 2, index);
}

static void start(struct device *card, struct ring *rx, struct ring *tx)
{
    uint64_t features = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | NET_F_MRG_RXBUF | NET_F_CTRL_VQ | NET_F_CTRL_RX;
    unsigned msix = container_of(card, struct virtio, device)->msix.capability;

    pci_config_write(card, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_config_write(card, msix + 2, 2, 0x8000);
    for (unsigned i = 0; i < 2; i++)
        pci_bar_write(card, VIRTIO_BAR, VIRTIO_MSIX_TABLE + 16 * i + 12, 4, 0);
    pci_bar_write(card, VIRTIO_BAR, 0x14, 1, 3);
    for (unsigned i = 0; i < 2; i++) {
        pci_bar_write(card, VIRTIO_BAR, 0x08, 4, i);
        pci_bar_write(card, VIRTIO_BAR, 0x0C, 4, (uint32_t)(features >> (32 * i)));
    }
    pci_bar_write(card, VIRTIO_BAR, 0x14, 1, 11);
    make_ring(card, rx, 0, 2);
    make_ring(card, tx, 1, 0);
    pci_bar_write(card, VIRTIO_BAR, 0x14, 1, 15);
}

static double receive(struct device *card, struct wire *wire, struct ring *rx)
{
    static uint8_t frame[64] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0, 1, 0x88, 0xB5 };
    struct iovec part = { frame, sizeof frame };
    uint64_t began;

    rx->avail[1] = rx->next = RING;
    kick(card, 0);
    began = host_monotonic_ns();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < BURST; i++)
            wire_deliver(wire, &part, 1);
        wire_burst_end(wire);
        rx->avail[1] = rx->next += BURST;
        rx->avail[2 + RING] = (uint16_t)(rx->next - RING);      /* used_event: the next one interrupts */
    }
    return (double)(host_monotonic_ns() - began) / ROUNDS / BURST;
}

static double transmit(struct device *card, struct ring *tx)
{
    uint64_t began = host_monotonic_ns();

    for (unsigned round = 0; round < ROUNDS; round++) {
        tx->avail[2 + RING] = tx->next;
        tx->avail[1] = tx->next += BURST;
        kick(card, 1);
    }
    return (double)(host_monotonic_ns() - began) / ROUNDS / BURST;
}

int main(void)
{
    struct clock clock = { .now_ns = now_ns, .arm = arm };
    struct device_host host = { .dma = dma, .raise_msi = raise_msi, .set_line = set_line, .clock = &clock };
    struct spec spec;
    struct ring rx = { 0 }, tx = { 0 };
    struct device_stats stats;

    ram = aligned_alloc(4096, RAM_BYTES);
    spec_parse(&spec, "null");
    struct wire *wire = wire_open(&spec, &clock);
    struct device *card = ram && wire ? virtio_net_create(&host, wire, &spec) : NULL;
    if (!card) {
        fprintf(stderr, "card: %s\n", error_text());
        return 4;
    }
    memset(ram, 0, RAM_BYTES);
    start(card, &rx, &tx);
    printf("card-receive %.1f\n", receive(card, wire, &rx));
    printf("card-transmit %.1f\n", transmit(card, &tx));
    card->ops->stats(card, &stats);
    if (stats.rx_frames != ROUNDS * BURST || stats.tx_frames != ROUNDS * BURST || messages != 2 * ROUNDS) {
        fprintf(stderr, "card: %llu in, %llu out, %llu interrupts\n", (unsigned long long)stats.rx_frames,
                (unsigned long long)stats.tx_frames, (unsigned long long)messages);
        return 1;
    }
    card->ops->destroy(card);
    free(ram);
    return 0;
}
