/* OID requests that their driver completes although it does not have them (any more), or does not complete at all. NDIS notices
 * both; what is remembered here says which request it was. docs: network/miniport-adapter-oid-requests */
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "check/ndis_name.h"
#include "ndis/adapter.h"
#include "nt/ke.h"

static void on_event(const struct ndis_event *event);
static void reset(void);

CHECK_RULE(rule) = {
    .name = "oid-completion",
    .help = "a driver completes an OID request twice, or not at all",
    .doc = "network/miniport-adapter-oid-requests",
    .ndis_kinds = 1u << NDIS_EVENT_OID | 1u << NDIS_EVENT_OID_COMPLETE | 1u << NDIS_EVENT_OID_WRONG,
    .on_ndis_event = on_event,
    .reset = reset,
};

/* The last requests that drivers were given. Their memory is the asker's, and may be gone. */
#define REMEMBERED 256u

static struct memory {
    uint64_t request, driver;
    NDIS_OID oid;
    uint64_t given, completed;          /* ke_now; completed 0: not yet */
} memory[REMEMBERED];
static unsigned next;

static void reset(void)
{
    memset(memory, 0, sizeof memory);
    next = 0;
}

/* What is known of a request; driver 0: whoever had it last. */
static struct memory *recall(uint64_t request, uint64_t driver)
{
    for (unsigned i = 1; i <= REMEMBERED; i++) {
        struct memory *m = &memory[(next - i) % REMEMBERED];

        if (m->request == request && (!driver || m->driver == driver))
            return m;
    }
    return NULL;
}

static void given(const struct ndis_event *event)
{
    const NDIS_OID_REQUEST *request = (const NDIS_OID_REQUEST *)(uintptr_t)event->a;

    memory[next++ % REMEMBERED] = (struct memory){ event->a, event->b, request->DATA.Oid, ke_now(), 0 };
}

static void completed(const struct ndis_event *event)
{
    struct memory *m = recall(event->a, 0);

    if (m && !m->completed)
        m->completed = ke_now() + 1;
}

static unsigned long long seconds(uint64_t ns)
{
    return ns / 1000000000u;
}

static unsigned long long micros(uint64_t ns)
{
    return ns / 1000u % 1000000u;
}

static void wrong(const struct ndis_event *event)
{
    const struct memory *m = recall(event->a, event->b);
    uint64_t frame = (uint64_t)(uintptr_t)event->caller;
    char name[80], what[80] = "";
    const void *who = (const void *)(uintptr_t)event->b;

    ndis_name(who, name, sizeof name);
    if (m)
        snprintf(what, sizeof what, " (OID %08x)", (unsigned)m->oid);
    if (strcmp(event->text, OID_NOT_COMPLETED) == 0)
        finding_with_stack(&rule, &frame, frame != 0, "the adapter is being halted for ten seconds, and %s %s request %#llx%s, which it was "
                           "given at %llu.%06llu s", name, event->text, (unsigned long long)event->a, what, m ? seconds(m->given) : 0,
                           m ? micros(m->given) : 0);
    else if (m && m->completed)
        finding_with_stack(&rule, &frame, frame != 0, "%s %s request %#llx%s a second time: the first was at %llu.%06llu s", name,
                           event->text, (unsigned long long)event->a, what, seconds(m->completed), micros(m->completed));
    else
        finding_with_stack(&rule, &frame, frame != 0, "%s %s request %#llx%s, which it does not have", name, event->text,
                           (unsigned long long)event->a, what);
}

static void on_event(const struct ndis_event *event)
{
    switch (event->kind) {
    case NDIS_EVENT_OID: given(event); break;
    case NDIS_EVENT_OID_COMPLETE: completed(event); break;
    case NDIS_EVENT_OID_WRONG: wrong(event); break;
    default: break;
    }
}
