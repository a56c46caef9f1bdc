/* The trace preprocessor: a source that includes NAME.tmh gets one. */
#ifndef PKG_WPP_H
#define PKG_WPP_H

#include <stdbool.h>

/* For each source (whole paths, NULL ends the list) that includes a NAME.tmh which is not beside it, writes NAME.tmh to `out`. It has
 * the standard macros, and one for each function that a `begin_wpp config` block of a source or header beside it, or of one of the files `scanned`
 * (may be NULL), declares, and for each of `declared` ("NAME(LEVEL,MSG,...)"; may be NULL). `guid` ("XXXXXXXX-...", or ""): the control GUID of sources that
 * define none, with the flags Error, Unusual and Noise. False with error_text(). */
bool wpp_write(const char *const *sources, const char *out, const char *const *scanned, const char *const *declared, const char *guid);

#endif
