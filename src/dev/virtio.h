/* What every virtio device has: features, status, queues, interrupts, over PCI (modern interface only). A model embeds
 * struct virtio first and gives struct virtio_ops. */
#ifndef DEV_VIRTIO_H
#define DEV_VIRTIO_H

#include "base/list.h"
#include "dev/msi.h"
#include "dev/msix.h"
#include "dev/virtio_ring.h"

#define VIRTIO_VENDOR 0x1AF4
#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_EVENT_IDX (1ull << 29)
#define VIRTIO_F_VERSION_1 (1ull << 32)

#define VIRTIO_S_ACKNOWLEDGE 1u
#define VIRTIO_S_DRIVER 2u
#define VIRTIO_S_DRIVER_OK 4u
#define VIRTIO_S_FEATURES_OK 8u
#define VIRTIO_S_NEEDS_RESET 64u
#define VIRTIO_S_FAILED 128u
#define VIRTIO_NO_VECTOR 0xFFFFu

/* The one BAR; each structure has a page of its own. */
#define VIRTIO_BAR 0
#define VIRTIO_BAR_BYTES 0x8000u
#define VIRTIO_COMMON 0x0000u
#define VIRTIO_ISR 0x1000u
#define VIRTIO_DEVICE 0x2000u
#define VIRTIO_MSIX_TABLE 0x3000u
#define VIRTIO_MSIX_PBA 0x4000u
#define VIRTIO_NOTIFY 0x5000u           /* queue n: at n * VIRTIO_NOTIFY_STEP */
#define VIRTIO_NOTIFY_STEP 4u
#define VIRTIO_QUEUES_MAX 256u

#define VIRTIO_WINDOWS 256u
#define VIRTIO_WINDOW_SHIFT 21

/* How a card interrupts when the driver's side lets it. A virtio device has MSI-X; the others are for drivers' fallbacks:
 * with neither, the line; with MSI, what the line would do is a message (and the ISR status says why). */
enum virtio_interrupts { VIRTIO_MSIX, VIRTIO_MSI, VIRTIO_LINE };

struct virtio_ops {
    /* The driver wrote FEATURES_OK: may it have this subset? */
    bool (*accept_features)(struct virtio *virtio, uint64_t features);
    void (*start)(struct virtio *virtio);               /* DRIVER_OK came */
    void (*stop)(struct virtio *virtio);                /* reset: queues are about to go */
    void (*notify)(struct virtio *virtio, unsigned queue);
    uint8_t (*config_read)(struct virtio *virtio, unsigned offset);         /* one byte of the device's own */
    void (*config_write)(struct virtio *virtio, unsigned offset, uint8_t value);
    void (*destroy)(struct virtio *virtio);
};

struct virtio {
    struct device device;               /* first */
    const struct virtio_ops *ops;
    struct msix msix;                   /* count 0: has none */
    struct msi msi;
    const char *name;                   /* for the log */
    uint64_t offered, accepted;         /* features */
    uint32_t device_select, driver_select;
    uint16_t config_vector, queue_select;
    uint8_t status, isr, generation;
    bool config_changed;                /* since the driver last read the device's own configuration */
    bool line_asserted;
    unsigned pci_cfg;                   /* offset of the PCI configuration access capability */
    unsigned queue_count;
    struct virtq *queues;
    uint64_t interrupts, doorbells;     /* line interrupts (messages: msix.sent, msi.sent), writes to notification registers */
    struct { uint64_t granule; uint8_t *host; } windows[VIRTIO_WINDOWS];    /* granule + 1; 0: empty */
};

struct virtio_identity {
    const char *name;
    uint16_t type;                      /* the virtio device ID: 1 network, 2 block */
    uint8_t class_code[3];
    uint64_t features;
    unsigned queues, queue_size, vectors, config_bytes;
    enum virtio_interrupts interrupts;
};

/* Fills in everything before the model's own part. False with error_text() when memory is short. */
bool virtio_init(struct virtio *virtio, const struct virtio_ops *ops, const struct device_ops *device_ops,
                 const struct device_host *host, const struct virtio_identity *identity);
void virtio_fini(struct virtio *virtio);
/* interrupts= of a card's specification; MSI-X without it. False with error_text(). */
bool virtio_read_interrupts(struct spec *spec, enum virtio_interrupts *interrupts);
/* The driver's side broke the rules: a sentence to the log, DEVICE_NEEDS_RESET, and silence until the reset. */
void virtio_break(struct virtio *virtio, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The device's own configuration changed: generation and interrupt. */
void virtio_config_changed(struct virtio *virtio);
void virtio_interrupt(struct virtio *virtio, struct virtq *queue);
/* Host address of guest memory that virtio_dma's cache does not know. */
void *virtio_dma_slow(struct virtio *virtio, uint64_t pa, uint32_t size);
uint64_t virtio_common_read(struct virtio *virtio, unsigned offset, unsigned size);
void virtio_common_write(struct virtio *virtio, unsigned offset, unsigned size, uint32_t value);
void virtio_reset(struct virtio *virtio);
/* Sets the INTx line to what ISR, MSI-X and the command register make of it. */
void virtio_update_line(struct virtio *virtio);

/* device_ops members for models to name. */
uint64_t virtio_bar_read(struct device *device, int bar, uint64_t offset, unsigned size);
void virtio_bar_write(struct device *device, int bar, uint64_t offset, unsigned size, uint64_t value);
void virtio_config_reading(struct device *device, unsigned offset, unsigned size);
void virtio_config_written(struct device *device, unsigned offset, unsigned size);
void virtio_device_reset(struct device *device);
void virtio_device_destroy(struct device *device);

static inline bool virtio_has(const struct virtio *virtio, uint64_t feature)
{
    return virtio->accepted & feature;
}

/* The device may touch rings and memory. */
static inline bool virtio_running(const struct virtio *virtio)
{
    return (virtio->status & (VIRTIO_S_DRIVER_OK | VIRTIO_S_NEEDS_RESET)) == VIRTIO_S_DRIVER_OK &&
           !virtio->device.gone && pci_bus_master(&virtio->device) && !pci_power_state(&virtio->device);
}

/* Host address of [pa, pa+size), size > 0; NULL when not all of it is RAM. */
static inline void *virtio_dma(struct virtio *virtio, uint64_t pa, uint32_t size)
{
    uint64_t granule = pa >> VIRTIO_WINDOW_SHIFT;
    unsigned slot = granule % VIRTIO_WINDOWS;

    if (virtio->windows[slot].granule == granule + 1 && (pa + size - 1) >> VIRTIO_WINDOW_SHIFT == granule)
        return virtio->windows[slot].host + (pa & ((1ull << VIRTIO_WINDOW_SHIFT) - 1));
    return virtio_dma_slow(virtio, pa, size);
}

#endif
