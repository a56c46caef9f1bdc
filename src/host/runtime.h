/* Where a running program leaves what others of the same user look for. */
#ifndef HOST_RUNTIME_H
#define HOST_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

/* $XDG_RUNTIME_DIR/ring3, or /tmp/ring3-UID where that is not set; made (mode 0700) when `make` says so. False with
 * error_text() when it is not the user's own or others may write there, or (without `make`) when it is not there. */
bool host_runtime_dir(char *path, size_t size, bool make);
long host_process_id(void);

#endif
