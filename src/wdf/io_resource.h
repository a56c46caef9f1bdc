/* What a device could use: a requirements list of logical configurations, each a list of resource ranges. */
#ifndef WDF_IO_RESOURCE_H
#define WDF_IO_RESOURCE_H

#include "wdf/device.h"

struct wdf_io_list {
    struct wdf_object object;
    IO_RESOURCE_DESCRIPTOR *items;
    ULONG count, room;
};

struct wdf_requirements {
    struct wdf_object object;
    INTERFACE_TYPE interface_type;
    ULONG bus, slot;
    struct wdf_io_list **lists;         /* in use: each once */
    ULONG count, room;
    bool may_add, may_remove;
};

NTSTATUS wdf_requirements_create(struct wdf_device *device, const IO_RESOURCE_REQUIREMENTS_LIST *from,
                                 struct wdf_requirements **list);
/* In paged pool, the PnP manager's from then on. NULL: no memory. */
PIO_RESOURCE_REQUIREMENTS_LIST wdf_requirements_build(const struct wdf_requirements *list);

#endif
