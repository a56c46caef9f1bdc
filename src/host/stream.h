/* Stream sockets in the file system. Every descriptor is non-blocking and closed with host_close() (host/memory.h); the file is
 * removed with host_local_remove() (host/net.h). Failures leave a sentence in error_text(). */
#ifndef HOST_STREAM_H
#define HOST_STREAM_H

#include <sys/uio.h>

#include "host/net.h"

/* Makes the socket file, replacing one that nobody listens behind any more. -1 with the reason. */
int host_stream_listen(const char *path);
/* The same, with mode 0600: for the own user only. */
int host_stream_listen_private(const char *path);
/* A connection, which blocks (the one exception); HOST_NOBODY when nobody listens there, -1 with the reason. */
int host_stream_connect(const char *path);
/* A new connection, HOST_NOBODY when there is none, -1 with the reason. */
int host_stream_accept(int listener);
/* Bytes moved (more than 0), HOST_NONE_NOW, or HOST_GONE with the reason. */
long host_stream_receive(int socket, struct iovec *parts, int count);
long host_stream_send(int socket, struct iovec *parts, int count);

#endif
