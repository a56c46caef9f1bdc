/* Tables of objects. object.h has the invariants. */
#include "fwp/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>

#include "fwp/callouts.h"
#include "fwp/rule.h"
#include "fwp/runtime.h"
#include "nt/ke.h"

const struct fwp_kind_info fwp_kinds[FWP_KINDS] = {
    [FWP_PROVIDER] = { "provider", STATUS_FWP_PROVIDER_NOT_FOUND, fwp_pack_provider, FWPM_PROVIDER_FLAG_PERSISTENT },
    [FWP_CONTEXT] = { "provider context", STATUS_FWP_PROVIDER_CONTEXT_NOT_FOUND, fwp_pack_context,
                      FWPM_PROVIDER_CONTEXT_FLAG_PERSISTENT },
    [FWP_SUBLAYER] = { "sublayer", STATUS_FWP_SUBLAYER_NOT_FOUND, fwp_pack_sublayer, FWPM_SUBLAYER_FLAG_PERSISTENT },
    [FWP_CALLOUT] = { "callout", STATUS_FWP_CALLOUT_NOT_FOUND, fwp_pack_callout, FWPM_CALLOUT_FLAG_PERSISTENT },
    [FWP_FILTER] = { "filter", STATUS_FWP_FILTER_NOT_FOUND, fwp_pack_filter, FWPM_FILTER_FLAG_PERSISTENT },
};

struct table {
    struct list all;
    struct fwp_object **by_key, **by_id;
    size_t mask, count;
    uint64_t last_id;
};
static struct table tables[FWP_KINDS];
static struct random guids;
static struct list graves = LIST_INIT(graves);   /* of deleted objects that callouts may still see */

void fwp_objects_open(void)
{
    for (enum fwp_kind kind = 0; kind < FWP_KINDS; kind++) {
        memset(&tables[kind], 0, sizeof tables[kind]);
        list_init(&tables[kind].all);
    }
    random_seed(&guids, ke.config.seed ^ 0x46575045);
}

void fwp_guid_new(GUID *guid)
{
    uint64_t half[2] = { random_next(&guids), random_next(&guids) };

    memcpy(guid, half, sizeof *guid);
    guid->Data3 = (USHORT)((guid->Data3 & 0x0fff) | 0x4000);
    guid->Data4[0] = (UCHAR)((guid->Data4[0] & 0x3f) | 0x80);
}

const char *fwp_guid_text(const GUID *guid, char text[40])
{
    snprintf(text, 40, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", (unsigned)guid->Data1, guid->Data2, guid->Data3,
             guid->Data4[0], guid->Data4[1], guid->Data4[2], guid->Data4[3], guid->Data4[4], guid->Data4[5], guid->Data4[6],
             guid->Data4[7]);
    return text;
}

struct list *fwp_objects_of(enum fwp_kind kind)
{
    return &tables[kind].all;
}

size_t fwp_objects_count(enum fwp_kind kind)
{
    return tables[kind].count;
}

uint64_t fwp_object_new_id(enum fwp_kind kind)
{
    return ++tables[kind].last_id;
}

static uint64_t id_hash(uint64_t id)
{
    return id * 0x9e3779b97f4a7c15ull >> 20;
}

struct fwp_object *fwp_object_by_key(enum fwp_kind kind, const GUID *key)
{
    const struct table *table = &tables[kind];
    struct fwp_object *object = table->by_key ? table->by_key[fwp_guid_hash(key) & table->mask] : NULL;

    while (object && !fwp_same_guid(&object->key, key))
        object = object->key_next;
    return object;
}

struct fwp_object *fwp_object_by_id(enum fwp_kind kind, uint64_t id)
{
    const struct table *table = &tables[kind];
    struct fwp_object *object = table->by_id ? table->by_id[id_hash(id) & table->mask] : NULL;

    while (object && object->id != id)
        object = object->id_next;
    return object;
}

