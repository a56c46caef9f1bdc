/* What the functions for all kinds of objects share (objects.c and the files of the kinds). */
#ifndef FWP_OBJECTS_H
#define FWP_OBJECTS_H

#include "fwp/session.h"

/* Gives a new object its lifetime in the session and its security descriptor, and sees that what it refers to lives as long.
 * STATUS_FWP_LIFETIME_MISMATCH, STATUS_FWP_DYNAMIC_SESSION_IN_PROGRESS, STATUS_INVALID_SECURITY_DESCR,
 * STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS fwp_object_settle(struct fwp_session *session, struct fwp_object *object, bool persistent, PSECURITY_DESCRIPTOR sd);

/* Adds the built-in providers and sublayers. */
bool fwp_builtins_add(void);

#endif
