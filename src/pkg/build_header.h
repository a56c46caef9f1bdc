/* Precompiled headers: made once, used by every source that begins with the same header and has the same flags. */
#ifndef PKG_BUILD_HEADER_H
#define PKG_BUILD_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "pkg/build_plan.h"

/* From how many sources on a header is made: it costs about as much as two of them. */
#define BUILD_HEADER_USERS 4

/* Gives each source whose `header` (what its project precompiles) at least BUILD_HEADER_USERS others with the same flags have a `made`: the
 * path of the precompiled form, which is still to be made. */
void build_headers_choose(struct build_plan *plan);
/* Where the text stands that the precompiled form is made of; written when it is not there yet. */
bool build_header_text(const struct build_plan *plan, const struct build_source *source, char path[BUILD_PATH + 8]);

#endif
