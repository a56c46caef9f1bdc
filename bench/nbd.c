/* An NBD client that reads or writes, random blocks or in sequence: operations per second of processor time, of the server and the client
 * together. On one core that is how many there would be in a second if nobody else were on it.
 *     nbd SOCKET EXPORT read|write random|sequential BLOCK DEPTH SECONDS SERVER-PID
 * A request is one send, as the kernel's client does it; replies are taken as they come. */
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MOST 128u
#define RANGE (64u << 20)               /* bytes of the disk that are used */
#define OPTION_MAGIC 0x49484156454F5054ull
#define REQUEST_MAGIC 0x25609513u
#define REPLY_MAGIC 0x67446698u

struct __attribute__((packed)) request {
    uint32_t magic;
    uint16_t flags, type;
    uint64_t cookie, offset;
    uint32_t length;
};

struct __attribute__((packed)) reply {
    uint32_t magic, error;
    uint64_t cookie;
};

static struct client {
    int fd, writes, random, over;
    uint32_t block;
    unsigned depth;
    uint64_t blocks, at, seed, done;
    uint8_t *out, *in;
    size_t have;
} c;

static void fail(const char *why)
{
    fprintf(stderr, "nbd: %s\n", why);
    exit(1);
}

static void get(void *to, size_t size)
{
    for (uint8_t *at = to; size;) {
        ssize_t n = read(c.fd, at, size);
        if (n <= 0)
            fail("the server has gone");
        at += n;
        size -= (size_t)n;
    }
}

static void put(const void *from, size_t size)
{
    for (const uint8_t *at = from; size;) {
        ssize_t n = send(c.fd, at, size, MSG_NOSIGNAL);
        if (n <= 0)
            fail("the server has gone");
        at += n;
        size -= (size_t)n;
    }
}

/* Fixed newstyle, NBD_OPT_EXPORT_NAME: simple replies. */
static uint64_t greet(const char *export)
{
    struct __attribute__((packed)) { uint64_t magic, option; uint16_t flags; } hello;
    struct __attribute__((packed)) { uint32_t flags; uint64_t magic; uint32_t option, length; } choice =
        { htobe32(3), htobe64(OPTION_MAGIC), htobe32(1), htobe32((uint32_t)strlen(export)) };
    struct __attribute__((packed)) { uint64_t size; uint16_t flags; } answer;

    get(&hello, sizeof hello);
    put(&choice, sizeof choice);
    put(export, strlen(export));
    get(&answer, sizeof answer);
    return be64toh(answer.size);
}

static void request(uint64_t cookie)
{
    struct request *r = (struct request *)(void *)c.out;

    if (c.random) {
        c.seed = c.seed * 6364136223846793005ull + 1442695040888963407ull;
        c.at = (c.seed >> 33) % c.blocks;
    } else {
        c.at = (c.at + 1) % c.blocks;
    }
    *r = (struct request){ htobe32(REQUEST_MAGIC), 0, htobe16(c.writes ? 1 : 0), cookie, htobe64(c.at * c.block), htobe32(c.block) };
    put(c.out, sizeof *r + (c.writes ? c.block : 0));
}

/* Whole replies that are there; each is followed by another request, until it is over. */
static void turn(void)
{
    size_t size = sizeof(struct reply) + (c.writes ? 0 : c.block), at = 0;
    ssize_t n = read(c.fd, c.in + c.have, size * c.depth - c.have);

    if (n <= 0)
        fail("the server has gone");
    for (c.have += (size_t)n; c.have - at >= size; at += size, c.done++) {
        const struct reply *r = (const struct reply *)(const void *)(c.in + at);
        if (r->magic != htobe32(REPLY_MAGIC) || r->error)
            fail("an error");
        if (!c.over)
            request(r->cookie);
    }
    memmove(c.in, c.in + at, c.have - at);
    c.have -= at;
}

static double seconds(clockid_t clock)
{
    struct timespec t;

    if (clock_gettime(clock, &t) != 0)
        fail("no such clock");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    clockid_t server;

    if (argc != 9 || strlen(argv[1]) >= sizeof address.sun_path || clock_getcpuclockid(atoi(argv[8]), &server) != 0)
        fail("SOCKET EXPORT read|write random|sequential BLOCK DEPTH SECONDS SERVER-PID");
    strcpy(address.sun_path, argv[1]);
    c.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    c.writes = !strcmp(argv[3], "write");
    c.random = !strcmp(argv[4], "random");
    c.block = (uint32_t)atoi(argv[5]);
    c.depth = (unsigned)atoi(argv[6]);
    if (connect(c.fd, (struct sockaddr *)&address, sizeof address) != 0 || !c.block || !c.depth || c.depth > MOST)
        fail("cannot connect");
    uint64_t size = greet(argv[2]);
    c.blocks = (size < RANGE ? size : RANGE) / c.block;
    c.out = calloc(1, sizeof(struct request) + c.block);
    c.in = malloc((sizeof(struct reply) + c.block) * c.depth);
    if (!c.blocks || !c.out || !c.in)
        fail("a disk that is too small");
    for (unsigned i = 0; i < c.depth; i++)
        request(i);
    for (unsigned i = 0; i < 2000; i++)
        turn();
    c.done = 0;
    double mine = seconds(CLOCK_PROCESS_CPUTIME_ID), its = seconds(server), end = seconds(CLOCK_MONOTONIC) + atof(argv[7]);
    do {
        for (unsigned i = 0; i < 64; i++)
            turn();
    } while (seconds(CLOCK_MONOTONIC) < end);
    mine = seconds(CLOCK_PROCESS_CPUTIME_ID) - mine;
    its = seconds(server) - its;
    printf("%.0f\n", (double)c.done / (mine + its));
    if (getenv("NBD_COSTS"))
        fprintf(stderr, "client %.2f us, server %.2f us\n", mine * 1e6 / (double)c.done, its * 1e6 / (double)c.done);
    c.over = 1;
    for (uint64_t last = c.done + c.depth; c.done < last;)
        turn();
    struct request bye = { .magic = htobe32(REQUEST_MAGIC), .type = htobe16(2) };
    put(&bye, sizeof bye);
    return 0;
}
