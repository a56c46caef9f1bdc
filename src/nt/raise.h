/* Raising an exception from host code that a driver called: its handlers see it as the page of the function says. */
#ifndef NT_RAISE_H
#define NT_RAISE_H

#include <ntdef.h>
#include <stdbool.h>
#include <stdint.h>

/* Unwinds the host frames between here and the driver and raises `status` at the driver's call. Never returns.
 * Callers keep no state on the stack that must be undone. */
_Noreturn void nt_raise_status(NTSTATUS status);
/* The same for STATUS_ACCESS_VIOLATION with its two parameters. */
_Noreturn void nt_raise_access_violation(bool write, uint64_t address);

#endif
