/* Registry filters (CmRegisterCallbackEx): who is told of a system call on a key before and after it.
 *
 * 1. Filters are told before a call from the highest altitude down, and after it from the lowest up.
 * 2. A filter that blocks or bypasses the call keeps it from those below; only those above it hear of the end.
 * 3. CallContext is a filter's own: what it left in the first notification comes back in the second.
 * 4. A filter that is taken out while it runs is freed when its last call returns. */
#ifndef NT_CM_FILTER_H
#define NT_CM_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "ring3/zw.h"

#define CM_FILTERS_MAX 32

struct cm_filter;

struct cm_call {
    REG_NOTIFY_CLASS before, after;
    void *info;                 /* the structure of `before` */
    PVOID *call_context, *object_context;
    void *object;               /* the Key object; for a create or open, the root's, and afterwards the result */
    struct cm_filter *told[CM_FILTERS_MAX];
    PVOID contexts[CM_FILTERS_MAX];
    unsigned count;
};

extern struct list cm_filters;

/* False: the call is not to be made, and *status is its result. */
bool cm_call_begin(struct cm_call *call, NTSTATUS *status);
/* Returns the status for the caller, which a filter may have changed. `object`: what a create or open gave. */
NTSTATUS cm_call_end(struct cm_call *call, NTSTATUS status, void *object);
/* The last handle of a Key object was closed: filters forget what they keep with it. */
void cm_filter_object_gone(void *object);
/* A driver is gone: what it registered is taken out, and said. */
void cm_filter_driver_gone(const void *base, size_t size);
void cm_filter_stop(void);
/* \REGISTRY's Key object, not referenced. */
void *cm_registry_object(void);

/* cm_filter_calls.c: what the export rows of the system calls name. */
NTSTATUS NTAPI cm_filtered_delete_key(HANDLE KeyHandle);
NTSTATUS NTAPI cm_filtered_flush_key(HANDLE KeyHandle);
NTSTATUS NTAPI cm_filtered_rename_key(HANDLE KeyHandle, PUNICODE_STRING NewName);
NTSTATUS NTAPI cm_filtered_set_value(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG
    DataSize);
NTSTATUS NTAPI cm_filtered_delete_value(HANDLE KeyHandle, PUNICODE_STRING ValueName);
NTSTATUS NTAPI cm_filtered_set_information(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTSTATUS NTAPI cm_filtered_query_key(HANDLE KeyHandle, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG
    ResultLength);
NTSTATUS NTAPI cm_filtered_enumerate_key(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
    PULONG ResultLength);
NTSTATUS NTAPI cm_filtered_enumerate_value(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information, ULONG
    Length, PULONG ResultLength);
NTSTATUS NTAPI cm_filtered_query_value(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS Class, PVOID
    Information, ULONG Length, PULONG ResultLength);
NTSTATUS NTAPI cm_filtered_create_key(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG
    TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition);
NTSTATUS NTAPI cm_filtered_open_key(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI cm_filtered_open_key_ex(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG
    OpenOptions);
NTSTATUS NTAPI cm_filtered_close(HANDLE Handle);

#endif
