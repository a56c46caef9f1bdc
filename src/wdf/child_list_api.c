/* Child lists: what drivers call. docs: wdf/dynamic-enumeration */
#include "wdf/child_list.h"

static struct wdf_child_list *list_check(WDFCHILDLIST handle, const void *caller)
{
    return wdf_check(handle, &wdf_child_list_type, caller);
}

static NTSTATUS check_id(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id, const void *caller)
{
    wdf_need(id, caller);
    return id->IdentificationDescriptionSize == list->config.IdentificationDescriptionSize ? STATUS_SUCCESS
                                                                                          : STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS check_address(struct wdf_child_list *list, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER address)
{
    return !address || address->AddressDescriptionSize == list->config.AddressDescriptionSize ? STATUS_SUCCESS
                                                                                              : STATUS_INVALID_DEVICE_REQUEST;
}

/* --- making ------------------------------------------------------------------------------------------------------------------ */

/* A child list beside the default one; the device deletes it. STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER (sizes, no
 * EvtChildListCreateDevice, no FDO) and errors of wdf_object_create. PASSIVE_LEVEL.
 * docs: wdfchildlist/nf-wdfchildlist-wdfchildlistcreate */
NTSTATUS NTAPI WdfChildListCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_CHILD_LIST_CONFIG Config,
                                  PWDF_OBJECT_ATTRIBUTES ChildListAttributes, WDFCHILDLIST *ChildList)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_child_list *list;

    wdf_need(Config, caller);
    wdf_need(ChildList, caller);
    *ChildList = NULL;
    if (Config->Size != sizeof *Config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (device->settings.kind != DEVICE_FDO)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_child_list_create(device, Config, ChildListAttributes, caller, &list);
    if (NT_SUCCESS(status))
        *ChildList = (WDFCHILDLIST)list;
    return status;
}

/* The default child list that WdfDeviceCreate makes. PASSIVE_LEVEL. docs: wdffdo/nf-wdffdo-wdffdoinitsetdefaultchildlistconfig */
VOID NTAPI WdfFdoInitSetDefaultChildListConfig(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                               PWDF_CHILD_LIST_CONFIG Config, PWDF_OBJECT_ATTRIBUTES DefaultChildListAttributes)
{
    const void *caller = WDF_CALLER();
    struct WDFDEVICE_INIT *init = wdf_init_check(DeviceInit, caller);

    wdf_need(Config, caller);
    if (Config->Size != sizeof *Config) {
        init->failed = STATUS_INFO_LENGTH_MISMATCH;
        return;
    }
    init->settings.child_list = *Config;
    init->settings.has_child_list_attributes = DefaultChildListAttributes != NULL;
    if (DefaultChildListAttributes)
        init->settings.child_list_attributes = *DefaultChildListAttributes;
}

/* NULL when the device was made without one. <= DISPATCH_LEVEL. docs: wdffdo/nf-wdffdo-wdffdogetdefaultchildlist */
WDFCHILDLIST NTAPI WdfFdoGetDefaultChildList(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo)
{
    return (WDFCHILDLIST)wdf_device_check(Fdo, WDF_CALLER())->default_children;
}

/* <= DISPATCH_LEVEL. docs: wdfchildlist/nf-wdfchildlist-wdfchildlistgetdevice */
WDFDEVICE NTAPI WdfChildListGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList)
{
    return (WDFDEVICE)list_check(ChildList, WDF_CALLER())->device;
}

/* --- reporting ---------------------------------------------------------------------------------------------------------------- */

/* A child is there. STATUS_OBJECT_NAME_EXISTS (a success) when it was known: its address is updated.
 * STATUS_INVALID_DEVICE_REQUEST (sizes), STATUS_INSUFFICIENT_RESOURCES, or what the duplicate callback says. <= DISPATCH_LEVEL.
 * docs: wdfchildlist/nf-wdfchildlist-wdfchildlistaddorupdatechilddescriptionaspresent */
NTSTATUS NTAPI WdfChildListAddOrUpdateChildDescriptionAsPresent(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                                                PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription,
                                                                PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_list *list = list_check(ChildList, caller);
    NTSTATUS status = check_id(list, IdentificationDescription, caller);

    if (NT_SUCCESS(status))
        status = check_address(list, AddressDescription);
    if (NT_SUCCESS(status))
        status = wdf_child_add(list, IdentificationDescription, AddressDescription, caller);
    if (NT_SUCCESS(status))
        wdf_children_changed(list->device);
    return status;
}

