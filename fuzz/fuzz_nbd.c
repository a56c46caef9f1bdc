/* A client that says anything to the NBD server. The first byte chooses how far a well-behaved start goes, and whether the disk is
 * slow; the rest is what the client sends, in pieces. */
#include "../tests/unit/machine/nbd_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t start[] = {
    0, 0, 0, 3,                                                                                 /* client flags */
    'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, 8, 0, 0, 0, 0,                             /* structured replies */
    'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, 10, 0, 0, 0, 27,                           /* base:allocation */
    0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 15, 'b', 'a', 's', 'e', ':', 'a', 'l', 'l', 'o', 'c', 'a', 't', 'i', 'o', 'n',
    'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, 7, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0,           /* go */
};

static void drink(int fd)
{
    static uint8_t bytes[65536];

    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

static void say(struct fixture *f, int fd, const uint8_t *data, size_t size, size_t piece)
{
    while (size) {
        size_t n = size < piece ? size : piece;
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent <= 0)
            return;
        data += sent;
        size -= (size_t)sent;
        fixture_poll(f);
        drink(fd);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fixture f;
    uint8_t how = size ? data[0] : 0;
    int fd;

    if (!size || !fixture_start(&f, 2, 1 << 20) || (fd = fixture_connect(&f)) < 0)
        return 0;
    f.hold = how & 4;
    f.read_only = how & 8;
    if ((how & 3) == 1)
        say(&f, fd, start, 4, 4);
    else if (how & 3)
        say(&f, fd, start, sizeof start, sizeof start);
    say(&f, fd, data + 1, size - 1, how & 16 ? 7 : 4096);
    if (how & 32)
        fixture_release(&f);
    f.now += how & 64 ? 10000000000ull : 0;
    fixture_poll(&f);
    drink(fd);
    close(fd);
    fixture_poll(&f);
    if (!fixture_stop(&f))
        abort();
    return 0;
}
