#include "nt/event.h"

void (*nt_event_sink)(const struct nt_event *event);
uint32_t nt_event_mask;
