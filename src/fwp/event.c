/* Where events go. */
#include "fwp/event.h"

void (*fwp_event_sink)(const struct fwp_event *event);
uint32_t fwp_event_mask;
