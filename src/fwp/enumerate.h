/* Enumerations: what matched when the handle was created, handed out piece by piece. They are not live. */
#ifndef FWP_ENUMERATE_H
#define FWP_ENUMERATE_H

#include "fwp/session.h"

/* Frees the session's enumerations. */
void fwp_enums_close(struct fwp_session *session);

#endif
