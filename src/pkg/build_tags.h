/* Structure tags that first appear inside a parameter list. */
#ifndef PKG_BUILD_TAGS_H
#define PKG_BUILD_TAGS_H

#include <stdbool.h>

/* Microsoft's compiler takes `struct X *` in a prototype for a declaration of X outside it; C does not. Writes to `file` a header
 * that declares every `struct X` which a header or source of these directories (NULL ends the list) points to. False with
 * error_text(). */
bool tags_write(const char *file, const char *const *directories);

#endif
