/* Layers whose filters a commit changed: told to fwp_on_change's watchers when the lock is free again. */
#ifndef FWP_CHANGES_H
#define FWP_CHANGES_H

#include <stdint.h>

void fwp_layer_changed(uint16_t layer);
void fwp_changes_tell(void);
/* A commit added or deleted a callout object, or a filter that names one: offloads.c looks, and then tells. */
void fwp_offloads_note(void);
void fwp_offloads_tell(void);

#endif
