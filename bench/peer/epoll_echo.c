/* An echo server and its client on sockets and epoll, two processes on one core: what WSK's echo is measured beside.
 *   epoll_echo SIZE CONNECTIONS DEPTH MILLISECONDS                   both, over loopback
 *   epoll_echo --serve ADDRESS PORT                                  the server alone
 *   epoll_echo --load ADDRESS PORT SIZE CONNECTIONS DEPTH MILLISECONDS   the client alone */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK (256 * 1024)

struct peer {
    int fd;
    size_t want, have, size;            /* server: bytes of `data` not yet sent back; client: messages */
    uint64_t received, sent;
    char *data;
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static void watch(int epoll, struct peer *p, uint32_t events, int how)
{
    struct epoll_event e = { .events = events, .data.ptr = p };

    if (epoll_ctl(epoll, how, p->fd, &e) < 0)
        die("epoll_ctl");
}

static struct peer *peer_new(int fd)
{
    struct peer *p = calloc(1, sizeof *p);
    int one = 1;

    p->fd = fd;
    p->data = malloc(BLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return p;
}

/* --- server ------------------------------------------------------------------------------------------------- */

static void serve_one(int epoll, struct peer *p)
{
    if (!p->want) {
        ssize_t n = read(p->fd, p->data, BLOCK);
        if (n <= 0) {
            if (n < 0 && errno == EAGAIN)
                return;
            close(p->fd);
            free(p->data);
            free(p);
            return;
        }
        p->want = (size_t)n;
        p->have = 0;
    }
    ssize_t n = write(p->fd, p->data + p->have, p->want);
    if (n > 0) {
        p->have += (size_t)n;
        p->want -= (size_t)n;
    }
    uint32_t events = p->want ? EPOLLOUT : EPOLLIN;
    if (events != p->size) {
        watch(epoll, p, events, EPOLL_CTL_MOD);
        p->size = events;
    }
}

static void serve(int listener)
{
    int epoll = epoll_create1(0);
    struct peer self = { .fd = listener };
    struct epoll_event events[256];

    watch(epoll, &self, EPOLLIN, EPOLL_CTL_ADD);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct peer *p = events[i].data.ptr;
            if (p != &self) {
                serve_one(epoll, p);
                continue;
            }
            struct peer *q = peer_new(accept(listener, NULL, NULL));
            q->size = EPOLLIN;
            watch(epoll, q, EPOLLIN, EPOLL_CTL_ADD);
        }
    }
}

/* --- client ------------------------------------------------------------------------------------------------- */

static void send_more(struct peer *p, const char *message, size_t size, unsigned depth)
{
    while (p->sent - p->received < (uint64_t)size * depth) {
        size_t at = p->sent % size;
        ssize_t n = write(p->fd, message + at, size - at);
        if (n <= 0)
            return;
        p->sent += (uint64_t)n;
    }
}

static void run_client(const struct sockaddr_in *to, size_t size, unsigned connections, unsigned depth, unsigned ms)
{
    int epoll = epoll_create1(0);
    struct peer **peers = calloc(connections, sizeof *peers);
    struct epoll_event events[256];
    char *message = calloc(1, size), *sink = malloc(BLOCK);

    for (unsigned i = 0; i < connections; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0)
            die("connect");
        peers[i] = peer_new(fd);
        watch(epoll, peers[i], EPOLLIN | (depth > 1 ? EPOLLOUT | EPOLLET : 0), EPOLL_CTL_ADD);
        send_more(peers[i], message, size, depth);
    }
    uint64_t warm = now_ns() + ms * 100000ull, started = 0, base = 0, total = 0;
    for (uint64_t t = now_ns(); t < warm + ms * 1000000ull; t = now_ns()) {
        if (!started && t >= warm) {
            started = t;
            base = total;
        }
        int n = epoll_wait(epoll, events, 256, 10);
        for (int i = 0; i < n; i++) {
            struct peer *p = events[i].data.ptr;
            ssize_t got;
            while ((got = read(p->fd, sink, BLOCK)) > 0) {
                p->received += (uint64_t)got;
                total += (uint64_t)got;
                if (depth == 1)
                    break;
            }
            send_more(p, message, size, depth);
        }
    }
    uint64_t ns = now_ns() - started, messages = (total - base) / size;
    printf("epoll: %u connections of %zu bytes, depth %u: %llu messages, %llu ns each, %llu MB/s\n", connections, size, depth,
           (unsigned long long)messages, (unsigned long long)(messages ? ns / messages : 0),
           (unsigned long long)((total - base) * 1000 / ns));
}

static struct sockaddr_in address_of(const char *address, const char *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

    if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
        die(address);
    return a;
}

static int listen_on(struct sockaddr_in *address)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    socklen_t length = sizeof *address;

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)address, sizeof *address) < 0 || listen(listener, 1024) < 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)address, &length);
    return listener;
}

static void load(const struct sockaddr_in *to, char **arguments)
{
    run_client(to, strtoul(arguments[0], NULL, 10), (unsigned)atoi(arguments[1]), (unsigned)atoi(arguments[2]),
               (unsigned)atoi(arguments[3]));
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc == 4 && !strcmp(argv[1], "--serve")) {
        struct sockaddr_in address = address_of(argv[2], argv[3]);
        serve(listen_on(&address));
    } else if (argc == 8 && !strcmp(argv[1], "--load")) {
        struct sockaddr_in address = address_of(argv[2], argv[3]);
        load(&address, argv + 4);
    } else if (argc == 5) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int listener = listen_on(&address);
        pid_t server = fork();
        if (server == 0)
            serve(listener);
        load(&address, argv + 1);
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    } else {
        return fprintf(stderr, "usage: epoll_echo SIZE CONNECTIONS DEPTH MILLISECONDS | --serve ... | --load ...\n"), 2;
    }
    return 0;
}
