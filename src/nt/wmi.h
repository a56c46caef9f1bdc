/* WMI between the files io_wmi*.c: providers and the data blocks that they have, and those who ask.
 *
 * 1. A provider is a registered device. What blocks it has is asked with IRP_MN_REGINFO_EX when somebody wants to know and it has
 *    registered, or changed its registration, since.
 * 2. A provider whose device is deleted is no longer one.
 * 3. Everything here runs at PASSIVE_LEVEL, but for the noting of events. */
#ifndef NT_WMI_H
#define NT_WMI_H

#include <wmistr.h>

#include "nt/io_internal.h"

struct wmi_block {
    GUID guid;
    ULONG flags, instances;
    WCHAR **names;                      /* of the instances, terminated; NULL: the provider names them itself */
};

struct wmi_provider {
    struct list node;
    PDEVICE_OBJECT device;
    bool asked;
    ULONG count;
    struct wmi_block *blocks;
};

extern struct list wmi_providers;

bool wmi_add(PDEVICE_OBJECT device);
void wmi_remove(PDEVICE_OBJECT device);
/* The registration changed. False: it is no provider. */
bool wmi_changed(PDEVICE_OBJECT device);
/* The provider's block of this class, from `*at` on (0: the first); NULL: there is none left. */
struct wmi_block *wmi_find(struct wmi_provider *provider, const GUID *guid, ULONG *at);
/* The provider that has an instance of this name, and its number; with names of its own: the first that has the class, and
 * *index is UINT32_MAX. NULL: none. */
struct wmi_provider *wmi_find_instance(const GUID *guid, const UNICODE_STRING *name, ULONG *index);
/* Sends one WMI request: `buffer` in nonpaged pool. *size: bytes in the buffer, then those that the answer has or needs. */
NTSTATUS wmi_send(struct wmi_provider *provider, UCHAR minor, void *path, void *buffer, ULONG *size);
/* io_wmi_event.c: hands an event to those who listen. <= DISPATCH_LEVEL. True: the memory was taken. */
bool wmi_tell(PWNODE_HEADER node);
/* The providers of a class are asked to send its events, or to stop. */
void wmi_enable_events(const GUID *guid, bool enable);

#endif
