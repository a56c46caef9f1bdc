/* The device interfaces of an adapter, by which applications and drivers find it: the class of network devices, and the older one of
 * NDIS. The reference string is the adapter's GUID. They are there while the adapter is started.
 * docs: install/guid-devinterface-net */
#include "ndis/adapter.h"

#include <string.h>

#include "nt/io.h"

static const GUID classes[] = {
    { 0xcac88484, 0x7515, 0x4c03, { 0x82, 0xe6, 0x71, 0xa8, 0x7a, 0xba, 0xc3, 0x61 } },    /* GUID_DEVINTERFACE_NET */
    { 0xad498944, 0x762f, 0x11d0, { 0x8d, 0xcb, 0x00, 0xc0, 0x4f, 0xc3, 0x35, 0x8c } },    /* GUID_NDIS_LAN_CLASS */
};

_Static_assert(sizeof classes / sizeof *classes == sizeof ((struct adapter *)0)->device_links / sizeof(UNICODE_STRING),
               "one link a class");

/* What follows \DEVICE\ in the adapter's name. */
static UNICODE_STRING reference_of(const struct adapter *a)
{
    const USHORT skip = sizeof u"\\DEVICE\\" - sizeof(WCHAR);

    return (UNICODE_STRING){ (USHORT)(a->name.Length - skip), (USHORT)(a->name.Length - skip), a->name.Buffer + skip / sizeof(WCHAR) };
}

void device_interfaces_open(struct adapter *a)
{
    UNICODE_STRING reference = reference_of(a);

    for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (!a->device_links[i].Buffer &&
            !NT_SUCCESS(IoRegisterDeviceInterface(a->pdo, &classes[i], &reference, &a->device_links[i])))
            continue;
        IoSetDeviceInterfaceState(&a->device_links[i], TRUE);
    }
}

void device_interfaces_close(struct adapter *a)
{
    for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (!a->device_links[i].Buffer)
            continue;
        IoSetDeviceInterfaceState(&a->device_links[i], FALSE);
        RtlFreeUnicodeString(&a->device_links[i]);
        a->device_links[i] = (UNICODE_STRING){ 0 };
    }
}
