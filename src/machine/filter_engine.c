/* The base filtering engine's life, as the command line and clients of the control socket want it. */
#include <string.h>

#include "base/error.h"
#include "base/spec.h"
#include "disk/disk_impl.h"
#include "fwp/fwp.h"
#include "machine/ctl_session.h"
#include "machine/machine.h"

struct boot_call {
    const char *store;
    bool running, good;
};

static void boot(void *arg)
{
    struct boot_call *call = arg;

    call->good = fwp_bfe_boot(call->store, call->running);
}

/* When the key wants a change: *ns from now, UINT64_MAX for never. */
static bool planned(struct spec *spec, const char *key, uint64_t *ns)
{
    const char *text = spec_value(spec, key, 0);

    *ns = UINT64_MAX;
    return !text || disk_time(key, text, ns);
}

bool ring3_set_filter_engine(struct ring3_computer *computer, const char *text)
{
    struct boot_call call = { 0 };
    uint64_t start, stop;
    struct spec spec;

    (void)computer;
    if (!spec_parse(&spec, text))
        return false;
    call.running = !strcmp(spec.kind, "running");
    if (spec.argument || (!call.running && strcmp(spec.kind, "stopped")))
        return error_set("'%s' is neither running nor stopped", text);
    call.store = spec_value(&spec, "store", 0);
    if (!planned(&spec, "start", &start) || !planned(&spec, "stop", &stop) || !spec_finish(&spec))
        return false;
    if (!machine_call(boot, &call) || !call.good)
        return false;
    if (start != UINT64_MAX)
        fwp_bfe_plan(true, ke_now() + start);
    if (stop != UINT64_MAX)
        fwp_bfe_plan(false, ke_now() + stop);
    return true;
}

static void start_engine(void *good)
{
    *(bool *)good = fwp_bfe_start();
}

static void stop_engine(void *good)
{
    *(bool *)good = fwp_bfe_stop();
}

bool ring3_start_filter_engine(struct ring3_computer *computer)
{
    bool good = false;

    (void)computer;
    return machine_call(start_engine, &good) && good;
}

bool ring3_stop_filter_engine(struct ring3_computer *computer)
{
    bool good = false;

    (void)computer;
    return machine_call(stop_engine, &good) && good;
}

static void verb_bfe(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *action = message_value(request, "action");
    bool start = action && !strcmp(action, "start");

    (void)s;
    if (action && !start && strcmp(action, "stop"))
        ctl_fail(reply, CTL_USAGE, "action=%.20s is not start or stop", action);
    else if (action && !(start ? fwp_bfe_start() : fwp_bfe_stop()))
        ctl_fail(reply, CTL_USAGE, "%s", error_text());
    else
        message_add(&reply->line, "state", fwp_bfe_state_name());
}

CTL_VERB(bfe_verb) = { .name = "bfe", .changes = true, .run = verb_bfe };
