/* Events in words: what a provider wrote, for the log. */
#ifndef NT_ETW_EVENT_H
#define NT_ETW_EVENT_H

#include "wdm.h"

/* One line of the log at its debug level. An event that describes itself (TraceLogging's kind) comes with its name and fields, any other one
 * with its number and its bytes. Any IRQL. docs: etw/about-event-tracing, tracelogging/trace-logging-about */
void etw_print_event(const GUID *provider, PCEVENT_DESCRIPTOR event, ULONG count, const EVENT_DATA_DESCRIPTOR *data);

#endif