/* A child is gone. STATUS_NO_SUCH_DEVICE, STATUS_INVALID_DEVICE_REQUEST (size). <= DISPATCH_LEVEL.
 * docs: wdfchildlist/nf-wdfchildlist-wdfchildlistupdatechilddescriptionasmissing */
NTSTATUS NTAPI WdfChildListUpdateChildDescriptionAsMissing(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                                           PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_list *list = list_check(ChildList, caller);
    NTSTATUS status = check_id(list, IdentificationDescription, caller);
    struct wdf_child_entry *entry = NT_SUCCESS(status) ? wdf_child_find(list, IdentificationDescription) : NULL;

    if (!NT_SUCCESS(status))
        return status;
    if (!entry || wdf_child_is_missing(entry))
        return STATUS_NO_SUCH_DEVICE;
    wdf_child_set_missing(entry);
    wdf_children_changed(list->device);
    return STATUS_SUCCESS;
}

/* All children are there, as before. <= DISPATCH_LEVEL. docs: wdfchildlist/nf-wdfchildlist-wdfchildlistupdateallchilddescriptionsaspresent */
VOID NTAPI WdfChildListUpdateAllChildDescriptionsAsPresent(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList)
{
    struct wdf_child_list *list = list_check(ChildList, WDF_CALLER());

    list_each(it, &list->entries)
        wdf_child_set_present(container_of(it, struct wdf_child_entry, node));
    wdf_children_changed(list->device);
}

/* What is not reported as present until WdfChildListEndScan is missing. <= DISPATCH_LEVEL.
 * docs: wdfchildlist/nf-wdfchildlist-wdfchildlistbeginscan */
VOID NTAPI WdfChildListBeginScan(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList)
{
    struct wdf_child_list *list = list_check(ChildList, WDF_CALLER());

    list->scans++;
    list->device->children_locked++;
    list_each(it, &list->entries)
        container_of(it, struct wdf_child_entry, node)->seen = false;
}

/* docs: wdfchildlist/nf-wdfchildlist-wdfchildlistendscan */
VOID NTAPI WdfChildListEndScan(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList)
{
    struct wdf_child_list *list = list_check(ChildList, WDF_CALLER());

    if (!list->scans)
        return;
    list->scans--;
    list_each_safe(it, &list->entries) {
        struct wdf_child_entry *entry = container_of(it, struct wdf_child_entry, node);
        if (!entry->seen)
            wdf_child_set_missing(entry);
    }
    list->device->children_changed = true;
    wdf_children_unlock(list->device);
}

/* --- finding -------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS fill(struct wdf_child_list *list, struct wdf_child_entry *entry, PWDF_CHILD_RETRIEVE_INFO info)
{
    if (info->AddressDescription && !entry->address)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (info->IdentificationDescription)
        wdf_child_copy_id(list, entry->id, info->IdentificationDescription);
    if (info->AddressDescription)
        wdf_child_copy_address(list, entry->address, info->AddressDescription);
    info->Status = entry->child ? WdfChildListRetrieveDeviceSuccess : WdfChildListRetrieveDeviceNotYetCreated;
    return STATUS_SUCCESS;
}

static bool matches(struct wdf_child_list *list, struct wdf_child_entry *entry, PWDF_CHILD_RETRIEVE_INFO info)
{
    BOOLEAN equal;

    if (!info || !info->EvtChildListIdentificationDescriptionCompare || !info->IdentificationDescription)
        return true;
    WDF_CALL_STATUS(equal, info->EvtChildListIdentificationDescriptionCompare, (WDFCHILDLIST)list, info->IdentificationDescription,
                    entry->id);
    return equal;
}

/* The device of a description. NULL: info->Status says why. <= DISPATCH_LEVEL.
 * docs: wdfchildlist/nf-wdfchildlist-wdfchildlistretrievepdo */
