/* Windows finds files without regard to case, and driver sources rely on it: #include <NtDDK.h>. */
#ifndef PKG_OVERLAY_H
#define PKG_OVERLAY_H

#include <stdbool.h>

/* Writes a file for clang's -ivfsoverlay that shows the headers of these directories (NULL ends the list) under names in
 * any case. Paths are absolute. False with error_text(). */
bool overlay_write(const char *file, const char *const *directories);

#endif
