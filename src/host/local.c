/* Sequenced-packet sockets. Two processes that come at the same moment agree through a lock file who listens. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "host/net.h"

#define BUFFER_BYTES (4 << 20)          /* what the kernel allows of it: room for a burst of frames */

static bool address_of(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!path[0] || strlen(path) >= sizeof address->sun_path)
        return error_set("'%s': the path of a socket has 1 to %zu characters", path, sizeof address->sun_path - 1);
    strcpy(address->sun_path, path);
    return true;
}

static int make_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        error_set("cannot make a socket: %s", strerror(errno));
    return fd;
}

static void enlarge(int fd)
{
    int bytes = BUFFER_BYTES;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

int host_local_connect(const char *path)
{
    struct sockaddr_un address;
    int fd, error;

    if (!address_of(path, &address) || (fd = make_socket()) < 0)
        return -1;
    enlarge(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    error = errno;
    close(fd);
    if (error == ENOENT || error == ECONNREFUSED)
        return HOST_NOBODY;
    error_set("%s: cannot connect: %s", path, error == EPROTOTYPE ? "a socket of another type is there" : strerror(error));
    return -1;
}

static bool is_socket(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

int host_local_listen(const char *path)
{
    struct sockaddr_un address;
    int fd;

    if (!address_of(path, &address) || (fd = make_socket()) < 0)
        return -1;
    if (is_socket(path))
        unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 4) == 0)
        return fd;
    error_set("%s: cannot listen: %s", path, errno == EADDRINUSE ? "a file that is no socket is there" : strerror(errno));
    close(fd);
    return -1;
}

int host_local_accept(int listener)
{
    int fd = accept(listener, NULL, NULL);

    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        enlarge(fd);
        return fd;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
        return HOST_NOBODY;
    error_set("cannot accept a connection: %s", strerror(errno));
    return -1;
}

long host_local_receive(int socket, void *buffer, size_t size)
{
    ssize_t n = recv(socket, buffer, size, MSG_TRUNC | MSG_DONTWAIT);

    if (n > 0)
        return (size_t)n > size ? (long)size + 1 : n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return HOST_NONE_NOW;
    error_set("%s", n == 0 ? "the other end closed the link" : strerror(errno));
    return HOST_GONE;
}

int host_local_send(int socket, const struct iovec *parts, int count)
{
    struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)count };

    if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        return 1;
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
        return HOST_NONE_NOW;
    error_set("%s", errno == EPIPE || errno == ECONNRESET ? "the other end closed the link" : strerror(errno));
    return HOST_GONE;
}

static bool lock_path(const char *path, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "%s.lock", path) < size || error_set("'%s...': the path is too long", path);
}

int host_local_lock(const char *path)
{
    char name[512];
    struct stat mine, there;

    if (!lock_path(path, name, sizeof name))
        return -1;
    for (;;) {
        int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

        if (fd < 0 || flock(fd, LOCK_EX) != 0) {
            error_set("%s: cannot lock: %s", name, strerror(errno));
            if (fd >= 0)
                close(fd);
            return -1;
        }
        if (fstat(fd, &mine) == 0 && stat(name, &there) == 0 && mine.st_ino == there.st_ino)
            return fd;
        close(fd);                      /* its last holder removed the file: take the new one */
    }
}

void host_local_unlock(int lock, const char *path)
{
    char name[512];

    if (lock_path(path, name, sizeof name))
        unlink(name);
    close(lock);
}

void host_local_remove(const char *path)
{
    if (is_socket(path))
        unlink(path);
}
