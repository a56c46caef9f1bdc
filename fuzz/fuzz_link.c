/* A peer on a link that says anything: messages of the input's choice. The input is a sequence of 16-bit lengths, each
 * followed by that many bytes (as far as they go); bit 15 of a length makes the peer leave and come back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "host/loop.h"
#include "host/memory.h"
#include "host/net.h"
#include "wire/wire_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t now_ns(struct clock *clock)
{
    return 0;
}

static void arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
}

static bool deliver(void *card, const struct iovec *parts, int count)
{
    size_t size = frame_size(parts, count);

    if (size < WIRE_FRAME_MIN || size > WIRE_FRAME_MAX)
        abort();
    return true;
}

static void spin(void)
{
    for (int i = 0; i < 3; i++)
        loop_poll(0);
}

static size_t say(int fd, const uint8_t *data, size_t size, size_t wanted)
{
    static uint8_t filler[0x8000];
    size_t from_input = wanted < size ? wanted : size;
    struct iovec parts[] = { { (void *)(uintptr_t)data, from_input }, { filler, wanted - from_input } };

    if (wanted)
        host_local_send(fd, parts, 2);
    return from_input;
}

static void converse(struct wire *wire, const char *path, const uint8_t *data, size_t size)
{
    int fd = host_local_connect(path);

    spin();
    while (fd >= 0 && size >= 2) {
        unsigned head = data[0] | data[1] << 8;

        data += 2;
        size -= 2;
        size_t used = say(fd, data, size, head & 0x7FFF);
        data += used;
        size -= used;
        spin();
        if (head & 0x8000) {
            host_close(fd);
            spin();
            fd = host_local_connect(path);
            spin();
        }
    }
    if (fd >= 0)
        host_close(fd);
    spin();
    if (wire->link_up)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct clock clock = { .now_ns = now_ns, .arm = arm };
    char text[96];
    struct spec spec;

    log_configure(&quiet);
    if (!loop_open())
        return 0;
    snprintf(text, sizeof text, "link:/tmp/ring3-fuzz-%d", getpid());
    spec_parse(&spec, text);
    struct wire *wire = wire_open(&spec, &clock);
    if (wire) {
        wire->deliver = deliver;
        wire_set_ready(wire, true);
        converse(wire, spec.argument, data, size);
    }
    wire_close(wire);
    loop_close();
    return 0;
}
