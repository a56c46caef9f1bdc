/* The last failure in words. A function that fails because of the world (a file, a port, bad input) calls
 * error_set() with a sentence that names the thing, the place and the reason, and returns false, NULL or -1.
 * Whoever reports to a person prints error_text(). */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

/* Replaces the sentence. Always returns false, so that `return error_set(...)` reads well. */
bool error_set(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Puts "where: " before the present sentence. Always returns false. */
bool error_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *error_text(void);

#endif
