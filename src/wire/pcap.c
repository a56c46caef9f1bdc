/* The pcap wire: replays a capture into the card and records what the card sends.
 *   pcap:IN[,out=OUT.pcapng][,speed=X]
 * The whole file is checked when it is opened. The first frame arrives when the card is ready for the first time, the others
 * at their distances from it on the computer's clock (divided by speed; speed=0: as fast as the card takes them). A
 * card that has no room delays the replay, it does not lose frames. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/file.h"
#include "wire/pcap_reader.h"
#include "wire/wire_impl.h"

#define FILE_LIMIT ((size_t)4 << 30)
#define BURST 32

struct pcap_wire {
    struct wire wire;
    struct clock *clock;
    struct clock_timer timer;
    char *name;
    uint8_t *data;
    double speed;
    struct pcap_reader reader;
    struct pcap_frame frame;            /* the next to deliver */
    bool have_frame, started, armed;
    uint64_t first_ns, start_ns;        /* of the first frame: its time in the file, and on our clock */
};

static bool pcap_send(struct wire *wire, const struct iovec *parts, int count)
{
    return wire_sent(wire, frame_size(parts, count));
}

/* When the next frame is due on our clock. Frames that are older than the first one are due at once. */
static uint64_t due_ns(const struct pcap_wire *pcap)
{
    uint64_t distance = pcap->frame.time_ns > pcap->first_ns ? pcap->frame.time_ns - pcap->first_ns : 0;

    return pcap->speed > 0 ? pcap->start_ns + (uint64_t)((double)distance / pcap->speed) : pcap->start_ns;
}

static void disarm(struct pcap_wire *pcap)
{
    if (pcap->armed)
        pcap->clock->arm(pcap->clock, &pcap->timer, UINT64_MAX);
    pcap->armed = false;
}

static void schedule(struct pcap_wire *pcap)
{
    disarm(pcap);
    if (!pcap->have_frame || !pcap->wire.ready)
        return;
    pcap->armed = true;
    pcap->clock->arm(pcap->clock, &pcap->timer, due_ns(pcap));
}

static void replay(struct clock_timer *timer)
{
    struct pcap_wire *pcap = timer->context;
    uint64_t now = pcap->clock->now_ns(pcap->clock);
    int sent = 0;

    pcap->armed = false;
    while (pcap->have_frame && pcap->wire.ready && sent < BURST && due_ns(pcap) <= now) {
        struct iovec part = { (void *)(uintptr_t)pcap->frame.data, pcap->frame.size };

        if (!wire_deliver(&pcap->wire, &part, 1))
            break;
        sent++;
        pcap->have_frame = pcap_reader_next(&pcap->reader, &pcap->frame) == 1;
    }
    if (sent)
        wire_burst_end(&pcap->wire);
    schedule(pcap);
}

static void pcap_set_ready(struct wire *wire, bool ready)
{
    struct pcap_wire *pcap = container_of(wire, struct pcap_wire, wire);

    if (ready && !pcap->started) {
        pcap->started = true;
        pcap->start_ns = pcap->clock->now_ns(pcap->clock);
    }
    schedule(pcap);
}

static bool pcap_finished(struct wire *wire)
{
    return !container_of(wire, struct pcap_wire, wire)->have_frame;
}

static void pcap_close(struct wire *wire)
{
    struct pcap_wire *pcap = container_of(wire, struct pcap_wire, wire);

    disarm(pcap);
    free(pcap->data);
    free(pcap->name);
    free(pcap);
}

/* Reads every frame once, so that a bad file is refused before anything runs. */
static bool check_all(struct pcap_wire *pcap, size_t size)
{
    struct pcap_frame frame;
    int got;

    if (!pcap_reader_open(&pcap->reader, pcap->name, pcap->data, size))
        return false;
    while ((got = pcap_reader_next(&pcap->reader, &frame)) == 1)
        ;
    if (got < 0 || !pcap_reader_open(&pcap->reader, pcap->name, pcap->data, size))
        return false;
    pcap->have_frame = pcap_reader_next(&pcap->reader, &pcap->frame) == 1;
    pcap->first_ns = pcap->have_frame ? pcap->frame.time_ns : 0;
    return true;
}

static bool read_speed(struct pcap_wire *pcap, struct spec *spec)
{
    const char *text = spec_value(spec, "speed", 0);
    char *end;

    pcap->speed = text ? strtod(text, &end) : 1;
    if (text && (end == text || *end || !(pcap->speed >= 0 && pcap->speed <= 1e9)))
        return error_set("pcap: speed=%s: expected a factor, as 1, 0.5 or 10 (0: as fast as possible)", text);
    return true;
}

static bool load(struct pcap_wire *pcap, struct spec *spec)
{
    size_t size;

    if (!spec->argument || !spec->argument[0])
        return error_set("pcap: which file? expected pcap:FILE");
    pcap->name = strdup(spec->argument);
    if (!pcap->name)
        return error_set("no memory for a pcap wire");
    return read_speed(pcap, spec) && host_read_file(pcap->name, FILE_LIMIT, &pcap->data, &size) && check_all(pcap, size);
}

static struct wire *pcap_open(struct spec *spec, struct clock *clock)
{
    struct pcap_wire *pcap = calloc(1, sizeof *pcap);
    const char *out = spec_value(spec, "out", 0);
    struct wire *outer;

    if (!pcap) {
        error_set("no memory for a pcap wire");
        return NULL;
    }
    pcap->wire.ops = &wire_pcap;
    pcap->wire.link_up = true;
    pcap->clock = clock;
    pcap->timer = (struct clock_timer){ .expired = replay, .context = pcap };
    outer = load(pcap, spec) ? &pcap->wire : NULL;
    if (outer && out)
        outer = wire_capture(outer, out, clock);
    if (!outer)
        pcap_close(&pcap->wire);
    return outer;
}

const struct wire_ops wire_pcap = {
    .kind = "pcap",
    .help = "pcap:FILE[,out=OUT.pcapng,speed=X]: replays a capture; records both directions",
    .open = pcap_open,
    .send = pcap_send,
    .set_ready = pcap_set_ready,
    .finished = pcap_finished,
    .close = pcap_close,
};
