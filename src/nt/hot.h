/* For exports that must cost a few nanoseconds. An ms_abi function that calls a System V function has to save xmm6 to
 * xmm15 first, and does so even when the call is on a branch that is never taken. So the hot paths call nothing but
 * other ms_abi functions: their slow parts are COLD functions, reached as tail calls where they need PE_CALLER(). */
#ifndef NT_HOT_H
#define NT_HOT_H

#include "nt/ke.h"

/* At -O1, as sanitized builds are made, GCC makes no tail calls unless it is asked to. */
#if defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#pragma GCC optimize("optimize-sibling-calls")
#endif

#define COLD __attribute__((ms_abi, noinline, cold))

COLD void hot_settle_slow(void);
COLD _Noreturn void hot_raise(NTSTATUS status);

/* ke_settle() and ke_lower() for hot paths. */
static inline void hot_settle(void)
{
    if (unlikely(this_cpu->pending))
        hot_settle_slow();
}

static inline void hot_lower(KIRQL irql)
{
    this_cpu->pcr->irql = irql;
    hot_settle();
}

#endif
