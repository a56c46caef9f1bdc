/* The filter engine's life, and those who watch layers change. */
#include "fwp/fwp.h"

#include <string.h>

#include "base/error.h"
#include "fwp/bfe.h"
#include "fwp/callouts.h"
#include "fwp/changes.h"
#include "fwp/classification.h"
#include "fwp/engine_calls.h"
#include "fwp/flow.h"
#include "fwp/injection.h"
#include "fwp/net_event.h"
#include "fwp/net_event_calls.h"
#include "fwp/notice.h"
#include "fwp/objects.h"
#include "fwp/pending.h"
#include "fwp/redirect.h"
#include "fwp/runtime.h"
#include "fwp/security.h"

_Static_assert(FWPS_BUILTIN_LAYER_MAX <= FWP_LAYERS, "layers");

static struct {
    void (*changed)(void *context, uint16_t layer);
    void *context;
} watchers[FWP_WATCHERS];
static uint8_t changed[FWP_LAYERS];
static bool any_changed;

bool fwp_open(void)
{
    memset(watchers, 0, sizeof watchers);
    memset(changed, 0, sizeof changed);
    any_changed = false;
    fwp_notices_open();
    fwp_bfe_open();
    fwp_classify_open();
    fwp_offloads_open();
    fwp_runtime_open();
    fwp_flows_open();
    fwp_net_events_open();
    fwp_net_subscriptions_open();
    fwp_engine_calls_open();
    fwp_objects_open();
    fwp_sessions_open();
    if (fwp_builtins_add() && fwp_set_options_add())
        return true;
    fwp_close();
    return error_set("no memory for the filter engine");
}

void fwp_close(void)
{
    fwp_bfe_close();
    fwp_sessions_close();
    fwp_runtime_close();
    fwp_notices_close();
    fwp_objects_close();
    fwp_security_close();
    fwp_flows_close();
    fwp_callouts_close();
    fwp_engine_calls_close();
}

void fwp_driver_gone(uint64_t base, uint64_t size)
{
    fwp_callouts_driver_gone(base, size);       /* first: what the sessions delete is not told to them */
    fwp_injections_driver_gone(base, size);
    fwp_pending_driver_gone(base, size);
    fwp_redirect_driver_gone(base, size);
    fwp_sessions_driver_gone(base, size);
    fwp_engine_calls_driver_gone(base, size);
    fwp_bfe_driver_gone(base, size);
}

/* --- changes ---------------------------------------------------------------------------------------------------------------------------- */

bool fwp_on_change(void (*tell)(void *context, uint16_t layer), void *context)
{
    for (unsigned i = 0; i < FWP_WATCHERS; i++)
        if (!watchers[i].changed) {
            watchers[i].changed = tell;
            watchers[i].context = context;
            return true;
        }
    return false;
}

void fwp_forget_change(void (*tell)(void *context, uint16_t layer), void *context)
{
    for (unsigned i = 0; i < FWP_WATCHERS; i++)
        if (watchers[i].changed == tell && watchers[i].context == context)
            watchers[i].changed = NULL;
}

void fwp_layer_changed(uint16_t layer)
{
    changed[layer] = 1;
    any_changed = true;
}

void fwp_changes_tell(void)
{
    fwp_offloads_tell();
    if (!any_changed)
        return;
    any_changed = false;
    for (unsigned layer = 0; layer < FWP_LAYERS; layer++) {
        if (!changed[layer])
            continue;
        changed[layer] = 0;
        for (unsigned i = 0; i < FWP_WATCHERS; i++)
            if (watchers[i].changed)
                watchers[i].changed(watchers[i].context, (uint16_t)layer);
    }
}
