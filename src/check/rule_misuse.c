/* Mistakes that a module notices in passing and words itself, and callbacks that return at another IRQL. */
#include "check/check.h"

static void on_event(const struct nt_event *event);

CHECK_RULE(rule) = {
    .name = "misuse",
    .help = "a contract of a function or callback is broken in a way the module itself can see",
    .doc = "the page of the function named",
    .kinds = 1u << NT_EVENT_MISUSE | 1u << NT_EVENT_CALLBACK_IRQL,
    .on_event = on_event,
};

static void on_event(const struct nt_event *event)
{
    if (event->kind == NT_EVENT_MISUSE)
        finding_at(&rule, event->caller, "%s", event->text);
    else
        finding_at(&rule, event->caller, "%s was called at IRQL %u and returned at IRQL %u", event->text,
                   (unsigned)(event->b >> 8 & 0xff), (unsigned)(event->b & 0xff));
}
