#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "host/runtime.h"

static bool name_it(char *path, size_t size)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int length;

    if (runtime && runtime[0] == '/')
        length = snprintf(path, size, "%s/ring3", runtime);
    else
        length = snprintf(path, size, "/tmp/ring3-%lu", (unsigned long)geteuid());
    return (length > 0 && (size_t)length < size) || error_set("the path of the runtime directory is too long");
}

/* /tmp is everybody's: a directory there may have been laid out by somebody else. */
static bool is_ours(const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return error_set("%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
        return error_set("%s is not a directory of this user alone", path);
    return true;
}

bool host_runtime_dir(char *path, size_t size, bool make)
{
    if (!name_it(path, size))
        return false;
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set("cannot make %s: %s", path, strerror(errno));
    return is_ours(path);
}

long host_process_id(void)
{
    return (long)getpid();
}
