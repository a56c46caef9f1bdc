/* Sessions: the inside of the control socket. See the rules in ctl_session.h. */
#include "machine/ctl_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "host/runtime.h"
#include "nt/bugcheck.h"
#include "nt/io.h"
#include "nt/ob.h"
#include "nt/ps.h"
#include "nt/status_text.h"

#define PRIORITY 9                      /* above plain system threads: a person waits */
#define CANCEL_NS 10000000ull           /* how often a request that nobody wants any more is cancelled again */
#define WAIT_NS 10000000000ull

struct ctl_host {
    struct ring3_computer *computer;
    struct ctl_server *server;
    struct list sessions;
    KEVENT work, change_lock, ended;
    struct ke_alarm alarm;
    bool keep, stopping, serving;
};

extern const struct ctl_verb *const __start_ring3_ctl_verbs[], *const __stop_ring3_ctl_verbs[];

/* --- replies ------------------------------------------------------------------------------------------------------------- */

static bool fail_with(struct ctl_reply *reply, const char *kind, const char *text)
{
    free(reply->data);
    reply->data = strdup(text);
    reply->size = reply->data ? (uint32_t)strlen(text) : 0;
    reply->failed = true;
    message_begin(&reply->line, "error");
    message_add(&reply->line, "kind", kind);
    return false;
}

bool ctl_fail(struct ctl_reply *reply, enum ctl_failure kind, const char *format, ...)
{
    static const char *const kinds[] = { "status", "usage", "missing", "driver", "host" };
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail_with(reply, kinds[kind], text);
}

bool ctl_fail_status(struct ctl_reply *reply, const char *what, uint32_t status)
{
    char text[256];
    const char *name = status_name(status);

    ctl_fail(reply, CTL_STATUS, "%s: %s", what, status_describe(status, text, sizeof text));
    message_add_number(&reply->line, "status", status);
    if (name)
        message_add(&reply->line, "name", name);
    return false;
}

bool ctl_number(const struct message *request, const char *key, uint64_t fallback, uint64_t highest, uint64_t *value,
                struct ctl_reply *reply)
{
    return message_number(request, key, fallback, highest, value) || ctl_fail(reply, CTL_USAGE, "%s", error_text());
}

const char *ctl_text(const struct message *request, const char *key, struct ctl_reply *reply)
{
    const char *text = message_value(request, key);

    if (!text || !text[0])
        ctl_fail(reply, CTL_USAGE, "%s needs %s=", request->word, key);
    return text && text[0] ? text : NULL;
}

/* --- a session's thread ---------------------------------------------------------------------------------------------------- */

static const struct ctl_verb *find_verb(const char *name)
{
    for (const struct ctl_verb *const *v = __start_ring3_ctl_verbs; v < __stop_ring3_ctl_verbs; v++)
        if (!strcmp((*v)->name, name))
            return *v;
    return NULL;
}

static void run_verb(struct ctl_session *s, struct ctl_reply *reply)
{
    const struct message *request = &s->connection->request;
    const struct ctl_verb *verb = find_verb(request->word);

    message_begin(&reply->line, "ok");
    if (!verb) {
        ctl_fail(reply, CTL_USAGE, "the computer knows no verb '%.40s'", request->word);
        return;
    }
    if (verb->changes)
        ke_wait(&s->host->change_lock);
    if (!s->gone)
        verb->run(s, request, reply);
    if (verb->changes)
        KeSetEvent(&s->host->change_lock, 0, FALSE);
}

static void serve(struct ctl_session *s)
{
    struct ctl_reply reply = { 0 };

    s->asked = false;
    run_verb(s, &reply);
    if (!message_end(&reply.line, reply.size)) {
        ctl_fail(&reply, CTL_HOST, "%s", error_text());
        message_end(&reply.line, reply.size);
    }
    ctl_answer(s->connection, &reply.line, reply.data, reply.size);
    free(reply.data);
    if (reply.stop)
        ke_request_stop();
}

static VOID NTAPI session_main(PVOID context)
{
    struct ctl_session *s = context;
    struct ctl_host *host = s->host;

    while (!s->gone) {
        if (s->asked)
            serve(s);
        else
            ke_wait(&s->wake);
    }
    ctl_close_files(s);
    s->ended = true;
    KeSetEvent(&host->work, 0, FALSE);
}

/* --- the service thread ------------------------------------------------------------------------------------------------------- */

static void end_session(struct ctl_session *s)
{
    list_remove(&s->node);
    ctl_forget(s->connection);
    free(s);
}

static void start_session(struct ctl_session *s)
{
    struct ps_thread *thread = ps_create("control session", PRIORITY, session_main, s);

    s->started = thread != NULL;
    if (thread)
        ob_dereference(thread);
    else
        log_warn("ctl", "no memory for a client's thread");
}

/* True when it has to be looked at again without being asked. */
static bool attend(struct ctl_session *s)
{
    bool again = false;

    if (!s->started && !s->gone)
        start_session(s);
    if (s->ended || (!s->started && s->gone)) {
        end_session(s);
        return false;
    }
    if (s->gone && s->active) {
        io_cancel(s->active);
        again = true;
    }
    if (s->asked || s->gone)
        KeSetEvent(&s->wake, 0, FALSE);
    return again || !s->started;
}

static bool attend_all(struct ctl_host *host)
{
    bool again = false;

    list_each_safe(it, &host->sessions)
        again |= attend(container_of(it, struct ctl_session, node));
    return again;
}

