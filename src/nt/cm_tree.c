/* The tree of keys and values. */
#include <stdlib.h>
#include <string.h>

#include "nt/cm_internal.h"
#include "nt/cm_time.h"

struct cm_key *cm_root;
/* Keys that are deleted, but have bodies or holds. */
static struct list deleted_keys = LIST_INIT(deleted_keys);

static WCHAR *copy_name(const WCHAR *name, size_t length)
{
    WCHAR *copy = malloc((length + 1) * sizeof(WCHAR));

    if (copy == NULL)
        return NULL;
    if (length != 0)
        memcpy(copy, name, length * sizeof(WCHAR));
    copy[length] = 0;
    return copy;
}

void cm_touch(struct cm_key *key, uint32_t filter)
{
    key->last_write = cm_now();
    cm_notify(key, filter);
}

struct cm_key *cm_find(struct cm_key *parent, const WCHAR *name, size_t length)
{
    list_each(node, &parent->subkeys) {
        struct cm_key *key = container_of(node, struct cm_key, node);

        if (key->name_length == length && text_compare(key->name, length, name, length, true) == 0)
            return key;
    }
    return NULL;
}

struct cm_key *cm_create(struct cm_key *parent, const WCHAR *name, size_t length, bool is_volatile)
{
    struct cm_key *key = calloc(1, sizeof(*key));

    if (key == NULL)
        return NULL;
    key->name = copy_name(name, length);
    if (key->name == NULL) {
        free(key);
        return NULL;
    }
    key->name_length = (uint32_t)length;
    key->is_volatile = is_volatile;
    key->parent = parent;
    list_init(&key->subkeys);
    list_init(&key->values);
    list_init(&key->watches);
    list_init(&key->node);
    key->last_write = cm_now();
    if (parent != NULL) {
        list_push_back(&parent->subkeys, &key->node);
        parent->subkey_count++;
        cm_touch(parent, REG_NOTIFY_CHANGE_NAME);
    }
    return key;
}

static void free_key(struct cm_key *key)
{
    while (!list_empty(&key->values))
        cm_value_delete(key, list_first(&key->values, struct cm_entry, node));
    list_remove(&key->node);
    free(key->class_name);
    free(key->name);
    free(key);
}

static void free_when_unused(struct cm_key *key)
{
    if (key->deleted && key->bodies == 0 && key->holds == 0)
        free_key(key);
}

void cm_delete(struct cm_key *key)
{
    struct cm_key *parent = key->parent;

    list_remove(&key->node);
    key->deleted = true;
    if (parent != NULL) {
        parent->subkey_count--;
        cm_touch(parent, REG_NOTIFY_CHANGE_NAME);
    }
    cm_notify(key, REG_NOTIFY_CHANGE_NAME);
    key->parent = NULL;
    list_push_back(&deleted_keys, &key->node);
    free_when_unused(key);
}

void cm_body_gone(struct cm_key *key)
{
    key->bodies--;
    free_when_unused(key);
}

void cm_hold(struct cm_key *key)
{
    key->holds++;
}

void cm_let_go(struct cm_key *key)
{
    key->holds--;
    free_when_unused(key);
}

static void end_holds_below(struct cm_key *key)
{
    key->holds = 0;
    list_each(node, &key->subkeys)
        end_holds_below(container_of(node, struct cm_key, node));
}

void cm_end_holds(void)
{
    if (cm_root != NULL)
        end_holds_below(cm_root);
    list_each_safe(node, &deleted_keys) {
        struct cm_key *key = container_of(node, struct cm_key, node);

        key->holds = 0;
        free_when_unused(key);
    }
}

void cm_delete_tree(struct cm_key *key)
{
    while (!list_empty(&key->subkeys))
        cm_delete_tree(list_first(&key->subkeys, struct cm_key, node));
    if (key == cm_root)
        cm_root = NULL;
    cm_delete(key);
}

struct cm_entry *cm_value_find(struct cm_key *key, const WCHAR *name, size_t length)
{
    list_each(node, &key->values) {
        struct cm_entry *entry = container_of(node, struct cm_entry, node);

        if (entry->name_length == length && text_compare(entry->name, length, name, length, true) == 0)
            return entry;
    }
    return NULL;
}

