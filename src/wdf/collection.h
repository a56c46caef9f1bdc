/* Collections, for the rest of the framework. */
#ifndef WDF_COLLECTION_H
#define WDF_COLLECTION_H

#include "wdf/object.h"

struct wdf_collection;

/* String objects: a copy of text (bytes long); text may be NULL. */
NTSTATUS wdf_string_set(WDFSTRING handle, const WCHAR *text, size_t bytes, const void *caller);
NTSTATUS wdf_string_new(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, const UNICODE_STRING *text,
                        const void *caller, WDFSTRING *handle);

/* Appends; takes a reference on the object. */
NTSTATUS wdf_collection_add(struct wdf_collection *collection, struct wdf_object *object, const void *caller);

#endif
