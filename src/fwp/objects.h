/* What the functions for all kinds of objects share (objects.c and the files of the kinds). */
#ifndef FWP_OBJECTS_H
#define FWP_OBJECTS_H

#include "fwp/session.h"

/* Gives a new object its lifetime in the session and its security descriptor, and sees that what it refers to lives as long.
 * STATUS_FWP_LIFETIME_MISMATCH, STATUS_FWP_DYNAMIC_SESSION_IN_PROGRESS, STATUS_INVALID_SECURITY_DESCR,
 * STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS fwp_object_settle(struct fwp_session *session, struct fwp_object *object, bool persistent, PSECURITY_DESCRIPTOR sd);

/* kinds.c: each adds a copy to the session's transaction, as the Fwpm...Add0 function of the kind. */
NTSTATUS fwp_provider_put(struct fwp_session *session, const FWPM_PROVIDER0 *given, PSECURITY_DESCRIPTOR sd);
NTSTATUS fwp_context_put(struct fwp_session *session, const FWPM_PROVIDER_CONTEXT0 *given, PSECURITY_DESCRIPTOR sd, UINT64 *id);
NTSTATUS fwp_sublayer_put(struct fwp_session *session, const FWPM_SUBLAYER0 *given, PSECURITY_DESCRIPTOR sd);
NTSTATUS fwp_callout_put(struct fwp_session *session, const FWPM_CALLOUT0 *given, PSECURITY_DESCRIPTOR sd, UINT32 *id);

/* Adds the built-in providers and sublayers. */
bool fwp_builtins_add(void);

#endif
