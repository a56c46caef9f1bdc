/* Inside the computer: every client of the control socket is a session with an NT thread of its own.
 *
 *  1. The event loop only sets flags (asked, gone) and an alarm. The service thread does the rest at PASSIVE_LEVEL: it makes the
 *     threads, wakes them, cancels the I/O of clients that have gone, and frees what has ended.
 *  2. A session's thread runs one verb at a time and answers it. It is the only one that touches the session's files.
 *  3. What changes the computer (load, plug, power) runs one at a time, over all sessions.
 *
 * A verb is a file's own: CTL_VERB registers it, nothing else lists it. A dump is text about the computer, CTL_DUMP: `ring3 ctl NAME`
 * prints it. */
#ifndef MACHINE_CTL_SESSION_H
#define MACHINE_CTL_SESSION_H

#include "base/writer.h"
#include "machine/ctl.h"
#include "machine/machine.h"
#include "nt/ke_wait.h"

#define CTL_FILES 16

struct io_file;

struct ctl_session {
    struct list node;
    struct ctl_connection *connection;
    struct ctl_host *host;
    KEVENT wake;
    bool asked, gone, started, ended;
    struct io_file *files[CTL_FILES];   /* by handle - 1 */
    struct io_file *active;             /* a request of it is with a driver */
};

struct ctl_reply {
    struct message_line line;           /* "ok", to which a verb adds keys */
    void *data;                         /* malloc'ed; freed when it is sent */
    uint32_t size;
    bool failed, stop;                  /* stop: the computer ends when the answer has gone */
};

struct ctl_verb {
    const char *name;
    bool changes;                       /* one at a time (3) */
    void (*run)(struct ctl_session *session, const struct message *request, struct ctl_reply *reply);
};

/* What the client's exit code is made of. */
enum ctl_failure { CTL_STATUS, CTL_USAGE, CTL_MISSING, CTL_DRIVER, CTL_HOST };

/* Always false, so that `return ctl_fail(...)` reads well. */
bool ctl_fail(struct ctl_reply *reply, enum ctl_failure kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "what: STATUS_NAME (0x...): sentence". */
bool ctl_fail_status(struct ctl_reply *reply, const char *what, uint32_t status);
/* A number of the request; false when it is wrong, and the reply says so. */
bool ctl_number(const struct message *request, const char *key, uint64_t fallback, uint64_t highest, uint64_t *value,
                struct ctl_reply *reply);
/* A key that must be there; NULL: the reply says so. */
const char *ctl_text(const struct message *request, const char *key, struct ctl_reply *reply);
/* ctl_file.c */
void ctl_close_files(struct ctl_session *session);
struct ring3_computer *ctl_computer(const struct ctl_session *session);

/* Text about the computer in w->format (text, JSON, and Graphviz where that makes sense). False with error_text(): not in this
 * format, or not there. PASSIVE_LEVEL, inside. */
struct ctl_dump {
    const char *name;
    bool (*dump)(struct ring3_computer *computer, struct writer *w);
};

#define CTL_VERB(variable)                                                                                                   \
    static const struct ctl_verb variable;                                                                                   \
    static const struct ctl_verb *const variable##_entry __attribute__((section("ring3_ctl_verbs"), used)) = &variable;     \
    static const struct ctl_verb variable
#define CTL_DUMP(variable)                                                                                                   \
    static const struct ctl_dump variable;                                                                                   \
    static const struct ctl_dump *const variable##_entry __attribute__((section("ring3_ctl_dumps"), used)) = &variable;     \
    static const struct ctl_dump variable

#endif