static struct cm_entry *new_value(struct cm_key *key, const WCHAR *name, size_t length)
{
    struct cm_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->name = copy_name(name, length);
    if (entry->name == NULL) {
        free(entry);
        return NULL;
    }
    entry->name_length = (uint32_t)length;
    list_push_back(&key->values, &entry->node);
    key->value_count++;
    return entry;
}

NTSTATUS cm_value_set(struct cm_key *key, const WCHAR *name, size_t length, uint32_t type, const void *data, size_t size)
{
    struct cm_entry *entry;
    void *copy;

    if (length > CM_MAX_VALUE_NAME)
        return STATUS_INVALID_PARAMETER;
    if (size > CM_MAX_VALUE)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy = malloc(size != 0 ? size : 1);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry = cm_value_find(key, name, length);
    if (entry == NULL)
        entry = new_value(key, name, length);
    if (entry == NULL) {
        free(copy);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (size != 0)
        memcpy(copy, data, size);
    free(entry->data);
    entry->data = copy;
    entry->size = (uint32_t)size;
    entry->type = type;
    cm_touch(key, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

void cm_value_delete(struct cm_key *key, struct cm_entry *entry)
{
    list_remove(&entry->node);
    key->value_count--;
    free(entry->name);
    free(entry->data);
    free(entry);
    if (!key->deleted)
        cm_touch(key, REG_NOTIFY_CHANGE_LAST_SET);
}

/* Takes the next component off the path; false when the path has ended. Repeated backslashes count as one. */
static bool component(UNICODE_STRING *path, UNICODE_STRING *name)
{
    size_t n = path->Length / sizeof(WCHAR), start = 0, end;

    while (start < n && path->Buffer[start] == '\\')
        start++;
    for (end = start; end < n && path->Buffer[end] != '\\'; end++)
        ;
    *name = text_string(path->Buffer + start, end - start);
    *path = text_string(path->Buffer + end, n - end);
    return end > start;
}

static bool at_last(const UNICODE_STRING *path)
{
    for (size_t i = 0; i < path->Length / sizeof(WCHAR); i++)
        if (path->Buffer[i] != '\\')
            return false;
    return true;
}

/* Windows' limit; it also bounds recursion here. */
#define MAX_DEPTH 512

static bool too_deep(const struct cm_key *key)
{
    int depth = 0;

    for (; key != NULL; key = key->parent)
        depth++;
    return depth >= MAX_DEPTH;
}

NTSTATUS cm_walk(struct cm_key *key, const UNICODE_STRING *path, unsigned flags, struct cm_key **found, bool *created)
{
    UNICODE_STRING rest = *path, name;
    int links = 0;

    if (created != NULL)
        *created = false;
    *found = NULL;
    while (component(&rest, &name)) {
        size_t length = name.Length / sizeof(WCHAR);
        struct cm_key *next;

        if (length > CM_MAX_NAME)
            return STATUS_OBJECT_NAME_INVALID;
        if (key->deleted)
            return STATUS_KEY_DELETED;
        next = cm_find(key, name.Buffer, length);
        while (next != NULL && next->link != NULL && !(at_last(&rest) && (flags & CM_NO_FOLLOW))) {
            if (++links > 32)
                return STATUS_OBJECT_NAME_INVALID;
            next = next->link;
        }
        if (next == NULL) {
            if (!(flags & CM_CREATE) || ((flags & CM_ONE_LEVEL) && !at_last(&rest)))
                return at_last(&rest) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
            if ((flags & CM_ONE_LEVEL) && key->is_volatile && !(flags & CM_VOLATILE))
                return STATUS_CHILD_MUST_BE_VOLATILE;
            if (too_deep(key))
                return STATUS_OBJECT_NAME_INVALID;
            next = cm_create(key, name.Buffer, length, key->is_volatile || (flags & CM_VOLATILE));
            if (next == NULL)
                return STATUS_INSUFFICIENT_RESOURCES;
            if (created != NULL)
                *created = true;
        }
        key = next;
    }
    *found = key;
    return key->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
}

size_t cm_full_name(const struct cm_key *key, WCHAR *to, size_t size)
{
    size_t total = 0;

    for (const struct cm_key *k = key; k != NULL; k = k->parent)
        total += k->name_length + 1;
    if (total > size)
        return total;
    size = total;
    for (const struct cm_key *k = key; k != NULL; k = k->parent) {
        size -= k->name_length;
        memcpy(to + size, k->name, k->name_length * sizeof(WCHAR));
        to[--size] = '\\';
    }
    return total;
}
