/* Subscriptions to changes of objects. docs: fwp/change-notifications */
#ifndef FWP_SUBSCRIBE_H
#define FWP_SUBSCRIBE_H

#include <stdbool.h>

#include "fwp/object.h"

struct fwp_session;

/* A committed change: posts a notice to every subscriber of another session whose template it matches. */
void fwp_subscriptions_note(struct fwp_session *by, const struct fwp_object *object, bool added);
/* Tells everything that was noted; after the lock is free. PASSIVE_LEVEL. */
void fwp_subscriptions_deliver(void);
/* The session ends: its subscriptions, and the notices for them, are forgotten. */
void fwp_subscriptions_close(struct fwp_session *session);

/* template.c: whether an object matches an enumeration template of its kind (NULL: all do). */
bool fwp_template_matches(const struct fwp_object *object, const void *enum_template);

#endif
