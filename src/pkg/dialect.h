/* What Microsoft's compiler takes and clang refuses: casts that are assigned to, functions defined with other parameter types than
 * they were declared with, a member of an anonymous structure with the name of another member. */
#ifndef PKG_DIALECT_H
#define PKG_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

/* After clang refused a source: argv (ends with NULL) is what it was called with. Mends copies of the files it complained about, below
 * the directory `place`, prints a warning for each place in them to stderr, with Microsoft's number and the standard way to write it,
 * and puts the name of a file for -ivfsoverlay into `overlay`, which shows clang the copies under the files' own names. False when
 * there is nothing it can mend; docs: "Microsoft extensions to C and C++", compiler warnings C4028 and C4213 */
bool dialect_mend(char *const *argv, const char *place, char *overlay, size_t size);

#endif
