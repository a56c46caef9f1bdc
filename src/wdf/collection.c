/* Collections and strings. docs: wdf/framework-object-collections */
#include "wdf/collection.h"

struct wdf_collection {
    struct wdf_object object;
    struct wdf_object **items;          /* each holds a reference */
    ULONG count, room;
};

static void drop_all(struct wdf_object *object)
{
    struct wdf_collection *collection = container_of(object, struct wdf_collection, object);

    while (collection->count)
        wdf_dereference(collection->items[--collection->count]);
    if (collection->items)
        wdf_free(collection->items);
    collection->items = NULL;
    collection->room = 0;
}

const struct wdf_type wdf_collection_type = { .name = "WDFCOLLECTION", .size = sizeof(struct wdf_collection),
                                              .dispose = drop_all };

/* Makes an empty collection. <= DISPATCH_LEVEL. Errors: wdf_object_create. docs: wdfcollection/nf-wdfcollection-wdfcollectioncreate */
NTSTATUS NTAPI WdfCollectionCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES CollectionAttributes,
                                   WDFCOLLECTION *Collection)
{
    struct wdf_create create = { .type = &wdf_collection_type, .client = wdf_client_of(DriverGlobals),
                                 .attributes = CollectionAttributes, .caller = WDF_CALLER() };

    wdf_need(Collection, create.caller);
    *Collection = NULL;
    return wdf_object_create(&create, Collection);
}

NTSTATUS wdf_collection_add(struct wdf_collection *collection, struct wdf_object *object, const void *caller)
{
    if (collection->count == collection->room) {
        ULONG room = collection->room ? collection->room * 2 : 4;
        struct wdf_object **items = wdf_alloc(collection->object.client, NonPagedPoolNx, room * sizeof *items, caller);
        if (!items)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (collection->items) {
            memcpy(items, collection->items, collection->count * sizeof *items);
            wdf_free(collection->items);
        }
        collection->items = items;
        collection->room = room;
    }
    wdf_reference(object);
    collection->items[collection->count++] = object;
    return STATUS_SUCCESS;
}

/* <= DISPATCH_LEVEL. docs: wdfcollection/nf-wdfcollection-wdfcollectiongetcount */
ULONG NTAPI WdfCollectionGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection)
{
    return ((struct wdf_collection *)wdf_check(Collection, &wdf_collection_type, WDF_CALLER()))->count;
}

/* Appends an object and takes a reference on it. <= DISPATCH_LEVEL. STATUS_INSUFFICIENT_RESOURCES.
 * docs: wdfcollection/nf-wdfcollection-wdfcollectionadd */
NTSTATUS NTAPI WdfCollectionAdd(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, WDFOBJECT Object)
{
    const void *caller = WDF_CALLER();
    struct wdf_collection *collection = wdf_check(Collection, &wdf_collection_type, caller);

    return wdf_collection_add(collection, wdf_check_any(Object, caller), caller);
}

static void remove_at(struct wdf_collection *collection, ULONG index)
{
    struct wdf_object *object = collection->items[index];

    collection->count--;
    memmove(collection->items + index, collection->items + index + 1, (collection->count - index) * sizeof *collection->items);
    wdf_dereference(object);
}

/* Takes the first entry of that object out; one that is not there stops the system. <= DISPATCH_LEVEL.
 * docs: wdfcollection/nf-wdfcollection-wdfcollectionremove */
VOID NTAPI WdfCollectionRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, WDFOBJECT Item)
{
    const void *caller = WDF_CALLER();
    struct wdf_collection *collection = wdf_check(Collection, &wdf_collection_type, caller);

    wdf_check_any(Item, caller);
    for (ULONG i = 0; i < collection->count; i++) {
        if (collection->items[i] == Item) {
            remove_at(collection, i);
            return;
        }
    }
    wdf_violation(WDF_OBJECT_ERROR, (ULONG_PTR)Item, 0, "WdfCollectionRemove: the object is not in the collection");
}

/* Takes the entry at Index (from 0) out; one that is not there stops the system. <= DISPATCH_LEVEL.
 * docs: wdfcollection/nf-wdfcollection-wdfcollectionremoveitem */
VOID NTAPI WdfCollectionRemoveItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, ULONG Index)
{
    struct wdf_collection *collection = wdf_check(Collection, &wdf_collection_type, WDF_CALLER());

    if (Index >= collection->count)
        wdf_violation(WDF_OBJECT_ERROR, (ULONG_PTR)Collection, 0, "WdfCollectionRemoveItem: the collection has no such index");
    remove_at(collection, Index);
}

