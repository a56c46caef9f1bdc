#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

static bool read_all(int fd, const char *path, size_t limit, uint8_t **data, size_t *size)
{
    size_t room = 65536, used = 0;
    uint8_t *buffer = malloc(room + 1);

    while (buffer) {
        ssize_t n = read(fd, buffer + used, room - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            free(buffer);
            return error_set("%s: cannot read: %s", path, strerror(errno));
        }
        used += (size_t)n;
        if (used > limit) {
            free(buffer);
            return error_set("%s: larger than %zu bytes", path, limit);
        }
        if (n == 0) {
            buffer[used] = 0;
            *data = buffer;
            *size = used;
            return true;
        }
        if (used == room) {
            uint8_t *more = realloc(buffer, room * 2 + 1);
            if (!more)
                free(buffer);
            buffer = more;
            room *= 2;
        }
    }
    return error_set("%s: out of memory after %zu bytes", path, used);
}

bool host_read_file(const char *path, size_t limit, uint8_t **data, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return error_set("%s: cannot open: %s", path, strerror(errno));
    bool ok = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? error_set("%s: is a directory", path)
                                                         : read_all(fd, path, limit, data, size);
    close(fd);
    return ok;
}

/* All of it, and closed. flush: to the disk, not only to the kernel. */
static bool write_and_close(int fd, const char *path, const char *p, size_t size, bool flush)
{
    bool good = true;

    while (good && size != 0) {
        ssize_t n = write(fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        good = n > 0;
        p += good ? n : 0;
        size -= good ? (size_t)n : 0;
    }
    if (good && flush)
        good = fsync(fd) == 0 || errno == EINVAL;       /* a pipe or a device has nothing to flush */
    if (!good)
        error_set("%s: cannot write: %s", path, strerror(errno));
    if (close(fd) != 0 && good)
        good = error_set("%s: cannot write: %s", path, strerror(errno));
    return good;
}

bool host_write_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        return error_set("%s: cannot create: %s", path, strerror(errno));
    return write_and_close(fd, path, data, size, false);
}

bool host_replace_file(const char *path, const void *data, size_t size, bool secret)
{
    char beside[4096];
    struct stat st;
    mode_t mode = umask(0);
    int fd;

    umask(mode);
    mode = stat(path, &st) == 0 ? st.st_mode & 07777 : (secret ? 0600 : 0666 & ~mode);
    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside)
        return error_set("%s: the name is too long", path);
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return error_set("%s: cannot create a file beside it: %s", path, strerror(errno));
    if (write_and_close(fd, path, data, size, true)) {
        if (chmod(beside, mode) == 0 && rename(beside, path) == 0)
            return true;
        error_set("%s: cannot replace: %s", path, strerror(errno));
    }
    unlink(beside);
    return false;
}

bool host_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* posix_spawn, not fork: the caller's stack may be in shared memory, which a forked child would write to. */
static pid_t spawn(const char *const argv[], int in, int out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t pid = -1;

    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawnp(&pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0)
        return pid;
    if (error == ENOENT)
        error_set("cannot run %s: not found on PATH", argv[0]);
    else
        error_set("cannot run %s: %s", argv[0], strerror(error));
    return -1;
}

/* Feeds input and collects output at once, so that neither side can block the other. */
static void converse(int to, int from, const char *input, char *output, size_t size)
{
    size_t left = input ? strlen(input) : 0, used = 0;
    char spill[512];

    for (;;) {
        if (!left && to >= 0) {
            close(to);
            to = -1;
        }
        struct pollfd fds[2] = { { from, POLLIN, 0 }, { to, POLLOUT, 0 } };
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (to >= 0 && fds[1].revents) {
            ssize_t n = write(to, input, left);
            if (n < 0 && errno != EINTR && errno != EAGAIN)
                left = 0;
            if (n > 0) {
                input += n;
                left -= (size_t)n;
            }
        }
        if (fds[0].revents) {
            bool fits = used + 1 < size;
            ssize_t n = fits ? read(from, output + used, size - 1 - used) : read(from, spill, sizeof spill);
            if (n == 0 || (n < 0 && errno != EINTR))
                break;
            if (n > 0 && fits)
                used += (size_t)n;
        }
    }
    if (to >= 0)
        close(to);
    if (size)
        output[used] = 0;
}

int host_run(const char *const argv[], const char *input, char *output, size_t size)
{
    int in[2], out[2], status;
    void (*old)(int);

    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        error_set("cannot run %s: %s", argv[0], strerror(errno));
        return -1;
    }
    pid_t pid = spawn(argv, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    old = signal(SIGPIPE, SIG_IGN);
    if (pid > 0)
        converse(in[1], out[0], input, output, size);
    else
        close(in[1]);
    signal(SIGPIPE, old);
    close(out[0]);
    if (pid < 0)
        return -1;
    if (waitpid(pid, &status, 0) != pid) {
        error_set("cannot run %s: %s", argv[0], strerror(errno));
        return -1;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        error_set("cannot run %s: not found on PATH", argv[0]);
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
