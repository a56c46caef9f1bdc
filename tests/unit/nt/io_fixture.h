/* A computer without drivers: everything up to Plug and Play. Test bodies run in a system thread. */
#ifndef TESTS_UNIT_NT_IO_FIXTURE_H
#define TESTS_UNIT_NT_IO_FIXTURE_H

#include "unit.h"

#include "base/error.h"
#include "dev/msi.h"
#include "dev/msix.h"
#include "host/loop.h"
#include "nt/cm.h"
#include "nt/hal.h"
#include "nt/io.h"
#include "nt/ke.h"
#include "nt/ob.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/ps.h"
#include "nt/ram.h"

static inline void start_parts(void *arg)
{
    void (*body)(void) = (void (*)(void))arg;

    CHECK_EQ(ob_start(), STATUS_SUCCESS);
    CHECK_EQ(ps_start(), STATUS_SUCCESS);
    CHECK_EQ(cm_start(), STATUS_SUCCESS);
    CHECK_EQ(io_start(), STATUS_SUCCESS);
    hal_start();
    CHECK_EQ(pnp_start(), STATUS_SUCCESS);
    body();
    pnp_stop();
    pnp_find_driver = NULL;
    hal_stop();
    io_stop();
    CHECK_EQ(io_each_irp(NULL, NULL), 0);
    cm_stop();
    ps_stop();
}

static inline void run_in_computer(unsigned cpus, void (*body)(void))
{
    struct ke_config config = { .cpus = cpus, .clock = KE_CLOCK_VIRTUAL };

    CHECK(loop_open());
    CHECK(ram_open(64u << 20));
    CHECK(ke_open(&config));
    CHECK_EQ(ke_call(start_parts, (void *)body), KE_DONE);
    ob_stop();
    ke_close();
    pool_close();
    ram_close();
    loop_close();
}

/* A card with one BAR of registers and, behind them, an MSI-X table of four vectors; or with plain MSI. */
struct card {
    struct device device;
    struct msix msix;
    struct msi msi;
    uint32_t registers[64];
    unsigned writes;
};

static inline uint64_t card_read(struct device *device, int bar, uint64_t offset, unsigned size)
{
    struct card *card = container_of(device, struct card, device);

    (void)bar;
    if (offset >= 0x1000)
        return msix_table_read(&card->msix, offset - 0x1000, size);
    return card->registers[offset / 4 % 64];
}

static inline void card_write(struct device *device, int bar, uint64_t offset, unsigned size, uint64_t value)
{
    struct card *card = container_of(device, struct card, device);

    (void)bar;
    if (offset >= 0x1000) {
        msix_table_write(&card->msix, offset - 0x1000, size, value);
        return;
    }
    card->registers[offset / 4 % 64] = (uint32_t)value;
    card->writes++;
}

static inline void card_config(struct device *device, unsigned offset, unsigned size)
{
    struct card *card = container_of(device, struct card, device);

    msix_config_written(&card->msix, offset, size);
    msi_config_written(&card->msi, offset, size);
}

static inline void card_reset(struct device *device)
{
    struct card *card = container_of(device, struct card, device);

    msix_reset(&card->msix);
    msi_reset(&card->msi);
}

static const struct device_ops card_ops = {
    .model = "card", .bar_read = card_read, .bar_write = card_write, .config_written = card_config, .reset = card_reset,
};

static inline void card_init_without_messages(struct card *card)
{
    static const struct pci_identity identity = { .vendor = 0x1234, .device = 0x5678, .subsystem_vendor = 0x1234,
                                                  .subsystem = 1, .revision = 2, .class_code = { 2, 0, 0 },
                                                  .interrupt_pin = true };

    memset(card, 0, sizeof(*card));
    card->device.ops = &card_ops;
    card->device.host = hal_device_host();
    pci_init(&card->device, &identity);
    pci_add_bar(&card->device, 0, 0x4000, true, false);
    pci_add_power(&card->device);
}

static inline void card_init(struct card *card)
{
    card_init_without_messages(card);
    msix_init(&card->msix, &card->device, 4, 0, 0x1000, 0x2000);
}

#endif
