/* An INF from anywhere is judged. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/mman.h>

#include "pkg/inf_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inf_check_options options = { .mode = size > 0 ? (enum inf_mode)(data[size - 1] & 3) : INF_MODE_W };
    struct inf_report report;
    int fd = memfd_create("inf", MFD_CLOEXEC);
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd >= 0 && size <= 65536 && write(fd, data, size) == (ssize_t)size && inf_check(path, &options, &report))
        inf_report_free(&report);
    if (fd >= 0)
        close(fd);
    return 0;
}