WDFDEVICE NTAPI WdfChildListRetrievePdo(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList, PWDF_CHILD_RETRIEVE_INFO RetrieveInfo)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_list *list = list_check(ChildList, caller);

    wdf_need(RetrieveInfo, caller);
    RetrieveInfo->Status = WdfChildListRetrieveDeviceUndefined;
    if (RetrieveInfo->Size != sizeof *RetrieveInfo || !NT_SUCCESS(check_id(list, RetrieveInfo->IdentificationDescription, caller)) ||
        !NT_SUCCESS(check_address(list, RetrieveInfo->AddressDescription)))
        return NULL;
    RetrieveInfo->Status = WdfChildListRetrieveDeviceNoSuchDevice;
    list_each(it, &list->entries) {
        struct wdf_child_entry *entry = container_of(it, struct wdf_child_entry, node);
        if (RetrieveInfo->EvtChildListIdentificationDescriptionCompare ? !matches(list, entry, RetrieveInfo)
                                                                       : wdf_child_find(list, RetrieveInfo->IdentificationDescription) != entry)
            continue;
        if (!NT_SUCCESS(fill(list, entry, RetrieveInfo)))
            return NULL;
        return (WDFDEVICE)(entry->child && entry->child->child_known ? entry->child : NULL);
    }
    return NULL;
}

/* STATUS_NO_SUCH_DEVICE, STATUS_INVALID_DEVICE_REQUEST (the list has no addresses; size). <= DISPATCH_LEVEL.
 * docs: wdfchildlist/nf-wdfchildlist-wdfchildlistretrieveaddressdescription */
NTSTATUS NTAPI WdfChildListRetrieveAddressDescription(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                                      PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription,
                                                      PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_list *list = list_check(ChildList, caller);
    NTSTATUS status = check_id(list, IdentificationDescription, caller);

    wdf_need(AddressDescription, caller);
    if (NT_SUCCESS(status))
        status = list->config.AddressDescriptionSize ? check_address(list, AddressDescription) : STATUS_INVALID_DEVICE_REQUEST;
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_child_entry *entry = wdf_child_find(list, IdentificationDescription);
    if (!entry)
        return STATUS_NO_SUCH_DEVICE;
    wdf_child_copy_address(list, entry->address, AddressDescription);
    return STATUS_SUCCESS;
}

/* Children stay until WdfChildListEndIteration. <= DISPATCH_LEVEL. docs: wdfchildlist/nf-wdfchildlist-wdfchildlistbeginiteration */
VOID NTAPI WdfChildListBeginIteration(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList, PWDF_CHILD_LIST_ITERATOR Iterator)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_list *list = list_check(ChildList, caller);

    wdf_need(Iterator, caller);
    Iterator->Reserved[0] = NULL;
    list->iterations++;
    list->device->children_locked++;
}

static ULONG kind_of(const struct wdf_child_entry *entry)
{
    if (wdf_child_is_missing(entry))
        return WdfRetrieveMissingChildren;
    return entry->child && entry->child->child_state == CHILD_PRESENT ? WdfRetrievePresentChildren : WdfRetrievePendingChildren;
}

/* Behind the entry that the iterator had last; the end when that is gone. */
static struct list *next_of(struct wdf_child_list *list, const void *last)
{
    if (!last)
        return list->entries.next;
    list_each(it, &list->entries)
        if ((const void *)container_of(it, struct wdf_child_entry, node) == last)
            return it->next;
    return &list->entries;
}

/* The next child of the kinds of the iterator's Flags; *Device is NULL while it has none. STATUS_NO_MORE_ENTRIES,
 * STATUS_INVALID_DEVICE_STATE (no iteration), STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_DEVICE_REQUEST (the list has no
 * addresses). <= DISPATCH_LEVEL. docs: wdfchildlist/nf-wdfchildlist-wdfchildlistretrievenextdevice */
