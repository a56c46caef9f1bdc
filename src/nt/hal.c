/* The HAL's life, and what it gives to devices. */
#include "nt/hal_internal.h"
#include "nt/ram.h"

static void *dma(void *context, uint64_t pa, size_t size)
{
    (void)context;
    return ram_va(pa, size);
}

static struct device_host device_host = { .dma = dma, .raise_msi = hal_raise_msi, .set_line = hal_set_line };

const struct device_host *hal_device_host(void)
{
    device_host.clock = ke_clock();
    return &device_host;
}

void hal_start(void)
{
    hal_mmio_start();
    hal_dma_start();
    hal_interrupt_start();
}

void hal_stop(void)
{
    hal_dma_stop();
    hal_interrupt_stop();
}
