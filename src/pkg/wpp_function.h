/* The trace functions that a driver declares for the trace preprocessor. docs: devtest/can-i-customize-dotracemessage */
#ifndef PKG_WPP_FUNCTION_H
#define PKG_WPP_FUNCTION_H

#include <stdio.h>

struct wpp_functions;

struct wpp_functions *wpp_functions_new(void);
void wpp_functions_free(struct wpp_functions *functions);
/* Takes what the `begin_wpp config` blocks of a text say: FUNC, USEPREFIX, USESUFFIX. */
void wpp_read_config(struct wpp_functions *functions, const char *text);
/* "NAME{FLAG=X}(LEVEL, MSG, ...)"; what is none is left out. A later one of a name counts. */
void wpp_declare(struct wpp_functions *functions, const char *text);
/* A macro for each. */
void wpp_print_functions(const struct wpp_functions *functions, FILE *out);

#endif
