/* The store of persistent objects and boot-time filters: text, a statement a line, for people, too.
 *
 *     ring3 filter engine store 1
 *     sublayer {GUID}
 *       name "mine"
 *       flags 0x1
 *       weight 256
 *     filter {GUID}
 *       name "no telnet before the engine runs"
 *       flags 0x2
 *       layer ALE_AUTH_CONNECT_V4
 *       sublayer {GUID}
 *       action block
 *       condition IP_REMOTE_PORT EQUAL UINT16 23
 *
 * docs/verbs/run.md has the whole grammar. An object stands behind those it refers to. The parser needs no computer. */
#ifndef FWP_STORE_H
#define FWP_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/writer.h"
#include "fwp/object.h"
#include "fwp/session.h"

#define FWP_STORE_HEAD "ring3 filter engine store 1"

enum fwp_phase { FWP_RUNNING, FWP_BOOTING };

/* One object of the text. Everything lives as long as the call. */
struct fwp_stored {
    enum fwp_kind kind;
    unsigned line;
    const void *value;                  /* as for Fwpm...Add0 */
    void *security;                     /* valid and self-relative; NULL: none */
};

/* Calls take for each object; false with error_text(), "NAME, line N: reason", at the first mistake, or when take says so. */
bool fwp_store_parse(const char *name, const char *text, size_t size, bool (*take)(void *context, const struct fwp_stored *stored),
                     void *context);
/* Adds the objects to the session's transaction: RUNNING all (of a provider whose service does not start by itself, filters are disabled),
 * BOOTING no persistent filters. False with error_text(). */
bool fwp_store_read(struct fwp_session *session, const char *name, const char *text, size_t size, enum fwp_phase phase);
/* Writes every persistent object and boot-time filter that is in the tables. */
void fwp_store_write(struct writer *w);

/* The words of the text. */
extern const char *const fwp_store_kinds[FWP_KINDS];
extern const char *const fwp_store_matches[FWP_MATCH_TYPE_MAX];
struct fwp_store_type {
    FWP_DATA_TYPE type;
    const char *name;
};
extern const struct fwp_store_type fwp_store_types[];
extern const unsigned fwp_store_type_count;
struct fwp_store_action {
    FWP_ACTION_TYPE type;
    const char *name;
};
extern const struct fwp_store_action fwp_store_actions[5];

#endif
