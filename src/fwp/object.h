/* The objects of the management side: what drivers add, by key and by run-time identifier.
 *
 *  1. An object is in its kind's list and tables from the moment it is added, also inside a transaction; one that is deleted is
 *     out of them at once. The transaction's changes say how to undo that. Nobody but the transaction's session looks
 *     meanwhile: the others wait for the lock (session.h).
 *  2. `references` counts objects in the tables that refer to this one; it is 0 when the object is deleted.
 *  3. A filter's rule is published when its transaction is committed, and not before. */
#ifndef FWP_OBJECT_H
#define FWP_OBJECT_H

#include <fwpmk.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "fwp/guid.h"
#include "fwp/pack.h"

enum fwp_kind { FWP_PROVIDER, FWP_CONTEXT, FWP_SUBLAYER, FWP_CALLOUT, FWP_FILTER, FWP_KINDS };
enum fwp_change { FWP_UNCHANGED, FWP_ADDED, FWP_DELETED };
enum fwp_lifetime { FWP_BUILTIN, FWP_PERSISTENT, FWP_STATIC, FWP_DYNAMIC };

struct fwp_session;
struct fwp_rule;
struct fwp_callout;

enum { FWP_TO_PROVIDER, FWP_TO_SUBLAYER, FWP_TO_CALLOUT, FWP_TO_CONTEXT, FWP_LINKS };

struct fwp_object {
    struct list node;                   /* of its kind, in the order of addition */
    struct fwp_object *key_next, *id_next;
    enum fwp_kind kind;
    enum fwp_lifetime lifetime;
    GUID key;
    uint64_t id;
    struct fwp_session *session;        /* DYNAMIC: whose */
    unsigned references;
    struct fwp_object *link[FWP_LINKS]; /* what it refers to */
    void *value;                        /* FWPM_PROVIDER0, _PROVIDER_CONTEXT0, _SUBLAYER0, _CALLOUT0, _FILTER0: one block */
    void *security;                     /* a self-relative descriptor; NULL: the default one */
    struct fwp_rule *rule;              /* FILTER */
    struct fwp_callout *slot;           /* CALLOUT */
    struct list change_node;            /* session->changes of the transaction that runs, when that added or deleted it */
    enum fwp_change change;
    uint16_t number;                    /* SUBLAYER: breaks ties of weight */
};

struct fwp_kind_info {
    const char *name;
    NTSTATUS missing;
    fwp_packer *pack;
    uint32_t persistent;                /* the flag for it */
};
extern const struct fwp_kind_info fwp_kinds[FWP_KINDS];

void fwp_objects_open(void);
void fwp_objects_close(void);           /* frees everything that is left */

/* In order of addition. */
struct list *fwp_objects_of(enum fwp_kind kind);
size_t fwp_objects_count(enum fwp_kind kind);
struct fwp_object *fwp_object_by_key(enum fwp_kind kind, const GUID *key);
struct fwp_object *fwp_object_by_id(enum fwp_kind kind, uint64_t id);

/* An object that is in no table; value is copied. NULL: no memory. */
struct fwp_object *fwp_object_create(enum fwp_kind kind, const void *value, const GUID *key, uint64_t id);
void fwp_object_free(struct fwp_object *object);
/* Into the tables, and out of them; the links count as references meanwhile. False: no memory. */
bool fwp_object_insert(struct fwp_object *object);
void fwp_object_take_out(struct fwp_object *object);
/* Back where it was: cannot fail after a fwp_object_take_out. */
void fwp_object_put_back(struct fwp_object *object);

/* Frees an object that was deleted, when no classification can still show it to a callout. */
void fwp_object_bury(struct fwp_object *object);

uint64_t fwp_object_new_id(enum fwp_kind kind);

#endif
