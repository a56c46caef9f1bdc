#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "host/net.h"

static const char *why_not(int error)
{
    switch (error) {
    case EPERM:
        return "that takes root or CAP_NET_ADMIN (or an interface made before for this user: "
               "ip tuntap add NAME mode tap user USER)";
    case EBUSY:
        return "another program has it open";
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return "this kernel has no TUN/TAP driver";
    case EINVAL:
        return "an interface of another kind has that name";
    default:
        return strerror(error);
    }
}

int host_tap_open(const char *name)
{
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd;

    if (!name[0] || strlen(name) >= IFNAMSIZ) {
        error_set("tap: '%s': an interface name has 1 to %d characters", name, IFNAMSIZ - 1);
        return -1;
    }
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        error_set("tap:%s: cannot open /dev/net/tun: %s", name,
                  errno == EACCES ? "permission denied" : why_not(errno));
        return -1;
    }
    memcpy(request.ifr_name, name, strlen(name));
    if (ioctl(fd, TUNSETIFF, &request) != 0) {
        error_set("tap:%s: cannot open the interface: %s", name, why_not(errno));
        close(fd);
        return -1;
    }
    return fd;
}

static bool interface_call(const char *name, int family, unsigned long call, void *request, const char *what)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && (ioctl(fd, call, request) == 0 || errno == EEXIST);

    if (!good)
        error_set("tap:%s: cannot %s: %s", name, what, why_not(errno));
    if (fd >= 0)
        close(fd);
    return good;
}

static void put_v4(struct sockaddr *to, struct in_addr address)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = address };

    memcpy(to, &in, sizeof in);
}

static bool set_v4(const char *name, struct in_addr address, unsigned length)
{
    struct ifreq request = { 0 };
    struct in_addr mask = { htonl(length ? UINT32_MAX << (32 - length) : 0) };

    memcpy(request.ifr_name, name, strlen(name));
    put_v4(&request.ifr_addr, address);
    if (!interface_call(name, AF_INET, SIOCSIFADDR, &request, "set its address"))
        return false;
    put_v4(&request.ifr_netmask, mask);
    return interface_call(name, AF_INET, SIOCSIFNETMASK, &request, "set its network mask");
}

static bool set_v6(const char *name, struct in6_addr address, unsigned length)
{
    struct in6_ifreq request = { .ifr6_addr = address, .ifr6_prefixlen = length, .ifr6_ifindex = (int)if_nametoindex(name) };

    return interface_call(name, AF_INET6, SIOCSIFADDR, &request, "set its address");
}

bool host_interface_address(const char *name, const char *address)
{
    char text[64];
    const char *slash = strchr(address, '/');
    struct in_addr v4;
    struct in6_addr v6;
    unsigned length = 0;
    int used = 0;

    if (slash && (size_t)(slash - address) < sizeof text && sscanf(slash, "/%3u%n", &length, &used) == 1 && !slash[used]) {
        snprintf(text, sizeof text, "%.*s", (int)(slash - address), address);
        if (inet_pton(AF_INET, text, &v4) == 1 && length <= 32)
            return set_v4(name, v4, length);
        if (inet_pton(AF_INET6, text, &v6) == 1 && length <= 128)
            return set_v6(name, v6, length);
    }
    return error_set("tap:%s: ip=%s: expected ADDRESS/LENGTH, as 10.77.0.1/24", name, address);
}

bool host_interface_up(const char *name)
{
    struct ifreq request = { 0 };

    memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    if (!interface_call(name, AF_INET, SIOCGIFFLAGS, &request, "read its flags"))
        return false;
    request.ifr_flags |= IFF_UP;
    return interface_call(name, AF_INET, SIOCSIFFLAGS, &request, "set it up");
}

long host_tap_read(int tap, void *buffer, size_t size)
{
    ssize_t n = read(tap, buffer, size);

    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == EIO))
        return HOST_NONE_NOW;           /* EIO: the interface is down */
    error_set("the interface is gone: %s", n == 0 ? "end of file" : strerror(errno));
    return HOST_GONE;
}

int host_tap_write(int tap, const struct iovec *parts, int count)
{
    /* One part is the rule, and a plain write is cheaper. */
    if ((count == 1 ? write(tap, parts->iov_base, parts->iov_len) : writev(tap, parts, count)) >= 0)
        return 1;
    if (errno == EAGAIN || errno == EINTR || errno == EIO || errno == ENOBUFS || errno == EINVAL)
        return HOST_NONE_NOW;
    error_set("the interface is gone: %s", strerror(errno));
    return HOST_GONE;
}
