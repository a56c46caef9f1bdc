/* The driver object. */
#ifndef WDF_DRIVER_H
#define WDF_DRIVER_H

#include "wdf/object.h"

struct wdf_driver {
    struct wdf_object object;
    PDRIVER_OBJECT wdm;
    WDF_DRIVER_CONFIG config;
    UNICODE_STRING registry_path;
    bool pnp;
};

/* Deletes what the driver left and says what cannot go. */
void wdf_driver_unbind(struct wdf_client *client);

#endif
