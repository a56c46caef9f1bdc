/* The HAL's life, and what it gives to devices. */
#include "nt/event.h"
#include "nt/hal_internal.h"
#include "nt/ram.h"

/* Physical page 0 is memory of the machine and of nobody: a device that is told to use it does so, as in a PC, and a listener hears of it. */
static void *dma(void *context, uint64_t pa, size_t size)
{
    (void)context;
    if (pa < RAM_PAGE && size <= RAM_PAGE - pa) {
        NT_EMIT(NT_EVENT_DMA_ZERO, "a device was told to use physical page 0, which no driver has", pa, size, (struct pe_caller){ 0 });
        return (void *)(uintptr_t)(RAM_BASE + pa);
    }
    return ram_va(pa, size);
}

static struct device_host device_host = { .dma = dma, .raise_msi = hal_raise_msi, .set_line = hal_set_line, .pme = pnp_pme };

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
