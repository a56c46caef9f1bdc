/* Directories and file times. Failures leave a sentence in error_text() that names the path. */
#ifndef HOST_DIR_H
#define HOST_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names in a directory that end with suffix, sorted, as one malloc'ed array of malloc'ed strings that ends with
 * NULL; host_free_names gives it back. NULL when the directory cannot be read. */
char **host_list_dir(const char *path, const char *suffix);
/* The same with any of these suffixes, whatever their case; NULL ends them. */
char **host_list_dir_any(const char *path, const char *const *suffixes);
void host_free_names(char **names);
/* Whether the path is a directory, links followed. */
bool host_is_dir(const char *path);
/* Makes the directory and those above it. */
bool host_make_dirs(const char *path);
/* Time of last change, ns since 1970; 0 when the file is not there. */
uint64_t host_file_time(const char *path);
/* The running program's file. */
bool host_program_path(char *path, size_t size);
/* The directory the running program is in, without a slash at its end. */
bool host_program_dir(char *path, size_t size);
/* The whole path without links and dots; false when it does not exist. */
bool host_full_path(const char *path, char *whole, size_t size);

#endif
