/* A client that says anything to the control socket. The first byte chooses how the back end behaves and in what pieces the rest comes. */
#include "../tests/unit/machine/ctl_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drink(int fd)
{
    static uint8_t bytes[65536];

    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fixture f;
    uint8_t how = size ? data[0] : 0;
    size_t piece = how & 1 ? 7 : 4096;
    int fd;

    if (!size || !fixture_start(&f) || (fd = fixture_connect(&f)) < 0)
        return 0;
    f.hold = how & 2;
    for (size_t at = 1; at < size;) {
        size_t n = size - at < piece ? size - at : piece;
        ssize_t sent = send(fd, data + at, n, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent <= 0)
            break;
        at += (size_t)sent;
        fixture_poll();
        drink(fd);
        if (how & 4)
            fixture_release(&f);
    }
    if (how & 8)
        shutdown(fd, SHUT_WR);
    else if (how & 16)
        close(fd);
    fixture_poll();
    fixture_release(&f);
    fixture_poll();
    if (!fixture_stop(&f))
        abort();
    if ((how & 24) != 16)
        close(fd);
    return 0;
}
