#include "wdf/target.h"

#include "wdf/request.h"

NTSTATUS wdf_target_create_local(struct wdf_device *device, const void *caller)
{
    return STATUS_SUCCESS;
}

void wdf_request_reset_format(struct wdf_request *request)
{
    if (request->built_mdl)
        IoFreeMdl(request->built_mdl);
    request->built_mdl = NULL;
}

void wdf_targets_close(struct wdf_device *device)
{
}
