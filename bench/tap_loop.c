/* The peer of the TAP bench: reads a frame, exchanges the addresses, writes it back; nothing else.
 *   tap_loop NAME       until it is killed */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "host/net.h"

int main(int argc, char **argv)
{
    static uint8_t frame[65536];
    uint8_t keep[6];
    struct iovec part = { .iov_base = frame };
    int tap = argc == 2 ? host_tap_open(argv[1]) : -1;
    struct pollfd wait = { .fd = tap, .events = POLLIN };
    long size;

    if (tap < 0 || !host_interface_up(argv[1])) {
        fprintf(stderr, "tap_loop: %s\n", argc == 2 ? error_text() : "usage: tap_loop NAME");
        return 77;
    }
    while ((size = host_tap_read(tap, frame, sizeof frame)) != HOST_GONE) {
        if (size == HOST_NONE_NOW) {
            poll(&wait, 1, -1);
            continue;
        }
        memcpy(keep, frame, 6);
        memcpy(frame, frame + 6, 6);
        memcpy(frame + 6, keep, 6);
        part.iov_len = (size_t)size;
        host_tap_write(tap, &part, 1);
    }
    return 0;
}
