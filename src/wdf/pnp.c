#include "wdf/device.h"

NTSTATUS wdf_pnp_dispatch(struct wdf_device *device, PIRP irp)
{
    return device->next ? wdf_pass_down(device, irp) : wdf_complete_irp(irp, STATUS_NOT_SUPPORTED, 0);
}

NTSTATUS wdf_power_dispatch(struct wdf_device *device, PIRP irp)
{
    PoStartNextPowerIrp(irp);
    return device->next ? wdf_pass_down(device, irp) : wdf_complete_irp(irp, STATUS_NOT_SUPPORTED, 0);
}
