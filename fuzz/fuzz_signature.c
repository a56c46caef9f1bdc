/* A signed image or catalog from anywhere: its signatures are read and judged, or refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/mman.h>

#include "pkg/authenticode_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signature list[4];
    struct verify_options options = { 0 };
    int fd = memfd_create("signature", MFD_CLOEXEC);
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd >= 0 && size <= 65536 && write(fd, data, size) == (ssize_t)size)
        authenticode_verify(path, &options, list, 4);
    if (fd >= 0)
        close(fd);
    return 0;
}
