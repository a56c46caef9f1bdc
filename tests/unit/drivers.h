/* Where the drivers of this build are. After unit.h. */
#ifndef TESTS_DRIVERS_H
#define TESTS_DRIVERS_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* $BUILD/tests/unit/FOLDER/FILE -> $BUILD/drivers/NAME/NAME.sys. Skips the test when it has not been built. The last four paths stay. */
static inline const char *unit_driver(const char *name)
{
    static char paths[4][4096];
    static unsigned next;
    char *path = paths[next++ % 4];
    ssize_t length = readlink("/proc/self/exe", path, sizeof paths[0] - 128);

    CHECK(length > 0);
    path[length] = 0;
    for (int up = 0; up < 4; up++)
        *strrchr(path, '/') = 0;
    sprintf(path + strlen(path), "/drivers/%s/%s.sys", name, name);
    if (access(path, R_OK) != 0)
        SKIP("a driver has not been built (make drivers)");
    return path;
}

#endif
