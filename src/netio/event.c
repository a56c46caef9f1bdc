#include "netio/event.h"

void (*netio_event_sink)(const struct netio_event *event);
uint32_t netio_event_mask;
