/* What the files of the registry share. */
#ifndef NT_CM_INTERNAL_H
#define NT_CM_INTERNAL_H

#include "base/list.h"
#include "nt/cm.h"
#include "nt/text.h"

#define CM_MAX_NAME 255         /* characters of a key's name */
#define CM_MAX_VALUE_NAME 16383
#define CM_MAX_VALUE (64u << 20) /* bytes of data: our own limit against runaway drivers and files */

struct cm_entry {               /* a value */
    struct list node;           /* cm_key.values, in the order of creation */
    WCHAR *name;
    uint32_t name_length;       /* characters */
    uint32_t type, size;
    void *data;
};

struct cm_key {
    struct list node;           /* parent->subkeys, in the order of creation; deleted keys: among their own */
    struct list subkeys, values;
    struct cm_key *parent;
    WCHAR *name;
    uint32_t name_length;
    uint32_t subkey_count, value_count;
    WCHAR *class_name;
    uint32_t class_length;
    struct cm_key *link;        /* a symbolic link to another key */
    uint64_t last_write;        /* 100 ns units since 1601 */
    uint32_t bodies;            /* open Key objects */
    uint32_t holds;             /* functions at work on it; an exception may abandon them, so they do not outlive cm_stop */
    bool is_volatile, deleted;
    struct list watches;        /* struct cm_watch */
};

/* What a Key object's body is: a driver sees it only through handles. */
struct cm_body {
    struct cm_key *key;
};

extern struct cm_key *cm_root;

struct cm_key *cm_find(struct cm_key *parent, const WCHAR *name, size_t length);
/* A new subkey, or NULL without memory. */
struct cm_key *cm_create(struct cm_key *parent, const WCHAR *name, size_t length, bool is_volatile);
/* Takes a key without subkeys out of the tree; it is freed now or with its last body and hold. */
void cm_delete(struct cm_key *key);
void cm_body_gone(struct cm_key *key);
void cm_hold(struct cm_key *key);
void cm_let_go(struct cm_key *key);
/* Nobody holds a key any more. */
void cm_end_holds(void);

struct cm_entry *cm_value_find(struct cm_key *key, const WCHAR *name, size_t length);
NTSTATUS cm_value_set(struct cm_key *key, const WCHAR *name, size_t length, uint32_t type, const void *data, size_t size);
void cm_value_delete(struct cm_key *key, struct cm_entry *entry);

/* Follows a path from `key`; a component that is a link is replaced by its target, the last one only with follow_last. With
 * `create`, missing keys are made (volatile below a volatile one). STATUS_OBJECT_NAME_NOT_FOUND (the last is missing),
 * STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_INVALID. */
enum cm_walk_flags { CM_CREATE = 1, CM_VOLATILE = 2, CM_NO_FOLLOW = 4, CM_ONE_LEVEL = 8 };
NTSTATUS cm_walk(struct cm_key *key, const UNICODE_STRING *path, unsigned flags, struct cm_key **found, bool *created);

/* Characters of \REGISTRY\..., written when there is room. */
size_t cm_full_name(const struct cm_key *key, WCHAR *to, size_t size);

/* A change happened in this key: sets its time and wakes whoever watches. `filter`: REG_NOTIFY_ bits. */
void cm_touch(struct cm_key *key, uint32_t filter);

/* cm_object.c */
NTSTATUS cm_object_start(void);
void cm_object_stop(void);
NTSTATUS cm_make_body(struct cm_key *key, void **body);

#endif
