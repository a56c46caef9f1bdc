#include "wdf/pnp.h"

NTSTATUS wdf_dma_power_up(struct wdf_device *device)
{
    return STATUS_SUCCESS;
}

void wdf_dma_power_down(struct wdf_device *device)
{
}
