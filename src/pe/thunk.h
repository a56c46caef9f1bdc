/* The slow side of export thunks, shared by thunk.c and thunk_enter.S. */
#ifndef PE_THUNK_H
#define PE_THUNK_H

#include <stdint.h>

struct pe_caller;

void thunk_slow(void);
void thunk_missing(void);
void *thunk_hook(uint64_t back, const struct pe_caller *caller);
void thunk_report_missing(uint64_t back, const struct pe_caller *caller);

#endif
