/* Linux's ways to carry whole frames: TAP interfaces, and local sockets that keep message boundaries. Every descriptor
 * is non-blocking and closed with host_close() (host/memory.h). Failures leave a sentence in error_text(). */
#ifndef HOST_NET_H
#define HOST_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Opens (and makes, if need be) a TAP interface; frames come without any header. -1: the sentence says what is missing. */
int host_tap_open(const char *name);
/* Gives an interface the address ADDR/LEN, IPv4 or IPv6, on the host's side. */
bool host_interface_address(const char *name, const char *address);
bool host_interface_up(const char *name);

enum { HOST_NONE_NOW = 0, HOST_GONE = -1 };
/* One frame: its size, HOST_NONE_NOW, or HOST_GONE with the reason. */
long host_tap_read(int tap, void *buffer, size_t size);
/* 1: taken, HOST_NONE_NOW: no room, HOST_GONE with the reason. */
int host_tap_write(int tap, const struct iovec *parts, int count);

/* Sequenced-packet sockets in the file system. */
enum { HOST_NOBODY = -2 };              /* nobody listens there: no such file, or nobody behind it */
int host_local_connect(const char *path);
/* Makes the socket file, replacing one that nobody listens behind any more. */
int host_local_listen(const char *path);
/* A new connection, HOST_NOBODY when there is none, -1 with the reason. */
int host_local_accept(int listener);
/* A message that is longer than `size` comes back as size + 1. */
long host_local_receive(int socket, void *buffer, size_t size);
int host_local_send(int socket, const struct iovec *parts, int count);
/* Holds a lock that other processes respect until host_local_unlock; waits for them. -1 with the reason. */
int host_local_lock(const char *path);
void host_local_unlock(int lock, const char *path);
void host_local_remove(const char *path);

#endif
