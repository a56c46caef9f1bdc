/* The slow side of export thunks, shared by thunk.c and thunk_enter.S. */
#ifndef PE_THUNK_H
#define PE_THUNK_H

#include <stdint.h>

struct pe_caller;

void thunk_slow(void);
void thunk_missing(void);
/* Where to go on, and whether to come back: struct returned in rax and rdx. */
struct thunk_way {
    void *function;
    uint64_t returns;
};
struct thunk_way thunk_hook(uint64_t back, const struct pe_caller *caller);
void thunk_exit_hook(void);
/* Where the export that runs on this stack was called from, when that is known without unwinding; else 0. */
uint64_t thunk_running_caller(uint64_t rsp);
void thunk_report_missing(uint64_t back, const struct pe_caller *caller);

#endif
