#include "wdf/pnp.h"

NTSTATUS wdf_filter_requirements(struct wdf_device *device, PIRP irp)
{
    return wdf_pass_down(device, irp);
}
