/* Between the Key objects and the system calls on them. */
#ifndef NT_CM_OBJECT_H
#define NT_CM_OBJECT_H

#include <ntdef.h>
#include <ntstatus.h>
#include <stdbool.h>

/* What ZwCreateKey and ZwOpenKey tell the parse routine. */
struct cm_open {
    bool create, is_volatile, open_link;
    bool created;               /* out */
};

/* Ends what waits on this Key object for a change: STATUS_NOTIFY_CLEANUP. */
void cm_watch_drop(void *body);

#endif
