/* Floods an interface with frames and counts what comes back on it.
 *   tap_flood NAME SIZE SECONDS         prints `tap-echo FRAMES_PER_SECOND` */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/time.h"

#define BATCH 32
#define IN_FLIGHT 400                   /* below the 1000 frames the interface queues: nothing is lost in between */

/* Frames the interface received, that is, which the other program wrote. /sys shows another name space's interfaces. */
static uint64_t received(const char *name)
{
    char line[512];
    unsigned long long bytes, frames = 0;
    FILE *file = fopen("/proc/self/net/dev", "r");

    while (file && fgets(line, sizeof line, file)) {
        const char *at = line + strspn(line, " ");

        if (strncmp(at, name, strlen(name)) == 0 && at[strlen(name)] == ':' &&
            sscanf(at + strlen(name) + 1, "%llu %llu", &bytes, &frames) == 2)
            break;
    }
    if (file)
        fclose(file);
    return frames;
}

static int open_socket(const char *name)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name) };
    int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;

    if (fd < 0 || !address.sll_ifindex || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    return fd;
}

static void send_batch(int fd, void *frame, size_t size)
{
    struct iovec part = { frame, size };
    struct mmsghdr messages[BATCH];

    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++)
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1 };
    sendmmsg(fd, messages, BATCH, 0);
}

int main(int argc, char **argv)
{
    static uint8_t frame[9216] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0, 9, 0x88, 0xB5 };
    size_t size = argc == 4 ? strtoul(argv[2], NULL, 0) : 0;
    int fd = argc == 4 ? open_socket(argv[1]) : -1;
    uint64_t began, length, first, back = 0, out = 0;

    if (fd < 0 || size < 14 || size > sizeof frame) {
        fprintf(stderr, "tap_flood: usage: tap_flood NAME SIZE SECONDS (and the right to send)\n");
        return 77;
    }
    length = (uint64_t)(atof(argv[3]) * 1e9);
    began = host_monotonic_ns();
    first = received(argv[1]);
    for (uint64_t seen = began, now = began; now - began < length; now = host_monotonic_ns()) {
        uint64_t count = received(argv[1]) - first;

        if (count != back || now - seen > 50000000) {
            if (count == back)
                out = back;             /* what is missing for 50 ms was dropped */
            back = count;
            seen = now;
        }
        while (out < back + IN_FLIGHT) {
            send_batch(fd, frame, size);
            out += BATCH;
        }
    }
    printf("tap-echo %.0f\n", (double)(received(argv[1]) - first) * 1e9 / (double)(host_monotonic_ns() - began));
    return 0;
}
