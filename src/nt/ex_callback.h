/* The callback objects that every system has. */
#ifndef NT_EX_CALLBACK_H
#define NT_EX_CALLBACK_H

#include <ntdef.h>
#include <stdbool.h>

/* After the namespace exists: makes \Callback\PowerState, \Callback\SetSystemTime and \Callback\ProcessorAdd. The system time does not
 * change and no processor is added while a computer runs, so the last two are never notified. */
NTSTATUS ex_callbacks_start(void);

/* Tells PowerState's routines. change: PO_CB_*. <= DISPATCH_LEVEL. */
void ex_notify_power(unsigned change, bool value);

#endif
