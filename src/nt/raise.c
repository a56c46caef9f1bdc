/* See raise.h. */
#include "nt/raise.h"

#include "ntstatus.h"
#include "pe/seh.h"

_Noreturn void nt_raise_status(NTSTATUS status)
{
    seh_raise(status, EXCEPTION_NONCONTINUABLE, 0, NULL);
    __builtin_unreachable();
}

_Noreturn void nt_raise_access_violation(bool write, uint64_t address)
{
    const ULONG64 values[2] = { write, address };

    seh_raise(STATUS_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 2, values);
    __builtin_unreachable();
}