static WDFOBJECT item(struct wdf_collection *collection, ULONG index)
{
    return index < collection->count ? collection->items[index] : NULL;
}

/* NULL behind the end. <= DISPATCH_LEVEL. docs: wdfcollection/nf-wdfcollection-wdfcollectiongetitem */
WDFOBJECT NTAPI WdfCollectionGetItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, ULONG Index)
{
    return item(wdf_check(Collection, &wdf_collection_type, WDF_CALLER()), Index);
}

/* NULL when it is empty. <= DISPATCH_LEVEL. docs: wdfcollection/nf-wdfcollection-wdfcollectiongetfirstitem */
WDFOBJECT NTAPI WdfCollectionGetFirstItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection)
{
    return item(wdf_check(Collection, &wdf_collection_type, WDF_CALLER()), 0);
}

/* NULL when it is empty. <= DISPATCH_LEVEL. docs: wdfcollection/nf-wdfcollection-wdfcollectiongetlastitem */
WDFOBJECT NTAPI WdfCollectionGetLastItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection)
{
    struct wdf_collection *collection = wdf_check(Collection, &wdf_collection_type, WDF_CALLER());

    return item(collection, collection->count - 1);
}

/* --- strings ---------------------------------------------------------------------------------------------------------- */

struct wdf_string {
    struct wdf_object object;
    UNICODE_STRING text;                /* terminated */
};

static void string_destroyed(struct wdf_object *object)
{
    struct wdf_string *string = container_of(object, struct wdf_string, object);

    if (string->text.Buffer)
        wdf_free(string->text.Buffer);
}

const struct wdf_type wdf_string_type = { .name = "WDFSTRING", .size = sizeof(struct wdf_string), .passive = true,
                                          .destroyed = string_destroyed };

/* Replaces the text of a string object. */
NTSTATUS wdf_string_set(WDFSTRING handle, const WCHAR *text, size_t bytes, const void *caller)
{
    struct wdf_string *string = wdf_check(handle, &wdf_string_type, caller);
    WCHAR *copy;

    if (bytes > 0xfffc)
        return STATUS_INVALID_PARAMETER;
    copy = wdf_alloc(string->object.client, PagedPool, bytes + sizeof(WCHAR), caller);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(copy, text, bytes);
    copy[bytes / sizeof(WCHAR)] = 0;
    if (string->text.Buffer)
        wdf_free(string->text.Buffer);
    string->text = (UNICODE_STRING){ (USHORT)bytes, (USHORT)(bytes + sizeof(WCHAR)), copy };
    return STATUS_SUCCESS;
}

NTSTATUS wdf_string_new(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, const UNICODE_STRING *text,
                        const void *caller, WDFSTRING *handle)
{
    struct wdf_create create = { .type = &wdf_string_type, .client = client, .attributes = attributes, .caller = caller };
    NTSTATUS status = wdf_object_create(&create, handle);

    if (NT_SUCCESS(status) && text) {
        status = wdf_string_set(*handle, text->Buffer, text->Length, caller);
        if (!NT_SUCCESS(status)) {
            wdf_object_discard(*handle);
            *handle = NULL;
        }
    }
    return status;
}

/* Makes a string object, with a copy of UnicodeString unless that is NULL. PASSIVE_LEVEL. STATUS_INSUFFICIENT_RESOURCES and
 * errors of wdf_object_create. docs: wdfstring/nf-wdfstring-wdfstringcreate */
NTSTATUS NTAPI WdfStringCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PCUNICODE_STRING UnicodeString,
                               PWDF_OBJECT_ATTRIBUTES StringAttributes, WDFSTRING *String)
{
    const void *caller = WDF_CALLER();

    wdf_need(String, caller);
    *String = NULL;
    return wdf_string_new(wdf_client_of(DriverGlobals), StringAttributes, UnicodeString, caller, String);
}

/* The text; the buffer stays the object's. PASSIVE_LEVEL. docs: wdfstring/nf-wdfstring-wdfstringgetunicodestring */
VOID NTAPI WdfStringGetUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSTRING String, PUNICODE_STRING UnicodeString)
{
    const void *caller = WDF_CALLER();
    struct wdf_string *string = wdf_check(String, &wdf_string_type, caller);

    wdf_need(UnicodeString, caller);
    *UnicodeString = string->text;
}
