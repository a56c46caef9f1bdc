/* A data block object: somebody who asks WMI. */
#ifndef NT_WMI_CLIENT_H
#define NT_WMI_CLIENT_H

#include "nt/wmi.h"

struct wmi_client {
    GUID guid;
    ULONG access;                       /* WMIGUID_XXX */
    bool listening;
    struct list node;                   /* of those who listen */
    WMI_NOTIFICATION_CALLBACK callback;
    PVOID context;
};

/* NULL with *status when it is none, or not opened for one of the rights. */
struct wmi_client *wmi_client_of(void *object, ULONG access, NTSTATUS *status);
void wmi_stop_listening(struct wmi_client *client);

#endif
