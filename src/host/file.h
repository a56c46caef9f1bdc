/* Whole files and plain descriptors. Every failure leaves a sentence in error_text() that names the path. */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a whole file into malloc'ed memory (with a NUL after the end). limit: the largest size accepted. */
bool host_read_file(const char *path, size_t limit, uint8_t **data, size_t *size);
bool host_write_file(const char *path, const void *data, size_t size);
/* The same, but whole or not at all: written beside, flushed to the disk, then renamed over path, whose mode it keeps. `secret`: a new
 * file is for its owner alone. */
bool host_replace_file(const char *path, const void *data, size_t size, bool secret);
bool host_file_exists(const char *path);
/* Runs a program found on PATH, with input on its stdin and at most `size - 1` bytes of its stdout in output.
 * Returns its exit status, or -1 with error_text() when it could not run. */
int host_run(const char *const argv[], const char *input, char *output, size_t size);

#endif
