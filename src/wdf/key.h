/* Registry key objects, for the rest of the framework. */
#ifndef WDF_KEY_H
#define WDF_KEY_H

#include "wdf/object.h"

/* A key object over an open handle, which is its from now on: it is closed on failure, too. */
NTSTATUS wdf_key_new(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, HANDLE handle,
                     const void *caller, WDFKEY *key);

#endif