static void chain(struct table *table, struct fwp_object *object)
{
    struct fwp_object **key = &table->by_key[fwp_guid_hash(&object->key) & table->mask];
    struct fwp_object **id = &table->by_id[id_hash(object->id) & table->mask];

    object->key_next = *key;
    *key = object;
    object->id_next = *id;
    *id = object;
}

static void unchain(struct table *table, struct fwp_object *object)
{
    struct fwp_object **link = &table->by_key[fwp_guid_hash(&object->key) & table->mask];

    while (*link != object)
        link = &(*link)->key_next;
    *link = object->key_next;
    link = &table->by_id[id_hash(object->id) & table->mask];
    while (*link != object)
        link = &(*link)->id_next;
    *link = object->id_next;
}

static bool grow(struct table *table)
{
    size_t count = table->by_key ? 4 * (table->mask + 1) : 64;
    struct fwp_object **by_key = calloc(count, sizeof(struct fwp_object *)), **by_id = calloc(count, sizeof(struct fwp_object *));

    if (!by_key || !by_id) {
        free(by_key);
        free(by_id);
        return false;
    }
    free(table->by_key);
    free(table->by_id);
    table->by_key = by_key;
    table->by_id = by_id;
    table->mask = count - 1;
    list_each(it, &table->all)
        chain(table, container_of(it, struct fwp_object, node));
    return true;
}

struct fwp_object *fwp_object_create(enum fwp_kind kind, const void *value, const GUID *key, uint64_t id)
{
    struct fwp_object *object = calloc(1, sizeof *object);

    if (!object)
        return NULL;
    list_init(&object->node);
    list_init(&object->change_node);
    object->kind = kind;
    object->key = *key;
    object->id = id;
    object->lifetime = FWP_STATIC;
    object->value = fwp_pack_one(fwp_kinds[kind].pack, value, fwp_alloc_host, NULL);
    if (object->value)
        return object;
    free(object);
    return NULL;
}

void fwp_object_free(struct fwp_object *object)
{
    if (!object)
        return;
    fwp_rule_free(object->rule);
    if (object->slot)
        fwp_callout_dereference(object->slot);
    free(object->value);
    free(object->security);
    free(object);
}

void fwp_object_bury(struct fwp_object *object)
{
    list_push_back(&graves, &object->node);
    while (!fwp_runtime.active && !list_empty(&graves))
        fwp_object_free(container_of(list_pop_front(&graves), struct fwp_object, node));
}

static void count_links(struct fwp_object *object, int by)
{
    for (unsigned i = 0; i < FWP_LINKS; i++)
        if (object->link[i])
            object->link[i]->references += (unsigned)by;
}

bool fwp_object_insert(struct fwp_object *object)
{
    struct table *table = &tables[object->kind];

    if ((!table->by_key || table->count > table->mask) && !grow(table) && !table->by_key)
        return false;
    fwp_object_put_back(object);
    return true;
}

void fwp_object_put_back(struct fwp_object *object)
{
    struct table *table = &tables[object->kind];

    chain(table, object);
    list_push_back(&table->all, &object->node);
    table->count++;
    count_links(object, 1);
}

void fwp_object_take_out(struct fwp_object *object)
{
    struct table *table = &tables[object->kind];

    unchain(table, object);
    list_remove(&object->node);
    table->count--;
    count_links(object, -1);
}

void fwp_objects_close(void)
{
    while (!list_empty(&graves))
        fwp_object_free(container_of(list_pop_front(&graves), struct fwp_object, node));
    for (enum fwp_kind kind = FWP_KINDS; kind-- > 0;) {
        struct table *table = &tables[kind];
        while (!list_empty(&table->all)) {
            struct fwp_object *object = container_of(list_pop_front(&table->all), struct fwp_object, node);
            fwp_object_free(object);
        }
        free(table->by_key);
        free(table->by_id);
        memset(table, 0, sizeof *table);
        list_init(&table->all);
    }
}
