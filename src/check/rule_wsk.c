/* Mistakes with Winsock Kernel that Windows leaves undefined and netio/ notices: a socket used after it was closed or closed
 * twice, received data kept over a close, a registration ended twice. */
#include "check/check.h"

static void on_event(const struct netio_event *event);

CHECK_RULE(rule) = {
    .name = "wsk-misuse",
    .help = "a Winsock Kernel function is called with what is not open, or above DISPATCH_LEVEL, or without its IRP",
    .doc = "the page of the function named",
    .netio_kinds = 1u << NETIO_EVENT_MISUSE,
    .on_netio_event = on_event,
};

static void on_event(const struct netio_event *event)
{
    finding_at(&rule, event->caller, "%s (%#llx)", event->text, (unsigned long long)event->a);
}