NTSTATUS NTAPI WdfChildListRetrieveNextDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                              PWDF_CHILD_LIST_ITERATOR Iterator, WDFDEVICE *Device, PWDF_CHILD_RETRIEVE_INFO Info)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_list *list = list_check(ChildList, caller);

    wdf_need(Iterator, caller);
    wdf_need(Device, caller);
    *Device = NULL;
    if (Iterator->Size != sizeof *Iterator || (Info && Info->Size != sizeof *Info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!list->iterations)
        return STATUS_INVALID_DEVICE_STATE;
    for (struct list *it = next_of(list, Iterator->Reserved[0]); it != &list->entries; it = it->next) {
        struct wdf_child_entry *entry = container_of(it, struct wdf_child_entry, node);
        if (!(Iterator->Flags & kind_of(entry)) || !matches(list, entry, Info))
            continue;
        NTSTATUS status = Info ? fill(list, entry, Info) : STATUS_SUCCESS;
        if (!NT_SUCCESS(status))
            return status;
        Iterator->Reserved[0] = entry;
        *Device = (WDFDEVICE)entry->child;
        return STATUS_SUCCESS;
    }
    return STATUS_NO_MORE_ENTRIES;
}

/* docs: wdfchildlist/nf-wdfchildlist-wdfchildlistenditeration */
VOID NTAPI WdfChildListEndIteration(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList, PWDF_CHILD_LIST_ITERATOR Iterator)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_list *list = list_check(ChildList, caller);

    wdf_need(Iterator, caller);
    if (!list->iterations)
        return;
    list->iterations--;
    wdf_children_unlock(list->device);
}

/* FALSE: no such child. <= DISPATCH_LEVEL. docs: wdfchildlist/nf-wdfchildlist-wdfchildlistrequestchildeject */
BOOLEAN NTAPI WdfChildListRequestChildEject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                            PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_list *list = list_check(ChildList, caller);
    struct wdf_child_entry *entry;

    if (!NT_SUCCESS(check_id(list, IdentificationDescription, caller)))
        return FALSE;
    entry = wdf_child_find(list, IdentificationDescription);
    if (!entry || !entry->child)
        return FALSE;
    IoRequestDeviceEject(entry->child->wdm);
    return TRUE;
}

/* --- from the child ---------------------------------------------------------------------------------------------------------------- */

/* STATUS_INVALID_PARAMETER: no PDO. STATUS_INVALID_DEVICE_REQUEST: not of a child list, or another size. */
static NTSTATUS entry_of(WDFDEVICE handle, const void *caller, struct wdf_child_entry **entry)
{
    struct wdf_device *device = wdf_device_check(handle, caller);

    *entry = device->entry;
    if (!device->parent)
        return STATUS_INVALID_PARAMETER;
    return *entry ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

/* The description that the device was made of. Errors: entry_of. <= DISPATCH_LEVEL.
 * docs: wdfpdo/nf-wdfpdo-wdfpdoretrieveidentificationdescription */
NTSTATUS NTAPI WdfPdoRetrieveIdentificationDescription(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                       PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription)
{
    const void *caller = WDF_CALLER();
    struct wdf_child_entry *entry;
    NTSTATUS status = entry_of(Device, caller, &entry);

    if (NT_SUCCESS(status))
        status = check_id(entry->list, IdentificationDescription, caller);
    if (NT_SUCCESS(status))
        wdf_child_copy_id(entry->list, entry->id, IdentificationDescription);
    return status;
}

static NTSTATUS with_address(WDFDEVICE device, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER address, const void *caller,
                             struct wdf_child_entry **entry)
{
    NTSTATUS status = entry_of(device, caller, entry);

    wdf_need(address, caller);
    if (!NT_SUCCESS(status))
        return status;
    return (*entry)->address ? check_address((*entry)->list, address) : STATUS_INVALID_DEVICE_REQUEST;
}

/* docs: wdfpdo/nf-wdfpdo-wdfpdoretrieveaddressdescription */
NTSTATUS NTAPI WdfPdoRetrieveAddressDescription(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription)
{
    struct wdf_child_entry *entry;
    NTSTATUS status = with_address(Device, AddressDescription, WDF_CALLER(), &entry);

    if (NT_SUCCESS(status))
        wdf_child_copy_address(entry->list, entry->address, AddressDescription);
    return status;
}

/* docs: wdfpdo/nf-wdfpdo-wdfpdoupdateaddressdescription */
NTSTATUS NTAPI WdfPdoUpdateAddressDescription(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                              PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription)
{
    struct wdf_child_entry *entry;
    NTSTATUS status = with_address(Device, AddressDescription, WDF_CALLER(), &entry);

    if (NT_SUCCESS(status))
        wdf_child_copy_address(entry->list, AddressDescription, entry->address);
    return status;
}
