/* What a driver that unloads should have given back. */
#include <stdio.h>
#include <string.h>

#include "fwp/bfe.h"
#include "fwp/callouts.h"
#include "fwp/engine_calls.h"
#include "fwp/flow.h"
#include "fwp/fwp.h"
#include "fwp/injection.h"
#include "fwp/pending.h"
#include "fwp/redirect.h"
#include "fwp/session.h"

struct search {
    uint64_t base, size;
    void (*visit)(void *context, const struct fwp_leak *leak);
    void *context;
};

static bool inside(const struct search *search, uint64_t address)
{
    return address - search->base < search->size;
}

static void visit_context(void *context, const struct fwp_flow_view *view)
{
    const struct search *search = context;
    const struct fwp_callout *callout = fwp_callout_of(view->callout);
    uint64_t deleted = callout ? (uint64_t)(uintptr_t)callout->functions.flowDeleteFn : 0;
    struct fwp_leak leak = { .caller = inside(search, view->associated_by) ? view->associated_by : deleted };

    if (!inside(search, leak.caller))
        return;
    snprintf(leak.text, sizeof leak.text, "a context %#llx of callout %u on flow %llu (FwpsFlowRemoveContext0 was never called)",
             (unsigned long long)view->context, (unsigned)view->callout, (unsigned long long)view->flow);
    search->visit(search->context, &leak);
}

static void visit_callout(const struct search *search, const struct fwp_callout *callout)
{
    uint64_t classify = (uint64_t)(uintptr_t)callout->functions.classifyFn;
    struct fwp_leak leak = { .caller = inside(search, callout->registrar) ? callout->registrar : classify };
    char key[40];

    snprintf(leak.text, sizeof leak.text, "callout %u %s registered (FwpsCalloutUnregisterById0 was never called, or failed)",
             (unsigned)callout->id, fwp_guid_text(&callout->key, key));
    search->visit(search->context, &leak);
}

static void visit_injector(void *context, const void *handle, uint64_t caller)
{
    const struct search *search = context;
    struct fwp_leak leak = { "an injection handle (FwpsInjectionHandleDestroy0 was never called)", caller };

    if (inside(search, caller))
        search->visit(search->context, &leak);
}

static void visit_pended(void *context, uint64_t caller)
{
    const struct search *search = context;
    struct fwp_leak leak = { "a pended operation (FwpsCompleteOperation0, or FwpsCompleteClassify0, was never called)", caller };

    if (inside(search, caller))
        search->visit(search->context, &leak);
}

static void visit_redirect(void *context, uint64_t caller)
{
    const struct search *search = context;
    struct fwp_leak leak = { "a redirect handle (FwpsRedirectHandleDestroy0 was never called)", caller };

    if (inside(search, caller))
        search->visit(search->context, &leak);
}

void fwp_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct fwp_leak *leak), void *context)
{
    struct search search = { base, size, visit, context };

    list_each(it, fwp_sessions_all()) {
        const struct fwp_session *session = container_of(it, struct fwp_session, node);
        struct fwp_leak leak = { "a session of the filter engine open (FwpmEngineClose0 was never called)", session->opener };
        if (inside(&search, session->opener))
            visit(context, &leak);
    }
    for (uint32_t id = 1; id < fwp_callouts.count; id++) {
        const struct fwp_callout *callout = fwp_callouts.slot[id];
        if (callout && callout->registered && inside(&search, (uint64_t)(uintptr_t)callout->functions.classifyFn))
            visit_callout(&search, callout);
    }
    fwp_flows_each(visit_context, &search);
    fwp_injectors_each(visit_injector, &search);
    fwp_pended_callers(visit_pended, &search);
    fwp_redirect_handles_each(visit_redirect, &search);
    fwp_engine_leaks_walk(base, size, visit, context);
    fwp_bfe_leaks_walk(base, size, visit, context);
}

static void note(void *found, const struct fwp_leak *leak)
{
    *(bool *)found = true;
}

bool fwp_driver_has_left(uint64_t base, uint64_t size)
{
    bool found = false;

    fwp_leaks_walk(base, size, note, &found);
    return found;
}
