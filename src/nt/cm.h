/* The registry (configuration manager), for the rest of the executive and for the machine.
 *
 * The tree lives in memory: \Registry\Machine with System, Software and Hardware, and \Registry\User. Names compare
 * without case. \Registry\Machine\System\CurrentControlSet is a link to ControlSet001, as on Windows.
 * 1. A `struct cm_key *` from this interface stays good until the key is deleted and the last handle to it is closed.
 * 2. A deleted key keeps its memory while handles are open; every access then fails with STATUS_KEY_DELETED.
 * 3. Text is UTF-8 here and UTF-16 for drivers; REG_SZ data always ends with a null character when set by text. */
#ifndef NT_CM_H
#define NT_CM_H

#include <ntdef.h>
#include <ntstatus.h>
#include <ring3/zw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cm_key;

struct cm_value {
    uint32_t type;              /* REG_ value */
    uint32_t size;              /* bytes of data */
    const void *data;           /* good until the value is set or deleted */
};

/* After ob_start. Makes the standard keys: Control\Class, Enum, Services, the version under Software, and so on. */
NTSTATUS cm_start(void);
/* Before ob_stop's end: frees the tree. Handles must be closed. */
void cm_stop(void);

/* An absolute path (\Registry\Machine\...; HKEY_LOCAL_MACHINE\... and HKLM\... are understood) or, with a base, a path
 * relative to it. NULL when it does not exist and `create` is false, or when the path is malformed. */
struct cm_key *cm_key(struct cm_key *base, const char *path, bool create);
/* Created now or before: the volatile attribute counts only for a new key. */
struct cm_key *cm_key_volatile(struct cm_key *base, const char *path);

/* `name` NULL or "" is the default value. False when there is no memory or the name is too long (16383 characters). */
bool cm_set(struct cm_key *key, const char *name, uint32_t type, const void *data, size_t size);
bool cm_set_dword(struct cm_key *key, const char *name, uint32_t value);
bool cm_set_qword(struct cm_key *key, const char *name, uint64_t value);
bool cm_set_string(struct cm_key *key, const char *name, const char *text);         /* REG_SZ */
bool cm_set_expand(struct cm_key *key, const char *name, const char *text);         /* REG_EXPAND_SZ */
bool cm_set_multi(struct cm_key *key, const char *name, const char *const *texts, size_t count); /* REG_MULTI_SZ */

bool cm_get(struct cm_key *key, const char *name, struct cm_value *value);
/* REG_DWORD, or a decimal number in REG_SZ (as NDIS keywords have). */
bool cm_get_dword(struct cm_key *key, const char *name, uint32_t *value);
/* REG_SZ or REG_EXPAND_SZ as UTF-8, cut to size. */
bool cm_get_string(struct cm_key *key, const char *name, char *buffer, size_t size);

bool cm_delete_value(struct cm_key *key, const char *name);
/* The key and everything below it. */
void cm_delete_tree(struct cm_key *key);

/* Walk: the n-th subkey, or the n-th value with its name; NULL or false at the end. Order is that of creation. */
struct cm_key *cm_subkey(struct cm_key *key, unsigned n);
bool cm_value_at(struct cm_key *key, unsigned n, char *name, size_t size, struct cm_value *value);
/* The last part of the path in UTF-8. */
const char *cm_name(const struct cm_key *key, char *buffer, size_t size);
/* The whole path, \REGISTRY\MACHINE\... */
const char *cm_path(const struct cm_key *key, char *buffer, size_t size);

/* A handle for a driver: IoOpenDeviceRegistryKey and friends. `attributes` are OBJ_ flags. */
NTSTATUS cm_open_handle(struct cm_key *key, ACCESS_MASK access, ULONG attributes, HANDLE *handle);
/* The key behind a handle; it is not referenced: use it at once. */
NTSTATUS cm_from_handle(HANDLE handle, ACCESS_MASK access, struct cm_key **key);

/* Imports the text of a .reg file (UTF-16LE with byte-order mark, or UTF-8; "Windows Registry Editor Version 5.00" or
 * REGEDIT4). HKEY_LOCAL_MACHINE and HKEY_USERS only. False with error_text() "name:line: reason"; what stood before
 * the bad line has been imported. */
bool cm_import(const char *name, const void *data, size_t size);

#endif
