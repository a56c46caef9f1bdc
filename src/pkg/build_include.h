/* What sources of tools that write no dependency files include: assembler and resource scripts. */
#ifndef PKG_BUILD_INCLUDE_H
#define PKG_BUILD_INCLUDE_H

#include <stdbool.h>
#include <stdint.h>

/* The latest time of change of the source and of every file that it includes, and they in turn: "include NAME" of assembler, "#include" of
 * resource scripts, and the files (icons, manifests) that a script names in quotes. `directories` (NULL ends the list) are searched behind
 * the including file's own; what is found nowhere counts as the SDK's. 0: the source is not there. */
uint64_t build_newest_included(const char *path, const char *const *directories);
/* Whether the file includes the other, whatever is between them. */
bool build_includes(const char *path, const char *const *directories, const char *other);

#endif
