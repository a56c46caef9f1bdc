/* The object manager, for the rest of the executive.
 *
 * An object is a body that drivers may see (an event, a thread, a device, a file) behind a header they may not.
 * 1. ob_create gives a zeroed body with one reference: the creator's.
 * 2. A name in the namespace does not keep an object alive, unless it was inserted with OBJ_PERMANENT: then the
 *    namespace holds one reference until ob_make_temporary.
 * 3. An object without OBJ_PERMANENT loses its name with its last handle (as on Windows) or with its last reference.
 * 4. A handle holds one reference.
 * 5. At the last reference the type's `deleted` runs once, at PASSIVE_LEVEL: from a worker when the reference
 *    was dropped at a higher IRQL. It frees what the body owns; the body itself is freed afterwards.
 * Bodies live in nonpaged pool, 16-byte aligned. */
#ifndef NT_OB_H
#define NT_OB_H

#include <ntdef.h>
#include <ntstatus.h>
#include <ring3/ob.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

/* What a lookup carries into a parse callback. */
struct ob_lookup {
    UNICODE_STRING rest;        /* what is left of the path: empty, or starts with a backslash */
    struct _OBJECT_TYPE *type;  /* what the caller wants; NULL: anything */
    ACCESS_MASK access;
    ULONG attributes;           /* OBJ_ flags */
    KPROCESSOR_MODE mode;
    void *context;              /* the caller's ParseContext: the I/O manager's open parameters, for one */
};

struct ob_ops {
    /* The last reference is gone. */
    void (*deleted)(void *body);
    /* A handle was closed; `left` handles remain. Called at PASSIVE_LEVEL. */
    void (*closed)(void *body, unsigned left);
    /* A lookup reached this object with (or without) path left. Returns a referenced object. NULL: objects of
     * this type end a path, and more path is STATUS_OBJECT_TYPE_MISMATCH. */
    NTSTATUS (*parse)(void *body, struct ob_lookup *lookup, void **result);
    /* For objects that are not in the namespace (keys, files): writes the name into `name` (Length grows within
     * MaximumLength, or stays and *needed says how many bytes it takes). NULL: the name in the namespace. */
    NTSTATUS (*query_name)(void *body, UNICODE_STRING *name, ULONG *needed);
};

struct _OBJECT_TYPE {
    const char *name;           /* "Event" */
    const struct ob_ops *ops;   /* NULL: none of them */
    ACCESS_MASK read, write, execute, all; /* what the generic rights mean */
    bool waitable;              /* the body starts with a DISPATCHER_HEADER */
    unsigned objects, handles;  /* alive */
    struct list all_objects, all_types; /* ob.c's */
};

/* Types without an exported name. */
extern POBJECT_TYPE ob_directory_type, ob_symbolic_link_type, ob_callback_type, ob_type_type;

/* Makes the empty namespace: \, \??, \DosDevices (a link to \??), \GLOBAL?? (likewise), \Device, \Driver, \FileSystem,
 * \Callback (with the system's own callback objects), \BaseNamedObjects, \KernelObjects, \ObjectTypes, \Security, \Registry is the registry's. Pool must work. */
NTSTATUS ob_start(void);
/* Closes every handle, removes every name, and returns how many objects are still alive (leaks). */
unsigned ob_stop(void);
/* A type of one's own shows up in reports from its first object on. It must be static. */

/* A zeroed body of `size` bytes (host state may follow the guest structure). One reference. `type` is one of the
 * exported types or one's own static struct (its list needs no initialisation). */
NTSTATUS ob_create(struct _OBJECT_TYPE *type, size_t size, void **body);

void ob_reference(void *body);
void ob_dereference(void *body);
struct _OBJECT_TYPE *ob_type(const void *body);
unsigned ob_references(const void *body);
unsigned ob_handles(const void *body);

/* Names. `attributes->ObjectName` is absolute, or relative to RootDirectory. STATUS_OBJECT_NAME_COLLISION,
 * _PATH_NOT_FOUND, _NAME_INVALID. A NULL or empty name is success and inserts nothing. */
NTSTATUS ob_insert(void *body, const OBJECT_ATTRIBUTES *attributes);
/* The same, for an absolute path. */
NTSTATUS ob_insert_name(void *body, const UNICODE_STRING *path, ULONG attributes);
/* Drops the permanent reference and, when no handle is open, the name. */
void ob_make_temporary(void *body);
/* Takes the name away now. */
void ob_remove_name(void *body);
/* Follows a path through directories, symbolic links and parse callbacks. *body comes referenced. */
NTSTATUS ob_find(const OBJECT_ATTRIBUTES *attributes, struct ob_lookup *lookup, void **body);
/* The same for an absolute path and a wanted type (NULL: any). */
NTSTATUS ob_find_name(const UNICODE_STRING *path, struct _OBJECT_TYPE *type, void **body);
/* The full path in UTF-8, cut to `size`; "" for an object without a name. For logs and reports. */
const char *ob_name_text(const void *body, char *buffer, size_t size);
/* A symbolic link object, permanent when told so. */
NTSTATUS ob_create_link(const UNICODE_STRING *path, const UNICODE_STRING *target, ULONG attributes);
/* Creates or (OBJ_OPENIF) opens, for Zw...Create calls of the types that others own: finds the name first; when it is
 * free, inserts `body` and opens a handle. On success *handle is open; the caller's reference on `body` is its own. */
NTSTATUS ob_insert_and_open(void *body, const OBJECT_ATTRIBUTES *attributes, ACCESS_MASK access, HANDLE *handle);
/* Opens by name: what every ZwOpenXxx does. */
NTSTATUS ob_open_name(const OBJECT_ATTRIBUTES *attributes, struct _OBJECT_TYPE *type, ACCESS_MASK access,
                      HANDLE *handle);

/* Handles, of the current process (System). */
NTSTATUS ob_open_handle(void *body, ACCESS_MASK access, ULONG attributes, HANDLE *handle);
NTSTATUS ob_from_handle(HANDLE handle, ACCESS_MASK access, struct _OBJECT_TYPE *type, KPROCESSOR_MODE mode, void **body);
NTSTATUS ob_close_handle(HANDLE handle);
/* NtCurrentProcess() and NtCurrentThread() are resolved by whoever owns processes and threads. */
void ob_set_current(void *(*current_process)(void), void *(*current_thread)(void));

/* From now on, keeps for each new handle where a driver opened it: `capture` gives that return address, 0 when no driver
 * did. NULL turns it off. */
void ob_keep_callers(uint64_t (*capture)(void));
struct ob_open {
    HANDLE handle;
    void *body;
    const struct _OBJECT_TYPE *type;
    uint64_t caller;
};
void ob_each_handle(void (*visit)(void *context, const struct ob_open *open), void *context);

/* What is alive, for leak reports: of one type, or (NULL) of every type. */
struct ob_info {
    void *body;
    const struct _OBJECT_TYPE *type;
    unsigned references, handles;
};
void ob_each(struct _OBJECT_TYPE *type, void (*each)(const struct ob_info *info, void *context), void *context);

/* Walks a directory object: calls for each entry until `each` returns false. STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS ob_each_name(void *directory, bool (*each)(const UNICODE_STRING *name, void *body, void *context),
                      void *context);

#endif
