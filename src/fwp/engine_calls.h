/* engine_calls.c, for fwp.c. */
#ifndef FWP_ENGINE_CALLS_H
#define FWP_ENGINE_CALLS_H

#include <stdint.h>

#include "fwp/fwp.h"

void fwp_engine_calls_open(void);
void fwp_engine_calls_close(void);
void fwp_engine_calls_driver_gone(uint64_t base, uint64_t size);
/* Subscriptions to what never happens whose callback lies in the image. */
void fwp_engine_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct fwp_leak *leak), void *context);

#endif
