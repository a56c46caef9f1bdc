/* The trace preprocessor: a source that includes NAME.tmh gets one. */
#ifndef PKG_WPP_H
#define PKG_WPP_H

#include <stdbool.h>

/* For each file of `dir` whose name is in `sources` and that includes a NAME.tmh which is not there, writes NAME.tmh to `out`. It
 * has the standard macros, and one for each `FUNC` that a `begin_wpp config` block of a source or header in `dir` declares. False
 * with error_text(). */
bool wpp_write(const char *dir, char *const *sources, const char *out);

#endif
