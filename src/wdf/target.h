/* I/O targets: where requests are sent. */
#ifndef WDF_TARGET_H
#define WDF_TARGET_H

#include "wdf/device.h"

/* The local target of a device: the device object below. */
NTSTATUS wdf_target_create_local(struct wdf_device *device, const void *caller);
/* What the driver left open goes with the device. PASSIVE_LEVEL. */
void wdf_targets_close(struct wdf_device *device);

#endif
