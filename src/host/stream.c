/* Stream sockets in the file system: for protocols that bring their own message boundaries. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "host/stream.h"

static bool somebody_listens(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answered = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return answered;
}

static bool address_of(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!path[0] || strlen(path) >= sizeof address->sun_path)
        return error_set("'%s': the path of a socket has 1 to %zu characters", path, sizeof address->sun_path - 1);
    strcpy(address->sun_path, path);
    return true;
}

/* The socket file gets the mode of the descriptor at the time of bind, so that nobody ever sees another one. */
static int listen_at(const char *path, mode_t mode)
{
    struct sockaddr_un address;
    struct stat st;
    int fd;

    if (!address_of(path, &address))
        return -1;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !somebody_listens(&address))
        unlink(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && fchmod(fd, mode) == 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 64) == 0)
        return fd;
    error_set("%s: cannot listen: %s", path, errno == EADDRINUSE ? "somebody listens there, or a file is there" : strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int host_stream_listen(const char *path)
{
    return listen_at(path, 0777);
}

int host_stream_listen_private(const char *path)
{
    return listen_at(path, 0600);
}

int host_stream_connect(const char *path)
{
    struct sockaddr_un address;
    int fd, error;

    if (!address_of(path, &address))
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    error = errno;
    if (fd >= 0)
        close(fd);
    if (error == ENOENT || error == ECONNREFUSED)
        return HOST_NOBODY;
    error_set("%s: cannot connect: %s", path, strerror(error));
    return -1;
}

int host_stream_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
        return HOST_NOBODY;
    error_set("cannot accept a connection: %s", strerror(errno));
    return -1;
}

long host_stream_receive(int socket, struct iovec *parts, int count)
{
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)count };
    ssize_t n = recvmsg(socket, &message, MSG_DONTWAIT);

    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return HOST_NONE_NOW;
    error_set("%s", n == 0 ? "the other end closed the connection" : strerror(errno));
    return HOST_GONE;
}

long host_stream_send(int socket, struct iovec *parts, int count)
{
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)count };
    ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
        return HOST_NONE_NOW;
    error_set("%s", strerror(errno));
    return HOST_GONE;
}