static VOID NTAPI service_main(PVOID context)
{
    struct ctl_host *host = context;
    LARGE_INTEGER soon = { .QuadPart = -(LONGLONG)(CANCEL_NS / 100) };

    for (;;) {
        bool again = attend_all(host);

        if (host->stopping && list_empty(&host->sessions))
            break;
        ke_wait_timeout(&host->work, again ? &soon : NULL);
    }
    host->serving = false;
    KeSetEvent(&host->ended, 0, FALSE);
}

/* --- what the server calls, in the event loop or in a session's thread ------------------------------------------------------------ */

static void fire(struct ke_alarm *alarm)
{
    struct ctl_host *host = alarm->context;

    KeSetEvent(&host->work, 0, FALSE);
}

static void call_service(struct ctl_host *host)
{
    ke_alarm_set(&host->alarm, ke_now());
}

static bool session_open(void *context, struct ctl_connection *c)
{
    struct ctl_host *host = context;
    struct ctl_session *s = calloc(1, sizeof *s);

    if (!s)
        return error_set("no memory for a client");
    s->connection = c;
    s->host = host;
    KeInitializeEvent(&s->wake, SynchronizationEvent, FALSE);
    c->session = s;
    list_push_back(&host->sessions, &s->node);
    call_service(host);
    return true;
}

static void session_request(void *context, struct ctl_connection *c)
{
    struct ctl_session *s = c->session;

    s->asked = true;
    call_service(context);
}

static void session_gone(void *context, struct ctl_connection *c)
{
    struct ctl_session *s = c->session;

    s->gone = true;
    call_service(context);
}

/* --- life -------------------------------------------------------------------------------------------------------------------------- */

static void start_service(void *arg)
{
    struct ctl_host *host = arg;
    struct ps_thread *thread = ps_create("control service", PRIORITY, service_main, host);

    host->serving = thread != NULL;
    if (thread)
        ob_dereference(thread);
}

static bool default_path(char *path, size_t size)
{
    char dir[80];

    if (!host_runtime_dir(dir, sizeof dir, true))
        return false;
    snprintf(path, size, "%s/%ld.ctl", dir, host_process_id());
    return true;
}

bool ring3_serve_ctl(struct ring3_computer *computer, const char *socket)
{
    static struct ctl_backend backend = { .open = session_open, .request = session_request, .gone = session_gone };
    char path[108];
    struct ctl_host *host;

    if (computer->ctl)
        return error_set("there is a control socket already");
    if (computer->config.clock != RING3_CLOCK_REAL)
        return error_set("clients of a control socket live in real time: the real clock is needed");
    if (!socket && !default_path(path, sizeof path))
        return false;
    host = calloc(1, sizeof *host);
    if (!host)
        return error_set("no memory for a control socket");
    host->computer = computer;
    host->keep = socket != NULL;
    host->alarm = (struct ke_alarm){ .fire = fire, .context = host };
    list_init(&host->sessions);
    KeInitializeEvent(&host->work, SynchronizationEvent, FALSE);
    KeInitializeEvent(&host->ended, NotificationEvent, FALSE);
    KeInitializeEvent(&host->change_lock, SynchronizationEvent, TRUE);
    backend.context = host;
    host->server = ctl_open(socket ? socket : path, &backend);
    if (host->server && machine_call(start_service, host) && host->serving) {
        computer->ctl = host;
        return true;
    }
    if (host->server) {
        ctl_stop(host->server, NULL);
        ctl_close(host->server);
        error_set("no memory for the control socket's thread");
    }
    free(host);
    return false;
}

const char *ring3_ctl_path(struct ring3_computer *computer)
{
    return computer->ctl ? ctl_path(computer->ctl->server) : NULL;
}

struct ring3_computer *ctl_computer(const struct ctl_session *session)
{
    return session->host->computer;
}

bool ctl_keeps_running(struct ring3_computer *computer)
{
    return computer->ctl && (computer->ctl->keep || ctl_connections(computer->ctl->server));
}

static void wait_for_sessions(void *arg)
{
    struct ctl_host *host = arg;
    LARGE_INTEGER time = { .QuadPart = -(LONGLONG)(WAIT_NS / 100) };

    KeSetEvent(&host->work, 0, FALSE);
    ke_wait_timeout(&host->ended, &time);
}

static void farewell(struct message_line *line)
{
    struct bugcheck_info bug;
    char text[64] = "the computer has ended";

    if (bugcheck_get(&bug))
        snprintf(text, sizeof text, "the computer has stopped with bug check 0x%X", (unsigned)bug.code);
    message_begin(line, "error");
    message_add(line, "kind", "gone");
    message_add(line, "text", text);
    message_end(line, 0);
}

void ctl_shut_down(struct ring3_computer *computer)
{
    struct ctl_host *host = computer->ctl;
    struct message_line line;
    bool inside = !computer->power_cut && !bugcheck_get(&(struct bugcheck_info){ 0 });

    if (!host)
        return;
    computer->ctl = NULL;
    farewell(&line);
    host->stopping = true;
    ctl_stop(host->server, &line);
    if (inside && !machine_call(wait_for_sessions, host))
        log_debug("ctl", "%s", error_text());
    ke_alarm_cancel(&host->alarm);
    if (inside && host->serving)
        log_warn("ctl", "a request of a client was never completed, or takes too long");
    if (host->serving)
        return;                         /* its threads may still look at it */
    ctl_close(host->server);
    free(host);
}
